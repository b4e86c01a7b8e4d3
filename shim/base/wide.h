#ifndef SP_BASE_WIDE_H
#define SP_BASE_WIDE_H

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
    unsigned mask = 0;

    for (unsigned i = 0; i < WIDE; i++)
        mask |= (unsigned)(v[i] >> 7) << i;
    return mask;
#endif
}

#endif
