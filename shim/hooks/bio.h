#ifndef SP_HOOKS_BIO_H
#define SP_HOOKS_BIO_H

#include "hooks/lib.h"

/*
 * bio_method - the method of SSL BIOs for this library: ours, whose reads and
 * writes pass through the session; the real one where ours cannot be made.
 */
const struct bio_method_st *bio_method(struct lib *lib);

#endif
