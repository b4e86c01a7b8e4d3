#ifndef SP_DETECT_ESCAPE_H
#define SP_DETECT_ESCAPE_H

#include "detect/textview.h"

/*
 * A character written as an escape, in any of the ways of VIEW_ESCAPES to
 * VIEW_QUOTED. It gives a code point, or a byte that may be one of several of a
 * character.
 */
struct escape {
    size_t len;  /* 0: there is none */
    uint32_t cp; /* or the byte      */
    bool is_byte;
    bool is_short;
};

/* escape_at - the one at the front of s, which is not empty. */
struct escape escape_at(enum view_step how, struct str s);

/* escape_put - the character of the escape x at s, which is at `off` of its
 * source, for all the escapes that it takes: *ret_taken bytes. Errors as
 * textview_put. */
MUST_USE enum err escape_put(enum view_step how, struct str s, size_t off,
                             struct escape x, struct textview *out,
                             size_t *ret_taken);

/* escape_break - the length of a line's end that is none, at the front of s
 * (RFC 2045, 6.7, rule 5), or 0. */
size_t escape_break(enum view_step how, struct str s);

/* escape_is_weak - does the one at the front of s say nothing of those near it?
 * escape_is_slight - may the one at `at` be one that no view is made for, but
 * where others are near? */
bool escape_is_weak(enum view_step how, struct str s, struct escape x);
bool escape_is_slight(enum view_step how, struct str text, size_t at,
                      struct escape x);

/* escape_slashes - the backslashes at the front. */
size_t escape_slashes(struct str s);

/* Backslashes together, of which on a stream none is escaped, and behind the
 * first half of a character of two nowhere. */
#define ESCAPE_LEAD 64u

/* The text round escapes, as far as a match may reach: so much before the first
 * and behind the last of some that are near each other. */
#define ESCAPES_NEAR 320u

#endif
