#include "rules/traits.h"

/*
 * One pass over a text, sixteen bytes a step, that stops only at digits and at
 * what is not ASCII.
 */

struct digit_run {
    size_t now, best;
};

static void digit_step(struct digit_run *d, char c)
{
    if (is_digit(c)) {
        if (++d->now > d->best)
            d->best = d->now;
    } else if (c != ' ' && c != '-' && c != '.' && c != '(' && c != ')' &&
               c != '/') {
        d->now = 0;
    }
}

static bool folds_here(const unsigned char *p, size_t len)
{
    return (len >= 2 && p[0] == 0xc5 && p[1] == 0xbf) ||
           (len >= 3 && p[0] == 0xe2 && p[1] == 0x84 && p[2] == 0xaa);
}

#define LANES 16
struct lanes {
    unsigned char c __attribute__((vector_size(LANES)));
};

static struct lanes lanes_at(const unsigned char *p)
{
    struct lanes v;

    memcpy(&v.c, p, LANES);
    return v;
}

static bool any_set(struct lanes v)
{
    uint64_t half[2];

    memcpy(half, &v.c, sizeof(half));
    return (half[0] | half[1]) != 0;
}

/* One of LANES bytes at p, with one more behind, is a letter's second spelling
 * (of three bytes the last two). */
static bool folds_in(const unsigned char *p)
{
    struct lanes a = lanes_at(p), b = lanes_at(p + 1), m;

    m.c = (unsigned char __attribute__((vector_size(LANES))))(
        ((a.c == 0xc5) & (b.c == 0xbf)) | ((a.c == 0x84) & (b.c == 0xaa)));
    return any_set(m);
}

struct traits traits_of(struct str text, size_t digits)
{
    const unsigned char *p = (const unsigned char *)text.ptr;
    struct digit_run d = {0};
    bool folds = false;
    size_t i = 0;

    for (; i + LANES + 1 <= text.len; i += LANES) {
        struct lanes a = lanes_at(p + i), m;

        /* Digits, and what is not ASCII: neither is the usual case. */
        m.c = (unsigned char __attribute__((vector_size(LANES))))(
                  (unsigned char
                   __attribute__((vector_size(LANES))))(a.c - '0') < 10) |
              (a.c & 0x80);
        if (d.now == 0 && !any_set(m))
            continue;
        folds = folds || folds_in(p + i);
        for (size_t j = i; j < i + LANES && d.best < digits; j++)
            digit_step(&d, text.ptr[j]);
    }
    for (; i < text.len; i++) {
        digit_step(&d, text.ptr[i]);
        folds = folds || folds_here(p + i, text.len - i) ||
                (i > 0 && folds_here(p + i - 1, text.len - i + 1));
    }
    return (struct traits){d.best, folds};
}
