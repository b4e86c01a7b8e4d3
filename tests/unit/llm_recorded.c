/*
 * Recorded exchanges, where the folder is there: a description knows their host
 * and path; every text that the second reader (recorded.h) sees is found, in
 * the role it names; model and usage are what it reads; every stream comes out
 * of the event queue byte for byte where nothing matches, and as JSON still
 * where much is redacted.
 */

#include <stdlib.h>

#include "base/limits.h"
#include "check.h"
#include "compile/provfile.h"
#include "llm.h"
#include "llm/delta.h"
#include "llm/view.h"
#include "recorded.h"
#include "wire/framing.h"
#include "wire/ndjson.h"
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
    unsigned exchanges, alone, bedrock, known, bodies, texts, spots, streams,
        events, changed;
} counts;

/* ---- Bodies ------------------------------------------------------------- */

/* What a body has been found to hold. */
static struct found {
    struct found_text {
        struct str text;
        enum role role;
        enum part part;
    } texts[20000];
    size_t count;
    struct str facts[FACT_COUNT];
} found;

static void look(const struct provider *p, enum view_phase what,
                 struct str body)
{
    struct view_item item;
    enum err e;

    arena_clear(&arena);
    found.count = 0;
    memset(found.facts, 0, sizeof(found.facts));
    if (!CHECK_INT(json_parse(&doc, body), OK))
        return;
    e = view_start(&view, p, what, &doc, &arena);
    while (e == OK && (e = view_next(&view, &item)) == OK) {
        struct span at;

        if (item.kind == ITEM_FACT)
            found.facts[item.fact] = item.value;
        if (item.kind != ITEM_TEXT || found.count == ARRAY_LEN(found.texts))
            continue;
        found.texts[found.count++] =
            (struct found_text){item.seg.text, item.seg.role, item.seg.part};
        counts.texts++;
        at = seg_span(&item.seg, body, 0, item.seg.text.len);
        CHECK(at.len > 0 && at.off >= item.seg.raw.off &&
              at.off + at.len <= item.seg.raw.off + item.seg.raw.len);
    }
    CHECK_INT(e, E_AGAIN);
    counts.bodies++;
}

static bool is_found(const struct spot *spot)
{
    struct str text = spot_text(spot);

    for (size_t i = 0; i < found.count; i++)
        if (found.texts[i].role == spot->role &&
            found.texts[i].part == spot->part &&
            str_eq(found.texts[i].text, text))
            return true;
    return false;
}

static void check_spots(const struct spots *spots, const char *where)
{
    for (size_t i = 0; i < spots->count; i++) {
        if (!CHECK(is_found(&spots->list[i])))
            fprintf(stderr, "    a text of the %s, text %zu: %.*s %.*s\n",
                    where, i, STR_ARG(role_name(spots->list[i].role)),
                    STR_ARG(part_name(spots->list[i].part)));
        counts.spots++;
    }
}

/* ---- What was used ------------------------------------------------------ */

static struct str body_fact(const void *from, enum fact fact)
{
    (void)from;
    return found.facts[fact];
}

static struct str stream_fact(const void *from, enum fact fact)
{
    return delta_fact(from, fact);
}

static void check_count(struct str got, long want, const char *what)
{
    uint64_t n = 0;

    if (want < 0) /* the second reader does not know */
        return;
    if (!CHECK(str_u64(got, &n) == OK && n == (uint64_t)want))
        fprintf(stderr, "    %s: %ld, not %.*s\n", what, want, STR_ARG(got));
}

static void check_told(const struct recorded *r,
                       struct str (*fact)(const void *from, enum fact fact),
                       const void *from)
{
    struct told t = recorded_told(r);

    check_count(fact(from, FACT_INPUT_TOKENS), t.input, "input");
    check_count(fact(from, FACT_OUTPUT_TOKENS), t.output, "output");
    check_count(fact(from, FACT_CACHED_TOKENS), t.cached, "cached");
    check_count(fact(from, FACT_REASONING_TOKENS), t.reasoning, "reasoning");
}

/* ---- Streams ------------------------------------------------------------ */

static void put_out(struct delta *d, struct buf *out, bool json)
{
    struct delta_out o;
    struct finding f;
    struct scope where;

    while (delta_finding(d, &f, &where))
        ;
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

/* Lines of JSON, the same. */
static enum err play_lines(struct delta *d, struct str in, struct buf *out)
{
    struct ndjson lines;
    struct str raw, line;
    enum err e = OK;

    ndjson_init(&lines, LIM_EVENT);
    for (int end = 0; end < 2 && e == OK; end++) {
        while (e == OK &&
               (e = end ? ndjson_end(&lines, &raw, &line)
                        : ndjson_next(&lines, &in, &raw, &line)) == OK) {
            struct delta_event put = {
                .raw = raw, .data = line, .plain = str_trim(line).len == 0};

            e = delta_put(d, &put);
            put_out(d, out, false);
            counts.events++;
        }
        e = e == E_AGAIN ? OK : e;
    }
    ndjson_free(&lines);
    if (e == OK)
        e = delta_end(d);
    put_out(d, out, false);
    return e;
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
                                      .plain = ev.kind == SSE_COMMENT,
                                      .words = ev.strange};

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

static void stream(const struct provider *p, const struct recorded *r)
{
    struct str body = str_of(r->stream);

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
        CHECK_INT(delta_new(&config, &d), OK);
        CHECK_INT(r->lines ? play_lines(d, body, &out)
                           : play(d, body, &out, redact),
                  OK);
        if (!redact)
            CHECK_EQ(buf_str(&out), body);
        if (!redact)
            check_told(r, stream_fact, d);
        delta_free(d);
        buf_free(&out);
    }
    counts.streams++;
}

/* ---- An exchange -------------------------------------------------------- */

/* The hosts that a policy would have to name. */
static const struct host_rule named[] = {
    {.host = STR_INIT("localhost")},
    {.host = STR_INIT("*.snowflakecomputing.com"),
     .provider = STR_INIT("snowflake")},
    {.host = STR_INIT("mcp.deepwiki.com"), .provider = STR_INIT("mcp")},
};

static const struct provider *route(const struct recorded *r, struct buf *path)
{
    struct str host = str_of(r->host);
    struct str target =
        str_head(str_of(r->path), str_find_byte(str_of(r->path), '?'));

    host = str_head(host, str_find_byte(host, ':'));
    if (http_route_path(target, path))
        return NULL;
    return providers_route(all, host, 0, str_of(r->method), buf_str(path));
}

static void check_bodies(const struct provider *p, const struct recorded *r,
                         struct str path)
{
    static struct spots spots;
    char *body;

    if (r->asked != NULL) {
        struct told t = recorded_told(r);
        struct str model;

        body = recorded_text(r->asked);
        look(p, VIEW_REQUEST, str_of(body));
        spots_asked(r, &spots);
        check_spots(&spots, "request");
        model = found.facts[FACT_MODEL];
        if (model.len == 0)
            model = provider_model(p, str_of(r->method), path);
        if (t.model != NULL)
            CHECK_EQ(model, str_of(t.model));
        spots_free(&spots);
        free(body);
    }
    if (r->said != NULL && r->stream == NULL) {
        body = recorded_text(r->said);
        look(p, VIEW_RESPONSE, str_of(body));
        spots_said(r, &spots);
        check_spots(&spots, "response");
        check_told(r, body_fact, NULL);
        spots_free(&spots);
        free(body);
    }
}

static void exchange(struct recorded *r)
{
    const struct provider *p;
    struct buf path;

    buf_init(&path, 1 << 16);
    CHECK_ROW(r->id);
    p = route(r, &path);
    if ((p == NULL || p->generic) && strstr(r->path, "/model/") != NULL) {
        counts.bedrock++; /* described elsewhere */
        buf_free(&path);
        return;
    }
    counts.exchanges++;
    counts.known += p != NULL && !p->generic;
    if (p == NULL || p->generic)
        fprintf(stderr, "[%s] nobody knows %s %s%s\n", r->id, r->method,
                r->host, r->path);
    if (p != NULL) {
        check_bodies(p, r, buf_str(&path));
        if (r->stream != NULL)
            stream(p, r);
    }
    buf_free(&path);
}

static void test_recorded(void)
{
    if (!recorded_each(exchange))
        SKIP("no exchanges in SALLYPORT_DATA");
    CHECK_ROW(NULL);
    CHECK(counts.bodies > 100 && counts.streams > 50);
    CHECK(counts.known * 1000 >= counts.exchanges * 995);
    fprintf(stderr,
            "%u of %u exchanges known, %u of Bedrock left out; %u bodies, %u "
            "texts, %u of them in "
            "both readers; %u streams played twice, %u events, %u edited\n",
            counts.known, counts.exchanges, counts.bedrock, counts.bodies,
            counts.texts, counts.spots, counts.streams, counts.events,
            counts.changed);
}

/* ---- Responses alone ---------------------------------------------------- */

/* What a recorded response without a request is: by its name, else its first
 * words. */
static const struct {
    const char *in_name, *in_text, *id;
} dialects[] = {
    {"amazon-bedrock/", NULL, NULL},
    {"anthropic", NULL, "anthropic"},
    {"google/interactions", NULL, "gemini-interactions"},
    {"google/speech", NULL, "gemini-live"},
    {"google", NULL, "gemini"},
    {NULL, "chat.completion", "openai-chat"},
    {NULL, "text_completion", "openai-chat"},
    {NULL, "\"type\":\"response.", "openai-responses"},
    {NULL, "\"object\":\"response\"", "openai-responses"},
    {NULL, "\"object\": \"response\"", "openai-responses"},
    {NULL, "\"generated_text\"", "tgi"},
    {NULL, "\"embedding\"", "openai-chat"},
    {"openai/", NULL, "openai-platform"},
};

static const struct provider *dialect_of(const char *name, const char *text)
{
    for (size_t i = 0; i < ARRAY_LEN(dialects); i++) {
        if (dialects[i].in_name != NULL &&
            strncmp(name, dialects[i].in_name, strlen(dialects[i].in_name)))
            continue;
        if (dialects[i].in_text != NULL &&
            strstr(text, dialects[i].in_text) == NULL)
            continue;
        return dialects[i].id == NULL ? NULL
                                      : llm_provider(all, dialects[i].id);
    }
    return NULL;
}

static void response_alone(const char *name, struct recorded *r)
{
    const char *text = r->stream != NULL ? r->stream : r->text;
    const struct provider *p = dialect_of(name, text);

    CHECK_ROW(name);
    if (p == NULL)
        return;
    counts.alone++;
    if (r->stream != NULL)
        stream(p, r);
    else
        look(p, VIEW_RESPONSE, str_of(text));
}

static void test_responses(void)
{
    if (!recorded_responses(response_alone))
        SKIP("no exchanges in SALLYPORT_DATA");
    CHECK_ROW(NULL);
    CHECK(counts.alone > 100);
    fprintf(stderr, "%u responses without their requests\n", counts.alone);
}

int main(void)
{
    all = llm_providers(named, ARRAY_LEN(named));
    never_rules = llm_rules(never, ARRAY_LEN(never));
    often_rules = llm_rules(often, ARRAY_LEN(often));
    if (all == NULL || never_rules == NULL || often_rules == NULL ||
        scratch_new(&scratch))
        return 1;
    json_doc_init(&doc);
    arena_init(&arena, LIM_VIEW_ARENA);
    view_init(&view);
    RUN(test_recorded);
    RUN(test_responses);
    view_free(&view);
    arena_free(&arena);
    json_doc_free(&doc);
    scratch_free(scratch);
    rules_free(never_rules);
    rules_free(often_rules);
    providers_free(all);
    return check_done();
}
