#ifndef SP_COMPILE_RULEFILE_H
#define SP_COMPILE_RULEFILE_H

#include "base/kinds.h"
#include "compile/read.h"
#include "rules/rule.h"

/*
 * One rule as its file has it: the compiled form's strings, its own tests, and
 * where it stands.
 *
 *     - id: SP-1001                    # SP- and digits; unique, for life
 *       name: aws-access-key
 *       category: secret               # secret, pii, injection, leak, ...
 *       kind: aws-access-key           # default: the name
 *       on: both                       # request, response; default both
 *       in: {roles: [user, tool], parts: [text]}    # or a list of roles
 *       when: {model: "gpt-*"}         # only in such exchanges (when.h)
 *       keywords: [AKIA, ASIA]         # one of them stands in every match;
 *                                      # a space in one is any white space
 *       keyword_first: true            # every match begins with one;
 *                                      # default: if the pattern shows it
 *       digits: 13                     # or: so many digits in a row
 *       token: {digits: [9, 11-13], mixed: 9}   # or: every match begins with
 *                                      # a token of such a length (token.h),
 *                                      # and `then: "-."` one of these behind
 *       confidence: high               # low, medium, high; default: high with
 *                                      # a validator, medium with keywords or
 *                                      # context, else low
 *       match: '\b(A[KS]IA[0-9A-Z]{16})\b'
 *       value: '[0-9A-Z]{20}'          # or: behind a keyword (value.h)
 *       context: [passport, паспорт]   # match stands behind one of these
 *       within: 48                     # so many characters (context.h)
 *       near: {words: [send, post], within: sentence}   # one of these must
 *                                      # stand near the match (near.h)
 *       unless: {match: '(?i)for example', within: 60, side: before}
 *                                      # no match counts that has this near
 *       needs: {match: '(?i)orders|rules', within: 120}
 *                                      # every match has this (near.h)
 *       words: names.txt               # or: one of these words (words.h)
 *       list: [Falkenberg]             # or: of these
 *       detector: canary               # or: code of ours (detector.h), with
 *       options: {words: 60}           # its numbers
 *       group: 1                       # the finding; default the whole match
 *       check: {entropy: 3.0, validator: luhn, not: ['EXAMPLE$'],
 *               not_placeholder: true, not_name: true,
 *               not_published: true}
 *       action: redact                 # score, log, redact, block
 *       placeholder: "[redacted:aws-access-key]"    # default: by the kind
 *       max_hold: 512                  # bytes held of an unfinished match
 *       on_hold_full: redact           # redact, block, release
 *       end: '-----END'                # where dropping ends after a cap
 *       scope: whole                   # not on streams
 *       reply: hard                    # a stream that is blocked ends in an
 *                                      # error; soft: as one that was cut
 *       severity: critical             # default medium
 *       score: 3                       # what it adds to its text's score;
 *                                      # default: by severity for action
 *                                      # score, else 0 (scoring.h)
 *       paranoia: 2                    # 1 to 4: used from this level on
 *       tags: [owasp:LLM02]
 *       tests: {hit: [...], miss: [...]}
 *
 * What a file's rules have in common stands in its `defaults:` (category, on,
 * in, check, action, ...); a rule that has the key itself does not take it from
 * there, and of `check`, `in` and `when` this holds for each key inside.
 * {{NAME}} in a pattern stands for a piece of the file's `define:` (define.h).
 */
struct rule_test {
    struct str text;
    struct str redacted; /* of a hit: what is left of the text */
    bool has_redacted, hit;
    struct scope scope; /* where the text is said to stand; no host */
    struct place at;
};

struct rule_src {
    struct rule rule;
    struct str value; /* what its pattern was made of, or empty */
    const struct yaml_node *node;
    struct place at, match_at; /* match_at: of its pattern, if it has one */
    const struct str *context; /* words to stand behind */
    size_t context_count;
    uint32_t within;
    const struct yaml_node *model_node; /* of 'model', or NULL */
    struct str model_name;              /* the file */
    const struct yaml_node *words_node; /* of 'words' or 'list', or NULL */
    struct str words_name;              /* the file, or empty */
    struct rule *more; /* more rules for its words; index is not set */
    size_t more_count;
    bool confidence_set, score_set, views_set;
    uint32_t paranoia; /* of a policy's levels, the least that uses it */
    struct rule_test *tests;
    size_t test_count, hit_count;
    bool unusable;         /* compile_check refused its pattern */
    struct rule_src *next; /* in the order of the files */
};

/* rulefile_start - what rules have where neither they nor their file say. */
void rulefile_start(struct rule_src *ret_defaults);

/* rulefile_defaults - the `defaults:` of a file, on top of what is there. False
 * where something was refused, or memory ran out. */
bool rulefile_defaults(struct reader *r, const struct yaml_node *n,
                       struct rule_src *defaults);

/*
 * rulefile_rule - one rule of a `rules:` list, in the reader's arena. NULL
 * where it was refused (the reasons are in diags) or memory ran out (r->fatal).
 * Patterns are not compiled here.
 */
struct rule_src *rulefile_rule(struct reader *r, const struct yaml_node *n,
                               const struct rule_src *defaults);

/* The keys that a rule, and defaults, may have: for the test of
 * rules/schema.json. */
size_t rulefile_keys(const struct field **ret_fields);
size_t rulefile_default_keys(const struct field **ret_fields);

/* read_rule_id - SP- and one to nine digits. */
bool read_rule_id(struct reader *r, const struct yaml_node *n,
                  struct str *ret_id);

#endif
