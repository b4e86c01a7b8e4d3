#ifndef SP_COMPILE_CONFIDENCE_H
#define SP_COMPILE_CONFIDENCE_H

#include "compile/rulefile.h"

/* confidence_read - the reader of 'confidence'. into: a struct rule_src. */
bool confidence_read(struct reader *r, const struct yaml_node *n, void *into);

/* confidence_default - for a rule that does not say: high with a validator,
 * medium with keywords, context or words, else low. */
void confidence_default(struct rule_src *src);

#endif
