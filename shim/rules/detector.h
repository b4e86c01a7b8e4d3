#ifndef SP_RULES_DETECTOR_H
#define SP_RULES_DETECTOR_H

#include "rules/rule.h"

/*
 * Rules that are no pattern. `detector: NAME` in a rule file stands in the
 * place of `match:`; all else of the rule is as ever, and so is what becomes of
 * its findings: exclusions, checks, overlaps, redaction, streams and the audit
 * do not know the difference.
 *
 * A detector is asked what a pattern is asked (search_next): the next finding
 * behind a place, or, where more text may follow, the place behind which
 * nothing is decided yet. Held back is what lies behind that.
 */

/* detector_name - as rule files have it; of DETECTOR_PATTERN empty. */
struct str detector_name(enum detector d);
/* detector_from - false, and nothing set, for a name that is none. */
bool detector_from(struct str name, enum detector *ret_d);

/* A number that a rule may give its detector under `options:`. */
struct detector_option {
    struct str name;
    uint32_t least, most, otherwise;
};
/* detector_options - those of a detector, in the order of rule.options. */
size_t detector_options(enum detector d, const struct detector_option **ret);

/*
 * detector_keywords - what its findings begin with, without case: such a rule
 * sleeps on streams. None for a detector that reads all text.
 */
size_t detector_keywords(enum detector d, const struct str **ret_list);

/* detector_alone - it finds without an exchange, so its rules have tests. */
bool detector_alone(enum detector d);

/* detector_whole - it is not asked piece by piece: its rules see whole texts,
 * and no streams. */
bool detector_whole(enum detector d);

/* detector_wide - it finds nothing where all is ASCII. */
bool detector_wide(enum detector d);

#endif
