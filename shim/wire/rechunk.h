#ifndef SP_WIRE_RECHUNK_H
#define SP_WIRE_RECHUNK_H

#include "base/buf.h"
#include "wire/chunk.h"

/*
 * Chunked framing for content that may change on its way, true to the byte
 * where it does not.
 *
 *   came    5\r\n ABCDE \r\n   4\r\n FGHI \r\n   3\r\n JKL \r\n  0\r\n\r\n
 *   put     ABCDE as it is     FGHI -> xx        JKL -> nothing
 *   leaves  5\r\n ABCDE \r\n   2\r\n xx \r\n                     0\r\n\r\n
 *
 * What leaves is a function of the lines and of where edits begin and end,
 * never of how unchanged content was cut into puts. A chunk of more than
 * LIM_RECHUNK_HOLD bytes is not held whole: it leaves as new chunks of
 * LIM_RECHUNK_BLOCK bytes of original content each.
 */
struct rechunk {
    struct buf lines; /* owned: size lines of chunks not yet begun    */
    size_t lines_at;  /* the first of them                            */
    struct buf line;  /* owned: the line of the chunk in work         */
    struct buf held;  /* owned: content put into the chunk in work    */
    uint64_t left;    /* original content still to come of it         */
    uint64_t rest;    /* of a large chunk: content behind this block  */
    bool open;        /* a chunk is in work                           */
    bool changed;     /* it cannot leave with its original line       */
};

/* rechunk_init - nothing in work. Allocates nothing. */
void rechunk_init(struct rechunk *r);
void rechunk_free(struct rechunk *r);

/*
 * rechunk_line - a chunk header as it came: a complete line with its CRLF, and
 * its size, not 0. It may come long before its content is put.
 *
 * E_LIMIT   over LIM_RECHUNK_LINES bytes of lines wait
 * E_NOMEM
 */
MUST_USE enum err rechunk_line(struct rechunk *r, struct str line,
                               uint64_t size);

/*
 * rechunk_put - the next `taken` bytes of original content have become `bytes`.
 * `same`: they are equal byte for byte (then bytes.len == taken).
 *
 * A chunk is appended to out when all its content has been put: with its
 * original line if every byte of it was put as same, else with a new line,
 * lower-case hex and no extensions; not at all if nothing is left of it. If
 * `taken` spans several chunks and same is false, the bytes go into the chunk
 * in which it begins. With taken 0 (an insertion) they go into the chunk in
 * work, or before the next one.
 *
 * E_LIMIT     of out, or what is held of one chunk has grown too long
 * E_NOMEM
 * E_INTERNAL  more taken than lines were given for
 * An error is final: out may hold whole chunks of this put.
 */
MUST_USE enum err rechunk_put(struct rechunk *r, struct str bytes, size_t taken,
                              bool same, struct buf *out);

/*
 * rechunk_end - the last chunk and the trailers as they came (BODY_END's
 * bytes). E_INTERNAL if content of a chunk has not been put. Errors of out.
 */
MUST_USE enum err rechunk_end(struct rechunk *r, struct str tail,
                              struct buf *out);

/*
 * rechunk_stop - end the body before its own end: what was put into the chunk
 * in work leaves as a chunk, then a last chunk without trailers. Errors of out.
 */
MUST_USE enum err rechunk_stop(struct rechunk *r, struct buf *out);

/* rechunk_chunk - append one new chunk; nothing for empty bytes. */
MUST_USE enum err rechunk_chunk(struct str bytes, struct buf *out);

#endif
