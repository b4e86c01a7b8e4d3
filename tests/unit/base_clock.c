#include "base/clock.h"
#include "check.h"

static void test_times(void)
{
    static const struct {
        uint64_t second;
        const char *text;
    } rows[] = {
        {0, "1970-01-01T00:00:00.000000Z"},
        {68169599, "1972-02-28T23:59:59.000000Z"},
        {68169600, "1972-02-29T00:00:00.000000Z"},
        {951782400, "2000-02-29T00:00:00.000000Z"},
        {951868800, "2000-03-01T00:00:00.000000Z"},
        {1735689599, "2024-12-31T23:59:59.000000Z"},
        {4107542400, "2100-03-01T00:00:00.000000Z"},
        {253402300799, "9999-12-31T23:59:59.000000Z"},
    };
    char text[CLOCK_LEN];

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        clock_text(rows[i].second * 1000000, text);
        CHECK(!memcmp(text, rows[i].text, CLOCK_LEN));
    }
    clock_text(1000001, text);
    CHECK_STR(((struct str){text, sizeof(text)}),
              "1970-01-01T00:00:01.000001Z");
}

int main(void)
{
    RUN(test_times);
    return check_done();
}
