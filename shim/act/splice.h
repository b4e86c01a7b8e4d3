#ifndef SP_ACT_SPLICE_H
#define SP_ACT_SPLICE_H

#include "base/buf.h"

/* Replace the bytes at a place of a body. An empty place inserts. */
struct edit {
    struct span at;
    struct str put; /* borrowed */
};

/*
 * splice - append the body with its edits made: every byte outside of them is
 * copied as it is. Edits are sorted by place and disjoint; they may touch, and
 * several may insert at one place, in their order. `out` must not be the
 * owner of the body.
 *
 * E_INTERNAL  an edit out of order, overlapping, or not inside the body
 * E_LIMIT     the result does not fit into out's maximum
 * E_NOMEM
 * On error nothing is appended.
 */
MUST_USE enum err splice(struct str body, const struct edit *edits, size_t n,
                         struct buf *out);

#endif
