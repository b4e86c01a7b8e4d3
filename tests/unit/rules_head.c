#include "rules/inside.h"

#include "check.h"
#include "rnd.h"

/* What the first bytes of a match can be, read off its pattern, against PCRE2:
 * a text that it matches must fit, wherever that ends. */

static const struct {
    const char *match;
    const char *can, *not ; /* texts that fit, and that do not, by blanks */
} rows[] = {
    {"\\d{1,3}(?:\\.\\d{1,3}){3}", "1.2.3.4 12.34.5.6 1234.5.6x",
     "1.2.3 a.2.3.4 1.2-3.4x 1.2.3."},
    {"[A-Z]{2}\\d{2}([ -])\\d\\1x", "AB12-3-x AB12-3?",
     "AB1?-3-x AB12? ABC2-3-x 1B12"},
    {"(?=[a-z]\\d)\\w{4,9}", "a123", "ab23 a12 a1?3"},
    {"(?=[a-z]|x)(?![b-z])[a-d]{2,3}+e?", "ab bb", "ee a1"},
    {"(?i)ab(?:c|de)?f", "abf ABCF aBdEf", "abx aBe acf"},
    {"12(?:(?:a|bc){2}|-){1,2}9", "12-9 12--9 12abc9 12bcbc9", "12x 12a?9 129"},
    {"1(?:2{0,3}|[ab]*)3?", "1 12 13 1ab", "2 x1"},
    {"[2-4]{2}(?<n>x+)?+y", "23y 23xxxxxxxy 22xy", "2y 23 23z 2xy"},
    {"1{3}", "111 1112", "11 112"},
    {"1[^a-z]2", "1A2 1\xc3\xa9", "1a2 2"},
    {"\\p{L}\\d", "a1 1a", ""},
    {"1\\Q2\\E", "12 1x", "2"},
    {"12|(?=3)\\d", "12 3 15", "x"},
};

static const char *const patterns[] = {
    "(?=(?:[ .)\\/-]{0,2}\\d){3,5}(?! ?\\d))(?<!\\d[-. \\/])\\d{1,9}+"
    "(?:\\)[ .\\/-]?\\d{2,12}+)?(?:[ .\\/-]\\d{2,12}+){0,4}+(?= ?[-,(] ?a| a)",
    "(?=[a-z]{2}\\d{2})(?:ab(?=[a-z0-9 -]{0,9}?\\d)\\d{2}(?:([ -])[a-z0-9]{2})"
    "{1,3}\\1[a-z0-9]{1,2}(?![a-z0-9])|[a-z]{2}\\d{2}[a-z0-9]{0,4})",
    "(?:[0-9a]{2}([:-])(?:[0-9a]{2}\\1){0,2}[0-9a]{2}|[0-9a]{4}\\.[0-9a])",
    "(?i)(?:a\\d?|\\d{3,}|[b-z]{2,3}?)(?:-|\\s+|(?:b\\.)*)0",
    "1(?:2(?:3(?:4|a)*|-)+)?(?(?=a)a|b)",
    "(?i:[1a])\\N{0,3}(?:\xc3\xa9|b)?+[1-3](?s:.)\\d?",
};

static struct head head_of(const char *pattern)
{
    struct head h;

    head_read(str_of(pattern), &h);
    return h;
}

static void check_texts(const struct head *h, const char *texts, bool fit)
{
    struct str rest = str_of(texts);

    while (rest.len != 0) {
        struct str one = str_split(&rest, ' ');

        if (!CHECK_INT(head_fits(h, one, 0), fit))
            check_show("text", one);
    }
}

static void test_rows(void)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct head h = head_of(rows[i].match);

        CHECK_ROW(rows[i].match);
        check_texts(&h, rows[i].can, true);
        check_texts(&h, rows[i].not, false);
    }
}

static struct str random_text(char *text, size_t size)
{
    static const char *const some[] = {"0",  "1",  "23", "4",       "a",  "B",
                                       "b",  "-",  ".",  " ",       "):", "\n",
                                       "a1", "12", "/",  "\xc3\xa9"};
    size_t few = 1 + rnd(ARRAY_LEN(some)), from = rnd(ARRAY_LEN(some)), n = 0;

    while (n + 3 < size) {
        const char *one = some[(from + rnd(few)) % ARRAY_LEN(some)];

        memcpy(text + n, one, strlen(one));
        n += strlen(one);
    }
    return (struct str){text, n};
}

static void check_pattern(struct scratch *sc, const char *pattern)
{
    struct head h = head_of(pattern);
    struct pattern_error why;
    size_t matched = 0, stopped = 0;
    pcre2_code *code;
    char text[24];
    bool slow;

    if (!CHECK_INT(pattern_compile(str_of(pattern), PCRE2_ANCHORED, &code,
                                   &slow, &why),
                   OK))
        return;
    for (size_t turn = 0; turn < 200000; turn++) {
        struct str s = random_text(text, 4 + rnd(sizeof(text) - 3));
        bool fits = head_fits(&h, s, 0);
        enum hit hit;

        if (!CHECK_INT(pattern_run(code, sc, s, 0, false, &hit), OK))
            break;
        if (!CHECK(fits || hit != HIT_MATCH))
            check_show("text", s);
        matched += hit == HIT_MATCH;
        stopped += !fits;
    }
    CHECK(matched > 100);
    CHECK(stopped > 1000);
    pcre2_code_free(code);
}

static void test_against_pcre2(void)
{
    struct scratch *sc;

    if (!CHECK_INT(scratch_new(&sc), OK))
        return;
    for (size_t i = 0; i < ARRAY_LEN(patterns); i++) {
        CHECK_ROW(patterns[i]);
        check_pattern(sc, patterns[i]);
    }
    scratch_free(sc);
}

/* Groups in groups take no more time than is allowed for. */
static void test_depth(void)
{
    char text[4 * 200 + 1];
    struct head h;

    for (size_t n = 1; n <= 200; n += 199) {
        memset(text, '(', n);
        text[n] = '1';
        for (size_t i = 0; i < n; i++)
            memcpy(text + n + 1 + 3 * i, ")*?", 3);
        head_read((struct str){text, 4 * n + 1}, &h);
        CHECK(head_fits(&h, STR("1"), 0));
        CHECK(head_fits(&h, STR("2"), 0));
    }
}

int main(void)
{
    RUN(test_rows);
    RUN(test_against_pcre2);
    RUN(test_depth);
    return check_done();
}
