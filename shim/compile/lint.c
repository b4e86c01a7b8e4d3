#include "compile/lint.h"

#include "compile/define.h"
#include "compile/files.h"
#include "compile/items.h"
#include "compile/shadow.h"
#include "compile/yaml.h"
#include "rules/detector.h"
#include "rules/key.h"
#include "rules/level.h"
#include "rules/rarity.h"

/* --- Hosts in patterns. */

/* Is a name of the top level here, as a whole word? */
static bool is_top(struct str s)
{
    static const struct str tops[] = {
        STR_INIT("com"),  STR_INIT("org"),   STR_INIT("net"),
        STR_INIT("io"),   STR_INIT("ai"),    STR_INIT("dev"),
        STR_INIT("app"),  STR_INIT("cloud"), STR_INIT("internal"),
        STR_INIT("corp"), STR_INIT("local"), STR_INIT("example"),
        STR_INIT("test"), STR_INIT("eu"),    STR_INIT("de"),
        STR_INIT("uk"),   STR_INIT("fr"),    STR_INIT("co"),
    };
    size_t n = 0;

    while (n < s.len && is_alpha(s.ptr[n]))
        n++;
    for (size_t i = 0; i < ARRAY_LEN(tops); i++)
        if (str_eq_nocase(str_head(s, n), tops[i]))
            return true;
    return false;
}

static bool in_label(struct str p, size_t i)
{
    return i < p.len && (is_alnum(p.ptr[i]) || p.ptr[i] == '-');
}

/* A host at the beginning of p, its dots escaped or not: its length, 0 if there
 * is none; *ret_bare if one of its dots is not. */
static size_t host_here(struct str p, bool *ret_bare)
{
    size_t i = 0, label = 0;

    *ret_bare = false;
    for (;;) {
        size_t dot = i;

        while (in_label(p, dot))
            dot++;
        i = dot + (dot < p.len && p.ptr[dot] == '\\');
        if (i >= p.len || p.ptr[i] != '.' || !in_label(p, i + 1))
            return label > 1 && is_top(str_skip(p, label)) ? dot : 0;
        *ret_bare |= i == dot;
        label = ++i;
    }
}

/* The host in the pattern that has a dot which is none; empty if there is none.
 */
static struct str bare_dot(struct str p)
{
    bool class = false, bare;

    for (size_t i = 0; i < p.len; i++) {
        size_t n = class ? 0 : host_here(str_skip(p, i), &bare);

        if (n > 0 && bare)
            return str_head(str_skip(p, i), n);
        if (p.ptr[i] == '\\') {
            i++; /* and what it escapes */
            continue;
        }
        class = (class || p.ptr[i] == '[') && p.ptr[i] != ']';
        while (in_label(p, i) && in_label(p, i + 1))
            i++; /* a label is looked at from its beginning */
    }
    return STR("");
}

/* Is the pattern a host, with nothing around it? */
static bool is_host(struct str p)
{
    size_t dots = 0, label = 0;

    if (str_starts(p, STR("(?i)")))
        p = str_skip(p, 4);
    for (size_t i = 0; i < p.len; i++) {
        bool escaped = p.ptr[i] == '\\';

        i += escaped;
        if (i < p.len && p.ptr[i] == '.' && label > 0) {
            dots++;
            label = 0;
        } else if (i < p.len && !escaped &&
                   (is_alnum(p.ptr[i]) || p.ptr[i] == '-')) {
            label++;
        } else {
            return false;
        }
    }
    while (label > 0 && is_alpha(p.ptr[p.len - label]) && label < p.len &&
           p.ptr[p.len - label - 1] != '.')
        label--;
    return dots > 0 && label > 0 && is_top(str_skip(p, p.len - label));
}

/* The row of letters right before a host in the pattern, which may be the front
 * of a longer name; *ret_host is the host. Empty if there is none. */
static struct str run_before(struct str p, struct str *ret_host)
{
    bool bare;

    for (;;) {
        struct str run = items_run(&p);

        if (run.len == 0)
            return run;
        if (p.len > 0 && is_alnum(p.ptr[0])) {
            *ret_host = str_head(p, host_here(p, &bare));
            if (ret_host->len > 0)
                return run;
        }
    }
}

static void lint_hosts(struct compile *c, const struct rule_src *r)
{
    struct str p = r->rule.match, dotted = bare_dot(p);
    struct str host, run = run_before(p, &host);

    if (is_host(p))
        diag_add(&c->diags, r->match_at,
                 "%.*s: '%.*s' is also found in longer names: put "
                 "(?<![\\w.-]) before it and (?![\\w-]) behind it",
                 STR_ARG(r->rule.id), STR_ARG(p));
    if (dotted.len > 0)
        diag_warn(&c->diags, r->match_at,
                  "%.*s: a dot in '%.*s' stands for any character: \\. is the "
                  "dot itself",
                  STR_ARG(r->rule.id), STR_ARG(dotted));
    if (run.len > 0)
        diag_warn(&c->diags, r->match_at,
                  "%.*s: '%.*s' before '%.*s' also takes the front of a longer "
                  "name: put a dot between, as in (?:[\\w-]{1,63}\\.){0,9}",
                  STR_ARG(r->rule.id), STR_ARG(run), STR_ARG(host));
}

/* --- Repeats without a bound. */

static void lint_tail(struct compile *c, const struct rule_src *r)
{
    struct str tail = items_open_tail(r->rule.match);

    if (r->rule.action == ACTION_REDACT && tail.len > 0 && r->rule.end.len == 0)
        diag_warn(&c->diags, r->match_at,
                  "%.*s: '%.*s' at the end of the pattern redacts all that "
                  "follows: give it a bound, such as {1,200}",
                  STR_ARG(r->rule.id), STR_ARG(tail));
}

/* Of a pattern of the rule, or of none. */
static void lint_repeat(struct compile *c, struct place at, struct str id,
                        struct str pattern)
{
    struct str turns = items_blow_up(pattern);

    if (turns.len > 0)
        diag_warn(&c->diags, at,
                  "%.*s%s'%.*s' repeats a repeat, and where no match comes of "
                  "it all ways to split the text are tried: name what stands "
                  "between two, or put a + behind the inner one",
                  STR_ARG(id), id.len > 0 ? ": " : "", STR_ARG(turns));
}

/* In what stands beside its match. */
static void lint_beside(struct compile *c, const struct rule_src *r)
{
    const struct rule *rule = &r->rule;

    lint_repeat(c, r->match_at, rule->id, rule->end);
    lint_repeat(c, r->match_at, rule->id, rule->needs);
    for (size_t i = 0; i < rule->not_count; i++)
        lint_repeat(c, r->match_at, rule->id, rule->nots[i]);
    for (size_t i = 0; i < rule->near_count; i++)
        lint_repeat(c, r->match_at, rule->id, rule->nears[i].match);
}

/* --- What streams are searched for all the time. */

/* Only answers are streams. *runs: of rules so far that sleep by their run. */
static void lint_sleep(struct compile *c, const struct rule_src *r,
                       size_t *runs)
{
    enum sleep how = rule_sleep(&r->rule);

    *runs += how == SLEEP_RUN && compile_uses(c, r);
    if (r->rule.whole || (r->rule.dirs >> DIR_RECV & 1) == 0)
        return;
    if (how == SLEEP_NEVER)
        diag_warn(&c->diags, r->match_at,
                  "%.*s: streams are searched for it with each piece: begin "
                  "the pattern with its keywords, digits or 'token' (behind a "
                  "few ASCII characters at most, and then without (?i)), or "
                  "say 'on: request' or 'scope: whole'",
                  STR_ARG(r->rule.id));
    if (how == SLEEP_SHORT)
        diag_warn(&c->diags, r->match_at,
                  "%.*s: streams are searched for it with each piece, for its "
                  "max_hold is less than %u: make it larger, or begin the "
                  "pattern with its keywords",
                  STR_ARG(r->rule.id), SLEEP_HOLD);
    if (how == SLEEP_RUN && *runs > SLEEP_RUNS && compile_uses(c, r))
        diag_warn(&c->diags, r->match_at,
                  "%.*s: streams are searched for it with each piece, for "
                  "there are %u rules before it that also have something "
                  "before their keywords: begin the pattern with them",
                  STR_ARG(r->rule.id), SLEEP_RUNS);
}

/* --- What whole texts are searched for. */

static void lint_roams(struct compile *c, const struct rule_src *r)
{
    if (rule_roams(&r->rule))
        diag_warn(&c->diags, r->match_at,
                  "%.*s: a text that has one of its keywords anywhere is "
                  "searched from end to end, which may take longer than all "
                  "other rules: begin the pattern with its keywords, or give "
                  "its repeats a bound, so that it is searched near them",
                  STR_ARG(r->rule.id));
}

/* --- Settings that no rule uses. */

static bool finds_own(const struct rule *r)
{
    return r->detector == DETECTOR_OWN;
}

static bool finds_canaries(const struct rule *r)
{
    return r->detector == DETECTOR_CANARY;
}

static bool finds_links(const struct rule *r)
{
    return r->detector == DETECTOR_LINK || r->detector == DETECTOR_IMAGE;
}

static bool puts_pseudonyms(const struct rule *r)
{
    return r->action == ACTION_PSEUDONYM;
}

/* What a setting of a policy is for. */
static const struct setting {
    struct str key;
    bool (*uses)(const struct rule *r);
    const char *rule, *hint;
} settings[] = {
    {STR_INIT("own_secrets"), finds_own, "detector: own-secrets",
     ": include packs/own-secrets.yaml"},
    {STR_INIT("canary"), finds_canaries, "detector: canary",
     ": include packs/leak.yaml"},
    {STR_INIT("links"), finds_links, "detector: link",
     ": include packs/leak.yaml"},
    {STR_INIT("pseudonyms"), puts_pseudonyms, "action: pseudonymize", ""},
};

/* Told of in the file that makes the setting first. */
static void lint_setting(struct compile *c, const struct setting *s)
{
    const struct yaml_node *n = NULL;
    const struct source *from;
    const struct rule_src *r;

    for (r = c->rules; r != NULL; r = r->next)
        if (s->uses(&r->rule))
            return;
    for (from = c->sources; from != NULL && n == NULL; from = from->next)
        if (from->kind != SOURCE_PROVIDER)
            n = yaml_get(from->root, s->key);
    if (n != NULL)
        diag_warn(&c->diags, n->at,
                  "no rule has '%s', without which '%.*s' has no effect%s",
                  s->rule, STR_ARG(s->key), s->hint);
}

/* --- What is in any text. */

#define SHORT_MOST  3u   /* bytes of a keyword: what is longer is no matter */
#define SHORT_OFTEN 316u /* as rarity_read has it: as "cat" is, not "dog" */
#define SHORT_LEAST 2u   /* known bytes behind a keyword make up for it */

/* How often letters of so short a keyword stand in text. */
static unsigned share_of(const struct rarity_table *often, struct str keyword)
{
    char bytes[LIM_KEYWORD];
    unsigned shares[LIM_KEYWORD] = {0};

    level_keyword(keyword, bytes);
    rarity_read(often, (struct str){bytes, keyword.len}, 0, shares);
    return shares[0];
}

static bool is_letters(struct str s)
{
    size_t n = 0;

    while (n < s.len && is_alpha(s.ptr[n]))
        n++;
    return n == s.len;
}

/* A place of a keyword is where a rule begins to be tried. */
static void lint_short(struct compile *c, const struct rule_src *r,
                       const struct rarity_table *often)
{
    struct key keys[LIM_RULE_LIST];
    struct follows follows;

    follows_read(&r->rule, keys, &follows);
    for (size_t i = 0; i < r->rule.keyword_count; i++) {
        struct str keyword = r->rule.keywords[i];

        if (keyword.len > SHORT_MOST || !is_letters(keyword) ||
            r->rule.reach != 0 || keys[i].least >= SHORT_LEAST ||
            (keyword.len == SHORT_MOST &&
             share_of(often, keyword) < SHORT_OFTEN))
            continue;
        diag_warn(&c->diags, r->match_at,
                  "%.*s: any text has the keyword '%.*s', so that the rule is "
                  "tried all over it: take a longer one, or begin the pattern "
                  "with it and what follows",
                  STR_ARG(r->rule.id), STR_ARG(keyword));
    }
}

static void lint_shorts(struct compile *c)
{
    const struct rule_src *r;
    struct rarity_table often;

    rarity_table(&often);
    for (r = c->rules; r != NULL; r = r->next)
        if (r->rule.detector == DETECTOR_PATTERN && r->words_node == NULL &&
            !r->unusable)
            lint_short(c, r, &often);
}

/* --- All of them. */

static void lint_tests(struct compile *c, const struct rule_src *r)
{
    if (r->words_node == NULL &&
        (r->rule.detector == DETECTOR_PATTERN ||
         detector_alone(r->rule.detector)) &&
        (r->hit_count == 0 || r->hit_count == r->test_count))
        diag_add(&c->diags, r->at,
                 "%.*s: the rule needs tests: at least one 'hit' and one "
                 "'miss'",
                 STR_ARG(r->rule.id));
}

void compile_lint(struct compile *c)
{
    const struct exclusion_src *x;
    const struct rule_src *r;
    const struct define *d;
    size_t runs = 0;

    lint_shorts(c);
    for (x = c->exclusions; x != NULL; x = x->next) {
        if (x->expired)
            diag_add(&c->diags, x->at, "the exclusion expired on %.*s",
                     STR_ARG(x->expires));
        lint_repeat(c, x->value_at, STR(""), x->target.value);
    }
    for (d = c->reader.defines; d != NULL; d = d->next)
        if (!d->used)
            diag_warn(&c->diags, d->at, "no pattern of this file uses '%.*s'",
                      STR_ARG(d->name));
    /* A rule that was refused is not there. */
    for (size_t i = 0; i < ARRAY_LEN(settings) && c->diags.count == 0; i++)
        lint_setting(c, &settings[i]);
    for (r = c->rules; r != NULL; r = r->next) {
        lint_tests(c, r);
        lint_beside(c, r);
        shadow_lint(c, r);
        if (r->rule.detector == DETECTOR_PATTERN && !r->unusable) {
            lint_sleep(c, r, &runs);
            lint_roams(c, r);
        }
        if (r->rule.detector == DETECTOR_PATTERN && r->words_node == NULL &&
            r->value.len == 0 && r->context_count == 0) {
            lint_hosts(c, r);
            lint_tail(c, r);
            lint_repeat(c, r->match_at, r->rule.id, r->rule.match);
        }
    }
}
