#ifndef SP_BASE_STR_H
#define SP_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/err.h"

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* Borrowed bytes, passed by value. May hold NUL. {NULL, 0} is empty. */
struct str {
    const char *ptr;
    size_t len;
};

/* A place in a body of at most 4 GiB; survives the body's reallocation. */
struct span {
    uint32_t off, len;
};

/* The bytes of a string literal, without its NUL. */
#define STR(lit) ((struct str){"" lit, sizeof(lit) - 1})
/* For static initialisers, where a compound literal is not constant. */
#define STR_INIT(lit)                                                          \
    {                                                                          \
        "" lit, sizeof(lit) - 1                                                \
    }

/* str_of - a NUL-terminated string as a str; NULL gives the empty one. */
struct str str_of(const char *s);

/* str_eq - same length and same bytes. */
static inline bool str_eq(struct str a, struct str b)
{
    return a.len == b.len && (a.len == 0 || !memcmp(a.ptr, b.ptr, a.len));
}

/* strs_eq - two lists of the same texts in the same order. */
bool strs_eq(const struct str *a, size_t an, const struct str *b, size_t bn);

/* str_eq_nocase - equal when ASCII letters are compared without case. */
bool str_eq_nocase(struct str a, struct str b);

bool str_starts(struct str s, struct str prefix);
/* str_starts_nocase - the same as str_eq_nocase compares. */
bool str_starts_nocase(struct str s, struct str prefix);
bool str_ends(struct str s, struct str suffix);
/* str_ends_nocase - as str_ends, ASCII letters compared without case. */
bool str_ends_nocase(struct str s, struct str suffix);

/* str_skip - s without its first n bytes; the empty str if n >= s.len. */
static inline struct str str_skip(struct str s, size_t n)
{
    n = n < s.len ? n : s.len;
    /* nothing is added to the pointer of {NULL, 0} */
    return n == 0 ? s : (struct str){s.ptr + n, s.len - n};
}

/* str_head - the first n bytes of s, or all of it if it is shorter. */
static inline struct str str_head(struct str s, size_t n)
{
    return (struct str){s.ptr, n < s.len ? n : s.len};
}

/* str_base - what is behind the last "/" of a path; all of it if it has none.
 */
static inline struct str str_base(struct str path)
{
    size_t n = path.len;

    while (n > 0 && path.ptr[n - 1] != '/')
        n--;
    return str_skip(path, n);
}

/* str_at - the bytes of a span within s; empty if the span lies outside. */
struct str str_at(struct str s, struct span at);

/* str_find - offset of the first occurrence of needle, or s.len if none. */
size_t str_find(struct str s, struct str needle);
/* str_find_byte - offset of the first byte c, or s.len if none. */
size_t str_find_byte(struct str s, char c);

/* str_trim - without spaces and tabs (OWS of RFC 9110, 5.6.3) at both ends. */
struct str str_trim(struct str s);

/*
 * str_split - the part of *rest before the first byte c; *rest moves behind
 * that byte. Without one, all of *rest, and *rest becomes {NULL, 0}. Loop while
 * rest->ptr is not NULL.
 */
struct str str_split(struct str *rest, char c);

/*
 * str_u64 - a decimal number: digits only, at least one, no sign.
 * E_SYNTAX for anything else, E_LIMIT if it does not fit.
 */
MUST_USE enum err str_u64(struct str s, uint64_t *ret_n);

/* ASCII only, never the locale's. */
static inline bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static inline char to_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

static inline bool is_alpha(char c)
{
    return to_lower(c) >= 'a' && to_lower(c) <= 'z';
}

static inline bool is_alnum(char c)
{
    return is_digit(c) || is_alpha(c);
}

/* As \s of PCRE2. */
static inline bool is_white(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* By the byte, one more than a hex digit of either case stands for, or 0. */
extern const unsigned char hex_numbers[256];

/* hex_value - 0-15 for a hex digit of either case, -1 for another byte. */
static inline int hex_value(char c)
{
    return hex_numbers[(unsigned char)c] - 1;
}

/* add_ok - *ret = a + b; false (and *ret untouched) if it does not fit. */
static inline bool add_ok(size_t a, size_t b, size_t *ret)
{
    size_t sum;

    if (__builtin_add_overflow(a, b, &sum))
        return false;
    *ret = sum;
    return true;
}

#endif
