#ifndef SP_DETECT_SEAM_MASKS_H
#define SP_DETECT_SEAM_MASKS_H

#include "base/cpu.h"
#include "base/wide.h"

#if CPU_AVX2
#include <immintrin.h>
#endif

/*
 * Where a seam may be (seams.h), of 64 bytes at p behind which is one more: the
 * first of two bytes' bit. Seams are rare, and so are the two bytes that each
 * has: a word before a tag or a *, a hyphen before the end of a line, a
 * quotation mark before another or a dot, a + before one of these or a blank, a
 * blank before a dot. It is compiled into the loops that use it.
 */

#define QUOTES(of, v) (of)(((v) == '"') | ((v) == '\'') | ((v) == '`'))
#define BLANKS(of, v)                                                          \
    (of)(((v) == ' ') | ((v) == '\t') | ((v) == '\n') | ((v) == '\r'))
#define LINES(of, v) (of)(((v) == '\t') | ((v) == '\n') | ((v) == '\r'))
#define SEAMS(of, v, next)                                                     \
    (((of)(((of)(((v) | 0x20) - 'a') < 26) | ((of)((v) - '0') < 10) |          \
           ((v) > 0x7f)) &                                                     \
      (of)(((next) == '<') | ((next) == '*'))) |                               \
     ((of)((v) == '-') & (of)(((next) == '\n') | ((next) == '\r'))) |          \
     (QUOTES(of, v) & (QUOTES(of, next) | (of)((next) == '.'))) |              \
     ((of)((v) == '+') & (QUOTES(of, next) | BLANKS(of, next))) |              \
     (BLANKS(of, v) & (of)((next) == '.')) |                                   \
     (LINES(of, v) & (of)((next) == '<')))

static inline uint64_t seams_look(const char *p)
{
    uint64_t mask = 0;

    for (unsigned at = 0; at < 64; at += WIDE) {
        wide v = wide_at(p + at), next = wide_at(p + at + 1);

        mask |= (uint64_t)wide_mask(SEAMS(wide, v, next)) << at;
    }
    return mask;
}

#if CPU_AVX2
typedef unsigned char wider_bytes __attribute__((vector_size(32)));

FOR_AVX2 static inline uint64_t seams_32(const char *p)
{
    uint64_t mask = 0;

    for (unsigned at = 0; at < 64; at += 32) {
        wider_bytes v, next;

        memcpy(&v, p + at, sizeof(v));
        memcpy(&next, p + at + 1, sizeof(next));
        mask |= (uint64_t)(uint32_t)_mm256_movemask_epi8(
                    (__m256i)SEAMS(wider_bytes, v, next))
                << at;
    }
    return mask;
}

/* What a table says of each byte; of those beyond ASCII nothing. */
FOR_AVX512 static inline __m512i ask_ascii(const unsigned char table[128],
                                           __m512i v, uint64_t high)
{
    return _mm512_maskz_permutex2var_epi8(~high, _mm512_loadu_si512(table), v,
                                          _mm512_loadu_si512(table + 64));
}

/* By two tables of what a byte is, as the first of the two and as the second:
 *
 *      01 word, < *   02 -, LF CR   04 quote, quote .   08 +, blank quote
 *      10 blank, .    20 end of a line, <
 */
FOR_AVX512 static inline uint64_t seams_512(const char *p)
{
    static const unsigned char first[128] = {
        0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x30, 0x30, 0x00,
        0x00, 0x30, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
        0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x10, 0x00, 0x04, 0x00,
        0x00, 0x00, 0x00, 0x04, 0x00, 0x00, 0x00, 0x08, 0x00, 0x02, 0x00, 0x00,
        0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x00, 0x00,
        0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01,
        0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01,
        0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00,
        0x04, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01,
        0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01,
        0x01, 0x01, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00,
    };
    static const unsigned char second[128] = {
        0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x08, 0x0a, 0x00,
        0x00, 0x0a, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
        0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x08, 0x00, 0x0c, 0x00,
        0x00, 0x00, 0x00, 0x0c, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x14, 0x00,
        0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
        0x21, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
        0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
        0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
        0x0c, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
        0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
        0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    };
    __m512i v = _mm512_loadu_si512(p), next = _mm512_loadu_si512(p + 1);
    uint64_t high = _mm512_movepi8_mask(v);
    __m512i is = _mm512_mask_mov_epi8(ask_ascii(first, v, high), high,
                                      _mm512_set1_epi8(0x01));

    return _mm512_test_epi8_mask(
        is, ask_ascii(second, next, _mm512_movepi8_mask(next)));
}

#endif
#undef SEAMS
#undef LINES
#undef BLANKS
#undef QUOTES

#endif
