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
#define SEEN_BLOCK     1024 /* bytes of a text that become one digest */
#define SEEN_KEY_WORDS (SEEN_BLOCK / 4 + 16) /* two more than a block has */

struct seen {
    unsigned char key[PRINT_KEY_LEN];
    uint32_t words[SEEN_KEY_WORDS]; /* the same key for long texts */
    struct seen_place {
        atomic_uint_fast64_t low, high; /* of the hash               */
        atomic_uint_fast64_t number;    /* of the exchange; 0: empty */
    } places[LIM_SEEN];
};

/* seen_new - with a secret key: of two processes, two. E_NOMEM. */
MUST_USE enum err seen_new(const unsigned char key[PRINT_KEY_LEN],
                           struct seen **ret_s);
void seen_free(struct seen *s); /* NULL is allowed */

/*
 * seen_before - has an earlier exchange of these had that text there? If none
 * had, the one with this number (from 1 on) has. The oldest of a few is
 * forgotten for it.
 */
bool seen_before(struct seen *s, const struct scope *at, struct str text,
                 uint64_t number);

#endif
