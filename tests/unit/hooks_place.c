#include "check.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>

#include "hooks/addr.h"
#include "hooks/place.h"

/* An address with a port, as getaddrinfo gives it. */
struct one {
    struct addrinfo info;
    struct sockaddr_storage place;
};

static socklen_t spell(const char *text, uint16_t port,
                       struct sockaddr_storage *ret)
{
    struct sockaddr_in *four = (void *)ret;
    struct sockaddr_in6 *six = (void *)ret;

    memset(ret, 0, sizeof(*ret));
    if (inet_pton(AF_INET, text, &four->sin_addr) == 1) {
        four->sin_family = AF_INET;
        four->sin_port = htons(port);
        return sizeof(*four);
    }
    CHECK(inet_pton(AF_INET6, text, &six->sin6_addr) == 1);
    six->sin6_family = AF_INET6;
    six->sin6_port = htons(port);
    return sizeof(*six);
}

static void learn(const char *name, const char *first, const char *second)
{
    struct one list[2];

    memset(list, 0, sizeof(list));
    list[0].info.ai_addrlen = spell(first, 0, &list[0].place);
    list[0].info.ai_addr = (struct sockaddr *)&list[0].place;
    if (second) {
        list[1].info.ai_addrlen = spell(second, 0, &list[1].place);
        list[1].info.ai_addr = (struct sockaddr *)&list[1].place;
        list[0].info.ai_next = &list[1].info;
    }
    addr_learn(str_of(name), &list[0].info);
}

static void check(const char *text, uint16_t port, enum load_declared how,
                  const char *name)
{
    struct sockaddr_storage a;
    socklen_t len = spell(text, port, &a);
    struct place place;

    CHECK_ROW(text);
    if (!CHECK(place_of((struct sockaddr *)&a, len, &place)))
        return;
    CHECK_INT(place.port, port);
    CHECK_INT(place.how, how);
    CHECK_EQ(((struct str){place.name, place.name_len}), str_of(name));
}

static void test_spelled(void)
{
    check("10.1.2.3", 9000, DECLARED_PORT, "10.1.2.3");
    check("::ffff:10.1.2.3", 9000, DECLARED_PORT, "10.1.2.3");
    check("10.1.2.3", 9001, DECLARED_NOT, "");
    check("2001:db8::7", 80, DECLARED_PORT, "2001:db8::7");
    check("127.0.0.1", 11434, DECLARED_PORT, "127.0.0.1");
    check("::1", 11434, DECLARED_PORT, "::1");
    check("127.0.0.1", 11435, DECLARED_NOT, "");
    check("127.0.0.2", 11434, DECLARED_NOT, "");
}

static void test_learned(void)
{
    check("192.0.2.1", 8000, DECLARED_NOT, "");
    learn("llm.test", "192.0.2.1", "2001:db8::1");
    learn("any.test", "192.0.2.2", "192.0.2.3");
    check("192.0.2.1", 8000, DECLARED_PORT, "llm.test");
    check("2001:db8::1", 8000, DECLARED_PORT, "llm.test");
    check("192.0.2.1", 8001, DECLARED_NOT, "");
    check("192.0.2.2", 1234, DECLARED_HOST, "any.test");
    check("192.0.2.4", 1234, DECLARED_NOT, "");
}

static void test_other_families(void)
{
    struct sockaddr a = {.sa_family = AF_UNIX};
    struct sockaddr_in short_one = {.sin_family = AF_INET};
    struct place place;

    CHECK(!place_of(&a, sizeof(a), &place));
    CHECK(!place_of((struct sockaddr *)&short_one, 4, &place));
    CHECK(!place_of(NULL, 0, &place));
}

int main(void)
{
    unsetenv("SALLYPORT_POLICY");
    setenv("SALLYPORT_HOSTS",
           "llm.test:8000,any.test,10.1.2.3:9000,[2001:db8::7]:80,"
           "localhost:11434",
           1);
    RUN(test_spelled);
    RUN(test_learned);
    RUN(test_other_families);
    return check_done();
}
