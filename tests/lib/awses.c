#include "awses.h"

#include <stdlib.h>

uint32_t awses_crc(struct str s)
{
    uint32_t crc = 0xffffffff;

    for (size_t i = 0; i < s.len; i++) {
        crc ^= (unsigned char)s.ptr[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
    }
    return ~crc;
}

static void add(struct buf *out, struct str s)
{
    if (buf_add(out, s))
        abort();
}

static void add_number(struct buf *out, uint32_t n, int bytes)
{
    while (bytes-- > 0)
        if (buf_add_byte(out, (char)(n >> (8 * bytes))))
            abort();
}

void awses_header(struct buf *out, const char *name, struct str value)
{
    add_number(out, (uint32_t)strlen(name), 1);
    add(out, str_of(name));
    add_number(out, 7, 1);
    add_number(out, (uint32_t)value.len, 2);
    add(out, value);
}

void awses_put(struct buf *out, struct str headers, struct str payload)
{
    size_t from = out->len;

    add_number(out, (uint32_t)(headers.len + payload.len + 16), 4);
    add_number(out, (uint32_t)headers.len, 4);
    add_number(out, awses_crc(str_skip(buf_str(out), from)), 4);
    add(out, headers);
    add(out, payload);
    add_number(out, awses_crc(str_skip(buf_str(out), from)), 4);
}

void awses_event(struct buf *out, const char *type, struct str payload)
{
    bool exception = str_ends(str_of(type), STR("Exception"));
    struct buf headers;

    buf_init(&headers, 1000);
    awses_header(&headers, exception ? ":exception-type" : ":event-type",
                 str_of(type));
    awses_header(&headers, ":content-type", STR("application/json"));
    awses_header(&headers, ":message-type",
                 exception ? STR("exception") : STR("event"));
    awses_put(out, buf_str(&headers), payload);
    buf_free(&headers);
}

static uint32_t number_at(struct str s, size_t off)
{
    uint32_t n = 0;

    for (size_t i = 0; i < 4; i++)
        n = n << 8 | (unsigned char)s.ptr[off + i];
    return n;
}

bool awses_take(struct str *in, struct awses_message *ret)
{
    size_t total, headers;

    if (in->len < 16)
        return false;
    total = number_at(*in, 0);
    headers = number_at(*in, 4);
    if (total > in->len || total < 16 || headers > total - 16 ||
        number_at(*in, 8) != awses_crc(str_head(*in, 8)) ||
        number_at(*in, total - 4) != awses_crc(str_head(*in, total - 4)))
        return false;
    ret->raw = str_head(*in, total);
    ret->headers = str_head(str_skip(*in, 12), headers);
    ret->payload = str_head(str_skip(*in, 12 + headers), total - 16 - headers);
    *in = str_skip(*in, total);
    return true;
}
