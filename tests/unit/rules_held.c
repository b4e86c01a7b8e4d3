#include "rules/side.h"

#include <stdlib.h>

#include "check.h"
#include "set.h"

/*
 * How much a stream holds back, and for how long: no more of a text because of
 * the one before it.
 */

static const struct str k_aws[] = {STR_INIT("AKIA")};
static const struct str k_log[] = {STR_INIT("invoice ")};
static const struct str k_at[] = {STR_INIT("@")};

/* One that redacts, in a view too; and such that only log, of each kind: with a
 * keyword, with a token, with a run before the keyword, without any. */
static const struct rule list[] = {
    {.id = STR_INIT("aws"),
     ALL,
     KEYS(k_aws),
     .keyword_first = true,
     .views = 1u << VIEW_TEXT | 1u << VIEW_CLEAN,
     .match = STR_INIT("AKIA[A-Z2-7]{16}"),
     .action = ACTION_REDACT,
     .put = STR_INIT("[aws]")},
    {.id = STR_INIT("keyword"),
     ALL,
     KEYS(k_log),
     .keyword_first = true,
     .match = STR_INIT("invoice \\d{4,90}"),
     .action = ACTION_LOG},
    {.id = STR_INIT("token"),
     ALL,
     .token = {0, 1u << 9},
     .match = STR_INIT("[A-Z]\\d{8}"),
     .action = ACTION_LOG},
    {.id = STR_INIT("run"),
     ALL,
     KEYS(k_at),
     .match = STR_INIT("(?<![a-z.])[a-z][a-z.]{0,9}+@[a-z]+"),
     .action = ACTION_LOG},
    {.id = STR_INIT("none"),
     ALL,
     .match = STR_INIT("\\+\\+[ a-z]{0,80}!"),
     .action = ACTION_LOG},
};

static struct set s;

static const struct scope place = {.dir = DIR_RECV, .role = ROLE_ASSISTANT};

/* --- After a text that had views. */

/* Held of the text so far, one byte after the other, in all. */
static size_t held(struct stream *st, struct str text)
{
    size_t all = 0;

    for (size_t i = 0; i < text.len; i++) {
        CHECK_INT(stream_take(st, (struct str){text.ptr + i, 1}), OK);
        all += (size_t)(stream_end(st) - stream_safe(st));
    }
    CHECK_INT(stream_flush(st), OK);
    return all;
}

static void test_after_views(void)
{
    static const struct {
        const char *row, *text;
    } cases[] = {
        {"keyword", "see invoice 123456789012 now"},
        {"part of one", "invoice"},
        {"token", "it is A12345678 or A1234567 and B1"},
        {"run", "some.one at once, some.one@example and"},
        {"none", "++ well this goes on and on"},
        {"what redacts", "see AKIAABCDEFGHIJKLMNOP and AKIAB"},
    };

    set_open(&s, list, ARRAY_LEN(list));
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct stream *one, *two;
        struct str text = str_of(cases[i].text);

        CHECK_ROW(cases[i].row);
        if (!CHECK_INT(stream_new(s.rs, s.sc, &place, &one), OK) ||
            !CHECK_INT(stream_new(s.rs, s.sc, &place, &two), OK))
            exit(1);
        CHECK_INT(stream_take(two, STR("in\u200bvisible")), OK);
        CHECK_INT(stream_flush(two), OK);
        for (size_t k = 0; k < 3; k++)
            CHECK_INT(held(two, text), (long long)held(one, text));
        stream_free(one);
        stream_free(two);
    }
    CHECK_ROW(NULL);
    set_close(&s);
}

/* --- How many findings: of each text so many. */

static void test_many(void)
{
    struct stream *st;
    enum err e = OK;

    set_open(&s, list, ARRAY_LEN(list));
    if (!CHECK_INT(stream_new(s.rs, s.sc, &place, &st), OK))
        exit(1);
    for (size_t k = 0; k < 2; k++) {
        for (size_t i = 0; i < LIM_FINDINGS; i++)
            CHECK_INT(stream_take(st, STR("A12345678 ")), OK);
        CHECK_INT(stream_flush(st), OK);
    }
    for (size_t i = 0; i < LIM_FINDINGS + 1 && !e; i++)
        e = stream_take(st, STR("A12345678 "));
    CHECK_INT(e ? e : stream_flush(st), E_LIMIT);
    stream_free(st);
    set_close(&s);
}

int main(void)
{
    RUN(test_after_views);
    RUN(test_many);
    return check_done();
}
