#ifndef SP_WIRE_CODING_H
#define SP_WIRE_CODING_H

#include "base/buf.h"

/* Content codings (RFC 9110, 8.4.1): one layer of gzip or deflate. */

enum coding {
    CODING_IDENTITY,
    CODING_GZIP,    /* gzip, x-gzip                               */
    CODING_DEFLATE, /* zlib's form, or raw as some senders have it */
};

/*
 * coding_from - the coding that a Content-Encoding value names; identity for an
 * empty one. E_UNSUPPORTED for br, zstd, anything else, and lists of two or
 * more members.
 */
MUST_USE enum err coding_from(struct str value, enum coding *ret_coding);

struct decoder; /* opaque; owns its memory */

/*
 * decoder_new - a decoder that gives at most max_out bytes in all.
 * E_NOMEM, E_INTERNAL (zlib).
 */
MUST_USE enum err decoder_new(enum coding coding, size_t max_out,
                              struct decoder **ret_d);
void decoder_free(struct decoder *d); /* NULL is allowed */

/* decoder_limit_time - another bound than LIM_DECODE_US, in microseconds. */
void decoder_limit_time(struct decoder *d, uint64_t us);

/*
 * decoder_feed - decode all of `in`, appending to out.
 *
 * Several gzip members in a row are content, all of them.
 *
 * E_LIMIT   more than max_out bytes; more than LIM_DECODED_RATIO times the
 *           input above LIM_DECODED_FREE; more than LIM_DECODE_US of processor
 *           time over all calls; of out
 * E_SYNTAX  no such coding, damaged, or bytes behind its end
 * E_NOMEM
 *
 * An error is final. What was decoded before it is in out. Memory grows by at
 * most LIM_DECODE_STEP before each check.
 */
MUST_USE enum err decoder_feed(struct decoder *d, struct str in,
                               struct buf *out);

/*
 * decoder_end - no more input: OK if it was complete (or there was none at
 * all), E_SYNTAX if it was cut short, the earlier error after one.
 */
MUST_USE enum err decoder_end(struct decoder *d);

#endif
