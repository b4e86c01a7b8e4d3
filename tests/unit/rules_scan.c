#include "rules/rules.h"

#include <pthread.h>
#include <stdlib.h>

#include "check.h"
#include "failmalloc.h"
#include "set.h"

/* link: -pthread */

/* Whole texts: what is found, where, in which order, and what is refused. */

static const struct str k_aws[] = {STR_INIT("AKIA")};
static const struct str k_pass[] = {STR_INIT("password")};
static const struct str not_test[] = {STR_INIT("(?i)^test")};

static const struct rule list[] = {
    {.id = STR_INIT("aws"),
     .match = STR_INIT("\\bAKIA[A-Z2-7]{16}\\b"),
     ALL,
     .action = ACTION_REDACT,
     .severity = SEVERITY_HIGH,
     KEYS(k_aws),
     .keyword_first = true,
     .no_placeholder = true,
     .put = STR_INIT("[aws]")},
    {.id = STR_INIT("pass"),
     .match = STR_INIT("(?i)password[:=] ?(\\S+)"),
     ALL,
     .action = ACTION_REDACT,
     KEYS(k_pass),
     .group = 1,
     .nots = not_test,
     .not_count = 1},
    {.id = STR_INIT("card"),
     .match = STR_INIT("\\d(?:[ -]?\\d){12,18}"),
     ALL,
     .action = ACTION_BLOCK,
     .digits = 13,
     .check = VALID_LUHN},
    {.id = STR_INIT("send"),
     .match = STR_INIT("only sent"),
     .dirs = 1,
     .roles = 1u << ROLE_USER,
     .parts = 1u << PART_TEXT,
     .action = ACTION_REDACT},
    {.id = STR_INIT("log"),
     .match = STR_INIT("is [\\s\\S]{1,60}"),
     ALL,
     .action = ACTION_LOG,
     .severity = SEVERITY_CRITICAL},
    {.id = STR_INIT("hex"),
     .match = STR_INIT("[0-9a-f]{16,}"),
     ALL,
     .action = ACTION_REDACT,
     .entropy = 3000},
    {.id = STR_INIT("one"),
     .match = STR_INIT("pass|as"),
     ALL,
     .action = ACTION_REDACT,
     .severity = SEVERITY_LOW},
    {.id = STR_INIT("two"),
     .match = STR_INIT("as|password"),
     ALL,
     .action = ACTION_REDACT,
     .severity = SEVERITY_MEDIUM},
    {.id = STR_INIT("off"),
     .match = STR_INIT("password"),
     ALL,
     .action = ACTION_PASS},
};

static const struct str quiet[] = {STR_INIT("*.quiet.example")};
static const struct str exact[] = {STR_INIT("exact.example")};
static const struct exclusion ex[] = {
    {.rule = 0, .when.about[ABOUT_HOST] = {quiet, 1}},
    {.rule = 2, .parts = 1u << PART_TOOL_ARGS},
    {.rule = 3, .when.about[ABOUT_HOST] = {exact, 1}},
};

/* The list above, with its exclusions. */
static void list_open(struct set *s, bool monitor)
{
    set_open_with(s, list, ARRAY_LEN(list),
                  (struct set_options){ex, ARRAY_LEN(ex), monitor});
}

/* "aws 0-20; pass 30-35" */
static struct str found(const struct findings *f, char out[1000])
{
    size_t n = 0;

    out[0] = 0;
    for (size_t i = 0; i < f->count; i++)
        n += (size_t)snprintf(out + n, 1000 - n, "%s%.*s %d-%d",
                              i == 0 ? "" : "; ", (int)f->list[i].rule->id.len,
                              f->list[i].rule->id.ptr, (int)f->list[i].start,
                              (int)f->list[i].end);
    return str_of(out);
}

static const struct scope user = {.dir = DIR_SEND, .role = ROLE_USER};

static void test_findings(void)
{
    static const struct {
        const char *text, *want;
    } rows[] = {
        {"", ""},
        {"nothing to see", ""},
        {"AKIAQ3EGRTX7LMBZ2WPD", "aws 0-20"},
        {"akiaq3egrtx7lmbz2wpd", ""}, /* the keyword only is without case */
        {"xAKIAQ3EGRTX7LMBZ2WPD AKIA AKIAQ3EGRTX7LMBZ2WPD.", "aws 27-47"},
        {"AKIAIOSFODNN7EXAMPLE", ""},
        {"PASSWORD=hunter22 x", "pass 9-17"},
        {"password=testing", "two 0-8; one 0-4"},
        {"4111 1111 1111 1111", "card 0-19"},
        {"94111 1111 1111 1111", "card 1-20"}, /* behind a failed start */
        {"4111 1111 1111 1112", ""},
        {"only sent", "send 0-9"},
        {"0123456789abcdef", "hex 0-16"},
        {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", ""},
        {"key is AKIAQ3EGRTX7LMBZ2WPD", "log 4-27; aws 7-27"},
        {"漢字 AKIAQ3EGRTX7LMBZ2WPD é", "aws 7-27"},
        {"pas", "two 1-3; one 1-3"},
    };
    struct set s;
    char out[1000];

    list_open(&s, false);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CHECK_ROW(rows[i].text);
        findings_clear(&s.f);
        CHECK_INT(rules_scan(s.rs, s.sc, &user, str_of(rows[i].text), 0, &s.f),
                  OK);
        CHECK_EQ(found(&s.f, out), str_of(rows[i].want));
    }
    CHECK_ROW(NULL);
    set_close(&s);
}

static void test_scope(void)
{
    static const struct {
        struct scope at;
        const char *want;
    } rows[] = {
        {{DIR_SEND, ROLE_USER, PART_TEXT, STR_INIT(""), NULL},
         "aws 0-20; send 21-30; card 31-47"},
        {{DIR_RECV, ROLE_USER, PART_TEXT, STR_INIT(""), NULL},
         "aws 0-20; card 31-47"},
        {{DIR_SEND, ROLE_TOOL, PART_TEXT, STR_INIT(""), NULL},
         "aws 0-20; card 31-47"},
        {{DIR_SEND, ROLE_USER, PART_TOOL_ARGS, STR_INIT(""), NULL}, "aws 0-20"},
        {{DIR_SEND, ROLE_USER, PART_TEXT, STR_INIT("a.QUIET.example"), NULL},
         "send 21-30; card 31-47"},
        {{DIR_SEND, ROLE_USER, PART_TEXT, STR_INIT("quiet.example"), NULL},
         "aws 0-20; send 21-30; card 31-47"},
        {{DIR_SEND, ROLE_USER, PART_TEXT, STR_INIT("exact.example"), NULL},
         "aws 0-20; card 31-47"},
    };
    struct str text = STR("AKIAQ3EGRTX7LMBZ2WPD only sent 4111111111111111");
    struct set s;
    char out[1000];

    list_open(&s, false);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        findings_clear(&s.f);
        CHECK_INT(rules_scan(s.rs, s.sc, &rows[i].at, text, 0, &s.f), OK);
        if (!CHECK_EQ(found(&s.f, out), str_of(rows[i].want)))
            fprintf(stderr, "row %zu\n", i);
        for (size_t k = 0; k < s.f.count; k++)
            CHECK(rules_applies(s.rs, s.f.list[k].rule, &rows[i].at));
    }
    set_close(&s);
}

static void test_appends(void)
{
    struct set s;
    char out[1000];

    list_open(&s, false);
    CHECK_INT(rules_scan(s.rs, s.sc, &user, STR("x only sent"), 3, &s.f), OK);
    CHECK_INT(rules_scan(s.rs, s.sc, &user, STR("only sent"), 4, &s.f), OK);
    CHECK_STR(found(&s.f, out), "send 2-11; send 0-9");
    CHECK_INT(s.f.list[0].seg, 3);
    CHECK_INT(s.f.list[1].seg, 4);
    set_close(&s);
}

static void test_clusters(void)
{
    struct str text =
        STR("key is AKIAQ3EGRTX7LMBZ2WPD password=4111111111111111"
            " and passwords");
    struct cluster c;
    struct set s;
    size_t pos = 0;

    list_open(&s, false);
    CHECK_INT(rules_scan(s.rs, s.sc, &user, text, 0, &s.f), OK);
    CHECK(cluster_next(s.rs, s.f.list, s.f.count, &pos, &c));
    CHECK(c.start == 7 && c.end == 27 && c.action == ACTION_REDACT);
    CHECK_STR(c.rule->id, "aws");
    CHECK(cluster_next(s.rs, s.f.list, s.f.count, &pos, &c));
    CHECK(c.start == 28 && c.end == 36); /* longest first: two, not one */
    CHECK_STR(c.rule->id, "two");
    CHECK(cluster_next(s.rs, s.f.list, s.f.count, &pos, &c));
    CHECK(c.start == 37 && c.end == 53 && c.action == ACTION_BLOCK);
    CHECK_STR(c.rule->id, "card");
    CHECK(cluster_next(s.rs, s.f.list, s.f.count, &pos, &c));
    CHECK(!cluster_next(s.rs, s.f.list, s.f.count, &pos, &c));
    set_close(&s);
}

static void test_monitor(void)
{
    struct cluster c;
    struct set s;
    size_t pos = 0;

    list_open(&s, true);
    CHECK_INT(rules_scan(s.rs, s.sc, &user, STR("4111111111111111"), 0, &s.f),
              OK);
    CHECK_INT(s.f.count, 1);
    CHECK_INT(rules_action(s.rs, rules_at(s.rs, 2)), ACTION_LOG);
    CHECK_INT(rules_action(s.rs, rules_at(s.rs, 8)), ACTION_PASS);
    CHECK(!cluster_next(s.rs, s.f.list, s.f.count, &pos, &c));
    set_close(&s);
}

/* A limit is an error, and what was found before it does not stay. */
static void test_limits(void)
{
    static const struct rule bad[] = {
        {.id = STR_INIT("a"),
         .match = STR_INIT("b"),
         ALL,
         .action = ACTION_LOG},
        {.id = STR_INIT("x"),
         .match = STR_INIT("(?:(a+)+)+$"),
         ALL,
         .action = ACTION_LOG},
    };
    char *text = malloc(LIM_FINDINGS + 2);
    struct set s;

    if (text == NULL)
        return;
    memset(text, 'a', 200);
    text[0] = text[199] = 'b';
    set_open(&s, bad, ARRAY_LEN(bad));
    CHECK_INT(rules_scan(s.rs, s.sc, &user, (struct str){text, 200}, 0, &s.f),
              E_LIMIT);
    CHECK_INT(s.f.count, 0);
    memset(text, 'b', LIM_FINDINGS + 2);
    CHECK_INT(rules_scan(s.rs, s.sc, &user, (struct str){text, LIM_FINDINGS}, 0,
                         &s.f),
              OK);
    CHECK_INT(s.f.count, LIM_FINDINGS);
    CHECK_INT(rules_scan(s.rs, s.sc, &user, STR("b"), 0, &s.f), E_LIMIT);
    CHECK_INT(s.f.count, LIM_FINDINGS);
    set_close(&s);
    free(text);
}

static const struct str word_k = STR_INIT("k");
static const struct rule at_each_k = {.id = STR_INIT("k"),
                                      .keywords = &word_k,
                                      .keyword_count = 1,
                                      .keyword_first = true,
                                      .match = STR_INIT("k[k0-9](?<=k[0-9])"),
                                      ALL,
                                      .action = ACTION_LOG};

static void alike(struct rule *many, size_t n, const struct rule *rule)
{
    for (size_t i = 0; i < n; i++)
        many[i] = *rule;
}

/* Many times a keyword, and what it begins never: 16 rules are tried at each
 * byte. A large text of that is refused; a small one, and what comes after it
 * in the same scratch, is searched. */
static void test_steps(void)
{
    struct rule many[16];
    char *text = malloc(MIB);
    struct set s;

    if (text == NULL)
        return;
    alike(many, ARRAY_LEN(many), &at_each_k);
    memset(text, 'k', MIB);
    set_open(&s, many, ARRAY_LEN(many));
    CHECK_INT(rules_scan(s.rs, s.sc, &user, STR("k1"), 0, &s.f), OK);
    CHECK_INT(s.f.count, ARRAY_LEN(many));
    CHECK_INT(rules_scan(s.rs, s.sc, &user, (struct str){text, MIB}, 1, &s.f),
              E_LIMIT);
    CHECK_INT(s.f.count, ARRAY_LEN(many));
    findings_clear(&s.f);
    memcpy(text + 2 * KIB - 2, "k1", 2);
    CHECK_INT(
        rules_scan(s.rs, s.sc, &user, (struct str){text, 2 * KIB}, 2, &s.f),
        OK);
    CHECK_INT(s.f.count, ARRAY_LEN(many));
    CHECK_INT(s.f.list[0].start, 2 * KIB - 2);
    set_close(&s);
    free(text);
}

/* One keyword, and rules whose matches have no bound, so that they may begin
 * anywhere: each looks through all of the text, and its steps tell. */
static void test_steps_through(void)
{
    static const struct str k[] = {STR_INIT("zz")};
    const struct rule rule = {.id = STR_INIT("k"),
                              .keywords = k,
                              .keyword_count = 1,
                              .match = STR_INIT("(?:ab|bc|[cd]a)\\w*zz"),
                              ALL,
                              .action = ACTION_LOG};
    struct rule many[32];
    char *text = malloc(MIB);
    struct set s;

    if (text == NULL)
        return;
    alike(many, ARRAY_LEN(many), &rule);
    for (size_t i = 0; i < MIB; i++)
        text[i] = "aacbdc"[i % 6];
    set_open(&s, many, ARRAY_LEN(many));
    CHECK_INT(rules_scan(s.rs, s.sc, &user, (struct str){text, MIB}, 1, &s.f),
              OK);
    memcpy(text, "zz", 2);
    CHECK_INT(rules_scan(s.rs, s.sc, &user, (struct str){text, MIB}, 1, &s.f),
              E_LIMIT);
    memcpy(text + 2 * KIB - 5, " abzz", 5);
    CHECK_INT(
        rules_scan(s.rs, s.sc, &user, (struct str){text, 2 * KIB}, 2, &s.f),
        OK);
    CHECK_INT(s.f.count, ARRAY_LEN(many));
    set_close(&s);
    free(text);
}

/* Many small texts of one body have no more together than one of them; each for
 * itself is searched. */
static void test_steps_shared(void)
{
    uint64_t spare = LIM_SCAN_LEAST;
    struct rule many[16];
    char text[KIB];
    struct set s;
    size_t n = 0;

    alike(many, ARRAY_LEN(many), &at_each_k);
    memset(text, 'k', sizeof(text));
    set_open(&s, many, ARRAY_LEN(many));
    scratch_share(s.sc, &spare);
    while (n < 100 &&
           rules_scan(s.rs, s.sc, &user, (struct str){text, sizeof(text)}, 0,
                      &s.f) == OK)
        n++;
    CHECK(n > 2 && n < 20);
    CHECK_INT(spare, 0);
    CHECK_INT(rules_scan(s.rs, s.sc, &user,
                         STR("of what is left to it, this has one k"), 0, &s.f),
              OK);
    spare = 0; /* what one does not take is left to the next */
    CHECK_INT(rules_scan(s.rs, s.sc, &user, STR("none here"), 0, &s.f), OK);
    CHECK(spare > 0);
    scratch_share(s.sc, NULL);
    for (n = 0; n < 100; n++)
        CHECK_INT(rules_scan(s.rs, s.sc, &user,
                             (struct str){text, sizeof(text)}, 0, &s.f),
                  OK);
    set_close(&s);
}

static void test_bad_pattern(void)
{
    static const struct rule bad = {
        .id = STR_INIT("x"), .match = STR_INIT("("), ALL, .action = ACTION_LOG};
    struct set s;

    set_open(&s, &bad, 1);
    CHECK_INT(rules_scan(s.rs, s.sc, &user, STR("a"), 0, &s.f), E_INTERNAL);
    set_close(&s);
}

/* A megabyte of one letter that every start matches and no check passes. */
static void test_no_quadratic_failures(void)
{
    char *text = malloc(MIB);
    struct set s;

    if (text == NULL)
        return;
    memset(text, 'a', MIB);
    list_open(&s, false);
    CHECK_INT(rules_scan(s.rs, s.sc, &user, (struct str){text, MIB}, 0, &s.f),
              OK);
    CHECK_INT(s.f.count, 0);
    set_close(&s);
    free(text);
}

static void test_nth_allocation(void)
{
    struct str text =
        STR("AKIAQ3EGRTX7LMBZ2WPD password=4111111111111111 only sent");

    for (size_t n = 1;; n++) {
        struct set s;
        enum err e;

        list_open(&s, false);
        failmalloc_at(n, FAIL_ONE);
        e = rules_scan(s.rs, s.sc, &user, text, 0, &s.f);
        if (!failmalloc_off()) {
            CHECK_INT(e, OK);
            CHECK(s.f.count > 4);
            set_close(&s);
            break;
        }
        if (e) { /* the JIT may do without, and slowly */
            CHECK_INT(e, E_NOMEM);
            CHECK_INT(s.f.count, 0);
        }
        set_close(&s);
    }
}

/* Threads that all need every pattern for the first time. */
static void *scan_thread(void *arg)
{
    struct set *s = arg;
    struct scratch *sc;
    struct findings f = {0};

    if (scratch_new(&sc))
        return arg;
    for (int i = 0; i < 50; i++) {
        findings_clear(&f);
        if (rules_scan(s->rs, sc, &user,
                       STR("AKIAQ3EGRTX7LMBZ2WPD password=4111111111111111"), 0,
                       &f) ||
            f.count < 4)
            break;
        if (i == 49)
            s = NULL;
    }
    findings_free(&f);
    scratch_free(sc);
    return s;
}

static void test_threads(void)
{
    pthread_t threads[6];
    struct set s;

    list_open(&s, false);
    for (size_t i = 0; i < ARRAY_LEN(threads); i++)
        if (pthread_create(&threads[i], NULL, scan_thread, &s))
            exit(1);
    for (size_t i = 0; i < ARRAY_LEN(threads); i++) {
        void *failed = &s;

        CHECK_INT(pthread_join(threads[i], &failed), 0);
        CHECK(failed == NULL);
    }
    CHECK_INT(rules_slow(s.rs), 0);
    set_close(&s);
}

int main(void)
{
    RUN(test_findings);
    RUN(test_scope);
    RUN(test_appends);
    RUN(test_clusters);
    RUN(test_monitor);
    RUN(test_limits);
    RUN(test_steps);
    RUN(test_steps_through);
    RUN(test_steps_shared);
    RUN(test_bad_pattern);
    RUN(test_no_quadratic_failures);
    RUN(test_nth_allocation);
    RUN(test_threads);
    return check_done();
}
