#include "policy/verdict.h"

void verdict_finding(struct verdict *v, enum action action,
                     const struct rule *rule)
{
    if (action < v->action || (action == v->action && v->rule != NULL))
        return;
    v->action = action;
    v->rule = rule;
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
        v->cause = c;
    }
}
