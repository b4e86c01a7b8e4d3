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
 * whose places are in `body`, or in c->tools.opened.
 */
void judge_body(struct conn *c, struct exchange *ex, struct str body);

/*
 * judge_loose - a text that is not edited: found to be redacted, it raises the
 * condition `uneditable` with these words about it. `not_text`: words for one
 * that is not UTF-8.
 */
void judge_loose(struct conn *c, struct exchange *ex, struct str text,
                 const char *detail, const char *not_text);

/* judge_signed - head and body are signed: neither may change (AWS SigV4). */
bool judge_signed(const struct http_head *h);

#endif
