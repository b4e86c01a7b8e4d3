#include <stdlib.h>

#include "act/splice.h"
#include "check.h"
#include "failmalloc.h"

#define BODY   "0123456789"
#define S(lit) STR_INIT(lit)

static const struct {
    const char *name;
    size_t n;
    struct edit edits[3];
    const char *want; /* NULL: E_INTERNAL */
} cases[] = {
    {"none", 0, {{{0, 0}, S("")}}, BODY},
    {"replace", 1, {{{3, 4}, S("ab")}}, "012ab789"},
    {"grow", 1, {{{3, 1}, S("[redacted]")}}, "012[redacted]456789"},
    {"delete", 1, {{{3, 4}, S("")}}, "012789"},
    {"all", 1, {{{0, 10}, S("x")}}, "x"},
    {"all to nothing", 1, {{{0, 10}, S("")}}, ""},
    {"insert", 1, {{{5, 0}, S("ab")}}, "01234ab56789"},
    {"insert first", 1, {{{0, 0}, S("ab")}}, "ab0123456789"},
    {"insert last", 1, {{{10, 0}, S("ab")}}, "0123456789ab"},
    {"no change", 1, {{{4, 0}, S("")}}, BODY},
    {"two", 2, {{{1, 2}, S("a")}, {{8, 1}, S("bcd")}}, "0a34567bcd9"},
    {"touching", 2, {{{1, 2}, S("a")}, {{3, 2}, S("b")}}, "0ab56789"},
    {"insert between",
     3,
     {{{1, 2}, S("a")}, {{3, 0}, S("-")}, {{3, 2}, S("b")}},
     "0a-b56789"},
    {"two inserts", 2, {{{5, 0}, S("a")}, {{5, 0}, S("b")}}, "01234ab56789"},
    {"overlap", 2, {{{1, 3}, S("a")}, {{3, 2}, S("b")}}, NULL},
    {"same", 2, {{{1, 3}, S("a")}, {{1, 3}, S("a")}}, NULL},
    {"order", 2, {{{5, 1}, S("a")}, {{1, 1}, S("b")}}, NULL},
    {"off behind", 1, {{{11, 0}, S("a")}}, NULL},
    {"end behind", 1, {{{9, 2}, S("a")}}, NULL},
    {"sum wraps", 1, {{{9, UINT32_MAX}, S("a")}}, NULL},
    {"second behind", 2, {{{1, 1}, S("a")}, {{10, 1}, S("b")}}, NULL},
};

static void test_cases(void)
{
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        enum err want = cases[i].want == NULL ? E_INTERNAL : OK;
        struct buf b;

        CHECK_ROW(cases[i].name);
        buf_init(&b, 100);
        CHECK_INT(buf_add(&b, STR("head ")), OK);
        CHECK_INT(splice(STR(BODY), cases[i].edits, cases[i].n, &b), want);
        CHECK_STR(str_head(buf_str(&b), 5), "head ");
        CHECK_EQ(str_skip(buf_str(&b), 5), str_of(cases[i].want));
        buf_free(&b);
    }
    CHECK_ROW(NULL);
}

static void test_limits(void)
{
    struct edit edit = {{3, 1}, STR("ab")};
    struct buf b;

    buf_init(&b, 10);
    CHECK_INT(splice(STR(BODY), &edit, 1, &b), E_LIMIT);
    CHECK_INT(b.len, 0);
    CHECK_INT(splice(STR(BODY), NULL, 0, &b), OK);
    buf_free(&b);
    edit.put.len = SIZE_MAX; /* never read: the sum does not fit */
    buf_init(&b, SIZE_MAX);
    CHECK_INT(splice(STR(BODY), &edit, 1, &b), E_LIMIT);
    failmalloc_at(1, FAIL_FROM);
    edit.put.len = 2;
    CHECK_INT(splice(STR(BODY), &edit, 1, &b), E_NOMEM);
    CHECK(failmalloc_off());
    CHECK_INT(b.len, 0);
    CHECK_INT(splice(STR(""), NULL, 0, &b), OK);
    CHECK_INT(b.len, 0);
    buf_free(&b);
}

/* Every pair of disjoint places against the same thing done by hand. */
static void test_every_place(void)
{
    for (uint32_t a = 0; a <= 10; a++)
        for (uint32_t b = a; b <= 10; b++)
            for (uint32_t c = b; c <= 10; c++)
                for (uint32_t d = c; d <= 10; d++) {
                    struct edit edits[] = {{{a, b - a}, STR("X")},
                                           {{c, d - c}, STR("YY")}};
                    char want[32];
                    struct buf out;

                    snprintf(want, sizeof(want), "%.*sX%.*sYY%s", (int)a, BODY,
                             (int)(c - b), &BODY[b], &BODY[d]);
                    buf_init(&out, 32);
                    CHECK_INT(splice(STR(BODY), edits, 2, &out), OK);
                    CHECK_EQ(buf_str(&out), str_of(want));
                    buf_free(&out);
                }
}

int main(void)
{
    RUN(test_cases);
    RUN(test_limits);
    RUN(test_every_place);
    return check_done();
}
