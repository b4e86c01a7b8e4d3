#include "json/blocks.h"

#include "base/cpu.h"
#include "json/scan.h"

#if CPU_AVX2
#include <immintrin.h>

#define BLOCK 64u

/*
 * The bits of a block's bytes behind an escape at b: its second byte, which may
 * be the first of the next block, is none that counts.
 */
static inline uint64_t behind(unsigned b)
{
    return UINT64_MAX << b & ~(UINT64_C(3) << b);
}

FOR_AVX512 static const char *scan_512(const char *p, const char *end,
                                       struct blocks_seen *seen)
{
    while (end - p > (ptrdiff_t)BLOCK) {
        __m512i v = _mm512_loadu_si512(p);
        uint64_t back = _mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8('\\'));
        uint64_t stops = _mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8('"')) |
                         _mm512_cmplt_epu8_mask(v, _mm512_set1_epi8(0x20));
        size_t len = BLOCK;

        seen->high |= _mm512_movepi8_mask(v) != 0;
        while (back != 0) {
            unsigned b = (unsigned)__builtin_ctzll(back);

            if ((stops & ~(UINT64_MAX << b)) != 0)
                break;
            if (scan_simple[(unsigned char)p[b + 1]] == 0)
                return p + b;
            seen->escaped = true;
            back &= behind(b);
            stops &= behind(b);
            len = b + 2 > BLOCK ? b + 2 : BLOCK;
        }
        if (stops != 0)
            return p + __builtin_ctzll(stops);
        p += len;
    }
    return p;
}

/* A block, and what stands behind each escape in it, is written whole: what is
 * too much of it the next one is written over. */
FOR_AVX512 static char *unescape_512(struct str raw, char *to, size_t *ret_raw)
{
    const char *p = raw.ptr, *end = raw.ptr + raw.len;

    while (end - p >= (ptrdiff_t)(3 * BLOCK)) {
        __m512i v = _mm512_loadu_si512(p);
        uint64_t back = _mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8('\\'));
        size_t at = 0;

        _mm512_storeu_si512(to, v);
        while (back != 0) {
            unsigned b = (unsigned)__builtin_ctzll(back);
            char c = scan_simple[(unsigned char)p[b + 1]];

            to += b - at;
            if (c == 0) {
                *ret_raw = (size_t)(p - raw.ptr) + b;
                return to;
            }
            *to++ = c;
            at = b + 2;
            back &= behind(b);
            _mm512_storeu_si512(to, _mm512_loadu_si512(p + at));
        }
        to += at < BLOCK ? BLOCK - at : 0;
        p += at < BLOCK ? BLOCK : at;
    }
    *ret_raw = (size_t)(p - raw.ptr);
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
