#ifndef SP_RULES_RARITY_H
#define SP_RULES_RARITY_H

#include "base/limits.h"
#include "base/str.h"

/* How often bytes stand in the text of people and programs. By what stands
 * least often a keyword is looked for (key.h). */

/* rarity_byte - one byte's share in 10^4, letters small and white space as a
 * space. */
unsigned rarity_byte(char c);

/* A keyword as it is looked at. */
struct rarity {
    unsigned char class[LIM_KEYWORD + 1]; /* of each byte, and of one behind */
    /* The share of the four bytes at each place, twice its binary logarithm and
     * something more: only to compare. Of the last three, with what mostly
     * follows. */
    uint16_t four[LIM_KEYWORD];
};

/* rarity_read - of so many bytes, LIM_KEYWORD at most. */
void rarity_read(struct str keyword, struct rarity *ret);

/* What weighs more than the pairs that it is of: by a hash of four bytes, so
 * that others share it. */
#define RARITY_BITS 14u
struct rarity_table {
    unsigned char more[1u << RARITY_BITS];
};
void rarity_table(struct rarity_table *ret);

/* rarity_more - what is to be added to the share at a place. */
unsigned rarity_more(const struct rarity_table *t, const struct rarity *r,
                     size_t at);

#endif
