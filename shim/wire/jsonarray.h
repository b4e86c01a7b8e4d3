#ifndef SP_WIRE_JSONARRAY_H
#define SP_WIRE_JSONARRAY_H

#include "base/buf.h"

/*
 * A JSON array that grows on the wire, one object at a time: the messages of a
 * streaming method where gRPC is transcoded to JSON (Envoy's documentation of
 * its gRPC-JSON transcoder), as Google's APIs answer without alt=sse. The
 * grammar is that of RFC 8259:
 *
 *   [{ ... }    ,\r\n{ ... }    \r\n]\n
 *   |- item --||---- item ----||-end-|
 *
 * All raw bytes, one item after the other, are the input again. Only as much of
 * an object is looked at as is needed to find its end: it may still be no JSON.
 *
 * An error is answered by Google with an object alone, in no array; so that
 * object is an item too.
 */
struct jsonarray {
    struct buf held; /* owned: an item split over reads          */
    size_t data;     /* in the item: where its object begins     */
    size_t seen;     /* bytes of the item that have been read    */
    size_t depth;    /* open objects and arrays of the item      */
    int state;       /* enum of jsonarray.c                      */
    bool string, escape, alone;
    bool given; /* held has been given out: clear it first */
    enum err failed;
};

/* jsonarray_init - a reader for items of at most max_item bytes. */
void jsonarray_init(struct jsonarray *a, size_t max_item);
void jsonarray_free(struct jsonarray *a);

/*
 * jsonarray_next - the next item: *ret_raw with what stands before its object,
 * *ret_data the object alone. The bracket that ends the array, with white space
 * before it, is an item whose *ret_data is empty; so is white space behind it.
 * Takes bytes from the front of *in, at most to the item's end. Both are
 * borrowed until the next call, and no longer than the input.
 *
 * OK
 * E_AGAIN   *in is used up
 * E_SYNTAX  a value that is no object, a comma too many or too few, anything
 *           behind the end but white space, a byte order mark
 * E_LIMIT   the item is longer than max_item
 * E_NOMEM
 * An error is final.
 */
MUST_USE enum err jsonarray_next(struct jsonarray *a, struct str *in,
                                 struct str *ret_raw, struct str *ret_data);

/*
 * jsonarray_end - the stream has ended. OK with white space that is left;
 * E_AGAIN if nothing is; E_SYNTAX if the array has begun and not ended; the
 * earlier error after one.
 */
MUST_USE enum err jsonarray_end(struct jsonarray *a, struct str *ret_raw);

#endif
