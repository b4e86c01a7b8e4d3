#ifndef SP_RULES_RARITY_H
#define SP_RULES_RARITY_H

#include "base/limits.h"
#include "base/str.h"

/* How often bytes stand in the text of people and programs. By what stands
 * least often a keyword is looked for (words.c). */

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

/* rarity_more - what is to be added at a place with three bytes that are more
 * common than their pairs are: slower. */
unsigned rarity_more(const struct rarity *r, size_t at);

#endif
