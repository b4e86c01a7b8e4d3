#include "detect/ids.h"

#include "detect/numbers.h"

/* --- Bulgaria, Croatia, the Czech Republic and Slovakia, Romania, Russia. */

/* The century stands in the month: 0, 20, 40. */
bool id_bg_egn(struct str s)
{
    static const unsigned char weights[] = {2, 4, 8, 5, 10, 9, 7, 3, 6};
    char d[10];

    return digits_of(s, " ", d, sizeof(d)) == 10 && number(d + 2, 2) < 60 &&
           date_ok(number(d, 2), number(d + 2, 2) % 20, number(d + 4, 2)) &&
           weigh(d, weights, 9) % 11 % 10 == number(d + 9, 1);
}

bool id_hr_oib(struct str s)
{
    char d[11];

    return digits_of(s, " ", d, sizeof(d)) == 11 && longest_equal(d, 11) < 11 &&
           mod11_10_ok(d, 11);
}

/* Women add 50 to the month; 20 more are added where numbers ran out. Of ten
 * digits that leave 10 the check was 0 until 1985. */
bool id_cz_birth(struct str s)
{
    char d[10];
    unsigned month;
    uint64_t rest;

    if (digits_of(s, " /", d, sizeof(d)) != 10)
        return false;
    month = number(d + 2, 2) % 50;
    rest = lead(d, 9) % 11;
    return date_ok(number(d, 2), month > 20 ? month - 20 : month,
                   number(d + 4, 2)) &&
           rest % 10 == number(d + 9, 1);
}

/* Sex and century, day of birth, county, three digits, the check. */
bool id_ro_cnp(struct str s)
{
    static const unsigned char weights[] = {2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9};
    char d[13];
    unsigned rest;

    if (digits_of(s, " ", d, sizeof(d)) != 13 || d[0] == '0' ||
        !date_ok(number(d + 1, 2), number(d + 3, 2), number(d + 5, 2)) ||
        number(d + 7, 2) == 0 || number(d + 9, 3) == 0)
        return false;
    rest = weigh(d, weights, 12) % 11;
    return (rest == 10 ? 1 : rest) == number(d + 12, 1);
}

bool id_ru_snils(struct str s)
{
    static const unsigned char weights[] = {9, 8, 7, 6, 5, 4, 3, 2, 1};
    char d[11];

    return digits_of(s, " -", d, sizeof(d)) == 11 && number(d, 9) > 1001998 &&
           longest_equal(d, 9) < 9 &&
           weigh(d, weights, 9) % 101 % 100 == number(d + 9, 2);
}
