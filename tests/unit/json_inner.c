#include <stdlib.h>

#include "base/buf.h"
#include "check.h"
#include "json/inner.h"

/*
 * The runs of a text written down so that the cutting leaves no mark: S for
 * each byte of structure, the unescaped text bytes between < and >, E for a
 * string's end. The sum of src_len is checked beside it.
 */
struct story {
    struct buf b;
    size_t src;
    bool in_text;
};

static void tell(struct story *s, const struct inner_run *run)
{
    bool text = run->kind == INNER_TEXT;

    CHECK(run->src_len > 0);
    CHECK(text ? run->text.len > 0 : run->text.len == 0);
    s->src += run->src_len;
    if (text && !s->in_text)
        CHECK_INT(buf_add_byte(&s->b, '<'), OK);
    if (!text && s->in_text)
        CHECK_INT(buf_add_byte(&s->b, '>'), OK);
    s->in_text = text;
    if (text)
        CHECK_INT(buf_add(&s->b, run->text), OK);
    for (size_t i = 0; run->kind == INNER_STRUCTURE && i < run->src_len; i++)
        CHECK_INT(buf_add_byte(&s->b, 'S'), OK);
    if (run->kind == INNER_STRING_END)
        CHECK_INT(buf_add_byte(&s->b, 'E'), OK);
}

/* The piece is a copy that is gone afterwards. */
static enum err feed(struct json_inner *inner, struct story *s,
                     struct str piece)
{
    char *copy = malloc(piece.len + (piece.len == 0));
    struct str in = {copy, piece.len};
    struct inner_run run;
    enum err e;

    if (!CHECK(copy != NULL))
        return E_NOMEM;
    if (piece.len > 0)
        memcpy(copy, piece.ptr, piece.len);
    while ((e = inner_next(inner, &in, &run)) == OK)
        tell(s, &run);
    CHECK(e == E_SYNTAX || in.len == 0);
    free(copy);
    return e;
}

#define S(lit) STR_INIT(lit)
static const struct {
    const char *name;
    struct str in;
    const char *want; /* the story up to the end, or to the error */
    enum err err;     /* E_AGAIN: none */
    bool pending;
} cases[] = {
    {"empty", S(""), "", E_AGAIN, false},
    {"no string", S("{\"a\":[1.5e+3, null]}"), "SS<a>ESSSSSSSSSSSSSSSS",
     E_AGAIN, false},
    {"words", S("[true,false]\r\n\t"), "SSSSSSSSSSSSSSS", E_AGAIN, false},
    {"empty string", S("\"\""), "SE", E_AGAIN, false},
    {"object", S("{\"city\": \"New\\nYork\"}"), "SS<city>ESSS<New\nYork>ES",
     E_AGAIN, false},
    {"unfinished string", S("{\"a\":\"bc"), "SS<a>ESS<bc", E_AGAIN, false},
    {"all letters", S("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\""), "S<\"\\/\b\f\n\r\t>E",
     E_AGAIN, false},
    {"numbers", S("\"\\u0041\\u00e9\\u20ac\""), "S<A\xc3\xa9\xe2\x82\xac>E",
     E_AGAIN, false},
    {"pair", S("\"x\\ud83d\\ude00y\""), "S<x\xf0\x9f\x98\x80y>E", E_AGAIN,
     false},
    {"UTF-8", S("\"\xc3\xa9\xf0\x9f\x98\x80\""), "S<\xc3\xa9\xf0\x9f\x98\x80>E",
     E_AGAIN, false},
    {"escaped quote is text", S("\"a\\\",\\\"b\""), "S<a\",\"b>E", E_AGAIN,
     false},
    {"pending backslash", S("\"a\\"), "S<a", E_AGAIN, true},
    {"pending number", S("\"a\\u00"), "S<a", E_AGAIN, true},
    {"pending pair", S("\"\\ud83d"), "S", E_AGAIN, true},
    {"pending pair, later", S("\"\\ud83d\\ude0"), "S", E_AGAIN, true},
    {"raw LF", S("\"a\nb\""), "S<a", E_SYNTAX, false},
    {"bad letter", S("\"a\\x41\""), "S<a", E_SYNTAX, false},
    {"bad digit", S("\"\\u00x0\""), "S", E_SYNTAX, false},
    {"lone low", S("\"\\ude00\""), "S", E_SYNTAX, false},
    {"lone high", S("\"\\ud83dab\""), "S", E_SYNTAX, false},
    {"high at the end", S("\"\\ud83d\""), "S", E_SYNTAX, false},
    {"comment", S("{/*\"*/}"), "S", E_SYNTAX, false},
    {"single quotes", S("{'a\":1}"), "S", E_SYNTAX, false},
    {"backslash outside", S("[\\\"a\"]"), "S", E_SYNTAX, false},
    {"NUL outside", S("[\0]"), "S", E_SYNTAX, false},
    {"high byte outside", S("[\xe2\x80\x9c]"), "S", E_SYNTAX, false},
};

static void check_end(struct story *s, struct json_inner *inner, size_t row,
                      enum err e)
{
    struct inner_run run;
    struct str more = STR("\"");

    CHECK_INT(e, cases[row].err);
    CHECK_EQ(buf_str(&s->b), str_of(cases[row].want));
    CHECK_INT(inner_pending(inner), cases[row].pending);
    if (e == E_SYNTAX) /* final */
        CHECK_INT(inner_next(inner, &more, &run), E_SYNTAX);
    else if (!cases[row].pending)
        CHECK_INT(s->src, cases[row].in.len);
    buf_free(&s->b);
}

static void check_cut(size_t row, size_t a, size_t b)
{
    struct str in = cases[row].in;
    struct str pieces[] = {str_head(in, a), str_skip(str_head(in, b), a),
                           str_skip(in, b)};
    struct json_inner inner = {0};
    struct story s = {.b = {.max = 4096}};
    enum err e = E_AGAIN;

    for (size_t i = 0; i < ARRAY_LEN(pieces) && e == E_AGAIN; i++)
        e = feed(&inner, &s, pieces[i]);
    check_end(&s, &inner, row, e);
}

static void test_every_split(void)
{
    for (size_t row = 0; row < ARRAY_LEN(cases); row++) {
        CHECK_ROW(cases[row].name);
        for (size_t a = 0; a <= cases[row].in.len; a++)
            for (size_t b = a; b <= cases[row].in.len; b++)
                check_cut(row, a, b);
    }
    CHECK_ROW(NULL);
}

static void test_byte_by_byte(void)
{
    for (size_t row = 0; row < ARRAY_LEN(cases); row++) {
        struct json_inner inner = {0};
        struct story s = {.b = {.max = 4096}};
        enum err e = E_AGAIN;

        CHECK_ROW(cases[row].name);
        for (size_t i = 0; i < cases[row].in.len && e == E_AGAIN; i++)
            e = feed(&inner, &s, (struct str){cases[row].in.ptr + i, 1});
        check_end(&s, &inner, row, e);
    }
    CHECK_ROW(NULL);
}

/* What the header says of single runs. */
static void test_runs(void)
{
    struct json_inner inner = {0};
    struct str in = STR("{\"ab\\ud83d");
    const char *start = in.ptr;
    struct inner_run run;

    CHECK_INT(inner_next(&inner, &in, &run), OK);
    CHECK_INT(run.kind, INNER_STRUCTURE);
    CHECK_INT(run.src_len, 2);
    CHECK_INT(inner_next(&inner, &in, &run), OK);
    CHECK_INT(run.kind, INNER_TEXT);
    CHECK(run.text.ptr == start + 2); /* borrowed from the input */
    CHECK_INT(run.src_len, 2);
    CHECK_INT(inner_next(&inner, &in, &run), E_AGAIN);
    CHECK(inner_pending(&inner));
    in = STR("\\ude00\"");
    CHECK_INT(inner_next(&inner, &in, &run), OK);
    CHECK_INT(run.src_len, 12); /* with the bytes of the piece before */
    CHECK_STR(run.text, "\xf0\x9f\x98\x80");
    CHECK(!inner_pending(&inner));
    CHECK_INT(inner_next(&inner, &in, &run), OK);
    CHECK_INT(run.kind, INNER_STRING_END);
    CHECK_INT(run.src_len, 1);
    CHECK_INT(inner_next(&inner, &in, &run), E_AGAIN);
}

int main(void)
{
    RUN(test_every_split);
    RUN(test_byte_by_byte);
    RUN(test_runs);
    return check_done();
}
