/* Names of hosts with stars in them. */
#include "check.h"

#include "base/host.h"

static void test_like(void)
{
    static const struct {
        struct str pattern, host;
        bool want;
    } rows[] = {
        {STR_INIT("a.b"), STR_INIT("a.b"), true},
        {STR_INIT("a.b"), STR_INIT("A.B"), true},
        {STR_INIT("a.b"), STR_INIT("a.bc"), false},
        {STR_INIT("*.b"), STR_INIT("a.b"), true},
        {STR_INIT("*.b"), STR_INIT("x.a.B"), true},
        {STR_INIT("*.b"), STR_INIT(".b"), false},
        {STR_INIT("*.b"), STR_INIT("b"), false},
        {STR_INIT("*.b"), STR_INIT("a.b.c"), false},
        {STR_INIT("a.*.c"), STR_INIT("a.b.c"), true},
        {STR_INIT("a.*.c"), STR_INIT("a.b.d.c"), true},
        {STR_INIT("a.*.c"), STR_INIT("a..c"), false},
        {STR_INIT("a.*.c"), STR_INIT("a.c"), false},
        {STR_INIT("a.*.c"), STR_INIT("a.b.c.d"), false},
        {STR_INIT("a.*.c"), STR_INIT("x.a.b.c"), false},
        {STR_INIT("*.a.*.c"), STR_INIT("x.a.b.c"), true},
        {STR_INIT("*.a.*.c"), STR_INIT("a.a.a.b.c"), true},
        {STR_INIT("*.a.*.c"), STR_INIT("a.b.c"), false},
        {STR_INIT("*.a.*.c"), STR_INIT("x.a.c"), false},
        {STR_INIT("*-a.c"), STR_INIT("eu-a.c"), true},
        {STR_INIT("*-a.c"), STR_INIT("-a.c"), false},
        {STR_INIT("a*c"), STR_INIT("abc"), true},
        {STR_INIT("a*a"), STR_INIT("aa"), false},
        {STR_INIT("ab*ba"), STR_INIT("aba"), false},
        {STR_INIT("*"), STR_INIT("a"), true},
        {STR_INIT("*"), STR_INIT(""), false},
        {STR_INIT("a*"), STR_INIT("a"), false},
        {STR_INIT(""), STR_INIT(""), true},
        {STR_INIT(""), STR_INIT("a"), false},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CHECK_ROW(rows[i].pattern.ptr);
        CHECK(host_like(rows[i].pattern, rows[i].host) == rows[i].want);
    }
    CHECK_ROW(NULL);
}

int main(void)
{
    RUN(test_like);
    return check_done();
}
