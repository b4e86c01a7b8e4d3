#include "check.h"
#include "rules/stream.h"
#include "rules/score.h"
#include "set.h"

#include <stdlib.h>

/*
 * Scores: each rule once in a text, in order of the text. On streams the place
 * where the sum blocks does not depend on the cuts, and nothing behind it gets
 * out.
 */

#define RULE(i, m)                                                             \
    .id = STR_INIT("SP-" i), .name = STR_INIT("n" i),                          \
    .put = STR_INIT("[" i "]"), .match = STR_INIT(m), .dirs = DIRS_ALL,        \
    .roles = ROLES_ALL, .parts = PARTS_ALL

static const struct str k_red[] = {STR_INIT("red")};
static const struct str k_green[] = {STR_INIT("green")};
static const struct str k_blue[] = {STR_INIT("blue")};
static const struct str k_key[] = {STR_INIT("key")};
static const struct str k_stop[] = {STR_INIT("stop")};

static const struct rule list[] = {
    {RULE("1", "red(?: lamp)?"), KEYS(k_red), .action = ACTION_SCORE,
     .score = 3},
    {RULE("2", "green \\w+ light"), KEYS(k_green), .action = ACTION_LOG,
     .score = 4},
    {RULE("3", "[a-z]{1,8} blue"), KEYS(k_blue), .action = ACTION_SCORE,
     .score = 5},
    {RULE("4", "key=[a-z ]{3,40};"), KEYS(k_key), .action = ACTION_REDACT,
     .keyword_first = true, .score = 2},
    {RULE("5", "stop here"), KEYS(k_stop), .action = ACTION_BLOCK,
     .keyword_first = true},
    {RULE("6", "white"), .digits = 3, .action = ACTION_LOG},
};

static void list_open(struct set *s, struct thresholds at, bool monitor)
{
    set_open_with(s, list, ARRAY_LEN(list),
                  (struct set_options){.monitor = monitor});
    rules_limit(s->rs, &at);
}

static void test_each_rule_once(void)
{
    struct score t = {0};
    struct rule many[LIM_SCORED + 2] = {{RULE("0", "a")}};

    CHECK_INT(score_add(&t, &many[0], 0), 0);
    for (size_t i = 1; i < ARRAY_LEN(many); i++)
        many[i].score = 1;
    for (size_t i = 1; i <= LIM_SCORED; i++) {
        CHECK_INT(score_add(&t, &many[i], i), i);
        CHECK_INT(score_add(&t, &many[i], i), 0);
    }
    CHECK_INT(score_add(&t, &many[LIM_SCORED + 1], 9), 0);
    CHECK(t.count >= LIM_SCORE); /* what is left out is not missed */
}

/* Up to half of the reach they are added up, behind all of it they are not; a
 * rule that goes on finding stays counted. */
static void test_near(void)
{
    const uint64_t near = LIM_SCORE_NEAR;
    const struct rule a = {.score = 3}, b = {.score = 4}, c = {.score = 5};
    struct score t = {0};

    CHECK_INT(score_add(&t, &a, 7), 3);
    CHECK_INT(score_add(&t, &b, 7 + near / 2), 7);
    CHECK_INT(score_add(&t, &a, 7 + near / 2), 0);
    CHECK_INT(score_add(&t, &a, 8 + near / 2), 7);
    CHECK_INT(score_add(&t, &c, 8 + near), 12);
    CHECK_INT(score_add(&t, &c, 9 + near + near / 2), 5);
    CHECK_INT(score_add(&t, &c, 9 + near + near / 2), 0);
    /* Streams tell some of what they find late. */
    CHECK_INT(score_add(&t, &b, 9 + near), 9);
}

static void test_whole(void)
{
    static const uint32_t want[] = {3, 0, 7, 12};
    struct findings f;
    struct set s;

    list_open(&s, (struct thresholds){{0, 4}, {0, 12}}, false);
    findings_init(&f);
    CHECK_INT(rules_scan(s.rs, s.sc, &s.at,
                         STR("red red green go light sky blue"), 0, &f),
              OK);
    if (CHECK_INT(f.count, ARRAY_LEN(want)))
        for (size_t i = 0; i < f.count; i++)
            CHECK_INT(f.list[i].score, want[i]);
    /* A second text of the same list has its own. */
    CHECK_INT(rules_scan(s.rs, s.sc, &s.at, STR("red"), 1, &f), OK);
    CHECK_INT(f.list[f.count - 1].score, 3);
    CHECK_INT(rules_reached(s.rs, DIR_RECV, 3), ACTION_PASS);
    CHECK_INT(rules_reached(s.rs, DIR_RECV, 4), ACTION_LOG);
    CHECK_INT(rules_reached(s.rs, DIR_RECV, 12), ACTION_BLOCK);
    CHECK_INT(rules_reached(s.rs, DIR_SEND, 64), ACTION_PASS);
    findings_free(&f);
    set_close(&s);
    list_open(&s, (struct thresholds){{0, 4}, {0, 12}}, true);
    CHECK_INT(rules_reached(s.rs, DIR_RECV, 12), ACTION_LOG);
    set_close(&s);
}

/* --- Streams. */

struct got {
    struct buf out;
    uint64_t scores; /* of the findings, one after the other */
    bool blocked;
    struct str by;
};

static void let_go(struct stream *st, struct str text, uint64_t *at,
                   struct got *g)
{
    struct stream_edit ed;
    struct finding f;
    uint64_t safe = stream_safe(st);

    while (stream_next(st, &ed)) {
        CHECK_INT(buf_add(&g->out, (struct str){text.ptr + *at,
                                                (size_t)(ed.start - *at)}),
                  OK);
        *at = ed.action == ACTION_BLOCK ? ed.start : ed.end;
        g->blocked |= ed.action == ACTION_BLOCK;
        if (ed.action == ACTION_BLOCK)
            g->by = ed.rule->id;
        else
            CHECK_INT(buf_add(&g->out, ed.put), OK);
    }
    if (safe > *at && !g->blocked) {
        CHECK_INT(buf_add(&g->out,
                          (struct str){text.ptr + *at, (size_t)(safe - *at)}),
                  OK);
        *at = safe;
    }
    while (stream_finding(st, &f))
        if (f.score != 0)
            g->scores = g->scores * 64 + f.score;
}

/* In pieces that end at the bits of `cuts`, counted from its lowest. */
static void run(const struct set *s, struct str text, size_t cut, size_t step,
                struct got *g)
{
    struct stream *st;
    uint64_t at = 0;
    size_t n;

    *g = (struct got){0};
    buf_init(&g->out, MIB);
    if (!CHECK_INT(stream_new(s->rs, s->sc, &s->at, &st), OK))
        return;
    for (struct str rest = text; rest.len > 0; rest = str_skip(rest, n)) {
        n = cut > 0 ? cut : step;
        n = n > rest.len ? rest.len : n;
        cut = 0;
        CHECK_INT(stream_take(st, str_head(rest, n)), OK);
        let_go(st, text, &at, g);
    }
    CHECK_INT(stream_flush(st), OK);
    let_go(st, text, &at, g);
    stream_free(st);
}

static const struct {
    const char *text, *out, *by;
} streams[] = {
    {"a red fox", "a red fox", NULL},
    {"red, red and red lamp", "red, red and red lamp", NULL},
    {"red and green go light", "red and green go light", NULL},
    {"red and green go light, the sky blue", "red and green go light, the ",
     "SP-3"},
    {"sky blue and green go light, red", "sky blue and green go light, ",
     "SP-1"},
    {"green go light red sky blue; key=abc;", "green go light red ", "SP-3"},
    {"the red key=abc; and green go light", "the red [4] and green go light",
     NULL},
    {"red, key=abc; green go light, a blue", "red, [4] green go light, ",
     "SP-3"},
    /* The finding that blocks stands inside of what would be redacted. */
    {"red sky blue key=green go light ok;", "red sky blue ", "SP-2"},
    {"red sky blue stop here", "red sky blue ", "SP-5"},
    {"x sky blue red green on", "x sky blue red green on", NULL},
};

static void test_streams(void)
{
    struct set s;
    struct got one, g;

    list_open(&s, (struct thresholds){{0, 0}, {0, 12}}, false);
    for (size_t i = 0; i < ARRAY_LEN(streams); i++) {
        struct str text = str_of(streams[i].text);

        run(&s, text, 0, text.len, &one);
        CHECK_EQ(buf_str(&one.out), str_of(streams[i].out));
        CHECK_INT(one.blocked, streams[i].by != NULL);
        if (streams[i].by != NULL)
            CHECK_EQ(one.by, str_of(streams[i].by));
        for (size_t cut = 0; cut < text.len; cut++)
            for (size_t step = 1; step < text.len; step += step) {
                run(&s, text, cut, step, &g);
                CHECK_EQ(buf_str(&g.out), buf_str(&one.out));
                CHECK_INT(g.blocked, one.blocked);
                CHECK_EQ(g.by, one.by);
                CHECK_INT(g.scores, one.scores);
                buf_free(&g.out);
            }
        buf_free(&one.out);
    }
    set_close(&s);
}

/* Where no score blocks, a rule that only scores holds nothing back. */
static void test_no_hold(void)
{
    struct stream *st;
    struct set s;

    for (int blocks = 0; blocks < 2; blocks++) {
        list_open(&s, (struct thresholds){{0, 5}, {0, blocks ? 12 : 0}}, false);
        if (CHECK_INT(stream_new(s.rs, s.sc, &s.at, &st), OK)) {
            CHECK_INT(stream_take(st, STR("so red, green go")), OK);
            CHECK((stream_safe(st) <= 8) == (blocks == 1));
            CHECK(blocks || stream_safe(st) == 16);
        }
        stream_free(st);
        set_close(&s);
    }
}

/* After a flush another text begins, with a score of its own. */
static void test_texts_apart(void)
{
    struct stream_edit ed;
    struct stream *st;
    struct set s;

    list_open(&s, (struct thresholds){{0, 0}, {0, 6}}, false);
    if (CHECK_INT(stream_new(s.rs, s.sc, &s.at, &st), OK)) {
        CHECK_INT(stream_take(st, STR("red ")), OK);
        CHECK_INT(stream_flush(st), OK);
        CHECK_INT(stream_take(st, STR("a blue")), OK);
        CHECK_INT(stream_flush(st), OK);
        CHECK(!stream_next(st, &ed));
        CHECK_INT(stream_take(st, STR("red, a blue")), OK);
        CHECK_INT(stream_flush(st), OK);
        CHECK(stream_next(st, &ed));
        CHECK_INT(ed.action, ACTION_BLOCK);
        CHECK_INT(ed.start, 15);
    }
    stream_free(st);
    set_close(&s);
}

int main(void)
{
    RUN(test_each_rule_once);
    RUN(test_near);
    RUN(test_whole);
    RUN(test_streams);
    RUN(test_no_hold);
    RUN(test_texts_apart);
    return check_done();
}
