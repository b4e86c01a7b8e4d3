#ifndef SP_FLOW_RESTORE_H
#define SP_FLOW_RESTORE_H

#include "flow/inspect.h"

/*
 * restore_seg - the pseudonyms in one text of a whole answer become their
 * values again, as edits, whose order is not that of the body any more
 * (*ret_more: there are some). Where a finding of t->findings that changes the
 * text meets one, it stays. E_NOMEM, E_LIMIT.
 */
MUST_USE enum err restore_seg(struct tools *t, const struct inspect *in,
                              const struct seg *seg, struct exchange *ex,
                              bool *ret_more);

#endif
