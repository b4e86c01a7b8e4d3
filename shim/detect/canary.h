#ifndef SP_DETECT_CANARY_H
#define SP_DETECT_CANARY_H

#include "detect/letters.h"

/*
 * A canary: letters that nobody writes by chance, planted where they must not
 * come from. Found among the letters of a text (letters.h), so in any case, and
 * with anything between them.
 */
#define CANARY_LEN 12 /* of base 32: 60 bits */

struct canary_hit {
    bool found;
    size_t start, end; /* bytes of the text                             */
    size_t cursor;     /* where to go on; if not found, nothing before  */
                       /* it is the beginning of one                    */
};

/* canary_make - of so many random bytes. */
void canary_make(const unsigned char random[CANARY_LEN],
                 char ret_canary[CANARY_LEN]);

/*
 * canary_find - the next one at or behind `from`. With `open` more text may
 * follow. canary: 1 to CANARY_LEN small letters and digits.
 */
void canary_find(struct str canary, struct str text, size_t from, bool open,
                 struct canary_hit *ret);

#endif
