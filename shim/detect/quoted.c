#include "detect/decode.h"

/*
 * What stands behind an = may be a value, and no character in quoted-printable:
 * "ip=10.0.0.1", "status=200", "id=41f5d2c0". Logs are full of them.
 */

#define TOLD 6u /* bytes behind the two digits that are looked at */

/* Behind the two digits: how many more there are. */
static size_t digits_behind(struct str s)
{
    size_t n = 0;

    while (n < TOLD && n + 3 < s.len && hex_value(s.ptr[n + 3]) >= 0)
        n++;
    return n;
}

bool quoted_is_value(struct str s)
{
    unsigned c =
        (unsigned)hex_value(s.ptr[1]) << 4 | (unsigned)hex_value(s.ptr[2]);
    size_t n = digits_behind(s);
    char next = n + 3 < s.len ? s.ptr[n + 3] : ' ';
    bool digit = false;

    if (c == '=' || c == '\n' || c == '\r') /* no writer leaves them out */
        return false;
    if (n == 0)
        return c < ' ' && is_digit(s.ptr[2]) && !is_alpha(next);
    for (size_t i = 0; i < n; i++)
        digit |= is_digit(s.ptr[3 + i]);
    return digit && (n == TOLD || !is_alnum(next));
}

bool quoted_cut(struct str s)
{
    size_t n = digits_behind(s);

    return n < TOLD && n + 3 == s.len;
}
