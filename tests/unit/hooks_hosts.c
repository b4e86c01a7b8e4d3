#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "hooks/hosts.h"

static void test_listed(void)
{
    static const struct {
        const char *host, *extra;
        bool want;
        uint16_t port;
    } rows[] = {
        {"api.openai.com", NULL, true, 0},
        {"API.OpenAI.com.", NULL, true, 0},
        {"eu.api.openai.com", NULL, true, 0},
        {"notapi.openai.com", NULL, false, 0},
        {"my.openai.azure.com", NULL, true, 0},
        {"openai.azure.com", NULL, false, 0},
        {"api.anthropic.com", NULL, true, 0},
        {"api.anthropic.com.evil.test", NULL, false, 0},
        {"europe-west1-aiplatform.googleapis.com", NULL, true, 0},
        {"aiplatform.googleapis.com", NULL, true, 0},
        {"-aiplatform.googleapis.com", NULL, false, 0},
        {"bedrock-runtime.eu-west-1.amazonaws.com", NULL, true, 0},
        {"bedrock-runtime.amazonaws.com", NULL, false, 0},
        {"bedrock-runtime.cn-north-1.amazonaws.com.cn", NULL, true, 0},
        {"bedrock-runtime-fips.us-gov-west-1.amazonaws.com", NULL, true, 0},
        {"bedrock-runtime.us-east-1.api.aws", NULL, true, 0},
        {"vpce-1-2.bedrock-runtime.us-east-1.vpce.amazonaws.com", NULL, true,
         0},
        {"bedrock-runtime.us-east-1.vpce.amazonaws.com.evil.test", NULL, false,
         0},
        {"s3.eu-west-1.amazonaws.com", NULL, false, 0},
        {"", NULL, false, 0},
        {".", NULL, false, 0},
        {"localhost", NULL, false, 0},
        {"localhost", "localhost", true, 0},
        {"LocalHost", "a.test, localhost ,b.test", true, 0},
        {"b.test", "a.test, localhost ,b.test", true, 0},
        {"x.c.test", ".c.test", true, 0},
        {"c.test", ".c.test", false, 0},
        {"llm-7.test", "llm-*.test", true, 0},
        {"llm-.test", "llm-*.test", false, 0},
        {"", ",,", false, 0},
        {"a.test", "b.test\na.test\n", true, 443},
        {"b.test", "b.test:8443\na.test:443,c.test\n", true, 8443},
        {"b.test", "b.test:8443\na.test:443,c.test\n", true, 0},
        {"b.test", "b.test:8443\na.test:443,c.test\n", false, 443},
        {"a.test", "b.test:8443\na.test:443,c.test\n", true, 443},
        {"c.test", "b.test:8443\na.test:443,c.test\n", true, 443},
        {"x.d.test", "*.d.test:99\n", true, 99},
        {"", ":443\n\n", false, 443},
        {"a.test", "a.test:", false, 443},
        {"api.openai.com", "api.openai.com:8443", true, 443},
        {"127.0.0.1", "localhost:11434", true, 11434},
        {"127.0.0.1", "localhost:11434", false, 443},
        {"localhost", "127.0.0.1:11434", true, 11434},
        {"[::1]", "localhost", true, 0},
        {"localhost", "[::1]:8080", true, 8080},
        {"localhost", "[::1]:8080", false, 8081},
        {"2001:db8::7", "[2001:db8::7]:8080", true, 8080},
        {"2001:db8::7", "2001:db8::7", true, 8080},
        {"127.0.0.2", "localhost", false, 0},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        CHECK_INT(hosts_listed(str_of(rows[i].host), rows[i].port,
                               str_of(rows[i].extra)),
                  rows[i].want);
}

static void test_of_request(void)
{
    static const struct {
        const char *plain, *host;
        uint16_t port;
    } rows[] = {
        {"GET / HTTP/1.1\r\nHost: a.test\r\n\r\n", "a.test", 0},
        {"GET / HTTP/1.1\r\nX: y\r\nhOST:\ta.test:443 \r\n", "a.test", 443},
        {"GET / HTTP/1.1\r\nHost: [::1]:11434\r\n", "[::1]", 11434},
        {"GET / HTTP/1.1\r\nHost: [::1]\r\n", "[::1]", 0},
        {"GET / HTTP/1.1\r\nHost: a.test:99999\r\n", "a.test", 0},
        {"POST / HTTP/1.1\r\n\r\nHost: body\r\n", "", 0},
        {"no head at all", "", 0},
        {"", "", 0},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        uint16_t port = 0;

        CHECK_EQ(hosts_of_request(str_of(rows[i].plain), &port),
                 str_of(rows[i].host));
        CHECK_INT(port, rows[i].port);
        CHECK_EQ(hosts_of_request(str_of(rows[i].plain), NULL),
                 str_of(rows[i].host));
    }
}

static char dir[] = "/tmp/hosts-XXXXXX";
static char image[sizeof(dir) + 16], list[sizeof(dir) + 32];

static void put(const char *text, size_t times)
{
    FILE *file = fopen(list, "w");

    CHECK(file != NULL);
    while (times-- > 0)
        fputs(text, file);
    fclose(file);
}

static enum err read_all(struct buf *out)
{
    buf_free(out);
    buf_init(out, LIM_HOSTS_FILE);
    return hosts_read(image, out);
}

static void test_read(void)
{
    struct buf b;

    CHECK(mkdtemp(dir) != NULL);
    snprintf(image, sizeof(image), "%s/image", dir);
    snprintf(list, sizeof(list), "%s.hosts", image);
    buf_init(&b, LIM_HOSTS_FILE);
    CHECK_INT(read_all(&b), E_UNSUPPORTED);
    put("a.test\nb.test:8443\n", 1);
    CHECK_INT(read_all(&b), OK);
    CHECK_STR(buf_str(&b), "a.test\nb.test:8443\n");
    put("", 1);
    CHECK_INT(read_all(&b), OK);
    CHECK_INT(b.len, 0);
    put("localhost\n", 10000); /* 100,000 bytes */
    CHECK_INT(read_all(&b), OK);
    CHECK_INT(b.len, LIM_HOSTS_FILE / 10 * 10);
    put("x", 100000); /* no line at all */
    CHECK_INT(read_all(&b), OK);
    CHECK_INT(b.len, 0);
    unlink(list);
    CHECK_INT(mkfifo(list, 0600), 0);
    CHECK_INT(read_all(&b), E_UNSUPPORTED); /* at once */
    unlink(list);
    CHECK_INT(mkdir(list, 0700), 0);
    CHECK_INT(read_all(&b), E_UNSUPPORTED);
    rmdir(list);
    rmdir(dir);
    buf_free(&b);
}

static bool beside(const char *host, uint16_t port)
{
    bool listed = false;

    CHECK_INT(hosts_beside(image, str_of(host), port, &listed), OK);
    return listed;
}

static void test_beside(void)
{
    bool listed;

    memcpy(dir + strlen(dir) - 6, "XXXXXX", 6);
    CHECK(mkdtemp(dir) != NULL);
    snprintf(image, sizeof(image), "%s/image", dir);
    snprintf(list, sizeof(list), "%s.hosts", image);
    CHECK_INT(hosts_beside(image, STR("a.test"), 0, &listed), E_UNSUPPORTED);
    CHECK(!hosts_say(image, STR(HOSTS_PASS_UNSEEN)));
    put(HOSTS_PASS_UNSEEN "a.test\n*.b.test:8443\nlast.test", 1);
    CHECK(beside("a.test", 443));
    CHECK(beside("x.b.test", 8443));
    CHECK(!beside("x.b.test", 443));
    CHECK(beside("last.test", 1));
    CHECK(!beside("api.openai.com", 443)); /* not the built-in list */
    CHECK(hosts_say(image, STR(HOSTS_PASS_UNSEEN)));
    CHECK(!hosts_say(image, STR(HOSTS_REFUSE_UNCOVERED)));
    put(HOSTS_REFUSE_UNCOVERED HOSTS_PASS_UNSEEN "a.test\n", 1);
    CHECK(hosts_say(image, STR(HOSTS_PASS_UNSEEN)));
    CHECK(hosts_say(image, STR(HOSTS_REFUSE_UNCOVERED)));
    put("a.test\n" HOSTS_PASS_UNSEEN, 1); /* only at the beginning */
    CHECK(!hosts_say(image, STR(HOSTS_PASS_UNSEEN)));
    /* Names that are cut by the pieces in which the file is read. */
    put("some.name.of.nine.teen\n", 1000);
    CHECK(beside("some.name.of.nine.teen", 443));
    CHECK(!beside("name.of.nine.teen", 443));
    CHECK(!beside("some.name", 443));
    put("x", 100000);
    CHECK(!beside("x", 443));
    unlink(list);
    rmdir(dir);
}

int main(void)
{
    RUN(test_listed);
    RUN(test_of_request);
    RUN(test_read);
    RUN(test_beside);
    return check_done();
}
