#include "rules/inside.h"

#include "check.h"
#include "keyed.h"
#include "rnd.h"
#include "set.h"

/*
 * What a pattern says stands behind a keyword that a run is before, and that it
 * says so of every match.
 */

static const struct {
    const char *match;
    uint32_t start, end; /* end 0: nothing is said */
    const char *ends, *on;
} rows[] = {
    {"[a-z]{1,9}@(?:[a-z](?:[a-z0-9]{0,8}[a-z])?\\.){1,3}com", 1, 11, ".",
     "a9"},
    {"[a-z]{1,9}@[a-z]{3}=[0-9]{2}", 3, 4, "=", "a"},
    {"[a-z]{1,9}@[a-z]{2,9}(?:=|--)[0-9]{2}", 2, 10, "=-", "a"},
    {"[a-z]{1,9}@[a-z]{2,9}(?:=|[0-9])[0-9]{2}x", 5, 13, "x", "a0="},
    {"[a-z]{1,9}@[a-z]{0,9}(?:=)?[0-9]{2}", 0, 0, "", ""},
    {"[a-z]{1,9}@[a-z@]{0,9}=", 0, 0, "", ""}, /* may be a keyword, too */
    {"[a-z@]{1,9}@[a-z]{0,9}=", 0, 0, "", ""},
    {"[a-z]{1,9}@[a-z]+=", 1, 0, "=", "a"},
    {"[a-z]{1,9}@(?=[a-z]{3}=)[^@]{5}", 3, 4, "=", "a"},
    {"(?i)[a-z]{1,9}@[a-z]{3}=", 0, 0, "", ""},
    {"@[a-z]{3}=", 0, 0, "", ""},
    {"[a-z]{1,9}@[a-z]{3}\\1=", 0, 0, "", ""},
    {"[a-z]{1,9}@\\w{3}=", 3, 4, "=", "aZ_"},
};

static const struct str keys[] = {STR_INIT("@")};

static struct tail read(const char *match)
{
    struct rule r = {KEYS(keys), .match = str_of(match)};
    struct tail t;

    r.keyword_first = rule_keyword_first(&r);
    tail_read(&r, &t);
    return t;
}

static void test_read(void)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct tail t = read(rows[i].match);
        char text[16] = "@aaaaaaaaaaaa";
        struct str s = {text, 14};

        CHECK_ROW(rows[i].match);
        CHECK_INT(t.keyword, rows[i].ends[0] != '\0');
        if (t.keyword == 0)
            continue;
        CHECK_INT(t.start, rows[i].start);
        if (rows[i].end != 0)
            CHECK_INT(t.end, rows[i].end);
        for (const char *on = rows[i].on; *on != '\0'; on++)
            for (const char *c = rows[i].ends; *c != '\0'; c++) {
                memset(text + 1, *on, 13);
                text[1 + t.start] = *c;
                CHECK(tail_can(&t, s, 0));
                CHECK(!tail_can(&t, str_head(s, 1 + t.start), 0));
                text[1] = '~';
                CHECK(!tail_can(&t, s, 0));
                text[1] = '\x80';
                CHECK(tail_can(&t, s, 0));
            }
    }
    CHECK_ROW(NULL);
}

static const struct str words[] = {STR_INIT("ab:"), STR_INIT("cd:")};
static const struct str uneven[] = {STR_INIT("ab:"), STR_INIT("c:")};
static const struct str gaps[] = {STR_INIT("a :")};

static void test_keywords(void)
{
    struct rule r = {KEYS(words),
                     .match = STR("(?:[0-9]{2}ab:x{2}=|[0-9]{2}cd:y{3}-)z")};
    struct tail t;

    tail_read(&r, &t);
    CHECK_INT(t.keyword, 3);
    CHECK_INT(t.start, 2);
    CHECK_INT(t.end, 4);
    CHECK(tail_can(&t, STR("12ab:xx=z"), 2));
    CHECK(tail_can(&t, STR("12cd:yyy-z"), 2));
    CHECK(!tail_can(&t, STR("12cd:yyyyy-z"), 2));
    r.keywords = uneven;
    r.match = STR("(?:[0-9]{2}ab:x{2}=|[0-9]{2}c:y{3}-)z");
    tail_read(&r, &t);
    CHECK_INT(t.keyword, 0);
    r.keywords = gaps;
    r.keyword_count = 1;
    r.match = STR("[0-9]{2}a :x{2}=z");
    tail_read(&r, &t);
    CHECK_INT(t.keyword, 0);
}

/* It is what the keyword is noted by, too. */
static void test_follows(void)
{
    struct rule r = {KEYS(keys), .match = str_of(rows[0].match)};
    struct keyed list;

    keyed(&list, &r, 1);
    CHECK_INT(r.keys[0].least, 2);
    CHECK(key_follows(&r, &r.keys[0], STR("@ab"), 1));
    CHECK(key_follows(&r, &r.keys[0], STR("@a.b"), 1));
    CHECK(key_follows(&r, &r.keys[0], STR("@a\x80"), 1));
    CHECK(!key_follows(&r, &r.keys[0], STR("@a"), 1));
    CHECK(!key_follows(&r, &r.keys[0], STR("@a-b"), 1));
    CHECK(!key_follows(&r, &r.keys[0], STR("@ ab"), 1));
}

/* Where one can be none, the pattern does not match. */
static void test_search(void)
{
    static const char few[] = "aab09@@.=-x:";
    size_t said = 0, none = 0;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct rule r = {KEYS(keys), .match = str_of(rows[i].match)};
        struct tail t = read(rows[i].match);
        struct pattern_error why;
        pcre2_match_data *data;
        pcre2_code *code;
        bool slow = true;

        if (t.keyword == 0 ||
            !CHECK_INT(pattern_compile(r.match, 0, &code, &slow, &why), OK))
            continue;
        data = pcre2_match_data_create_from_pattern(code, NULL);
        for (unsigned turn = 0; turn < 20000; turn++) {
            char text[40];
            size_t n = 1 + rnd(sizeof(text) - 1), at;

            for (size_t k = 0; k < n; k++)
                text[k] = few[rnd(sizeof(few) - 1)];
            if (pcre2_match(code, (PCRE2_SPTR)text, n, 0, 0, data, NULL) < 0) {
                none++;
                continue;
            }
            at = pcre2_get_ovector_pointer(data)[0];
            at += str_find_byte((struct str){text + at, n - at}, '@');
            CHECK(tail_can(&t, (struct str){text, n}, at));
            said++;
        }
        pcre2_match_data_free(data);
        pcre2_code_free(code);
    }
    CHECK(said > 100 && none > 100);
}

int main(void)
{
    RUN(test_read);
    RUN(test_keywords);
    RUN(test_follows);
    RUN(test_search);
    return check_done();
}
