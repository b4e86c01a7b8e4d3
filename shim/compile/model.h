#ifndef SP_COMPILE_MODEL_H
#define SP_COMPILE_MODEL_H

#include "compile/compile.h"

/* model_read - the reader of 'model', a file that `sallyport calibrate --train`
 * wrote. into: a struct rule_src. */
bool model_read(struct reader *r, const struct yaml_node *n, void *into);

/*
 * model_load - its bytes go into the rule. A rule with the detector `linear`
 * needs a model, looks at whole texts, and may only score or log: what is
 * learned from some texts says too little about others to change them.
 */
bool model_load(struct compile *c, const struct source *from,
                struct rule_src *src);

#endif
