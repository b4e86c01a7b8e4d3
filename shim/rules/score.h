#ifndef SP_RULES_SCORE_H
#define SP_RULES_SCORE_H

#include "rules/rules.h"

/*
 * The anomaly score, as OWASP CRS counts it: the sum over the rules that found
 * something, each once, however often it did, so that no single rule, noisy as
 * it may be, comes further than its own score. What is added up stands near
 * each other: what two rules find is if no more than LIM_SCORE_NEAR / 2 bytes
 * lie between, and is not if more than LIM_SCORE_NEAR do. A manual of a
 * megabyte has a little of everything somewhere, an order has it in one place.
 */
struct score {
    size_t count;
    struct {
        const struct rule *rule; /* borrowed */
        uint64_t at;             /* where it was counted */
    } seen[LIM_SCORED];
};

/*
 * score_add - this rule found something at a byte of the text. Returns the sum,
 * now that it is counted; 0 if it is not: the rule has no score, or was counted
 * near by, or LIM_SCORED others were, which together reach any threshold. What
 * is too far from it is forgotten.
 */
uint32_t score_add(struct score *t, const struct rule *r, uint64_t at);

/* score_apart - are two places too far from each other to be added up? */
bool score_apart(uint64_t a, uint64_t b);

#endif
