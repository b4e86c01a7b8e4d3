#ifndef SP_TESTS_STREAMED_H
#define SP_TESTS_STREAMED_H

#include "rules/stream.h"

/* A set of rules over a text as a whole, and over it as a stream in pieces:
 * what is found and what leaves must be the same. There is one set at a time.
 */

/* set_open - the rules, packed and loaded; ends the test where that fails. */
void set_open(const struct rule *list, size_t n);
void set_close(void);

/* rnd - of a fixed sequence. put - ends the test where there is no memory. */
uint32_t rnd(uint32_t below);
void put(struct buf *to, struct str bytes);

struct result {
    struct buf out;    /* what left */
    struct findings f; /* in the order of their places */
    bool blocked;
    size_t most, held; /* bytes: at once, and after all pieces together */
};
void result_free(struct result *r);

/* whole - the text at once. */
void whole(struct str text, struct result *ret);

/*
 * pieces - in pieces of 1 to `most` bytes, or cut at `cut` where that is 0; the
 * stream's error. take - the same into a result that was begun. same - is it
 * what is wanted? Shows the text if not.
 */
MUST_USE enum err pieces(struct str text, size_t cut, uint32_t most,
                         struct result *ret);
MUST_USE enum err take(struct str text, size_t cut, uint32_t most,
                       struct result *r);
bool same(struct str text, const struct result *want, size_t cut,
          uint32_t most);

#endif
