#ifndef SP_RULES_TOKEN_H
#define SP_RULES_TOKEN_H

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

/* The length of the longest that fits. */
static inline size_t token_most(const struct token_set *set)
{
    uint64_t all = set->digits | set->mixed;

    return all == 0 ? 0 : 63 - (size_t)__builtin_clzll(all);
}

static inline bool token_byte(char c)
{
    return is_digit(c) || (to_lower(c) >= 'a' && to_lower(c) <= 'z');
}

/*
 * token_next - where at or behind `from` the next token begins that fits;
 * text.len if nowhere. With `open`, more text may follow: then one that the end
 * cuts off is told as well if it could still fit, and *ret_cut is set.
 */
size_t token_next(const struct token_set *set, struct str text, size_t from,
                  bool open, bool *ret_cut);

/* The tokens of a text of which some rule asks for the length. */
struct tokens {
    struct token_set want;
    uint64_t *list; /* owned; sorted: offset << 8 | letters << 7 | length */
    size_t count, cap;
    struct token_set seen; /* lengths that there are in the list */
    size_t end;            /* of the last one looked at */
    bool partial;          /* the list is full, and not all stand in it */
};

static inline size_t token_start(uint64_t entry)
{
    return (size_t)(entry >> 8);
}

static inline bool token_entry_fits(const struct token_set *set, uint64_t entry)
{
    return token_fits(set, entry & 0x7f, (entry & 0x80) != 0);
}

/* tokens_note - of a text, taken from its front: here is a digit. E_NOMEM. */
MUST_USE enum err tokens_note(struct tokens *tk, struct str text, size_t digit);

#endif
