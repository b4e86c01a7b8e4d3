#include "rules/inside.h"

#include "check.h"
#include "rnd.h"
#include "set.h"

/*
 * How far a match can reach, read off its pattern; and that the search near
 * keywords finds what the one through all text does.
 */

static const struct {
    const char *match;
    uint32_t most, back; /* most 0: not known */
} rows[] = {
    {"k", 1, 0},
    {"ab|cde|f", 3, 0},
    {"a[b-z]{2,9}?k", 11, 0},
    {"a?b{3}+[^\\]x]", 5, 0},
    {"(?i)(?:ab|(c)(?<n>de))\\s{1,4}k", 8, 0},
    {"(?s-i:a.{0,70}?)\\bk$", 72, 0},
    {"(?>ab|c){0,3}k", 7, 0},
    {"\\p{L}{0,12}+\\pL\\x{e9}k\\R", 17, 0},
    {"[[:alpha:]]{2}[]a]k", 4, 0},
    {"\xc3\xa9\xe7\x9f\xa5{2}k", 4, 0},
    {"k(?=\\d{5})", 6, 0},
    {"(?<=ab|c)k", 1, 2},
    {"(?<!\\w+)k(?!a*)", 1, 0},
    {"(?<![)(])k(?!\\)[)]+)b", 2, 0},
    {"[ab]{4095}k", 4096, 0},
    /* without a bound, or over the limit */
    {"[ab]{4096}k", 0, 0},
    {"(?:[ab]{90}){90}k", 0, 0},
    {"a*k", 0, 0},
    {"a+k", 0, 0},
    {"ka{2,}", 0, 0},
    {"k(?=.*x)", 0, 0},
    {"(?<=(?:a|b)+)k", 0, 0},
    /* what is not understood, or is no pattern */
    {"(?x)a k # (", 0, 0},
    {"(?#a{99})k", 0, 0},
    {"\\Qk+\\E", 0, 0},
    {"(a)\\1k", 0, 0},
    {"(a)\\g{1}k", 0, 0},
    {"(?|a|bc)k", 0, 0},
    {"(?(1)a|b)k", 0, 0},
    {"(?R)k", 0, 0},
    {"(?1)k", 0, 0},
    {"(?&n)k", 0, 0},
    {"(*UCP)k", 0, 0},
    {"\\Xk", 0, 0},
    {"a{,3}k", 0, 0},
    {"a{2}{3}k", 0, 0},
    {"a{x}k", 0, 0},
    {"(ak", 0, 0},
    {"ak)", 0, 0},
    {"[ak", 0, 0},
    {"k\\", 0, 0},
    {"\xc3", 0, 0},
    {"", 0, 0},
};

static void test_width_read(void)
{
    static const struct str k[] = {STR_INIT("k")};

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct rule r = {
            .match = str_of(rows[i].match), .keywords = k, .keyword_count = 1};
        struct width w = width_read(&r);

        CHECK_ROW(rows[i].match);
        CHECK_INT(w.most, rows[i].most);
        CHECK_INT(w.back, rows[i].back);
        r.keyword_count = 0;
        CHECK_INT(width_read(&r).most, 0);
    }
}

/* Groups in groups are read as deep as the stack bears. */
static void test_depth(void)
{
    static const struct str k[] = {STR_INIT("k")};
    char text[2 * 200 + 1];

    for (size_t n = 1; n <= 200; n += 199) {
        struct rule r = {
            .match = {text, 2 * n + 1}, .keywords = k, .keyword_count = 1};

        memset(text, '(', n);
        text[n] = 'k';
        memset(text + n + 1, ')', n);
        CHECK_INT(width_read(&r).most, n == 1);
    }
}

/* --- Near keywords, and through all. */

static const char *const searched[] = {
    "[ab]{0,9}k[ab]{0,3}",          "\xc3\xa9[ab\xc3\xa9 ]{3,20}k",
    "[a\xc3\xa9]b?(?=[^k]{0,12}k)", "(?<=k[ab\xc3\xa9])[ab]{1,4}",
    "(?:ab {0,6}){1,3}k|a(?=.k)",
};

static struct str random_text(char *text, size_t size)
{
    static const char *const some[] = {"a", "b", " ", "\xc3\xa9", "a", "ab"};
    size_t n = 0, every = 1 + rnd(60);

    while (n + 4 < size) {
        const char *one = rnd(every) == 0 ? "k" : some[rnd(ARRAY_LEN(some))];

        memcpy(text + n, one, strlen(one));
        n += strlen(one);
    }
    return (struct str){text, n};
}

/* All that the rule's pattern finds by itself must be in the list. */
static void check_same(const struct rule *r, const struct code *plain,
                       struct scratch *sc, struct str text,
                       const struct findings *found)
{
    struct search s = {.rule = r, .code = plain, .text = text};
    size_t i = 0, start, end;
    enum hit hit = HIT_MATCH;

    for (;; i++) {
        if (!CHECK_INT(search_next(&s, sc, &hit, &start, &end), OK) ||
            hit != HIT_MATCH)
            break;
        if (!CHECK(i < found->count && found->list[i].start == start &&
                   found->list[i].end == end)) {
            check_show("text", text);
            return;
        }
    }
    CHECK_INT(found->count, i);
}

static void check_rule(struct set *set, const struct rule *r)
{
    struct code *plain;
    char text[400];

    if (!CHECK(run_windowed(&set->rs->runs[0])) ||
        !CHECK_INT(code_new(r, CODE_WHOLE, &plain), OK))
        return;
    for (size_t turn = 0; turn < 3000; turn++) {
        struct str s = random_text(text, 20 + rnd(sizeof(text) - 20));

        findings_clear(&set->f);
        if (CHECK_INT(rules_scan(set->rs, set->sc, &set->at, s, 0, &set->f),
                      OK))
            check_same(r, plain, set->sc, s, &set->f);
    }
    code_free(plain);
}

static void test_search(void)
{
    static const struct str k[] = {STR_INIT("k")}, nots[] = {STR_INIT("abb")};

    /* With a check, too, after which the search goes on inside the match. */
    for (size_t i = 0; i < 2 * ARRAY_LEN(searched); i++) {
        struct rule r = {ALL,
                         KEYS(k),
                         .id = STR("t"),
                         .action = ACTION_LOG,
                         .match = str_of(searched[i / 2]),
                         .nots = nots,
                         .not_count = i % 2};
        struct set set;

        CHECK_ROW(searched[i / 2]);
        set_open(&set, &r, 1);
        check_rule(&set, &r);
        set_close(&set);
    }
}

int main(void)
{
    RUN(test_width_read);
    RUN(test_depth);
    RUN(test_search);
    return check_done();
}
