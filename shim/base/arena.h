#ifndef SP_BASE_ARENA_H
#define SP_BASE_ARENA_H

#include "base/str.h"

/*
 * Memory that is given back all at once: a chain of blocks, bounded in total.
 * What is taken stays at its address until arena_clear or arena_free.
 */
struct arena {
    struct arena_block *head; /* owned; the block in use first */
    size_t used, max;         /* bytes handed out; bound on them */
};

/* arena_init - an empty arena for at most max bytes. Allocates nothing. */
void arena_init(struct arena *a, size_t max);

/* arena_free - release every block. */
void arena_free(struct arena *a);

/* arena_clear - forget what was handed out; one block is kept for reuse. */
void arena_clear(struct arena *a);

/*
 * arena_take - n bytes, aligned for any object, not zeroed; n may be 0.
 * E_LIMIT over the maximum; E_NOMEM.
 */
MUST_USE enum err arena_take(struct arena *a, size_t n, void **ret_p);

/* arena_copy - a copy of s that lives as long as the arena's content. */
MUST_USE enum err arena_copy(struct arena *a, struct str s,
                             struct str *ret_copy);

#endif
