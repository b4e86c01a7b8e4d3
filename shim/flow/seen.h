#ifndef SP_FLOW_SEEN_H
#define SP_FLOW_SEEN_H

#include <stdatomic.h>

#include "base/kinds.h"
#include "base/limits.h"
#include "detect/print.h"

/*
 * The texts of requests in which something was found, so that a conversation
 * that is sent again with each turn is not alarmed about again. Of a text only
 * a keyed hash of 128 bits is kept, over its bytes and where it stood; it is
 * judged as ever, and changed or blocked as ever. Shared by threads without a
 * lock: a place that two write at once matches neither text.
 */
struct seen {
    struct seen_place {
        atomic_uint_fast64_t low, high; /* of the hash               */
        atomic_uint_fast64_t number;    /* of the exchange; 0: empty */
    } places[LIM_SEEN];
};

/*
 * seen_before - has an earlier exchange of these had that text there? If none
 * had, the one with this number (from 1 on) has. The oldest of a few is
 * forgotten for it.
 */
bool seen_before(struct seen *s, const unsigned char key[PRINT_KEY_LEN],
                 const struct scope *at, struct str text, uint64_t number);

#endif
