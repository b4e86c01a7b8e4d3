#ifndef SP_FLOW_EVENTS_H
#define SP_FLOW_EVENTS_H

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
enum events_kind {
    EVENTS_SSE,
    EVENTS_LINES, /* newline-delimited JSON                                  */
    EVENTS_TEXTS, /* the same, where each line is a whole response           */
    EVENTS_ARRAY, /* elements of a JSON array                                */
    EVENTS_AWS,   /* messages of an AWS event stream                         */
};

struct events {
    enum events_kind kind;
    const struct provider *provider; /* borrowed                              */
    struct sse sse;
    struct ndjson lines;
    struct jsonarray array;
    struct es es;
    struct buf map;         /* of struct delta_line: the event in work       */
    struct delta_line line; /* the same of one that is one line              */
    struct opener opener;
    struct buf opened;     /* AWS: the payload in work, opened              */
    struct buf event;      /* and named                                     */
    struct buf out;        /* the event that leaves                         */
    struct queue waiting;  /* AWS: of struct events.c's; in the queue       */
    struct queue messages; /* and their bytes                               */
    bool some;             /* an element of the array has left              */
};

/* events_init - the provider is borrowed. No allocation. */
void events_init(struct events *v, enum events_kind kind,
                 const struct provider *provider);
void events_free(struct events *v);

/* One event as it came. */
struct events_item {
    struct delta_event event; /* to be put into the queue, once        */
    struct str headers;       /* AWS: texts in them are not edited     */
    bool broken;              /* its data cannot be read: put it opaque */
};

/*
 * events_next - the next event; takes its bytes from the front of *in. All that
 * *ret borrows holds until the next call. What is given out must be put into
 * the queue, for its bytes wait here.
 *
 * OK, E_AGAIN; errors of the framing's reader (wire/sse.h, ndjson.h,
 * jsonarray.h, eventstream.h) and of opened_make. An error is final.
 */
MUST_USE enum err events_next(struct events *v, struct str *in,
                              struct events_item *ret);

/*
 * events_end - the content has ended: OK with what it has begun, E_AGAIN if
 * nothing is left, E_SYNTAX if it may not end here; other errors as above.
 */
MUST_USE enum err events_end(struct events *v, struct events_item *ret);

/*
 * events_leave - what an event that leaves the queue is in the framing: bytes,
 * borrowed until the next call, instead of `taken` bytes of content.
 * E_INTERNAL, E_LIMIT, E_NOMEM.
 */
MUST_USE enum err events_leave(struct events *v, const struct delta_out *o,
                               struct str *ret_bytes, size_t *ret_taken);

/* events_form - in which of its forms act/refuse.h has to write an ending. */
enum stream_kind events_form(const struct events *v);

/*
 * events_ending - append an ending written in that form, in the framing of the
 * stream. Errors as buf_add, and E_INTERNAL.
 */
MUST_USE enum err events_ending(struct events *v, struct str ending,
                                struct buf *out);

#endif
