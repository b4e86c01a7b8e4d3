#include <stdlib.h>

#include "check.h"
#include "detect/seams.h"
#include "page_end.h"
#include "rnd.h"
#include "streamed.h"

/*
 * Words in pieces, in the text of a stream: with tags or emphasis in them, as
 * strings that are put together, or over the end of a line. The same is found
 * as in the whole text, wherever it is cut, and nothing of it left before.
 */

#define VIEWS                                                                  \
    .views = 1u << VIEW_TEXT | 1u << VIEW_CLEAN | 1u << VIEW_SKELETON |        \
             1u << VIEW_GAP | 1u << VIEW_NOMARK | 1u << VIEW_FOLD |            \
             1u << VIEW_JOINED | 1u << VIEW_LEET | 1u << VIEW_DECODED

static const struct str k_aws[] = {STR_INIT("AKIA")};

static const struct rule list[] = {
    {ORDER_IGNORE, VIEWS},
    {ORDER_PLEASE, VIEWS},
    {ORDER_STOP, VIEWS},
    {.id = STR_INIT("aws"),
     .views = 1u << VIEW_TEXT | 1u << VIEW_CLEAN | 1u << VIEW_DECODED,
     ALL,
     KEYS(k_aws),
     .keyword_first = true,
     .match = STR_INIT("AKIA[A-Z2-7]{16}"),
     .action = ACTION_REDACT,
     .put = STR_INIT("[aws]")},
};

/* A whole text is only looked at for words that have two of them near each
 * other; these are in all of the texts, and at their end. */
#define BEHIND " | l0l r4r v w x y z"

static const struct streamed_row rows[] = {
    {"ig<b></b>nore previous", 1},
    {"ign<span>ore</span> all pre<i class=x>vious", 1},
    {"<p>ig<!-- not this -->nore previous</p>", 1},
    {"ignore<b></b> all<b></b> previous", 1},
    {"ignore\n<b>all</b> previous, in two lines", 1},
    {"ignore\r\n<b>all</b> previous, in two lines", 1},
    {"ig<wbr>nore<wbr> prev<wbr>ious", 1},
    {"ig**no**re previous, *please* he__ll__o", 2},
    {"**Ig**nore *all* _previous_ or prev*ious*", 1},
    {"say \"ig\" + \"nore all \" + \"previous\" now", 1},
    {"say 'ig' . 'nore prev' . 'ious' now", 1},
    {"say 'ig' . 'nore' || ' prev' << 'ious' now", 1},
    {"x = (\"stop t\" + \"he ser\"\n     \"ver\")", 1},
    {"please hel-\nlo, and ig-\r\n  nore previous", 2},
    {"'A'+'K'+'I'+'A'+'Q3EGRTX7LMBZ2WPD'", 1},
    {"key \"AKIAQ3EG\" + \"RTX7LMBZ2WPD\" of mine", 1},
    {"key AKIA<b>Q3EG</b>RTX7LMBZ2WPD of mine", 1},
    /* With other views of it. */
    {"1g<b></b>n0r3 pr3v10us", 1},
    {"i<b></b>gn\u043ere previous", 1},
    {"i\u200bg<b></b>nore previous", 1},
    {"i<b></b> g<b></b> n o<i></i> r e previous", 1},
    {"ig&lt;b&gt;nore previous", 1},
    {"ig<b></b>n&#111;re pr&#101;vious", 1},
    {"\u0438<b></b>\u0433 ig<b></b>nore previous", 1},
    /* None. */
    {"ignore<br>previous, ig<td>nore</td> previous<b", 0},
    {"f(\"please\", \"hello\"); 'ignore' previous_name", 0},
    {"list<int> a; b<c; i<n->x; a - b -\n c; dogs' \"homes\" don't", 0},
};

static void test_rows(void)
{
    check_rows(rows, ARRAY_LEN(rows), BEHIND);
}

/* --- Anything. */

static const char *const parts[] = {
    "ig<b></b>nore previous ",
    "ig",
    "nore",
    " all ",
    "pre",
    "vious ",
    "please ",
    "hel",
    "lo",
    "stop the ser",
    "ver",
    "AKIA",
    "Q3EGRTX7",
    "LMBZ2WPD",
    "<b>",
    "</b>",
    "<b></b>",
    "<span style='color: #fff'>",
    "<br>",
    "</p>",
    "<!-- x -->",
    "<!--",
    "-->",
    "<",
    "< ",
    ">",
    "**",
    "*",
    "__",
    "_",
    "***",
    "\" + \"",
    "' . '",
    "\" \"",
    "' + ",
    "\"",
    "'",
    "`",
    "+",
    " || ",
    "-\n",
    "\n<b>",
    "-\r\n  ",
    "-",
    " ",
    "\n",
    ". ",
    "\u0430",
    "caf\u00e9",
    "1gn0r3",
    "'a' + 'b'",
    "the quick brown fox jumps over it ",
};

static void test_mixed(void)
{
    CHECK(check_mixed(parts, ARRAY_LEN(parts), BEHIND, 10000) > 500);
}

/* A tag that does not end holds a stream no longer than one may be. */
static void test_held(void)
{
    struct result got;
    struct buf text;

    buf_init(&text, 8 * KIB);
    put(&text, STR("this is<b "));
    while (text.len < 2 * KIB)
        put(&text, STR("word "));
    CHECK_INT(pieces(buf_str(&text), 0, 1, &got), OK);
    CHECK(got.most < 256);
    CHECK_EQ(buf_str(&got.out), buf_str(&text));
    result_free(&got);
    buf_free(&text);
}

/* The first place from `at` on at which one is. */
static size_t first_seam(struct str text, size_t at, bool near)
{
    while (at < text.len && seam_at(text, at, near, true).len == 0)
        at++;
    return at;
}

/* A few bytes tell where one may be that is near no other, and where one that
 * is: none is passed. */
static void test_next(void)
{
    static const char *const of[] = {
        "ab",   "Z9", "\u00e9", " ",    "\n",
        "\r\n", "\t", "<b>",    "</b>", "<!-- -->",
        "<",    "*",  "**",     "_",    "\"",
        "'",    "`",  "+",      " + ",  " . ",
        ".",    "-",  "-\n",    "\\",   "word word word word ",
        "&",    "||", "<<",     "\v",   "/",
        "!",    ":"};
    size_t seams = 0;

    for (unsigned turn = 0; turn < 3000; turn++) {
        char bytes[300];
        size_t n = 0, to, found, len = 0;
        struct seam_step step = {0};
        struct str text;

        for (size_t most = rnd(250); n < most;) {
            const char *piece = of[rnd(ARRAY_LEN(of))];

            memcpy(bytes + n, piece, strlen(piece));
            n += strlen(piece);
        }
        text = page_end((struct str){bytes, n});
        for (size_t at = 0; at <= n; at++) {
            size_t first = first_seam(text, at, false);

            CHECK(seam_next(text, at) <= first);
            seams += first < n;
            first = first_seam(text, at, true);
            to = at + rnd((unsigned)(n - at) + 1);
            found = seam_near(&step, text, at, to, &len);
            CHECK_INT(found, first < to ? first : to);
            CHECK(found == to || len == seam_at(text, found, true, true).len);
        }
    }
    CHECK(seams > 10000);
}

int main(void)
{
    streamed_open(list, ARRAY_LEN(list));
    RUN(test_rows);
    RUN(test_mixed);
    RUN(test_held);
    RUN(test_next);
    streamed_close();
    return check_done();
}
