#ifndef SP_FLOW_TALK_H
#define SP_FLOW_TALK_H

#include "flow/conn.h"

/*
 * A WebSocket to a model host, from its 101 on (OpenAI Realtime, Responses over
 * WebSocket). A message of the application is judged like a request's body and
 * leaves as a whole, or never. A message of the network is an event of a
 * stream: it is held as long as its text is not decided.
 *
 *   app --message--> judge, splice, one frame with the mask it had --> net
 *   app <--message-- [event queue: llm/delta.h] <--event-- net
 *
 * What is not changed leaves in the frames it came in. Pings, pongs and the
 * close pass at once, so a ping overtakes what is held and the pieces of a
 * message it stands between. A text in a close frame in which a rule finds
 * something is left out.
 *
 * A block: the application gets the provider's own error event and a close with
 * 1008, the network a close with 1001, and nothing more goes either way.
 *
 * For the record an exchange is what was said, both ways, up to the server's
 * event that names the tokens used, or an error; else up to the end. The
 * handshake is an exchange of its own.
 */

/*
 * talk_open - the first exchange's response, in c->res.head, is a 101 for a
 * WebSocket: it is delivered, the exchange is done, and what the application
 * has said since is fed. E_LIMIT, E_NOMEM: nothing has been delivered.
 */
MUST_USE enum err talk_open(struct conn *c);

/* talk_send, talk_recv - bytes of either side; a block becomes a state. */
void talk_send(struct conn *c, struct str in);
void talk_recv(struct conn *c, struct str in);

/* talk_eof - the network has ended: what is held is decided, and leaves. */
void talk_eof(struct conn *c);

/*
 * talk_facts - an exchange of this talk is done: what the server said of it is
 * noted.
 */
void talk_facts(struct talk *t, struct exchange *ex);

/* talk_free - NULL is allowed. */
void talk_free(struct talk *t);

#endif
