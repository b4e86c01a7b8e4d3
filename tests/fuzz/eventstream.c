/*
 * An AWS event stream: the first byte is how the rest is cut, its highest bit
 * says whether the rest is a stream as it stands, or headers and payloads of
 * which messages are made. Laws: the raw bytes of all messages are the input;
 * cutting changes nothing; lengths add up; a message that is sealed again is
 * the same; one written is read.
 */
#include <stdint.h>
#include <stdlib.h>

#include "base/limits.h"
#include "base/utf8.h"
#include "wire/eventstream.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define LAW(cond)                                                              \
    do {                                                                       \
        if (!(cond))                                                           \
            __builtin_trap();                                                  \
    } while (0)

struct result {
    enum err e;
    struct buf raw, items;
};

static void check_headers(struct str headers)
{
    struct es_header h;
    size_t n = 0;

    while (es_header_next(&headers, &h)) {
        LAW(h.name.len > 0 && utf8_valid(h.name));
        n++;
    }
    LAW(headers.len == 0 && n <= LIM_ES_HEADERS);
}

static void check_seal(const struct es_message *m)
{
    char *copy = malloc(m->raw.len);

    LAW(copy != NULL);
    memcpy(copy, m->raw.ptr, m->raw.len);
    LAW(es_seal(copy, m->raw.len) == OK);
    LAW(memcmp(copy, m->raw.ptr, m->raw.len) == 0);
    free(copy);
}

static void message(struct result *r, const struct es_message *m)
{
    LAW(m->raw.len == ES_PRELUDE + m->headers.len + m->payload.len + ES_CRC);
    LAW(buf_add(&r->raw, m->raw) == OK);
    LAW(buf_add_u64(&r->items, m->headers.len) == OK);
    LAW(buf_add(&r->items, m->payload) == OK);
    check_headers(m->headers);
    check_seal(m);
}

static void run(struct str in, size_t step, struct result *r)
{
    struct es_message m;
    struct es s;

    r->e = E_AGAIN;
    buf_init(&r->raw, 16 * MIB);
    buf_init(&r->items, 16 * MIB);
    es_init(&s, 4096);
    for (size_t at = 0; at < in.len && r->e == E_AGAIN; at += step) {
        struct str part = str_head(str_skip(in, at), step);

        while ((r->e = es_next(&s, &part, &m)) == OK)
            message(r, &m);
        LAW(r->e != E_AGAIN || part.len == 0);
    }
    if (r->e == E_AGAIN)
        r->e = es_end(&s);
    es_free(&s);
}

static void compare(struct str in, size_t step)
{
    struct result whole, cut;

    run(in, in.len, &whole);
    run(in, step, &cut);
    LAW(whole.e == cut.e);
    LAW(str_eq(buf_str(&whole.items), buf_str(&cut.items)));
    LAW(str_eq(buf_str(&whole.raw), buf_str(&cut.raw)));
    LAW(str_starts(in, buf_str(&whole.raw)));
    LAW(whole.e != OK || whole.raw.len == in.len);
    buf_free(&whole.raw);
    buf_free(&whole.items);
    buf_free(&cut.raw);
    buf_free(&cut.items);
}

/* A message with these headers, whatever they are. */
static void make(struct str headers, struct str payload, struct buf *out)
{
    static const char zeros[ES_PRELUDE];
    size_t from = out->len;

    LAW(buf_add(out, (struct str){zeros, ES_PRELUDE}) == OK);
    LAW(buf_add(out, headers) == OK);
    LAW(buf_add(out, payload) == OK);
    LAW(buf_add(out, (struct str){zeros, ES_CRC}) == OK);
    out->ptr[from + 6] = (char)(headers.len >> 8);
    out->ptr[from + 7] = (char)headers.len;
    LAW(es_seal(out->ptr + from, out->len - from) == OK);
}

/* Two bytes say how long the headers and the payload of the next one are. */
static void messages(struct str in, struct buf *out)
{
    while (in.len > 2) {
        size_t headers = (unsigned char)in.ptr[0];
        size_t payload = (unsigned char)in.ptr[1];
        struct str h = str_head(str_skip(in, 2), headers);

        in = str_skip(in, 2 + h.len);
        make(h, str_head(in, payload), out);
        in = str_skip(in, payload);
    }
}

/* A name and a value of any bytes, as a header that is written. */
static void check_put(struct str in)
{
    struct str headers[1][2] = {
        {str_head(in, in.len / 2), str_skip(in, in.len / 2)}};
    struct es_message m;
    struct str rest;
    struct buf out;
    struct es s;

    buf_init(&out, MIB);
    es_init(&s, MIB);
    if (es_put(headers, 1, in, &out) == OK) {
        rest = buf_str(&out);
        if (utf8_valid(headers[0][0]) && utf8_valid(headers[0][1])) {
            LAW(es_next(&s, &rest, &m) == OK && rest.len == 0);
            LAW(str_eq(m.payload, in));
            LAW(str_eq(es_header_get(m.headers, headers[0][0]), headers[0][1]));
        } else {
            LAW(es_next(&s, &rest, &m) == E_SYNTAX);
        }
    }
    es_free(&s);
    buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf made;
    struct str in;
    size_t step;

    if (size < 2)
        return 0;
    step = (size_t)(data[0] & 31) + 1;
    in = (struct str){(const char *)data + 1, size - 1};
    check_put(in);
    if (data[0] & 0x80) {
        compare(in, step);
        return 0;
    }
    buf_init(&made, 16 * MIB);
    messages(in, &made);
    if (made.len > 0)
        compare(buf_str(&made), step);
    buf_free(&made);
    return 0;
}
