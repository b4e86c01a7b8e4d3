#ifndef SP_RULES_ESCAPED_H
#define SP_RULES_ESCAPED_H

#include "rules/lanes.h"

/* is_escape - is it one of these views? */
static inline bool is_escape(enum view_step step)
{
    return step >= VIEW_ESCAPES && step <= VIEW_SEAMS;
}

/* escaped_reset - a text begins at V. */
void escaped_reset(struct stream *st);
/* escaped_clean - of a clean view those are read that do not stand in what it
 * is a view of, if any are. */
void escaped_clean(struct stream *st);

/*
 * escaped_look - before V comes to *to: views begin where something is escaped,
 * with the text read up to there. *to moves back to an escape that may not be
 * complete. Errors as stream_take.
 */
MUST_USE enum err escaped_look(struct stream *st, uint64_t *to, bool last);

/* escaped_rest - views end where nothing more can come of what was escaped. */
void escaped_rest(struct stream *st);

#endif
