#include "rules/traits.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

/*
 * One pass over a text, sixteen bytes a step, that stops only at digits and at
 * what is not ASCII. There it works on masks, a bit for each byte, so that it
 * takes as many steps as there are numbers, whatever stands between them.
 */

#define LANES 16
typedef unsigned char lanes __attribute__((vector_size(LANES)));

struct digit_run {
    size_t now, best;
};

static lanes lanes_at(const unsigned char *p)
{
    lanes v;

    memcpy(&v, p, LANES);
    return v;
}

/* The highest bit of each byte, the first byte's lowest. */
static unsigned mask_of(lanes v)
{
#if defined(__SSE2__)
    return (unsigned)_mm_movemask_epi8((__m128i)v);
#else
    unsigned mask = 0;

    for (unsigned i = 0; i < LANES; i++)
        mask |= (unsigned)(v[i] >> 7) << i;
    return mask;
#endif
}

static lanes digits_in(lanes v)
{
    return (lanes)((lanes)(v - '0') < 10);
}

/* What may stand between the digits of one number. */
static lanes between_in(lanes v)
{
    return (lanes)((v == ' ') | (v == '-') | (v == '.') | (v == '(') |
                   (v == ')') | (v == '/'));
}

/* On through bytes of which some are digits and some end a run. */
static void digit_step(struct digit_run *d, unsigned digits, unsigned ends)
{
    for (;;) {
        unsigned before = (ends & -ends) - 1; /* all, if nothing ends it */

        d->now += (unsigned)__builtin_popcount(digits & before);
        if (d->now > d->best)
            d->best = d->now;
        if (ends == 0)
            return;
        d->now = 0;
        digits &= ~before;
        if (digits == 0)
            return;
        ends &= -(digits & -digits); /* those behind the next digit */
    }
}

/* One of LANES bytes at p, with one more behind, is a letter's second spelling
 * (of three bytes the last two). */
static bool folds_in(const unsigned char *p)
{
    lanes a = lanes_at(p), b = lanes_at(p + 1);

    return mask_of((lanes)(((a == 0xc5) & (b == 0xbf)) |
                           ((a == 0x84) & (b == 0xaa)))) != 0;
}

/* LANES bytes at p, with one more behind. */
static inline void step(const unsigned char *p, size_t digits,
                        struct digit_run *d, bool *folds)
{
    lanes v = lanes_at(p), number = digits_in(v);
    unsigned high = mask_of(v);

    if (mask_of(number | v) == 0 && d->now == 0)
        return; /* the usual case */
    *folds = *folds || (high != 0 && folds_in(p));
    if (d->best < digits)
        digit_step(d, mask_of(number),
                   ~mask_of(number | between_in(v)) & 0xffff);
}

struct traits traits_of(struct str text, size_t digits)
{
    const unsigned char *p = (const unsigned char *)text.ptr;
    unsigned char rest[2 * LANES] = {0};
    struct digit_run d = {0};
    bool folds = false;
    size_t i = 0;

    for (; i + LANES + 1 <= text.len; i += LANES)
        step(p + i, digits, &d, &folds);
    if (i < text.len) {
        memcpy(rest, p + i, text.len - i);
        step(rest, digits, &d, &folds);
    }
    return (struct traits){d.best, folds};
}
