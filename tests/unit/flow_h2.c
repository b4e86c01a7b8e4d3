/* HTTP/2 through the engine: two real sessions, and a conn between them. */

#include <stdio.h>
#include <stdlib.h>

#include "check.h"
#include "compile/compile.h"
#include "failmalloc.h"
#include "h2peer.h"
#include "scene.h"

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
    RUN(test_nth_allocation);
    engine_close(eng);
    return check_done();
}
