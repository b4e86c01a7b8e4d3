#ifndef SP_HOOKS_PATCH_H
#define SP_HOOKS_PATCH_H

#include <stdbool.h>

/*
 * A program with OpenSSL linked in that shows its functions, as official Node
 * does, calls them directly: no hook is asked. Their first instructions are
 * replaced by a jump to our hooks, once, at the program's start.
 */

/*
 * patch_program - do so, if the program is such a one and nothing forbids it
 * (SALLYPORT_PATCH=off, no leave to change code, beginnings of functions that
 * are not known); in the constructor, while there is one thread. All that is
 * needed is replaced, or nothing.
 */
void patch_program(void);

/*
 * patch_through - how to call the true function behind an address: the address
 * itself, or the way around our jump where it was replaced.
 */
void *patch_through(void *fn);

/* patch_is_made - whether this function was replaced. */
bool patch_is_made(const void *fn);

#endif
