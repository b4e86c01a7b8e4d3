/* Rule files: every error with its place, and what goes into the image. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "compile/lint.h"
#include "detect/known.h"
#include "failmalloc.h"
#include "llm/describe.h"
#include "rules/image.h"
#include "rules/rules.h"
#include "rulefiles.h"

/* All of what `check` does, but for the hostile texts. */
static enum err check_all(struct compile *c, const char *file)
{
    struct buf image;
    size_t passed;
    enum err e;

    if ((e = compile_load(c, file)))
        return e;
    compile_lint(c);
    if ((e = compile_check(c, false)) || (e = compile_test(c, &passed)))
        return e;
    buf_init(&image, LIM_IMAGE);
    e = compile_image(c, &image);
    buf_free(&image);
    return e;
}

/* A rule with one more line: line 12 of its file, at column 5. */
#define RULE                                                                   \
    "rules:\n"                                                                 \
    "  - id: SP-1\n"                                                           \
    "    name: n\n"                                                            \
    "    category: c\n"                                                        \
    "    on: both\n"                                                           \
    "    keywords: [key]\n"                                                    \
    "    match: 'key[0-9]{4}'\n"                                               \
    "    action: redact\n"                                                     \
    "    tests:\n"                                                             \
    "      hit: [\"a key1234\"]\n"                                             \
    "      miss: [\"a key12\"]\n"                                              \
    "    "

/* A rule with pseudonyms, and more on its line 3. */
#define PSEUDONYM(more)                                                        \
    "rules:\n  - {id: SP-1, name: n, category: c, keywords: [key], match: "    \
    "a,\n"                                                                     \
    "     action: pseudonymize, " more "}\n"

static const struct {
    const char *name, *text, *error;
} refused[] = {
    {"when of a port", RULE "when: {host: \"a:1/\"}\n",
     "12:18: error: 'a:1/' is no host"},
    {"a host by its end", RULE "when: {host: \"*corp.com\"}\n",
     "12:18: error: '*corp.com' would fit any name that ends so: is "
     "'*.corp.com' meant?"},
    {"a host as a regular expression",
     RULE "when: {host: ['api\\.corp\\.com']}\n",
     "12:19: error: 'api\\.corp\\.com' is no host"},
    {"a path without a slash", RULE "when: {path: [v1/chat]}\n",
     "12:19: error: 'v1/chat' fits no path"},
    {"a host with a port", RULE "when: {host: [\"a.example:443\"]}\n",
     "12:19: error: 'a.example:443' is no host such as example.com"},
    {"host with a dot at the end", RULE "when: {host: \"*.a.example.\"}\n",
     "12:18: error: '*.a.example.' is no host"},
    {"any host", RULE "when: {host: \"*\"}\n",
     "12:18: error: '*' is any host: leave it out\n"},
    {"a user beyond all", RULE "when: {uid: 4294967296}\n",
     "12:17: error: there is no user '4294967296'"},
    {"nobody", RULE "when: {uid: [no-such-user]}\n",
     "12:18: error: there is no user 'no-such-user'"},
    {"when with a strange key", RULE "when: {port: 1}\n",
     "12:12: error: unknown key 'port'"},
    {"exclusion by a broken value",
     RULE "tags: [t]\nexclude: [{id: SP-1, reason: r, value: '('}]\n",
     "13:40: error: value: missing closing parenthesis"},
    {"exclusion by a hash that is none",
     RULE "tags: [t]\nexclude: [{id: SP-1, reason: r, hash: 12ab}]\n",
     "13:39: error: 'hash' must be what 'sallyport hash' prints"},
    {"exclusion by a value and a hash",
     RULE "tags: [t]\nexclude: [{id: SP-1, reason: r, value: a, hash: "
          "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
          "}]\n",
     "13:11: error: an exclusion has either 'value' or 'hash'"},
    {"exclusion on a day that is none",
     RULE "tags: [t]\nexclude: [{id: SP-1, reason: r, expires: 2026-04-31}]\n",
     "13:42: error: 'expires' must be a date"},
    {"digits that the pattern does not keep",
     "rules:\n  - {id: SP-1, name: n, category: c, digits: 8, action: log,\n"
     "     match: '\\b[A-Z0-9]{10}\\b',\n"
     "     tests: {hit: [\"a A12345678Z\"], miss: [a]}}\n",
     "4:20: error: SP-1: 'digits' promises what the pattern does not keep"},
    {"a keyword of white space alone",
     "rules:\n  - {id: SP-1, name: n, category: c, keywords: [dog, \" \"],\n"
     "     match: 'dog| ', action: log, tests: {hit: [dog], miss: [a]}}\n",
     "a keyword must have 1 to 64 bytes, and more than white space"},
    {"a keyword that is too long",
     "rules:\n  - {id: SP-1, name: n, category: c, action: log, match: dog,\n"
     "     keywords: "
     "[ddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd],\n"
     "     tests: {hit: [dog], miss: [a]}}\n",
     "a keyword must have 1 to 64 bytes, and more than white space"},
    {"keywords that the pattern does not keep",
     "rules:\n  - {id: SP-1, name: n, category: c, keywords: [dog],\n"
     "     match: 'a d.g|d.g', keyword_first: false, action: log,\n"
     "     tests: {hit: [\"a dog\"], miss: [a]}}\n",
     "4:20: error: SP-1: 'keywords' promises what the pattern does not keep"},
    {"needs that not every match has",
     "rules:\n  - {id: SP-1, name: n, category: c, keywords: [dog],\n"
     "     match: 'dog\\s{1,60}(?:cat|cow)', needs: {match: cat, within: 70},\n"
     "     action: log, tests: {hit: [\"dog cow\"], miss: [a]}}\n",
     "4:33: error: SP-1: 'needs' promises what the pattern does not keep"},
    {"needs that may be further off",
     "rules:\n  - {id: SP-1, name: n, category: c, keywords: [dog],\n"
     "     match: 'dog\\s{1,60}cat', needs: {match: cat, within: 20},\n"
     "     action: log, tests: {hit: [\"dog cat\"], miss: [a]}}\n",
     "4:33: error: SP-1: 'needs' promises what the pattern does not keep"},
    {"near without words", RULE "near: {within: 5}\n",
     "12:11: error: 'words' or 'match' is missing"},
    {"near too far", RULE "near: {match: a, within: 401}\n", "12:30: error: "},
    {"near within nothing", RULE "near: {match: a, within: page}\n",
     "12:30: error: 'within' must be sentence, or 1 to 400 characters"},
    {"unless on no side", RULE "unless: {match: a, side: left}\n",
     "12:30: error: 'side' must be before, after or either"},
    {"unless that matches nothing", RULE "unless: {match: 'a*'}\n",
     "error: SP-1: unless: can match the empty string"},
    {"near that no test has", RULE "near: {words: [door]}\n",
     "error: SP-1: the text is "},
    {"unknown key", "mode: enforce\nmdoe: monitor\n",
     "2:1: error: unknown key 'mdoe': is 'mode' meant?"},
    {"a letter left out", RULE "mach: a\n",
     "12:5: error: unknown key 'mach': is 'match' meant?"},
    {"a letter too many in a short key", RULE "  hits: [a]\n",
     "12:7: error: unknown key 'hits': is 'hit' meant?"},
    {"nothing like a known key", RULE "colour: a\n",
     "12:5: error: unknown key 'colour'\n"},
    {"a word for a rule", "rules: [dog]\n",
     "1:9: error: what stands here must be a map, not a single value"},
    {"mode", "mode: maybe\n", "1:7: error: 'mode' must be enforce or monitor"},
    {"a list for a map", "- a\n",
     "1:1: error: what stands here must be a map, not a list"},
    {"relative audit", "audit: a.jsonl\n",
     "1:8: error: 'audit' must be an absolute path"},
    {"alpn", "alpn: http/1.1\n", "1:7: error: 'alpn' must be h2 or http1"},
    {"uncovered", "uncovered: maybe\n",
     "1:12: error: 'uncovered' must be refuse or log"},
    {"threshold", "thresholds: {request: {block: 65}}\n",
     "1:31: error: 'block' must be a number"},
    {"threshold of what", "thresholds: {both: 5}\n",
     "1:14: error: unknown key 'both'"},
    {"paranoia", "paranoia: 0\n", "1:11: error: 'paranoia' must be a number"},
    {"condition", "on_failure: {nothing: pass}\n",
     "1:14: error: unknown condition 'nothing'"},
    {"condition misspelt", "on_failure: {json_inval: pass}\n",
     "1:14: error: unknown condition 'json_inval': is 'json_invalid' meant?"},
    {"condition's word", "on_failure: {coding: maybe}\n",
     "1:22: error: 'coding' must be pass or block"},
    {"a row that stays shut", "on_failure: {http_ambiguous: pass}\n",
     "1:30: error: 'http_ambiguous' cannot be pass: nothing sound could be "
     "let through"},
    {"include nowhere", "include: [a.yaml]\n",
     "1:11: error: the file 'a.yaml' is not found"},
    {"include itself", "include:\n  - ./t.yaml\n",
     "2:5: error: 't.yaml' includes itself"},
    {"include a provider", "include: [providers/anthropic.yaml]\n",
     "1:11: error: a provider description stands under 'providers'"},
    {"host", "hosts: [\"a b\"]\n",
     "1:9: error: 'a b' is no host such as example.com, *.example.com or "
     "localhost:8443"},
    {"a dot at the end", "hosts: [a.example.]\n",
     "1:9: error: 'a.example.' is no host"},
    {"two providers",
     "hosts: [{host: \"a:80\", provider: vllm}, {host: \"A:80\", provider: "
     "ollama}]\n",
     "1:41: error: 'a:80' has provider 'vllm' in line 1: a host has one"},
    {"port", "hosts: [\"a:70000\"]\n", "1:9: error: 'a:70000' is no host"},
    {"star", "hosts: [\"a.*.b\"]\n", "1:9: error: 'a.*.b' is no host"},
    {"host's provider", "hosts:\n  - {host: a, provider: nobody}\n",
     "2:5: error: "},
    {"provider", "providers: [nobody]\n",
     "1:13: error: the file 'providers/nobody.yaml' is not found"},
    {"exclusion's reason", "exclude:\n  - {id: SP-1}\n" RULE "tags: [t]\n",
     "2:5: error: 'reason' is missing"},
    {"exclusion of what", "exclude: [{reason: r}]\n",
     "1:11: error: an exclusion has either 'id' or 'tag'"},
    {"exclusion of both", "exclude: [{id: SP-1, tag: a, reason: r}]\n",
     "1:11: error: an exclusion has either 'id' or 'tag'"},
    {"exclusion of nobody",
     "exclude: [{id: SP-2, reason: r}]\n" RULE "on: both", NULL},
    {"exclusion of no id", "exclude: [{id: SP-2, reason: r}]\n",
     "1:11: error: no rule has the id SP-2"},
    {"exclusion of no tag", "exclude: [{tag: pii, reason: r}]\n",
     "1:11: error: no rule has the tag pii"},
    {"expiry", "exclude: [{id: SP-1, reason: r, expires: 2027-13-01}]\n",
     "1:42: error: 'expires' must be a date such as 2027-01-31"},
    {"expiry in no leap year",
     "exclude: [{id: SP-1, reason: r, expires: 2027-02-29}]\n",
     "1:42: error: 'expires' must be a date such as 2027-01-31"},
    {"a reason that is blank", "exclude: [{id: SP-1, reason: ' '}]\n",
     "1:30: error: 'reason' is empty"},
    {"expired",
     "exclude: [{id: SP-1, reason: r, expires: 2026-06-14}]\n" RULE
     "tags: [t]\n",
     "1:11: error: the exclusion expired on 2026-06-14"},
    {"exclusion's role", "exclude: [{id: SP-1, reason: r, role: bob}]\n",
     "1:39: error: 'bob' is no role: system, user, assistant, tool"},
    {"pseudonymize what comes back", PSEUDONYM("on: response"),
     "2:5: error: 'pseudonymize' is for what is sent: the rule needs 'on: "
     "request'"},
    {"pseudonymize both ways", PSEUDONYM("on: both"),
     "2:5: error: 'pseudonymize' is for what is sent"},
    {"pseudonymize without a way", PSEUDONYM("severity: low"),
     "2:5: error: 'pseudonymize' is for what is sent"},
    {"a class of small letters", PSEUDONYM("on: request, class: Mail"),
     "3:48: error: 'class' must be 2 to 16 letters A-Z"},
    {"a class of one letter", PSEUDONYM("on: request, class: M"),
     "3:48: error: 'class' must be"},
    {"a class that is too long",
     PSEUDONYM("on: request, class: ABCDEFGHIJKLMNOPQ"),
     "3:48: error: 'class' must be"},
    {"reveal_to one tool that is no list",
     PSEUDONYM("on: request, reveal_to: mail"),
     "3:52: error: 'reveal_to' must be a list"},
    {"a class of a rule that redacts", RULE "class: MAIL\n",
     "2:5: error: 'class' and 'reveal_to' are of rules with 'action: "
     "pseudonymize'"},
    {"reveal_to of a rule that redacts", RULE "reveal_to: [mail]\n",
     "2:5: error: 'class' and 'reveal_to' are of rules with"},
    {"a relative key file", "pseudonyms: {key_file: a.key}\n",
     "1:24: error: 'key_file' must be an absolute path"},
    {"pseudonyms without a key file", "pseudonyms: {}\n",
     "1:13: error: 'key_file' is missing"},
    {"no id", "rules:\n  - name: a\n", "2:5: error: 'id' is missing"},
    {"id", "rules:\n  - id: 1001\n",
     "2:9: error: '1001' is no rule id such as SP-1001"},
    {"taken id",
     RULE "tags: [t]\n"
          "  - id: SP-1\n    name: m\n"
          "    category: c\n    keywords: [k]\n    match: k\n    action: log\n",
     "13:5: error: the id SP-1 is taken by the rule at t.yaml:2"},
    {"canary without a place", "canary: build\n",
     "1:9: error: 'canary' must be plain ASCII without quote and backslash"},
    {"canary with a quote", "canary: 'a\"{}'\n",
     "1:9: error: 'canary' must be plain ASCII without quote and backslash"},
    {"links to no host", "links: {allow: [ok.example, \"a b\"]}\n",
     "1:29: error: 'a b' is no host such as example.com or *.example.com"},
    {"links to a URL", "links: {allow: [\"https://a.example/\"]}\n",
     "1:17: error: 'https://a.example/' is no host"},
    {"links to every host", "links: {allow: [\"*\"]}\n",
     "1:17: error: '*' is no host"},
    {"links without hosts", "links: {}\n", "1:8: error: 'allow' is missing"},
    {"detector and match", RULE "detector: canary\n",
     "2:5: error: a rule has either 'detector' or 'match'"},
    {"neither detector nor match",
     "rules:\n  - {id: SP-1, name: a, category: c, action: log}\n",
     "2:5: error: one of 'match', 'value', 'words', 'list' and 'detector' is "
     "missing"},
    {"no detector",
     "rules:\n  - {id: SP-1, name: a, category: c, action: log,\n"
     "     detector: luck}\n",
     "3:16: error: unknown detector 'luck'"},
    {"detector misspelt",
     "rules:\n  - {id: SP-1, name: a, category: c, action: log,\n"
     "     detector: hiden-run}\n",
     "3:16: error: unknown detector 'hiden-run': is 'hidden-run' meant?"},
    {"option of no detector", RULE "options: {words: 1}\n",
     "12:14: error: 'options' are for a 'detector'"},
    {"no option of the detector",
     "rules:\n  - {id: SP-1, name: a, category: c, action: log,\n"
     "     detector: canary, options: {luck: 7}}\n",
     "3:34: error: the detector has no option 'luck'"},
    {"tests without an exchange",
     "rules:\n  - {id: SP-1, name: a, category: c, action: log,\n"
     "     detector: canary, tests: {hit: [a], miss: [b]}}\n",
     "3:31: error: 'canary' finds nothing without an exchange: 'tests' "
     "cannot show it"},
    {"name", RULE "kind: \"a b\"\n",
     "12:11: error: 'kind' may have letters, digits, '.', '_' and '-' only"},
    {"role", RULE "in: [bob]\n",
     "12:10: error: 'bob' is no role: system, user, assistant, tool"},
    {"part", RULE "in: {parts: [leg]}\n", "12:18: error: 'leg' is no part"},
    {"severity", RULE "severity: awful\n",
     "12:15: error: 'severity' must be info, low, medium, high or critical"},
    {"validator", RULE "check: {validator: luck}\n",
     "12:24: error: unknown validator 'luck'\n"},
    {"a validator's letter", RULE "check: {validator: lunh}\n",
     "12:24: error: unknown validator 'lunh': is 'luhn' meant?"},
    {"within of nothing", RULE "within: 5\n",
     "12:13: error: 'within' needs 'context'"},
    {"an empty value of a list", RULE "tags: ['']\n",
     "12:12: error: what stands here is empty"},
    {"entropy", RULE "check: {entropy: 3.1234}\n",
     "12:22: error: 'entropy' must be bits per character such as 3.5"},
    {"quote in a placeholder", RULE "placeholder: 'a\"b'\n",
     "12:18: error: 'placeholder' must be plain ASCII"},
    {"long placeholder",
     RULE "placeholder: "
          "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n",
     "12:18: error: 'placeholder' must be plain ASCII"},
    {"max_hold", RULE "max_hold: 1000000\n",
     "12:15: error: 'max_hold' must be a number from 16 to 65536"},
    {"quoted number", RULE "max_hold: \"100\"\n",
     "12:15: error: 'max_hold' must be a number"},
    {"truth", RULE "keyword_first: yes\n",
     "12:20: error: 'keyword_first' must be true or false"},
    {"scope", RULE "scope: half\n",
     "12:12: error: 'scope' must be whole or stream"},
    {"hold", RULE "on_hold_full: drop\n",
     "12:19: error: 'on_hold_full' must be redact, block or release"},
    {"reply", RULE "reply: loud\n",
     "12:12: error: 'reply' must be hard or soft"},
    {"a word's end in double quotes", RULE "end: \"\\bfin\\b\"\n",
     "12:10: error: a backspace in the pattern: put it into 'single quotes', "
     "in which \\b is the end of a word"},
    {"group", RULE "group: 2\n", "12:12: error: SP-1: group"},
    {"not", RULE "check: {not: ['(']}\n", "12:18: error: SP-1: not"},
    {"end", RULE "end: '['\n", "12:10: error: SP-1: end"},
    {"no keywords",
     "rules:\n  - id: SP-1\n    name: n\n    category: c\n    match: a\n"
     "    action: log\n",
     "2:5: error: the rule needs 'keywords', 'digits' or 'token'"},
    {"a name in a class",
     "rules:\n  - id: SP-1\n    name: n\n    category: c\n"
     "    keywords: [a]\n    match: 'a@[^corp.com$]'\n    action: log\n",
     "6:12: error: '[^corp.com$]' is one character that is none of these"},
    {"a name in a class, its dot escaped",
     "rules:\n  - id: SP-1\n    name: n\n    category: c\n"
     "    keywords: [a]\n    match: 'a@[^corp\\.com]'\n    action: log\n",
     "6:12: error: '[^corp\\.com]' is one character that is none of these"},
    {"a name of three labels in a class",
     "rules:\n  - id: SP-1\n    name: n\n    category: c\n"
     "    keywords: [a]\n    match: '//[^a.corp.co.uk/]'\n    action: log\n",
     "6:12: error: '[^a.corp.co.uk/]' is one character that is none"},
    {"a name in a class that is not negated",
     "rules:\n  - id: SP-1\n    name: n\n    category: c\n"
     "    keywords: [a]\n    match: 'a@[corp.com]+'\n    action: log\n",
     "6:12: error: '[corp.com]' is one character that is one of these, not"},
    {"injection for system",
     "rules:\n  - id: SP-1\n    name: n\n    category: injection\n"
     "    keywords: [a]\n    match: a\n    action: log\n",
     "2:5: error: an injection rule must name its roles"},
    {"no tests",
     "rules:\n  - id: SP-1\n    name: n\n    category: c\n"
     "    keywords: [a]\n    match: a\n    action: log\n",
     "2:5: error: SP-1: the rule needs tests"},
    {"pass is no action",
     "rules:\n  - id: SP-1\n    name: n\n    category: c\n"
     "    keywords: [a]\n    match: a\n    action: pass\n",
     "7:13: error: 'action' must be score, log, redact, pseudonymize or block"},
    {"pattern",
     "rules:\n  - id: SP-1\n    name: n\n    category: c\n"
     "    keywords: [a]\n    match: '(a'\n    action: log\n",
     "6:12: error: SP-1: match"},
    {"not for streams",
     "rules:\n  - id: SP-1\n    name: n\n    category: c\n"
     "    keywords: [a]\n    match: 'a\\Kb'\n    action: log\n",
     "6:12: error: SP-1: match: cannot be matched on streams: \\K"},
    {"neither pattern nor value",
     "rules:\n  - id: SP-1\n    name: n\n    category: c\n"
     "    keywords: [a]\n    action: log\n",
     "2:5: error: one of 'match', 'value', 'words', 'list' and 'detector' is "
     "missing"},
    {"pattern and value",
     "rules:\n  - id: SP-1\n    name: n\n    category: c\n"
     "    keywords: [a]\n    match: a\n    value: a\n    action: log\n",
     "2:5: error: a rule has either 'value' or 'match'"},
    {"group of a value",
     "rules:\n  - id: SP-1\n    name: n\n    category: c\n"
     "    keywords: [a]\n    value: a\n    group: 1\n    action: log\n",
     "2:5: error: a rule has either 'value' or 'group'"},
    {"value without keywords",
     "rules:\n  - id: SP-1\n    name: n\n    category: c\n"
     "    digits: 4\n    value: a\n    action: log\n",
     "2:5: error: 'value' needs 'keywords'"},
    {"value",
     "rules:\n  - id: SP-1\n    name: n\n    category: c\n"
     "    keywords: [a]\n    value: '[a'\n    action: log\n",
     "6:12: error: SP-1: match"},
    {"key that has no default", "defaults:\n  name: a\n",
     "2:3: error: unknown key 'name'"},
    {"default", "defaults:\n  action: never\n",
     "2:11: error: 'action' must be score, log, redact, pseudonymize or block"},
    {"no default",
     "defaults: {category: c}\n"
     "rules:\n  - id: SP-1\n    name: n\n    keywords: [a]\n    match: a\n",
     "3:5: error: 'action' is missing"},
    {"empty match",
     "rules:\n  - id: SP-1\n    name: n\n    category: c\n"
     "    keywords: [a]\n    match: 'a*'\n    action: log\n",
     "6:12: error: SP-1: match: can match the empty string"},
};

static void test_refused(void)
{
    for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
        struct compile c;
        struct str got;

        CHECK_ROW(refused[i].name);
        CHECK(put_file("t.yaml", refused[i].text));
        rulefiles_start(&c);
        CHECK_INT(check_all(&c, "t.yaml"), E_SYNTAX);
        got = diags_text(&c.diags);
        if (refused[i].error != NULL &&
            !CHECK(str_find(got, str_of(refused[i].error)) < got.len))
            fprintf(stderr, "%.*s", STR_ARG(got));
        CHECK(str_starts(got, STR("t.yaml:")));
        compile_free(&c);
    }
    CHECK_ROW(NULL);
}

/* Lists that are too long: told of once, and where they stand. */
static void test_lists(void)
{
    static const struct {
        const char *key, *error;
    } rows[] = {
        {"tags: [", "9:11: error: 'tags' must have at most 256 values\n"},
        {"check: {not: [", "9:18: error: 'not' must have at most 256 values\n"},
        {"reveal_to: [", "9:16: error: 'reveal_to' must have at most 256"},
        {"when: {model: [", "9:19: error: 'model' must have 1 to 256 patterns"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct compile c;
        char text[4000];
        int n = snprintf(text, sizeof(text),
                         "rules:\n  - id: SP-1\n    name: n\n    category: c\n"
                         "    keywords: [a]\n    match: ab\n    action: log\n"
                         "    tests: {hit: [ab], miss: [a]}\n    %s",
                         rows[i].key);

        CHECK_ROW(rows[i].key);
        for (int k = 0; k < 257; k++)
            n += snprintf(text + n, sizeof(text) - (size_t)n, "x%d, ", k);
        snprintf(text + n, sizeof(text) - (size_t)n, "]%s\n",
                 strchr(rows[i].key, '{') != NULL ? "}" : "");
        CHECK(put_file("t.yaml", text));
        rulefiles_start(&c);
        CHECK_INT(check_all(&c, "t.yaml"), E_SYNTAX);
        CHECK_INT(c.diags.count, 1);
        if (!CHECK(str_find(diags_text(&c.diags), str_of(rows[i].error)) <
                   diags_text(&c.diags).len))
            check_show("said", diags_text(&c.diags));
        compile_free(&c);
    }
    CHECK_ROW(NULL);
}

#define VENDOR "id: acme\nlike: openai-chat\nsystem: acme\n"
#define SIDES  "request: {}\nresponse: {}\n"

/* Provider descriptions that are refused, each with the place and the reason.
 */
static const struct {
    const char *name, *text, *error;
} vendors[] = {
    {"no dialect", "id: acme\nlike: nobody\n",
     "2:7: error: the file 'providers/nobody.yaml' is not found"},
    {"like a vendor", "id: acme\nlike: [openai-chat, groq]\n",
     "2:21: error: 'like' names a description that has a 'like' itself"},
    {"like the generic", "id: acme\nlike: generic\n",
     "2:7: error: 'like' names the generic description"},
    {"neither like nor whole", "id: acme\nsystem: a\nrequest: {}\n",
     "1:1: error: 'reply' is missing, and so is 'like'"},
    {"host", VENDOR "hosts: [good.test, 'a*b*c']\n",
     "4:20: error: not a host, or one with stars"},
    {"route", VENDOR "routes: [{path: /good}, {path: chat}]\n",
     "4:25: error: not a route"},
    {"two stars in a segment", VENDOR "routes: [{path: '/a*b*'}]\n",
     "4:10: error: not a route"},
    {"every path of every host",
     "id: acme\nsystem: a\nreply: openai\n" SIDES "routes: [{path: '*'}]\n",
     "6:10: error: every path, but without 'home: true'"},
    {"reply", VENDOR "reply: loud\n",
     "4:8: error: 'loud' is no shape of a reply"},
    {"path", VENDOR "request:\n  text:\n    - {path: 'a..b'}\n",
     "6:7: error: a step without a name"},
    {"path in a stream", VENDOR "stream:\n  end: ['a[']\n",
     "5:9: error: a [ without its ]"},
    {"fact", VENDOR "response:\n  facts: {colour: a}\n",
     "5:11: error: 'colour' is no fact"},
    {"unknown key", VENDOR "request:\n  texts: []\n",
     "5:3: error: unknown key 'texts': is 'text' meant?"},
    {"repeats in pieces",
     VENDOR "stream:\n  text: [{path: a, delta: true, repeat: true}]\n",
     "5:10: error: what repeats a channel is no delta"},
    {"kinds without values",
     VENDOR "request:\n  types: [{path: a.type, values: []}]\n",
     "5:11: error: no values that are known"},
    {"a bar in a value",
     VENDOR "request:\n  types: [{path: a.type, values: ['b|c']}]\n",
     "5:34: error: a value with a | in it"},
};

static void test_vendors(void)
{
    for (size_t i = 0; i < ARRAY_LEN(vendors); i++) {
        struct compile c;
        struct str got;

        CHECK_ROW(vendors[i].name);
        CHECK(put_file("t.yaml", vendors[i].text));
        rulefiles_start(&c);
        CHECK_INT(check_all(&c, "t.yaml"), E_SYNTAX);
        got = diags_text(&c.diags);
        if (!CHECK(str_find(got, str_of(vendors[i].error)) < got.len))
            fprintf(stderr, "%.*s", STR_ARG(got));
        compile_free(&c);
    }
    CHECK_ROW(NULL);
}

/* The rules' own tests, each failing in its way. */
static void test_selftest(void)
{
    static const struct {
        const char *name, *tests, *error;
    } rows[] = {
        {"no hit", "hit: [\"a key12\"]\n      miss: [b]",
         "10:13: error: SP-1: the text is not found, though it should be a "
         "hit"},
        {"no keyword", "hit: [\"a kex1234\"]\n      miss: [b]",
         "10:13: error: SP-1: the text is not found: none of the keywords "
         "stands in it"},
        {"no miss", "hit: [\"key1234\"]\n      miss: [\"key1234\"]",
         "11:14: error: SP-1: the text is found, though it should be a miss"},
        {"only hits", "hit: [\"key1234\"]",
         "2:5: error: SP-1: the rule needs tests: at least one 'hit' and one "
         "'miss'"},
        {"redacted",
         "hit: [{text: \"a key1234\", redacted: \"a b\"}]\n      miss: [b]",
         "10:13: error: SP-1: what is left of the text differs"},
        {"redacted miss", "hit: [k]\n      miss: [{text: a, redacted: b}]",
         "11:34: error: 'redacted' is for hits"},
        {"another role",
         "hit: [{text: \"key1234\", role: tool}]\n      miss: [b]",
         "10:13: error: SP-1: the rule does not look at this role"},
        {"text twice", "hit: [{text: a, parts: [b]}]\n      miss: [b]",
         "10:13: error: a test has either 'text' or 'parts'"},
        {"neither", "hit: [{role: user}]\n      miss: [b]",
         "10:13: error: a test has either 'text' or 'parts'"},
    };
    char text[1024];

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct compile c;
        struct str got;

        CHECK_ROW(rows[i].name);
        snprintf(text, sizeof(text),
                 "rules:\n  - id: SP-1\n    name: n\n    category: c\n"
                 "    keywords: [key]\n    in: [user]\n"
                 "    match: 'key[0-9]{4}'\n    action: redact\n"
                 "    tests:\n      %s\n",
                 rows[i].tests);
        CHECK(put_file("t.yaml", text));
        rulefiles_start(&c);
        CHECK_INT(check_all(&c, "t.yaml"), E_SYNTAX);
        got = diags_text(&c.diags);
        if (!CHECK(str_find(got, str_of(rows[i].error)) < got.len))
            fprintf(stderr, "%.*s", STR_ARG(got));
        compile_free(&c);
    }
    CHECK_ROW(NULL);
}

/* A keyword_first that does not hold makes streams miss what texts have. */
static void test_keyword_first(void)
{
    struct compile c;
    struct str got;

    CHECK(put_file("t.yaml", "rules:\n  - id: SP-1\n    name: n\n"
                             "    category: c\n    keywords: [key]\n"
                             "    keyword_first: true\n"
                             "    match: '[a-z]{3}-key'\n    action: log\n"
                             "    tests:\n      hit: [the abc-key]\n"
                             "      miss: [a]\n"));
    rulefiles_start(&c);
    CHECK_INT(check_all(&c, "t.yaml"), E_SYNTAX);
    got = diags_text(&c.diags);
    CHECK(str_starts(got, STR("t.yaml:10:13: error: SP-1: ")));
    compile_free(&c);
}

/* What an image holds, as the engine reads it. */
struct loaded {
    struct compile c;
    struct buf bytes;
    struct image image;
    struct rules *rules;
    struct providers *providers;
    struct policy policy;
};

static bool load(struct loaded *l, const char *file)
{
    *l = (struct loaded){0};
    rulefiles_start(&l->c);
    buf_init(&l->bytes, LIM_IMAGE);
    if (CHECK_INT(compile_load(&l->c, file), OK) &&
        CHECK_INT(compile_check(&l->c, false), OK) &&
        CHECK_INT(compile_image(&l->c, &l->bytes), OK) &&
        CHECK_INT(image_read(buf_str(&l->bytes), &l->image), OK) &&
        CHECK_INT(policy_load(l->image.policy, &l->policy), OK) &&
        CHECK_INT(rules_load(l->image.rules, false, &l->rules), OK) &&
        CHECK_INT(providers_load(l->image.providers, &l->providers), OK))
        return true;
    fprintf(stderr, "%.*s", STR_ARG(diags_text(&l->c.diags)));
    return false;
}

static void unload(struct loaded *l)
{
    rules_free(l->rules);
    providers_free(l->providers);
    buf_free(&l->bytes);
    compile_free(&l->c);
}

static void test_rule(void)
{
    const struct rule *r;
    struct loaded l;

    CHECK(put_file("t.yaml", RULE
                   "kind: k\n    in: {roles: [tool, user], parts: [file]}\n"
                   "    group: 0\n    digits: 4\n"
                   "    check: {entropy: 1.25, validator: luhn,\n"
                   "            not: ['x$'], not_placeholder: true,\n"
                   "            not_name: true}\n"
                   "    max_hold: 100\n    on_hold_full: block\n"
                   "    end: 'E'\n    scope: whole\n    reply: soft\n"
                   "    severity: high\n    tags: [a, b]\n"));
    if (load(&l, "t.yaml") && CHECK_INT(rules_count(l.rules), 1)) {
        r = rules_at(l.rules, 0);
        CHECK_STR(r->id, "SP-1");
        CHECK_STR(r->kind, "k");
        CHECK_STR(r->put, "[redacted:k]");
        CHECK_INT(r->dirs, DIRS_ALL);
        CHECK_INT(r->roles, 1u << ROLE_TOOL | 1u << ROLE_USER);
        CHECK_INT(r->parts, 1u << PART_FILE);
        CHECK_INT(r->digits, 4);
        CHECK_INT(r->entropy, 1250);
        CHECK_INT(r->check, VALID_LUHN);
        CHECK_INT(r->not_count, 1);
        CHECK(r->no_placeholder);
        CHECK(r->no_name);
        CHECK_INT(r->max_hold, 100);
        CHECK_INT(r->on_hold_full, HOLD_BLOCK);
        CHECK_STR(r->end, "E");
        CHECK(r->whole);
        CHECK_INT(r->reply, REPLY_SOFT);
        CHECK_INT(r->severity, SEVERITY_HIGH);
        CHECK_INT(r->tag_count, 2);
        CHECK(r->keyword_first); /* seen in the pattern */
    }
    unload(&l);
}

/* Defaults are taken key by key, and only by the rules of their own file. */
static void test_defaults(void)
{
    struct loaded l;

    CHECK(put_file("a.yaml", "pack: a\nrules:\n  - id: SP-3\n    name: n\n"
                             "    category: d\n    keywords: [a]\n"
                             "    match: a\n    action: log\n"));
    CHECK(put_file("t.yaml",
                   "pack: t\ninclude: [a.yaml]\n"
                   "rules:\n"
                   "  - {id: SP-1, name: n, keywords: [a], match: a}\n"
                   "  - {id: SP-2, name: m, keywords: [a], match: a,\n"
                   "     check: {not: [b]}, in: [tool], action: block}\n"
                   "defaults: {category: c, action: redact, severity: high,\n"
                   "  tags: [t], check: {entropy: 3, not: [a, c]},\n"
                   "  in: {parts: [file]}}\n"));
    if (load(&l, "t.yaml") && CHECK_INT(rules_count(l.rules), 3)) {
        const struct rule *r = rules_at(l.rules, 0);

        CHECK_STR(r->category, "c");
        CHECK_INT(r->action, ACTION_REDACT);
        CHECK_INT(r->severity, SEVERITY_HIGH);
        CHECK_INT(r->tag_count, 1);
        CHECK_INT(r->not_count, 2);
        CHECK_INT(r->parts, 1u << PART_FILE);
        r = rules_at(l.rules, 1);
        CHECK_INT(r->action, ACTION_BLOCK);
        CHECK_INT(r->entropy, 3000);
        CHECK_INT(r->not_count, 1);
        CHECK_INT(r->parts, 1u << PART_FILE);
        CHECK_INT(r->roles, 1u << ROLE_TOOL);
        r = rules_at(l.rules, 2);
        CHECK_STR(r->category, "d");
        CHECK_INT(r->severity, SEVERITY_MEDIUM);
        CHECK_INT(r->tag_count, 0);
    }
    unload(&l);
}

#define IN_VAIN                                                                \
    "acme, no. acme, no. acme, no. acme, no. acme, no. acme, no. acme, no. "   \
    "acme, no. acme, no. acme, no. acme, no. acme, no. acme, no. acme, no. "   \
    "acme, no. acme, no. acme, no. acme, no. acme, no. acme, no.\n"
#define BLANKS_16 "                "
#define BLANKS_64 BLANKS_16 BLANKS_16 BLANKS_16 BLANKS_16
/* A section's end, 48 characters, the longest word that calls, and the gap. */
#define FAR_OFF                                                                \
    "acme\"    {    \r\n" BLANKS_16 BLANKS_16 BLANKS_16 "schluessel" BLANKS_64

/* A value behind its keyword; what stands in its place says where it was. */
static void test_value(void)
{
    static const struct {
        const char *text, *left;
    } rows[] = {
        {"ACME_API_KEY=a1b2", "ACME_API_KEY=#"},
        {"acme = 'a1b2'", "acme = '#'"},
        {"{\"acme\": {\"token\": \"a1b2\"}}", "{\"acme\": {\"token\": \"#\"}}"},
        {"the acme secret is a1b2.", "the acme secret is #."},
        {"acme:\n  k: a1b2\n", "acme:\n  k: #\n"},
        /* Right behind the name, if it has a digit. */
        {"acme a1b2", "acme #"},
        {"ACME-a1b2 acme_c1d2", "ACME-# acme_#"},
        {"<acme>a1b2</acme>", "<acme>#</acme>"},
        {"acme,a1b2,x", "acme,#,x"},
        {"VALUES ('acme', 'a1b2')", "VALUES ('acme', '#')"},
        {"what you need for acme is `a1b2`", "what you need for acme is `#`"},
        {"[acme]\nid = a1b2", "[acme]\nid = #"},
        {"[acme]\n\nid = a1b2", "[acme]\n\nid = a1b2"},
        {"acme with a1b2, acme   c1d2", "acme with a1b2, acme   c1d2"},
        {"acme\nkey a1b2", "acme\nkey a1b2"},
        {"pacme_key=a1b2", "pacme_key=a1b2"},
        {"acme_key=xa1b2", "acme_key=xa1b2"},
        {"acme_key=a1b2c", "acme_key=a1b2c"},
        {"acme_key=a1b2-", "acme_key=a1b2-"},
        {"acme_key=a1b a1b2", "acme_key=a1b #"},
        {"acme_key=a1b2=, acme_key=c1d2==", "acme_key=#=, acme_key=#=="},
        {"acme_key=a1b2=c", "acme_key=a1b2=c"},
        {"curl https://acme.example/v2/projects/7/items -H 'X-Token: a1b2'",
         "curl https://acme.example/v2/projects/7/items -H 'X-Token: #'"},
        {"acme                                                 key a1b2",
         "acme                                                 key a1b2"},
        {"acme_key         (see the note of the second of May, page seven, "
         "line two) a1b2",
         "acme_key         (see the note of the second of May, page seven, "
         "line two) a1b2"},
        /* As far off as it may be, where the keyword stood often in vain. */
        {IN_VAIN FAR_OFF "a1b2", IN_VAIN FAR_OFF "#"},
        {IN_VAIN IN_VAIN "io.key" BLANKS_64 "a1b2",
         IN_VAIN IN_VAIN "io.key" BLANKS_64 "#"},
        /* A keyword that calls needs no other word; its dot is a dot. */
        {"io.key a1b2", "io.key #"},
        {"io-key a1b2", "io-key a1b2"},
        {"acme_key=a1b2, acme_key=c1d2", "acme_key=#, acme_key=#"},
    };
    struct scope at = {.part = PART_TEXT, .role = ROLE_USER};
    struct findings found;
    struct scratch *sc;
    struct loaded l;

    CHECK(put_file(
        "t.yaml", "rules:\n  - {id: SP-1, name: n, category: c, action: redact,"
                  " keywords: [acme, io.key], value: '[a-z]\\d[a-z]\\d',"
                  " placeholder: '#'}\n"));
    if (!load(&l, "t.yaml") || !CHECK_INT(scratch_new(&sc), OK))
        return;
    findings_init(&found);
    CHECK(rules_at(l.rules, 0)->keyword_first);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct str text = str_of(rows[i].text);
        struct cluster cl;
        struct buf left;
        size_t pos = 0, from = 0;

        CHECK_ROW(rows[i].text);
        buf_init(&left, KIB);
        findings_clear(&found);
        CHECK_INT(rules_scan(l.rules, sc, &at, text, 0, &found), OK);
        for (; cluster_next(l.rules, found.list, found.count, &pos, &cl);
             from = cl.end) {
            struct str before = {text.ptr + from, cl.start - from};

            CHECK_INT(buf_add(&left, before), OK);
            CHECK_INT(buf_add(&left, cl.rule->put), OK);
        }
        CHECK_INT(buf_add(&left, str_skip(text, from)), OK);
        CHECK_EQ(buf_str(&left), str_of(rows[i].left));
        buf_free(&left);
    }
    CHECK_ROW(NULL);
    findings_free(&found);
    scratch_free(sc);
    unload(&l);
}

static void test_policy(void)
{
    struct loaded l;

    CHECK(put_file("t.yaml", "mode: monitor\naudit: /a/b\n"
                             "on_failure: {request_limit: pass, audit: block}\n"
                             "hosts: [\"LocalHost:8443\", \"*.corp.example\",\n"
                             "  {host: \"[::1]:9\", provider: anthropic}]\n"));
    if (load(&l, "t.yaml")) {
        CHECK(l.policy.monitor);
        CHECK_STR(l.policy.name, "t");
        CHECK_STR(l.policy.audit, "/a/b");
        CHECK(!policy_blocks(&l.policy, COND_REQUEST_LIMIT));
        CHECK(policy_blocks(&l.policy, COND_AUDIT));
        CHECK(policy_blocks(&l.policy, COND_CODING));
        CHECK(providers_watch(l.providers, STR("localhost"), 8443));
        CHECK(!providers_watch(l.providers, STR("localhost"), 443));
        CHECK(providers_watch(l.providers, STR("x.corp.example"), 443));
        CHECK(providers_watch(l.providers, STR("::1"), 9));
        CHECK(providers_watch(l.providers, STR("api.openai.com"), 443));
        CHECK(!providers_watch(l.providers, STR("example.com"), 443));
    }
    unload(&l);
}

static void test_providers(void)
{
    struct loaded l;

    CHECK(put_file("t.yaml", "providers: [anthropic]\n"));
    if (load(&l, "t.yaml")) {
        CHECK_INT(providers_count(l.providers), 2); /* and the generic one */
        CHECK(providers_watch(l.providers, STR("api.anthropic.com"), 443));
        CHECK(!providers_watch(l.providers, STR("api.openai.com"), 443));
    }
    unload(&l);
}

/* An error in a description has the place of the path it is about. */
static void test_provider_place(void)
{
    static const char text[] = "id: x\nsystem: x\nreply: openai\n"
                               "request:\n  text: [a.b]\n"
                               "  facts: {model: [c, \"d[\"]}\n"
                               "response:\n  opaque: [e]\n";
    struct compile c;
    struct buf image;
    struct str got;

    CHECK(put_file("t.yaml", text));
    rulefiles_start(&c);
    buf_init(&image, LIM_IMAGE);
    CHECK_INT(compile_load(&c, "t.yaml"), OK);
    CHECK_INT(compile_image(&c, &image), E_SYNTAX);
    got = diags_text(&c.diags);
    CHECK(str_starts(got, STR("t.yaml:6:22: error: ")));
    buf_free(&image);
    compile_free(&c);
}

/* The file itself before what it includes, one level before the next. */
static void test_include(void)
{
    struct loaded l;

    mkdir("sub", 0777);
    CHECK(put_file("t.yaml", "include: [sub/a.yaml, b.yaml]\n"
                             "on_failure: {audit: block}\n"));
    CHECK(put_file("sub/a.yaml", "include: [c.yaml]\nmode: monitor\n"
                                 "on_failure: {audit: pass}\n"));
    CHECK(put_file("b.yaml", "mode: enforce\naudit: /b\n"
                             "include: [sub/c.yaml]\n"));
    CHECK(put_file("sub/c.yaml", "pack: c\n" RULE "tags: [t]\n"));
    if (load(&l, "t.yaml")) {
        CHECK(l.policy.monitor);
        CHECK_STR(l.policy.audit, "/b");
        CHECK(policy_blocks(&l.policy, COND_AUDIT));
        CHECK_INT(rules_count(l.rules), 1);
    }
    unload(&l);
}

static void test_cycle(void)
{
    struct compile c;

    CHECK(put_file("t.yaml", "include: [a.yaml]\n"));
    CHECK(put_file("a.yaml", "include: [b.yaml]\n"));
    CHECK(put_file("b.yaml", "mode: enforce\ninclude:\n  - a.yaml\n"));
    rulefiles_start(&c);
    CHECK_INT(compile_load(&c, "t.yaml"), E_SYNTAX);
    CHECK_STR(diags_text(&c.diags),
              "b.yaml:3:5: error: 'a.yaml' includes itself\n");
    compile_free(&c);
}

#define SECOND                                                                 \
    "  - id: SP-2\n    name: m\n    category: c\n    keywords: [b]\n"          \
    "    match: b\n    action: log\n    tags: [t]\n"

static void test_exclude(void)
{
    struct known known = {.day = 20619}; /* 2026-06-15 */
    struct scope here = {.dir = DIR_SEND,
                         .role = ROLE_TOOL,
                         .part = PART_TOOL_RESULT,
                         .host = STR("a.x"),
                         .known = &known};
    struct loaded l;

    CHECK(put_file("t.yaml", "exclude:\n"
                             "  - {id: SP-1, reason: r, expires: 2026-06-15}\n"
                             "  - {tag: t, reason: r, host: \"*.x\",\n"
                             "     role: tool, on: request}\n" RULE
                             "severity: low\n" SECOND));
    if (load(&l, "t.yaml") && CHECK_INT(rules_count(l.rules), 2)) {
        const struct rule *r = rules_at(l.rules, 0);

        CHECK(!rules_applies(l.rules, r, &here));
        known.day++; /* it applies again, in a program that runs on */
        CHECK(rules_applies(l.rules, r, &here));
        r = rules_at(l.rules, 1);
        CHECK_STR(r->id, "SP-2");
        CHECK(!rules_applies(l.rules, r, &here));
        here.role = ROLE_USER;
        CHECK(rules_applies(l.rules, r, &here));
        here.role = ROLE_TOOL;
        here.host = STR("y");
        CHECK(rules_applies(l.rules, r, &here));
    }
    unload(&l);
    CHECK(put_file("t.yaml",
                   "exclude:\n"
                   "  - {id: SP-1, reason: r, expires: 2026-06-14}\n" RULE
                   "severity: low\n"));
    if (load(&l, "t.yaml"))
        CHECK_INT(rules_count(l.rules), 1); /* it applies again */
    unload(&l);
}

static void test_digest(void)
{
    unsigned char a[COMPILE_DIGEST], b[COMPILE_DIGEST];
    static const char *const texts[] = {
        "exclude: [{id: SP-1, reason: r, expires: 2026-06-15}]\n" RULE
        "tags: [t]\n",
        "exclude: [{id: SP-1, reason: r, expires: 2026-06-14}]\n" RULE
        "tags: [t]\n",
        "exclude: [{id: SP-1, reason: r, expires: 2026-06-14}]\n" RULE
        "tags: [u]\n",
    };

    memset(b, 0, sizeof(b));
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct compile c;

        CHECK(put_file("t.yaml", texts[i]));
        rulefiles_start(&c);
        CHECK_INT(compile_load(&c, "t.yaml"), OK);
        compile_digest(&c, a);
        CHECK(memcmp(a, b, sizeof(a)) != 0);
        compile_digest(&c, b);
        CHECK(memcmp(a, b, sizeof(a)) == 0);
        compile_free(&c);
    }
}

static void test_missing(void)
{
    struct compile c;

    rulefiles_start(&c);
    CHECK_INT(compile_load(&c, "nowhere.yaml"), E_SYNTAX);
    CHECK_STR(diags_text(&c.diags),
              "nowhere.yaml:1:1: error: No such file or directory\n");
    compile_free(&c);
    rulefiles_start(&c);
    CHECK_INT(compile_load(&c, "."), E_SYNTAX);
    CHECK_STR(diags_text(&c.diags), ".:1:1: error: Is a directory\n");
    compile_free(&c);
}

static enum err whole_way(void)
{
    struct compile c;
    enum err e;

    rulefiles_start(&c);
    e = check_all(&c, "t.yaml");
    compile_free(&c);
    return e;
}

static void test_nomem(void)
{
    CHECK(put_file("t.yaml", "hosts: [a]\nexclude:\n"
                             "  - {tag: t, reason: r, role: tool}\n"
                             "providers: [generic]\n" RULE "tags: [t]\n"));
    for (size_t n = 1; n < 20000; n++) {
        enum err e;

        failmalloc_at(n, FAIL_ONE);
        e = whole_way();
        if (!failmalloc_off()) {
            CHECK_INT(e, OK);
            return;
        }
        /* The JIT says no where it lacks memory; then the rule is refused. */
        CHECK(e == E_NOMEM || e == E_SYNTAX || e == OK);
    }
    CHECK(!"it ends");
}

int main(void)
{
    static const char *const files[] = {"t.yaml", "a.yaml", "b.yaml", NULL};

    if (!rulefiles_enter())
        return 2;
    RUN(test_refused);
    RUN(test_lists);
    RUN(test_vendors);
    RUN(test_selftest);
    RUN(test_keyword_first);
    RUN(test_rule);
    RUN(test_defaults);
    RUN(test_value);
    RUN(test_policy);
    RUN(test_providers);
    RUN(test_provider_place);
    RUN(test_include);
    RUN(test_cycle);
    RUN(test_exclude);
    RUN(test_digest);
    RUN(test_missing);
    RUN(test_nomem);
    unlink("sub/a.yaml");
    unlink("sub/c.yaml");
    rmdir("sub");
    rulefiles_leave(files);
    return check_done();
}
