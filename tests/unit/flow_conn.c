/* The corridor from end to end, without a wire: requests and responses. */

#include <stdlib.h>

#include "check.h"
#include "compile/compile.h"
#include "failmalloc.h"
#include "scene.h"

static const char policy[] =
    "mode: enforce\n"
    "hosts: [llm.test]\n"
    "rules:\n"
    "  - {id: SP-9001, name: test-key, category: secret, kind: test-key,\n"
    "     on: both, keywords: [key-], match: 'key-[a-z0-9]{8}',\n"
    "     action: redact}\n"
    "  - {id: SP-9002, name: forbidden-word, category: policy, kind: word,\n"
    "     on: both, keywords: [xyzzy], match: 'xyzzy', action: block}\n"
    "  - {id: SP-9003, name: soft-word, category: policy, kind: soft,\n"
    "     on: response, keywords: [plugh], match: 'plugh', action: block,\n"
    "     reply: soft}\n";

#define CHAT "/v1/chat/completions"

static struct engine *eng;

static bool has(const struct buf *b, const char *text)
{
    return str_find(buf_str(b), str_of(text)) < b->len;
}

static struct scene scene_of(struct step a, struct step b)
{
    struct scene sc = {.eng = eng, .host = "llm.test", .steps = {a, b}};

    sc.count = b.bytes.len > 0 ? 2 : 1;
    return sc;
}

static struct step sends(struct str s)
{
    return (struct step){DIR_SEND, s};
}

static struct step gets(struct str s)
{
    return (struct step){DIR_RECV, s};
}

static const struct step nothing;

static void test_plain_is_identical(void)
{
    struct str ask =
        scene_request(CHAT, "{\"model\":\"m\",\"messages\":[{\"role\":\"user\","
                            "\"content\":\"hel\\u006co\"}]}");
    struct str answer =
        scene_response("application/json",
                       "{\"id\":\"c1\",\"choices\":[{\"index\":0,\"message\":"
                       "{\"role\":\"assistant\",\"content\":\"hi\"}}]}");
    struct scene sc = scene_of(sends(ask), gets(answer));
    struct played p;

    scene_play(&sc, 0, 9, 0, &p);
    CHECK_EQ(buf_str(&p.out[DIR_SEND]), ask);
    CHECK_EQ(buf_str(&p.out[DIR_RECV]), answer);
    CHECK_INT(p.state, CONN_OPEN);
    CHECK(scene_every_split(&sc, &p));
    played_free(&p);
}

static void test_request_is_redacted(void)
{
    struct str ask = scene_request(
        CHAT, "{\"model\":\"m\",\"messages\":[{\"role\":\"user\","
              "\"content\":\"my k\\u0065y-abcd1234 is\"}],\"n\":0.70}");
    struct str want = scene_request(
        CHAT, "{\"model\":\"m\",\"messages\":[{\"role\":\"user\","
              "\"content\":\"my [redacted:test-key] is\"}],\"n\":0.70}");
    struct scene sc = scene_of(sends(ask), nothing);
    struct played p;

    scene_play(&sc, 0, 9, 0, &p);
    /* Content-Length goes to the place it had. */
    CHECK_EQ(buf_str(&p.out[DIR_SEND]), want);
    CHECK(scene_every_split(&sc, &p));
    played_free(&p);
}

/* The offer of HTTP/2 without TLS is left out; the rest stays. */
static void test_h2c_is_declined(void)
{
    static const char ask[] =
        "GET /v1/models HTTP/1.1\r\nHost: llm.test\r\n"
        "Connection: Upgrade, keep-alive, HTTP2-Settings\r\nUpgrade: h2c\r\n"
        "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\nAccept: a\r\n\r\n";
    struct str answer = scene_response("application/json", "{}");
    struct scene sc = scene_of(sends(str_of(ask)), gets(answer));
    struct played p;

    scene_play(&sc, 0, 9, 0, &p);
    CHECK_STR(buf_str(&p.out[DIR_SEND]),
              "GET /v1/models HTTP/1.1\r\nHost: llm.test\r\n"
              "Connection: keep-alive\r\nAccept: a\r\n\r\n");
    CHECK_EQ(buf_str(&p.out[DIR_RECV]), answer);
    CHECK_INT(p.state, CONN_OPEN);
    CHECK(scene_every_split(&sc, &p));
    played_free(&p);
}

static void test_request_is_blocked(void)
{
    struct str ask =
        scene_request(CHAT, "{\"model\":\"m\",\"messages\":[{\"role\":\"user\","
                            "\"content\":\"say xyzzy\"}]}");
    struct scene sc = scene_of(sends(ask), nothing);
    struct played p;

    scene_play(&sc, 0, 9, 0, &p);
    CHECK_INT(p.out[DIR_SEND].len, 0);
    CHECK_INT(p.state, CONN_BLOCKED);
    CHECK(str_starts(buf_str(&p.out[DIR_RECV]),
                     STR("HTTP/1.1 403 Forbidden\r\n")));
    CHECK(has(&p.out[DIR_RECV], "x-should-retry: false\r\n"));
    CHECK(has(&p.out[DIR_RECV], "\"code\":\"policy_block\""));
    CHECK(has(&p.out[DIR_RECV], "SP-9002"));
    CHECK(!has(&p.out[DIR_RECV], "xyzzy"));
    CHECK(scene_every_split(&sc, &p));
    played_free(&p);
}

static void test_block_waits_for_its_turn(void)
{
    struct str good = scene_request(CHAT, "{\"messages\":[]}");
    struct str bad = scene_request(CHAT, "{\"messages\":\"xyzzy\"}");
    struct str answer = scene_response("application/json", "{}");
    struct scene sc = {.eng = eng,
                       .host = "llm.test",
                       .steps = {sends(good), sends(bad), gets(answer)},
                       .count = 3};
    struct played p;

    scene_play(&sc, 0, 9, 0, &p);
    CHECK_EQ(buf_str(&p.out[DIR_SEND]), good);
    CHECK(str_starts(buf_str(&p.out[DIR_RECV]), answer));
    CHECK(has(&p.out[DIR_RECV], "403 Forbidden"));
    CHECK_INT(p.state, CONN_BLOCKED);
    CHECK(scene_every_split(&sc, &p));
    played_free(&p);
}

static void test_stream_is_redacted(void)
{
    static const char *const pieces[] = {
        "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":"
        "{\"content\":\"my ke\"}}]}\n\n",
        "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":"
        "{\"content\":\"y-abcd\"}}]}\n\n: still here\n\n",
        "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":"
        "{\"content\":\"1234, ok\"}}]}\n\n",
        "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{},"
        "\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n",
        NULL};
    struct str ask = scene_request(CHAT, "{\"stream\":true}");
    struct scene sc =
        scene_of(sends(ask), gets(scene_chunked("text/event-stream", pieces)));
    struct played p;

    scene_play(&sc, 0, 9, 0, &p);
    CHECK(has(&p.out[DIR_RECV], "{\"content\":\"my [redacted:test-key]\"}"));
    CHECK(has(&p.out[DIR_RECV], "{\"content\":\"\"}"));
    CHECK(has(&p.out[DIR_RECV], "{\"content\":\", ok\"}"));
    CHECK(has(&p.out[DIR_RECV], ": still here\n"));
    CHECK(!has(&p.out[DIR_RECV], "y-abcd"));
    CHECK(str_ends(buf_str(&p.out[DIR_RECV]), STR("\r\n0\r\n\r\n")));
    CHECK_INT(p.state, CONN_OPEN);
    CHECK(scene_every_split(&sc, &p));
    played_free(&p);
}

static void test_stream_is_blocked(void)
{
    static const char *const hard[] = {
        "data: {\"id\":\"c\",\"model\":\"m\",\"choices\":[{\"index\":0,"
        "\"delta\":{\"content\":\"say xy\"}}]}\n\n",
        "data: {\"id\":\"c\",\"model\":\"m\",\"choices\":[{\"index\":0,"
        "\"delta\":{\"content\":\"zzy now\"}}]}\n\n",
        "data: [DONE]\n\n", NULL};
    static const char *const soft[] = {
        "data: {\"id\":\"c\",\"model\":\"m\",\"created\":7,\"choices\":"
        "[{\"index\":0,\"delta\":{\"content\":\"a plugh b\"}}]}\n\n",
        NULL};
    struct str ask = scene_request(CHAT, "{\"stream\":true}");
    struct scene sc =
        scene_of(sends(ask), gets(scene_chunked("text/event-stream", hard)));
    struct played p;

    scene_play(&sc, 0, 9, 0, &p);
    CHECK_INT(p.state, CONN_BLOCKED);
    CHECK(has(&p.out[DIR_RECV], "{\"content\":\"say \"}"));
    CHECK(has(&p.out[DIR_RECV], "data: {\"error\":{\"message\":"));
    CHECK(!has(&p.out[DIR_RECV], "zzy now"));
    CHECK(str_ends(buf_str(&p.out[DIR_RECV]), STR("\r\n0\r\n\r\n")));
    CHECK(scene_every_split(&sc, &p));
    played_free(&p);
    sc = scene_of(sends(ask), gets(scene_chunked("text/event-stream", soft)));
    scene_play(&sc, 0, 9, 0, &p);
    CHECK(has(&p.out[DIR_RECV], "{\"content\":\"a \"}"));
    CHECK(has(&p.out[DIR_RECV], "\"finish_reason\":\"content_filter\""));
    CHECK(has(&p.out[DIR_RECV], "data: [DONE]\n\n"));
    CHECK(scene_every_split(&sc, &p));
    played_free(&p);
}

static void test_response_is_edited_or_replaced(void)
{
    struct str ask = scene_request(CHAT, "{}");
    struct str leak = scene_response(
        "application/json",
        "{\"choices\":[{\"message\":{\"content\":\"key-abcd1234\"}}]}");
    struct str bad =
        scene_response("application/json",
                       "{\"choices\":[{\"message\":{\"content\":\"xyzzy\"}}]}");
    struct str want = scene_response("application/json",
                                     "{\"choices\":[{\"message\":{\"content\":"
                                     "\"[redacted:test-key]\"}}]}");
    struct scene sc = scene_of(sends(ask), gets(leak));
    struct played p;

    scene_play(&sc, 0, 9, 0, &p);
    CHECK_EQ(buf_str(&p.out[DIR_RECV]), want);
    CHECK(scene_every_split(&sc, &p));
    played_free(&p);
    sc = scene_of(sends(ask), gets(bad));
    scene_play(&sc, 0, 9, 0, &p);
    CHECK(has(&p.out[DIR_RECV], "403 Forbidden"));
    CHECK(!has(&p.out[DIR_RECV], "xyzzy"));
    CHECK_INT(p.state, CONN_BLOCKED);
    CHECK(scene_every_split(&sc, &p));
    played_free(&p);
}

/* What must be refused, and the name its refusal carries. */
static const struct {
    const char *name, *request, *cond;
} refused[] = {
    {"two framings",
     "POST " CHAT " HTTP/1.1\r\nHost: llm.test\r\nContent-Length: 2\r\n"
     "Transfer-Encoding: chunked\r\n\r\n{}",
     "http_ambiguous"},
    {"bare LF", "POST " CHAT " HTTP/1.1\nHost: llm.test\n\n", "http_ambiguous"},
    {"not HTTP", "\x16\x03\x01 something else entirely\r\n\r\n",
     "unknown_protocol"},
    {"an upgrade",
     "GET /v1/realtime HTTP/1.1\r\nHost: llm.test\r\nConnection: upgrade\r\n"
     "Upgrade: websocket\r\n\r\n",
     "unknown_protocol"},
    {"bad JSON",
     "POST " CHAT " HTTP/1.1\r\nHost: llm.test\r\nContent-Length: 8\r\n\r\n"
     "{\"a\":01}",
     "json_invalid"},
    {"two keys",
     "POST " CHAT " HTTP/1.1\r\nHost: llm.test\r\nContent-Length: 13\r\n\r\n"
     "{\"a\":1,\"a\":2}",
     "json_invalid"},
    {"a coding nobody knows",
     "POST " CHAT " HTTP/1.1\r\nHost: llm.test\r\nContent-Length: 2\r\n"
     "Content-Encoding: br\r\n\r\n{}",
     "coding"},
    {"bytes that are no text",
     "POST " CHAT " HTTP/1.1\r\nHost: llm.test\r\nContent-Length: 2\r\n"
     "Content-Type: image/png\r\n\r\n\x89P",
     "body_unknown"},
    {"a body too long",
     "POST " CHAT " HTTP/1.1\r\nHost: llm.test\r\n"
     "Content-Length: 9000000\r\n\r\n{",
     "request_limit"},
    {"a secret in the query",
     "GET " CHAT "?q=key-abcd%31234 HTTP/1.1\r\nHost: llm.test\r\n\r\n",
     "uneditable"},
};

static void test_refusals(void)
{
    for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
        struct scene sc = scene_of(sends(str_of(refused[i].request)), nothing);
        struct played p;

        check_state.row = refused[i].name;
        scene_play(&sc, 0, 9, 0, &p);
        CHECK_INT(p.out[DIR_SEND].len, 0);
        CHECK_INT(p.state, CONN_BLOCKED);
        CHECK(has(&p.out[DIR_RECV], "403 Forbidden"));
        CHECK(has(&p.out[DIR_RECV], refused[i].cond));
        CHECK(scene_every_split(&sc, &p));
        played_free(&p);
    }
}

/* Whoever answers must be known, unless the policy says otherwise. */
static void test_unverified_peer(void)
{
    static const char *const lax[] = {
        "hosts: [llm.test]\non_failure: {unverified_peer: pass}\n",
        "mode: monitor\nhosts: [llm.test]\n",
    };
    struct str ask = scene_request(CHAT, "{\"messages\":[]}");
    struct scene sc = scene_of(sends(ask), nothing);
    struct played p;

    sc.unverified = true;
    scene_play(&sc, 0, 9, 0, &p);
    CHECK_INT(p.out[DIR_SEND].len, 0);
    CHECK_INT(p.state, CONN_BLOCKED);
    CHECK(has(&p.out[DIR_RECV], "403 Forbidden"));
    CHECK(has(&p.out[DIR_RECV], "unverified_peer"));
    CHECK(scene_every_split(&sc, &p));
    CHECK(engine_refuses(eng, DOUBT_PEER));
    CHECK(engine_refuses(eng, DOUBT_BYTES));
    played_free(&p);
    for (size_t i = 0; i < ARRAY_LEN(lax); i++) {
        sc.eng = scene_engine(lax[i], NULL);
        CHECK(!engine_refuses(sc.eng, DOUBT_PEER));
        CHECK_INT(engine_refuses(sc.eng, DOUBT_BYTES), i == 0);
        scene_play(&sc, 0, 9, 0, &p);
        CHECK(str_eq(buf_str(&p.out[DIR_SEND]), ask));
        played_free(&p);
        engine_close(sc.eng);
    }
}

static void test_not_ours_passes(void)
{
    static const char *const first[] = {
        ("POST /x HTTP/1.1\r\nHost: other.test\r\nContent-Length: 5\r\n\r\n"
         "xyzzy"),
        "EHLO there\r\nkey-abcd1234\r\n",
        "GET /half HTTP/1.1\r\nHo",
        "\0\1\2binary",
    };

    for (size_t i = 0; i < ARRAY_LEN(first); i++) {
        struct str in = i == 3 ? STR("\0\1\2binary") : str_of(first[i]);
        struct scene sc = {.eng = eng, .host = NULL, .count = 2};
        struct played p;

        sc.steps[0] = sends(in);
        sc.steps[1] = (struct step){DIR_SEND, STR("")};
        scene_play(&sc, 0, 9, 0, &p);
        CHECK_EQ(buf_str(&p.out[DIR_SEND]), in);
        CHECK_INT(p.state, CONN_PASS);
        CHECK(scene_every_split(&sc, &p));
        played_free(&p);
    }
}

/* The other side may have to answer first: nothing is kept that cannot become a
 * request. */
static void test_fronts_of_other_protocols(void)
{
    static const struct {
        const char *bytes;
        enum conn_state state;
    } fronts[] = {
        {"test data", CONN_PASS},   {"HELLO", CONN_PASS},
        {"get /", CONN_PASS},       {"GET away", CONN_PASS},
        {"POSTAL", CONN_PASS},      {"\rx", CONN_PASS},
        {"G", CONN_OPEN},           {"GET ht", CONN_OPEN},
        {"POST /v1/ch", CONN_OPEN}, {"\r\nPOST", CONN_OPEN},
    };

    for (size_t i = 0; i < ARRAY_LEN(fronts); i++) {
        struct scene sc = {.eng = eng, .host = NULL, .count = 1};
        struct played p;

        sc.steps[0] = sends(str_of(fronts[i].bytes));
        scene_play(&sc, 0, 9, 0, &p);
        CHECK_INT(p.state, fronts[i].state);
        CHECK_EQ(buf_str(&p.out[DIR_SEND]),
                 str_of(fronts[i].state == CONN_PASS ? fronts[i].bytes : ""));
        played_free(&p);
    }
}

static void test_server_speaks_first(void)
{
    struct scene sc = {.eng = eng, .host = NULL, .count = 1};
    struct played p;

    sc.steps[0] = gets(STR("220 mail ready\r\n"));
    scene_play(&sc, 0, 9, 0, &p);
    CHECK_STR(buf_str(&p.out[DIR_RECV]), "220 mail ready\r\n");
    CHECK_INT(p.state, CONN_PASS);
    played_free(&p);
}

static void test_host_from_head(void)
{
    struct str ask = scene_request(CHAT, "{\"a\":\"xyzzy\"}");
    struct scene sc = scene_of(sends(ask), nothing);
    struct played p;

    sc.host = NULL;
    scene_play(&sc, 0, 9, 0, &p);
    CHECK_INT(p.state, CONN_BLOCKED);
    CHECK_INT(p.out[DIR_SEND].len, 0);
    CHECK(scene_every_split(&sc, &p));
    played_free(&p);
}

static void test_negotiation(void)
{
    struct str ask = STR("GET /v1/models HTTP/1.1\r\nHost: llm.test\r\n"
                         "Accept-Encoding: gzip, br, zstd\r\n"
                         "Range: bytes=0-9\r\n\r\n");
    struct scene sc = scene_of(sends(ask), nothing);
    struct played p;

    scene_play(&sc, 0, 9, 0, &p);
    CHECK(has(&p.out[DIR_SEND], "Accept-Encoding: gzip\r\n"));
    CHECK(!has(&p.out[DIR_SEND], "Range"));
    played_free(&p);
}

static void test_expect_continue(void)
{
    struct str head = STR("POST " CHAT " HTTP/1.1\r\nHost: llm.test\r\n"
                          "Content-Length: 2\r\nExpect: 100-continue\r\n\r\n");
    struct scene sc = {.eng = eng, .host = "llm.test", .count = 2};
    struct played p;

    sc.steps[0] = sends(head);
    sc.steps[1] = sends(STR("{}"));
    scene_play(&sc, 0, 9, 0, &p);
    CHECK_STR(buf_str(&p.out[DIR_RECV]), "HTTP/1.1 100 Continue\r\n\r\n");
    CHECK_STR(buf_str(&p.out[DIR_SEND]),
              "POST " CHAT " HTTP/1.1\r\nHost: llm.test\r\n"
              "Content-Length: 2\r\n\r\n{}");
    played_free(&p);
}

/* Fail one allocation after another: no crash, and never the secret. */
static void test_nth_allocation(void)
{
    static const char *const pieces[] = {
        "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"key-ab\"}}"
        "]}\n\n",
        "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"cd1234\"}}"
        "]}\n\n",
        NULL};
    struct str ask =
        scene_request(CHAT, "{\"stream\":true,\"messages\":[{\"role\":\"user\","
                            "\"content\":\"key-abcd\\u00312\\u00334 \"}]}");
    struct scene sc =
        scene_of(sends(ask), gets(scene_chunked("text/event-stream", pieces)));
    struct played p;

    for (size_t n = 1; n < 2000; n++) {
        failmalloc_at(n, FAIL_ONE);
        scene_play(&sc, 0, 9, 0, &p);
        bool failed = failmalloc_off();

        CHECK(!has(&p.out[DIR_SEND], "key-"));
        CHECK(!has(&p.out[DIR_RECV], "cd1234"));
        played_free(&p);
        if (!failed)
            return;
    }
    CHECK(false);
}

int main(void)
{
    eng = scene_engine(policy, NULL);
    if (eng == NULL)
        return 1;
    RUN(test_plain_is_identical);
    RUN(test_request_is_redacted);
    RUN(test_h2c_is_declined);
    RUN(test_request_is_blocked);
    RUN(test_block_waits_for_its_turn);
    RUN(test_stream_is_redacted);
    RUN(test_stream_is_blocked);
    RUN(test_response_is_edited_or_replaced);
    RUN(test_refusals);
    RUN(test_unverified_peer);
    RUN(test_not_ours_passes);
    RUN(test_fronts_of_other_protocols);
    RUN(test_server_speaks_first);
    RUN(test_host_from_head);
    RUN(test_negotiation);
    RUN(test_expect_continue);
    RUN(test_nth_allocation);
    engine_close(eng);
    return check_done();
}
