#ifndef SP_JSON_TEXT_H
#define SP_JSON_TEXT_H

#include "base/arena.h"
#include "base/buf.h"
#include "json/inner.h"

/*
 * Between the literal of a JSON string (what stands between its quotes, here
 * called raw) and its text (what it means, UTF-8). RFC 8259, section 7.
 *
 * Raw literals are expected as json_parse found them. Others are safe to pass:
 * a bad escape gives E_SYNTAX; nothing else is checked again.
 */

/*
 * json_text - the text of a literal: borrowed from raw if `escaped` is false,
 * else in the arena. E_SYNTAX; E_LIMIT and E_NOMEM of the arena.
 */
MUST_USE enum err json_text(struct str raw, bool escaped, struct arena *a,
                            struct str *ret_text);

/*
 * json_text_buf - append the text of a literal. E_SYNTAX; E_LIMIT and E_NOMEM
 * as buf_reserve for the literal's length. On error nothing is appended.
 */
MUST_USE enum err json_text_buf(struct str raw, struct buf *out);

/*
 * json_text_eq - the text of a literal equals `want`, byte by byte. `escaped`
 * as the node has it. False for a bad escape.
 */
bool json_text_eq(struct str raw, bool escaped, struct str want);

/*
 * json_text_eq_fold - the same, but letters are compared without case, as some
 * decoders look for keys: A-Z as a-z, U+017F as s, U+212A as k. `want` is
 * ASCII. A key for which this holds and json_text_eq does not is ambiguous.
 */
bool json_text_eq_fold(struct str raw, bool escaped, struct str want);

/*
 * From places in the text back to places in the literal. A map remembers where
 * it stands, so spans asked for in ascending order of their offsets cost one
 * pass over the literal together; others are correct too, but start again.
 */
struct json_map {
    struct str raw;
    size_t raw_off, text_off; /* the same place, at the start of a unit */
};

/* json_map_start - a map of a literal, which is borrowed. */
struct json_map json_map_start(struct str raw);

/*
 * json_map_span - the part of the literal that produced a span of its text.
 * Both ends are widened so that no escape, surrogate pair or UTF-8 character
 * is cut. What lies behind the end of the text is ignored; an empty span
 * between two characters stays empty.
 */
struct span json_map_span(struct json_map *m, struct span text);

/* json_text_map - json_map_span for a single span. */
struct span json_text_map(struct str raw, struct span text);

/*
 * json_put - append text escaped for the inside of a JSON string: the control
 * bytes, quote and backslash are escaped, all else stays. Each byte that is
 * part of no UTF-8 character becomes U+FFFD. E_LIMIT, E_NOMEM; on error
 * nothing is appended.
 */
MUST_USE enum err json_put(struct buf *out, struct str text);

/* json_put_string - the same between quotes. */
MUST_USE enum err json_put_string(struct buf *out, struct str text);

#endif
