#ifndef SP_RULES_TOKEN_H
#define SP_RULES_TOKEN_H

#include "base/cpu.h"
#include "rules/rule.h"

/*
 * Tokens: maximal runs of ASCII letters and digits with a digit among them, as
 * numbers of accounts, cards and papers begin with. A rule that names lengths
 * of tokens is tried where one of that length begins, and nowhere else:
 *
 *      text      call 212-664-7665, order A1B2C3D4E
 *      tokens         ~~~ ~~~ ~~~~        ~~~~~~~~~
 *      lengths         3   3   4      9, with letters in it
 */
#define TOKEN_MOST 62u /* longest that a rule can ask for */

/* token_fits - is it one that the rule is tried at? */
static inline bool token_fits(const struct token_set *set, size_t len,
                              bool letters)
{
    return len <= TOKEN_MOST &&
           ((letters ? set->mixed : set->digits) >> len & 1) != 0;
}

static inline bool token_any(const struct token_set *set)
{
    return (set->digits | set->mixed) != 0;
}

/* token_first - does the rule begin with a token? */
static inline bool token_first(const struct rule *r)
{
    return token_any(&r->token) && r->reach == 0;
}

/* The length of the longest that fits. */
static inline size_t token_most(const struct token_set *set)
{
    uint64_t all = set->digits | set->mixed;

    return all == 0 ? 0 : 63 - (size_t)__builtin_clzll(all);
}

static inline bool token_byte(char c)
{
    return is_alnum(c);
}

/* token_then - does what stands behind the token, at `end`, fit the rule? */
static inline bool token_then(const struct rule *r, struct str text, size_t end)
{
    return r->then.len == 0 ||
           (end < text.len && r->then.ptr != NULL &&
            memchr(r->then.ptr, text.ptr[end], r->then.len) != NULL);
}

/*
 * token_next - where at or behind `from` the next token begins that fits the
 * rule; text.len if nowhere. With `open`, more text may follow: then one that
 * the end cuts off is told as well if it could still fit, and *ret_cut is set.
 */
size_t token_next(const struct rule *r, struct str text, size_t from, bool open,
                  bool *ret_cut);

/*
 * What rules ask for, by the byte behind the token; the last is for the end of
 * the text, and for what is not ASCII. So short a number as stands in any text
 * is only noted where a mark follows.
 */
#define TOKEN_BYTES 129
#define TOKEN_MARKS "-:."
struct token_want {
    struct token_set by[TOKEN_BYTES];
    bool any;
    bool brief; /* no one or two digits alone but before one of TOKEN_MARKS */
};

static inline bool token_wanted(const struct token_want *want, struct str text,
                                size_t end, size_t len, bool letters)
{
    unsigned next = end < text.len ? (unsigned char)text.ptr[end] : 0x80;

    return token_fits(&want->by[next < 0x80 ? next : 0x80], len, letters);
}

/* token_want_add - what a rule asks for, too. *want: zeroed at first.
 * token_want_ready - behind the last of them. */
void token_want_add(struct token_want *want, const struct rule *r);
void token_want_ready(struct token_want *want);

/* ASCII bytes behind which no match begins: those of a leading \b or (?<!...)
 */
struct guard {
    uint64_t bits[2];
};

static inline bool guard_stops(const struct guard *g, unsigned char before)
{
    return before < 0x80 && (g->bits[before / 64] >> before % 64 & 1) != 0;
}

/* The tokens of a text that some rule asks for. */
#define TOKEN_GROUP 64u
struct tokens {
    const struct token_want *want; /* borrowed */
    uint64_t *list;                /* owned; sorted; see token_entry */
    size_t count, cap;
    struct token_set *groups; /* owned; lengths in each TOKEN_GROUP of them */
    uint64_t *picked;         /* owned; as long as the list */
    struct token_set seen;    /* lengths that there are in the list */
    size_t end;               /* of the last one looked at */
    size_t fitted;            /* of the last pick, by their lengths alone */
    bool partial;             /* the list is full, and not all stand in it */
    enum cpu_step step;       /* of what the processor can, to pick some */
};

/*
 * token_entry - a token of the list, with the bytes beside it, so that the text
 * need not be asked again:
 *
 *      bits   63 .. 32   24              23 .. 16   15 .. 8   7         6 .. 0
 *      its    offset     digit before    before,    behind    letters   length
 *                        what is before  or 0xff, if none
 */
static inline uint64_t token_entry(struct str text, size_t start, size_t len,
                                   bool letters)
{
    size_t end = start + len;
    unsigned behind = end < text.len ? (unsigned char)text.ptr[end] : 0xff;
    unsigned before = start > 0 ? (unsigned char)text.ptr[start - 1] : 0xff;
    bool digit = start > 1 && is_digit(text.ptr[start - 2]);

    return (uint64_t)start << 32 | (uint64_t)digit << 24 | before << 16 |
           behind << 8 | (letters ? 0x80 : 0) | len;
}

static inline size_t token_start(uint64_t entry)
{
    return (size_t)(entry >> 32);
}

static inline bool token_entry_in(const struct token_set *set, uint64_t entry)
{
    return token_fits(set, entry & 0x7f, (entry & 0x80) != 0);
}

/* Places of numbers, near which rules with a reach look for their keywords: so
 * many digits in a row end in the PLACE_STEP bytes before each. */
#define PLACE_STEP 16u
struct places {
    size_t digits;  /* least so many; 0: none are looked for */
    uint32_t *list; /* owned; sorted */
    size_t count, cap;
    bool everywhere; /* the list is full: they may be anywhere */
};

/* places_note - up to `at`, which never falls. E_NOMEM. */
MUST_USE enum err places_note(struct places *pl, size_t at);

/* tokens_add - one that is wanted. E_NOMEM. tokens_ready - behind the last of
 * them, before any is picked. */
MUST_USE enum err tokens_add(struct tokens *tk, uint64_t entry);
void tokens_ready(struct tokens *tk);

/* tokens_clear - none, for these; the memory is kept. */
void tokens_clear(struct tokens *tk, const struct token_want *want);
void tokens_free(struct tokens *tk);
/* tokens_rest - there are none, and the memory of very many is given back. */
void tokens_rest(struct tokens *tk);

/* tokens_fit - those of a list that is not partial whose lengths are in a set:
 * tk->picked, how many. */
size_t tokens_fit(struct tokens *tk, const struct token_set *set);

/*
 * tokens_pick - those of a list that is not partial that a rule is tried at:
 * tk->picked, how many. behind: no match begins behind one of these; digit: nor
 * behind one of these that a digit is before.
 */
size_t tokens_pick(struct tokens *tk, const struct rule *r,
                   const struct guard *behind, const struct guard *digit);

/* tokens_note - of a text, taken from its front: here is a digit. E_NOMEM. */
MUST_USE enum err tokens_note(struct tokens *tk, struct str text, size_t digit);

#endif
