#ifndef SP_FLOW_FRAMES_H
#define SP_FLOW_FRAMES_H

#include "act/refuse.h"
#include "flow/queue.h"
#include "llm/delta.h"
#include "llm/opened.h"
#include "wire/eventstream.h"
#include "wire/jsonarray.h"
#include "wire/ndjson.h"
#include "wire/sse.h"

/*
 * The framings of streamed responses: content is read as events for the queue
 * of llm/delta.h, and what leaves the queue is written in the framing again.
 */
enum frames_kind {
    FRAMES_SSE,
    FRAMES_LINES, /* newline-delimited JSON                                  */
    FRAMES_TEXTS, /* the same, where each line is a whole response           */
    FRAMES_ARRAY, /* elements of a JSON array                                */
    FRAMES_AWS,   /* messages of an AWS event stream                         */
};

struct frames {
    enum frames_kind kind;
    const struct provider *provider; /* borrowed                        */
    struct sse sse;
    struct ndjson lines;
    struct jsonarray array;
    struct es es;
    struct buf map;         /* of struct delta_line: the event in work  */
    struct delta_line line; /* the same of one that is one line         */
    struct opener opener;
    struct buf opened;     /* AWS: the payload in work, opened ...      */
    struct buf event;      /* ... and with its name                     */
    struct buf out;        /* AWS: the message that leaves              */
    struct queue waiting;  /* AWS: of struct waiting (frames.c): what   */
    struct queue messages; /* is in the event queue, and its bytes      */
    bool some;             /* an element of the array has left          */
};

/* frames_init - the provider is borrowed. No allocation. */
void frames_init(struct frames *v, enum frames_kind kind,
                 const struct provider *provider);
void frames_free(struct frames *v);

/* One event as it came. */
struct frames_item {
    struct delta_event event; /* to be put into the queue, once        */
    struct str headers;       /* AWS: texts in them are not edited     */
    bool broken;              /* its data cannot be read: put it opaque */
};

/*
 * frames_next - the next event; takes its bytes from the front of *in. All that
 * *ret borrows holds until the next call. What is given out must be put into
 * the queue, for its bytes wait here.
 *
 * OK, E_AGAIN; errors of the framing's reader (wire/sse.h, ndjson.h,
 * jsonarray.h, eventstream.h) and of opened_make. An error is final.
 */
MUST_USE enum err frames_next(struct frames *v, struct str *in,
                              struct frames_item *ret);

/*
 * frames_end - the content has ended: OK with what it has begun, E_AGAIN if
 * nothing is left, E_SYNTAX if it may not end here; other errors as above.
 */
MUST_USE enum err frames_end(struct frames *v, struct frames_item *ret);

/*
 * frames_leave - what an event that leaves the queue is in the framing: bytes,
 * borrowed until the next call, instead of `taken` bytes of content.
 * E_INTERNAL, E_LIMIT, E_NOMEM.
 */
MUST_USE enum err frames_leave(struct frames *v, const struct delta_out *o,
                               struct str *ret_bytes, size_t *ret_taken);

/* frames_form - in which of its forms act/refuse.h has to write an ending. */
enum stream_kind frames_form(const struct frames *v);

/*
 * frames_ending - append an ending written in that form, in the framing of the
 * stream. Errors as buf_add, and E_INTERNAL.
 */
MUST_USE enum err frames_ending(struct frames *v, struct str ending,
                                struct buf *out);

#endif
