#ifndef SP_FLOW_ATTACHED_H
#define SP_FLOW_ATTACHED_H

#include "flow/inspect.h"

/*
 * attached_scan - what a body carries in base64, an item of kind ITEM_MEDIA.
 * Pictures and sound are let by; but whatever its type says, what is text when
 * it is decoded is judged as a file, and what has to go from it is taken out,
 * and the rest encoded again. Errors as rules_scan and splice.
 */
MUST_USE enum err attached_scan(struct tools *t, const struct inspect *in,
                                const struct view_item *item,
                                struct exchange *ex);

#endif
