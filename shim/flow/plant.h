#ifndef SP_FLOW_PLANT_H
#define SP_FLOW_PLANT_H

#include "flow/inspect.h"

/*
 * plant_after - the policy's canary (detect/canary.h), behind the first text of
 * a request's system prompt: an edit, if the item is that text. E_NOMEM.
 */
MUST_USE enum err plant_after(struct tools *t, const struct inspect *in,
                              const struct view_item *item);

#endif
