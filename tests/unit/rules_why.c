/* Why a rule refuses a value: each check by itself, and the first that does. */
#include "check.h"
#include "failmalloc.h"
#include "rules/why.h"

static const struct str k_key[] = {STR_INIT("key-")};
static const struct str nots[] = {STR_INIT("^dead"), STR_INIT("beef$")};
static const struct near nears[] = {
    {STR_INIT("(?i)sample"), 20, NEAR_BEFORE | NEAR_AFTER, false, true}};

static const struct rule rule = {.id = STR_INIT("SP-1"),
                                 .name = STR_INIT("key"),
                                 .category = STR_INIT("c"),
                                 .kind = STR_INIT("key"),
                                 .put = STR_INIT("#"),
                                 .match = STR_INIT("key-([0-9a-z]{4,40})"),
                                 .group = 1,
                                 .dirs = 1u << DIR_SEND,
                                 .roles = 1u << ROLE_USER,
                                 .parts = 1u << PART_TEXT,
                                 .action = ACTION_REDACT,
                                 .keywords = k_key,
                                 .keyword_count = 1,
                                 .keyword_first = true,
                                 .entropy = 2000,
                                 .no_placeholder = true,
                                 .check = VALID_LUHN_ANY,
                                 .nots = nots,
                                 .not_count = 2,
                                 .nears = nears,
                                 .near_count = 1};

struct set {
    struct buf packed;
    struct rules *rules;
    struct scratch *sc;
};

static enum err set_open(struct set *s)
{
    enum err e;

    *s = (struct set){0};
    buf_init(&s->packed, MIB);
    if ((e = rules_pack(&rule, 1, NULL, 0, &s->packed)) ||
        (e = rules_load(buf_str(&s->packed), false, &s->rules)))
        return e;
    return scratch_new(&s->sc);
}

static void set_close(struct set *s)
{
    rules_free(s->rules);
    scratch_free(s->sc);
    buf_free(&s->packed);
}

static const struct {
    const char *before, *value;
    enum gate gate;
    size_t not_at;
} rows[] = {
    {"key-", "4024007103939509", GATE_NONE, 2},
    {"key-", "0000000000000000", GATE_ENTROPY, 2},
    {"key-", "1234567890123456", GATE_PLACEHOLDER, 2},
    {"key-", "4024007103939508", GATE_VALIDATOR, 2},
    {"sample key-", "4024007103939509", GATE_NEAR, 2},
};

static void test_rows(void)
{
    struct set s;

    if (!CHECK_INT(set_open(&s), OK))
        return;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct rule *r = rules_at(s.rules, 0);
        size_t start = strlen(rows[i].before);
        char text[64];
        struct why why;

        CHECK_ROW(rows[i].value);
        snprintf(text, sizeof(text), "%s%s", rows[i].before, rows[i].value);
        CHECK_INT(rules_why(s.rules, s.sc, r, str_of(text), start, strlen(text),
                            &why),
                  OK);
        CHECK_INT(why_refused(r, &why), rows[i].gate);
        CHECK_INT(why.not_at, rows[i].not_at);
    }
    CHECK_ROW(NULL);
    set_close(&s);
}

/* A value may fail several checks; each is told. */
static void test_all(void)
{
    const struct str text = STR("key-deadbeef");
    struct set s;
    struct why why;

    if (!CHECK_INT(set_open(&s), OK))
        return;
    CHECK_INT(
        rules_why(s.rules, s.sc, rules_at(s.rules, 0), text, 4, text.len, &why),
        OK);
    CHECK(why.entropy < 3000 && why.placeholder && !why.valid && why.near);
    CHECK_INT(why.not_at, 0);
    CHECK_INT(why_refused(rules_at(s.rules, 0), &why), GATE_PLACEHOLDER);
    set_close(&s);
}

/* Without checks the pattern alone decides, everywhere. */
static void test_ungated(void)
{
    const struct str text = STR("sample key-deadbeef");
    const struct scope there = {
        .dir = DIR_RECV, .role = ROLE_TOOL, .part = PART_TOOL_RESULT};
    struct findings found;
    struct rules *open = NULL;
    struct buf packed;
    struct set s;

    buf_init(&packed, MIB);
    findings_init(&found);
    if (CHECK_INT(set_open(&s), OK) &&
        CHECK_INT(rules_ungated(s.rules, &packed), OK) &&
        CHECK_INT(rules_load(buf_str(&packed), false, &open), OK)) {
        CHECK_INT(rules_scan(s.rules, s.sc, &there, text, 0, &found), OK);
        CHECK_INT(found.count, 0);
        CHECK_INT(rules_scan(open, s.sc, &there, text, 0, &found), OK);
        CHECK_INT(found.count, 1);
        CHECK(found.count == 1 && found.list[0].start == 11 &&
              found.list[0].end == text.len && found.list[0].rule->index == 0);
    }
    findings_free(&found);
    rules_free(open);
    buf_free(&packed);
    set_close(&s);
}

static enum err ask(void)
{
    struct buf packed;
    struct why why;
    struct set s;
    enum err e = set_open(&s);

    buf_init(&packed, MIB);
    if (!e)
        e = rules_why(s.rules, s.sc, rules_at(s.rules, 0), STR("key-4821"), 4,
                      8, &why);
    if (!e)
        e = rules_ungated(s.rules, &packed);
    buf_free(&packed);
    set_close(&s);
    return e;
}

static void test_nomem(void)
{
    enum err e;

    for (size_t n = 1;; n++) {
        failmalloc_at(n, FAIL_ONE);
        e = ask();
        if (!failmalloc_off())
            break;
        CHECK(e == E_NOMEM || e == OK); /* the JIT does without */
    }
    CHECK_INT(e, OK);
}

int main(void)
{
    RUN(test_rows);
    RUN(test_all);
    RUN(test_ungated);
    RUN(test_nomem);
    return check_done();
}
