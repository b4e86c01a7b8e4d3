#ifndef SP_RULES_PREFILTER_H
#define SP_RULES_PREFILTER_H

#include "rules/token.h"

/*
 * One pass over a whole text that says which rules have to run at all: those
 * with a keyword in it, and those whose run of digits is long enough; it also
 * lists the tokens that rules begin with. What is said to be absent is absent;
 * what is said to be present is, too.
 */
struct prefilter; /* immutable after prefilter_new */

/* What a pass found. Zeroed before its first use, reused between texts. */
struct prefilter_hits {
    uint64_t *rules; /* owned; bit set of rules with a keyword in the text */
    size_t words;
    uint64_t *at; /* owned; rule << 32 | offset of a keyword of a rule that
                     is keyword_first, or placed by its run; sorted */
    size_t count, cap;
    uint64_t *spare;    /* owned; as long, to sort into; or NULL */
    uint32_t *starts;   /* owned; of each rule, while sorting */
    uint64_t *unlisted; /* behind rules: of those `at` does not hold all of */
    size_t digits; /* the longest run of digits, up to the largest asked for */
    struct tokens tokens;
    struct places places;
    size_t base; /* of the stretch of text that is looked at */
};

/* prefilter_new - for n rules, borrowed, and the run of each (inside.h).
 * E_NOMEM. */
struct run;
MUST_USE enum err prefilter_new(const struct rule *list, size_t n,
                                const struct run *runs,
                                struct prefilter **ret_pf);
void prefilter_free(struct prefilter *pf);

/*
 * prefilter_run - look at text, at most 4 GiB. The content of *hits is
 * replaced. E_NOMEM.
 */
MUST_USE enum err prefilter_run(const struct prefilter *pf, struct str text,
                                struct prefilter_hits *hits);
void prefilter_hits_free(struct prefilter_hits *hits);

/*
 * How a keyword is compared: ASCII letters without case, and also, because
 * PCRE2 does so under (?i), U+017F as s and U+212A as k.
 */
enum keyword_here {
    KEYWORD_NO,
    KEYWORD_CUT, /* the text ends before the keyword does */
    KEYWORD_YES,
};
enum keyword_here keyword_at(struct str keyword, struct str text);

/*
 * keyword_fold - append the text with s and k for those two: the same keywords
 * stand in it, for none has such a character itself (pack.c). Errors as
 * buf_reserve.
 */
MUST_USE enum err keyword_fold(struct str text, struct buf *out);

/* The keywords of a rule by their first byte, folded: the first of each chain,
 * and those that follow each, as their numbers and one. */
struct keyword_index {
    uint16_t first[256], next[LIM_RULE_LIST];
    bool starts[256]; /* the bytes that a keyword can begin with */
};
void keyword_index(const struct rule *r, struct keyword_index *ret_index);

/*
 * keyword_next - the first place at or behind `from` where a keyword of the
 * rule begins, also one cut off by the end of the text if `open` is set;
 * text.len if there is none. index: of keyword_index.
 */
size_t keyword_next(const struct rule *r, const struct keyword_index *index,
                    struct str text, size_t from, bool open);

#endif
