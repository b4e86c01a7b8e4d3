#ifndef SP_COMPILE_RULETEST_H
#define SP_COMPILE_RULETEST_H

#include "compile/rulefile.h"

/*
 * ruletest_read - the `tests:` of a rule, into the struct rule_src at `into`,
 * whose scope has been read. A reader of a field (read.h).
 */
bool ruletest_read(struct reader *r, const struct yaml_node *n, void *into);

#endif
