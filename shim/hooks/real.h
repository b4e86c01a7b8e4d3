#ifndef SP_HOOKS_REAL_H
#define SP_HOOKS_REAL_H

#include <link.h>

#include "base/str.h"

/*
 * Finding the true function behind a hook: the one that the dynamic linker
 * would have bound for this caller if the shim were not there.
 */

/* Where the hook's caller will go on: tells which object asked. */
#define CALLER __builtin_return_address(0)

/*
 * real_libc - a function of the C library, straight from its own symbol table:
 * no lock, no allocation, no call into the dynamic linker. For the functions
 * that the shim exports itself and for hooks that run before any constructor.
 * NULL where libc has no such function.
 */
void *real_libc(const char *name);

/*
 * LIBC - one of libc's functions, as real_libc finds it, once. For those that
 * few programs make us call: a plain reference is looked up by the dynamic
 * linker at every start of every program. fn is one that libc has since 2.34.
 */
#define LIBC(fn)                                                               \
    (__extension__({                                                           \
        static _Atomic(void *) at_##fn;                                        \
        (__typeof__(&fn))(uintptr_t)real_once(&at_##fn, #fn);                  \
    }))

/* real_once - as real_libc; what it finds is kept in *at. */
void *real_once(_Atomic(void *) *at, const char *name);

/* real_program - the main program, as the dynamic linker knows it, or NULL. */
const struct link_map *real_program(void);

/* real_self - the path the dynamic linker knows this shim by; "" if none. */
const char *real_self(void);

/*
 * real_behind - as real_next in the default version, among the objects that the
 * program started with, and as real_libc without lock, allocation or a write:
 * for a vfork child.
 */
void *real_behind(const char *name);

/*
 * real_next - the definition behind ours in the global scope, in `version` or
 * (NULL) in the default one; NULL if there is none. Takes the linker's lock.
 */
void *real_next(const char *name, const char *version);

/* real_in - as real_next, in the scope of a handle from real_handle. */
void *real_in(void *handle, const char *name, const char *version);

/*
 * real_handle - a handle on the loaded object that holds this address; it also
 * reaches the libraries that object needs. NULL if no object does. The object
 * then stays loaded until the handle is given to dlclose.
 */
void *real_handle(const void *addr);

/* real_extent - where an object lies: its first byte, and behind its last. */
void real_extent(const struct link_map *map, uintptr_t *ret_begin,
                 uintptr_t *ret_end);

/*
 * real_find - the true function of this name for the caller that returns to
 * `from`, by the steps in real.c. `name` is one of names.h: its address is part
 * of the cache's key. NULL if there is none, or several
 * and no way to tell which.
 */
void *real_find(const char *name, const void *from);

/*
 * real_find_for - the same for a call on this object, which may be NULL. Where
 * one program got the functions of several libraries from dlsym, all by our one
 * hook, the object tells them apart: one of OpenSSL's leads to its library.
 */
void *real_find_for(const char *name, const void *from, const void *object);

/*
 * real_is_self - whether a return address lies in this shim: the library was
 * called from here and went on, by a jump, to another function that is hooked.
 */
static inline bool real_is_self(const void *from)
{
    extern const char __ehdr_start[] __attribute__((visibility("hidden")));
    extern const char _end[] __attribute__((visibility("hidden")));

    return (const char *)from >= __ehdr_start && (const char *)from < _end;
}

/* real_is_ours - whether an address lies in this shim or in a copy of it. */
bool real_is_ours(const void *addr);

/*
 * real_is_own - whether an address lies in a main program that holds none of
 * the libraries: what it calls by a name of theirs is a function of its own.
 */
bool real_is_own(const void *addr);

/*
 * real_note - remember what an ordinary dlsym answered where a hook was handed
 * out instead: the object that holds `from` asked for `name`. Bounded: beyond
 * REAL_NOTES answers the oldest is forgotten.
 */
#define REAL_NOTES 128
void real_note(const void *from, const char *name, void *fn);

/* Held by a fork in progress, so that the child finds it free. */
void real_fork_lock(void);
void real_fork_unlock(void);

#endif
