/* Paths, names, packing, loading and routing of descriptions. */

#include <stdlib.h>

#include "base/arena.h"
#include "base/limits.h"
#include "check.h"
#include "compile/provfile.h"
#include "failmalloc.h"
#include "json/tree.h"
#include "llm.h"
#include "llm/path.h"
#include "llm/view.h"

#define NAME_OF_16 "sixteen_letters_"
#define NAME_OF_64 NAME_OF_16 NAME_OF_16 NAME_OF_16 NAME_OF_16

static void test_syntax(void)
{
    static const struct {
        const char *path;
        enum err want;
    } rows[] = {
        {"a", OK},
        {"a.b.c", OK},
        {"a[].b", OK},
        {"a[][].b", OK},
        {"[]", OK},
        {"**", OK},
        {"*", OK},
        {"a.*.b", OK},
        {"a.**", OK},
        {"**.a.**", OK},
        {"[k=v].a", OK},
        {"a[k=v|w.x|y-z].b.**", OK},
        {"a[k=v][l=w].b", OK},
        {"a[][k=v].b", OK},
        {"a@base64", OK},
        {"a[]@base64", OK},
        {"", E_SYNTAX},
        {".", E_SYNTAX},
        {".a", E_SYNTAX},
        {"a.", E_SYNTAX},
        {"a..b", E_SYNTAX},
        {"a.[]", E_SYNTAX},
        {"a[", E_SYNTAX},
        {"a[]b", E_SYNTAX},
        {"a]", E_SYNTAX},
        {"a[k]", E_SYNTAX},
        {"a[k=]", E_SYNTAX},
        {"a[=v]", E_SYNTAX},
        {"a[k=v|]", E_SYNTAX},
        {"a[k=|v]", E_SYNTAX},
        {"a[k=v||w]", E_SYNTAX},
        {"a.***", E_SYNTAX},
        {"a*", E_SYNTAX},
        {"**a", E_SYNTAX},
        {"a@base65", E_SYNTAX},
        {"a@base64.b", E_SYNTAX},
        {"a b", E_SYNTAX},
        {"a|b.c|d", OK},
        {"a|", E_SYNTAX},
        {"a||b", E_SYNTAX},
        {"a|b.a|b.a|b.a|b.a|b.a|b", OK},
        {"a|b.a|b.a|b.a|b.a|b.a|b.a|b", E_SYNTAX},
        {"x." NAME_OF_64, OK},
        {"x." NAME_OF_64 "z", E_SYNTAX},
        {"x[" NAME_OF_64 "=v]", OK},
        {"x[" NAME_OF_64 "z=v]", E_SYNTAX},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const char *why = NULL;

        CHECK_ROW(rows[i].path);
        CHECK_INT(path_check(str_of(rows[i].path), &why), rows[i].want);
        CHECK((why != NULL) == (rows[i].want != OK));
    }
}

/* One description whose request has one TEXT path, role tool. */
static struct providers *one_path(const char *path, enum pattern_kind kind,
                                  struct buf *packed)
{
    struct pattern_def pattern = {.path = str_of(path),
                                  .kind = kind,
                                  .role = ROLE_TOOL,
                                  .part = PART_FILE};
    struct provider_def def = {
        .id = STR("x"), .generic = true, .request = {&pattern, 1}};
    struct providers *p = NULL;

    buf_init(packed, 1 << 20);
    CHECK_INT(providers_pack(&def, 1, NULL, 0, packed, NULL), OK);
    CHECK_INT(providers_load(buf_str(packed), &p), OK);
    return p;
}

/* Which values the path names, as "a b c"; "!" if the walk is refused. */
static void matches(const char *path, enum pattern_kind kind, const char *json,
                    char *out, size_t size)
{
    struct buf packed;
    struct providers *p = one_path(path, kind, &packed);
    struct json_doc doc;
    struct arena arena;
    struct view view;
    struct view_item item;
    enum err e;

    *out = '\0';
    json_doc_init(&doc);
    arena_init(&arena, 1 << 20);
    view_init(&view);
    CHECK_INT(json_parse(&doc, str_of(json)), OK);
    CHECK_INT(view_start(&view, providers_at(p, 0), VIEW_REQUEST, &doc, &arena),
              OK);
    while ((e = view_next(&view, &item)) == OK) {
        struct str s = item.kind == ITEM_TEXT ? item.seg.text : item.value;
        size_t n = strlen(out);

        if (item.pattern == NULL)
            continue;
        snprintf(out + n, size - n, "%s%.*s", n > 0 ? " " : "", (int)s.len,
                 s.ptr);
    }
    if (e != E_AGAIN)
        snprintf(out, size, "!");
    view_free(&view);
    arena_free(&arena);
    json_doc_free(&doc);
    providers_free(p);
    buf_free(&packed);
}

static void test_match(void)
{
    static const struct {
        const char *path, *json, *want;
    } rows[] = {
        {"a", "{\"a\":\"1\",\"b\":\"2\"}", "1"},
        {"a.b", "{\"a\":{\"b\":\"1\",\"c\":{\"b\":\"2\"}},\"b\":\"3\"}", "1"},
        {"a.b", "{\"a\":[{\"b\":\"1\"}]}", ""},
        {"a|b", "{\"a\":\"1\",\"b\":\"2\",\"c\":\"3\"}", "1 2"},
        {"a|b.c|d", "{\"a\":{\"d\":\"1\"},\"b\":{\"c\":\"2\"},\"c\":\"3\"}",
         "1 2"},
        {"a|b[t=x].c", "{\"b\":[{\"t\":\"x\",\"c\":\"1\"},{\"c\":\"2\"}]}",
         "1"},
        {"a[].b", "{\"a\":[{\"b\":\"1\"},{\"b\":\"2\"},\"3\"]}", "1 2"},
        {"a[]", "{\"a\":[\"1\",[\"2\"],{\"x\":\"3\"}]}", "1"},
        {"a[][]", "{\"a\":[\"1\",[\"2\"]]}", "2"},
        {"a", "{\"a\":[\"1\"]}", ""},
        {"[].a", "[{\"a\":\"1\"},{\"b\":\"2\"}]", "1"},
        {"*", "{\"a\":\"1\",\"b\":\"2\",\"c\":[\"3\"]}", "1 2"},
        {"*.b", "{\"a\":{\"b\":\"1\"},\"c\":{\"b\":\"2\"}}", "1 2"},
        {"**", "{\"a\":\"1\",\"b\":[{\"c\":[\"2\"]}]}", "1 2"},
        {"**", "\"1\"", "1"},
        {"a.**", "{\"a\":\"1\",\"b\":\"2\"}", "1"},
        {"a.**", "{\"a\":[{\"b\":[\"1\"]},\"2\"],\"b\":\"3\"}", "1 2"},
        {"**.a", "{\"a\":\"1\",\"b\":[{\"a\":\"2\",\"c\":\"3\"}]}", "1 2"},
        {"**.a.**", "{\"a\":{\"a\":\"1\",\"b\":\"2\"},\"c\":\"3\"}", "1 2"},
        {"a.**.b", "{\"a\":{\"b\":\"1\",\"c\":[{\"b\":\"2\"}]},\"b\":\"3\"}",
         "1 2"},
        {"[t=x].a", "{\"a\":\"1\",\"t\":\"x\"}", "1"},
        {"[t=x].a", "{\"a\":\"1\",\"t\":\"y\"}", ""},
        {"[t=x].a", "{\"a\":\"1\"}", ""},
        {"[t=x].a", "{\"a\":\"1\",\"t\":\"\\u0078\"}", "1"},
        {"[t=x].a", "{\"a\":\"1\",\"\\u0074\":\"x\"}", "1"},
        {"[t=true].a", "{\"a\":\"1\",\"t\":true}", "1"},
        {"a[t=x|y].b",
         "{\"a\":[{\"b\":\"1\",\"t\":\"x\"},{\"b\":\"2\",\"t\":\"z\"},"
         "{\"t\":\"y\",\"b\":\"3\"}]}",
         "1 3"},
        {"a[t=x].b", "{\"a\":{\"t\":\"x\",\"b\":\"1\"}}", "1"},
        {"a[][t=x].b", "{\"a\":[{\"t\":\"x\",\"b\":\"1\"}]}", "1"},
        {"a[t=x][u=y].b",
         "{\"a\":[{\"t\":\"x\",\"u\":\"y\",\"b\":\"1\"},"
         "{\"t\":\"x\",\"b\":\"2\"}]}",
         "1"},
        {"a[t=x].**", "{\"a\":[{\"t\":\"x\",\"b\":[\"1\"]}]}", "x 1"},
        {"a", "{\"\\u0061\":\"1\"}", "1"},
        {"a", "{\"a\":123456789}", "123456789"},
        {"a", "{\"a\":12345678}", ""},
    };
    char got[256];

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CHECK_ROW(rows[i].path);
        matches(rows[i].path, PAT_TEXT, rows[i].json, got, sizeof(got));
        CHECK_EQ(str_of(got), str_of(rows[i].want));
    }
}

static void test_fold(void)
{
    static const struct {
        const char *path, *json, *want;
    } rows[] = {
        {"mask.b", "{\"MASK\":{\"b\":\"1\"}}", "!"},
        {"mask.b", "{\"ma\xc5\xbfk\":{\"b\":\"1\"}}", "!"},
        {"mask.b", "{\"mas\xe2\x84\xaa\":{\"b\":\"1\"}}", "!"},
        {"mask.b", "{\"mas\\u212a\":{\"b\":\"1\"}}", "!"},
        {"mask.b", "{\"mask\":{\"B\":\"1\"}}", "!"},
        {"mask.b", "{\"other\":{\"B\":\"1\"}}", ""},
        {"mask.b", "{\"B\":\"1\"}", ""},
        {"mask[t=x].b", "{\"mask\":[{\"T\":\"x\",\"b\":\"1\"}]}", "!"},
        {"mask.**", "{\"mask\":{\"MASK\":\"1\"}}", "1"},
        {"**.mask", "{\"MASK\":\"1\"}", ""},
    };
    char got[256];

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CHECK_ROW(rows[i].json);
        matches(rows[i].path, PAT_TEXT, rows[i].json, got, sizeof(got));
        CHECK_EQ(str_of(got), str_of(rows[i].want));
    }
}

static void test_kinds(void)
{
    char got[256];

    matches("a", PAT_BLANK, "{\"a\":{\"b\":\"1\"}}", got, sizeof(got));
    CHECK_EQ(str_of(got), STR("null"));
    matches("a", PAT_BLANK, "{\"a\":[1]}", got, sizeof(got));
    CHECK_EQ(str_of(got), STR("[]"));
    matches("a", PAT_OPAQUE, "{\"a\":\"1\",\"b\":\"2\"}", got, sizeof(got));
    CHECK_EQ(str_of(got), STR(""));
    matches("a", PAT_FACT, "{\"a\":12}", got, sizeof(got));
    CHECK_EQ(str_of(got), STR("12"));
    matches("a", PAT_FACT, "{\"a\":null}", got, sizeof(got));
    CHECK_EQ(str_of(got), STR(""));
    matches("a", PAT_END, "{\"a\":\"stop\"}", got, sizeof(got));
    CHECK_EQ(str_of(got), STR("stop"));
    matches("a", PAT_END, "{\"a\":\"\"}", got, sizeof(got));
    CHECK_EQ(str_of(got), STR(""));
    matches("a", PAT_END, "{\"a\":false}", got, sizeof(got));
    CHECK_EQ(str_of(got), STR(""));
}

static void test_refused(void)
{
    struct pattern_def bad = {.path = STR("a["), .kind = PAT_TEXT};
    struct provider_def def = {.id = STR("x"), .generic = true};
    struct provider_def two[2] = {def, def};
    struct host_rule host = {.host = STR("h"), .provider = STR("y")};
    struct route route = {.path = STR("chat")};
    struct provider_fault fault = {0};
    struct buf out;

    buf_init(&out, 1 << 20);
    two[0].response = (struct phase_def){&bad, 1};
    CHECK_INT(providers_pack(two, 1, NULL, 0, &out, &fault), E_SYNTAX);
    CHECK_INT(fault.place, IN_RESPONSE);
    CHECK_INT(fault.index, 0);
    two[0] = def;
    CHECK_INT(providers_pack(two, 2, NULL, 0, &out, &fault), E_SYNTAX);
    CHECK_INT(fault.provider, 1);
    two[1].id = STR("z");
    CHECK_INT(providers_pack(two, 2, NULL, 0, &out, &fault), E_SYNTAX);
    two[1].generic = false;
    CHECK_INT(providers_pack(two, 2, NULL, 0, &out, &fault), OK);
    CHECK_INT(providers_pack(two, 2, &host, 1, &out, &fault), E_SYNTAX);
    CHECK_INT(fault.provider, 2);
    two[1].routes = &route;
    two[1].route_count = 1;
    CHECK_INT(providers_pack(two, 2, NULL, 0, &out, &fault), E_SYNTAX);
    buf_free(&out);
}

/* Every cut of the packed form, and every byte of it changed. */
static void test_hostile(void)
{
    struct pattern_def pattern = {
        .path = STR("a[k=v].b"), .kind = PAT_TEXT, .delta = true};
    struct str host = STR("h"), key = STR("index");
    struct route route = {.method = STR("POST"), .path = STR("/x")};
    struct provider_def def = {
        .id = STR("x"),
        .generic = true,
        .hosts = &host,
        .host_count = 1,
        .keys = &key,
        .key_count = 1,
        .routes = &route,
        .route_count = 1,
        .stream = {&pattern, 1},
    };
    struct host_rule rule = {STR("h"), 1, STR("x")};
    struct providers *p;
    struct buf out;

    buf_init(&out, 1 << 20);
    CHECK_INT(providers_pack(&def, 1, &rule, 1, &out, NULL), OK);
    for (size_t n = 0; n < out.len; n++)
        CHECK(providers_load(str_head(buf_str(&out), n), &p) != OK);
    for (size_t i = 0; i < out.len; i++) {
        for (int bit = 0; bit < 8; bit++) {
            out.ptr[i] = (char)(out.ptr[i] ^ 1 << bit);
            if (providers_load(buf_str(&out), &p) == OK) {
                (void)!providers_check(p);
                providers_free(p);
            }
            out.ptr[i] = (char)(out.ptr[i] ^ 1 << bit);
        }
    }
    for (size_t n = 1;; n++) {
        enum err e;

        failmalloc_at(n, FAIL_ONE);
        e = providers_load(buf_str(&out), &p);
        if (!e && (e = providers_check(p)))
            providers_free(p);
        if (!failmalloc_off()) {
            CHECK_INT(e, OK);
            providers_free(p);
            break;
        }
        CHECK_INT(e, E_NOMEM);
    }
    buf_free(&out);
}

/* "openai-chat", "azure like openai-chat" */
static struct str says(const struct provider *p)
{
    static char text[128];
    int n = p->like == NULL
                ? snprintf(text, sizeof(text), "%.*s", STR_ARG(p->id))
                : snprintf(text, sizeof(text), "%.*s like %.*s", STR_ARG(p->id),
                           STR_ARG(p->like->id));

    return (struct str){text, (size_t)n};
}

static void test_route(void)
{
    static const struct host_rule hosts[] = {
        {STR_INIT("localhost"), 8443, STR_INIT("")},
        {STR_INIT("*.corp.test"), 0, STR_INIT("anthropic")},
        {STR_INIT("tools.test"), 0, STR_INIT("mcp")},
        {STR_INIT("gpu.test"), 0, STR_INIT("vllm")},
    };
    static const struct {
        const char *host;
        unsigned port;
        const char *method, *path, *want;
    } rows[] = {
        {"api.openai.com", 443, "POST", "/v1/chat/completions",
         "openai like openai-chat"},
        {"API.OpenAI.com.", 443, "POST", "/v1/chat/completions",
         "openai like openai-chat"},
        {"eu.api.openai.com", 443, "POST", "/v1/responses",
         "openai like openai-responses"},
        {"api.openai.com", 443, "GET", "/v1/responses/resp_1",
         "openai like openai-responses"},
        {"api.openai.com", 443, "POST", "/v1/completions",
         "openai like openai-chat"},
        {"api.openai.com", 443, "GET", "/v1/completions", "generic"},
        {"api.openai.com", 443, "GET", "/v1/models",
         "openai like openai-platform"},
        {"api.openai.com", 443, "GET", "/v1/unheard/of", "generic"},
        {"api.openai.com", 443, "POST", "/v1/xchat/completions",
         "openai like openai-chat"},
        {"api.openai.com", 443, "POST", "/v1/chatcompletions", "generic"},
        {"api.anthropic.com", 443, "POST", "/v1/messages", "anthropic"},
        {"api.anthropic.com", 443, "POST", "/v1/messages/", "anthropic"},
        {"api.deepseek.com", 443, "POST", "/anthropic/v1/messages",
         "deepseek like anthropic"},
        {"api.x.ai", 443, "POST", "/v1/responses", "xai like openai-responses"},
        {"x.openai.azure.com", 443, "POST",
         "/openai/deployments/d/chat/completions", "azure like openai-chat"},
        {"generativelanguage.googleapis.com", 443, "POST",
         "/v1beta/models/m-2:streamgeneratecontent", "google like gemini"},
        {"generativelanguage.googleapis.com", 443, "POST",
         "/v1beta/x/:streamgeneratecontent", "generic"},
        {"eu-west4-aiplatform.googleapis.com", 443, "POST",
         "/v1/projects/p/locations/l/publishers/google/models/m:countTokens",
         "vertex like gemini"},
        {"-aiplatform.googleapis.com", 443, "POST", "/", NULL},
        {"storage.googleapis.com", 443, "POST", "/", NULL},
        {"aiplatform.googleapis.com", 443, "POST",
         "/v1/publishers/anthropic/models/m:rawpredict",
         "vertex like anthropic"},
        {"api.mistral.ai", 443, "POST", "/v1/conversations",
         "mistral like mistral-conversations"},
        {"llm.corp.test", 443, "POST", "/v1/conversations", "openai-responses"},
        {"tools.test", 443, "POST", "/any/path", "mcp"},
        {"tools.test", 443, "POST", "/v1/messages", "mcp"},
        {"llm.corp.test", 443, "POST", "/any/path", "generic"},
        {"gpu.test", 443, "POST", "/v1/messages", "vllm like anthropic"},
        {"gpu.test", 443, "POST", "/completion", "llamacpp"},
        {"x.endpoints.huggingface.cloud", 443, "POST", "/",
         "huggingface-endpoints like tgi"},
        {"x.endpoints.huggingface.cloud", 443, "POST", "/v1/chat/completions",
         "huggingface-endpoints like openai-chat"},
        {"openai.azure.com", 443, "POST", "/chat/completions", NULL},
        {"evilapi.openai.com.test", 443, "POST", "/v1/responses", NULL},
        {"localhost", 8443, "POST", "/v1/messages", "anthropic"},
        {"localhost", 8443, "POST", "/", "generic"},
        {"localhost", 8444, "POST", "/v1/messages", NULL},
        {"localhost", 0, "POST", "/v1/messages", "anthropic"},
        {"127.0.0.1", 8443, "POST", "/v1/messages", "anthropic"},
        {"[::1]", 8443, "POST", "/v1/messages", "anthropic"},
        {"127.0.0.1", 8444, "POST", "/v1/messages", NULL},
        {"llm.corp.test", 1, "POST", "/chat/completions", "openai-chat"},
        {"corp.test", 1, "POST", "/chat/completions", NULL},
        {"", 0, "GET", "/", NULL},
    };
    struct providers *p = llm_providers(hosts, ARRAY_LEN(hosts));

    if (!CHECK(p != NULL))
        return;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct str host = str_of(rows[i].host);
        uint16_t port = (uint16_t)rows[i].port;
        const struct provider *got = providers_route(
            p, host, port, str_of(rows[i].method), str_of(rows[i].path));

        CHECK_ROW(rows[i].host);
        CHECK_INT(providers_watch(p, host, port), rows[i].want != NULL);
        if (!CHECK_INT(got != NULL, rows[i].want != NULL) || got == NULL)
            continue;
        CHECK_EQ(says(got), str_of(rows[i].want));
    }
    providers_free(p);
}

/* A model that a path names. */
static void test_model(void)
{
    static const struct {
        const char *id, *path, *want;
    } rows[] = {
        {"gemini", "/v1beta/models/m-2.5:generateContent", "m-2.5"},
        {"gemini", "/v1beta/models/m-2.5:generateContent/", "m-2.5"},
        {"gemini", "/v1beta/cachedcontents/m-2.5", ""},
        {"openai-chat", "/openai/deployments/d1/chat/completions", "d1"},
        {"openai-chat", "/v1/chat/completions", ""},
    };
    struct providers *p = llm_providers(NULL, 0);

    for (size_t i = 0; p != NULL && i < ARRAY_LEN(rows); i++) {
        CHECK_ROW(rows[i].path);
        CHECK_EQ(provider_model(llm_provider(p, rows[i].id), STR("POST"),
                                str_of(rows[i].path)),
                 str_of(rows[i].want));
    }
    providers_free(p);
}

/* A vendor says a little, the dialect the rest. */
static void test_like(void)
{
    static const struct pattern_def text = {
        .path = STR_INIT("a"), .kind = PAT_TEXT, .role = ROLE_TOOL};
    static const struct pattern_def other = {
        .path = STR_INIT("a|b"), .kind = PAT_TEXT, .role = ROLE_SYSTEM};
    static const struct str names[] = {STR_INIT("base"), STR_INIT("second")};
    static const struct str nobody[] = {STR_INIT("nobody")};
    struct provider_def defs[] = {
        {.id = STR("acme"),
         .likes = names,
         .like_count = 2,
         .system = STR("acme"),
         .request = {&text, 1}},
        {.id = STR("base"),
         .system = STR("x"),
         .reply = STR("anthropic"),
         .done = STR("end"),
         .request = {&other, 1}},
        {.id = STR("second"), .system = STR("y"), .reply = STR("openai")},
        {.id = STR("plain"), .likes = names, .like_count = 1},
        {.id = STR("generic"), .generic = true},
    };
    struct provider_fault fault;
    struct providers *p = NULL;
    const struct provider *got;
    const struct phases *phases = NULL, *same = NULL;
    struct buf packed;

    buf_init(&packed, 1 << 20);
    CHECK_INT(providers_pack(defs, 5, NULL, 0, &packed, NULL), OK);
    CHECK_INT(providers_load(buf_str(&packed), &p), OK);
    if (p == NULL)
        return;
    CHECK_INT(providers_count(p), 6);
    got = providers_at(p, 0);
    CHECK_EQ(got->id, STR("acme"));
    CHECK_EQ(got->system, STR("acme"));
    CHECK_EQ(got->reply, STR("anthropic"));
    CHECK_EQ(got->done, STR("end"));
    CHECK(got->like == providers_at(p, 2) && got->own);
    CHECK_INT(provider_phases(got, &phases), OK);
    CHECK_INT(phases->request.count, 2);
    CHECK_EQ(phases->request.patterns[0].path, STR("a"));
    CHECK_EQ(providers_at(p, 1)->id, STR("acme"));
    CHECK(providers_at(p, 1)->like == providers_at(p, 3));
    got = providers_at(p, 4);
    CHECK_EQ(got->system, STR("x"));
    CHECK_INT(provider_phases(got->like, &phases), OK);
    CHECK_INT(provider_phases(got, &same), OK);
    CHECK(!got->own && same == phases);
    providers_free(p);

    buf_clear(&packed);
    defs[3].likes = nobody;
    CHECK_INT(providers_pack(defs, 5, NULL, 0, &packed, &fault), E_SYNTAX);
    CHECK(fault.provider == 3 && fault.place == IN_LIKE && fault.index == 0);
    defs[3].likes = &defs[0].id;
    CHECK_INT(providers_pack(defs, 5, NULL, 0, &packed, &fault), E_SYNTAX);
    buf_free(&packed);
}

int main(void)
{
    RUN(test_model);
    RUN(test_like);
    RUN(test_syntax);
    RUN(test_match);
    RUN(test_fold);
    RUN(test_kinds);
    RUN(test_refused);
    RUN(test_hostile);
    RUN(test_route);
    return check_done();
}
