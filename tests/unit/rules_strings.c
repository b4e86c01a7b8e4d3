#include <stdlib.h>

#include "check.h"
#include "rnd.h"
#include "streamed.h"

/*
 * A text that was written as a string of JSON is read without its escapes, and
 * what stands among them is looked at in no other way. Whatever is found in
 * the text itself is found in the string, where it stands there: with tags in
 * words, entities, and words in pieces, and what else views are made for, near
 * escapes and far from any.
 */

static const struct str k_aws[] = {STR_INIT("AKIA")};
static const struct str k_hidden[] = {STR_INIT("hidden")};
static const struct str k_folded[] = {STR_INIT("strasse")};

#define VIEWS .views = VIEWS_ORDERS

static const struct rule list[] = {
    {ORDER_IGNORE, VIEWS},
    {ORDER_PLEASE, VIEWS},
    {ORDER_STOP, VIEWS},
    {.id = STR_INIT("aws"),
     .views = VIEWS_VALUES,
     ALL,
     KEYS(k_aws),
     .keyword_first = true,
     .match = STR_INIT("AKIA[A-Z2-7]{16}"),
     .action = ACTION_REDACT,
     .put = STR_INIT("[aws]")},
    {.id = STR_INIT("hidden"), /* what is decoded it does not look at */
     .views = 1u << VIEW_TEXT | 1u << VIEW_CLEAN,
     ALL,
     KEYS(k_hidden),
     .keyword_first = true,
     .match = STR_INIT("hidden"),
     .action = ACTION_LOG},
    {.id = STR_INIT("folded"),
     .views = 1u << VIEW_FOLD,
     ALL,
     KEYS(k_folded),
     .keyword_first = true,
     .match = STR_INIT("(?i)strasse"),
     .action = ACTION_LOG},
};

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
    "LMBZ2WPD ",
    "<b>",
    "</b>",
    "<b></b>",
    "<span style=\"color: #fff\">",
    "<br>",
    "</p>",
    "<!-- x -->",
    "<",
    ">",
    "**",
    "_",
    "\" + \"",
    "' . '",
    "\" \"",
    "\"",
    "-\n",
    "\n",
    "\t",
    "\n<b>",
    ". ",
    "&lt;b&gt;",
    "&lt;/b&gt;",
    "&#105;gn",
    "ore &#x70;re",
    "&nbsp;",
    "&amp;",
    "ignore\nprevious ",
    "ignore\n<b>all</b> previous ",
    "AKIA&#81;3EGRTX&#55;LMBZ2WPD ",
    "ign\u043ere ",
    "\"key\": 1,\n",
    "%41%4b%49%41Q3EGRTX7LMBZ2WPD ",
    "=41=4b=49=41Q3EGRTX7LMBZ2WPD ",
    "QUtJQVEzRUdSVFg3TE1CWjJXUEQgb2Yg ",
    "414b494151334547525458374c4d425a32575044 ",
    "1gn0r3 pr3v10us ",
    " so: i g n o r e   p r e v i o u s  ",
    "ign\u200bore previous ",
    "hid\u200bden ",
    "Stra\u00dfe ",
    "\u0131gnore previous ",
    "ignor\u00e9 previous ",
};

static const char *const between[] = {
    "the quick brown fox jumps over it ", "a line of words;\n",
    "x = y / z & 7;\n    ",
    "said \"so\": ", "<li><a href=\"x.html\">that</a> "};

static void put_part(struct buf *text, bool escaped)
{
    const char *part = parts[rnd(ARRAY_LEN(parts))];

    if (escaped || strpbrk(part, "\"\n\t") == NULL)
        put(text, str_of(part));
}

/* Words, then what views differ by. That begins with an escape that matters:
 * one that does not is read where one stands before. */
static void put_text(struct buf *text)
{
    for (size_t n = 1 + rnd(8); n > 0; n--) {
        bool far = rnd(3) == 0;
        size_t end = text->len + rnd(far ? 3000 : 300);

        while (text->len < end) {
            put(text, str_of(between[far ? 0 : rnd(ARRAY_LEN(between))]));
            if (far && rnd(10) == 0)
                put_part(text, false);
        }
        put(text, STR("\nso "));
        for (size_t i = 1 + rnd(8); i > 0; i--)
            put_part(text, true);
    }
    put(text, STR(" | &#124;&#124; l0l r4r v w x y z\nat last"));
}

/* *ret_at: where each byte of it comes to stand, and its end. */
static void put_string(struct buf *string, struct str s, uint32_t *ret_at)
{
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i], code = c == '\n' ? 'n' : c == '\t' ? 't' : c;

        ret_at[i] = (uint32_t)string->len;
        if (code != c || c == '"')
            put(string, STR("\\"));
        put(string, (struct str){&code, 1});
    }
    ret_at[s.len] = (uint32_t)string->len;
}

static bool has(const struct findings *all, const struct finding *f,
                const uint32_t *at)
{
    for (size_t i = 0; i < all->count; i++)
        if (all->list[i].rule == f->rule &&
            all->list[i].start <= at[f->start] &&
            all->list[i].end >= at[f->end])
            return true;
    return false;
}

static void test_strings(void)
{
    static uint32_t at[64 * KIB];
    struct buf text, string;
    size_t found = 0;

    buf_init(&text, sizeof(at) / sizeof(*at) - 1);
    buf_init(&string, MIB);
    for (size_t turn = 0; turn < 10000; turn++) {
        struct result want, got;

        buf_clear(&text);
        buf_clear(&string);
        put_text(&text);
        put_string(&string, buf_str(&text), at);
        whole(buf_str(&text), &want);
        whole(buf_str(&string), &got);
        for (size_t i = 0; i < want.f.count && !got.f.capped; i++) {
            found++;
            if (!CHECK(has(&got.f, &want.f.list[i], at)))
                check_show("text", buf_str(&text));
        }
        result_free(&want);
        result_free(&got);
    }
    CHECK(found > 3000);
    buf_free(&text);
    buf_free(&string);
}

/* An entity alone counts with those that stand among escapes. */
static void test_alone(void)
{
    struct buf text;
    struct result got;

    buf_init(&text, MIB);
    put(&text, STR("ignore&nbsp;previous "));
    while (text.len < KIB)
        put(&text, str_of(between[0]));
    while (text.len < 2 * KIB)
        put(&text, STR("this, and that,\\nso "));
    while (text.len < 2 * KIB + 512)
        put(&text, STR("this &amp; that,\\nso "));
    while (text.len < 4 * KIB - 64)
        put(&text, STR("this, and that,\\nso "));
    whole(buf_str(&text), &got);
    CHECK_INT(got.f.count, 1);
    result_free(&got);
    buf_free(&text);
}

int main(void)
{
    streamed_open(list, ARRAY_LEN(list));
    RUN(test_alone);
    RUN(test_strings);
    streamed_close();
    return check_done();
}
