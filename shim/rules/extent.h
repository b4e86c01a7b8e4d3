#ifndef SP_RULES_EXTENT_H
#define SP_RULES_EXTENT_H

#include "rules/lanes.h"

/* extents_want - of the views that rules look at, what is looked for in the
 * text. extents_reset - none has begun; the text is looked at from V on. */
void extents_want(struct stream *st, unsigned views);
void extents_reset(struct stream *st);
/*
 * extents_copy - to a view that begins at V of another stream, as that stands.
 * Markup is read in the text as it is, and lists without what is invisible:
 * extents_leave, of the text that such a view began of. extents_back - that is
 * the text again, and ends.
 */
void extents_copy(struct stream *to, const struct stream *of);
void extents_leave(struct stream *st);
void extents_back(struct stream *st, const struct side *clean);

/* feed_extents - the text is there up to V; `last`: and ends there. What is
 * found in what has ended goes to st. Errors as stream_take. */
MUST_USE enum err feed_extents(struct stream *st, bool last);

/* extents_mind - is the text part of what began before? */
bool extents_mind(const struct stream *st);

/* extents_wait - does all that came go on what is held, so that nothing can
 * leave? */
bool extents_wait(const struct stream *st);
/* extents_start - where the first begins that has not ended, or NEVER. */
uint64_t extents_start(const struct stream *st);

#endif
