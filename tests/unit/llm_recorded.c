/*
 * Recorded exchanges, where the folder is there: every body has its texts
 * found without an error; every stream comes out of the event queue byte for
 * byte where nothing matches, and as JSON still where much is redacted.
 */

#include <stdlib.h>

#include "base/limits.h"
#include "check.h"
#include "compile/provfile.h"
#include "llm.h"
#include "llm/delta.h"
#include "llm/view.h"
#include "wire/sse.h"

#define EVERYWHERE                                                             \
    .dirs = DIRS_ALL, .roles = ROLES_ALL, .parts = PARTS_ALL,                  \
    .severity = SEVERITY_HIGH

static const struct rule never[] = {{.id = STR_INIT("SP-1"),
                                     .name = STR_INIT("never"),
                                     .put = STR_INIT("[x]"),
                                     .match = STR_INIT("QqZz[0-9]{8}"),
                                     .action = ACTION_REDACT,
                                     EVERYWHERE}};
static const struct rule often[] = {{.id = STR_INIT("SP-1"),
                                     .name = STR_INIT("often"),
                                     .put = STR_INIT("[x]"),
                                     .match = STR_INIT("[Tt]he|\\d+|\"|[a-c]+"),
                                     .action = ACTION_REDACT,
                                     EVERYWHERE}};

static struct providers *all;
static struct rules *never_rules, *often_rules;
static struct scratch *scratch;
static struct json_doc doc;
static struct arena arena;
static struct view view;

static struct {
    unsigned bodies, texts, nested, streams, events, changed, invalid;
} counts;

static void look(const struct provider *p, enum view_phase what,
                 struct str body, const char *name)
{
    struct view_item item;
    enum err e;

    arena_clear(&arena);
    if (json_parse(&doc, body)) {
        counts.invalid++;
        return;
    }
    e = view_start(&view, p, what, &doc, &arena);
    while (e == OK && (e = view_next(&view, &item)) == OK) {
        struct span at;

        if (item.kind != ITEM_TEXT)
            continue;
        counts.texts++;
        counts.nested += item.seg.nested;
        at = seg_span(&item.seg, body, 0, item.seg.text.len);
        CHECK(at.len > 0 && at.off >= item.seg.raw.off &&
              at.off + at.len <= item.seg.raw.off + item.seg.raw.len);
    }
    CHECK_ROW(name);
    CHECK_INT(e, E_AGAIN);
    counts.bodies++;
}

static void put_out(struct delta *d, struct buf *out, bool json)
{
    struct delta_out o;

    while (delta_next(d, &o) == OK) {
        size_t at = str_find(o.bytes, STR("data: {"));

        CHECK_INT(buf_add(out, o.bytes), OK);
        counts.changed += !o.same;
        if (json && at < o.bytes.len) {
            struct str line = str_skip(o.bytes, at + 6);

            line = str_head(line, str_find_byte(line, '\n'));
            CHECK_INT(json_parse(&doc, line), OK);
        }
    }
}

/* Events of a whole stream into d, out of it into `out`. */
static enum err play(struct delta *d, struct str in, struct buf *out, bool json)
{
    struct sse sse;
    struct sse_event ev;
    enum err e = OK;

    sse_init(&sse, LIM_EVENT);
    for (int end = 0; end < 2 && e == OK; end++) {
        while (e == OK && (e = end ? sse_end(&sse, &ev)
                                   : sse_next(&sse, &in, &ev)) == OK) {
            struct delta_line lines[64];
            struct delta_event put = {.raw = ev.raw,
                                      .data = ev.data,
                                      .lines = lines,
                                      .line_count = ev.line_count,
                                      .plain = ev.kind == SSE_COMMENT};

            for (size_t i = 0; i < ev.line_count && i < ARRAY_LEN(lines); i++)
                lines[i] = (struct delta_line){
                    ev.lines[i].data_off, ev.lines[i].raw_off, ev.lines[i].len};
            e = delta_put(d, &put);
            put_out(d, out, json);
            counts.events++;
        }
        e = e == E_AGAIN ? OK : e;
    }
    sse_free(&sse);
    if (e == OK)
        e = delta_end(d);
    put_out(d, out, json);
    return e;
}

static void stream(const struct provider *p, struct str body, const char *name)
{
    for (int redact = 0; redact < 2; redact++) {
        struct delta_config config = {
            .provider = p,
            .rules = redact ? often_rules : never_rules,
            .scratch = scratch,
            .host = STR("llm.test"),
        };
        struct delta *d = NULL;
        struct buf out;

        buf_init(&out, 64u << 20);
        CHECK_ROW(name);
        CHECK_INT(delta_new(&config, &d), OK);
        CHECK_INT(play(d, body, &out, redact), OK);
        if (!redact)
            CHECK_EQ(buf_str(&out), body);
        delta_free(d);
        buf_free(&out);
    }
    counts.streams++;
}

/* A file of an exchange; the name's end is `what`. To be freed. */
static struct str load(const char *data, struct str id, const char *what)
{
    char path[512];

    snprintf(path, sizeof(path), "%s/exchanges/%.*s.%s", data, (int)id.len,
             id.ptr, what);
    return llm_file(path);
}

/* The `body` of a stored message, if it was stored as JSON. */
static void body_of(const char *data, struct str id, const char *what,
                    const struct provider *p, enum view_phase phase)
{
    struct str file = load(data, id, what), body = {0};
    struct json_doc message;
    char name[64];

    snprintf(name, sizeof(name), "%.*s", (int)id.len, id.ptr);
    json_doc_init(&message);
    if (json_parse(&message, file) == OK) {
        uint32_t node = json_member(&message, 0, STR("body"));

        if (node != 0 && message.nodes[node].type <= JSON_ARRAY)
            body = json_raw(&message, node);
    }
    if (body.ptr != NULL)
        look(p, phase, body, name);
    json_doc_free(&message);
    free((char *)file.ptr);
}

static struct str member(const struct json_doc *line, struct str key)
{
    uint32_t node = json_member(line, 0, key);

    return node == 0 ? (struct str){0} : json_raw(line, node);
}

static void exchange(const char *data, const struct json_doc *line)
{
    struct str id = member(line, STR("id"));
    struct str path = member(line, STR("url")), body;
    const struct provider *p;
    char name[64];

    path = str_skip(path, str_find(path, STR("://")) + 3);
    path = str_skip(path, str_find_byte(path, '/'));
    path = str_head(path, str_find_byte(path, '?'));
    p = providers_route(all, STR("llm.test"), 443, member(line, STR("method")),
                        path);
    body_of(data, id, "req.json", p, VIEW_REQUEST);
    body_of(data, id, "resp.json", p, VIEW_RESPONSE);
    body = load(data, id, "resp.sse");
    snprintf(name, sizeof(name), "%.*s", (int)id.len, id.ptr);
    if (body.ptr != NULL)
        stream(p, body, name);
    free((char *)body.ptr);
}

static void test_recorded(void)
{
    const char *data = getenv("SALLYPORT_DATA");
    char path[512];
    struct str index, rest;

    if (data == NULL)
        SKIP("SALLYPORT_DATA is not set");
    snprintf(path, sizeof(path), "%s/exchanges/index.jsonl", data);
    index = rest = llm_file(path);
    if (index.ptr == NULL)
        SKIP("no exchanges in SALLYPORT_DATA");
    while (rest.ptr != NULL) {
        struct str text = str_split(&rest, '\n');
        struct json_doc line;
        struct str framing;

        json_doc_init(&line);
        if (text.len > 0 && CHECK_INT(json_parse(&line, text), OK)) {
            framing = member(&line, STR("framing"));
            if (str_eq(framing, STR("json")) || str_eq(framing, STR("sse")))
                exchange(data, &line);
        }
        json_doc_free(&line);
    }
    CHECK_ROW(NULL);
    CHECK(counts.bodies > 100 && counts.streams > 50);
    fprintf(stderr,
            "%u bodies, %u not JSON, %u texts (%u nested); %u streams played "
            "twice, %u events, %u edited\n",
            counts.bodies, counts.invalid, counts.texts, counts.nested,
            counts.streams, counts.events, counts.changed);
    free((char *)index.ptr);
}

int main(void)
{
    static const struct host_rule host = {.host = STR_INIT("llm.test")};

    all = llm_providers(&host, 1);
    never_rules = llm_rules(never, ARRAY_LEN(never));
    often_rules = llm_rules(often, ARRAY_LEN(often));
    if (all == NULL || never_rules == NULL || often_rules == NULL ||
        scratch_new(&scratch))
        return 1;
    json_doc_init(&doc);
    arena_init(&arena, LIM_VIEW_ARENA);
    view_init(&view);
    RUN(test_recorded);
    view_free(&view);
    arena_free(&arena);
    json_doc_free(&doc);
    scratch_free(scratch);
    rules_free(never_rules);
    rules_free(often_rules);
    providers_free(all);
    return check_done();
}
