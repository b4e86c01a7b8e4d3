/*
 * Views that are made piece by piece, of one large piece: what that costs grows
 * with its length, and no faster, whatever stands in it.
 */
#include <stdlib.h>
#include <time.h>

#include "base/limits.h"
#include "check.h"
#include "detect/decode.h"
#include "detect/disguise.h"
#include "detect/normal.h"
#include "detect/leet.h"
#include "detect/respell.h"
#include "rnd.h"

#define SMALL (64 * KIB)
#define TIMES 8
#define MOST  24  /* times as long for TIMES as much */
#define NOISE 0.1 /* seconds                         */

static struct textview out;

/* The time of a text that is the unit again and again, in seconds. */
static double cost(enum view_step how, const char *unit, size_t size)
{
    struct skeleton skeleton = {.whole = false};
    struct normal normal = {.what = NORMAL_GAP | NORMAL_FOLD | NORMAL_NOMARK};
    struct escaped escaped = {.some = false};
    struct joined joined = {0};
    struct leet leet = {0};
    size_t len = strlen(unit), pos = 0;
    struct timespec from, to;
    struct buf text;
    enum err e = OK;

    buf_init(&text, MIB);
    while (text.len + len <= size)
        if (buf_add(&text, str_of(unit)))
            exit(1);
    textview_clear(&out);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
    if (how == VIEW_SKELETON)
        e = skeleton_feed(&skeleton, buf_str(&text), 0, &pos, false, &out);
    else if (how == VIEW_JOINED)
        e = joined_feed(&joined, buf_str(&text), 0, &pos, false, &out);
    else if (how == VIEW_LEET)
        e = leet_feed(&leet, buf_str(&text), 0, &pos, false, &out);
    else if (how == VIEW_CLEAN)
        e = normal_feed(&normal, buf_str(&text), 0, &pos, false, &out);
    else
        e = escaped_feed(&escaped, how, buf_str(&text), 0, &pos, false, &out);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
    CHECK_INT(e, OK);
    buf_free(&text);
    return (double)(to.tv_sec - from.tv_sec) +
           (double)(to.tv_nsec - from.tv_nsec) / 1e9;
}

static void test_cost(void)
{
    static const enum view_step views[] = {
        VIEW_CLEAN,   VIEW_SKELETON, VIEW_JOINED, VIEW_LEET,  VIEW_ESCAPES,
        VIEW_PERCENT, VIEW_ENTITIES, VIEW_QUOTED, VIEW_SEAMS,
    };
    static const char *const units[] = {
        "a",      "1",       "a 1 ",         "i ",         "\u0430",  "a\u0430",
        "\u0301", "a\u0301", "\u200b",       "\x1b[",      "\x1b[0m", "\\",
        "\\u00",  "\\ud83d", "&a",           "%4",         "=",       "4 ",
        "i-",     "1gn0r3 ", "\u1112\u1161", "\U000e0067", "a<b ",    "a<",
        "a*",     "a\" ",    "a' + ",        "_",          "a-\n",    "a<!-- ",
    };

    for (size_t i = 0; i < ARRAY_LEN(units); i++)
        for (size_t v = 0; v < ARRAY_LEN(views); v++) {
            double one = cost(views[v], units[i], SMALL);

            CHECK_ROW(units[i]);
            CHECK(cost(views[v], units[i], TIMES * SMALL) < MOST * one + NOISE);
        }
    CHECK_ROW(NULL);
}

/* A whole text of which words are passed over, and the same of which no more is
 * known than up to each place in turn. */
static void test_skeleton(void)
{
    static const char *const bits[] = {
        "a",      "b",      "Z", "9", " ",      ".",      "\x01",  "-",
        "\u0430", "\u0441", "x", "q", "\u0416", "\u2019", "\u0142"};
    struct textview want;
    char bytes[120];

    textview_init(&want);
    for (unsigned turn = 0; turn < 20000; turn++) {
        struct skeleton k = {.whole = true};
        struct str text = {bytes, 0};
        size_t pos = 0, most = rnd(sizeof(bytes) - 4);
        uint32_t few = 1 + rnd(ARRAY_LEN(bits));
        bool changed;

        while (text.len < most) {
            uint32_t any = rnd(4) == 0 ? ARRAY_LEN(bits) : few;
            struct str s = str_of(bits[rnd(any)]);

            memcpy(bytes + text.len, s.ptr, s.len);
            text.len += s.len;
        }
        textview_clear(&want);
        skeleton_count(&k, text);
        for (size_t to = 0; to <= text.len; to++)
            if (to == text.len || (text.ptr[to] & 0xc0) != 0x80)
                CHECK_INT(skeleton_feed(&k, str_head(text, to), 0, &pos,
                                        to == text.len, &want),
                          OK);
        CHECK_INT(skeleton_make(NULL, text, &out, &changed), OK);
        if (!CHECK_INT(changed, k.changed) || !changed)
            continue;
        if (!CHECK(str_eq(buf_str(&out.bytes), buf_str(&want.bytes))))
            check_show("text", text);
    }
    textview_free(&want);
}

int main(void)
{
    textview_init(&out);
    RUN(test_skeleton);
    RUN(test_cost);
    textview_free(&out);
    return check_done();
}
