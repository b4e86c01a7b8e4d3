#ifndef SP_RULES_RULE_H
#define SP_RULES_RULE_H

#include "base/buf.h"
#include "base/kinds.h"
#include "base/limits.h"
#include "detect/textview.h"
#include "detect/validate.h"

/* What becomes of text that a rule holds back longer than its max_hold. */
enum hold_action {
    HOLD_REDACT,  /* replaced, and dropped on until the end pattern        */
    HOLD_BLOCK,   /* as a blocking finding                                 */
    HOLD_RELEASE, /* let go unchanged; the rule goes on behind it          */
    HOLD_COUNT,
};

/* How the block of a stream that has begun is told to the client; another one
 * is always an error. */
enum reply {
    REPLY_HARD, /* an error of the provider's shape          */
    REPLY_SOFT, /* an ordinary end that says it was cut      */
    REPLY_COUNT,
};

/* Who finds what a rule finds: its pattern, or code of ours (detector.h). */
enum detector {
    DETECTOR_PATTERN,
    DETECTOR_CANARY,
    DETECTOR_PROMPT,
    DETECTOR_IMAGE,
    DETECTOR_LINK,
    DETECTOR_OWN,
    DETECTOR_LINEAR,
    DETECTOR_HIDDEN_RUN,
    DETECTOR_BIDI,
    DETECTOR_ZALGO,
    DETECTOR_COUNT,
};
#define DETECTOR_OPTIONS 5 /* numbers that a rule may give its detector */

/* Lengths of tokens (token.h): bit n for n bytes, of digits alone, and of
 * digits and letters. */
struct token_set {
    uint64_t digits, mixed;
};

/*
 * What a rule or an exclusion asks of an exchange before it applies: for each
 * list that is not empty, one of its patterns must fit (base/glob.h; hosts as
 * host, or *.suffix for all below it).
 */
struct when {
    struct strs {
        const struct str *list;
        size_t count;
    } about[ABOUT_COUNT];
};

/* A pattern that must stand near a match, or must not (near.h). */
#define NEAR_BEFORE 1u
#define NEAR_AFTER  2u
struct near {
    struct str match; /* PCRE2 source, read as UTF                        */
    uint32_t within;  /* characters from the match, at most LIM_NEAR      */
    unsigned sides;   /* set of NEAR_BEFORE, NEAR_AFTER; not empty        */
    bool sentence;    /* not beyond the end of the sentence               */
    bool unless;      /* no match counts that has it near                 */
};

/* nears_eq - two lists of the same, in the same order. */
bool nears_eq(const struct near *a, size_t an, const struct near *b, size_t bn);

/* What a keyword is looked for by. Bytes of the packed rules. */
struct key {
    unsigned char at;    /* where its key begins                              */
    unsigned char set;   /* the number of what stands behind it; 0: anything  */
    unsigned char least; /* so many bytes of that at the least                */
};

#define REACH_LINE 48u /* bytes: see reach */

/* One rule. All strings are borrowed. Lists may be NULL where counts are 0. */
struct rule {
    struct str id;       /* "SP-1001"                                      */
    struct str name;     /* for people                                     */
    struct str category; /* "secret"                                       */
    struct str kind;     /* "aws-access-key"                               */
    struct str put;      /* what stands in its place after a redaction     */
    struct str match;    /* PCRE2 source, read as UTF; empty if a detector */
    struct str end;      /* ends the dropping after a cap; may be empty    */
    unsigned dirs, roles, parts; /* bit sets of base/kinds.h               */
    enum action action;
    enum severity severity;
    enum hold_action on_hold_full;
    enum reply reply;
    enum confidence confidence;
    uint32_t max_hold;            /* bytes; 0 means LIM_HOLD                 */
    uint32_t group;               /* the capture group that is the finding   */
    const struct str *keywords;   /* every match holds one of them, ASCII    */
    size_t keyword_count;         /* case-insensitive; no keywords: no gate  */
    const struct key *keys;       /* of each (key.h), of a packed rule; ...  */
    const unsigned char *follows; /* ... and the sets that they name       */
    bool keyword_first;           /* every match begins with one of them     */
    uint32_t digits;        /* text must hold a run of so many digits, with  */
                            /* space - . ( ) / between them; 0 is off        */
    struct token_set token; /* if not empty: every match begins with one;    */
                            /* of a rule with reach, it holds one            */
    struct str then;        /* if not empty: one of these bytes is behind it */
    uint32_t reach;         /* if not 0: a match begins with a keyword, and  */
                            /* has its token or digits so many bytes behind, */
                            /* or REACH_LINE behind the end of its line      */
    bool whole;             /* on whole bodies only, not on streams          */
    bool no_placeholder;    /* findings that are placeholders do not count   */
    bool no_name;           /* nor those that are names of source code       */
    bool no_published;      /* nor those that everybody has                  */
    uint32_t entropy;       /* floor, 1/1000 bit per byte of the finding     */
    enum validator check;   /* the finding must pass                         */
    const struct str *nots; /* patterns that must not match the finding    */
    size_t not_count;
    const struct str *tags;
    size_t tag_count;
    enum detector detector;             /* who finds it                      */
    uint32_t options[DETECTOR_OPTIONS]; /* as detector.h has them            */
    const struct near *nears;           /* at most LIM_NEARS */
    size_t near_count;
    struct str model; /* of a linear detector (detect/linear.h)              */
    uint32_t score; /* what it adds to that of its text (score.h)            */
    uint32_t views; /* bit set of enum view_step, those a rule may name; 0: */
                    /* the text alone                                      */
    struct when when;
    struct str class;         /* of a pseudonym: pseudonym_class_ok          */
    const struct str *reveal; /* tools whose arguments get the value again   */
    size_t reveal_count;
    struct str needs; /* PCRE2, of a rule that is keyword_first; if not     */
                      /* empty, it matches in every match or behind it, ... */
    uint32_t needs_within; /* ... so many characters from its start at most */
    uint32_t index; /* place in the set; set by rules_load                 */
};

/* Where a rule does not look. Zero bits in a set mean all of it. */
struct exclusion {
    uint32_t rule; /* index */
    unsigned dirs, roles, parts;
    struct when when;
    struct str value; /* PCRE2: only what is found so; empty: all          */
    struct str print; /* excluded_print: only this value; empty: all       */
    uint32_t until;   /* its last day, counted from 1970; 0: for ever      */
};

/*
 * excluded_print - the fingerprint of a value under a salt, by which one value
 * is excluded that stands nowhere. An exclusion has both, the salt first.
 */
#define EXCLUDED_SALT  16
#define EXCLUDED_PRINT (EXCLUDED_SALT + 16)
void excluded_print(const unsigned char salt[EXCLUDED_SALT], struct str value,
                    unsigned char ret_print[EXCLUDED_PRINT - EXCLUDED_SALT]);

/*
 * rule_compile_check - for the compiler of rule files: can this rule be used?
 *
 * Compiles match, end, nots and nears, also with the JIT. Refused are patterns
 * that match the empty string, a group that is not there, a lookbehind over
 * LIM_LOOKBEHIND, keywords or lists out of bounds, and, for rules without
 * `whole`, what cannot be matched piece by piece: \G \K \C, callouts, (*VERB)s,
 * recursion, nested lookbehind. Then match is run against generated hostile
 * texts of 64 KiB: one that reaches the match limit, or takes time out of all
 * proportion, is refused.
 *
 * OK            usable
 * E_SYNTAX      not; *why says it in one line of English
 * E_LIMIT       not; as E_SYNTAX, but it is a limit that is passed
 * E_NOMEM
 */
MUST_USE enum err rule_compile_check(const struct rule *r, struct buf *why);

/*
 * rule_pattern_check - the same without the hostile texts, which take longer
 * than all the rest: for where a person waits and the engine's limits will do.
 */
MUST_USE enum err rule_pattern_check(const struct rule *r, struct buf *why);

/*
 * rule_keyword_first - does every match of the rule begin with one of its
 * keywords, as far as the pattern's text shows? Looks through leading
 * assertions, options and groups at literal text only; false means "not seen".
 */
bool rule_keyword_first(const struct rule *r);

/*
 * rule_sleep - what wakes the rule on a stream. One that never sleeps is
 * searched with each piece of the text, which may cost as much as all others.
 */
enum sleep {
    SLEEP_NEVER, /* nothing does                                            */
    SLEEP_SHORT, /* nothing does, for its max_hold is less than SLEEP_HOLD  */
    SLEEP_RUN,   /* a keyword, or digits, behind what its matches begin     */
                 /* with. Of a set the first SLEEP_RUNS such rules sleep    */
    SLEEP_KEY,   /* a keyword or a token that its matches begin with        */
};
#define SLEEP_HOLD 448u
#define SLEEP_RUNS 32u
enum sleep rule_sleep(const struct rule *r);

/*
 * rule_roams - is all of a text searched for a rule where one of its keywords
 * stands anywhere? It has keywords and does not begin with them, nor near them:
 * its matches have no bound that shows, and may begin with any of many bytes.
 * One that begins with a mark alone is found quickly.
 */
bool rule_roams(const struct rule *r);

#endif
