#include "base/pack.h"
#include "check.h"
#include "policy/verdict.h"
#include "rules/rule.h"

static void test_round_trip(void)
{
    struct policy p, q;
    struct buf b;

    policy_init(&p);
    p.monitor = true;
    p.name = STR("office");
    p.on_failure[COND_REQUEST_LIMIT] = FAIL_PASS;
    p.links = STR("a.example *.b.example");
    p.canary = STR("<!-- {} -->");
    p.thresholds = (struct thresholds){{1, 2}, {0, LIM_SCORE}};
    p.own.files = STR("\4\0\0\0.env\3\0\0\0~/a");
    p.own.auth = false;
    p.own.least = 20;
    buf_init(&b, 4096);
    CHECK_INT(policy_pack(&p, &b), OK);
    CHECK_INT(policy_load(buf_str(&b), &q), OK);
    CHECK_EQ(q.own.files, p.own.files);
    CHECK_STR(q.own.env, "\3\0\0\0all");
    CHECK(!q.own.auth);
    CHECK_INT(q.own.least, 20);
    CHECK(q.monitor);
    CHECK_EQ(q.links, p.links);
    CHECK_EQ(q.canary, p.canary);
    CHECK(memcmp(&q.thresholds, &p.thresholds, sizeof(p.thresholds)) == 0);
    CHECK_STR(q.name, "office");
    CHECK(!policy_blocks(&q, COND_REQUEST_LIMIT));
    CHECK(policy_blocks(&q, COND_JSON_INVALID));
    for (size_t n = 0; n < b.len; n++)
        CHECK_INT(policy_load(str_head(buf_str(&b), n), &q), E_SYNTAX);
    buf_free(&b);
}

static void test_rows(void)
{
    for (unsigned i = 1; i < COND_COUNT; i++) {
        enum cond c;

        CHECK(cond_from(cond_name((enum cond)i), &c));
        CHECK_INT(c, i);
        CHECK(cond_text((enum cond)i).len > 0);
        CHECK(cond_may_pass((enum cond)i) ||
              cond_default((enum cond)i) == FAIL_BLOCK);
    }
}

/* A row that cannot be open is refused also when an image says so. */
static void test_closed_rows_stay_closed(void)
{
    struct policy p, q;
    struct buf b;

    policy_init(&p);
    p.on_failure[COND_HTTP_AMBIGUOUS] = FAIL_PASS;
    buf_init(&b, 4096);
    CHECK_INT(policy_pack(&p, &b), OK);
    CHECK_INT(policy_load(buf_str(&b), &q), E_SYNTAX);
    buf_free(&b);
}

/* Lists of secrets' places that an engine could stumble over. */
static void test_bad_places(void)
{
    static const struct str bad[] = {STR_INIT("\4\0\0\0.en"),
                                     STR_INIT("\0\0\0\0"),
                                     STR_INIT("\2\0\0\0a\0"), STR_INIT("x")};
    struct policy p, q;
    struct buf b;

    for (size_t i = 0; i < 2 * ARRAY_LEN(bad) + 1; i++) {
        policy_init(&p);
        if (i < ARRAY_LEN(bad))
            p.own.files = bad[i];
        else if (i < 2 * ARRAY_LEN(bad))
            p.own.env = bad[i - ARRAY_LEN(bad)];
        else
            p.own.least = 11;
        buf_init(&b, 4096);
        CHECK_INT(policy_pack(&p, &b), OK);
        CHECK_INT(policy_load(buf_str(&b), &q), E_SYNTAX);
        buf_free(&b);
    }
}

static void test_verdicts(void)
{
    const struct rule *a = (const void *)"a", *z = (const void *)"z";
    struct policy p;
    struct verdict v = {0};

    policy_init(&p);
    verdict_finding(&v, ACTION_LOG, a);
    verdict_finding(&v, ACTION_REDACT, z);
    verdict_finding(&v, ACTION_REDACT, a);
    CHECK_INT(v.action, ACTION_REDACT);
    CHECK(v.rule == z);
    verdict_cond(&v, &p, COND_AUDIT);
    CHECK_INT(v.action, ACTION_REDACT);
    CHECK_INT(v.cause, COND_AUDIT);
    verdict_cond(&v, &p, COND_CODING);
    CHECK_INT(v.action, ACTION_BLOCK);
    CHECK(v.rule == NULL);
    CHECK_INT(v.cause, COND_CODING);
}

static struct scored by(const struct rule *r, enum dir d, uint32_t text)
{
    return (struct scored){r, d, text, 0};
}

/* A score names the rules of its own text, whatever came in between. */
static void test_scores(void)
{
    const struct rule a = {.score = 3}, b = {.score = 4}, z = {.score = 5};
    struct verdict v = {0};

    verdict_score(&v, ACTION_PASS, by(&a, DIR_SEND, 0), 3);
    CHECK_INT(v.action, ACTION_PASS);
    verdict_score(&v, ACTION_PASS, by(&b, DIR_SEND, 0), 4); /* a new text */
    verdict_score(&v, ACTION_PASS, by(&a, DIR_RECV, 7), 3);
    verdict_score(&v, ACTION_LOG, by(&z, DIR_SEND, 0), 9);
    CHECK_INT(v.action, ACTION_LOG);
    CHECK(v.by_score && v.rule == NULL);
    CHECK_INT(v.why_score, 9);
    if (CHECK_INT(v.why_count, 2))
        CHECK(v.why[0] == &b && v.why[1] == &z);
    /* A lower one of the same strength changes nothing, a higher one does. */
    verdict_score(&v, ACTION_LOG, by(&b, DIR_RECV, 7), 7);
    CHECK_INT(v.why_score, 9);
    verdict_score(&v, ACTION_LOG, by(&z, DIR_RECV, 7), 12);
    CHECK_INT(v.why_count, 3);
    CHECK_INT(v.score[DIR_SEND], 9);
    CHECK_INT(v.score[DIR_RECV], 12);
    verdict_finding(&v, ACTION_LOG, &a); /* no stronger: the score keeps it */
    CHECK(v.by_score && v.rule == NULL);
    verdict_finding(&v, ACTION_REDACT, &a);
    CHECK(!v.by_score && v.rule == &a);
    verdict_score(&v, ACTION_BLOCK, by(&a, DIR_RECV, 7), 15);
    CHECK(v.by_score && v.action == ACTION_BLOCK && v.rule == NULL);
}

/* It does not name what is too far off, nor a rule twice. */
static void test_scores_near(void)
{
    const struct rule a = {.score = 3}, b = {.score = 4}, z = {.score = 5};
    const uint64_t far = LIM_SCORE_NEAR + 1;
    struct verdict v = {0};

    verdict_score(&v, ACTION_PASS, (struct scored){&a, DIR_SEND, 0, 0}, 3);
    verdict_score(&v, ACTION_PASS, (struct scored){&b, DIR_SEND, 0, 9}, 7);
    verdict_score(&v, ACTION_LOG, (struct scored){&z, DIR_SEND, 0, far}, 9);
    if (CHECK_INT(v.why_count, 2))
        CHECK(v.why[0] == &b && v.why[1] == &z);
    verdict_score(&v, ACTION_LOG, (struct scored){&b, DIR_SEND, 0, far}, 9);
    verdict_score(&v, ACTION_BLOCK, (struct scored){&a, DIR_SEND, 0, far}, 12);
    CHECK_INT(v.why_count, 3);
}

/* More rules than are named: the latest are. */
static void test_scores_full(void)
{
    struct rule many[VERDICT_SCORED + 3] = {0};
    struct verdict v = {0};

    for (size_t i = 0; i < ARRAY_LEN(many); i++) {
        many[i].score = 1;
        verdict_score(&v, i + 1 < ARRAY_LEN(many) ? ACTION_PASS : ACTION_BLOCK,
                      by(&many[i], DIR_SEND, 0), (uint32_t)i + 1);
    }
    CHECK_INT(v.why_count, VERDICT_SCORED);
    CHECK(v.why[VERDICT_SCORED - 1] == &many[ARRAY_LEN(many) - 1]);
}

/* Monitoring blocks only what cannot be let through. */
static void test_monitor(void)
{
    struct policy p;
    struct verdict v = {0};

    policy_init(&p);
    p.monitor = true;
    verdict_cond(&v, &p, COND_JSON_INVALID);
    CHECK_INT(v.action, ACTION_LOG);
    verdict_cond(&v, &p, COND_HTTP_AMBIGUOUS);
    CHECK_INT(v.action, ACTION_BLOCK);
}

int main(void)
{
    RUN(test_round_trip);
    RUN(test_rows);
    RUN(test_closed_rows_stay_closed);
    RUN(test_bad_places);
    RUN(test_verdicts);
    RUN(test_scores);
    RUN(test_scores_near);
    RUN(test_scores_full);
    RUN(test_monitor);
    return check_done();
}
