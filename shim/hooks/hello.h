#ifndef SP_HOOKS_HELLO_H
#define SP_HOOKS_HELLO_H

#include <sys/uio.h>

#include "base/str.h"

/* How many bytes of a ClientHello are looked at: up to its random's end. */
#define HELLO_LEN    43
#define HELLO_RANDOM 32

/*
 * hello_random - the 32-byte random of a TLS ClientHello (RFC 8446, 4.1.2, in
 * the record of 5.1; the same layout since TLS 1.0) that stands at the front
 * of s. {NULL, 0} if s is shorter than HELLO_LEN or anything else.
 */
struct str hello_random(struct str s);

/*
 * hello_gather - the front of a scattered buffer as one: `store` if the first
 * piece is too short, else the piece itself, borrowed. Reads no more than
 * HELLO_LEN bytes; the result is shorter if all pieces together are.
 */
struct str hello_gather(const struct iovec *iov, size_t count,
                        char store[HELLO_LEN]);

#endif
