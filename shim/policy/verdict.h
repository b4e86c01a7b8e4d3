#ifndef SP_POLICY_VERDICT_H
#define SP_POLICY_VERDICT_H

#include "policy/config.h"

struct rule;

/* What is to be done with a message, and why. Starts zeroed: pass. */
struct verdict {
    enum action action;
    enum cond cause;         /* a condition that was met; COND_NONE else   */
    const struct rule *rule; /* the rule that decided; NULL if none        */
};

/* verdict_finding - a rule of this effective action matched. */
void verdict_finding(struct verdict *v, enum action action,
                     const struct rule *rule);

/*
 * verdict_cond - a condition was met: by the fail policy the message is blocked
 * or the condition is only noted. In monitor mode nothing is blocked that may
 * pass. The first condition is kept.
 */
void verdict_cond(struct verdict *v, const struct policy *p, enum cond c);

#endif
