/*
 * An event stream and the same bytes as lines. Laws: the raw bytes of all items
 * are the input; cutting changes neither them nor the items; each data line
 * lies in the raw bytes where it is said to.
 */
#include <stdint.h>
#include <stdlib.h>

#include "base/limits.h"
#include "base/utf8.h"
#include "wire/ndjson.h"
#include "wire/sse.h"

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

static void result_init(struct result *r)
{
    r->e = E_AGAIN;
    buf_init(&r->raw, 16 * MIB);
    buf_init(&r->items, 16 * MIB);
}

static void result_free(struct result *r)
{
    buf_free(&r->raw);
    buf_free(&r->items);
}

static void note(struct result *r, char tag, struct str s)
{
    LAW(buf_add_byte(&r->items, tag) == OK);
    LAW(buf_add_u64(&r->items, s.len) == OK);
    LAW(buf_add(&r->items, s) == OK);
}

static void item(struct result *r, const struct sse_event *ev)
{
    size_t at = 0;

    LAW(ev->raw.len > 0 && utf8_valid(ev->data));
    LAW(buf_add(&r->raw, ev->raw) == OK);
    for (size_t i = 0; i < ev->line_count; i++) {
        const struct sse_line *l = &ev->lines[i];

        LAW(l->data_off == at);
        LAW(str_eq(str_head(str_skip(ev->data, at), l->len),
                   str_head(str_skip(ev->raw, l->raw_off), l->len)));
        at += l->len + 1;
    }
    LAW(ev->data.len == (at == 0 ? 0 : at - 1));
    note(r, ev->kind == SSE_EVENT ? 'e' : 'c', ev->raw);
    note(r, 'n', ev->name);
    note(r, 'd', ev->data);
}

static void run_events(struct str in, size_t step, struct result *r)
{
    struct sse_event ev;
    struct sse s;

    result_init(r);
    sse_init(&s, 300);
    for (size_t at = 0; at < in.len && r->e == E_AGAIN; at += step) {
        struct str part = str_head(str_skip(in, at), step);

        while ((r->e = sse_next(&s, &part, &ev)) == OK)
            item(r, &ev);
        LAW(r->e != E_AGAIN || part.len == 0);
    }
    r->e = sse_end(&s, &ev);
    if (r->e == OK)
        item(r, &ev);
    sse_free(&s);
}

static void run_lines(struct str in, size_t step, struct result *r)
{
    struct str raw, line;
    struct ndjson n;

    result_init(r);
    ndjson_init(&n, 100);
    for (size_t at = 0; at < in.len && r->e == E_AGAIN; at += step) {
        struct str part = str_head(str_skip(in, at), step);

        while ((r->e = ndjson_next(&n, &part, &raw, &line)) == OK) {
            LAW(buf_add(&r->raw, raw) == OK);
            note(r, 'l', line);
        }
    }
    r->e = ndjson_end(&n, &raw, &line);
    if (r->e == OK)
        LAW(buf_add(&r->raw, raw) == OK);
    ndjson_free(&n);
}

static void compare(struct result *whole, struct result *cut, struct str in)
{
    LAW(whole->e == cut->e);
    LAW(str_eq(buf_str(&whole->items), buf_str(&cut->items)));
    LAW(str_eq(buf_str(&whole->raw), buf_str(&cut->raw)));
    LAW(str_starts(in, buf_str(&whole->raw)));
    if (whole->e == OK || whole->e == E_AGAIN)
        LAW(whole->raw.len == in.len);
    result_free(whole);
    result_free(cut);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct result whole, cut;
    struct str in;
    size_t step;

    if (size < 2)
        return 0;
    step = (size_t)(data[0] & 31) + 1;
    in = (struct str){(const char *)data + 1, size - 1};
    run_events(in, in.len, &whole);
    run_events(in, step, &cut);
    compare(&whole, &cut, in);
    run_lines(in, in.len, &whole);
    run_lines(in, step, &cut);
    compare(&whole, &cut, in);
    return 0;
}
