#include "compile/lint.h"

#include "compile/define.h"
#include "compile/items.h"
#include "compile/when.h"
#include "rules/detector.h"

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

static void lint_hosts(struct compile *c, const struct rule_src *r)
{
    struct str p = r->rule.match, dotted = bare_dot(p);

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

static void lint_repeats(struct compile *c, const struct rule_src *r)
{
    struct str turns = items_blow_up(r->rule.match);

    if (turns.len > 0)
        diag_warn(&c->diags, r->match_at,
                  "%.*s: '%.*s' repeats a repeat, and where no match comes of "
                  "it all ways to split the text are tried: name what stands "
                  "between two, or put a + behind the inner one",
                  STR_ARG(r->rule.id), STR_ARG(turns));
}

/* --- Rules that never matter. */

static bool whens_same(const struct when *a, const struct when *b)
{
    for (size_t i = 0; i < ABOUT_COUNT; i++)
        if (!strs_eq(a->about[i].list, a->about[i].count, b->about[i].list,
                     b->about[i].count))
            return false;
    return true;
}

static unsigned views_of(const struct rule *r)
{
    return r->views == 0 ? 1u << VIEW_TEXT : r->views;
}

/* Does a look wherever b does, ask no more, and do as much? */
static bool is_over(const struct rule *a, const struct rule *b)
{
    return (b->dirs & ~a->dirs) == 0 && (b->roles & ~a->roles) == 0 &&
           (b->parts & ~a->parts) == 0 && (views_of(b) & ~views_of(a)) == 0 &&
           (!a->whole || b->whole) && a->action >= b->action &&
           a->action >= ACTION_LOG && a->severity >= b->severity &&
           a->confidence >= b->confidence && a->score >= b->score &&
           a->entropy <= b->entropy &&
           (a->check == VALID_NONE || a->check == b->check) &&
           (!a->no_placeholder || b->no_placeholder) &&
           (!a->no_name || b->no_name) &&
           (!a->no_published || b->no_published) &&
           (a->not_count == 0 ||
            strs_eq(a->nots, a->not_count, b->nots, b->not_count)) &&
           (when_empty(&a->when) || whens_same(&a->when, &b->when)) &&
           (a->near_count == 0 ||
            nears_eq(a->nears, a->near_count, b->nears, b->near_count));
}

/* Is each word of b one of a? The patterns of lists differ in nothing else. */
static bool has_words(const struct rule *a, const struct rule *b)
{
    for (size_t i = 0; i < b->keyword_count; i++) {
        size_t k = 0;

        while (k < a->keyword_count &&
               !str_eq_nocase(a->keywords[k], b->keywords[i]))
            k++;
        if (k == a->keyword_count)
            return false;
    }
    return true;
}

/* Does a find all that b finds? */
static bool finds_all(const struct rule_src *a, const struct rule_src *b)
{
    if (a->words_node != NULL && b->words_node != NULL)
        return a->more_count == 0 && b->more_count == 0 &&
               has_words(&a->rule, &b->rule);
    return a->more_count == 0 && b->more_count == 0 &&
           a->rule.group == b->rule.group &&
           str_eq(a->rule.match, b->rule.match);
}

static bool is_pattern(const struct rule_src *r)
{
    return r->rule.detector == DETECTOR_PATTERN && r->rule.match.len > 0;
}

/* Of two that are alike, the second is the one too many. */
static void lint_shadow(struct compile *c, const struct rule_src *b)
{
    bool behind = false;

    for (const struct rule_src *a = c->rules; a != NULL; a = a->next) {
        if (a == b) {
            behind = true;
            continue;
        }
        if (!is_pattern(a) || str_eq(a->rule.id, b->rule.id) ||
            !finds_all(a, b) || !is_over(&a->rule, &b->rule))
            continue;
        if (behind && finds_all(b, a) && is_over(&b->rule, &a->rule))
            continue;
        diag_add(&c->diags, b->at,
                 "%.*s never matters: %.*s (%s:%u) finds all that it finds, "
                 "and does as much about it",
                 STR_ARG(b->rule.id), STR_ARG(a->rule.id), a->at.file,
                 a->at.line);
        return;
    }
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

    for (x = c->exclusions; x != NULL; x = x->next)
        if (x->expired)
            diag_add(&c->diags, x->at, "the exclusion expired on %.*s",
                     STR_ARG(x->expires));
    for (d = c->reader.defines; d != NULL; d = d->next)
        if (!d->used)
            diag_warn(&c->diags, d->at, "no pattern of this file uses '%.*s'",
                      STR_ARG(d->name));
    for (r = c->rules; r != NULL; r = r->next) {
        lint_tests(c, r);
        if (!is_pattern(r))
            continue;
        lint_shadow(c, r);
        if (r->words_node == NULL && r->value.len == 0 &&
            r->context_count == 0) {
            lint_hosts(c, r);
            lint_tail(c, r);
            lint_repeats(c, r);
        }
    }
}
