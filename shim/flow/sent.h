#ifndef SP_FLOW_SENT_H
#define SP_FLOW_SENT_H

#include "flow/conn.h"

/*
 * sent_head - append the head of the request in work as it leaves: with what is
 * asked of the other side narrowed to what can be read, and, if `changed` is
 * not NULL, with the length of that body and without what was told of the old
 * one. Errors as buf_add; then nothing is appended.
 */
MUST_USE enum err sent_head(const struct conn *c, const struct buf *changed,
                            struct buf *out);

#endif
