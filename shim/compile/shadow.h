#ifndef SP_COMPILE_SHADOW_H
#define SP_COMPILE_SHADOW_H

#include "compile/compile.h"

/*
 * Rules that never matter, since another one, that looks wherever they look,
 * finds all that they find and does as much or more about it.
 */

/*
 * shadow_lint - an error where that is sure: of rules that ask the same of what
 * they find, with the same pattern, or where all words of one are words of the
 * other. Of two that are alike, it is told of the second.
 */
void shadow_lint(struct compile *c, const struct rule_src *b);

/*
 * shadow_check - a warning where the tests of a rule do not show what it is
 * for: in each of its hits another rule finds the same bytes, and is of the
 * same kind or stands in another file. That may also be for want of a test.
 * Only of rules in the file that was named, not of what it includes; for files
 * without errors. E_NOMEM.
 */
MUST_USE enum err shadow_check(struct compile *c);

#endif
