#include "compile/shadow.h"

#include <stdlib.h>

#include "base/limits.h"
#include "compile/files.h"
#include "compile/when.h"
#include "rules/rules.h"

/* --- What two rules are to each other. */

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

/* Does a look wherever b does, and do as much? */
static bool is_over(const struct rule *a, const struct rule *b)
{
    return (b->dirs & ~a->dirs) == 0 && (b->roles & ~a->roles) == 0 &&
           (b->parts & ~a->parts) == 0 && (views_of(b) & ~views_of(a)) == 0 &&
           (!a->whole || b->whole) && a->action >= b->action &&
           a->action >= ACTION_LOG && a->severity >= b->severity &&
           a->confidence >= b->confidence && a->score >= b->score &&
           (when_empty(&a->when) || whens_same(&a->when, &b->when));
}

/* Does it ask no more of what it finds? */
static bool asks_less(const struct rule *a, const struct rule *b)
{
    return a->entropy <= b->entropy &&
           (a->check == VALID_NONE || a->check == b->check) &&
           (!a->no_placeholder || b->no_placeholder) &&
           (!a->no_name || b->no_name) &&
           (!a->no_published || b->no_published) &&
           (a->not_count == 0 ||
            strs_eq(a->nots, a->not_count, b->nots, b->not_count)) &&
           (a->near_count == 0 ||
            nears_eq(a->nears, a->near_count, b->nears, b->near_count));
}

/* --- By their patterns. */

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

static bool never_matters(const struct rule_src *b, const struct rule_src *a)
{
    return finds_all(a, b) && is_over(&a->rule, &b->rule) &&
           asks_less(&a->rule, &b->rule);
}

/* Of two that are alike, the second is the one too many. */
void shadow_lint(struct compile *c, const struct rule_src *b)
{
    bool behind = false;

    if (!is_pattern(b))
        return;
    for (const struct rule_src *a = c->rules; a != NULL; a = a->next) {
        if (a == b) {
            behind = true;
            continue;
        }
        if (!is_pattern(a) || str_eq(a->rule.id, b->rule.id) ||
            !never_matters(b, a))
            continue;
        if (behind && never_matters(a, b))
            continue;
        diag_add(&c->diags, b->at,
                 "%.*s never matters: %.*s (%s:%u) finds all that it finds, "
                 "and does as much about it",
                 STR_ARG(b->rule.id), STR_ARG(a->rule.id), a->at.file,
                 a->at.line);
        return;
    }
}

/* --- By their own tests. */

/* All rules as one set, and of one of them what the others find with it. */
struct crowd {
    struct compile *c;
    struct buf packed;
    struct rules *rules;
    struct scratch *scratch;
    struct findings found;
    const struct rule_src **of; /* by the index of a rule in the set */
    size_t *beside;             /* finds of the one that this rule has too */
    size_t *last;               /* the last one of these */
    bool *told;                 /* it is said to be one too many */
    size_t count, finds;        /* rules; what the one finds in its hits */
};

static void crowd_free(struct crowd *w)
{
    rules_free(w->rules);
    scratch_free(w->scratch);
    findings_free(&w->found);
    buf_free(&w->packed);
    free(w->of);
    free(w->beside);
    free(w->last);
    free(w->told);
}

static enum err crowd_fill(struct crowd *w, size_t room)
{
    struct rule *list = calloc(room, sizeof(*list));
    const struct rule_src *r;
    enum err e = E_NOMEM;

    w->of = calloc(room, sizeof(const struct rule_src *));
    w->beside = calloc(room, sizeof(*w->beside));
    w->last = calloc(room, sizeof(*w->last));
    w->told = calloc(room, sizeof(*w->told));
    if (list == NULL || w->of == NULL || w->beside == NULL || w->last == NULL ||
        w->told == NULL)
        goto out;
    for (r = w->c->rules; r != NULL; r = r->next)
        for (size_t i = 0; !r->unusable && i <= r->more_count; i++) {
            w->of[w->count] = r;
            list[w->count++] = i == 0 ? r->rule : r->more[i - 1];
        }
    if (!(e = rules_pack(list, w->count, NULL, 0, &w->packed)) &&
        !(e = rules_load(buf_str(&w->packed), false, &w->rules)))
        e = scratch_new(&w->scratch);
out:
    free(list);
    return e;
}

static enum err crowd_make(struct crowd *w, struct compile *c)
{
    size_t room = 1;

    *w = (struct crowd){.c = c};
    buf_init(&w->packed, LIM_IMAGE);
    findings_init(&w->found);
    for (const struct rule_src *r = c->rules; r != NULL; r = r->next)
        room += 1 + r->more_count;
    return crowd_fill(w, room);
}

/* Who else finds what b finds here? */
static void count_beside(struct crowd *w, const struct finding *b)
{
    const struct findings *f = &w->found;

    w->finds++;
    for (size_t i = 0; i < f->count; i++) {
        size_t a = f->list[i].rule->index;

        if (f->list[i].start != b->start || f->list[i].end != b->end ||
            w->last[a] == w->finds)
            continue;
        w->last[a] = w->finds;
        w->beside[a]++;
    }
}

static enum err scan_hits(struct crowd *w, const struct rule_src *b)
{
    enum err e;

    w->finds = 0;
    memset(w->beside, 0, w->count * sizeof(*w->beside));
    memset(w->last, 0, w->count * sizeof(*w->last));
    for (size_t i = 0; i < b->test_count; i++) {
        const struct rule_test *t = &b->tests[i];

        if (!t->hit)
            continue;
        findings_clear(&w->found);
        if ((e = rules_scan(w->rules, w->scratch, &t->scope, t->text, 0,
                            &w->found)))
            return e;
        for (size_t k = 0; k < w->found.count; k++)
            if (w->of[w->found.list[k].rule->index] == b)
                count_beside(w, &w->found.list[k]);
    }
    return OK;
}

/* What a rule finds of another kind it tells by that kind at least; but who
 * writes one wants to know which of a pack's finds that already. */
static bool is_of_use(const struct rule_src *a, const struct rule_src *b)
{
    return !str_eq(a->rule.kind, b->rule.kind) &&
           strcmp(a->at.file, b->at.file) == 0;
}

/* Does any exclusion speak of it? */
static bool is_excluded(const struct compile *c, const struct rule *r)
{
    const struct exclusion_src *x = c->exclusions;

    while (x != NULL && (x->expired || !exclusion_names(x, r)))
        x = x->next;
    return x != NULL;
}

static bool is_shadow(const struct crowd *w, size_t i, const struct rule_src *b)
{
    const struct rule_src *a = w->of[i];

    return a != b && !w->told[i] && w->beside[i] == w->finds &&
           a->paranoia <= b->paranoia && is_over(&a->rule, &b->rule) &&
           !is_of_use(a, b) && !is_excluded(w->c, &a->rule);
}

static enum err tell_shadow(struct crowd *w, const struct rule_src *b)
{
    enum err e = scan_hits(w, b);

    if (e == E_NOMEM)
        return e;
    for (size_t i = 0; !e && w->finds > 0 && i < w->count; i++)
        if (is_shadow(w, i, b)) {
            for (size_t k = 0; k < w->count; k++)
                w->told[k] |= w->of[k] == b;
            diag_warn(&w->c->diags, b->at,
                      "%.*s may never matter: all that its own tests find is "
                      "found by %.*s (%s:%u) too, which does as much about it",
                      STR_ARG(b->rule.id), STR_ARG(w->of[i]->rule.id),
                      w->of[i]->at.file, w->of[i]->at.line);
            break;
        }
    return OK; /* limits are told where each rule is tested alone */
}

enum err shadow_check(struct compile *c)
{
    struct crowd w;
    enum err e = crowd_make(&w, c);

    for (const struct rule_src *b = c->rules; b != NULL && !e; b = b->next)
        if (is_pattern(b) && b->words_node == NULL && !b->unusable &&
            strcmp(b->at.file, c->sources->path) == 0)
            e = tell_shadow(&w, b);
    crowd_free(&w);
    return e == E_NOMEM ? e : OK;
}
