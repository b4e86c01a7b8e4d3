#include <stdlib.h>
#include <string.h>

#include "base/pack.h"
#include "base/utf8.h"
#include "rules/image.h"
#include "rules/stream.h"

/*
 * Hostile bytes as a policy image, and, so that the sum does not stand in the
 * way, as a rules section. What loads is used, with tables that were changed: a
 * scan and a stream, which may fail but must not crash.
 */

static const char text[] =
    "AKIAQ3EGRTX7LMBZ2WPD password=hunter22 joe@a.example "
    "4111 1111 1111 1111 漢字 é dog\n> x";

static void use(struct rules *rs)
{
    const struct scope at = {.dir = DIR_SEND, .host = STR_INIT("a.example")};
    struct str all = {text, sizeof(text) - 1};
    struct findings f = {0};
    struct scratch *sc = NULL;
    struct stream *st = NULL;
    struct stream_edit ed;

    if (scratch_new(&sc))
        return;
    if (rules_scan(rs, sc, &at, all, 0, &f) == OK)
        for (size_t i = 0; i < f.count; i++)
            if (f.list[i].start >= f.list[i].end || f.list[i].end > all.len)
                __builtin_trap();
    if (stream_new(rs, sc, &at, &st) == OK) {
        for (size_t i = 0; i < all.len; i += 5)
            if (stream_take(st, str_head(str_skip(all, i), 5)))
                break;
        if (stream_flush(st) == OK)
            while (stream_next(st, &ed))
                if (ed.end > all.len || ed.start > ed.end)
                    __builtin_trap();
    }
    stream_free(st);
    findings_free(&f);
    scratch_free(sc);
}

/* Its own tables, with some bytes changed. */
static void lend(struct rules *rs, struct str by, struct buf *tables)
{
    buf_init(tables, LIM_IMAGE);
    if (rules_lay(rs, tables))
        return;
    for (size_t i = 0; i + 4 <= by.len && i < 64; i += 4) {
        uint32_t at;

        memcpy(&at, by.ptr + by.len - i - 4, sizeof(at));
        tables->ptr[(at >> 8) % tables->len] ^= (char)at;
    }
    rules_lend(rs, buf_str(tables));
}

static void load(struct str section)
{
    struct rules *rs = NULL;
    struct buf tables;

    if (rules_load(section, false, &rs))
        return;
    if (rules_count(rs) <= 24) { /* many rules are many compilations */
        lend(rs, section, &tables);
        use(rs);
        buf_free(&tables);
    }
    rules_free(rs);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str in = {(const char *)data, size};
    struct image img;

    if (image_read(in, &img) == OK)
        load(img.rules);
    load(in);
    /* The first section, behind the image's head, whatever the sum says. */
    in = str_skip(in, size < 20 ? size : 20);
    if (unpack_str(&in, &img.rules) == OK)
        load(img.rules);
    return 0;
}
