/*
 * The engine alone, without a wire, with the shipped default policy: one
 * exchange (4 KB prompt, 2 KB completion), one streamed event, one body of
 * 1 MB; the way from an image to the first verdict; what it costs to find the
 * texts in a body, over reading its JSON, with all descriptions and with one;
 * what it costs to load the descriptions, and to see that a text needs no
 * views. Prints a name, microseconds (or
 * nanoseconds a byte) and the goal, a line each. The figures are the least of a
 * few medians: what else the machine does only adds.
 *
 *     engine DEFAULT-POLICY RULES-DIRECTORY
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "compile/compile.h"
#include "detect/classes.h"
#include "flow/conn.h"
#include "llm/view.h"
#include "rules/image.h"

static const char prose[] =
    "Please read the notes of the harbour office below and tell me which of "
    "the ships came in after dark, who signed for the cargo, and whether the "
    "crane on pier 4 was in use. Mind the spelling of the names; the report "
    "goes out on Monday at 9. The weather was fair, wind from the west, and "
    "the tide table for week 32 is attached as a list of hours. ";

static double now_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* The image of a policy file; empty on failure. */
static struct buf image_of(const char *policy, const char *rules)
{
    const char *const dirs[] = {rules};
    struct compile_options options = {dirs, 1, "2026-01-01"};
    struct compile c;
    struct buf image;

    buf_init(&image, LIM_IMAGE);
    compile_init(&c, &options);
    if (compile_load(&c, policy) || compile_image(&c, &image))
        buf_clear(&image);
    compile_free(&c);
    return image;
}

static char image_path[] = "/tmp/sallyport-bench-XXXXXX";

static bool write_image(const struct buf *image)
{
    int fd = mkstemp(image_path);
    bool good = fd >= 0 && image->len > 0 &&
                write(fd, image->ptr, image->len) == (ssize_t)image->len &&
                fchmod(fd, 0400) == 0; /* as compile writes it: mapped */

    close(fd);
    return good;
}

static struct engine *open_engine(void)
{
    struct engine_config cfg = {.policy = image_path};
    struct engine *eng = NULL;
    char why[256] = "";

    if (engine_open(&cfg, &eng, why, sizeof(why)))
        fprintf(stderr, "engine: no policy: %s\n", why);
    return eng;
}

static char *repeat(size_t n)
{
    char *text = malloc(n + 1);

    for (size_t i = 0; text != NULL && i < n; i++)
        text[i] = prose[i % (sizeof(prose) - 1)];
    if (text != NULL)
        text[n] = '\0';
    return text;
}

static struct str request(size_t size)
{
    char *text = repeat(size), *body = NULL, *out = NULL;
    int n = asprintf(&body,
                     "{\"model\":\"m-4\",\"temperature\":0.7,\"messages\":["
                     "{\"role\":\"system\",\"content\":\"You are a clerk.\"},"
                     "{\"role\":\"user\",\"content\":\"%s\"}]}",
                     text);

    n = asprintf(&out,
                 "POST /v1/chat/completions HTTP/1.1\r\n"
                 "Host: api.openai.com\r\nAccept: application/json\r\n"
                 "Accept-Encoding: gzip, deflate\r\nUser-Agent: bench/1\r\n"
                 "Authorization: Bearer none\r\n"
                 "Content-Type: application/json\r\n"
                 "Content-Length: %d\r\n\r\n%s",
                 n, body);
    free(text);
    free(body);
    return (struct str){out, (size_t)n};
}

static struct str response(size_t size)
{
    char *text = repeat(size), *body = NULL, *out = NULL;
    int n = asprintf(&body,
                     "{\"id\":\"chatcmpl-1\",\"object\":\"chat.completion\","
                     "\"created\":1,\"model\":\"m-4\",\"choices\":[{\"index\":"
                     "0,\"message\":{\"role\":\"assistant\",\"content\":"
                     "\"%s\"},\"finish_reason\":\"stop\"}],\"usage\":"
                     "{\"prompt_tokens\":900,\"completion_tokens\":450,"
                     "\"total_tokens\":1350}}",
                     text);

    n = asprintf(&out,
                 "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                 "Date: Mon, 01 Jan 2026 00:00:00 GMT\r\nServer: bench\r\n"
                 "Content-Length: %d\r\n\r\n%s",
                 n, body);
    free(text);
    free(body);
    return (struct str){out, (size_t)n};
}

static void take(struct conn *c)
{
    for (int d = 0; d < 2; d++)
        conn_taken(c, (enum dir)d, conn_ready(c, (enum dir)d).len);
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

#define BATCHES 5
#define RUNS    2000
static double took[RUNS];

/* The median of the first n, if it is less. */
static void take_median(size_t n, double *best)
{
    qsort(took, n, sizeof(*took), compare);
    if (took[n / 2] < *best)
        *best = took[n / 2];
}

static void exchange(struct engine *eng, const char *name, size_t ask,
                     size_t answer, size_t runs, double goal)
{
    struct peer peer = {.host = STR("api.openai.com"), .door = "bench"};
    struct conn *c = conn_new(eng, &peer);
    struct str out = request(ask), in = response(answer);
    double best = 1e9;

    for (size_t batch = 0; batch < BATCHES; batch++) {
        for (size_t i = 0; i < runs; i++) {
            double begun = now_us();

            conn_send(c, out);
            take(c);
            conn_recv(c, in);
            take(c);
            took[i] = now_us() - begun;
        }
        take_median(runs, &best);
    }
    if (conn_state(c) != CONN_OPEN)
        fprintf(stderr, "engine: %s\n", conn_why(c));
    printf("%s %.2f %.2f\n", name, best, goal);
    conn_free(c);
    free((void *)out.ptr);
    free((void *)in.ptr);
}

/* Tokens of a few letters, an event and a chunk each, as providers send. */
static void events(struct engine *eng)
{
    struct peer peer = {.host = STR("api.openai.com"), .door = "bench"};
    struct conn *c = conn_new(eng, &peer);
    struct str out = request(64);
    char line[512], chunk[600];
    double best = 1e9;

    conn_send(c, out);
    take(c);
    conn_recv(c, STR("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
                     "Transfer-Encoding: chunked\r\n\r\n"));
    take(c);
    for (size_t i = 0; i < BATCHES * RUNS; i++) {
        double begun;
        int n = snprintf(line, sizeof(line),
                         "data: {\"id\":\"chatcmpl-1\",\"object\":"
                         "\"chat.completion.chunk\",\"created\":1,\"model\":"
                         "\"m-4\",\"choices\":[{\"index\":0,\"delta\":"
                         "{\"content\":\"%.4s\"},\"finish_reason\":null}]}"
                         "\n\n",
                         prose + i * 4 % (sizeof(prose) - 5));

        n = snprintf(chunk, sizeof(chunk), "%x\r\n%s\r\n", (unsigned)n, line);
        begun = now_us();
        conn_recv(c, (struct str){chunk, (size_t)n});
        take(c);
        took[i % RUNS] = now_us() - begun;
        if (i % RUNS == RUNS - 1)
            take_median(RUNS, &best);
    }
    printf("sse_event_us %.2f %.2f\n", best, 1.5);
    conn_free(c);
    free((void *)out.ptr);
}

/* From nothing to the first request judged. */
static void first_verdict(void)
{
    struct peer peer = {.host = STR("api.openai.com"), .door = "bench"};
    struct str out = request(4096);
    double best = 1e9;

    for (size_t i = 0; i < 15; i++) {
        double begun = now_us();
        struct engine *eng = open_engine();
        struct conn *c = eng == NULL ? NULL : conn_new(eng, &peer);

        if (c == NULL)
            break;
        conn_send(c, out);
        if (now_us() - begun < best)
            best = now_us() - begun;
        conn_free(c);
        engine_close(eng);
    }
    printf("first_verdict_us %.0f %.0f\n", best, 3000.0);
    free((void *)out.ptr);
}

/* ---- Descriptions ------------------------------------------------------- */

/* A chat as agents send it: tools, turns of a page each, calls and results. */
static struct str chat_body(void)
{
    char *text = repeat(1500), *out = NULL;
    size_t size = 0;
    FILE *f = open_memstream(&out, &size);

    fprintf(f, "{\"model\":\"m-4\",\"tools\":[");
    for (int i = 0; i < 20; i++)
        fprintf(f,
                "%s{\"type\":\"function\",\"function\":{\"name\":\"t%d\","
                "\"description\":\"%.120s\",\"parameters\":{\"type\":"
                "\"object\",\"properties\":{\"path\":{\"type\":\"string\","
                "\"description\":\"%.40s\"}},\"required\":[\"path\"]}}}",
                i > 0 ? "," : "", i, prose, prose);
    fprintf(f, "],\"messages\":[{\"role\":\"system\",\"content\":\"%s\"}",
            text);
    for (int i = 0; i < 60; i++)
        fprintf(f,
                ",{\"role\":\"user\",\"content\":[{\"type\":\"text\","
                "\"text\":\"%s\"}]},{\"role\":\"assistant\",\"content\":null,"
                "\"tool_calls\":[{\"id\":\"c%d\",\"type\":\"function\","
                "\"function\":{\"name\":\"t1\",\"arguments\":"
                "\"{\\\"path\\\":\\\"a/b.c\\\"}\"}}]},{\"role\":\"tool\","
                "\"tool_call_id\":\"c%d\",\"content\":\"%s\"}",
                text, i, i, text);
    fputs("]}", f);
    fclose(f);
    free(text);
    return (struct str){out, size};
}

struct walker {
    struct json_doc doc;
    struct arena arena;
    struct view view;
};

/* Its JSON read; then, with a description, its texts found. */
static bool walk(struct walker *w, const struct provider *p, struct str body)
{
    struct view_item item;
    enum err e;

    if (json_parse(&w->doc, body))
        return false;
    if (p == NULL)
        return true;
    arena_clear(&w->arena);
    if (view_start(&w->view, p, VIEW_REQUEST, &w->doc, &w->arena))
        return false;
    while ((e = view_next(&w->view, &item)) == OK)
        ;
    return e == E_AGAIN;
}

/* Routed each time, where there is something to route by. */
static double walk_us(struct walker *w, const struct providers *all,
                      struct str body)
{
    double best = 1e9;

    for (size_t batch = 0; batch < 2 * BATCHES; batch++) {
        for (size_t i = 0; i < 50; i++) {
            const struct provider *p = NULL;
            double begun = now_us();

            if (all != NULL)
                p = providers_route(all, STR("api.openai.com"), 443,
                                    STR("POST"), STR("/v1/chat/completions"));
            if (!walk(w, p, body))
                fprintf(stderr, "engine: a body that cannot be read\n");
            took[i] = now_us() - begun;
        }
        take_median(50, &best);
    }
    return best;
}

static struct providers *load_from(const struct buf *bytes, double *ret_us)
{
    struct providers *all = NULL;
    struct image image;

    *ret_us = 1e9;
    if (image_read(buf_str(bytes), &image))
        return NULL;
    for (size_t i = 0; i < 50; i++) {
        double begun = now_us();

        providers_free(all);
        begun = now_us();
        if (providers_load(image.providers, &all))
            return NULL;
        took[i] = now_us() - begun;
    }
    take_median(50, ret_us);
    return all;
}

static void descriptions(const struct buf *whole, const struct buf *one)
{
    struct str body = chat_body();
    struct walker w;
    double load, load_one, lexer, with_all, with_one;
    struct providers *all = load_from(whole, &load);
    struct providers *few = load_from(one, &load_one);

    json_doc_init(&w.doc);
    arena_init(&w.arena, LIM_VIEW_ARENA);
    view_init(&w.view);
    lexer = walk_us(&w, NULL, body);
    with_all = walk_us(&w, all, body);
    with_one = walk_us(&w, few, body);
    printf("view_ns_per_byte %.2f %.2f\n",
           (with_all - lexer) * 1e3 / (double)body.len, 1.5);
    printf("view_all_to_one %.2f %.2f\n", with_all / with_one, 1.05);
    printf("providers_load_us %.2f %.2f\n", load, 500.0);
    view_free(&w.view);
    arena_free(&w.arena);
    json_doc_free(&w.doc);
    providers_free(all);
    providers_free(few);
    free((void *)body.ptr);
}

/* A policy with one vendor, and the generic description. */
static struct buf image_of_one(const char *rules)
{
    char path[] = "/tmp/sallyport-bench-XXXXXX";
    int fd = mkstemp(path);
    static const char text[] = "mode: enforce\nproviders: [openai]\n";
    struct buf image;

    if (fd < 0 || write(fd, text, sizeof(text) - 1) < 0)
        fprintf(stderr, "engine: no room for a policy\n");
    close(fd);
    image = image_of(path, rules);
    unlink(path);
    return image;
}

/* What a text costs that no view differs from: one look at it. */
static void no_views(void)
{
    size_t len = 100 * (sizeof(prose) - 1);
    char *text = malloc(len);
    unsigned classes = 0;
    double us = 1e9;

    if (text == NULL)
        return;
    for (size_t i = 0; i < 100; i++)
        memcpy(text + i * (sizeof(prose) - 1), prose, sizeof(prose) - 1);
    for (size_t i = 0; i < 50; i++) {
        double begun = now_us();

        classes |= classes_of((struct str){text, len});
        took[i] = now_us() - begun;
    }
    take_median(50, &us);
    if (classes == 0)
        printf("no_views_ns_per_byte %.2f %.2f\n", us * 1e3 / (double)len,
               0.60);
    free(text);
}

int main(int argc, char **argv)
{
    struct buf image, one;
    struct engine *eng;

    if (argc != 3)
        return 2;
    image = image_of(argv[1], argv[2]);
    one = image_of_one(argv[2]);
    eng = write_image(&image) ? open_engine() : NULL;
    if (eng == NULL) {
        unlink(image_path);
        return 2;
    }
    descriptions(&image, &one);
    exchange(eng, "exchange_4k_2k_us", 4096, 2048, RUNS, 20);
    events(eng);
    exchange(eng, "body_1m_us", 1000000, 64, 50, 4000);
    engine_close(eng);
    first_verdict();
    no_views();
    unlink(image_path);
    buf_free(&image);
    buf_free(&one);
    return 0;
}
