#include "rules/halves.h"

#include "rules/rarity.h"

static void count_share(struct halves *h)
{
    h->share = 0;
    for (unsigned high = 0; high < 16; high++)
        for (unsigned low = 0; (h->high >> high & 1) != 0 && low < 16; low++)
            if ((h->low >> low & 1) != 0)
                h->share += rarity_byte((char)(high << 4 | low));
}

struct halves halves_with(struct halves h, unsigned char c)
{
    if (halves_has(&h, c))
        return h;
    h.low |= (uint16_t)(1u << (c & 15));
    h.high |= (uint16_t)(1u << (c >> 4));
    count_share(&h);
    return h;
}

struct halves halves_all(void)
{
    struct halves h = {UINT16_MAX, UINT16_MAX, 0};

    count_share(&h);
    return h;
}

static struct halves both(const struct halves *a, const struct halves *b)
{
    struct halves h = {a->low | b->low, a->high | b->high, a->share};

    if (h.low == b->low && h.high == b->high)
        h.share = b->share;
    else if (h.low != a->low || h.high != a->high)
        count_share(&h);
    return h;
}

static double share_of(const struct halves *sets, size_t n)
{
    double share = 1;

    for (size_t p = 0; p < n; p++)
        share *= sets[p].share;
    return share;
}

void halves_group(struct halves *groups, size_t count,
                  const struct halves *sets, size_t n)
{
    struct halves best[HALVES_MOST] = {{0}}, next[HALVES_MOST];
    struct halves *to = NULL;
    double least = 0, more;

    for (struct halves *g = groups; g < groups + count * n; g += n) {
        for (size_t p = 0; p < n; p++)
            next[p] = both(&g[p], &sets[p]);
        more = share_of(next, n) - share_of(g, n);
        if (to != NULL && more >= least)
            continue;
        to = g;
        least = more;
        memcpy(best, next, sizeof(best));
    }
    if (to != NULL)
        memcpy(to, best, n * sizeof(*to));
}
