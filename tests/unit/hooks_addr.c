#include "check.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>

#include "hooks/addr.h"

static struct sockaddr_storage store;

static const struct sockaddr *v4(const char *ip, uint16_t port)
{
    struct sockaddr_in *a = (struct sockaddr_in *)(void *)&store;

    memset(&store, 0, sizeof(store));
    a->sin_family = AF_INET;
    a->sin_port = htons(port);
    inet_pton(AF_INET, ip, &a->sin_addr);
    return (struct sockaddr *)&store;
}

static const struct sockaddr *v6(const char *ip, uint16_t port)
{
    struct sockaddr_in6 *a = (struct sockaddr_in6 *)(void *)&store;

    memset(&store, 0, sizeof(store));
    a->sin6_family = AF_INET6;
    a->sin6_port = htons(port);
    inet_pton(AF_INET6, ip, &a->sin6_addr);
    return (struct sockaddr *)&store;
}

static struct addr at(const struct sockaddr *sa)
{
    struct addr a = {0};

    CHECK(addr_of(sa, sizeof(store), &a));
    return a;
}

static void learn(const char *name, const struct sockaddr *sa)
{
    struct addrinfo ai = {.ai_addr = (struct sockaddr *)(uintptr_t)sa,
                          .ai_addrlen = sizeof(store)};

    addr_learn(str_of(name), &ai);
}

/* The names of an address, with commas between. */
static const char *names(struct addr a)
{
    static char all[4096];
    struct str name;
    size_t len = 0;

    all[0] = '\0';
    for (size_t i = 0; addr_next(&a, &i, &name);)
        len += (size_t)snprintf(all + len, sizeof(all) - len, "%s%.*s",
                                len ? "," : "", (int)name.len, name.ptr);
    return all;
}

static void test_forms(void)
{
    char text[ADDR_TEXT];
    struct addr a;

    a = at(v4("10.1.2.3", 443));
    CHECK_INT(a.port, 443);
    CHECK(str_eq(addr_text(&a, text), STR("10.1.2.3")));
    CHECK(memcmp(a.ip, at(v6("::ffff:10.1.2.3", 443)).ip, 16) == 0);
    a = at(v6("2001:db8::7", 8443));
    CHECK_INT(a.port, 8443);
    CHECK(str_eq(addr_text(&a, text), STR("2001:db8::7")));
    CHECK(!addr_of(NULL, 0, &a));
    CHECK(!addr_of(v4("10.1.2.3", 1), sizeof(struct sockaddr_in) - 1, &a));
    CHECK(!addr_of(v6("::1", 1), sizeof(struct sockaddr_in6) - 1, &a));
    store.ss_family = AF_UNIX;
    CHECK(!addr_of((struct sockaddr *)&store, sizeof(store), &a));
}

static void test_learned(void)
{
    char name[300];

    CHECK(str_eq(str_of(names(at(v4("10.0.0.1", 1)))), STR("")));
    learn("a.test", v4("10.0.0.1", 0));
    learn("b.test", v4("10.0.0.1", 443));
    learn("a.test", v6("::ffff:10.0.0.1", 443)); /* known already */
    learn("c.test", v6("2001:db8::7", 0));
    CHECK(str_eq(str_of(names(at(v4("10.0.0.1", 9)))), STR("a.test,b.test")));
    CHECK(str_eq(str_of(names(at(v6("2001:db8::7", 9)))), STR("c.test")));
    memset(name, 'n', sizeof(name));
    name[254] = '\0';
    learn(name, v4("10.0.0.2", 0));
    CHECK(str_eq(str_of(names(at(v4("10.0.0.2", 0)))), STR("")));
    name[253] = '\0';
    learn(name, v4("10.0.0.2", 0));
    CHECK(str_eq(str_of(names(at(v4("10.0.0.2", 0)))), str_of(name)));
}

/* The oldest make room. */
static void test_full(void)
{
    char ip[32];

    for (unsigned i = 0; i < ADDR_ENTRIES + 3; i++) {
        snprintf(ip, sizeof(ip), "10.7.%u.%u", i / 256, i % 256);
        learn("many.test", v4(ip, 0));
    }
    CHECK(str_eq(str_of(names(at(v4("10.7.0.2", 0)))), STR("")));
    CHECK(str_eq(str_of(names(at(v4("10.7.0.3", 0)))), STR("many.test")));
    CHECK(str_eq(str_of(names(at(v4(ip, 0)))), STR("many.test")));
}

int main(void)
{
    RUN(test_forms);
    RUN(test_learned);
    RUN(test_full);
    return check_done();
}
