#ifndef SP_RULES_PAIRS_H
#define SP_RULES_PAIRS_H

#include "base/str.h"

/*
 * Where keywords of one or two bytes may begin: too short for a window
 * (words.c), and looked for beside it. They are put into eight groups. Of a
 * byte it is known in which of them it is a first one, and a second one; two
 * bytes that are so in one group are a pair. For as many bytes at once as a
 * processor compares, each half of a byte is looked up by itself: of what
 * passes, more are none.
 */
struct pairs {
    unsigned char first[256], second[256];
    unsigned char low[2][16], high[2][16]; /* the same by halves of a byte */
    unsigned firsts;                       /* how many there are */
    bool wide; /* many at once; cleared to do without */
};

/* pairs_add - one more, of one or two bytes, without case. *ps: zeroed, but for
 * `wide`. */
void pairs_add(struct pairs *ps, struct str keyword);

/* pairs_next - the next place from `from` on where one may begin; text.len if
 * there is none. */
size_t pairs_next(const struct pairs *ps, struct str text, size_t from);

#endif
