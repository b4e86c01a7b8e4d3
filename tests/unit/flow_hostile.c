/*
 * Connections that mean harm: much of everything, endless things, allocations
 * that fail, a record that cannot be written. Whatever comes: no secret leaves,
 * no value is in the record, memory stays bounded, one line for each exchange.
 */

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "check.h"
#include "compile/compile.h"
#include "failmalloc.h"
#include "flow/conn.h"
#include "scene.h"

#define RULES                                                                  \
    "hosts: [llm.test]\n"                                                      \
    "rules:\n"                                                                 \
    "  - {id: SP-9001, name: test-key, category: secret, kind: test-key,\n"    \
    "     on: both, keywords: [key-], match: 'key-[a-z0-9]{8}',\n"             \
    "     action: redact}\n"                                                   \
    "  - {id: SP-9002, name: word, category: policy, kind: word,\n"            \
    "     on: both, keywords: [xyzzy], match: 'xyzzy', action: block}\n"

#define CHAT "/v1/chat/completions"

static struct engine *eng;

static bool has(const struct buf *b, const char *text)
{
    return str_find(buf_str(b), str_of(text)) < b->len;
}

static struct conn *begin(struct engine *e, struct str request)
{
    struct peer peer = {.host = STR("llm.test"), .door = "test"};
    struct conn *c = conn_new(e, &peer);

    if (c == NULL)
        abort();
    if (request.len > 0)
        conn_send(c, request);
    return c;
}

static void take(struct conn *c)
{
    conn_taken(c, DIR_SEND, conn_ready(c, DIR_SEND).len);
    conn_taken(c, DIR_RECV, conn_ready(c, DIR_RECV).len);
}

static size_t memory(void)
{
    return mallinfo2().uordblks + mallinfo2().hblkhd;
}

static double seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* The same again and again, from the network; what leaves is taken. */
static void flood(struct str head, struct str piece, size_t times,
                  size_t memory_limit, double seconds_limit)
{
    struct conn *c = begin(eng, STR("GET /v1/a HTTP/1.1\r\nHost: llm.test\r\n"
                                    "\r\n"));
    size_t before = memory();
    double start = seconds();

    conn_recv(c, head);
    for (size_t i = 0; i < times; i++) {
        conn_recv(c, piece);
        take(c);
    }
    CHECK(memory() < before + memory_limit);
    CHECK(seconds() - start < seconds_limit);
    conn_free(c);
}

#define EVENTS                                                                 \
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"                   \
    "Transfer-Encoding: chunked\r\n\r\n"

static void test_floods(void)
{
    CHECK_ROW("interim responses");
    flood(STR(""), STR("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"),
          200000, MIB, 20);
    CHECK_ROW("heartbeats");
    flood(STR(EVENTS), STR("8\r\n: beat\n\n\r\n"), 200000, MIB, 20);
    CHECK_ROW("heartbeats while text is held");
    flood(STR(EVENTS "1f\r\ndata: {\"x\":{\"y\":\"a key-\"}}\n\n\r\n"),
          STR("8\r\n: beat\n\n\r\n"), 200000, MIB, 20);
    CHECK_ROW("events of one byte");
    flood(STR(EVENTS), STR("16\r\ndata: {\"x\":{\"y\":\"k\"}}\n\n\r\n"), 100000,
          2 * MIB, 20);
    CHECK_ROW("tiny chunks of an endless event");
    flood(STR(EVENTS), STR("1\r\nd\r\n"), 2000000, 64 * MIB, 30);
    CHECK_ROW("an endless body");
    flood(STR("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
              "Transfer-Encoding: chunked\r\n\r\n"),
          STR("4\r\n    \r\n"), 4000000, 96 * MIB, 30);
    CHECK_ROW("an endless body of bytes nobody reads");
    flood(STR("HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n\r\n"),
          STR("................................"), 1000000, MIB, 20);
    CHECK_ROW(NULL);
}

/* Each event opens a channel; each choice is one too. */
static void test_many_channels(void)
{
    struct conn *c = begin(eng, STR("POST " CHAT " HTTP/1.1\r\nHost: llm.test"
                                    "\r\nContent-Length: 2\r\n\r\n{}"));
    size_t before = memory();
    char event[256], chunk[300];

    conn_recv(c, STR(EVENTS));
    for (int i = 0; i < 20000 && conn_state(c) == CONN_OPEN; i++) {
        snprintf(event, sizeof(event),
                 "data: {\"choices\":[{\"index\":%d,\"delta\":{\"content\":"
                 "\"key-abcd\"}}]}\n\n",
                 i);
        snprintf(chunk, sizeof(chunk), "%zx\r\n%s\r\n", strlen(event), event);
        conn_recv(c, str_of(chunk));
        take(c);
    }
    CHECK_INT(conn_state(c), CONN_BLOCKED);
    CHECK(memory() < before + 64 * (size_t)MIB);
    conn_free(c);
}

/* Requests in a row that nobody answers. */
static void test_many_requests(void)
{
    struct conn *c = begin(eng, STR(""));

    for (int i = 0; i < 1000; i++) {
        conn_send(c, STR("GET /v1/a HTTP/1.1\r\nHost: llm.test\r\n\r\n"));
        take(c);
    }
    for (int i = 0; i < 64; i++)
        conn_recv(c, STR("HTTP/1.1 204 No Content\r\n\r\n"));
    CHECK_INT(conn_state(c), CONN_BLOCKED);
    CHECK(str_find(conn_ready(c, DIR_RECV), STR("http_limit")) <
          conn_ready(c, DIR_RECV).len);
    conn_free(c);
}

/* A target over the limit is no other protocol. */
static void test_long_target(void)
{
    static char line[17000];
    struct engine *open =
        scene_engine(RULES "on_failure: {unknown_protocol: pass}\n", NULL);
    struct conn *c = begin(open, STR("POST /"));

    memset(line, 'x', sizeof(line));
    conn_send(c, (struct str){line, sizeof(line)});
    conn_send(c, STR(" HTTP/1.1\r\nHost: llm.test\r\n\r\nxyzzy"));
    CHECK_INT(conn_state(c), CONN_BLOCKED);
    CHECK_INT(conn_ready(c, DIR_SEND).len, 0);
    conn_free(c);
    engine_close(open);
}

/* A connection that passes has no limit of ours. */
static void test_large_write_passes(void)
{
    static const char head[] = "PUT /x HTTP/1.1\r\nHost: other.test\r\n\r\n";
    struct peer peer = {.door = "test"};
    size_t size = 80 * (size_t)MIB;
    char *text = calloc(1, size);
    struct conn *c = conn_new(eng, &peer);

    if (!CHECK(text != NULL && c != NULL))
        return;
    memcpy(text, head, sizeof(head) - 1);
    conn_send(c, (struct str){text, size});
    CHECK_INT(conn_state(c), CONN_PASS);
    CHECK_INT(conn_ready(c, DIR_SEND).len, size);
    conn_free(c);
    free(text);
}

/* ---- Limits that may pass ----------------------------------------------- */

/* `head`, then nine million bytes in one framing or the other. */
static struct str large(const char *head, bool chunked, const char *unit)
{
    char *text = NULL;
    size_t size = 0, n = strlen(unit);
    FILE *f = open_memstream(&text, &size);

    if (f == NULL)
        abort();
    fprintf(f, "%s%s\r\n\r\n", head,
            chunked ? "Transfer-Encoding: chunked" : "Content-Length: 9000000");
    for (size_t left = 9000000; left > 0; left -= left < n ? left : n) {
        size_t now = left < n ? left : n;

        if (chunked)
            fprintf(f, "%zx\r\n", now);
        fwrite(unit, 1, now, f);
        if (chunked)
            fputs("\r\n", f);
    }
    if (chunked)
        fputs("0\r\n\r\n", f);
    fclose(f);
    return (struct str){text, size};
}

static void play_large(struct engine *e, enum dir d, struct str text, bool pass)
{
    struct scene sc = {.eng = e, .host = "llm.test", .count = 2};
    struct str ask = STR("GET /v1/a HTTP/1.1\r\nHost: llm.test\r\n\r\n");
    struct played p;

    sc.steps[0] = (struct step){DIR_SEND, d == DIR_SEND ? text : ask};
    sc.steps[1] = (struct step){DIR_RECV, text};
    sc.count = d == DIR_SEND ? 1 : 2;
    scene_play(&sc, 16384, sc.count, 0, &p);
    CHECK_INT(p.state, pass ? CONN_OPEN : CONN_BLOCKED);
    if (pass)
        CHECK(str_eq(buf_str(&p.out[d]), text));
    else if (d == DIR_SEND)
        CHECK_INT(p.out[d].len, 0);
    if (!pass)
        CHECK(has(&p.out[DIR_RECV],
                  d == DIR_SEND ? "request_limit" : "response_limit"));
    played_free(&p);
}

/* As large as a body may be, though its head is held with it; and the next one
 * is sent while it waits to leave. */
static void test_largest_body(void)
{
    struct conn *c = begin(eng, STR(""));
    char *text = NULL;
    size_t size = 0;
    FILE *f = open_memstream(&text, &size);
    struct str all, rest;

    if (f == NULL)
        abort();
    for (int i = 0; i < 2; i++)
        fprintf(f,
                "POST /v1/a HTTP/1.1\r\nHost: llm.test\r\n"
                "Content-Length: %d\r\n\r\n%*s",
                LIM_REQUEST_BODY, LIM_REQUEST_BODY, "1");
    fclose(f);
    all = (struct str){text, size};
    for (rest = all; rest.len > 0; rest = str_skip(rest, 100000))
        conn_send(c, str_head(rest, 100000));
    CHECK_INT(conn_state(c), CONN_OPEN);
    CHECK(str_eq(conn_ready(c, DIR_SEND), all));
    conn_free(c);
    free(text);
}

static void test_large_bodies(void)
{
    struct engine *open =
        scene_engine(RULES "on_failure: {request_limit: pass, "
                           "response_limit: pass}\n",
                     NULL);

    for (int i = 0; i < 8; i++) {
        enum dir d = (enum dir)(i & 1);
        bool pass = (i & 2) != 0;
        struct str text =
            large(d == DIR_SEND ? "POST /v1/a HTTP/1.1\r\nHost: llm.test\r\n"
                                : "HTTP/1.1 200 OK\r\n"
                                  "Content-Type: application/json\r\n",
                  (i & 4) != 0, "                                           ");

        play_large(pass ? open : eng, d, text, pass);
        free((void *)(uintptr_t)text.ptr);
    }
    engine_close(open);
}

/* More findings than a body may have. */
static void test_rule_error(void)
{
    struct engine *open =
        scene_engine(RULES "on_failure: {rule_error: pass}\n", NULL);
    char *body = NULL;
    size_t size = 0;
    FILE *f = open_memstream(&body, &size);
    struct str ask;

    if (f == NULL)
        abort();
    fputs("{\"a\":\"", f);
    for (int i = 0; i < LIM_FINDINGS + 1; i++)
        fputs("key-abcd1234 ", f);
    fputs("\"}", f);
    fclose(f);
    ask = scene_request(CHAT, body);
    for (int i = 0; i < 2; i++) {
        struct conn *c = begin(i == 0 ? eng : open, ask);

        CHECK_INT(conn_state(c), i == 0 ? CONN_BLOCKED : CONN_OPEN);
        if (i == 0)
            CHECK_INT(conn_ready(c, DIR_SEND).len, 0);
        else
            CHECK_EQ(conn_ready(c, DIR_SEND), ask);
        conn_free(c);
    }
    free((void *)(uintptr_t)ask.ptr);
    free(body);
    engine_close(open);
}

/* ---- Allocations that fail ---------------------------------------------- */

#define HEADS "HTTP/1.1 200 OK\r\nContent-Type: "

/* Every kind of content, both ways; each holds key-abcd1234 and must not. */
static const struct {
    const char *name, *host, *request, *response;
} kinds[] = {
    {"chat", "llm.test",
     "POST " CHAT " HTTP/1.1\r\nHost: llm.test\r\nAccept-Encoding: br\r\n"
     "Content-Length: 68\r\n\r\n"
     "{\"model\":\"key-abcd1234\",\"messages\":\"a key-abcd\\u00312\\u00334"
     " key-abcd1234\"}",
     HEADS "application/json\r\n\r\n{\"model\":\"key-abcd1234\",\"choices\":"
           "[{\"message\":{\"content\":\"a k\\u0065y-abcd1234\"}}]}"},
    {"host in the head", NULL,
     "POST " CHAT "?q=1 HTTP/1.1\r\nHost: llm.test\r\n"
     "Transfer-Encoding: chunked\r\n\r\n"
     "10\r\n{\"a\":\"key-abcd12\r\n4\r\n34\"}\r\n0\r\n\r\n",
     HEADS "application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
           "10\r\n{\"a\":\"key-abcd12\r\n4\r\n34\"}\r\n0\r\nX: y\r\n\r\n"},
    {"text", "llm.test",
     "POST /v1/x HTTP/1.1\r\nHost: llm.test\r\nContent-Type: text/plain\r\n"
     "Content-Length: 15\r\n\r\nmy key-abcd1234",
     HEADS "text/plain\r\n\r\n\xff my key-abcd1234"},
    {"form", "llm.test",
     "POST /v1/x HTTP/1.1\r\nHost: llm.test\r\n"
     "Content-Type: application/x-www-form-urlencoded\r\n"
     "Content-Length: 19\r\n\r\nq=my+k%65y-abcd1234",
     ""},
    {"target", "llm.test",
     "GET /v1/k%65y-abcd1234?q=key-abcd1234 HTTP/1.1\r\nHost: llm.test\r\n"
     "\r\n",
     ""},
    {"events", "llm.test",
     "POST " CHAT " HTTP/1.1\r\nHost: llm.test\r\nContent-Length: 2\r\n"
     "\r\n{}",
     HEADS "text/event-stream\r\n\r\n: x\n\n"
           "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"key-\"}}"
           "]}\n\n: y\n\n"
           "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":"
           "\"abcd1234 \",\"tool_calls\":[{\"index\":0,\"function\":{"
           "\"arguments\":\"{\\\"a\\\":\\\"key-abcd1234\\\"}\"}}]}}]}\n\n"
           "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"xyzzy\"}"
           "}]}\n\ndata: [DONE]\n\n"},
    {"events in chunks", "llm.test",
     "POST " CHAT " HTTP/1.1\r\nHost: llm.test\r\nContent-Length: 2\r\n"
     "\r\n{}",
     EVENTS "22\r\ndata: {\"x\":{\"y\":\"my key-abcd12\"}}\n\n\r\n"
            "1e\r\ndata: {\"x\":{\"y\":\"34 xyzzy\"}}\n\r\n1\r\n\n\r\n"
            "0\r\n\r\n"},
    {"events under a length", "llm.test",
     "POST " CHAT " HTTP/1.1\r\nHost: llm.test\r\nContent-Length: 2\r\n"
     "\r\n{}",
     HEADS "text/event-stream\r\nContent-Length: 34\r\n\r\n"
           "data: {\"x\":{\"y\":\"my key-abcd1234\"}}\n\n"},
    {"lines", "llm.test",
     "POST /api/chat HTTP/1.1\r\nHost: llm.test\r\nContent-Length: 2\r\n"
     "\r\n{}",
     HEADS "application/x-ndjson\r\n\r\n"
           "{\"message\":{\"content\":\"key-abcd\"}}\n"
           "{\"message\":{\"content\":\"1234\"}}\n"
           "{\"message\":{\"content\":\"xyzzy\"}}\n"},
};

static bool one_failure(size_t kind, size_t n, enum fail_mode mode)
{
    struct scene sc = {
        .eng = eng,
        .host = kinds[kind].host,
        .steps = {{DIR_SEND, str_of(kinds[kind].request)},
                  {DIR_RECV, str_of(kinds[kind].response)},
                  {DIR_RECV, STR("")}},
        .count = 3,
    };
    struct played p;
    bool failed;

    if (sc.steps[1].bytes.len == 0)
        sc.count = 1;
    failmalloc_at(n, mode);
    scene_play(&sc, 11, sc.count, 0, &p);
    failed = failmalloc_off();
    CHECK(!has(&p.out[DIR_SEND], "abcd1234"));
    CHECK(!has(&p.out[DIR_SEND], "abcd\\u00312"));
    CHECK(!has(&p.out[DIR_SEND], "abcd12"));
    CHECK(!has(&p.out[DIR_RECV], "abcd1234"));
    CHECK(!has(&p.out[DIR_RECV], "abcd12"));
    CHECK(!has(&p.out[DIR_RECV], "xyzzy"));
    played_free(&p);
    return failed;
}

static void test_allocations_fail(void)
{
    for (size_t k = 0; k < ARRAY_LEN(kinds); k++) {
        CHECK_ROW(kinds[k].name);
        for (size_t n = 1; n < 5000 && one_failure(k, n, FAIL_ONE); n++)
            ;
    }
    CHECK_ROW(NULL);
}

/* What the test itself needs to take the output would fail too. */
static void drained(struct conn *c, bool *bad)
{
    for (int d = 0; d < 2; d++) {
        struct str out = conn_ready(c, (enum dir)d);

        *bad |= str_find(out, STR("abcd12")) < out.len ||
                str_find(out, STR("xyzzy")) < out.len;
    }
}

static bool all_failures(size_t kind, size_t n)
{
    struct peer peer = {.host = str_of(kinds[kind].host), .door = "test"};
    struct str out[2] = {str_of(kinds[kind].request),
                         str_of(kinds[kind].response)};
    struct conn *c;
    bool failed, bad = false;

    failmalloc_at(n, FAIL_FROM);
    c = conn_new(eng, &peer);
    for (int d = 0; c != NULL && d < 2; d++)
        while (out[d].len > 0) {
            struct str piece = str_head(out[d], 11);

            if (d == 0)
                conn_send(c, piece);
            else
                conn_recv(c, piece);
            out[d] = str_skip(out[d], piece.len);
        }
    if (c != NULL) {
        conn_end(c, DIR_RECV);
        drained(c, &bad);
        conn_free(c);
    }
    failed = failmalloc_off();
    CHECK(!bad);
    return failed;
}

static void test_memory_ends(void)
{
    for (size_t k = 0; k < ARRAY_LEN(kinds); k++) {
        CHECK_ROW(kinds[k].name);
        for (size_t n = 1; n < 5000 && all_failures(k, n); n++)
            ;
    }
    CHECK_ROW(NULL);
}

/* ---- The record --------------------------------------------------------- */

static size_t lines_of(const char *path)
{
    FILE *f = fopen(path, "r");
    size_t n = 0;
    int c;

    while (f != NULL && (c = fgetc(f)) != EOF)
        n += c == '\n';
    if (f != NULL)
        fclose(f);
    return n;
}

#define GET  "GET /v1/a HTTP/1.1\r\nHost: llm.test\r\n\r\n"
#define NONE "HTTP/1.1 204 No Content\r\n\r\n"

/* However an exchange ends it has one line. */
static void test_one_line_each(void)
{
    char path[] = "/tmp/sallyport-audit-XXXXXX";
    int fd = mkstemp(path);
    struct engine *e = scene_engine(RULES, path);
    struct conn *c = begin(e, STR(GET GET GET "POST /v1/b HTTP/1.1\r\n"));

    close(fd);
    conn_recv(c, STR(NONE));
    conn_end(c, DIR_RECV);
    conn_end(c, DIR_RECV);
    CHECK_INT(lines_of(path), 3);
    conn_free(c);
    CHECK_INT(lines_of(path), 3);
    conn_free(begin(e, STR(GET)));
    CHECK_INT(lines_of(path), 4);
    c = begin(e, STR("GET /v1/a?q=xyzzy HTTP/1.1\r\nHost: llm.test\r\n\r\n"));
    CHECK_INT(lines_of(path), 5);
    conn_end(c, DIR_RECV);
    conn_free(c);
    CHECK_INT(lines_of(path), 5);
    c = begin(e, STR(GET));
    conn_recv(c, STR("garbage"));
    conn_recv(c, STR("garbage"));
    conn_end(c, DIR_RECV);
    conn_free(c);
    CHECK_INT(lines_of(path), 6);
    engine_close(e);
    unlink(path);
}

static enum conn_state try_get(struct engine *e)
{
    struct conn *c = begin(e, STR(GET));
    enum conn_state state;

    conn_recv(c, STR(NONE));
    state = conn_state(c);
    conn_free(c);
    return state;
}

/* The directory goes and comes again. */
static void test_audit_blocks_and_recovers(void)
{
    char dir[] = "/tmp/sallyport-audit-XXXXXX", path[64];
    struct engine *e;

    if (!CHECK(mkdtemp(dir) != NULL))
        return;
    snprintf(path, sizeof(path), "%s/log", dir);
    e = scene_engine(RULES "on_failure: {audit: block}\n", path);
    CHECK_INT(try_get(e), CONN_OPEN);
    unlink(path);
    rmdir(dir);
    CHECK_INT(try_get(e), CONN_BLOCKED);
    CHECK_INT(try_get(e), CONN_BLOCKED);
    CHECK_INT(mkdir(dir, 0700), 0);
    (void)try_get(e); /* its line shows that it can be written again */
    CHECK_INT(try_get(e), CONN_OPEN);
    engine_close(e);
    e = scene_engine(RULES, "/nowhere/at/all");
    CHECK_INT(try_get(e), CONN_OPEN);
    engine_close(e);
    unlink(path);
    rmdir(dir);
}

/* A device that takes nothing: the line after the failure is refused. */
static void test_audit_full_disk(void)
{
    struct engine *e =
        scene_engine(RULES "on_failure: {audit: block}\n", "/dev/full");

    CHECK_INT(try_get(e), CONN_OPEN);
    CHECK_INT(try_get(e), CONN_BLOCKED);
    engine_close(e);
}

static void id_of(char *id)
{
    struct scratch *scratch = NULL;
    struct exchange *ex;

    if (exchange_new(eng, scratch, NULL, &ex))
        abort();
    memcpy(id, ex->id, EXCHANGE_ID_LEN);
    exchange_free(ex);
}

/* Parent and children begin with the same engine. */
static void test_ids_after_fork(void)
{
    char ids[9][EXCHANGE_ID_LEN];
    int ends[2];

    if (!CHECK(pipe(ends) == 0))
        return;
    for (int i = 0; i < 8; i++)
        if (fork() == 0) {
            id_of(ids[0]);
            _exit(write(ends[1], ids[0], EXCHANGE_ID_LEN) < 0);
        }
    for (int i = 0; i < 8; i++)
        CHECK_INT(read(ends[0], ids[i], EXCHANGE_ID_LEN), EXCHANGE_ID_LEN);
    while (wait(NULL) > 0)
        ;
    id_of(ids[8]);
    for (int i = 0; i < 9; i++)
        for (int k = 0; k < i; k++)
            CHECK(memcmp(ids[i], ids[k], EXCHANGE_ID_LEN) != 0);
    close(ends[0]);
    close(ends[1]);
}

int main(void)
{
    eng = scene_engine(RULES, NULL);
    if (eng == NULL)
        return 1;
    RUN(test_floods);
    RUN(test_many_channels);
    RUN(test_many_requests);
    RUN(test_long_target);
    RUN(test_large_write_passes);
    RUN(test_largest_body);
    RUN(test_large_bodies);
    RUN(test_rule_error);
    RUN(test_allocations_fail);
    RUN(test_memory_ends);
    RUN(test_one_line_each);
    RUN(test_audit_blocks_and_recovers);
    RUN(test_audit_full_disk);
    RUN(test_ids_after_fork);
    engine_close(eng);
    return check_done();
}
