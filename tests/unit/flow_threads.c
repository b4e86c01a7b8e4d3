#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "check.h"
#include "compile/compile.h"
#include "flow/conn.h"
#include "scene.h"

/* link: -pthread */

/* Connections of several threads through one engine: what they share is its
 * rules, the credentials seen in requests, the texts judged before, the audit
 * and the counters. ThreadSanitizer looks on. */

#define THREADS 4
#define ROUNDS  12

static const char policy[] =
    "include: [packs/own-secrets.yaml]\n"
    "hosts: [llm.test]\n"
    "rules:\n"
    "  - {id: SP-9001, name: key, category: secret, on: both,\n"
    "     keywords: [key-], match: 'key-[a-z0-9]{8}', action: redact}\n"
    "  - {id: SP-9002, name: word, category: policy, on: request,\n"
    "     keywords: [xyzzy], match: 'xyzzy', action: block}\n";

struct worker {
    pthread_t thread;
    struct engine *eng;
    unsigned number;
    unsigned bad; /* rounds in which something was not as it should be */
};

static bool holds(const struct buf *b, const char *text)
{
    return str_find(buf_str(b), str_of(text)) < b->len;
}

/* A request with a credential of its thread, which its text says as well, and
 * a streamed answer in pieces of `every`. */
static bool talk(struct worker *w, unsigned round, size_t every)
{
    char body[512], ask[1024], answer[512], token[32], mark[32];
    struct scene sc = {.eng = w->eng, .host = "llm.test", .count = 2};
    struct played p;
    bool good;

    snprintf(token, sizeof(token), "Tz8pQ4vN1cM6xW3kR9L%uHd%u", w->number,
             round % 4);
    snprintf(mark, sizeof(mark), "said %u-%u", w->number, round);
    snprintf(body, sizeof(body),
             "{\"messages\":[{\"role\":\"user\",\"content\":\"the same\"},"
             "{\"role\":\"user\",\"content\":\"%s %s key-abcd%04u\"}]}",
             mark, token, round);
    snprintf(ask, sizeof(ask),
             "POST /v1/chat/completions HTTP/1.1\r\nHost: llm.test\r\n"
             "Content-Type: application/json\r\nContent-Length: %zu\r\n"
             "Authorization: Bearer %s\r\n\r\n%s",
             strlen(body), token, body);
    snprintf(answer, sizeof(answer),
             "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
             "Connection: close\r\n\r\n"
             "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":"
             "{\"content\":\"%s key-wxyz%04u.\"}}]}\n\n"
             "data: [DONE]\n\n",
             mark, round);
    sc.steps[0] = (struct step){DIR_SEND, str_of(ask)};
    sc.steps[1] = (struct step){DIR_RECV, str_of(answer)};
    sc.steps[sc.count++] = (struct step){DIR_RECV, STR("")};
    scene_play(&sc, every, sc.count, 0, &p);
    good = p.state != CONN_FAILED && holds(&p.out[DIR_SEND], mark) &&
           !holds(&p.out[DIR_SEND], "key-abcd") &&
           holds(&p.out[DIR_SEND], "[redacted:own-secret]") &&
           holds(&p.out[DIR_RECV], mark) &&
           !holds(&p.out[DIR_RECV], "key-wxyz");
    played_free(&p);
    return good;
}

static bool blocked(struct worker *w)
{
    struct scene sc = {.eng = w->eng, .host = "llm.test", .count = 1};
    struct played p;
    bool good;

    sc.steps[0] = (struct step){
        DIR_SEND,
        STR("POST /v1/chat/completions HTTP/1.1\r\nHost: llm.test\r\n"
            "Content-Type: application/json\r\n"
            "Content-Length: 48\r\n\r\n"
            "{\"messages\":[{\"role\":\"user\",\"content\":\"xyzzy\"}]}")};
    scene_play(&sc, 0, sc.count, 0, &p);
    good = p.out[DIR_SEND].len == 0 &&
           holds(&p.out[DIR_RECV], "\"code\":\"policy_block\"");
    played_free(&p);
    return good;
}

static void *work(void *arg)
{
    struct worker *w = arg;

    for (unsigned i = 0; i < ROUNDS; i++)
        w->bad += !talk(w, i, i % 3 * 7) || !blocked(w);
    return NULL;
}

static size_t lines_of(const char *path)
{
    FILE *f = fopen(path, "r");
    size_t n = 0;
    int c;

    if (f == NULL)
        return 0;
    while ((c = getc(f)) != EOF)
        n += c == '\n';
    fclose(f);
    return n;
}

static void test_one_engine(void)
{
    char path[] = "/tmp/sallyport-threads-XXXXXX";
    struct worker workers[THREADS];
    int fd = mkstemp(path);
    struct engine *eng = fd < 0 ? NULL : scene_engine(policy, path);

    if (!CHECK(eng != NULL))
        return;
    close(fd);
    for (unsigned i = 0; i < THREADS; i++) {
        workers[i] = (struct worker){.eng = eng, .number = i};
        if (pthread_create(&workers[i].thread, NULL, work, &workers[i]))
            exit(1);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        CHECK_INT(pthread_join(workers[i].thread, NULL), 0);
        CHECK_INT(workers[i].bad, 0);
    }
    engine_close(eng);
    CHECK_INT(lines_of(path), 2 * THREADS * ROUNDS);
    unlink(path);
}

int main(void)
{
    RUN(test_one_engine);
    return check_done();
}
