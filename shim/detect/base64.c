#include "detect/base64.h"

#define NO BASE64_NONE
const unsigned char base64_values[128] = {
    NO,   NO,   NO,   NO,   NO,   NO,   NO,   NO,   NO,   NO,   NO,   NO,
    NO,   NO,   NO,   NO,   NO,   NO,   NO,   NO,   NO,   NO,   NO,   NO,
    NO,   NO,   NO,   NO,   NO,   NO,   NO,   NO,   NO,   NO,   NO,   NO,
    NO,   NO,   NO,   NO,   NO,   NO,   NO,   0x3e, NO,   0x3e, NO,   0x3f,
    0x34, 0x35, 0x36, 0x37, 0x38, 0x39, 0x3a, 0x3b, 0x3c, 0x3d, NO,   NO,
    NO,   NO,   NO,   NO,   NO,   0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06,
    0x07, 0x08, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f, 0x10, 0x11, 0x12,
    0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 0x19, NO,   NO,   NO,   NO,   0x3f,
    NO,   0x1a, 0x1b, 0x1c, 0x1d, 0x1e, 0x1f, 0x20, 0x21, 0x22, 0x23, 0x24,
    0x25, 0x26, 0x27, 0x28, 0x29, 0x2a, 0x2b, 0x2c, 0x2d, 0x2e, 0x2f, 0x30,
    0x31, 0x32, 0x33, NO,   NO,   NO,   NO,   NO,
};
#undef NO

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
        if (!is_base64_char(s.ptr[i]))
            return false;
        bits = bits << 6 | base64_values[(unsigned char)s.ptr[i]];
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
