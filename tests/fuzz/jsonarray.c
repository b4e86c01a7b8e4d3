/*
 * A JSON array that grows. Laws: the raw bytes of all items are the input;
 * cutting changes neither them nor the items; each object stands at the end of
 * its bytes; and where the whole is JSON by the strict reader, an array of
 * objects, the items are its elements.
 */
#include <stdint.h>

#include "base/limits.h"
#include "json/tree.h"
#include "wire/jsonarray.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define LAW(cond)                                                              \
    do {                                                                       \
        if (!(cond))                                                           \
            __builtin_trap();                                                  \
    } while (0)

struct result {
    enum err e;
    size_t objects;
    struct buf raw, items;
};

static void item(struct result *r, struct str raw, struct str data)
{
    LAW(raw.len > 0 && str_ends(raw, data));
    LAW(data.len == 0 || data.ptr[0] == '{');
    LAW(buf_add(&r->raw, raw) == OK);
    LAW(buf_add(&r->items, data) == OK);
    LAW(buf_add_byte(&r->items, '\n') == OK);
    r->objects += data.len > 0;
}

static void run(struct str in, size_t step, struct result *r)
{
    struct str raw, data;
    struct jsonarray a;

    *r = (struct result){.e = E_AGAIN};
    buf_init(&r->raw, 16 * MIB);
    buf_init(&r->items, 16 * MIB);
    jsonarray_init(&a, 1000);
    for (size_t at = 0; at < in.len && r->e == E_AGAIN; at += step) {
        struct str part = str_head(str_skip(in, at), step);

        while ((r->e = jsonarray_next(&a, &part, &raw, &data)) == OK)
            item(r, raw, data);
        LAW(r->e != E_AGAIN || part.len == 0);
    }
    if (r->e == E_AGAIN && (r->e = jsonarray_end(&a, &raw)) == OK) {
        item(r, raw, STR(""));
        r->e = E_AGAIN;
    }
    jsonarray_free(&a);
}

/* What the strict reader takes for an array of objects has as many. */
static void check_tree(struct str in, const struct result *r)
{
    struct json_doc doc;
    size_t n = 0;
    bool objects = true;

    json_doc_init(&doc);
    if (json_parse(&doc, in) == OK && doc.nodes[0].type == JSON_ARRAY) {
        for (uint32_t c = 1; c < doc.nodes[0].next; c = doc.nodes[c].next) {
            objects &= doc.nodes[c].type == JSON_OBJECT;
            n++;
        }
        LAW(r->e == E_LIMIT || (r->e == E_AGAIN) == objects);
        LAW(r->e != E_AGAIN || r->objects == n);
    }
    json_doc_free(&doc);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct result whole, cut;
    struct str in;

    if (size < 2)
        return 0;
    in = (struct str){(const char *)data + 1, size - 1};
    run(in, in.len, &whole);
    run(in, (size_t)(data[0] & 31) + 1, &cut);
    LAW(whole.e == cut.e);
    LAW(str_eq(buf_str(&whole.items), buf_str(&cut.items)));
    LAW(str_eq(buf_str(&whole.raw), buf_str(&cut.raw)));
    LAW(str_starts(in, buf_str(&whole.raw)));
    LAW(whole.e != E_AGAIN || whole.raw.len == in.len);
    check_tree(in, &whole);
    buf_free(&whole.raw);
    buf_free(&whole.items);
    buf_free(&cut.raw);
    buf_free(&cut.items);
    return 0;
}
