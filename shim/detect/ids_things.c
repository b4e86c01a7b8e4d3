#include "detect/ids.h"

#include "detect/numbers.h"

/* Three characters of the maker, five of the model, the check, the year, eight
 * more, of which the last four count. */
static bool vin_copy(struct str s, char c[17])
{
    size_t digits = 0;

    if (compact(s, " -", c, 17) != 17 || !all_digits(c + 13, 4))
        return false;
    for (size_t i = 0; i < 17; i++) {
        if (strchr("IOQ", c[i]) != NULL)
            return false;
        digits += is_digit(c[i]);
    }
    return digits < 17 && longest_equal(c, 17) < 9;
}

bool id_vin(struct str s)
{
    char c[17];

    return vin_copy(s, c);
}

bool id_vin_checked(struct str s)
{
    static const unsigned char weights[] = {8, 7, 6, 5, 4, 3, 2, 10, 0,
                                            9, 8, 7, 6, 5, 4, 3, 2};
    /* A-H are 1-8, J-R 1-9, S-Z 2-9. */
    static const unsigned char letters[] = {1, 2, 3, 4, 5, 6, 7, 8, 0,
                                            1, 2, 3, 4, 5, 0, 7, 0, 9,
                                            2, 3, 4, 5, 6, 7, 8, 9};
    char c[17];
    unsigned sum = 0;

    if (!vin_copy(s, c))
        return false;
    for (size_t i = 0; i < 17; i++)
        sum += weights[i] *
               (is_digit(c[i]) ? number(c + i, 1) : letters[c[i] - 'A']);
    return c[8] == "0123456789X"[sum % 11];
}

bool id_imei(struct str s)
{
    char d[15];

    return digits_of(s, " -/.", d, sizeof(d)) == 15 && number(d, 2) != 0 &&
           longest_equal(d, 15) < 9 && luhn_ok(d, 15);
}

/* Second line of a passport's machine readable zone: number, state, day of
 * birth, sex, last day; three of its checks. */
bool id_passport_zone(struct str s)
{
    char c[44];
    size_t n = compact(s, "<", c, sizeof(c));

    return n >= 28 && icao_ok(c, 10) && icao_ok(c + 13, 7) &&
           icao_ok(c + 21, 7) &&
           date_ok(number(c + 13, 2), number(c + 15, 2), number(c + 17, 2)) &&
           date_ok(number(c + 21, 2), number(c + 23, 2), number(c + 25, 2));
}
