#include "base/str.h"

#include "base/wide.h"

struct str str_of(const char *s)
{
    return (struct str){s, s == NULL ? 0 : strlen(s)};
}

bool strs_eq(const struct str *a, size_t an, const struct str *b, size_t bn)
{
    if (an != bn)
        return false;
    for (size_t i = 0; i < an; i++)
        if (!str_eq(a[i], b[i]))
            return false;
    return true;
}

bool str_eq_nocase(struct str a, struct str b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        if (to_lower(a.ptr[i]) != to_lower(b.ptr[i]))
            return false;
    return true;
}

bool str_starts(struct str s, struct str prefix)
{
    return s.len >= prefix.len && str_eq(str_head(s, prefix.len), prefix);
}

bool str_starts_nocase(struct str s, struct str prefix)
{
    return s.len >= prefix.len &&
           str_eq_nocase(str_head(s, prefix.len), prefix);
}

bool str_ends(struct str s, struct str suffix)
{
    return s.len >= suffix.len &&
           str_eq(str_skip(s, s.len - suffix.len), suffix);
}

bool str_ends_nocase(struct str s, struct str suffix)
{
    return s.len >= suffix.len &&
           str_eq_nocase(str_skip(s, s.len - suffix.len), suffix);
}

struct str str_at(struct str s, struct span at)
{
    if (at.off > s.len || at.len > s.len - at.off)
        return (struct str){s.ptr, 0};
    /* An empty str may be NULL, to which not even 0 may be added. */
    return at.off == 0 ? str_head(s, at.len)
                       : (struct str){s.ptr + at.off, at.len};
}

/* Of so many bytes one is compared wherever its first two stand: of more that
 * could take long, of less there are not two. */
#define PAIR_LEAST 2
#define PAIR_MOST  4

/* Where such a needle is, or up to where it does not begin. */
static size_t find_by_pair(struct str s, struct str needle, bool *ret_found)
{
    unsigned char first = (unsigned char)needle.ptr[0];
    unsigned char second = (unsigned char)needle.ptr[1];
    size_t at = 0;

    for (; s.len - at > WIDE; at += WIDE) {
        unsigned mask = wide_mask((wide)(wide_at(s.ptr + at) == first) &
                                  (wide)(wide_at(s.ptr + at + 1) == second));

        for (; mask != 0; mask &= mask - 1) {
            size_t i = at + (size_t)__builtin_ctz(mask);

            *ret_found = str_starts(str_skip(s, i), needle);
            if (*ret_found)
                return i;
        }
    }
    return at;
}

size_t str_find(struct str s, struct str needle)
{
    bool found = false;
    size_t at = 0;
    const char *p;

    if (needle.len == 0)
        return 0;
    if (needle.len >= PAIR_LEAST && needle.len <= PAIR_MOST)
        at = find_by_pair(s, needle, &found);
    if (found)
        return at;
    if (s.len - at < needle.len)
        return s.len;
    p = memmem(s.ptr + at, s.len - at, needle.ptr, needle.len);
    return p == NULL ? s.len : (size_t)(p - s.ptr);
}

size_t str_find_byte(struct str s, char c)
{
    const char *p = s.len == 0 ? NULL : memchr(s.ptr, c, s.len);

    return p == NULL ? s.len : (size_t)(p - s.ptr);
}

struct str str_trim(struct str s)
{
    while (s.len > 0 && (s.ptr[0] == ' ' || s.ptr[0] == '\t'))
        s = str_skip(s, 1);
    while (s.len > 0 && (s.ptr[s.len - 1] == ' ' || s.ptr[s.len - 1] == '\t'))
        s.len--;
    return s;
}

struct str str_split(struct str *rest, char c)
{
    size_t at = str_find_byte(*rest, c);
    struct str part = str_head(*rest, at);

    if (at == rest->len)
        *rest = (struct str){NULL, 0};
    else
        *rest = (struct str){rest->ptr + at + 1, rest->len - at - 1};
    return part;
}

enum err str_u64(struct str s, uint64_t *ret_n)
{
    uint64_t n = 0;

    if (s.len == 0)
        return E_SYNTAX;
    for (size_t i = 0; i < s.len; i++) {
        if (!is_digit(s.ptr[i]))
            return E_SYNTAX;
        if (__builtin_mul_overflow(n, 10, &n) ||
            __builtin_add_overflow(n, (uint64_t)(s.ptr[i] - '0'), &n))
            return E_LIMIT;
    }
    *ret_n = n;
    return OK;
}

const unsigned char hex_numbers[256] = {
    ['0'] = 1,  ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,
    ['6'] = 7,  ['7'] = 8,  ['8'] = 9,  ['9'] = 10, ['A'] = 11, ['B'] = 12,
    ['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16, ['a'] = 11, ['b'] = 12,
    ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16,
};
