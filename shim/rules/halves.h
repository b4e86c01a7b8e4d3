#ifndef SP_RULES_HALVES_H
#define SP_RULES_HALVES_H

#include "base/str.h"

/*
 * A set of bytes by their halves, as processors look many up at once: a byte is
 * in it if its low half is one of those of its bytes, and its high half is.
 */
struct halves {
    uint16_t low, high; /* bit sets */
    uint32_t share;     /* of text that is one of its bytes, in 10^4 */
};

/* halves_with - the set with one more byte, and what comes with it. */
struct halves halves_with(struct halves h, unsigned char c);

/* halves_all - all bytes. */
struct halves halves_all(void);

static inline bool halves_has(const struct halves *h, unsigned char c)
{
    return (h->low >> (c & 15) & h->high >> (c >> 4) & 1) != 0;
}

/* halves_group - put n sets, of bytes that stand side by side, to the one of
 * the groups, n sets each, that text has the least of then. */
void halves_group(struct halves *groups, size_t count,
                  const struct halves *sets, size_t n);

#define HALVES_MOST 2u /* n, at most */

#endif
