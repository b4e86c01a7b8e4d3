#ifndef SP_FLOW_QUEUE_H
#define SP_FLOW_QUEUE_H

#include "base/buf.h"

/*
 * Bytes on their way out. Taking from the front moves nothing, so that what is
 * handed to the TLS library keeps its address until it is taken; the room in
 * front is won back by the next append.
 */
struct queue {
    struct buf bytes;
    size_t off; /* taken already */
};

static inline void queue_init(struct queue *q, size_t max)
{
    buf_init(&q->bytes, max);
    q->off = 0;
}

static inline void queue_free(struct queue *q)
{
    buf_wipe_free(&q->bytes);
    q->off = 0;
}

static inline struct str queue_str(const struct queue *q)
{
    return str_skip(buf_str(&q->bytes), q->off);
}

/* queue_open - the buffer to append to; borrowed slices end here. */
static inline struct buf *queue_open(struct queue *q)
{
    buf_drop(&q->bytes, q->off);
    q->off = 0;
    return &q->bytes;
}

/*
 * queue_move - append what `from` holds, and leave that empty. Where nothing is
 * queued the two change their memory, and no byte is copied. Errors as buf_add;
 * then nothing has changed.
 */
MUST_USE static inline enum err queue_move(struct queue *q, struct buf *from)
{
    struct buf *out = queue_open(q), was = *out;
    enum err e = OK;

    if (out->len > 0) {
        e = buf_add(out, buf_str(from));
    } else {
        *out = (struct buf){from->ptr, from->len, from->cap, out->max};
        *from = (struct buf){was.ptr, 0, was.cap, from->max};
    }
    if (!e)
        buf_clear(from);
    return e;
}

static inline void queue_take(struct queue *q, size_t n)
{
    size_t left = q->bytes.len - q->off;

    q->off += n < left ? n : left;
    if (q->off == q->bytes.len) {
        q->off = 0;
        buf_empty(&q->bytes);
    }
}

#endif
