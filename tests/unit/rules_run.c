#include "rules/inside.h"
#include "rules/lead.h"

#include "check.h"

/*
 * What is read off a pattern about the bytes before its keyword, or before its
 * first digit. That streams come out the same with it: rules_stream.c.
 */

static const struct str k_at[] = {STR_INIT("@")};
static const struct str k_us[] = {STR_INIT("-us"), STR_INIT("-eu")};

#define AT  .keywords = k_at, .keyword_count = ARRAY_LEN(k_at)
#define US  .keywords = k_us, .keyword_count = ARRAY_LEN(k_us)
#define NUM .digits = 4

static const struct {
    const char *match;
    struct rule rule; /* without match */
    int before;
    const char *of; /* bytes that are in it; those of " !" never are */
    uint32_t least, most;
    bool whole;
} rows[] = {
    {"[a-z]{2,9}@", {AT}, RUN_KEYWORD, "az", 2, 9, false},
    {"(?<![a-z])[a-z]{2,9}@", {AT}, RUN_KEYWORD, "az", 2, 9, true},
    {"(?<![a-y])[a-z]{2,9}@", {AT}, RUN_KEYWORD, "az", 2, 9, false},
    {"(?<![a-z])b?c[a-z]{0,5}+@x", {AT}, RUN_KEYWORD, "abcz", 1, 7, true},
    {"@[a-z]+", {AT}, RUN_KEYWORD, "", 0, 0, true},
    {"[0-9a-f]{32}-us\\d", {US}, RUN_KEYWORD, "09af", 32, 32, false},
    {"\\d{3}-us|[x-z]{1,2}?-eu", {US}, RUN_KEYWORD, "09xyz", 1, 3, false},
    {"(?:\\w|\\.{4})-us", {US}, RUN_KEYWORD, "aZ0_.", 1, 4, false},
    {"\\d{4}", {NUM}, RUN_DIGIT, "", 0, 0, true},
    {"(?<!\\w)[A-Z]{2}\\d{2}x|00", {NUM}, RUN_DIGIT, "AZ", 0, 2, false},
    {"[A-Z]{2}[0-9A]\\d", {NUM}, RUN_DIGIT, "AZ09", 3, 3, false},
    {"a\\d?\\d", {NUM}, RUN_DIGIT, "a0", 1, 2, false},
    /* not bounded, or over the limit */
    {"[a-z]+@", {AT}, 0, "", 0, 0, false},
    {"[a-z]*@", {AT}, 0, "", 0, 0, false},
    {"[a-z]{2,}@", {AT}, 0, "", 0, 0, false},
    {"[a-z]{97}@", {AT}, 0, "", 0, 0, false},
    {"[a-z]{60}[a-z]{60}@", {AT}, 0, "", 0, 0, false},
    /* not the keyword there, or not in every branch */
    {"[a-z]{3}(?:@|x)", {AT}, 0, "", 0, 0, false},
    {"[a-z]{3}@|x{3}", {AT}, 0, "", 0, 0, false},
    {"[a-z]{3}-u", {US}, 0, "", 0, 0, false},
    {"[a-z]{3}@?", {AT}, 0, "", 0, 0, false},
    {"[a-z]{3}\\d?", {NUM}, 0, "", 0, 0, false},
    /* what is not understood */
    {"[^a]{3}@", {AT}, 0, "", 0, 0, false},
    {"[[:alpha:]]{3}@", {AT}, 0, "", 0, 0, false},
    {"[a-z\xc3\xa9]{3}@", {AT}, 0, "", 0, 0, false},
    {"\xc3\xa9@", {AT}, 0, "", 0, 0, false},
    {".@", {AT}, 0, "", 0, 0, false},
    {"\\pL@", {AT}, 0, "", 0, 0, false},
    {"(?i)[a-z]@", {AT}, 0, "", 0, 0, false},
    {"[a-z](?i)@", {AT}, 0, "", 0, 0, false},
    {"\\Qa\\E@", {AT}, 0, "", 0, 0, false},
    {"(?:[a-z]{3}){2}@", {AT}, 0, "", 0, 0, false},
    {"[a-z]{x}@", {AT}, 0, "", 0, 0, false},
    {"[a-z]{3", {AT}, 0, "", 0, 0, false},
    {"[a-z", {AT}, 0, "", 0, 0, false},
    {"a\\", {AT}, 0, "", 0, 0, false},
    {"", {AT}, 0, "", 0, 0, false},
    {"[a-z]{3}\\d", {.digits = 0}, 0, "", 0, 0, false},
    {"@x", {AT, .keyword_first = true}, 0, "", 0, 0, false},
};

static void test_run_read(void)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct rule r = rows[i].rule;
        struct run run;

        CHECK_ROW(rows[i].match);
        r.match = str_of(rows[i].match);
        run = run_read(&r);
        if (!CHECK_INT((int)run.before, rows[i].before) ||
            run.before == RUN_NONE)
            continue;
        CHECK_INT(run.least, rows[i].least);
        CHECK_INT(run.most, rows[i].most);
        CHECK_INT(run.whole, rows[i].whole);
        for (const char *p = rows[i].of; *p != 0; p++)
            CHECK(guard_stops(&run.of, (unsigned char)*p));
        CHECK(!guard_stops(&run.of, ' ') && !guard_stops(&run.of, '!'));
    }
    CHECK_ROW(NULL);
}

/* What may not stand before the token that a match begins with. */
static void test_token(void)
{
    static const struct {
        const char *match, *behind, *digit;
    } tokens[] = {
        {"(?<![:.-])\\d{2}:", ":.-", ""},
        {"(?=\\d{4})(?<!\\d[-. \\/])(?<!\\d\\()\\d{4}", "", "-. /("},
        {"(?<![0-9][.-])(?<!x)(?<!_)(?!0)\\d{3}", "", ".-"},
        {"(?<!\\D0,)(?<![a-z]\\d)(?<!\\d\\d-)\\d", "", ""},
        {"(?<!\\d-)?\\d", "", ""},
        {"(?<!\\d-)1|2", "", ""},
        {"(?<!\\d", "", ""},
        {"(?<!", "", ""},
        {"\\b\\d{4}", "aZ_", ""},
    };

    for (size_t i = 0; i < ARRAY_LEN(tokens); i++) {
        struct rule r = {.token = {.digits = 16},
                         .match = str_of(tokens[i].match)};
        struct run run = run_read(&r);

        CHECK_ROW(tokens[i].match);
        CHECK_INT((int)run.before, RUN_NONE);
        for (char c = ' '; c < 0x7f; c++) {
            if (strchr(tokens[i].behind, c) != NULL)
                CHECK(guard_stops(&run.behind, (unsigned char)c));
            else if (!is_alnum(c) && c != '_')
                CHECK(!guard_stops(&run.behind, (unsigned char)c));
            CHECK_INT(guard_stops(&run.digit, (unsigned char)c),
                      strchr(tokens[i].digit, c) != NULL);
        }
    }
    CHECK_ROW(NULL);
}

/* What a match that begins with a small letter or a digit cannot stand behind.
 */
static void test_small(void)
{
    static const struct {
        const char *match, *of;
    } small[] = {
        {LEAD_WORD "(?i:ab|c)x", "azAZ09"},
        {"(?:" LEAD_WORD "(?i:ab)|" LEAD_WORD "(?i:c))\\d", "azAZ09"},
        {"(?:" LEAD_WORD "(?i:ab)|(?i:#|\xd0\xb4|\xc5\x9f))\\d", "azAZ09"},
        {"(?<![b-y])ab", "by"},
        {"(?<![A-Z0-9])(?:ab|cd)", "AZ09"},
        /* one that may, in one way */
        {LEAD_WORD "(?i:ab)|c", ""},
        {"(?:" LEAD_WORD "(?i:ab)|c)", ""},
        {"(?:" LEAD_WORD "(?i:ab)|(?i:#|c))", ""},
        {"(?:" LEAD_WORD "(?i:ab)|(?i:#|\xc5\xbf))", ""},
        {"(?:" LEAD_WORD "(?i:ab)|(?i:#?c))", ""},
        {"(?:" LEAD_WORD "(?i:ab)|(?i:#)?)c", ""},
        {"(?:" LEAD_WORD "(?i:ab))?c", ""},
        {"(?:" LEAD_WORD "(?i:ab)|)c", ""},
        {"(?:" LEAD_WORD "(?i:a\\Qb)|c\\E))", ""},
    };
    static const char all[] = "abyzABYZ0189";

    for (size_t i = 0; i < ARRAY_LEN(small); i++) {
        struct rule r = {AT, .keyword_first = true};
        struct guard g, want = {{0}};

        CHECK_ROW(small[i].match);
        r.match = str_of(small[i].match);
        g = small_read(&r);
        for (const char *p = small[i].of; *p != 0; p++)
            CHECK(guard_stops(&g, (unsigned char)*p));
        if (small[i].of[0] == 0)
            CHECK(memcmp(&g, &want, sizeof(g)) == 0);
        r.keyword_first = false;
        g = small_read(&r);
        for (const char *p = all; *p != 0; p++)
            CHECK(!guard_stops(&g, (unsigned char)*p));
    }
    CHECK_ROW(NULL);
}

int main(void)
{
    RUN(test_small);
    RUN(test_run_read);
    RUN(test_token);
    return check_done();
}
