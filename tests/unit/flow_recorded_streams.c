/*
 * Recorded exchanges in the framings that are not text/event-stream. They come
 * out as they went in; a secret planted in the texts of Bedrock's streams is
 * taken out, and nothing else changes; chunks that were recorded without their
 * framing get it.
 */

#include <jansson.h>
#include <stdlib.h>
#include <dirent.h>

#include "awses.h"
#include "check.h"
#include "compile/compile.h"
#include "scene.h"

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

/* --- A secret in each text of a recorded event stream. */

#define AWS    "application/vnd.amazon.eventstream"
#define SECRET "key-abcd1234"
#define LABEL  "[redacted:test-key]"

static const char redacting[] =
    "mode: enforce\n"
    "hosts: [llm.test]\n"
    "rules:\n"
    "  - {id: SP-9001, name: test-key, category: secret, kind: test-key,\n"
    "     on: both, keywords: [key-], match: 'key-[a-z0-9]{8}',\n"
    "     action: redact}\n";

/* What stands before a text in a payload. */
static const struct str texts[] = {
    STR_INIT("\"delta\":{\"text\":\""),
    STR_INIT("\"reasoningContent\":{\"text\":\""),
    STR_INIT("\"toolUse\":{\"input\":\""),
    STR_INIT("\"toolUse\":{\"name\":\""),
    STR_INIT("\"sourceContent\":[{\"text\":\""),
    STR_INIT("\"title\":\""),
};
static unsigned planted_count[ARRAY_LEN(texts)];

static void put(struct buf *out, struct str s)
{
    CHECK_INT(buf_add(out, s), OK);
}

/* The payload with a word in front of its text; false if it has none. */
static bool plant(struct str payload, size_t which, struct str word,
                  struct buf *out)
{
    size_t at = str_find(payload, texts[which]);

    if (at == payload.len)
        return false;
    at += texts[which].len;
    put(out, str_head(payload, at));
    put(out, word);
    put(out, STR(" "));
    put(out, str_skip(payload, at));
    return true;
}

/* The stream with the word in every text of one kind. */
static bool plant_all(struct str stream, size_t which, struct str word,
                      struct buf *out)
{
    struct awses_message m;
    bool some = false;

    while (awses_take(&stream, &m)) {
        struct buf payload;

        buf_init(&payload, 64 << 20);
        if (plant(m.payload, which, word, &payload)) {
            awses_put(out, m.headers, buf_str(&payload));
            some = true;
        } else {
            put(out, m.raw);
        }
        buf_free(&payload);
    }
    CHECK_INT(stream.len, 0);
    return some;
}

/* In chunks of all sizes, always the same, that keep to no message. */
static struct str response_chunked(const char *type, struct str stream)
{
    size_t size = 0, n = 1;
    char *out = NULL;
    FILE *f = open_memstream(&out, &size);

    fprintf(f,
            "HTTP/1.1 200 OK\r\nContent-Type: %s\r\n"
            "Transfer-Encoding: chunked\r\n\r\n",
            type);
    for (size_t at = 0; at < stream.len; at += n) {
        n = (n * 7 + 13) % 301 + 1;
        if (n > stream.len - at)
            n = stream.len - at;
        fprintf(f, "%zx\r\n", n);
        fwrite(stream.ptr + at, 1, n, f);
        fputs("\r\n", f);
    }
    fputs("0\r\n\r\n", f);
    fclose(f);
    return (struct str){out, size};
}

static struct str response_of(const char *type, struct str stream)
{
    char *out = NULL;
    size_t size = 0;
    FILE *f = open_memstream(&out, &size);

    fprintf(f, "HTTP/1.1 200 OK\r\nContent-Type: %s\r\n\r\n", type);
    fwrite(stream.ptr, 1, stream.len, f);
    fclose(f);
    return (struct str){out, size};
}

/* With the secret in, with the label out; every message by its own CRCs. */
static void play_planted(struct engine *redact, struct str in, struct str want)
{
    static const struct str ask = STR_INIT(
        "POST /model/m/converse-stream HTTP/1.1\r\nHost: llm.test\r\n"
        "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}");
    struct str answer = response_of(AWS, in), whole = response_of(AWS, want);
    struct scene sc = {
        .eng = redact,
        .host = "llm.test",
        .steps = {{DIR_SEND, ask}, {DIR_RECV, answer}, {DIR_RECV, {NULL, 0}}},
        .count = 3};

    for (size_t every = 0; every < 80; every += 13) {
        struct awses_message m;
        struct played p;
        struct str got;

        scene_play(&sc, every, 9, 0, &p);
        got = buf_str(&p.out[DIR_RECV]);
        check_same(got, whole);
        CHECK(str_find(got, STR(SECRET)) == got.len);
        got = str_skip(got, str_find(got, STR("\r\n\r\n")) + 4);
        while (awses_take(&got, &m))
            continue;
        CHECK_INT(got.len, 0);
        played_free(&p);
    }
    free((void *)answer.ptr);
    free((void *)whole.ptr);
}

/* A request and its answer, which pass as they are, whole and in pieces. */
static void check_identity(struct engine *eng, struct str ask,
                           struct str answer)
{
    struct scene sc = {
        .eng = eng,
        .host = "llm.test",
        .steps = {{DIR_SEND, ask}, {DIR_RECV, answer}, {DIR_RECV, {NULL, 0}}},
        .count = 3};

    for (size_t every = 0; every < 80; every += 13) {
        struct played p;

        scene_play(&sc, every, 9, 0, &p);
        check_same(buf_str(&p.out[DIR_SEND]), ask);
        check_same(buf_str(&p.out[DIR_RECV]), answer);
        CHECK_INT(p.state, CONN_OPEN);
        played_free(&p);
    }
}

static void check_stream(struct engine *eng, struct str stream)
{
    static const struct str ask = STR_INIT(
        "POST /model/m/converse-stream HTTP/1.1\r\nHost: llm.test\r\n"
        "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}");
    struct str closed = response_of(AWS, stream);
    struct str chunked = response_chunked(AWS, stream);

    check_identity(eng, ask, closed);
    check_identity(eng, ask, chunked);
    free((void *)closed.ptr);
    free((void *)chunked.ptr);
}

static void plant_file(struct engine *redact, const char *path)
{
    FILE *f = fopen(path, "rb");
    struct buf stream, in, want;
    char block[4096];
    size_t n;

    buf_init(&stream, 64 << 20);
    while (f != NULL && (n = fread(block, 1, sizeof(block), f)) > 0)
        put(&stream, (struct str){block, n});
    if (f != NULL)
        fclose(f);
    check_stream(redact, buf_str(&stream));
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        buf_init(&in, 64 << 20);
        buf_init(&want, 64 << 20);
        if (plant_all(buf_str(&stream), i, STR(SECRET), &in) &&
            plant_all(buf_str(&stream), i, STR(LABEL), &want)) {
            play_planted(redact, buf_str(&in), buf_str(&want));
            planted_count[i]++;
        }
        buf_free(&in);
        buf_free(&want);
    }
    buf_free(&stream);
}

static void test_bedrock_planted(void)
{
    const char *data = getenv("SALLYPORT_DATA");
    struct engine *redact;
    struct dirent *entry;
    char path[1024];
    DIR *dir;

    if (data == NULL) {
        SKIP("no recorded exchanges");
        return;
    }
    snprintf(path, sizeof(path), "%s/exchanges/bedrock", data);
    dir = opendir(path);
    redact = scene_engine(redacting, NULL);
    if (!CHECK(redact != NULL) || dir == NULL)
        return;
    while ((entry = readdir(dir)) != NULL)
        if (str_ends(str_of(entry->d_name), STR(".eventstream"))) {
            check_state.row = entry->d_name;
            snprintf(path, sizeof(path), "%s/exchanges/bedrock/%s", data,
                     entry->d_name);
            plant_file(redact, path);
        }
    check_state.row = NULL;
    closedir(dir);
    engine_close(redact);
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        fprintf(stderr, "planted behind %s: %u streams\n", texts[i].ptr,
                planted_count[i]);
    CHECK(planted_count[0] > 0);
}

/* --- Exchanges without a stream: JSON both ways. */

static struct str message_of(json_t *message, const char *start)
{
    char *body = json_dumps(json_object_get(message, "body"), JSON_COMPACT);
    char *out = NULL;
    int n = asprintf(&out,
                     "%s\r\nContent-Type: application/json\r\n"
                     "Content-Length: %zu\r\n\r\n%s",
                     start, strlen(body), body);

    free(body);
    if (n < 0)
        abort();
    return (struct str){out, (size_t)n};
}

static bool play_whole(struct engine *eng, json_t *req, json_t *res)
{
    const char *url = json_string_value(json_object_get(req, "url"));
    const char *path = url != NULL ? strstr(url, ".com/") : NULL;
    char start[2048];
    struct str ask, answer;

    if (path == NULL || json_object_get(req, "body") == NULL ||
        json_object_get(res, "body") == NULL)
        return false;
    snprintf(start, sizeof(start), "POST %s HTTP/1.1\r\nHost: llm.test",
             path + 4);
    ask = message_of(req, start);
    snprintf(start, sizeof(start), "HTTP/1.1 %d Status",
             (int)json_integer_value(json_object_get(res, "status")));
    answer = message_of(res, start);
    check_identity(eng, ask, answer);
    free((void *)ask.ptr);
    free((void *)answer.ptr);
    return true;
}

static void play_folder(const char *api)
{
    const char *data = getenv("SALLYPORT_DATA");
    unsigned count = 0;
    struct engine *eng;

    if (data == NULL) {
        SKIP("no recorded exchanges");
        return;
    }
    eng = scene_engine(redacting, NULL);
    if (!CHECK(eng != NULL))
        return;
    for (unsigned i = 1; i < 200; i++) {
        char path[1024];
        json_t *req, *res;

        snprintf(path, sizeof(path), "%s/exchanges/%s/%03u.req.json", data, api,
                 i);
        req = json_load_file(path, 0, NULL);
        snprintf(path, sizeof(path), "%s/exchanges/%s/%03u.resp.json", data,
                 api, i);
        res = json_load_file(path, 0, NULL);
        check_state.row = path;
        if (req != NULL && res != NULL)
            count += play_whole(eng, req, res);
        check_state.row = NULL;
        json_decref(req);
        json_decref(res);
    }
    engine_close(eng);
    fprintf(stderr, "%s: %u exchanges identical\n", api, count);
    CHECK(count > 0);
}

static void test_whole(void)
{
    play_folder("bedrock");
    play_folder("gemini");
    play_folder("vertex");
}

/* --- Chunks without their framing, a JSON object a line. */

/* The events of Bedrock: {"messageStart":{...}}. False: others. */
static bool frame_aws(json_t *chunk, bool first, struct buf *out)
{
    void *member = json_object_iter(chunk);
    char *payload = json_dumps(json_object_iter_value(member), JSON_COMPACT);

    (void)first;
    if (!CHECK(payload != NULL))
        return false;
    awses_event(out, json_object_iter_key(member), str_of(payload));
    free(payload);
    return true;
}

/* An element of an array, as Google indents them. */
static bool frame_array(json_t *chunk, bool first, struct buf *out)
{
    char *text = json_dumps(chunk, JSON_INDENT(2));

    if (json_object_get(chunk, "candidates") == NULL) {
        free(text);
        return false;
    }
    put(out, first ? STR("[") : STR(",\r\n"));
    put(out, str_of(text));
    put(out, STR("\n"));
    free(text);
    return true;
}

/* All lines of a file; false if it holds something else. */
static bool frame_file(const char *path,
                       bool (*frame)(json_t *, bool, struct buf *),
                       struct buf *out)
{
    FILE *f = fopen(path, "r");
    bool good = f != NULL, first = true;
    char *line = NULL;
    size_t cap = 0;

    while (good && getline(&line, &cap, f) > 0) {
        json_t *chunk = json_loads(line, 0, NULL);

        if (chunk != NULL) {
            good = frame(chunk, first, out);
            first = false;
        }
        json_decref(chunk);
    }
    free(line);
    if (f != NULL)
        fclose(f);
    return good && !first;
}

static void play_framed(struct engine *eng, const char *type, struct str body)
{
    static const struct str ask = STR_INIT(
        "POST /models/m HTTP/1.1\r\nHost: llm.test\r\n"
        "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}");
    struct str answer = response_of(type, body);

    check_identity(eng, ask, answer);
    free((void *)answer.ptr);
}

static void play_chunks(const char *api, const char *policy, const char *type,
                        bool (*frame)(json_t *, bool, struct buf *),
                        struct str end)
{
    const char *data = getenv("SALLYPORT_DATA");
    unsigned count = 0;
    struct engine *eng;
    struct dirent *entry;
    char path[1024];
    DIR *dir;

    if (data == NULL) {
        SKIP("no recorded exchanges");
        return;
    }
    snprintf(path, sizeof(path), "%s/exchanges/%s", data, api);
    dir = opendir(path);
    eng = scene_engine(policy, NULL);
    if (!CHECK(eng != NULL) || dir == NULL)
        return;
    while ((entry = readdir(dir)) != NULL) {
        struct buf body;

        if (!str_ends(str_of(entry->d_name), STR(".chunks.txt")))
            continue;
        check_state.row = entry->d_name;
        snprintf(path, sizeof(path), "%s/exchanges/%s/%s", data, api,
                 entry->d_name);
        buf_init(&body, 64 << 20);
        if (frame_file(path, frame, &body)) {
            put(&body, end);
            play_framed(eng, type, buf_str(&body));
            count++;
        }
        buf_free(&body);
    }
    check_state.row = NULL;
    closedir(dir);
    engine_close(eng);
    fprintf(stderr, "%s: %u streams of chunks identical\n", api, count);
    CHECK(count > 0);
}

static void test_bedrock_chunks(void)
{
    play_chunks("amazon-bedrock", "mode: enforce\nhosts: [llm.test]\n", AWS,
                frame_aws, STR(""));
}

static void test_google_chunks(void)
{
    play_chunks("google",
                "mode: enforce\nhosts: [llm.test]\n"
                "providers: [../tests/vectors/flow/growing.yaml, generic]\n",
                "application/json; charset=UTF-8", frame_array, STR("]\n"));
}

int main(void)
{
    RUN(test_whole);
    RUN(test_bedrock_planted);
    RUN(test_bedrock_chunks);
    RUN(test_google_chunks);
    return check_done();
}
