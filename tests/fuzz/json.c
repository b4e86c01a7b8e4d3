/*
 * Any bytes: the parser, and what must hold of every string of a text it
 * accepts; then the same bytes as JSON inside a string, cut at two places.
 */
#include <stdlib.h>

#include "base/limits.h"
#include "base/utf8.h"
#include "json/text.h"
#include "json/tree.h"

#define LAW(cond)                                                              \
    do {                                                                       \
        if (!(cond))                                                           \
            __builtin_trap();                                                  \
    } while (0)

/* Nodes lie inside of their parents and follow one another in the text. */
static void check_tape(const struct json_doc *doc)
{
    LAW(doc->count > 0 && doc->nodes[0].next == doc->count);
    for (uint32_t i = 0; i < doc->count; i++) {
        const struct json_node *n = &doc->nodes[i];
        const struct json_node *up = &doc->nodes[n->parent];

        LAW(n->next > i && n->next <= doc->count);
        LAW((size_t)n->off + n->len <= doc->text.len);
        if (i == 0)
            continue;
        LAW(n->parent < i && n->next <= up->next);
        LAW(up->type == JSON_OBJECT || up->type == JSON_ARRAY);
        LAW(n->off > up->off && n->off + n->len < up->off + up->len);
        if (n->type == JSON_KEY)
            LAW(up->type == JSON_OBJECT && n->next == i + 1 &&
                doc->nodes[i + 1].type != JSON_KEY);
    }
}

/* Every character of the text maps to its own part of the literal, in order. */
static void check_map(struct str raw, struct str text)
{
    struct json_map m = json_map_start(raw);
    uint32_t raw_end = 0;

    for (uint32_t at = 0; at < text.len;) {
        uint32_t n = (uint32_t)utf8_char(str_skip(text, at));
        struct span got;
        struct buf b;

        LAW(n > 0);
        got = json_map_span(&m, (struct span){at, n});
        LAW(got.off == raw_end && got.len > 0 && got.len <= 12);
        raw_end = got.off + got.len;
        LAW(raw_end <= raw.len);
        buf_init(&b, 16);
        LAW(json_text_buf(str_at(raw, got), &b) == OK);
        LAW(str_eq(buf_str(&b), str_at(text, (struct span){at, n})));
        buf_free(&b);
        at += n;
    }
    LAW(raw_end == raw.len);
}

/* Written out and read again, the text is the same. */
static void check_round(struct str text)
{
    struct json_doc doc;
    struct buf put, back;

    json_doc_init(&doc);
    buf_init(&put, 16 * MIB);
    buf_init(&back, 16 * MIB);
    LAW(json_put_string(&put, text) == OK);
    LAW(json_parse(&doc, buf_str(&put)) == OK);
    LAW(doc.count == 1 && doc.nodes[0].type == JSON_STRING);
    LAW(json_text_buf(json_raw(&doc, 0), &back) == OK);
    LAW(str_eq(buf_str(&back), text));
    buf_free(&put);
    buf_free(&back);
    json_doc_free(&doc);
}

static void check_strings(const struct json_doc *doc)
{
    struct arena a;

    arena_init(&a, 64 * MIB);
    for (uint32_t i = 0; i < doc->count; i++) {
        const struct json_node *n = &doc->nodes[i];
        struct str raw = json_raw(doc, i), text;

        if (n->type != JSON_KEY && n->type != JSON_STRING)
            continue;
        LAW(n->escaped == (str_find_byte(raw, '\\') < raw.len));
        LAW(json_text(raw, n->escaped, &a, &text) == OK);
        LAW(utf8_valid(text) && json_text_eq(raw, n->escaped, text));
        check_map(raw, text);
        check_round(text);
        if (n->type == JSON_KEY) /* no key hides another */
            LAW(json_member(doc, n->parent, text) == i + 1);
    }
    arena_free(&a);
}

/* What the reader says of one piece, in a form that shows no cut. */
static enum err inner_feed(struct json_inner *inner, struct str piece,
                           struct buf *story)
{
    struct inner_run run;
    enum err e;

    while ((e = inner_next(inner, &piece, &run)) == OK) {
        LAW(run.src_len > 0);
        if (run.kind == INNER_STRING_END)
            LAW(buf_add(story, STR("\xff"
                                   "E")) == OK);
        for (size_t i = 0; run.kind == INNER_STRUCTURE && i < run.src_len; i++)
            LAW(buf_add(story, STR("\xff"
                                   "S")) == OK);
        LAW(buf_add(story, run.text) == OK);
    }
    LAW(e == E_SYNTAX || (e == E_AGAIN && piece.len == 0));
    return e;
}

/*
 * Cut at a and b or not at all: the same story, the same end. A document that
 * the parser accepts is never refused by this reader.
 */
static void check_inner(struct str text, size_t a, size_t b, bool is_json)
{
    struct json_inner whole = {0}, cut = {0};
    struct str pieces[] = {str_head(text, a), str_skip(str_head(text, b), a),
                           str_skip(text, b)};
    struct buf x, y;
    enum err e, f = E_AGAIN;

    buf_init(&x, 16 * MIB);
    buf_init(&y, 16 * MIB);
    e = inner_feed(&whole, text, &x);
    for (size_t i = 0; i < ARRAY_LEN(pieces) && f == E_AGAIN; i++)
        f = inner_feed(&cut, pieces[i], &y);
    LAW(e == f && str_eq(buf_str(&x), buf_str(&y)));
    LAW(inner_pending(&whole) == inner_pending(&cut));
    LAW(!is_json || (e == E_AGAIN && !inner_pending(&whole)));
    buf_free(&x);
    buf_free(&y);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = {(const char *)data, size};
    size_t a = size == 0 ? 0 : (data[0] * 131u + data[size - 1]) % (size + 1);
    size_t b = a + (size - a) / 2;
    struct json_doc doc;
    enum err e;

    if (size > 64 * KIB)
        return 0;
    json_doc_init(&doc);
    e = json_parse(&doc, text);
    LAW((e == OK) == (doc.why == NULL) && doc.err_off <= size);
    if (e == OK) {
        check_tape(&doc);
        check_strings(&doc);
    }
    check_inner(text, a, b, e == OK);
    if (size > 0)
        check_inner(text, size / 2, size / 2 + (size - size / 2 > 1), e == OK);
    json_doc_free(&doc);
    return 0;
}
