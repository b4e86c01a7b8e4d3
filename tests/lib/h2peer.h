#ifndef SP_TESTS_H2PEER_H
#define SP_TESTS_H2PEER_H

/*
 * Both ends of a connection of HTTP/2, with a conn between them: an application
 * and a server, each a session of libnghttp2 that knows nothing of the other.
 */

#include <nghttp2/nghttp2.h>

#include "flow/conn.h"

#define H2_MOST 128

/* What a stream has said, or heard. */
struct h2_said {
    struct buf head; /* lines "name: value\n", pseudo-headers too */
    struct buf body;
    struct buf tail; /* trailers, as head */
    unsigned interim;
    bool headed; /* its head is complete, and not an interim one */
    bool ended, closed;
    uint32_t code; /* of closed */
};

struct h2_world;

/* A request; zeroed strings are left out. */
struct h2_ask {
    const char *method, *path, *authority, *scheme;
    const char *fields[8]; /* name, value, ... */
    struct str body;
    const char *tail[4]; /* trailers */
    bool open;           /* the end is not said: h2_world_end does */
    bool late_end;       /* the end comes in a DATA frame of its own */
};

/* What the server is to answer, at the end of a request or its head. */
struct h2_answer {
    const char *status;
    const char *fields[8];
    struct str body;
    const char *tail[4];
    bool early;     /* once the head has come               */
    bool silent;    /* not at all                           */
    bool open;      /* without an end                       */
    uint32_t reset; /* instead of an end                    */
    unsigned interim;
    size_t piece; /* content in frames of so many bytes   */
};

typedef const struct h2_answer *h2_answers(const struct h2_said *request,
                                           int32_t id);

struct h2_side {
    struct h2_world *world;
    nghttp2_session *session;
    struct h2_said said[H2_MOST]; /* received, by (id - 1) / 2   */
    const void *message[H2_MOST]; /* sent: struct h2_ask, h2_answer */
    size_t sent[H2_MOST];
    struct buf wire; /* all it wrote */
    int32_t last;
    uint32_t goaway; /* code + 1 */
    unsigned pings;
    bool stalled; /* gives no window back */
};

struct h2_world {
    struct conn *conn;
    struct h2_side app, net;
    h2_answers *answers;
    size_t every; /* pieces in which bytes are moved; 0: whole */
    bool deaf;    /* the server is not heard                    */
    size_t
        out_of_turn; /* calls for one side that said something to the other */
    size_t most;     /* the largest queue towards either side      */
    nghttp2_settings_entry settings[4]; /* of the server; id 0 ends */
};

/* eng, host: as for a scene. The server answers as `answers` says. */
void h2_world_begin(struct h2_world *w, struct engine *eng, const char *host,
                    h2_answers *answers);
/* h2_world_ask - the stream's number, counted from 0. */
size_t h2_world_ask(struct h2_world *w, const struct h2_ask *ask);
/* h2_world_run - until nobody has anything to say. */
void h2_world_run(struct h2_world *w);
/* h2_world_end - the network ends. */
void h2_world_end(struct h2_world *w);
void h2_world_free(struct h2_world *w);

#endif
