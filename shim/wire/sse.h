#ifndef SP_WIRE_SSE_H
#define SP_WIRE_SSE_H

#include "base/buf.h"

/*
 * Server-sent events (WHATWG HTML, "Server-sent events"), cut into items such
 * that all raw bytes, one item after the other, are the input again.
 */

enum sse_kind {
    SSE_EVENT,
    SSE_COMMENT, /* a comment line or an empty line between events; no data */
};

/* Where one line of the joined data came from. */
struct sse_line {
    size_t data_off; /* in data                                          */
    size_t raw_off;  /* in raw                                           */
    size_t len;      /* the same in both; the LF between lines is ours   */
};

struct sse_event {
    enum sse_kind kind;
    struct str raw;  /* all bytes, the final empty line too               */
    struct str name; /* the last `event` field's value; empty if none     */
    struct str data; /* values of the `data` fields, joined by LF         */
    bool strange;    /* it has none, but lines that are no field: these are
                        `data`, for who reads them may do so as they stand */
    const struct sse_line *lines;
    size_t line_count; /* 0: the event has no data                        */
};

struct sse {
    struct buf held;   /* owned: an item split over reads              */
    struct buf joined; /* owned: data of several lines                 */
    struct sse_line *lines;
    size_t lines_cap;
    size_t max;      /* bytes of one item                              */
    size_t skip;     /* bytes at its front that belong to no line      */
    int state, ends; /* enums of sse.c                                 */
    bool comment;    /* the item's first line is a comment             */
    bool event;      /* the item has a line that is neither            */
    bool given;      /* held has been given out: clear it first        */
    enum err failed;
};

/* sse_init - a reader for items of at most max_event bytes. No allocation. */
void sse_init(struct sse *s, size_t max_event);
void sse_free(struct sse *s);

/*
 * sse_next - the next item. Takes bytes from the front of *in, at most up to
 * the item's end. All that *ret borrows holds until the next call, and no
 * longer than the input.
 *
 * Lines end in LF, CR or CRLF. One BOM at the very start belongs to the first
 * item. A comment or empty line where an event could begin is an item of its
 * own as soon as it is complete; inside an event it is part of it. An item that
 * ends in CR waits for the next byte, to know whether LF follows, unless the
 * line before ended in CR alone; an LF that follows all the same then leads
 * the next item and is no line.
 *
 * OK        *ret is set
 * E_AGAIN   *in is used up
 * E_LIMIT   the item is longer than max_event
 * E_SYNTAX  invalid UTF-8
 * E_NOMEM
 * An error is final.
 */
MUST_USE enum err sse_next(struct sse *s, struct str *in,
                           struct sse_event *ret);

/*
 * sse_end - the stream has ended: OK with the unfinished event, which some
 * clients dispatch though the specification drops it, or with the finished one
 * that waited for an LF; E_AGAIN if nothing is left. Other errors as sse_next.
 */
MUST_USE enum err sse_end(struct sse *s, struct sse_event *ret);

#endif
