#include "detect/numbers.h"

size_t digits_of(struct str s, const char *separators, char *out, size_t room)
{
    size_t n = 0;

    for (size_t i = 0; i < s.len; i++) {
        if (is_digit(s.ptr[i])) {
            if (n == room)
                return 0;
            out[n++] = s.ptr[i];
        } else if (s.ptr[i] == 0 || strchr(separators, s.ptr[i]) == NULL) {
            return 0;
        }
    }
    return n;
}

size_t compact(struct str s, const char *separators, char *out, size_t room)
{
    size_t n = 0;

    for (size_t i = 0; i < s.len; i++) {
        char c = to_lower(s.ptr[i]);

        if (is_digit(c) || (c >= 'a' && c <= 'z')) {
            if (n == room)
                return 0;
            out[n++] = is_digit(c) ? c : (char)(c - 'a' + 'A');
        } else if (c == 0 || strchr(separators, c) == NULL) {
            return 0;
        }
    }
    return n;
}

bool all_digits(const char *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!is_digit(p[i]))
            return false;
    return true;
}

uint64_t lead(const char *digits, size_t n)
{
    uint64_t v = 0;

    for (size_t i = 0; i < n; i++)
        v = v * 10 + (uint64_t)(digits[i] - '0');
    return v;
}

unsigned weigh(const char *digits, const unsigned char *weights, size_t n)
{
    unsigned sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += (unsigned)(digits[i] - '0') * weights[i];
    return sum;
}

unsigned cross(const char *digits, const unsigned char *weights, size_t n)
{
    unsigned sum = 0;

    for (size_t i = 0; i < n; i++) {
        unsigned v = (unsigned)(digits[i] - '0') * weights[i];

        sum += v / 10 + v % 10;
    }
    return sum;
}

bool date_ok(unsigned year, unsigned month, unsigned day)
{
    static const unsigned char days[] = {31, 29, 31, 30, 31, 30,
                                         31, 31, 30, 31, 30, 31};

    if (month == 0 || month > 12 || day == 0 || day > days[month - 1])
        return false;
    if (month != 2 || day < 29)
        return true;
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0 || year == 0);
}

bool luhn_ok(const char *digits, size_t n)
{
    unsigned sum = 0;

    for (size_t i = 0; i < n; i++) {
        unsigned d = (unsigned)(digits[n - 1 - i] - '0');

        if (i % 2 == 1)
            d = d * 2 > 9 ? d * 2 - 9 : d * 2;
        sum += d;
    }
    return n != 0 && sum % 10 == 0;
}

bool mod11_10_ok(const char *digits, size_t n)
{
    unsigned p = 10;

    if (n < 2)
        return false;
    for (size_t i = 0; i + 1 < n; i++) {
        unsigned s = ((unsigned)(digits[i] - '0') + p) % 10;

        p = (s == 0 ? 10 : s) * 2 % 11;
    }
    return (p + (unsigned)(digits[n - 1] - '0')) % 10 == 1;
}

/* The group of the pentagon's ten symmetries, 0-4 turns and 5-9 flips. */
static unsigned turn(unsigned a, unsigned b)
{
    if (a < 5)
        return b < 5 ? (a + b) % 5 : 5 + (a + b) % 5;
    return b < 5 ? 5 + (a - b) % 5 : (a - b + 5) % 5;
}

bool verhoeff_ok(const char *digits, size_t n)
{
    static const unsigned char step[10] = {1, 5, 7, 6, 2, 8, 3, 0, 9, 4};
    unsigned sum = 0;

    for (size_t i = 0; i < n; i++) {
        unsigned d = (unsigned)(digits[n - 1 - i] - '0');

        for (size_t k = 0; k < i % 8; k++)
            d = step[d];
        sum = turn(sum, d);
    }
    return n != 0 && sum == 0;
}

bool icao_ok(const char *text, size_t n)
{
    static const unsigned char weights[] = {7, 3, 1};
    unsigned sum = 0;

    if (n < 2 || !is_digit(text[n - 1]))
        return false;
    for (size_t i = 0; i + 1 < n; i++) {
        char c = text[i];

        sum +=
            (unsigned)(is_digit(c) ? c - '0' : c - 'A' + 10) * weights[i % 3];
    }
    return sum % 10 == (unsigned)(text[n - 1] - '0');
}

size_t longest_equal(const char *p, size_t n)
{
    size_t best = 0, run = 0;

    for (size_t i = 0; i < n; i++) {
        run = i > 0 && p[i] == p[i - 1] ? run + 1 : 1;
        best = run > best ? run : best;
    }
    return best;
}

size_t longest_ascent(const char *p, size_t n)
{
    size_t best = 0, run = 0;

    for (size_t i = 0; i < n; i++) {
        run = i > 0 && p[i] == p[i - 1] + 1 ? run + 1 : 1;
        best = run > best ? run : best;
    }
    return best;
}
