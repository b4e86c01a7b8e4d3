#ifndef SP_RULES_SCORE_H
#define SP_RULES_SCORE_H

#include "rules/rules.h"

/*
 * The anomaly score of one text, as OWASP CRS counts it: the sum over the rules
 * that found something in it, each once, however often it did. So no single
 * rule, noisy as it may be, comes further than its own score.
 */
struct score {
    uint32_t sum;
    size_t count;
    const struct rule *seen[LIM_SCORED]; /* borrowed */
};

/*
 * score_add - a finding of this rule, in order of the text. Returns the sum,
 * now that it is counted; 0 if it is not: the rule has no score, or had been
 * counted before, or LIM_SCORED others had, which together reach any threshold.
 */
uint32_t score_add(struct score *t, const struct rule *r);

#endif
