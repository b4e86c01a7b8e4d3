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

/* --- Estonia, Latvia, Lithuania. */

/* Century and sex, day of birth, three digits, the check: by other weights
 * where the first leave 10. */
bool id_baltic(struct str s)
{
    static const unsigned char first[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 1};
    static const unsigned char second[] = {3, 4, 5, 6, 7, 8, 9, 1, 2, 3};
    char d[11];
    unsigned rest;

    if (digits_of(s, " ", d, sizeof(d)) != 11 || d[0] == '0' || d[0] > '8' ||
        !date_ok(number(d + 1, 2), number(d + 3, 2), number(d + 5, 2)))
        return false;
    rest = weigh(d, first, 10) % 11;
    if (rest == 10)
        rest = weigh(d, second, 10) % 11 % 10;
    return rest == number(d + 10, 1);
}

/* Day of birth, century, three digits, the check. */
bool id_lv_person(struct str s)
{
    static const unsigned char weights[] = {1, 6, 3, 7, 9, 10, 5, 8, 4, 2};
    char d[11];

    return digits_of(s, " -", d, sizeof(d)) == 11 && d[6] <= '2' &&
           date_ok(number(d + 4, 2), number(d + 2, 2), number(d, 2)) &&
           (1101 - weigh(d, weights, 10)) % 11 % 10 == number(d + 10, 1);
}

/* --- Ukraine, Russia, Kazakhstan. */

/* Days since 1899, four digits, the check; the first weight is -1. */
bool id_ua_taxpayer(struct str s)
{
    static const unsigned char weights[] = {10, 5, 7, 9, 4, 6, 10, 5, 7};
    char d[10];

    return digits_of(s, " ", d, sizeof(d)) == 10 && longest_equal(d, 10) < 8 &&
           weigh(d, weights, 9) % 11 % 10 == number(d + 9, 1);
}

/* Ten digits of a firm, twelve of a person. */
bool id_ru_taxpayer(struct str s)
{
    static const unsigned char weights[] = {3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8};
    char d[12];
    size_t n = digits_of(s, " ", d, sizeof(d));

    if ((n != 10 && n != 12) || number(d, 2) == 0 || longest_equal(d, n) > 7)
        return false;
    if (n == 10)
        return weigh(d, weights + 2, 9) % 11 % 10 == number(d + 9, 1);
    return weigh(d, weights + 1, 10) % 11 % 10 == number(d + 10, 1) &&
           weigh(d, weights, 11) % 11 % 10 == number(d + 11, 1);
}

bool id_kz_person(struct str s)
{
    static const unsigned char first[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
    static const unsigned char second[] = {3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2};
    char d[12];
    unsigned rest;

    if (digits_of(s, " ", d, sizeof(d)) != 12 ||
        !date_ok(number(d, 2), number(d + 2, 2), number(d + 4, 2)))
        return false;
    rest = weigh(d, first, 11) % 11;
    if (rest == 10)
        rest = weigh(d, second, 11) % 11;
    return rest == number(d + 11, 1);
}

/* --- Serbia, Slovenia and what was one state with them. */

/* Day of birth with three digits of the year, region, sex, the check. */
bool id_jmbg(struct str s)
{
    static const unsigned char weights[] = {7, 6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2};
    char d[13];

    return digits_of(s, " ", d, sizeof(d)) == 13 &&
           (d[4] == '9' || d[4] == '0') &&
           date_ok(number(d + 5, 2), number(d + 2, 2), number(d, 2)) &&
           (11 - weigh(d, weights, 12) % 11) % 11 == number(d + 12, 1);
}

/* --- Greece, Hungary. */

bool id_gr_taxpayer(struct str s)
{
    char d[9];
    unsigned sum = 0;

    if (digits_of(s, " ", d, sizeof(d)) != 9 || longest_equal(d, 9) > 7)
        return false;
    for (size_t i = 0; i < 8; i++)
        sum += number(d + i, 1) << (8 - i);
    return sum % 11 % 10 == number(d + 8, 1);
}

bool id_gr_insurance(struct str s)
{
    char d[11];

    return digits_of(s, " ", d, sizeof(d)) == 11 &&
           date_ok(number(d + 4, 2), number(d + 2, 2), number(d, 2)) &&
           luhn_ok(d, 11);
}

bool id_hu_insurance(struct str s)
{
    static const unsigned char weights[] = {3, 7, 3, 7, 3, 7, 3, 7};
    char d[9];

    return digits_of(s, " -", d, sizeof(d)) == 9 && longest_equal(d, 9) < 8 &&
           weigh(d, weights, 8) % 10 == number(d + 8, 1);
}

/* 8, days since 1867, three digits, the check. */
bool id_hu_taxpayer(struct str s)
{
    static const unsigned char weights[] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
    char d[10];

    return digits_of(s, " ", d, sizeof(d)) == 10 && d[0] == '8' &&
           weigh(d, weights, 9) % 11 == number(d + 9, 1);
}

/* Belarus: century and sex, day of birth, region, serial, citizenship, check.
 */
bool id_by_person(struct str s)
{
    char c[14];

    return compact(s, " ", c, sizeof(c)) == 14 && all_digits(c, 7) &&
           c[0] >= '1' && c[0] <= '6' && is_letter(c[7]) &&
           strchr("ABCHKEM", c[7]) != NULL && all_digits(c + 8, 3) &&
           is_letter(c[11]) && is_letter(c[12]) &&
           date_ok(number(c + 5, 2), number(c + 3, 2), number(c + 1, 2)) &&
           icao_ok(c, 14);
}
