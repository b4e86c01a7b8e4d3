#ifndef SP_CLI_DECISION_H
#define SP_CLI_DECISION_H

#include "policy/verdict.h"
#include "rules/rules.h"

/* decision_of - what a policy makes of the findings of one text. */
struct verdict decision_of(const struct rules *rs, const struct scope *at,
                           const struct findings *found);

/* decision_print - a line for it to stdout, in words: what is done with the
 * text of `file`, and which rule, or which score, decides that. */
void decision_print(const char *file, const struct verdict *v, enum dir dir);

#endif
