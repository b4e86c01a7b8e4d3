#include "check.h"

#include "hooks/hosts.h"

static void test_listed(void)
{
    static const struct {
        const char *host, *extra;
        bool want;
    } rows[] = {
        {"api.openai.com", NULL, true},
        {"API.OpenAI.com.", NULL, true},
        {"eu.api.openai.com", NULL, true},
        {"notapi.openai.com", NULL, false},
        {"my.openai.azure.com", NULL, true},
        {"openai.azure.com", NULL, false},
        {"api.anthropic.com", NULL, true},
        {"api.anthropic.com.evil.test", NULL, false},
        {"europe-west1-aiplatform.googleapis.com", NULL, true},
        {"aiplatform.googleapis.com", NULL, true},
        {"-aiplatform.googleapis.com", NULL, false},
        {"bedrock-runtime.eu-west-1.amazonaws.com", NULL, true},
        {"bedrock-runtime.amazonaws.com", NULL, false},
        {"s3.eu-west-1.amazonaws.com", NULL, false},
        {"", NULL, false},
        {".", NULL, false},
        {"localhost", NULL, false},
        {"localhost", "localhost", true},
        {"LocalHost", "a.test, localhost ,b.test", true},
        {"b.test", "a.test, localhost ,b.test", true},
        {"x.c.test", ".c.test", true},
        {"c.test", ".c.test", false},
        {"llm-7.test", "llm-*.test", true},
        {"llm-.test", "llm-*.test", false},
        {"", ",,", false},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        CHECK_INT(hosts_listed(str_of(rows[i].host), str_of(rows[i].extra)),
                  rows[i].want);
}

static void test_of_request(void)
{
    CHECK_STR(hosts_of_request(STR("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n")),
              "a.test");
    CHECK_STR(hosts_of_request(
                  STR("GET / HTTP/1.1\r\nX: y\r\nhOST:\ta.test:443 \r\n")),
              "a.test");
    CHECK_STR(hosts_of_request(STR("POST / HTTP/1.1\r\n\r\nHost: body\r\n")),
              "");
    CHECK_STR(hosts_of_request(STR("no head at all")), "");
    CHECK_STR(hosts_of_request(STR("")), "");
}

int main(void)
{
    RUN(test_listed);
    RUN(test_of_request);
    return check_done();
}
