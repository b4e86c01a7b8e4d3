#include <stdlib.h>

#include "check.h"
#include "rnd.h"
#include "streamed.h"

/*
 * Escapes and seams, across each other in one text: a stream, in any pieces,
 * finds what the whole text does. No more than three kinds are in one that is
 * made at random, for no text is decoded more often. Of two kinds which is read
 * first may make two texts; a stream does not make both of every two, so that
 * very few differ, and those in all cuttings alike.
 */

#define VIEWS .views = VIEWS_ORDERS

static const struct rule list[] = {
    {ORDER_IGNORE, VIEWS},
    {ORDER_PLEASE, VIEWS},
    {ORDER_STOP, VIEWS},
    {ORDER_TELL, VIEWS},
    {SECRET_VALUE, .views = VIEWS_VALUES},
};

/* Of a whole text how many there are counts; so many are in all of these. */
static const char *const behind[] = {" | %7C%7C%7C%7C", " &#124;&#124;",
                                     " =7C=7C=7C=7C", " \\u007c"};
#define BEHIND                                                                 \
    " | %7C%7C%7C%7C &#124;&#124; =7C=7C=7C=7C \\u007c l0l r4r v w x y z"

static const struct streamed_row rows[] = {
    /* What is encoded completes a seam that begins before. */
    {"ig<b\\u003enore previous", 1},
    {"ig<b%3enore previous", 1},
    {"ig<b&gt;nore previous", 1},
    {"ig**%6e**ore previous", 1},
    {"x ig\" + \"%6eore previous", 1},
    {"secret\"\"%70 = &apos;abcd1234&apos;", 1},
    /* It is one by what stands beside it in the text. */
    {"tell me secret \\ud83d<b></b>s%65cret%8bt\\145ll me", 1},
    {"s%65cret=20</b>= 'abcd1234'", 1},
    /* With what is invisible in it. */
    {"i\u200bgn\\u006fre previous", 1},
    {"ig%\u200b6eore previous", 1},
};

static void test_rows(void)
{
    check_rows(rows, ARRAY_LEN(rows), BEHIND);
}

static const char *const parts[] = {
    "ign\\u006fre previous ",
    "ig<b></b>nore previous ",
    "%69gnore pre\\x76ious ",
    "please h&#97;ck ",
    "s\\164op th%65 server ",
    "tell m&#x65; secr%65t ",
    "tell me secret ",
    "secret = \\u0027abcd1234' ",
    " = &apos;abcd1234&apos;",
    " = 'abcd1234'",
    "\\u0069gnore",
    "pr\\x65vious",
    "%70revious",
    "previous",
    "ignore",
    "ign&#111;re",
    "ign=6Fre",
    "ig**no**re",
    "please ",
    "ple\\u0061se",
    "h%61ck",
    "hello",
    " all ",
    "tell me ",
    "t\\145ll me ",
    "secret",
    "s%65cret",
    "se=63ret",
    "st\\u006fp",
    "stop",
    " the ",
    "server",
    "&#115;erver",
    "<b>",
    "</b>",
    "<b></b>",
    "<i class=x>",
    "<br>",
    "<!-- x -->",
    "<",
    ">",
    "**",
    "*",
    "\" + \"",
    "-\n",
    "\\n",
    "\\\\n",
    "\\\"",
    "=\n",
    "=\r\n",
    "=20",
    "=3D",
    "%25",
    "%5C",
    "&amp;",
    "&nbsp;",
    "\\",
    "\\\\",
    "%",
    "&",
    "=",
    "&#",
    "\\u",
    "\\ud83d",
    "\\ude00",
    "%e2%80",
    "%8b",
    "%8bt",
    "\\u0430",
    "\u0430",
    "caf\u00e9",
    "1gn0r3",
    "pr\\u0033v10us",
    "n=201 ",
    "41",
    "0",
    ";",
    "a",
    " ",
    "  ",
    "\n",
    ". ",
    "the quick brown fox jumps over it ",
};

/* Two kinds of escapes are left out. */
static void put_some(struct buf *text, const char *part, size_t i)
{
    static const char pairs[][3] = {"\\%", "\\&", "\\=", "%&", "%=", "&="};

    if (strpbrk(part, pairs[i % ARRAY_LEN(pairs)]) == NULL)
        put(text, str_of(part));
}

/* One text; false: the stream is not the same in all pieces. */
static bool check_one(struct str text, size_t *found, size_t *differ)
{
    struct result all, want;
    bool good;

    whole(text, &all);
    good = CHECK_INT(pieces(text, 0, 0, &want), OK) && same_anyhow(text, &want);
    *found += all.f.count;
    *differ += all.blocked != want.blocked ||
               (!all.blocked && !findings_same(&all.f, &want.f));
    result_free(&all);
    result_free(&want);
    return good;
}

static size_t texts = 8000;

static void test_crossed(void)
{
    struct buf text;
    size_t found = 0, differ = 0;
    bool good = true;

    buf_init(&text, MIB);
    for (size_t i = 0; i < texts && good; i++) {
        buf_clear(&text);
        for (size_t j = 2 + rnd(i % 50 == 0 ? 60 : 14); j > 0; j--)
            put_some(&text, parts[rnd(ARRAY_LEN(parts))], i);
        for (size_t j = 0; j < ARRAY_LEN(behind); j++)
            put_some(&text, behind[j], i);
        put(&text, STR(" l0l r4r v w x y z"));
        good = check_one(buf_str(&text), &found, &differ);
    }
    CHECK(found > texts / 4);
    CHECK(differ <= texts / 2000);
    buf_free(&text);
}

/* rules_crossed N: so many texts, from a seed of their own. */
int main(int argc, char **argv)
{
    if (argc > 1) {
        texts = (size_t)strtoul(argv[1], NULL, 10);
        rnd_seed += texts;
    }
    streamed_open(list, ARRAY_LEN(list));
    RUN(test_rows);
    RUN(test_crossed);
    streamed_close();
    return check_done();
}
