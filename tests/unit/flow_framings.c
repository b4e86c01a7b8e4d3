/*
 * Streams in framings that are not text/event-stream, and requests that carry
 * documents: the laws of streaming hold for all of them. However the text is
 * cut into events, what comes out is the text with its secrets replaced; and
 * whichever allocation fails, nothing of a secret gets out.
 */

#include <jansson.h>
#include <stdlib.h>

#include "awses.h"
#include "base/limits.h"
#include "check.h"
#include "compile/compile.h"
#include "failmalloc.h"
#include "scene.h"
#include "wire/eventstream.h"

static const char policy[] =
    "mode: enforce\n"
    "hosts: [llm.test]\n"
    "providers: [../tests/vectors/flow/growing.yaml, bedrock, bedrock-invoke,\n"
    "            batch, openai-chat, generic]\n"
    "rules:\n"
    "  - {id: SP-9001, name: test-key, category: secret, kind: test-key,\n"
    "     on: both, keywords: [key-], match: 'key-[a-z0-9]{8}',\n"
    "     action: redact}\n";

#define TEXT  "my key-abcd1234, \xc3\xa9 key-wxyz9876!"
#define CLEAN "my [redacted:test-key], \xc3\xa9 [redacted:test-key]!"

static struct engine *eng;

static void put(struct buf *out, struct str s)
{
    if (buf_add(out, s) && buf_add(out, s)) /* one may be made to fail */
        abort();
}

/* --- Base64, written and read without the code under test. */

static const char digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static void encode(struct str s, struct buf *out)
{
    for (size_t bit = 0; bit < (s.len + 2) / 3 * 24; bit += 6) {
        unsigned v = 0;

        for (size_t i = bit; i < bit + 6; i++)
            v = v << 1 | (i / 8 < s.len &&
                          ((unsigned char)s.ptr[i / 8] >> (7 - i % 8) & 1));
        put(out, (struct str){bit < s.len * 8 ? &digits[v] : "=", 1});
    }
}

static void decode(struct str s, struct buf *out)
{
    unsigned bits = 0, have = 0;

    for (size_t i = 0; i < s.len && s.ptr[i] != '='; i++) {
        const char *at = strchr(digits, s.ptr[i]);
        char byte;

        CHECK(at != NULL && s.ptr[i] != '\0');
        bits = bits << 6 | (unsigned)(at != NULL ? at - digits : 0);
        have += 6;
        if (have < 8)
            continue;
        have -= 8;
        byte = (char)(bits >> have);
        put(out, (struct str){&byte, 1});
    }
}

/* --- The framings: how a piece of text is written, and read again. */

struct framing {
    const char *name, *path, *type;
    void (*write)(struct str piece, bool first, struct buf *out);
    const char *end;
    void (*read)(struct str body, struct buf *text);
};

static void json_text_of(struct str s, struct buf *out)
{
    json_t *text = json_stringn(s.ptr, s.len);
    char *dumped = json_dumps(text, JSON_ENCODE_ANY);

    if (dumped == NULL)
        abort();
    put(out, str_of(dumped));
    free(dumped);
    json_decref(text);
}

static void write_converse(struct str piece, bool first, struct buf *out)
{
    struct buf payload;

    (void)first;
    buf_init(&payload, MIB);
    put(&payload, STR("{\"contentBlockIndex\":0,\"delta\":{\"text\":"));
    json_text_of(piece, &payload);
    put(&payload, STR("},\"p\":\"abc\"}"));
    awses_event(out, "contentBlockDelta", buf_str(&payload));
    buf_free(&payload);
}

static void write_chunk(struct str piece, bool first, struct buf *out)
{
    struct buf inner, payload;

    (void)first;
    buf_init(&inner, MIB);
    buf_init(&payload, MIB);
    put(&inner, STR("{\"type\":\"content_block_delta\",\"index\":0,"
                    "\"delta\":{\"type\":\"text_delta\",\"text\":"));
    json_text_of(piece, &inner);
    put(&inner, STR("}}"));
    put(&payload, STR("{\"bytes\":\""));
    encode(buf_str(&inner), &payload);
    put(&payload, STR("\",\"p\":\"abc\"}"));
    awses_event(out, "chunk", buf_str(&payload));
    buf_free(&inner);
    buf_free(&payload);
}

static void write_element(struct str piece, bool first, struct buf *out)
{
    put(out, first ? STR("[") : STR(",\r\n"));
    put(out, STR("{\"candidates\":[{\"content\":{\"parts\":[{\"text\":"));
    json_text_of(piece, out);
    put(out, STR("}]},\"index\":0}]}"));
}

static json_t *at(json_t *value, const char *path)
{
    struct str rest = str_of(path);

    while (rest.ptr != NULL && value != NULL) {
        struct str name = str_split(&rest, '.');
        char key[64];

        snprintf(key, sizeof(key), "%.*s", (int)name.len, name.ptr);
        value = json_is_array(value)
                    ? json_array_get(value, (size_t)(key[0] - '0'))
                    : json_object_get(value, key);
    }
    return value;
}

static void add_text(json_t *value, const char *path, struct buf *text)
{
    json_t *found = at(value, path);

    if (CHECK(json_is_string(found)))
        put(text,
            (struct str){json_string_value(found), json_string_length(found)});
}

static void read_aws(struct str body, bool chunks, struct buf *text)
{
    struct awses_message m;

    while (awses_take(&body, &m)) {
        json_t *event = json_loadb(m.payload.ptr, m.payload.len, 0, NULL);
        struct buf inner;

        buf_init(&inner, MIB);
        if (chunks) {
            decode(str_of(json_string_value(at(event, "bytes"))), &inner);
            json_decref(event);
            event = json_loadb(inner.ptr, inner.len, 0, NULL);
        }
        add_text(event, "delta.text", text);
        json_decref(event);
        buf_free(&inner);
    }
    CHECK_INT(body.len, 0);
}

static void read_converse(struct str body, struct buf *text)
{
    read_aws(body, false, text);
}

static void read_chunks(struct str body, struct buf *text)
{
    read_aws(body, true, text);
}

static void read_array(struct str body, struct buf *text)
{
    json_t *all = json_loadb(body.ptr, body.len, 0, NULL), *one;
    size_t i;

    CHECK(json_is_array(all));
    json_array_foreach(all, i, one)
        add_text(one, "candidates.0.content.parts.0.text", text);
    json_decref(all);
}

static const struct framing framings[] = {
    {"converse", "/model/m/converse-stream",
     "application/vnd.amazon.eventstream", write_converse, "", read_converse},
    {"chunks", "/model/m/invoke-with-response-stream",
     "application/vnd.amazon.eventstream", write_chunk, "", read_chunks},
    {"array", "/models/m", "application/json", write_element, "]\n",
     read_array},
};

/* --- Playing. */

static struct str response_of(const struct framing *f, const size_t *cuts,
                              size_t n)
{
    struct buf out;
    size_t from = 0;

    buf_init(&out, MIB);
    put(&out, STR("HTTP/1.1 200 OK\r\nContent-Type: "));
    put(&out, str_of(f->type));
    put(&out, STR("\r\n\r\n"));
    for (size_t i = 0; i <= n; i++) {
        size_t to = i < n ? cuts[i] : STR(TEXT).len;

        f->write(str_head(str_skip(STR(TEXT), from), to - from), i == 0, &out);
        from = to;
    }
    put(&out, str_of(f->end));
    return buf_str(&out);
}

static struct scene scene_of(struct str ask, struct str answer)
{
    return (struct scene){
        .eng = eng,
        .host = "llm.test",
        .steps = {{DIR_SEND, ask}, {DIR_RECV, answer}, {DIR_RECV, {NULL, 0}}},
        .count = 3};
}

/* Inside of a character no text can be cut. */
static bool is_border(size_t at)
{
    return (TEXT[at] & 0xc0) != 0x80;
}

static void check_cuts(const struct framing *f, struct str ask,
                       const size_t *cuts, size_t n)
{
    struct str answer = response_of(f, cuts, n), got;
    struct scene sc = scene_of(ask, answer);
    struct buf text;
    struct played p;

    buf_init(&text, MIB);
    scene_play(&sc, 0, 9, 0, &p);
    got = buf_str(&p.out[DIR_RECV]);
    got = str_skip(got, str_find(got, STR("\r\n\r\n")) + 4);
    f->read(got, &text);
    CHECK_STR(buf_str(&text), CLEAN);
    CHECK_INT(p.state, CONN_OPEN);
    played_free(&p);
    buf_free(&text);
    free((char *)(uintptr_t)answer.ptr);
}

static void test_any_cut_of_the_text(void)
{
    size_t len = STR(TEXT).len;

    for (size_t k = 0; k < ARRAY_LEN(framings); k++) {
        struct str ask = scene_request(framings[k].path, "{}");

        CHECK_ROW(framings[k].name);
        check_cuts(&framings[k], ask, NULL, 0);
        for (size_t i = 0; i < len; i++)
            for (size_t j = i; is_border(i) && j <= len; j += 3)
                if (is_border(j))
                    check_cuts(&framings[k], ask, (size_t[]){i, j}, 2);
    }
    CHECK_ROW(NULL);
}

/* --- When an event leaves. */

/* What has come out when so much of the answer has come in, and no end. */
static void check_so_far(struct str ask, struct str in, struct str want)
{
    struct scene sc = scene_of(ask, in);
    struct played p;

    sc.count = 2;
    scene_play(&sc, 0, 9, 0, &p);
    CHECK_EQ(buf_str(&p.out[DIR_RECV]), want);
    played_free(&p);
}

/*
 * An event leaves with its last byte where nothing may follow on its text; else
 * with the end of its block.
 */
static void test_promptness(void)
{
    for (size_t k = 0; k < ARRAY_LEN(framings); k++) {
        const struct framing *f = &framings[k];
        struct str ask = scene_request(f->path, "{}");
        struct str head = response_of(f, NULL, 0);
        struct buf said;
        size_t held;

        CHECK_ROW(f->name);
        buf_init(&said, MIB);
        put(&said, str_head(head, str_find(head, STR("\r\n\r\n")) + 4));
        f->write(STR("free, "), true, &said);
        check_so_far(ask, buf_str(&said), buf_str(&said));
        held = said.len;
        f->write(STR("ke"), false, &said);
        check_so_far(ask, buf_str(&said), str_head(buf_str(&said), held));
        if (f->write == write_converse) {
            awses_event(&said, "contentBlockStop",
                        STR("{\"contentBlockIndex\":0}"));
            check_so_far(ask, buf_str(&said), buf_str(&said));
        }
        buf_free(&said);
        free((char *)(uintptr_t)head.ptr);
    }
    CHECK_ROW(NULL);
}

/* --- What is held is bounded. */

/* A text that is not decided, and behind it messages whose headers are long. */
static void test_held_messages(void)
{
    struct str ask = scene_request(framings[0].path, "{}");
    struct buf headers, out;
    struct scene sc;
    struct played p;

    buf_init(&headers, MIB);
    buf_init(&out, 32 * MIB);
    put(&out, STR("HTTP/1.1 200 OK\r\nContent-Type: "
                  "application/vnd.amazon.eventstream\r\n\r\n"));
    write_converse(STR("ke"), true, &out);
    for (char name = 'a'; name < 'a' + 27; name++) {
        char front[] = {1, name, ES_BYTES, 0x7f, (char)0xff};

        put(&headers, (struct str){front, sizeof(front)});
        for (size_t i = 0; i < 0x7fff; i++)
            put(&headers, STR("\xff")); /* no text, so not looked at */
    }
    for (int i = 0; i < 15; i++)
        awses_put(&out, buf_str(&headers), STR("{}"));
    CHECK(out.len > LIM_ES_HELD);
    sc = scene_of(ask, buf_str(&out));
    scene_play(&sc, 0, 9, 0, &p);
    CHECK_INT(p.state, CONN_BLOCKED);
    CHECK(str_find(str_of(p.why), STR("stream_limit")) < strlen(p.why));
    CHECK(p.out[DIR_RECV].len < 1000);
    played_free(&p);
    buf_free(&headers);
    buf_free(&out);
}

/* --- Allocations that fail. */

static bool holds(const struct buf *b, struct str s)
{
    return str_find(buf_str(b), s) < b->len;
}

/* `secrets`: what must not get out, in any run; ends with an empty one. */
static void check_memory(const struct scene *sc, const struct str *secrets)
{
    for (size_t n = 1; n < 4000; n++) {
        struct played p;
        bool failed;

        failmalloc_at(n, FAIL_ONE);
        scene_play(sc, 0, 9, 0, &p);
        failed = failmalloc_off();
        for (const struct str *s = secrets; s->len > 0; s++)
            for (int d = 0; d < 2; d++)
                CHECK(!holds(&p.out[d], *s));
        played_free(&p);
        if (!failed)
            return;
    }
    CHECK(false);
}

static void test_memory_of_streams(void)
{
    size_t cuts[] = {9, 12};

    for (size_t k = 0; k < ARRAY_LEN(framings); k++) {
        struct str ask = scene_request(framings[k].path, "{}");
        struct str answer = response_of(&framings[k], cuts, 2);
        struct scene sc = scene_of(ask, answer);
        struct buf middle;

        CHECK_ROW(framings[k].name);
        buf_init(&middle, MIB);
        framings[k].write(STR("cd1"), false, &middle);
        check_memory(
            &sc, (struct str[]){STR("key-wxyz"), buf_str(&middle), {NULL, 0}});
        buf_free(&middle);
        free((char *)(uintptr_t)answer.ptr);
    }
    CHECK_ROW(NULL);
}

static void test_memory_of_requests(void)
{
    struct str ok = scene_response("application/json", "{}");
    struct str form = STR(
        "POST /v1/files HTTP/1.1\r\nHost: llm.test\r\n"
        "Content-Type: multipart/form-data; boundary=b\r\n"
        "Content-Length: 279\r\n\r\n"
        "--b\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\n"
        "batch\r\n"
        "--b\r\nContent-Disposition: form-data; name=\"file\"; "
        "filename=\"b.jsonl\"\r\nContent-Length: 115\r\n\r\n"
        "{\"custom_id\":\"a\",\"url\":\"/v1/chat/completions\",\"body\":"
        "{\"messages\":[{\"role\":\"user\",\"content\":\"k\\u0065y-abcd1234\"}]"
        "}}\n\r\n"
        "--b--\r\n");
    struct str field =
        STR("POST /v1/files HTTP/1.1\r\nHost: llm.test\r\n"
            "Content-Type: multipart/form-data; boundary=b\r\n"
            "Content-Length: 89\r\n\r\n"
            "--b\r\nContent-Disposition: form-data; name=\"session\"\r\n\r\n"
            "{\"a\":\"k\\u0065y-abcd1234\"}\r\n"
            "--b--\r\n");
    struct str count =
        scene_request("/model/m/count-tokens", /* {"prompt":"key-abcd1234"} */
                      "{\"input\":{\"invokeModel\":{\"body\":"
                      "\"eyJwcm9tcHQiOiJrZXktYWJjZDEyMzQifQ==\"}}}");
    struct scene sc = scene_of(form, ok);
    struct played p;

    scene_play(&sc, 0, 9, 0, &p);
    CHECK(holds(&p.out[DIR_SEND], STR("\"[redacted:test-key]\"")));
    CHECK(holds(&p.out[DIR_SEND], STR("Content-Length: 117")));
    played_free(&p);
    check_memory(&sc, (struct str[]){STR("y-abcd1234"), {NULL, 0}});
    sc = scene_of(field, ok);
    scene_play(&sc, 0, 9, 0, &p);
    CHECK(holds(&p.out[DIR_SEND], STR("{\"a\":\"[redacted:test-key]\"}")));
    played_free(&p);
    check_memory(&sc, (struct str[]){STR("y-abcd1234"), {NULL, 0}});
    sc = scene_of(count, ok);
    scene_play(&sc, 0, 9, 0, &p);
    CHECK(holds(&p.out[DIR_SEND], STR("eyJwcm9tcHQiOiJbcmVk")));
    played_free(&p);
    check_memory(&sc, (struct str[]){STR("JrZXktYWJjZDEyMzQ"), {NULL, 0}});
}

int main(void)
{
    eng = scene_engine(policy, NULL);
    if (eng == NULL)
        return 1;
    RUN(test_any_cut_of_the_text);
    RUN(test_promptness);
    RUN(test_held_messages);
    RUN(test_memory_of_streams);
    RUN(test_memory_of_requests);
    engine_close(eng);
    return check_done();
}
