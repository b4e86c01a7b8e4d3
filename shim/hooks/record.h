#ifndef SP_HOOKS_RECORD_H
#define SP_HOOKS_RECORD_H

#include <pthread.h>

#include "base/buf.h"
#include "base/limits.h"
#include "flow/api.h"
#include "hooks/lib.h"
#include "hooks/table.h"
#include "hooks/tls.h"

/*
 * The inside of a session's record, shared by the two files that work on it:
 * session.c (its life) and traffic.c (its bytes).
 *
 *   NEW --> PASS      a server, or no LLM host: the real functions from now on
 *    |       ^
 *    v       |        (the engine sees the first bytes and finds no LLM route)
 *   OPEN ----+--> BLOCKED    an answer is in the queue, then a clean end
 *             \-> FAILED     every call puts our error in the queue
 */
#define RECORD_IN   (16 * KIB)  /* the largest TLS record                   */
#define RECORD_OUT  (256 * KIB) /* handed to the library at once            */
#define RECORD_ALPN 264         /* eight names of 32: what GnuTLS takes */
#define RECORD_SNI  256         /* a name in DNS has 253 characters         */

enum state {
    NEW,
    PASS,
    OPEN,
    BLOCKED,
    FAILED
};
enum alpn {
    ALPN_UNSET,
    ALPN_OTHER,
    ALPN_H2, /* and http/1.1: there is a choice */
    ALPN_H3, /* over QUIC                       */
};

struct session {
    struct node node; /* key: the TLS object            */
    void *object;
    struct lib *lib;
    const struct tls *tls; /* the library's        */
    _Atomic int state;
    bool slotted;  /* its end is told by the ex_data slot */
    bool connects; /* its first call was SSL_connect      */

    pthread_mutex_t lock; /* for what follows */
    enum alpn alpn;
    struct buf alpn_list; /* GnuTLS: kept until the handshake, as in RFC 7301;
                             empty: none */
    unsigned alpn_flags;  /* given with it */
    bool narrowed;        /* and it is to be without h2 */
    struct buf sni;       /* GnuTLS: as the program set it   */
    const struct engine_api *api; /* NULL: refuse without an engine */
    struct engine *engine;
    struct conn *conn; /* made when the first bytes come */
    bool named;        /* the host is known              */
    bool elsewhere;    /* it is not watched; the first
                          request may name another       */
    uint16_t port;     /* the host's; 0: not known       */
    struct str answer; /* the rest of load_answer        */
    bool quic;         /* refused for its protocol       */

    char *in;
    struct buf out; /* what the library is sending    */
    size_t out_sent;
    size_t owed;  /* bytes fed of a write that is not yet reported */
    bool stopped; /* GnuTLS: the library has more of it to send   */

    bool recv_ended, send_ended;
    long end_code; /* the error at whose place a tail went out */

    int fd; /* -1: not known      */
    bool carried, seeking, shaken;
};

static inline void record_lock(struct session *s)
{
    pthread_mutex_lock(&s->lock);
}

static inline void record_unlock(struct session *s)
{
    pthread_mutex_unlock(&s->lock);
}

/*
 * record_locate - find out which socket carries the session, if that is not
 * known: fd, carried, port. Once the handshake is under way. Under the lock.
 */
void record_locate(struct session *s);

/* record_pass - the real functions from now on. Under the lock. */
void record_pass(struct session *s);

/*
 * record_forget - back to an object of which nothing is known but its protocol
 * list; the state is the caller's to set. Under the lock.
 */
void record_forget(struct session *s);

#endif
