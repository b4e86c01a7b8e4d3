#include "policy/verdict.h"

#include <string.h>

#include "rules/rule.h"
#include "rules/score.h"

void verdict_finding(struct verdict *v, enum action action,
                     const struct rule *rule)
{
    if (action < v->action || (action == v->action && v->rule != NULL))
        return;
    v->by_score &= action == v->action;
    if (v->by_score)
        return;
    v->action = action;
    v->rule = rule;
}

static bool same_text(const struct scored *a, const struct scored *b)
{
    return a->dir == b->dir && a->text == b->text;
}

/* Forget those of a text that this one is not added up with, or all of it. */
static void forget(struct verdict *v, const struct scored *by, bool all)
{
    size_t kept = 0;

    for (size_t i = 0; i < v->seen_count; i++) {
        const struct scored *s = &v->seen[i];

        if (!same_text(s, by) ||
            (!all && s->rule != by->rule && !score_apart(s->at, by->at)))
            v->seen[kept++] = *s;
    }
    v->seen_count = kept;
}

static void see(struct verdict *v, struct scored by)
{
    if (v->seen_count == ARRAY_LEN(v->seen)) /* the oldest goes */
        memmove(v->seen, v->seen + 1, --v->seen_count * sizeof(*v->seen));
    v->seen[v->seen_count++] = by;
}

void verdict_score(struct verdict *v, enum action action, struct scored by,
                   uint32_t score)
{
    forget(v, &by, score == by.rule->score);
    see(v, by);
    if (score > v->score[by.dir])
        v->score[by.dir] = score;
    if (action < v->action || action == ACTION_PASS ||
        (action == v->action && (!v->by_score || score <= v->why_score)))
        return;
    v->action = action;
    v->rule = NULL;
    v->by_score = true;
    v->why_score = score;
    v->why_count = 0;
    for (size_t i = 0; i < v->seen_count; i++)
        if (same_text(&v->seen[i], &by))
            v->why[v->why_count++] = v->seen[i].rule;
}

void verdict_cond(struct verdict *v, const struct policy *p, enum cond c)
{
    bool blocks = policy_blocks(p, c) && !(p->monitor && cond_may_pass(c));

    if (v->cause == COND_NONE)
        v->cause = c;
    if (!blocks) {
        if (v->action < ACTION_LOG)
            v->action = ACTION_LOG;
        return;
    }
    if (v->action < ACTION_BLOCK) {
        v->action = ACTION_BLOCK;
        v->rule = NULL;
        v->by_score = false;
        v->cause = c;
    }
}
