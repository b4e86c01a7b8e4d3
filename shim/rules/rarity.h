#ifndef SP_RULES_RARITY_H
#define SP_RULES_RARITY_H

#include "base/limits.h"
#include "base/str.h"

/* How often bytes stand in the text of people and programs. By what stands
 * least often a keyword is looked for (key.h). */

/* rarity_byte - one byte's share in 10^4, letters small and white space as a
 * space. */
unsigned rarity_byte(char c);

/* What stands far more often than the pairs that it is of say: how much that
 * adds; and what is taken. By a hash of four bytes, so that others share it. */
#define RARITY_BITS 16u
struct rarity_table {
    unsigned char more[1u << RARITY_BITS];
    unsigned char taken[1u << RARITY_BITS]; /* by keywords of these sets */
};
void rarity_table(struct rarity_table *ret);

/*
 * rarity_read - of a keyword of LIM_KEYWORD bytes at most, and of these sets of
 * them (a bit each), the share of the four at each place, of the last three
 * with what mostly follows: twice its binary logarithm and something more, only
 * to compare. None of the last two places.
 */
void rarity_read(const struct rarity_table *t, struct str keyword, unsigned of,
                 unsigned ret_shares[LIM_KEYWORD]);

/* rarity_take - by the four bytes at `at` of a keyword it is looked for: that
 * another one of the same sets is by the same adds less to what is found in
 * vain. */
void rarity_take(struct rarity_table *t, struct str keyword, unsigned of,
                 size_t at);

#endif
