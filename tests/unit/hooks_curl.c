/*
 * What is kept of a handle's options, and what is turned down, with a libcurl
 * that takes every option and writes down what it was given. Debian's has no
 * HTTP/3. Its parser of URLs is the real one.
 */
/* link: -ldl */
#include "check.h"

#include <dlfcn.h>
#include <stdarg.h>
#include <stdlib.h>

#include "failmalloc.h"
#include "hooks/curlguard.h"

static struct {
    int option;
    long value;
} given[64];
static size_t count;
static int fails; /* an option that is not taken */

static int setopt(void *handle, int option, ...)
{
    va_list args;
    long value;

    (void)handle;
    if (option == fails)
        return CURL_UNKNOWN_OPTION;
    va_start(args, option);
    value = va_arg(args, long);
    va_end(args);
    if (count < ARRAY_LEN(given)) {
        given[count].option = option;
        given[count++].value = value;
    }
    return CURL_OK;
}

/* The last value of an option since the count began; -99: none. */
static long last(int option)
{
    for (size_t i = count; i-- > 0;)
        if (given[i].option == option)
            return given[i].value;
    return -99;
}

static struct curl_lib lib;
static char a, b;

static bool real_urls(void)
{
    void *curl = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);

#define REAL(member, name)                                                     \
    do {                                                                       \
        void *fn = dlsym(curl, name);                                          \
        memcpy(&lib.member, &fn, sizeof(fn));                                  \
    } while (0)
    if (!curl)
        return false;
    REAL(url, "curl_url");
    REAL(url_dup, "curl_url_dup");
    REAL(url_cleanup, "curl_url_cleanup");
    REAL(url_get, "curl_url_get");
    REAL(url_set, "curl_url_set");
    REAL(free, "curl_free");
    lib.setopt = setopt;
    lib.usable = true;
    lib.seen = CURL_SEEN;
    return true;
}

static void set(int option, const void *value)
{
    CHECK_INT(easy_set(&lib, &a, option, (void *)(uintptr_t)value), CURL_OK);
}

static void set_number(int option, long value)
{
    set(option, (const void *)value);
}

static void test_values(void)
{
    char url[] = "https://one.test/";
    struct easy *e;

    set(OPT_URL, url);
    e = easy_of(&a);
    CHECK(e != NULL && easy_make(&a) == e);
    url[8] = 'X'; /* libcurl has a copy, and so have we */
    CHECK_STR(str_of(easy_pointer(e, SLOT_URL)), "https://one.test/");
    CHECK_INT(easy_number(e, SLOT_VERIFYPEER), 1);
    CHECK_INT(easy_number(e, SLOT_EXPECT_WAIT), 1000);
    fails = OPT_HTTP_VERSION;
    CHECK_INT(easy_set(&lib, &a, OPT_HTTP_VERSION, (void *)30L),
              CURL_UNKNOWN_OPTION);
    fails = 0;
    CHECK_INT(easy_number(e, SLOT_HTTP_VERSION), 0);
    set(OPT_ABSTRACT_SOCKET, "x");
    set(OPT_UNIX_SOCKET, NULL);
    CHECK(easy_pointer(e, SLOT_SOCKET) == NULL);
    CHECK_INT(e->value[SLOT_SOCKET].option, OPT_UNIX_SOCKET);
    CHECK(!easy_keeps(10001) && easy_keeps(OPT_URL));
    easy_drop(e);
    CHECK(easy_of(&a) == NULL);
}

static void test_taken_and_given_back(void)
{
    struct easy *e;

    set(OPT_URL, "https://one.test/");
    e = easy_of(&a);
    count = 0;
    CHECK_INT(easy_take(e, &lib, OPT_URL, "http://ours/"), CURL_OK);
    CHECK_INT(easy_take(e, &lib, OPT_EXPECT_WAIT, (void *)1L), CURL_OK);
    CHECK_INT(count, 2);
    set(OPT_URL, "https://two.test/"); /* meanwhile: written down alone */
    CHECK_INT(count, 2);
    CHECK(easy_copy(e, &b)); /* the true copy has what is ours as well */
    easy_give_back(e, &lib);
    CHECK_STR(str_of((const char *)last(OPT_URL)), "https://two.test/");
    CHECK_INT(last(OPT_EXPECT_WAIT), 1000);
    count = 0;
    easy_give_back(e, &lib);
    CHECK_INT(count, 0);
    easy_give_back(easy_of(&b), &lib);
    CHECK_INT(count, 2);
    easy_clear(e);
    CHECK(easy_pointer(e, SLOT_URL) == NULL);
    easy_drop(e);
    easy_drop(easy_of(&b));
}

/* A body is said by one of many options; the text of one is needed. */
static void test_bodies(void)
{
    struct easy *e;

    set(OPT_COPIED, "text");
    e = easy_of(&a);
    CHECK_STR(str_of(easy_pointer(e, SLOT_COPIED)), "text");
    CHECK_INT(e->value[SLOT_BODY].option, OPT_COPIED);
    set_number(OPT_HTTPGET, 1);
    CHECK_INT(e->value[SLOT_BODY].option, OPT_HTTPGET);
    CHECK(easy_pointer(e, SLOT_COPIED) != NULL);
    set(OPT_POSTFIELDS, "other");
    CHECK(easy_pointer(e, SLOT_COPIED) == NULL);
    set_number(OPT_POSTFIELDSIZE, 2);
    set(OPT_COPIED, "no text, as it may have no end");
    CHECK(easy_pointer(e, SLOT_COPIED) == NULL);
    easy_drop(e);
}

static const struct {
    const char *url, *host, *plain, *origin, *scheme;
    uint16_t port;
    bool tls;
} targets[] = {
    {"https://h.test/p?q#f", "h.test", "http://h.test/p?q#f", "https://h.test/",
     NULL, 443, true},
    {"HTTPS://u:p@h.test:8443", "h.test", "http://u:p@h.test:8443/",
     "https://h.test:8443/", NULL, 8443, true},
    {"https://h.test:443/a/../b", "h.test", "http://h.test/a/../b",
     "https://h.test:443/", NULL, 443, true},
    {"h.test/x", "h.test", NULL, NULL, NULL, 80, false},
    {"h.test/x", "h.test", "http://h.test/x", "https://h.test/", "https", 443,
     true},
    {"wss://h.test/x", "h.test", NULL, NULL, NULL, 0, true},
    {"https://[::1]:9/", "[::1]", "http://[::1]:9/", "https://[::1]:9/", NULL,
     9, true},
    {"https://%61pi.test/", "api.test", "http://api.test/", "https://api.test/",
     NULL, 443, true},
};

static void test_targets(void)
{
    for (size_t i = 0; i < ARRAY_LEN(targets); i++) {
        struct target t;

        check_state.row = targets[i].url;
        set(OPT_URL, targets[i].url);
        if (targets[i].scheme)
            set(OPT_SCHEME, targets[i].scheme);
        CHECK_INT(target_of_easy(&lib, easy_of(&a), &t), OK);
        CHECK_EQ(str_of(t.host), str_of(targets[i].host));
        CHECK_EQ(str_of(t.plain),
                 str_of(targets[i].plain ? targets[i].plain : ""));
        CHECK_EQ(str_of(t.origin),
                 str_of(targets[i].origin ? targets[i].origin : ""));
        CHECK_INT(t.tls, targets[i].tls);
        if (targets[i].port)
            CHECK_INT(t.port, targets[i].port);
        target_free(&t);
        easy_drop(easy_of(&a));
    }
}

/* There is no engine here: the well-known model hosts are watched. */
static int (*real_get)(void *, int, char **, unsigned);
static int out_of_memory; /* a part of URLs */

static int get(void *u, int part, char **ret, unsigned flags)
{
    return part == out_of_memory ? 7 /* CURLUE_OUT_OF_MEMORY */
                                 : real_get(u, part, ret, flags);
}

/* Without memory a URL is none that leads nowhere. */
static void test_no_memory(void)
{
    static const int parts[] = {0, 1, 5}; /* URL, scheme, host */

    real_get = lib.url_get;
    lib.url_get = get;
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        struct target t = {0};

        out_of_memory = parts[i];
        CHECK_INT(target_of_url(&lib, "https://api.test/", &t), E_NOMEM);
        CHECK(!t.host && !t.plain && !t.origin);
    }
    out_of_memory = -1;
    for (size_t n = 1;; n++) {
        struct target t = {0};
        enum err e;

        set(OPT_URL, "api.test/");
        set(OPT_SCHEME, "https");
        failmalloc_at(n, FAIL_ONE);
        e = target_of_easy(&lib, easy_of(&a), &t);
        easy_drop(easy_of(&a));
        if (!failmalloc_off()) {
            CHECK_INT(e, OK);
            target_free(&t);
            break;
        }
        CHECK_INT(e, E_NOMEM);
    }
    lib.url_get = real_get;
}

static void test_turned_down(void)
{
    static const struct {
        const char *url;
        long version, altsvc, want_version, want_altsvc, want_wait;
    } rows[] = {
        {"https://api.openai.com/", 30, 8 | 16 | 32, 4, 8 | 16, 1},
        {"https://api.openai.com/", 31, 32, 4, 8, 1},
        {"https://api.openai.com/", 3, 8 | 16, -99, -99, 1},
        {"https://other.test/", 30, 32, -99, -99, -99},
        {"http://api.openai.com/", 30, 32, -99, -99, -99},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        check_state.row = rows[i].url;
        set(OPT_URL, rows[i].url);
        set_number(OPT_HTTP_VERSION, rows[i].version);
        set_number(OPT_ALTSVC_CTRL, rows[i].altsvc);
        count = 0;
        CHECK_INT(guard_begin(easy_of(&a), &lib), CURL_OK);
        CHECK(easy_of(&a)->guard == NULL);
        CHECK_INT(last(OPT_HTTP_VERSION), rows[i].want_version);
        CHECK_INT(last(OPT_ALTSVC_CTRL), rows[i].want_altsvc);
        CHECK_INT(last(OPT_EXPECT_WAIT), rows[i].want_wait);
        /* To another host next: as the program has it. */
        set(OPT_URL, "https://other.test/");
        CHECK_INT(guard_begin(easy_of(&a), &lib), CURL_OK);
        if (rows[i].want_version != -99)
            CHECK_INT(last(OPT_HTTP_VERSION), rows[i].version);
        easy_drop(easy_of(&a));
    }
}

/* Where TLS is not seen, and what it carries is no request: nobody listens. */
static void test_shut(void)
{
    static const char *const urls[] = {
        "wss://api.openai.com/v1/realtime",
        "gophers://api.openai.com/",
        "https://api.openai.com/",
    };

    lib.seen = CURL_UNSEEN;
    for (size_t i = 0; i < ARRAY_LEN(urls); i++) {
        check_state.row = urls[i];
        set(OPT_URL, urls[i]);
        set_number(OPT_CONNECT_ONLY, i == 2);
        count = 0;
        CHECK_INT(guard_begin(easy_of(&a), &lib), CURL_OK);
        CHECK(easy_of(&a)->guard != NULL && easy_of(&a)->guard->shut);
        CHECK(last(OPT_ABSTRACT_SOCKET) != -99);
        CHECK_INT(last(OPT_URL), -99);
        CHECK_INT(last(OPT_FORBID_REUSE), 1);
        guard_end(easy_of(&a));
        CHECK_INT(last(OPT_UNIX_SOCKET), 0);
        CHECK_INT(last(OPT_FORBID_REUSE), 0);
        easy_drop(easy_of(&a));
    }
    lib.seen = CURL_SEEN;
}

int main(void)
{
    setenv("SALLYPORT_CHILDREN", "leave", 1); /* something to be read */
    CHECK(real_urls());
    if (!lib.usable)
        return check_done();
    RUN(test_values);
    RUN(test_taken_and_given_back);
    RUN(test_bodies);
    RUN(test_targets);
    RUN(test_no_memory);
    RUN(test_turned_down);
    RUN(test_shut);
    return check_done();
}
