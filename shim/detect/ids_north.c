#include "detect/ids.h"

#include "detect/numbers.h"

/* --- Belgium. */

/* Day of birth, a serial number, the check; who was born since 2000 has a 2
 * before it. Numbers of foreigners add 20 or 40 to the month; parts of the day
 * that nobody knows are 0. */
bool id_be_person(struct str s)
{
    char d[11];
    unsigned month, day, check;
    uint64_t v;

    if (digits_of(s, " .-/", d, sizeof(d)) != 11)
        return false;
    month = number(d + 2, 2);
    day = number(d + 4, 2);
    month = month < 60 ? month % 20 : month;
    if (month > 12 || day > 31 || number(d + 6, 3) == 0 ||
        (month != 0 && day != 0 && !date_ok(0, month, day)))
        return false;
    v = lead(d, 9);
    check = number(d + 9, 2);
    return 97 - v % 97 == check || 97 - (v + 2000000000) % 97 == check;
}

/* --- Denmark. */

/* Day of birth, four digits; a day above 60 is of one who has no number. The
 * sum of mod 11 does not hold for all since 2007. */
bool id_dk_cpr(struct str s)
{
    char d[10];
    unsigned day;

    if (digits_of(s, " -", d, sizeof(d)) != 10)
        return false;
    day = number(d, 2);
    return date_ok(number(d + 4, 2), number(d + 2, 2),
                   day > 60 ? day - 60 : day);
}

/* --- France. */

/* The department of birth stands in digits 6 and 7, those of Corsica with a
 * letter, which the sum reads as 19 and 18. Months of 20 and more are of people
 * whose papers do not tell the month. */
bool id_fr_nir(struct str s)
{
    char c[15];
    unsigned month;

    if (compact(s, " .-", c, sizeof(c)) != 15 || strchr("123478", c[0]) == NULL)
        return false;
    if (c[5] == '2' && (c[6] == 'A' || c[6] == 'B')) {
        c[5] = '1';
        c[6] = c[6] == 'A' ? '9' : '8';
    }
    if (!all_digits(c, 15))
        return false;
    month = number(c + 3, 2);
    return ((month >= 1 && month <= 12) || (month >= 20 && month <= 42) ||
            month >= 50) &&
           number(c + 5, 2) != 0 && number(c + 7, 3) != 0 &&
           number(c + 10, 3) != 0 && 97 - lead(c, 13) % 97 == number(c + 13, 2);
}

/* --- The Netherlands. */

bool id_nl_bsn(struct str s)
{
    static const unsigned char weights[] = {9, 8, 7, 6, 5, 4, 3, 2};
    char d[9];

    return digits_of(s, " .-", d, sizeof(d)) == 9 && longest_equal(d, 9) < 9 &&
           number(d, 3) != 0 && weigh(d, weights, 8) % 11 == number(d + 8, 1);
}

/* --- Norway. */

/* Day of birth, three digits, two checks. D numbers add 40 to the day, those of
 * hospitals 40 to the month. */
bool id_no_person(struct str s)
{
    static const unsigned char first[] = {3, 7, 6, 1, 8, 9, 4, 5, 2, 1};
    static const unsigned char second[] = {5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1};
    char d[11];
    unsigned day, month;

    if (digits_of(s, " -", d, sizeof(d)) != 11)
        return false;
    day = number(d, 2);
    month = number(d + 2, 2);
    return date_ok(0, month > 40 ? month - 40 : month,
                   day > 40 ? day - 40 : day) &&
           weigh(d, first, 10) % 11 == 0 && weigh(d, second, 11) % 11 == 0;
}

/* --- Austria, Ireland, Portugal, Switzerland. */

/* Three digits, the check, the day of birth. */
bool id_at_insurance(struct str s)
{
    static const unsigned char weights[] = {3, 7, 9, 0, 5, 8, 4, 2, 1, 6};
    char d[10];

    return digits_of(s, " -/", d, sizeof(d)) == 10 && d[0] != '0' &&
           date_ok(number(d + 8, 2), number(d + 6, 2), number(d + 4, 2)) &&
           weigh(d, weights, 10) % 11 == number(d + 3, 1);
}

/* Seven digits, the check, perhaps a second letter. */
bool id_ie_pps(struct str s)
{
    static const unsigned char weights[] = {8, 7, 6, 5, 4, 3, 2};
    char c[9];
    size_t n = compact(s, " -", c, sizeof(c));
    unsigned sum;

    if ((n != 8 && n != 9) || !all_digits(c, 7) || number(c, 7) == 0 ||
        (n == 9 && (!is_letter(c[8]) || (c[8] > 'I' && c[8] != 'W'))))
        return false;
    sum = weigh(c, weights, 7);
    if (n == 9 && c[8] != 'W')
        sum += 9 * (unsigned)(c[8] - 'A' + 1);
    return c[7] == "WABCDEFGHIJKLMNOPQRSTUV"[sum % 23];
}

bool id_pt_nif(struct str s)
{
    static const unsigned char weights[] = {9, 8, 7, 6, 5, 4, 3, 2};
    char d[9];
    unsigned rest;

    if (digits_of(s, " .-", d, sizeof(d)) != 9 || d[0] == '0' ||
        (d[0] == '4' && d[1] != '5') || longest_equal(d, 9) > 7)
        return false;
    rest = weigh(d, weights, 8) % 11;
    return (rest < 2 ? 0 : 11 - rest) == number(d + 8, 1);
}

bool id_ch_ahv(struct str s)
{
    static const unsigned char weights[] = {1, 3, 1, 3, 1, 3, 1,
                                            3, 1, 3, 1, 3, 1};
    char d[13];

    return digits_of(s, " .", d, sizeof(d)) == 13 && number(d, 3) == 756 &&
           longest_equal(d + 3, 9) < 9 && weigh(d, weights, 13) % 10 == 0;
}

/* --- Iceland, and the tax offices of France and Great Britain. */

/* Day of birth, two digits, the check, the century. */
bool id_is_person(struct str s)
{
    static const unsigned char weights[] = {3, 2, 7, 6, 5, 4, 3, 2, 1};
    char d[10];

    return digits_of(s, " -", d, sizeof(d)) == 10 &&
           (d[9] == '0' || d[9] >= '8') &&
           date_ok(number(d + 4, 2), number(d + 2, 2), number(d, 2)) &&
           weigh(d, weights, 9) % 11 == 0;
}

bool id_fr_tax(struct str s)
{
    char d[13];

    return digits_of(s, " ", d, sizeof(d)) == 13 && d[0] <= '3' &&
           lead(d, 10) > 511 && lead(d, 10) % 511 == number(d + 10, 3);
}

/* The check comes first. */
bool id_uk_utr(struct str s)
{
    static const unsigned char weights[] = {6, 7, 8, 9, 10, 5, 4, 3, 2};
    char d[10];

    return digits_of(s, " ", d, sizeof(d)) == 10 && longest_equal(d, 10) < 8 &&
           d[0] == "21987654321"[weigh(d + 1, weights, 9) % 11];
}

/* Luxembourg: day of birth, three digits, a check by Luhn and one by Verhoeff,
 * each over the eleven. */
bool id_lu_person(struct str s)
{
    char d[13];

    if (digits_of(s, " ", d, sizeof(d)) != 13 ||
        (number(d, 2) != 19 && number(d, 2) != 20) ||
        !date_ok(number(d + 2, 2), number(d + 4, 2), number(d + 6, 2)) ||
        !luhn_ok(d, 12))
        return false;
    d[11] = d[12];
    return verhoeff_ok(d, 12);
}
