/*
 * An event that has the shape of the one before it is not parsed. Nobody may
 * notice: each event, and all its neighbours by one byte, are put behind the
 * first to a delta that remembers shapes and to one that is made to forget.
 */

#include "check.h"
#include "llm.h"
#include "llm/queue.h"

static const struct rule rule_list[] = {
    {.id = STR_INIT("SP-1"),
     .name = STR_INIT("word"),
     .put = STR_INIT("[x]"),
     .match = STR_INIT("wor+d|\\d{5}"),
     .action = ACTION_REDACT,
     .dirs = DIRS_ALL,
     .roles = ROLES_ALL,
     .parts = PARTS_ALL,
     .severity = SEVERITY_HIGH},
    {.id = STR_INIT("SP-2"),
     .name = STR_INIT("noted"),
     .match = STR_INIT("c1x|abx"),
     .action = ACTION_LOG,
     .dirs = DIRS_ALL,
     .roles = ROLES_ALL,
     .parts = PARTS_ALL,
     .severity = SEVERITY_LOW},
};

static struct providers *all;
static struct rules *rules;
static struct scratch *scratch;
static struct delta *quick, *full;
static unsigned matched;

static void start(const char *provider)
{
    struct delta_config config = {.provider = llm_provider(all, provider),
                                  .rules = rules,
                                  .scratch = scratch};

    CHECK_INT(delta_new(&config, &quick), OK);
    CHECK_INT(delta_new(&config, &full), OK);
}

static void stop(void)
{
    delta_free(quick);
    delta_free(full);
}

static void same_findings(void)
{
    struct finding f, g;
    struct scope at;

    while (delta_finding(full, &f, &at)) {
        CHECK(delta_finding(quick, &g, &at));
        CHECK(f.rule == g.rule && f.seg == g.seg && f.start == g.start &&
              f.end == g.end);
    }
    CHECK(!delta_finding(quick, &g, &at));
}

static void same_state(void)
{
    uint64_t a[8], b[8];
    size_t n = delta_open(full, a, 8);

    CHECK_INT(delta_open(quick, b, 8), n);
    for (size_t i = 0; i < n && i < 8; i++)
        CHECK(a[i] == b[i]);
    for (int i = 0; i < FACT_COUNT; i++)
        CHECK(str_eq(delta_fact(full, (enum fact)i),
                     delta_fact(quick, (enum fact)i)));
    CHECK_INT(quick->channel_count, full->channel_count);
    CHECK_INT(delta_held(quick), delta_held(full));
}

static void same_out(void)
{
    struct delta_out a, b;
    enum err e;

    while ((e = delta_next(full, &a)) == OK) {
        CHECK_INT(delta_next(quick, &b), OK);
        CHECK(str_eq(a.bytes, b.bytes) && a.same == b.same &&
              a.taken == b.taken && a.block == b.block);
    }
    CHECK_INT(delta_next(quick, &b), e);
}

static void put(struct str text)
{
    struct delta_event ev = {.raw = text, .data = text};
    enum err e;

    full->shape.on = false;
    e = delta_put(full, &ev);
    CHECK_INT(delta_put(quick, &ev), e);
    matched += quick->pieces.count > 0 && quick->doc.text.ptr != text.ptr;
    same_out();
    same_findings();
    same_state();
}

static void finish(void)
{
    CHECK_INT(delta_end(quick), OK);
    CHECK_INT(delta_end(full), OK);
    same_out();
    same_findings();
    same_state();
    stop();
}

static void test_place(struct str was, size_t i)
{
    static const char bytes[] = "\"\\0123 9a-x.}{]\n\x01\xc3\xa9\xe2";
    char now[600];

    memcpy(now, was.ptr, was.len);
    for (size_t k = 0; k + 1 < sizeof(bytes); k++) {
        put(was);
        now[i] = bytes[k];
        put((struct str){now, was.len}); /* another byte */
    }
    memmove(now + i, now + i + 1, was.len - i - 1);
    put(was);
    put((struct str){now, was.len - 1}); /* one less */
    for (size_t k = 0; k + 1 < sizeof(bytes); k++) {
        memcpy(now, was.ptr, i);
        now[i] = bytes[k];
        memcpy(now + i + 1, was.ptr + i, was.len - i);
        put(was);
        put((struct str){now, was.len + 1}); /* one more */
    }
    put(was);
    put(str_head(was, i)); /* cut */
}

/* A few places in each stream: in a longer one, a text of which there is only
 * one change in a while would rest, and might not go on. */
static void test_one(const char *provider, const char *base)
{
    struct str was = str_of(base);

    CHECK_ROW(base);
    for (size_t i = 0; i < was.len; i++) {
        if (i % 2 == 0)
            start(provider);
        test_place(was, i);
        if (i % 2 == 1 || i + 1 == was.len)
            finish();
    }
}

static void test_neighbours(void)
{
    static const char *const events[][2] = {
        {"openai-chat",
         "{\"id\":\"c1\",\"created\":17,\"model\":\"m\",\"choices\":[{\"index\""
         ":0,\"delta\":{\"content\":\"wor\"},\"finish_reason\":null}],\"p\":"
         "\"ab\"}"},
        {"openai-chat",
         "{\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":1,"
         "\"function\":{\"arguments\":\"{\\\"a\\\":12\"}}]}}]}"},
        {"openai-chat",
         "{\"choices\":[{\"delta\":{\"content\":\"a\\u00e9\"}},{\"index\":1,"
         "\"delta\":{\"content\":\"d\xc3\xa9\",\"audio\":{\"data\":\"AA\"}}}]"
         "}"},
        {"openai-responses",
         "{\"type\":\"response.output_text.delta\",\"sequence_number\":12,"
         "\"item_id\":\"i\",\"output_index\":0,\"content_index\":0,\"delta\":"
         "\"wo\",\"obfuscation\":\"Xy\"}"},
        {"anthropic",
         "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":"
         "\"text_delta\",\"text\":\"wor\"}}"},
        {"generic", "{\"a\":\"w\",\"b\":\"o\",\"c\":\"r\",\"d\":\"d\",\"e\":"
                    "\"1\",\"f\":\"2\",\"g\":\"3\",\"h\":\"4\"}"},
        {"generic", "{\"n\":1,\"a\":{\"text\":\"wor\",\"b\":[\"d\",true]}}"},
    };

    for (size_t i = 0; i < ARRAY_LEN(events); i++) {
        matched = 0;
        test_one(events[i][0], events[i][1]);
        CHECK(matched > 20); /* else nothing was tested */
    }
}

/* Values that a slot may not have, or that must not be one. */
static void test_slots(void)
{
    static const char *const events[] = {
        "{\"created\":7,\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\""
        "}}]}",
        "{\"created\":8,\"choices\":[{\"index\":0,\"delta\":{\"content\":\"b\""
        "}}]}",
        "{\"created\":99999999,\"choices\":[{\"index\":0,\"delta\":{"
        "\"content\":\"\"}}]}",
        "{\"created\":99999999,\"choices\":[{\"index\":1,\"delta\":{"
        "\"content\":\"wo\"}}]}",
        "{\"created\":999999999,\"choices\":[{\"index\":1,\"delta\":{"
        "\"content\":\"r\"}}]}",
        "{\"created\":1,\"choices\":[{\"index\":1,\"delta\":{\"content\":\"\\"
        "u0064\"}}]}",
        "{\"created\":1,\"choices\":[{\"index\":1,\"delta\":{\"content\":"
        "\"\\ud800\"}}]}",
        "{\"created\":1,\"choices\":[{\"index\":1,\"delta\":{\"content\":\"\\"
        "ud83d\\ude00\"},\"finish_reason\":null}]}",
        "{\"created\":1,\"choices\":[{\"index\":1,\"delta\":{\"content\":\"\\"
        "ud83d\\ude00\"},\"finish_reason\":\"stop\"}]}",
        "{\"created\":1,\"choices\":[{\"index\":1,\"delta\":{\"content\":\"x"
        "\"},\"finish_reason\":\"stop\"}]}",
        "{\"created\":01,\"choices\":[{\"index\":1,\"delta\":{\"content\":"
        "\"12345\"}}]}",
        "[DONE]",
        "",
    };
    size_t n = ARRAY_LEN(events);

    start("openai-chat");
    for (size_t i = 0; i < n * n * n; i++) {
        put(str_of(events[i % n]));
        put(str_of(events[i / n % n]));
        put(str_of(events[i / n / n]));
    }
    stop();
}

int main(void)
{
    all = llm_providers(NULL, 0);
    rules = llm_rules(rule_list, ARRAY_LEN(rule_list));
    CHECK_INT(scratch_new(&scratch), OK);
    if (all == NULL || rules == NULL)
        return check_done();
    RUN(test_neighbours);
    RUN(test_slots);
    scratch_free(scratch);
    rules_free(rules);
    providers_free(all);
    return check_done();
}
