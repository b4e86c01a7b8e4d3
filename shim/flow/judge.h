#ifndef SP_FLOW_JUDGE_H
#define SP_FLOW_JUDGE_H

#include "flow/conn.h"

/*
 * Judging a complete request: its target, then its decoded body. Findings and
 * conditions go to the exchange; the caller looks at exchange_blocked.
 */

/* judge_target - path and query, as the server reads them; never edited. */
void judge_target(struct conn *c, struct exchange *ex);

/*
 * judge_body - by its declared type and its first byte. Sets c->tools.edits,
 * whose places are in `body`.
 */
void judge_body(struct conn *c, struct exchange *ex, struct str body);

/* judge_signed - head and body are signed: neither may change (AWS SigV4). */
bool judge_signed(const struct http_head *h);

#endif
