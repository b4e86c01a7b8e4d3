#ifndef SP_COMPILE_PROMISE_H
#define SP_COMPILE_PROMISE_H

#include "compile/compile.h"
#include "rules/rules.h"

/*
 * promise_check - does the rule's pattern keep what its 'digits', 'keywords'
 * and 'needs' promise? (A 'token', and 'keywords' with 'keyword_first', are no
 * promises: they say where the rule is tried.)
 *
 * The texts of its hits are changed in many ways, and searched by the rule, its
 * checks left out, with the promises and without: what is found must be the
 * same, also behind many keywords in vain, with its blanks stretched. Then the
 * rule as it is looks at each text whole and in pieces, cut at random. Texts
 * are the same on every run. What is not so becomes an error at the test; only
 * the first of a rule is told. E_NOMEM.
 */
MUST_USE enum err promise_check(struct compile *c, const struct rule_src *src,
                                struct scratch *scratch);

#endif
