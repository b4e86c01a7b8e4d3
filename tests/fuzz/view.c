/*
 * A hostile body seen through a description. Laws: every text is UTF-8 and
 * leads back to a place inside of its literal; a body with all of its texts
 * replaced is JSON still.
 */
#include <stdlib.h>

#include "base/limits.h"
#include "base/utf8.h"
#include "llm/view.h"
#include "llmdefs.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define LAW(cond)                                                              \
    do {                                                                       \
        if (!(cond))                                                           \
            __builtin_trap();                                                  \
    } while (0)

static struct providers *all;

static void setup(void)
{
    static struct buf packed;

    buf_init(&packed, MIB);
    LAW(providers_pack(&small_provider, 1, NULL, 0, &packed, NULL) == OK);
    LAW(providers_load(buf_str(&packed), &all) == OK);
}

struct walked {
    struct json_doc doc;
    struct arena arena;
    struct view view;
    size_t texts;
    bool plain; /* a text behind the end of nested JSON */
};

/* The place of one text; a few spans within it. */
static struct span check_text(const struct seg *seg, struct str body)
{
    struct seg_map map = seg_map_start(seg, body);
    size_t n = seg->text.len;
    size_t cuts[] = {0, n / 3, n / 2, n};

    LAW(n > 0 && utf8_valid(seg->text));
    for (size_t i = 0; i < ARRAY_LEN(cuts); i++) {
        for (size_t k = i; k < ARRAY_LEN(cuts); k++) {
            struct span at = seg_map_span(&map, cuts[i], cuts[k]);

            LAW(at.off >= seg->raw.off);
            LAW(at.off + (size_t)at.len <= seg->raw.off + (size_t)seg->raw.len);
            LAW(cuts[i] == cuts[k] || at.len > 0);
        }
    }
    return seg_span(seg, body, 0, n);
}

/* Walks, and writes the body with its texts replaced. */
static enum err walk(enum view_phase what, struct str body, struct walked *w,
                     struct buf *out)
{
    struct view_item item;
    size_t pos = 0;
    enum err e;

    *w = (struct walked){0};
    json_doc_init(&w->doc);
    arena_init(&w->arena, LIM_VIEW_ARENA);
    view_init(&w->view);
    e = json_parse(&w->doc, body);
    if (e == OK)
        e = view_start(&w->view, providers_at(all, 0), what, &w->doc,
                       &w->arena);
    while (e == OK && (e = view_next(&w->view, &item)) == OK) {
        struct span at = item.seg.raw;

        LAW(at.off + (size_t)at.len <= body.len);
        if (item.kind != ITEM_TEXT)
            continue;
        at = check_text(&item.seg, body);
        w->texts++;
        w->plain |= item.seg.inner_plain;
        LAW(at.off >= pos);
        LAW(buf_add(out, (struct str){body.ptr + pos, at.off - pos}) == OK);
        /* Keys stay different, and long enough to be seen. */
        if (item.seg.part == PART_KEY)
            LAW(buf_add(out, str_at(body, at)) == OK);
        else
            LAW(seg_put(&item.seg, STR("\"x\\"), out) == OK);
        pos = at.off + at.len;
    }
    LAW(buf_add(out, str_skip(body, pos)) == OK);
    view_free(&w->view);
    arena_free(&w->arena);
    return e;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str body = {(const char *)data + 1, size - 1};
    struct walked first, second;
    struct buf out, again;
    enum view_phase what;

    if (all == NULL)
        setup();
    if (size < 2)
        return 0;
    what = (enum view_phase)(data[0] % 3);
    buf_init(&out, 64 * MIB);
    buf_init(&again, 64 * MIB);
    if (walk(what, body, &first, &out) == E_AGAIN) {
        enum err e = walk(what, buf_str(&out), &second, &again);

        /* A filter may have read a replaced text: other paths then. */
        LAW(e == E_AGAIN || e == E_AMBIGUOUS);
        json_doc_free(&second.doc);
    }
    json_doc_free(&first.doc);
    buf_free(&out);
    buf_free(&again);
    return 0;
}
