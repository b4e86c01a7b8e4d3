#include "rules/traits.h"

#include "base/wide.h"

#if CPU_AVX2
#include <immintrin.h>
#endif

/*
 * One pass over a text, 64 bytes a step, that stops only at digits and at what
 * is not ASCII. There it works on masks, a bit for each byte, so that it takes
 * as many steps as there are numbers, whatever stands between them.
 */
#define STEP 64u

struct masks {
    uint64_t digits, letters;
    uint64_t between; /* what may stand between the digits of one number */
    uint64_t marks;   /* those of TOKEN_MARKS */
    uint64_t wide;    /* bytes beyond ASCII */
};

struct digit_run {
    size_t now, best;
    size_t peak; /* of this step */
};

/* Mostly there are few; without an instruction for it the builtin is a call. */
static INLINE unsigned bits_in(uint64_t mask, bool counts)
{
    unsigned n = 0;

    if (counts)
        return (unsigned)__builtin_popcountll(mask);
    for (; mask != 0 && n < 8; mask &= mask - 1)
        n++;
    return mask == 0 ? n : n + (unsigned)__builtin_popcountll(mask);
}

static INLINE struct masks masks_of(const unsigned char *p)
{
    struct masks m = {0};

    for (unsigned i = 0; i < STEP; i += WIDE) {
        wide v = wide_at(p + i);
        wide between = (wide)((v == ' ') | (v == '-') | (v == '.') |
                              (v == '(') | (v == ')') | (v == '/'));
        wide letters = wide_letters(v);
        wide marks = (wide)((v == '-') | (v == ':') | (v == '.'));

        m.digits |= (uint64_t)wide_mask(wide_digits(v)) << i;
        m.letters |= (uint64_t)wide_mask(letters) << i;
        m.between |= (uint64_t)wide_mask(between) << i;
        m.marks |= (uint64_t)wide_mask(marks) << i;
        m.wide |= (uint64_t)wide_mask(v) << i;
    }
    return m;
}

/* The first step from there on, of those that end before `end`, with a digit in
 * it or what is not ASCII; where they end if there is none. */
static INLINE size_t next_step(const unsigned char *p, size_t i, size_t end)
{
    for (; end - i >= STEP; i += STEP) {
        wide any = {0};

        for (unsigned at = 0; at < STEP; at += WIDE) {
            wide v = wide_at(p + i + at);

            any |= v | wide_digits(v);
        }
        if (wide_mask(any) != 0)
            break;
    }
    return i;
}

#if CPU_AVX2
FOR_AVX512 static inline uint64_t within(__m512i v, char from, int count)
{
    return _mm512_cmplt_epu8_mask(_mm512_sub_epi8(v, _mm512_set1_epi8(from)),
                                  _mm512_set1_epi8((char)count));
}

FOR_AVX512 static inline uint64_t equal_512(__m512i v, char c)
{
    return _mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8(c));
}

FOR_AVX512 static INLINE struct masks masks_of_64(const unsigned char *p)
{
    static const char marks[] = " -.()/";
    __m512i v = _mm512_loadu_si512(p);
    struct masks m = {
        .digits = within(v, '0', 10),
        .letters = within(_mm512_or_si512(v, _mm512_set1_epi8(0x20)), 'a', 26),
        .wide = _mm512_movepi8_mask(v),
    };

    for (size_t i = 0; i < sizeof(marks) - 1; i++)
        m.between |= equal_512(v, marks[i]);
    m.marks = equal_512(v, '-') | equal_512(v, ':') | equal_512(v, '.');
    return m;
}

FOR_AVX512 static INLINE size_t next_step_64(const unsigned char *p, size_t i,
                                             size_t end)
{
    for (; end - i >= STEP; i += STEP) {
        __m512i v = _mm512_loadu_si512(p + i);

        if ((within(v, '0', 10) | _mm512_movepi8_mask(v)) != 0)
            break;
    }
    return i;
}
#else
static INLINE struct masks masks_of_64(const unsigned char *p)
{
    return masks_of(p);
}

static INLINE size_t next_step_64(const unsigned char *p, size_t i, size_t end)
{
    return next_step(p, i, end);
}
#endif

/* On through bytes of which some are digits and some end a run. */
static INLINE void digit_walk(struct digit_run *d, uint64_t digits,
                              uint64_t ends, bool counts)
{
    d->peak = 0;
    for (;;) {
        uint64_t before = (ends & -ends) - 1; /* all, if nothing ends it */

        d->now += bits_in(digits & before, counts);
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

/* One of WIDE bytes at p, with one more behind, is a letter's second spelling
 * (of three bytes the last two). */
static bool folds_in(const unsigned char *p)
{
    wide a = wide_at(p), b = wide_at(p + 1);

    return wide_mask((wide)(((a == 0xc5) & (b == 0xbf)) |
                            ((a == 0x84) & (b == 0xaa)))) != 0;
}

/* The same for certain, of those that begin at or behind `from`, and one byte
 * before it. */
static bool folds_at(struct str text, size_t from)
{
    static const struct str second[] = {STR_INIT("\xc5\xbf"),
                                        STR_INIT("\xe2\x84\xaa")};
    struct str s = str_head(str_skip(text, from == 0 ? 0 : from - 1), WIDE + 3);

    return str_find(s, second[0]) < s.len || str_find(s, second[1]) < s.len;
}

/* What goes along with the pass. */
struct pass {
    struct str text;
    size_t digits; /* a longer run need not be known */
    struct digit_run run;
    struct tokens *tokens;
    struct places *places;
    bool wide, folds;
    enum cpu_step step;
};

/* Digits that stand alone or by two and no mark behind them, which are most
 * that there are in code and that no rule asks for. Of what is at an edge of
 * the step that is not known. */
static INLINE uint64_t brief_in(const struct masks *m)
{
    const uint64_t begins = UINT64_MAX << 1, ends = UINT64_MAX >> 1;
    uint64_t alnum = m->digits | m->letters, other = ~(alnum | m->marks);
    uint64_t first = m->digits & ~(alnum << 1) & begins;
    uint64_t one = first & other >> 1 & ends;
    uint64_t two = first & m->digits >> 1 & other >> 2 & ends >> 1;

    return one | two | two << 1;
}

/*
 * The tokens of the digits in a step that begins at offset i. Most begin and
 * end within it: those are read off the mask of letters and digits.
 */
static INLINE enum err token_step(struct pass *ps, size_t i,
                                  const struct masks *m)
{
    uint64_t left = m->digits, alnum = m->digits | m->letters;
    enum err e;

    if (ps->tokens->want->brief)
        left &= ~brief_in(m);
    while (left != 0) {
        unsigned at = (unsigned)__builtin_ctzll(left), from, to;
        uint64_t below = ~alnum & ((UINT64_C(1) << at) - 1);
        uint64_t above = ~alnum & UINT64_MAX << at;
        bool letters;

        if (below == 0 || above == 0) {
            if ((e = tokens_note(ps->tokens, ps->text, i + at)))
                return e;
            if (ps->tokens->partial || ps->tokens->end >= i + STEP)
                return OK;
            left &= UINT64_MAX << (ps->tokens->end - i);
            continue;
        }
        from = STEP - (unsigned)__builtin_clzll(below);
        to = (unsigned)__builtin_ctzll(above);
        letters =
            (m->letters & ((UINT64_C(1) << to) - 1) & UINT64_MAX << from) != 0;
        ps->tokens->end = i + to;
        if (token_wanted(ps->tokens->want, ps->text, i + to, to - from,
                         letters) &&
            (e = tokens_add(ps->tokens, i + from, to - from, letters)))
            return e;
        left &= UINT64_MAX << to;
    }
    return OK;
}

/* Such a run is none that matters, if all the digits were in it. */
static INLINE bool too_few(const struct pass *ps, uint64_t digits, bool counts)
{
    size_t n = ps->run.now + bits_in(digits, counts);

    return n <= ps->run.best &&
           (ps->places->digits == 0 || n < ps->places->digits);
}

/* The runs of digits in a step that begins at offset i. */
static INLINE enum err run_step(struct pass *ps, size_t i,
                                const struct masks *m, bool counts)
{
    uint64_t ends = ~(m->digits | m->between);
    struct digit_run from = ps->run;
    enum err e;

    if (too_few(ps, m->digits, counts)) {
        /* Those behind the last end go on. */
        uint64_t last = ends == 0 ? 0 : 63 - (unsigned)__builtin_clzll(ends);

        ps->run.now = ends == 0 ? ps->run.now : 0;
        ps->run.now += bits_in(m->digits & UINT64_MAX << last, counts);
        return OK;
    }
    digit_walk(&ps->run, m->digits, ends, counts);
    ps->run.best = ps->run.peak > ps->run.best ? ps->run.peak : ps->run.best;
    if (ps->places->digits == 0 || ps->run.peak < ps->places->digits)
        return OK;
    for (unsigned at = 0; at < STEP; at += PLACE_STEP) {
        uint64_t part = (UINT64_C(1) << PLACE_STEP) - 1;
        uint64_t digits = m->digits >> at & part;

        digit_walk(&from, digits, ends >> at & part, counts);
        if (digits != 0 && from.peak >= ps->places->digits &&
            (e = places_note(ps->places, i + at + PLACE_STEP)))
            return e;
    }
    return OK;
}

/* STEP bytes at p, with one more behind; they stand at offset i. */
static INLINE enum err look_by(struct pass *ps, const unsigned char *p,
                               size_t i, struct masks m, bool counts)
{
    enum err e;

    ps->wide |= m.wide != 0;
    for (unsigned at = 0; m.wide != 0 && !ps->folds && at < STEP; at += WIDE)
        ps->folds = folds_in(p + at) && folds_at(ps->text, i + at);
    if ((ps->run.best < ps->digits || ps->places->digits != 0) &&
        (e = run_step(ps, i, &m, counts)))
        return e;
    return ps->tokens->partial ? OK : token_step(ps, i, &m);
}

/* All the text; the last bytes, up to a step and one more, by themselves. */
static INLINE enum err
walk_by(struct pass *ps, struct masks (*masks)(const unsigned char *),
        size_t (*next)(const unsigned char *, size_t, size_t), bool counts)
{
    const unsigned char *p = (const unsigned char *)ps->text.ptr;
    unsigned char rest[STEP + WIDE] = {0};
    size_t len = ps->text.len, end = len == 0 ? 0 : len - 1, i = 0;
    enum err e;

    for (;; i += STEP) {
        if (ps->run.now == 0)
            i = next(p, i, end);
        if (end - i < STEP)
            break;
        if ((e = look_by(ps, p + i, i, masks(p + i), counts)))
            return e;
    }
    if (i == len)
        return OK;
    memcpy(rest, p + i, len - i);
    return look_by(ps, rest, i, masks(rest), counts);
}

FOR_AVX512 static enum err walk_64(struct pass *ps)
{
    return walk_by(ps, masks_of_64, next_step_64, true);
}

static enum err walk(struct pass *ps)
{
    return ps->step == CPU_64 ? walk_64(ps)
                              : walk_by(ps, masks_of, next_step, false);
}

enum err traits_of(struct str text, size_t digits, struct tokens *tk,
                   struct places *pl, enum cpu_step step,
                   struct traits *ret_traits)
{
    struct pass ps = {.text = text,
                      .digits = digits,
                      .tokens = tk,
                      .places = pl,
                      .step = step};
    enum err e;

    tk->partial = !tk->want->any; /* then none need be known */
    tk->step = step;
    if ((e = walk(&ps)))
        return e;
    *ret_traits = (struct traits){ps.run.best, ps.wide, ps.folds};
    return OK;
}
