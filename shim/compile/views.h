#ifndef SP_COMPILE_VIEWS_H
#define SP_COMPILE_VIEWS_H

#include "compile/rulefile.h"

/* views_read - `views`: what a rule looks at (detect/textview.h). */
bool views_read(struct reader *r, const struct yaml_node *n, void *into);

#define VIEWS_FAR_FROM 3 /* the paranoia level */

/*
 * views_default - for a rule that does not say: text, clean and decoded. A
 * phrase is one however it is written, and its rule looks at all views; a
 * secret or a number is not the same with other letters. ROT13 and reversed
 * text only from a paranoia level on: views_at_level.
 */
void views_default(struct rule_src *src);
unsigned views_at_level(const struct rule_src *src, uint32_t paranoia);

#endif
