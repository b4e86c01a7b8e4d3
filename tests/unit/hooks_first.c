#include "hooks/first.h"

#include "check.h"

static const struct row {
    const char *bytes;
    enum first_kind kind;
    const char *host;
    uint16_t port;
} rows[] = {
    {"POST /v1/x HTTP/1.1\r\nHost: a.test:81\r\n\r\n", FIRST_REQUEST, "a.test",
     81},
    {"POST /v1/x HTTP/1.1\r\nAccept: b\r\n", FIRST_REQUEST, "", 0},
    {"\r\nGET / HTTP/1.1\r\nHost: a.test\r\n", FIRST_REQUEST, "a.test", 80},
    {"P", FIRST_REQUEST, "", 0},
    {"\r", FIRST_REQUEST, "", 0},
    {"DELETE", FIRST_REQUEST, "", 0},
    {"GET ht", FIRST_REQUEST, "", 0},
    {"OPTIONS * HTTP/1.1\r\nHost: a.test\r\n", FIRST_REQUEST, "a.test", 80},
    {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", FIRST_REQUEST, "", 0},
    {"PRI * HT", FIRST_REQUEST, "", 0},
    {"GET http://a.test/x HTTP/1.1\r\nHost: b.test\r\n", FIRST_PROXIED,
     "a.test", 80},
    {"GET HTTP://u:p@a.test:81?x HTTP/1.1\r\n", FIRST_PROXIED, "a.test", 81},
    {"GET http://[::1]:82 HTTP/1.1\r\n", FIRST_PROXIED, "[::1]", 82},
    {"CONNECT a.test:443 HTTP/1.1\r\n", FIRST_TUNNEL, "a.test", 443},
    {"CONN", FIRST_TUNNEL, "", 0},
    {"GET gopher://a.test/ HTTP/1.1\r\n", FIRST_OTHER, "", 0},
    {"EHLO a.test\r\n", FIRST_OTHER, "", 0},
    {"get / HTTP/1.1\r\n", FIRST_REQUEST, "", 0},
    {"PROPFIND / HTTP/1.1\r\n", FIRST_OTHER, "", 0},
    {"\x16\x03\x01\x02", FIRST_TLS, "", 0},
    {"\x16", FIRST_TLS, "", 0},
    {"\x17\x03\x03", FIRST_TLS, "", 0},
    {"\x16\x01", FIRST_OTHER, "", 0},
    {"\x05\x01\x01", FIRST_SOCKS, "", 0},
    {"\x04\x01\x01\xbb", FIRST_SOCKS, "", 0},
    {"SSH-2.0-x\r\n", FIRST_OTHER, "", 0},
    {"{", FIRST_OTHER, "", 0},
};

static void test_rows(void)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct first f = first_read(str_of(rows[i].bytes));

        CHECK_INT(f.kind, rows[i].kind);
        CHECK_EQ(f.host, str_of(rows[i].host));
        CHECK_INT(f.port, rows[i].port);
    }
    /* Any front of a request is one, of no other protocol. */
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        size_t n = strlen(rows[i].bytes);

        for (size_t cut = 1; cut < n && rows[i].kind == FIRST_REQUEST; cut++)
            CHECK_INT(first_read((struct str){rows[i].bytes, cut}).kind,
                      FIRST_REQUEST);
    }
}

static void test_settings(void)
{
    static const char frame[] = "\0\0\x12\4\0\0\0\0\0\0\3";

    for (size_t n = 1; n < sizeof(frame); n++)
        CHECK(first_is_settings((struct str){frame, n}));
    CHECK(!first_is_settings(STR("\0\0\x12\4\1")));
    CHECK(!first_is_settings(STR("220 mail ready\r\n")));
    CHECK(!first_is_settings(STR("SSH-2.0")));
    CHECK(!first_is_settings(STR("")));
}

int main(void)
{
    RUN(test_settings);
    RUN(test_rows);
    return check_done();
}
