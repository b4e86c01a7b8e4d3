#ifndef SP_TESTS_FAILMALLOC_H
#define SP_TESTS_FAILMALLOC_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Allocations that fail on demand. Every unit test is linked so that malloc,
 * calloc and realloc of our code and of its static libraries come here; calls
 * inside shared libraries, libc's own too, do not. The usual loop:
 *
 *     for (size_t n = 1;; n++) {
 *         failmalloc_at(n, FAIL_ONE);
 *         e = work();
 *         if (!failmalloc_off())
 *             break;                  (work ran without the n-th failing)
 *         CHECK_INT(e, E_NOMEM);
 *     }
 *
 * Counts are of the whole process, all its threads together.
 */

enum fail_mode {
    FAIL_ONE,  /* the n-th alone                */
    FAIL_FROM, /* the n-th and all that follow  */
};

/*
 * failmalloc_at - the n-th allocation from now, counted from 1, gives NULL.
 * 0 makes none fail and only starts the count.
 */
void failmalloc_at(size_t n, enum fail_mode mode);

/* failmalloc_off - none fails any more; whether one did since failmalloc_at. */
bool failmalloc_off(void);

/* failmalloc_count - allocations tried since the last failmalloc_at. */
size_t failmalloc_count(void);

#endif
