#ifndef SP_HOOKS_VARS_H
#define SP_HOOKS_VARS_H

#include "base/str.h"

/*
 * What the environment says of us, copied once before the program can change
 * it: the variables whose names begin with SALLYPORT_, and the entry of
 * LD_PRELOAD that brought this shim.
 */

/* More than we know names of. Further ones are not seen. */
#define VARS_MAX 24

/*
 * vars_read - copy them; `self` is the path the dynamic linker knows this shim
 * by, borrowed for good. Without memory there are none, and so no policy: known
 * model hosts are then refused. Call it once, before the others.
 */
void vars_read(const char *self);

/*
 * vars_get - the value of a variable, borrowed for good; NULL where it is not
 * set or empty. Safe anywhere.
 */
const char *vars_get(const char *name);

/* vars_is - whether a variable has this value. */
bool vars_is(const char *name, const char *value);

/*
 * vars_all - each variable as "NAME=value", the empty ones too, in the
 * environment's order; the count. Borrowed for good.
 */
size_t vars_all(char *const **ret_vars);

/*
 * vars_preload - the entry to put into the LD_PRELOAD of a child that has lost
 * it. Empty where LD_PRELOAD did not bring us: then there is nothing to lose.
 */
struct str vars_preload(void);

/*
 * vars_preload_has - whether a list as in LD_PRELOAD names a shim: this file's
 * path, or any file of its name.
 */
bool vars_preload_has(struct str list);

#endif
