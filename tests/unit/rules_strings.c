#include <stdlib.h>

#include "check.h"
#include "rnd.h"
#include "streamed.h"

/*
 * A text that was written as a string of JSON is read without its escapes, and
 * what stands among them is not decoded in any other way. Whatever is found in
 * the text itself is found in the string, where it stands there: with tags in
 * words, entities, and words in pieces, near escapes and far from any.
 */

static const struct str k_aws[] = {STR_INIT("AKIA")};

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
};

static const char *const between[] = {
    "the quick brown fox jumps over it ", "a line of words;\n",
    "x = y / z & 7;\n    ",
    "said \"so\": ", "<li><a href=\"x.html\">that</a> "};

/* Words with none of what views differ by, then what they do. */
static void put_text(struct buf *text)
{
    for (size_t n = 1 + rnd(8); n > 0; n--) {
        size_t end = text->len + rnd(rnd(3) == 0 ? 2000 : 300);
        uint32_t kinds = rnd(3) == 0 ? 1 : ARRAY_LEN(between);

        while (text->len < end)
            put(text, str_of(between[rnd(kinds)]));
        for (size_t i = 1 + rnd(8); i > 0; i--)
            put(text, str_of(parts[rnd(ARRAY_LEN(parts))]));
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

int main(void)
{
    streamed_open(list, ARRAY_LEN(list));
    RUN(test_strings);
    streamed_close();
    return check_done();
}
