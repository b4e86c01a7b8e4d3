/*
 * URLs in answers: which there are, where they lead, what they are for and how
 * much they say; in pieces as in the whole; and that no text makes it slow.
 */
#include "detect/link.h"

#include <stdio.h>
#include <time.h>

#include "base/buf.h"
#include "base/limits.h"
#include "check.h"
#include "detect/host.h"

static void test_host(void)
{
    static const struct {
        const char *in, *out; /* "" is no name */
    } rows[] = {
        {"example.com", "example.com"},
        {"EXAMPLE.com.", "example.com"},
        {"ex%61mple%2ecom", "example.com"},
        {"b\xc3\xbc"
         "cher.example",
         "xn--bcher-kva.example"},
        /* RFC 3492, 7.1 (A): Arabic. */
        {"\xd9\x84\xd9\x8a\xd9\x87\xd9\x85\xd8\xa7\xd8\xa8\xd8\xaa\xd9\x83\xd9"
         "\x84\xd9\x85\xd9\x88\xd8\xb4\xd8\xb9\xd8\xb1\xd8\xa8\xd9\x8a\xd8\x9f",
         "xn--egbpdaj6bu4bxfgehfvwxn"},
        /* RFC 3492, 7.1 (L): 3<nen>B<gumi><kinpachi><sensei>, small b. */
        {"3\xe5\xb9\xb4"
         "B\xe7\xb5\x84\xe9\x87\x91\xe5\x85\xab\xe5\x85\x88\xe7"
         "\x94\x9f",
         "xn--3b-ww4c5e180e575a65lsy2b"},
        {"ex\xef\xbd\x81mple\xe3\x80\x82"
         "com",
         "example.com"},
        {"ex\xc2\xad"
         "ample.com",
         "example.com"},
        {"0x7f.1", "127.0.0.1"},
        {"2130706433", "127.0.0.1"},
        {"0177.0.0.01", "127.0.0.1"},
        {"127.0.0.256", "127.0.0.256"},
        {"1.2.3.4.5", "1.2.3.4.5"},
        {"999999999999", "999999999999"},
        {"a b", ""},
        {"a%00b", ""},
        {"%ff", ""},
        {"", ""},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char name[HOST_MOST];
        size_t n = host_canonical(str_of(rows[i].in), name);

        CHECK_ROW(rows[i].in);
        CHECK_EQ(((struct str){name, n}), str_of(rows[i].out));
    }
    CHECK_ROW(NULL);
}

/* Too long in every way it may become so: refused, never cut. */
static void test_host_long(void)
{
    char name[HOST_MOST], text[3000];

    for (size_t n = 1; n < sizeof(text); n += 7)
        for (size_t label = 1; label < 200; label += 31) {
            for (size_t i = 0; i < n; i++)
                text[i] = i % label == label - 1 ? '.' : 'a';
            CHECK(host_canonical((struct str){text, n}, name) <= n);
        }
    for (size_t n = 3; n < sizeof(text); n += 3) {
        for (size_t i = 0; i < n; i += 3)
            memcpy(text + i, "\xe4\xb8\x80", 3);
        CHECK(host_canonical((struct str){text, n}, name) <= HOST_MOST);
    }
}

static void test_allowed(void)
{
    struct str list = STR("a.example *.b.example");

    CHECK(host_allowed(STR("a.example"), list));
    CHECK(host_allowed(STR("x.b.example"), list));
    CHECK(host_allowed(STR("x.y.b.example"), list));
    CHECK(!host_allowed(STR("b.example"), list));
    CHECK(!host_allowed(STR("xb.example"), list));
    CHECK(!host_allowed(STR("a.example.evil.test"), list));
    CHECK(!host_allowed(STR("xa.example"), list));
    CHECK(!host_allowed(STR(""), list));
    CHECK(!host_allowed(STR("a.example"), STR("")));
}

static const struct {
    const char *text;
    const char *want; /* L loaded, C clicked; host, rest; a line each */
} rows[] = {
    {"no link: 1/2 // and http or https", ""},
    {"![a](https://h.example/p?q=1)", "L h.example /p?q=1\n"},
    {"![a]( <https://h.example/p> \"t\")", "L h.example /p\n"},
    {"[a](https://h.example/p_(q)) x", "C h.example /p_(q)\n"},
    {"[![a](https://i.example/p)](https://l.example/q)",
     "L i.example /p\nC l.example /q\n"},
    {"[a]: https://h.example/p\n", "L h.example /p\n"},
    {"see https://h.example/p. And", "C h.example /p\n"},
    {"(see https://h.example/p), ok", "C h.example /p\n"},
    {"HtTpS:\\\\u:p@H.example:8443\\p", "C H.example \\p\n"},
    {"https:h.example/p", ""},
    {"![a](https:h.example/p)", "L h.example /p\n"},
    {"<https://h.example/p>", "C h.example /p\n"},
    {"<img src=\"//h.example/p\">", "L h.example /p\n"},
    {"<img src = '/\\h.example/p'>", "L h.example /p\n"},
    {"<img src=https://h.example/p>", "L h.example /p\n"},
    {"<img src=\"https://h.example/p?\nq=1\">", "L h.example /p?\nq=1\n"},
    {"<a href=\"https://h.example/p\">", "C h.example /p\n"},
    {"<link rel=x href='https://h.example/p'>", "L h.example /p\n"},
    {"a{background:URL(https://h.example/p)}", "L h.example /p\n"},
    {"@import \"https://h.example/p\";", "L h.example /p\n"},
    {"https://ok.example/![a](https://evil.example/p)",
     "C ok.example /\nL evil.example /p\n"},
    {"http:///?![a](https://evil.example/p)", "L evil.example /p\n"},
    {"http://http:![a](https://evil.example/p)",
     "C http:! \nL evil.example /p\n"},
    {"xhttps://h.example/p", ""},
    {"f(\"//comment\")", ""},
    {"(//h.example)", ""},
    {"[a](//h.example/p)", "C h.example /p\n"},
    {"https://h.example", "C h.example \n"},
    {"![a](https://h.example/p", "L h.example /p\n"},
    /* Amid an attribute: each image of a set, and where a page goes on to. */
    {"<img srcset=\"a.png 1x, https://h.example/p 2x\">", "L h.example /p\n"},
    {"<img srcset='https://a.example/p 1x, https://h.example/q'>",
     "L a.example /p\nL h.example /q\n"},
    {"<meta http-equiv=refresh content=\"0;url=https://h.example/p\">",
     "L h.example /p\n"},
    {"<meta content=\"0; URL='https://h.example/p'\">", "L h.example /p\n"},
    {"<meta content='1;https://h.example/p'>", "L h.example /p\n"},
    {"<meta content=\"See x, https://h.example/p\">", "C h.example /p\n"},
    {"\"a\", https://h.example/p", "C h.example /p\n"},
    {"a{background:image-set('https://h.example/p' 1x)}", "L h.example /p\n"},
    {"<feImage href='https://h.example/p'/>", "L h.example /p\n"},
    /* Entities are what they stand for, and line ends are not there. */
    {"![a](https&colon;//h.example/p)", "L h.example /p\n"},
    {"![a](&#104;ttps://h.example/p)", "L h.example /p\n"},
    {"[a]: &#x68;&#116;tp&#58;&sol;&#47;h.example/p\n", "L h.example /p\n"},
    {"[a](h&#116;tps://h.example/p)", "C h.example /p\n"},
    {"<img src=\"&#47;&sol;h.example/p\">", "L h.example /p\n"},
    {"<img src=\"https:/\t/h.example/p\">", "L h.example /p\n"},
    {"<img src='&Tab;https:&#10;//h.example/p'>", "L h.example /p\n"},
    {"<img src=\"&bsol;&sol;h.example/p\">", "L h.example /p\n"},
    {"[a]: &NewLine;https://h.example/p\n", "L h.example /p\n"},
    {"![a](h&NewLine;t&Tab;tps&colon;//h.example/p)", "L h.example /p\n"},
    {"![a](http&Tab;s://h.example/p)", "L h.example /p\n"},
    {"![a](f&#x54;p://h.example/p)", "L h.example /p\n"},
    {"f(&a, \"&b\", '&c'); x=&y; <&z", ""},
    {"![a](&copy;/p) ![b](&amp;//x)", ""},
    {"https&colon;//h.example/p", ""},
    /* What is loaded, whatever it is called. */
    {"<img lowsrc='https://h.example/p'>", "L h.example /p\n"},
    {"<svg:image href='https://h.example/p'/>", "L h.example /p\n"},
    {"<link title=\">\" href='https://h.example/p'>", "L h.example /p\n"},
    {"<user href='https://h.example/p'>", "C h.example /p\n"},
    {"<set to='https://h.example/p'/>", "L h.example /p\n"},
    {"<img onerror=\"fetch('https://h.example/p')\">", "L h.example /p\n"},
    {"x 2x, https://h.example/p", "L h.example /p\n"},
    {"a{b:\\75rl(https://h.example/p)}", "L h.example /p\n"},
    {"a{b:ur\\00006C (https://h.example/p)}", "L h.example /p\n"},
    {"@im\\port/**/'https://h.example/p'", "L h.example /p\n"},
    {"image-set('a' 1x, 'https://h.example/p' 2x)", "L h.example /p\n"},
    /* Brackets that are none. */
    {"![a \\[ b](https://h.example/p)", "L h.example /p\n"},
    {"![a `[` b](https://h.example/p)", "L h.example /p\n"},
    {"![a <i title=\"[\"> b](https://h.example/p)", "L h.example /p\n"},
    {"[a `x[0]` b](https://h.example/p)", "C h.example /p\n"},
    {"![a](b) [c > `d`](https://h.example/p)", "C h.example /p\n"},
    /* Images of other markup. */
    {"[img width=9]https://h.example/p[/img]", "L h.example /p\n"},
    {"[img=https://h.example/p]", "L h.example /p\n"},
    {"[url=https://h.example/p]a[/url]", "C h.example /p\n"},
    {"image::https://h.example/p[a]", "L h.example /p\n"},
    {"an image:https://h.example/p[a]", "L h.example /p\n"},
    {"an image: https://h.example/p", "C h.example /p\n"},
    {".. image:: https://h.example/p", "L h.example /p\n"},
    {"[[File:https://h.example/p|a]]", "L h.example /p\n"},
    {"![[https://h.example/p]]", "L h.example /p\n"},
    {"{{ https://h.example/p|a}}", "L h.example /p\n"},
    {"!https://h.example/p!", "L h.example /p\n"},
    {"So!https://h.example/p", "C h.example /p\n"},
    {"\\includegraphics[a]{https://h.example/p}", "L h.example /p\n"},
    {"\\href{https://h.example/p}", "C h.example /p}\n"},
    {"A@{ img: \"https://h.example/p\" }", "L h.example /p\n"},
    {"img: \"https://h.example/p\"", "C h.example /p\n"},
    {"(how to) \"http\" 'https' =hidden (here)", ""},
};

static void put_link(const struct link *l, struct buf *out)
{
    CHECK_INT(buf_add(out, l->kind == LINK_LOADED ? STR("L ") : STR("C ")), OK);
    CHECK_INT(buf_add(out, l->host), OK);
    CHECK_INT(buf_add_byte(out, ' '), OK);
    CHECK_INT(buf_add(out, l->rest), OK);
    CHECK_INT(buf_add_byte(out, '\n'), OK);
}

/* The text as it grows by steps; only what lies before the last cursor, and so
 * much as is looked back on, stays. */
static void grow(struct str text, size_t cut, size_t step, struct buf *out)
{
    size_t have = 0, cursor = 0;
    bool open = true;

    while (open) {
        struct link l;

        have += have < cut ? cut - have : step;
        open = have < text.len;
        for (;;) {
            size_t base = cursor < LINK_LOOK_BACK ? 0 : cursor - LINK_LOOK_BACK;

            link_find(str_skip(str_head(text, have), base), cursor - base, open,
                      &l);
            CHECK(l.cursor + base >= cursor);
            cursor = l.cursor + base;
            if (!l.found)
                break;
            CHECK_EQ(
                str_at(text, (struct span){(uint32_t)(l.start + base),
                                           (uint32_t)(l.end - l.start)}),
                ((struct str){text.ptr + base + l.start, l.end - l.start}));
            put_link(&l, out);
        }
    }
    CHECK_INT(cursor, text.len);
}

static void test_links(void)
{
    struct buf out;

    buf_init(&out, MIB);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct str text = str_of(rows[i].text);

        CHECK_ROW(rows[i].text);
        for (size_t cut = 0; cut <= text.len; cut++)
            for (size_t step = 1; step <= text.len; step += 1 + step / 3) {
                buf_clear(&out);
                grow(text, cut, step, &out);
                CHECK_EQ(buf_str(&out), str_of(rows[i].want));
            }
    }
    CHECK_ROW(NULL);
    buf_free(&out);
}

/* An allowed host that escapes of Markdown, CSS or HTML make another one. */
static void test_odd(void)
{
    static const struct {
        const char *text;
        bool odd;
    } hosts[] = {
        {"![a](https://h.example\\.evil.example/p)", true},
        {"![a](https://h.example\\@evil.example/p)", true},
        {"<img src='https://evil.example&sol;@h.example/p'>", true},
        {"![a](https:\\\\h.example/p)", false},
        {"![a](https://h.example/p?a&b\\c)", false},
    };

    for (size_t i = 0; i < ARRAY_LEN(hosts); i++) {
        struct link l;

        CHECK_ROW(hosts[i].text);
        link_find(str_of(hosts[i].text), 0, false, &l);
        CHECK(l.found && l.odd == hosts[i].odd);
    }
    CHECK_ROW(NULL);
}

/* Blanks before it that are more than is looked back at. */
static void test_far(void)
{
    static const char *const fronts[] = {"<img src=", "![a](", "a{b:url("};
    char text[256];

    for (size_t i = 0; i < ARRAY_LEN(fronts); i++)
        for (size_t n = 0; n < 200; n++)
            for (size_t quote = 0; quote < 2; quote++) {
                struct link l;

                (void)snprintf(text, sizeof(text), "%s%*s%shttps://h.example/p",
                               fronts[i], (int)n, "", quote != 0 ? "\"" : "");
                link_find(str_of(text), 0, false, &l);
                CHECK(l.found && l.kind == LINK_LOADED);
            }
}

static void test_data(void)
{
    static const struct {
        const char *url;
        unsigned least, most;
    } urls[] = {
        {"https://h.example/assets/logo.png", 0, 0},
        {"https://h.example/2026/11/how-to-write-a-very-long-slug-of-words", 0,
         0},
        {"https://h.example/550e8400-e29b-41d4-a716-446655440000.png", 0, 0},
        {"https://h.example/da39a3ee5e6b4b0d3255bfef95601890afd80709", 0, 0},
        {"https://h.example/12345678901234567890123456", 0, 0},
        {"https://h.example/p#a-heading-of-quite-a-few-words", 0, 0},
        {"https://h.example/p?u=https%3A%2F%2Fx.example%2Fa%2Fb2", 0, 0},
        {"https://h.example/p?w=640&h=480&fit=crop&q=80", 0, 0},
        {"https://h.example/p?d=Y2FyZCA0MTExIDExMTEgMTExMQ", 26, 26},
        {"https://h.example/Y2FyZCA0MTExIDExMTEgMTExMQ/a.png", 26, 26},
        {"https://h.example/p#d=Y2FyZCA0MTExIDExMTEgMTExMQ", 26, 26},
        {"https://h.example/p?d=68656c6c6f20776f726c64", 22, 22},
        {"https://h.example/p?d=the+user+is+Anna", 16, 16},
        {"https://h.example/p?d=the%20user%20is%20Anna", 16, 16},
        {"https://h.example/p?d=the-user-is-Anna-Berg", 21, 21},
        {"https://h.example/p?a=Anna&b=Berg&c=4111&d=1111&e=pin&f=9911", 23,
         23},
        {"https://h.example/p?p9=Anna&p10=Be&p11=rg&p12=41&p13=11#p14=x", 12,
         12},
        {"https://h.example/p?a=Anna&b=Berg&c=4111&d=1111&f=pin&g=9911", 0, 0},
        {"https://h.example/p?w=640&h=480&fit=crop&q1=80&q3=7&x=1&y=2", 0, 0},
        {"https://h.example/\\59\\32\\46\\79\\5a\\43\\41\\30\\4d\\54\\45\\78",
         37, 37},
        {"https://nbswy3dpfqqho33snrscc4tf1.h.example/", 25, 25},
        {"https://h.example/p?a=1&b=2&c=3&d=4&e=5&f=6&g=7&h=8&i=9&j=10&k=11&l="
         "12&m=13&n=14&o=15&p=16&q=17&r=18&s=19&t=20&u=21&v=22&w=23&x=24&y=25&"
         "z=26&a=27&b=28&c=29&d=30&e=31&f=32&g=33&h=34&i=35&j=36&k=37&l=38&m="
         "39&n=40&o=41&p=42&q=43&r=44&s=45&t=46&u=47&v=48&w=49&x=50",
         200, 300},
    };

    for (size_t i = 0; i < ARRAY_LEN(urls); i++) {
        struct link l;
        size_t n;

        CHECK_ROW(urls[i].url);
        link_find(str_of(urls[i].url), 0, false, &l);
        CHECK(l.found);
        n = link_data(&l);
        CHECK(n >= urls[i].least);
        CHECK(n <= urls[i].most);
    }
    CHECK_ROW(NULL);
}

/* Pieces that begin something, a megabyte of each and of each pair. */
static void test_hostile(void)
{
    static const char *const pieces[] = {
        "http:", "https://", "http://@",   "http:///?", "](//", "](",
        "![",    "[",        "url(//",     "=\"//",     "'//",  "(",
        ")",     "<",        "https://a/", "src=",      "\"",   " ",
        "//",    "]: http:", "href=//",    "a",         "@",    "%",
        "?",     "\\"};
    struct buf text;
    clock_t worst = 0;

    buf_init(&text, 2 * MIB);
    for (size_t i = 0; i < ARRAY_LEN(pieces); i++)
        for (size_t k = 0; k < ARRAY_LEN(pieces); k++) {
            struct link l = {.cursor = 0};
            clock_t begun;

            buf_clear(&text);
            while (text.len < 128 * KIB)
                CHECK(buf_add(&text, str_of(pieces[i])) == OK &&
                      buf_add(&text, str_of(pieces[k])) == OK);
            begun = clock();
            do {
                link_find(buf_str(&text), l.cursor, false, &l);
                if (l.found)
                    (void)link_data(&l);
            } while (l.found);
            CHECK_INT(l.cursor, text.len);
            worst = clock() - begun > worst ? clock() - begun : worst;
        }
    buf_free(&text);
    /* Quadratic it would be seconds. */
    CHECK(worst < CLOCKS_PER_SEC / 2);
}

int main(void)
{
    RUN(test_host);
    RUN(test_host_long);
    RUN(test_allowed);
    RUN(test_links);
    RUN(test_odd);
    RUN(test_far);
    RUN(test_data);
    RUN(test_hostile);
    return check_done();
}
