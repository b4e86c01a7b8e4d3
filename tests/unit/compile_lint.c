/* What only `check` minds: each lint where it must speak, and where not. */
#include <stdio.h>

#include "check.h"
#include "compile/lint.h"
#include "compile/shadow.h"
#include "rulefiles.h"

#define HEAD                                                                   \
    "defaults: {category: policy, action: redact}\n"                           \
    "rules:\n"
#define T "tests: {hit: [a], miss: [b]}}\n"
/* A rule: its number, name and what it has. */
#define R(n, more)                                                             \
    "  - {id: SP-" n ", name: r" n ", keywords: [dog], " more ", " T

/* The same with a keyword of its own. */
#define K(word, more)                                                          \
    "  - {id: SP-1, name: r, keywords: [" word "], " more ", " T

/* The same with hits of its own. */
#define R2(n, more, hits)                                                      \
    "  - {id: SP-" n ", name: r" n ", keywords: [do], " more                   \
    ", tests: {hit: " hits ", miss: [b]}}\n"

/* The lines that are said, by what they begin with; "" says nothing. */
static const struct {
    const char *name, *text, *want;
} rows[] = {
    {"clean", R("1", "match: 'dog'") R("2", "match: 'dogs'"), ""},
    {"no tests", "  - {id: SP-1, name: a, keywords: [dog], match: dog}\n",
     "3:5: error: SP-1: the rule needs tests"},
    {"block without a miss",
     "  - {id: SP-1, name: a, keywords: [dog], match: dog, action: block, "
     "tests: {hit: [dog]}}\n",
     "3:5: error: SP-1: the rule needs tests"},
    {"words, which are their own tests",
     "  - {id: SP-1, name: a, list: [ab]}\n", ""},
    {"twice the same", R("1", "match: 'dog'") R("2", "match: 'dog'"),
     "4:5: error: SP-2 never matters: SP-1 (t.yaml:3)"},
    {"less of the same",
     R("1", "match: 'dog', action: log, in: [tool]") R("2", "match: 'dog'"),
     "3:5: error: SP-1 never matters: SP-2 (t.yaml:4)"},
    {"more of the same",
     R("1", "match: 'dog', in: [tool], action: block") R("2", "match: 'dog'"),
     ""},
    {"elsewhere",
     R("1", "match: 'dog', on: request") R("2", "match: 'dog', on: response"),
     ""},
    {"a check that says more",
     R("1", "match: '[0-9]{9}dog', check: {validator: luhn}")
         R("2", "match: '[0-9]{9}dog'"),
     ""},
    {"a check that says nothing more",
     R("1", "match: '[0-9]{9}dog', check: {entropy: 3.1}")
         R("2", "match: '[0-9]{9}dog', check: {entropy: 2}"),
     "3:5: error: SP-1 never matters: SP-2"},
    {"only near something",
     R("1", "match: 'dog', near: {words: [cat]}, action: block")
         R("2", "match: 'dog', near: {words: [cow]}"),
     ""},
    {"only sometimes",
     R("1", "match: 'dog', when: {model: a}") R("2", "match: 'dog'"),
     "3:5: error: SP-1 never matters: SP-2"},
    {"at other times",
     R("1", "match: 'dog', when: {model: a}")
         R("2", "match: 'dog', when: {model: b}"),
     ""},
    {"another group",
     R("1", "match: '(dog)s'") R("2", "match: '(dog)s', group: 1"), ""},
    {"words of words",
     "  - {id: SP-1, name: a, list: [ab, cd ef], " T
     "  - {id: SP-2, name: b, list: [CD ef], " T,
     "4:5: error: SP-2 never matters: SP-1"},
    {"words and more",
     "  - {id: SP-1, name: a, list: [ab, cd ef], " T
     "  - {id: SP-2, name: b, list: [cd ef, gh], " T,
     ""},
    {"a host alone", R("1", "match: 'dog\\.example\\.com'"),
     "3:50: error: SP-1: 'dog\\.example\\.com' is also found in longer names"},
    {"a host with its ends",
     R("1", "match: '(?<![\\w.-])dog\\.example\\.com(?![\\w-])'"), ""},
    {"no host", R("1", "match: 'dog\\.txt'"), ""},
    {"a host with a dot", R("1", "match: '\\bdog.example\\.com\\b'"),
     "3:50: warning: SP-1: a dot in 'dog.example\\.com' stands for any"},
    {"any character before a host", R("1", "match: '\\bdog.{1,9}\\.com\\b'"),
     ""},
    {"a dot in a class", R("1", "match: 'dog[a.com]z'"), ""},
    {"a class before a host",
     R("1", "match: '@[a-z.]+dog\\.com\\b', on: request"),
     "3:50: warning: SP-1: '[a-z.]+' before 'dog\\.com' also takes the front"},
    {"a class that may be missing before a host",
     R("1", "match: '@[\\w.-]*dog\\.example\\.com\\b', on: request"),
     "3:50: warning: SP-1: '[\\w.-]*' before 'dog\\.example\\.com' also"},
    {"a class of what it is not before a host",
     R("1", "match: '\\b[^\\s/]{1,90}dog\\.com\\b', on: request"),
     "3:50: warning: SP-1: '[^\\s/]{1,90}' before 'dog\\.com' also"},
    {"a named class before a host",
     R("1", "match: '@(?:[[:alnum:].]{1,90}dog\\.com|dogs)\\b', on: request"),
     "3:50: warning: SP-1: '[[:alnum:].]{1,90}' before 'dog\\.com' also"},
    {"letters before a host", R("1", "match: '@\\w+dog\\.com\\b', on: request"),
     "3:50: warning: SP-1: '\\w+' before 'dog\\.com' also"},
    {"what is no blank before a host",
     R("1", "match: '@\\S*?dog\\.com\\b', on: request"),
     "3:50: warning: SP-1: '\\S*?' before 'dog\\.com' also"},
    {"anything before a host",
     R("1", "match: '@.{0,90}dog\\.com\\b', on: request"),
     "3:50: warning: SP-1: '.{0,90}' before 'dog\\.com' also"},
    {"labels before a host",
     R("1", "match: '@(?:[a-z0-9-]+\\.)*dog\\.com\\b', on: request"), ""},
    {"a class and a dot before a host",
     R("1", "match: '@[a-z.]*\\.dog\\.com\\b', on: request"), ""},
    {"a class and a border before a host",
     R("1", "match: '@[\\w.-]*\\bdog\\.com\\b', on: request"), ""},
    {"a class and a slash before a host",
     R("1", "match: '@[\\w.-]+/dog\\.com\\b', on: request"), ""},
    {"a class that is not there before a host",
     R("1", "match: '(?<![\\w.-])dog\\.com\\b'"), ""},
    {"blanks before a host",
     R("1", "match: '@[\\s[:punct:]]+dog\\.com\\b', on: request"), ""},
    {"no letters before a host",
     R("1", "match: '@[^\\w-]+dog\\.com\\b', on: request"), ""},
    {"so many letters before a host",
     R("1", "match: '@[a-z]{3}dog\\.com\\b', on: request"), ""},
    {"a class before no host",
     R("1", "match: '@[\\w.]+dog\\.txt\\b', on: request"), ""},
    {"an open tail", R("1", "match: 'dog: (.*)'"),
     "3:50: warning: SP-1: '.*' at the end of the pattern redacts all"},
    {"an open tail of a class", R("1", "match: 'dog: [^;]+?'"),
     "3:50: warning: SP-1: '[^;]+?' at the end"},
    {"an open tail that is only logged",
     R("1", "match: 'dog: .*', action: log"), ""},
    {"a bound", R("1", "match: 'dog: .{1,90}'"), ""},
    {"a class that ends with a word", R("1", "match: 'dog: [^\\s<>]+'"), ""},
    {"a narrow class", R("1", "match: 'dog: [a-z]+'"), ""},
    {"an end behind it", R("1", "match: 'dog: .*!'"), ""},
    {"a dot that is one", R("1", "match: 'dog\\.+'"), ""},
    {"an open tail of alternatives", R("1", "match: 'dog: (?:.|\\n)*'"),
     "3:50: warning: SP-1: '(?:.|\\n)*' at the end"},
    {"an open tail that may be missing", R("1", "match: 'dog(?:[^\\n]+)?'"),
     "3:50: warning: SP-1: '[^\\n]+' at the end"},
    {"an open tail in one of two", R("1", "match: 'dog(?:.+|z)'"),
     "3:50: warning: SP-1: '.+' at the end"},
    {"an open tail of so many at least", R("1", "match: 'dog[^x]{2,}'"),
     "3:50: warning: SP-1: '[^x]{2,}' at the end"},
    {"an open tail of clusters", R("1", "match: 'dog\\X+'"),
     "3:50: warning: SP-1: '\\X+' at the end"},
    {"an open tail before an end or not", R("1", "match: 'dog.+(?=$|z)'"),
     "3:50: warning: SP-1: '.+' at the end"},
    {"an open tail before what may be missing",
     R("1", "match: 'dog.*!?(?:x*|y){0,2}'"),
     "3:50: warning: SP-1: '.*' at the end"},
    {"an open tail of a name", R("1", "match: 'dog(?<a>(?i:.)+)'"),
     "3:50: warning: SP-1: '(?i:.)+' at the end"},
    {"an open tail with an end of its own",
     R("1", "match: 'dog.*', max_hold: 64, end: 'z'"), ""},
    {"an end that is looked for", R("1", "match: 'dog.+(?=z|!)'"), ""},
    {"an end in each of two", R("1", "match: 'dog(?:.+!|z)'"), ""},
    {"an end within the repeat", R("1", "match: 'dog(?:.\\n)*'"), ""},
    {"so many at most", R("1", "match: 'dog(?:.|\\n){2,9}'"), ""},
    {"braces that are text", R("1", "match: 'dog.{,}'"), ""},
    {"a class with a bracket", R("1", "match: 'dog[]|.*)]'"), ""},
    {"a repeat of a repeat", R("1", "match: 'dog (?:[a-z]+)*!', action: log"),
     "3:50: warning: SP-1: '(?:[a-z]+)*' repeats a repeat"},
    {"a repeat of one of two repeats",
     R("1", "match: 'dog (?:x,|(?:\\w{2,}\\s*))+!', action: log"),
     "3:50: warning: SP-1: '(?:x,|(?:\\w{2,}\\s*))+' repeats a repeat"},
    {"a repeat in a repeat with a bound",
     R("1", "match: 'dog (?:(?:[a-z]+)+,){2}!', action: log"),
     "3:50: warning: SP-1: '(?:[a-z]+)+' repeats a repeat"},
    {"a repeat with what parts it",
     R("1", "match: 'dog (?:[a-z]+,)*!', action: log"), ""},
    {"a repeat that gives nothing back",
     R("1", "match: 'dog (?:[a-z]++)*!', action: log"), ""},
    {"a repeat of a repeat, at once",
     R("1", "match: 'dog (?:(?>[a-z]+))*!', action: log"), ""},
    {"a repeat of a repeat with a bound",
     R("1", "match: 'dog (?:[a-z]+){0,4}!', action: log"), ""},
    {"nothing to wake it", R("1", "match: '[a-z]{1,200} ?dog'"),
     "3:50: warning: SP-1: streams are searched for it with each piece"},
    {"nothing to wake it, in requests",
     R("1", "match: '[a-z]{1,200} ?dog', on: request"), ""},
    {"nothing to wake it, in whole bodies",
     R("1", "match: '[a-z]{1,200} ?dog', scope: whole"), ""},
    {"a token",
     "  - {id: SP-1, name: a, token: {digits: 3}, match: '[0-9]{3}x', " T, ""},
    {"digits", "  - {id: SP-1, name: a, digits: 9, match: '\\d{9}x', " T, ""},
    {"a run before its keyword", R("1", "match: '[a-z]{1,9}dog'"), ""},
    {"a run and little to hold",
     R("1", "match: '[a-z]{1,9}dog', max_hold: 447"),
     "3:50: warning: SP-1: streams are searched for it with each piece, for "
     "its max_hold is less than 448"},
    {"a run and enough to hold",
     R("1", "match: '[a-z]{1,9}dog', max_hold: 448"), ""},
    {"a keyword and little to hold", R("1", "match: 'dog', max_hold: 64"), ""},
    {"no bound before its keyword",
     R("1", "match: '(?:[a-z] ?)+dog', action: log, on: request"),
     "3:50: warning: SP-1: a text that has one of its keywords anywhere is "
     "searched from end to end"},
    {"a bound before its keyword",
     R("1", "match: '(?:[a-z] ?){1,90}dog', on: request"), ""},
    {"no bound behind a mark", R("1", "match: '@(?:[a-z] ?)+dog', on: request"),
     ""},
    {"no bound behind two letters",
     R("1", "match: '(?i)[qz](?:[a-z] ?)+dog', on: request"), ""},
    {"a value",
     "  - {id: SP-1, name: a, keywords: [dog], value: '[0-9]{32}', " T, ""},
    {"a short keyword that any text has", K("cat", "match: 'cat(?:s|nip)'"),
     "3:49: warning: SP-1: any text has the keyword 'cat'"},
    {"two letters", K("qz", "match: 'qz.{1,9}!'"),
     "3:48: warning: SP-1: any text has the keyword 'qz'"},
    {"a short keyword that is rare", K("zyx", "match: 'zyx(?:s|nip)'"), ""},
    {"a long one that is not", K("that", "match: 'that(?:s|nip)'"), ""},
    {"signs", K("'+~'", "match: '\\+~(?:s|nip)'"), ""},
    {"a short keyword before what is known", K("cat", "match: 'cat[0-9]{9}'"),
     ""},
    {"code of ours", "  - {id: SP-1, name: a, detector: zalgo, " T, ""},
    {"a repeat of a repeat near it",
     R("1", "match: 'dog', unless: {match: '(?:a+)+!'}"),
     "3:50: warning: SP-1: '(?:a+)+' repeats a repeat"},
    {"a repeat of a repeat in what it needs",
     R("1", "match: 'doggg', needs: {match: '(?:g+)+', within: 9}"),
     "3:50: warning: SP-1: '(?:g+)+' repeats a repeat"},
    {"a repeat of a repeat that it is not",
     R("1", "match: 'dog', check: {not: [cat, '^(?:[a-z]+)*!']}"),
     "3:50: warning: SP-1: '(?:[a-z]+)*' repeats a repeat"},
    {"a repeat of a repeat that ends it",
     R("1", "match: 'dog.{1,90}cat', max_hold: 64, end: '(?:a+)+!'"),
     "3:50: warning: SP-1: '(?:a+)+' repeats a repeat"},
    {"a repeat of a repeat that is excluded",
     R("1", "match: 'dog'") "exclude: [{id: SP-1, reason: r, value: "
                            "'(?:a+)+!'}]\n",
     "4:40: warning: '(?:a+)+' repeats a repeat"},
    {"words near it", R("1", "match: 'dog', near: {words: [cat flap, 'a+)+']}"),
     ""},
    {"expired",
     R("1", "match: 'dog'") "exclude: [{id: SP-1, reason: r, expires: "
                            "2026-06-14}]\n",
     "4:11: error: the exclusion expired on 2026-06-14"},
    {"own secrets that no rule looks for",
     R("1", "match: 'dog'") "own_secrets: {env: [all]}\n",
     "4:14: warning: no rule has 'detector: own-secrets', without which "
     "'own_secrets' has no effect: include packs/own-secrets.yaml"},
    {"own secrets that one looks for",
     "  - {id: SP-1, name: a, detector: own-secrets}\n"
     "own_secrets: {env: [all]}\n",
     ""},
    {"a canary that no rule looks for",
     R("1", "match: 'dog'") "canary: 'x {}'\n",
     "4:9: warning: no rule has 'detector: canary'"},
    {"links that no rule looks for",
     R("1", "match: 'dog'") "links: {allow: [a.example]}\n",
     "4:8: warning: no rule has 'detector: link'"},
    {"links that a rule of images looks for",
     "  - {id: SP-1, name: a, detector: image, on: response, tests: {hit: [a],"
     " miss: [b]}}\nlinks: {allow: [a.example]}\n",
     ""},
    {"pseudonyms that no rule gives",
     R("1", "match: 'dog'") "pseudonyms: {key_file: /k}\n",
     "4:13: warning: no rule has 'action: pseudonymize'"},
    {"pseudonyms that one gives",
     "  - {id: SP-1, name: a, list: [ab], action: pseudonymize, on: request, "
     "class: AB}\npseudonyms: {key_file: /k}\n",
     ""},
    {"not yet",
     R("1", "match: 'dog'") "exclude: [{id: SP-1, reason: r, expires: "
                            "2026-06-15}]\n",
     ""},
};

static void lint_row(size_t i)
{
    char text[2000];
    struct compile c;
    struct str got;

    snprintf(text, sizeof(text), "%s%s", HEAD, rows[i].text);
    CHECK(put_file("t.yaml", text));
    rulefiles_start(&c);
    if (!CHECK_INT(compile_load(&c, "t.yaml"), OK))
        check_show("said", diags_text(&c.diags));
    compile_lint(&c);
    got = diags_text(&c.diags);
    if (rows[i].want[0] == '\0') {
        if (!CHECK(got.len == 0))
            check_show("said", got);
    } else if (!CHECK(str_starts(got, STR("t.yaml:")) &&
                      str_starts(str_skip(got, 7), str_of(rows[i].want)))) {
        check_show("said", got);
    }
    CHECK_INT(c.diags.count + c.diags.warnings, rows[i].want[0] != '\0');
    compile_free(&c);
}

static void test_rows(void)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CHECK_ROW(rows[i].name);
        lint_row(i);
    }
    CHECK_ROW(NULL);
}

/* Of rules that have something before their keywords only so many sleep; of
 * those that are used, and in the order of their files. */
static void test_runs(void)
{
    struct compile c;
    struct str got;
    char text[8000];
    int n = snprintf(text, sizeof(text), "exclude: [{id: SP-1, reason: r}]\n%s",
                     HEAD);

    for (int i = 1; i <= 34; i++)
        n += snprintf(text + n, sizeof(text) - (size_t)n,
                      "  - {id: SP-%d, name: a, keywords: [x%d], "
                      "match: '[a-z]{1,9}x%d', " T,
                      i, i, i);
    CHECK(put_file("t.yaml", text));
    rulefiles_start(&c);
    CHECK_INT(compile_load(&c, "t.yaml"), OK);
    compile_lint(&c);
    got = diags_text(&c.diags);
    CHECK_INT(c.diags.count + c.diags.warnings, 1);
    CHECK(str_starts(got, STR("t.yaml:37:")));
    CHECK(str_find(got, STR("SP-34: streams are searched")) < got.len);
    compile_free(&c);
}

/* By the tests of the rules: which of r1, r2 is said to be in the other. */
static const struct {
    const char *name, *text, *want;
} shadows[] = {
    {"part of another", /* nothing in the patterns shows it */
     R2("1", "match: 'do[a-z]s?', kind: k", "[a dog, dogs]")
         R2("2", "match: 'dogs', kind: k", "[dogs]"),
     "4:5: warning: SP-2 may never matter: "},
    {"each the other",
     R2("1", "match: 'do[a-z]', kind: k", "[a dog]")
         R2("2", "match: 'do[f-h]', kind: k", "[a dog]"),
     "3:5: warning: SP-1 may never matter: "},
    {"a hit of its own",
     R2("1", "match: 'dogs?', kind: k", "[dogs]")
         R2("2", "match: 'dogma|dog', kind: k", "[dog, dogma]"),
     ""},
    {"another end",
     R2("1", "match: 'dogs?', kind: k", "[dogs]")
         R2("2", "match: 'dog', kind: k", "[dogs]"),
     ""},
    {"another kind in the same file",
     R2("1", "match: 'do[a-z]'", "[a dog]")
         R2("2", "match: 'do[f-h]'", "[dog]"),
     ""},
    {"less done about it",
     R2("1", "match: 'do[a-z]', kind: k, action: log", "[a dog]")
         R2("2", "match: 'do[f-h]', kind: k", "[dog]"),
     "3:5: warning: SP-1 may never matter: "},
    {"what is excluded in part",
     R2("1", "match: 'do[a-z]', kind: k", "[a dog]")
         R2("2", "match: 'do[f-h]', kind: k", "[dog]") "exclude: [{id: SP-1, "
                                                       "reason: r, role: "
                                                       "tool}]\n",
     "3:5: warning: SP-1 may never matter: "},
    {"elsewhere",
     R2("1", "match: 'do[a-z]', kind: k, on: request", "[a dog]")
         R2("2", "match: 'do[f-h]', kind: k, on: response", "[dog]"),
     ""},
    {"only with what the other is not",
     R2("1", "match: 'do[a-z]', kind: k, unless: {words: [hot]}", "[a dog]")
         R2("2", "match: 'do[f-h]', kind: k", "[dog, hot dog]"),
     "3:5: warning: SP-1 may never matter: "},
};

static void test_shadows(void)
{
    for (size_t i = 0; i < ARRAY_LEN(shadows); i++) {
        char text[2000];
        struct compile c;
        struct str got;

        CHECK_ROW(shadows[i].name);
        snprintf(text, sizeof(text), "%s%s", HEAD, shadows[i].text);
        CHECK(put_file("t.yaml", text));
        rulefiles_start(&c);
        CHECK_INT(compile_load(&c, "t.yaml"), OK);
        CHECK_INT(shadow_check(&c), OK);
        got = diags_text(&c.diags);
        if (!CHECK(shadows[i].want[0] == '\0'
                       ? got.len == 0
                       : str_starts(str_skip(got, 7), str_of(shadows[i].want))))
            check_show("said", got);
        CHECK_INT(c.diags.warnings, shadows[i].want[0] != '\0');
        compile_free(&c);
    }
    CHECK_ROW(NULL);
}

/* Who includes a file is told of its own rules alone, and of any kind. */
static void test_shadow_files(void)
{
    static const char policy[] =
        "include: [t.yaml]\n" HEAD R2("3", "match: 'do[f-h]'", "[dog]");
    char text[2000];
    struct compile c;

    snprintf(text, sizeof(text), "%s%s", HEAD, shadows[0].text);
    CHECK(put_file("t.yaml", text) && put_file("p.yaml", policy));
    rulefiles_start(&c);
    CHECK_INT(compile_load(&c, "p.yaml"), OK);
    CHECK_INT(shadow_check(&c), OK);
    CHECK_INT(c.diags.warnings, 1);
    CHECK_STR(str_head(diags_text(&c.diags), 38),
              "p.yaml:4:5: warning: SP-3 may never ma");
    compile_free(&c);
}

/* Nothing is said about what is shipped, in any file of it. */
static void test_shipped(void)
{
    static const char *const files[] = {
        "default.yaml", "packs/generic.yaml", "packs/pii-loose.yaml",
        "packs/leak.yaml", "examples/first.yaml"};

    for (size_t i = 0; i < ARRAY_LEN(files); i++) {
        struct compile c;
        char path[5000];

        CHECK_ROW(files[i]);
        snprintf(path, sizeof(path), "%s/%s", rulefiles_dir(), files[i]);
        rulefiles_start(&c);
        CHECK_INT(compile_load(&c, path), OK);
        compile_lint(&c);
        if (!CHECK_INT(c.diags.count + c.diags.warnings, 0))
            check_show("said", diags_text(&c.diags));
        compile_free(&c);
    }
    CHECK_ROW(NULL);
}

int main(void)
{
    static const char *const files[] = {"t.yaml", "p.yaml", NULL};

    if (!rulefiles_enter())
        return 2;
    RUN(test_rows);
    RUN(test_runs);
    RUN(test_shadows);
    RUN(test_shadow_files);
    RUN(test_shipped);
    rulefiles_leave(files);
    return check_done();
}
