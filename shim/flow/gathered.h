#ifndef SP_FLOW_GATHERED_H
#define SP_FLOW_GATHERED_H

#include "flow/inspect.h"

/*
 * The process' own secrets in parts: in any order, each in a spelling of its
 * own, with other words around, in one body or in several requests.
 * What was said in the requests before has left; the part that completes it
 * does not. See own_gather_next.
 */
void gathered_free(struct tools *t);

/* gathered_begin - a document begins. */
void gathered_begin(struct tools *t);

/*
 * gathered_text - the next text of the document, scanned just now: findings go
 * to the exchange, edits of all parts in this document to t->edits. E_NOMEM,
 * E_LIMIT.
 */
MUST_USE enum err gathered_text(struct tools *t, const struct inspect *in,
                                const struct seg *seg, struct exchange *ex);

/* gathered_noted - of the text at work this one was found in pieces that follow
 * one another: of its parts there is nothing more to tell. E_NOMEM. */
MUST_USE enum err gathered_noted(struct tools *t,
                                 const struct own_about *about);

/* gathered_end - all texts were there: parts are remembered. */
void gathered_end(struct tools *t, const struct inspect *in);

#endif
