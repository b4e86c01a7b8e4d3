#ifndef SP_BASE_BUF_H
#define SP_BASE_BUF_H

#include "base/str.h"

/*
 * Owned bytes that grow up to a maximum given at birth. A buffer is also a
 * queue: bytes are taken from the front with buf_drop.
 *
 *      ptr                                            max
 *       |#### held (len) ####|---- spare ----|. . . . .|
 *                                           cap
 *
 * A zeroed struct with max set is a valid empty buffer: no allocation happens
 * before the first byte.
 */
struct buf {
    char *ptr;
    size_t len, cap, max;
};

/* buf_init - an empty buffer that will never hold more than max bytes. */
void buf_init(struct buf *b, size_t max);

/* buf_free - release; the buffer is empty again and keeps its maximum. */
void buf_free(struct buf *b);

/* buf_wipe_free - as buf_free, but the bytes are zeroed first. */
void buf_wipe_free(struct buf *b);

static inline struct str buf_str(const struct buf *b)
{
    return (struct str){b->ptr, b->len};
}

/*
 * buf_reserve - make room for n more bytes behind the held ones; they may then
 * be written at ptr + len. Moves the bytes: borrowed slices end here. The room
 * is twice what it was, or just as much as is asked for if that is more.
 *
 * E_LIMIT  len + n would pass the maximum
 * E_NOMEM
 * On error nothing has changed.
 */
MUST_USE enum err buf_reserve(struct buf *b, size_t n);

/* buf_add - append a copy of s. Errors as buf_reserve; all or nothing. */
MUST_USE static inline enum err buf_add(struct buf *b, struct str s)
{
    enum err e;

    if (s.len > b->cap - b->len && (e = buf_reserve(b, s.len)))
        return e;
    if (s.len > 0)
        memcpy(b->ptr + b->len, s.ptr, s.len);
    b->len += s.len;
    return OK;
}

/* buf_add_byte - append one byte. Errors as buf_reserve. */
MUST_USE static inline enum err buf_add_byte(struct buf *b, char c)
{
    enum err e;

    if (b->len == b->cap && (e = buf_reserve(b, 1)))
        return e;
    b->ptr[b->len++] = c;
    return OK;
}

/* buf_add_u64 - append a number in decimal. Errors as buf_reserve. */
MUST_USE enum err buf_add_u64(struct buf *b, uint64_t n);

/* buf_drop - remove the first n bytes (all of them if fewer are held). */
void buf_drop(struct buf *b, size_t n);

/*
 * buf_empty - remove all bytes; memory over LIM_BUF_KEEP is zeroed and
 * released. For the end of a message, after which a connection may rest for
 * hours.
 */
void buf_empty(struct buf *b);

/* buf_clear - remove all bytes, keep the memory. */
static inline void buf_clear(struct buf *b)
{
    b->len = 0;
}

#endif
