#ifndef SP_RULES_LEVEL_H
#define SP_RULES_LEVEL_H

#include "base/limits.h"
#include "base/str.h"

/*
 * Text made level, as keywords are compared with it: letters are small, and
 * white space of any kind is a space. It is made of a block at a time, with
 * what stands before and behind it.
 */
#define LEVEL_BLOCK 1024u /* bytes of text */
#define LEVEL_SIDE  128u  /* before it, and behind it, at most */
#define LEVEL_READ  32u   /* bytes that can be read before and behind those */

struct level {
    const char *text; /* borrowed from space */
    size_t len;
    size_t from, to; /* the block is text[from, to) */
    size_t raw;      /* where in the text it was made of text[0] stands */
    char space[LEVEL_BLOCK + 2 * LEVEL_SIDE + 3 * LEVEL_READ];
};

/* level_make - of the block text[from, to), which is one at most. `wide`: as
 * many bytes at once as the processor can; clear to do without. */
void level_make(struct level *lv, struct str text, size_t from, size_t to,
                bool wide);

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

/* level_apart - the places in the block that more than one space stands behind,
 * in order, of bytes that are in a set of them; how many. */
size_t level_apart(const struct level *lv, const struct level_set *set,
                   bool wide, uint16_t at[LEVEL_BLOCK]);

/* level_keyword - a keyword made level, as long as it is. */
void level_keyword(struct str keyword, char *out);

#endif
