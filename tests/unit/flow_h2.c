/* HTTP/2 through the engine: two real sessions, and a conn between them. */

#include <stdio.h>
#include <stdlib.h>

#include "check.h"
#include "compile/compile.h"
#include "failmalloc.h"
#include "h2peer.h"
#include "scene.h"
#include "wire/h2guard.h"

static const char policy[] =
    "mode: enforce\n"
    "hosts: [llm.test]\n"
    "rules:\n"
    "  - {id: SP-9001, name: test-key, category: secret, kind: test-key,\n"
    "     on: both, keywords: [key-], match: 'key-[a-z0-9]{8}',\n"
    "     action: redact}\n"
    "  - {id: SP-9002, name: forbidden-word, category: policy, kind: word,\n"
    "     on: both, keywords: [xyzzy], match: 'xyzzy', action: block}\n";

#define CHAT "/v1/chat/completions"
#define SAYS(text)                                                             \
    "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"" text    \
    "\"}]}"
#define EVENT(text)                                                            \
    "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"content\":"    \
    "\"" text "\"}}]}\n\n"
#define DONE "data: [DONE]\n\n"

static struct engine *eng;

static struct h2_ask post(struct str body)
{
    return (struct h2_ask){.method = "POST",
                           .path = CHAT,
                           .authority = "llm.test",
                           .fields = {"content-type", "application/json"},
                           .body = body};
}

static bool has(const struct buf *b, const char *text)
{
    return str_find(buf_str(b), str_of(text)) < b->len;
}

/* ---- Answers ------------------------------------------------------------ */

static const struct h2_answer plain = {
    .status = "200",
    .fields = {"content-type", "application/json", "x-more", "a, b"},
    .body = STR_INIT("{\"id\":\"c1\"}"),
};

static const struct h2_answer *answer_plain(const struct h2_said *r, int32_t id)
{
    (void)r, (void)id;
    return &plain;
}

static const struct h2_answer stream = {
    .status = "200",
    .fields = {"content-type", "text/event-stream"},
    .body = STR_INIT(EVENT("my ke") EVENT("y-abcd") EVENT("1234, ok") DONE),
    .tail = {"x-took", "7"},
    .piece = 40,
};

static const struct h2_answer *answer_stream(const struct h2_said *r,
                                             int32_t id)
{
    (void)r, (void)id;
    return &stream;
}

/* ---- One exchange ------------------------------------------------------- */

/* The cuts of all bytes under which a world is run. */
static const size_t cuts[] = {0, 1, 2, 3, 7, 9, 64};

static void test_identity(void)
{
    struct h2_ask ask = post(STR(SAYS("hel\\u006co")));

    ask.fields[2] = "te";
    ask.fields[3] = "trailers";
    ask.tail[0] = "x-sum";
    ask.tail[1] = "9";
    for (size_t i = 0; i < ARRAY_LEN(cuts); i++) {
        struct h2_world w;
        struct h2_said *at_net, *at_app;
        size_t k;

        h2_world_begin(&w, eng, "llm.test", answer_plain);
        w.every = cuts[i];
        k = h2_world_ask(&w, &ask);
        h2_world_run(&w);
        at_net = &w.net.said[k];
        at_app = &w.app.said[k];
        CHECK_STR(buf_str(&at_net->head),
                  ":method: POST\n:scheme: https\n:authority: llm.test\n"
                  ":path: " CHAT "\ncontent-type: application/json\n"
                  "te: trailers\n");
        CHECK_EQ(buf_str(&at_net->body), ask.body);
        CHECK_STR(buf_str(&at_net->tail), "x-sum: 9\n");
        CHECK_STR(buf_str(&at_app->head),
                  ":status: 200\ncontent-type: application/json\n"
                  "x-more: a, b\n");
        CHECK_EQ(buf_str(&at_app->body), plain.body);
        CHECK(at_net->ended && at_app->ended && at_app->closed);
        CHECK_INT(at_app->code, NGHTTP2_NO_ERROR);
        CHECK_INT(conn_state(w.conn), CONN_OPEN);
        CHECK_INT(w.out_of_turn, 0);
        h2_world_free(&w);
    }
}

static void test_request_is_redacted(void)
{
    struct h2_ask ask = post(STR(SAYS("my key-abcd1234 is")));

    ask.fields[2] = "content-length";
    ask.fields[3] = "73";
    CHECK_INT(ask.body.len, 73);
    for (size_t i = 0; i < ARRAY_LEN(cuts); i++) {
        struct h2_world w;
        size_t k;

        h2_world_begin(&w, eng, "llm.test", answer_plain);
        w.every = cuts[i];
        k = h2_world_ask(&w, &ask);
        h2_world_run(&w);
        CHECK_STR(buf_str(&w.net.said[k].body),
                  SAYS("my [redacted:test-key] is"));
        CHECK(has(&w.net.said[k].head, "content-length: 80\n"));
        CHECK(w.app.said[k].ended);
        h2_world_free(&w);
    }
}

static void test_request_is_blocked(void)
{
    struct h2_ask bad = post(STR(SAYS("say xyzzy"))), good = post(STR("{}"));

    for (size_t i = 0; i < ARRAY_LEN(cuts); i++) {
        struct h2_world w;
        size_t k, l;

        h2_world_begin(&w, eng, "llm.test", answer_plain);
        w.every = cuts[i];
        k = h2_world_ask(&w, &bad);
        l = h2_world_ask(&w, &good);
        h2_world_run(&w);
        CHECK(str_starts(buf_str(&w.app.said[k].head), STR(":status: 403\n")));
        CHECK(has(&w.app.said[k].head, "x-should-retry: false\n"));
        CHECK(!has(&w.app.said[k].head, "connection"));
        CHECK(has(&w.app.said[k].body, "SP-9002"));
        CHECK(w.app.said[k].ended);
        /* The other goes on; to the network it is the first. */
        CHECK_EQ(buf_str(&w.net.said[0].body), good.body);
        CHECK_INT(w.net.said[1].head.len, 0);
        CHECK_EQ(buf_str(&w.app.said[l].body), plain.body);
        CHECK_INT(conn_state(w.conn), CONN_OPEN);
        CHECK_INT(w.out_of_turn, 0);
        h2_world_free(&w);
    }
}

static void test_stream_is_redacted(void)
{
    struct h2_ask ask = post(STR("{\"stream\":true}"));

    for (size_t i = 0; i < ARRAY_LEN(cuts); i++) {
        struct h2_world w;
        size_t k;

        h2_world_begin(&w, eng, "llm.test", answer_stream);
        w.every = cuts[i];
        k = h2_world_ask(&w, &ask);
        h2_world_run(&w);
        CHECK(has(&w.app.said[k].body, "my [redacted:test-key]"));
        CHECK(!has(&w.app.said[k].body, "abcd"));
        CHECK(has(&w.app.said[k].body, DONE));
        CHECK_STR(buf_str(&w.app.said[k].tail), "x-took: 7\n");
        CHECK(w.app.said[k].ended);
        h2_world_free(&w);
    }
}

/* ---- Forms of messages -------------------------------------------------- */

/* A world of one request. */
static size_t world(struct h2_world *w, h2_answers *answers,
                    const struct h2_ask *ask)
{
    size_t k;

    h2_world_begin(w, eng, "llm.test", answers);
    k = h2_world_ask(w, ask);
    h2_world_run(w);
    return k;
}

static const struct h2_answer grpc_error = {
    .status = "200",
    .fields = {"content-type", "application/grpc", "grpc-status", "7"},
};
static const struct h2_answer grpc_good = {
    .status = "200",
    .fields = {"content-type", "application/grpc"},
    .body = STR_INIT("\0\0\0\0\1x"),
    .tail = {"grpc-status", "0"},
};
static const struct h2_answer no_content = {.status = "204"};
static const struct h2_answer with_length = {
    .status = "200",
    .fields = {"content-type", "application/json", "content-length", "2"},
    .body = STR_INIT("{}"),
    .tail = {"x-sum", "5"},
    .interim = 2,
};

static const struct h2_answer *answer_by_path(const struct h2_said *r,
                                              int32_t id)
{
    (void)id;
    if (has(&r->head, "/error\n"))
        return &grpc_error;
    if (has(&r->head, "/good\n"))
        return &grpc_good;
    if (has(&r->head, "/none\n"))
        return &no_content;
    if (has(&r->head, "/length\n"))
        return &with_length;
    return &plain;
}

static void test_forms_of_responses(void)
{
    static const struct {
        const char *path, *head, *body, *tail;
    } rows[] = {
        {"/error",
         ":status: 200\ncontent-type: application/grpc\ngrpc-status: 7\n", "",
         ""},
        {"/none", ":status: 204\n", "", ""},
        {"/length",
         ":status: 200\ncontent-type: application/json\n"
         "content-length: 2\n",
         "{}", "x-sum: 5\n"},
    };

    for (size_t i = 0; i < 2 * ARRAY_LEN(rows); i++) {
        bool late = i >= ARRAY_LEN(rows);
        struct h2_ask ask = {.method = "GET",
                             .path = rows[i % ARRAY_LEN(rows)].path,
                             .authority = "llm.test",
                             .late_end = late};
        struct h2_world w;
        size_t k = world(&w, answer_by_path, &ask);
        const struct h2_said *said = &w.app.said[k];

        CHECK_ROW(ask.path);
        CHECK_EQ(buf_str(&said->head), str_of(rows[i % ARRAY_LEN(rows)].head));
        CHECK_EQ(buf_str(&said->body), str_of(rows[i % ARRAY_LEN(rows)].body));
        CHECK_EQ(buf_str(&said->tail), str_of(rows[i % ARRAY_LEN(rows)].tail));
        CHECK_INT(said->interim, !strcmp(ask.path, "/length") ? 2 : 0);
        CHECK(said->ended && said->code == NGHTTP2_NO_ERROR);
        CHECK_STR(buf_str(&w.net.said[k].body), "");
        h2_world_free(&w);
    }
    CHECK_ROW(NULL);
}

/* Elsewhere nothing is judged: as it came, also a kind we cannot read. */
static void test_grpc_elsewhere(void)
{
    struct h2_ask ask = {
        .method = "POST",
        .path = "/good",
        .authority = "grpc.example",
        .fields = {"content-type", "application/grpc", "te", "trailers"},
        .body = STR_INIT("\0\0\0\0\1key-abcd1234 xyzzy")};
    struct h2_world w;
    size_t k;

    h2_world_begin(&w, eng, "", answer_by_path);
    k = h2_world_ask(&w, &ask);
    h2_world_run(&w);
    CHECK_EQ(buf_str(&w.net.said[k].body), ask.body);
    CHECK_EQ(buf_str(&w.app.said[k].body), grpc_good.body);
    CHECK_STR(buf_str(&w.app.said[k].tail), "grpc-status: 0\n");
    h2_world_free(&w);
}

/* The authority says whether a stream is judged. */
static void test_authority_decides(void)
{
    struct h2_ask here = post(STR(SAYS("key-abcd1234"))), there = here;
    struct h2_ask by_host = here;
    struct h2_world w;
    size_t a, b, c;

    there.authority = "other.example";
    by_host.authority = NULL;
    by_host.fields[2] = "host";
    by_host.fields[3] = "llm.test";
    h2_world_begin(&w, eng, "", answer_plain);
    a = h2_world_ask(&w, &here);
    b = h2_world_ask(&w, &there);
    c = h2_world_ask(&w, &by_host);
    h2_world_run(&w);
    /* What is not judged is not held: to the network it is the first. */
    CHECK_EQ(buf_str(&w.net.said[0].body), there.body);
    CHECK_STR(buf_str(&w.net.said[1].body), SAYS("[redacted:test-key]"));
    CHECK_STR(buf_str(&w.net.said[2].body), SAYS("[redacted:test-key]"));
    CHECK(has(&w.net.said[2].head, "\nhost: llm.test\n"));
    CHECK(!has(&w.net.said[2].head, ":authority"));
    CHECK(w.app.said[a].ended && w.app.said[b].ended && w.app.said[c].ended);
    h2_world_free(&w);
}

/* What is no request is refused on its stream, and never gets out. */
static void test_refused_forms(void)
{
    static const struct {
        const char *name;
        struct h2_ask ask;
        const char *status; /* NULL: a reset */
    } rows[] = {
        {"two hosts",
         {.method = "POST",
          .path = CHAT,
          .authority = "llm.test",
          .fields = {"host", "other.test"},
          .body = STR_INIT("{}")},
         "403"},
        {"a GET with content",
         {.method = "GET",
          .path = CHAT,
          .authority = "llm.test",
          .body = STR_INIT("{}")},
         "403"},
        {"a space in the path",
         {.method = "POST",
          .path = "/v1 HTTP/1.1",
          .authority = "llm.test",
          .body = STR_INIT("{}")},
         NULL},
        {"an unknown scheme of some length",
         {.method = "POST",
          .path = CHAT,
          .scheme = "gopher-of-old",
          .authority = "llm.test",
          .body = STR_INIT("{}")},
         NULL},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct h2_world w;
        size_t k = world(&w, answer_plain, &rows[i].ask);
        const struct h2_said *said = &w.app.said[k];

        CHECK_ROW(rows[i].name);
        CHECK_INT(w.net.said[0].head.len, 0);
        if (rows[i].status != NULL)
            CHECK(has(&said->head, rows[i].status));
        else
            CHECK_INT(said->head.len, 0);
        CHECK(rows[i].status != NULL || said->code == NGHTTP2_PROTOCOL_ERROR);
        CHECK_INT(conn_state(w.conn), CONN_OPEN);
        h2_world_free(&w);
    }
    CHECK_ROW(NULL);
}

/* ---- Many streams, windows ---------------------------------------------- */

static void test_many_streams(void)
{
    struct h2_ask good = post(STR(SAYS("key-abcd1234"))),
                  bad = post(STR(SAYS("xyzzy")));
    struct h2_world w;

    h2_world_begin(&w, eng, "llm.test", answer_stream);
    w.every = 11;
    w.settings[0] =
        (nghttp2_settings_entry){NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, 100};
    for (size_t i = 0; i < 100; i++)
        CHECK_INT(h2_world_ask(&w, i % 5 == 0 ? &bad : &good), i);
    h2_world_run(&w);
    for (size_t i = 0; i < 100; i++) {
        CHECK(w.app.said[i].ended);
        CHECK(has(&w.app.said[i].body,
                  i % 5 == 0 ? "SP-9002" : "my [redacted:test-key]"));
        CHECK(i >= 80 || w.net.said[i].ended);
        CHECK(i < 80 || w.net.said[i].head.len == 0);
        CHECK(!has(&w.net.said[i].body, "abcd1234"));
    }
    CHECK_INT(w.out_of_turn, 0);
    h2_world_free(&w);
}

/* The server takes three at once: the rest waits, and is told so. */
static void test_stream_limit_is_passed_on(void)
{
    struct h2_ask ask = post(STR("{}"));
    struct h2_world w;

    h2_world_begin(&w, eng, "llm.test", answer_plain);
    w.settings[0] =
        (nghttp2_settings_entry){NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, 3};
    h2_world_run(&w);
    (void)h2_world_ask(&w, &ask);
    h2_world_run(&w);
    CHECK_INT(nghttp2_session_get_remote_settings(
                  w.app.session, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS),
              3);
    for (size_t i = 0; i < 9; i++)
        (void)h2_world_ask(&w, &ask);
    h2_world_run(&w);
    for (size_t i = 0; i < 10; i++)
        CHECK(w.app.said[i].ended && w.app.said[i].code == NGHTTP2_NO_ERROR);
    h2_world_free(&w);
}

static struct buf large_body(size_t size)
{
    struct buf b;

    buf_init(&b, LIM_OUT);
    if (buf_add(&b, STR("{\"messages\":[\"")))
        abort();
    while (b.len < size)
        if (buf_add(&b, STR("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")))
            abort();
    if (buf_add(&b, STR("\"]}")))
        abort();
    return b;
}

static struct h2_answer large_answer = {
    .status = "200", .fields = {"content-type", "image/png"}};

static const struct h2_answer *answer_large(const struct h2_said *r, int32_t id)
{
    (void)r, (void)id;
    return &large_answer;
}

/* Five megabytes each way; queues stay small, a reader that stalls stalls. */
static void test_windows(void)
{
    struct buf up = large_body(5000000), down = large_body(5000000);
    struct h2_ask ask = post(buf_str(&up));
    struct h2_world w;
    size_t k;

    down.ptr[0] = '\x89'; /* no JSON */
    large_answer.body = buf_str(&down);
    k = world(&w, answer_large, &ask);
    CHECK_EQ(buf_str(&w.net.said[k].body), ask.body);
    CHECK_EQ(buf_str(&w.app.said[k].body), large_answer.body);
    CHECK(w.most < LIM_H2_READY + 20000);
    CHECK_INT(w.out_of_turn, 0);
    h2_world_free(&w);

    h2_world_begin(&w, eng, "llm.test", answer_large);
    w.app.stalled = true;
    k = h2_world_ask(&w, &ask);
    h2_world_run(&w);
    CHECK(w.app.said[k].body.len < 70000);
    CHECK(w.net.sent[k] < LIM_H2_WINDOW + LIM_H2_BACKLOG + 200000);
    h2_world_free(&w);
    buf_free(&up);
    buf_free(&down);
}

/* Over the limit of a body: refused at once, and the rest goes nowhere. */
static void test_request_limit(void)
{
    struct buf up = large_body(LIM_REQUEST_BODY + 4096);
    struct h2_ask ask = post(buf_str(&up)), next = post(STR("{}"));
    struct h2_world w;
    size_t k = world(&w, answer_plain, &ask), l;

    CHECK(has(&w.app.said[k].head, ":status: 403\n"));
    CHECK(has(&w.app.said[k].body, "request_limit"));
    CHECK_INT(w.net.said[0].head.len, 0);
    l = h2_world_ask(&w, &next);
    h2_world_run(&w);
    CHECK_EQ(buf_str(&w.app.said[l].body), plain.body);
    h2_world_free(&w);
    buf_free(&up);
}

/* Bodies that never end, together: the memory they may take has an end. */
static void test_held_is_bounded(void)
{
    struct buf up = large_body(LIM_REQUEST_BODY - 4096);
    struct h2_ask ask = post(buf_str(&up));
    struct h2_world w;
    size_t refused = 0;

    ask.open = true;
    h2_world_begin(&w, eng, "llm.test", answer_plain);
    for (size_t i = 0; i < 12; i++) {
        (void)h2_world_ask(&w, &ask);
        h2_world_run(&w);
    }
    for (size_t i = 0; i < 12; i++)
        refused += has(&w.app.said[i].body, "request_limit");
    /* A body is held with its frames and without: four of them fit. */
    CHECK_INT(refused, 8);
    CHECK_INT(w.net.said[0].head.len, 0);
    h2_world_free(&w);
    buf_free(&up);
}

static const struct h2_answer both_ways = {
    .status = "200",
    .fields = {"content-type", "application/grpc"},
    .body = STR_INIT("\0\0\0\0\1y"),
    .early = true,
    .open = true,
};

static const struct h2_answer *answer_early(const struct h2_said *r, int32_t id)
{
    (void)r, (void)id;
    return &both_ways;
}

/* What is not judged flows both ways at once. */
static void test_full_duplex(void)
{
    struct h2_ask ask = {.method = "POST",
                         .path = "/talk",
                         .authority = "grpc.example",
                         .body = STR_INIT("\0\0\0\0\1x"),
                         .open = true};
    struct h2_world w;
    size_t k;

    h2_world_begin(&w, eng, "", answer_early);
    k = h2_world_ask(&w, &ask);
    h2_world_run(&w);
    CHECK_EQ(buf_str(&w.net.said[k].body), ask.body);
    CHECK_EQ(buf_str(&w.app.said[k].body), both_ways.body);
    CHECK(!w.app.said[k].ended && !w.app.said[k].closed);
    CHECK_INT(w.out_of_turn, 0);
    h2_world_free(&w);
}

/* ---- Ends --------------------------------------------------------------- */

static const struct h2_answer broken_off = {
    .status = "200",
    .fields = {"content-type", "text/event-stream"},
    .body = STR_INIT(EVENT("one")),
    .reset = NGHTTP2_INTERNAL_ERROR,
};
static const struct h2_answer refusing = {
    .status = "200",
    .early = true,
    .reset = NGHTTP2_REFUSED_STREAM,
};
static const struct h2_answer half = {
    .status = "200",
    .fields = {"content-type", "text/event-stream"},
    .body = STR_INIT(EVENT("my key-abcd")),
    .open = true,
};
static const struct h2_answer *chosen;

static const struct h2_answer *answer_chosen(const struct h2_said *r,
                                             int32_t id)
{
    (void)r, (void)id;
    return chosen;
}

static void test_resets(void)
{
    struct h2_ask ask = post(STR("{\"stream\":true}"));
    struct h2_world w;
    size_t k;

    chosen = &broken_off;
    k = world(&w, answer_chosen, &ask);
    CHECK(has(&w.app.said[k].body, "one"));
    CHECK(w.app.said[k].closed && !w.app.said[k].ended);
    CHECK_INT(w.app.said[k].code, NGHTTP2_INTERNAL_ERROR);
    h2_world_free(&w);

    chosen = &refusing;
    k = world(&w, answer_chosen, &ask);
    CHECK(w.app.said[k].closed);
    CHECK_INT(w.app.said[k].code, NGHTTP2_REFUSED_STREAM);
    h2_world_free(&w);

    /* The application gives up. */
    chosen = &half;
    k = world(&w, answer_chosen, &ask);
    CHECK(!w.net.said[k].closed);
    nghttp2_submit_rst_stream(w.app.session, 0, 1, NGHTTP2_CANCEL);
    h2_world_run(&w);
    CHECK(w.net.said[k].closed);
    CHECK_INT(w.net.said[k].code, NGHTTP2_CANCEL);
    h2_world_free(&w);
}

/* A stream that is blocked on its way: the network is told to stop. */
static void test_stream_is_blocked(void)
{
    static const struct h2_answer bad = {
        .status = "200",
        .fields = {"content-type", "text/event-stream"},
        .body = STR_INIT(EVENT("fine") EVENT("xy") EVENT("zzy no") EVENT("x")),
        .open = true,
        .piece = 30,
    };
    struct h2_ask ask = post(STR("{\"stream\":true}"));
    struct h2_world w;
    size_t k;

    chosen = &bad;
    k = world(&w, answer_chosen, &ask);
    CHECK(has(&w.app.said[k].body, "fine"));
    CHECK(has(&w.app.said[k].body, "SP-9002"));
    CHECK(!has(&w.app.said[k].body, "zzy"));
    CHECK(w.app.said[k].ended);
    CHECK_INT(w.app.said[k].code, NGHTTP2_NO_ERROR);
    CHECK(w.net.said[k].closed);
    CHECK_INT(w.out_of_turn, 0);
    h2_world_free(&w);
}

static void test_goaway(void)
{
    struct h2_ask ask = post(STR("{\"stream\":true}"));
    struct h2_world w;
    size_t k, l;

    chosen = &half;
    k = world(&w, answer_chosen, &ask);
    nghttp2_submit_goaway(w.net.session, 0, 1, NGHTTP2_NO_ERROR, NULL, 0);
    h2_world_run(&w);
    CHECK_INT(w.app.goaway, NGHTTP2_NO_ERROR + 1);
    CHECK(!w.app.said[k].closed);
    CHECK_INT(nghttp2_session_check_request_allowed(w.app.session), 0);
    h2_world_free(&w);

    /* What crosses it is refused, so that it may be asked again. */
    h2_world_begin(&w, eng, "llm.test", answer_chosen);
    h2_world_run(&w);
    nghttp2_submit_goaway(w.net.session, 0, 0, NGHTTP2_NO_ERROR, NULL, 0);
    l = h2_world_ask(&w, &ask);
    h2_world_run(&w);
    h2_world_end(&w); /* as servers do that have nothing left to say */
    CHECK(w.app.said[l].closed);
    CHECK_INT(w.app.said[l].code, NGHTTP2_REFUSED_STREAM);
    h2_world_free(&w);
}

/* The application leaves: that is no error, and the network hears of it. */
static void test_leaving(void)
{
    struct h2_ask ask = post(STR("{}"));
    struct h2_world w;
    size_t k = world(&w, answer_plain, &ask);

    nghttp2_submit_goaway(w.app.session, 0, 0, NGHTTP2_NO_ERROR, NULL, 0);
    h2_world_run(&w);
    CHECK(w.app.said[k].ended);
    CHECK_INT(conn_state(w.conn), CONN_OPEN);
    CHECK_INT(w.net.goaway, NGHTTP2_NO_ERROR + 1);
    CHECK_INT(w.app.goaway, 0);
    h2_world_free(&w);
}

/* The network ends: what is held is judged, and leaves or does not. */
static void test_network_ends(void)
{
    struct h2_ask ask = post(STR("{\"stream\":true}"));
    struct h2_world w;
    size_t k;

    chosen = &half;
    k = world(&w, answer_chosen, &ask);
    CHECK(!has(&w.app.said[k].body, "key-abcd"));
    h2_world_end(&w);
    CHECK(has(&w.app.said[k].body, "key-abcd"));
    CHECK(w.app.said[k].closed && !w.app.said[k].ended);
    h2_world_free(&w);
}

/* ---- Out of turn -------------------------------------------------------- */

/*
 * A refusal is not known to the network: it is asked to speak, and with its
 * answer the refusal is there.
 */
static void test_the_network_is_made_to_speak(void)
{
    struct h2_ask bad = post(STR(SAYS("xyzzy")));
    struct h2_world w;
    size_t k;

    h2_world_begin(&w, eng, "llm.test", answer_plain);
    h2_world_run(&w);
    w.deaf = true;
    k = h2_world_ask(&w, &bad);
    h2_world_run(&w);
    CHECK_INT(w.net.pings, 1);
    CHECK_INT(w.app.said[k].head.len, 0);
    (void)h2_world_ask(&w, &bad);
    h2_world_run(&w);
    CHECK_INT(w.net.pings, 1);
    w.deaf = false;
    h2_world_run(&w);
    CHECK(w.app.said[k].ended && w.app.said[k + 1].ended);
    CHECK_INT(w.app.pings, 0);
    h2_world_free(&w);
}

/* Who carries what TLS has written finds something after each write. */
static void test_each_write_into_memory_says_something(void)
{
    struct peer peer = {
        .host = STR("llm.test"), .door = "test", .in_memory = true};
    struct h2_ask ask = post(STR(SAYS("xyzzy")));
    struct h2_world w;
    struct conn *c = conn_new(eng, &peer);
    struct str rest;

    h2_world_begin(&w, eng, "llm.test", answer_plain);
    (void)h2_world_ask(&w, &ask);
    h2_world_run(&w);
    if (!CHECK(c != NULL))
        return;
    /* Before the preface is whole nothing is known. */
    conn_send(c, str_head(buf_str(&w.app.wire), 24));
    for (rest = str_skip(buf_str(&w.app.wire), 24); rest.len > 0;
         rest = str_skip(rest, 5)) {
        conn_taken(c, DIR_SEND, conn_ready(c, DIR_SEND).len);
        conn_send(c, str_head(rest, 5));
        CHECK(conn_ready(c, DIR_SEND).len > 0);
    }
    conn_free(c);
    h2_world_free(&w);
}

/* The server may say what it takes before anybody asks. */
static void speak_first(size_t cut, size_t *ret_len)
{
    static const nghttp2_settings_entry entry = {
        NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, 50};
    struct h2_ask ask = post(STR("{}"));
    struct scene early = {.eng = eng, .host = "llm.test", .count = 2};
    const uint8_t *p;
    struct h2_world w;
    struct played played;
    struct str all;

    h2_world_begin(&w, eng, "llm.test", answer_plain);
    nghttp2_submit_settings(w.net.session, 0, &entry, 1);
    all.len = (size_t)nghttp2_session_mem_send(w.net.session, &p);
    all.ptr = (const char *)p;
    CHECK_INT(buf_add(&w.net.wire, all), OK);
    all = buf_str(&w.net.wire);
    conn_recv(w.conn, str_head(all, cut));
    CHECK_INT(conn_ready(w.conn, DIR_RECV).len, 0);
    if (cut < all.len)
        conn_recv(w.conn, str_skip(all, cut));
    /* A request of HTTP/1 was not what it spoke of. */
    early.steps[0] = (struct step){DIR_RECV, str_head(all, cut)};
    early.steps[1] = (struct step){DIR_SEND, scene_request(CHAT, "{}")};
    scene_play(&early, 0, 9, 0, &played);
    CHECK_INT(played.state, CONN_FAILED);
    CHECK_INT(played.out[DIR_SEND].len, 0);
    played_free(&played);
    *ret_len = all.len;
    (void)h2_world_ask(&w, &ask);
    h2_world_run(&w);
    CHECK_INT(conn_state(w.conn), CONN_OPEN);
    CHECK_INT(nghttp2_session_get_remote_settings(
                  w.app.session, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS),
              50);
    CHECK(w.app.said[0].ended);
    h2_world_free(&w);
}

static void test_server_speaks_first(void)
{
    size_t len = 1;

    for (size_t cut = 1; cut <= len; cut++)
        speak_first(cut, &len);
    CHECK_INT(len, 15);
}

/* To a host that is none of ours all of it passes, byte by byte. */
static void test_other_hosts(void)
{
    struct h2_ask ask = post(STR(SAYS("key-abcd1234")));
    struct scene sc = {.eng = eng, .host = "other.test", .count = 4};
    struct h2_world w;
    struct played p;

    ask.authority = "other.test";
    h2_world_begin(&w, eng, "other.test", answer_plain);
    (void)h2_world_ask(&w, &ask);
    h2_world_run(&w);
    CHECK_INT(conn_state(w.conn), CONN_PASS);
    CHECK_EQ(buf_str(&w.net.said[0].body), ask.body);
    CHECK_EQ(buf_str(&w.app.said[0].body), plain.body);
    /* The server speaks first; its bytes have no place in ours. */
    sc.steps[0] = (struct step){DIR_RECV, str_head(buf_str(&w.net.wire), 9)};
    sc.steps[1] = (struct step){DIR_SEND, str_head(buf_str(&w.app.wire), 40)};
    sc.steps[2] = (struct step){DIR_SEND, str_skip(buf_str(&w.app.wire), 40)};
    sc.steps[3] = (struct step){DIR_RECV, str_skip(buf_str(&w.net.wire), 9)};
    scene_play(&sc, 0, 9, 0, &p);
    CHECK_INT(p.state, CONN_PASS);
    CHECK_EQ(buf_str(&p.out[DIR_SEND]), buf_str(&w.app.wire));
    CHECK_EQ(buf_str(&p.out[DIR_RECV]), buf_str(&w.net.wire));
    CHECK(scene_every_split(&sc, &p));
    played_free(&p);
    h2_world_free(&w);
}

/* ... unless its first request is for one of ours. */
static void test_behind_another_host(void)
{
    struct h2_ask asks[] = {post(STR(SAYS("key-abcd1234"))),
                            post(STR(SAYS("key-abcd1234")))};

    asks[1].authority = NULL;
    asks[1].fields[2] = "host";
    asks[1].fields[3] = "LLM.test:443";
    for (size_t i = 0; i < 2 * ARRAY_LEN(cuts); i++) {
        struct h2_world w;

        h2_world_begin(&w, eng, "other.test", answer_plain);
        w.every = cuts[i / 2];
        (void)h2_world_ask(&w, &asks[i % 2]);
        h2_world_run(&w);
        CHECK_INT(conn_state(w.conn), CONN_FAILED);
        CHECK_INT(w.net.said[0].head.len, 0);
        CHECK_INT(w.net.said[0].body.len, 0);
        h2_world_free(&w);
    }
}

/* ---- Hostile bytes ------------------------------------------------------ */

#define PREFACE "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0"

static struct buf repeat(const char *before, size_t before_len,
                         const char *frame, size_t len, size_t n)
{
    struct buf b;

    buf_init(&b, LIM_OUT);
    if (buf_add(&b, (struct str){before, before_len}))
        abort();
    for (size_t i = 0; i < n; i++)
        if (buf_add(&b, (struct str){frame, len}))
            abort();
    return b;
}

/* Whatever it is, the connection comes to an end in bounded memory. */
static void test_floods(void)
{
    static const char ping[] = "\0\0\10\6\0\0\0\0\0abcdefgh";
    static const char settings[] = "\0\0\0\4\0\0\0\0\0";
    static const char open[] = PREFACE "\0\0\1\1\0\0\0\0\1\x82";
    static const char more[] = "\0\0\1\x9\0\0\0\0\1\x86";
    static const char junk[] = "\0\0\0\0\0\0\0\0\0";
    static const char push[] = PREFACE "\0\0\5\5\4\0\0\0\1\0\0\0\2\x82";
    struct {
        const char *name;
        struct buf bytes;
    } rows[] = {
        {"PING", repeat(PREFACE, sizeof(PREFACE) - 1, ping, 17, 100000)},
        {"SETTINGS", repeat(PREFACE, sizeof(PREFACE) - 1, settings, 9, 100000)},
        {"CONTINUATION", repeat(open, sizeof(open) - 1, more, 10, 100)},
        {"DATA of no stream", repeat(PREFACE, sizeof(PREFACE) - 1, junk, 9, 1)},
        {"a push", repeat(push, sizeof(push) - 1, NULL, 0, 0)},
        {"a bad preface",
         repeat("PRI * HTTP/2.0\r\n\r\nSN\r\n\r\n", 24, NULL, 0, 0)},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct peer peer = {.host = STR("llm.test"), .door = "test"};
        struct conn *c = conn_new(eng, &peer);

        CHECK_ROW(rows[i].name);
        conn_send(c, buf_str(&rows[i].bytes));
        if (conn_state(c) == CONN_OPEN) /* it is told when it listens */
            conn_recv(c, (struct str){settings, 9});
        CHECK(conn_state(c) == CONN_BLOCKED || conn_state(c) == CONN_FAILED);
        CHECK(conn_ready(c, DIR_RECV).len < 100000);
        conn_free(c);
        buf_free(&rows[i].bytes);
    }
    CHECK_ROW(NULL);
}

/* The network breaks its protocol: the application is told, and it ends. */
static void test_network_in_error(void)
{
    static const char frames[] = "\0\0\0\4\0\0\0\0\0"
                                 "\0\0\4\3\0\0\0\0\x63\0\0\0\0";
    struct h2_ask ask = post(STR("{\"stream\":true}"));
    struct h2_world w;
    size_t k;

    chosen = &half;
    k = world(&w, answer_chosen, &ask);
    conn_recv(w.conn, (struct str){frames, sizeof(frames) - 1});
    w.deaf = true;
    h2_world_run(&w);
    CHECK_INT(conn_state(w.conn), CONN_BLOCKED);
    CHECK_INT(w.app.goaway, NGHTTP2_INTERNAL_ERROR + 1);
    CHECK(!w.app.said[k].ended);
    h2_world_free(&w);
}

/* ---- Assertions --------------------------------------------------------- */

_Noreturn void __assert_fail(const char *what, const char *file, unsigned line,
                             const char *function) __THROW;

static void asserts(void *arg)
{
    if (*(int *)arg > 0) {
        --*(int *)arg;
        CHECK(!h2guard_run(asserts, arg));
        ++*(int *)arg;
    }
    __assert_fail("of a test", __FILE__, __LINE__, __func__);
}

static void fine(void *arg)
{
    *(int *)arg = 7;
}

static void test_assertions(void)
{
    int n = 3;

    CHECK(!h2guard_run(asserts, &n));
    CHECK(h2guard_run(fine, &n));
    CHECK_INT(n, 7);
}

/* ---- Allocation --------------------------------------------------------- */

static bool leaks(const struct buf *out)
{
    return has(out, "abcd1234") || has(out, "xyzzy");
}

/* What both ends said once, played again with the nth allocation failing. */
static void test_nth_allocation(void)
{
    struct h2_ask asks[] = {post(STR(SAYS("my key-abcd1234 is"))),
                            post(STR(SAYS("say xyzzy")))};

    for (size_t a = 0; a < ARRAY_LEN(asks); a++) {
        struct h2_world w;
        struct scene sc = {.eng = eng, .host = "llm.test", .count = 2};
        bool failed = true;

        h2_world_begin(&w, eng, "llm.test", answer_stream);
        h2_world_ask(&w, &asks[a]);
        h2_world_run(&w);
        sc.steps[0] = (struct step){DIR_SEND, buf_str(&w.app.wire)};
        sc.steps[1] = (struct step){DIR_RECV, buf_str(&w.net.wire)};
        for (size_t n = 1; failed; n++) {
            struct played p;

            failmalloc_at(n, FAIL_ONE);
            scene_play(&sc, 0, 9, 0, &p);
            failed = failmalloc_off();
            CHECK(!leaks(&p.out[DIR_SEND]));
            CHECK(!leaks(&p.out[DIR_RECV]));
            CHECK(failed || p.state == CONN_OPEN);
            played_free(&p);
            if (n > 100000)
                abort();
        }
        h2_world_free(&w);
    }
}

int main(void)
{
    eng = scene_engine(policy, NULL);
    if (eng == NULL)
        return 1;
    RUN(test_identity);
    RUN(test_request_is_redacted);
    RUN(test_request_is_blocked);
    RUN(test_stream_is_redacted);
    RUN(test_forms_of_responses);
    RUN(test_grpc_elsewhere);
    RUN(test_authority_decides);
    RUN(test_refused_forms);
    RUN(test_many_streams);
    RUN(test_stream_limit_is_passed_on);
    RUN(test_windows);
    RUN(test_request_limit);
    RUN(test_held_is_bounded);
    RUN(test_full_duplex);
    RUN(test_resets);
    RUN(test_stream_is_blocked);
    RUN(test_goaway);
    RUN(test_leaving);
    RUN(test_network_ends);
    RUN(test_the_network_is_made_to_speak);
    RUN(test_each_write_into_memory_says_something);
    RUN(test_server_speaks_first);
    RUN(test_other_hosts);
    RUN(test_behind_another_host);
    RUN(test_floods);
    RUN(test_network_in_error);
    RUN(test_assertions);
    RUN(test_nth_allocation);
    engine_close(eng);
    return check_done();
}
