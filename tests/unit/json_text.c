#include <stdlib.h>

#include "check.h"
#include "failmalloc.h"
#include "base/limits.h"
#include "json/text.h"
#include "json/tree.h"

#define S(lit)      STR_INIT(lit)
#define GRIN        "\xf0\x9f\x98\x80" /* U+1F600 */
#define GRIN_ESC    "\\ud83d\\ude00"
#define REPLACEMENT "\xef\xbf\xbd"

static const struct {
    const char *name;
    struct str raw, text;
} texts[] = {
    {"plain", S("hello"), S("hello")},
    {"empty", S(""), S("")},
    {"letters", S("\\\"\\\\\\/\\b\\f\\n\\r\\t"), S("\"\\/\b\f\n\r\t")},
    {"ASCII by number", S("\\u0041b\\u007F"), S("Ab\x7f")},
    {"two bytes", S("\\u00e9"), S("\xc3\xa9")},
    {"three bytes", S("x\\u20ACy"), S("x\xe2\x82\xacy")},
    {"pair", S(GRIN_ESC), S(GRIN)},
    {"pair among text", S("a" GRIN_ESC "b" GRIN "c"), S("a" GRIN "b" GRIN "c")},
    {"first, last scalar", S("\\u0000\\udbff\\udfff"), S("\0\xf4\x8f\xbf\xbf")},
    {"long, late escape", S("0123456789abcdef0123456789\\n\xc3\xa9 end"),
     S("0123456789abcdef0123456789\n\xc3\xa9 end")},
    {"back to back", S("\\\\n\\\\\\n"), S("\\n\\\n")},
    {"UTF-8 kept", S("na\xc3\xafve \xe2\x82\xac\\t" GRIN),
     S("na\xc3\xafve \xe2\x82\xac\t" GRIN)},
};

/* All of them are good to nobody, cut or whole. */
static const struct {
    const char *name;
    struct str raw;
} bad[] = {
    {"cut", S("a\\")},
    {"cut number", S("\\u00")},
    {"unknown letter", S("\\q")},
    {"NUL byte", S("\\\0")},
    {"no hex", S("\\u00g0")},
    {"lone high", S("\\ud83d")},
    {"lone low", S("\\ude00")},
    {"high, plain", S("\\ud83dx")},
    {"high, cut", S("\\ud83d\\ude0")},
    {"high, high", S("\\ud83d\\ud83d")},
};

static bool has_escape(struct str raw)
{
    return str_find_byte(raw, '\\') < raw.len;
}

/*
 * An escape at every place of a stretch of every length: what is read in blocks
 * stays within memory that has no byte to spare, and what is written within as
 * many bytes behind which an arena was cleared.
 */
static void test_places(void)
{
    for (size_t len = 2; len < 70; len++) {
        char *raw = malloc(len), want[70];

        for (size_t at = 0; at + 2 <= len; at++) {
            struct arena a;
            struct str text = {0};
            void *room;

            for (size_t i = 0; i < len; i++)
                raw[i] = (char)('a' + (i + at) % 26);
            memcpy(want, raw, at);
            memcpy(raw + at, "\\n", 2);
            want[at] = '\n';
            memcpy(want + at + 1, raw + at + 2, len - at - 2);
            arena_init(&a, MIB);
            CHECK_INT(arena_take(&a, 256, &room), OK);
            memset(room, 'x', 256);
            arena_clear(&a);
            CHECK_INT(json_text((struct str){raw, len}, true, &a, &text), OK);
            CHECK_EQ(text, ((struct str){want, len - 1}));
            for (size_t i = len; i < 256; i++)
                CHECK_INT(text.ptr[i], 0);
            arena_free(&a);
        }
        free(raw);
    }
}

static void test_text(void)
{
    struct arena a;
    struct buf b;

    arena_init(&a, MIB);
    buf_init(&b, MIB);
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        bool escaped = has_escape(texts[i].raw);
        struct str text = {0};

        CHECK_ROW(texts[i].name);
        CHECK_INT(json_text(texts[i].raw, escaped, &a, &text), OK);
        CHECK_EQ(text, texts[i].text);
        CHECK(escaped || text.ptr == texts[i].raw.ptr);
        buf_clear(&b);
        CHECK_INT(buf_add(&b, STR("kept")), OK);
        CHECK_INT(json_text_buf(texts[i].raw, &b), OK);
        CHECK_EQ(str_skip(buf_str(&b), 4), texts[i].text);
    }
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct str text = {0};

        CHECK_ROW(bad[i].name);
        CHECK_INT(json_text(bad[i].raw, true, &a, &text), E_SYNTAX);
        CHECK(text.ptr == NULL);
        buf_clear(&b);
        CHECK_INT(json_text_buf(bad[i].raw, &b), E_SYNTAX);
        CHECK_INT(b.len, 0);
        CHECK(!json_text_eq(bad[i].raw, true, bad[i].raw));
        CHECK(!json_text_eq_fold(bad[i].raw, true, STR("a")));
    }
    CHECK_ROW(NULL);
    arena_free(&a);
    buf_free(&b);
}

static void test_text_limits(void)
{
    struct arena a;
    struct buf b;
    struct str text;

    arena_init(&a, 32);
    buf_init(&b, 8);
    CHECK_INT(json_text(STR("0123456789abcdef\\n"), true, &a, &text), E_LIMIT);
    CHECK_INT(json_text(STR("0123456789abcdef?"), false, &a, &text), OK);
    CHECK_INT(json_text_buf(STR("12345678\\n"), &b), E_LIMIT);
    failmalloc_at(1, FAIL_FROM);
    CHECK_INT(json_text(STR("\\n"), true, &a, &text), E_NOMEM);
    CHECK_INT(json_text_buf(STR("\\n"), &b), E_NOMEM);
    CHECK(failmalloc_off());
    arena_free(&a);
    buf_free(&b);
}

static const struct {
    const char *raw;
    const char *want;
    bool equal, fold;
} keys[] = {
    {"messages", "messages", true, true},
    {"me\\u0073sages", "messages", true, true},
    {"Messages", "messages", false, true},
    {"MESSAGES", "messages", false, true},
    {"me\xc5\xbf\\u017fages", "messages", false, true},
    {"\xe2\x84\xaa"
     "ey",
     "key", false, true},
    {"\\u212Aey", "key", false, true},
    {"me\xc5\xbe"
     "sages",
     "messages", false, false},
    {"message", "messages", false, false},
    {"messages1", "messages", false, false},
    {"messag\xc3\xa9s", "messages", false, false},
    {"message\\u0000", "messages", false, false},
    {"", "", true, true},
    {"", "a", false, false},
    {"a", "", false, false},
    {"tool_choice", "tool_choice", true, true},
    {"tool-choice", "tool_choice", false, false},
    {"@", "`", false, false},
};

static void test_eq(void)
{
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        struct str raw = str_of(keys[i].raw), want = str_of(keys[i].want);
        bool escaped = has_escape(raw);

        CHECK_ROW(keys[i].raw);
        CHECK_INT(json_text_eq(raw, escaped, want), keys[i].equal);
        CHECK_INT(json_text_eq(raw, true, want), keys[i].equal);
        CHECK_INT(json_text_eq_fold(raw, escaped, want), keys[i].fold);
    }
    CHECK_ROW(NULL);
}

static const struct {
    const char *name;
    struct str raw;
    struct span text, want;
} maps[] = {
    {"plain", S("hello"), {1, 3}, {1, 3}},
    {"all", S("hello"), {0, 5}, {0, 5}},
    {"empty span", S("hello"), {2, 0}, {2, 0}},
    {"empty at the end", S("hello"), {5, 0}, {5, 0}},
    {"behind the end", S("hello"), {3, 100}, {3, 2}},
    {"far behind", S("hello"), {50, 10}, {5, 0}},
    {"before an escape", S("ab\\ncd"), {0, 2}, {0, 2}},
    {"the escape", S("ab\\ncd"), {2, 1}, {2, 2}},
    {"behind the escape", S("ab\\ncd"), {3, 1}, {4, 1}},
    {"empty before escape", S("ab\\ncd"), {2, 0}, {2, 0}},
    {"empty behind escape", S("ab\\ncd"), {3, 0}, {4, 0}},
    {"number escape", S("k\\u003dv"), {1, 1}, {1, 6}},
    {"half of two bytes, 1", S("\\u00e9x"), {0, 1}, {0, 6}},
    {"half of two bytes, 2", S("\\u00e9x"), {1, 1}, {0, 6}},
    {"from the half on", S("\\u00e9x"), {1, 2}, {0, 7}},
    {"empty in an escape", S("a\\u00e9x"), {2, 0}, {1, 6}},
    {"pair", S("a" GRIN_ESC "b"), {1, 4}, {1, 12}},
    {"part of a pair", S("a" GRIN_ESC "b"), {3, 1}, {1, 12}},
    {"into a pair", S("a" GRIN_ESC "b"), {0, 2}, {0, 13}},
    {"out of a pair", S("a" GRIN_ESC "b"), {4, 2}, {1, 13}},
    {"part of UTF-8", S("a" GRIN "b"), {3, 1}, {1, 4}},
    {"from UTF-8 to pair", S(GRIN "--" GRIN_ESC), {2, 5}, {0, 18}},
    {"last before a cut", S("aaaaaaaaaaaa" GRIN), {12, 2}, {12, 4}},
};

static void test_map(void)
{
    for (size_t i = 0; i < ARRAY_LEN(maps); i++) {
        struct span got = json_text_map(maps[i].raw, maps[i].text);

        CHECK_ROW(maps[i].name);
        CHECK_INT(got.off, maps[i].want.off);
        CHECK_INT(got.len, maps[i].want.len);
    }
    CHECK_ROW(NULL);
}

/* One map asked again and again, in any order, answers like a new one. */
static void test_map_cursor(void)
{
    struct str raw = STR("0123456789abcdef\\u00e9 " GRIN_ESC GRIN "\\n\\\\tail "
                         "of some length \xe2\x82\xac and an end\\u20ac");
    struct json_map m = json_map_start(raw);

    for (uint32_t off = 0; off <= raw.len; off++)
        for (uint32_t len = 0; len <= raw.len - off; len++) {
            struct span at = {off, len};
            struct span a = json_map_span(&m, at), b = json_text_map(raw, at);

            CHECK(a.off == b.off && a.len == b.len);
            CHECK((size_t)a.off + a.len <= raw.len);
        }
    for (uint32_t off = (uint32_t)raw.len; off > 0; off--)
        CHECK_INT(json_map_span(&m, (struct span){off, 1}).off,
                  json_text_map(raw, (struct span){off, 1}).off);
}

static const struct {
    const char *name;
    struct str text, want;
} put_cases[] = {
    {"plain", S("hello"), S("hello")},
    {"empty", S(""), S("")},
    {"letters", S("\"\\/\b\f\n\r\t"), S("\\\"\\\\/\\b\\f\\n\\r\\t")},
    {"controls", S("\0\x01\x1f\x7f"), S("\\u0000\\u0001\\u001f\x7f")},
    {"UTF-8", S("\xc3\xa9" GRIN "\xe2\x80\xa8"),
     S("\xc3\xa9" GRIN "\xe2\x80\xa8")},
    {"lone byte",
     S("a\xff"
       "b"),
     S("a" REPLACEMENT "b")},
    {"cut character", S("a\xe2\x82"), S("a" REPLACEMENT REPLACEMENT)},
    {"cut by a quote", S("\xe2\x82\"\xac"),
     S(REPLACEMENT REPLACEMENT "\\\"" REPLACEMENT)},
    {"surrogate", S("\xed\xa0\x80"), S(REPLACEMENT REPLACEMENT REPLACEMENT)},
    {"long", S("0123456789abcdef\n0123456789abcdef\xc3\xa9\"end"),
     S("0123456789abcdef\\n0123456789abcdef\xc3\xa9\\\"end")},
};

static void test_put(void)
{
    struct json_doc doc;
    struct buf b;

    buf_init(&b, MIB);
    json_doc_init(&doc);
    for (size_t i = 0; i < ARRAY_LEN(put_cases); i++) {
        struct str got;

        CHECK_ROW(put_cases[i].name);
        buf_clear(&b);
        CHECK_INT(json_put(&b, put_cases[i].text), OK);
        CHECK_EQ(buf_str(&b), put_cases[i].want);
        buf_clear(&b);
        CHECK_INT(json_put_string(&b, put_cases[i].text), OK);
        got = buf_str(&b);
        CHECK(got.len >= 2 && got.ptr[0] == '"');
        CHECK_EQ(((struct str){got.ptr + 1, got.len - 2}), put_cases[i].want);
        CHECK_INT(json_parse(&doc, got), OK);
    }
    CHECK_ROW(NULL);
    json_doc_free(&doc);
    buf_free(&b);
}

/* On each bound below the need nothing is added, then all of it. */
static void test_put_limits(void)
{
    for (size_t max = 0; max <= 14; max++) {
        enum err want = max < 14 ? E_LIMIT : OK;
        struct buf b;

        buf_init(&b, max);
        CHECK_INT(json_put_string(&b, STR("ab\n\x01"
                                          "cd")),
                  want);
        CHECK_INT(b.len, want ? 0 : 14);
        buf_free(&b);
        buf_init(&b, max);
        CHECK_INT(json_put(&b, STR("a\xff"
                                   "b\n\x01")),
                  max < 13 ? E_LIMIT : OK);
        CHECK_INT(b.len, max < 13 ? 0 : 13);
        buf_free(&b);
    }
}

int main(void)
{
    RUN(test_text);
    RUN(test_places);
    RUN(test_text_limits);
    RUN(test_eq);
    RUN(test_map);
    RUN(test_map_cursor);
    RUN(test_put);
    RUN(test_put_limits);
    return check_done();
}
