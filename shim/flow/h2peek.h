#ifndef SP_FLOW_H2PEEK_H
#define SP_FLOW_H2PEEK_H

#include "flow/conn.h"

/*
 * HTTP/2 to a host that is none of ours. As in HTTP/1, its first request may
 * name another one, behind a gateway: until that is known, frames are looked at
 * as they pass. If it is one of ours, the connection ends: it was begun with
 * what the server said of itself, and cannot be judged from its middle. Who
 * wants it judged names the gateway's host in the policy.
 *
 *   preface  SETTINGS  WINDOW_UPDATE  HEADERS (CONTINUATION)  ...
 *   |---- leave as they come --------|------ held ----------|
 */
struct h2peek;

/*
 * h2peek_open - the application has begun with the preface; `early` is all that
 * it has said. What goes wrong becomes a state of the connection.
 */
void h2peek_open(struct conn *c, struct str early);

/* h2peek_send - what it says further; c->peek is not NULL. */
void h2peek_send(struct conn *c, struct str in);

/* h2peek_end - it says nothing more: half a head is not ours to keep. */
void h2peek_end(struct conn *c);

/* h2peek_free - NULL is allowed. */
void h2peek_free(struct h2peek *p);

#endif
