#ifndef SP_FLOW_JOINED_H
#define SP_FLOW_JOINED_H

#include "flow/inspect.h"

/*
 * The process' own secrets, cut over several texts of one JSON document: the
 * end of one message and the front of the next, an argument and the one behind
 * it. The texts are read one behind the other, as they stand in the document;
 * each has been scanned by itself before. What people, models and tools say is
 * one row of texts, names of members are another, and all else (roles, names of
 * models) a third, for these stand between what is said.
 */
void joined_free(struct tools *t);

/* joined_begin - a document begins: what was said before it is forgotten. */
void joined_begin(struct tools *t, const struct inspect *in);

/*
 * joined_text - the next text of the document, scanned already: findings of
 * what ends in it go to the exchange, edits of all its pieces to t->edits.
 * E_NOMEM, E_LIMIT.
 */
MUST_USE enum err joined_text(struct tools *t, const struct inspect *in,
                              const struct seg *seg, struct exchange *ex);

/* joined_rule - the first rule that looks for own secrets there; NULL: none. */
const struct rule *joined_rule(const struct inspect *in,
                               const struct scope *at);

/*
 * joined_edit - a piece of what is found over several texts: bytes start..end
 * of this one. With the edits that overlap it, it becomes one. E_NOMEM.
 */
MUST_USE enum err joined_edit(struct tools *t, const struct inspect *in,
                              const struct seg *seg, size_t start, size_t end,
                              const struct rule *rule, struct exchange *ex);

#endif
