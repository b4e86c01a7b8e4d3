#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "failmalloc.h"
#include "rules/score.h"
#include "rules/stream.h"
#include "set.h"

/*
 * All that a rule can be, together: views, near and unless, scores, runs,
 * tokens, groups, caps. Texts of fragments of what the rules look for, in every
 * cutting: one output; and where nothing has a cap, that of the whole text.
 */

#define REDACT(i, m)                                                           \
    ALL, .id = STR_INIT(i), .put = STR_INIT("[" i "]"), .match = STR_INIT(m),  \
         .action = ACTION_REDACT

#define SIDES (NEAR_BEFORE | NEAR_AFTER)
#define SEEN  (1u << VIEW_TEXT | 1u << VIEW_CLEAN)

static const struct str k_sk[] = {STR_INIT("sk-")};
static const struct str k_at[] = {STR_INIT("@")};
static const struct str k_begin[] = {STR_INIT("BEGIN")};
static const struct str k_say[] = {STR_INIT("say")};
static const struct near n_open[] = {{STR_INIT("open"), 8, SIDES, true, false}};
static const struct near n_not[] = {
    {STR_INIT("\\btest"), 6, NEAR_AFTER, false, true},
    {STR_INIT("open"), 12, NEAR_BEFORE, false, true}};

static const struct rule list[] = {
    {REDACT("1", "sk-[a-z0-9]{3,9}"), KEYS(k_sk), .keyword_first = true,
     .nears = n_open, .near_count = 1, .views = SEEN},
    {REDACT("2", "[a-z]{1,9}@[a-z]{2,9}"), KEYS(k_at), .views = SEEN,
     .nears = n_not, .near_count = 2},
    {REDACT("3", "(?i)say[ a-z]{2,6}no"), KEYS(k_say), .keyword_first = true,
     .score = 3, .views = SEEN | 1u << VIEW_GAP | 1u << VIEW_FOLD},
    {REDACT("4", "(?<!\\d)\\d{4,7}(?!\\d)"), .digits = 4,
     .views = 1u << VIEW_CLEAN},
    {ALL, .id = STR_INIT("5"), .match = STR_INIT("open|test"),
     .action = ACTION_LOG, .score = 2, .views = VIEWS_ORDERS},
    {ALL, .id = STR_INIT("6"), .match = STR_INIT("no (no )+yes"),
     .action = ACTION_LOG, .score = 4, .views = 1u << VIEW_TEXT},
    {REDACT("7", "key=([a-z]{2,8});"), .group = 1, .views = SEEN},
    {REDACT("8", "BEGIN[^!]{0,90}?END"), KEYS(k_begin), .keyword_first = true,
     .views = SEEN},
};

static const char *const parts[] = {
    "sk-",   "abc1",   "open",      " ",       "key=",   ";",      "say ",
    "no ",   "yes",    "@",         "test",    "\u200b", "1",      "2345",
    "BEGIN", "END",    "\uff4f",    "\uff53",  "\u00a0", ". ",     "x",
    "\n\n",  "\u00ad", "sa\u200by", "1\uff12", "o",      "\ufe0f", "user",
};

static struct set s;

static const struct scope at = {.dir = DIR_RECV, .role = ROLE_ASSISTANT};

/* Without caps, or with some; a score blocks from `block` on. */
static void list_open(bool capped, uint32_t block)
{
    struct rule rules[ARRAY_LEN(list)];

    memcpy(rules, list, sizeof(rules));
    for (size_t i = 0; i < ARRAY_LEN(rules); i++)
        rules[i].max_hold = capped ? 20 + 7 * (uint32_t)i : 4 * KIB;
    rules[1].on_hold_full = capped ? HOLD_RELEASE : HOLD_REDACT;
    rules[7].end = capped ? STR("END") : STR("");
    set_open(&s, rules, ARRAY_LEN(rules));
    rules_limit(s.rs, &(struct thresholds){.block = {0, block}});
}

/* What is out so far is out: the rest can only be added to it. */
static bool drain(struct stream *st, const char *text, uint64_t *from,
                  struct buf *out)
{
    struct stream_edit ed;

    while (stream_next(st, &ed)) {
        CHECK(ed.start >= *from && ed.start <= stream_safe(st));
        put(out, (struct str){text + *from, ed.start - *from});
        *from = ed.end;
        if (ed.action == ACTION_BLOCK)
            return false;
        put(out, ed.put);
    }
    put(out, (struct str){text + *from, stream_safe(st) - *from});
    *from = stream_safe(st);
    return true;
}

/* Pieces of lengths by the seed; 0: of one byte, 1: the whole. */
static void stream_out(struct str text, uint32_t seed, struct buf *out)
{
    struct stream *st;
    uint64_t from = 0;
    bool goes_on = true;

    buf_clear(out);
    if (stream_new(s.rs, s.sc, &at, &st))
        exit(1);
    for (size_t i = 0, n; i < text.len && goes_on; i += n) {
        seed = seed > 1 ? seed * 1664525 + 1013904223 : seed;
        n = seed == 0 ? 1 : seed == 1 ? text.len : 1 + (seed >> 16) % 40;
        n = n < text.len - i ? n : text.len - i;
        CHECK(stream_take(st, (struct str){text.ptr + i, n}) == OK);
        goes_on = drain(st, text.ptr, &from, out);
    }
    if (goes_on) {
        CHECK(stream_flush(st) == OK);
        if (drain(st, text.ptr, &from, out))
            CHECK_INT(from, text.len);
        else
            put(out, STR("<block>"));
    } else {
        put(out, STR("<block>"));
    }
    stream_free(st);
}

/* The same by a search of the whole text. */
static void whole_out(struct str text, struct buf *out)
{
    struct findings f;
    struct cluster c;
    size_t pos = 0, from = 0;

    buf_clear(out);
    findings_init(&f);
    CHECK(rules_scan(s.rs, s.sc, &at, text, 0, &f) == OK);
    while (cluster_next(s.rs, f.list, f.count, &pos, &c)) {
        if (c.action < ACTION_REDACT)
            continue;
        put(out, (struct str){text.ptr + from, c.start - from});
        put(out, c.rule->put);
        from = c.end;
    }
    put(out, str_skip(text, from));
    findings_free(&f);
}

static size_t make(char *text, size_t most, size_t count, uint32_t *seed)
{
    text[0] = 0;
    for (size_t i = 0; i < count; i++) {
        *seed = *seed * 1664525 + 1013904223;
        strncat(text, parts[(*seed >> 16) % ARRAY_LEN(parts)],
                most - strlen(text) - 8);
    }
    return strlen(text);
}

static void run(bool capped, uint32_t block, bool whole, size_t turns)
{
    struct buf want, got;
    uint32_t seed = 7 + block + capped;
    size_t changed = 0, wrong = 0;

    list_open(capped, block);
    buf_init(&want, MIB);
    buf_init(&got, MIB);
    for (size_t i = 0; i < turns && wrong < 3; i++) {
        char text[900];
        size_t n = make(text, sizeof(text), 5 + i % 70, &seed);
        struct str in = {text, n};

        stream_out(in, 0, &want);
        changed += !str_eq(buf_str(&want), in);
        for (uint32_t k = 0; k < 6; k++) {
            stream_out(in, k == 0 ? 1 : seed + k, &got);
            if (!CHECK_EQ(buf_str(&got), buf_str(&want))) {
                check_show("text", in);
                wrong++;
                break;
            }
        }
        if (!whole)
            continue;
        whole_out(in, &got);
        if (!CHECK_EQ(buf_str(&want), buf_str(&got))) {
            check_show("text", in);
            wrong++;
        }
    }
    CHECK(changed > turns / 4);
    buf_free(&want);
    buf_free(&got);
    set_close(&s);
}

static void test_as_the_whole(void)
{
    run(false, 0, true, 3000);
}

static void test_scores(void)
{
    run(false, 5, false, 2000);
    run(false, 9, false, 2000);
}

static void test_caps(void)
{
    run(true, 0, false, 3000);
    run(true, 9, false, 3000);
}

/* Whichever allocation fails: what is out is what would have been. */
static enum err failing_out(struct str text, size_t n, struct buf *out,
                            bool *ret_failed)
{
    struct stream *st = NULL;
    struct scratch *sc = NULL;
    uint64_t from = 0;
    bool goes_on = true;
    enum err e;

    buf_clear(out);
    failmalloc_at(n, FAIL_ONE);
    if (!(e = scratch_new(&sc)))
        e = stream_new(s.rs, sc, &at, &st);
    for (size_t i = 0, k; i < text.len && goes_on && !e; i += k) {
        k = text.len - i < 17 ? text.len - i : 17;
        e = stream_take(st, (struct str){text.ptr + i, k});
        goes_on = drain(st, text.ptr, &from, out);
    }
    if (!e && goes_on)
        e = stream_flush(st);
    if (goes_on && st != NULL)
        goes_on = drain(st, text.ptr, &from, out);
    *ret_failed = failmalloc_off();
    if (!goes_on)
        put(out, STR("<block>"));
    CHECK(e == OK || e == E_NOMEM);
    CHECK(!e || *ret_failed);
    stream_free(st);
    scratch_free(sc);
    return e;
}

static void test_memory(void)
{
    struct buf want, got;
    uint32_t seed = 3;
    bool failed = true;
    size_t errors = 0;

    list_open(true, 9);
    buf_init(&want, MIB);
    buf_init(&got, MIB);
    if (buf_reserve(&got, 4 * KIB))
        exit(1);
    for (size_t i = 0; i < 60; i++) {
        char text[900];
        struct str in = {text, make(text, sizeof(text), 10 + i, &seed)};

        stream_out(in, 0, &want);
        failed = true;
        for (size_t n = 1; failed; n++) {
            enum err e = failing_out(in, n, &got, &failed);

            errors += e != OK;
            if (!CHECK(e ? str_starts(buf_str(&want), buf_str(&got))
                         : str_eq(buf_str(&want), buf_str(&got))))
                check_show("text", in);
        }
    }
    CHECK(errors > 500);
    buf_free(&want);
    buf_free(&got);
    set_close(&s);
}

int main(void)
{
    RUN(test_as_the_whole);
    RUN(test_scores);
    RUN(test_caps);
    RUN(test_memory);
    return check_done();
}
