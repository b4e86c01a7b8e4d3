#ifndef SP_TESTS_CHECK_H
#define SP_TESTS_CHECK_H

/*
 * The whole test library: a test is a function, a program is a main that RUNs
 * some.
 *
 *     static void test_eq(void) { CHECK(str_eq(STR("a"), STR("a"))); }
 *     int main(void) { RUN(test_eq); return check_done(); }
 *
 * To stdout goes one line a test: "ok NAME", "not ok NAME" or
 * "skip NAME # why". A failed check goes to stderr with its place and does not
 * end the test, so one run shows all of a table's bad rows.
 */

#include <stdbool.h>
#include <stdio.h>

#include "base/str.h"

/* One for a test and for what of tests/lib it is linked with. */
struct check_state {
    const char *row;   /* the table row at work, or NULL */
    const char *skip;  /* why the test was skipped, or NULL */
    unsigned failures; /* in the test at work */
    unsigned bad;      /* tests that failed */
};
__attribute__((weak)) struct check_state check_state;

/* Failures shown of one test; a broken every-split loop has millions. */
#define CHECK_SHOWN 20

static inline bool check_fails(const char *file, int line)
{
    if (++check_state.failures > CHECK_SHOWN)
        return false;
    fprintf(stderr, "%s:%d: ", file, line);
    if (check_state.row != NULL)
        fprintf(stderr, "[%s] ", check_state.row);
    return true;
}

static inline bool check_true(bool got, const char *what, const char *file,
                              int line)
{
    if (!got && check_fails(file, line))
        fprintf(stderr, "not true: %s\n", what);
    return got;
}

static inline bool check_int(long long got, long long want, const char *what,
                             const char *file, int line)
{
    if (got != want && check_fails(file, line))
        fprintf(stderr, "%s is %lld, not %lld\n", what, got, want);
    return got == want;
}

/* Shows bytes so that they can be compared by eye; long ones are cut. */
static inline void check_show(const char *name, struct str s)
{
    fprintf(stderr, "    %s %zu \"", name, s.len);
    for (size_t i = 0; i < s.len && i < 400; i++) {
        unsigned char c = (unsigned char)s.ptr[i];

        if (c == '\n')
            fputs("\\n", stderr);
        else if (c < ' ' || c >= 0x7f || c == '"' || c == '\\')
            fprintf(stderr, "\\x%02x", c);
        else
            fputc(c, stderr);
    }
    fprintf(stderr, "\"%s\n", s.len > 400 ? " ..." : "");
}

static inline bool check_str(struct str got, struct str want, const char *what,
                             const char *file, int line)
{
    if (str_eq(got, want))
        return true;
    if (check_fails(file, line)) {
        fprintf(stderr, "%s differs\n", what);
        check_show("got ", got);
        check_show("want", want);
    }
    return false;
}

static inline void check_run(void (*test)(void), const char *name)
{
    check_state.row = check_state.skip = NULL;
    check_state.failures = 0;
    test();
    if (check_state.failures > CHECK_SHOWN)
        fprintf(stderr, "%s: %u more failed checks\n", name,
                check_state.failures - CHECK_SHOWN);
    if (check_state.failures > 0) {
        check_state.bad++;
        printf("not ok %s\n", name);
    } else if (check_state.skip != NULL) {
        printf("skip %s # %s\n", name, check_state.skip);
    } else {
        printf("ok %s\n", name);
    }
    fflush(stdout);
}

/* check_done - what main returns: 1 if any test failed. */
static inline int check_done(void)
{
    return check_state.bad > 0;
}

/* Each gives true if it held: if (!CHECK(p != NULL)) return; */
#define CHECK(cond) check_true((cond), #cond, __FILE__, __LINE__)
#define CHECK_INT(got, want)                                                   \
    check_int((long long)(got), (long long)(want), #got, __FILE__, __LINE__)
/* A struct str against a literal, which may hold NUL. */
#define CHECK_STR(got, lit) check_str((got), STR(lit), #got, __FILE__, __LINE__)
/* A struct str against another. */
#define CHECK_EQ(got, want) check_str((got), (want), #got, __FILE__, __LINE__)

/* Names the table row at work in the messages that follow; NULL ends it. */
#define CHECK_ROW(name) (check_state.row = (name))

/* Leaves the test and marks it skipped, unless a check before it failed. */
#define SKIP(why)                                                              \
    do {                                                                       \
        check_state.skip = (why);                                              \
        return;                                                                \
    } while (0)

#define RUN(test) check_run((test), #test)

#endif
