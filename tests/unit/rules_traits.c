/*
 * What is known of a text beside its keywords, against the same thing counted
 * byte by byte: texts of digits, of what may stand between them and of what
 * ends a number, of all lengths around the sixteen bytes of a step.
 */

#include "check.h"
#include "rules/traits.h"

static size_t run_slowly(struct str s)
{
    size_t now = 0, best = 0;

    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] >= '0' && s.ptr[i] <= '9')
            now++;
        else if (strchr(" -.()/", s.ptr[i]) == NULL)
            now = 0;
        best = now > best ? now : best;
    }
    return best;
}

static bool folds_slowly(struct str s)
{
    return str_find(s, STR("\xc5\xbf")) < s.len ||
           str_find(s, STR("\xe2\x84\xaa")) < s.len;
}

static void check(struct str s)
{
    struct traits t = traits_of(s, 1000);

    CHECK_INT(t.digits, run_slowly(s));
    if (folds_slowly(s))
        CHECK(t.folds);
    t = traits_of(s, 9);
    CHECK((t.digits < 9 ? t.digits : 9) ==
          (run_slowly(s) < 9 ? run_slowly(s) : 9));
}

static uint32_t next(uint32_t *seed)
{
    return *seed = *seed * 1664525u + 1013904223u;
}

static void test_mixed(void)
{
    static const char *const kinds[] = {
        "0123456789", "0 1-2.3(4)5/6", "12 ab", "a1 .", "9:/ ", "\x80\xc5 1"};
    char text[80];
    uint32_t seed = 7;

    for (size_t k = 0; k < ARRAY_LEN(kinds); k++)
        for (size_t n = 0; n < 3000; n++) {
            size_t len = n % sizeof(text);

            for (size_t i = 0; i < len; i++)
                text[i] = kinds[k][(next(&seed) >> 16) % strlen(kinds[k])];
            CHECK_ROW(kinds[k]);
            check((struct str){text, len});
        }
}

/* A second spelling at every place, in texts of every length. */
static void test_folds(void)
{
    static const char *const folds[] = {"\xc5\xbf", "\xe2\x84\xaa"};
    char text[40];

    for (size_t f = 0; f < ARRAY_LEN(folds); f++)
        for (size_t len = strlen(folds[f]); len < sizeof(text); len++)
            for (size_t at = 0; at + strlen(folds[f]) <= len; at++) {
                memset(text, 'x', len);
                memcpy(text + at, folds[f], strlen(folds[f]));
                check((struct str){text, len});
            }
    memset(text, 'x', sizeof(text));
    CHECK(!traits_of((struct str){text, sizeof(text)}, 9).folds);
    CHECK(!traits_of(STR("caf\xc3\xa9 \xc5\xa1 \xe2\x84\xa2"), 9).folds);
}

int main(void)
{
    RUN(test_mixed);
    RUN(test_folds);
    return check_done();
}
