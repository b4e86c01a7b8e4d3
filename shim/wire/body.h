#ifndef SP_WIRE_BODY_H
#define SP_WIRE_BODY_H

#include "wire/chunk.h"
#include "wire/framing.h"

/* The content of one message, taken out of its framing. */

enum body_kind {
    BODY_PIECE,      /* content                                     */
    BODY_CHUNK_LINE, /* a chunk begins: its size line, as it came   */
    BODY_END,        /* the message is complete                     */
};

struct body_event {
    enum body_kind kind;
    struct str bytes; /* borrowed until the next call or as long as the input.
                         PIECE: content. CHUNK_LINE: the line with CRLF. END:
                         last-chunk line, trailers and final CRLF, or empty
                         where the framing has no such thing             */
    uint64_t size;    /* CHUNK_LINE: bytes of content in the chunk; else 0 */
};

enum body_state {
    BODY_IN_DATA,
    BODY_AT_LINE,    /* in a chunk-size line            */
    BODY_AT_DATA_CR, /* CR behind a chunk's content     */
    BODY_AT_DATA_LF, /* LF behind it                    */
    BODY_IN_TRAILERS,
    BODY_ENDED,
    BODY_FAILED,
};

struct http_body {
    enum framing framing;
    enum body_state state;
    enum err failed;        /* of BODY_FAILED                             */
    const char *why;        /* after an error: what is wrong, static      */
    bool severe;            /* see struct http_head                       */
    bool given;             /* held has been given out: clear it first    */
    uint64_t left;          /* content bytes to come, of length or chunk  */
    size_t ext;             /* bytes of chunk extensions so far           */
    struct chunk_line line; /* of BODY_AT_LINE                            */
    size_t trailer;         /* in held: where the unfinished trailer line
                               begins; trailers counts all their bytes    */
    size_t trailers;
    struct buf held; /* owned: a line or tail split over reads */
};

/*
 * http_body_init - a reader for one body. `length` is looked at for
 * FRAMING_LENGTH only. Allocates nothing.
 */
void http_body_init(struct http_body *b, enum framing framing, uint64_t length);
void http_body_free(struct http_body *b);

/*
 * http_body_next - the next event of the body (RFC 9112, sections 6.3 and 7).
 *
 * Takes bytes from the front of *in, at most up to the end of the body; call
 * again until E_AGAIN or BODY_END. A body without bytes gives BODY_END at once,
 * with no input. Content is not copied. The last chunk gives no
 * BODY_CHUNK_LINE: its line is part of BODY_END's bytes.
 *
 * OK           *ret is set
 * E_AGAIN      *in is used up
 * E_LIMIT      a chunk line (wire/chunk.h), LIM_CHUNK_EXTS, LIM_TRAILERS
 * E_SYNTAX     a chunk line, a chunk not followed by CRLF, a trailer line
 * E_AMBIGUOUS  a trailer line that ends in LF alone; a framing, host or content
 *              field among the trailers (RFC 9110, 6.5.1)
 * E_NOMEM
 * E_INTERNAL   called after BODY_END
 *
 * An error is final; b->why says what is wrong.
 */
MUST_USE enum err http_body_next(struct http_body *b, struct str *in,
                                 struct body_event *ret);

/*
 * http_body_eof - the connection ended: OK if the body may end here (it ends
 * with the connection, or had ended already), E_SYNTAX if it is cut short
 * (section 8), the earlier error after one.
 */
MUST_USE enum err http_body_eof(struct http_body *b);

#endif
