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

/* utf8_next - the code point at s.ptr[0..) of valid UTF-8, and its length. */
static inline uint32_t utf8_next(struct str s, size_t *ret_len)
{
    const unsigned char *p = (const unsigned char *)s.ptr;
    size_t len = p[0] < 0x80 ? 1 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
    uint32_t cp = len == 1 ? p[0] : p[0] & (0x7fu >> len);

    *ret_len = len;
    if (len == 3 && s.len >= 3) /* most that is not ASCII is of these */
        return cp << 12 | (p[1] & 0x3fu) << 6 | (p[2] & 0x3fu);
    if (len == 2 && s.len >= 2)
        return cp << 6 | (p[1] & 0x3fu);
    for (size_t i = 1; i < len && i < s.len; i++)
        cp = cp << 6 | (p[i] & 0x3fu);
    return cp;
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
