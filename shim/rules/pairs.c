#include "rules/pairs.h"

#include "base/cpu.h"
#include "rules/prefilter.h"

#if CPU_AVX2
#include <immintrin.h>
#endif

#define STEP 32u /* bytes that are looked at at once */

/* In both cases. */
static struct halves letter(char c)
{
    struct halves h = halves_with((struct halves){0}, (unsigned char)c);

    return is_alpha(c) ? halves_with(h, (unsigned char)(c ^ 0x20)) : h;
}

static struct halves white(void)
{
    struct halves h = {0};

    for (unsigned char c = 0; c < 0x80; c++)
        if (is_white((char)c))
            h = halves_with(h, c);
    return h;
}

void pairs_add(struct pairs *ps, struct str keyword)
{
    struct halves sets[2] = {letter(keyword.ptr[0]), {0}};

    if (keyword.len == 1)
        sets[1] = halves_all();
    else if (keyword_gap(keyword, 1))
        sets[1] = white();
    else
        sets[1] = letter(keyword.ptr[1]);
    halves_group(ps->set[0], PAIR_GROUPS, sets, 2);
}

void pairs_ready(struct pairs *ps)
{
    for (size_t g = 0; g < PAIR_GROUPS; g++)
        for (size_t p = 0; p < 2; p++) {
            const struct halves *s = &ps->set[g][p];
            unsigned char bit = (unsigned char)(1u << g);

            for (unsigned c = 0; c < 256; c++)
                ps->groups[p][c] |= halves_has(s, (unsigned char)c) ? bit : 0;
            for (unsigned x = 0; x < 16; x++) {
                ps->low[p][x] |= s->low >> x & 1 ? bit : 0;
                ps->high[p][x] |= s->high >> x & 1 ? bit : 0;
            }
        }
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
        return ps->groups[0][c] != 0;
    return (ps->groups[0][c] &
            ps->groups[1][(unsigned char)text.ptr[at + 1]]) != 0;
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
