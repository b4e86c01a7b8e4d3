#include "base/utf8.h"

#include <endian.h>

#define HIGH_BITS UINT64_C(0x8080808080808080)

/*
 * The length of the well-formed character at s (RFC 3629, section 4), 0 if
 * there is none. If the bytes are a proper prefix of one, *ret_cut is set.
 */
static size_t char_len(const unsigned char *s, size_t len, bool *ret_cut)
{
    unsigned char lo = 0x80, hi = 0xbf;
    size_t need;

    *ret_cut = false;
    if (s[0] < 0x80)
        return 1;
    if (s[0] >= 0xc2 && s[0] <= 0xdf)
        need = 2;
    else if (s[0] >= 0xe0 && s[0] <= 0xef)
        need = 3;
    else if (s[0] >= 0xf0 && s[0] <= 0xf4)
        need = 4;
    else
        return 0;
    lo = s[0] == 0xe0 ? 0xa0 : s[0] == 0xf0 ? 0x90 : 0x80;
    hi = s[0] == 0xed ? 0x9f : s[0] == 0xf4 ? 0x8f : 0xbf;
    for (size_t i = 1; i < need; i++) {
        if (i == len) {
            *ret_cut = true;
            return 0;
        }
        if (s[i] < lo || s[i] > hi)
            return 0;
        lo = 0x80;
        hi = 0xbf;
    }
    return need;
}

/*
 * Characters of two and three bytes from s on, as long as four bytes can be
 * looked at together; the number of bytes passed. It stops at whatever else
 * comes, well-formed or not.
 */
static size_t common_len(const unsigned char *s, size_t len)
{
    size_t i = 0;

    while (i + 4 <= len) {
        uint32_t w, high;

        memcpy(&w, s + i, 4);
        w = le32toh(w);
        if ((w & 0xc0c0f0) == 0x8080e0) {
            high = (w & 0x0f) << 6 | (w >> 8 & 0x3f); /* without six bits */
            if (high < 0x20 || high >> 5 == 0xd800 >> 11)
                break; /* overlong, surrogate */
            i += 3;
        } else if ((w & 0xc0e0) == 0x80c0 && (w & 0x1e) != 0) {
            i += 2;
        } else {
            break;
        }
    }
    return i;
}

bool utf8_valid(struct str s)
{
    const unsigned char *p = (const unsigned char *)s.ptr;
    size_t i = 0;
    bool cut;

    while (i < s.len) {
        uint64_t word;
        size_t n;

        while (i + 8 <= s.len) { /* plain ASCII, eight bytes a step */
            memcpy(&word, p + i, 8);
            if (word & HIGH_BITS)
                break;
            i += 8;
        }
        i += common_len(p + i, s.len - i);
        if (i == s.len)
            break;
        n = char_len(p + i, s.len - i, &cut);
        if (n == 0)
            return false;
        i += n;
    }
    return true;
}

size_t utf8_char(struct str s)
{
    bool cut;

    if (s.len == 0)
        return 0;
    return char_len((const unsigned char *)s.ptr, s.len, &cut);
}

size_t utf8_tail(struct str s)
{
    if (s.len > 0 && (s.ptr[s.len - 1] & 0x80) == 0)
        return 0;
    for (size_t n = 1; n <= 3 && n <= s.len; n++) {
        const unsigned char *p = (const unsigned char *)s.ptr + s.len - n;
        bool cut;

        if (*p >= 0x80 && *p <= 0xbf)
            continue;
        (void)char_len(p, n, &cut);
        return cut ? n : 0;
    }
    return 0;
}

/* How many of eight bytes a character begins with. */
static size_t fronts(const char *p)
{
    uint64_t word, inside;

    memcpy(&word, p, 8);
    inside = (word & ~(word << 1) & HIGH_BITS) >> 7;
    return 8 - (size_t)(inside * UINT64_C(0x0101010101010101) >> 56);
}

size_t utf8_count(struct str s)
{
    size_t n = 0, i = 0;

    for (; i + 8 <= s.len; i += 8)
        n += fronts(s.ptr + i);
    for (; i < s.len; i++)
        n += !utf8_inside(s.ptr[i]);
    return n;
}

size_t utf8_forth(struct str s, size_t at, size_t n)
{
    for (; n >= 8 && s.len - at >= 8; at += 8)
        n -= fronts(s.ptr + at);
    for (; at < s.len; at++)
        if (!utf8_inside(s.ptr[at]) && n-- == 0)
            break;
    return at;
}

size_t utf8_rewind(struct str s, size_t at, size_t n)
{
    for (; n > 8 && at >= 8; at -= 8)
        n -= fronts(s.ptr + at - 8);
    while (n > 0 && at > 0)
        n -= !utf8_inside(s.ptr[--at]);
    return at;
}

size_t utf8_put(uint32_t cp, char out[4])
{
    if (cp < 0x80) {
        out[0] = (char)cp;
        return 1;
    }
    if (cp < 0x800) {
        out[0] = (char)(0xc0 | cp >> 6);
        out[1] = (char)(0x80 | (cp & 0x3f));
        return 2;
    }
    if (cp < 0x10000) {
        out[0] = (char)(0xe0 | cp >> 12);
        out[1] = (char)(0x80 | (cp >> 6 & 0x3f));
        out[2] = (char)(0x80 | (cp & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | cp >> 18);
    out[1] = (char)(0x80 | (cp >> 12 & 0x3f));
    out[2] = (char)(0x80 | (cp >> 6 & 0x3f));
    out[3] = (char)(0x80 | (cp & 0x3f));
    return 4;
}
