#include "rules/level.h"

#if CPU_AVX2
#include <immintrin.h>
#endif

static char level_byte(char c)
{
    return is_white(c) ? ' ' : to_lower(c);
}

static bool set_has(const struct level_set *set, unsigned char c)
{
    return c >= 0x80 || (set->high[c & 15] >> (c >> 4) & 1) != 0;
}

/* Each of these makes so many bytes level, which stand at `i` and are times 64.
 */
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

FOR_AVX2 static inline uint32_t in_set_32(const struct level_set *set,
                                          __m256i v)
{
    const __m256i half = _mm256_set1_epi8(15);
    const __m256i bits = _mm256_set1_epi64x(CPU_BITS);
    __m256i high = _mm256_and_si256(_mm256_srli_epi16(v, 4), half), is;

    is = _mm256_broadcastsi128_si256(_mm_loadu_si128((const void *)set->high));
    is = _mm256_shuffle_epi8(is, _mm256_and_si256(v, half));
    is = _mm256_and_si256(is, _mm256_shuffle_epi8(bits, high));
    is = _mm256_cmpeq_epi8(is, _mm256_setzero_si256());
    return ~bits_of(is) | bits_of(v);
}

FOR_AVX2 static void make_32s(struct level *lv, size_t i, const char *raw,
                              size_t n, const struct level_set *set)
{
    const __m256i space = _mm256_set1_epi8(' ');
    char *out = lv->space + LEVEL_READ;

    for (const char *end = raw + n; raw < end; raw += 32, i += 32) {
        __m256i v = _mm256_loadu_si256((const void *)raw);
        __m256i large = within(v, 'A', 'Z'), white = within(v, '\t', '\r');
        unsigned at = i % 64;

        v = _mm256_or_si256(v, _mm256_and_si256(large, space));
        v = _mm256_blendv_epi8(v, space, white);
        _mm256_storeu_si256((void *)(out + i), v);
        lv->white[i / 64] |= (uint64_t)bits_of(_mm256_cmpeq_epi8(v, space))
                             << at;
        lv->in_set[i / 64] |= (uint64_t)in_set_32(set, v) << at;
    }
}

FOR_AVX512 static void make_64s(struct level *lv, size_t i, const char *raw,
                                size_t n, const struct level_set *set)
{
    const __m512i space = _mm512_set1_epi8(' '), half = _mm512_set1_epi8(15);
    const __m512i bits = _mm512_set1_epi64(CPU_BITS);
    const __m512i high =
        _mm512_broadcast_i32x4(_mm_loadu_si128((const void *)set->high));
    char *out = lv->space + LEVEL_READ;

    for (const char *end = raw + n; raw < end; raw += 64, i += 64) {
        __m512i v = _mm512_loadu_si512(raw), is;
        __mmask64 large = _mm512_cmplt_epu8_mask(
            _mm512_sub_epi8(v, _mm512_set1_epi8('A')), _mm512_set1_epi8(26));
        __mmask64 white = _mm512_cmplt_epu8_mask(
            _mm512_sub_epi8(v, _mm512_set1_epi8('\t')), _mm512_set1_epi8(5));

        v = _mm512_mask_add_epi8(v, large, v, space);
        v = _mm512_mask_mov_epi8(v, white, space);
        _mm512_storeu_si512(out + i, v);
        is = _mm512_and_si512(_mm512_srli_epi16(v, 4), half);
        is = _mm512_and_si512(
            _mm512_shuffle_epi8(bits, is),
            _mm512_shuffle_epi8(high, _mm512_and_si512(v, half)));
        lv->white[i / 64] = _mm512_cmpeq_epi8_mask(v, space);
        lv->in_set[i / 64] =
            _mm512_test_epi8_mask(is, is) | _mm512_movepi8_mask(v);
    }
}
#endif

static void make(struct level *lv, size_t i, const char *raw, size_t n,
                 const struct level_set *set, enum cpu_step step)
{
    char *out = lv->space + LEVEL_READ;

#if CPU_AVX2
    if (step == CPU_64) {
        make_64s(lv, i, raw, n, set);
        return;
    }
    if (step == CPU_32) {
        make_32s(lv, i, raw, n, set);
        return;
    }
#endif
    (void)step;
    for (size_t end = i + n; i < end; i++) {
        out[i] = level_byte(*raw++);
        lv->white[i / 64] |= (uint64_t)(out[i] == ' ') << i % 64;
        lv->in_set[i / 64] |= (uint64_t)set_has(set, (unsigned char)out[i])
                              << i % 64;
    }
}

void level_make(struct level *lv, struct str text, size_t from, size_t to,
                const struct level_set *set, enum cpu_step step)
{
    size_t front = from < LEVEL_SIDE ? 0 : from - LEVEL_SIDE;
    size_t back = text.len - to < LEVEL_SIDE ? text.len : to + LEVEL_SIDE;
    const char *raw = text.ptr + front;
    char rest[64] = {0};
    size_t whole;

    lv->text = lv->space + LEVEL_READ;
    lv->raw = front;
    lv->from = from - front;
    lv->to = to - front;
    lv->len = back - front;
    memset(lv->white, 0, sizeof(lv->white));
    memset(lv->in_set, 0, sizeof(lv->in_set));
    memset(lv->space, 0, LEVEL_READ);
    whole = lv->len - lv->len % sizeof(rest);
    make(lv, 0, raw, whole, set, step);
    memcpy(rest, raw + whole, lv->len - whole);
    make(lv, whole, rest, sizeof(rest), set, step); /* 0 is level */
    memset(lv->space + LEVEL_READ + whole + sizeof(rest), 0, LEVEL_READ);
}

/* The first byte from `at` on that is no space. */
static size_t white_end(const struct level *lv, size_t at)
{
    uint64_t rest = ~lv->white[at / 64] >> at % 64;

    if (rest != 0)
        return at + (unsigned)__builtin_ctzll(rest);
    for (at = (at / 64 + 1) * 64; ~lv->white[at / 64] == 0;)
        at += 64;
    return at + (unsigned)__builtin_ctzll(~lv->white[at / 64]);
}

size_t level_gaps(const struct level *lv, struct level_gap list[LEVEL_GAPS])
{
    size_t n = 0;

    for (size_t w = (lv->from + 1) / 64; w <= lv->to / 64; w++) {
        uint64_t white = lv->white[w], front = lv->in_set[w] & ~white;
        uint64_t begins = white & (white >> 1 | lv->white[w + 1] << 63);

        front <<= 1;
        if (w != 0)
            front |= (lv->in_set[w - 1] & ~lv->white[w - 1]) >> 63;
        begins &= front;
        for (; begins != 0; begins &= begins - 1) {
            size_t at = w * 64 + (unsigned)__builtin_ctzll(begins);

            if (at > lv->from && at <= lv->to)
                list[n++] = (struct level_gap){(uint16_t)at,
                                               (uint16_t)white_end(lv, at)};
        }
    }
    return n;
}

void level_keyword(struct str keyword, char *out)
{
    for (size_t i = 0; i < keyword.len; i++)
        out[i] = level_byte(keyword.ptr[i]);
}
