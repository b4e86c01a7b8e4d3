#include "rules/score.h"

static uint64_t between(uint64_t a, uint64_t b)
{
    return a > b ? a - b : b - a;
}

bool score_apart(uint64_t a, uint64_t b)
{
    return between(a, b) > LIM_SCORE_NEAR;
}

static void forget_far(struct score *t, uint64_t at)
{
    size_t kept = 0;

    for (size_t i = 0; i < t->count; i++)
        if (!score_apart(t->seen[i].at, at))
            t->seen[kept++] = t->seen[i];
    t->count = kept;
}

static uint32_t sum(const struct score *t)
{
    uint32_t total = 0;

    for (size_t i = 0; i < t->count; i++)
        total += t->seen[i].rule->score;
    return total;
}

uint32_t score_add(struct score *t, const struct rule *r, uint64_t at)
{
    size_t i = 0;

    if (r->score == 0)
        return 0;
    forget_far(t, at);
    while (i < t->count && t->seen[i].rule != r)
        i++;
    if (i < t->count ? between(t->seen[i].at, at) <= LIM_SCORE_NEAR / 2
                     : i == LIM_SCORED)
        return 0;
    t->seen[i].rule = r;
    t->seen[i].at = at;
    t->count += i == t->count;
    return sum(t);
}
