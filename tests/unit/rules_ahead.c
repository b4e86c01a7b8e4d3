#include "rules/inside.h"

#include <stdlib.h>

#include "check.h"
#include "rnd.h"
#include "set.h"

/*
 * What a pattern says must stand ahead, and that looking for it first changes
 * nothing of what is found.
 */

static const struct {
    const char *match;
    uint32_t start, end;
    const char *what; /* words; a number: the length of a run; "": nothing */
} rows[] = {
    {"key[ab]{0,9}(?:this|that|those)", 3, 17, "this that thos"},
    {"key[ab]{0,9}\\b(?:this|that)\\b", 3, 16, "|this that"},
    {"key[ab]{0,9}(?<!\\p{L})(?:th|thi)s", 3, 15, ""},
    {"key[ab]{0,9}(?:now?|yes)", 3, 15, ""},
    {"(?i)(?:KEY|Word) {1,4}THEN", 4, 12, "|then"},
    {"key-?(?: |, ?)(?:(?i)[a-z]{1,9}\\s)?more", 4, 20, "|more"},
    {"key (?:\\d{1,9}|)more", 4, 17, "|more"},
    {"key ?more of", 3, 11, ""},
    {"key(?: {3}all| {5})(?:some|)\\s?more", 8, 18, "more"},
    {"key(?: {3}|-all)a?more", 6, 12, "more"},
    {"key[^.]+(?:first|last)[^.]+", 4, 0, "firs last"},
    {"key(?: some)? {0,9}more", 3, 21, "more"},
    {"(?:the )?key {0,9}more", 3, 20, "more"},
    {"key(?=[ab]{1,9}word)a?b", 4, 16, "word"},
    {"key(?:word){2,3}[ab]{1,9}", 3, 7, ""}, /* it is right behind it */
    {"key {9}(?:word){2,3}[ab]{1,9}", 12, 16, "|word"},
    {"key[^\\n]{1,9}(?:a[bc]{13}|[d-f]{12,20})", 4, 26, "12"},
    {"key.{0,40}?[A-Z0-9]{20}\\.[A-Z0-9]{20}", 3, 63, "20"},
    {"key[^\\n]{0,20}(?:m\u00f6l|h\u00f6use)", 4, 25, "|"},
    {"key[^\\n]{0,20}(?:house|m\u00f6l)", 3, 28, "hous"},
    {"key[^\\n]{0,20} (?:house|(?i)\u017fome)", 4, 29, "hous ome"},
    {"key[^\\n]{0,20}(?:house|m\u00f6?l)", 0, 0, ""},
    {"key.{0,40}?[A-Z0-9]{11}", 0, 0, ""},
    {"key.{0,40}?[^a]{20}", 0, 0, ""},
    {"key.{0,400}word", 0, 0, ""},
    {"key[^\\n]{0,400}word", 3, 407, "word"},
    {"key (word|[a-z]{12})", 0, 0, ""},
    {"key {9}(word|)", 0, 0, ""},
    {"key {9}(?!word)(?<!word)(?<=word)a", 0, 0, ""},
    {"(key) {9}word\\1", 0, 0, ""},
    {"key {9}\\Qword\\E", 0, 0, ""},
};

static const struct str keys[] = {STR_INIT("key")};

static void check_words(const struct want *w, const char *words)
{
    struct str rest = str_of(words);
    size_t n = 0;

    for (; rest.len != 0; n++) {
        struct str one = str_split(&rest, ' ');

        CHECK(n < w->count &&
              str_eq(one,
                     str_head((struct str){w->words[n], WANT_BYTES}, one.len)));
    }
    CHECK_INT(w->count, n);
}

static void test_read(void)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct rule r = {KEYS(keys), .match = str_of(rows[i].match)};
        const char *what = rows[i].what;
        struct ahead a;

        CHECK_ROW(rows[i].match);
        ahead_read(&r, &a);
        if (*what == '\0') {
            CHECK_INT(a.want.what, WANT_NOTHING);
            continue;
        }
        CHECK_INT(a.want.start, rows[i].start);
        if (rows[i].end != 0)
            CHECK_INT(a.want.end, rows[i].end);
        if (is_digit(*what)) {
            CHECK_INT(a.want.what, WANT_RUN);
            CHECK_INT(a.want.least, atoi(what));
            continue;
        }
        CHECK_INT(a.want.what, WANT_WORD);
        CHECK_INT(a.want.edge, *what == '|');
        check_words(&a.want, what + (*what == '|'));
    }
}

static const struct {
    const char *match, *text;
    bool can;
} parts[] = {
    {"\\b(?:not?|never)\\b", "no", true}, /* too short to be known */
    {"(?i)\\b(?:Never|can['\xe2\x80\x99]t)\\s+$", "NEVER ", true},
    {"(?i)\\b(?:Never|can['\xe2\x80\x99]t)\\s+$", "we can", true},
    {"(?i)\\b(?:Never|can['\xe2\x80\x99]t)\\s+$", "we scan neva", false},
    {"(?i)\\b(?:never|can)", "\xc3\xa9", true},
    {"never", "nevernever", true},
    {"never\\Q|\\E", "", true},
    {"[a-z]{20}", "", true},
};

static void test_parts(void)
{
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        struct str text = str_of(parts[i].text);
        char longer[64];
        struct ahead a;

        CHECK_ROW(parts[i].match);
        within_read(str_of(parts[i].match), &a);
        if (a.want.what == WANT_NOTHING) {
            CHECK(parts[i].can);
            continue;
        }
        CHECK_INT(within_first(&a, text, 0, text.len) < text.len, parts[i].can);
        memset(longer, 'x', sizeof(longer));
        memcpy(longer + 1, text.ptr, text.len);
        longer[0] = ' ';
        CHECK_INT(within_first(&a, (struct str){longer, sizeof(longer)}, 1,
                               1 + text.len) < 1 + text.len,
                  parts[i].can);
    }
}

/* --- With it, and without. */

static const char *const searched[] = {
    "(?i)key\\b[^.!?]{0,30}\\b(?:all|your)\\b[^.!?]{0,20}\\b(?:rules?|tasks?)",
    "(?i)key[^.\\n]{0,500}(?<!\\p{L})(?:r\xc3\xa8gles|ask[\xe2\x80\x99']?s?)",
    "key(?:(?i:s)|d [xy]{0,4})?(?s:.{0,64}?)(?<!x)(?=[a-z0-9]{12})[a-z]\\d",
    "(?i)key(?:s\\b[^.]{0,20}?\\b(?:out|task)| {1,4}(?:rule|your)\\pL{0,3})",
    "key(?=.{0,30}task)(?:[a-z ]{1,20}s|[a-z. ]{14,30})",
    "(?i)key\\s+(?:\\w+\\s+){0,4}(?:TASKS|Rule\\b)[^.]{3}",
    "key ?[a-z0-9]{0,20}(?:x{12,14}|[a-f]{12})",
};

static struct str random_text(char *text, size_t size)
{
    static const char *const some[] = {
        "key",          "keys",  "KEY ",          " ",        "task",
        "tasks",        " rule", "your",          " all",     ". ",
        "\n",           "xxx",   "abc9",          "\xc5\xbf", "ta\xc5\xbfk",
        "\xe2\x84\xaa", "ey",    "r\xc3\xa8gles", "s",        "ask ",
        "out",          "9",     "abcdef",        "y",        "\t"};
    size_t n = 0, few = 1 + rnd(ARRAY_LEN(some)), from = rnd(ARRAY_LEN(some));

    while (n + 8 < size) {
        const char *one = rnd(9) == 0
                              ? some[rnd(3)]
                              : some[(from + rnd(few)) % ARRAY_LEN(some)];

        memcpy(text + n, one, strlen(one));
        n += strlen(one);
    }
    return (struct str){text, n};
}

/* By many bytes at once as one by one. */
static void test_ways(void)
{
    size_t yes = 0, no = 0;

    for (size_t i = 0; i < ARRAY_LEN(searched); i++) {
        struct rule r = {KEYS(keys), .match = str_of(searched[i])};
        struct ahead a;

        CHECK_ROW(searched[i]);
        ahead_read(&r, &a);
        for (size_t turn = 0; turn < 20000 && a.want.what == WANT_WORD;
             turn++) {
            char text[400];
            struct str s = random_text(text, 20 + rnd(sizeof(text) - 20));
            bool all = rnd(2) == 0, can;

            s = str_skip(s, rnd(s.len));
            s.len -= s.len < WANT_BYTES ? s.len : WANT_BYTES - 1;
            can = word_can(&a, s, all, CPU_1);
            *(can ? &yes : &no) += 1;
            if (!CHECK_INT(word_can(&a, s, all, cpu_step()), can)) {
                check_show("text", s);
                break;
            }
        }
    }
    CHECK(yes > 100 && no > 100);
}

/* All that the rule's pattern finds by itself must be in the list. */
static size_t check_same(const struct rule *r, const struct code *plain,
                         struct set *set, struct str text)
{
    struct search s = {.rule = r, .code = plain, .text = text};
    size_t i = 0, start, end;
    enum hit hit = HIT_MATCH;

    for (;; i++) {
        if (!CHECK_INT(search_next(&s, set->sc, &hit, &start, &end), OK) ||
            hit != HIT_MATCH)
            break;
        if (!CHECK(i < set->f.count && set->f.list[i].start == start &&
                   set->f.list[i].end == end)) {
            check_show("text", text);
            return i;
        }
    }
    CHECK_INT(set->f.count, i);
    return i;
}

static void check_rule(struct set *set, const struct rule *r)
{
    struct code *plain;
    size_t found = 0;
    char text[400];

    if (!CHECK_INT(code_new(r, CODE_WHOLE, &plain), OK))
        return;
    CHECK(plain->ahead.want.what != WANT_NOTHING);
    for (size_t turn = 0; turn < 20000; turn++) {
        struct str s = random_text(text, 20 + rnd(sizeof(text) - 20));

        findings_clear(&set->f);
        if (CHECK_INT(rules_scan(set->rs, set->sc, &set->at, s, 0, &set->f),
                      OK))
            found += check_same(r, plain, set, s);
    }
    CHECK(found > 100);
    code_free(plain);
}

static void test_search(void)
{
    for (size_t i = 0; i < ARRAY_LEN(searched); i++) {
        struct rule r = {ALL,
                         KEYS(keys),
                         .id = STR("t"),
                         .action = ACTION_LOG,
                         .keyword_first = true,
                         .match = str_of(searched[i])};
        struct set set;

        CHECK_ROW(searched[i]);
        set_open(&set, &r, 1);
        check_rule(&set, &r);
        set_close(&set);
    }
}

int main(void)
{
    RUN(test_read);
    RUN(test_parts);
    RUN(test_ways);
    RUN(test_search);
    return check_done();
}
