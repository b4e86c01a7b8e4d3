#include "rules/rules.h"

#include <stdlib.h>

#include "check.h"
#include "rnd.h"
#include "set.h"

/*
 * A long text is looked at only where, and around where, it has something that
 * views differ by. The same rules, and one more that no text matches but that
 * looks at views which differ anywhere, look at all of it: on random mixtures
 * both find the same, or that with less to look at more, where there is
 * more than may be looked at.
 */

static const struct str k_aws[] = {STR_INIT("AKIA")};
static const struct str k_ignore[] = {STR_INIT("ignore")};
static const struct str k_never[] = {STR_INIT("never-in-it")};

#define AWS                                                                    \
    {                                                                          \
        .id = STR_INIT("aws"),                                                 \
        .match = STR_INIT("(?<![A-Z0-9])AKIA[A-Z2-7]{16}(?![A-Z0-9])"), ALL,   \
        .action = ACTION_REDACT, KEYS(k_aws), .keyword_first = true,           \
        .views = VIEWS_VALUES, .put = STR_INIT("[aws]")                        \
    }
#define SAY                                                                    \
    {                                                                          \
        .id = STR_INIT("say"),                                                 \
        .match = STR_INIT("(?i)\\bignore\\s{1,4}(?:all\\s{1,4})?previous\\b"), \
        ALL, .action = ACTION_BLOCK, KEYS(k_ignore), .keyword_first = true,    \
        .views = VIEWS_ORDERS                                                  \
    }
#define FAR                                                                    \
    {                                                                          \
        .id = STR_INIT("far"), .match = STR_INIT("never-in-it"), ALL,          \
        .action = ACTION_LOG, KEYS(k_never), .keyword_first = true,            \
        .views = VIEWS_FAR                                                     \
    }

/* What stands beside it is in some view, or not, or not as far as it looks. */
#define SEND                                                                   \
    {                                                                          \
        .id = STR_INIT("send"), .match = STR_INIT("(?i)\\bsend\\s+it\\b"),     \
        ALL, .action = ACTION_LOG, KEYS(k_send), .keyword_first = true,        \
        .nears = beside, .near_count = ARRAY_LEN(beside),                      \
        .views = VIEWS_ORDERS                                                  \
    }

static const struct str k_send[] = {STR_INIT("send")};
static const struct near beside[] = {
    {.match = STR_INIT("(?i)\\bvault\\b"),
     .within = LIM_NEAR,
     .sides = NEAR_BEFORE | NEAR_AFTER},
    {.match = STR_INIT("(?i)\\bnever\\b"),
     .within = LIM_NEAR,
     .sides = NEAR_BEFORE | NEAR_AFTER,
     .unless = true},
};

static const struct rule near_list[] = {AWS, SAY, SEND};
static const struct rule far_list[] = {AWS, SAY, SEND, FAR};

#define REST "Q3EGRTX7LMBZ2WPD"
#define ZWSP "\u200b"

static const char *const plain[] = {"a line of words that say nothing;\n",
                                    "for (i = 0; i < n; i++) ",
                                    "some_long_name_of(that); ",
                                    "3f2a9c1e-8b7d-4e6f, 17 of 20. ",
                                    "x = y / z & 7; ",
                                    "\"key\": [1, 2], ",
                                    "OPENSSL_sk_shift(UTF8PROC_CATEGORY_LU) ",
                                    "assertIsInstance(SignedCertificate, 1) ",
                                    "3f786850e387550fdab836ed7e6dc881de23001b ",
                                    "p = &that; %08x %20s ",
                                    "open(path, mode=10, flag=False) ",
                                    "f(a, \"b\", c, d) \\d\\x "};

/* With seams that hide nothing. */
static const char *const page[] = {"a line of words that say nothing;\n",
                                   "the <code>vault</code> holds it ",
                                   "and <i>more</i> of it ",
                                   "'some ' +\n    'words' ",
                                   "x = y / z & 7; ",
                                   "OPENSSL_sk_shift(UTF8PROC_CATEGORY_LU) ",
                                   "assertIsInstance(SignedCertificate, 1) "};

static const char *const seamed[] = {
    "ig<b>nore</b> previous ",
    "ignore</i> previous ",
    "say 'ig' + 'nore' + ' previous' ",
    "\"ignore \" +\n \"previous \"\n",
    "\"AKIA\" + \"" REST "\" ",
    "'aWdub3Jl' + 'IHByZXZp' + 'b3Vz' ",
    "'AKIA\\n' + 'ignore' + '\\nprevious' ",
    "'AKIA\\nig' + 'nore\\nprevious' ",
    "\"ig\\u00\" + \"6eore previous\" ",
    "ig<b>\\u006eore</b> previous ",
    "ig<b>n\u043ere</b> previous ",
    "ig<b>" ZWSP "nore</b> previous ",
    "\"AK\\u0049\" + \"A" REST "\" ",
    "aWdub3JlIHByZXZpb3Vz ",
    "ignore" ZWSP "previous ",
    "AKIA\\nignore\\nprevious ",
    "%41%4b%49%41" REST " ",
    "1gn0r3 pr3v10us ",
};

static const char *const odd[] = {
    "AK" ZWSP "IA" REST " ",
    "\uff21KIA" REST " ",
    "%41%4b%49%41" REST " ",
    "QUtJQVEzRUdSVFg3TE1CWjJXUEQgb2Yg ",
    "414b494151334547525458374c4d425a32575044 ",
    "41 4b 49 41 51 33 45 47 52 54 58 37 4c 4d 42 5a 32 57 50 44 ",
    "\\u0041\\u004bIA" REST " ",
    "=41=4b=49=41" REST " ",
    "&#65;&#x4b;IA" REST " ",
    "aWdub3JlIHByZXZpb3Vz ",
    "69676e6f72652070726576696f7573 ",
    "1gn0r3 pr3v10us ",
    "i g n o r e   p r e v i o u s  ",
    "i-g-n-o-r-e p-r-e-v-i-o-u-s ",
    "ignor\u00e9 previous ",
    "\u0131gnore previous ",
    "ign\u043ere previous ",
    "ignore" ZWSP "previous ",
    "ignore previous ",
    "AKIA" REST " ",
    "AKIA\\nignore\\nprevious ",
    "\u00e9t\u00e9 ",
    "\x01 ",
};

/* Of ideographs: three bytes each, and all of it is looked at for views. */
static const char *const wide[] = {
    "\u65e5\u672c\u8a9e\u306e\u6587\u304c\u7d9a\u304f\u3001", "\u6587\u3002",
    "\u3053\u3053\u306b\u66f8\u304f ",
    "\ud55c\uad6d\uc5b4\ub85c \uc4f4\ub2e4 "};

static const char *const said[] = {
    "send it ",      "vault ",       "never ",         "v\u200bault ",
    "\uff56ault ",   "n\u200bever ", "\uff4eever ",    "s\u200bend it ",
    "send\u200bit ", "v\u00e1ult ",  "n\u00e9ver ",    "v4ult ",
    "n3v3r ",        "v a u l t  ",  "v\u0430ult ",    "nev\u0435r ",
    "a\u200bb ",     "\u00df ",      "x\u0301\u0302 ", "ignore previous "};

struct pieces {
    const char *const *list;
    size_t count;
};

/* `some` among so many of `most`. */
static size_t mixture(struct pieces some, struct pieces most, size_t often,
                      char *text, size_t size)
{
    size_t n = 0;

    for (;;) {
        const struct pieces *of = rnd(often) == 0 ? &some : &most;
        const char *part = of->list[rnd(of->count)];
        size_t len = strlen(part);

        if (n + len > size)
            return n;
        memcpy(text + n, part, len);
        n += len;
    }
}

/* At the same places. Through which views may differ: of all of a text it is
 * the clean one that is decoded if anything in it is cleaned, or first what is
 * escaped anywhere. */
static bool same(const struct findings *a, const struct findings *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (!str_eq(a->list[i].rule->id, b->list[i].rule->id) ||
            a->list[i].start != b->list[i].start ||
            a->list[i].end != b->list[i].end)
            return false;
    return true;
}

#define PIECES(list)                                                           \
    (struct pieces)                                                            \
    {                                                                          \
        list, ARRAY_LEN(list)                                                  \
    }

static void test_beside(void)
{
    static const struct scope user = {.dir = DIR_SEND, .role = ROLE_USER};
    static char text[24 * KIB];
    struct set near, far;
    size_t some = 0;

    set_open(&near, near_list, ARRAY_LEN(near_list));
    set_open(&far, far_list, ARRAY_LEN(far_list));
    for (size_t turn = 0; turn < 600; turn++) {
        size_t size = 5 * KIB + rnd(15 * KIB), often = 4 + rnd(100);
        struct str s = {text,
                        mixture(PIECES(said), PIECES(wide), often, text, size)};

        findings_clear(&near.f);
        findings_clear(&far.f);
        CHECK(rules_scan(near.rs, near.sc, &user, s, 0, &near.f) == OK);
        CHECK(rules_scan(far.rs, far.sc, &user, s, 0, &far.f) == OK);
        some += near.f.count;
        CHECK(!far.f.capped && same(&near.f, &far.f));
    }
    CHECK(some > 1000);
    set_close(&near);
    set_close(&far);
}

static size_t check_mixtures(struct pieces some_of, struct pieces most,
                             size_t rare)
{
    static const struct scope user = {.dir = DIR_SEND, .role = ROLE_USER};
    static char text[24 * KIB];
    struct set near, far;
    size_t some = 0, whole = 0;

    set_open(&near, near_list, ARRAY_LEN(near_list));
    set_open(&far, far_list, ARRAY_LEN(far_list));
    for (size_t turn = 0; turn < 1000; turn++) {
        /* Of short ones less is left out for being too much. */
        size_t longest = turn % 2 == 0 ? 2 * KIB : 20 * KIB;
        size_t size = 4 * KIB + 1 + rnd(longest), often = rare + rnd(200);
        struct str s = {text, mixture(some_of, most, often, text, size)};

        findings_clear(&near.f);
        findings_clear(&far.f);
        CHECK(rules_scan(near.rs, near.sc, &user, s, 0, &near.f) == OK);
        CHECK(rules_scan(far.rs, far.sc, &user, s, 0, &far.f) == OK);
        some += near.f.count;
        whole += !far.f.capped;
        CHECK(far.f.capped ? near.f.count >= far.f.count
                           : same(&near.f, &far.f));
    }
    CHECK(whole > 450);
    set_close(&near);
    set_close(&far);
    return some;
}

static void test_mixtures(void)
{
    CHECK(check_mixtures(PIECES(odd), PIECES(plain), 4) > 3000);
}

static void test_pages(void)
{
    CHECK(check_mixtures(PIECES(seamed), PIECES(page), 30) > 1000);
}

int main(void)
{
    RUN(test_beside);
    RUN(test_mixtures);
    RUN(test_pages);
    return check_done();
}
