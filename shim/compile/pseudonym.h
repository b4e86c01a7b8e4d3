#ifndef SP_COMPILE_PSEUDONYM_H
#define SP_COMPILE_PSEUDONYM_H

#include "compile/rulefile.h"

/* The readers of 'class' and 'reveal_to' of a rule with `action:
 * pseudonymize`. into: a struct rule_src. */
bool pseudonym_class(struct reader *r, const struct yaml_node *n, void *into);
bool pseudonym_reveal(struct reader *r, const struct yaml_node *n, void *into);

/*
 * pseudonym_check - a rule of that action looks at requests alone, has a class
 * (by its kind, if it does not say), and looks at what the model said as well:
 * the application sends the restored text again. Another rule has neither
 * class nor reveal_to. False where it is refused, or memory ran out.
 */
bool pseudonym_check(struct reader *r, const struct yaml_node *n,
                     struct rule *rule);

/* pseudonym_policy - the reader of 'pseudonyms' of a policy. into: a struct
 * policy, of which the first that says it counts. */
bool pseudonym_policy(struct reader *r, const struct yaml_node *n, void *into);

#endif
