#ifndef SP_RULES_HEAD_H
#define SP_RULES_HEAD_H

#include "base/str.h"

/*
 * What the first bytes of a match can be, read off its pattern: more than PCRE2
 * tells, which knows the first one only.
 *
 *      \d{1,3}(?:\.\d{1,3}){3}     a digit, then digits and points, up to the
 *                                  seventh; then anything
 */
#define HEAD_BYTES 8u
struct head {
    unsigned char at[256]; /* of each byte: bit n, it can be the n-th */
};

/* head_read - of a pattern; what is not understood can be anything. */
void head_read(struct str pattern, struct head *ret_head);

/* head_fits - can a match begin at `at` of a whole text? */
bool head_fits(const struct head *h, struct str text, size_t at);

#endif
