#ifndef SP_RULES_MAYBE_H
#define SP_RULES_MAYBE_H

#include "base/cpu.h"
#include "rules/probes.h"

/* The first table of probes.h. */

#define MAYBE_BYTES 3u  /* that name a word of it: shorter keys have none */
#define MAYBE_MOST  14u /* bits of a hash: bytes of it have numbers of 16 */

/* Of the first two of three bytes, and of the third: of some hundred pairs the
 * one by which the fewest places in texts and code pass in vain. */
#define HASH_TWO   UINT16_C(0xa3cb)
#define HASH_THIRD UINT16_C(0x697d)

/* Eight bytes, the first the lowest. */
static inline uint64_t eight_bytes(const char *p)
{
    uint64_t x;

    memcpy(&x, p, sizeof(x));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    x = __builtin_bswap64(x);
#endif
    return x;
}

/*
 * Words of the first table have two halves, of keys that begin with these three
 * bytes and of such that have them behind their first one: a bit for the one
 * byte more, that is behind them or before them. So two places next to each
 * other have one word to ask, which takes most of the time. What the first of
 * them cannot know by it is whether a key of three bytes stands there.
 *
 *      text     . . a k e y s . .
 *                   | `-+-'  one word, here of "key":
 *                   |   +--- BEHIND   "keys"
 *                   `------- BEFORE   "akey"
 */
#define BEHIND 0u /* where the bits of each begin */
#define BEFORE 16u

/* Of four bytes, of which the last does not matter. */
static inline uint32_t maybe_word(uint32_t four, unsigned bits)
{
    uint32_t hash =
        (four & 0xffff) * HASH_TWO + (four >> 16 & 0xff) * HASH_THIRD;

    return (hash & 0xffff) >> (16 - bits);
}

/* One of 16 for each byte, by its lower six bits: such that text has about as
 * many of each, and 0, of which there are long runs, goes with no other digit.
 */
extern const unsigned char maybe_sixteenth[64];

/* maybe_bit - that of the one byte more. */
static inline uint32_t maybe_bit(uint32_t byte)
{
    return UINT32_C(1) << maybe_sixteenth[byte & 63];
}

/* maybe_sift - the places from text[*from] on, and before text[to], that may be
 * one, in order, into out; how many. As far as there is room for PROBE_PLACES,
 * and in any case for MAYBE_MORE behind them: *from is behind what was looked
 * at. Text can be read as for probes_sift. */
#define MAYBE_MORE 16u
size_t maybe_sift(const struct probes *k, const char *text, size_t *from,
                  size_t to, uint16_t *out);

#endif
