#include "base/arena.h"

#include <stdlib.h>

#define BLOCK_MIN ((size_t)8192)

struct arena_block {
    struct arena_block *next;
    size_t len, cap;
    _Alignas(16) char bytes[];
};

void arena_init(struct arena *a, size_t max)
{
    *a = (struct arena){.max = max};
}

static void blocks_free(struct arena_block *b)
{
    while (b != NULL) {
        struct arena_block *next = b->next;

        explicit_bzero(b->bytes, b->len);
        free(b);
        b = next;
    }
}

void arena_free(struct arena *a)
{
    blocks_free(a->head);
    arena_init(a, a->max);
}

void arena_clear(struct arena *a)
{
    a->used = 0;
    if (a->head == NULL)
        return;
    blocks_free(a->head->next);
    a->head->next = NULL;
    explicit_bzero(a->head->bytes, a->head->len);
    a->head->len = 0;
}

static enum err block_new(struct arena *a, size_t n)
{
    size_t cap = n > BLOCK_MIN ? n : BLOCK_MIN;
    struct arena_block *b;

    if (!add_ok(cap, sizeof(*b), &n))
        return E_LIMIT;
    b = malloc(n);
    if (b == NULL)
        return E_NOMEM;
    *b = (struct arena_block){.next = a->head, .cap = cap};
    a->head = b;
    return OK;
}

enum err arena_take(struct arena *a, size_t n, void **ret_p)
{
    size_t room, total;
    enum err e;

    if (!add_ok(n, 15, &room) || !add_ok(a->used, room, &total) ||
        total > a->max)
        return E_LIMIT;
    room &= ~(size_t)15;
    if (a->head == NULL || a->head->cap - a->head->len < room)
        if ((e = block_new(a, room)))
            return e;
    *ret_p = a->head->bytes + a->head->len;
    a->head->len += room;
    a->used += room;
    return OK;
}

enum err arena_copy(struct arena *a, struct str s, struct str *ret_copy)
{
    void *p;
    enum err e;

    if ((e = arena_take(a, s.len, &p)))
        return e;
    if (s.len > 0)
        memcpy(p, s.ptr, s.len);
    *ret_copy = (struct str){p, s.len};
    return OK;
}
