#include "detect/classes.h"

#include "base/cpu.h"
#include "check.h"
#include "detect/decode.h"
#include "detect/leet.h"
#include "detect/seams.h"
#include "page_end.h"
#include "rnd.h"

/*
 * The pass for classes on random texts: what can be told byte by byte is told
 * right, wherever it stands in a step or across two, and the loop that a
 * processor with AVX2 has finds the same stretches as that of any other.
 */

static bool is_hex_at(struct str s, size_t at)
{
    return at + 1 < s.len && hex_value(s.ptr[at]) >= 0 &&
           hex_value(s.ptr[at + 1]) >= 0;
}

/* Of the classes that are but a byte or three. */
static unsigned plainly(struct str s)
{
    unsigned found = 0;

    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];

        if (c >= 0x80)
            found |= CLASS_NONASCII;
        if ((c < ' ' && c != '\t' && c != '\n' && c != '\r') || c == 0x7f)
            found |= CLASS_CONTROL;
        if (c == '%' && is_hex_at(s, i + 1))
            found |= CLASS_PERCENT;
        if (c == '=' && is_hex_at(s, i + 1))
            found |= CLASS_QUOTED;
        if (seam_begins(s.ptr[i]) && seam_at(s, i, false, true).len != 0)
            found |= CLASS_SEAM;
    }
    return found;
}

/* Five single letters are a row wherever it begins. */
static void test_spaced(void)
{
    static const char *const rows[] = {"i g n o r", "i, g, n, o, r",
                                       "i. g. n. o. r"};
    char bytes[200];

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        for (size_t at = 0; at < 150; at++) {
            memset(bytes, ' ', sizeof(bytes));
            memcpy(bytes + at, rows[i], strlen(rows[i]));
            CHECK((classes_of((struct str){bytes, sizeof(bytes)}) &
                   CLASS_SPACED) != 0);
            bytes[at + strlen(rows[i]) - 1] = '.';
            CHECK((classes_of((struct str){bytes, sizeof(bytes)}) &
                   CLASS_SPACED) == 0);
        }
}

/* What is told by more than a byte is told wherever it stands, and is not there
 * without its last byte. */
static void test_everywhere(void)
{
    static const struct {
        const char *text;
        unsigned class;
    } rows[] = {
        {"&amp;", CLASS_ENTITY},         {"&ZeroWidthSpace;", CLASS_ENTITY},
        {"&#6", CLASS_ENTITY},           {"&#x6", CLASS_ENTITY},
        {"\\u{41}", CLASS_ESCAPE},       {"\\U0001f600", CLASS_ESCAPE},
        {"\\x{41}", CLASS_ESCAPE},       {"\\x41", CLASS_ESCAPE},
        {"\\101", CLASS_ESCAPE},         {"\\\\\\101", CLASS_ESCAPE},
        {"\\na", CLASS_SHORT},           {"\\n_", CLASS_SHORT},
        {"\\t\xc3", CLASS_SHORT},        {"\\/1", CLASS_SHORT},
        {"\\\":", CLASS_SHORT},          {"a\\_b", CLASS_SHORT},
        {"aWdub3JlIHByZQ==", CLASS_RUN}, {"aWdub3JlIHByZXY=", CLASS_RUN},
    };
    char bytes[260];

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        for (size_t at = 0; at < 200; at++) {
            size_t len = strlen(rows[i].text);
            struct str s = {bytes, at + len + rnd(40)};

            memset(bytes, at % 2 == 0 ? ' ' : '.', sizeof(bytes));
            memcpy(bytes + at, rows[i].text, len);
            CHECK((classes_of(page_end(s)) & rows[i].class) != 0);
            bytes[at + len - 1] = ' ';
            CHECK((classes_of(page_end(s)) & rows[i].class) == 0);
        }
}

static void fill(char *bytes, size_t len, unsigned turn)
{
    static const char *const of[] = {
        "ab1 ",       "a %4f=",  "\\nux0",  "aGVsbG8+/=",  "i g n0r\xc3\xa9",
        "ab\x7f\x01", "a<>/! -", "a'\" +.", "a*_-\n\r\xc3"};
    const char *few = of[turn % ARRAY_LEN(of)];

    for (size_t i = 0; i < len; i++)
        bytes[i] = rnd(8) == 0 ? few[rnd(strlen(few))] : 'e';
    for (size_t i = 0; turn % 2 != 0 && i < len; i++)
        bytes[i] = few[rnd(strlen(few))];
}

static void test_bytes(void)
{
    const unsigned which = CLASS_NONASCII | CLASS_CONTROL | CLASS_PERCENT |
                           CLASS_QUOTED | CLASS_SEAM;

    for (size_t len = 0; len <= 200; len++)
        for (unsigned turn = 0; turn < 36; turn++) {
            char bytes[200];
            struct str text;

            fill(bytes, len, turn);
            text = page_end((struct str){bytes, len});
            CHECK_INT(classes_of(text) & which, plainly(text));
        }
}

/* A run is told wherever it stands, and whatever runs are before it. */
static void test_runs(void)
{
    static const struct str run = STR_INIT("aWdub3JlIHByZXZpb3Vz");
    char bytes[300];

    for (size_t at = 0; at + run.len < 200; at++)
        for (size_t gap = 1; gap < 40; gap++) {
            memset(bytes, ' ', sizeof(bytes));
            memset(bytes, 'e', at); /* words as long as runs, and no code */
            for (size_t i = 0; i < at; i += gap)
                bytes[i] = '.';
            if (at > 0)
                bytes[at - 1] = ' ';
            memcpy(bytes + at, run.ptr, run.len);
            CHECK((classes_of(page_end((struct str){bytes, at + run.len})) &
                   CLASS_RUN) != 0);
            CHECK((classes_of(page_end((struct str){bytes, at + run.len + 9})) &
                   CLASS_RUN) != 0);
        }
}

/* All loops find the same stretches, of the same classes. */
static void check_step(struct str text, enum cpu_step step)
{
    struct class_pass many = {.text = text, .step = step};
    struct class_pass plain = {.text = text, .step = CPU_1};
    struct str a, b;
    bool more, a_seams = false, b_seams = false;

    do {
        more = classes_next(&plain, &b, &b_seams);
        CHECK(classes_next(&many, &a, &a_seams) == more);
        CHECK(!more ||
              (a.ptr == b.ptr && a.len == b.len && a_seams == b_seams));
        CHECK(many.found == plain.found);
        CHECK(many.escaped == plain.escaped);
    } while (more);
}

static void all_ways(struct str bytes)
{
    struct str text = page_end(bytes);

    for (enum cpu_step step = CPU_32; step <= cpu_step(); step++)
        check_step(text, step);
}

/* Each byte there is, where it makes something or breaks it. */
static void test_each_byte(void)
{
    static const char *const around[] = {
        "to1d y?u",
        "?41",
        "4=?1 %?a",
        "\\?0041 \\?12",
        "&?39; &#?",
        "aGVs?G8gd29y",
        "aWdub3JlI?HByZ",
        "i ? n o r e",
        "41 ?2 4? 5? 6",
        "aGVsbG8g?==",
        "abc?efabcdefabcdefab",
        "0?41 0?42 0?43,0?44,0?45 0?46 0?47 0?48",
        "a?b>c",
        "a<b?c",
        "a?*b",
        "'a' ? 'b'",
        "a? + \"b",
        "a?\nb"};

    if (cpu_step() == CPU_1) {
        SKIP("neither AVX2 nor AVX-512");
        return;
    }
    for (unsigned b = 0; b < 256; b++)
        for (size_t i = 0; i < ARRAY_LEN(around); i++)
            for (size_t at = 0; at < 70; at += 3) {
                char bytes[128];
                size_t n = strlen(around[i]);

                memset(bytes, ' ', sizeof(bytes));
                memcpy(bytes + at, around[i], n);
                for (size_t k = at; k < at + n; k++)
                    if (bytes[k] == '?')
                        bytes[k] = (char)b;
                all_ways((struct str){bytes, sizeof(bytes)});
            }
}

static void test_many_at_once(void)
{
    static char bytes[4000];

    if (cpu_step() == CPU_1) {
        SKIP("neither AVX2 nor AVX-512");
        return;
    }
    for (unsigned turn = 0; turn < 600; turn++) {
        size_t len = turn < 300 ? turn : rnd(sizeof(bytes));

        memset(bytes, 'e', sizeof(bytes));
        for (size_t i = 0; i < len; i += 1 + rnd(1200))
            fill(bytes + i, len - i < 90 ? len - i : 90, turn);
        for (size_t i = 0; turn % 3 == 0 && i < len; i += 1 + rnd(20))
            bytes[i] = (char)rnd(256);
        all_ways((struct str){bytes, len});
    }
}

static size_t stretches(struct str text)
{
    struct class_pass p = {.text = text};
    struct str stretch;
    size_t n = 0;
    bool seams;

    while (classes_next(&p, &stretch, &seams))
        n++;
    return n;
}

/* Fewer escapes than decode asks for make no stretch, wherever they stand. */
static void test_few(void)
{
    static const struct {
        const char *one;
        size_t least;
    } rows[] = {
        {"%41", 4}, {"=41", 4}, {"&#65;", 2}, {"&lt;", 2}, {"\\x41", 1}};
    static const char none[] = "&that; \\xy \\u12 \\400 &that; &#x;";
    static char bytes[9000];

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        for (size_t at = 0; at < 800; at += 7)
            for (size_t n = 1; n <= rows[i].least; n++) {
                memset(bytes, ' ', sizeof(bytes));
                for (size_t k = 0; k < n; k++)
                    memcpy(bytes + 4000 + at + 100 * k, rows[i].one,
                           strlen(rows[i].one));
                CHECK_INT(stretches((struct str){bytes, sizeof(bytes)}),
                          n == rows[i].least);
            }
    memset(bytes, ' ', sizeof(bytes));
    memcpy(bytes + 5000, none, sizeof(none) - 1);
    CHECK_INT(stretches((struct str){bytes, sizeof(bytes)}), 0);
}

/* A run is one if what it gives is text, and is then whatever stands there. */
static void test_texts(void)
{
    static const struct {
        const char *run;
        bool is;
    } rows[] = {
        {"OPENSSL_sk_shift", false},
        {"ossl_check_OCSP_CERTID_sk_type", false},
        {"3f786850e387550fdab836ed7e6dc881de23001b", false},
        {"eNumberOfThings1", false},
        {"aWdub3JlIHByZXZpb3Vz", true},
        {"xaWdub3JlIHByZXZpb3Vz", true},
        {"see/aWdub3JlIHByZXZpb3Vz", true},
        {"69676e6f72652070726576696f7573", true},
        {"0x69676e6f72652070726576696f7573", true},
        {"NFTW433SMUQHA4TFOZUW65LT", true},
        {"eJzLTM/LL0pVKChKLcvMLy0GADGTBmU", true},
    };
    static char bytes[9000];

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        for (size_t at = 4900; at < 5200; at++) {
            CHECK_ROW(rows[i].run);
            memset(bytes, ' ', sizeof(bytes));
            memcpy(bytes + at, rows[i].run, strlen(rows[i].run));
            CHECK_INT(stretches((struct str){bytes, sizeof(bytes)}),
                      rows[i].is);
        }
    CHECK_ROW(NULL);
}

/* What has no sign inside a word is no text in leet, wherever steps end. */
static void test_mixed(void)
{
    static const char *const words[] = {"pr3vious", "p4$$w0rd", "i0000000n",
                                        "8yes",     "no1",      "a 1 b"};
    char bytes[200];

    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        for (size_t at = 0; at < 150; at++) {
            struct str text = {bytes, sizeof(bytes)};
            struct textview view;
            bool changed, ones, mixed;

            textview_init(&view);
            memset(bytes, ' ', sizeof(bytes));
            memcpy(bytes + at, words[i], strlen(words[i]));
            mixed = (classes_of(text) & CLASS_MIXED) != 0;
            CHECK(leet_make(text, &view, &changed, &ones) == OK);
            CHECK_INT(changed, i < 3);
            CHECK(mixed || !changed);
            CHECK(i < 3 || !mixed || (at + strlen(words[i])) % 64 == 0);
            textview_free(&view);
        }
}

/* What one pass says of all runs, and what a look at each does. */
static void test_worth(void)
{
    static const char *const bits[] = {"aWdub3JlIHByZXZpb3Vz",
                                       "69676e6f7265207072657669",
                                       "0x",
                                       "=",
                                       "==",
                                       "NFTW433SMUQHA4TFOZUW65LT",
                                       "H4sIAAAAAAAA",
                                       "41 4b ",
                                       " ",
                                       "\n",
                                       "/",
                                       "words",
                                       "AAAA",
                                       "\xc3\xa9",
                                       "eJwBAgD9",
                                       "some-name-of_a_thing",
                                       "SOME_NAME_OF",
                                       "deadbeefcafe",
                                       "e",
                                       "-",
                                       "7",
                                       "Z"};
    char bytes[1200];

    for (unsigned turn = 0; turn < 20000; turn++) {
        struct str text = {bytes, 0};
        unsigned classes, worth, few = turn % 4 == 0 ? 200 : 12;

        while (rnd(few) != 0) {
            struct str s = str_of(bits[rnd(ARRAY_LEN(bits))]);

            if (s.len > sizeof(bytes) - text.len)
                break;
            memcpy(bytes + text.len, s.ptr, s.len);
            text.len += s.len;
        }
        classes = classes_worth(text, &worth);
        CHECK_INT(worth, decode_worth(text, classes));
    }
}

/* The one way to read a 1 made of the other, and made at once. */
static void test_ells(void)
{
    static const char few[] = "aelou1o1034 1s1@$ x2";
    struct sites news = {0};
    char bytes[60];

    for (unsigned turn = 0; turn < 20000; turn++) {
        struct str text = {bytes, rnd(sizeof(bytes))};
        struct leet ell = {.ell = true};
        struct textview view, want;
        bool changed, ones;
        size_t pos = 0;

        for (size_t i = 0; i < text.len; i++)
            bytes[i] = few[rnd(sizeof(few) - 1)];
        textview_init(&view);
        textview_init(&want);
        CHECK(leet_make(text, &view, &changed, &ones) == OK &&
              leet_feed(&ell, text, 0, &pos, true, &want) == OK);
        if (changed) {
            CHECK(ones != str_eq(buf_str(&view.bytes), buf_str(&want.bytes)));
            CHECK(leet_ells(text, &view, &news) == OK);
            CHECK(str_eq(buf_str(&view.bytes), buf_str(&want.bytes)));
            CHECK_INT(news.count, ones);
        } else {
            CHECK(!ones && view.bytes.len == 0);
            CHECK(str_eq(text, buf_str(&want.bytes)));
        }
        textview_free(&view);
        textview_free(&want);
    }
    sites_free(&news);
}

/* Where the two differ in a long text, and nowhere else. */
static void test_ells_where(void)
{
    static char bytes[20000];
    struct str text = {bytes, sizeof(bytes)};
    struct sites news = {0};
    struct textview view;
    bool changed, ones;

    memset(bytes, ' ', sizeof(bytes));
    memcpy(bytes + 100, "p1ease", 6);
    memcpy(bytes + 9000, "sa1t", 4);
    memcpy(bytes + 12000, "1gn0re", 6);
    memcpy(bytes + 16000, "te11 m3", 7);
    textview_init(&view);
    CHECK(leet_make(text, &view, &changed, &ones) == OK && ones);
    CHECK(leet_ells(text, &view, &news) == OK);
    if (CHECK_INT(news.count, 2)) {
        CHECK_INT(news.list[0].from, 9002);
        CHECK_INT(news.list[0].to, 9003);
        CHECK_INT(news.list[1].from, 16002);
        CHECK_INT(news.list[1].to, 16004);
    }
    textview_free(&view);
    sites_free(&news);
}

/* Many words at once, made as they come one by one. */
static void test_leet(void)
{
    static const char *const few[] = {"a",   "1",    "4b", "t3st", "9", "x2 ",
                                      " ",   " ",    ".",  "7 ",   "@", "$c ",
                                      "a1 ", " 45 ", "\n", "w0rd", "e1"};
    static char bytes[700];

    for (unsigned turn = 0; turn < 30000; turn++) {
        struct str text = {bytes, 0};
        struct leet one = {.before = 0};
        struct textview view, want;
        size_t pos = 0, most = rnd(sizeof(bytes) - 70);
        bool changed, ones;

        while (text.len < most) {
            struct str s = str_of(few[rnd(ARRAY_LEN(few))]);
            size_t times = rnd(40) == 0 ? 1 + rnd(60) : 1;

            for (; times > 0 && text.len < most; times--, text.len += s.len)
                memcpy(bytes + text.len, s.ptr, s.len);
        }
        textview_init(&view);
        textview_init(&want);
        CHECK(leet_make(text, &view, &changed, &ones) == OK &&
              leet_feed(&one, text, 0, &pos, true, &want) == OK);
        CHECK(changed == one.changed && ones == one.ones);
        CHECK(str_eq(changed ? buf_str(&view.bytes) : text,
                     buf_str(&want.bytes)));
        textview_free(&view);
        textview_free(&want);
    }
}

int main(void)
{
    RUN(test_leet);
    RUN(test_mixed);
    RUN(test_ells);
    RUN(test_ells_where);
    RUN(test_worth);
    RUN(test_few);
    RUN(test_texts);
    RUN(test_bytes);
    RUN(test_runs);
    RUN(test_spaced);
    RUN(test_everywhere);
    RUN(test_many_at_once);
    RUN(test_each_byte);
    return check_done();
}
