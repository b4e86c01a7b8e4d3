/*
 * Streams. The first byte says how: an odd one makes lines of the input events
 * as they are (nothing may crash, and with no rules all comes out as it was);
 * an even one makes the rest a text, cut into deltas at places taken from it.
 * Laws: the text that comes out does not depend on the cutting, and is at all
 * times a beginning of what comes out in the end.
 */
#include <stdlib.h>

#include "base/limits.h"
#include "base/utf8.h"
#include "json/text.h"
#include "json/tree.h"
#include "llm/queue.h"
#include "llmdefs.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define LAW(cond)                                                              \
    do {                                                                       \
        if (!(cond))                                                           \
            __builtin_trap();                                                  \
    } while (0)
#define EVERYWHERE                                                             \
    .dirs = DIRS_ALL, .roles = ROLES_ALL, .parts = PARTS_ALL,                  \
    .severity = SEVERITY_HIGH

static const struct str words[] = {STR_INIT("KEY-")};
static const struct rule list[] = {
    {.id = STR_INIT("SP-1"),
     .name = STR_INIT("key"),
     .put = STR_INIT("[key]"),
     .match = STR_INIT("KEY-[0-9]{3}"),
     .keywords = words,
     .keyword_count = 1,
     .keyword_first = true,
     .action = ACTION_REDACT,
     EVERYWHERE},
    {.id = STR_INIT("SP-2"),
     .name = STR_INIT("fence"),
     .put = STR_INIT("\"\\"),
     .match = STR_INIT("<[^>]*>"),
     .end = STR_INIT(">"),
     .max_hold = 64,
     .action = ACTION_REDACT,
     EVERYWHERE},
    {.id = STR_INIT("SP-3"),
     .name = STR_INIT("word"),
     .put = STR_INIT(""),
     .match = STR_INIT("\\bab+\\b|\xc3\xa9\\n"),
     .action = ACTION_REDACT,
     EVERYWHERE},
    {.id = STR_INIT("SP-5"),
     .name = STR_INIT("number"),
     .put = STR_INIT("[number]"),
     .match = STR_INIT("77[0-9]{2,}"),
     .action = ACTION_REDACT,
     EVERYWHERE},
    {.id = STR_INIT("SP-4"),
     .name = STR_INIT("bomb"),
     .match = STR_INIT("BOMB"),
     .action = ACTION_BLOCK,
     EVERYWHERE},
};

static struct providers *all;
static struct rules *rules, *none;
static struct scratch *scratch;

static void setup(void)
{
    static struct buf packed, some, no;

    buf_init(&packed, MIB);
    buf_init(&some, MIB);
    buf_init(&no, MIB);
    LAW(providers_pack(&small_provider, 1, NULL, 0, &packed, NULL) == OK);
    LAW(providers_load(buf_str(&packed), &all) == OK);
    LAW(rules_pack(list, ARRAY_LEN(list), NULL, 0, &some) == OK);
    LAW(rules_load(buf_str(&some), false, &rules) == OK);
    LAW(rules_pack(list, 0, NULL, 0, &no) == OK);
    LAW(rules_load(buf_str(&no), false, &none) == OK);
    LAW(scratch_new(&scratch) == OK);
}

static struct delta *start(const struct rules *rs)
{
    struct delta_config config = {
        .provider = providers_at(all, 0), .rules = rs, .scratch = scratch};
    struct delta *d;

    LAW(delta_new(&config, &d) == OK);
    return d;
}

static bool take(struct delta *d, struct buf *out)
{
    struct delta_out o;
    bool block = false;

    while (delta_next(d, &o) == OK) {
        LAW(!block);
        LAW(buf_add(out, o.bytes) == OK);
        block = o.block != NULL;
    }
    return block;
}

/* ---- Lines as events ---------------------------------------------------- */

/* The same event to a delta that looks anew at each one. */
static void put_anew(struct delta *d, const struct delta_event *ev,
                     enum err want)
{
    d->shape.on = false;
    LAW(delta_put(d, ev) == want);
}

static void play_lines(struct str in, const struct rules *rs, bool same)
{
    struct delta *d = start(rs), *anew = start(rs);
    struct buf out, want, other;
    bool block = false;

    buf_init(&out, 64 * MIB);
    buf_init(&want, 64 * MIB);
    buf_init(&other, 64 * MIB);
    while (in.ptr != NULL && !block) {
        struct str line = str_split(&in, '\n');
        struct delta_event ev = {
            .raw = line, .data = line, .plain = str_starts(line, STR(":"))};
        enum err e = delta_put(d, &ev);

        put_anew(anew, &ev, e);
        if (e == E_SYNTAX || e == E_AMBIGUOUS) {
            ev.opaque = true;
            e = delta_put(d, &ev);
            put_anew(anew, &ev, e);
        }
        if (e != OK)
            goto out;
        LAW(buf_add(&want, line) == OK);
        block = take(d, &out);
        LAW(take(anew, &other) == block);
        for (int f = 0; f < FACT_COUNT; f++)
            LAW(str_eq(delta_fact(d, (enum fact)f),
                       delta_fact(anew, (enum fact)f)));
    }
    LAW(delta_end(d) == OK && delta_end(anew) == OK);
    take(d, &out);
    take(anew, &other);
    LAW(str_eq(buf_str(&out), buf_str(&other)));
    if (same)
        LAW(str_eq(buf_str(&out), buf_str(&want)));
out:
    delta_free(d);
    delta_free(anew);
    buf_free(&out);
    buf_free(&want);
    buf_free(&other);
}

/* ---- One text, cut ------------------------------------------------------ */

struct frame {
    const char *head, *tail, *key;
};

static const struct frame frames[] = {
    {"{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"", "\"}}]}\n",
     "content"},
    {"{\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":3,"
     "\"function\":{\"arguments\":\"",
     "\"}}]}}]}\n", "arguments"},
};

static void collect(struct str out, const char *key, struct buf *text)
{
    struct json_doc doc;

    json_doc_init(&doc);
    while (out.len > 0) {
        struct str line = str_split(&out, '\n');

        if (line.len == 0)
            continue;
        LAW(json_parse(&doc, line) == OK);
        for (uint32_t i = 0; i < doc.count; i++)
            if (doc.nodes[i].type == JSON_KEY &&
                str_eq(json_raw(&doc, i), str_of(key)))
                LAW(json_text_buf(json_raw(&doc, i + 1), text) == OK);
    }
    json_doc_free(&doc);
}

static void put_piece(struct delta *d, const struct frame *s, struct str piece)
{
    struct delta_event ev = {0};
    struct buf raw;

    buf_init(&raw, MIB);
    LAW(buf_add(&raw, str_of(s->head)) == OK);
    LAW(json_put(&raw, piece) == OK);
    LAW(buf_add(&raw, str_of(s->tail)) == OK);
    ev.raw = buf_str(&raw);
    ev.data = str_head(ev.raw, ev.raw.len - 1);
    LAW(delta_put(d, &ev) == OK);
    buf_free(&raw);
}

/* Cut where the bytes of `cuts` say, taken round; none: whole. */
static void play_text(const struct frame *s, struct str text, struct str cuts,
                      struct buf *ret_text)
{
    struct delta *d = start(rules);
    struct buf out;
    bool block = false;
    size_t i = 0;

    buf_init(&out, 64 * MIB);
    while (text.len > 0 && !block) {
        size_t n = cuts.len > 0
                       ? (unsigned char)cuts.ptr[i++ % cuts.len] % 9 + 1u
                       : text.len;

        n = n < text.len ? n : text.len;
        n -= utf8_tail(str_head(text, n));
        if (n == 0)
            n = text.len < 4 ? text.len : 4;
        while (n < text.len && ((unsigned char)text.ptr[n] & 0xc0) == 0x80)
            n--;
        put_piece(d, s, str_head(text, n));
        text = str_skip(text, n);
        block = take(d, &out);
    }
    LAW(delta_end(d) == OK);
    take(d, &out);
    collect(buf_str(&out), s->key, ret_text);
    delta_free(d);
    buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str in = {(const char *)data + 1, size - 1};
    struct buf whole, cut;

    if (all == NULL)
        setup();
    if (size < 3 || size > 4096)
        return 0;
    if (data[0] % 2 == 1) {
        play_lines(in, none, true);
        play_lines(in, rules, false);
        return 0;
    }
    if (!utf8_valid(in))
        return 0;
    buf_init(&whole, 64 * MIB);
    buf_init(&cut, 64 * MIB);
    play_text(&frames[data[0] / 2 % 2], in, (struct str){0}, &whole);
    play_text(&frames[data[0] / 2 % 2], in, in, &cut);
    LAW(str_eq(buf_str(&whole), buf_str(&cut)));
    buf_free(&whole);
    buf_free(&cut);
    return 0;
}
