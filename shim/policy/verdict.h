#ifndef SP_POLICY_VERDICT_H
#define SP_POLICY_VERDICT_H

#include "policy/config.h"

#define VERDICT_SCORED 16 /* rules named of those that made up a score */

/* A rule that added to the score of a text: of the request or the response,
 * and, on streams, of one channel; by what it found at this byte. */
struct scored {
    const struct rule *rule;
    enum dir dir;
    uint32_t text;
    uint64_t at;
};

/* What is to be done with a message, and why. Starts zeroed: pass. */
struct verdict {
    enum action action;
    enum cond cause;         /* a condition that was met; COND_NONE else   */
    const struct rule *rule; /* the rule that decided; NULL if none        */
    bool by_score;           /* no rule alone did, but a score: of `why`   */
    const struct rule *why[VERDICT_SCORED];
    size_t why_count;
    uint32_t why_score;
    uint32_t score[2];                  /* the highest of a text, by enum dir */
    struct scored seen[VERDICT_SCORED]; /* the latest, of texts under way */
    size_t seen_count;
};

/* verdict_finding - a rule of this effective action matched. */
void verdict_finding(struct verdict *v, enum action action,
                     const struct rule *rule);

/*
 * verdict_score - a finding brought the score to this, with what is near it in
 * its text (rules/score.h), which decides on `action`. Where that is the one
 * rule's own, another text of the same number may have begun.
 */
void verdict_score(struct verdict *v, enum action action, struct scored by,
                   uint32_t score);

/*
 * verdict_cond - a condition was met: by the fail policy the message is blocked
 * or the condition is only noted. In monitor mode nothing is blocked that may
 * pass. The first condition is kept.
 */
void verdict_cond(struct verdict *v, const struct policy *p, enum cond c);

#endif
