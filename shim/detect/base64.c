#include "detect/base64.h"

static int value_of(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (is_digit(c))
        return c - '0' + 52;
    if (c == '+' || c == '-')
        return 62;
    return c == '/' || c == '_' ? 63 : -1;
}

bool base64_decode(struct str s, char *out, size_t room, size_t *ret_n)
{
    uint32_t bits = 0;
    unsigned have = 0;
    size_t n = 0;

    for (int pad = 0; pad < 2 && s.len != 0 && s.ptr[s.len - 1] == '='; pad++)
        s.len--;
    if (s.len % 4 == 1)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        int v = value_of(s.ptr[i]);

        if (v < 0)
            return false;
        bits = bits << 6 | (uint32_t)v;
        have += 6;
        if (have < 8)
            continue;
        have -= 8;
        if (n == room)
            return false;
        out[n++] = (char)(bits >> have & 0xff);
    }
    *ret_n = n;
    return true;
}

enum err base64_encode(struct str s, struct buf *out)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                 "abcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t n = s.len / 3 * 4 + (s.len % 3 > 0 ? 4 : 0);
    char *p;
    enum err e;

    if (s.len > SIZE_MAX / 2)
        return E_LIMIT;
    if (n == 0 || (e = buf_reserve(out, n)))
        return n == 0 ? OK : e;
    p = out->ptr + out->len;
    for (size_t i = 0; i < s.len; i += 3) {
        uint32_t bits = (uint32_t)(unsigned char)s.ptr[i] << 16;

        if (i + 1 < s.len)
            bits |= (uint32_t)(unsigned char)s.ptr[i + 1] << 8;
        if (i + 2 < s.len)
            bits |= (unsigned char)s.ptr[i + 2];
        *p++ = digits[bits >> 18];
        *p++ = digits[bits >> 12 & 63];
        *p++ = i + 1 < s.len ? digits[bits >> 6 & 63] : '=';
        *p++ = i + 2 < s.len ? digits[bits & 63] : '=';
    }
    out->len += n;
    return OK;
}
