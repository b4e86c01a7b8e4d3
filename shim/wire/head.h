#ifndef SP_WIRE_HEAD_H
#define SP_WIRE_HEAD_H

#include "base/buf.h"
#include "base/limits.h"

/*
 * The head of an HTTP/1.x message: start line, field lines, empty line (RFC
 * 9112, sections 2 to 5), kept as the exact bytes that came with a table of
 * places. The reader is stricter than the RFC lets it be: what two readers
 * could understand in two ways is refused.
 *
 *   raw   POST /v1/chat HTTP/1.1\r\nHost: api.test\r\nAccept:  x \r\n\r\n
 *         ^method ^target           ^name ^value    ^name    ^value
 */

enum http_kind {
    HTTP_REQUEST,
    HTTP_RESPONSE,
};

struct http_field {
    struct span name;  /* token, at least one byte           */
    struct span value; /* without the white space around it  */
};

struct http_head {
    enum http_kind kind;
    struct buf raw; /* owned: every byte, the final empty line too; not the
                       one empty line that may come before a request */
    struct span method, target; /* of a request, else empty                */
    struct span reason;         /* of a response, else empty; may be empty */
    unsigned status;            /* of a response, 100-999, else 0          */
    unsigned minor;             /* HTTP/1.minor: 0 or 1                    */
    const char *why; /* after an error: what is wrong, static; else NULL */
    bool severe;     /* the error is of a shape made to be misread       */
    bool started;    /* a byte of the message has been seen              */
    bool done;       /* the head is complete                             */
    enum err failed; /* the final error, OK before one                   */
    bool dropped;    /* an empty line before the request was dropped     */
    bool cr;         /* a CR that may begin that line has been taken     */
    uint32_t line;   /* in raw: where the unfinished line begins         */
    size_t field_count;
    struct http_field fields[LIM_HEAD_FIELDS];
};

/* http_head_init - an empty head. Allocates nothing. */
void http_head_init(struct http_head *h, enum http_kind kind);

/* http_head_free - release; use http_head_init before using it again. */
void http_head_free(struct http_head *h);

/* http_head_reset - forget the message, keep kind and memory. */
void http_head_reset(struct http_head *h);

/*
 * http_head_feed - read one head (RFC 9112, sections 2.2 to 5.2).
 *
 * Takes bytes from the front of *in and copies them; once complete, *in stands
 * just behind the final empty line.
 *
 * OK           the head is complete (again at each later call, taking nothing)
 * E_AGAIN      *in is used up and the head is not finished
 * E_LIMIT      over LIM_HEAD_LINE, LIM_HEAD, LIM_HEAD_FIELDS, or a method of
 *              more than 32 bytes
 * E_SYNTAX     not of the grammar: control byte or bare CR (both severe), a bad
 *              start line, white space in or after a field name, folding
 * E_AMBIGUOUS  a line that ends in LF alone
 * E_NOMEM
 *
 * An error is final: later calls give it again; h->why says what is wrong and
 * *in is then of no use. A start line that cannot become one is refused before
 * it is complete, so that another protocol is not waited on.
 *
 * Does not look at what fields mean: see wire/framing.h.
 */
MUST_USE enum err http_head_feed(struct http_head *h, struct str *in);

/* http_head_str - the bytes of a place in the head; borrowed from it. */
static inline struct str http_head_str(const struct http_head *h,
                                       struct span at)
{
    return (struct str){h->raw.ptr + at.off, at.len};
}

/*
 * http_field_get - the value of the first field of this name (ASCII letters
 * without case), borrowed. False if there is none.
 */
bool http_field_get(const struct http_head *h, struct str name,
                    struct str *ret_value);

/* http_field_count - how many fields have this name. */
size_t http_field_count(const struct http_head *h, struct str name);

/* What is to become of the fields of one name. */
struct http_field_edit {
    struct str name;  /* borrowed                                        */
    struct str value; /* borrowed; the new value                         */
    bool drop;        /* remove every one; value is then not looked at   */
};

/*
 * http_head_write - the head with edits, appended to out. An edit that sets
 * puts its value in the place of the first field of that name and removes the
 * others; if there is none it becomes a new last field. Every other byte stays
 * as it came. Names must differ from one edit to the next.
 *
 * E_SYNTAX  a name that is no token, a value with a control byte
 * E_LIMIT, E_NOMEM  of out
 * On error out is as it was.
 */
MUST_USE enum err http_head_write(const struct http_head *h,
                                  const struct http_field_edit *edits, size_t n,
                                  struct buf *out);

/*
 * http_list_has - whether a comma list (RFC 9110, 5.6.1) has this token as a
 * member, parameters aside, ASCII letters compared without case.
 */
bool http_list_has(struct str value, struct str token);

/* http_fields_have - the same over all fields of one name. */
bool http_fields_have(const struct http_head *h, struct str name,
                      struct str token);

/*
 * http_accept_encoding_narrow - append what is left of an Accept-Encoding value
 * (RFC 9110, 12.5.3) when only codings that wire/coding.h decodes may be
 * asked for: the members gzip, x-gzip, deflate and identity with their
 * weights; "identity" when none of them is acceptable to the client. If nothing
 * has to go the value is given byte for byte. Never offers a coding that the
 * client did not name. Errors of out.
 */
MUST_USE enum err http_accept_encoding_narrow(struct str value,
                                              struct buf *out);

#endif
