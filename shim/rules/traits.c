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

/* What goes along with the pass. */
struct pass {
    struct str text;
    size_t digits; /* a longer run need not be known */
    struct digit_run run;
    struct tokens *tokens;
    bool folds;
};

/* The tokens of the digits in a step that begins at offset i. */
static enum err token_step(struct pass *ps, size_t i, unsigned digits)
{
    enum err e;

    while (digits != 0) {
        size_t at = i + (size_t)__builtin_ctz(digits);

        if ((e = tokens_note(ps->tokens, ps->text, at)))
            return e;
        if (ps->tokens->end >= i + LANES)
            return OK;
        digits &= ps->tokens->partial ? 0 : ~0u << (ps->tokens->end - i);
    }
    return OK;
}

/* LANES bytes at p, with one more behind; they stand at offset i. */
static inline enum err step(struct pass *ps, const unsigned char *p, size_t i)
{
    lanes v = lanes_at(p), number = digits_in(v);
    unsigned high = mask_of(v), digits;

    if (mask_of(number | v) == 0 && ps->run.now == 0)
        return OK; /* the usual case */
    digits = mask_of(number);
    ps->folds = ps->folds || (high != 0 && folds_in(p));
    if (ps->run.best < ps->digits)
        digit_step(&ps->run, digits, ~mask_of(number | between_in(v)) & 0xffff);
    return digits == 0 ? OK : token_step(ps, i, digits);
}

enum err traits_of(struct str text, size_t digits, struct tokens *tk,
                   struct traits *ret_traits)
{
    const unsigned char *p = (const unsigned char *)text.ptr;
    unsigned char rest[2 * LANES] = {0};
    struct pass ps = {.text = text, .digits = digits, .tokens = tk};
    size_t i = 0;
    enum err e;

    tk->partial = !token_any(&tk->want); /* then none need be known */
    for (; i + LANES + 1 <= text.len; i += LANES)
        if ((e = step(&ps, p + i, i)))
            return e;
    if (i < text.len) {
        memcpy(rest, p + i, text.len - i);
        if ((e = step(&ps, rest, i)))
            return e;
    }
    *ret_traits = (struct traits){ps.run.best, ps.folds};
    return OK;
}
