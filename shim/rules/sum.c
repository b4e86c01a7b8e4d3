#include "rules/sum.h"

#define ZLIB_CONST
#include <zlib.h>

#include "base/cpu.h"

#if CPU_AVX2
#include <immintrin.h>

#define LANE  16u
#define BLOCK (4 * LANE)

/*
 * What is left of a text when whole blocks of it are divided by the polynomial
 * of the sum is a block that has the same sum, and zlib does the rest. A lane
 * is brought on by the four of a block by a product without carries: of its
 * halves with x^576 and x^512, both less multiples of the polynomial and with
 * their bits in the order of the sum, lowest power last (Gopal and others,
 * "Fast CRC Computation for Generic Polynomials Using PCLMULQDQ", 2009).
 */
__attribute__((target("pclmul"))) static uint32_t sum_blocks(struct str s)
{
    const __m128i by = _mm_set_epi64x(0x1c6e41596, 0x154442bd4);
    __m128i lanes[4] = {_mm_cvtsi32_si128(-1)}; /* where the sum begins */
    char rest[BLOCK];
    uLong sum;

    for (size_t i = 0; i < 4; i++)
        lanes[i] ^= _mm_loadu_si128((const void *)(s.ptr + i * LANE));
    for (s = str_skip(s, BLOCK); s.len >= BLOCK; s = str_skip(s, BLOCK))
        for (size_t i = 0; i < 4; i++)
            lanes[i] = _mm_clmulepi64_si128(lanes[i], by, 0x00) ^
                       _mm_clmulepi64_si128(lanes[i], by, 0x11) ^
                       _mm_loadu_si128((const void *)(s.ptr + i * LANE));
    memcpy(rest, lanes, sizeof(rest));
    sum = crc32(UINT32_MAX, (const Bytef *)rest, sizeof(rest));
    return (uint32_t)crc32(sum, (const Bytef *)s.ptr, (uInt)s.len);
}
#endif

uint32_t sum_of(struct str s)
{
#if CPU_AVX2
    if (s.len >= BLOCK && __builtin_cpu_supports("pclmul"))
        return sum_blocks(s);
#endif
    return (uint32_t)crc32(0, (const Bytef *)s.ptr, (uInt)s.len);
}
