#include "scene.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "compile/compile.h"
#include "flow/conn.h"
#include "wire/eventstream.h"

static bool compile_to(const char *file, const char *image)
{
    static const char *const dirs[] = {"rules"};
    struct compile_options options = {dirs, 1, "2026-01-01"};
    struct compile c;
    struct buf out;
    bool ok;
    FILE *f;

    buf_init(&out, LIM_IMAGE);
    compile_init(&c, &options);
    ok = compile_load(&c, file) == OK && compile_check(&c, false) == OK &&
         compile_image(&c, &out) == OK;
    if (!ok) {
        struct str why = diags_text(&c.diags);

        fprintf(stderr, "%.*s", (int)why.len, why.ptr);
    }
    f = ok ? fopen(image, "wb") : NULL;
    ok = f != NULL && fwrite(out.ptr, 1, out.len, f) == out.len;
    if (f != NULL)
        fclose(f);
    compile_free(&c);
    buf_free(&out);
    return ok;
}

struct engine *scene_engine(const char *policy, const char *audit)
{
    char dir[] = "/tmp/sallyport-test-XXXXXX";
    char file[64], image[64], why[256] = "";
    struct engine_config cfg = {.policy = image, .audit = audit};
    struct engine *eng = NULL;
    FILE *f;

    if (mkdtemp(dir) == NULL)
        return NULL;
    snprintf(file, sizeof(file), "%s/policy.yaml", dir);
    snprintf(image, sizeof(image), "%s/policy.image", dir);
    if ((f = fopen(file, "w")) != NULL) {
        fputs(policy, f);
        fclose(f);
        if (compile_to(file, image) &&
            engine_open(&cfg, &eng, why, sizeof(why)))
            fprintf(stderr, "%s\n", why);
    }
    unlink(file);
    unlink(image);
    rmdir(dir);
    return eng;
}

static void drain(struct conn *c, struct played *p)
{
    for (int d = 0; d < 2; d++) {
        struct str ready = conn_ready(c, (enum dir)d);

        /* Twice: a test may have made the first allocation fail. */
        if (buf_add(&p->out[d], ready) && buf_add(&p->out[d], ready))
            abort();
        conn_taken(c, (enum dir)d, ready.len);
    }
}

static void feed(struct conn *c, enum dir d, struct str bytes, struct played *p)
{
    if (d == DIR_SEND)
        conn_send(c, bytes);
    else
        conn_recv(c, bytes);
    drain(c, p);
}

static void play_step(struct conn *c, const struct step *s, size_t every,
                      size_t cut, struct played *p)
{
    struct str rest = s->bytes;

    if (rest.len == 0) {
        conn_end(c, s->dir);
        drain(c, p);
    }
    while (rest.len > 0) {
        size_t n = cut > 0 && cut < rest.len ? cut : rest.len;

        cut = 0;
        if (every > 0 && every < n)
            n = every;
        feed(c, s->dir, str_head(rest, n), p);
        rest = str_skip(rest, n);
    }
}

static bool is_id(const char *p)
{
    for (size_t i = 3; i < EXCHANGE_ID_LEN; i++)
        if (strchr("abcdefghijklmnopqrstuvwxyz234567", p[i]) == NULL)
            return false;
    return memcmp(p, "sp-", 3) == 0;
}

/* A message of an AWS event stream that holds a masked id has another CRC. */
static void seal_around(struct buf *b, size_t at)
{
    for (size_t from = at; from > 0; from--) {
        const unsigned char *p = (unsigned char *)b->ptr + from - 1;
        size_t total;

        if (!es_begins(str_skip(buf_str(b), from - 1)))
            continue;
        total = (size_t)p[2] << 8 | p[3];
        if (from - 1 + total <= b->len &&
            es_seal(b->ptr + from - 1, total) != OK)
            abort();
        return;
    }
}

/* Ids are random by design; the rest has to be equal. */
static void mask_ids(struct buf *b)
{
    for (size_t i = 0; i + EXCHANGE_ID_LEN <= b->len; i++)
        if (is_id(b->ptr + i)) {
            memset(b->ptr + i, '#', EXCHANGE_ID_LEN);
            seal_around(b, i);
        }
}

void scene_play(const struct scene *sc, size_t every, size_t cut_step,
                size_t cut_at, struct played *ret)
{
    struct peer peer = {
        .host = str_of(sc->host), .door = "test", .unverified = sc->unverified};
    struct conn *c = conn_new(sc->eng, &peer);

    *ret = (struct played){.state = CONN_FAILED};
    buf_init(&ret->out[0], LIM_OUT);
    buf_init(&ret->out[1], LIM_OUT);
    if (c == NULL)
        return;
    for (size_t i = 0; i < sc->count; i++)
        play_step(c, &sc->steps[i], every, i == cut_step ? cut_at : 0, ret);
    ret->state = conn_state(c);
    snprintf(ret->why, sizeof(ret->why), "%s", conn_why(c));
    conn_free(c);
    mask_ids(&ret->out[0]);
    mask_ids(&ret->out[1]);
}

void played_free(struct played *p)
{
    buf_free(&p->out[0]);
    buf_free(&p->out[1]);
}

bool played_same(const struct played *a, const struct played *b)
{
    return a->state == b->state &&
           str_eq(buf_str(&a->out[0]), buf_str(&b->out[0])) &&
           str_eq(buf_str(&a->out[1]), buf_str(&b->out[1]));
}

static bool same_cut(const struct scene *sc, const struct played *whole,
                     size_t every, size_t step, size_t at)
{
    struct played p;
    bool same;

    scene_play(sc, every, step, at, &p);
    same = played_same(&p, whole);
    if (!same)
        fprintf(stderr,
                "differs: pieces of %zu, step %zu cut at %zu\n"
                "--- net\n%.*s\n--- app\n%.*s\n",
                every, step, at, (int)p.out[0].len, p.out[0].ptr,
                (int)p.out[1].len, p.out[1].ptr);
    played_free(&p);
    return same;
}

bool scene_every_split(const struct scene *sc, const struct played *whole)
{
    if (!same_cut(sc, whole, 1, sc->count, 0) ||
        !same_cut(sc, whole, 7, sc->count, 0))
        return false;
    for (size_t i = 0; i < sc->count; i++)
        for (size_t at = 1; at < sc->steps[i].bytes.len; at++)
            if (!same_cut(sc, whole, 0, i, at))
                return false;
    return true;
}

/* Texts live as long as the process; a list of them is no leak. */
static struct str keep(char *text, size_t len)
{
    static char *kept[1024];
    static size_t count;

    if (text == NULL || count == ARRAY_LEN(kept))
        abort();
    kept[count++] = text;
    return (struct str){text, len};
}

static struct str message(const char *start, const char *type, const char *body)
{
    char *text = NULL;
    int n = asprintf(&text,
                     "%s\r\nContent-Type: %s\r\n"
                     "Content-Length: %zu\r\n\r\n%s",
                     start, type, strlen(body), body);

    return keep(text, n < 0 ? 0 : (size_t)n);
}

struct str scene_request(const char *path, const char *body)
{
    char start[256];

    snprintf(start, sizeof(start), "POST %s HTTP/1.1\r\nHost: llm.test", path);
    return message(start, "application/json", body);
}

struct str scene_response(const char *type, const char *body)
{
    return message("HTTP/1.1 200 OK", type, body);
}

struct str scene_chunked(const char *type, const char *const *pieces)
{
    char *text = NULL;
    size_t size = 0;
    FILE *f = open_memstream(&text, &size);

    if (f == NULL)
        return (struct str){0};
    fprintf(f,
            "HTTP/1.1 200 OK\r\nContent-Type: %s\r\n"
            "Transfer-Encoding: chunked\r\n\r\n",
            type);
    for (; *pieces != NULL; pieces++)
        fprintf(f, "%zX\r\n%s\r\n", strlen(*pieces), *pieces);
    fputs("0\r\n\r\n", f);
    fclose(f);
    return keep(text, size);
}
