#ifndef SP_COMPILE_LINT_H
#define SP_COMPILE_LINT_H

#include "compile/compile.h"

/*
 * compile_lint - what only `check` minds. Errors:
 *
 *   - an exclusion that has expired
 *   - a rule without a hit and a miss, unless it has words alone
 *   - a rule that never matters (shadow.h)
 *   - a pattern that is a host and nothing else, which is found inside of
 *     longer names as well
 *
 * and warnings:
 *
 *   - a piece of patterns that no pattern of its file uses
 *   - a setting of a policy without rules that it is for (own_secrets, canary,
 *     links, pseudonyms), which protects nothing
 *   - a dot between letters of a host, which stands for any character
 *   - a repeated class, escape or dot that takes letters, right before a host
 *   - a rule that redacts up to an end that its pattern does not name: .* or
 *     another repeat without a bound, of nearly any character, behind which is
 *     nothing, or nothing that must be there (items.h), and no `end`
 *   - a repeat without a bound of a repeat without one, such as (?:[a-z]+)*, in
 *     any pattern of a rule or of an exclusion
 *   - a pattern for answers that nothing wakes on a stream (rule_sleep)
 *   - one that all of a text is searched for (rule_roams)
 *   - a keyword of so few letters that any text has it, which the rule is tried
 *     at, but where known bytes must follow it
 */
void compile_lint(struct compile *c);

#endif
