#include <stdlib.h>

#include "check.h"
#include "failmalloc.h"

/* Which of four allocations fail, one letter each. */
static struct str four(size_t n, enum fail_mode mode, char out[4])
{
    void *volatile p;

    failmalloc_at(n, mode);
    for (int i = 0; i < 4; i++) {
        p = i == 1 ? calloc(1, 8) : i == 2 ? realloc(NULL, 8) : malloc(8);
        out[i] = p != NULL ? '+' : '-';
        free(p);
    }
    return (struct str){out, 4};
}

static void test_one(void)
{
    char out[4];

    CHECK_STR(four(1, FAIL_ONE, out), "-+++");
    CHECK(failmalloc_off());
    CHECK_STR(four(3, FAIL_ONE, out), "++-+");
    CHECK(failmalloc_off());
    CHECK_INT(failmalloc_count(), 4);
}

static void test_from(void)
{
    char out[4];

    CHECK_STR(four(2, FAIL_FROM, out), "+---");
    CHECK(failmalloc_off());
}

static void test_none(void)
{
    char out[4];

    CHECK_STR(four(5, FAIL_FROM, out), "++++");
    CHECK(!failmalloc_off());
    CHECK_STR(four(0, FAIL_FROM, out), "++++");
    CHECK(!failmalloc_off());
}

static void test_failed_realloc_keeps(void)
{
    char *volatile p = malloc(4), *volatile q; /* gcc warns of old pointers */

    if (!CHECK(p != NULL))
        return;
    memcpy(p, "abc", 4);
    failmalloc_at(1, FAIL_ONE);
    q = realloc(p, 64);
    failmalloc_off();
    CHECK(q == NULL);
    if (q == NULL) {
        CHECK_STR(str_of(p), "abc");
        free(p);
    } else {
        free(q);
    }
}

int main(void)
{
    RUN(test_one);
    RUN(test_from);
    RUN(test_none);
    RUN(test_failed_realloc_keeps);
    return check_done();
}
