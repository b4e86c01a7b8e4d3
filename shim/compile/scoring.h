#ifndef SP_COMPILE_SCORING_H
#define SP_COMPILE_SCORING_H

#include "compile/rulefile.h"
#include "rules/rules.h"

/*
 * Scores, as OWASP CRS has them: what a rule adds to the score of the text in
 * which it finds something, how suspicious one must be to use it at all, and
 * what sums decide.
 */

/* Readers of a rule's 'score' and 'paranoia'. into: a struct rule_src. */
bool score_read(struct reader *r, const struct yaml_node *n, void *into);
bool paranoia_read(struct reader *r, const struct yaml_node *n, void *into);

/*
 * score_default - for a rule that does not say: with action score, by its
 * severity (critical 5, high 4, medium 3, low 2, info 1), else 0.
 */
void score_default(struct rule_src *src);

/*
 * thresholds_read - a policy's 'thresholds', those set already being kept:
 *
 *     thresholds:
 *       request: 10              # blocks at this score; 0 is never
 *       response: {log: 5, block: 0}
 */
struct thresholds_src {
    struct thresholds at;
    bool log_set[2], block_set[2]; /* by enum dir */
};
bool thresholds_read(struct reader *r, const struct yaml_node *n,
                     struct thresholds_src *into);

#endif
