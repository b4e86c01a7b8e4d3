#ifndef SP_DETECT_ESCAPE_BLOCK_H
#define SP_DETECT_ESCAPE_BLOCK_H

#include "detect/textview.h"

/*
 * Escapes of two digits (%41 =41 \x41) and the text between them, many at once:
 * bytes at random that are written so are too many to be read one by one.
 */
struct escape_block {
    struct view_units made;
    uint64_t ends;   /* escapes that a character ends with, and breaks   */
    uint64_t breaks; /* ends of lines that are none, of two bytes each   */
    size_t len;      /* of the source: behind the last of them           */
};

/*
 * escape_block - what is at the front of s, up to the last escape that stands
 * for one byte, or for one of the two of a character, and behind the last of no
 * other kind; false if that is nothing, or s is short.
 */
bool escape_block(enum view_step how, struct str s, struct escape_block *ret_b);

#endif
