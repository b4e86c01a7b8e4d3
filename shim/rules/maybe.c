#include "rules/maybe.h"

#if CPU_AVX2
#include <immintrin.h>
#endif

const unsigned char maybe_sixteenth[64] = {
    7,  10, 10, 15, 15, 10, 10, 11, 15, 15, 10, 10, 11, 10, 12, 12,
    12, 12, 11, 12, 11, 10, 11, 15, 11, 10, 12, 9,  10, 6,  15, 12,
    0,  8,  15, 10, 11, 1,  14, 13, 13, 4,  8,  12, 9,  12, 3,  6,
    1,  14, 7,  5,  2,  15, 10, 11, 13, 11, 9,  15, 13, 10, 14, 12};

/* Does its word say so of a place, of which that is the one byte more? */
static inline uint32_t is_maybe(uint32_t word, unsigned half, uint64_t byte)
{
    return word >> (half + maybe_sixteenth[byte & 63]) & 1;
}

/* So many places are looked at, whatever is found, if any is. */
#define BATCH 256u

/* Is there no room for as many, where they begin? */
static inline bool is_full(size_t found, size_t done)
{
    return found > PROBE_PLACES - BATCH && done % BATCH == 0;
}

/* May one of less than three bytes stand where these do; or of three? */
static inline uint32_t two_here(const struct probes *k, uint64_t x)
{
    return (k->shorts[0][x & 255] & k->shorts[1][x >> 8 & 255]) > 255;
}

static inline uint32_t short_here(const struct probes *k, uint64_t x)
{
    unsigned third = k->threes.groups[2][x >> 16 & 127] | 0xff00u;

    return (k->shorts[0][x & 255] & k->shorts[1][x >> 8 & 255] & third) != 0;
}

/*
 * The places that may be one, of the first table: even ones, counted from the
 * first, by the word of the next place, odd ones by their own. Each is written,
 * and counted only if it is one: there is no branch to guess.
 */
static INLINE size_t sift_by(const struct probes *k, unsigned bits,
                             const char *text, size_t *from, size_t to,
                             uint16_t *out)
{
    const uint32_t *maybe = k->maybe;
    size_t n = 0, i = *from;

    for (; to - i >= 4 && !is_full(n, i - *from); i += 4) {
        uint64_t x = eight_bytes(text + i);
        uint32_t a = maybe[maybe_word((uint32_t)(x >> 8), bits)];
        uint32_t b = maybe[maybe_word((uint32_t)(x >> 24), bits)];

        out[n] = (uint16_t)i;
        n += is_maybe(a, BEFORE, x) | short_here(k, x);
        out[n] = (uint16_t)(i + 1);
        n += is_maybe(a, BEHIND, x >> 32) | two_here(k, x >> 8);
        out[n] = (uint16_t)(i + 2);
        n += is_maybe(b, BEFORE, x >> 16) | short_here(k, x >> 16);
        out[n] = (uint16_t)(i + 3);
        n += is_maybe(b, BEHIND, x >> 48) | two_here(k, x >> 24);
    }
    for (unsigned odd = 0; i < to && !is_full(n, i - *from); i++, odd ^= 1) {
        uint64_t x = eight_bytes(text + i);
        uint32_t a = maybe[maybe_word((uint32_t)(odd ? x : x >> 8), bits)];

        out[n] = (uint16_t)i;
        n += odd ? is_maybe(a, BEHIND, x >> 24) | two_here(k, x)
                 : is_maybe(a, BEFORE, x) | short_here(k, x);
    }
    *from = i < to ? i : to;
    return n;
}

#if CPU_AVX2
#define EVEN UINT64_C(0x5555555555555555)

/* What is asked with, in registers: what is written meanwhile is none of it. */
struct sieve {
    __m512i groups[3][2], sixteenth;
    struct twos_sieve twos;
    __m512i two, third, shift;
};

FOR_AVX512 static INLINE struct sieve sieve_of(const struct probes *k)
{
    struct sieve s = {
        .twos = twos_sieve(&k->twos),
        .sixteenth = _mm512_loadu_si512(maybe_sixteenth),
        .two = _mm512_set1_epi16((short)HASH_TWO),
        .third = _mm512_set1_epi16((short)HASH_THIRD),
        .shift = _mm512_set1_epi16((short)(16 - k->maybe_bits)),
    };

    for (size_t i = 0; i < 3; i++) {
        s.groups[i][0] = _mm512_loadu_si512(k->threes.groups[i]);
        s.groups[i][1] = _mm512_loadu_si512(k->threes.groups[i] + 64);
    }
    return s;
}

/* The words of 64 places, one for two. */
FOR_AVX512 static INLINE __m512i words_of(const struct sieve *s, const char *p)
{
    __m512i a = _mm512_loadu_si512(p + 1), b = _mm512_loadu_si512(p + 3);

    b = _mm512_and_si512(b, _mm512_set1_epi16(0xff));
    a = _mm512_add_epi16(_mm512_mullo_epi16(a, s->two),
                         _mm512_mullo_epi16(b, s->third));
    return _mm512_srlv_epi16(a, s->shift);
}

/* Of 64 places the one byte more: that which even ones begin with, and the last
 * of odd ones. */
FOR_AVX512 static INLINE __m512i ones_of(const struct sieve *s, const char *p)
{
    __m512i one = _mm512_mask_blend_epi8(~EVEN, _mm512_loadu_si512(p),
                                         _mm512_loadu_si512(p + 3));

    return _mm512_permutexvar_epi8(one, s->sixteenth);
}

FOR_AVX512 static INLINE void put_half(__m256i at, __m512i first, uint16_t *out)
{
    _mm512_storeu_si512(out, _mm512_add_epi16(_mm512_cvtepu8_epi16(at), first));
}

/* Of 64 places from `from` on those of a mask: into out, how many. Mostly they
 * are few. */
#define PLACES_FEW 16u
FOR_AVX512 static INLINE size_t put_places(uint64_t mask, size_t from,
                                           uint16_t *out)
{
    static const unsigned char each[64] = {
        0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15,
        16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31,
        32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47,
        48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63};
    __m512i at = _mm512_maskz_compress_epi8(mask, _mm512_loadu_si512(each));
    __m512i first = _mm512_set1_epi16((short)from);
    unsigned n = (unsigned)__builtin_popcountll(mask);
    __m256i few = _mm256_cvtepu8_epi16(_mm512_castsi512_si128(at));

    _mm256_storeu_si256((void *)out,
                        _mm256_add_epi16(few, _mm512_castsi512_si256(first)));
    if (n > PLACES_FEW) {
        put_half(_mm512_castsi512_si256(at), first, out);
        put_half(_mm512_extracti64x4_epi64(at, 1), first, out + 32);
    }
    return n;
}

FOR_AVX512 static INLINE __m512i groups_of(const __m512i groups[2],
                                           const char *p)
{
    return _mm512_permutex2var_epi8(groups[0], _mm512_loadu_si512(p),
                                    groups[1]);
}

/* Of 64 places those where two bytes are in a group, and of the even ones those
 * where three are. */
FOR_AVX512 static INLINE uint64_t shorts_64(const struct sieve *s,
                                            const char *p)
{
    __m512i twos =
        twos_groups(&s->twos, _mm512_loadu_si512(p), _mm512_loadu_si512(p + 1));
    __m512i two = _mm512_and_si512(groups_of(s->groups[0], p),
                                   groups_of(s->groups[1], p + 1));

    return _mm512_test_epi8_mask(twos, twos) |
           _mm512_mask_test_epi8_mask(EVEN, two,
                                      groups_of(s->groups[2], p + 2));
}

/* Words of the table, two by two. */
struct two_words {
    __m128i a, b;
};

FOR_AVX512 static INLINE struct two_words read_8(const uint32_t *maybe,
                                                 const uint32_t *at)
{
    struct two_words w = {_mm_cvtsi32_si128((int)maybe[at[0] & 0xffff]),
                          _mm_cvtsi32_si128((int)maybe[at[0] >> 16])};

    w.a = _mm_insert_epi32(w.a, (int)maybe[at[1] & 0xffff], 1);
    w.b = _mm_insert_epi32(w.b, (int)maybe[at[1] >> 16], 1);
    w.a = _mm_insert_epi32(w.a, (int)maybe[at[2] & 0xffff], 2);
    w.b = _mm_insert_epi32(w.b, (int)maybe[at[2] >> 16], 2);
    w.a = _mm_insert_epi32(w.a, (int)maybe[at[3] & 0xffff], 3);
    w.b = _mm_insert_epi32(w.b, (int)maybe[at[3] >> 16], 3);
    return w;
}

FOR_AVX512 static INLINE __m512i join_4(__m128i a, __m128i b, __m128i c,
                                        __m128i d)
{
    __m512i v = _mm512_castsi128_si512(a);

    v = _mm512_inserti32x4(v, b, 1);
    v = _mm512_inserti32x4(v, c, 2);
    return _mm512_inserti32x4(v, d, 3);
}

/*
 * Of 64 places from p on, a bit each. Their words are read in two halves: those
 * of the first four and third four places, and so on, and those of the others;
 * each in 64 bits with the next one of its half.
 *
 *      places   0 1 2 3 4 5 6 7
 *      words    a a b b a a b b
 */
FOR_AVX512 static INLINE uint64_t ask_64(const struct sieve *s,
                                         const uint32_t *maybe, const char *p,
                                         const uint32_t *at)
{
    /* Where bits begin, by the place: BEFORE or BEHIND, of its word of two. */
    const __m512i bits = _mm512_set1_epi64(INT64_C(0x2030203000100010));
    const uint64_t of_a = UINT64_C(0x3333333333333333);
    __m512i which = _mm512_or_si512(ones_of(s, p), bits);
    struct two_words w = read_8(maybe, at), x = read_8(maybe, at + 4);
    struct two_words y = read_8(maybe, at + 8), z = read_8(maybe, at + 12);
    __m512i a = join_4(w.a, x.a, y.a, z.a), b = join_4(w.b, x.b, y.b, z.b);

    return (_mm512_bitshuffle_epi64_mask(a, which) & of_a) |
           (_mm512_bitshuffle_epi64_mask(b, which) & ~of_a) | shorts_64(s, p);
}

/*
 * A batch of places, and of all of them first which words to read. Those are
 * read one by one: the instruction that reads many is slower on AMD's Zen 4,
 * and very slow on what keeps such reads from being seen by others.
 */
FOR_AVX512 static size_t sift_64(const struct probes *k, const char *text,
                                 size_t *from, size_t to, uint16_t *out)
{
    const struct sieve s = sieve_of(k);
    uint32_t words[BATCH / 4];
    size_t found = 0, i = *from;

    for (size_t n; i < to && !is_full(found, 0); i += n) {
        n = to - i < BATCH ? to - i : BATCH;
        for (size_t j = 0; j < n; j += 64)
            _mm512_storeu_si512(words + j / 4, words_of(&s, text + i + j));
        for (size_t j = 0; j < n; j += 64) {
            uint64_t mask = ask_64(&s, k->maybe, text + i + j, words + j / 4);

            mask &= first_bits(n - j);
            found += put_places(mask, i + j, out + found);
        }
    }
    *from = i;
    return found;
}
#else
static size_t sift_64(const struct probes *k, const char *text, size_t *from,
                      size_t to, uint16_t *out)
{
    return sift_by(k, k->maybe_bits, text, from, to, out);
}
#endif

size_t maybe_sift(const struct probes *k, const char *text, size_t *from,
                  size_t to, uint16_t *out)
{
    if (k->step == CPU_64)
        return sift_64(k, text, from, to, out);
    if (k->maybe_bits == MAYBE_MOST) /* a constant saves a fifth of the time */
        return sift_by(k, MAYBE_MOST, text, from, to, out);
    return sift_by(k, k->maybe_bits, text, from, to, out);
}
