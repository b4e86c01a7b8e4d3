#ifndef TEST_WAYS_H
#define TEST_WAYS_H

#include "base/buf.h"
#include "detect/own.h"

/* The ways to write a value that are looked for (detect/spelling.h). */
#define WAYS 21

/* write_way - the value in way `way`, appended; in front of it and behind it
 * up to seven other bytes that are encoded with it. */
void write_way(unsigned way, struct str v, size_t before, struct buf *out);

/* own_of - a set of these values, each of a variable A_TOKEN; own_key is its
 * key. */
extern const unsigned char own_key[OWN_KEY_LEN];
struct own *own_of(const struct str *list, size_t n);

#endif
