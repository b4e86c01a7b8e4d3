#include "rules/threes.h"

#include <stdlib.h>

#include "rules/rarity.h"

/* The share of text, in 10^4, that is one of a group's bytes, at each place. */
struct share {
    uint32_t at[3];
};

static unsigned byte_of(uint64_t string, size_t i)
{
    return string >> 8 * i & 127;
}

static double share_of(const uint32_t at[3])
{
    return (double)at[0] * at[1] * at[2];
}

/* Into the group that grows least. */
static void add(struct threes *t, struct share shares[THREES_GROUPS],
                uint64_t string)
{
    uint32_t more[3], best[3] = {0};
    double least = 0;
    size_t to = 0;

    for (size_t g = 0; g < THREES_GROUPS; g++) {
        double grows;

        for (size_t i = 0; i < 3; i++) {
            unsigned c = byte_of(string, i);
            bool has = (t->groups[i][c] >> g & 1) != 0;

            more[i] = shares[g].at[i] + (has ? 0 : rarity_byte((char)c));
        }
        grows = share_of(more) - share_of(shares[g].at);
        if (g != 0 && grows >= least)
            continue;
        to = g;
        least = grows;
        memcpy(best, more, sizeof(best));
    }
    memcpy(shares[to].at, best, sizeof(best));
    for (size_t i = 0; i < 3; i++)
        t->groups[i][byte_of(string, i)] |= (unsigned char)(1u << to);
}

static uint64_t with_share(uint64_t string)
{
    uint64_t share = 1;

    for (size_t i = 0; i < 3; i++)
        share *= rarity_byte((char)byte_of(string, i));
    return share << 24 | (string & 0xffffff);
}

static int by_share(const void *a, const void *b)
{
    uint64_t x, y;

    memcpy(&x, a, sizeof(x));
    memcpy(&y, b, sizeof(y));
    return x > y ? -1 : x < y;
}

void threes_make(uint64_t *list, size_t n, struct threes *ret)
{
    struct share shares[THREES_GROUPS] = {0};

    /* Those that are most of the text first: others then go with them. */
    for (size_t i = 0; i < n; i++)
        list[i] = with_share(list[i]);
    qsort(list, n, sizeof(*list), by_share);
    for (size_t i = 0; i < n; i++)
        if (i == 0 || list[i] != list[i - 1])
            add(ret, shares, list[i]);
}
