/*
 * Identity: with no rules, every recorded exchange of the three APIs comes out
 * as it went in, in both directions, whole and cut.
 */

#include <jansson.h>
#include <stdlib.h>
#include <dirent.h>

#include "check.h"
#include "compile/compile.h"
#include "scene.h"

static const char policy[] =
    "mode: enforce\n"
    "hosts: [llm.test]\n"
    "on_failure: {body_unknown: pass, json_invalid: pass}\n";

static struct engine *eng;
static unsigned played_count, refused_count;

static json_t *load(const char *dir, const char *name)
{
    char path[1024];

    snprintf(path, sizeof(path), "%s/%s", dir, name);
    return json_load_file(path, 0, NULL);
}

/* The body as text: parsed bodies were stored parsed. NULL: none, or binary. */
static char *body_of(json_t *message, const char *dir)
{
    json_t *body = json_object_get(message, "body");
    const char *text = json_string_value(json_object_get(message, "body_text"));
    const char *file = json_string_value(json_object_get(message, "body_file"));
    char *out = NULL;
    size_t size = 0;
    char path[1024];
    FILE *in, *mem;
    int c;

    if (body != NULL && !json_is_null(body))
        return json_dumps(body, JSON_COMPACT | JSON_ENCODE_ANY);
    if (text != NULL)
        return strdup(text);
    if (file == NULL)
        return NULL;
    snprintf(path, sizeof(path), "%s/%s", dir, file);
    in = fopen(path, "rb");
    mem = open_memstream(&out, &size);
    while (in != NULL && mem != NULL && (c = fgetc(in)) != EOF)
        fputc(c, mem);
    if (in != NULL)
        fclose(in);
    if (mem != NULL)
        fclose(mem);
    return out;
}

/* Names that the framing of this test sets itself, or that we negotiate. */
static bool own_field(const char *name)
{
    static const char *const names[] = {
        "host",    "content-length",  "transfer-encoding", "connection",
        "expect",  "accept-encoding", "content-encoding",  "range",
        "trailer", "upgrade"};

    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (str_eq_nocase(str_of(name), str_of(names[i])))
            return true;
    return false;
}

static void put_fields(FILE *f, json_t *headers)
{
    const char *name;
    json_t *value;

    json_object_foreach(headers, name, value)
    {
        const char *text = json_string_value(
            json_is_array(value) ? json_array_get(value, 0) : value);

        if (text != NULL && !own_field(name) && strpbrk(text, "\r\n") == NULL)
            fprintf(f, "%s: %s\r\n", name, text);
    }
}

static void put_chunks(FILE *f, const char *body, size_t size)
{
    size_t at = 0, n = 1;

    fputs("Transfer-Encoding: chunked\r\n\r\n", f);
    for (; at < size; at += n) {
        n = (n * 7 + 13) % 301 + 1; /* chunks of all sizes, always the same */
        if (n > size - at)
            n = size - at;
        fprintf(f, "%zx\r\n", n);
        fwrite(body + at, 1, n, f);
        fputs("\r\n", f);
    }
    fputs("0\r\n\r\n", f);
}

static struct str compose(json_t *message, const char *start, const char *dir)
{
    char *body = body_of(message, dir), *out = NULL;
    size_t size = 0;
    FILE *f = open_memstream(&out, &size);

    fprintf(f, "%s\r\n", start);
    put_fields(f, json_object_get(message, "headers"));
    if (json_object_get(message, "body_file") != NULL && body != NULL)
        put_chunks(f, body, strlen(body));
    else if (body != NULL)
        fprintf(f, "Content-Length: %zu\r\n\r\n%s", strlen(body), body);
    else
        fputs("Content-Length: 0\r\n\r\n", f);
    fclose(f);
    free(body);
    return (struct str){out, size};
}

/* Equal, or the first place that differs is shown. */
static void check_same(struct str got, struct str want)
{
    size_t at = 0;

    if (CHECK(str_eq(got, want)))
        return;
    while (at < got.len && at < want.len && got.ptr[at] == want.ptr[at])
        at++;
    at = at > 60 ? at - 60 : 0;
    check_show("got ", str_head(str_skip(got, at), 200));
    check_show("want", str_head(str_skip(want, at), 200));
}

static void play_one(struct str ask, struct str answer)
{
    struct scene sc = {.eng = eng,
                       .host = "llm.test",
                       .steps = {{DIR_SEND, ask}, {DIR_RECV, answer}},
                       .count = 2};
    struct played p;
    bool refused;

    scene_play(&sc, 0, 9, 0, &p);
    refused = p.state != CONN_OPEN;
    if (refused) {
        refused_count++;
        fprintf(stderr, "[%s] refused: %s\n", check_state.row, p.why);
    } else {
        check_same(buf_str(&p.out[DIR_SEND]), ask);
        check_same(buf_str(&p.out[DIR_RECV]), answer);
    }
    played_free(&p);
    if (refused)
        return;
    scene_play(&sc, 61, 9, 0, &p);
    check_same(buf_str(&p.out[DIR_SEND]), ask);
    check_same(buf_str(&p.out[DIR_RECV]), answer);
    played_free(&p);
    played_count++;
}

static void play_file(const char *dir, const char *name)
{
    size_t stem = strlen(name) - strlen(".req.json");
    json_t *req = load(dir, name), *res;
    char other[256], start[4200];
    const char *url, *path, *method;

    snprintf(other, sizeof(other), "%.*s.resp.json", (int)stem, name);
    res = load(dir, other);
    url = json_string_value(json_object_get(req, "url"));
    method = json_string_value(json_object_get(req, "method"));
    path = url != NULL ? strstr(url, "://") : NULL;
    path = path != NULL ? strchr(path + 3, '/') : NULL;
    if (res != NULL && path != NULL && method != NULL) {
        struct str ask, answer;

        snprintf(start, sizeof(start), "%s %s HTTP/1.1\r\nHost: llm.test",
                 method, path);
        ask = compose(req, start, dir);
        if (strcmp(method, "GET") == 0) /* whose body would be refused */
            ask.len = str_find(ask, STR("Content-Length")) + 0;
        if (strcmp(method, "GET") == 0) {
            char *text = strndup(ask.ptr, ask.len);
            char *whole = NULL;

            if (asprintf(&whole, "%s\r\n", text) < 0)
                whole = NULL;
            free(text);
            free((void *)ask.ptr);
            ask = str_of(whole);
        }
        snprintf(start, sizeof(start), "HTTP/1.1 %d Status",
                 (int)json_integer_value(json_object_get(res, "status")));
        answer = compose(res, start, dir);
        play_one(ask, answer);
        free((void *)ask.ptr);
        free((void *)answer.ptr);
    }
    json_decref(req);
    json_decref(res);
}

static void play_folder(const char *api)
{
    const char *data = getenv("SALLYPORT_DATA");
    struct dirent *entry;
    char path[768];
    DIR *dir;

    if (data == NULL) {
        SKIP("no recorded exchanges");
        return;
    }
    snprintf(path, sizeof(path), "%s/exchanges/%s", data, api);
    dir = opendir(path);
    if (dir == NULL) {
        SKIP("no recorded exchanges");
        return;
    }
    while ((entry = readdir(dir)) != NULL)
        if (str_ends(str_of(entry->d_name), STR(".req.json"))) {
            check_state.row = entry->d_name;
            play_file(path, entry->d_name);
        }
    closedir(dir);
    fprintf(stderr, "%s: %u exchanges identical, %u refused\n", api,
            played_count, refused_count);
    check_state.row = NULL;
    CHECK(played_count > 0);
    CHECK_INT(refused_count, 0);
}

static void test_openai(void)
{
    play_folder("openai");
}

static void test_anthropic(void)
{
    played_count = 0;
    play_folder("anthropic");
}

int main(void)
{
    eng = scene_engine(policy, NULL);
    if (eng == NULL)
        return 1;
    RUN(test_openai);
    RUN(test_anthropic);
    engine_close(eng);
    return check_done();
}
