#include "rules/inside.h"

#include "check.h"

/*
 * What a pattern's text says of the work it may be. The figures are for
 * reckoning (rules_worst.c holds them against what is done), so what is checked
 * is how they stand to each other.
 */

static uint32_t tried(const char *pattern)
{
    return toil_read(str_of(pattern)).tried;
}

static void test_more(void)
{
    static const struct {
        const char *less, *more;
    } rows[] = {
        {"abc", "abcdefghijklmnopq"},
        {"send\\b", "send\\b[^.]{0,60}x"},
        {"send[^.]{0,30}x", "send[^.]{0,60}x"},
        {"send[^.]{0,60}x", "send[^.]{0,60}(?:x|y|z)"},
        {"send[^.]{0,60}\\b(?:x|y|z)", "send[^.]{0,60}(?:x|y|z)"},
        {"a[^.]{0,60}x[^.]{9}z", "a[^.]{0,60}x[^.]{0,60}z"},
        {"(?:a[^.]{0,60}|b)xyz", "(?:a|b)[^.]{0,60}(?:xyz|u)"},
        {"[a-z]{9,90}+k", "[a-z]{9,90}k"},
        {"a{0,60}(?![a-z])", "a{0,60}(?![a-z]{0,60})"},
        {"a{0,9}b", "a*b"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (!CHECK(tried(rows[i].less) < tried(rows[i].more)))
            check_show("row", str_of(rows[i].less));
}

/* What is only another way of writing. */
static void test_same(void)
{
    static const struct {
        const char *one, *other;
    } rows[] = {
        {"abc", "(?i)abc"},
        {"(?:a|b){0,3}c", "(?<name>a|b){0,3}c"},
        {"\\d{0,60}k", "\\p{L}{0,60}k"},
        {"a{0,60}[|)(]", "a{0,60}[x)y]"},
        {"a\\|b", "a\\)b"},
        {"(a)?(?(1)b|c)", "(a)?(?:b|c)"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (!CHECK(tried(rows[i].one) == tried(rows[i].other)))
            check_show("row", str_of(rows[i].one));
}

/* As much as anything: what is not understood, and what is too much. */
static void test_most(void)
{
    static const char *const rows[] = {
        "(*UCP)a", "a)", "[a", "a{9", "(?:[^.]{0,160}[^,]{0,160}){9}[^;]*k",
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (!CHECK(tried(rows[i]) == tried("[")))
            check_show("row", str_of(rows[i]));
    CHECK(tried("") == 0);
}

static void test_passed(void)
{
    CHECK(toil_read(STR("abc")).passed < toil_read(STR("a|b|c|d|e")).passed);
    CHECK(toil_read(STR("")).passed > 0);
}

int main(void)
{
    RUN(test_more);
    RUN(test_same);
    RUN(test_most);
    RUN(test_passed);
    return check_done();
}
