/*
 * One TLS object and the engine's connection beside it.
 *
 *   application            session                          real library
 *   write(p, n) --copy--> conn: parse, judge, edit
 *                           | conn_ready(SEND)
 *                           v
 *                          out (stable) -------------------> SSL_write
 *   read(p, n) <--------- conn_ready(RECV)
 *                           ^ conn: parse, judge, edit
 *                           +-- in ------------------------- SSL_read
 *
 * Writing. A write is fed once, and reported as a whole once everything that
 * may leave has left. If the real call cannot go on (WANT_WRITE), the write is
 * *held*: the application repeats it with the same bytes, and we only continue
 * to send. OpenSSL insists that a repeated call brings the same buffer, and a
 * read in between may change the engine's queue; so what is being sent lies in
 * `out`, whose address, length and bytes stay until the library took them.
 *
 * Reading. Our queue first; else the real call into `in`, and on until there
 * is output or the real call stops. What it then said is returned as it is: no
 * state is ever shown that the library is not in.
 *
 * Life of a record:
 *
 *   NEW --> PASS      a server, or no LLM host: the real functions from now on
 *    |       ^
 *    v       |        (the engine sees the first bytes and finds no LLM route)
 *   OPEN ----+--> BLOCKED    an answer is in the queue, then a clean end
 *             \-> FAILED     every call puts our error in the queue
 *
 * A blocked client gets nothing from the network any more, so it is woken
 * through its socket (net.c). Where the socket is not known, the session fails
 * instead: an error reaches the application at once, an answer might not.
 */
#include "hooks/session.h"

#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/buf.h"
#include "base/limits.h"
#include "hooks/hello.h"
#include "hooks/hosts.h"
#include "hooks/load.h"
#include "hooks/marker.h"
#include "hooks/net.h"
#include "hooks/real.h"
#include "hooks/table.h"

#define IN_SIZE  (16 * KIB)  /* the largest TLS record                      */
#define OUT_SIZE (256 * KIB) /* handed to the library at once: see refill   */

#define RECEIVED_SHUTDOWN 2 /* SSL_RECEIVED_SHUTDOWN                        */
#define NAME_HOST         0 /* TLSEXT_NAMETYPE_host_name                    */

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
    ALPN_H2
};

struct session {
    struct node node; /* key: the TLS object            */
    struct ssl_st *ssl;
    struct lib *lib;
    _Atomic int state;
    bool slotted; /* its end is told by the ex_data slot */

    pthread_mutex_t lock; /* for what follows */
    enum alpn alpn;
    const struct engine_api *api; /* NULL: refuse without an engine */
    struct engine *engine;
    struct conn *conn; /* made when the first bytes come */
    bool named;        /* the host is known              */
    struct str answer; /* the rest of load_answer        */

    char *in;
    struct buf out; /* what the library is sending    */
    size_t out_sent;
    bool held; /* a write that is not yet reported */
    size_t held_len;

    bool recv_ended, send_ended;
    unsigned long end_code; /* the error at whose place a tail went out */

    int fd; /* -1: not known      */
    bool carried, seeking, shaken;
};

/* --- the engine's side
 * ------------------------------------------------------------ */

static void lock(struct session *s)
{
    pthread_mutex_lock(&s->lock);
}

static void unlock(struct session *s)
{
    pthread_mutex_unlock(&s->lock);
}

/* What the application may read now. Under the lock. */
static struct str queue(const struct session *s)
{
    return s->conn ? s->api->conn_ready(s->conn, DIR_RECV) : s->answer;
}

static size_t take(struct session *s, void *p, size_t n, bool peek)
{
    struct str q;

    lock(s);
    q = str_head(queue(s), n > INT_MAX ? INT_MAX : n);
    if (q.len > 0)
        memcpy(p, q.ptr, q.len);
    if (q.len > 0 && !peek) {
        if (s->conn)
            s->api->conn_taken(s->conn, DIR_RECV, q.len);
        else
            s->answer = str_skip(s->answer, q.len);
    }
    unlock(s);
    return q.len;
}

static size_t queued(struct session *s)
{
    size_t n;

    lock(s);
    n = queue(s).len;
    unlock(s);
    return n;
}

/* --- sockets
 * ------------------------------------------------------------------------ */

static void seek_end(struct session *s)
{
    if (s->seeking)
        net_seek(-1);
    s->seeking = false;
}

/* Which socket carries the session: asked while its first hello counts. */
static void locate(struct session *s)
{
    unsigned char random[HELLO_RANDOM];

    if (s->fd >= 0)
        return;
    s->fd = s->lib->get_rfd(s->ssl);
    if (s->fd < 0 && s->lib->client_random &&
        s->lib->client_random(s->ssl, random, sizeof(random)) == sizeof(random))
        s->fd = net_find(random, &s->carried);
    if (s->fd >= 0)
        seek_end(s);
}

static uint16_t port_of(int fd)
{
    struct sockaddr_storage a;
    socklen_t len = sizeof(a);

    if (fd < 0 || getpeername(fd, (struct sockaddr *)&a, &len))
        return 0;
    if (a.ss_family == AF_INET)
        return ntohs(((const struct sockaddr_in *)(const void *)&a)->sin_port);
    if (a.ss_family == AF_INET6)
        return ntohs(
            ((const struct sockaddr_in6 *)(const void *)&a)->sin6_port);
    return 0;
}

/* --- deciding
 * ------------------------------------------------------------------------ */

/* Drops h2 where the client offered it beside http/1.1. */
static void narrow_alpn(struct session *s)
{
    static const unsigned char http1[] = "\x08http/1.1";
    struct lib *lib = s->lib;
    bool h2 = s->alpn == ALPN_H2;

    if (s->alpn == ALPN_UNSET && lib->get_ctx && lib->alpn_slot >= 0)
        h2 = lib->ctx_get_ex(lib->get_ctx(s->ssl), lib->alpn_slot) != NULL;
    if (h2 && lib->set_alpn)
        (void)lib->set_alpn(s->ssl, http1, sizeof(http1) - 1);
}

static bool watched(struct session *s)
{
    struct str host = str_of(s->lib->get_servername(s->ssl, NAME_HOST));
    int fd = s->lib->get_rfd(s->ssl);

    s->named = host.len > 0;
    s->api = load_engine(&s->engine);
    if (s->api ? !s->api->engine_watches(s->engine, host, port_of(fd))
               : s->named && !load_refuses(host))
        return false;
    if (s->named)
        narrow_alpn(s);
    if (fd < 0) {
        s->seeking = true;
        net_seek(1);
    }
    return true;
}

static void pass(struct session *s)
{
    marker_add(&sallyport_marker.passed);
    seek_end(s);
    atomic_store(&s->state, PASS);
}

/* An object without a method for one side counts as a server until it is told
 * otherwise: SSL_connect does so inside. */
static void decide(struct session *s, bool connects)
{
    const struct lib *lib = s->lib;

    lock(s);
    if (atomic_load(&s->state) != NEW) {
        unlock(s);
        return;
    }
    if (!lib->usable || (lib->is_dtls && lib->is_dtls(s->ssl)) ||
        (!connects && lib->is_server && lib->is_server(s->ssl)) ||
        !watched(s)) {
        pass(s);
    } else {
        marker_add(&sallyport_marker.guarded);
        atomic_store(&s->state, OPEN);
    }
    unlock(s);
}

/* --- records
 * -------------------------------------------------------------------------- */

static struct session *record(const void *ssl)
{
    return (struct session *)(void *)table_find(ssl); /* node comes first */
}

/* Back to an object of which nothing is known but its protocol list. */
static void forget(struct session *s)
{
    if (s->conn)
        s->api->conn_free(s->conn);
    s->conn = NULL;
    s->answer = (struct str){NULL, 0};
    buf_wipe_free(&s->out);
    if (s->in)
        explicit_bzero(s->in, IN_SIZE);
    free(s->in);
    s->in = NULL;
    s->out_sent = s->held_len = 0;
    s->held = s->recv_ended = s->send_ended = s->shaken = false;
    s->end_code = 0;
    seek_end(s);
    if (s->carried)
        net_forget(s->fd);
    s->carried = false;
    s->fd = -1;
}

static void destroy(struct session *s)
{
    forget(s);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

static struct session *create(struct ssl_st *ssl, struct lib *lib)
{
    struct session *s = calloc(1, sizeof(*s)), *there;

    if (!s)
        return NULL;
    s->node.key = s->ssl = ssl;
    s->lib = lib;
    s->fd = -1;
    buf_init(&s->out, OUT_SIZE);
    pthread_mutex_init(&s->lock, NULL);
    there = (struct session *)(void *)table_add(&s->node);
    if (there != s) { /* another thread was first */
        destroy(s);
        return there;
    }
    s->slotted =
        lib->session_slot >= 0 && lib->set_ex(ssl, lib->session_slot, s) == 1;
    return s;
}

struct session *session_find(const struct call *call, struct lib **ret_lib)
{
    struct session *s = record(call->ssl);

    *ret_lib = s ? s->lib : lib_of(call->name, call->from);
    return s;
}

struct session *session_make(const struct call *call, struct lib **ret_lib)
{
    struct session *s = session_find(call, ret_lib);

    if (s || !*ret_lib || load_off())
        return s;
    return create(call->ssl, *ret_lib);
}

/* The session if it is guarded, decided now if it was not yet. */
static struct session *guarded(struct session *s, bool connects)
{
    int state = atomic_load_explicit(&s->state, memory_order_acquire);

    if (state == NEW) {
        decide(s, connects);
        state = atomic_load(&s->state);
    }
    return state == PASS ? NULL : s;
}

static bool is_inner(const struct lib *lib, const void *from)
{
    return lib_calls(lib, from) || real_is_self(from);
}

struct session *session_enter(const struct call *call, struct lib **ret_lib)
{
    struct session *s = session_make(call, ret_lib);

    if (!s) {
        if (!load_off()) /* no memory for a record: nothing may pass unseen */
            *ret_lib = NULL;
        return NULL;
    }
    if (atomic_load_explicit(&s->state, memory_order_acquire) == PASS)
        return NULL;
    /* The library goes on within a function that was hooked already. */
    if (atomic_load(&s->state) != NEW && is_inner(s->lib, call->from))
        return NULL;
    return guarded(s, call->connects);
}

struct session *session_enter_lib(struct ssl_st *ssl, struct lib *lib)
{
    struct session *s = record(ssl);

    if (!s && !(s = create(ssl, lib)))
        return NULL;
    return guarded(s, false);
}

bool session_guards(const struct session *s)
{
    int state = s ? atomic_load(&s->state) : PASS;

    return state != PASS && state != NEW;
}

void session_reset(struct session *s)
{
    lock(s);
    forget(s);
    atomic_store(&s->state, NEW);
    unlock(s);
}

void session_drop(struct session *s)
{
    if (!s->slotted && table_remove(&s->node))
        destroy(s);
}

int session_ex_dup(void *to, const void *from, void *from_d, int index,
                   long argl, void *argp)
{
    (void)to, (void)from, (void)index, (void)argl, (void)argp;
    *(void **)from_d = NULL; /* the copy gets a record of its own */
    return 1;
}

void session_ex_free(void *parent, void *ptr, void *ad, int index, long argl,
                     void *argp)
{
    struct session *s = ptr;

    (void)parent, (void)ad, (void)index, (void)argl, (void)argp;
    if (s && table_remove(&s->node))
        destroy(s);
}

/* --- ends
 * ------------------------------------------------------------------------------
 */

static const char *why(const struct session *s)
{
    const char *text = s->conn ? s->api->conn_why(s->conn) : NULL;

    return text && *text ? text : "refused by sallyport";
}

static int fail(struct session *s)
{
    lock(s);
    lib_raise(s->lib, why(s));
    unlock(s);
    return -1;
}

static void set_failed(struct session *s)
{
    if (atomic_exchange(&s->state, FAILED) != FAILED)
        marker_add(&sallyport_marker.failed);
}

/*
 * The answer is in the queue. A reader is there already; a writer goes on to
 * wait for its socket.
 */
static void set_blocked(struct session *s, bool writing)
{
    bool woken;

    if (atomic_exchange(&s->state, BLOCKED) == BLOCKED)
        return;
    locate(s);
    woken = s->fd >= 0 && net_wake(s->fd, s->carried);
    if (!woken)
        marker_add(&sallyport_marker.unwoken);
    if (writing && !woken)
        set_failed(s);
    else
        marker_add(&sallyport_marker.blocked);
}

/* The real library says that the peer has closed. */
static int clean_end(struct session *s, void *p, size_t n)
{
    struct lib *lib = s->lib;

    lib->set_shutdown(s->ssl, lib->get_shutdown(s->ssl) | RECEIVED_SHUTDOWN);
    return lib->read(s->ssl, p, n > INT_MAX ? INT_MAX : (int)n);
}

/* --- feeding
 * -----------------------------------------------------------------------------
 */

/* The connection in the engine; false if there is none to be had. */
static bool connected(struct session *s)
{
    struct peer peer = {.door = "openssl"};

    if (s->conn || !s->api)
        return s->conn != NULL;
    locate(s);
    peer.host = str_of(s->lib->get_servername(s->ssl, NAME_HOST));
    peer.port = port_of(s->fd);
    s->conn = s->api->conn_new(s->engine, &peer);
    s->in = s->conn ? malloc(IN_SIZE) : NULL;
    return s->in != NULL;
}

/* Whether the engine has nothing to say or send any more. Under the lock. */
static bool is_empty(const struct session *s)
{
    return !queue(s).len && !s->api->conn_ready(s->conn, DIR_SEND).len &&
           s->out_sent == s->out.len;
}

/* What the engine made of the last bytes. */
static void settle(struct session *s, bool writing)
{
    enum conn_state st;
    bool done;

    lock(s);
    if (atomic_load(&s->state) != OPEN || !s->conn) {
        unlock(s);
        return;
    }
    st = s->api->conn_state(s->conn);
    done = st == CONN_PASS && !s->held && is_empty(s);
    if (st == CONN_BLOCKED)
        set_blocked(s, writing);
    else if (st == CONN_FAILED)
        set_failed(s);
    if (done) {
        forget(s);
        pass(s);
    }
    unlock(s);
}

/* Feeds one direction; errno stays. false: no memory, the session has failed.
 */
static bool feed(struct session *s, enum dir dir, struct str plain)
{
    int saved = errno;
    bool ok;

    lock(s);
    ok = connected(s);
    if (!ok)
        set_failed(s);
    else if (dir == DIR_SEND)
        s->api->conn_send(s->conn, plain);
    else
        s->api->conn_recv(s->conn, plain);
    unlock(s);
    errno = saved;
    return ok;
}

static void end(struct session *s, enum dir dir)
{
    bool *ended = dir == DIR_SEND ? &s->send_ended : &s->recv_ended;
    int saved = errno;

    lock(s);
    if (s->conn && !*ended)
        s->api->conn_end(s->conn, dir);
    *ended = true;
    unlock(s);
    errno = saved;
}

/* --- handshake
 * -----------------------------------------------------------------------------
 */

int session_handshake(struct session *s, int (*real)(struct ssl_st *))
{
    int rc;

    net_enter();
    rc = real(s->ssl);
    net_leave();
    if (rc == 1 && !s->shaken) {
        s->shaken = true;
        marker_add(&sallyport_marker.handshakes);
    }
    return rc;
}

/* --- writing
 * --------------------------------------------------------------------------------
 */

/*
 * Moves the next bytes from the engine's queue to `out`, which is empty. In
 * large pieces: each costs the queue a move of its rest.
 */
static bool refill(struct session *s)
{
    struct str q;
    bool more = false;

    s->out_sent = 0;
    buf_clear(&s->out);
    lock(s);
    if (s->conn) {
        q = str_head(s->api->conn_ready(s->conn, DIR_SEND), OUT_SIZE);
        more = q.len > 0;
        if (more && buf_add(&s->out, q))
            set_failed(s);
        s->api->conn_taken(s->conn, DIR_SEND, s->out.len);
    }
    unlock(s);
    return more && s->out.len > 0;
}

/* Sends all that may leave: 1, or the real result that stopped it. */
static int flush(struct session *s)
{
    int rc;

    for (;;) {
        size_t left = s->out.len - s->out_sent;

        if (left == 0 && !refill(s))
            return 1;
        left = s->out.len - s->out_sent;
        net_enter();
        rc = s->lib->write(s->ssl, s->out.ptr + s->out_sent, (int)left);
        net_leave();
        if (rc <= 0)
            return rc;
        s->out_sent += (size_t)rc;
    }
}

/* Without an engine: refuse by the host's name, or by the request's head. */
static void judge_alone(struct session *s, struct str plain)
{
    lock(s);
    if (!s->named && !load_refuses(hosts_of_request(plain))) {
        pass(s);
    } else {
        s->answer = load_answer();
        set_blocked(s, /* writing */ true);
    }
    unlock(s);
}

/* Feeds what the engine has not yet seen of this write. */
static bool feed_write(struct session *s, struct str plain)
{
    size_t seen = s->held ? s->held_len : 0;

    if (!s->held)
        s->held_len = 0;
    s->held = true;
    if (plain.len <= seen)
        return true;
    s->held_len = plain.len;
    if (s->api)
        return feed(s, DIR_SEND, str_skip(plain, seen));
    judge_alone(s, plain);
    return true;
}

/* The write has been taken whole. */
static int written(struct session *s, size_t n, size_t *ret_taken)
{
    s->held = false;
    settle(s, true);
    *ret_taken = n;
    return 1;
}

int session_write(struct session *s, const void *p, size_t n, size_t *ret_taken)
{
    struct lib *lib = s->lib;
    int rc, state = atomic_load(&s->state);

    if (state == OPEN && lib->is_init_finished &&
        !lib->is_init_finished(s->ssl) &&
        (rc = session_handshake(s, lib->do_handshake)) <= 0)
        return rc;
    if (n > INT_MAX)
        n = INT_MAX;
    if (state == OPEN && n > 0) {
        if (feed_write(s, (struct str){p, n}) && s->conn) {
            rc = flush(s);
            settle(s, true);
            state = atomic_load(&s->state);
            if (state == OPEN && rc <= 0)
                return rc;
        }
    }
    state = atomic_load(&s->state);
    if (state == FAILED)
        return fail(s);
    if (state == PASS || n == 0) {
        rc = lib->write(s->ssl, p, (int)n);
        *ret_taken = rc > 0 ? (size_t)rc : 0;
        return rc > 0 ? 1 : rc;
    }
    return written(s, n, ret_taken);
}

/* --- reading
 * ----------------------------------------------------------------------------------
 */

/* The real read of at most n bytes, and what it brings to the engine. */
static int pull(struct session *s, size_t n)
{
    int rc;

    net_enter();
    rc = s->lib->read(s->ssl, s->in, (int)(n < IN_SIZE ? n : IN_SIZE));
    net_leave();
    if (rc > 0 && feed(s, DIR_RECV, (struct str){s->in, (size_t)rc}))
        settle(s, false);
    return rc;
}

/* Errors after which nothing more will come (ssl.h). */
static bool is_final(int error)
{
    return error == 1 /* SSL */ || error == 5 /* SYSCALL */ ||
           error == 6 /* ZERO_RETURN */;
}

/*
 * The real read stopped. At the end of the stream what the engine held back is
 * let out first: true if there is something. The error that came with the end
 * is put aside, to be shown when the application asks again. That it asks is
 * not certain: the library has read the peer's end, and a peer that keeps its
 * socket open leaves nothing to poll for. So the socket is made to tell.
 */
static bool tail(struct session *s, int rc)
{
    const struct lib *lib = s->lib;
    int saved = errno;
    bool more = false;

    if (!s->recv_ended && is_final(lib->get_error(s->ssl, rc))) {
        end(s, DIR_RECV);
        more = queued(s) > 0;
        if (more && lib->err_last && lib->err_clear) {
            s->end_code = lib->err_last();
            lib->err_clear();
        }
        if (more) {
            locate(s);
            (void)net_wake(s->fd, /* carried */ false);
        }
        settle(s, false);
    } else if (s->end_code && lib->err_peek && !lib->err_peek()) {
        lib_raise_code(lib, s->end_code);
    }
    errno = saved;
    return more;
}

static int real_read(struct session *s, void *p, size_t n, bool peek)
{
    int len = n > INT_MAX ? INT_MAX : (int)n, rc;

    net_enter();
    rc = peek ? s->lib->peek(s->ssl, p, len) : s->lib->read(s->ssl, p, len);
    net_leave();
    return rc;
}

/* Before the first bytes of a connection there may be no engine's side yet. */
static bool ready_to_pull(struct session *s)
{
    bool ok;

    lock(s);
    ok = connected(s);
    if (!ok)
        set_failed(s);
    unlock(s);
    return ok;
}

int session_read(struct session *s, void *p, size_t n, bool peek)
{
    for (;;) {
        size_t got = take(s, p, n, peek);
        int state = atomic_load(&s->state), rc;

        if (got > 0)
            return (int)got;
        if (state == BLOCKED)
            return clean_end(s, p, n);
        if (state == FAILED)
            return fail(s);
        if (state == PASS || !s->api)
            return real_read(s, p, n, peek);
        if (!s->conn && s->lib->is_init_finished &&
            !s->lib->is_init_finished(s->ssl) &&
            (rc = session_handshake(s, s->lib->do_handshake)) <= 0)
            return rc;
        if (!ready_to_pull(s))
            continue;
        if (!s->held)
            (void)flush(s); /* what the engine let go since the last write */
        rc = pull(s, IN_SIZE);
        if (rc <= 0 && !tail(s, rc))
            return rc;
    }
}

size_t session_pending(struct session *s)
{
    size_t n = queued(s);
    int more;

    while (n == 0 && atomic_load(&s->state) == OPEN && s->conn &&
           (more = s->lib->pending(s->ssl)) > 0 && pull(s, (size_t)more) > 0)
        n = queued(s);
    if (n > 0 || atomic_load(&s->state) == BLOCKED)
        return n;
    more = s->conn ? 0 : s->lib->pending(s->ssl);
    return more > 0 ? (size_t)more : 0;
}

/* --- closing, refusing
 * ------------------------------------------------------------------------- */

int session_close(struct session *s)
{
    struct lib *lib = s->lib;
    int state = atomic_load(&s->state);

    if (state == BLOCKED) {
        /* Do not let the library look for the peer's end: see net_wake. */
        lib->set_shutdown(s->ssl,
                          lib->get_shutdown(s->ssl) | RECEIVED_SHUTDOWN);
        return 1;
    }
    if (state != OPEN || !s->conn)
        return 1;
    end(s, DIR_SEND);
    return flush(s);
}

void session_refuse(struct session *s, const char *what)
{
    lib_raise(s->lib, what);
}

/* --- protocol lists
 * ------------------------------------------------------------------------------
 */

/* Whether a list names this protocol (RFC 7301, 3.1: length, then name). */
static bool list_has(struct str list, struct str name)
{
    while (list.len > 0) {
        size_t n = (unsigned char)list.ptr[0];

        list = str_skip(list, 1);
        if (str_eq(str_head(list, n), name))
            return true;
        list = str_skip(list, n);
    }
    return false;
}

static bool list_narrows(struct str list)
{
    return list_has(list, STR("h2")) && list_has(list, STR("http/1.1"));
}

void session_alpn(struct session *s, struct str list)
{
    lock(s);
    s->alpn = list_narrows(list) ? ALPN_H2 : ALPN_OTHER;
    unlock(s);
}

void session_ctx_alpn(const struct lib *lib, struct ssl_ctx_st *ctx,
                      struct str list)
{
    static char mark;

    if (lib->alpn_slot >= 0)
        (void)lib->ctx_set_ex(ctx, lib->alpn_slot,
                              list_narrows(list) ? &mark : NULL);
}

/* --- fork
 * ------------------------------------------------------------------------------------------
 */

static void node_lock(struct node *n)
{
    lock((struct session *)(void *)n);
}

static void node_unlock(struct node *n)
{
    unlock((struct session *)(void *)n);
}

void session_fork_lock(void)
{
    table_fork_lock();
    table_each(node_lock);
}

void session_fork_unlock(void)
{
    table_each(node_unlock);
    table_fork_unlock();
}
