/* The event queue of streams: the laws of hold-back over events. */

#include <stdlib.h>

#include "base/limits.h"
#include "base/utf8.h"
#include "check.h"
#include "compile/provfile.h"
#include "failmalloc.h"
#include "llm.h"
#include "llm/delta.h"
#include "json/text.h"
#include "json/tree.h"

#define EVERYWHERE                                                             \
    .dirs = DIRS_ALL, .roles = ROLES_ALL, .parts = PARTS_ALL,                  \
    .severity = SEVERITY_HIGH

static struct providers *all;
static struct rules *rules;
static struct scratch *scratch;

static const struct str key_words[] = {STR_INIT("KEY-")};

static const struct rule rule_list[] = {
    {.id = STR_INIT("SP-1"),
     .name = STR_INIT("key"),
     .put = STR_INIT("[key]"),
     .match = STR_INIT("KEY-[0-9]{6}"),
     .keywords = key_words,
     .keyword_count = 1,
     .keyword_first = true,
     .action = ACTION_REDACT,
     EVERYWHERE},
    {.id = STR_INIT("SP-2"),
     .name = STR_INIT("bomb"),
     .match = STR_INIT("BOMB[0-9]{2}"),
     .action = ACTION_BLOCK,
     EVERYWHERE},
    {.id = STR_INIT("SP-3"),
     .name = STR_INIT("fence"),
     .put = STR_INIT("[fence]"),
     .match = STR_INIT("<<[^>]*>>"),
     .end = STR_INIT(">>"),
     .max_hold = 64,
     .action = ACTION_REDACT,
     EVERYWHERE},
    {.id = STR_INIT("SP-4"),
     .name = STR_INIT("hello"),
     .match = STR_INIT("hello"),
     .action = ACTION_LOG,
     EVERYWHERE},
    {.id = STR_INIT("SP-5"),
     .name = STR_INIT("accent"),
     .put = STR_INIT("[\"q\\]"),
     .match = STR_INIT("\xc3\xa9\\n\xf0\x9f\x98\x80"),
     .action = ACTION_REDACT,
     EVERYWHERE},
    {.id = STR_INIT("SP-6"),
     .name = STR_INIT("number"),
     .put = STR_INIT("[num]"),
     .match = STR_INIT("7734[0-9]{6}"),
     .action = ACTION_REDACT,
     EVERYWHERE},
};

/* ---- Playing a stream --------------------------------------------------- */

struct play {
    struct delta *d;
    struct buf out; /* all that has left */
    size_t taken, in, events;
    bool ahead, changed;
    const struct rule *block;
    enum err e;
};

static void play_config(struct play *p, const struct delta_config *config)
{
    *p = (struct play){0};
    buf_init(&p->out, 64u << 20);
    p->e = delta_new(config, &p->d);
}

static void play_start(struct play *p, const char *provider)
{
    struct delta_config config = {
        .provider = llm_provider(all, provider),
        .rules = rules,
        .scratch = scratch,
        .host = STR("llm.test"),
    };

    play_config(p, &config);
}

static void play_out(struct play *p)
{
    struct delta_out o;

    while (p->d != NULL && delta_next(p->d, &o) == OK) {
        CHECK(p->block == NULL);
        p->taken += o.taken;
        p->events++;
        p->ahead |= o.ahead;
        p->changed |= !o.same;
        p->block = o.block;
        if (buf_add(&p->out, o.bytes) && buf_add(&p->out, o.bytes))
            abort();
    }
}

/* One event as SSE has it: "data: ...\n\n", or a comment. */
static void play_put(struct play *p, struct str raw)
{
    struct delta_event ev = {.raw = raw};

    if (p->e != OK)
        return;
    if (str_starts(raw, STR("data: ")))
        ev.data = str_head(str_skip(raw, 6), raw.len - 8);
    else
        ev.plain = true;
    p->in += raw.len;
    p->e = delta_put(p->d, &ev);
    play_out(p);
}

static void play_data(struct play *p, const char *json)
{
    static char raw[65536]; /* no allocation: those of the engine may fail */
    int n = snprintf(raw, sizeof(raw), "data: %s\n\n", json);

    play_put(p, (struct str){raw, (size_t)n});
}

static void play_end(struct play *p)
{
    if (p->e == OK)
        p->e = delta_end(p->d);
    play_out(p);
    if (p->e == OK && p->block == NULL)
        CHECK_INT(p->taken, p->in);
}

static void play_free(struct play *p)
{
    delta_free(p->d);
    buf_free(&p->out);
}

/* ---- Shapes of deltas --------------------------------------------------- */

struct shape {
    const char *provider, *head, *tail;
    const char *key; /* the member whose string is the delta */
    bool json;       /* the strings are JSON text themselves */
    bool repeat;     /* each string is all of the text so far */
};

static const struct shape shapes[] = {
    {"openai-chat", "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"",
     "\"}}]}", "content", false, false},
    {"anthropic",
     "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":"
     "\"text_delta\",\"text\":\"",
     "\"}}", "text", false, false},
    {"openai-responses",
     "{\"type\":\"response.output_text.delta\",\"output_index\":0,"
     "\"content_index\":0,\"delta\":\"",
     "\"}", "delta", false, false},
    {"generic", "{\"somewhere\":[{\"whatever\":\"", "\"}]}", "whatever", false,
     false},
    {"openai-chat",
     "{\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":1,"
     "\"function\":{\"arguments\":\"",
     "\"}}]}}]}", "arguments", true, false},
    {"anthropic",
     "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":"
     "\"input_json_delta\",\"partial_json\":\"",
     "\"}}", "partial_json", true, false},
    {"openai-chat",
     "{\"choices\":[{\"index\":0,\"delta\":{\"reasoning_content\":\"", "\"}}]}",
     "reasoning_content", false, false},
    {"openai-chat", "{\"choices\":[{\"delta\":{\"a_new_member\":\"", "\"}}]}",
     "a_new_member", false, false},
    {"openai-chat", "{\"choices\":[{\"index\":0,\"text\":\"", "\"}]}", "text",
     false, false},
    {"openai-chat", "{\"choices\":[{\"index\":0,\"message\":{\"content\":\"",
     "\"}}]}", "content", false, true},
    {"openai-responses",
     "{\"type\":\"response.of_tomorrow.delta\",\"delta\":\"", "\"}", "delta",
     false, false},
    {"openai-responses",
     "{\"type\":\"response.function_call_arguments.delta\",\"output_index\":0,"
     "\"delta\":\"",
     "\"}", "delta", true, false},
    {"openai-assistants",
     "{\"object\":\"thread.message.delta\",\"delta\":{\"content\":[{\"index\":"
     "0,\"text\":{\"value\":\"",
     "\"}}]}}", "value", false, false},
    {"openai-assistants",
     "{\"object\":\"thread.run.step.delta\",\"delta\":{\"step_details\":{"
     "\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"",
     "\"}}]}}}", "arguments", true, false},
    {"openai-platform", "{\"type\":\"transcript.text.delta\",\"delta\":\"",
     "\"}", "delta", false, false},
    {"openai-realtime",
     "{\"type\":\"response.output_audio_transcript.delta\",\"item_id\":\"i\","
     "\"output_index\":0,\"content_index\":0,\"delta\":\"",
     "\"}", "delta", false, false},
    {"openai-realtime",
     "{\"type\":\"conversation.item.input_audio_transcription.updated\",\"item_"
     "id\":\"i\",\"transcript\":\"",
     "\"}", "transcript", false, true},
    {"anthropic",
     "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":"
     "\"thinking_delta\",\"thinking\":\"",
     "\"}}", "thinking", false, false},
    {"anthropic", "{\"type\":\"completion\",\"completion\":\"", "\"}",
     "completion", false, false},
    {"gemini", "{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"",
     "\"}]}}]}", "text", false, false},
    {"gemini",
     "{\"candidates\":[{\"content\":{\"parts\":[{\"thought\":true,\"text\":\"",
     "\"}]}}]}", "text", false, false},
    {"gemini-live", "{\"serverContent\":{\"outputTranscription\":{\"text\":\"",
     "\"}}}", "text", false, false},
    {"gemini-interactions",
     "{\"event_type\":\"step.delta\",\"index\":0,\"delta\":{\"text\":\"",
     "\"}}", "text", false, false},
    {"cohere",
     "{\"type\":\"content-delta\",\"index\":0,\"delta\":{\"message\":{"
     "\"content\":{\"text\":\"",
     "\"}}}}", "text", false, false},
    {"cohere",
     "{\"type\":\"tool-call-delta\",\"index\":0,\"delta\":{\"message\":{\"tool_"
     "calls\":{\"function\":{\"arguments\":\"",
     "\"}}}}}", "arguments", true, false},
    {"cohere-v1", "{\"event_type\":\"text-generation\",\"text\":\"", "\"}",
     "text", false, false},
    {"mistral-conversations",
     "{\"type\":\"message.output.delta\",\"id\":\"o\",\"content\":\"", "\"}",
     "content", false, false},
    {"ollama", "{\"message\":{\"content\":\"", "\"},\"done\":false}", "content",
     false, false},
    {"ollama", "{\"response\":\"", "\",\"done\":false}", "response", false,
     false},
    {"llamacpp", "{\"index\":0,\"content\":\"", "\",\"stop\":false}", "content",
     false, false},
    {"tgi", "{\"token\":{\"text\":\"", "\"},\"generated_text\":null}", "text",
     false, false},
};

/* Escapes for the inside of a string; `all`: every character as \uXXXX. */
static void escape(struct str text, bool every, struct buf *out)
{
    char hex[16];

    if (!every) {
        if (json_put(out, text))
            abort();
        return;
    }
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];

        if (c >= 0x80) { /* characters beyond ASCII stay */
            if (buf_add_byte(out, text.ptr[i]))
                abort();
            continue;
        }
        snprintf(hex, sizeof(hex), "\\u%04x", (unsigned)c);
        if (buf_add(out, str_of(hex)))
            abort();
    }
}

static void put_piece(struct play *p, const struct shape *s, struct str piece,
                      bool every)
{
    struct buf json;

    buf_init(&json, 4u << 20);
    if (buf_add(&json, str_of(s->head)))
        abort();
    escape(piece, every, &json);
    if (buf_add(&json, str_of(s->tail)) || buf_add_byte(&json, '\0'))
        abort();
    play_data(p, json.ptr);
    buf_free(&json);
}

/*
 * All strings under the key in the events that came out, one after another; the
 * last one of a shape that repeats.
 */
static void collect(struct str out, const struct shape *s, struct buf *text)
{
    struct json_doc doc;

    json_doc_init(&doc);
    while (out.len > 0) {
        size_t n = str_find(out, STR("\n\n"));
        struct str line = str_head(out, n);

        out = str_skip(out, n + 2);
        if (!str_starts(line, STR("data: {")))
            continue;
        if (!CHECK_INT(json_parse(&doc, str_skip(line, 6)), OK))
            continue;
        for (uint32_t i = 0; i + 1 < doc.count; i++)
            if (doc.nodes[i].type == JSON_KEY &&
                str_eq(json_raw(&doc, i), str_of(s->key)) &&
                doc.nodes[i + 1].type == JSON_STRING) {
                if (s->repeat)
                    buf_clear(text);
                CHECK_INT(json_text_buf(json_raw(&doc, i + 1), text), OK);
            }
    }
    json_doc_free(&doc);
}

static bool cuts_character(struct str text, size_t at)
{
    return at < text.len && ((unsigned char)text.ptr[at] & 0xc0) == 0x80;
}

/*
 * Plays text in pieces and checks what comes out.
 * The output must always be a beginning of
 * `want`.
 */
static void check_cut(const struct shape *s, struct str text, struct str want,
                      const size_t *cuts, size_t n, bool every)
{
    struct play p;
    struct buf got;
    size_t from = 0;

    buf_init(&got, 4u << 20);
    play_start(&p, s->provider);
    for (size_t i = 0; i <= n; i++) {
        size_t to = i < n ? cuts[i] : text.len;

        if (cuts_character(text, to))
            continue;
        put_piece(&p, s, (struct str){text.ptr + from, to - from}, every);
        from = s->repeat ? 0 : to;
        buf_clear(&got);
        collect(buf_str(&p.out), s, &got);
        if (!CHECK(str_starts(want, buf_str(&got))))
            CHECK_EQ(buf_str(&got), want);
    }
    play_end(&p);
    CHECK_INT(p.e, OK);
    buf_clear(&got);
    collect(buf_str(&p.out), s, &got);
    CHECK_EQ(buf_str(&got), want);
    CHECK_INT(p.changed, !str_eq(text, want));
    play_free(&p);
    buf_free(&got);
}

static void check_cuts(const struct shape *s, struct str text, struct str want)
{
    size_t one[512] = {0};

    check_cut(s, text, want, NULL, 0, false);
    check_cut(s, text, want, NULL, 0, true);
    for (size_t i = 0; i < text.len; i++)
        one[i] = i + 1;
    check_cut(s, text, want, one, text.len - 1, false);
    check_cut(s, text, want, one, text.len - 1, true);
    for (size_t a = 1; a < text.len; a++) {
        for (size_t b = a; b < text.len; b++) {
            size_t two[2] = {a, b};

            if (text.len > 40 && b - a != 1 && b - a != 7 && b != a)
                continue;
            check_cut(s, text, want, two, 2, (a + b) % 2 == 1);
        }
    }
}

/* ---- Texts -------------------------------------------------------------- */

static void test_texts(void)
{
    static const struct {
        const char *text, *want;
    } rows[] = {
        {"nothing here", "nothing here"},
        {"my KEY-123456, ok", "my [key], ok"},
        {"KEY-123456KEY-654321", "[key][key]"},
        {"KEY-12345x KEY-", "KEY-12345x KEY-"},
        {"a\"\\\n KEY-123456\t\"", "a\"\\\n [key]\t\""},
        {"<<a\"b>> hello <<c", "[fence] hello <<c"},
        {"x\xc3\xa9\n\xf0\x9f\x98\x80y", "x[\"q\\]y"},
    };

    for (size_t k = 0; k < ARRAY_LEN(shapes); k++) {
        for (size_t i = 0; i < ARRAY_LEN(rows) && !shapes[k].json; i++) {
            CHECK_ROW(rows[i].text);
            check_cuts(&shapes[k], str_of(rows[i].text), str_of(rows[i].want));
        }
    }
}

/* 128 digits: a number with two of these is too long to be one. */
#define ONES32 "11111111111111111111111111111111"
#define ONES   ONES32 ONES32 ONES32 ONES32

static void test_arguments(void)
{
    static const struct {
        const char *text, *want; /* of the arguments, JSON */
    } rows[] = {
        {"{\"a\":\"b\",\"n\":[1,2]}", "{\"a\":\"b\",\"n\":[1,2]}"},
        {"{\"a\":\"x KEY-123456 y\"}", "{\"a\":\"x [key] y\"}"},
        {"{\"KEY-123456\":\"KEY-\",\"b\":\"123456\"}",
         "{\"[key]\":\"KEY-\",\"b\":\"123456\"}"},
        {"[\"KEY\\u002d123\\u0034\\u00356\\n\"]", "[\"[key]\\n\"]"},
        {"[\"\\u00e9\\n\\ud83d\\ude00.\"]", "[\"[\\\"q\\\\].\"]"},
        {"[\"a\",\"KEY-12345\",\"6KEY-123456\"]",
         "[\"a\",\"KEY-12345\",\"6[key]\"]"},
        {"words KEY-123456", "words [key]"},
        {"{\"a\":\"KEY-123456\\q KEY-123456", "{\"a\":\"[key]\\q [key]"},
        {"{\"a\":\"KEY-1234\\u00", "{\"a\":\"KEY-1234\\u00"},
        {"{\"n\":-7734000001,\"m\":77340}", "{\"n\":\"[num]\",\"m\":77340}"},
        {"[7734000001.5e3,7734000002 ]", "[\"[num]\",\"[num]\" ]"},
        {"[7734000001773400000277,true,0]", "[\"[num]\",true,0]"},
        {"[123456789, \"7734000001\", 7734]", "[123456789, \"[num]\", 7734]"},
        {"7734000001", "\"[num]\""},
        {"[7734000001? 7734000001", "[\"[num]\"? [num]"},
        {"[1" ONES ONES "7734000001, 7734]", "[1" ONES ONES "[num], 7734]"},
    };

    for (size_t k = 0; k < ARRAY_LEN(shapes); k++) {
        for (size_t i = 0; i < ARRAY_LEN(rows) && shapes[k].json; i++) {
            CHECK_ROW(rows[i].text);
            check_cuts(&shapes[k], str_of(rows[i].text), str_of(rows[i].want));
        }
    }
}

/* A cap is reached: the same whatever the cuts. */
static void test_caps(void)
{
    struct buf text, want, got;
    struct play p;

    buf_init(&text, 4096);
    buf_init(&want, 4096);
    buf_init(&got, 4096);
    CHECK_INT(buf_add(&text, STR("start <<")), OK);
    for (int i = 0; i < 300; i++)
        CHECK_INT(buf_add_byte(&text, (char)('a' + i % 26)), OK);
    CHECK_INT(buf_add(&text, STR(">> KEY-123456 end")), OK);
    CHECK_ROW("cap");
    play_start(&p, "openai-chat");
    put_piece(&p, &shapes[0], buf_str(&text), false);
    play_end(&p);
    collect(buf_str(&p.out), &shapes[0], &want);
    CHECK(str_find(buf_str(&want), STR("abc")) == want.len);
    CHECK(str_ends(buf_str(&want), STR(" [key] end")));
    CHECK(str_starts(buf_str(&want), STR("start [fence]")));
    play_free(&p);
    for (size_t step = 1; step < text.len; step = step * 2 + 1) {
        size_t cuts[512], n = 0;

        for (size_t at = step; at < text.len; at += step)
            cuts[n++] = at;
        check_cut(&shapes[0], buf_str(&text), buf_str(&want), cuts, n, false);
    }
    buf_free(&text);
    buf_free(&want);
    buf_free(&got);
}

/* ---- Channels ----------------------------------------------------------- */

static void test_interleaved(void)
{
    struct play p;

    play_start(&p, "openai-chat");
    play_data(&p, "{\"choices\":[{\"index\":0,\"delta\":{\"content\":"
                  "\"a KEY-\"}},{\"index\":1,\"delta\":{\"content\":"
                  "\"b KEY-\"}}]}");
    CHECK_INT(p.events, 0);
    play_data(&p, "{\"choices\":[{\"delta\":{\"content\":\"12345\"},"
                  "\"index\":1}]}");
    play_data(&p, "{\"choices\":[{\"index\":0,\"delta\":{\"content\":"
                  "\"x\"}}]}");
    CHECK_INT(p.events, 0); /* choice 1 is still open */
    play_data(&p, "{\"choices\":[{\"index\":1,\"delta\":{\"content\":"
                  "\"6 and more\"}}]}");
    CHECK_INT(p.events, 4);
    play_end(&p);
    CHECK_STR(buf_str(&p.out),
              "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":"
              "\"a KEY-\"}},{\"index\":1,\"delta\":{\"content\":"
              "\"b [key]\"}}]}\n\n"
              "data: {\"choices\":[{\"delta\":{\"content\":\"\"},"
              "\"index\":1}]}\n\n"
              "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":"
              "\"x\"}}]}\n\n"
              "data: {\"choices\":[{\"index\":1,\"delta\":{\"content\":"
              "\" and more\"}}]}\n\n");
    play_free(&p);
}

static void test_end_marks(void)
{
    static const struct {
        const char *provider, *open, *ends, *other;
    } rows[] = {
        {"openai-chat",
         "{\"choices\":[{\"index\":1,\"delta\":{\"content\":\"KEY-\"}}]}",
         "{\"choices\":[{\"index\":1,\"delta\":{},\"finish_reason\":"
         "\"stop\"}]}",
         "{\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":"
         "\"stop\"}]}"},
        {"openai-chat",
         "{\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":2,"
         "\"function\":{\"arguments\":\"\\\"KEY-\"}}]}}]}",
         "{\"choices\":[{\"finish_reason\":\"stop\",\"index\":0}]}",
         "{\"choices\":[{\"finish_reason\":null,\"index\":0}]}"},
        {"openai-chat",
         "{\"choices\":[{\"index\":1,\"delta\":{\"content\":\"KEY-\"}}]}",
         "[DONE]", "{\"choices\":[]}"},
        {"anthropic",
         "{\"type\":\"content_block_delta\",\"index\":1,\"delta\":{\"text\":"
         "\"KEY-\"}}",
         "{\"index\":1,\"type\":\"content_block_stop\"}",
         "{\"type\":\"content_block_stop\",\"index\":0}"},
        {"anthropic",
         "{\"type\":\"content_block_delta\",\"index\":1,\"delta\":{\"text\":"
         "\"KEY-\"}}",
         "{\"type\":\"message_stop\"}", "{\"type\":\"ping\"}"},
        {"openai-responses",
         "{\"type\":\"response.output_text.delta\",\"output_index\":0,"
         "\"content_index\":0,\"delta\":\"KEY-\"}",
         "{\"type\":\"response.output_text.done\",\"output_index\":0,"
         "\"content_index\":0,\"text\":\"KEY-\"}",
         "{\"type\":\"response.output_text.done\",\"output_index\":0,"
         "\"content_index\":1,\"text\":\"x\"}"},
        {"openai-responses",
         "{\"type\":\"response.output_text.delta\",\"output_index\":0,"
         "\"content_index\":0,\"delta\":\"KEY-\"}",
         "{\"type\":\"response.completed\",\"response\":{}}",
         "{\"type\":\"response.output_item.done\",\"output_index\":1}"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct play p;

        CHECK_ROW(rows[i].ends);
        play_start(&p, rows[i].provider);
        play_data(&p, rows[i].open);
        CHECK_INT(p.events, 0);
        play_data(&p, rows[i].other);
        CHECK_INT(p.events, 0);
        play_data(&p, rows[i].ends);
        CHECK_INT(p.e, OK);
        CHECK_INT(p.events, 3);
        CHECK(!p.changed);
        play_end(&p);
        play_free(&p);
    }
}

/* What the deltas hid does not come back at the end. */
static void test_repeated(void)
{
    struct play p;

    play_start(&p, "openai-responses");
    play_data(&p, "{\"type\":\"response.output_text.delta\",\"output_index\":"
                  "0,\"content_index\":0,\"delta\":\"a KEY-12\",\"logprobs\":"
                  "[{\"token\":\"a KEY-12\",\"bytes\":[1,2]}]}");
    play_data(&p, "{\"type\":\"response.output_text.delta\",\"output_index\":"
                  "0,\"content_index\":0,\"delta\":\"3456\",\"logprobs\":"
                  "[{\"token\":\"3456\"}]}");
    play_data(&p, "{\"type\":\"response.output_text.done\",\"output_index\":0,"
                  "\"content_index\":0,\"text\":\"a KEY-123456\",\"logprobs\":"
                  "[{\"token\":\"KEY-12\"},{\"token\":\"3456\"}]}");
    play_data(&p, "{\"type\":\"response.output_item.done\",\"output_index\":0,"
                  "\"item\":{\"type\":\"function_call\",\"arguments\":"
                  "\"{\\\"k\\\":\\\"KEY\\\\u002d123456\\\"}\"}}");
    play_data(&p, "{\"type\":\"response.completed\",\"response\":{\"output\":"
                  "[{\"content\":[{\"text\":\"a KEY-123456\"}]}],"
                  "\"new\":{\"KEY-123456\":[\"KEY-123456\"]}}}");
    play_end(&p);
    CHECK_INT(p.e, OK);
    CHECK(str_find(buf_str(&p.out), STR("3456")) == p.out.len);
    CHECK(str_find(buf_str(&p.out), STR("KEY")) == p.out.len);
    CHECK(str_find(buf_str(&p.out), STR("token")) == p.out.len);
    CHECK(str_find(buf_str(&p.out),
                   STR("\"text\":\"a [key]\",\"logprobs\":[]")) < p.out.len);
    CHECK(str_find(buf_str(&p.out),
                   STR("\"arguments\":\"{\\\"k\\\":\\\"[key]\\\"}\"")) <
          p.out.len);
    CHECK(str_find(buf_str(&p.out), STR("{\"[key]\":[\"[key]\"]}")) <
          p.out.len);
    play_free(&p);
}

/* Unedited events keep their log probabilities. */
static void test_blank(void)
{
    struct play p;

    play_start(&p, "openai-chat");
    play_data(&p, "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"ok\"},"
                  "\"logprobs\":{\"content\":[{\"token\":\"ok\"}]}}]}");
    CHECK(!p.changed);
    play_data(&p, "{\"choices\":[{\"logprobs\":{\"content\":[{\"token\":"
                  "\"KEY-123456\"}]},\"index\":0,\"delta\":{\"content\":"
                  "\"KEY-123456\"}}]}");
    CHECK(str_ends(buf_str(&p.out),
                   STR("{\"choices\":[{\"logprobs\":null,\"index\":0,"
                       "\"delta\":{\"content\":\"[key]\"}}]}\n\n")));
    play_end(&p);
    play_free(&p);
}

/* ---- Blocks ------------------------------------------------------------- */

static void test_block(void)
{
    static const struct {
        const char *events[4];
        const char *want;
    } rows[] = {
        /* cut inside of an event */
        {{"{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a BOMB12 "
          "b\"}}]}"},
         "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a "
         "\"}}]}\n\n"},
        /* over three events */
        {{"{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a BO\"}}]}",
          "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"MB1\"}}]}",
          "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"2 b\"}}]}"},
         "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a "
         "\"}}]}\n\n"},
        /* nothing before it */
        {{"{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a \"}}]}",
          "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"BOMB12\"}}]}"},
         "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a "
         "\"}}]}\n\n"},
        /* the other choice is held, and ends here */
        {{"{\"choices\":[{\"index\":1,\"delta\":{\"content\":\"KEY-1\"}}]}",
          "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a "
          "BOMB12\"}}]}"},
         "data: {\"choices\":[{\"index\":1,\"delta\":{\"content\":\"KEY-1\"}}]"
         "}\n\n"
         "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a "
         "\"}}]}\n\n"},
        /* the event would end the choice */
        {{"{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a BOMB12\"},"
          "\"finish_reason\":\"stop\"}]}"},
         ""},
        /* a whole text */
        {{"{\"choices\":[{\"index\":0,\"delta\":{\"role\":\"a BOMB12\"}}]}"},
         ""},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct play p;

        CHECK_ROW(rows[i].events[0]);
        play_start(&p, "openai-chat");
        for (size_t k = 0; k < 4 && rows[i].events[k] != NULL; k++)
            play_data(&p, rows[i].events[k]);
        CHECK(p.block != NULL && str_eq(p.block->id, STR("SP-2")));
        play_data(&p, "{\"choices\":[{\"index\":0,\"delta\":{\"content\":"
                      "\"more\"}}]}");
        play_end(&p);
        CHECK_INT(p.e, OK);
        CHECK_EQ(buf_str(&p.out), str_of(rows[i].want));
        play_free(&p);
    }
}

/* ---- Order, comments, places -------------------------------------------- */

static void test_comments(void)
{
    static const char *open = "{\"choices\":[{\"index\":0,\"delta\":"
                              "{\"content\":\"KEY-\"}}]}";
    struct delta_config config = {
        .provider = llm_provider(all, "openai-chat"),
        .rules = rules,
        .scratch = scratch,
        .ahead_ok = true,
    };
    struct play p;

    play_config(&p, &config);
    play_put(&p, STR(": one\n\n"));
    CHECK(!p.ahead);
    CHECK_STR(buf_str(&p.out), ": one\n\n");
    play_data(&p, open);
    play_put(&p, STR(": two\n\n"));
    CHECK(p.ahead);
    CHECK_STR(buf_str(&p.out), ": one\n\n: two\n\n");
    play_end(&p);
    CHECK(str_ends(buf_str(&p.out), STR("KEY-\"}}]}\n\n")));
    play_free(&p);

    play_start(&p, "openai-chat");
    play_data(&p, open);
    play_put(&p, STR(": two\n\n"));
    CHECK_INT(p.events, 0);
    play_end(&p);
    CHECK(str_ends(buf_str(&p.out), STR("KEY-\"}}]}\n\n: two\n\n")));
    CHECK(!p.ahead);
    play_free(&p);
}

/* One document over several data lines. */
static void test_lines(void)
{
    struct str raw = STR("event: x\r\ndata:{\"choices\":[{\"index\":0,\r\n"
                         "data: \"logprobs\":{\r\ndata: \"a\":1},\r\n"
                         "data: \"delta\":{\"content\":\"a KEY-123456\"}}]}"
                         "\r\n\r\n");
    struct buf data;
    struct delta_line lines[4];
    struct delta_event ev = {.raw = raw, .lines = lines, .line_count = 4};
    size_t pos = 0, n = 0;
    struct play p;

    buf_init(&data, 4096);
    while (pos < raw.len) {
        struct str rest = str_skip(raw, pos);
        size_t len = str_find(rest, STR("\r\n"));
        size_t skip = str_starts(rest, STR("data: ")) ? 6 : 5;

        if (str_starts(rest, STR("data:"))) {
            if (n > 0)
                CHECK_INT(buf_add_byte(&data, '\n'), OK);
            lines[n++] = (struct delta_line){data.len, pos + skip, len - skip};
            CHECK_INT(buf_add(&data, (struct str){rest.ptr + skip, len - skip}),
                      OK);
        }
        pos += len + 2;
    }
    CHECK_INT(n, 4);
    ev.data = buf_str(&data);
    play_start(&p, "openai-chat");
    p.in = raw.len;
    CHECK_INT(delta_put(p.d, &ev), OK);
    play_end(&p);
    CHECK_STR(buf_str(&p.out),
              "event: x\r\ndata:{\"choices\":[{\"index\":0,\r\n"
              "data: \"logprobs\":null,\r\n"
              "data: \"delta\":{\"content\":\"a [key]\"}}]}\r\n\r\n");
    play_free(&p);
    buf_free(&data);
}

static void test_bad_events(void)
{
    struct delta_event ev = {.raw = STR("data: {x\n\n"), .data = STR("{x")};
    struct play p;
    char *big = calloc(1, LIM_EVENT + 1);

    play_start(&p, "openai-chat");
    CHECK_INT(delta_put(p.d, &ev), E_SYNTAX);
    ev.opaque = true;
    CHECK_INT(delta_put(p.d, &ev), OK);
    p.in = ev.raw.len;
    play_out(&p);
    CHECK_STR(buf_str(&p.out), "data: {x\n\n");
    ev = (struct delta_event){.raw = STR("{\"Choices\":[]}"),
                              .data = STR("{\"Choices\":[]}")};
    CHECK_INT(delta_put(p.d, &ev), E_AMBIGUOUS);
    if (big != NULL) {
        ev.raw = ev.data = (struct str){big, LIM_EVENT + 1};
        CHECK_INT(delta_put(p.d, &ev), E_LIMIT);
        CHECK_INT(delta_end(p.d), E_LIMIT);
    }
    play_free(&p);
    free(big);
}

static void test_limits(void)
{
    struct play p;
    char json[160];

    play_start(&p, "openai-chat");
    for (int i = 0; i < (int)LIM_CHANNELS && p.e == OK; i++) {
        snprintf(json, sizeof(json),
                 "{\"choices\":[{\"index\":%d,\"delta\":{\"content\":"
                 "\"x\"}}]}",
                 i);
        play_data(&p, json);
    }
    CHECK_INT(p.e, OK);
    play_data(&p, "{\"choices\":[{\"index\":-1,\"delta\":{\"content\":"
                  "\"x\"}}]}");
    CHECK_INT(p.e, E_LIMIT);
    play_free(&p);

    /* Events without text behind one that is held. */
    play_start(&p, "openai-chat");
    play_data(&p, "{\"choices\":[{\"index\":0,\"delta\":{\"content\":"
                  "\"KEY-\"}}]}");
    for (int i = 0; i < 1000000 && p.e == OK; i++)
        play_data(&p, "{\"choices\":[]}");
    CHECK_INT(p.e, E_LIMIT);
    CHECK(delta_held(p.d) <= LIM_HELD_RAW);
    play_free(&p);
}

/* ---- Texts that rest ----------------------------------------------------- */

#define CALL(args)                                                             \
    "{\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,"      \
    "\"function\":{\"arguments\":\"" args "\"}}]}}]}"
#define CALLS (LIM_HELD_IDLE / sizeof(CALL("1,")) + 2)

static void play_text(struct play *p, const char *member, struct str text)
{
    char json[512];

    snprintf(json, sizeof(json),
             "{\"choices\":[{\"index\":0,\"delta\":{\"%s\":\"%.*s\"}}]}",
             member, (int)text.len, text.ptr);
    play_data(p, json);
}

/* As many events as a text waits for. */
static void play_calls(struct play *p, const char *open)
{
    play_data(p, open);
    for (size_t i = 0; i < CALLS; i++)
        play_data(p, CALL("1,"));
}

static bool has(const struct play *p, const char *word)
{
    return str_find(buf_str(&p->out), str_of(word)) < p->out.len;
}

/* The end of a text waits for a while, and no longer. Nothing is changed. */
static void test_rests(void)
{
    static const char *const members[] = {"content", "reasoning_content",
                                          "refusal"};

    for (size_t i = 0; i < ARRAY_LEN(members); i++) {
        struct play p;

        CHECK_ROW(members[i]);
        play_start(&p, "openai-chat");
        play_text(&p, members[i], STR("the KEY-12"));
        play_data(&p, CALL("[1,"));
        CHECK_INT(p.events, 0);
        play_calls(&p, CALL("2,"));
        CHECK_INT(p.events, CALLS + 3);
        play_text(&p, members[i], STR(" and so on KEY-"));
        CHECK_INT(p.events, CALLS + 3);
        play_calls(&p, CALL("3,"));
        CHECK_INT(p.events, 2 * CALLS + 5);
        play_text(&p, members[i], STR("x."));
        play_end(&p);
        CHECK_INT(p.e, OK);
        CHECK(!p.changed);
        CHECK_INT(p.taken, p.in);
        play_free(&p);
    }
}

/*
 * One that goes on is judged as one text, wherever it is cut. What leaves of a
 * match is never more than what was no match when the text rested.
 */
static void test_rest_cut(void)
{
    static const struct {
        const char *text, *value, *good; /* good: what stands in its place */
        size_t past;                     /* bytes of other words before it */
    } rows[] = {
        {"see KEY-123456 there", "KEY-123456", "see [key] there", 0},
        {"see KEY-123456 there", "KEY-123456", "see [key] there", 40000},
        {"one BOMB12 there", "BOMB12", NULL, 0},
        {"one BOMB12 there", "BOMB12", NULL, 40000},
    };

    for (size_t r = 0; r < ARRAY_LEN(rows); r++) {
        struct str all_text = str_of(rows[r].text);
        size_t at = str_find(all_text, str_of(rows[r].value));
        size_t to = at + strlen(rows[r].value);

        for (size_t cut = 1; cut < all_text.len; cut++) {
            struct str rest = str_skip(all_text, cut);
            bool inside = cut > at && cut < to;
            struct finding f;
            struct scope where;
            struct play p;
            size_t held;

            CHECK_ROW(rows[r].text);
            play_start(&p, "openai-chat");
            for (size_t n = 0; n < rows[r].past; n += 10)
                play_text(&p, "content", STR("word word "));
            play_text(&p, "content", str_head(all_text, cut));
            play_calls(&p, CALL("[1,"));
            CHECK(delta_held(p.d) == 0 || p.block != NULL);
            held = p.out.len;
            for (size_t i = 0; i < rest.len; i++)
                play_text(&p, "content", str_head(str_skip(rest, i), 1));
            play_end(&p);
            if (rows[r].good == NULL) {
                CHECK_INT(p.e, OK);
                CHECK(p.block != NULL && str_eq(p.block->id, STR("SP-2")));
                CHECK(!has(&p, "there"));
            } else if (inside) {
                CHECK_INT(p.e, E_LIMIT);
                CHECK(!has(&p, "there"));
                CHECK(delta_finding(p.d, &f, &where) &&
                      str_eq(f.rule->id, STR("SP-1")));
            } else {
                CHECK_INT(p.e, OK);
                CHECK(has(&p, "[key]"));
            }
            if (inside) /* of the text nothing has left since */
                CHECK(str_find(str_skip(buf_str(&p.out), held),
                               STR("content")) == p.out.len - held);
            CHECK(!has(&p, rows[r].value));
            play_free(&p);
        }
    }
}

/* Findings behind the place are told once, where they stand in the text. */
static void test_rest_finding(void)
{
    static const struct {
        const char *id;
        uint64_t start, end;
    } want[] = {{"SP-4", 0, 5}, {"SP-1", 12, 22}, {"SP-4", 23, 28}};
    size_t told[ARRAY_LEN(want)] = {0}, count = 0;
    struct play p;
    struct finding f;
    struct scope where;

    play_start(&p, "openai-chat");
    play_text(&p, "content", STR("hello KEY-1"));
    play_calls(&p, CALL("[1,"));
    play_text(&p, "content", STR(" KEY-654321 hello"));
    play_end(&p);
    CHECK_INT(p.e, OK);
    for (; delta_finding(p.d, &f, &where); count++)
        for (size_t i = 0; i < ARRAY_LEN(want); i++)
            told[i] += str_eq(f.rule->id, str_of(want[i].id)) &&
                       f.start == want[i].start && f.end == want[i].end;
    CHECK_INT(count, ARRAY_LEN(want));
    for (size_t i = 0; i < ARRAY_LEN(want); i++)
        CHECK_INT(told[i], 1);
    CHECK(has(&p, "\" [key] hello\""));
    play_free(&p);
}

/* A match that could have become longer is one where the text rests; what it
 * becomes goes with it, and is told too. */
static void test_rest_match(void)
{
    static const char *const ends[] = {"", "78", " and so on"};
    struct delta_config config = {.provider = llm_provider(all, "openai-chat"),
                                  .scratch = scratch};
    struct rule list[ARRAY_LEN(rule_list)];
    struct rules *mine;

    memcpy(list, rule_list, sizeof(list));
    list[0].match = STR("KEY-[0-9]{6,12}");
    list[1].match = STR("BOMB[0-9]{2,8}");
    list[3].match = STR("hello[0-9]{0,8}");
    config.rules = mine = llm_rules(list, ARRAY_LEN(list));
    for (size_t i = 0; i < 4 * ARRAY_LEN(ends); i++) {
        const char *end = ends[i / 4];
        bool bomb = i % 2 == 1, again = i % 4 > 1;
        size_t count = 0;
        struct finding f;
        struct scope where;
        struct play p;

        CHECK_ROW(end);
        play_config(&p, &config);
        if (again) { /* it has rested before */
            play_text(&p, "content", STR("so KEY-"));
            play_calls(&p, CALL("[1,"));
            play_text(&p, "content", STR("x "));
        }
        play_text(&p, "content",
                  bomb ? STR("a hello BOMB12") : STR("a hello KEY-123456"));
        play_calls(&p, CALL("2,"));
        play_text(&p, "content", str_of(end));
        play_end(&p);
        CHECK_INT(p.e, OK);
        CHECK(!has(&p, "KEY-1") && !has(&p, "BOMB") && !has(&p, "78"));
        CHECK_INT(has(&p, "[key]"), !bomb);
        CHECK_INT(p.block != NULL, bomb);
        while (delta_finding(p.d, &f, &where))
            count++;
        CHECK_INT(count, !bomb && end[0] == '7' ? 3 : 2);
        play_free(&p);
    }
    rules_free(mine);
}

/* What a text begins again with stays as it is while it rests. */
static void test_rest_long_word(void)
{
    struct play p;

    play_start(&p, "openai-chat");
    for (size_t n = 0; n + 10 < 4 * (size_t)LIM_PAST; n += 10)
        play_text(&p, "content",
                  n < 2 * (size_t)LIM_PAST || n > 3 * (size_t)LIM_PAST + 100
                      ? STR("word word ")
                      : STR("wordwordwo"));
    play_text(&p, "content", STR("a <<text held"));
    play_calls(&p, CALL("[1,"));
    CHECK_INT(delta_held(p.d), 0);
    play_text(&p, "content", STR(" KEY-123456 on"));
    play_end(&p);
    CHECK_INT(p.e, OK);
    CHECK(has(&p, " [key] on"));
    play_free(&p);
}

/* A score that may block counts all of a text: one with such a rule waits. */
static void test_rest_score(void)
{
    static const struct thresholds limits = {.block = {20, 20}};
    struct rule list[ARRAY_LEN(rule_list)];

    memcpy(list, rule_list, sizeof(list));
    for (uint32_t score = 0; score < 20; score += 10) {
        struct delta_config config = {
            .provider = llm_provider(all, "openai-chat"), .scratch = scratch};
        struct rules *mine;
        struct play p;

        list[3].score = score;
        mine = llm_rules(list, ARRAY_LEN(list));
        rules_limit(mine, &limits);
        config.rules = mine;
        play_config(&p, &config);
        play_text(&p, "content", STR("hello KEY-1"));
        play_calls(&p, CALL("[1,"));
        CHECK_INT(p.events, score == 0 ? CALLS + 2 : 0);
        play_end(&p);
        CHECK_INT(p.e, OK);
        play_free(&p);
        rules_free(mine);
    }
}

/* So does one of which something has gone, as often as it has to; and that
 * goes once. */
static void test_rest_redacted(void)
{
    struct play p;

    play_start(&p, "openai-chat");
    for (size_t i = 0; i < 3; i++) {
        play_text(&p, "content", STR("a KEY-123456 and KEY-"));
        play_calls(&p, CALL("2,"));
        CHECK_INT(delta_held(p.d), 0);
        play_text(&p, "content", STR("x, "));
    }
    play_end(&p);
    CHECK_INT(p.e, OK);
    CHECK(!has(&p, "123456") && has(&p, "\"a [key] and KEY-\""));
    play_free(&p);

    play_start(&p, "openai-chat"); /* one that is more than what went */
    play_text(&p, "content", STR("a << KEY-123456"));
    play_calls(&p, CALL("2,"));
    CHECK(has(&p, "a << [key]"));
    play_text(&p, "content", STR(" secret >> b"));
    play_end(&p);
    CHECK_INT(p.e, E_LIMIT);
    CHECK(!has(&p, "secret"));
    play_free(&p);
}

/* All that is undecided is judged again, however often the text rests. */
static void test_rest_open(void)
{
    struct delta_config config = {.provider = llm_provider(all, "openai-chat"),
                                  .scratch = scratch};
    struct rule list[ARRAY_LEN(rule_list)];
    struct rules *mine;
    struct play p;

    memcpy(list, rule_list, sizeof(list));
    list[2].max_hold = LIM_HOLD_MAX;
    config.rules = mine = llm_rules(list, ARRAY_LEN(list));
    play_config(&p, &config);
    play_text(&p, "content", STR("a <<"));
    for (size_t n = 0; n < 3 * 2 * (size_t)LIM_PAST; n += 10)
        play_text(&p, "content", STR("word word "));
    for (size_t i = 0; i < 8; i++) {
        play_calls(&p, CALL("2,"));
        CHECK_INT(delta_held(p.d), 0);
        for (size_t n = 0; n < 200; n++)
            play_text(&p, "content", STR("and so on "));
    }
    play_text(&p, "content", STR("secret >> b"));
    play_end(&p);
    CHECK_INT(p.e, E_LIMIT);
    CHECK(!has(&p, "secret"));
    play_free(&p);
    rules_free(mine);
}

/* A view at the text's side, of escapes, may have ended before it rests. */
static void test_rest_views(void)
{
    struct delta_config config = {.provider = llm_provider(all, "openai-chat"),
                                  .scratch = scratch};
    struct rule list[ARRAY_LEN(rule_list)];
    struct rules *mine;

    memcpy(list, rule_list, sizeof(list));
    for (size_t i = 0; i < ARRAY_LEN(list); i++)
        list[i].views = 1u << VIEW_TEXT | 1u << VIEW_CLEAN | 1u << VIEW_DECODED;
    config.rules = mine = llm_rules(list, ARRAY_LEN(list));
    for (size_t n = 0; n < 400; n += 7) {
        struct play p;

        play_config(&p, &config);
        play_text(&p, "content", STR("a\xe2\x80\x8b \\\\u0041 &amp; %41 b "));
        for (size_t i = 0; i < n; i++)
            play_text(&p, "content", STR("word "));
        play_text(&p, "content", STR("KEY-"));
        play_data(&p, "{\"choices\":[{\"index\":0,\"delta\":{},"
                      "\"finish_reason\":\"stop\"}]}");
        play_text(&p, "content", STR("x KEY-123456 on"));
        play_end(&p);
        CHECK_INT(p.e, OK);
        CHECK(has(&p, "x [key] on"));
        play_free(&p);
    }
    rules_free(mine);
}

/* Many choices that take turns, each with a word of what goes. */
static void test_rest_turns(void)
{
    static const struct str words[] = {
        STR_INIT("a KEY"),      STR_INIT("-1234"), STR_INIT("56, "),
        STR_INIT("and KEY-12"), STR_INIT("3456 "),
    };
    char json[256];
    struct play p;

    play_start(&p, "openai-chat");
    for (size_t w = 0; w < ARRAY_LEN(words); w++)
        for (size_t i = 0; i < 120; i++) {
            snprintf(json, sizeof(json),
                     "{\"id\":\"%0*d\",\"choices\":[{\"index\":%zu,\"delta\":{"
                     "\"content\":\"%.*s\"}}]}",
                     i % 7 == 0 ? 150 : 100, 0, i, (int)words[w].len,
                     words[w].ptr);
            play_data(&p, json);
        }
    play_end(&p);
    CHECK_INT(p.e, OK);
    CHECK(!has(&p, "KEY") && has(&p, "and [key]"));
    play_free(&p);
}

/* Behind an end mark it may go on, and is judged as one text. */
static void test_rest_ends(void)
{
    static const struct {
        const char *provider, *head, *tail, *end;
    } rows[] = {
        {"gemini", "{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"",
         "\"}]},\"finishReason\":\"STOP\"}]}", NULL},
        {"openai-chat", "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"",
         "\"}}]}",
         "{\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]"
         "}"},
        {"anthropic",
         "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":"
         "\"text_delta\",\"text\":\"",
         "\"}}", "{\"type\":\"content_block_stop\",\"index\":0}"},
        {"openai-responses",
         "{\"type\":\"response.output_text.delta\",\"output_index\":0,"
         "\"content_index\":0,\"delta\":\"",
         "\"}", "{\"type\":\"response.completed\",\"response\":{}}"},
        {"bedrock", "{\"contentBlockIndex\":0,\"delta\":{\"text\":\"", "\"}}",
         "{\":event-type\":\"contentBlockStop\",\"contentBlockIndex\":0}"},
    };
    static const char *const texts[][2] = {
        {"so", " KEY-123456 on"}, {"a KEY-123456", "78 on"},
        {"a KEY-", " on"},        {"a KEY-123", "456 secret"},
        {"", "secret >> on"}, /* it goes until an end comes */
    };

    struct buf fence;

    buf_init(&fence, 4096);
    CHECK_INT(buf_add(&fence, STR("a <<")), OK);
    while (fence.len < 1000)
        CHECK_INT(buf_add(&fence, STR("secretive ")), OK);
    for (size_t i = 0; i < ARRAY_LEN(rows) * ARRAY_LEN(texts) * 2; i++) {
        const char *const *text = texts[i / 2 % ARRAY_LEN(texts)];
        size_t row = i / 2 / ARRAY_LEN(texts);
        const struct shape s = {.provider = rows[row].provider,
                                .head = rows[row].head,
                                .tail = rows[row].tail};
        struct delta_config config = {
            .provider = llm_provider(all, rows[row].provider),
            .rules = rules,
            .scratch = scratch,
            .talk = i % 2 == 1,
        };
        struct play p;

        CHECK_ROW(rows[row].provider);
        play_config(&p, &config);
        if (text[0][0] == '\0')
            put_piece(&p, &s, buf_str(&fence), false);
        put_piece(&p, &s, str_of(text[0]), false);
        if (rows[row].end != NULL)
            play_data(&p, rows[row].end);
        CHECK_INT(delta_held(p.d), 0);
        put_piece(&p, &s, str_of(text[1]), false);
        play_end(&p);
        if (config.talk) { /* it is another text */
            CHECK_INT(p.e, OK);
        } else {
            CHECK_INT(p.e, strcmp(text[1], "456 secret") == 0 ? E_LIMIT : OK);
            CHECK_INT(has(&p, " on\""), p.e == OK);
            CHECK(!has(&p, "23456") && !has(&p, "secret"));
        }
        play_free(&p);
    }
    buf_free(&fence);
}

/* Those that wait as ever: something goes until its end, or a word has none. */
static void test_rest_never(void)
{
    struct play p;

    play_start(&p, "openai-chat"); /* dropped on, until its end */
    play_text(&p, "content", STR("a <<"));
    for (size_t i = 0; i < 3 * 2 * (size_t)LIM_PAST; i += 10)
        play_text(&p, "content", STR("secretive "));
    play_text(&p, "content", STR("secret KEY-"));
    play_calls(&p, CALL("[1,"));
    play_text(&p, "content", STR("secret"));
    play_text(&p, "content", STR(" >> b"));
    play_end(&p);
    CHECK_INT(p.e, OK);
    CHECK(!has(&p, "secret") && has(&p, " b"));
    play_free(&p);

    play_start(&p, "openai-chat");
    for (size_t i = 0; i < 1500; i++)
        play_text(&p, "content", STR("wordwordwordwordword"));
    play_text(&p, "content", STR("KEY-1"));
    CHECK_INT(p.events, 1500);
    play_calls(&p, CALL("[1,"));
    CHECK_INT(p.events, 1500);
    play_text(&p, "content", STR("23456"));
    play_end(&p);
    CHECK_INT(p.e, OK);
    CHECK(!has(&p, "KEY") && has(&p, "[key]"));
    play_free(&p);

    /* Choices that take turns do not rest, nor does what is said between. */
    play_start(&p, "openai-chat");
    play_text(&p, "content", STR("KEY-"));
    for (size_t i = 0; i < 6; i++) {
        for (size_t n = 0; n < CALLS / 2; n++)
            play_data(&p, "{\"choices\":[{\"index\":1,\"delta\":{\"content\":"
                          "\"KEY-\"}}]}");
        CHECK_INT(p.events, 0);
        play_text(&p, "content", str_head(str_skip(STR("123456"), i), 1));
    }
    CHECK(has(&p, "[key]"));
    play_end(&p);
    CHECK_INT(p.e, OK);
    play_free(&p);
}

/* ---- Facts, findings ---------------------------------------------------- */

static void test_facts(void)
{
    struct play p;
    struct finding f;
    struct scope where;
    uint64_t open[4];

    play_start(&p, "anthropic");
    play_data(&p, "{\"type\":\"message_start\",\"message\":{\"id\":\"m1\","
                  "\"model\":\"claude\",\"usage\":{\"input_tokens\":7}}}");
    play_data(&p, "{\"type\":\"content_block_start\",\"index\":0,"
                  "\"content_block\":{\"type\":\"text\",\"text\":\"hel\"}}");
    play_data(&p, "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":"
                  "{\"text\":\"lo KEY-123456 \"}}");
    CHECK_INT(delta_open(p.d, open, 4), 1);
    CHECK_INT(open[0], 0);
    CHECK(delta_finding(p.d, &f, &where));
    CHECK_EQ(f.rule->id, STR("SP-4"));
    CHECK_INT(f.start, 0);
    CHECK_INT(f.end, 5);
    CHECK_INT(where.part, PART_TEXT);
    CHECK_INT(where.role, ROLE_ASSISTANT);
    CHECK_INT(where.dir, DIR_RECV);
    CHECK(delta_finding(p.d, &f, &where));
    CHECK_EQ(f.rule->id, STR("SP-1"));
    CHECK_INT(f.start, 6);
    CHECK_INT(f.seg, 0);
    CHECK(!delta_finding(p.d, &f, &where));
    play_data(&p, "{\"type\":\"content_block_stop\",\"index\":0}");
    CHECK_INT(delta_open(p.d, open, 4), 0);
    play_data(&p, "{\"type\":\"content_block_start\",\"index\":1,"
                  "\"content_block\":{\"type\":\"tool_use\",\"name\":"
                  "\"hello\",\"input\":{}}}");
    CHECK_INT(delta_open(p.d, open, 4), 1);
    CHECK_INT(open[0], 1);
    CHECK(delta_finding(p.d, &f, &where));
    CHECK_INT(f.seg, DELTA_WHOLE);
    CHECK_INT(where.part, PART_TOOL_NAME);
    CHECK_EQ(delta_fact(p.d, FACT_MODEL), STR("claude"));
    CHECK_EQ(delta_fact(p.d, FACT_ID), STR("m1"));
    CHECK_EQ(delta_fact(p.d, FACT_INPUT_TOKENS), STR("7"));
    CHECK_EQ(delta_fact(p.d, FACT_FINISH), STR(""));
    play_end(&p);
    play_free(&p);
}

/* ---- Memory ------------------------------------------------------------- */

static void play_some(struct play *p)
{
    static const char *const events[] = {
        "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a KEY-\"}}]}",
        "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"123\\u0034\"}}]}",
        "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"56 b\"},"
        "\"logprobs\":{}}]}",
        "{\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,"
        "\"function\":{\"arguments\":\"{\\\"k\\\":\\\"KEY-\\\\u0031\"}}]}}]}",
        "{\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,"
        "\"function\":{\"arguments\":\"23456\\\"}\"}}]}}]}",
        "{\"choices\":[{\"index\":0,\"message\":{\"content\":\"c KEY-1\"}}]}",
        "{\"choices\":[{\"index\":0,\"message\":{\"content\":\"c KEY-123456\"}}"
        "]}",
        "{\"new\":[\"KEY-12\"]}",
        "{\"new\":[\"3456\"]}",
    };

    play_start(p, "openai-chat");
    for (size_t i = 0; i < ARRAY_LEN(events); i++)
        play_data(p, events[i]);
    play_end(p);
}

static void test_nomem(void)
{
    struct play full;

    play_some(&full);
    CHECK_INT(full.e, OK);
    for (size_t n = 1;; n++) {
        struct play p;

        failmalloc_at(n, FAIL_ONE);
        play_some(&p);
        if (!failmalloc_off()) {
            play_free(&p);
            break;
        }
        CHECK(str_starts(buf_str(&full.out), buf_str(&p.out)));
        if (p.e == OK) /* it was an allocation of this test */
            CHECK_INT(p.out.len, full.out.len);
        else
            CHECK_INT(p.e, E_NOMEM);
        play_free(&p);
    }
    play_free(&full);
}

int main(void)
{
    all = llm_providers(NULL, 0);
    rules = llm_rules(rule_list, ARRAY_LEN(rule_list));
    if (all == NULL || rules == NULL || scratch_new(&scratch))
        return 1;
    RUN(test_texts);
    RUN(test_arguments);
    RUN(test_caps);
    RUN(test_interleaved);
    RUN(test_end_marks);
    RUN(test_repeated);
    RUN(test_blank);
    RUN(test_block);
    RUN(test_comments);
    RUN(test_lines);
    RUN(test_bad_events);
    RUN(test_limits);
    RUN(test_rests);
    RUN(test_rest_cut);
    RUN(test_rest_finding);
    RUN(test_rest_match);
    RUN(test_rest_long_word);
    RUN(test_rest_redacted);
    RUN(test_rest_open);
    RUN(test_rest_views);
    RUN(test_rest_turns);
    RUN(test_rest_ends);
    RUN(test_rest_never);
    RUN(test_rest_score);
    RUN(test_facts);
    RUN(test_nomem);
    scratch_free(scratch);
    rules_free(rules);
    providers_free(all);
    return check_done();
}
