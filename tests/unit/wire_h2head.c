/* Header sections of HTTP/2 as heads of HTTP/1.1, and back. */

#include <stdlib.h>

#include "check.h"
#include "failmalloc.h"
#include "wire/h2head.h"

struct row {
    const char *name;
    enum h2_kind kind;
    const char *fields[12]; /* name, value, ... */
    enum err add, write;
    const char *head; /* what is written; NULL: an error */
    bool chunked;
};

#define REQUEST(path) ":method", "POST", ":scheme", "https", ":path", path

static const struct row rows[] = {
    {"a request",
     H2_REQUEST,
     {REQUEST("/v1?a=b"), ":authority", "llm.test:8443", "accept", "a, b",
      "cookie", "c=1"},
     OK,
     OK,
     "POST /v1?a=b HTTP/1.1\r\nhost: llm.test:8443\r\naccept: a, b\r\n"
     "cookie: c=1\r\n\r\n",
     false},
    {"in chunks",
     H2_REQUEST,
     {REQUEST("/"), ":authority", "h", "te", "trailers"},
     OK,
     OK,
     "POST / HTTP/1.1\r\nhost: h\r\nte: trailers\r\n"
     "transfer-encoding: chunked\r\n\r\n",
     true},
    {"a Host in place of the authority",
     H2_REQUEST,
     {REQUEST("/"), "host", "h"},
     OK,
     OK,
     "POST / HTTP/1.1\r\nhost: h\r\n\r\n",
     false},
    {"a Host that says the same",
     H2_REQUEST,
     {REQUEST("/"), ":authority", "LLM.test", "host", "llm.TEST"},
     OK,
     OK,
     "POST / HTTP/1.1\r\nhost: LLM.test\r\n\r\n",
     false},
    {"a Host that says another",
     H2_REQUEST,
     {REQUEST("/"), ":authority", "a", "host", "b"},
     OK,
     OK,
     "POST / HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n",
     false},
    {"CONNECT",
     H2_REQUEST,
     {":method", "CONNECT", ":authority", "a:443"},
     OK,
     OK,
     "CONNECT a:443 HTTP/1.1\r\nhost: a:443\r\n\r\n",
     false},
    {"a response",
     H2_RESPONSE,
     {":status", "200", "content-length", "5", "x-empty", ""},
     OK,
     OK,
     "HTTP/1.1 200 \r\ncontent-length: 5\r\nx-empty: \r\n\r\n",
     false},

    {"CR in a value",
     H2_REQUEST,
     {REQUEST("/"), "a", "b\rc"},
     E_SYNTAX,
     OK,
     NULL,
     false},
    {"LF in a value",
     H2_RESPONSE,
     {":status", "200", "a", "b\nc: d"},
     E_SYNTAX,
     OK,
     NULL,
     false},
    {"another control byte",
     H2_RESPONSE,
     {":status", "200", "a", "\x7f"},
     E_SYNTAX,
     OK,
     NULL,
     false},
    {"LF in a pseudo-header",
     H2_REQUEST,
     {":path", "/\nx: y"},
     E_SYNTAX,
     OK,
     NULL,
     false},
    {"a capital letter in a name",
     H2_REQUEST,
     {REQUEST("/"), "Host", "h"},
     E_SYNTAX,
     OK,
     NULL,
     false},
    {"a colon in a name",
     H2_REQUEST,
     {REQUEST("/"), "a:b", "c"},
     E_SYNTAX,
     OK,
     NULL,
     false},
    {"no name", H2_REQUEST, {REQUEST("/"), "", "c"}, E_SYNTAX, OK, NULL, false},
    {"the same pseudo-header twice",
     H2_REQUEST,
     {":path", "/a", ":path", "/b"},
     E_SYNTAX,
     OK,
     NULL,
     false},
    {"an unknown pseudo-header",
     H2_REQUEST,
     {":protocol", "websocket"},
     E_SYNTAX,
     OK,
     NULL,
     false},
    {"a status in a request",
     H2_REQUEST,
     {":status", "200"},
     E_SYNTAX,
     OK,
     NULL,
     false},
    {"a method in a response",
     H2_RESPONSE,
     {":method", "GET"},
     E_SYNTAX,
     OK,
     NULL,
     false},
    {"a pseudo-header in trailers",
     H2_TRAILERS,
     {":path", "/"},
     E_SYNTAX,
     OK,
     NULL,
     false},

    {"a space in the path",
     H2_REQUEST,
     {REQUEST("/ HTTP/1.1")},
     OK,
     E_SYNTAX,
     NULL,
     false},
    {"no path", H2_REQUEST, {":method", "GET"}, OK, E_SYNTAX, NULL, false},
    {"no method", H2_REQUEST, {":path", "/"}, OK, E_SYNTAX, NULL, false},
    {"a method with a space",
     H2_REQUEST,
     {":method", "GET /x", ":path", "/"},
     OK,
     E_SYNTAX,
     NULL,
     false},
    {"no status", H2_RESPONSE, {"a", "b"}, OK, E_SYNTAX, NULL, false},
    {"a status of two digits",
     H2_RESPONSE,
     {":status", "20"},
     OK,
     E_SYNTAX,
     NULL,
     false},
    {"a status with a letter",
     H2_RESPONSE,
     {":status", "2x0"},
     OK,
     E_SYNTAX,
     NULL,
     false},
};

static enum err add_all(struct h2head *h, const struct row *row)
{
    enum err e = OK;

    for (size_t i = 0; !e && i + 1 < ARRAY_LEN(row->fields); i += 2)
        if (row->fields[i] != NULL)
            e = h2head_add(h, str_of(row->fields[i]),
                           str_of(row->fields[i + 1]));
    return e;
}

static void test_rows(void)
{
    struct h2head h;
    struct buf out;

    h2head_init(&h, H2_REQUEST);
    buf_init(&out, LIM_HEAD);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CHECK_ROW(rows[i].name);
        h2head_reset(&h, rows[i].kind);
        buf_clear(&out);
        CHECK_INT(add_all(&h, &rows[i]), rows[i].add);
        if (rows[i].add)
            continue;
        CHECK_INT(h2head_write(&h, rows[i].chunked, &out), rows[i].write);
        if (rows[i].head != NULL)
            CHECK_EQ(buf_str(&out), str_of(rows[i].head));
    }
    CHECK_ROW(NULL);
    h2head_free(&h);
    buf_free(&out);
}

static void test_nul(void)
{
    struct h2head h;

    h2head_init(&h, H2_RESPONSE);
    CHECK_INT(h2head_add(&h, STR("a"), STR("b\0c")), E_SYNTAX);
    CHECK_INT(h2head_add(&h, STR("a\0"), STR("b")), E_SYNTAX);
    CHECK_INT(h2head_add(&h, STR("a"), STR("\tb\x80\xff")), OK);
    h2head_free(&h);
}

static void test_limits(void)
{
    struct h2head h;
    enum err e = OK;
    size_t n;

    h2head_init(&h, H2_REQUEST);
    for (n = 0; !e; n++)
        e = h2head_add(&h, STR("a"), STR("b"));
    CHECK_INT(e, E_LIMIT);
    CHECK_INT(n, 2 * LIM_HEAD_FIELDS + 1);
    h2head_reset(&h, H2_REQUEST);
    for (n = 0, e = OK; !e && n < 300; n++)
        e = h2head_add(&h, STR("a"),
                       (struct str){(char[1024]){[0 ... 1023] = 'x'}, 1024});
    CHECK_INT(e, E_LIMIT);
    CHECK(n > 100);
    h2head_free(&h);
}

/* The fields as lines, to compare. */
static void check_back(const char *text, enum http_kind kind,
                       struct h2_origin from, const char *want)
{
    static nghttp2_nv list[H2_FIELDS];
    struct http_head h;
    struct str in = str_of(text);
    struct buf got;
    size_t n;

    http_head_init(&h, kind);
    buf_init(&got, LIM_HEAD);
    CHECK_INT(http_head_feed(&h, &in), OK);
    n = h2head_back(&h, &from, list);
    for (size_t i = 0; i < n; i++) {
        struct str name = {(char *)list[i].name, list[i].namelen};
        struct str value = {(char *)list[i].value, list[i].valuelen};

        if (buf_add(&got, name) || buf_add(&got, STR("=")) ||
            buf_add(&got, value) || buf_add(&got, STR("\n")))
            abort();
    }
    CHECK_EQ(buf_str(&got), str_of(want));
    http_head_free(&h);
    buf_free(&got);
}

#define ASK "POST /a HTTP/1.1\r\nHost: h\r\n"

static void test_back(void)
{
    struct h2_origin https = {.scheme = STR("https")};
    struct h2_origin alone = {.scheme = STR("http"), .host_alone = true};
    struct h2_origin twice = {.scheme = STR("https"), .host_too = true};

    check_back(ASK "Accept-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n"
                   "Connection: x\r\nKeep-Alive: y\r\nUpgrade: z\r\n"
                   "Proxy-Connection: q\r\nx-y: Z\r\n\r\n",
               HTTP_REQUEST, https,
               ":method=POST\n:scheme=https\n:authority=h\n:path=/a\n"
               "accept-encoding=gzip\nx-y=Z\n");
    check_back(ASK "\r\n", HTTP_REQUEST, alone,
               ":method=POST\n:scheme=http\n:path=/a\nhost=h\n");
    check_back(ASK "\r\n", HTTP_REQUEST, twice,
               ":method=POST\n:scheme=https\n:authority=h\n:path=/a\n"
               "host=h\n");
    check_back("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n",
               HTTP_RESPONSE, (struct h2_origin){.scheme = STR("")},
               ":status=403\ncontent-length=0\n");
}

static void test_trailers(void)
{
    nghttp2_nv list[H2_FIELDS];
    struct buf lines;

    buf_init(&lines, 1024);
    CHECK_INT(h2head_trailers(&lines, list), 0);
    CHECK_INT(buf_add(&lines, STR("X-Sum: 7 \r\nGrpc-Status:0\r\n")), OK);
    CHECK_INT(h2head_trailers(&lines, list), 2);
    CHECK_EQ(((struct str){(char *)list[0].name, list[0].namelen}),
             STR("x-sum"));
    CHECK_EQ(((struct str){(char *)list[0].value, list[0].valuelen}), STR("7"));
    CHECK_EQ(((struct str){(char *)list[1].name, list[1].namelen}),
             STR("grpc-status"));
    buf_free(&lines);
}

static void test_nth_allocation(void)
{
    bool failed = true;

    for (size_t n = 1; failed; n++) {
        struct h2head h;
        struct buf out;
        enum err e;

        h2head_init(&h, H2_REQUEST);
        buf_init(&out, LIM_HEAD);
        failmalloc_at(n, FAIL_ONE);
        e = add_all(&h, &rows[0]);
        if (!e)
            e = h2head_write(&h, false, &out);
        failed = failmalloc_off();
        CHECK_INT(e, failed ? E_NOMEM : OK);
        h2head_free(&h);
        buf_free(&out);
    }
}

int main(void)
{
    RUN(test_rows);
    RUN(test_nul);
    RUN(test_limits);
    RUN(test_back);
    RUN(test_trailers);
    RUN(test_nth_allocation);
    return check_done();
}
