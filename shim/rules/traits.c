#include "rules/traits.h"

#include "base/wide.h"

#if CPU_AVX2
#include <immintrin.h>
#endif

/*
 * One pass over a text, 64 bytes a step, that stops only at digits and at what
 * is not ASCII. There it works on masks, a bit for each byte, so that it takes
 * as many steps as there are numbers, whatever stands between them.
 *
 * A wrong guess of the processor costs as much as all the rest of such a step.
 * So where it can take bits out of masks and put them into others, it is known
 * of 64 steps at first at which to stop, and a step asks next to nothing with a
 * branch. The tokens in it, but for those at its edges, are found by adding:
 *
 *      text       in(int16_t x2, 7);
 *      alnum      ~~ ~~~~~ ~ ~~  ~
 *      digits           ~~    ~       one alone is left out (brief_in)
 *      sum                 ^    ^     a carry comes over the end of each run
 *                                     with a digit in it, and of no other
 */
#define STEP  64u
#define STEPS 64u

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
static inline unsigned bits_in(uint64_t mask)
{
    unsigned n = 0;

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

/* On through bytes of which some are digits and some end a run. */
static void digit_walk(struct digit_run *d, uint64_t digits, uint64_t ends)
{
    d->peak = 0;
    for (;;) {
        uint64_t before = (ends & -ends) - 1; /* all, if nothing ends it */

        d->now += bits_in(digits & before);
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
static enum err token_step(struct pass *ps, size_t i, const struct masks *m)
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
            (e = tokens_add(ps->tokens, token_entry(ps->text, i + from,
                                                    to - from, letters))))
            return e;
        left &= UINT64_MAX << to;
    }
    return OK;
}

/* Is no run of digits in a step one that matters, even if all that there are
 * were in it? Then it is passed. */
static bool too_few(struct pass *ps, const struct masks *m)
{
    uint64_t ends = ~(m->digits | m->between), last;
    size_t n = ps->run.now + bits_in(m->digits);

    if (n > ps->run.best ||
        (ps->places->digits != 0 && n >= ps->places->digits))
        return false;
    /* Those behind the last end go on. */
    last = ends == 0 ? 0 : 63 - (unsigned)__builtin_clzll(ends);
    ps->run.now = ends == 0 ? ps->run.now : 0;
    ps->run.now += bits_in(m->digits & UINT64_MAX << last);
    return true;
}

/* The runs of digits in a step that begins at offset i. */
static enum err run_step(struct pass *ps, size_t i, const struct masks *m)
{
    uint64_t ends = ~(m->digits | m->between);
    struct digit_run from = ps->run;
    enum err e;

    digit_walk(&ps->run, m->digits, ends);
    ps->run.best = ps->run.peak > ps->run.best ? ps->run.peak : ps->run.best;
    if (ps->places->digits == 0 || ps->run.peak < ps->places->digits)
        return OK;
    for (unsigned at = 0; at < STEP; at += PLACE_STEP) {
        uint64_t part = (UINT64_C(1) << PLACE_STEP) - 1;
        uint64_t digits = m->digits >> at & part;

        digit_walk(&from, digits, ends >> at & part);
        if (digits != 0 && from.peak >= ps->places->digits &&
            (e = places_note(ps->places, i + at + PLACE_STEP)))
            return e;
    }
    return OK;
}

/* What of STEP bytes at p, with one more behind, is not ASCII. */
static INLINE void look_wide(struct pass *ps, const unsigned char *p, size_t i,
                             uint64_t high)
{
    ps->wide |= high != 0;
    for (unsigned at = 0; high != 0 && !ps->folds && at < STEP; at += WIDE)
        ps->folds = folds_in(p + at) && folds_at(ps->text, i + at);
}

static INLINE bool asks_runs(const struct pass *ps)
{
    return ps->run.best < ps->digits || ps->places->digits != 0;
}

/* STEP bytes at p, with one more behind; they stand at offset i. */
static enum err look_at(struct pass *ps, const unsigned char *p, size_t i)
{
    struct masks m = masks_of(p);
    enum err e;

    look_wide(ps, p, i, m.wide);
    if (asks_runs(ps) && !too_few(ps, &m) && (e = run_step(ps, i, &m)))
        return e;
    return ps->tokens->partial ? OK : token_step(ps, i, &m);
}

/* From offset i on; the last bytes, up to a step and one more, by themselves.
 */
static enum err walk(struct pass *ps, size_t i)
{
    const unsigned char *p = (const unsigned char *)ps->text.ptr;
    unsigned char rest[STEP + WIDE] = {0};
    size_t len = ps->text.len, end = len == 0 ? 0 : len - 1;
    enum err e;

    for (;; i += STEP) {
        if (ps->run.now == 0)
            i = next_step(p, i, end);
        if (end - i < STEP)
            break;
        if ((e = look_at(ps, p + i, i)))
            return e;
    }
    if (i == len)
        return OK;
    memcpy(rest, p + i, len - i);
    return look_at(ps, rest, i);
}

#if CPU_AVX2
/* What each byte of ASCII is, from the highest bit on. */
enum {
    IS_DIGIT = 0x80,
    IS_LETTER = 0x40,
    IS_BETWEEN = 0x20,
    IS_MARK = 0x10
};

static const unsigned char kinds[128] = {
    ['0' ... '9'] = IS_DIGIT,     ['A' ... 'Z'] = IS_LETTER,
    ['a' ... 'z'] = IS_LETTER,    [' '] = IS_BETWEEN,
    ['('] = IS_BETWEEN,           [')'] = IS_BETWEEN,
    ['/'] = IS_BETWEEN,           ['-'] = IS_BETWEEN | IS_MARK,
    ['.'] = IS_BETWEEN | IS_MARK, [':'] = IS_MARK,
};

/* The highest bit of each byte, and the others move up. */
FOR_AVX512 static INLINE uint64_t next_kind(__m512i *kind)
{
    uint64_t mask = _mm512_movepi8_mask(*kind);

    *kind = _mm512_add_epi8(*kind, *kind);
    return mask;
}

FOR_AVX512 static INLINE struct masks masks_of_64(const unsigned char *p)
{
    __m512i v = _mm512_loadu_si512(p);
    struct masks m = {.wide = _mm512_movepi8_mask(v)};
    __m512i kind = _mm512_maskz_permutex2var_epi8(
        ~m.wide, _mm512_loadu_si512(kinds), v, _mm512_loadu_si512(kinds + 64));

    m.digits = next_kind(&kind);
    m.letters = next_kind(&kind);
    m.between = next_kind(&kind);
    m.marks = next_kind(&kind);
    return m;
}

/* The steps at which to stop, of so many. */
FOR_AVX512 static uint64_t stops_in(const unsigned char *p, size_t steps)
{
    uint64_t stops = 0;

    for (size_t i = 0; i < steps; i++) {
        __m512i v = _mm512_loadu_si512(p + STEP * i);
        __m512i from = _mm512_sub_epi8(v, _mm512_set1_epi8('0'));
        uint64_t any = _mm512_cmplt_epu8_mask(from, _mm512_set1_epi8(10)) |
                       _mm512_movepi8_mask(v);

        stops |= (uint64_t)(any != 0) << i;
    }
    return stops;
}

/* Those that are at least the nth in a row. */
static INLINE uint64_t nth_in_row(uint64_t bits, size_t n)
{
    size_t k = 1; /* bits are the kth */

    if (n > STEP)
        return 0;
    for (; 2 * k <= n; k *= 2)
        bits &= bits << k;
    return bits & bits << (n - k);
}

static size_t longest_row(uint64_t bits)
{
    size_t n = 0;

    for (; bits != 0; bits &= bits << 1)
        n++;
    return n;
}

/* Of bits that go on with `now` others, those that are at least the nth in this
 * row, if the first so many are in it. */
static INLINE uint64_t nth_ahead(size_t ahead, size_t now, size_t n)
{
    return first_bits(ahead) & ~first_bits(now < n ? n - 1 - now : 0);
}

/*
 * What run_step does. What may stand between the digits is taken out, so that
 * they are bits in a row:
 *
 *      text       a (020) 4821, b       digits and ends   a02004821,b
 */
FOR_AVX512 static INLINE enum err run_64(struct pass *ps, size_t i,
                                         const struct masks *m)
{
    uint64_t ends = ~(m->digits | m->between), both = m->digits | ends;
    uint64_t row = _pext_u64(m->digits, both), many = 0;
    size_t ahead = ~row == 0 ? STEP : (size_t)__builtin_ctzll(~row);
    size_t first = ps->run.now + ahead, least = ps->places->digits;
    enum err e;

    if (ps->run.best < ps->digits &&
        (first > ps->run.best || nth_in_row(row, ps->run.best + 1) != 0)) {
        size_t most = longest_row(row);

        most = most > first ? most : first;
        ps->run.best = most > ps->run.best ? most : ps->run.best;
    }
    if (least != 0)
        many = nth_in_row(row, least) | nth_ahead(ahead, ps->run.now, least);
    ps->run.now =
        ends == 0 ? first
                  : (size_t)__builtin_popcountll(
                        m->digits & UINT64_MAX << (63 - __builtin_clzll(ends)));
    if (many == 0)
        return OK;
    many = _pdep_u64(many, both);
    for (unsigned at = 0; at < STEP; at += PLACE_STEP)
        if ((many >> at & first_bits(PLACE_STEP)) != 0 &&
            (e = places_note(ps->places, i + at + PLACE_STEP)))
            return e;
    return OK;
}

/* The run of bits at the low end of a mask, and at the high one; of a mask that
 * is all one run both are that. */
static INLINE uint64_t low_run(uint64_t mask)
{
    return mask & ~(mask + 1);
}

static INLINE uint64_t high_run(uint64_t mask)
{
    return ~mask == 0 ? mask : ~(UINT64_MAX >> __builtin_clzll(~mask) % 64);
}

/* Where those of some runs end that have one of these bits. */
static INLINE uint64_t ends_with(uint64_t runs, uint64_t bits)
{
    return (runs + (bits & runs)) & ~runs;
}

/* Steps in which tokens were not yet looked for, and what is in them. */
struct tokens_due {
    struct masks list[STEPS];
    size_t at[STEPS]; /* their offsets */
    size_t count;
};

/* Of a step at i those that are not at its edges; there is room for them. */
FOR_AVX512 static INLINE void tokens_within(struct pass *ps, size_t i,
                                            uint64_t runs, uint64_t digits,
                                            uint64_t letters)
{
    const struct token_want *want = ps->tokens->want;
    uint64_t ends = ends_with(runs, digits), with = ends_with(runs, letters);
    uint64_t starts =
        _pdep_u64(_pext_u64(ends, runs << 1 & ~runs), runs & ~(runs << 1));
    size_t n = ps->tokens->count;

    for (; ends != 0; ends &= ends - 1, starts &= starts - 1) {
        unsigned from = (unsigned)__builtin_ctzll(starts);
        unsigned to = (unsigned)__builtin_ctzll(ends);
        bool mixed = (with >> to & 1) != 0;

        ps->tokens->list[n] = token_entry(ps->text, i + from, to - from, mixed);
        n += token_wanted(want, ps->text, i + to, to - from, mixed);
    }
    ps->tokens->count = n;
}

/* The token of the run at an edge of the step at i, which may go on beyond it,
 * if that has a digit. */
static INLINE enum err token_edge(struct pass *ps, size_t i, uint64_t digits)
{
    return digits == 0 ? OK
                       : tokens_note(ps->tokens, ps->text,
                                     i + (size_t)__builtin_ctzll(digits));
}

FOR_AVX512 static enum err tokens_64(struct pass *ps,
                                     const struct tokens_due *due)
{
    struct tokens *tk = ps->tokens;
    enum err e;

    for (size_t k = 0; k < due->count && !tk->partial; k++) {
        const struct masks *m = &due->list[k];
        uint64_t alnum = m->digits | m->letters;
        uint64_t low = low_run(alnum), high = high_run(alnum);

        if (tk->cap - tk->count < STEP / 2) {
            if ((e = token_step(ps, due->at[k], m)))
                return e;
            continue;
        }
        if ((e = token_edge(ps, due->at[k], m->digits & low)))
            return e;
        tokens_within(ps, due->at[k], alnum & ~(low | high), m->digits,
                      m->letters);
        if ((e = token_edge(ps, due->at[k], m->digits & high)))
            return e;
    }
    return OK;
}

/* Does what look_at does, but for tokens. */
FOR_AVX512 static INLINE enum err look_64(struct pass *ps,
                                          const unsigned char *p, size_t i,
                                          struct tokens_due *due)
{
    struct masks m = masks_of_64(p);
    enum err e;

    look_wide(ps, p, i, m.wide);
    if (asks_runs(ps) && (e = run_64(ps, i, &m)))
        return e;
    if (ps->tokens->want->brief)
        m.digits &= ~brief_in(&m);
    due->list[due->count] = m;
    due->at[due->count] = i;
    due->count += m.digits != 0;
    return OK;
}

/* STEPS of them from there on, or so many as there are. */
FOR_AVX512 static enum err steps_64(struct pass *ps, size_t i, size_t steps)
{
    const unsigned char *p = (const unsigned char *)ps->text.ptr + i;
    uint64_t stops = stops_in(p, steps) | (ps->run.now != 0);
    struct tokens_due due;
    enum err e;

    due.count = 0;
    while (stops != 0) {
        size_t at = (size_t)__builtin_ctzll(stops);

        /* Seldom more than once, which the processor soon knows. */
        do {
            if ((e = look_64(ps, p + STEP * at, i + STEP * at, &due)))
                return e;
            stops &= ~(UINT64_C(1) << at++);
        } while (ps->run.now != 0 && at < steps);
    }
    return tokens_64(ps, &due);
}

FOR_AVX512 static enum err walk_64(struct pass *ps)
{
    size_t steps = ps->text.len == 0 ? 0 : (ps->text.len - 1) / STEP;
    enum err e;

    for (size_t from = 0, n; from < steps; from += n) {
        n = steps - from < STEPS ? steps - from : STEPS;
        if ((e = steps_64(ps, STEP * from, n)))
            return e;
    }
    return walk(ps, STEP * steps);
}
#else
static enum err walk_64(struct pass *ps)
{
    return walk(ps, 0);
}
#endif

enum err traits_of(struct str text, size_t digits, struct tokens *tk,
                   struct places *pl, enum cpu_step step,
                   struct traits *ret_traits)
{
    struct pass ps = {
        .text = text, .digits = digits, .tokens = tk, .places = pl};
    enum err e;

    tk->partial = !tk->want->any; /* then none need be known */
    tk->step = step;
    if ((e = step == CPU_64 ? walk_64(&ps) : walk(&ps, 0)))
        return e;
    tokens_ready(tk);
    *ret_traits = (struct traits){ps.run.best, ps.wide, ps.folds};
    return OK;
}
