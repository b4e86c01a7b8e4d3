/* A search beside one that tries each place. */
#include "base/str.h"

#include "check.h"
#include "rnd.h"

static size_t find_slowly(struct str s, struct str needle)
{
    for (size_t i = 0; i + needle.len <= s.len; i++)
        if (memcmp(s.ptr + i, needle.ptr, needle.len) == 0)
            return i;
    return s.len;
}

/* Texts of few letters, so that the first bytes of a needle are often there. */
static void test_find(void)
{
    char text[100], needle[8];

    for (size_t turn = 0; turn < 20000; turn++) {
        struct str s = {text, rnd(sizeof(text))};
        struct str what = {needle, rnd(sizeof(needle))};
        unsigned letters = 1 + rnd(4);

        for (size_t i = 0; i < s.len; i++)
            text[i] = (char)('a' + rnd(letters));
        for (size_t i = 0; i < what.len; i++)
            needle[i] = (char)('a' + rnd(letters));
        if (turn % 2 == 0 && s.len > what.len)
            memset(text, 'x', rnd((unsigned)(s.len - what.len)) + 1);
        CHECK_INT(str_find(s, what), find_slowly(s, what));
    }
    CHECK_INT(str_find((struct str){0}, STR("ab")), 0);
}

int main(void)
{
    RUN(test_find);
    return check_done();
}
