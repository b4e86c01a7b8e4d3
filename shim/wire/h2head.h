#ifndef SP_WIRE_H2HEAD_H
#define SP_WIRE_H2HEAD_H

#include <nghttp2/nghttp2.h>

#include "wire/head.h"

/*
 * A header section of HTTP/2 (RFC 9113, section 8) as the head of HTTP/1.1 that
 * says the same, and back.
 *
 *   :method POST  :scheme https          POST /v1/chat HTTP/1.1
 *   :authority llm.test  :path /v1/chat  host: llm.test
 *   content-type application/json        content-type: application/json
 */
enum h2_kind {
    H2_REQUEST,
    H2_RESPONSE,
    H2_TRAILERS,
};

/* A section that is being received. */
struct h2head {
    enum h2_kind kind;
    struct buf pseudo;                           /* owned: their values */
    struct span method, scheme, authority, path; /* in pseudo           */
    struct span status;                          /* in pseudo           */
    struct buf lines; /* owned: the other fields, as in HTTP/1.1           */
    size_t fields;    /* how many they are                                 */
    bool length;      /* Content-Length is one of them                     */
    bool host_too;    /* Host said the same as :authority, and is left out */
    bool host_alone;  /* there was no :authority, but a Host              */
};

/* h2head_init - nothing received; allocates nothing. */
void h2head_init(struct h2head *h, enum h2_kind kind);
void h2head_free(struct h2head *h);
/* h2head_reset - forget what was received, keep the memory. */
void h2head_reset(struct h2head *h, enum h2_kind kind);

/*
 * h2head_add - the next field.
 *
 * E_SYNTAX  a name that is no token in small letters, a value with a control
 *           byte, a pseudo-header that has no place in such a section
 * E_LIMIT   twice what a head of HTTP/1.1 may have: LIM_HEAD, LIM_HEAD_FIELDS
 * E_NOMEM
 */
MUST_USE enum err h2head_add(struct h2head *h, struct str name,
                             struct str value);

static inline struct str h2head_str(const struct h2head *h, struct span at)
{
    return str_at(buf_str(&h->pseudo), at);
}

/* h2head_is - whether the method is this one. */
bool h2head_is(const struct h2head *h, struct str method);

/*
 * h2head_write - append the head of a request or response. `chunked`: its body
 * is to follow in chunks. E_SYNTAX for what no head of HTTP/1.1 can say: a
 * method that is no token, a target with a space or control byte or empty, a
 * status that is not of three digits. Errors of out.
 */
MUST_USE enum err h2head_write(const struct h2head *h, bool chunked,
                               struct buf *out);

/* Room for a whole section. */
#define H2_FIELDS (LIM_HEAD_FIELDS + 5)

/*
 * h2head_back - a head of HTTP/1.1 as fields for the library, which copies
 * them; they borrow from h, whose names become small letters. What is said of
 * the connection alone is left out. For a request: `scheme`, and whether Host
 * stands for itself (host_alone), or twice (host_too), as it came. Returns how
 * many.
 */
struct h2_origin {
    struct str scheme;
    bool host_alone, host_too;
};
size_t h2head_back(struct http_head *h, const struct h2_origin *from,
                   nghttp2_nv *ret_list);

/*
 * h2head_trailers - the same of a trailer section of HTTP/1.1: complete lines,
 * changed in place. At most LIM_HEAD_FIELDS; the rest is left out.
 */
size_t h2head_trailers(struct buf *lines, nghttp2_nv *ret_list);

#endif
