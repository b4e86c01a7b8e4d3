#include "detect/opening.h"

#include "detect/base64.h"
#include "detect/masks.h"

/*
 * All places at once. Three characters in a row may be the first of four, of
 * which each but the last has a byte that begins in it: which of them a place
 * is depends on where the text begins.
 *
 *      place      0    1    2    3    4    5
 *      from 0   first second third  .  first second
 *      from 1     .  first second third  .  first
 *
 * So each place is asked three times, what the byte there would be.
 */
enum {
    FIRST,
    SECOND,
    THIRD,
    BYTES
};

/* What the bytes that begin at each place are, were they to begin there. */
struct kinds {
    uint64_t control; /* and is no text     */
    uint64_t high;    /* not ASCII: it goes on, or so many bytes begin: */
    uint64_t on, two, three, four;
};

struct opening {
    uint64_t upper, lower, digits, joins; /* of the characters */
    struct kinds of[BYTES];
};

#define TAKE(mask, what) mask |= (uint64_t)wide_mask((wide)(what)) << at

static inline __attribute__((always_inline)) void kinds_at(wide b, unsigned at,
                                                           struct kinds *k)
{
    wide white = (wide)((b == '\t') | (b == '\n') | (b == '\r'));

    TAKE(k->control, ((wide)(b < ' ') & ~white) | (wide)(b == 0x7f));
    TAKE(k->high, b);
    TAKE(k->on, (b & 0xc0) == 0x80);
    TAKE(k->two, (wide)(b - 0xc2) < 0x1e);
    TAKE(k->three, (b & 0xf0) == 0xe0);
    TAKE(k->four, (wide)(b - 0xf0) < 5);
}

/* The values of characters; of what is none, anything. */
static inline __attribute__((always_inline)) wide
values_at(const char *p, unsigned at, struct opening *o)
{
    wide v = wide_at(p), value;
    wide upper = (wide)((wide)(v - 'A') < 26);
    wide lower = (wide)((wide)(v - 'a') < 26);
    wide digit = wide_digits(v);
    wide joins = ~(upper | lower | digit);

    TAKE(o->upper, upper);
    TAKE(o->lower, lower);
    TAKE(o->digits, digit);
    TAKE(o->joins, joins);
    value = (((wide)((v == '/') | (v == '_')) & 1) + 62) & joins;
    value |= (v - 'A') & upper;
    value |= (v - 'a' + 26) & lower;
    value |= (v - '0' + 52) & digit;
    return value;
}
#undef TAKE

static inline __attribute__((always_inline)) void look_by_16(const char *chars,
                                                             struct opening *o)
{
    unsigned char values[STEP + WIDE] = {0};

    for (unsigned at = 0; at < STEP; at += WIDE) {
        wide v = values_at(chars + at, at, o);

        memcpy(values + at, &v, WIDE);
    }
    for (unsigned at = 0; at < STEP; at += WIDE) {
        wide v = wide_at(values + at), next = wide_at(values + at + 1);

        kinds_at(v << 2 | next >> 4, at, &o->of[FIRST]);
        kinds_at(v << 4 | next >> 2, at, &o->of[SECOND]);
        kinds_at(v << 6 | next, at, &o->of[THIRD]);
    }
}

/* From one byte to the next it is one place, and two where four are full. */
static inline uint64_t before(uint64_t of, unsigned which, unsigned count)
{
    return of >> (count + (which + count > THIRD));
}

static inline uint64_t behind(uint64_t of, unsigned which, unsigned count)
{
    return of << (count + (which + count > THIRD));
}

/* What is no part of a text, of the bytes that begin at each place. */
static inline __attribute__((always_inline)) void
find_bad(const struct opening *o, uint64_t ret_bad[BYTES])
{
    uint64_t good[BYTES] = {0};

#pragma GCC unroll 3
    for (unsigned b = FIRST; b < BYTES; b++) {
        const struct kinds *k = &o->of[b];
        uint64_t on = before(o->of[(b + 1) % BYTES].on, b, 1), whole;

        whole = k->two & on;
        good[b] |= whole;
        good[(b + 1) % BYTES] |= behind(whole, b, 1);
        on &= before(o->of[(b + 2) % BYTES].on, b, 2);
        whole = k->three & on;
        good[b] |= whole;
        good[(b + 1) % BYTES] |= behind(whole, b, 1);
        good[(b + 2) % BYTES] |= behind(whole, b, 2);
        on &= before(k->on, b, 3);
        whole = k->four & on;
        good[b] |= whole | behind(whole, b, 3);
        good[(b + 1) % BYTES] |= behind(whole, b, 1);
        good[(b + 2) % BYTES] |= behind(whole, b, 2);
    }
#pragma GCC unroll 3
    for (unsigned b = FIRST; b < BYTES; b++)
        ret_bad[b] = o->of[b].control | (o->of[b].high & ~good[b]);
}

/* Does text from there on have too much that is none? The last three bytes may
 * be of a character that is cut. */
static inline __attribute__((always_inline)) bool
opens_well(const uint64_t bad[BYTES], size_t at, size_t chars)
{
    const uint64_t every = UINT64_C(0x1111111111111111);
    size_t all = chars * 6 / 8, seen = all - 3;
    uint64_t all_bad = 0;

#pragma GCC unroll 3
    for (unsigned b = FIRST; b < BYTES; b++)
        all_bad |= bad[b] >> at & every << b;
    all_bad &= (UINT64_C(1) << (seen / 3 * 4 + seen % 3)) - 1;
    return (size_t)__builtin_popcountll(all_bad) * 6 <= all;
}

/* Are those of a run mixed as characters of base64 are? */
static inline bool is_mixed(const struct opening *o, uint64_t in)
{
    return ((o->upper & in) != 0) + ((o->lower & in) != 0) +
               ((o->digits & in) != 0) >=
           2;
}

static inline __attribute__((always_inline)) uint32_t
openings_in(const struct opening *o, size_t n, uint64_t in)
{
    uint64_t places = (o->joins & in) << 1, bad[BYTES];
    uint32_t set = 0;

    find_bad(o, bad);
    for (places = (uint32_t)places | 15; places != 0; places &= places - 1) {
        size_t at = (size_t)__builtin_ctzll(places);

        if (n >= at + OPENING_LEAST + (at < 4 ? 0 : 4) &&
            opens_well(bad, at,
                       n - at < OPENING_TRIED ? n - at : OPENING_TRIED))
            set |= UINT32_C(1) << at;
    }
    return set;
}

static uint32_t openings_16(struct str run)
{
    char chars[STEP] = {0};
    struct opening o = {0};
    size_t n = run.len < STEP ? run.len : STEP;
    uint64_t in = first_bits(n);

    memcpy(chars, run.ptr, n);
    look_by_16(chars, &o);
    return is_mixed(&o, in) ? openings_in(&o, n, in) : 0;
}

#if CPU_AVX2
/* By its value, what a byte is: 80 control, 40 on, 20 two, 10 three, 08 four.
 */
#define TIMES_4(x)  x, x, x, x
#define TIMES_16(x) TIMES_4(x), TIMES_4(x), TIMES_4(x), TIMES_4(x)
static const unsigned char below[128] = {
    TIMES_4(0x80), TIMES_4(0x80),  0x80,         0, 0, 0x80, 0x80, 0, 0x80,
    0x80,          TIMES_16(0x80), [127] = 0x80,
};
static const unsigned char above[128] = {
    TIMES_16(0x40),
    TIMES_16(0x40),
    TIMES_16(0x40),
    TIMES_16(0x40),
    0,
    0,
    0x20,
    0x20,
    TIMES_4(0x20),
    TIMES_4(0x20),
    TIMES_4(0x20),
    TIMES_16(0x20),
    TIMES_16(0x10),
    TIMES_4(0x08),
    0x08,
};

static const unsigned char following[64] = {
    1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15, 16,
    17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32,
    33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48,
    49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63, 63,
};

FOR_AVX512 static inline __m512i ask_64(const unsigned char table[128],
                                        __m512i by)
{
    return _mm512_permutex2var_epi8(_mm512_loadu_si512(table), by,
                                    _mm512_loadu_si512(table + 64));
}

FOR_AVX512 static inline uint64_t is_kind(__m512i kinds, int bit)
{
    return _mm512_test_epi8_mask(kinds, _mm512_set1_epi8((char)bit));
}

FOR_AVX512 static inline void kinds_64(__m512i b, struct kinds *k)
{
    uint64_t high = _mm512_movepi8_mask(b);
    __m512i kinds =
        _mm512_mask_mov_epi8(ask_64(below, b), high, ask_64(above, b));

    *k = (struct kinds){is_kind(kinds, 0x80), high,
                        is_kind(kinds, 0x40), is_kind(kinds, 0x20),
                        is_kind(kinds, 0x10), is_kind(kinds, 0x08)};
}

/* Bits of one byte do not get into the next. */
FOR_AVX512 static inline __m512i bits_64(__m512i v, int up, __m512i next,
                                         int down)
{
    __m512i a = _mm512_sll_epi16(v, _mm_cvtsi32_si128(up));
    __m512i b = _mm512_srl_epi16(next, _mm_cvtsi32_si128(down));

    a = _mm512_and_si512(a, _mm512_set1_epi8((char)(0xff << up)));
    return _mm512_or_si512(
        a, _mm512_and_si512(b, _mm512_set1_epi8((char)(0x3f >> down))));
}

FOR_AVX512 static uint32_t openings_64(struct str run)
{
    size_t n = run.len < STEP ? run.len : STEP;
    uint64_t in = first_bits(n);
    __m512i c = _mm512_maskz_loadu_epi8(in, run.ptr),
            v = ask_64(base64_values, c);
    struct opening o;
    __m512i next;

    o.upper = _mm512_cmplt_epu8_mask(v, _mm512_set1_epi8(26));
    o.lower = _mm512_cmplt_epu8_mask(v, _mm512_set1_epi8(52)) & ~o.upper;
    o.joins = _mm512_cmpge_epu8_mask(v, _mm512_set1_epi8(62)) & in;
    o.digits = in & ~(o.upper | o.lower | o.joins);
    if (!is_mixed(&o, in)) /* most, and that is soon known */
        return 0;
    v = _mm512_and_si512(v, _mm512_set1_epi8(0x3f));
    next = _mm512_permutexvar_epi8(_mm512_loadu_si512(following), v);
    kinds_64(bits_64(v, 2, next, 4), &o.of[FIRST]);
    kinds_64(bits_64(v, 4, next, 2), &o.of[SECOND]);
    kinds_64(bits_64(v, 6, next, 0), &o.of[THIRD]);
    return openings_in(&o, n, in);
}
#endif

uint32_t openings_of(struct str run, enum cpu_step step)
{
#if CPU_AVX2
    if (step == CPU_64)
        return openings_64(run);
#endif
    (void)step;
    return openings_16(run);
}
