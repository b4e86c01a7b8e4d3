#include "detect/ids.h"

#include "detect/numbers.h"

bool id_us_itin(struct str s)
{
    char d[9];
    size_t n = digits_of(s, " -", d, sizeof(d));
    uint64_t group = n == 9 ? lead(d + 3, 2) : 0;

    return n == 9 && d[0] == '9' &&
           ((group >= 50 && group <= 65) || (group >= 70 && group <= 88) ||
            (group >= 90 && group <= 92) || group >= 94);
}

bool id_us_npi(struct str s)
{
    char d[15] = "80840";

    return digits_of(s, " -", d + 5, 10) == 10 &&
           (d[5] == '1' || d[5] == '2') && longest_equal(d + 6, 9) < 9 &&
           luhn_ok(d, 15);
}

/* A letter for the kind of registrant, one of the name (or 9), seven digits. */
bool id_us_dea(struct str s)
{
    static const char kinds[] = "ABCDEFGHJKLMNPRSTUX";
    char c[9];
    uint64_t odd, even;

    if (compact(s, " -", c, sizeof(c)) != 9 || strchr(kinds, c[0]) == NULL ||
        (is_digit(c[1]) && c[1] != '9'))
        return false;
    for (size_t i = 2; i < 9; i++)
        if (!is_digit(c[i]))
            return false;
    odd = lead(c + 2, 1) + lead(c + 4, 1) + lead(c + 6, 1);
    even = lead(c + 3, 1) + lead(c + 5, 1) + lead(c + 7, 1);
    return (odd + 2 * even) % 10 == lead(c + 8, 1);
}

/* C: 1-9, A: letters but S L O I B Z, N: 0-9, X: A or N. */
bool id_us_mbi(struct str s)
{
    static const char form[] = "CAXNAXNAANN";
    char c[11];

    if (compact(s, " -", c, sizeof(c)) != 11)
        return false;
    for (size_t i = 0; i < 11; i++) {
        bool digit = is_digit(c[i]);

        if (!digit && strchr("SLOIBZ", c[i]) != NULL)
            return false;
        if ((form[i] == 'A' && digit) || (form[i] == 'N' && !digit) ||
            (form[i] == 'C' && (!digit || c[i] == '0')))
            return false;
    }
    return true;
}

bool id_ca_sin(struct str s)
{
    char d[9];

    return digits_of(s, " -", d, sizeof(d)) == 9 && d[0] != '0' &&
           d[0] != '8' && longest_equal(d, 9) < 9 && luhn_ok(d, 9);
}

/* British Columbia, health: 9, eight digits, the check. */
bool id_ca_health(struct str s)
{
    static const unsigned char weights[] = {2, 4, 8, 5, 10, 9, 7, 3};
    char d[10];

    return digits_of(s, " -", d, sizeof(d)) == 10 && d[0] == '9' &&
           11 - weigh(d + 1, weights, 8) % 11 == number(d + 9, 1);
}
