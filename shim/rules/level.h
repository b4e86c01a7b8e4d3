#ifndef SP_RULES_LEVEL_H
#define SP_RULES_LEVEL_H

#include "base/cpu.h"
#include "base/limits.h"
#include "base/str.h"

/*
 * Text made level, as keywords are compared with it: letters are small, and
 * white space of any kind is a space. It is made of a block at a time, with
 * what stands before and behind it.
 */
#define LEVEL_BLOCK 2048u /* bytes of text */
#define LEVEL_SIDE  128u  /* before it, and behind it, at most */
#define LEVEL_READ  64u   /* bytes that can be read before and behind those */

/* A set of bytes: all beyond ASCII, and by the low half of a byte the high
 * halves, as bits. */
struct level_set {
    unsigned char high[16];
};

static inline void level_set_add(struct level_set *s, char c)
{
    unsigned char u = (unsigned char)c;

    s->high[u & 15] |= (unsigned char)(u < 0x80 ? 1u << (u >> 4) : 0);
}

/* Of bytes of text, a bit each. */
#define LEVEL_WORDS ((LEVEL_BLOCK + 2 * LEVEL_SIDE) / 64 + 2)

struct level {
    const char *text; /* borrowed from space */
    size_t len;
    size_t from, to; /* the block is text[from, to) */
    size_t raw;      /* where in the text it was made of text[0] stands */
    uint64_t white[LEVEL_WORDS];
    uint64_t in_set[LEVEL_WORDS]; /* what gaps are looked for behind */
    char space[LEVEL_BLOCK + 2 * LEVEL_SIDE + 64 + 2 * LEVEL_READ];
};

/* level_make - of the block text[from, to), which is one at most. `step`: how
 * many bytes at once, of what the processor can. */
void level_make(struct level *lv, struct str text, size_t from, size_t to,
                const struct level_set *set, enum cpu_step step);

/* More than one space: where it begins, and what stands behind it. */
struct level_gap {
    uint16_t at, next;
};
#define LEVEL_GAPS (LEVEL_BLOCK / 3 + 1)

/* level_gaps - those that stand behind bytes of the block that are in the set,
 * in order; how many. */
size_t level_gaps(const struct level *lv, struct level_gap list[LEVEL_GAPS]);

/* level_keyword - a keyword made level, as long as it is. */
void level_keyword(struct str keyword, char *out);

#endif
