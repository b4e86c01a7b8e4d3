/*
 * WebSocket frames from hostile bytes; the first byte is the side and how the
 * rest is cut into reads. Laws: cutting changes nothing; where no control frame
 * stands between the frames of a message, the raw bytes of all items are the
 * input's front; an item that is written anew is read as the same again.
 */
#include <stdint.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "wire/ws.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MAX 1000

#define LAW(cond)                                                              \
    do {                                                                       \
        if (!(cond))                                                           \
            __builtin_trap();                                                  \
    } while (0)

struct result {
    enum err e;
    const char *why;
    struct buf raw, items;
    bool between; /* a control frame overtook its message */
};

static void note(struct result *r, const struct ws_item *item)
{
    LAW(buf_add_byte(&r->items, (char)item->kind) == OK);
    LAW(buf_add_u64(&r->items, item->data.len) == OK);
    LAW(buf_add(&r->items, (struct str){(const char *)item->key, 4}) == OK);
    LAW(buf_add(&r->items, item->data) == OK);
    LAW(buf_add(&r->raw, item->raw) == OK);
    LAW(item->data.len <= MAX);
    LAW(item->kind != WS_TEXT || utf8_valid(item->data));
}

static void check_again(const struct ws_item *item, bool masked)
{
    struct ws_item again;
    struct buf frame;
    struct str in;
    struct ws w;

    buf_init(&frame, 2 * MAX);
    LAW(ws_put(item->kind, masked ? item->key : NULL, item->data, &frame) ==
        OK);
    LAW(frame.len <= item->raw.len); /* one frame, in the shortest form */
    ws_init(&w, masked, MAX);
    in = buf_str(&frame);
    LAW(ws_next(&w, &in, &again) == OK);
    LAW(again.kind == item->kind && str_eq(again.data, item->data));
    LAW(str_eq(again.raw, buf_str(&frame)) && in.len == 0);
    LAW(memcmp(again.key, item->key, 4) == 0);
    ws_free(&w);
    buf_free(&frame);
}

static void run(struct str in, bool masked, size_t step, struct result *r)
{
    struct ws_item item;
    struct ws w;

    *r = (struct result){.e = E_AGAIN};
    buf_init(&r->raw, 1 << 20);
    buf_init(&r->items, 1 << 20);
    ws_init(&w, masked, MAX);
    for (size_t at = 0; at < in.len && r->e == E_AGAIN; at += step) {
        struct str part = str_head(str_skip(in, at), step);

        while ((r->e = ws_next(&w, &part, &item)) == OK) {
            r->between |= w.open;
            note(r, &item);
            check_again(&item, masked);
        }
        LAW(r->e != E_AGAIN || part.len == 0);
    }
    r->why = w.why;
    LAW((r->why != NULL) == (r->e != E_AGAIN));
    ws_free(&w);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct result whole, cut;
    struct str in;
    bool masked;

    if (size < 2)
        return 0;
    masked = (data[0] & 0x80) != 0;
    in = (struct str){(const char *)data + 1, size - 1};
    run(in, masked, in.len, &whole);
    run(in, masked, (size_t)(data[0] & 31) + 1, &cut);
    LAW(whole.e == cut.e && whole.why == cut.why);
    LAW(str_eq(buf_str(&whole.items), buf_str(&cut.items)));
    LAW(whole.between || str_starts(in, buf_str(&whole.raw)));
    buf_free(&whole.raw);
    buf_free(&whole.items);
    buf_free(&cut.raw);
    buf_free(&cut.items);
    return 0;
}
