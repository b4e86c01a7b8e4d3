#ifndef SP_DETECT_NUMBERS_H
#define SP_DETECT_NUMBERS_H

#include "base/str.h"

/* Digits and sums, as the checks of numbers need them. */

/* digits_of - the digits of s into out; 0 if there is another byte than these
 * and the separators, or more than `room` of them. */
size_t digits_of(struct str s, const char *separators, char *out, size_t room);

/* compact - letters (as capitals) and digits of s into out; the same. */
size_t compact(struct str s, const char *separators, char *out, size_t room);

/* lead - the first n digits as a number; n is at most 18. */
uint64_t lead(const char *digits, size_t n);

static inline unsigned number(const char *digits, size_t n)
{
    return (unsigned)lead(digits, n);
}

static inline bool is_letter(char c)
{
    return c >= 'A' && c <= 'Z';
}

/* all_digits - are all of the n bytes digits? */
bool all_digits(const char *p, size_t n);

/* weigh - the sum of n digits, each with its weight. */
unsigned weigh(const char *digits, const unsigned char *weights, size_t n);

/* cross - the same, but of each product the sum of its digits. */
unsigned cross(const char *digits, const unsigned char *weights, size_t n);

/* date_ok - is there such a day? Two digits of a year are read as 19 or 20. */
bool date_ok(unsigned year, unsigned month, unsigned day);

/* luhn_ok - Luhn's sum (ISO/IEC 7812-1, annex B) over n ASCII digits. */
bool luhn_ok(const char *digits, size_t n);

/* mod11_10_ok - the last of n digits is the check of ISO/IEC 7064, mod 11,10.
 */
bool mod11_10_ok(const char *digits, size_t n);

/* verhoeff_ok - Verhoeff's sum over n digits, the last one its check (J.
 * Verhoeff, Error detecting decimal codes, 1969). */
bool verhoeff_ok(const char *digits, size_t n);

/* icao_ok - ICAO Doc 9303-3, 4.9: weights 7, 3, 1 over n - 1 capitals and
 * digits, mod 10; the last is the check digit. */
bool icao_ok(const char *text, size_t n);

/* The longest run of equal bytes, and of bytes each one above the last. */
size_t longest_equal(const char *p, size_t n);
size_t longest_ascent(const char *p, size_t n);

#endif
