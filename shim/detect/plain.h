#ifndef SP_DETECT_PLAIN_H
#define SP_DETECT_PLAIN_H

#include "base/str.h"

/*
 * What views pass over, many bytes at once: most of a text stands in them as it
 * is. Each takes a text of any bytes and gives an offset in it, or its length.
 */

/* plain_ascii - the first byte that is not ASCII, or a control but for TAB, LF
 * and CR. */
size_t plain_ascii(struct str s);

/* is_leet_sign - does it stand for a letter where digits do? plain_sign - the
 * first that does. */
static inline bool is_leet_sign(char c)
{
    return c == '@' || c == '$' ||
           (is_digit(c) && c != '2' && c != '6' && c != '9');
}
size_t plain_sign(struct str s);

/* plain_words - the first that is not ASCII, or a letter or digit that no other
 * of these stands beside; but not one at the front, where *within says that one
 * stands before it. *within: and before what was found. */
size_t plain_words(struct str s, bool *within);

#endif
