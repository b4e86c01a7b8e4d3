#include "rules/score.h"

uint32_t score_add(struct score *t, const struct rule *r)
{
    if (r->score == 0 || t->count == LIM_SCORED)
        return 0;
    for (size_t i = 0; i < t->count; i++)
        if (t->seen[i] == r)
            return 0;
    t->seen[t->count++] = r;
    t->sum += r->score;
    return t->sum;
}
