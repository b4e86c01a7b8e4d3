#include "rules/traits.h"

#include "rules/wide.h"

/*
 * One pass over a text, sixteen bytes a step, that stops only at digits and at
 * what is not ASCII. There it works on masks, a bit for each byte, so that it
 * takes as many steps as there are numbers, whatever stands between them.
 */

struct digit_run {
    size_t now, best;
    size_t peak; /* of this step */
};

static wide digits_in(wide v)
{
    return (wide)((wide)(v - '0') < 10);
}

static wide letters_in(wide v)
{
    return (wide)((wide)((v | 0x20) - 'a') < 26);
}

/* What may stand between the digits of one number. */
static wide between_in(wide v)
{
    return (wide)((v == ' ') | (v == '-') | (v == '.') | (v == '(') |
                  (v == ')') | (v == '/'));
}

/* Mostly there is one or none; without an instruction for it the builtin is a
 * call. */
static inline unsigned count_bits(unsigned mask)
{
    if ((mask & (mask - 1)) == 0)
        return mask != 0;
    return (unsigned)__builtin_popcount(mask);
}

/* On through bytes of which some are digits and some end a run. */
static void digit_walk(struct digit_run *d, unsigned digits, unsigned ends)
{
    for (;;) {
        unsigned before = (ends & -ends) - 1; /* all, if nothing ends it */

        d->now += count_bits(digits & before);
        if (d->now > d->peak)
            d->peak = d->now;
        if (ends == 0)
            return;
        d->now = 0;
        digits &= ~before;
        if (digits == 0)
            return;
        ends &= -(digits & -digits); /* those behind the next digit */
    }
}

static void digit_step(struct digit_run *d, unsigned digits, unsigned ends)
{
    d->peak = 0;
    digit_walk(d, digits, ends);
    d->best = d->peak > d->best ? d->peak : d->best;
}

/* One of WIDE bytes at p, with one more behind, is a letter's second spelling
 * (of three bytes the last two). */
static bool folds_in(const unsigned char *p)
{
    wide a = wide_at(p), b = wide_at(p + 1);

    return wide_mask((wide)(((a == 0xc5) & (b == 0xbf)) |
                            ((a == 0x84) & (b == 0xaa)))) != 0;
}

/* What goes along with the pass. */
struct pass {
    struct str text;
    size_t digits; /* a longer run need not be known */
    struct digit_run run;
    struct tokens *tokens;
    struct places *places;
    bool folds;
};

/*
 * The tokens of the digits in a step that begins at offset i. Most begin and
 * end within it: those are read off the mask of letters and digits.
 */
static enum err token_step(struct pass *ps, size_t i, unsigned digits,
                           unsigned alnum)
{
    unsigned left = digits;
    enum err e;

    while (left != 0) {
        unsigned at = (unsigned)__builtin_ctz(left), from, to;
        unsigned below = ~alnum & ((1u << at) - 1);
        unsigned above = ~alnum & 0xffff & (~0u << at);
        bool letters;

        if (below == 0 || above == 0) {
            if ((e = tokens_note(ps->tokens, ps->text, i + at)))
                return e;
            if (ps->tokens->end >= i + WIDE)
                return OK;
            left &= ps->tokens->partial ? 0 : ~0u << (ps->tokens->end - i);
            continue;
        }
        from = 32 - (unsigned)__builtin_clz(below);
        to = (unsigned)__builtin_ctz(above);
        letters = (alnum & ~digits & ((1u << to) - 1) & (~0u << from)) != 0;
        ps->tokens->end = i + to;
        if (token_wanted(ps->tokens->want, ps->text, i + to, to - from,
                         letters) &&
            (e = tokens_add(ps->tokens, i + from, to - from, letters)))
            return e;
        left &= ~0u << to;
    }
    return OK;
}

/* A step with a digit in it, one before that goes on, or what is not ASCII. */
__attribute__((noinline)) static enum err
step_slow(struct pass *ps, const unsigned char *p, size_t i, unsigned digits)
{
    wide v = wide_at(p);
    enum err e;

    ps->folds = ps->folds || (wide_mask(v) != 0 && folds_in(p));
    if (ps->run.best < ps->digits || ps->places->digits != 0) {
        digit_step(&ps->run, digits,
                   ~wide_mask(digits_in(v) | between_in(v)) & 0xffff);
        if (ps->places->digits != 0 && digits != 0 &&
            ps->run.peak >= ps->places->digits &&
            (e = places_note(ps->places, i + WIDE)))
            return e;
    }
    if (digits == 0 || ps->tokens->partial)
        return OK;
    return token_step(ps, i, digits, digits | wide_mask(letters_in(v)));
}

/* WIDE bytes at p, with one more behind; they stand at offset i. */
static inline enum err step(struct pass *ps, const unsigned char *p, size_t i)
{
    wide v = wide_at(p), number = digits_in(v);

    if (wide_mask(number | v) == 0 && ps->run.now == 0)
        return OK; /* the usual case */
    return step_slow(ps, p, i, wide_mask(number));
}

enum err traits_of(struct str text, size_t digits, struct tokens *tk,
                   struct places *pl, struct traits *ret_traits)
{
    const unsigned char *p = (const unsigned char *)text.ptr;
    unsigned char rest[2 * WIDE] = {0};
    struct pass ps = {
        .text = text, .digits = digits, .tokens = tk, .places = pl};
    size_t i = 0;
    enum err e;

    tk->partial = !tk->want->any; /* then none need be known */
    for (; i + WIDE + 1 <= text.len; i += WIDE)
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
