#ifndef SP_BASE_GLOB_H
#define SP_BASE_GLOB_H

#include "base/str.h"

/*
 * glob_match - does the whole text fit the pattern? `*` stands for any bytes,
 * none and slashes among them, `?` for one byte; all else for itself, ASCII
 * letters without case if `nocase`. Takes time of length times length at most.
 */
bool glob_match(struct str pattern, struct str text, bool nocase);

#endif
