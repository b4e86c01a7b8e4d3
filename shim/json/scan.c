#include "json/scan.h"

#include "base/utf8.h"

const char scan_simple[256] = {
    ['"'] = '"',  ['\\'] = '\\', ['/'] = '/',  ['b'] = '\b',
    ['f'] = '\f', ['n'] = '\n',  ['r'] = '\r', ['t'] = '\t',
};

/* The \uXXXX at offset `at` of s; E_AGAIN if cut, but bad digits come first. */
static enum err unit_at(struct str s, size_t at, uint32_t *ret_unit)
{
    uint32_t unit = 0;

    if (at >= s.len)
        return E_AGAIN;
    if (s.ptr[at] != '\\')
        return E_SYNTAX;
    if (at + 1 >= s.len)
        return E_AGAIN;
    if (s.ptr[at + 1] != 'u')
        return E_SYNTAX;
    for (size_t i = at + 2; i < at + 6; i++) {
        int v;

        if (i >= s.len)
            return E_AGAIN;
        v = hex_value(s.ptr[i]);
        if (v < 0)
            return E_SYNTAX;
        unit = unit << 4 | (uint32_t)v;
    }
    *ret_unit = unit;
    return OK;
}

enum err scan_escape(struct str s, size_t *ret_len, uint32_t *ret_cp)
{
    uint32_t high, low;
    enum err e;

    if (s.len >= 2 && scan_simple[(unsigned char)s.ptr[1]] != 0) {
        *ret_len = 2;
        *ret_cp = (unsigned char)scan_simple[(unsigned char)s.ptr[1]];
        return OK;
    }
    if ((e = unit_at(s, 0, &high)))
        return e;
    if (high < 0xd800 || high > 0xdfff) {
        *ret_len = 6;
        *ret_cp = high;
        return OK;
    }
    if (high > 0xdbff)
        return E_SYNTAX; /* the second half without the first */
    if ((e = unit_at(s, 6, &low)))
        return e;
    if (low < 0xdc00 || low > 0xdfff)
        return E_SYNTAX;
    *ret_len = SCAN_ESCAPE_MAX;
    *ret_cp = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
    return OK;
}

enum err unit_next(struct str *raw, struct unit *ret_unit)
{
    struct unit u;
    uint32_t cp;

    if (raw->ptr[0] == '\\') {
        if (scan_escape(*raw, &u.raw_len, &cp))
            return E_SYNTAX;
        u.text_len = utf8_put(cp, u.text);
    } else {
        u.raw_len = utf8_char(*raw);
        if (u.raw_len == 0)
            u.raw_len = 1;
        u.text_len = u.raw_len;
        memcpy(u.text, raw->ptr, u.raw_len);
    }
    *raw = str_skip(*raw, u.raw_len);
    *ret_unit = u;
    return OK;
}
