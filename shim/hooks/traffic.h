#ifndef SP_HOOKS_TRAFFIC_H
#define SP_HOOKS_TRAFFIC_H

#include "hooks/record.h"

/*
 * The engine's side of a session, for those who move its bytes: traffic.c does
 * so for TLS libraries, sockio.c for sockets. Each takes the record's lock by
 * itself.
 */

/*
 * traffic_feed - the application's (DIR_SEND) or the network's bytes; the
 * engine's connection is made for the first. errno stays. false: no memory,
 * the session has failed.
 */
bool traffic_feed(struct session *s, enum dir dir, struct str plain);

/* traffic_end - this direction is at its end; told once. errno stays. */
void traffic_end(struct session *s, enum dir dir);

/*
 * traffic_settle - what the engine made of the last bytes becomes the record's
 * state. A session that is blocked is woken; where that cannot be, and it is
 * the application that writes, it has failed.
 */
void traffic_settle(struct session *s, bool writing);

/*
 * traffic_passes - whether the engine lets the connection pass.
 * traffic_let_go - if it does and nothing waits any more, so does the record:
 * true. No other thread may be about to feed or to send.
 */
bool traffic_passes(struct session *s);
bool traffic_let_go(struct session *s);

/* traffic_waits - whether the engine has something for the network. */
bool traffic_waits(struct session *s);

/* traffic_judge_alone - without an engine: refuse by the host's name, or let
 * pass. `plain` is what is written first. */
void traffic_judge_alone(struct session *s, struct str plain);

/*
 * traffic_take - at most n of the bytes that the application may read now;
 * with `peek` they stay. traffic_queued - how many there are.
 */
size_t traffic_take(struct session *s, void *p, size_t n, bool peek);
size_t traffic_queued(struct session *s);

/*
 * traffic_flush - send all that may leave, by the real write: 1, or its result
 * that stopped it. By one thread at a time.
 */
int traffic_flush(struct session *s);

#endif
