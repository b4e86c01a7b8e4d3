#ifndef SP_RULES_CODED_H
#define SP_RULES_CODED_H

#include "rules/lanes.h"

/* coded_reset - nothing is held; the text is looked at from V on. */
void coded_reset(struct stream *st);

/* coded_leave - all but what does not show is read in the clean view. */
void coded_leave(struct stream *st);

/* feed_coded - the text is there up to V. What is found in what was encoded and
 * ends there goes to st. Errors as stream_take. */
MUST_USE enum err feed_coded(struct stream *st);
/* feed_coded_last - and there it ends. */
MUST_USE enum err feed_coded_last(struct stream *st);

/* coded_waits - does all that came go on a word that is held, so that nothing
 * can leave? */
bool coded_waits(const struct stream *st);

/* cut_coded - where begins what may be encoded and goes on, or V. */
uint64_t cut_coded(const struct stream *st);

#endif
