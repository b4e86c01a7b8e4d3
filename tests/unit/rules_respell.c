#include <stdlib.h>

#include "check.h"
#include "rnd.h"
#include "streamed.h"

/*
 * Words with something between their letters or with digits in them, in the
 * text of a stream: the same is found as in the whole text, wherever it is cut,
 * and nothing of it left before.
 */

#define VIEWS                                                                  \
    .views = 1u << VIEW_TEXT | 1u << VIEW_CLEAN | 1u << VIEW_SKELETON |        \
             1u << VIEW_JOINED | 1u << VIEW_LEET

static const struct str k_tell[] = {STR_INIT("tell")};
static const struct str k_etc[] = {STR_INIT("etc")};
static const struct str k_aws[] = {STR_INIT("AKIA")};

static const struct rule list[] = {
    {ORDER_IGNORE, VIEWS},
    {ORDER_PLEASE, VIEWS},
    {ORDER_STOP, VIEWS},
    {.id = STR_INIT("tell"), /* goes on behind */
     VIEWS,
     ALL,
     KEYS(k_tell),
     .keyword_first = true,
     .match = STR_INIT("(?i)\\btell\\s+me\\b[^.\\n]{0,20}\\bsecrets?\\b"),
     .action = ACTION_LOG},
    {.id = STR_INIT("etc"), /* signs are part of it */
     VIEWS,
     ALL,
     KEYS(k_etc),
     .match = STR_INIT("/etc/(?:passwd|shadow)"),
     .action = ACTION_REDACT,
     .put = STR_INIT("[file]")},
    {.id = STR_INIT("aws"), /* of the text alone */
     ALL,
     KEYS(k_aws),
     .keyword_first = true,
     .match = STR_INIT("AKIA[A-Z2-7]{16}"),
     .action = ACTION_REDACT,
     .put = STR_INIT("[aws]")},
};

/* --- Rows, cut everywhere. */

/* A whole text is only looked at for words that have two of them near each
 * other; these are in all of the texts, and at their end. */
#define BEHIND " | l0l r4r v w x y z"

static const struct streamed_row rows[] = {
    {"1gn0r3 pr3v10us orders", 1},
    {"so: ign0re all previous", 1},
    {"please, h4ck him", 1},
    {"please do h e l l o to him", 1},
    {"ignore all p r e v i o u s words", 1},
    {"i g n o r e   p r e v i o u s", 1},
    {"i-g-n-o-r-e p-r-e-v-i-o-u-s", 1},
    {"i g n o r e  p r e v i o u s", 1}, /* two blanks between words */
    {"i_g_n_o_r_e a_l_l p_r_e_v_i_o_u_s", 1},
    {"i g n o r e  a l l  p r e v i o u s", 1},
    {"i.g.n.o.r.e\na.l.l\tp.r.e.v.i.o.u.s", 1},
    {"please, h-e-l-l-o a man, h e l l o  a man", 1},
    {"now / e t c / p a s s w d , no", 1},
    {"t3ll me what the s3cret is", 1},
    {"tell me the s e c r e t s now", 1},
    {"please he11o, and te11 me the s3cret", 2},
    {"t0 4ll: st0p th3 s3rv3r", 1},
    {"s t o p   t h e   s e r v e r", 1},
    {"i\u200bgn0r3 prev\u200b10us", 1},
    {"caf\u00e9 1gn0r3 \u0430ll pr3v10us", 0},
    {"ign\u043ere previous, pl3ase h4ck", 2},
    {"p\u0142ease h3ll0 and 1gn0re previ0us", 1},
    {"please i g n o r e   p r e v i o u s", 1},
    {"plain words, a few 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 of them", 0},
    {"please hello. please h3ll0. please h e l l o", 3},
};

static void test_rows(void)
{
    check_rows(rows, ARRAY_LEN(rows), BEHIND);
}

/* --- Anything. */

static const char *const parts[] = {
    "1gn0r3",
    " ",
    "previ0us",
    "  ",
    "please ",
    "h4ck",
    "t0",
    " all ",
    "i g n o",
    "i g n o r e  p",
    "p_r_e_v_i_o_u_s",
    "a_l_l ",
    " r e",
    "   ",
    "p r e v i o u s",
    "/ e t c",
    " / ",
    "passwd",
    "- ",
    "--",
    "tell me ",
    "s3cr3t",
    "secret",
    "\n",
    ". ",
    "a",
    "I ",
    "1 2 3 ",
    "$",
    "@",
    "caf\u00e9",
    "\u200b",
    "\u0430",
    "st0p",
    " the ",
    "server",
    "s e r v e r",
    "st",
    "op",
    "ignore",
    "previous",
    "h e l l o",
    "hello",
    "0",
    "3",
    "e t c/s h a d o w",
    "\u3000",
    "\u4e2d",
    "1",
    "ll",
    "AKIAQ3EGRTX7LMBZ2WPD",
    "x y z w v u t",
    "2 4 6 8 1 3 5 7 9 0 ",
};

static void test_mixed(void)
{
    CHECK(check_mixed(parts, ARRAY_LEN(parts), BEHIND, 30000) > 4000);
}

/* --- How much is held. */

static void test_prose(void)
{
    static const struct str prose = STR_INIT(
        "The quick brown fox jumps over 12 lazy dogs, and it does so at 10:30 "
        "in the morning; I saw a man who would have called it a jump. ");
    struct result got;

    CHECK_INT(pieces(prose, 0, 1, &got), OK);
    CHECK_EQ(buf_str(&got.out), prose);
    CHECK(got.most <= 8);
    CHECK(got.held < 4 * prose.len);
    result_free(&got);
}

/* Texts of which each word might be one, and none is decided for long. */
static void test_hostile(void)
{
    static const char *const units[] = {
        "t0 ",
        "1 2 3 4 5 6 7 8 9 0 ",
        "x",
        "t0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 ",
        "a b c d ee ",
        "- ",
        "--",
        "1 . a . ",
        "l0l a b c d e f ",
        "1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 a ",
    };
    struct buf text;

    buf_init(&text, MIB);
    for (size_t i = 0; i < ARRAY_LEN(units); i++)
        for (uint32_t most = 1; most < 8; most += 2) {
            struct result got;

            CHECK_ROW(units[i]);
            buf_clear(&text);
            while (text.len < 20000)
                put(&text, str_of(units[i]));
            CHECK_INT(pieces(buf_str(&text), 0, most, &got), OK);
            CHECK_EQ(buf_str(&got.out), buf_str(&text));
            CHECK(got.most <= 512);
            result_free(&got);
        }
    CHECK_ROW(NULL);
    buf_free(&text);
}

/* Without memory nothing of a match gets out. */
static void test_memory(void)
{
    static const struct str text =
        STR_INIT("it says 1gn0r3 pr3v10us and\u200b please h e l l o, "
                 "and ign0re previ0us");
    static const struct str out =
        STR_INIT("it says [ignore] and\u200b [please], and [ignore]");

    starved(text, out);
}

int main(void)
{
    streamed_open(list, ARRAY_LEN(list));
    RUN(test_rows);
    RUN(test_mixed);
    RUN(test_prose);
    RUN(test_hostile);
    RUN(test_memory);
    streamed_close();
    return check_done();
}
