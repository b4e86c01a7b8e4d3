#ifndef SP_TESTS_COMPILED_H
#define SP_TESTS_COMPILED_H

#include "base/buf.h"
#include "rules/image.h"

/*
 * compiled - compile the policy file at a path. *bytes owns what *ret_image
 * borrows; it is initialised here and freed by the caller in any case. False
 * (and a message) if the file is refused.
 */
bool compiled(const char *path, struct buf *bytes, struct image *ret_image);

#endif
