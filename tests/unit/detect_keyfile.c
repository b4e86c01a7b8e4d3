#include "detect/keyfile.h"

#include <stdlib.h>
#include <time.h>

#include "base/buf.h"
#include "base/limits.h"
#include "check.h"

/* Each item as NAME=VALUE, with ! in front where the kind says it is a secret,
 * and | behind. */
static const struct {
    const char *name, *file, *items;
} rows[] = {
    {"empty", "", ""},
    {"blank", " \n\t\r\n", ""},
    {"token", "  tok-1\n", "!=tok-1|"},
    {"token that ends as base64", "dG9r==\n", "!=dG9r==|"},
    {"two words", "two words\n", ""},
    {"dotenv",
     "# A=1\nA=1\nexport B = \"two #2\" # no\nC='3\\n'\nD=4 # four\n\nE=\nF",
     "A=1|B=two #2|C=3\\n|D=4|E=|"},
    {"aws", "[default]\naws_access_key_id = ID\naws_secret_access_key=a/b+c=\n",
     "aws_access_key_id=ID|aws_secret_access_key=a/b+c=|"},
    {"crlf", "A=1\r\nB=2\r\n", "A=1|B=2|"},
    {"yaml", "github.com:\n    oauth_token: abc\n    user: me\n",
     "github.com=|oauth_token=abc|user=me|"},
    {"npmrc", "//registry.example.com/:_authToken=abc\n",
     "//registry.example.com/:_authToken=abc|"},
    {"toml", "[registry]\ntoken = \"abc\"\n", "token=abc|"},
    {"netrc",
     "machine a.example login me password p1\nmachine b\n  login x\n"
     "  password p2\n",
     "!password=p1|!password=p2|"},
    {"netrc, in quotes",
     "machine a password \"p 1\\\"q\" machine b password\n\"p 2\"\n",
     "!password=p 1\\\"q|!password=p 2|"},
    {"netrc, a quote that does not end",
     "machine a password \"p1\nmachine b password p\"2\n",
     "!password=\"p1|!password=p\"2|"},
    {"netrc, cut off in quotes", "machine a password \"p\\",
     "!password=\"p\\|"},
    {"netrc without a value", "machine a password", "!password=|"},
    {"git", "https://me:pw@git.example.com\nhttps://you:pv@b\n",
     "!=https://me:pw@git.example.com|!=https://you:pv@b|"},
    {"pgpass", "db.example.com:5432:*:me:p:w\n", "!=p:w|"},
    {"url in a setting", "DATABASE_URL=postgres://a:b@c/d\n",
     "DATABASE_URL=postgres://a:b@c/d|"},
    {"json",
     "{\"type\": \"x\", \"n\": 3, \"a\": {\"private_key\": "
     "\"l1\\nl2\\u0041\\\"q\"},"
     " \"list\": [\"one\", \"two\"]}",
     "type=x|private_key=l1\nl2A\"q|list=one|list=two|"},
    {"json cut off", "{\"a\": \"b\\", "a=b\\|"},
    {"json cut off in an escape", "{\"a\": \"b\\u00", "a=bu00|"},
    {"json with NUL escaped", "{\"a\": \"b\\\0c\"}", "a=b\\|"},
    {"pem",
     "-----BEGIN CERTIFICATE-----\nCERT\n-----END CERTIFICATE-----\n"
     "-----BEGIN RSA PRIVATE KEY-----\nL1\nL2\nL3\n"
     "-----END RSA PRIVATE KEY-----\n",
     "!private key=L2\nL3\n|"},
    {"short pem", "-----BEGIN PRIVATE KEY-----\nL1\n-----END PRIVATE KEY-----",
     "!private key=L1\n|"},
    {"pem without an end", "-----BEGIN PRIVATE KEY-----\nL1\nL2",
     "!private key=L1\nL2|"},
    {"pem that is only a beginning", "-----BEGIN ", ""},
};

static void items_of(char *file, size_t len, struct buf *out)
{
    struct keyfile_item item;
    struct keyfile f;

    keyfile_start(&f, file, len);
    while (keyfile_next(&f, &item))
        if ((item.secret && buf_add(out, STR("!"))) ||
            buf_add(out, item.name) || buf_add(out, STR("=")) ||
            buf_add(out, item.value) || buf_add(out, STR("|")))
            abort();
}

static void test_rows(void)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        size_t len = strlen(rows[i].file);
        char *file = malloc(len + 1);
        struct buf out;

        if (file == NULL)
            abort();
        memcpy(file, rows[i].file, len);
        buf_init(&out, 4096);
        CHECK_ROW(rows[i].name);
        items_of(file, len, &out);
        CHECK_EQ(buf_str(&out), str_of(rows[i].items));
        buf_free(&out);
        free(file);
    }
    CHECK_ROW(NULL);
}

static void test_pem_in_a_setting(void)
{
    struct str text = STR("x -----BEGIN EC PRIVATE KEY-----\\nL1\\nL2\\nL3\\n"
                          "-----END EC PRIVATE KEY-----\\n");
    struct str body;

    CHECK(keyfile_pem(&text, &body));
    CHECK_STR(body, "L2\\nL3\\n");
    CHECK(!keyfile_pem(&text, &body));
}

/* Any bytes: read from a block of their own, so that sanitizers see it. */
static void test_hostile(void)
{
    static const char bytes[] = "\"\\u{}[]:=#;\n -machinepassword\0\xff"
                                "BEGIN PRIVATE KEY-----";
    unsigned seed = 1;

    for (size_t round = 0; round < 20000; round++) {
        size_t len = round % 97;
        char *file = malloc(len + 1);
        struct buf out;

        if (file == NULL)
            abort();
        for (size_t i = 0; i < len; i++) {
            seed = seed * 1103515245u + 12345u;
            file[i] = bytes[(seed >> 16) % sizeof(bytes)];
        }
        if (round % 3 == 0 && len > 12)
            memcpy(file, round % 2 ? "-----BEGIN " : "{\"a\":\"", 6);
        buf_init(&out, MIB);
        items_of(file, len, &out);
        buf_free(&out);
        free(file);
    }
}

/* A file of a directory that is not ours costs no more than it is long. */
static void test_long(void)
{
    size_t len = 256 * (size_t)KIB, strings = 0;
    char *file = malloc(len);
    struct keyfile f;
    struct keyfile_item item;
    struct timespec used;

    if (file == NULL)
        abort();
    memset(file, ' ', len);
    memset(file + 1, '"', len / 2);
    file[0] = '{';
    keyfile_start(&f, file, len);
    while (keyfile_next(&f, &item))
        strings++;
    CHECK_INT(strings, len / 4);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    CHECK(used.tv_sec < 2);
    free(file);
}

/* Values of several lines, and nothing less of what each line has. */
static void test_lines(void)
{
    static const struct {
        const char *text, *want;
    } texts[] = {
        {"A=\"b c\nd\"\ne=f\n", "b c|b c\nd|f|"},
        {"a = \"\"\"\nb\"\"\"\nc = d\n", "|b|d|"},
        {"a:\n  b: |\n    c\n    d\ne: f\n", "|||c\n    d|f|"},
        {"A='b\nc=d\n", "b|d|"},
    };

    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct keyfile_item item;
        struct keyfile f;
        char text[64];
        struct buf out;

        CHECK_ROW(texts[i].text);
        buf_init(&out, KIB);
        memcpy(text, texts[i].text, strlen(texts[i].text));
        keyfile_start(&f, text, strlen(texts[i].text));
        while (keyfile_next(&f, &item)) {
            CHECK_INT(buf_add(&out, item.value), OK);
            CHECK_INT(buf_add_byte(&out, '|'), OK);
        }
        CHECK_EQ(buf_str(&out), str_of(texts[i].want));
        buf_free(&out);
    }
    CHECK_ROW(NULL);
}

int main(void)
{
    RUN(test_rows);
    RUN(test_pem_in_a_setting);
    RUN(test_hostile);
    RUN(test_long);
    RUN(test_lines);
    return check_done();
}
