/*
 * Plays every case under tests/vectors/llm. A case is a directory:
 *
 *   provider  the id of a description, and request, response, event or stream
 *   in        a JSON body; of a stream, the event stream as the wire has it
 *   expect    a line for each item of the view: "role part MSG.CHAN text",
 *             "fact=value", "blank value", "media BYTES", "news kind" or
 *             "end"; last the error, if there is one. A text that no path
 *             names says under which unknown member it stands. Of a stream,
 *             the facts that it told, its open indexes, its news, and "block
 *             RULE" or the error
 *   out       what leaves of a stream, under tests/vectors/llm/policy.yaml
 *
 * A stream is played with the queue emptied after each event, and only at the
 * end: what leaves is the same.
 */

#include <stdlib.h>

#include "base/limits.h"
#include "compile/compile.h"
#include "compiled.h"
#include "llm/delta.h"
#include "llm/view.h"
#include "vectors.h"
#include "wire/sse.h"

static struct providers *all;
static struct rules *rules;
static struct scratch *scratch;

static const struct provider *provider_of(struct str id)
{
    for (size_t i = 0; i < providers_count(all); i++)
        if (str_eq(providers_at(all, i)->id, id))
            return providers_at(all, i);
    return NULL;
}

/* --- Bodies. */

static void say_item(const struct view_item *item, struct buf *out)
{
    const struct seg *s = &item->seg;

    switch (item->kind) {
    case ITEM_TEXT:
        vector_add(out, role_name(s->role));
        vector_say(out, " ");
        vector_add(out, part_name(s->part));
        vector_say(out, " %u.%u ", s->msg, s->chan);
        vector_quote(out, s->text);
        if (item->unknown.len > 0)
            vector_say(out, " under %.*s", STR_ARG(item->unknown));
        break;
    case ITEM_TYPE:
        vector_say(out, "news ");
        vector_add(out, item->value);
        break;
    case ITEM_MEDIA:
        vector_say(out, "media %zu", item->value.len);
        break;
    case ITEM_FACT:
        vector_add(out, fact_name(item->fact));
        vector_say(out, "=");
        vector_add(out, item->value);
        break;
    case ITEM_BLANK:
        vector_say(out, "blank ");
        vector_add(out, item->value);
        break;
    case ITEM_END:
        vector_say(out, "end");
        break;
    }
    vector_say(out, "\n");
}

static enum err walk(const struct provider *p, enum view_phase what,
                     struct str body, struct buf *out)
{
    struct view_item item;
    struct json_doc doc;
    struct arena arena;
    struct view view;
    enum err e;

    json_doc_init(&doc);
    arena_init(&arena, LIM_VIEW_ARENA);
    view_init(&view);
    e = json_parse(&doc, body);
    if (e == OK)
        e = view_start(&view, p, what, &doc, &arena);
    while (e == OK && (e = view_next(&view, &item)) == OK) {
        if (item.kind == ITEM_TEXT) { /* and the way back */
            struct span at = seg_span(&item.seg, body, 0, item.seg.text.len);

            CHECK(at.off >= item.seg.raw.off &&
                  at.off + at.len <= item.seg.raw.off + item.seg.raw.len);
        }
        say_item(&item, out);
    }
    view_free(&view);
    arena_free(&arena);
    json_doc_free(&doc);
    return e;
}

/* --- Streams. */

struct play {
    struct delta *d;
    struct buf out;
    const struct rule *block;
};

static void drain(struct play *p)
{
    struct delta_out o;

    while (delta_next(p->d, &o) == OK) {
        CHECK(p->block == NULL);
        vector_add(&p->out, o.bytes);
        p->block = o.block;
    }
}

static enum err put(struct play *p, const struct provider *provider,
                    const struct sse_event *ev)
{
    struct delta_line lines[16];
    struct delta_event one = {.raw = ev->raw,
                              .data = ev->data,
                              .lines = lines,
                              .line_count = ev->line_count,
                              .plain = ev->line_count == 0,
                              .words = ev->strange};

    if (ev->line_count > ARRAY_LEN(lines))
        abort();
    for (size_t i = 0; i < ev->line_count; i++)
        lines[i] = (struct delta_line){ev->lines[i].data_off,
                                       ev->lines[i].raw_off, ev->lines[i].len};
    one.opaque = provider->done.len > 0 && str_eq(ev->data, provider->done);
    return delta_put(p->d, &one);
}

static enum err play_events(struct play *p, const struct provider *provider,
                            struct str in, bool prompt)
{
    struct sse_event ev;
    struct sse sse;
    enum err e = OK;

    sse_init(&sse, LIM_EVENT);
    while (e == OK && sse_next(&sse, &in, &ev) == OK) {
        e = put(p, provider, &ev);
        if (prompt)
            drain(p);
    }
    if (e == OK)
        e = delta_end(p->d);
    drain(p);
    sse_free(&sse);
    return e;
}

static void say_stream(const struct play *p, struct buf *out)
{
    uint64_t open[8];
    size_t n = delta_open(p->d, open, ARRAY_LEN(open));
    const struct news *news;

    for (int f = 0; f < FACT_COUNT; f++) {
        struct str value = delta_fact(p->d, (enum fact)f);

        if (value.len == 0)
            continue;
        vector_add(out, fact_name((enum fact)f));
        vector_say(out, "=");
        vector_add(out, value);
        vector_say(out, "\n");
    }
    for (size_t i = 0; i < n; i++)
        vector_say(out, "open %llu\n", (unsigned long long)open[i]);
    n = delta_news(p->d, &news);
    for (size_t i = 0; i < n; i++)
        vector_say(out, "news %.*s\n", (int)news[i].len, news[i].word);
    if (p->block != NULL) {
        vector_say(out, "block ");
        vector_add(out, p->block->id);
        vector_say(out, "\n");
    }
}

static enum err play_stream(const struct provider *provider, struct str in,
                            bool prompt, struct buf *out)
{
    struct delta_config config = {.provider = provider,
                                  .rules = rules,
                                  .scratch = scratch,
                                  .host = STR("llm.test")};
    struct play p = {0};
    enum err e;

    buf_init(&p.out, MIB);
    if (!CHECK_INT(delta_new(&config, &p.d), OK))
        return E_NOMEM;
    e = play_events(&p, provider, in, prompt);
    say_stream(&p, out);
    CHECK_EQ(buf_str(&p.out), vector_file("out"));
    delta_free(p.d);
    buf_free(&p.out);
    return e;
}

/* --- A case. */

static void check_case(bool prompt)
{
    struct str words = vector_file("provider");
    const struct provider *p = provider_of(vector_word(&words));
    struct str what = vector_word(&words), in = vector_file("in");
    struct buf out;
    enum err e;

    buf_init(&out, MIB);
    if (!CHECK(p != NULL))
        return;
    if (str_eq(what, STR("stream")))
        e = play_stream(p, in, prompt, &out);
    else
        e = walk(p,
                 str_eq(what, STR("request"))    ? VIEW_REQUEST
                 : str_eq(what, STR("response")) ? VIEW_RESPONSE
                                                 : VIEW_EVENT,
                 in, &out);
    if (e != OK && e != E_AGAIN)
        vector_say(&out, "refuse %s\n", err_name(e));
    CHECK_EQ(buf_str(&out), vector_file("expect"));
    buf_free(&out);
}

static void run_case(void)
{
    check_case(true);
    check_case(false);
}

int main(int argc, char **argv)
{
    struct image image;
    struct buf bytes;
    int rc = 1;

    if (compiled("tests/vectors/llm/policy.yaml", &bytes, &image) &&
        providers_load(image.providers, &all) == OK &&
        rules_load(image.rules, false, &rules) == OK &&
        scratch_new(&scratch) == OK)
        rc = vectors_main("llm", run_case, argc, argv);
    scratch_free(scratch);
    rules_free(rules);
    providers_free(all);
    buf_free(&bytes);
    return rc;
}
