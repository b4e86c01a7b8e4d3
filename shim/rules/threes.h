#ifndef SP_RULES_THREES_H
#define SP_RULES_THREES_H

#include "base/str.h"

/*
 * Where one of some strings of three bytes may stand. They are put into eight
 * groups, such that text has as little as can be that is in one. Of a byte it
 * is known in which of them it is a first one, a second one, and a third one;
 * three bytes that are so in one group are one of its strings, or parts of
 * several. A byte is looked up by its lower seven bits.
 */
#define THREES_GROUPS 8u

struct threes {
    unsigned char groups[3][128]; /* that a byte is in, a bit each */
};

/* threes_make - of n strings, the first byte of each the lowest. *ret: zeroed.
 * The list is sorted. */
void threes_make(uint64_t *list, size_t n, struct threes *ret);

#endif
