/*
 * What a page has and does not show: each row's hidden text, and that its map
 * leads back to the same bytes of the text.
 */
#include "detect/markup.h"

#include "base/limits.h"
#include "check.h"
#include "rnd.h"

static struct textview view;

static const struct {
    const char *row, *text, *want;
} rows[] = {
    {"nothing", "1 < 2 && a[i] > 3 ! [x] (y)", ""},
    {"a page", "<p class=\"a b\">Hello <b>you</b></p>", ""},
    {"a comment", "a<!-- one\ntwo -->b", " one\ntwo \n"},
    {"not closed", "a<!-- one", " one\n"},
    {"empty", "<!-- --><!---->", ""},
    {"alt", "<img src=x alt=\"a cat\">", "a cat\n"},
    {"alt without quotes", "<img alt=cat src=x>", "cat\n"},
    {"alt in single quotes", "<IMG ALT='a \"cat\"'>", "a \"cat\"\n"},
    {"of a string of JSON", "{\"h\": \"<img\\n alt=\\\"a cat\\\"\\/>\"}",
     "a cat\n"},
    {"other attributes",
     "<a title=\"t\" href=\"u\" aria-label='l' data-x=\"d\">v</a>", "t\nl\n"},
    {"meta", "<meta name=a content=\"b c\"><p content=no>", "b c\n"},
    {"not closed", "<img alt=\"cat", ""},
    {"a tag in a tag", "<img <img alt=\"a\">", "a\n"},
    {"display", "<div style=\"color:red; DISPLAY : none !important\">a</div>b",
     "a\n"},
    {"visibility", "<p style='visibility:hidden'>a</p>", "a\n"},
    {"size", "<p style='font-size:0px'>a</p><p style='font-size:10px'>b</p>",
     "a\n"},
    {"opacity", "<p style='opacity:0.0'>a</p><p style='opacity:0.5'>b</p>",
     "a\n"},
    {"white",
     "<p style='color:#FFF'>a</p>"
     "<p style='color:white;background:black'>b</p>",
     "a\n"},
    {"the same colour", "<p style='color:#123;background-color:#123'>a</p>",
     "a\n"},
    {"off the page",
     "<p style='position:absolute;left:-9999px'>a</p>"
     "<p style='left:-9px'>b</p>",
     "a\n"},
    {"no size",
     "<p style='width:0;overflow:hidden'>a</p>"
     "<p style='width:0'>b</p>",
     "a\n"},
    {"font", "<font color=white>a</font><font size=2>b</font>", "a\n"},
    {"hidden", "<div hidden>a</div><div hidden=\"\">b</div>", "a\nb\n"},
    {"class", "<div class='x sr-only'>a</div><div class=hiddenx>b</div>",
     "a\n"},
    {"template, noscript",
     "<template>a</template><noscript>b</noscript><p>c</p>", "a\nb\n"},
    {"tags in it", "<div hidden>ig<b>no</b>re <br>all<p>x</p></div>",
     "ignore \nall\nx\n\n"},
    {"of the same name", "<div hidden>a<div>b</div>c</div>d<div>e</div>",
     "a\nb\nc\n"},
    {"closes none", "</div></p><b hidden>a</b></b>", "a\n"},
    {"open to the end", "<div hidden>a<p>b", "a\nb\n"},
    {"is not closed by a slash", "<div hidden/>a</div>b", "a\n"},
    {"a component is", "<Panel hidden />a", ""},
    {"a void one has nothing in it", "<input hidden>a", ""},
    {"attributes in it", "<div hidden>a<img alt=b>c</div>", "ab\n\nc\n"},
    {"a comment in it", "<div hidden>a<!--b-->c</div>", "ab\nc\n"},
    {"scripts", "<script>if (a<b) x('<img alt=c>')</script><img alt=d>", "d\n"},
    {"a word for one", "use <script> and <style>, <img alt=d>", "d\n"},
    {"image", "![a cat](x.png)", "a cat\n"},
    {"image with a title", "![a](x.png \"the title\")", "a\nthe title\n"},
    {"link with a title", "[a](x 'b c') [d](y)", "b c\n"},
    {"a comment of Markdown", "x\n[//]: # (one two)\ny", "one two\n"},
    {"another", "[c]: <> \"one two\"", "one two\n"},
    {"reference", "[c]: http://x.test 'one'\n", "one\n"},
    {"no end of a title", "[a](x \"b <img alt=c>\n", "c\n"},
    {"zero bytes", "<img alt=\"a", ""},
};

static void test_rows(void)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct str text = str_of(rows[i].text), got;
        size_t start, end;

        CHECK_ROW(rows[i].row);
        CHECK_INT(markup_hidden(text, &view), OK);
        got = buf_str(&view.bytes);
        CHECK_EQ(got, str_of(rows[i].want));
        for (size_t k = 0; k < got.len; k++) {
            if (got.ptr[k] == '\n')
                continue;
            textview_span(&view, k, k + 1, &start, &end);
            CHECK_INT(end - start, 1);
            CHECK(start < text.len && text.ptr[start] == got.ptr[k]);
        }
    }
    CHECK_ROW(NULL);
}

/* --- In pieces. */

/* What ends in the text up to `upto` goes to `out`, and *at behind it. */
static void take_ended(struct markup *m, struct str text, size_t upto,
                       size_t *at, struct buf *out)
{
    bool last = upto == text.len;

    for (;;) {
        struct str rest = {text.ptr + *at, upto - *at};

        *at += markup_mark(rest);
        rest = str_skip(rest, *at - (size_t)(rest.ptr - text.ptr));
        if (rest.len == 0 || !markup_ends(m, rest, last))
            return;
        CHECK(m->at > 0 && m->at <= rest.len);
        CHECK_INT(markup_ended(m, rest, &view), OK);
        CHECK_INT(buf_add(out, buf_str(&view.bytes)), OK);
        *at += m->at;
        markup_skip(m, m->at);
    }
}

/* In pieces of up to `most` bytes, what is not shown is the same. */
static bool same_in_pieces(struct str text, uint32_t most)
{
    struct markup m = {.at = 0};
    struct buf want, got;
    size_t at = 0;
    bool good;

    buf_init(&want, MIB);
    buf_init(&got, MIB);
    CHECK_INT(markup_hidden(text, &view), OK);
    CHECK_INT(buf_add(&want, buf_str(&view.bytes)), OK);
    for (size_t n = 0; n < text.len;) {
        n += 1 + rnd(most);
        n = n < text.len ? n : text.len;
        take_ended(&m, text, n, &at, &got);
    }
    good = CHECK_EQ(buf_str(&got), buf_str(&want));
    if (!good)
        check_show("text", text);
    buf_free(&want);
    buf_free(&got);
    return good;
}

static void test_in_pieces(void)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (str_eq(str_of(rows[i].row), STR("a word for one")))
            continue; /* a script is taken for closed */
        CHECK_ROW(rows[i].row);
        same_in_pieces(str_of(rows[i].text), 1);
        same_in_pieces(str_of(rows[i].text), 7);
    }
    CHECK_ROW(NULL);
}

static void test_at_random(void)
{
    static const char *const parts[] = {
        "<",
        "</",
        "<!--",
        "-->",
        ">",
        "/>",
        "div",
        " hidden",
        " alt=",
        "\"",
        "'",
        "\\\"",
        "p",
        " ",
        "![",
        "](",
        "]: ",
        "\n",
        "\n\n",
        "x",
        "(",
        ")",
        "<b>",
        "</div>",
        "<\\/div>",
        "<p hidden>",
        "</p>",
        "y z",
        "<img alt=\"a b\">",
        " title='c'",
        "<template>",
        "</template>",
        " style=\"display:none\"",
        "<script>a<b</script>",
        "#",
        "-",
        "!",
        "<style x=\"\">![a]</style>",
        "\xc3\xa9",
    };
    bool good = true;

    for (size_t i = 0; i < 60000 && good; i++) {
        struct buf text;

        buf_init(&text, MIB);
        for (size_t n = 1 + rnd(12); n > 0; n--)
            CHECK_INT(buf_add(&text, str_of(parts[rnd(ARRAY_LEN(parts))])), OK);
        good = same_in_pieces(buf_str(&text), 1 + rnd(9));
        buf_free(&text);
    }
}

static void test_bytes(void)
{
    CHECK_INT(markup_hidden(STR("<p\0hidden style='\0'\0alt=\"\0\"><!--\0-->"),
                            &view),
              OK);
    CHECK_STR(buf_str(&view.bytes), "\0\n\0\n\n");
    CHECK_INT(markup_hidden(STR("<\xff hidden>\xc3<!--\xf0-->"), &view), OK);
    CHECK_STR(buf_str(&view.bytes), "\xf0\n");
    for (size_t n = 0; n < 60; n++) {
        static const char all[] = "<div style=\"display:none\" title='a\\\"b' "
                                  "hidden>![x](y \"z\")<!--w-->";

        CHECK_INT(markup_hidden((struct str){all, n}, &view), OK);
    }
}

/* Attributes that are passed at once, and those that are read one by one, which
 * two letters of "hidden" see to. */
static void test_attributes(void)
{
    static const char *const few[] = {"alt",    "title",
                                      "hidden", "class=",
                                      "style=", "display:none",
                                      "=",      "=",
                                      "\"",     "'",
                                      "\\n",    "\\r",
                                      "\\",     " ",
                                      " ",      ">",
                                      "<",      "<p ",
                                      "<b",     "/",
                                      "q",      "x=",
                                      "k-",     "hide",
                                      "size=0", "\n",
                                      "\1",     "<font size=0",
                                      "d",      "\xc3\xa9=",
                                      "value=", "</p>",
                                      "w0",     "<input "};
    static const char behind[] = " what is behind it, so that it is looked at";
    size_t some = 0;

    for (unsigned turn = 0; turn < 200000; turn++) {
        char bytes[300] = "<p dd x";
        size_t n = strlen(bytes), most = n + rnd(120);
        struct textview plain;

        while (n < most) {
            const char *one = few[rnd(ARRAY_LEN(few))];

            memcpy(bytes + n, one, strlen(one));
            n += strlen(one);
        }
        memcpy(bytes + n, behind, strlen(behind));
        n += strlen(behind);
        textview_init(&plain);
        CHECK(markup_hidden((struct str){bytes, n}, &view) == OK);
        memmove(bytes + 2, bytes + 5, n - 5);
        CHECK(markup_hidden((struct str){bytes, n - 3}, &plain) == OK);
        CHECK(str_eq(buf_str(&view.bytes), buf_str(&plain.bytes)));
        some += plain.bytes.len != 0;
        textview_free(&plain);
    }
    CHECK(some > 1000);
}

/* Each byte is read a few times at most: if not, this never ends. */
static void test_hostile(void)
{
    static const char *const all[] = {
        "<",
        "<a",
        "<a ",
        "<a b=\"",
        "<a b='",
        "<a b=\\\"",
        "<a b=\\'",
        "</",
        "<!--",
        "<!---->",
        "<script>",
        "<script></",
        "<style></s",
        "![",
        "![a](",
        "](",
        "](x \"",
        "](x (",
        "]: # (",
        "]: # '",
        "<p hidden>",
        "<p hidden></p>",
        "<b hidden><i>",
        "<a style=\"",
        "<a style=\":;:;\">",
        "<a class=\" a b\">",
        "![a](x \"b\")",
        "<a alt=\"x\">",
        "\xff",
        "]!<",
    };

    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        struct buf text;

        CHECK_ROW(all[i]);
        buf_init(&text, 2 * MIB);
        while (text.len < MIB)
            CHECK_INT(buf_add(&text, str_of(all[i])), OK);
        CHECK_INT(markup_hidden(buf_str(&text), &view), OK);
        buf_free(&text);
    }
    CHECK_ROW(NULL);
}

int main(void)
{
    textview_init(&view);
    RUN(test_rows);
    RUN(test_in_pieces);
    RUN(test_at_random);
    RUN(test_bytes);
    RUN(test_attributes);
    RUN(test_hostile);
    textview_free(&view);
    return check_done();
}
