/*
 * Recorded WebSocket sessions (OpenAI, Azure, xAI, Gemini Live): with no rules
 * each comes out as it went in; with a rule for a word that the model said, or
 * that was said to it, the word is left nowhere, neither whole nor in pieces.
 */

#include <jansson.h>
#include <ctype.h>
#include <dirent.h>
#include <stdlib.h>

#include "check.h"
#include "compile/compile.h"
#include "recorded.h"
#include "scene.h"
#include "vectors.h"
#include "wire/ws.h"

#define ASK(path)                                                              \
    "GET " path " HTTP/1.1\r\nHost: llm.test\r\nConnection: Upgrade\r\n"       \
    "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"                      \
    "Sec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw==\r\n\r\n"
#define AGREE                                                                  \
    "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n"              \
    "Upgrade: websocket\r\n\r\n"

static const char policy[] = "mode: enforce\nhosts: [llm.test]\n";

static struct engine *eng;
static unsigned played_count, masked_count;

struct talk {
    bool gemini;        /* whose server sends JSON in binary messages */
    struct buf said[2]; /* by enum dir: frames                        */
    struct buf words;   /* texts of both sides, a line each           */
};

/* ---- Reading ------------------------------------------------------------ */

/* The strings that are plainly texts, for choosing a word. */
static void add_words(struct talk *t, json_t *value)
{
    static const char *const names[] = {"text", "transcript"};
    const char *key;
    size_t i;
    json_t *item;

    json_array_foreach(value, i, item) add_words(t, item);
    json_object_foreach(value, key, item)
    {
        for (size_t k = 0; k < ARRAY_LEN(names); k++)
            if (strcmp(key, names[k]) == 0 && json_is_string(item)) {
                vector_add(&t->words, str_of(json_string_value(item)));
                vector_add(&t->words, STR("\n"));
            }
        add_words(t, item);
    }
}

static void add_line(struct talk *t, json_t *line)
{
    static const unsigned char mask[4] = {9, 8, 7, 6};
    const char *from = json_string_value(json_object_get(line, "dir"));
    json_t *data = json_object_get(line, "data");
    char *text = json_dumps(data, JSON_COMPACT | JSON_ENCODE_ANY);
    bool asks = from != NULL && strcmp(from, "c2s") == 0;
    enum ws_kind kind = t->gemini && !asks ? WS_BINARY : WS_TEXT;

    if (!CHECK(text != NULL))
        return;
    CHECK_INT(ws_put(kind, asks ? mask : NULL, str_of(text),
                     &t->said[asks ? DIR_SEND : DIR_RECV]),
              OK);
    add_words(t, data);
    free(text);
}

static bool read_talk(const char *path, struct talk *t)
{
    FILE *f = fopen(path, "r");
    char *text = NULL;
    size_t cap = 0;

    *t = (struct talk){.gemini = strstr(path, "gemini") != NULL};
    buf_init(&t->said[DIR_SEND], 64u << 20);
    buf_init(&t->said[DIR_RECV], 64u << 20);
    buf_init(&t->words, 64u << 20);
    while (f != NULL && getline(&text, &cap, f) > 0) {
        json_t *line = json_loads(text, 0, NULL);

        add_line(t, line);
        json_decref(line);
    }
    free(text);
    if (f != NULL)
        fclose(f);
    return t->said[DIR_RECV].len > 0;
}

static void talk_close(struct talk *t)
{
    buf_free(&t->said[DIR_SEND]);
    buf_free(&t->said[DIR_RECV]);
    buf_free(&t->words);
}

/* ---- Playing ------------------------------------------------------------ */

static struct str ask_of(const struct talk *t)
{
    return t->gemini ? STR(ASK("/ws/google.ai.generativelanguage.v1beta."
                               "GenerativeService.BidiGenerateContent"))
                     : STR(ASK("/v1/realtime?model=m-1"));
}

static void play(const struct talk *t, struct engine *with, size_t every,
                 struct played *p)
{
    struct scene sc = {
        .eng = with,
        .host = "llm.test",
        .steps = {{DIR_SEND, ask_of(t)},
                  {DIR_RECV, STR(AGREE)},
                  {DIR_SEND, buf_str(&t->said[DIR_SEND])},
                  {DIR_RECV, buf_str(&t->said[DIR_RECV])}},
        .count = 4,
    };

    if (sc.steps[2].bytes.len == 0) { /* an empty step is an end */
        sc.steps[2] = sc.steps[3];
        sc.count = 3;
    }
    scene_play(&sc, every, sc.count, 0, p);
    if (p->state != CONN_OPEN)
        fprintf(stderr, "[%s] %s\n", check_state.row, p->why);
    CHECK_INT(p->state, CONN_OPEN);
}

static void check_identity(const struct talk *t)
{
    static const size_t every[] = {0, 61};

    for (size_t i = 0; i < ARRAY_LEN(every); i++) {
        struct str ask = ask_of(t), agree = STR(AGREE);
        struct played p;

        play(t, eng, every[i], &p);
        CHECK(str_starts(buf_str(&p.out[DIR_SEND]), ask));
        CHECK(str_eq(str_skip(buf_str(&p.out[DIR_SEND]), ask.len),
                     buf_str(&t->said[DIR_SEND])));
        CHECK(str_eq(str_skip(buf_str(&p.out[DIR_RECV]), agree.len),
                     buf_str(&t->said[DIR_RECV])));
        played_free(&p);
    }
    played_count++;
}

/* ---- A word ------------------------------------------------------------- */

static size_t letters(struct str s)
{
    size_t n = 0;

    while (n < s.len && isalpha((unsigned char)s.ptr[n]))
        n++;
    return n;
}

/* The longest word of the texts: rare enough to stand nowhere else. */
static struct str longest_word(struct str text)
{
    struct str best = {0};

    while (text.len > 0) {
        size_t n = letters(text);

        if (n > best.len && n < 40)
            best = str_head(text, n);
        text = str_skip(text, n + 1);
    }
    return best;
}

static struct engine *engine_for(struct str word)
{
    char text[512];

    snprintf(text, sizeof(text),
             "%srules:\n  - {id: SP-9001, name: word, category: secret, "
             "kind: word, on: both, keywords: [%.*s], match: '%.*s', "
             "action: redact}\n",
             policy, (int)word.len, word.ptr, (int)word.len, word.ptr);
    return scene_engine(text, NULL);
}

/* What is said in pieces, one piece after the other. */
static void add_piece(json_t *event, struct buf *pieces)
{
    json_t *delta = json_object_get(event, "delta");
    json_t *live =
        json_object_get(json_object_get(json_object_get(event, "serverContent"),
                                        "outputTranscription"),
                        "text");

    if (json_is_string(delta))
        vector_add(pieces, str_of(json_string_value(delta)));
    if (json_is_string(live))
        vector_add(pieces, str_of(json_string_value(live)));
}

/* Names of members may be the word: they are the API's. */
static void check_without(json_t *node, void *with)
{
    struct str text = str_of(json_string_value(node)), *word = with;

    CHECK(str_find(text, *word) == text.len);
}

static void check_gone(const struct played *p, enum dir dir, struct str word)
{
    struct str in = buf_str(&p->out[dir]);
    struct ws_item item;
    struct buf pieces;
    struct ws w;

    in = str_skip(in, str_find(in, STR("\r\n\r\n")) + 4);
    buf_init(&pieces, 64u << 20);
    ws_init(&w, dir == DIR_SEND, 16u << 20);
    while (ws_next(&w, &in, &item) == OK) {
        json_t *event = json_loadb(item.data.ptr, item.data.len, 0, NULL);

        CHECK(event != NULL);
        every_string(event, check_without, &word);
        add_piece(event, &pieces);
        json_decref(event);
    }
    CHECK(w.why == NULL);
    CHECK(str_find(buf_str(&pieces), word) == pieces.len);
    ws_free(&w);
    buf_free(&pieces);
}

static void check_word(const struct talk *t)
{
    struct str word = longest_word(buf_str(&t->words));
    struct engine *with = word.len > 5 ? engine_for(word) : NULL;
    struct played p, cut;

    if (with == NULL)
        return;
    play(t, with, 0, &p);
    check_gone(&p, DIR_SEND, word);
    check_gone(&p, DIR_RECV, word);
    play(t, with, 61, &cut);
    CHECK(played_same(&p, &cut));
    played_free(&p);
    played_free(&cut);
    engine_close(with);
    masked_count++;
}

/* ---- All of them -------------------------------------------------------- */

static void play_folder(const char *data, const char *name)
{
    char folder[512], path[1024];
    struct dirent *entry;
    DIR *dir;

    snprintf(folder, sizeof(folder), "%s/exchanges/%s", data, name);
    if ((dir = opendir(folder)) == NULL)
        return;
    while ((entry = readdir(dir)) != NULL) {
        struct talk t;

        if (!str_ends(str_of(entry->d_name), STR(".ws.jsonl")))
            continue;
        snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
        check_state.row = path;
        if (CHECK(read_talk(path, &t))) {
            check_identity(&t);
            check_word(&t);
        }
        talk_close(&t);
    }
    check_state.row = NULL;
    closedir(dir);
}

static void test_recorded(void)
{
    static const char *const names[] = {"realtime-openai", "realtime-azure",
                                        "realtime-gemini", "realtime-mixed"};
    const char *data = getenv("SALLYPORT_DATA");

    if (data == NULL)
        SKIP("no recorded sessions");
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        play_folder(data, names[i]);
    fprintf(stderr, "%u sessions identical, %u with a word redacted\n",
            played_count, masked_count);
    CHECK(played_count > 0 && masked_count > 0);
}

int main(void)
{
    eng = scene_engine(policy, NULL);
    if (eng == NULL)
        return 1;
    RUN(test_recorded);
    engine_close(eng);
    return check_done();
}
