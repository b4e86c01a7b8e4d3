#ifndef SP_RULES_RULES_H
#define SP_RULES_RULES_H

#include "detect/own.h"
#include "detect/print.h"
#include "rules/rule.h"

/*
 * A set of rules, ready to look at text. Immutable after load and shared by
 * threads; a pattern is compiled the first time it is needed.
 */
struct rules; /* owned by who loaded it */

/*
 * rules_pack - the packed form of n rules and their exclusions, appended.
 * E_LIMIT over LIM_RULES or a limit of rule_compile_check; E_SYNTAX for a rule
 * whose fields are out of range; E_NOMEM. Does not compile patterns.
 */
MUST_USE enum err rules_pack(const struct rule *list, size_t n,
                             const struct exclusion *ex, size_t ex_n,
                             struct buf *out);

/*
 * rules_load - from the packed form, which must outlive the rules: strings
 * are borrowed from it. monitor: no action is stronger than ACTION_LOG.
 * E_SYNTAX  not such bytes; E_LIMIT; E_NOMEM
 */
MUST_USE enum err rules_load(struct str packed, bool monitor,
                             struct rules **ret_rules);
void rules_free(struct rules *rs);

/*
 * rules_lay - write the tables of rules that were loaded, for rules_lend.
 * Errors of buf_add.
 *
 * rules_lend - once, before the rules are shared: the tables that were written
 * of the same packed rules are used in place, borrowed, and not made. They must
 * begin at a multiple of LAY_STEP bytes (lay.h); what is not theirs is not
 * used.
 */
MUST_USE enum err rules_lay(const struct rules *rs, struct buf *out);
void rules_lend(struct rules *rs, struct str tables);

size_t rules_count(const struct rules *rs);
/* rules_at - i below the count. Borrowed for as long as the rules live. */
const struct rule *rules_at(const struct rules *rs, size_t i);
/* rules_action - the rule's action; at most ACTION_LOG in monitor mode. */
enum action rules_action(const struct rules *rs, const struct rule *r);
/* rules_applies - would the rule look at text that stands there? */
bool rules_applies(const struct rules *rs, const struct rule *r,
                   const struct scope *at);
/* rules_ask - does any rule or exclusion ask about it? */
bool rules_ask(const struct rules *rs, enum about about);
/*
 * What scores of texts decide, by enum dir: from this sum on a text is logged,
 * or blocked. 0 is never.
 */
struct thresholds {
    uint32_t log[2], block[2];
};

/* rules_limit - once, before the rules are shared. As loaded, no score decides
 * anything. */
void rules_limit(struct rules *rs, const struct thresholds *at);
/* rules_reached - what a score decides: ACTION_PASS, ACTION_LOG or, unless in
 * monitor mode, ACTION_BLOCK. */
enum action rules_reached(const struct rules *rs, enum dir d, uint32_t score);

/* rules_use - does any rule have this detector? */
bool rules_use(const struct rules *rs, enum detector d);
/* rules_slow - patterns in use that the JIT did not take on this machine. */
size_t rules_slow(const struct rules *rs);

/*
 * What matching needs for itself: match data, a JIT stack, a match context
 * with our limits. One thread at a time; one for a connection is enough.
 */
struct scratch;
MUST_USE enum err scratch_new(struct scratch **ret_scratch);
void scratch_free(struct scratch *sc);
/*
 * scratch_key - findings get fingerprints under this key, which is borrowed.
 * Without one (NULL, as it begins) their fingerprints are all zero.
 */
void scratch_key(struct scratch *sc, const unsigned char *key);

/*
 * scratch_parts - in this text, which is scanned next, parts of the process'
 * own secrets are looked for too. Then scratch_own has them: see
 * own_search_part; NULL: nothing was looked for yet.
 */
void scratch_parts(struct scratch *sc, struct str text);
const struct own_search *scratch_own(const struct scratch *sc);

/*
 * scratch_share - the texts that are scanned next are of one body: *spare, at
 * first LIM_SCAN_LEAST, is what all of them may take besides what each may for
 * its length; what one does not take is left to the next. Borrowed; NULL, as it
 * begins: each has as much for itself.
 */
void scratch_share(struct scratch *sc, uint64_t *spare);

/* Bytes start..end of a text; of a channel: counted from its beginning. */
struct finding {
    const struct rule *rule; /* borrowed from the rules */
    uint32_t seg;            /* as the caller numbered the text */
    uint64_t start, end;
    uint32_t score; /* of what is near it up to here (rules/score.h), if it
                       added to it; else 0 */
    unsigned char print[PRINT_LEN]; /* of the bytes found */
    struct chain chain;     /* the views they were found through; of a view
                               start and end are where it has them from  */
    struct own_about about; /* of the process' own secrets: which; else
                               without a name                        */
};

/* At most LIM_FINDINGS of them. A zeroed struct is empty. */
struct findings {
    struct finding *list; /* owned */
    size_t count, cap;
    bool capped; /* set where something encoded was not decoded: a limit */
};
void findings_init(struct findings *f);
void findings_free(struct findings *f);
/* findings_clear - forget them, keep the memory. */
void findings_clear(struct findings *f);
/* findings_add - one more. E_LIMIT over LIM_FINDINGS; E_NOMEM. */
MUST_USE enum err findings_add(struct findings *f, struct finding one);

/*
 * rules_scan - what the rules that look at `at` find in one whole text.
 *
 * text must be valid UTF-8. Appends to *out, of this text sorted by start, then
 * longer first, then more severe. Matches of one rule do not overlap. A rule
 * looks at each of its views of the text (detect/textview.h).
 *
 * E_LIMIT     match limit, heap limit, JIT stack, LIM_FINDINGS, or
 *             LIM_SCAN_TIMES: more work than that for its length
 * E_INTERNAL  PCRE2 gave another error, or a pattern does not compile
 * E_NOMEM
 * An error is never "no match": the caller refuses. *out is then as before.
 */
MUST_USE enum err rules_scan(const struct rules *rs, struct scratch *sc,
                             const struct scope *at, struct str text,
                             uint32_t seg, struct findings *out);

/* rules_scan_places - the same of the rules that look at any of n places. */
MUST_USE enum err rules_scan_places(const struct rules *rs, struct scratch *sc,
                                    const struct scope *places, size_t n,
                                    struct str text, uint32_t seg,
                                    struct findings *out);

/* Overlapping findings that change the text, as one. */
struct cluster {
    uint64_t start, end;
    enum action action;      /* the strongest: ACTION_REDACT or ACTION_BLOCK */
    const struct rule *rule; /* names it: of the findings with that action the
                                leftmost, then longest, then most severe */
    size_t first, last;      /* the findings looked at are first..last-1     */
};

/*
 * cluster_next - the next cluster of list[*pos..n), which is sorted as
 * rules_scan sorts and of one text; *pos moves behind it. False at the end.
 * Findings whose action is weaker than redact are passed over.
 */
bool cluster_next(const struct rules *rs, const struct finding *list, size_t n,
                  size_t *pos, struct cluster *ret_cluster);

#endif
