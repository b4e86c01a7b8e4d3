#ifndef SP_RULES_LEAD_H
#define SP_RULES_LEAD_H

#include "rules/rule.h"

/*
 * lead_each - how matches of a rule begin, read off its pattern: for each way
 * the keyword, and what is behind that in the pattern (borrowed for the call).
 * `promised`: whoever wrote the rule says that they begin with one, and it is
 * tried nowhere else. Then ways in which none can stand are passed over, and
 * white space of a pattern is what keywords have a space for. False: not all
 * are seen.
 */
typedef void lead_told(void *into, size_t keyword, struct str behind);
bool lead_each(const struct rule *r, bool promised, lead_told *told,
               void *into);

/*
 * What a pattern begins with, and what each of its alternatives does, where a
 * match begins with a whole word: with no letter and no digit before it; but in
 * userPhone a capital does begin one, as it does not in iPhone.
 */
#define LEAD_WORD "(?<![A-Z0-9])(?:(?<![a-z])|(?<=[a-z][a-z])(?-i:(?=[A-Z])))"

/* run_lead - the same of a rule that has a run before its keywords (run_read):
 * that run, less what is known of such as have none. */
struct run;
struct run run_lead(const struct rule *r, lead_told *told, void *into);

#endif
