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
