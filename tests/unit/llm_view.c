/* What is seen of whole bodies, and the way back to their bytes. */

#include <stdlib.h>

#include "base/limits.h"
#include "check.h"
#include "compile/provfile.h"
#include "failmalloc.h"
#include "llm.h"
#include "llm/base64.h"
#include "llm/guess.h"
#include "llm/view.h"

static struct providers *all;

struct walked {
    struct json_doc doc;
    struct arena arena;
    struct view view;
};

static enum err walk_start(struct walked *w, const char *provider,
                           enum view_phase what, struct str body)
{
    enum err e;

    json_doc_init(&w->doc);
    arena_init(&w->arena, LIM_VIEW_ARENA);
    view_init(&w->view);
    if ((e = json_parse(&w->doc, body)))
        return e;
    return view_start(&w->view, llm_provider(all, provider), what, &w->doc,
                      &w->arena);
}

static void walk_end(struct walked *w)
{
    view_free(&w->view);
    arena_free(&w->arena);
    json_doc_free(&w->doc);
}

/* One line a text: "role/part msg.chan text". */
static void list_texts(const char *provider, enum view_phase what,
                       const char *body, char *out, size_t size)
{
    struct walked w;
    struct view_item item;
    enum err e = walk_start(&w, provider, what, str_of(body));

    CHECK_INT(e, OK);
    *out = '\0';
    while (e == OK && (e = view_next(&w.view, &item)) == OK) {
        struct seg *s = &item.seg;
        size_t n = strlen(out);

        if (item.kind == ITEM_TEXT)
            snprintf(out + n, size - n, "%s/%s %u.%u %.*s\n",
                     role_name(s->role).ptr, part_name(s->part).ptr, s->msg,
                     s->chan, (int)s->text.len, s->text.ptr);
        else if (item.kind == ITEM_FACT)
            snprintf(out + n, size - n, "%s=%.*s\n", fact_name(item.fact).ptr,
                     (int)item.value.len, item.value.ptr);
        else if (item.kind == ITEM_BLANK)
            snprintf(out + n, size - n, "blank %.*s\n", (int)item.value.len,
                     item.value.ptr);
        else if (item.kind == ITEM_MEDIA)
            snprintf(out + n, size - n, "media %zu\n", item.value.len);
        else
            snprintf(out + n, size - n, "end %zu\n", item.key_count);
    }
    CHECK_INT(e, E_AGAIN);
    walk_end(&w);
}

static const struct {
    const char *provider;
    enum view_phase what;
    const char *body, *want;
} bodies[] = {
    {"openai-chat", VIEW_REQUEST,
     "{\"model\":\"m\",\"messages\":[{\"role\":\"system\",\"content\":"
     "\"s\"},{\"content\":\"u\",\"role\":\"user\"},{\"role\":\"assistant\","
     "\"content\":null,\"tool_calls\":[{\"function\":{\"name\":\"f\","
     "\"arguments\":\"{\\\"city\\\":\\\"N\\\\nC\\\"}\"}}]},"
     "{\"role\":\"tool\",\"content\":\"r\"}],\"stream\":true}",
     "model=m\n"
     "user/other 0.0 m\n"
     "system/text 0.0 system\n"
     "system/text 0.0 s\n"
     "user/text 1.0 u\n"
     "user/text 1.0 user\n"
     "assistant/text 2.0 assistant\n"
     "assistant/tool_name 2.0 f\n"
     "assistant/tool_args 2.0 city\n"
     "assistant/tool_args 2.0 N\nC\n"
     "tool/tool_result 3.0 tool\n"
     "tool/tool_result 3.0 r\n"
     "stream=true\n"},
    {"openai-chat", VIEW_REQUEST,
     "{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":"
     "\"image_url\",\"image_url\":{\"url\":"
     "\"data:image/png;base64,AAAA\"}},{\"type\":\"text\",\"text\":"
     "\"x\"}]}],\"unknownkey\":[123456789,12345678]}",
     "user/text 0.0 user\n"
     "user/text 0.0 image_url\n"
     "media 26\n"
     "user/text 0.1 text\n"
     "user/text 0.1 x\n"
     "user/key 0.0 unknownkey\n"
     "user/other 0.0 123456789\n"},
    {"openai-chat", VIEW_RESPONSE,
     "{\"id\":\"c\",\"choices\":[{\"index\":0,\"message\":{\"content\":"
     "\"hi\"},\"logprobs\":{\"content\":[]},\"finish_reason\":\"stop\"}],"
     "\"usage\":{\"prompt_tokens\":3}}",
     "id=c\n"
     "assistant/text 0.0 hi\n"
     "blank null\n"
     "finish=stop\n"
     "assistant/other 0.0 stop\n"
     "input_tokens=3\n"},
    {"anthropic", VIEW_REQUEST,
     "{\"system\":\"s\",\"messages\":[{\"role\":\"user\",\"content\":["
     "{\"type\":\"tool_result\",\"content\":[{\"type\":\"text\",\"text\":"
     "\"r\"}]},{\"type\":\"text\",\"text\":\"u\"}]}]}",
     "system/text 0.0 s\n"
     "user/text 0.0 user\n"
     "tool/tool_result 0.0 tool_result\n"
     "tool/tool_result 0.0 text\n"
     "tool/tool_result 0.0 r\n"
     "user/text 0.1 text\n"
     "user/text 0.1 u\n"},
    {"openai-responses", VIEW_REQUEST,
     "{\"instructions\":\"i\",\"input\":\"q\"}",
     "system/text 0.0 i\n"
     "user/text 0.0 q\n"},
    {"openai-chat", VIEW_EVENT,
     "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"},"
     "\"finish_reason\":\"stop\"}]}",
     "index=0\n"
     "assistant/text 0.0 a\n"
     "finish=stop\n"
     "end 1\n"
     "assistant/other 0.0 stop\n"},
};

static void test_texts(void)
{
    char got[2048];

    for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
        char row[16];

        snprintf(row, sizeof(row), "row %zu", i);
        CHECK_ROW(row);
        list_texts(bodies[i].provider, bodies[i].what, bodies[i].body, got,
                   sizeof(got));
        CHECK_EQ(str_of(got), str_of(bodies[i].want));
    }
}

/* JSON in a string: what is a text of its own. Bars part them. */
static void test_nested(void)
{
    static const struct {
        const char *args, *want; /* args: the literal in the body */
    } rows[] = {
        {"{\\\"a\\\":\\\"b\\\"}", "a|b"},
        {"{\\\"a\\\":[\\\"b\\\",{\\\"c\\\":\\\"\\\"}]}", "a|b|c"},
        {"\\\"x\\\\u0041y\\\"", "xAy"},
        {"\\\"\\\\ud83d\\\\ude00\\\"", "\xf0\x9f\x98\x80"},
        {"{\\\"n\\\":4111111111111111,\\\"m\\\":12345678}",
         "n|4111111111111111|m"},
        {"[123456789,-1234567890.5]", "123456789|-1234567890.5"},
        {"plain words", "plain words"},
        {"{\\\"a\\\":\\\"b", "a|b"},
        {"{\\\"a\\\":\\\"b\\\\qc\\\"}", "a|b|\\qc\"}"},
        {"{\\\"a\\\":\\\"b\\\\u00", "a|b|\\u00"},
        {"{\\\"a\\\":\\\"b\\\\ud83dx", "a|b|\\ud83dx"},
        {"{\\\"a\\\":xyz}", "a|xyz}"},
        {"", ""},
    };
    char body[512], got[512];

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct walked w;
        struct view_item item;
        size_t n = 0;
        enum err e;

        CHECK_ROW(rows[i].args);
        snprintf(body, sizeof(body),
                 "{\"choices\":[{\"message\":{\"function_call\":"
                 "{\"arguments\":\"%s\"}}}]}",
                 rows[i].args);
        e = walk_start(&w, "openai-chat", VIEW_RESPONSE, str_of(body));
        got[0] = '\0';
        while (e == OK && (e = view_next(&w.view, &item)) == OK) {
            if (item.kind != ITEM_TEXT)
                continue;
            CHECK(item.seg.nested);
            n += (size_t)snprintf(got + n, sizeof(got) - n, "%s%.*s",
                                  n > 0 ? "|" : "", (int)item.seg.text.len,
                                  item.seg.text.ptr);
        }
        CHECK_INT(e, E_AGAIN);
        CHECK_EQ(str_of(got), str_of(rows[i].want));
        walk_end(&w);
    }
}

/* For every part of every text: its place, replaced, gives that text. */
static void check_places(const char *provider, enum view_phase what,
                         struct str body)
{
    struct walked w;
    struct view_item item;
    enum err e = walk_start(&w, provider, what, body);

    CHECK_INT(e, OK);
    while (e == OK && (e = view_next(&w.view, &item)) == OK) {
        const struct seg *s = &item.seg;
        struct seg_map map = seg_map_start(s, body);

        if (item.kind != ITEM_TEXT)
            continue;
        CHECK(s->raw.off + (size_t)s->raw.len <= body.len);
        for (size_t a = 0; a <= s->text.len && a < 40; a++) {
            for (size_t b = a; b <= s->text.len && b < 40; b++) {
                struct span one = seg_span(s, body, a, b);
                struct span at = seg_map_span(&map, a, b);

                CHECK(one.off == at.off && one.len == at.len);
                CHECK(at.off >= s->raw.off &&
                      at.off + at.len <= s->raw.off + s->raw.len);
                if (!s->escaped && !s->nested)
                    CHECK_EQ(str_at(body, at),
                             ((struct str){s->text.ptr + a, b - a}));
            }
        }
    }
    CHECK_INT(e, E_AGAIN);
    walk_end(&w);
}

static void test_places(void)
{
    check_places("openai-chat", VIEW_REQUEST,
                 STR("{\"messages\":[{\"role\":\"user\",\"content\":"
                     "\"a\\nb\\u00e9\\ud83d\\ude00c\xc3\xa9\"},"
                     "{\"role\":\"assistant\",\"tool_calls\":[{\"function\":"
                     "{\"arguments\":\"{\\\"k\\\\n\\\":\\\"\\\\u00e9x"
                     "\\\\ud83d\\\\ude00\xc3\xa9\\\\\\\\\\\"}\"}}]}]}"));
}

/* A nested place spliced: the body is JSON, and so are the arguments. */
static void test_put(void)
{
    struct str body = STR("{\"choices\":[{\"message\":{\"function_call\":"
                          "{\"arguments\":\"{\\\"k\\\":\\\"a\\\\nSECRET\\\\n"
                          "\\\",\\\"n\\\":4111111111111111}\"}}}]}");
    struct walked w;
    struct view_item item;
    struct buf out, put;
    size_t pos = 0;
    enum err e = walk_start(&w, "openai-chat", VIEW_RESPONSE, body);

    buf_init(&out, 1 << 20);
    buf_init(&put, 1 << 20);
    while (e == OK && (e = view_next(&w.view, &item)) == OK) {
        size_t at = item.kind != ITEM_TEXT
                        ? item.seg.text.len
                        : str_find(item.seg.text, STR("SECRET"));
        struct span span;

        if (item.seg.number)
            span = seg_span(&item.seg, body, 0, item.seg.text.len);
        else if (at < item.seg.text.len)
            span = seg_span(&item.seg, body, at, at + 6);
        else
            continue;
        buf_clear(&put);
        CHECK_INT(seg_put(&item.seg, STR("<\"\n>"), &put), OK);
        CHECK_INT(buf_add(&out, (struct str){body.ptr + pos, span.off - pos}),
                  OK);
        CHECK_INT(buf_add(&out, buf_str(&put)), OK);
        pos = span.off + span.len;
    }
    CHECK_INT(buf_add(&out, str_skip(body, pos)), OK);
    CHECK_STR(buf_str(&out),
              "{\"choices\":[{\"message\":{\"function_call\":"
              "{\"arguments\":\"{\\\"k\\\":\\\"a\\\\n<\\\\\\\"\\\\n>\\\\n"
              "\\\",\\\"n\\\":\\\"<\\\\\\\"\\\\n>\\\"}\"}}}]}");
    buf_free(&out);
    buf_free(&put);
    walk_end(&w);
}

static void test_media(void)
{
    static const char bare[] =
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9Q";
    static const struct {
        const char *text;
        bool want, plain; /* is_media, is_plain_media */
    } rows[] = {
        {"data:image/png;base64,AAAA", true, true},
        {"data:image/png;base64,AAA=", true, true},
        {"data:image/png;base64,", true, false},
        {"data:image/png;base64,Tm90ZXM=", true, false}, /* "Notes" */
        {"data:image/AKIAPR7INFP33UO5PSZK-AKIAPR7INFP33UO5PSZK-png;base64,AAAA",
         true, false},
        {"data:application/pdf;base64,AAAA", true, true},
        {"data:image/png;name=x;base64,AAAA", true, true},
        {"data:image/png;base64,AAAA hidden words", false, false},
        {"data:image/png,AAAA", false, false},
        {"data:text/plain;base64,AAAA", true, false},
        {"data:image/svg+xml;base64,AAAA", true, false},
        {"data:;base64,AAAA", true, false},
        {"https://example.test/a.png", false, false},
        {bare, true, true},
        {"Tm90ZXMgb2YgdGhlIGhhcmJvdXIgb2ZmaWNlLCBwYWdlIG9uZT8gPiB5ZXM_Cgo-",
         true, false},
        {"key-abcdABCD0123efghEFGH4567ijklIJKL8901mnopMNOP2345qrstQRST6789",
         false, false},
        {"data:image/png;base64,key-abcdABCD0123efghEFGH4567", false, false},
        {"AAAA", false, false},
        {"", false, false},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CHECK_ROW(rows[i].text);
        CHECK_INT(is_media(str_of(rows[i].text)), rows[i].want);
        CHECK_INT(is_plain_media(str_of(rows[i].text)), rows[i].plain);
    }
}

/* Walks deep and wide stay within their bounds. */
static void test_deep(void)
{
    enum {
        DEPTH = 126
    };
    struct buf body;
    struct walked w;
    struct view_item item;
    enum err e = OK;

    buf_init(&body, 1 << 20);
    for (int i = 0; i < DEPTH; i++)
        CHECK_INT(buf_add(&body, i % 2 == 0 ? STR("{\"content\":")
                                            : STR("{\"text\":")),
                  OK);
    CHECK_INT(buf_add(&body, STR("\"x\"")), OK);
    for (int i = 0; i < DEPTH; i++)
        CHECK_INT(buf_add(&body, STR("}")), OK);
    for (int what = 0; what < 3; what++) {
        size_t texts = 0;

        e = walk_start(&w, "generic", (enum view_phase)what, buf_str(&body));
        while (e == OK && (e = view_next(&w.view, &item)) == OK)
            texts += item.kind == ITEM_TEXT;
        CHECK_INT(e, E_AGAIN);
        CHECK_INT(texts, 1);
        walk_end(&w);
    }
    buf_free(&body);
}

static void test_nomem(void)
{
    struct str body = STR("{\"messages\":[{\"role\":\"user\",\"content\":"
                          "\"a\\nb\"}]}");

    for (size_t n = 1;; n++) {
        struct walked w;
        struct view_item item;
        enum err e;

        failmalloc_at(n, FAIL_ONE);
        e = walk_start(&w, "openai-chat", VIEW_REQUEST, body);
        while (e == OK)
            e = view_next(&w.view, &item);
        walk_end(&w);
        if (!failmalloc_off()) {
            CHECK_INT(e, E_AGAIN);
            break;
        }
        CHECK_INT(e, E_NOMEM);
    }
}

/* Quarters of tokens: a word of four letters is one token, so is a character
 * of a script without spaces. */
static void test_guess(void)
{
    static const struct {
        const char *text;
        unsigned quarters;
    } rows[] = {
        {"", 0},
        {"word", 4},
        {"seventeen letters", 17},
        {"\xe6\xbc\xa2\xe5\xad\x97", 8},
        {"\xc3\xa9t\xc3\xa9", 9},
        {"exactly8\xf0\x9f\x98\x80 and behind it", 8 + 4 + 14},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CHECK_ROW(rows[i].text);
        CHECK_INT(tokens_quarters(str_of(rows[i].text)), rows[i].quarters);
    }
    CHECK_ROW(NULL);
}

int main(void)
{
    all = llm_providers(NULL, 0);
    if (all == NULL)
        return 1;
    RUN(test_texts);
    RUN(test_nested);
    RUN(test_places);
    RUN(test_put);
    RUN(test_media);
    RUN(test_deep);
    RUN(test_nomem);
    RUN(test_guess);
    providers_free(all);
    return check_done();
}
