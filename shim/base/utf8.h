#ifndef SP_BASE_UTF8_H
#define SP_BASE_UTF8_H

#include "base/str.h"

/*
 * UTF-8 as RFC 3629 defines it: no overlong forms, no surrogates, nothing above
 * U+10FFFF.
 */

/* utf8_valid - all of s is well-formed and complete. */
bool utf8_valid(struct str s);

/*
 * utf8_char - the length of the well-formed character at the front of s, 1 to
 * 4; 0 if there is none.
 */
size_t utf8_char(struct str s);

/*
 * utf8_tail - how many bytes at the end of s are the beginning of a character
 * that is well-formed so far but not complete (0 to 3). Only the end is looked
 * at.
 */
size_t utf8_tail(struct str s);

/* utf8_inside - a byte that no character begins with, but goes on. */
static inline bool utf8_inside(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

/* utf8_front, utf8_back - the front of the character that the byte at `at` is
 * of, and of the first that begins there or behind; s.len at the end. */
static inline size_t utf8_front(struct str s, size_t at)
{
    while (at > 0 && at < s.len && utf8_inside(s.ptr[at]))
        at--;
    return at;
}

static inline size_t utf8_back(struct str s, size_t at)
{
    while (at < s.len && utf8_inside(s.ptr[at]))
        at++;
    return at;
}

/* utf8_count - the number of code points in valid UTF-8. */
size_t utf8_count(struct str s);

/*
 * utf8_forth, utf8_rewind - the place so many characters behind `at`, which is
 * the front of one, or before it: s.len, or 0, if there are not so many.
 */
size_t utf8_forth(struct str s, size_t at, size_t n);
size_t utf8_rewind(struct str s, size_t at, size_t n);

/*
 * utf8_put - the bytes of one code point to out[0..3]; their number. The code
 * point must be a Unicode scalar value.
 */
size_t utf8_put(uint32_t cp, char out[4]);

#endif
