#include "detect/ids.h"

#include "detect/numbers.h"

/* --- Brazil. */

/* Weights of the second check digit; those of the first begin one later. */
static bool brazilian(const char *c, const unsigned char *weights, size_t n)
{
    for (size_t i = 1; i <= 2; i++) {
        size_t before = n - 3 + i;
        unsigned rest = weigh(c, weights + 2 - i, before) % 11;

        if ((rest < 2 ? 0 : 11 - rest) != number(c + before, 1))
            return false;
    }
    return longest_equal(c, n) < n;
}

bool id_br_cpf(struct str s)
{
    static const unsigned char weights[] = {11, 10, 9, 8, 7, 6, 5, 4, 3, 2};
    char d[11];

    return digits_of(s, " .-/", d, sizeof(d)) == 11 &&
           brazilian(d, weights, 11);
}

/* Letters count from where they stand in ASCII: A is 17. */
bool id_br_cnpj(struct str s)
{
    static const unsigned char weights[] = {6, 5, 4, 3, 2, 9, 8,
                                            7, 6, 5, 4, 3, 2};
    char c[14];

    return compact(s, " .-/", c, sizeof(c)) == 14 && all_digits(c + 12, 2) &&
           brazilian(c, weights, 14);
}

/* Of people in the public health service. */
bool id_br_cns(struct str s)
{
    static const unsigned char weights[] = {15, 14, 13, 12, 11, 10, 9, 8,
                                            7,  6,  5,  4,  3,  2,  1};
    char d[15];

    return digits_of(s, " ", d, sizeof(d)) == 15 &&
           strchr("12789", d[0]) != NULL && longest_equal(d, 15) < 9 &&
           weigh(d, weights, 15) % 11 == 0;
}

/* --- Mexico. */

#define ENYE '#' /* in a copy: the letter has two bytes */

/* Where a character stands in the list of the decree. */
static unsigned mexican(char c)
{
    if (is_digit(c))
        return (unsigned)(c - '0');
    if (c == '&')
        return 24;
    if (c == ENYE)
        return 38;
    return (unsigned)(c - 'A') + (c <= 'N' ? 10 : 11);
}

/* Four letters, day of birth, sex, state, three consonants, one against equal
 * ones, the check. */
bool id_mx_curp(struct str s)
{
    static const char states[] =
        "AS BC BS CC CH CL CM CS DF DG GR GT HG JC MC MN MS NE NL NT OC PL QR "
        "QT SL SP SR TC TL TS VZ YN ZS ";
    char c[18], state[4] = {0};
    unsigned sum = 0;

    if (compact(s, " -", c, sizeof(c)) != 18 || !all_digits(c + 4, 6) ||
        !is_digit(c[17]) || strchr("HMX", c[10]) == NULL)
        return false;
    for (size_t i = 0; i < 16; i++)
        if ((i < 4 || i > 9) && !is_letter(c[i]))
            return false;
    memcpy(state, c + 11, 2);
    state[2] = ' ';
    if (strstr(states, state) == NULL ||
        !date_ok(number(c + 4, 2), number(c + 6, 2), number(c + 8, 2)))
        return false;
    for (size_t i = 0; i < 17; i++)
        sum += mexican(c[i]) * (18 - (unsigned)i);
    return (10 - sum % 10) % 10 == number(c + 17, 1);
}

/* The characters that such a number may have, as capitals; 0 if too many. */
static size_t rfc_copy(struct str s, char out[13])
{
    size_t n = 0;

    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];

        if (c == ' ' || c == '-')
            continue;
        if (c == '\xc3' && i + 1 < s.len &&
            (s.ptr[i + 1] == '\x91' || s.ptr[i + 1] == '\xb1')) {
            c = ENYE;
            i++;
        } else if (is_alpha(c)) {
            c &= 0x5f;
        } else if (!is_digit(c) && c != '&') {
            return 0;
        }
        if (n == 13)
            return 0;
        out[n++] = c;
    }
    return n;
}

/* Four letters of a person, or three of a firm; a day, two characters against
 * equal ones, the check. */
bool id_mx_rfc(struct str s)
{
    char c[13];
    size_t n = rfc_copy(s, c), name = n - 9;
    unsigned sum = n == 12 ? 37 * 13 : 0; /* a firm has a blank before it */

    if ((n != 12 && n != 13) || !all_digits(c + name, 6) ||
        !date_ok(number(c + name, 2), number(c + name + 2, 2),
                 number(c + name + 4, 2)))
        return false;
    for (size_t i = 0; i < n; i++)
        if (i < name ? is_digit(c[i])
                     : i >= name + 6 && !is_digit(c[i]) && !is_letter(c[i]))
            return false;
    for (size_t i = 0; i + 1 < n; i++)
        sum += mexican(c[i]) * (unsigned)(n - i);
    return mexican(c[n - 1]) == (11 - sum % 11) % 11;
}

/* Bank, town, account, the check. */
bool id_mx_clabe(struct str s)
{
    static const unsigned char weights[] = {3, 7, 1};
    char d[18];
    unsigned sum = 0;

    if (digits_of(s, " -", d, sizeof(d)) != 18 || number(d, 3) == 0 ||
        longest_equal(d, 18) > 11)
        return false;
    for (size_t i = 0; i < 17; i++)
        sum += number(d + i, 1) * weights[i % 3] % 10;
    return (10 - sum % 10) % 10 == number(d + 17, 1);
}

/* --- Argentina, Chile. */

bool id_ar_cuit(struct str s)
{
    static const unsigned char weights[] = {5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1};
    static const char kinds[] = "20 23 24 25 26 27 30 33 34 ";
    char d[11], kind[4] = {0};

    if (digits_of(s, " -", d, sizeof(d)) != 11)
        return false;
    memcpy(kind, d, 2);
    kind[2] = ' ';
    return strstr(kinds, kind) != NULL && longest_equal(d + 2, 9) < 9 &&
           weigh(d, weights, 11) % 11 == 0;
}

/* Seven or eight digits and the check, K for 10. */
bool id_cl_rut(struct str s)
{
    char c[9];
    size_t n = compact(s, " .-", c, sizeof(c));
    unsigned sum = 0;

    if ((n != 8 && n != 9) || c[0] == '0' || !all_digits(c, n - 1) ||
        longest_equal(c, n - 1) == n - 1)
        return false;
    for (size_t i = 0; i + 1 < n; i++)
        sum += number(c + n - 2 - i, 1) * (unsigned)(2 + i % 6);
    return c[n - 1] == "0K987654321"[sum % 11];
}

/* --- Colombia, the Dominican Republic, Ecuador, Peru, Uruguay. */

/* Nine or ten digits and the check. */
bool id_co_nit(struct str s)
{
    static const unsigned char weights[] = {3,  7,  13, 17, 19,
                                            23, 29, 37, 41, 43};
    char d[11];
    size_t n = digits_of(s, " .-", d, sizeof(d));
    unsigned sum = 0;

    if ((n != 10 && n != 11) || d[0] == '0' || longest_equal(d, n) > 7)
        return false;
    for (size_t i = 0; i + 1 < n; i++)
        sum += number(d + n - 2 - i, 1) * weights[i];
    sum %= 11;
    return (sum < 2 ? sum : 11 - sum) == number(d + n - 1, 1);
}

bool id_do_cedula(struct str s)
{
    char d[11];

    return digits_of(s, " -", d, sizeof(d)) == 11 && longest_equal(d, 11) < 8 &&
           luhn_ok(d, 11);
}

/* The province, a digit below six, the check. */
bool id_ec_cedula(struct str s)
{
    char d[10];
    unsigned province;

    if (digits_of(s, " -", d, sizeof(d)) != 10 || d[2] > '5')
        return false;
    province = number(d, 2);
    return ((province >= 1 && province <= 24) || province == 30) &&
           luhn_ok(d, 10);
}

bool id_pe_ruc(struct str s)
{
    static const unsigned char weights[] = {5, 4, 3, 2, 7, 6, 5, 4, 3, 2};
    char d[11];

    return digits_of(s, " -", d, sizeof(d)) == 11 &&
           (d[0] == '1' || d[0] == '2') && longest_equal(d + 2, 9) < 8 &&
           (11 - weigh(d, weights, 10) % 11) % 10 == number(d + 10, 1);
}

bool id_uy_cedula(struct str s)
{
    static const unsigned char weights[] = {2, 9, 8, 7, 6, 3, 4, 1};
    char d[8];

    return digits_of(s, " .-", d, sizeof(d)) == 8 && longest_equal(d, 8) < 7 &&
           weigh(d, weights, 8) % 10 == 0;
}
