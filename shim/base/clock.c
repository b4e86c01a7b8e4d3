#include "base/clock.h"

static void two_digits(char *at, uint64_t n)
{
    at[0] = (char)('0' + n / 10 % 10);
    at[1] = (char)('0' + n % 10);
}

/*
 * Year, month and day of a day since 1970, by years that begin in March, so
 * that a leap day is the last of its year (H. Hinnant, "chrono-Compatible
 * Low-Level Date Algorithms", civil_from_days). Not by gmtime_r: that takes a
 * lock which a fork may leave held for ever, and reads the zone's file.
 */
static void put_day(char *text, uint64_t day)
{
    uint64_t of_era = (day + 719468) % 146097, era = (day + 719468) / 146097;
    uint64_t year =
        (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    uint64_t of_year = of_era - (365 * year + year / 4 - year / 100);
    uint64_t march = (5 * of_year + 2) / 153; /* months since then */

    year += era * 400 + (march >= 10);
    two_digits(text, year / 100);
    two_digits(text + 2, year);
    two_digits(text + 5, march < 10 ? march + 3 : march - 9);
    two_digits(text + 8, of_year - (153 * march + 2) / 5 + 1);
}

void clock_text(uint64_t us, char ret_text[CLOCK_LEN])
{
    uint64_t second = us / 1000000, rest = us % 1000000;

    memcpy(ret_text, "0000-00-00T00:00:00.000000Z", CLOCK_LEN);
    put_day(ret_text, second / 86400);
    two_digits(ret_text + 11, second / 3600 % 24);
    two_digits(ret_text + 14, second / 60 % 60);
    two_digits(ret_text + 17, second % 60);
    for (size_t i = 25; i > 19; i--) {
        ret_text[i] = (char)('0' + rest % 10);
        rest /= 10;
    }
}
