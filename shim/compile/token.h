#ifndef SP_COMPILE_TOKEN_H
#define SP_COMPILE_TOKEN_H

#include "compile/read.h"

/*
 * token_read - the reader of 'token', of a map of lengths: one, a range, or a
 * list of these, and of the marks that may stand behind. into: a rule_src.
 *
 *       token: {digits: [4, 12-19], mixed: 9, then: "- "}
 */
bool token_read(struct reader *r, const struct yaml_node *n, void *into);

#endif
