#ifndef SP_WIRE_NDJSON_H
#define SP_WIRE_NDJSON_H

#include "base/buf.h"

/*
 * Newline-delimited JSON: lines that end in LF or CRLF. All raw bytes, one line
 * after the other, are the input again. What is in a line is not looked at.
 */
struct ndjson {
    struct buf held; /* owned: a line split over reads          */
    bool given;      /* held has been given out: clear it first */
    enum err failed;
};

/* ndjson_init - a reader for lines of at most max_line bytes, ends included. */
void ndjson_init(struct ndjson *n, size_t max_line);
void ndjson_free(struct ndjson *n);

/*
 * ndjson_next - the next line: *ret_raw with its end, *ret_line without it (an
 * empty line is a line). Takes bytes from the front of *in, at most to the
 * line's end. Both are borrowed until the next call, and no longer than the
 * input.
 *
 * OK, E_AGAIN (*in is used up), E_LIMIT (line too long; final), E_NOMEM (final)
 */
MUST_USE enum err ndjson_next(struct ndjson *n, struct str *in,
                              struct str *ret_raw, struct str *ret_line);

/*
 * ndjson_end - the stream has ended: OK with the line that has no end, E_AGAIN
 * if nothing is left, the earlier error after one.
 */
MUST_USE enum err ndjson_end(struct ndjson *n, struct str *ret_raw,
                             struct str *ret_line);

#endif
