#ifndef SP_RULES_RESPELL_H
#define SP_RULES_RESPELL_H

#include "rules/lanes.h"

/* respell_views - those of a set of views that are made word by word. */
unsigned respell_views(unsigned views);
/* is_respelled - does the rule look at one of them? */
bool is_respelled(const struct rules *rs, uint32_t rule);

/* respell_reset - a text begins at V. */
void respell_reset(struct stream *st);
void respell_free(struct respell *r);
/* respell_move - to the clean view, which begins at V. respell_back - that is
 * the text again, and ends. */
void respell_move(struct stream *st, struct stream *clean);
void respell_back(struct stream *st, const struct side *clean);

/* respell_copy - as another stream stands, to one with the same text. E_NOMEM.
 */
MUST_USE enum err respell_copy(struct stream *to, const struct stream *of);

/* respell_look - before V comes to `to`: how far is the text itself the view?
 * Where it is not, the view begins. Errors as stream_take. */
MUST_USE enum err respell_look(struct stream *st, uint64_t to);
/* respell_last - the text ends at V. */
MUST_USE enum err respell_last(struct stream *st);

/* respell_rest - the views end that are the text again. */
void respell_rest(struct stream *st);

/* cut_respell - what begins before was known before the word at the end of the
 * text, which may be another one in a view; V if it may not. */
uint64_t cut_respell(const struct stream *st);

#endif
