#ifndef SP_COMPILE_DETECTOR_H
#define SP_COMPILE_DETECTOR_H

#include "compile/read.h"
#include "compile/rulefile.h"

/*
 * A rule whose findings code of ours finds (rules/detector.h):
 *
 *       detector: canary
 *       options: {words: 60}        # numbers; each detector knows its own
 */

/* detector_read - the reader of 'detector'; sets what the rule begins with and
 * the options that it does not name. into: a rule_src. */
bool detector_read(struct reader *r, const struct yaml_node *n, void *into);

/* detector_options_read - of 'options'; read after 'detector'. */
bool detector_options_read(struct reader *r, const struct yaml_node *n,
                           void *into);

/* detector_only - nothing stands beside it that says what to look for, and no
 * tests if it finds nothing without an exchange. */
bool detector_only(struct reader *r, const struct yaml_node *n,
                   const struct rule_src *src);

#endif
