#ifndef SP_RULES_LEVEL_H
#define SP_RULES_LEVEL_H

#include "base/cpu.h"
#include "base/limits.h"
#include "base/str.h"

/*
 * Text made level, as keywords are compared with it: letters are small, and
 * white space of any kind and number is one space.
 *
 *      text    I f   ( a )   \n \t \t \t f r e e
 *      level   i f   ( a )   f r e e
 *
 * It is made of a block at a time, with what stands before and behind it.
 */
#define LEVEL_BLOCK 7680u /* bytes of text */
#define LEVEL_SIDE  128u  /* before it, and behind it, at most */
#define LEVEL_READ  88u   /* bytes that can be read before and behind those */

/* Words of a bit for each byte of text: fewer than 128, of which where each
 * begins is asked at once. */
#define LEVEL_WORDS ((LEVEL_BLOCK + 2 * LEVEL_SIDE) / 64 + 1)

#define LEVEL_STARTS 128u

struct level {
    const char *text; /* borrowed from space */
    size_t len;
    size_t from, to; /* the block is text[from, to) */
    size_t raw;      /* where the text that it was made of begins */
    enum cpu_step step;
    uint64_t kept[LEVEL_WORDS];    /* bytes of that which are in text */
    uint16_t starts[LEVEL_STARTS]; /* where in text those of a word are; behind
                                   the last UINT16_MAX */
    char space[LEVEL_BLOCK + 2 * LEVEL_SIDE + 128 + 2 * LEVEL_READ];
};

/* level_make - of the block text[from, to), which is one at most. `step`: how
 * many bytes at once, of what the processor can. */
void level_make(struct level *lv, struct str text, size_t from, size_t to,
                enum cpu_step step);

/* level_raw - where the byte lv->text[at] stands in the text; of a space, the
 * first of those that it is for. at: less than lv->len. */
size_t level_raw(const struct level *lv, size_t at);

/* level_keyword - a keyword, of which no two white bytes stand side by side,
 * made level. */
void level_keyword(struct str keyword, char *out);

#endif
