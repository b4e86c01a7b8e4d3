#include "detect/ids.h"

#include "detect/numbers.h"

/* Behind the two letters of the land, which may stand before it. */
static struct str behind(struct str s, struct str land)
{
    return str_eq_nocase(str_head(s, 2), land) ? str_skip(s, 2) : s;
}

/* --- Germany. */

/* Of the first ten digits one stands there twice or three times, not three
 * times in a row; all others once at most. */
bool id_de_tax(struct str s)
{
    char d[11];
    size_t count[10] = {0}, twice = 0;

    if (digits_of(s, " -", d, sizeof(d)) != 11 || d[0] == '0')
        return false;
    for (size_t i = 0; i < 10; i++)
        count[d[i] - '0']++;
    for (size_t i = 0; i < 10; i++) {
        twice += count[i] > 1;
        if (count[i] > 3)
            return false;
    }
    return twice == 1 && longest_equal(d, 10) < 3 && mod11_10_ok(d, 11);
}

bool id_de_vat(struct str s)
{
    char c[11];

    return compact(s, " ", c, sizeof(c)) == 11 && c[0] == 'D' && c[1] == 'E' &&
           all_digits(c + 2, 9) && c[2] != '0' && mod11_10_ok(c + 2, 9);
}

/* The last of nine or ten characters is the check digit: cards and passports
 * since 2010 have nine before it. */
static bool german_document(struct str s, const char *first)
{
    static const char letters[] = "CFGHJKLMNPRTVWXYZ";
    char c[10];
    size_t n = compact(s, " ", c, sizeof(c));

    if ((n != 9 && n != 10) || strchr(first, c[0]) == NULL)
        return false;
    for (size_t i = 1; i < n; i++)
        if (!is_digit(c[i]) && strchr(letters, c[i]) == NULL)
            return false;
    return icao_ok(c, n);
}

bool id_de_card(struct str s)
{
    return german_document(s, "CFGHJKLMNPRTVWXYZ");
}

bool id_de_passport(struct str s)
{
    return german_document(s, "CFGHJK");
}

/* A letter as its place in the alphabet, in two digits. */
static void put_letter(char c, char out[2])
{
    unsigned v = (unsigned)(c - 'A') + 1;

    out[0] = (char)('0' + v / 10);
    out[1] = (char)('0' + v % 10);
}

bool id_de_health(struct str s)
{
    static const unsigned char weights[] = {1, 2, 1, 2, 1, 2, 1, 2, 1, 2};
    char c[10], d[10];

    if (compact(s, " ", c, sizeof(c)) != 10 || !is_letter(c[0]) ||
        !all_digits(c + 1, 9))
        return false;
    put_letter(c[0], d);
    memcpy(d + 2, c + 1, 8);
    return cross(d, weights, 10) % 10 == number(c + 9, 1);
}

/* Area, day of birth, first letter of the name, serial number, check. */
bool id_de_pension(struct str s)
{
    static const unsigned char weights[] = {2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1};
    char c[12], d[12];
    unsigned day;

    if (compact(s, " ", c, sizeof(c)) != 12 || !all_digits(c, 8) ||
        !is_letter(c[8]) || !all_digits(c + 9, 3))
        return false;
    day = number(c + 2, 2);
    if (!date_ok(0, number(c + 4, 2), day > 50 ? day - 50 : day))
        return false;
    memcpy(d, c, 8);
    put_letter(c[8], d + 8);
    memcpy(d + 10, c + 9, 2);
    return cross(d, weights, 12) % 10 == number(c + 11, 1);
}

bool id_de_doctor(struct str s)
{
    static const unsigned char weights[] = {4, 9, 4, 9, 4, 9};
    char d[9];

    return digits_of(s, " -", d, sizeof(d)) == 9 && longest_equal(d, 9) < 9 &&
           number(d, 6) != 0 &&
           (10 - weigh(d, weights, 6) % 10) % 10 == number(d + 6, 1);
}

/* The association of physicians that gave it, in two digits. */
bool id_de_practice(struct str s)
{
    static const unsigned char regions[] = {
        1,  2,  3,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15, 16, 17, 18, 19,
        20, 21, 24, 25, 27, 28, 31, 35, 37, 38, 39, 40, 41, 42, 43, 44, 45,
        46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 58, 59, 60, 61, 62, 63, 64,
        65, 66, 67, 68, 69, 70, 71, 72, 73, 74, 75, 76, 77, 78, 79, 80, 81,
        83, 85, 86, 87, 88, 89, 90, 91, 93, 94, 95, 96, 98, 99};
    char d[9];

    if (digits_of(s, " -", d, sizeof(d)) != 9 || longest_equal(d, 9) == 9)
        return false;
    for (size_t i = 0; i < ARRAY_LEN(regions); i++)
        if (regions[i] == number(d, 2))
            return true;
    return false;
}

/* --- Spain. */

static bool spanish(uint64_t v, char letter)
{
    return "TRWAGMYFPDXBNJZSQVHLCKE"[v % 23] == letter;
}

bool id_es_nif(struct str s)
{
    char c[9];
    size_t n = compact(s, " -.", c, sizeof(c));

    if (n != 8 && n != 9) /* of the eight digits the first may be left out */
        return false;
    return all_digits(c, n - 1) && lead(c, n - 1) != 0 &&
           spanish(lead(c, n - 1), c[n - 1]);
}

bool id_es_nie(struct str s)
{
    char c[9];

    if (compact(s, " -.", c, sizeof(c)) != 9 || c[0] < 'X' || c[0] > 'Z' ||
        !all_digits(c + 1, 7))
        return false;
    c[0] = (char)('0' + (c[0] - 'X'));
    return spanish(lead(c, 8), c[8]);
}

/* --- Finland. */

/* Day, month, year, a sign for the century, three digits, the check. */
bool id_fi_hetu(struct str s)
{
    static const char signs[] = "+-YXWVUABCDEF";
    const char *sign;
    char d[10];
    unsigned year;
    uint64_t v;

    if (s.len != 11 || !all_digits(s.ptr, 6) || !all_digits(s.ptr + 7, 3) ||
        s.ptr[6] == 0 || s.ptr[10] == 0)
        return false;
    d[0] = (char)(to_lower(s.ptr[6]) >= 'a' && to_lower(s.ptr[6]) <= 'z'
                      ? s.ptr[6] & 0x5f
                      : s.ptr[6]);
    if ((sign = strchr(signs, d[0])) == NULL || d[0] == 0)
        return false;
    year = number(s.ptr + 4, 2) + (sign == signs      ? 1800
                                   : sign - signs < 7 ? 1900
                                                      : 2000);
    if (!date_ok(year, number(s.ptr + 2, 2), number(s.ptr, 2)) ||
        number(s.ptr + 7, 3) < 2)
        return false;
    v = lead(s.ptr, 6) * 1000 + lead(s.ptr + 7, 3);
    return to_lower("0123456789ABCDEFHJKLMNPRSTUVWXY"[v % 31]) ==
           to_lower(s.ptr[10]);
}

/* --- Italy. */

/* Where two people would get the same code, digits become letters. */
static int fiscal_digit(char c)
{
    static const char letters[] = "LMNPQRSTUV";
    const char *at = is_digit(c) || c == 0 ? NULL : strchr(letters, c);

    return is_digit(c) ? c - '0' : at != NULL ? (int)(at - letters) : -1;
}

bool id_it_fiscal(struct str s)
{
    static const unsigned char odd[] = {1,  0,  5,  7,  9,  13, 15, 17, 19,
                                        21, 2,  4,  18, 20, 11, 3,  6,  8,
                                        12, 14, 16, 10, 22, 25, 24, 23};
    static const char form[] = "AAAAAA99A99A999A";
    char c[16];
    unsigned sum = 0;
    int day;

    if (compact(s, " ", c, sizeof(c)) != 16)
        return false;
    for (size_t i = 0; i < 16; i++)
        if (form[i] == 'A' ? !is_letter(c[i]) : fiscal_digit(c[i]) < 0)
            return false;
    day = fiscal_digit(c[9]) * 10 + fiscal_digit(c[10]);
    if (strchr("ABCDEHLMPRST", c[8]) == NULL ||
        !date_ok(0, 1, (unsigned)(day > 40 ? day - 40 : day)))
        return false;
    for (size_t i = 0; i < 15; i++) {
        unsigned v = (unsigned)(is_digit(c[i]) ? c[i] - '0' : c[i] - 'A');

        sum += i % 2 == 0 ? odd[v] : v;
    }
    return (char)('A' + sum % 26) == c[15];
}

/* Seven digits of the firm, three of the office of its province, the check. */
bool id_it_vat(struct str s)
{
    char d[11];
    unsigned office;

    if (digits_of(behind(s, STR("IT")), " -_", d, sizeof(d)) != 11 ||
        number(d, 7) == 0)
        return false;
    office = number(d + 7, 3);
    return ((office >= 1 && office <= 100) || office == 120 || office == 121 ||
            office == 888 || office == 999) &&
           luhn_ok(d, 11);
}

/* --- Poland. */

/* The century stands in the month: 80, 0, 20, 40, 60. */
bool id_pl_pesel(struct str s)
{
    static const unsigned char weights[] = {1, 3, 7, 9, 1, 3, 7, 9, 1, 3};
    static const unsigned centuries[] = {1900, 2000, 2100, 2200, 1800};
    char d[11];
    unsigned month;

    if (digits_of(s, " -", d, sizeof(d)) != 11)
        return false;
    month = number(d + 2, 2);
    return date_ok(centuries[month / 20] + number(d, 2), month % 20,
                   number(d + 4, 2)) &&
           (10 - weigh(d, weights, 10) % 10) % 10 == number(d + 10, 1);
}

bool id_pl_nip(struct str s)
{
    static const unsigned char weights[] = {6, 5, 7, 2, 3, 4, 5, 6, 7};
    char d[10];

    return digits_of(behind(s, STR("PL")), " -", d, sizeof(d)) == 10 &&
           number(d, 3) != 0 && longest_equal(d, 10) < 10 &&
           weigh(d, weights, 9) % 11 == number(d + 9, 1);
}

/* --- Sweden. */

/* Year, month, day (60 more for a coordination number), three digits, Luhn. */
bool id_se_person(struct str s)
{
    char c[12];
    size_t n = digits_of(s, " +-", c, sizeof(c));
    const char *d = n == 12 ? c + 2 : c;
    unsigned day;

    if ((n != 10 && n != 12) ||
        (n == 12 && (number(c, 2) < 18 || number(c, 2) > 20)))
        return false;
    day = number(d + 4, 2);
    return date_ok(number(d, 2), number(d + 2, 2), day > 60 ? day - 60 : day) &&
           number(d + 6, 3) != 0 && luhn_ok(d, 10);
}

bool id_se_organisation(struct str s)
{
    char d[10];

    return digits_of(s, " -", d, sizeof(d)) == 10 && d[0] != '0' &&
           d[2] >= '2' && longest_equal(d, 10) < 10 && luhn_ok(d, 10);
}

/* --- Turkey. */

bool id_tr_id(struct str s)
{
    static const unsigned char tenth[] = {7, 9, 7, 9, 7, 9, 7, 9, 7};
    static const unsigned char one[] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    char d[11];

    /* 9 stands for -1, mod 10. */
    return digits_of(s, " ", d, sizeof(d)) == 11 && d[0] != '0' &&
           weigh(d, tenth, 9) % 10 == number(d + 9, 1) &&
           weigh(d, one, 10) % 10 == number(d + 10, 1);
}

/* --- The United Kingdom. */

bool id_uk_nhs(struct str s)
{
    static const unsigned char weights[] = {10, 9, 8, 7, 6, 5, 4, 3, 2, 1};
    char d[10];

    return digits_of(s, " -", d, sizeof(d)) == 10 &&
           longest_equal(d, 10) < 10 && weigh(d, weights, 10) % 11 == 0;
}

bool id_uk_nino(struct str s)
{
    static const char never[][3] = {"BG", "GB", "KN", "NK", "NT", "TN", "ZZ"};
    char c[9];

    if (compact(s, " -", c, sizeof(c)) != 9 || !is_letter(c[0]) ||
        !is_letter(c[1]) || !all_digits(c + 2, 6) || c[8] < 'A' || c[8] > 'D' ||
        strchr("DFIQUV", c[0]) != NULL || strchr("DFIQUVO", c[1]) != NULL)
        return false;
    for (size_t i = 0; i < ARRAY_LEN(never); i++)
        if (!memcmp(c, never[i], 2))
            return false;
    return true;
}

/*
 * Five letters of the surname (9 where it is shorter), decade, month (50 more
 * for women), day, year, two initials, a digit and two more characters.
 */
bool id_uk_driver(struct str s)
{
    char c[16];
    unsigned month;
    size_t i = 0;

    if (compact(s, " ", c, sizeof(c)) != 16 || !is_letter(c[0]) ||
        !all_digits(c + 5, 6))
        return false;
    while (i < 5 && is_letter(c[i]))
        i++;
    for (; i < 5; i++)
        if (c[i] != '9')
            return false;
    month = number(c + 6, 2);
    return date_ok(0, month > 50 ? month - 50 : month, number(c + 8, 2)) &&
           is_letter(c[11]) && (is_letter(c[12]) || c[12] == '9');
}

/*
 * Since 2001: two letters, age, three letters. The age is the last two digits
 * of a year from March on, and 50 more from September on. Before: a letter for
 * the year at the front, from 1983, or at the end, from 1963.
 */
bool id_uk_plate(struct str s)
{
    char c[7];
    size_t n = compact(s, " -", c, sizeof(c)), letters = 0, digits;
    unsigned age;

    while (letters < n && is_letter(c[letters]))
        letters++;
    for (digits = 0; letters + digits < n && is_digit(c[letters + digits]);)
        digits++;
    for (size_t i = letters + digits; i < n; i++)
        if (!is_letter(c[i]))
            return false;
    if (n == 7 && letters == 2 && digits == 2) {
        age = number(c + 2, 2);
        return strchr("IQZ", c[0]) == NULL && strchr("IQZ", c[1]) == NULL &&
               strchr("IQ", c[4]) == NULL && strchr("IQ", c[5]) == NULL &&
               strchr("IQ", c[6]) == NULL &&
               ((age >= 2 && age <= 29) || (age >= 51 && age <= 79));
    }
    if (digits == 0 || digits > 3 || c[letters] == '0')
        return false;
    if (letters == 1 && n == 1 + digits + 3)
        return strchr("IOQUZ", c[0]) == NULL;
    return letters == 3 && n == 3 + digits + 1 &&
           strchr("IOQUZ", c[n - 1]) == NULL;
}

/* Poland, identity card: three letters, the check, five digits. */
bool id_pl_card(struct str s)
{
    static const unsigned char weights[] = {7, 3, 1, 9, 7, 3, 1, 7, 3};
    char c[9];
    unsigned sum = 0;

    if (compact(s, " ", c, sizeof(c)) != 9 || !all_digits(c + 3, 6))
        return false;
    for (size_t i = 0; i < 3; i++) {
        if (!is_letter(c[i]))
            return false;
        sum += (unsigned)(c[i] - 'A' + 10) * weights[i];
    }
    return (sum + weigh(c + 3, weights + 3, 6)) % 10 == 0;
}

/* Spain, social security: province, eight digits, the check; the first of the
 * eight does not count if it is 0. */
bool id_es_insurance(struct str s)
{
    char d[12];
    uint64_t all;

    if (digits_of(s, " /.-", d, sizeof(d)) != 12 || longest_equal(d, 12) > 8 ||
        number(d, 2) == 0 || number(d, 2) > 66)
        return false;
    all = d[2] == '0' ? lead(d, 2) * 10000000 + lead(d + 3, 7) : lead(d, 10);
    return all % 97 == number(d + 10, 2);
}

/* United Kingdom, value added tax: seven digits and the check, of a branch
 * three more. XI is Northern Ireland. */
bool id_uk_vat(struct str s)
{
    static const unsigned char weights[] = {8, 7, 6, 5, 4, 3, 2};
    char c[14];
    size_t n = compact(s, " -", c, sizeof(c)), at = 0;
    unsigned sum;

    if (n > 2 && (!memcmp(c, "GB", 2) || !memcmp(c, "XI", 2)))
        at = 2;
    if ((n - at != 9 && n - at != 12) || !all_digits(c + at, n - at) ||
        longest_equal(c + at, 9) > 6)
        return false;
    sum = weigh(c + at, weights, 7) + number(c + at + 7, 2);
    return sum % 97 == 0 || (sum + 55) % 97 == 0;
}
