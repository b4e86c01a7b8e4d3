/* Where rules do not look: `when` of a rule, and exclusions by what is known of
 * an exchange, by value and by date; whole texts and streams alike. */
#include <stdlib.h>

#include "base/glob.h"
#include "check.h"
#include "detect/known.h"
#include "rules/stream.h"

static void test_glob(void)
{
    static const struct {
        const char *pattern, *text;
        bool nocase, fits;
    } rows[] = {
        {"", "", false, true},           {"", "a", false, false},
        {"*", "", false, true},          {"*", "a/b", false, true},
        {"a*c", "abc", false, true},     {"a*c", "ac", false, true},
        {"a*c", "acd", false, false},    {"a*c", "acdc", false, true},
        {"*ab*ab", "abab", false, true}, {"*ab*ab", "ab", false, false},
        {"a?c", "abc", false, true},     {"a?c", "ac", false, false},
        {"A", "a", false, false},        {"A", "a", true, true},
        {"a[b]", "ab", false, false},    {"a[b]", "a[b]", false, true},
        {"a.c", "abc", false, false},    {"**a", "bba", false, true},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CHECK_ROW(rows[i].pattern);
        CHECK_INT(glob_match(str_of(rows[i].pattern), str_of(rows[i].text),
                             rows[i].nocase),
                  rows[i].fits);
    }
    CHECK_ROW(NULL);
}

/* --- One rule, that may ask, and one exclusion of it. */

static const struct str keys[] = {STR_INIT("dog")};

struct ask {
    enum about about;
    const char *pattern;
};

static unsigned hits(const struct rule *r, const struct exclusion *x,
                     const struct scope *at, struct str text)
{
    struct findings found;
    struct finding f;
    struct scratch *sc;
    struct stream *st;
    struct rules *rs;
    struct buf packed;
    unsigned n, streamed = 0;

    buf_init(&packed, MIB);
    if (rules_pack(r, 1, x, x != NULL, &packed) ||
        rules_load(buf_str(&packed), false, &rs) || scratch_new(&sc))
        abort();
    findings_init(&found);
    CHECK_INT(rules_scan(rs, sc, at, text, 0, &found), OK);
    n = (unsigned)found.count;
    CHECK_INT(stream_new(rs, sc, at, &st), OK);
    CHECK_INT(stream_take(st, text), OK);
    CHECK_INT(stream_flush(st), OK);
    while (stream_finding(st, &f))
        streamed++;
    CHECK_INT(streamed, n);
    stream_free(st);
    findings_free(&found);
    scratch_free(sc);
    rules_free(rs);
    buf_free(&packed);
    return n;
}

static const struct rule dog = {.id = STR_INIT("SP-1"),
                                .put = STR_INIT("x"),
                                .match = STR_INIT("dog[0-9]*"),
                                .dirs = DIRS_ALL,
                                .roles = ROLES_ALL,
                                .parts = PARTS_ALL,
                                .action = ACTION_REDACT,
                                .keywords = keys,
                                .keyword_count = 1,
                                .keyword_first = true};

static void test_about(void)
{
    static const struct known known = {
        .about = {[ABOUT_PATH] = STR_INIT("/v1/chat"),
                  [ABOUT_MODEL] = STR_INIT("GPT-9"),
                  [ABOUT_EXE] = STR_INIT("/usr/bin/dog"),
                  [ABOUT_UID] = STR_INIT("1000")},
        .day = 20000};
    static const struct {
        enum about about;
        const char *pattern;
        int fits; /* -1: not known */
    } rows[] = {
        {ABOUT_HOST, "api.example.com", true},
        {ABOUT_HOST, "*.example.com", true},
        {ABOUT_HOST, "example.com", false},
        {ABOUT_HOST, "*.com.example", false},
        {ABOUT_PATH, "/v1/*", true},
        {ABOUT_PATH, "/V1/CHAT", true},
        {ABOUT_PATH, "/v1", false},
        {ABOUT_MODEL, "gpt-*", true},
        {ABOUT_MODEL, "o*", false},
        {ABOUT_EXE, "*/dog", true},
        {ABOUT_EXE, "*/DOG", false},
        {ABOUT_UID, "1000", true},
        {ABOUT_UID, "100", false},
        {ABOUT_CGROUP, "*", -1},
    };
    struct scope at = {.dir = DIR_RECV,
                       .role = ROLE_ASSISTANT,
                       .host = STR("api.Example.com"),
                       .known = &known};
    const struct scope nowhere = {.dir = DIR_RECV, .role = ROLE_ASSISTANT};

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct str patterns[] = {STR("no/such-thing"), str_of(rows[i].pattern)};
        struct rule asks = dog;
        struct exclusion x = {0};

        CHECK_ROW(rows[i].pattern);
        asks.when.about[rows[i].about] = (struct strs){patterns, 2};
        x.when = asks.when;
        CHECK_INT(hits(&asks, NULL, &at, STR("a dog")), rows[i].fits != 0);
        CHECK_INT(hits(&dog, &x, &at, STR("a dog")), rows[i].fits != 1);
        CHECK_INT(hits(&asks, NULL, &nowhere, STR("a dog")), 1);
        CHECK_INT(hits(&dog, &x, &nowhere, STR("a dog")), 1);
    }
    CHECK_ROW(NULL);
}

/* One machine by another of its names is the same one. */
static void test_names(void)
{
    static const struct {
        struct str pattern, host;
        bool fits;
    } rows[] = {
        {STR_INIT("localhost"), STR_INIT("127.0.0.1"), true},
        {STR_INIT("localhost"), STR_INIT("::1"), true},
        {STR_INIT("127.0.0.1"), STR_INIT("localhost"), true},
        {STR_INIT("::1"), STR_INIT("[::1]"), true},
        {STR_INIT("localhost"), STR_INIT("127.0.0.2"), false},
        {STR_INIT("api.example.com"), STR_INIT("api.example.com."), true},
        {STR_INIT("*.example.com"), STR_INIT("api.example.com."), true},
        {STR_INIT("*.example.com"), STR_INIT("example.com."), false},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct scope at = {.host = rows[i].host};
        struct rule asks = dog;

        CHECK_ROW(rows[i].host.ptr);
        asks.when.about[ABOUT_HOST] = (struct strs){&rows[i].pattern, 1};
        CHECK_INT(hits(&asks, NULL, &at, STR("a dog")), rows[i].fits);
    }
    CHECK_ROW(NULL);
}

static void test_value(void)
{
    const struct scope at = {.dir = DIR_SEND, .role = ROLE_USER};
    struct exclusion x = {.value = STR("^dog1$")};

    CHECK_INT(hits(&dog, &x, &at, STR("dog, dog1, dog12, dog2")), 3);
    x.dirs = 1u << DIR_RECV;
    CHECK_INT(hits(&dog, &x, &at, STR("dog1")), 1);
    x.dirs = 1u << DIR_SEND;
    CHECK_INT(hits(&dog, &x, &at, STR("dog1")), 0);
}

/* The same by its hash: the salt and the fingerprint. */
static void test_hash(void)
{
    const struct scope at = {.dir = DIR_SEND, .role = ROLE_USER};
    unsigned char print[EXCLUDED_PRINT] = "salt of the test";
    struct exclusion x = {.print = {(const char *)print, sizeof(print)}};

    excluded_print(print, STR("dog1"), print + EXCLUDED_SALT);
    CHECK_INT(hits(&dog, &x, &at, STR("dog, dog1, dog12, dog2")), 3);
    x.dirs = 1u << DIR_RECV;
    CHECK_INT(hits(&dog, &x, &at, STR("dog1")), 1);
    x.dirs = 0;
    print[0] ^= 1; /* another salt */
    CHECK_INT(hits(&dog, &x, &at, STR("dog1")), 1);
    print[0] ^= 1;
    print[EXCLUDED_PRINT - 1] ^= 1;
    CHECK_INT(hits(&dog, &x, &at, STR("dog1")), 1);
    x.print.len--; /* no image holds it */
    CHECK_INT(rules_pack(&dog, 1, &x, 1, NULL), E_LIMIT);
}

static void test_until(void)
{
    struct known known = {.day = 20000};
    const struct scope at = {
        .dir = DIR_SEND, .role = ROLE_USER, .known = &known};
    struct exclusion x = {.until = 20000};

    CHECK_INT(hits(&dog, &x, &at, STR("dog")), 0);
    known.day = 20001;
    CHECK_INT(hits(&dog, &x, &at, STR("dog")), 1);
    known.day = 0;
    CHECK_INT(hits(&dog, &x, &at, STR("dog")), 1);
}

int main(void)
{
    RUN(test_glob);
    RUN(test_about);
    RUN(test_names);
    RUN(test_value);
    RUN(test_hash);
    RUN(test_until);
    return check_done();
}
