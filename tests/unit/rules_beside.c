#include <stdlib.h>

#include "check.h"
#include "rnd.h"
#include "streamed.h"

/*
 * Views that begin where they differ, end where they do not, and begin again:
 * in long texts the same is found as in the whole ones, wherever they are cut.
 */

#define VIEWS                                                                  \
    .views = 1u << VIEW_TEXT | 1u << VIEW_CLEAN | 1u << VIEW_GAP |             \
             1u << VIEW_FOLD | 1u << VIEW_NOMARK | 1u << VIEW_SKELETON |       \
             1u << VIEW_JOINED | 1u << VIEW_LEET | 1u << VIEW_DECODED

static const struct rule list[] = {
    {ORDER_IGNORE, VIEWS},
    {ORDER_PLEASE, VIEWS},
    {ORDER_HELLO, VIEWS},
};

static const char *const parts[] = {
    "ignore previous",
    "ign\u00adore previous",
    "ignore\u200bprevious",
    "ign\u00f6re previous",
    "\u0131gnore prev\u0131ous",
    "hello there",
    "hello\u2060there",
    "h\u00e9llo ther\u00e9",
    "\uff48ello there",
    "ple\u00e1se hack",
    "plea\u017fe hack",
    "1gn0r3 pr3v10us",
    "i g n o r e  p r e v i o u s",
    "aWdub3JlIHByZXZpb3Vz so it ends",
    "\\u0069gnore previous",
    "69 67 6e 6f 72 65 20 70 72 65 76 69 6f 75 73 ends",
    "na\u00efve caf\u00e9 \u0418\u0418, Stra\u00dfe",
};

/* Words that no view changes, and between them what some do; also so many that
 * even the clean view ends in them. */
static struct str make(char *space, size_t size)
{
    static const char *const words[] = {"the ",   "ship ",      "came in ",
                                        "late, ", "and left. ", "again\n"};
    size_t n = 0;

    while (n + 4200 < size) {
        const char *part = parts[rnd(ARRAY_LEN(parts))];
        size_t to = n + (rnd(3) == 0 ? 2000 + rnd(2000) : rnd(4) * 300);

        while (n < to)
            n += (size_t)sprintf(space + n, "%s", words[rnd(6)]);
        n += (size_t)sprintf(space + n, "%s ", part);
    }
    return (struct str){space, n};
}

static void test_begun_again(void)
{
    static char space[24 * KIB];
    size_t found = 0;

    rnd_seed = 11;
    streamed_open(list, ARRAY_LEN(list));
    for (size_t i = 0; i < 150; i++) {
        struct str text = make(space, 5000 + rnd(18000));
        struct result want;

        whole(text, &want);
        found += want.f.count;
        CHECK(same_anyhow(text, &want));
        result_free(&want);
    }
    CHECK(found > 300);
    streamed_close();
}

/* Escapes behind what the clean view changes: of no view is more held than of
 * the text, wherever in a long one they stand. */
static void test_held(void)
{
    static char space[400 * KIB];
    size_t n = 0;

    rnd_seed = 5;
    streamed_open(list, ARRAY_LEN(list));
    while (n + 8000 < sizeof(space)) {
        for (uint32_t i = 130 + rnd(80); i > 0; i--)
            n += (size_t)sprintf(space + n, "%s", "the ship came in late, ");
        n += (size_t)sprintf(space + n, "\uff1a");
        for (uint32_t i = rnd(60); i > 0; i--)
            n += (size_t)sprintf(space + n, "%s", rnd(4) == 0 ? "x " : "words");
        n += (size_t)sprintf(space + n, " xx&gt; ");
    }
    for (uint32_t most = 1; most < 2000; most *= 3) {
        struct result got;

        CHECK_INT(pieces((struct str){space, n}, 0, most, &got), OK);
        result_free(&got);
    }
    streamed_close();
}

/*
 * Views with few rules, which read what no keyword begins in when it pays: one
 * of signs, that letters of any script say nothing of, and one of letters.
 */
#define IMAGE                                                                  \
    ALL, KEYS(image_keys), .id = STR_INIT("image"), .keyword_first = true,     \
                           .match = STR_INIT("!\\[[^\\]\n]*\\]\\([^)\n]*\\)"), \
                           .action = ACTION_REDACT, .put = STR_INIT("[image]")
static const struct str image_keys[] = {STR_INIT("![")};
static const struct rule of_signs[] = {{IMAGE, VIEWS}};
static const struct rule of_both[] = {
    {IMAGE, VIEWS}, {ORDER_HELLO, VIEWS}, {ORDER_STOP, VIEWS}};

static const char *const few[] = {
    "le pr\u00e9nom est \u00e0 c\u00f4t\u00e9 ",
    "g\u00fcn\u0131\u015f\u0131\u011f\u0131 ",
    "\u0434\u043e\u0431\u0440\u043e \u043f\u043e\u0436",
    "plain words of no matter, and more of them behind; ",
    "![im\u00e4ge](a)",
    "!\u200b[x](\u00e9)",
    "\uff01[c](d)",
    "![",
    "!",
    "[e](f)",
    "\u01c3[g](h)",
    "e\u0301 \u00ad \u2026 ",
    "h\u00e9llo there ",
    "h3ll0 th3r3 1gn0r3 ",
    "h e l l o  t h e r e",
    "stop the s\u0435rver",
    "\x1b[0m",
    "! [ i ] ( j ) ",
    "abc d\u00e9f ",
};

static void test_waits(void)
{
    streamed_open(of_signs, ARRAY_LEN(of_signs));
    CHECK(check_mixed(few, ARRAY_LEN(few), "", 3000) > 3000);
    streamed_close();
    streamed_open(of_both, ARRAY_LEN(of_both));
    CHECK(check_mixed(few, ARRAY_LEN(few), "", 3000) > 3000);
    streamed_close();
}

int main(void)
{
    RUN(test_begun_again);
    RUN(test_held);
    RUN(test_waits);
    return check_done();
}
