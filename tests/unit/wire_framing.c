/* Where messages end, and what is refused because that is not clear. */
#include "check.h"

#include "wire/framing.h"

static struct http_head head;

#define H    "Host: a\r\n"
#define POST "POST / HTTP/1.1\r\n" H

struct request_case {
    const char *name;
    struct str in;
    enum err e;
    bool severe;
    enum framing framing;
    uint64_t length;
};

#define GOOD(f, n)     OK, false, f, n
#define BAD(e, severe) e, severe, FRAMING_NONE, 0
#define CHUNKED_FIELD  "Transfer-Encoding: chunked\r\n"
#define LENGTH_FIELD   "Content-Length: 5\r\n"

static const struct request_case requests[] = {
    {"no body", STR_INIT(POST "\r\n"), GOOD(FRAMING_NONE, 0)},
    {"length", STR_INIT(POST LENGTH_FIELD "\r\n"), GOOD(FRAMING_LENGTH, 5)},
    {"length 0", STR_INIT(POST "content-length:0\r\n\r\n"),
     GOOD(FRAMING_LENGTH, 0)},
    {"length with zeros", STR_INIT(POST "Content-Length: 007 \r\n\r\n"),
     GOOD(FRAMING_LENGTH, 7)},
    {"greatest length",
     STR_INIT(POST "Content-Length: 18446744073709551615\r\n\r\n"),
     GOOD(FRAMING_LENGTH, UINT64_MAX)},
    {"length over 64 bits",
     STR_INIT(POST "Content-Length: 18446744073709551616\r\n\r\n"),
     BAD(E_SYNTAX, true)},
    {"chunked", STR_INIT(POST CHUNKED_FIELD "\r\n"), GOOD(FRAMING_CHUNKED, 0)},
    {"chunked in capitals", STR_INIT(POST "TRANSFER-ENCODING:CHUNKED\r\n\r\n"),
     GOOD(FRAMING_CHUNKED, 0)},
    {"chunked and length", STR_INIT(POST CHUNKED_FIELD LENGTH_FIELD "\r\n"),
     BAD(E_AMBIGUOUS, true)},
    {"length and chunked", STR_INIT(POST LENGTH_FIELD CHUNKED_FIELD "\r\n"),
     BAD(E_AMBIGUOUS, true)},
    {"unknown coding and length",
     STR_INIT(POST LENGTH_FIELD "Transfer-Encoding: x\r\n\r\n"),
     BAD(E_AMBIGUOUS, true)},
    {"chunked twice", STR_INIT(POST CHUNKED_FIELD CHUNKED_FIELD "\r\n"),
     BAD(E_AMBIGUOUS, true)},
    {"length twice", STR_INIT(POST LENGTH_FIELD LENGTH_FIELD "\r\n"),
     BAD(E_AMBIGUOUS, true)},
    {"chunked in 1.0", STR_INIT("POST / HTTP/1.0\r\n" CHUNKED_FIELD "\r\n"),
     BAD(E_AMBIGUOUS, false)},
#define TE(v)                                                                  \
    {                                                                          \
        "TE " v, STR_INIT(POST "Transfer-Encoding: " v "\r\n\r\n"),            \
            BAD(E_AMBIGUOUS, true)                                             \
    }
    TE("identity"),
    TE(""),
    TE("chunked, chunked"),
    TE("chunked,"),
    TE(",chunked"),
    TE("gzip, chunked"),
    TE("chunked, gzip"),
    TE("x-chunked"),
    TE("xchunked"),
    TE("\"chunked\""),
    TE("chunked;a=b"),
    TE("chun ked"),
    TE("chunked\xa0"),
#undef TE
#define CL(v, e)                                                               \
    {                                                                          \
        "CL " v, STR_INIT(POST "Content-Length: " v "\r\n\r\n"), BAD(e, true)  \
    }
    CL("", E_SYNTAX),
    CL("+5", E_SYNTAX),
    CL("-5", E_SYNTAX),
    CL("0x5", E_SYNTAX),
    CL("5_0", E_SYNTAX),
    CL("5 0", E_SYNTAX),
    CL("5.0", E_SYNTAX),
    CL("5a", E_SYNTAX),
    CL("\"5\"", E_SYNTAX),
    CL("5\xa0", E_SYNTAX),
    CL("5, 5", E_AMBIGUOUS),
    CL("5,6", E_AMBIGUOUS),
    CL("5,", E_AMBIGUOUS),
#undef CL
#define LIKE(n)                                                                \
    {                                                                          \
        "like " n, STR_INIT(POST n ": 5\r\n\r\n"), BAD(E_AMBIGUOUS, true)      \
    }
    LIKE("Content_Length"),
    LIKE("Transfer_Encoding"),
    LIKE("Transfer--Encoding"),
    LIKE("ContentLength"),
    LIKE("Content-Length'"),
    LIKE(".transfer-encoding"),
#undef LIKE
    {"another name", STR_INIT(POST "X-Content-Length: 5\r\n\r\n"),
     GOOD(FRAMING_NONE, 0)},
    {"GET with a body", STR_INIT("GET / HTTP/1.1\r\n" H LENGTH_FIELD "\r\n"),
     BAD(E_AMBIGUOUS, false)},
    {"GET with length 0",
     STR_INIT("GET / HTTP/1.1\r\n" H "Content-Length: 0\r\n\r\n"),
     GOOD(FRAMING_LENGTH, 0)},
    {"HEAD with chunks", STR_INIT("HEAD / HTTP/1.1\r\n" H CHUNKED_FIELD "\r\n"),
     BAD(E_AMBIGUOUS, false)},
    {"DELETE with a body",
     STR_INIT("DELETE / HTTP/1.1\r\n" H LENGTH_FIELD "\r\n"),
     GOOD(FRAMING_LENGTH, 5)},
    {"no Host", STR_INIT("GET / HTTP/1.1\r\n\r\n"), BAD(E_SYNTAX, false)},
    {"no Host in 1.0", STR_INIT("GET / HTTP/1.0\r\n\r\n"),
     GOOD(FRAMING_NONE, 0)},
    {"two Hosts", STR_INIT("GET / HTTP/1.1\r\n" H "hOST: a\r\n\r\n"),
     BAD(E_AMBIGUOUS, true)},
    {"two Hosts in 1.0", STR_INIT("GET / HTTP/1.0\r\n" H H "\r\n"),
     BAD(E_AMBIGUOUS, true)},
    {"empty Host", STR_INIT("GET / HTTP/1.1\r\nHost:\r\n\r\n"),
     GOOD(FRAMING_NONE, 0)},
#define HOST(v)                                                                \
    {                                                                          \
        "Host " v, STR_INIT("GET / HTTP/1.1\r\nHost: " v "\r\n\r\n"),          \
            BAD(E_SYNTAX, true)                                                \
    }
    HOST("a b"),
    HOST("a,b"),
    HOST("a@b"),
    HOST("a/b"),
    HOST("a:x"),
    HOST("a:70000"),
    HOST("a:1:2"),
    HOST("a\xe9"),
    HOST("[::1"),
    HOST("[::1]x"),
    HOST("[x]"),
#undef HOST
    {"absolute form", STR_INIT("GET http://b:8/ HTTP/1.1\r\n" H "\r\n"),
     GOOD(FRAMING_NONE, 0)},
    {"absolute form with userinfo",
     STR_INIT("GET http://u@b/ HTTP/1.1\r\n" H "\r\n"), BAD(E_SYNTAX, false)},
    {"no form", STR_INIT("GET ! HTTP/1.1\r\n" H "\r\n"), BAD(E_SYNTAX, false)},
    {"no form, with a colon", STR_INIT("GET 1://b HTTP/1.1\r\n" H "\r\n"),
     BAD(E_SYNTAX, false)},
    {"asterisk", STR_INIT("OPTIONS * HTTP/1.1\r\n" H "\r\n"),
     GOOD(FRAMING_NONE, 0)},
    {"asterisk with GET", STR_INIT("GET * HTTP/1.1\r\n" H "\r\n"),
     BAD(E_SYNTAX, false)},
    {"CONNECT", STR_INIT("CONNECT b:443 HTTP/1.1\r\n" H "\r\n"),
     GOOD(FRAMING_NONE, 0)},
    {"CONNECT without port", STR_INIT("CONNECT b HTTP/1.1\r\n" H "\r\n"),
     BAD(E_SYNTAX, false)},
    {"CONNECT to a path", STR_INIT("CONNECT /b HTTP/1.1\r\n" H "\r\n"),
     BAD(E_SYNTAX, false)},
};

static bool read_head(enum http_kind kind, struct str in)
{
    http_head_init(&head, kind);
    return CHECK_INT(http_head_feed(&head, &in), OK);
}

static void test_requests(void)
{
    for (size_t i = 0; i < ARRAY_LEN(requests); i++) {
        const struct request_case *c = &requests[i];
        struct http_message m = {0};

        CHECK_ROW(c->name);
        if (read_head(HTTP_REQUEST, c->in)) {
            CHECK_INT(http_request_framing(&head, &m), c->e);
            CHECK_INT(m.framing, c->framing);
            CHECK(m.length == c->length);
            CHECK_INT(head.severe, c->severe);
            CHECK((head.why != NULL) == (c->e != OK));
        }
        http_head_free(&head);
    }
    CHECK_ROW(NULL);
}

struct option_case {
    const char *name;
    struct str in;
    bool keep_alive, expect, upgrade;
};

static const struct option_case options[] = {
    {"1.1", STR_INIT(POST "\r\n"), true, false, false},
    {"1.1 close", STR_INIT(POST "Connection: x, Close\r\n\r\n"), false, false,
     false},
    {"1.0", STR_INIT("POST / HTTP/1.0\r\n\r\n"), false, false, false},
    {"1.0 keep-alive",
     STR_INIT("POST / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"), true, false,
     false},
    {"both",
     STR_INIT(POST "Connection: keep-alive\r\nConnection: close\r\n"
                   "\r\n"),
     false, false, false},
    {"expect", STR_INIT(POST "Expect: 100-Continue\r\n\r\n"), true, true,
     false},
    {"expect in 1.0",
     STR_INIT("POST / HTTP/1.0\r\nExpect: 100-continue\r\n\r\n"), false, false,
     false},
    {"other expectation", STR_INIT(POST "Expect: 200-ok\r\n\r\n"), true, false,
     false},
    {"upgrade", STR_INIT(POST "Connection: Upgrade\r\nUpgrade: x\r\n\r\n"),
     true, false, true},
    {"upgrade not listed", STR_INIT(POST "Upgrade: x\r\n\r\n"), true, false,
     false},
    {"upgrade listed alone", STR_INIT(POST "Connection: upgrade\r\n\r\n"), true,
     false, false},
};

static void test_options(void)
{
    for (size_t i = 0; i < ARRAY_LEN(options); i++) {
        struct http_message m = {0};

        CHECK_ROW(options[i].name);
        if (read_head(HTTP_REQUEST, options[i].in)) {
            CHECK_INT(http_request_framing(&head, &m), OK);
            CHECK_INT(m.keep_alive, options[i].keep_alive);
            CHECK_INT(m.expect_continue, options[i].expect);
            CHECK_INT(m.upgrade, options[i].upgrade);
        }
        http_head_free(&head);
    }
    CHECK_ROW(NULL);
}

struct response_case {
    const char *name;
    struct str in;
    struct http_asked asked;
    enum err e;
    enum framing framing;
    bool keep_alive, upgrade;
};

#define R(code) "HTTP/1.1 " code " x\r\n"
#define ASK_HEAD                                                               \
    {                                                                          \
        true, false, false                                                     \
    }
#define ASK_CON                                                                \
    {                                                                          \
        false, true, false                                                     \
    }
#define ASK_UP                                                                 \
    {                                                                          \
        false, false, true                                                     \
    }
#define ASK                                                                    \
    {                                                                          \
        false, false, false                                                    \
    }

static const struct response_case responses[] = {
    {"close", STR_INIT(R("200") "\r\n"), ASK, OK, FRAMING_CLOSE, false, false},
    {"length", STR_INIT(R("200") LENGTH_FIELD "\r\n"), ASK, OK, FRAMING_LENGTH,
     true, false},
    {"chunked", STR_INIT(R("200") CHUNKED_FIELD "\r\n"), ASK, OK,
     FRAMING_CHUNKED, true, false},
    {"both", STR_INIT(R("200") CHUNKED_FIELD LENGTH_FIELD "\r\n"), ASK,
     E_AMBIGUOUS, FRAMING_NONE, false, false},
    {"two lengths", STR_INIT(R("200") LENGTH_FIELD LENGTH_FIELD "\r\n"), ASK,
     E_AMBIGUOUS, FRAMING_NONE, false, false},
    {"coding not chunked", STR_INIT(R("200") "Transfer-Encoding: gzip\r\n\r\n"),
     ASK, E_AMBIGUOUS, FRAMING_NONE, false, false},
    {"coding in 1.0", STR_INIT("HTTP/1.0 200 x\r\n" CHUNKED_FIELD "\r\n"), ASK,
     E_AMBIGUOUS, FRAMING_NONE, false, false},
    {"a name like it", STR_INIT(R("200") "Content_Length: 1\r\n\r\n"), ASK,
     E_AMBIGUOUS, FRAMING_NONE, false, false},
    {"HEAD", STR_INIT(R("200") LENGTH_FIELD "\r\n"), ASK_HEAD, OK, FRAMING_NONE,
     true, false},
    {"HEAD chunked", STR_INIT(R("200") CHUNKED_FIELD "\r\n"), ASK_HEAD, OK,
     FRAMING_NONE, true, false},
    {"100", STR_INIT(R("100") LENGTH_FIELD "\r\n"), ASK, OK, FRAMING_NONE, true,
     false},
    {"103", STR_INIT(R("103") "\r\n"), ASK, OK, FRAMING_NONE, true, false},
    {"204", STR_INIT(R("204") LENGTH_FIELD "\r\n"), ASK, OK, FRAMING_NONE, true,
     false},
    {"304", STR_INIT(R("304") LENGTH_FIELD "\r\n"), ASK, OK, FRAMING_NONE, true,
     false},
    {"304 close", STR_INIT(R("304") "Connection: close\r\n\r\n"), ASK, OK,
     FRAMING_NONE, false, false},
    {"101", STR_INIT(R("101") "\r\n"), ASK_UP, OK, FRAMING_NONE, true, true},
    {"101 unasked", STR_INIT(R("101") "\r\n"), ASK, E_AMBIGUOUS, FRAMING_NONE,
     false, false},
    {"200 to an upgrade", STR_INIT(R("200") LENGTH_FIELD "\r\n"), ASK_UP, OK,
     FRAMING_LENGTH, true, false},
    {"CONNECT 200", STR_INIT(R("200") LENGTH_FIELD "\r\n"), ASK_CON, OK,
     FRAMING_NONE, true, true},
    {"CONNECT 407", STR_INIT(R("407") LENGTH_FIELD "\r\n"), ASK_CON, OK,
     FRAMING_LENGTH, true, false},
};

static void test_responses(void)
{
    for (size_t i = 0; i < ARRAY_LEN(responses); i++) {
        const struct response_case *c = &responses[i];
        struct http_message m = {0};

        CHECK_ROW(c->name);
        if (read_head(HTTP_RESPONSE, c->in)) {
            CHECK_INT(http_response_framing(&head, c->asked, &m), c->e);
            CHECK_INT(m.framing, c->framing);
            CHECK_INT(m.keep_alive, c->keep_alive);
            CHECK_INT(m.upgrade, c->upgrade);
        }
        http_head_free(&head);
    }
    CHECK_ROW(NULL);
}

static void test_asked(void)
{
    struct http_message m = {.upgrade = true};
    struct http_asked a;

    read_head(HTTP_REQUEST, STR("HEAD / HTTP/1.1\r\n\r\n"));
    a = http_asked_of(&head, &m);
    CHECK(a.head && !a.connect && a.upgrade);
    http_head_free(&head);
    read_head(HTTP_REQUEST, STR("CONNECT a:1 HTTP/1.1\r\n\r\n"));
    a = http_asked_of(&head, &m);
    CHECK(!a.head && a.connect && !a.upgrade);
    http_head_free(&head);
}

static void test_host(void)
{
    static const struct {
        struct str in, want;
    } cases[] = {
        {STR_INIT("GET / HTTP/1.1\r\nHost: A:1\r\n\r\n"), STR_INIT("A:1")},
        {STR_INIT("GET http://b:2?x HTTP/1.1\r\n" H "\r\n"), STR_INIT("b:2")},
        {STR_INIT("CONNECT c:3 HTTP/1.1\r\n" H "\r\n"), STR_INIT("c:3")},
        {STR_INIT("GET /x://y HTTP/1.1\r\n" H "\r\n"), STR_INIT("a")},
    };
    struct str got;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        read_head(HTTP_REQUEST, cases[i].in);
        CHECK(http_request_host(&head, &got));
        CHECK_EQ(got, cases[i].want);
        http_head_free(&head);
    }
    read_head(HTTP_REQUEST, STR("GET / HTTP/1.0\r\n\r\n"));
    CHECK(!http_request_host(&head, &got));
    http_head_free(&head);
}

static void test_host_split(void)
{
    static const struct {
        struct str in, host, port;
    } cases[] = {
        {STR_INIT("a.b"), STR_INIT("a.b"), STR_INIT("")},
        {STR_INIT("a.b.:443"), STR_INIT("a.b"), STR_INIT("443")},
        {STR_INIT("a:"), STR_INIT("a"), STR_INIT("")},
        {STR_INIT("[::1]"), STR_INIT("::1"), STR_INIT("")},
        {STR_INIT("[fe80::1]:0"), STR_INIT("fe80::1"), STR_INIT("0")},
        {STR_INIT("127.0.0.1:65535"), STR_INIT("127.0.0.1"), STR_INIT("65535")},
        {STR_INIT(""), STR_INIT(""), STR_INIT("")},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct str host, port;

        CHECK(http_host_split(cases[i].in, &host, &port));
        CHECK_EQ(host, cases[i].host);
        CHECK_EQ(port, cases[i].port);
    }
}

static void test_route_path(void)
{
    static const struct {
        struct str in, want;
    } cases[] = {
        {STR_INIT("/"), STR_INIT("/")},
        {STR_INIT("/v1/chat/completions"), STR_INIT("/v1/chat/completions")},
        {STR_INIT("/V1/Chat/?a=/../b"), STR_INIT("/v1/chat")},
        {STR_INIT("//v1///chat"), STR_INIT("/v1/chat")},
        {STR_INIT("/./v1/./chat/."), STR_INIT("/v1/chat")},
        {STR_INIT("/x/../v1/y/z/../../chat"), STR_INIT("/v1/chat")},
        {STR_INIT("/../../v1"), STR_INIT("/v1")},
        {STR_INIT("/v1/.."), STR_INIT("/")},
        {STR_INIT("/v1/..."), STR_INIT("/v1/...")},
        {STR_INIT("/%76%31/ch%41t"), STR_INIT("/v1/chat")},
        {STR_INIT("/v1%2Fchat/%2e%2E/x"), STR_INIT("/v1/x")},
        {STR_INIT("/v1%3Fa"), STR_INIT("/v1%3fa")},
        {STR_INIT("/v1%253F%zz%"), STR_INIT("/v1%253f%zz%")},
        {STR_INIT("/v1%00%0d%ff"), STR_INIT("/v1%00%0d%ff")},
        {STR_INIT("/v1;a=b/ch;/at;x=/../y"), STR_INIT("/v1/ch/y")},
        {STR_INIT("/v1#frag/x"), STR_INIT("/v1")},
        {STR_INIT("https://h:1/V1?q"), STR_INIT("/v1")},
        {STR_INIT("http://h"), STR_INIT("/")},
        {STR_INIT("http://h?q"), STR_INIT("/")},
        {STR_INIT("*"), STR_INIT("*")},
    };
    struct buf out;

    buf_init(&out, 100);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CHECK_ROW(cases[i].in.ptr);
        buf_clear(&out);
        CHECK_INT(http_route_path(cases[i].in, &out), OK);
        CHECK_EQ(buf_str(&out), cases[i].want);
    }
    CHECK_ROW(NULL);
    CHECK_INT(http_route_path(STR("h:443"), &out), E_SYNTAX);
    CHECK_INT(http_route_path(STR(""), &out), E_SYNTAX);
    buf_free(&out);
}

int main(void)
{
    RUN(test_requests);
    RUN(test_options);
    RUN(test_responses);
    RUN(test_asked);
    RUN(test_host);
    RUN(test_host_split);
    RUN(test_route_path);
    return check_done();
}
