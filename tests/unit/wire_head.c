/* Heads: what is read, what is refused, and what edits leave. */
#include "check.h"

#include <stdio.h>
#include <stdlib.h>

#include "failmalloc.h"
#include "wire/head.h"

struct outcome {
    enum err e;
    bool severe;
    size_t taken;
};

/* Feed `in` in pieces that end at `cut`, or of `step` bytes; keep nothing. */
static struct outcome read_cut(struct http_head *h, struct str in, size_t cut,
                               size_t step)
{
    struct outcome o = {E_AGAIN, false, 0};
    size_t at = 0;

    while (o.e == E_AGAIN && at < in.len) {
        size_t end = step > 0 ? at + step : at < cut ? cut : in.len;
        char *copy;
        struct str part;

        if (end > in.len)
            end = in.len;
        copy = malloc(end - at + 1);
        if (copy == NULL)
            abort();
        memcpy(copy, in.ptr + at, end - at);
        part = (struct str){copy, end - at};
        o.e = http_head_feed(h, &part);
        at = end - part.len;
        free(copy);
    }
    o.severe = h->severe;
    o.taken = o.e == OK ? at : 0;
    return o;
}

static struct http_head head, other;

/* Every cut gives the same outcome and the same head. */
static struct outcome read_every(enum http_kind kind, struct str in)
{
    struct outcome want, got;

    http_head_init(&head, kind);
    want = read_cut(&head, in, in.len, 0);
    for (size_t cut = 0; cut <= in.len; cut++) {
        http_head_init(&other, kind);
        got = read_cut(&other, in, cut, cut == 0);
        CHECK_INT(got.e, want.e);
        CHECK_INT(got.severe, want.severe);
        CHECK_INT(got.taken, want.taken);
        if (want.e == OK) {
            CHECK_EQ(buf_str(&other.raw), buf_str(&head.raw));
            CHECK_INT(other.field_count, head.field_count);
        } else if (want.e != E_AGAIN) {
            struct str none = {NULL, 0};

            CHECK(other.why != NULL && head.why != NULL);
            CHECK_EQ(str_of(other.why), str_of(head.why));
            CHECK_INT(http_head_feed(&other, &none), want.e);
        }
        http_head_free(&other);
    }
    return want;
}

#define REQ "GET / HTTP/1.1\r\n"
#define RES "HTTP/1.1 200 OK\r\n"
#define H32 "abcdefghijklmnopqrstuvwxyzabcdef"

struct verdict_case {
    const char *name;
    enum http_kind kind;
    struct str in;
    enum err e;
    bool severe;
};

static const struct verdict_case verdicts[] = {
    {"plain", HTTP_REQUEST, STR_INIT(REQ "Host: a\r\n\r\n"), OK, false},
    {"no fields", HTTP_REQUEST, STR_INIT(REQ "\r\n"), OK, false},
    {"1.0", HTTP_REQUEST, STR_INIT("GET / HTTP/1.0\r\n\r\n"), OK, false},
    {"empty line first", HTTP_REQUEST, STR_INIT("\r\n" REQ "\r\n"), OK, false},
    {"two empty lines", HTTP_REQUEST, STR_INIT("\r\n\r\n" REQ "\r\n"), E_SYNTAX,
     false},
    {"bare LF first", HTTP_REQUEST, STR_INIT("\n" REQ "\r\n"), E_AMBIGUOUS,
     false},
    {"bare CR first", HTTP_REQUEST, STR_INIT("\rGET"), E_SYNTAX, true},
    {"empty line before a response", HTTP_RESPONSE, STR_INIT("\r\n" RES "\r\n"),
     E_SYNTAX, false},
    {"bare LF in the start line", HTTP_REQUEST,
     STR_INIT("GET / HTTP/1.1\n\r\n"), E_AMBIGUOUS, false},
    {"bare LF in a field", HTTP_REQUEST, STR_INIT(REQ "A: b\n\r\n"),
     E_AMBIGUOUS, false},
    {"bare LF as the end", HTTP_REQUEST, STR_INIT(REQ "A: b\r\n\n"),
     E_AMBIGUOUS, false},
    {"bare CR in a value", HTTP_REQUEST, STR_INIT(REQ "A: b\rc\r\n\r\n"),
     E_SYNTAX, true},
    {"two CRs", HTTP_REQUEST, STR_INIT(REQ "A: b\r\r\n\r\n"), E_SYNTAX, true},
    {"bare CR in the method", HTTP_REQUEST, STR_INIT("GE\rT / HTTP/1.1\r\n"),
     E_SYNTAX, true},
    {"NUL in a value", HTTP_REQUEST, STR_INIT(REQ "A: b\0\r\n\r\n"), E_SYNTAX,
     true},
    {"NUL in the target", HTTP_REQUEST, STR_INIT("GET /\0 HTTP/1.1\r\n\r\n"),
     E_SYNTAX, true},
    {"control byte in a value", HTTP_REQUEST, STR_INIT(REQ "A: b\x01\r\n\r\n"),
     E_SYNTAX, true},
    {"DEL in a value", HTTP_REQUEST,
     STR_INIT(REQ "A: longer value\x7f\r\n\r\n"), E_SYNTAX, true},
    {"HTAB and high bytes in a value", HTTP_REQUEST,
     STR_INIT(REQ "A: \tb\tc\x80\xff\r\n\r\n"), OK, false},
    {"space before the first field", HTTP_REQUEST,
     STR_INIT(REQ " A: b\r\n\r\n"), E_SYNTAX, false},
    {"folding", HTTP_REQUEST, STR_INIT(REQ "A: b\r\n c\r\n\r\n"), E_SYNTAX,
     false},
    {"folding by HTAB in a response", HTTP_RESPONSE,
     STR_INIT(RES "A: b\r\n\tc\r\n\r\n"), E_SYNTAX, false},
    {"space before the colon", HTTP_REQUEST, STR_INIT(REQ "A : b\r\n\r\n"),
     E_SYNTAX, false},
    {"space in a name", HTTP_REQUEST, STR_INIT(REQ "A b: c\r\n\r\n"), E_SYNTAX,
     false},
    {"empty name", HTTP_REQUEST, STR_INIT(REQ ": b\r\n\r\n"), E_SYNTAX, false},
    {"no colon", HTTP_REQUEST, STR_INIT(REQ "Ab\r\n\r\n"), E_SYNTAX, false},
    {"high byte in a name", HTTP_REQUEST, STR_INIT(REQ "A\xc3: b\r\n\r\n"),
     E_SYNTAX, false},
    {"quote in a name", HTTP_REQUEST, STR_INIT(REQ "\"A\": b\r\n\r\n"),
     E_SYNTAX, false},
    {"every tchar in a name", HTTP_REQUEST,
     STR_INIT(REQ "!#$%&'*+-.^_`|~09azAZ: b\r\n\r\n"), OK, false},
    {"two spaces before the target", HTTP_REQUEST,
     STR_INIT("GET  / HTTP/1.1\r\n\r\n"), E_SYNTAX, false},
    {"two spaces before the version", HTTP_REQUEST,
     STR_INIT("GET /  HTTP/1.1\r\n\r\n"), E_SYNTAX, false},
    {"space behind the version", HTTP_REQUEST,
     STR_INIT("GET / HTTP/1.1 \r\n\r\n"), E_SYNTAX, false},
    {"space first", HTTP_REQUEST, STR_INIT(" GET / HTTP/1.1\r\n\r\n"), E_SYNTAX,
     false},
    {"HTAB for a space", HTTP_REQUEST, STR_INIT("GET\t/ HTTP/1.1\r\n\r\n"),
     E_SYNTAX, true},
    {"HTAB in the target", HTTP_REQUEST, STR_INIT("GET /\ta HTTP/1.1\r\n\r\n"),
     E_AMBIGUOUS, false},
    {"space in the target", HTTP_REQUEST, STR_INIT("GET /a b HTTP/1.1\r\n\r\n"),
     E_SYNTAX, false},
    {"no version", HTTP_REQUEST, STR_INIT("GET /\r\n\r\n"), E_SYNTAX, false},
    {"no target", HTTP_REQUEST, STR_INIT("GET\r\n\r\n"), E_SYNTAX, false},
    {"version 1.2", HTTP_REQUEST, STR_INIT("GET / HTTP/1.2\r\n\r\n"), E_SYNTAX,
     false},
    {"version 2.0", HTTP_REQUEST, STR_INIT("PRI * HTTP/2.0\r\n\r\n"), E_SYNTAX,
     false},
    {"version in lower case", HTTP_REQUEST, STR_INIT("GET / http/1.1\r\n\r\n"),
     E_SYNTAX, false},
    {"version 1.01", HTTP_REQUEST, STR_INIT("GET / HTTP/1.01\r\n\r\n"),
     E_SYNTAX, false},
    {"method is no token", HTTP_REQUEST, STR_INIT("G(T / HTTP/1.1\r\n\r\n"),
     E_SYNTAX, false},
    {"another protocol", HTTP_REQUEST, STR_INIT("\x16\x03\x01"), E_SYNTAX,
     true},
    {"method of 32", HTTP_REQUEST, STR_INIT(H32 " / HTTP/1.1\r\n\r\n"), OK,
     false},
    {"method of 33", HTTP_REQUEST, STR_INIT(H32 "x / HTTP/1.1\r\n\r\n"),
     E_LIMIT, false},
    {"response", HTTP_RESPONSE, STR_INIT(RES "A:b\r\n\r\n"), OK, false},
    {"empty reason", HTTP_RESPONSE, STR_INIT("HTTP/1.1 200 \r\n\r\n"), OK,
     false},
    {"no reason, no space", HTTP_RESPONSE, STR_INIT("HTTP/1.1 200\r\n\r\n"), OK,
     false},
    {"two-digit status", HTTP_RESPONSE, STR_INIT("HTTP/1.1 20 OK\r\n\r\n"),
     E_SYNTAX, false},
    {"four-digit status", HTTP_RESPONSE, STR_INIT("HTTP/1.1 2000 OK\r\n\r\n"),
     E_SYNTAX, false},
    {"status below 100", HTTP_RESPONSE, STR_INIT("HTTP/1.1 099 OK\r\n\r\n"),
     E_SYNTAX, false},
    {"status with a sign", HTTP_RESPONSE, STR_INIT("HTTP/1.1 +20 OK\r\n\r\n"),
     E_SYNTAX, false},
    {"two spaces before the status", HTTP_RESPONSE,
     STR_INIT("HTTP/1.1  200 OK\r\n\r\n"), E_SYNTAX, false},
    {"status line of another protocol", HTTP_RESPONSE,
     STR_INIT("ICY 200 OK\r\n\r\n"), E_SYNTAX, false},
    {"unfinished", HTTP_REQUEST, STR_INIT(REQ "A: b\r\n"), E_AGAIN, false},
};

static void test_verdicts(void)
{
    for (size_t i = 0; i < ARRAY_LEN(verdicts); i++) {
        const struct verdict_case *c = &verdicts[i];
        struct outcome o;

        CHECK_ROW(c->name);
        o = read_every(c->kind, c->in);
        CHECK_INT(o.e, c->e);
        CHECK_INT(o.severe, c->severe);
        http_head_free(&head);
    }
    CHECK_ROW(NULL);
}

static void test_parts(void)
{
    struct str in = STR("POST /v1/x?y HTTP/1.1\r\nHost:a\r\nX:  b c \t\r\n"
                        "x:\r\n_-y: 2\r\n\r\nrest");
    struct str v;

    CHECK_INT(read_every(HTTP_REQUEST, in).taken, in.len - 4);
    CHECK_STR(http_head_str(&head, head.method), "POST");
    CHECK_STR(http_head_str(&head, head.target), "/v1/x?y");
    CHECK_INT(head.minor, 1);
    CHECK_INT(head.field_count, 4);
    CHECK(http_field_get(&head, STR("HOST"), &v));
    CHECK_STR(v, "a");
    CHECK(http_field_get(&head, STR("x"), &v));
    CHECK_STR(v, "b c");
    CHECK_STR(http_head_str(&head, head.fields[2].value), "");
    CHECK_INT(http_field_count(&head, STR("X")), 2);
    CHECK(!http_field_get(&head, STR("--y"), &v));
    CHECK(!http_field_get(&head, STR("Y"), &v));
    http_head_free(&head);

    in = STR("HTTP/1.0 404 Not  Found\r\nA: 1\r\n\r\n");
    CHECK_INT(read_every(HTTP_RESPONSE, in).e, OK);
    CHECK_INT(head.status, 404);
    CHECK_INT(head.minor, 0);
    CHECK_STR(http_head_str(&head, head.reason), "Not  Found");
    http_head_free(&head);
}

/* The empty line before a request is dropped, also on a reused head. */
static void test_reset(void)
{
    struct str in =
        STR("\r\nGET /1 HTTP/1.1\r\n\r\n\r\nGET /2 HTTP/1.1\r\n\r\n");

    http_head_init(&head, HTTP_REQUEST);
    CHECK_INT(http_head_feed(&head, &in), OK);
    CHECK_STR(buf_str(&head.raw), "GET /1 HTTP/1.1\r\n\r\n");
    CHECK_INT(http_head_feed(&head, &in), OK);
    CHECK_INT(in.len, 21);
    http_head_reset(&head);
    CHECK_INT(http_head_feed(&head, &in), OK);
    CHECK_STR(buf_str(&head.raw), "GET /2 HTTP/1.1\r\n\r\n");
    CHECK_INT(in.len, 0);
    http_head_free(&head);
}

static void fill(struct buf *b, size_t n, char c)
{
    while (n-- > 0)
        CHECK_INT(buf_add_byte(b, c), OK);
}

static enum err read_at_once(struct buf *b)
{
    static const size_t steps[] = {1, 1000, 16384, 16385};
    enum err e;

    http_head_init(&head, HTTP_REQUEST);
    e = read_cut(&head, buf_str(b), b->len, 0).e;
    for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
        http_head_init(&other, HTTP_REQUEST);
        CHECK_INT(read_cut(&other, buf_str(b), 0, steps[i]).e, e);
        http_head_free(&other);
    }
    http_head_free(&head);
    buf_clear(b);
    return e;
}

static void test_limits(void)
{
    struct buf b;

    buf_init(&b, MIB);
    for (size_t over = 0; over < 2; over++) { /* one line */
        CHECK_INT(buf_add(&b, STR(REQ "A:")), OK);
        fill(&b, LIM_HEAD_LINE - 4 + over, 'x');
        CHECK_INT(buf_add(&b, STR("\r\n\r\n")), OK);
        CHECK_INT(read_at_once(&b), over ? E_LIMIT : OK);
    }
    for (size_t over = 0; over < 2; over++) { /* the head: 16 + 4 + lines */
        CHECK_INT(buf_add(&b, STR(REQ)), OK);
        for (size_t i = 0; i < 7; i++) {
            CHECK_INT(buf_add(&b, STR("A:")), OK);
            fill(&b, 8188, 'x');
            CHECK_INT(buf_add(&b, STR("\r\n")), OK);
        }
        CHECK_INT(buf_add(&b, STR("A:")), OK);
        fill(&b, LIM_HEAD - b.len - 4 + over, 'x');
        CHECK_INT(buf_add(&b, STR("\r\n\r\n")), OK);
        CHECK_INT(read_at_once(&b), over ? E_LIMIT : OK);
    }
    for (size_t over = 0; over < 2; over++) { /* fields */
        CHECK_INT(buf_add(&b, STR(REQ)), OK);
        for (size_t i = 0; i < LIM_HEAD_FIELDS + over; i++)
            CHECK_INT(buf_add(&b, STR("A:b\r\n")), OK);
        CHECK_INT(buf_add(&b, STR("\r\n")), OK);
        CHECK_INT(read_at_once(&b), over ? E_LIMIT : OK);
    }
    fill(&b, LIM_HEAD_LINE, 'x'); /* no line at all */
    CHECK_INT(read_at_once(&b), E_LIMIT);
    buf_free(&b);
}

struct edit_case {
    const char *name;
    struct str in;
    struct http_field_edit edits[3];
    size_t n;
    struct str want;
    enum err e;
};

static const struct edit_case edits[] = {
    {"none",
     STR_INIT(REQ "A:  b \r\nc:d\r\n\r\n"),
     {{{0}, {0}, 0}},
     0,
     STR_INIT(REQ "A:  b \r\nc:d\r\n\r\n"),
     OK},
    {"in place",
     STR_INIT(REQ "A:  b \r\nc:d\r\n\r\n"),
     {{STR_INIT("a"), STR_INIT("xyz"), false}},
     1,
     STR_INIT(REQ "A:  xyz \r\nc:d\r\n\r\n"),
     OK},
    {"others go",
     STR_INIT(REQ "A: 1\r\nB: 2\r\na: 3\r\nC: 4\r\nA: 5\r\n\r\n"),
     {{STR_INIT("A"), STR_INIT("x"), false}},
     1,
     STR_INIT(REQ "A: x\r\nB: 2\r\nC: 4\r\n\r\n"),
     OK},
    {"new",
     STR_INIT(REQ "\r\n"),
     {{STR_INIT("A"), STR_INIT("x"), false}},
     1,
     STR_INIT(REQ "A: x\r\n\r\n"),
     OK},
    {"empty value",
     STR_INIT(REQ "A:\r\n\r\n"),
     {{STR_INIT("a"), STR_INIT("x"), false}},
     1,
     STR_INIT(REQ "A:x\r\n\r\n"),
     OK},
    {"drop",
     STR_INIT(REQ "A: 1\r\nB: 2\r\na: 3\r\n\r\n"),
     {{STR_INIT("a"), {0}, true}},
     1,
     STR_INIT(REQ "B: 2\r\n\r\n"),
     OK},
    {"drop what is not there",
     STR_INIT(REQ "B: 2\r\n\r\n"),
     {{STR_INIT("a"), {0}, true}},
     1,
     STR_INIT(REQ "B: 2\r\n\r\n"),
     OK},
    {"several",
     STR_INIT(REQ "A: 1\r\nB: 2\r\nC: 3\r\nB: 4\r\n\r\n"),
     {{STR_INIT("C"), STR_INIT(""), false},
      {STR_INIT("b"), {0}, true},
      {STR_INIT("D"), STR_INIT("9"), false}},
     3,
     STR_INIT(REQ "A: 1\r\nC: \r\nD: 9\r\n\r\n"),
     OK},
    {"a value with CRLF",
     STR_INIT(REQ "\r\n"),
     {{STR_INIT("A"), STR_INIT("x\r\nB: y"), false}},
     1,
     STR_INIT("kept"),
     E_SYNTAX},
    {"a name that is none",
     STR_INIT(REQ "\r\n"),
     {{STR_INIT("A:"), STR_INIT("x"), false}},
     1,
     STR_INIT("kept"),
     E_SYNTAX},
};

static void test_edits(void)
{
    for (size_t i = 0; i < ARRAY_LEN(edits); i++) {
        const struct edit_case *c = &edits[i];
        struct str in = c->in;
        struct buf out;

        CHECK_ROW(c->name);
        http_head_init(&head, HTTP_REQUEST);
        buf_init(&out, 1000);
        CHECK_INT(http_head_feed(&head, &in), OK);
        if (c->e)
            CHECK_INT(buf_add(&out, STR("kept")), OK);
        CHECK_INT(http_head_write(&head, c->edits, c->n, &out), c->e);
        CHECK_EQ(buf_str(&out), c->want);
        if (c->e == OK) {
            size_t short_by_one = out.len - 1;

            buf_free(&out);
            buf_init(&out, short_by_one);
            CHECK_INT(http_head_write(&head, c->edits, c->n, &out), E_LIMIT);
            CHECK_INT(out.len, 0);
        }
        buf_free(&out);
        http_head_free(&head);
    }
    CHECK_ROW(NULL);
}

static void test_lists(void)
{
    struct str in = STR(REQ "Connection: a , Keep-Alive\r\nB: 1\r\n"
                            "connection: upgrade;x=1,\r\n\r\n");

    CHECK(http_list_has(STR("close"), STR("Close")));
    CHECK(http_list_has(STR("a, b;q=0 ,c"), STR("b")));
    CHECK(!http_list_has(STR("ab, bc"), STR("b")));
    CHECK(!http_list_has(STR(""), STR("b")));
    CHECK(!http_list_has((struct str){NULL, 0}, STR("b")));
    http_head_init(&head, HTTP_REQUEST);
    CHECK_INT(http_head_feed(&head, &in), OK);
    CHECK(http_fields_have(&head, STR("Connection"), STR("keep-alive")));
    CHECK(http_fields_have(&head, STR("Connection"), STR("upgrade")));
    CHECK(!http_fields_have(&head, STR("Connection"), STR("close")));
    http_head_free(&head);
}

static void test_accept_encoding(void)
{
    static const struct {
        struct str in, want;
    } cases[] = {
        {STR_INIT("gzip"), STR_INIT("gzip")},
        {STR_INIT("gzip,deflate ,\tx-gzip"),
         STR_INIT("gzip,deflate ,\tx-gzip")},
        {STR_INIT("gzip, deflate, br, zstd"), STR_INIT("gzip, deflate")},
        {STR_INIT("br;q=1.0, GZIP;q=0.8, *;q=0.1"), STR_INIT("GZIP;q=0.8")},
        {STR_INIT("br"), STR_INIT("identity")},
        {STR_INIT("*"), STR_INIT("identity")},
        {STR_INIT(""), STR_INIT("identity")},
        {STR_INIT("identity"), STR_INIT("identity")},
        {STR_INIT("gzip;q=0, br"), STR_INIT("identity")},
        {STR_INIT("gzip ; q=0.000"), STR_INIT("identity")},
        {STR_INIT("gzip;q=0.001,zz"), STR_INIT("gzip;q=0.001")},
        {STR_INIT("gzipx, ygzip"), STR_INIT("identity")},
    };
    struct buf out;

    buf_init(&out, 100);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CHECK_ROW(cases[i].in.ptr);
        buf_clear(&out);
        CHECK_INT(http_accept_encoding_narrow(cases[i].in, &out), OK);
        CHECK_EQ(buf_str(&out), cases[i].want);
    }
    CHECK_ROW(NULL);
    buf_free(&out);
}

static void test_no_memory(void)
{
    for (size_t n = 1;; n++) {
        struct str in = verdicts[0].in;
        enum err e;

        http_head_init(&head, HTTP_REQUEST);
        failmalloc_at(n, FAIL_ONE);
        e = http_head_feed(&head, &in);
        if (!failmalloc_off()) {
            CHECK_INT(e, OK);
            http_head_free(&head);
            break;
        }
        CHECK_INT(e, E_NOMEM);
        http_head_free(&head);
    }
}

int main(void)
{
    RUN(test_verdicts);
    RUN(test_parts);
    RUN(test_reset);
    RUN(test_limits);
    RUN(test_edits);
    RUN(test_lists);
    RUN(test_accept_encoding);
    RUN(test_no_memory);
    return check_done();
}
