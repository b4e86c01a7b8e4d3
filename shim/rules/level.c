#include "rules/level.h"

#include "base/cpu.h"

#if CPU_AVX2
#include <immintrin.h>
#endif

#define STEP 32u /* bytes at once */

static char level_byte(char c)
{
    return is_white(c) ? ' ' : to_lower(c);
}

#if CPU_AVX2
FOR_AVX2 static inline __m256i within(__m256i v, char from, char to)
{
    __m256i x = _mm256_sub_epi8(v, _mm256_set1_epi8(from));

    return _mm256_cmpeq_epi8(
        _mm256_min_epu8(x, _mm256_set1_epi8((char)(to - from))), x);
}

FOR_AVX2 static inline uint32_t bits_of(__m256i v)
{
    return (uint32_t)_mm256_movemask_epi8(v);
}

/* Of so many bytes as there are times STEP; how many. */
FOR_AVX2 static size_t make_wide(const char *from, size_t len, char *out)
{
    const __m256i space = _mm256_set1_epi8(' ');
    size_t i = 0;

    for (; len - i >= STEP; i += STEP) {
        __m256i v = _mm256_loadu_si256((const void *)(from + i));
        __m256i large = within(v, 'A', 'Z'), white = within(v, '\t', '\r');

        v = _mm256_or_si256(v, _mm256_and_si256(large, space));
        v = _mm256_blendv_epi8(v, space, white);
        _mm256_storeu_si256((void *)(out + i), v);
    }
    return i;
}

/* Which bytes of v are in the set, and are no spaces. */
FOR_AVX2 static inline uint32_t in_set(const struct level_set *set, __m256i v)
{
    const __m256i half = _mm256_set1_epi8(15);
    const __m256i bits = _mm256_set1_epi64x(INT64_C(-0x7fbfdfeff7fbfdff));
    __m256i high = _mm256_and_si256(_mm256_srli_epi16(v, 4), half), is;

    is = _mm256_broadcastsi128_si256(_mm_loadu_si128((const void *)set->high));
    is = _mm256_shuffle_epi8(is, _mm256_and_si256(v, half));
    is = _mm256_and_si256(is, _mm256_shuffle_epi8(bits, high));
    is = _mm256_or_si256(_mm256_cmpeq_epi8(is, _mm256_setzero_si256()),
                         _mm256_cmpeq_epi8(v, _mm256_set1_epi8(' ')));
    return ~bits_of(is) | bits_of(v);
}

/* Up to where there is less than STEP. */
FOR_AVX2 static size_t apart_wide(const struct level *lv,
                                  const struct level_set *set, size_t *from,
                                  uint16_t *at)
{
    const __m256i space = _mm256_set1_epi8(' ');
    size_t n = 0;

    for (; lv->to - *from >= STEP; *from += STEP) {
        const char *p = lv->text + *from;
        __m256i one = _mm256_loadu_si256((const void *)(p + 1));
        __m256i two = _mm256_loadu_si256((const void *)(p + 2));
        uint32_t mask = bits_of(_mm256_and_si256(
            _mm256_cmpeq_epi8(one, space), _mm256_cmpeq_epi8(two, space)));

        mask &= in_set(set, _mm256_loadu_si256((const void *)p));
        for (; mask != 0; mask &= mask - 1)
            at[n++] = (uint16_t)(*from + (unsigned)__builtin_ctz(mask));
    }
    return n;
}
#else
static size_t make_wide(const char *from, size_t len, char *out)
{
    (void)from, (void)len, (void)out;
    return 0;
}

static size_t apart_wide(const struct level *lv, const struct level_set *set,
                         size_t *from, uint16_t *at)
{
    (void)lv, (void)set, (void)from, (void)at;
    return 0;
}
#endif

void level_make(struct level *lv, struct str text, size_t from, size_t to,
                bool wide)
{
    size_t front = from < LEVEL_SIDE ? 0 : from - LEVEL_SIDE;
    size_t back = text.len - to < LEVEL_SIDE ? text.len : to + LEVEL_SIDE;
    char *out = lv->space + LEVEL_READ;
    size_t i = 0;

    lv->text = out;
    lv->raw = front;
    lv->from = from - front;
    lv->to = to - front;
    lv->len = back - front;
    memset(lv->space, 0, LEVEL_READ);
    if (wide)
        i = make_wide(text.ptr + front, lv->len, out);
    for (; i < lv->len; i++)
        out[i] = level_byte(text.ptr[front + i]);
    memset(out + lv->len, 0, 2 * LEVEL_READ);
}

static bool set_has(const struct level_set *set, unsigned char c)
{
    return c >= 0x80 || (set->high[c & 15] >> (c >> 4) & 1) != 0;
}

size_t level_apart(const struct level *lv, const struct level_set *set,
                   bool wide, uint16_t at[LEVEL_BLOCK])
{
    size_t i = lv->from, n = 0;

    if (wide)
        n = apart_wide(lv, set, &i, at);
    for (; i < lv->to; i++)
        if (lv->text[i + 1] == ' ' && lv->text[i + 2] == ' ' &&
            lv->text[i] != ' ' && set_has(set, (unsigned char)lv->text[i]))
            at[n++] = (uint16_t)i;
    return n;
}

void level_keyword(struct str keyword, char *out)
{
    for (size_t i = 0; i < keyword.len; i++)
        out[i] = level_byte(keyword.ptr[i]);
}
