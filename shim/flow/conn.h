#ifndef SP_FLOW_CONN_H
#define SP_FLOW_CONN_H

#include "flow/content.h"
#include "flow/inspect.h"
#include "flow/queue.h"
#include "flow/relay.h"
#include "wire/body.h"
#include "wire/rechunk.h"

struct talk;   /* flow/talk.h */
struct h2;     /* flow/h2.h */
struct h2peek; /* flow/h2peek.h */

/*
 * One connection of the application: two parsers, a queue of exchanges between
 * them, two queues of bytes on their way out. The calls are those of
 * flow/api.h; request.c and response.c are its two halves.
 */

enum req_phase {
    REQ_HEAD,  /* a head is being read                                  */
    REQ_BODY,  /* a body is being held                                  */
    REQ_RELAY, /* a body passes: its condition is one that may          */
    REQ_WAIT,  /* an upgrade was asked for: what follows waits in `raw`
                  until the response says what it is                     */
    REQ_TALK,  /* messages of a WebSocket                               */
    REQ_ENDED, /* nothing more is sent: refused, or the last request    */
};

struct req_side {
    enum req_phase phase;
    struct http_head head;
    struct http_body body;
    struct http_message msg;
    struct buf content;  /* without framing                              */
    struct buf raw;      /* with it, where that differs (chunked)        */
    size_t front;        /* the head, before the body as it came: so it
                            leaves where nothing is changed              */
    struct exchange *ex; /* of the request in work; borrowed from the queue */
    bool decline;        /* its offer of h2c is left out                    */
};

enum res_phase {
    RES_HEAD,
    RES_RAW,    /* a body that passes as it is                           */
    RES_WHOLE,  /* a body that is held until it can be judged            */
    RES_STREAM, /* events, let go one by one                             */
    RES_TALK,   /* messages of a WebSocket                               */
    RES_ENDED,  /* nothing more is delivered                             */
};

struct res_side {
    enum res_phase phase;
    enum content kind; /* of the body in work                            */
    struct http_head head;
    struct http_body body;
    struct http_message msg;
    struct buf content, raw; /* as above                                 */
    struct relay *relay;     /* owned; of RES_STREAM                      */
};

struct conn {
    struct engine *eng; /* borrowed */
    struct buf host;    /* empty until known                             */
    uint16_t port;
    const char *door;
    bool in_memory, unverified;   /* see struct peer */
    bool host_judged, host_shown; /* in audit lines                      */
    bool named;     /* the host is known, and one of ours                   */
    bool elsewhere; /* the session's is not; the first Host may still be     */
    bool routed;    /* a first request has been sent                         */
    bool abandoned; /* no answers any more to requests that wait           */
    enum conn_state state;
    struct queue out[2]; /* by enum dir                                  */
    struct buf asked;    /* method and path of the last request; or empty   */
    const struct provider *asked_of; /* what speaks for them; borrowed   */
    enum framed asked_framed;
    struct req_side req;
    struct res_side res;
    struct exchange *first, *last; /* owned; wait for their response     */
    size_t waiting;
    struct buf ahead;  /* the network's bytes before the application's first */
    struct talk *talk; /* owned; once a WebSocket has been agreed on  */
    struct h2peek *peek; /* owned; HTTP/2 to a host that is none of ours */
    struct h2 *h2;       /* owned; once HTTP/2 has begun                */
    bool tools_ready;
    struct tools tools;
    uint64_t entered_ns, spent_ns; /* time in the engine                 */
    char why[512];
};

/* The calls of flow/api.h. */
struct conn *conn_new(struct engine *eng, const struct peer *peer);
void conn_free(struct conn *c);
void conn_send(struct conn *c, struct str plain);
void conn_recv(struct conn *c, struct str plain);
void conn_end(struct conn *c, enum dir d);
struct str conn_ready(const struct conn *c, enum dir d);
void conn_taken(struct conn *c, enum dir d, size_t n);
enum conn_state conn_state(const struct conn *c);
const char *conn_why(const struct conn *c);

/* What follows is for the two halves. */

/*
 * conn_exchange - a new exchange, last in the queue; borrowed. E_NOMEM,
 * E_INTERNAL.
 */
MUST_USE enum err conn_exchange(struct conn *c, struct exchange **ret_ex);

/* conn_check_audit - the record must be possible where the policy says so. */
void conn_check_audit(const struct conn *c, struct exchange *ex);

/* conn_out - append to a queue. Errors as buf_add. */
MUST_USE enum err conn_out(struct conn *c, enum dir d, struct str bytes);

/* conn_pass - not an LLM route, or a condition that passes: for good. */
void conn_pass(struct conn *c);

/* conn_close - nothing was blocked, but nothing more can come: a clean end. */
void conn_close(struct conn *c, struct str why);

/*
 * conn_refuse - refuse the exchange: the answer goes to the application as
 * soon as the responses before it are complete, nothing more is sent. If no
 * answer can be formed the state becomes CONN_FAILED.
 */
void conn_refuse(struct conn *c, struct exchange *ex);

/*
 * conn_fail - a condition was met with no exchange, or with one whose response
 * has begun and has no ending of its own.
 */
void conn_fail(struct conn *c, enum cond cond, const char *detail);

/* conn_blocked - an answer or ending stands in the queue: set state and why. */
void conn_blocked(struct conn *c, const struct exchange *ex);

/* conn_done - the first exchange is complete: its line, and the next one. */
void conn_done(struct conn *c);

/* conn_abandon - exchanges that will see no (complete) response: their lines.
 */
void conn_abandon(struct conn *c);

/*
 * conn_content - the decoded content of a held body: `content` itself, or its
 * decoded form in *room (of which the caller is the owner). Errors of
 * wire/coding.h.
 */
MUST_USE enum err conn_content(const struct http_head *h, struct str content,
                               struct buf *room, struct str *ret_body);

/* request_feed - the application's bytes. */
void request_feed(struct conn *c, struct str in);

/*
 * request_resume - all responses have come, and none of them ended HTTP: what
 * waits behind the request for an upgrade is a request.
 */
void request_resume(struct conn *c);

/* response_feed - the network's bytes; response_eof - there are no more. */
void response_feed(struct conn *c, struct str in);
void response_eof(struct conn *c);

#endif
