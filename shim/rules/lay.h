#ifndef SP_RULES_LAY_H
#define SP_RULES_LAY_H

#include "base/buf.h"

/*
 * Tables as they stand in memory, one behind the other, each from a multiple of
 * LAY_STEP bytes on: added to a buffer, or found in what was written so, where
 * they are used in place. Who reads them checks them, and what they were
 * written by: a machine of the other order of bytes has none of them.
 */
#define LAY_STEP 8u

struct laying {
    struct buf *out; /* borrowed, to be added to; or NULL, and ... */
    struct str in;   /* ... what is left to be read */
    enum err e;      /* the first error; of reading E_SYNTAX */
};

/* lay - the next table, of so many bytes: `at` itself, which is written, or the
 * place where it was found, which must not be written to. NULL on errors. */
void *lay(struct laying *l, void *at, size_t size);

/* lay_copy - the same of one that is copied: *at is written, or read. */
void lay_copy(struct laying *l, void *at, size_t size);

#endif
