#ifndef SP_RULES_TWOS_H
#define SP_RULES_TWOS_H

#include "base/cpu.h"
#include "base/str.h"

/*
 * Where one of some strings of one or two bytes may stand: the same as threes.h
 * says of three. But text has far more of what is so short, and so strings that
 * begin beyond ASCII have groups of their own: their bytes are looked up by
 * seven bits as others are.
 */
#define TWOS_GROUPS 8u
#define TWOS_WIDE   0xc0u /* the groups of those */
#define TWOS_ASCII  0x3fu

struct twos {
    unsigned char groups[2][128];   /* that a byte is in, a bit each */
    unsigned char over;             /* bits that the shortest string leaves of
                                       eight bytes; 0: there is none */
    uint32_t share[TWOS_GROUPS][2]; /* of text, in 10^4, that is of a group */
};

/* twos_add - one more string, of one byte or two. *t: zeroed. */
void twos_add(struct twos *t, struct str string);

/* twos_has - may one stand where these bytes do, the first the lowest? */
static inline bool twos_has(const struct twos *t, uint32_t bytes)
{
    unsigned wide = 0 - (bytes >> 7 & 1);
    unsigned groups =
        t->groups[0][bytes & 127] & t->groups[1][bytes >> 8 & 127];

    return (groups & ((wide & TWOS_WIDE) | (~wide & TWOS_ASCII))) != 0;
}

#if CPU_AVX2
#include <immintrin.h>

/* The table, in registers. */
struct twos_sieve {
    __m512i groups[2][2];
};

FOR_AVX512 static INLINE struct twos_sieve twos_sieve(const struct twos *t)
{
    struct twos_sieve s;

    for (size_t i = 0; i < 2; i++) {
        s.groups[i][0] = _mm512_loadu_si512(t->groups[i]);
        s.groups[i][1] = _mm512_loadu_si512(t->groups[i] + 64);
    }
    return s;
}

/* twos_groups - of 64 bytes, and those behind each of them, the groups that
 * such a string is of; not 0 where one may stand. */
FOR_AVX512 static INLINE __m512i twos_groups(const struct twos_sieve *s,
                                             __m512i first, __m512i second)
{
    __m512i some = _mm512_mask_blend_epi8(_mm512_movepi8_mask(first),
                                          _mm512_set1_epi8((char)TWOS_ASCII),
                                          _mm512_set1_epi8((char)TWOS_WIDE));

    first = _mm512_permutex2var_epi8(s->groups[0][0], first, s->groups[0][1]);
    second = _mm512_permutex2var_epi8(s->groups[1][0], second, s->groups[1][1]);
    return _mm512_and_si512(_mm512_and_si512(first, second), some);
}
#endif

#endif
