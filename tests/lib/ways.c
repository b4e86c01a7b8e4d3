#include "ways.h"

#include <stdio.h>
#include <stdlib.h>

const unsigned char own_key[OWN_KEY_LEN] = "0123456789abcdef0123456789abcde";

struct own *own_of(const struct str *list, size_t n)
{
    struct own *o = NULL;

    if (own_new(own_key, &o))
        abort();
    for (size_t i = 0; i < n; i++)
        if (own_add(o, list[i], OWN_ENV, STR("A_TOKEN")))
            abort();
    if (own_ready(o))
        abort();
    return o;
}

static void to_hex(struct str v, const char *between, bool upper,
                   struct buf *out)
{
    char pair[8];

    for (size_t i = 0; i < v.len; i++) {
        snprintf(pair, sizeof(pair), upper ? "%02X" : "%02x",
                 (unsigned)(unsigned char)v.ptr[i]);
        if (buf_add(out, str_of(between)) || buf_add(out, str_of(pair)))
            abort();
    }
}

static void to_base64(struct str v, bool url, size_t line, struct buf *out)
{
    const char *digits =
        url ? "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
            : "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+"
              "/";
    size_t at = 0;

    for (size_t bit = 0; bit < v.len * 8; bit += 6) {
        unsigned byte = (unsigned char)v.ptr[bit / 8];
        unsigned next =
            bit / 8 + 1 < v.len ? (unsigned char)v.ptr[bit / 8 + 1] : 0;

        if (buf_add_byte(out,
                         digits[(byte << 8 | next) >> (10 - bit % 8) & 63]))
            abort();
        if (line > 0 && ++at % line == 0 && buf_add_byte(out, '\n'))
            abort();
    }
    while (!url && line == 0 && out->len % 4 != 0)
        if (buf_add_byte(out, '='))
            abort();
}

static void reverse(struct buf *b)
{
    for (size_t i = 0; i < b->len / 2; i++) {
        char c = b->ptr[i];

        b->ptr[i] = b->ptr[b->len - 1 - i];
        b->ptr[b->len - 1 - i] = c;
    }
}

static void to_percent(struct str v, const char *kept, struct buf *out)
{
    for (size_t i = 0; i < v.len; i++) {
        char c = v.ptr[i];
        bool plain = is_digit(c) ||
                     (to_lower(c) >= 'a' && to_lower(c) <= 'z') ||
                     (kept != NULL && strchr(kept, c) != NULL);

        if (kept != NULL && plain) {
            if (buf_add_byte(out, c))
                abort();
        } else {
            to_hex((struct str){v.ptr + i, 1}, "%", i % 2, out);
        }
    }
}

/* Of each five bits from the front, in small letters or not. */
static void to_base32(struct str v, bool small, struct buf *out)
{
    const char *digits = small ? "abcdefghijklmnopqrstuvwxyz234567"
                               : "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

    for (size_t bit = 0; bit < v.len * 8; bit += 5) {
        unsigned five = 0;

        for (size_t i = bit; i < bit + 5; i++)
            five =
                five << 1 |
                (i < v.len * 8 ? (unsigned char)v.ptr[i / 8] >> (7 - i % 8) & 1u
                               : 0);
        if (buf_add_byte(out, digits[five]))
            abort();
    }
}

static void to_utf16(struct str v, bool big, struct buf *out)
{
    for (size_t i = 0; i < v.len; i++)
        if (buf_add_byte(out, big ? '\0' : v.ptr[i]) ||
            buf_add_byte(out, big ? v.ptr[i] : '\0'))
            abort();
}

static void to_rot13(struct str v, struct buf *out)
{
    static const char from[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFGHIJKLM"
                               "abcdefghijklmnopqrstuvwxyzabcdefghijklm";

    for (size_t i = 0; i < v.len; i++) {
        const char *p = strchr(from, v.ptr[i]);

        if (buf_add_byte(out, p != NULL ? p[13] : v.ptr[i]))
            abort();
    }
}

void write_way(unsigned way, struct str v, size_t before, struct buf *out)
{
    struct buf all, wide;

    buf_init(&all, 4096);
    buf_init(&wide, 8192);
    if (buf_add(&all, str_head(STR("{\"a\": \"b"), before)) ||
        buf_add(&all, v) || buf_add(&all, str_head(STR("\", 7}"), before)))
        abort();
    switch (way) {
    case 0:
        if (buf_add(out, v))
            abort();
        break;
    case 1:
        if (buf_add(out, v))
            abort();
        reverse(out);
        break;
    case 2:
        to_hex(buf_str(&all), "", false, out);
        break;
    case 3:
        to_hex(buf_str(&all), ":", true, out);
        break;
    case 4:
        to_hex(buf_str(&all), " ", false, out);
        break;
    case 5:
        to_base64(buf_str(&all), false, 0, out);
        break;
    case 6:
        to_base64(buf_str(&all), true, 0, out);
        break;
    case 7:
        to_base64(buf_str(&all), false, 7, out);
        break;
    case 8:
        to_base64(buf_str(&all), false, 76, out);
        break;
    case 9:
        to_percent(buf_str(&all), NULL, out);
        break;
    case 10:
        to_percent(buf_str(&all), "-._~", out);
        break;
    case 11:
        to_percent(buf_str(&all), "-._~/", out);
        break;
    case 12:
        to_percent(buf_str(&all), "-._~!*'()", out);
        break;
    case 13:
        to_base64(buf_str(&all), false, 0, out);
        reverse(out);
        break;
    case 14:
        to_hex(buf_str(&all), "", true, out);
        reverse(out);
        break;
    case 15:
    case 16:
        to_base32(buf_str(&all), way == 15, out);
        break;
    case 17:
    case 18:
        to_utf16(buf_str(&all), way == 17, &wide);
        to_base64(buf_str(&wide), false, 0, out);
        break;
    case 19:
        to_rot13(v, out);
        break;
    case 20:
        to_utf16(buf_str(&all), false, &wide);
        to_base64(buf_str(&wide), true, 0, out);
        break;
    }
    buf_free(&wide);
    buf_free(&all);
}
