#ifndef SP_FLOW_ABOUT_H
#define SP_FLOW_ABOUT_H

#include "flow/inspect.h"

/*
 * What rules may ask about an exchange (`when` in compile/when.h), gathered
 * only as far as some rule of the policy does ask.
 */

/* about_exchange - into ex->known: the day, the user. */
void about_exchange(struct exchange *ex);

/* about_route - its path, and the model if the path names one, or the query, of
 * which what stands behind the ? is given. What is not to be had for want of
 * memory stays unknown. */
void about_route(struct exchange *ex, struct str query);

/*
 * about_document - the model that a JSON request asks for, before any text of
 * it is judged, so that the order of its members means nothing; without one it
 * stays that of the path. Of two that differ nobody knows which will be used:
 * the model is then not known. t->doc is parsed; view and arena are used.
 */
void about_document(struct tools *t, const struct inspect *in,
                    struct exchange *ex);

#endif
