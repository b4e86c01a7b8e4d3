#include "base/pack.h"
#include "check.h"
#include "policy/verdict.h"

static void test_round_trip(void)
{
    struct policy p, q;
    struct buf b;

    policy_init(&p);
    p.monitor = true;
    p.name = STR("office");
    p.on_failure[COND_REQUEST_LIMIT] = FAIL_PASS;
    buf_init(&b, 4096);
    CHECK_INT(policy_pack(&p, &b), OK);
    CHECK_INT(policy_load(buf_str(&b), &q), OK);
    CHECK(q.monitor);
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
    RUN(test_verdicts);
    RUN(test_monitor);
    return check_done();
}
