#ifndef SP_RULES_PREFILTER_H
#define SP_RULES_PREFILTER_H

#include "rules/token.h"

/*
 * One pass over a whole text that says which rules have to run at all: those
 * with a keyword in it, and those whose run of digits is long enough; it also
 * lists the tokens that rules begin with. What is said to be absent is absent;
 * what is said to be present is, too.
 */
struct run;       /* of inside.h */
struct prefilter; /* immutable after prefilter_new */

/* A text with s and k for their second spellings (U+017F, U+212A). */
struct folded {
    struct buf text; /* owned; empty if it has none */
    struct second {
        uint32_t at, lost; /* behind so many bytes of it, so many are lost */
    } * list;              /* owned */
    size_t count, cap;
    size_t seen; /* of the list, by who asked last */
};

/* What a pass found. Zeroed before its first use, reused between texts. */
struct prefilter_hits {
    uint64_t *rules; /* owned; bit set of rules with a keyword in the text */
    size_t words;
    uint64_t *at; /* owned; rule << 32 | offset of a keyword that begins in the
                     piece, of a rule whose keywords are listed; sorted */
    size_t count, cap;
    size_t tried;       /* places of the piece where one was looked for */
    uint64_t *spare;    /* owned; as long, to sort into; or NULL */
    uint32_t *starts;   /* owned; of each rule, while sorting */
    uint64_t *unlisted; /* behind rules: of those `at` did not hold all of */
    uint64_t *rest;     /* behind that: of those that look some are left */
    size_t digits; /* the longest run of digits, up to the largest asked for */
    struct tokens tokens;
    struct places places;
    bool numbered;   /* a rule that looks asks for any of these */
    bool wide;       /* any byte of the text is beyond ASCII */
    bool folds;      /* letters in their second spelling are in the text */
    size_t from, to; /* the piece of text that was looked at */
    struct {
        size_t from, to;           /* the stretch of text before numbers, ... */
        size_t place, token, next; /* and what of them is behind it */
        size_t tokens;             /* that are picked: no other are meanwhile */
    } near;
    size_t base, limit;         /* of what is looked at: keywords begin in it */
    struct folded folded;       /* that is, if it has second spellings */
    struct str whole;           /* the text; borrowed */
    const uint64_t *looking;    /* the rules that keywords are noted for, set by
                                   who asks; NULL: all */
    const struct guard *guards; /* of each rule: behind which bytes its keywords
                                   do not count */
    const struct run *runs;     /* of each: behind which small ones do not */
};

/*
 * prefilter_new - for n rules, borrowed; listed (borrowed): a bit set of those
 * of whose keywords the offsets are wanted. A keyword is passed over where the
 * rule's guard (borrowed) stops what stands before it, as "ach" does nothing in
 * "each", or that of its run (borrowed), if it begins with a small letter or a
 * digit. E_NOMEM.
 */
MUST_USE enum err prefilter_new(const struct rule *list, size_t n,
                                const uint64_t *listed,
                                const struct guard *guards,
                                const struct run *runs,
                                struct prefilter **ret_pf);
void prefilter_free(struct prefilter *pf);

/*
 * prefilter_lay - write the tables that keywords are looked for with, of which
 * each is otherwise made when it is first needed. Keywords are counted from
 * `base`, before which none stands. Errors of buf_add.
 *
 * prefilter_lend - once, before anything is looked for: such are used as they
 * stand there, borrowed. What is not of these rules is not used.
 */
MUST_USE enum err prefilter_lay(const struct prefilter *pf, const char *base,
                                struct buf *out);
void prefilter_lend(struct prefilter *pf, const char *base, struct str written);

/*
 * prefilter_begin - look at text, at most 4 GiB, which is kept. The content of
 * *hits is replaced: digits and tokens are those of all the text, unless no
 * rule of hits->looking asks for them; of keywords there are none yet. E_NOMEM.
 */
MUST_USE enum err prefilter_begin(const struct prefilter *pf, struct str text,
                                  struct prefilter_hits *hits);

/*
 * prefilter_next - the keywords that begin in the next piece of the text: its
 * hits replace those of the last one, `rules` and `unlisted` grow. So the list
 * stays short, whatever the text is full of. hits->to is text.len with the last
 * piece. E_NOMEM.
 */
#define PREFILTER_PIECE (128u * KIB)
MUST_USE enum err prefilter_next(const struct prefilter *pf, struct str text,
                                 struct prefilter_hits *hits);
void prefilter_hits_free(struct prefilter_hits *hits);

/*
 * How a keyword is compared: ASCII letters without case, and also, because
 * PCRE2 does so under (?i), U+017F as s and U+212A as k. A space between its
 * words, or behind them, stands for white space of any kind and number, as \s+
 * does, but for no more than KEYWORD_WIDE bytes in all above those that it has.
 */
#define KEYWORD_WIDE 64u

/* keyword_gap - does what stands at i stand for any white space? */
static inline bool keyword_gap(struct str keyword, size_t i)
{
    return keyword.ptr[i] == ' ' && i > 0 && !is_white(keyword.ptr[i - 1]);
}

/* keyword_gaps - has it any such? */
bool keyword_gaps(struct str keyword);

/*
 * keyword_tidy - write the keyword with one space for all white space that is
 * not at its front; its length. Others are no keywords (pack.c): one that goes
 * on with a space where another one has any white space could not be told from
 * that byte by byte.
 */
size_t keyword_tidy(struct str keyword, char out[LIM_KEYWORD]);

/* keyword_is_tidy - would that write the same? */
bool keyword_is_tidy(struct str keyword);

enum keyword_here {
    KEYWORD_NO,
    KEYWORD_CUT, /* the text ends before the keyword does */
    KEYWORD_YES,
};
/* keyword_at - *ret_len, with KEYWORD_YES: bytes of text that it is, of white
 * space at its end the first. */
enum keyword_here keyword_at(struct str keyword, struct str text,
                             size_t *ret_len);

/* second_len - of the second spelling at the front; 0: there is none. */
size_t second_len(struct str s);

/*
 * keyword_fold - the text with s and k for those two: the same keywords stand
 * in it, for none has such a character itself (pack.c). What *f had is
 * replaced. E_NOMEM.
 */
MUST_USE enum err keyword_fold(struct str text, struct folded *f);
void folded_free(struct folded *f);

/* folded_source - where in the text stands what is at `at` of the folded one.
 */
static inline size_t folded_source(struct folded *f, size_t at)
{
    size_t i = f->seen < f->count ? f->seen : 0;

    while (i < f->count && f->list[i].at <= at)
        i++;
    while (i > 0 && f->list[i - 1].at > at)
        i--;
    f->seen = i;
    return i == 0 ? at : at + f->list[i - 1].lost;
}

/* The keywords of a rule by their first byte, folded: the first of each chain,
 * and those that follow each, as their numbers and one. */
struct keyword_index {
    uint16_t first[256], next[LIM_RULE_LIST];
    uint32_t seconds[256]; /* of each byte that a keyword can begin with: the
                              next ones, as bits of their last five */
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
