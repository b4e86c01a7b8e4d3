#include <stdlib.h>

#include "base/buf.h"
#include "base/limits.h"
#include "check.h"
#include "failmalloc.h"
#include "json/tree.h"

static enum err parse(struct json_doc *doc, struct str text)
{
    enum err e = json_parse(doc, text);

    CHECK(e == OK ? doc->why == NULL && doc->count > 0
                  : doc->why != NULL && doc->count == 0 &&
                        doc->err_off <= text.len);
    return e;
}

/* Each is accepted, and every true prefix of it is refused unless `prefix`. */
static const struct {
    const char *name, *text;
    bool prefix;
} valid[] = {
    {"null", "null", false},
    {"true", "true", false},
    {"false", "false", false},
    {"space around", " \t\r\n{ } \n", true},
    {"empty array", "[]", false},
    {"nested empties", "[[],{},[{}]]", false},
    {"string", "\"a\"", false},
    {"empty string", "\"\"", false},
    {"all escapes", "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\uFfeE\"", false},
    {"surrogate pair", "\"\\ud83d\\ude00\"", false},
    {"NUL in a string", "\"a\\u0000b\"", false},
    {"DEL and U+2028", "\"\x7f\xe2\x80\xa8\"", false},
    {"UTF-8 of 2, 3, 4", "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"", false},
    {"noncharacter", "\"\xef\xbf\xbf\"", false},
    {"zero", "0", false},
    {"minus zero", "-0", false},
    {"number", "-12.5e+10", true},
    {"number E-", "1E-2", true},
    {"zero point", "0.0", true},
    {"zero exponent", "0e1", true},
    {"beyond 64 bits", "[123456789012345678901234567890,1e400]", false},
    {"object", "{\"a\":1,\"b\":[true,null],\"c\":{\"a\":\"x\"}}", false},
    {"spaces inside", "{ \"a\" : 1 , \"b\" :\n[ 2 , 3 ] }", false},
    {"same key, other objects", "[{\"a\":1},{\"a\":{\"a\":2}}]", false},
    {"keys of other case", "{\"a\":1,\"A\":2}", false},
    {"long s is no s", "{\"s\":1,\"\xc5\xbf\":2}", false},
    {"empty key", "{\"\":0}", false},
};

/* From a copy of its exact size: a sanitizer sees reads behind the text. */
static enum err parse_exact(struct json_doc *doc, struct str text)
{
    char *copy = malloc(text.len + (text.len == 0));
    enum err e;

    if (!CHECK(copy != NULL))
        return E_NOMEM;
    memcpy(copy, text.ptr, text.len);
    e = parse(doc, (struct str){copy, text.len});
    free(copy);
    return e;
}

static void test_valid(void)
{
    struct json_doc doc;

    json_doc_init(&doc);
    for (size_t i = 0; i < ARRAY_LEN(valid); i++) {
        struct str text = str_of(valid[i].text);

        CHECK_ROW(valid[i].name);
        CHECK_INT(parse_exact(&doc, text), OK);
        for (size_t cut = 0; cut < text.len && !valid[i].prefix; cut++)
            CHECK_INT(parse_exact(&doc, str_head(text, cut)), E_SYNTAX);
    }
    CHECK_ROW(NULL);
    json_doc_free(&doc);
}

#define S(lit) STR_INIT(lit)
static const struct {
    const char *name;
    struct str text;
    enum err want;
    size_t off; /* where the error is said to be */
} invalid[] = {
    {"empty", S(""), E_SYNTAX, 0},
    {"space only", S(" \n "), E_SYNTAX, 3},
    {"byte order mark", S("\xef\xbb\xbf{}"), E_SYNTAX, 0},
    {"UTF-16LE", S("{\0}\0"), E_SYNTAX, 1},
    {"UTF-16BE", S("\0{\0}"), E_SYNTAX, 0},
    {"UTF-32LE", S("[\0\0\0]\0\0\0"), E_SYNTAX, 1},
    {"two values", S("{} {}"), E_SYNTAX, 3},
    {"two lines", S("1\n2"), E_SYNTAX, 2},
    {"NUL behind", S("{}\0"), E_SYNTAX, 2},
    {"form feed", S("[\f1]"), E_SYNTAX, 1},
    {"no-break space", S("[\xc2\xa0]"), E_SYNTAX, 1},
    {"line comment", S("[1//x\n]"), E_SYNTAX, 2},
    {"block comment", S("/**/1"), E_SYNTAX, 0},
    {"hash comment", S("#\n1"), E_SYNTAX, 0},
    {"trailing comma, array", S("[1,]"), E_SYNTAX, 3},
    {"trailing comma, object", S("{\"a\":1,}"), E_SYNTAX, 7},
    {"leading comma", S("[,1]"), E_SYNTAX, 1},
    {"comma after empty", S("[{},,1]"), E_SYNTAX, 4},
    {"comma only, object", S("{,}"), E_SYNTAX, 1},
    {"missing comma", S("[1 2]"), E_SYNTAX, 3},
    {"single quotes", S("['a']"), E_SYNTAX, 1},
    {"bare key", S("{a:1}"), E_SYNTAX, 1},
    {"number as key", S("{1:1}"), E_SYNTAX, 1},
    {"key without value", S("{\"a\"}"), E_SYNTAX, 4},
    {"colon without value", S("{\"a\":}"), E_SYNTAX, 5},
    {"colon in array", S("[\"a\":1]"), E_SYNTAX, 4},
    {"double colon", S("{\"a\"::1}"), E_SYNTAX, 5},
    {"wrong closer", S("[1}"), E_SYNTAX, 2},
    {"wrong closer, object", S("{\"a\":1]"), E_SYNTAX, 6},
    {"wrong closer, empty", S("[}"), E_SYNTAX, 1},
    {"wrong closer, empty object", S("{]"), E_SYNTAX, 1},
    {"closer alone", S("]"), E_SYNTAX, 0},
    {"closer too many", S("[]]"), E_SYNTAX, 2},
    {"NaN", S("NaN"), E_SYNTAX, 0},
    {"Infinity", S("-Infinity"), E_SYNTAX, 1},
    {"True", S("True"), E_SYNTAX, 0},
    {"word too long", S("nulll"), E_SYNTAX, 4},
    {"plus", S("+1"), E_SYNTAX, 0},
    {"leading zero", S("01"), E_SYNTAX, 1},
    {"minus leading zero", S("-012"), E_SYNTAX, 2},
    {"point first", S(".5"), E_SYNTAX, 0},
    {"point last", S("1."), E_SYNTAX, 2},
    {"point exponent", S("1.e2"), E_SYNTAX, 2},
    {"exponent empty", S("1e"), E_SYNTAX, 2},
    {"exponent sign only", S("[1e+]"), E_SYNTAX, 4},
    {"hex", S("0x1f"), E_SYNTAX, 1},
    {"underscore", S("1_000"), E_SYNTAX, 1},
    {"minus alone", S("-"), E_SYNTAX, 1},
    {"two minus", S("--1"), E_SYNTAX, 1},
    {"fullwidth digit", S("\xef\xbc\x91"), E_SYNTAX, 0},
    {"raw LF in string", S("\"a\nb\""), E_SYNTAX, 2},
    {"raw TAB in string", S("\"a\tb\""), E_SYNTAX, 2},
    {"raw NUL in string", S("\"a\0b\""), E_SYNTAX, 2},
    {"raw 1F in string", S("\"0123456789abcdef\x1f\""), E_SYNTAX, 17},
    {"raw NUL in key", S("{\"a\0\":1}"), E_SYNTAX, 3},
    {"bad escape", S("\"\\x41\""), E_SYNTAX, 1},
    {"escaped quote mark", S("\"\\'\""), E_SYNTAX, 1},
    {"escape of NUL byte", S("\"\\\0\""), E_SYNTAX, 1},
    {"capital U", S("\"\\U0041\""), E_SYNTAX, 1},
    {"three digits", S("\"\\u004\""), E_SYNTAX, 1},
    {"digit with sign", S("\"\\u+041\""), E_SYNTAX, 1},
    {"lone high", S("\"\\ud800\""), E_SYNTAX, 1},
    {"lone low", S("\"\\udc00\""), E_SYNTAX, 1},
    {"high high", S("\"\\ud800\\ud800\""), E_SYNTAX, 1},
    {"high, then letter", S("\"\\ud800a\""), E_SYNTAX, 1},
    {"high, then raw", S("\"\\ud800\\n\""), E_SYNTAX, 1},
    {"low high", S("\"\\udc00\\ud800\""), E_SYNTAX, 1},
    {"overlong 2", S("\"\xc0\xaf\""), E_SYNTAX, 3},
    {"overlong 3", S("\"\xe0\x80\xaf\""), E_SYNTAX, 4},
    {"surrogate as UTF-8", S("\"\xed\xa0\x80\""), E_SYNTAX, 4},
    {"above U+10FFFF", S("\"\xf4\x90\x80\x80\""), E_SYNTAX, 5},
    {"cut character", S("\"\xe2\x82\""), E_SYNTAX, 3},
    {"cut by an escape", S("\"\xe2\x82\\n\xac\""), E_SYNTAX, 6},
    {"Latin-1", S("\"0123456789abcdef\xe9t\xe9\""), E_SYNTAX, 20},
    {"Latin-1 in a key", S("{\"\xe9\":1}"), E_SYNTAX, 3},
    {"duplicate key", S("{\"a\":1,\"a\":2}"), E_AMBIGUOUS, 8},
    {"duplicate empty key", S("{\"\":1,\"\":2}"), E_AMBIGUOUS, 7},
    {"duplicate, escaped", S("{\"a\":1,\"\\u0061\":2}"), E_AMBIGUOUS, 8},
    {"both escaped", S("{\"\\u0062/\":1,\"b\\/\":2}"), E_AMBIGUOUS, 14},
    {"pair and UTF-8", S("{\"\xf0\x9f\x98\x80\":1,\"\\uD83d\\ude00\":2}"),
     E_AMBIGUOUS, 11},
    {"duplicate inside", S("[{\"x\":{\"k\":1,\"k\":1}}]"), E_AMBIGUOUS, 14},
    {"duplicate around", S("{\"k\":{\"a\":1},\"k\":1}"), E_AMBIGUOUS, 14},
    {"NUL in a key", S("{\"a\\u0000b\":1}"), E_AMBIGUOUS, 10},
};

static void test_invalid(void)
{
    struct json_doc doc;

    json_doc_init(&doc);
    for (size_t i = 0; i < ARRAY_LEN(invalid); i++) {
        CHECK_ROW(invalid[i].name);
        CHECK_INT(parse_exact(&doc, invalid[i].text), invalid[i].want);
        CHECK_INT(doc.err_off, invalid[i].off);
    }
    CHECK_ROW(NULL);
    json_doc_free(&doc);
}

/* A special byte at each place of a block of sixteen, and behind it. */
static void test_every_lane(void)
{
    static const char special[] = {'"', '\\', '\n', '\x1f', '\0', '\xff'};
    struct json_doc doc;

    json_doc_init(&doc);
    for (size_t at = 1; at < 69; at++)
        for (size_t i = 0; i < ARRAY_LEN(special); i++) {
            char text[70];
            enum err want = special[i] == '"' && at == 68 ? OK : E_SYNTAX;

            memset(text, 'x', sizeof(text));
            text[0] = text[69] = '"';
            text[at] = special[i];
            if (special[i] == '"' && at == 68)
                text[69] = ' ';
            CHECK_INT(parse_exact(&doc, (struct str){text, 70}), want);
            CHECK(want == OK || doc.err_off >= at);
        }
    json_doc_free(&doc);
}

static void test_tape(void)
{
    static const struct {
        enum json_type type;
        bool escaped;
        uint32_t next, parent;
        const char *raw;
    } want[] = {
        {JSON_OBJECT, false, 11, 0, NULL},
        {JSON_KEY, false, 2, 0, "a"},
        {JSON_ARRAY, false, 5, 0, "[1.0,\"\\n\"]"},
        {JSON_NUMBER, false, 4, 2, "1.0"},
        {JSON_STRING, true, 5, 2, "\\n"},
        {JSON_KEY, false, 6, 0, ""},
        {JSON_OBJECT, false, 7, 0, "{}"},
        {JSON_KEY, true, 8, 0, "\\u0062"},
        {JSON_NULL, false, 9, 0, "null"},
        {JSON_KEY, false, 10, 0, "c"},
        {JSON_FALSE, false, 11, 0, "false"},
    };
    struct str text =
        STR(" {\"a\":[1.0,\"\\n\"]\n,\"\":{},\"\\u0062\":null,\"c\""
            ":false} ");
    struct json_doc doc;

    json_doc_init(&doc);
    CHECK_INT(parse(&doc, text), OK);
    CHECK_INT(doc.count, ARRAY_LEN(want));
    for (size_t i = 0; i < doc.count && i < ARRAY_LEN(want); i++) {
        const struct json_node *n = &doc.nodes[i];

        CHECK_INT(n->type, want[i].type);
        CHECK_INT(n->escaped, want[i].escaped);
        CHECK_INT(n->next, want[i].next);
        CHECK_INT(n->parent, want[i].parent);
        CHECK_EQ(json_raw(&doc, (uint32_t)i),
                 i == 0 ? str_trim(text) : str_of(want[i].raw));
    }
    json_doc_free(&doc);
    CHECK_INT(doc.count, 0);
}

static void test_member(void)
{
    struct json_doc doc;

    json_doc_init(&doc);
    CHECK_INT(parse(&doc, STR("{\"a\":{\"b\":1},\"\\u0062\":[2],\"\":3}")), OK);
    CHECK_STR(json_raw(&doc, json_member(&doc, 0, STR("a"))), "{\"b\":1}");
    CHECK_STR(json_raw(&doc, json_member(&doc, 0, STR("b"))), "[2]");
    CHECK_STR(json_raw(&doc, json_member(&doc, 0, STR(""))), "3");
    CHECK_INT(json_member(&doc, 0, STR("B")), 0);
    CHECK_INT(json_member(&doc, 0, STR("\\u0062")), 0);
    CHECK_STR(json_raw(&doc, json_member(&doc, 2, STR("b"))), "1");
    CHECK_INT(json_member(&doc, 2, STR("a")), 0);
    CHECK_INT(json_member(&doc, 6, STR("a")), 0); /* an array */
    CHECK_INT(json_member(&doc, 99, STR("a")), 0);
    json_doc_free(&doc);
}

static void repeat(struct buf *b, const char *s, size_t n)
{
    while (n-- > 0)
        if (buf_add(b, str_of(s)))
            abort();
}

static void test_depth(void)
{
    static const struct {
        const char *open, *close;
        unsigned levels;
    } kinds[] = {{"[", "]", 1}, {"{\"a\":", "}", 1}, {"[{\"a\":", "}]", 2}};

    for (size_t k = 0; k < ARRAY_LEN(kinds); k++)
        for (size_t more = 0; more < 2; more++) {
            size_t n = LIM_JSON_DEPTH / kinds[k].levels + more;
            struct json_doc doc;
            struct buf b;

            buf_init(&b, MIB);
            json_doc_init(&doc);
            repeat(&b, kinds[k].open, n);
            repeat(&b, "1", 1);
            repeat(&b, kinds[k].close, n);
            CHECK_INT(parse(&doc, buf_str(&b)), more ? E_LIMIT : OK);
            buf_clear(&b); /* never closed, far too deep */
            repeat(&b, kinds[k].open, 100000);
            CHECK_INT(parse(&doc, buf_str(&b)), E_LIMIT);
            json_doc_free(&doc);
            buf_free(&b);
        }
}

static void test_width(void)
{
    struct json_doc doc;
    struct buf b;

    buf_init(&b, 8 * MIB);
    json_doc_init(&doc);
    repeat(&b, "[0", 1);
    repeat(&b, ",0", LIM_JSON_NODES - 2);
    repeat(&b, "]", 1);
    CHECK_INT(parse(&doc, buf_str(&b)), OK);
    CHECK_INT(doc.count, LIM_JSON_NODES);
    b.len--;
    repeat(&b, ",0]", 1);
    CHECK_INT(parse(&doc, buf_str(&b)), E_LIMIT);
    json_doc_free(&doc);
    buf_free(&b);
}

/* An object of n keys; key `twin` repeats key 0, written with an escape. */
static void object_of(struct buf *b, size_t n, size_t twin, bool escaped)
{
    char key[96];

    repeat(b, "{", 1);
    for (size_t i = 0; i < n; i++) {
        size_t id = i == twin ? 0 : i;

        snprintf(key, sizeof(key), "%s\"%skey-%zu\":%zu", i ? "," : "",
                 escaped && i % 2 ? "\\u006c\\ud83d\\ude00-"
                                  : "l\xf0\x9f\x98\x80-",
                 id, i);
        repeat(b, key, 1);
    }
    repeat(b, "}", 1);
}

/* Around the change from pairs to the table, and far behind it. */
static void test_many_keys(void)
{
    static const size_t sizes[] = {2, 7, 8, 9, 10, 16, 17, 33, 1000, 200000};
    struct json_doc doc;
    struct buf b;

    buf_init(&b, 64 * MIB);
    json_doc_init(&doc);
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++)
        for (int escaped = 0; escaped < 2; escaped++) {
            size_t n = sizes[i];

            buf_clear(&b);
            object_of(&b, n, n, escaped);
            CHECK_INT(parse(&doc, buf_str(&b)), OK);
            CHECK_INT(doc.count, 2 * n + 1);
            buf_clear(&b);
            object_of(&b, n, n - 1, escaped);
            CHECK_INT(parse(&doc, buf_str(&b)), E_AMBIGUOUS);
            doc.seed[0] = 0x9e3779b97f4a7c15;
            doc.seed[1] += 77;
        }
    CHECK(doc.seed[1] != 0); /* the caller's, kept */
    json_doc_free(&doc);
    CHECK(doc.seed[1] != 0);
    buf_free(&b);
}

/* A document is reusable after each answer. */
static void test_reuse(void)
{
    struct json_doc doc;

    json_doc_init(&doc);
    for (int i = 0; i < 3; i++) {
        CHECK_INT(parse(&doc, STR("[1,2,3]")), OK);
        CHECK_INT(doc.count, 4);
        CHECK_INT(parse(&doc, STR("[1,2,3")), E_SYNTAX);
        CHECK_INT(json_member(&doc, 0, STR("a")), 0);
        CHECK_INT(parse(&doc, STR("{\"a\":1,\"a\":1}")), E_AMBIGUOUS);
        CHECK_INT(parse(&doc, STR("{\"a\":1}")), OK);
        CHECK_INT(json_member(&doc, 0, STR("a")), 2);
    }
    json_doc_free(&doc);
    json_doc_free(&doc);
    CHECK_INT(parse(&doc, STR("7")), OK);
    json_doc_free(&doc);
}

static void test_nth_allocation(void)
{
    struct buf b;

    buf_init(&b, MIB);
    object_of(&b, 500, 500, true);
    for (size_t n = 1;; n++) {
        struct json_doc doc;
        enum err e;

        json_doc_init(&doc);
        failmalloc_at(n, FAIL_ONE);
        e = json_parse(&doc, buf_str(&b));
        if (!failmalloc_off()) {
            CHECK_INT(e, OK);
            CHECK(n > 2);
            json_doc_free(&doc);
            break;
        }
        CHECK_INT(e, E_NOMEM);
        CHECK_INT(doc.count, 0);
        CHECK_INT(parse(&doc, buf_str(&b)), OK); /* and it recovers */
        json_doc_free(&doc);
    }
    buf_free(&b);
}

int main(void)
{
    RUN(test_valid);
    RUN(test_invalid);
    RUN(test_every_lane);
    RUN(test_tape);
    RUN(test_member);
    RUN(test_depth);
    RUN(test_width);
    RUN(test_many_keys);
    RUN(test_reuse);
    RUN(test_nth_allocation);
    return check_done();
}
