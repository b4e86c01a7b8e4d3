#include "compile/compile.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "failmalloc.h"
#include "flow/conn.h"
#include "flow/owned.h"
#include "scene.h"

/* Made up, and of no provider's shape. */
#define TOKEN "q7Kd93-mZp0.x9fJq2Lw8Tn4"
#define GONE  "[redacted:own-secret]"

static char *const env[] = {
    "PATH=/usr/bin:/bin",
    "WEATHER_TOKEN=" TOKEN,
    "GREETING=Good morning to you, 1234567890",
    "=odd",
    "no equals sign",
    NULL,
};

static const char policy[] = "include: [packs/own-secrets.yaml]\n"
                             "own_secrets:\n"
                             "  files: [own-test.env, ~/own-test.env]\n";

/* An engine that was given this environment. */
static struct engine *engine_of(char *const *with)
{
    struct engine *eng = scene_engine(policy, NULL);
    enum err e;

    if (eng == NULL)
        return NULL;
    own_free(eng->own);
    eng->own = NULL;
    errno = 77;
    e = owned_load(eng, with);
    CHECK_INT(errno, 77);
    if (!CHECK_INT(e, OK)) {
        engine_close(eng);
        return NULL;
    }
    return eng;
}

/* What the network gets of a request that says this. */
static bool leaves(struct engine *eng, const char *said, const char *want)
{
    char body[1024];
    struct scene sc = {.eng = eng, .host = "api.openai.com"};
    struct played played;
    bool found;

    snprintf(body, sizeof(body),
             "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":"
             "\"%s\"}]}",
             said);
    sc.steps[sc.count++] =
        (struct step){DIR_SEND, scene_request("/v1/chat/completions", body)};
    scene_play(&sc, 0, 0, 0, &played);
    found = str_find(buf_str(&played.out[DIR_SEND]), str_of(want)) <
            played.out[DIR_SEND].len;
    played_free(&played);
    return found;
}

static void test_environment(void)
{
    struct engine *eng = engine_of(env);

    if (!CHECK(eng != NULL))
        return;
    CHECK_INT(own_count(eng->own), 1);
    CHECK(leaves(eng, "it is " TOKEN "!", "it is " GONE "!"));
    CHECK(leaves(eng, "Good morning to you, 1234567890", "1234567890"));
    engine_close(eng);
}

static void test_none(void)
{
    struct engine *eng = engine_of(NULL);

    if (!CHECK(eng != NULL))
        return;
    CHECK_INT(own_count(eng->own), 0);
    CHECK(leaves(eng, "it is " TOKEN, TOKEN));
    engine_close(eng);
}

/* Every split of the request gives the same. */
static void test_every_split(void)
{
    struct engine *eng = engine_of(env);
    struct scene sc = {.eng = eng, .host = "api.openai.com"};
    struct played whole;

    if (!CHECK(eng != NULL))
        return;
    sc.steps[sc.count++] = (struct step){
        DIR_SEND,
        scene_request("/v1/chat/completions",
                      "{\"messages\":[{\"role\":\"user\",\"content\":\"a "
                      "q7Kd93-mZp0\"},{\"role\":\"user\",\"content\":"
                      "\".x9fJq2Lw8Tn4 b\"}]}")};
    scene_play(&sc, 0, 0, 0, &whole);
    CHECK(str_find(buf_str(&whole.out[DIR_SEND]), STR("q7Kd93")) ==
          whole.out[DIR_SEND].len);
    CHECK(str_find(buf_str(&whole.out[DIR_SEND]), STR("Lw8Tn4")) ==
          whole.out[DIR_SEND].len);
    CHECK(scene_every_split(&sc, &whole));
    played_free(&whole);
    engine_close(eng);
}

/* Who serves a secret by a FIFO waits for its reader, and that is not us. */
static void check_writer_waits(const char *path, char *const *with)
{
    struct engine *eng;
    int status = 0;
    pid_t pid;

    fflush(NULL);
    pid = fork();
    if (pid == 0)
        _exit(fopen(path, "w") == NULL ? 2 : 3);
    if (!CHECK(pid > 0))
        return;
    usleep(200000); /* until it waits */
    eng = engine_of(with);
    CHECK(eng != NULL);
    engine_close(eng);
    usleep(50000);
    CHECK_INT(waitpid(pid, &status, WNOHANG), 0);
    kill(pid, SIGKILL);
    CHECK_INT(waitpid(pid, &status, 0), pid);
}

/* Files: read from the home and the working directory, whatever is in them. */
#define TEXT(t) "data: {\"choices\":[{\"index\":0,\"delta\":" t "}]}\n\n"
#define SAYS(t) TEXT("{\"content\":\"" t "\"}")
#define CALLS(t)                                                               \
    TEXT("{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"" t      \
         "\"}}]}")

static const char *const told[] = {
    SAYS("it is q7Kd9"),
    SAYS("3-mZp0."),
    SAYS("x9fJq2"),
    SAYS("Lw8Tn4, so"),
    CALLS("{\\\"k\\\": \\\"q7Kd93-mZ"),
    CALLS("p0.x9fJq2Lw8Tn4\\\"}"),
    "data: [DONE]\n\n",
    NULL,
};

/* In an answer that is streamed, and in a tool's arguments there. */
static void test_streamed(void)
{
    struct engine *eng = engine_of(env);
    struct scene sc = {.eng = eng, .host = "api.openai.com"};
    struct played whole;
    struct str out;

    if (!CHECK(eng != NULL))
        return;
    sc.steps[sc.count++] = (struct step){
        DIR_SEND, scene_request("/v1/chat/completions",
                                "{\"stream\":true,\"messages\":[]}")};
    sc.steps[sc.count++] =
        (struct step){DIR_RECV, scene_chunked("text/event-stream", told)};
    scene_play(&sc, 0, 0, 0, &whole);
    out = buf_str(&whole.out[DIR_RECV]);
    CHECK(str_find(out, STR("it is " GONE)) < out.len);
    CHECK(str_find(out, STR("[DONE]")) < out.len);
    for (size_t i = 0; i + 4 <= sizeof(TOKEN) - 1; i++)
        CHECK(str_find(out, (struct str){&TOKEN[i], 4}) == out.len);
    CHECK(scene_every_split(&sc, &whole));
    played_free(&whole);
    engine_close(eng);
}

static void test_files(void)
{
    char dir[] = "/tmp/sallyport-own-XXXXXX", home[64], path[96];
    char *const with[] = {home, NULL};
    struct engine *eng;
    FILE *f;

    if (!CHECK(mkdtemp(dir) != NULL))
        return;
    snprintf(home, sizeof(home), "HOME=%s", dir);
    snprintf(path, sizeof(path), "%s/own-test.env", dir);
    f = fopen(path, "w");
    if (!CHECK(f != NULL))
        return;
    fputs("A_KEY=" TOKEN "\nSIZE=12345678901234\n"
          "NEXT_PUBLIC_MAPS_KEY=Kz4Qm8Wj2Tn6Bv9Xs3Rd7Hf1Lp5\n"
          "SHEET_ID=1BxiKz4Qm8Wj2Tn6Bv9Xs3Rd7Hf1Lp5YcUe\n",
          f);
    fclose(f);
    eng = engine_of(with);
    if (CHECK(eng != NULL)) {
        CHECK(leaves(eng, TOKEN, GONE));
        CHECK_INT(own_count(eng->own), 1);
    }
    engine_close(eng);
    /* nothing to read, for ever: must not wait */
    unlink(path);
    CHECK_INT(mkfifo(path, 0600), 0);
    eng = engine_of(with);
    if (CHECK(eng != NULL))
        CHECK_INT(own_count(eng->own), 0);
    engine_close(eng);
    check_writer_waits(path, with);
    /* larger than is read */
    unlink(path);
    f = fopen(path, "w");
    if (CHECK(f != NULL))
        fclose(f);
    CHECK_INT(truncate(path, 1 << 30), 0);
    eng = engine_of(with);
    if (CHECK(eng != NULL))
        CHECK_INT(own_count(eng->own), 0);
    engine_close(eng);
    unlink(path);
    rmdir(dir);
}

/* A child of fork knows what its parent knew, and learns for itself. */
static void test_fork(void)
{
    struct engine *eng = engine_of(env);
    int status = 1;
    pid_t pid;

    if (!CHECK(eng != NULL))
        return;
    CHECK_INT(own_learn(eng->own, STR("Tz8-pQ4vN1-cM6xW3kR9"), "api-key"), OK);
    fflush(NULL);
    pid = fork();
    if (pid == 0) {
        bool good =
            leaves(eng, TOKEN, GONE) &&
            leaves(eng, "Tz8-pQ4vN1-cM6xW3kR9", GONE) &&
            own_learn(eng->own, STR("Wd5-jY2bF7-hK0sL4gZ6"), "api-key") == OK &&
            leaves(eng, "Wd5-jY2bF7-hK0sL4gZ6", GONE);

        _exit(good ? 0 : 3);
    }
    CHECK(pid > 0 && waitpid(pid, &status, 0) == pid);
    CHECK_INT(status, 0);
    CHECK(leaves(eng, "Wd5-jY2bF7-hK0sL4gZ6", "Wd5-jY2bF7"));
    engine_close(eng);
}

/* Out of memory there is no engine, and never one that knows less. */
static void test_no_memory(void)
{
    struct engine *eng = scene_engine(policy, NULL);
    enum err e = OK;

    if (!CHECK(eng != NULL))
        return;
    for (size_t n = 1;; n++) {
        own_free(eng->own);
        eng->own = NULL;
        failmalloc_at(n, FAIL_ONE);
        e = owned_load(eng, env);
        if (!failmalloc_off())
            break;
        CHECK_INT(e, E_NOMEM);
    }
    CHECK_INT(e, OK);
    CHECK_INT(own_count(eng->own), 1);
    engine_close(eng);
}

/* A request in which it stands in parts, and over two texts, and that is sent
 * with a credential, which it says in parts too. */
static const char in_parts[] =
    "POST /v1/chat/completions HTTP/1.1\r\nHost: api.openai.com\r\n"
    "Content-Type: application/json\r\nContent-Length: 218\r\n"
    "Authorization: Bearer Tz8pQ4vN1cM6xW3kR9Lf2Hd5\r\n\r\n"
    "{\"messages\":[{\"role\":\"user\",\"content\":\"a 9fJq2Lw8Tn4 b\"},"
    "{\"role\":\"user\",\"content\":\"c q7Kd93-mZp0.x d 6xW3kR9Lf2Hd5 e\"},"
    "{\"role\":\"user\",\"content\":\"f Tz8pQ4vN1cM g q7Kd9\"},"
    "{\"role\":\"user\",\"content\":\"3-mZp0.x9fJq2Lw8Tn4\"}]}";

static size_t count_in(const struct buf *b, const char *what)
{
    return str_find(buf_str(b), str_of(what)) < b->len;
}

static bool play_without(struct engine *eng, size_t n)
{
    struct scene sc = {.eng = eng, .host = "api.openai.com"};
    struct played p;
    bool failed;

    sc.steps[sc.count++] = (struct step){DIR_SEND, str_of(in_parts)};
    if (n > 0)
        failmalloc_at(n, FAIL_ONE);
    scene_play(&sc, 0, 0, 0, &p);
    failed = failmalloc_off();
    CHECK(count_in(&p.out[DIR_SEND], "a 9fJq2Lw8Tn4 b") +
              count_in(&p.out[DIR_SEND], "q7Kd93-mZp0.x d") <
          2);
    CHECK(count_in(&p.out[DIR_SEND], "d 6xW3kR9Lf2") +
              count_in(&p.out[DIR_SEND], "Tz8pQ4vN1cM g") <
          2);
    CHECK(count_in(&p.out[DIR_SEND], "g q7Kd9") +
              count_in(&p.out[DIR_SEND], "3-mZp0.x9f") <
          2);
    if (n == 0)
        CHECK(count_in(&p.out[DIR_SEND], "d [redacted:own-secret] e"));
    played_free(&p);
    return failed;
}

static void test_parts_no_memory(void)
{
    struct engine *eng = engine_of(env);
    size_t n = 1;

    if (!CHECK(eng != NULL))
        return;
    while (play_without(eng, n)) {
        /* as if nothing had been said or learnt before */
        own_free(eng->own);
        eng->own = NULL;
        CHECK_INT(owned_load(eng, env), OK);
        n++;
    }
    printf("# %zu allocations\n", n);
    CHECK(n > 20);
    (void)play_without(eng, 0);
    engine_close(eng);
}

/* What the audit says of a request with a credential, whose body says it in two
 * texts that follow one another. */
static void test_told_once(void)
{
    static const char body[] =
        "{\"messages\":[{\"role\":\"user\",\"content\":\"a Tz8pQ4vN1cM6\"},"
        "{\"role\":\"user\",\"content\":\"xW3kR9Lf2Hd5\"}]}";
    char path[] = "/tmp/sallyport-own-XXXXXX", text[512], line[4096] = "";
    struct scene sc = {.host = "api.openai.com"};
    struct played p;
    int fd = mkstemp(path);
    ssize_t n;

    snprintf(text, sizeof(text),
             "POST /v1/chat/completions HTTP/1.1\r\nHost: api.openai.com\r\n"
             "Content-Type: application/json\r\nContent-Length: %zu\r\n"
             "Authorization: Bearer Tz8pQ4vN1cM6xW3kR9Lf2Hd5\r\n\r\n%s",
             sizeof(body) - 1, body);
    sc.eng = scene_engine(policy, path);
    sc.steps[sc.count++] = (struct step){DIR_SEND, str_of(text)};
    if (!CHECK(fd >= 0 && sc.eng != NULL))
        return;
    scene_play(&sc, 0, 0, 0, &p);
    CHECK(count_in(&p.out[DIR_SEND], "xW3kR9Lf2Hd5\"}") == 0);
    played_free(&p);
    engine_close(sc.eng);
    n = read(fd, line, sizeof(line) - 1);
    close(fd);
    unlink(path);
    CHECK(n > 0 && strstr(line, "\"findings\":[{") != NULL);
    CHECK(strstr(line, "},{") == NULL);
}

int main(void)
{
    RUN(test_environment);
    RUN(test_none);
    RUN(test_every_split);
    RUN(test_streamed);
    RUN(test_files);
    RUN(test_fork);
    RUN(test_no_memory);
    RUN(test_told_once);
    RUN(test_parts_no_memory);
    return check_done();
}
