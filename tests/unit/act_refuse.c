/* link: -ljansson */
#include <jansson.h>

#include "act/refuse.h"
#include "check.h"

static const struct refusal refusal = {
    .shape = STR_INIT("openai"),
    .rule = STR_INIT("SP-1"),
    .exchange = STR_INIT("sp-x"),
    .text = STR_INIT("no \"quotes\"\n"),
};

static json_t *parse(struct str s)
{
    return json_loadb(s.ptr, s.len, 0, NULL);
}

/* The length is exact, the head complete, the body JSON. */
static json_t *whole(const char *shape, struct str header)
{
    struct refusal r = refusal;
    struct str out, body, length;
    struct buf b;
    uint64_t n = 0;
    json_t *json;

    r.shape = str_of(shape);
    buf_init(&b, 65536);
    CHECK_INT(refuse_response(&r, false, &b), OK);
    out = buf_str(&b);
    CHECK(str_starts(out, STR("HTTP/1.1 403 Forbidden\r\n")));
    CHECK(str_find(out, STR("x-should-retry: false\r\n")) < out.len);
    CHECK(str_find(out, STR("X-Sallyport-Blocked: SP-1;sp-x\r\n")) < out.len);
    CHECK(str_find(out, header) < out.len);
    body = str_skip(out, str_find(out, STR("\r\n\r\n")) + 4);
    length = str_skip(out, str_find(out, STR("Content-Length: ")) + 16);
    length = str_head(length, str_find_byte(length, '\r'));
    CHECK_INT(str_u64(length, &n), OK);
    CHECK_INT(n, body.len);
    json = parse(body);
    CHECK(json != NULL);
    buf_free(&b);
    return json;
}

static const char *text_at(json_t *json, const char *a, const char *b)
{
    json_t *value = json_object_get(json, a);

    if (b != NULL)
        value = json_object_get(value, b);
    return json_is_string(value) ? json_string_value(value) : "";
}

static void test_openai(void)
{
    json_t *json = whole("openai", STR("x-request-id: sp-x\r\n"));

    CHECK_STR(str_of(text_at(json, "error", "message")), "no \"quotes\"\n");
    CHECK_STR(str_of(text_at(json, "error", "code")), "policy_block");
    CHECK(
        json_is_null(json_object_get(json_object_get(json, "error"), "param")));
    json_decref(json);
}

static void test_anthropic(void)
{
    json_t *json = whole("anthropic", STR("request-id: sp-x\r\n"));

    CHECK_STR(str_of(text_at(json, "type", NULL)), "error");
    CHECK_STR(str_of(text_at(json, "error", "type")), "permission_error");
    CHECK_STR(str_of(text_at(json, "request_id", NULL)), "sp-x");
    json_decref(json);
}

static void test_unknown_shape_is_openai(void)
{
    json_t *json = whole("nobody", STR("x-request-id"));

    CHECK_STR(str_of(text_at(json, "error", "code")), "policy_block");
    json_decref(json);
}

static void test_head_only(void)
{
    struct buf b;

    buf_init(&b, 65536);
    CHECK_INT(refuse_response(&refusal, true, &b), OK);
    CHECK(str_ends(buf_str(&b), STR("\r\n\r\n")));
    buf_free(&b);
}

static void test_no_room(void)
{
    struct buf b;

    buf_init(&b, 100);
    CHECK_INT(buf_add(&b, STR("kept")), OK);
    CHECK_INT(refuse_response(&refusal, false, &b), E_LIMIT);
    CHECK_STR(buf_str(&b), "kept");
    buf_free(&b);
}

/* Every `data:` line of an ending is JSON or the done marker. */
static void check_events(struct str s)
{
    while (s.ptr != NULL && s.len > 0) {
        struct str line = str_split(&s, '\n');
        json_t *json;

        if (!str_starts(line, STR("data: ")) ||
            str_eq(line, STR("data: [DONE]")))
            continue;
        json = parse(str_skip(line, 6));
        CHECK(json != NULL);
        json_decref(json);
    }
}

static void test_endings(void)
{
    static const char *const shapes[] = {"openai", "openai-responses",
                                         "openai-realtime", "anthropic"};
    static const uint64_t open[] = {0, 2};
    struct stream_facts facts = {
        .id = STR("c\"1"),
        .model = STR("m"),
        .created = STR("17"),
        .sequence = 9,
        .open = open,
        .open_count = 2,
    };

    for (size_t i = 0; i < ARRAY_LEN(shapes); i++)
        for (int soft = 0; soft < 2; soft++) {
            struct refusal r = refusal;
            struct buf b;

            check_state.row = shapes[i];
            r.shape = str_of(shapes[i]);
            buf_init(&b, 65536);
            CHECK_INT(refuse_ending(&r, soft ? ENDING_SOFT : ENDING_HARD,
                                    STREAM_SSE, &facts, &b),
                      OK);
            CHECK(str_ends(buf_str(&b), STR("\n\n")));
            check_events(buf_str(&b));
            buf_free(&b);
        }
}

static void test_soft_closes_each(void)
{
    static const uint64_t open[] = {3};
    struct stream_facts facts = {.open = open, .open_count = 1};
    struct refusal r = refusal;
    struct buf b;

    r.shape = STR("anthropic");
    buf_init(&b, 65536);
    CHECK_INT(refuse_ending(&r, ENDING_SOFT, STREAM_SSE, &facts, &b), OK);
    CHECK(str_starts(buf_str(&b),
                     STR("event: content_block_stop\ndata: {\"type\":"
                         "\"content_block_stop\",\"index\":3}\n\n"
                         "event: message_delta\n")));
    buf_clear(&b);
    CHECK_INT(refuse_ending(&r, ENDING_HARD, STREAM_NDJSON, &facts, &b), OK);
    CHECK_STR(buf_str(&b), "{\"error\":\"no \\\"quotes\\\"\\n\"}\n");
    buf_free(&b);
}

int main(void)
{
    RUN(test_openai);
    RUN(test_anthropic);
    RUN(test_unknown_shape_is_openai);
    RUN(test_head_only);
    RUN(test_no_room);
    RUN(test_endings);
    RUN(test_soft_closes_each);
    return check_done();
}
