#include "rules/key.h"

#include "check.h"
#include "keyed.h"
#include "rnd.h"
#include "rules/inside.h"

/*
 * What can stand behind a keyword, read off the pattern: as it should be for
 * some, and never less than PCRE2 finds.
 */

static const struct str k[] = {STR_INIT("key"), STR_INIT("no key")};

static const struct {
    const char *match, *yes, *no; /* of the first: bytes behind it */
    int least;                    /* -1: anything, and `no` is empty */
} rows[] = {
    {"key[A-Z0-9]{14}x", "AZ09", "az_- ", 14},
    {"(?i)key[a-c]{2,}", "abcABC", "dD ", 2},
    {"key[0-9]{40}", "09", "a", 16},
    {"key\\b", " .-", "a0_", 0},
    {"key\\b[^.]{3}", " -", "a0_.", 1},
    {"(?:key|lock)s?\\b", "s -", "at_", 0},
    {"key(?:s|\\s{1,4}of)?(?![a-z])x?", "s A0.", "ab", 0},
    {"key(?:s|\\s{1,4}of)?+x", "sx ", "y0", 1},
    {"key(?:=|: )", "=:", "a ", 1},
    {"(?<![a-z])k(?:ey|at)\\x27?-", "'-", "a", 1},
    {"key(?!\\p{L})[^\\r\\n]{0,9}", " 0_", "aZ", 0},
    {"key[^ab]{0,2}c", "cxA\n", "ab", 1},
    {"key(?>a|b)", "ab", "c", 1},
    {"key\xc3\xa9?a", "a", "b", 1},
    {"key\\s*x|key=", " x=", "ay", 1},
    {"ke[xy](?:a|)b", "ab", "c", 1},
    {"ke?y[0-9]", "0", "a", 1},
    {"no\\s+key[0-9]|key[a-z]", "az", "0", 1},
    /* anything: it may end there, or is not understood */
    {"key", "a", "", -1},
    {"key.", "a", "", -1},
    {"key.*x", "a", "", -1},
    {"key(?:\\R|a)", "a", "", -1},
    {"key(a)?\\1b", "a", "", -1},
    {"key(?|a|b)", "a", "", -1},
    {"key(?x) a", "a", "", -1},
    {"\\w+key[0-9]", "a", "", -1},
};

static struct rule rule_of(const char *match)
{
    return (struct rule){.match = str_of(match),
                         .keywords = k,
                         .keyword_count = ARRAY_LEN(k),
                         .keyword_first = true};
}

static bool follows(const struct rule *r, size_t keyword, char c, int n)
{
    char text[64];

    memset(text, c, sizeof(text));
    return key_follows(r, &r->keys[keyword], (struct str){text, (size_t)n}, 0);
}

static void test_rows(void)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct rule r = rule_of(rows[i].match);
        int least = rows[i].least < 0 ? 0 : rows[i].least;
        struct keyed keys;

        keyed(&keys, &r, 1);
        CHECK_ROW(rows[i].match);
        CHECK_INT(r.keys[0].set == 0, rows[i].least < 0);
        CHECK_INT(r.keys[0].least, least);
        for (const char *c = rows[i].yes; *c != '\0'; c++) {
            CHECK(follows(&r, 0, *c, 60));
            CHECK(follows(&r, 0, *c, least));
            CHECK(least == 0 || !follows(&r, 0, *c, least - 1));
        }
        for (const char *c = rows[i].no; *c != '\0'; c++)
            CHECK(!follows(&r, 0, *c, 60));
        CHECK(follows(&r, 0, '\xc3', 60));
        CHECK(follows(&r, 0, '\0', 0) == (least == 0));
    }
    CHECK_ROW(NULL);
}

/* A pattern behind its keyword: items at random, groups of them too. */
static size_t some_pattern(char *out, unsigned depth)
{
    static const char *const items[] = {
        "a",      "b",     "[ab]", "[^a]",   "\\b",        "(?!a)",    "\\s",
        "[a-c_]", "\\w",   "\\d",  ".",      "(?!\\p{L})", "\xc3\xa9", "\\x61",
        "[B-]",   "(?=a)", "\\.",  "(?<!b)", "(?i)"};
    static const char *const times[] = {"",  "",    "",      "?",     "*",
                                        "+", "{2}", "{0,1}", "{2,3}", "?+"};
    size_t n = 0, count = 1 + rnd(3);

    for (size_t i = 0; i < count; i++) {
        const char *item = items[rnd(ARRAY_LEN(items))];
        const char *time = times[rnd(ARRAY_LEN(times))];
        bool group = depth > 0 && rnd(3) == 0;

        if (group) {
            n += (size_t)sprintf(out + n, "%s", rnd(2) ? "(?:" : "(?>");
            n += some_pattern(out + n, depth - 1);
            if (rnd(2)) {
                out[n++] = '|';
                n += some_pattern(out + n, depth - 1);
            }
            n += (size_t)sprintf(out + n, ")");
        } else {
            n += (size_t)sprintf(out + n, "%s", item);
            if (item[0] == '(' || item[1] == 'b')
                time = "";
        }
        n += (size_t)sprintf(out + n, "%s", time);
    }
    return n;
}

/* Where it matches a keyword stands, with that behind it. */
static void check_match(const struct rule *r, struct str text, size_t at)
{
    bool any = false;

    for (size_t i = 0; i < r->keyword_count; i++) {
        size_t len;

        any |= keyword_at(r->keywords[i], str_skip(text, at), &len) ==
                   KEYWORD_YES &&
               key_follows(r, &r->keys[i], text, at + len);
    }
    if (!CHECK(any)) {
        check_show("pattern", r->match);
        check_show("text", text);
    }
}

static void check_texts(const struct rule *r, const pcre2_code *code,
                        pcre2_match_data *data)
{
    static const char *const bits[] = {"a", "b", "c", "A",        "B", "_",
                                       "-", " ", ".", "\xc3\xa9", "1", "\n"};

    for (int turn = 0; turn < 60; turn++) {
        char text[64] = "";
        size_t n = (size_t)sprintf(text, "%s",
                                   rnd(3) == 0   ? "no  key"
                                   : rnd(3) == 0 ? "KEY"
                                                 : "key");

        for (size_t i = rnd(7); i > 0; i--)
            n += (size_t)sprintf(text + n, "%s", bits[rnd(ARRAY_LEN(bits))]);
        for (size_t at = 0;
             pcre2_match(code, (PCRE2_SPTR)text, n, at, 0, data, NULL) > 0;) {
            PCRE2_SIZE *ov = pcre2_get_ovector_pointer(data);

            check_match(r, (struct str){text, n}, ov[0]);
            at = ov[0] + 1;
        }
    }
}

static void test_against_pcre2(void)
{
    pcre2_match_data *data = pcre2_match_data_create(8, NULL);
    size_t told = 0;

    rnd_seed = 11;
    for (int turn = 0; turn < 20000 && data != NULL; turn++) {
        char text[512];
        size_t n = (size_t)sprintf(text, "%s%s", rnd(2) ? "(?i)" : "",
                                   rnd(2) ? "(?:key|no\\s+key)" : "k(?:ey|at)");
        struct pattern_error why;
        struct keyed keys;
        pcre2_code *code;
        struct rule r;
        bool slow = true;

        n += some_pattern(text + n, 2);
        text[n] = '\0';
        r = rule_of(text);
        keyed(&keys, &r, 1);
        told += r.keys[0].set != 0;
        if (pattern_compile(r.match, 0, &code, &slow, &why))
            continue;
        check_texts(&r, code, data);
        pcre2_code_free(code);
    }
    CHECK(told > 5000);
    pcre2_match_data_free(data);
}

int main(void)
{
    RUN(test_rows);
    RUN(test_against_pcre2);
    return check_done();
}
