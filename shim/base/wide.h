#ifndef SP_BASE_WIDE_H
#define SP_BASE_WIDE_H

#include <stdint.h>
#include <string.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

/* Sixteen bytes at once, as the compiler has them for any processor. */
#define WIDE 16u
typedef unsigned char wide __attribute__((vector_size(WIDE)));

static inline wide wide_at(const void *p)
{
    wide v;

    memcpy(&v, p, WIDE);
    return v;
}

/* wide_mask - the highest bit of each byte, the first byte's lowest. */
static inline unsigned wide_mask(wide v)
{
#if defined(__SSE2__)
    return (unsigned)_mm_movemask_epi8((__m128i)v);
#else
    const uint64_t highest = UINT64_C(0x8080808080808080);
    const uint64_t gather = UINT64_C(0x0002040810204081); /* to the top byte */
    uint64_t half[2];

    memcpy(half, &v, sizeof(half));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    half[0] = __builtin_bswap64(half[0]);
    half[1] = __builtin_bswap64(half[1]);
#endif
    return (unsigned)((half[0] & highest) * gather >> 56) |
           (unsigned)((half[1] & highest) * gather >> 56) << 8;
#endif
}

/* wide_letters, wide_digits, wide_alnums - those of ASCII: all bits of each. */
static inline wide wide_letters(wide v)
{
    return (wide)((wide)((v | 0x20) - 'a') < 26);
}

static inline wide wide_digits(wide v)
{
    return (wide)((wide)(v - '0') < 10);
}

static inline wide wide_alnums(wide v)
{
    return wide_letters(v) | wide_digits(v);
}

#endif
