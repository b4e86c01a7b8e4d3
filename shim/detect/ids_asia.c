#include "detect/ids.h"

#include "detect/numbers.h"

/* --- China. */

/* A province (or Hong Kong, Macao, Taiwan: 81-83) and place, day of birth, a
 * serial number, the check. */
bool id_cn_resident(struct str s)
{
    static const unsigned char weights[] = {7, 9, 10, 5,  8, 4, 2, 1, 6,
                                            3, 7, 9,  10, 5, 8, 4, 2};
    static const char regions[] = "11 12 13 14 15 21 22 23 31 32 33 34 35 36 "
                                  "37 41 42 43 44 45 46 50 51 52 53 54 61 62 "
                                  "63 64 65 71 81 82 83 ";
    char c[18], region[4] = {0};
    unsigned year;

    if (compact(s, " -", c, sizeof(c)) != 18 || !all_digits(c, 17))
        return false;
    memcpy(region, c, 2);
    region[2] = ' ';
    year = number(c + 6, 4);
    return strstr(regions, region) != NULL && year >= 1880 && year < 2100 &&
           date_ok(year, number(c + 10, 2), number(c + 12, 2)) &&
           c[17] == "10X98765432"[weigh(c, weights, 17) % 11];
}

/* --- Hong Kong, Taiwan, Israel. */

/* One letter, or two, six digits, the check, A for 10. */
bool id_hk_card(struct str s)
{
    static const unsigned char weights[] = {7, 6, 5, 4, 3, 2};
    char c[9];
    size_t n = compact(s, " ()", c, sizeof(c)), name = n - 7;
    unsigned sum;

    if ((n != 8 && n != 9) || !is_letter(c[0]) || !is_letter(c[name - 1]) ||
        !all_digits(c + name, 6) || (!is_digit(c[n - 1]) && c[n - 1] != 'A'))
        return false;
    sum = 8 * (unsigned)(c[name - 1] - 'A' + 10) +
          9 * (name == 2 ? (unsigned)(c[0] - 'A' + 10) : 36) +
          weigh(c + name, weights, 6);
    return (11 - sum % 11) % 11 ==
           (c[n - 1] == 'A' ? 10 : number(c + n - 1, 1));
}

/* The letter stands for a place, in two digits. */
bool id_tw_card(struct str s)
{
    static const unsigned char places[] = {10, 11, 12, 13, 14, 15, 16, 17, 34,
                                           18, 19, 20, 21, 22, 35, 23, 24, 25,
                                           26, 27, 28, 29, 32, 30, 31, 33};
    static const unsigned char weights[] = {8, 7, 6, 5, 4, 3, 2, 1, 1};
    char c[10];
    unsigned place;

    if (compact(s, " ", c, sizeof(c)) != 10 || !is_letter(c[0]) ||
        !all_digits(c + 1, 9) || strchr("1289", c[1]) == NULL)
        return false;
    place = places[c[0] - 'A'];
    return (place / 10 + place % 10 * 9 + weigh(c + 1, weights, 9)) % 10 == 0;
}

bool id_il_id(struct str s)
{
    char d[9];

    return digits_of(s, " -", d, sizeof(d)) == 9 && longest_equal(d, 9) < 9 &&
           luhn_ok(d, 9);
}

/* --- India. */

bool id_in_aadhaar(struct str s)
{
    char d[12];
    bool same = true;

    if (digits_of(s, " -:", d, sizeof(d)) != 12 || d[0] < '2')
        return false;
    for (size_t i = 0; i < 6; i++)
        same = same && d[i] == d[11 - i];
    return !same && verhoeff_ok(d, 12);
}

static bool is_pan(const char *c)
{
    for (size_t i = 0; i < 5; i++)
        if (!is_letter(c[i]))
            return false;
    return strchr("ABCFGHJLPT", c[3]) != NULL && all_digits(c + 5, 4) &&
           is_letter(c[9]);
}

bool id_in_pan(struct str s)
{
    char c[10];

    return compact(s, "", c, sizeof(c)) == 10 && is_pan(c);
}

static unsigned base36(char c)
{
    return (unsigned)(is_digit(c) ? c - '0' : c - 'A' + 10);
}

/* State, the firm's PAN, a number within the state, Z, the check. */
bool id_in_gstin(struct str s)
{
    char c[15];
    unsigned sum = 0;

    if (compact(s, "", c, sizeof(c)) != 15 || !all_digits(c, 2) ||
        number(c, 2) == 0 || (number(c, 2) > 38 && number(c, 2) < 97) ||
        !is_pan(c + 2) || c[12] == '0' || c[13] != 'Z')
        return false;
    for (size_t i = 0; i < 14; i++) {
        unsigned v = base36(c[i]) * (i % 2 == 0 ? 1 : 2);

        sum += v / 36 + v % 36;
    }
    return (36 - sum % 36) % 36 == base36(c[14]);
}

/* A state, a district of two digits, a series of up to three letters. */
bool id_in_plate(struct str s)
{
    static const char states[] =
        "AN AP AR AS BR CG CH DD DH DL DN GA GJ HP HR JH JK KA KL LA LD MH ML "
        "MN MP MZ NL OD OR PB PY RJ SK TG TN TR TS UA UK UP WB ";
    char c[11], state[4] = {0};
    size_t n = compact(s, " -", c, sizeof(c)), i = 2, letters = 0;

    if (n < 6)
        return false;
    memcpy(state, c, 2);
    state[2] = ' ';
    if (!is_letter(c[0]) || !is_letter(c[1]) || strstr(states, state) == NULL)
        return false;
    while (i < n && i < 4 && is_digit(c[i]))
        i++;
    if (i == 2)
        return false;
    for (; i + 4 < n && is_letter(c[i]); i++)
        letters++;
    return letters <= 3 && n - i <= 4 && all_digits(c + i, n - i);
}

/* --- Japan. */

bool id_jp_number(struct str s)
{
    static const unsigned char weights[] = {6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2};
    char d[12];
    unsigned rest;

    if (digits_of(s, " -", d, sizeof(d)) != 12 || longest_equal(d, 12) == 12)
        return false;
    rest = weigh(d, weights, 11) % 11;
    return (rest < 2 ? 0 : 11 - rest) == number(d + 11, 1);
}

/* --- Korea. */

/* Day of birth, a digit for century and sex, the rest of seven. */
static bool korean(struct str s, char least, char most, unsigned add)
{
    static const unsigned char weights[] = {2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5};
    char d[13];

    return digits_of(s, " -", d, sizeof(d)) == 13 && d[6] >= least &&
           d[6] <= most &&
           date_ok(number(d, 2), number(d + 2, 2), number(d + 4, 2)) &&
           (add - weigh(d, weights, 12) % 11) % 10 == number(d + 12, 1);
}

bool id_kr_rrn(struct str s)
{
    return korean(s, '1', '4', 11);
}

bool id_kr_frn(struct str s)
{
    return korean(s, '5', '8', 13);
}

bool id_kr_brn(struct str s)
{
    static const unsigned char weights[] = {1, 3, 7, 1, 3, 7, 1, 3, 5};
    char d[10];
    unsigned sum;

    if (digits_of(s, " -", d, sizeof(d)) != 10 || longest_equal(d, 10) == 10)
        return false;
    sum = weigh(d, weights, 9) + number(d + 8, 1) * 5 / 10;
    return (10 - sum % 10) % 10 == number(d + 9, 1);
}

bool id_kr_driver(struct str s)
{
    char d[12];

    return digits_of(s, " -", d, sizeof(d)) == 12 && number(d, 2) >= 11 &&
           number(d, 2) <= 28;
}

/* --- Singapore. */

bool id_sg_nric(struct str s)
{
    static const unsigned char weights[] = {2, 7, 6, 5, 4, 3, 2};
    char c[9];
    unsigned sum, rest;

    if (compact(s, "", c, sizeof(c)) != 9 || !all_digits(c + 1, 7))
        return false;
    sum = weigh(c + 1, weights, 7);
    rest = (sum + (c[0] == 'T' || c[0] == 'G' ? 4 : c[0] == 'M' ? 3 : 0)) % 11;
    switch (c[0]) {
    case 'S':
    case 'T':
        return "JZIHGFEDCBA"[rest] == c[8];
    case 'F':
    case 'G':
        return "XWUTRQPNMLK"[rest] == c[8];
    case 'M':
        return "KLJNPQRTUWX"[10 - rest] == c[8];
    default:
        return false;
    }
}

/* Of the last form letters and digits count alike, by their place here. */
static bool is_uen_other(const char *c)
{
    static const char places[] = "ABCDEFGHJKLMNPQRSTUVWX0123456789";
    static const unsigned char weights[] = {4, 3, 5, 3, 10, 2, 2, 5, 7};
    unsigned sum = 0;

    if (strchr("RST", c[0]) == NULL || !all_digits(c + 1, 2) ||
        !is_letter(c[3]) || !is_letter(c[4]) || !all_digits(c + 5, 4))
        return false;
    for (size_t i = 0; i < 9; i++) {
        const char *at = strchr(places, c[i]);

        if (at == NULL)
            return false;
        sum += (unsigned)(at - places) * weights[i];
    }
    return places[(sum + 11 - 5) % 11] == c[9];
}

bool id_sg_uen(struct str s)
{
    static const unsigned char firm[] = {10, 4, 9, 3, 8, 2, 7, 1};
    static const unsigned char local[] = {10, 8, 6, 4, 9, 7, 5, 3, 1};
    char c[10];
    size_t n = compact(s, "", c, sizeof(c));

    if (n == 9)
        return all_digits(c, 8) &&
               "XMKECAWLJDB"[weigh(c, firm, 8) % 11] == c[8];
    if (n != 10)
        return false;
    if (!is_digit(c[0]))
        return is_uen_other(c);
    return all_digits(c, 9) && number(c, 4) >= 1800 && number(c, 4) < 2100 &&
           "ZKCMDNERGWH"[weigh(c, local, 9) % 11] == c[9];
}

/* --- Thailand, the Philippines. */

bool id_th_id(struct str s)
{
    static const unsigned char weights[] = {13, 12, 11, 10, 9, 8,
                                            7,  6,  5,  4,  3, 2};
    char d[13];

    return digits_of(s, " -", d, sizeof(d)) == 13 && d[0] >= '1' &&
           d[0] <= '8' && d[1] != '0' &&
           (11 - weigh(d, weights, 12) % 11) % 10 == number(d + 12, 1);
}

/* Nine digits, and three or five of a branch. */
bool id_ph_tin(struct str s)
{
    static const unsigned char weights[] = {9, 8, 7, 6, 5, 4, 3, 2};
    char d[14];
    size_t n = digits_of(s, " -", d, sizeof(d));

    return (n == 9 || n == 12 || n == 14) && longest_equal(d, 9) < 9 &&
           weigh(d, weights, 8) % 11 == number(d + 8, 1);
}

/* --- Australia. */

bool id_au_abn(struct str s)
{
    static const unsigned char weights[] = {10, 1,  3,  5,  7, 9,
                                            11, 13, 15, 17, 19};
    char d[11];

    if (digits_of(s, " ", d, sizeof(d)) != 11 || d[0] == '0')
        return false;
    d[0]--;
    return weigh(d, weights, 11) % 89 == 0;
}

bool id_au_acn(struct str s)
{
    static const unsigned char weights[] = {8, 7, 6, 5, 4, 3, 2, 1};
    char d[9];

    return digits_of(s, " ", d, sizeof(d)) == 9 && longest_equal(d, 9) < 9 &&
           (10 - weigh(d, weights, 8) % 10) % 10 == number(d + 8, 1);
}

/* Eight digits, their check, the issue of the card; perhaps the person's. */
bool id_au_medicare(struct str s)
{
    static const unsigned char weights[] = {1, 3, 7, 9, 1, 3, 7, 9};
    char d[11];
    size_t n = digits_of(s, " -/", d, sizeof(d));

    return (n == 10 || n == 11) && d[0] >= '2' && d[0] <= '6' && d[9] != '0' &&
           weigh(d, weights, 8) % 10 == number(d + 8, 1);
}

bool id_au_tfn(struct str s)
{
    static const unsigned char weights[] = {1, 4, 3, 7, 5, 8, 6, 9, 10};
    char d[9];

    return digits_of(s, " -", d, sizeof(d)) == 9 && longest_equal(d, 9) < 9 &&
           weigh(d, weights, 9) % 11 == 0;
}

/* --- South Africa. */

/* Day of birth, four digits with the sex, citizenship (0, 1; 2 refugees). */
bool id_za_id(struct str s)
{
    char d[13];

    return digits_of(s, " ", d, sizeof(d)) == 13 &&
           date_ok(number(d, 2), number(d + 2, 2), number(d + 4, 2)) &&
           d[10] <= '2' && luhn_ok(d, 13);
}

/* --- The Emirates, Iran, Kuwait, Saudi Arabia; New Zealand. */

/* 784, the year of birth, seven digits, the check. */
bool id_ae_id(struct str s)
{
    char d[15];

    return digits_of(s, " -", d, sizeof(d)) == 15 && number(d, 3) == 784 &&
           (number(d + 3, 2) == 19 || number(d + 3, 2) == 20) && luhn_ok(d, 15);
}

bool id_ir_person(struct str s)
{
    static const unsigned char weights[] = {10, 9, 8, 7, 6, 5, 4, 3, 2};
    char d[10];
    unsigned rest;

    if (digits_of(s, " -", d, sizeof(d)) != 10 || longest_equal(d, 10) > 7)
        return false;
    rest = weigh(d, weights, 9) % 11;
    return (rest < 2 ? rest : 11 - rest) == number(d + 9, 1);
}

/* The century, the day of birth, four digits, the check. */
bool id_kw_civil(struct str s)
{
    static const unsigned char weights[] = {2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};
    char d[12];

    return digits_of(s, " ", d, sizeof(d)) == 12 &&
           (d[0] == '2' || d[0] == '3') &&
           date_ok(number(d + 1, 2), number(d + 3, 2), number(d + 5, 2)) &&
           11 - weigh(d, weights, 11) % 11 == number(d + 11, 1);
}

bool id_sa_id(struct str s)
{
    char d[10];

    return digits_of(s, " -", d, sizeof(d)) == 10 &&
           (d[0] == '1' || d[0] == '2') && longest_equal(d, 10) < 8 &&
           luhn_ok(d, 10);
}

/* Eight or nine digits; by other weights where the first leave 10. */
bool id_nz_ird(struct str s)
{
    static const unsigned char first[] = {3, 2, 7, 6, 5, 4, 3, 2};
    static const unsigned char second[] = {7, 4, 3, 2, 5, 2, 7, 6};
    char c[9], d[9];
    size_t n = digits_of(s, " -", c, sizeof(c));
    unsigned rest;

    if (n != 8 && n != 9)
        return false;
    d[0] = '0';
    memcpy(d + 9 - n, c, n);
    if (number(d, 9) < 10000000 || number(d, 9) > 150000000)
        return false;
    rest = (11 - weigh(d, first, 8) % 11) % 11;
    if (rest == 10)
        rest = (11 - weigh(d, second, 8) % 11) % 11;
    return rest == number(d + 8, 1);
}

/* Health: three letters without I and O, three digits, the check. */
bool id_nz_health(struct str s)
{
    static const char letters[] = "ABCDEFGHJKLMNPQRSTUVWXYZ";
    static const unsigned char weights[] = {4, 3, 2};
    char c[7];
    unsigned sum = 0;

    if (compact(s, " ", c, sizeof(c)) != 7 || !all_digits(c + 3, 4))
        return false;
    for (unsigned i = 0; i < 3; i++) {
        const char *at = strchr(letters, c[i]);

        if (at == NULL)
            return false;
        sum += (unsigned)(at - letters + 1) * (7 - i);
    }
    sum = (sum + weigh(c + 3, weights, 3)) % 11;
    return sum != 0 && (11 - sum) % 10 == number(c + 6, 1);
}
