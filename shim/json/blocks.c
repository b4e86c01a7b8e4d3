#include "json/blocks.h"

#include "base/cpu.h"
#include "json/scan.h"

#if CPU_AVX2
#include <immintrin.h>

#define BLOCK 64u

/*
 * The bytes of a block that stand behind the backslash of an escape, by where
 * the backslashes are. *open: the block before ended between the two; then
 * whether this one does. Backslashes in a row are told apart one by one, for
 * each second one is what an escape stands for.
 */
static inline uint64_t escaped_of(uint64_t back, uint64_t *open)
{
    uint64_t escaped = *open;

    back &= ~*open;
    if ((back & back << 1) == 0) {
        *open = back >> 63;
        return escaped | back << 1;
    }
    for (*open = 0; back != 0;) {
        uint64_t one = back & -back;

        escaped |= one << 1;
        *open = one >> 63;
        back &= ~(one | one << 1);
    }
    return escaped;
}

/* What the bytes behind a backslash stand for; *ret_none: those for nothing, if
 * the escape is of two bytes. */
FOR_AVX512 static inline __m512i meaning_of(__m512i v, uint64_t *ret_none)
{
    __m512i means =
        _mm512_permutex2var_epi8(_mm512_loadu_si512(scan_simple), v,
                                 _mm512_loadu_si512(scan_simple + BLOCK));

    *ret_none = _mm512_testn_epi8_mask(means, means) | _mm512_movepi8_mask(v);
    return means;
}

FOR_AVX512 static const char *scan_512(const char *p, const char *end,
                                       struct blocks_seen *seen)
{
    uint64_t open = 0;

    for (; end - p >= (ptrdiff_t)BLOCK; p += BLOCK) {
        __m512i v = _mm512_loadu_si512(p);
        uint64_t back = _mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8('\\'));
        uint64_t stops = _mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8('"')) |
                         _mm512_cmplt_epu8_mask(v, _mm512_set1_epi8(0x20));
        uint64_t escaped, none;

        seen->high |= _mm512_movepi8_mask(v) != 0;
        escaped = escaped_of(back, &open);
        if (escaped != 0) {
            (void)meaning_of(v, &none);
            none &= escaped;
            stops = (stops & ~escaped) | none;
            seen->escaped |= (escaped & (stops ^ (stops - 1))) != 0;
            if (none != 0 && (stops & -stops & none) != 0)
                return p + __builtin_ctzll(stops) - 1;
        }
        if (stops != 0)
            return p + __builtin_ctzll(stops);
    }
    return p - open;
}

/* A block is written whole: what is too much of it the next one is written
 * over. */
FOR_AVX512 static char *unescape_512(struct str raw, char *to, size_t *ret_raw)
{
    const char *p = raw.ptr, *end = raw.ptr + raw.len;
    uint64_t open = 0;

    for (; end - p >= (ptrdiff_t)BLOCK; p += BLOCK) {
        __m512i v = _mm512_loadu_si512(p);
        uint64_t back = _mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8('\\'));
        uint64_t escaped = escaped_of(back, &open), none, text;
        __m512i means = meaning_of(v, &none);

        none &= escaped;
        text = ~(escaped >> 1 | open << 63); /* but for the backslashes */
        if (none != 0) /* what is before the escape that is not for us */
            text &= (none & -none) >> 1 == 0 ? 0 : ((none & -none) >> 1) - 1;
        v = _mm512_mask_mov_epi8(v, escaped, means);
        _mm512_storeu_si512(to, _mm512_maskz_compress_epi8(text, v));
        to += __builtin_popcountll(text);
        if (none != 0) {
            *ret_raw =
                (size_t)(p - raw.ptr) + (size_t)__builtin_ctzll(none) - 1;
            return to;
        }
    }
    *ret_raw = (size_t)(p - raw.ptr) - open;
    return to;
}
#endif

const char *blocks_scan(const char *p, const char *end,
                        struct blocks_seen *seen)
{
#if CPU_AVX2
    if (cpu_avx512())
        return scan_512(p, end, seen);
#endif
    (void)end, (void)seen;
    return p;
}

char *blocks_unescape(struct str raw, char *to, size_t *ret_raw)
{
#if CPU_AVX2
    if (cpu_avx512())
        return unescape_512(raw, to, ret_raw);
#endif
    (void)raw;
    *ret_raw = 0;
    return to;
}
