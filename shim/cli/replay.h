#ifndef SP_CLI_REPLAY_H
#define SP_CLI_REPLAY_H

#include "flow/api.h"
#include "base/buf.h"

/*
 * Bytes through an engine as a hook would move them: the request, then the
 * response, then both ends.
 */

/* How the bytes are cut into pieces. Zeroed: not at all. */
struct cuts {
    size_t step;   /* pieces of so many bytes; 0: no such cut        */
    bool random;   /* pieces of random size                          */
    uint64_t seed; /* of random                                      */
    size_t send_at, recv_at; /* one cut at this byte of the request, or of
                             the response; 0: none                           */
};

/* request_host - the value of its first Host field; empty if there is none. */
struct str request_host(struct str request);

/* peer_from - HOST, HOST:PORT, [V6]:PORT; borrowed. False where it is none. */
bool peer_from(struct str text, struct peer *ret_peer);

struct drive {
    const struct engine_api *api;
    struct engine *engine;
    struct peer peer;
    struct str request, response;
};

struct outcome {
    struct buf net, app; /* what the server and what the program would get */
    enum conn_state state;
    char why[512]; /* of a blocked or failed connection */
};

void outcome_init(struct outcome *o);
void outcome_free(struct outcome *o);

/* drive_run - one connection. *o is emptied first. E_NOMEM, E_LIMIT. */
MUST_USE enum err drive_run(const struct drive *d, const struct cuts *cuts,
                            struct outcome *o);

/*
 * outcome_same - equal bytes and state, but for exchange ids, which differ by
 * design.
 */
bool outcome_same(const struct outcome *a, const struct outcome *b);

#endif
