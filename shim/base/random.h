#ifndef SP_BASE_RANDOM_H
#define SP_BASE_RANDOM_H

#include "base/err.h"

#include <stddef.h>

/*
 * random_fill - n bytes that nobody can guess (getrandom(2), which waits until
 * the kernel has gathered enough). A signal does not cut it short. E_INTERNAL
 * where the system has no such source or forbids it; errno may be changed.
 */
MUST_USE enum err random_fill(void *to, size_t n);

#endif
