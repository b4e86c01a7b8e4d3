#include "cli/decision.h"

#include <stdio.h>

#include "compile/diag.h"
#include "rules/rule.h"

struct verdict decision_of(const struct rules *rs, const struct scope *at,
                           const struct findings *found)
{
    struct verdict v = {0};

    for (size_t i = 0; i < found->count; i++) {
        const struct finding *f = &found->list[i];

        verdict_finding(&v, rules_action(rs, f->rule), f->rule);
        if (f->score != 0)
            verdict_score(&v, rules_reached(rs, at->dir, f->score),
                          (struct scored){f->rule, at->dir, f->seg, f->start},
                          f->score);
    }
    return v;
}

static void print_rule(const char *before, const struct rule *r)
{
    printf("%s%.*s %.*s", before, STR_ARG(r->id), STR_ARG(r->name));
}

void decision_print(const char *file, const struct verdict *v, enum dir dir)
{
    /* what only scores leaves the text as it is */
    enum action action = v->action == ACTION_SCORE ? ACTION_PASS : v->action;
    struct str name = action_name(action);
    bool by_rule = !v->by_score && action != ACTION_PASS;

    printf("%s: %.*s", file, STR_ARG(name));
    if (by_rule)
        print_rule(", by ", v->rule);
    if (by_rule && v->rule->action > action)
        fputs(" (the policy only monitors)", stdout);
    if (v->score[dir] != 0)
        printf(", %s score of %u", v->by_score ? "by its" : "with a",
               v->score[dir]);
    for (size_t i = 0; v->by_score && i < v->why_count; i++)
        print_rule(i == 0 ? ": " : ", ", v->why[i]);
    if (v->action == ACTION_PASS)
        fputs(", nothing is found", stdout);
    putchar('\n');
}
