/* Pieces of patterns with a name: what they become, and each error. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "check.h"
#include "compile/lint.h"
#include "rulefiles.h"

#define RULE(more)                                                             \
    "rules:\n"                                                                 \
    "  - {id: SP-1, name: n, category: c, action: redact, keywords: [key],\n"  \
    "     tests: {hit: [key12], miss: [key]}, " more "}\n"

/* The pattern of the first rule. */
static const struct {
    const char *name, *text, *match;
} rows[] = {
    {"a piece", "define: {d: '[0-9]'}\n" RULE("match: 'key{{d}}{2}'"),
     "key(?:[0-9]){2}"},
    {"a choice stays one", "define: {d: '1|2'}\n" RULE("match: 'key{{d}}+'"),
     "key(?:1|2)+"},
    {"a piece of pieces",
     "define: {d: '[0-9]', dd: '{{d}}{{d}}'}\n" RULE("match: 'key{{dd}}'"),
     "key(?:(?:[0-9])(?:[0-9]))"},
    {"used above its definition",
     RULE("match: 'key{{d}}'") "define: {d: '12'}\n", "key(?:12)"},
    {"a piece that may be empty",
     "define: {s: ' *'}\n" RULE("match: 'key{{s}}12'"), "key(?: *)12"},
    {"braces that are text", RULE("match: 'key(?:\\{\\{d}}|12)'"),
     "key(?:\\{\\{d}}|12)"},
    {"braces around no name", RULE("match: 'key(?:{{D}}|{{}}|{{a b}}|12)'"),
     "key(?:{{D}}|{{}}|{{a b}}|12)"},
    {"a backslash that is text",
     "define: {d: '12'}\n" RULE("match: 'key(?:\\\\)?{{d}}'"),
     "key(?:\\\\)?(?:12)"},
    {"the rule's keywords", RULE("match: '(?={{keywords}})key[0-9]+'"),
     "(?=(?i:key))key[0-9]+"},
    {"keywords of which some share a front",
     "rules:\n"
     "  - {id: SP-1, name: n, category: c, action: redact, keyword_first: "
     "true,\n"
     "     keywords: [key, keys, key-, \"k e\", 'kö', 'a.b'],\n"
     "     tests: {hit: [key12], miss: [ke12]}, match: '{{keywords}}1'}\n",
     "(?i:(?:a\\.b|k(?:\\s{1,16}e|ey|(?-i:\xc3\xb6))))1"},
    {"a piece of that name",
     "define: {keywords: '12'}\n" RULE("match: 'key{{keywords}}'"),
     "key(?:12)"},
};

static void test_rows(void)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct compile c;
        size_t passed;

        CHECK_ROW(rows[i].name);
        CHECK(put_file("t.yaml", rows[i].text));
        rulefiles_start(&c);
        if (CHECK_INT(compile_load(&c, "t.yaml"), OK) &&
            CHECK(c.rules != NULL)) {
            if (!CHECK(str_eq(c.rules->rule.match, str_of(rows[i].match))))
                check_show("match", c.rules->rule.match);
            CHECK_INT(compile_check(&c, false), OK);
            CHECK_INT(compile_test(&c, &passed), OK);
            compile_lint(&c);
        }
        if (!CHECK_INT(c.diags.count + c.diags.warnings, 0))
            check_show("said", diags_text(&c.diags));
        compile_free(&c);
    }
    CHECK_ROW(NULL);
}

static const struct {
    const char *name, *text, *want;
} refused[] = {
    {"unknown", RULE("match: 'key{{d}}'"),
     "3:49: error: 'd' is not under 'define' in this file"},
    {"unknown in near", RULE("match: key, near: {match: '{{d}}'}"),
     "3:68: error: 'd' is not under 'define' in this file"},
    {"unknown in not", RULE("match: key, check: {not: [a, '{{d}}']}"),
     "3:71: error: 'd' is not under 'define' in this file"},
    {"unknown in a value", RULE("value: '{{d}}'"),
     "3:49: error: 'd' is not under 'define' in this file"},
    {"unknown in an end", RULE("match: key, end: '{{d}}'"),
     "3:59: error: 'd' is not under 'define' in this file"},
    {"unknown in an exclusion",
     "exclude: [{id: SP-1, reason: r, value: '{{d}}'}]\n" RULE("match: key"),
     "1:40: error: 'd' is not under 'define' in this file"},
    {"keywords in a piece", "define: {a: '{{keywords}}'}\n",
     "1:13: error: 'keywords' is not under 'define' in this file"},
    {"keywords where there are none",
     "rules:\n  - {id: SP-1, name: n, category: c, action: log,\n"
     "     tests: {hit: [a], miss: [b]}, match: '{{keywords}}a'}\n",
     "3:43: error: 'keywords' is not under 'define' in this file"},
    {"keywords of a rule in an exclusion",
     RULE("match: key") "exclude: [{id: SP-1, reason: r, value: "
                        "'{{keywords}}'}]\n",
     "4:40: error: 'keywords' is not under 'define' in this file"},
    {"itself", "define: {a: 'x{{a}}'}\n", "1:13: error: 'a' is part of itself"},
    {"each other", "define:\n  a: 'x{{b}}'\n  b: 'y{{a}}'\n",
     "2:6: error: 'b' is defined further down"},
    {"a list", "define: [a]\n", "1:9: error: 'define' must be a map"},
    {"a piece that is a map", "define: {a: {b: c}}\n", "1:13: error: 'a' must"},
    {"a piece that is empty", "define: {a: ''}\n", "1:13: error: 'a' "},
    {"twice", "define: {a: b, a: c}\n", "1:16: error: "},
    {"a name with a blank", "define: {'a b': c}\n",
     "1:10: error: 'a b' is no name for a piece"},
    {"a name that is large", "define: {Hex: c}\n",
     "1:10: error: 'Hex' is no name for a piece"},
    {"no pattern", "define: {a: 'b('}\n",
     "1:13: error: 'a': missing closing parenthesis\n"},
    {"too much", "define: {a: 'b)'}\n",
     "1:13: error: 'a': unmatched closing parenthesis\n"},
    {"a group", "define: {a: '(b)'}\n",
     "1:13: error: 'a' has a group that captures: write (?:"},
    {"a group with a name", "define: {a: '(?<n>b)'}\n",
     "1:13: error: 'a' has a group that captures"},
};

static void refused_row(const char *name, const char *text, const char *want)
{
    struct compile c;
    struct str got;

    CHECK_ROW(name);
    CHECK(put_file("t.yaml", text));
    rulefiles_start(&c);
    CHECK_INT(compile_load(&c, "t.yaml"), E_SYNTAX);
    got = diags_text(&c.diags);
    if (!CHECK(str_starts(got, STR("t.yaml:")) &&
               str_starts(str_skip(got, 7), str_of(want))))
        check_show("said", got);
    compile_free(&c);
    CHECK_ROW(NULL);
}

static void test_refused(void)
{
    for (size_t i = 0; i < ARRAY_LEN(refused); i++)
        refused_row(refused[i].name, refused[i].text, refused[i].want);
}

/* Each of the last is twice as long as the one before: 2^30 bytes, if let. */
static void test_long(void)
{
    char text[4096] = "define:\n  a0: 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'\n";
    size_t n = strlen(text);

    for (int i = 1; i < 26; i++)
        n += (size_t)snprintf(text + n, sizeof(text) - n,
                              "  a%d: '{{a%d}}{{a%d}}'\n", i, i - 1, i - 1);
    refused_row("it doubles", text,
                "11:7: error: the pattern becomes too long (at most 16384)");
}

/* A name is for its own file alone. */
static void test_files(void)
{
    struct compile c;

    CHECK(put_file("p.yaml", "pack: p\ndefine: {d: '12'}\n"
                             "rules: [{id: SP-2, name: m, category: c, "
                             "keywords: [key], action: log, "
                             "match: 'key{{d}}'}]\n"));
    CHECK(put_file("t.yaml", "include: [p.yaml]\ndefine: {d: '3'}\n" RULE(
                                 "match: 'key{{d}}'")));
    rulefiles_start(&c);
    if (CHECK_INT(compile_load(&c, "t.yaml"), OK)) {
        CHECK_STR(c.rules->rule.match, "key(?:3)");
        CHECK_STR(c.rules->next->rule.match, "key(?:12)");
    }
    compile_free(&c);
    refused_row("of another file",
                "include: [p.yaml]\n" RULE("match: 'key{{d}}'"),
                "4:49: error: 'd' is not under 'define' in this file");
}

static void test_unused(void)
{
    struct compile c;
    struct str got;

    CHECK(put_file("t.yaml",
                   "define: {d: '1', e: '{{d}}'}\n" RULE("match: 'key[0-9]'")));
    rulefiles_start(&c);
    CHECK_INT(compile_load(&c, "t.yaml"), OK);
    compile_lint(&c);
    CHECK_INT(c.diags.count, 0);
    CHECK_INT(c.diags.warnings, 1);
    got = diags_text(&c.diags);
    if (!CHECK(str_starts(got, STR("t.yaml:1:18: warning: no pattern of this "
                                   "file uses 'e'"))))
        check_show("said", got);
    compile_free(&c);
}

int main(void)
{
    static const char *const files[] = {"t.yaml", "p.yaml", NULL};

    if (!rulefiles_enter())
        return 2;
    RUN(test_rows);
    RUN(test_refused);
    RUN(test_long);
    RUN(test_files);
    RUN(test_unused);
    rulefiles_leave(files);
    return check_done();
}
