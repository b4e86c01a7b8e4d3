#ifndef SP_RULES_FLANKS_H
#define SP_RULES_FLANKS_H

#include "rules/key.h"

/*
 * What may stand right before a keyword, and right behind it, as far as a level
 * text (level.h) tells: there a letter stands for both of its cases, and a
 * space for white space of any kind. So most of the places where a keyword
 * stands in vain are known to be such before anything of it is looked up.
 *
 *      level   . . x k e y w o r d y . .
 *                  |               `-- behind: a digit, of sk-[0-9]{8}
 *                  `-- before: no letter, of \bkeyword
 *
 * A set is of bytes that may: for each lower half of a byte of ASCII the upper
 * ones, as bits. Other bytes may always, and so may 0, which is beyond the
 * text.
 */
#define FLANK_SETS 256u /* of more of them nothing is known */
#define FLANK_ALL  0u   /* the set of all bytes */

struct flank_sets {
    struct flank_set {
        unsigned char rows[16];
    } sets[FLANK_SETS];
    struct guard of[FLANK_SETS]; /* what each is of */
    uint16_t slots[2 * FLANK_SETS];
    size_t count;
};

/* Of a keyword, counted from a place in it. */
struct flanks {
    unsigned char before, behind; /* sets */
    unsigned char back, ahead;    /* of the byte before, of the first behind */
    unsigned char least;          /* so many are behind: 1 to FOLLOW_MOST */
};

/* flanks_init - there is the set of all bytes. *bs: zeroed. */
void flanks_init(struct flank_sets *bs);

/* flanks_stops - the set of bytes that a guard does not stop at. */
unsigned char flanks_stops(struct flank_sets *bs, const struct guard *g);

/* flanks_follows - of what stands behind a keyword: what has that set in
 * r->follows, and so many of it; b->behind and b->least are set. */
void flanks_follows(struct flank_sets *bs, const struct rule *r,
                    const struct key *k, struct flanks *b);

/* flanks_have - may it stand there? */
static inline bool flanks_have(const struct flank_set *s, unsigned char c)
{
    return ((s->rows[c & 15] | 0xff00u) >> (c >> 4) & 1) != 0;
}

/* flanks_1 - may all that stands beside a place in a level text? FOLLOW_MOST
 * bytes from b->ahead on can be read. flanks_16 - the same, all at once. */
static inline bool flanks_1(const struct flank_sets *bs, const struct flanks *b,
                            const char *place)
{
    const struct flank_set *behind = &bs->sets[b->behind];
    const unsigned char *p = (const void *)place;
    bool may = flanks_have(&bs->sets[b->before], *(p - b->back));

    for (size_t i = 0; i < b->least; i++)
        may &= flanks_have(behind, p[b->ahead + i]);
    return may;
}

#if CPU_AVX2
#include <immintrin.h>

FOR_AVX2 static inline bool flanks_16(const struct flank_sets *bs,
                                      const struct flanks *b, const char *place)
{
    const struct flank_set *before = &bs->sets[b->before];
    const __m128i *behind = (const void *)bs->sets[b->behind].rows;
    const __m128i *p = (const void *)(place + b->ahead);
    const __m128i half = _mm_set1_epi8(15), bits = _mm_set1_epi64x(CPU_BITS);
    __m128i v = _mm_loadu_si128(p), row, bit;
    uint32_t none;

    row = _mm_shuffle_epi8(_mm_loadu_si128(behind), _mm_and_si128(v, half));
    bit = _mm_shuffle_epi8(bits, _mm_and_si128(_mm_srli_epi16(v, 4), half));
    row = _mm_cmpeq_epi8(_mm_and_si128(row, bit), _mm_setzero_si128());
    none = (uint32_t)_mm_movemask_epi8(_mm_andnot_si128(v, row));
    return flanks_have(before, (unsigned char)place[-b->back]) &
           ((none & ((1u << b->least) - 1)) == 0);
}
#endif

#endif
