#include "wire/eventstream.h"

#include <zlib.h>

#include "base/limits.h"
#include "base/utf8.h"

#define LEAST (ES_PRELUDE + ES_CRC) /* no headers, no payload */

static uint32_t get_u32(const char *at)
{
    const unsigned char *p = (const unsigned char *)at;

    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 |
           p[3];
}

static void put_u32(char *at, uint32_t n)
{
    for (int i = 0; i < 4; i++)
        at[i] = (char)(n >> (24 - 8 * i));
}

static uint32_t crc_of(const char *at, size_t n)
{
    return (uint32_t)crc32_z(0, (const unsigned char *)at, n);
}

void es_init(struct es *s, size_t max)
{
    *s = (struct es){0};
    buf_init(&s->held, max);
}

void es_free(struct es *s)
{
    buf_free(&s->held);
}

/* ---- Headers ------------------------------------------------------------ */

/* Lengths of values; of the others two bytes in front say it. */
static const uint8_t widths[ES_TYPE_COUNT] = {
    [ES_BYTE] = 1, [ES_SHORT] = 2,     [ES_INTEGER] = 4,
    [ES_LONG] = 8, [ES_TIMESTAMP] = 8, [ES_UUID] = 16,
};

static bool take(struct str *in, size_t n, struct str *ret)
{
    if (in->len < n)
        return false;
    *ret = str_head(*in, n);
    *in = str_skip(*in, n);
    return true;
}

/* One header, or false where there is none that is whole. */
static bool header_take(struct str *in, struct es_header *ret)
{
    struct str rest = *in, part;
    size_t n;

    if (!take(&rest, 1, &part))
        return false;
    n = (unsigned char)part.ptr[0];
    if (n == 0 || !take(&rest, n, &ret->name) || !take(&rest, 1, &part) ||
        (unsigned char)part.ptr[0] >= ES_TYPE_COUNT)
        return false;
    ret->type = (enum es_type)part.ptr[0];
    n = widths[ret->type];
    if (ret->type == ES_BYTES || ret->type == ES_STRING) {
        if (!take(&rest, 2, &part))
            return false;
        n = (size_t)(unsigned char)part.ptr[0] << 8 |
            (unsigned char)part.ptr[1];
    }
    if (!take(&rest, n, &ret->value))
        return false;
    *in = rest;
    return true;
}

static enum err headers_check(struct str headers)
{
    struct str names[LIM_ES_HEADERS];
    struct es_header h;
    size_t count = 0;

    while (headers.len > 0) {
        if (!header_take(&headers, &h) || !utf8_valid(h.name) ||
            (h.type == ES_STRING && !utf8_valid(h.value)))
            return E_SYNTAX;
        if (count == ARRAY_LEN(names))
            return E_LIMIT;
        for (size_t i = 0; i < count; i++)
            if (str_eq(names[i], h.name))
                return E_AMBIGUOUS;
        names[count++] = h.name;
    }
    return OK;
}

bool es_header_next(struct str *headers, struct es_header *ret)
{
    return header_take(headers, ret);
}

struct str es_header_get(struct str headers, struct str name)
{
    struct es_header h;

    while (header_take(&headers, &h))
        if (h.type == ES_STRING && str_eq(h.name, name))
            return h.value;
    return STR("");
}

/* ---- Reading ------------------------------------------------------------ */

/* The length of the message that begins with this prelude. */
static enum err prelude_check(struct str s, size_t max, size_t *ret_total)
{
    uint32_t total = get_u32(s.ptr), headers = get_u32(s.ptr + 4);

    if (get_u32(s.ptr + 8) != crc_of(s.ptr, 8) || total < LEAST ||
        headers > total - LEAST)
        return E_SYNTAX;
    if (total > max)
        return E_LIMIT;
    *ret_total = total;
    return OK;
}

bool es_begins(struct str s)
{
    size_t total;

    return s.len >= ES_PRELUDE && prelude_check(s, SIZE_MAX, &total) == OK;
}

static enum err message_check(struct str raw, struct es_message *ret)
{
    size_t headers = get_u32(raw.ptr + 4), end = raw.len - ES_CRC;
    enum err e;

    if (get_u32(raw.ptr + end) != crc_of(raw.ptr, end))
        return E_SYNTAX;
    ret->raw = raw;
    ret->headers = str_head(str_skip(raw, ES_PRELUDE), headers);
    ret->payload_off = ES_PRELUDE + headers;
    ret->payload = str_skip(str_head(raw, end), ret->payload_off);
    if ((e = headers_check(ret->headers)))
        return e;
    return OK;
}

/* From the input into held, until that has `want` bytes. */
static enum err collect(struct es *s, struct str *in, size_t want)
{
    struct str part = str_head(*in, want - s->held.len);
    enum err e;

    if ((e = buf_add(&s->held, part)))
        return e;
    *in = str_skip(*in, part.len);
    return s->held.len < want ? E_AGAIN : OK;
}

/* All of the next message: within the input where it lies there. */
static enum err whole(struct es *s, struct str *in, struct str *ret_raw)
{
    size_t max = s->held.max, total;
    enum err e;

    if (s->held.len == 0 && in->len >= ES_PRELUDE) {
        if ((e = prelude_check(*in, max, &total)))
            return e;
        if (in->len >= total) {
            *ret_raw = str_head(*in, total);
            *in = str_skip(*in, total);
            return OK;
        }
    }
    if (s->total == 0) {
        if ((e = collect(s, in, ES_PRELUDE)) ||
            (e = prelude_check(buf_str(&s->held), max, &s->total)))
            return e;
    }
    if ((e = collect(s, in, s->total)))
        return e;
    *ret_raw = buf_str(&s->held);
    s->given = true;
    return OK;
}

static void forget_given(struct es *s)
{
    if (s->given) {
        buf_clear(&s->held);
        s->total = 0;
    }
    s->given = false;
}

enum err es_next(struct es *s, struct str *in, struct es_message *ret)
{
    struct str raw;
    enum err e;

    forget_given(s);
    if (s->failed)
        return s->failed;
    e = whole(s, in, &raw);
    if (!e)
        e = message_check(raw, ret);
    if (e && e != E_AGAIN)
        s->failed = e;
    return e;
}

enum err es_end(struct es *s)
{
    forget_given(s);
    if (!s->failed && s->held.len > 0)
        s->failed = E_SYNTAX;
    return s->failed;
}

/* ---- Writing ------------------------------------------------------------ */

enum err es_seal(char *bytes, size_t len)
{
    if (len < LEAST || len > UINT32_MAX)
        return E_INTERNAL;
    put_u32(bytes, (uint32_t)len);
    put_u32(bytes + 8, crc_of(bytes, 8));
    put_u32(bytes + len - ES_CRC, crc_of(bytes, len - ES_CRC));
    return OK;
}

static enum err put_header(struct str name, struct str value, struct buf *out)
{
    char len[2] = {(char)(value.len >> 8), (char)value.len};
    enum err e;

    if (name.len == 0 || name.len > UINT8_MAX || value.len > INT16_MAX)
        return E_LIMIT;
    if ((e = buf_add_byte(out, (char)name.len)) || (e = buf_add(out, name)) ||
        (e = buf_add_byte(out, ES_STRING)) ||
        (e = buf_add(out, (struct str){len, sizeof(len)})))
        return e;
    return buf_add(out, value);
}

enum err es_put(const struct str (*headers)[2], size_t count,
                struct str payload, struct buf *out)
{
    static const char zeros[ES_PRELUDE];
    size_t before = out->len, headers_len;
    enum err e;

    if ((e = buf_add(out, (struct str){zeros, ES_PRELUDE})))
        goto out;
    for (size_t i = 0; i < count; i++)
        if ((e = put_header(headers[i][0], headers[i][1], out)))
            goto out;
    headers_len = out->len - before - ES_PRELUDE;
    if ((e = buf_add(out, payload)) ||
        (e = buf_add(out, (struct str){zeros, ES_CRC})))
        goto out;
    put_u32(out->ptr + before + 4, (uint32_t)headers_len);
    e = es_seal(out->ptr + before, out->len - before);
out:
    if (e)
        out->len = before;
    return e;
}
