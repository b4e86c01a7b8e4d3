#include "rules/pairs.h"

#include "base/cpu.h"

#if CPU_AVX2
#include <immintrin.h>
#endif

#define GROUPS 8u
#define STEP   32u /* bytes that are looked at at once */

static void add_byte(struct pairs *ps, unsigned which, unsigned char c,
                     unsigned char group)
{
    (which == 0 ? ps->first : ps->second)[c] |= group;
    ps->low[which][c & 15] |= group;
    ps->high[which][c >> 4] |= group;
}

/* In both cases. */
static void add_letter(struct pairs *ps, unsigned which, char c,
                       unsigned char group)
{
    char other = (char)(c ^ 0x20);

    add_byte(ps, which, (unsigned char)c, group);
    if (to_lower(c) == to_lower(other))
        add_byte(ps, which, (unsigned char)other, group);
}

void pairs_add(struct pairs *ps, struct str keyword)
{
    unsigned char group = ps->first[(unsigned char)keyword.ptr[0]];

    if (group == 0) /* those with one first byte are together */
        group = (unsigned char)(1u << ps->firsts++ % GROUPS);

    add_letter(ps, 0, keyword.ptr[0], group);
    if (keyword.len > 1) {
        add_letter(ps, 1, keyword.ptr[1], group);
        return;
    }
    for (unsigned any = 0; any < 256; any++)
        add_byte(ps, 1, (unsigned char)any, group);
}

#if CPU_AVX2
/* The groups that each of STEP bytes is in, as the `which`th of a pair. */
FOR_AVX2 static inline __m256i groups_of(const struct pairs *ps, unsigned which,
                                         const char *p)
{
    const __m128i *low = (const void *)ps->low[which];
    const __m128i *high = (const void *)ps->high[which];
    __m256i v = _mm256_loadu_si256((const void *)p);
    __m256i half = _mm256_set1_epi8(15);
    __m256i a = _mm256_broadcastsi128_si256(_mm_loadu_si128(low));
    __m256i b = _mm256_broadcastsi128_si256(_mm_loadu_si128(high));

    a = _mm256_shuffle_epi8(a, _mm256_and_si256(v, half));
    v = _mm256_and_si256(_mm256_srli_epi16(v, 4), half);
    return _mm256_and_si256(a, _mm256_shuffle_epi8(b, v));
}

/* As far as there are STEP bytes and one more. */
FOR_AVX2 static size_t next_wide(const struct pairs *ps, struct str text,
                                 size_t from)
{
    for (; text.len - from > STEP; from += STEP) {
        const char *p = text.ptr + from;
        __m256i both =
            _mm256_and_si256(groups_of(ps, 0, p), groups_of(ps, 1, p + 1));
        __m256i none = _mm256_cmpeq_epi8(both, _mm256_setzero_si256());
        unsigned mask = ~(unsigned)_mm256_movemask_epi8(none);

        if (mask != 0)
            return from + (unsigned)__builtin_ctz(mask);
    }
    return from;
}
#else
static size_t next_wide(const struct pairs *ps, struct str text, size_t from)
{
    (void)ps, (void)text;
    return from;
}
#endif

static bool is_pair(const struct pairs *ps, struct str text, size_t at)
{
    unsigned char c = (unsigned char)text.ptr[at];

    if (at + 1 == text.len) /* a keyword of one byte goes with any */
        return ps->first[c] != 0;
    return (ps->first[c] & ps->second[(unsigned char)text.ptr[at + 1]]) != 0;
}

size_t pairs_next(const struct pairs *ps, struct str text, size_t from)
{
    for (; from < text.len; from++) {
        if (ps->wide && text.len - from > STEP)
            from = next_wide(ps, text, from);
        if (is_pair(ps, text, from))
            return from;
    }
    return text.len;
}
