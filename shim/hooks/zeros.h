#ifndef SP_HOOKS_ZEROS_H
#define SP_HOOKS_ZEROS_H

#include <stdatomic.h>
#include <stddef.h>

/*
 * Large tables of zeros, which most programs never touch. They are mapped at
 * their first use: as variables they would be mapped and unmapped at every
 * start and end of every program.
 */

/*
 * zeros_map - the memory of `size` bytes whose address is kept in *at; all
 * zeros at first, there for good. NULL without memory. Takes no lock and
 * leaves errno alone: safe in a signal handler, and before any constructor.
 */
void *zeros_map(_Atomic(void *) *at, size_t size);

/* zeros_seen - the same memory, if it was ever asked for; else NULL. */
static inline void *zeros_seen(_Atomic(void *) *at)
{
    return atomic_load_explicit(at, memory_order_acquire);
}

/* zeros_get - as zeros_map, without a call once it is there. */
static inline void *zeros_get(_Atomic(void *) *at, size_t size)
{
    void *p = zeros_seen(at);

    return p ? p : zeros_map(at, size);
}

#endif
