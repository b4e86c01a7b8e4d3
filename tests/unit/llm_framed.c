/* What a description says of framings: routes, lines, members, hosts. */
#include "check.h"

#include "base/buf.h"
#include "base/limits.h"
#include "llm/describe.h"

static const struct route routes[] = {
    {.path = STR_INIT("/models/*")},
    {.method = STR_INIT("POST"),
     .path = STR_INIT("/v1/models/*"),
     .framed = FRAMED_ARRAY},
    {.path = STR_INIT("/chat")},
};
static const struct str hosts[] = {
    STR_INIT("llm.test"),
    STR_INIT("*.llm.test"),
    STR_INIT("runtime.*.cloud.test"),
    STR_INIT("*.runtime.*.cloud.test"),
};
static const struct str opens[] = {STR_INIT("bytes"), STR_INIT("a.b")};

static struct provider_def define(const char *id)
{
    return (struct provider_def){
        .id = str_of(id), .system = STR("test"), .reply = STR("openai")};
}

static struct provider_def whole(void)
{
    struct provider_def def = define("whole");

    def.generic = true;
    def.hosts = hosts;
    def.host_count = ARRAY_LEN(hosts);
    def.routes = routes;
    def.route_count = ARRAY_LEN(routes);
    def.opens = opens;
    def.open_count = ARRAY_LEN(opens);
    return def;
}

static struct providers *load(const struct provider_def *defs, size_t n,
                              struct buf *packed)
{
    struct providers *p = NULL;

    buf_init(packed, MIB);
    CHECK_INT(providers_pack(defs, n, NULL, 0, packed, NULL), OK);
    CHECK_INT(providers_load(buf_str(packed), &p), OK);
    return p;
}

static void test_framed(void)
{
    static const struct {
        struct str method, path;
        enum framed want;
    } rows[] = {
        {STR_INIT("POST"), STR_INIT("/v1/models/m"), FRAMED_ARRAY},
        {STR_INIT("POST"), STR_INIT("/v1/models/m/"), FRAMED_ARRAY},
        {STR_INIT("POST"), STR_INIT("/x/v1/models/m"), FRAMED_ARRAY},
        {STR_INIT("GET"), STR_INIT("/v1/models/m"), FRAMED_BY_TYPE},
        {STR_INIT("POST"), STR_INIT("/v2/models/m"), FRAMED_BY_TYPE},
        {STR_INIT("POST"), STR_INIT("/chat"), FRAMED_BY_TYPE},
        {STR_INIT("POST"), STR_INIT("/other"), FRAMED_BY_TYPE},
        {STR_INIT("POST"), STR_INIT(""), FRAMED_BY_TYPE},
    };
    struct provider_def def = whole();
    struct buf packed;
    struct providers *p = load(&def, 1, &packed);

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CHECK_ROW(rows[i].path.ptr);
        CHECK_INT(
            provider_framed(providers_at(p, 0), rows[i].method, rows[i].path),
            rows[i].want);
    }
    CHECK_ROW(NULL);
    CHECK_INT(providers_at(p, 0)->open_count, 2);
    CHECK_EQ(providers_at(p, 0)->opens[1], STR("a.b"));
    providers_free(p);
    buf_free(&packed);
}

static void test_hosts(void)
{
    static const struct {
        struct str host;
        bool want;
    } rows[] = {
        {STR_INIT("LLM.test."), true},
        {STR_INIT("a.llm.test"), true},
        {STR_INIT("a.b.llm.test"), true},
        {STR_INIT("allm.test"), false},
        {STR_INIT("runtime.eu-1.cloud.test"), true},
        {STR_INIT("Runtime.EU-1.cloud.test"), true},
        {STR_INIT("runtime.cloud.test"), false},
        {STR_INIT("storage.eu-1.cloud.test"), false},
        {STR_INIT("runtime.eu-1.cloud.test.evil"), false},
        {STR_INIT("x.runtime.eu-1.cloud.test"), true},
    };
    struct provider_def def = whole();
    struct buf packed;
    struct providers *p = load(&def, 1, &packed);

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CHECK_ROW(rows[i].host.ptr);
        CHECK(providers_watch(p, rows[i].host, 443) == rows[i].want);
    }
    CHECK_ROW(NULL);
    providers_free(p);
    buf_free(&packed);
}

static void test_lines(void)
{
    struct provider_def defs[] = {whole(), define("lines")};
    struct buf packed;
    struct providers *p = load(defs, 2, &packed);

    CHECK_EQ(providers_lines(p)->id, STR("whole")); /* for want of another */
    providers_free(p);
    buf_free(&packed);
    defs[1].lines = true;
    p = load(defs, 2, &packed);
    CHECK_EQ(providers_lines(p)->id, STR("lines"));
    providers_free(p);
    buf_free(&packed);
}

/* Definitions with one thing wrong, and the words that say so. */
static void check_fault(const struct provider_def *defs, size_t n, enum err e,
                        const char *why)
{
    struct provider_fault fault = {0};
    struct buf packed;

    buf_init(&packed, MIB);
    CHECK_INT(providers_pack(defs, n, NULL, 0, &packed, &fault), e);
    CHECK_EQ(str_of(fault.why), str_of(why));
    buf_free(&packed);
}

static void test_faults(void)
{
    static const struct str bad_hosts[] = {
        STR_INIT("*"),         STR_INIT("*.*"),       STR_INIT("a.*"),
        STR_INIT("a.*test.b"), STR_INIT("**.a.test"), STR_INIT("*."),
    };
    static const struct str many[OPENS_MAX + 1] = {STR_INIT("a")};
    struct provider_def defs[] = {whole(), define("one"), define("two")};

    defs[1].lines = defs[2].lines = true;
    check_fault(defs, 3, E_SYNTAX, "a second description of lines");
    defs[2].lines = false;
    for (size_t i = 0; i < ARRAY_LEN(bad_hosts); i++) {
        CHECK_ROW(bad_hosts[i].ptr);
        defs[2].hosts = &bad_hosts[i];
        defs[2].host_count = 1;
        check_fault(defs, 3, E_SYNTAX, "not a host, or one with stars");
    }
    CHECK_ROW(NULL);
    defs[2].host_count = 0;
    defs[2].opens = many;
    defs[2].open_count = ARRAY_LEN(many);
    check_fault(defs, 3, E_LIMIT, "too many members to be opened");
}

int main(void)
{
    RUN(test_framed);
    RUN(test_hosts);
    RUN(test_lines);
    RUN(test_faults);
    return check_done();
}
