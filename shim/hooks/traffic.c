/*
 * The bytes of a session: a TLS object and the engine's connection beside it.
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
 * A blocked client gets nothing from the network any more, so it is woken
 * through its socket (net.c). Where the socket is not known, the session fails
 * instead: an error reaches the application at once, an answer might not.
 */
#include "hooks/session.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#include "hooks/hosts.h"
#include "hooks/load.h"
#include "hooks/marker.h"
#include "hooks/net.h"
#include "hooks/note.h"
#include "hooks/record.h"
#include "hooks/traffic.h"
#include "hooks/unseen.h"

/* --- the engine's side --------------------------------------------------- */

/* What the application may read now. Under the lock. */
static struct str queue(const struct session *s)
{
    return s->conn ? s->api->conn_ready(s->conn, DIR_RECV) : s->answer;
}

size_t traffic_take(struct session *s, void *p, size_t n, bool peek)
{
    struct str q;

    record_lock(s);
    q = str_head(queue(s), n > INT_MAX ? INT_MAX : n);
    if (q.len > 0)
        memcpy(p, q.ptr, q.len);
    if (q.len > 0 && !peek) {
        if (s->conn)
            s->api->conn_taken(s->conn, DIR_RECV, q.len);
        else
            s->answer = str_skip(s->answer, q.len);
    }
    record_unlock(s);
    return q.len;
}

size_t traffic_queued(struct session *s)
{
    size_t n;

    record_lock(s);
    n = queue(s).len;
    record_unlock(s);
    return n;
}

/* --- ends ---------------------------------------------------------------- */

static const char *why(const struct session *s)
{
    const char *text = s->conn ? s->api->conn_why(s->conn) : NULL;

    if (s->quic)
        return UNSEEN_QUIC;
    return text && *text ? text : "refused by sallyport";
}

int session_fail(struct session *s)
{
    int rc;

    record_lock(s);
    rc = s->tls->fail(s, why(s));
    record_unlock(s);
    return rc;
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
    record_locate(s);
    woken = s->fd >= 0 && net_wake(s->fd, s->carried);
    if (!woken)
        marker_add(&sallyport_marker.unwoken);
    if (writing && !woken)
        set_failed(s);
    else
        marker_add(&sallyport_marker.blocked);
}

/* --- feeding ------------------------------------------------------------- */

/* The connection in the engine; false if there is none to be had. */
static bool connected(struct session *s)
{
    struct peer peer = {.door = s->tls->door};

    if (s->conn || !s->api)
        return s->conn != NULL;
    record_locate(s);
    peer.host = s->tls->host(s);
    peer.port = s->port;
    peer.in_memory = s->tls->fd(s) < 0;
    s->conn = s->api->conn_new(s->engine, &peer);
    if (s->conn && s->tls->read)
        s->in = malloc(RECORD_IN);
    return s->conn && (s->in || !s->tls->read);
}

/* Whether the engine has nothing to say or send any more. Under the lock. */
static bool is_empty(const struct session *s)
{
    return !queue(s).len && !s->api->conn_ready(s->conn, DIR_SEND).len &&
           s->out_sent == s->out.len;
}

void traffic_settle(struct session *s, bool writing)
{
    enum conn_state st;

    record_lock(s);
    if (atomic_load(&s->state) != OPEN || !s->conn) {
        record_unlock(s);
        return;
    }
    st = s->api->conn_state(s->conn);
    if (s->elsewhere && st != CONN_PASS) {
        s->elsewhere = false;
        marker_add(&sallyport_marker.guarded);
    }
    if (st == CONN_BLOCKED)
        set_blocked(s, writing);
    else if (st == CONN_FAILED)
        set_failed(s);
    record_unlock(s);
}

static bool passes(const struct session *s)
{
    return atomic_load(&s->state) == OPEN && s->conn &&
           s->api->conn_state(s->conn) == CONN_PASS;
}

bool traffic_passes(struct session *s)
{
    bool yes;

    record_lock(s);
    yes = passes(s);
    record_unlock(s);
    return yes;
}

bool traffic_let_go(struct session *s)
{
    bool done;

    record_lock(s);
    done = passes(s) && s->owed == 0 && is_empty(s);
    if (done) {
        record_forget(s);
        record_pass(s);
    }
    record_unlock(s);
    return done;
}

/* What the engine made of the last bytes. */
static void settle(struct session *s, bool writing)
{
    traffic_settle(s, writing);
    (void)traffic_let_go(s);
}

bool traffic_waits(struct session *s)
{
    bool waits;

    record_lock(s);
    waits = s->conn && s->api->conn_ready(s->conn, DIR_SEND).len > 0;
    record_unlock(s);
    return waits;
}

/* Feeds one direction; errno stays. false: no memory, the session has failed.
 */
bool traffic_feed(struct session *s, enum dir dir, struct str plain)
{
    int saved = errno;
    bool ok;

    record_lock(s);
    ok = connected(s);
    if (!ok)
        set_failed(s);
    else if (dir == DIR_SEND)
        s->api->conn_send(s->conn, plain);
    else
        s->api->conn_recv(s->conn, plain);
    record_unlock(s);
    errno = saved;
    return ok;
}

void traffic_end(struct session *s, enum dir dir)
{
    bool *ended = dir == DIR_SEND ? &s->send_ended : &s->recv_ended;
    int saved = errno;

    record_lock(s);
    if (s->conn && !*ended)
        s->api->conn_end(s->conn, dir);
    *ended = true;
    record_unlock(s);
    errno = saved;
}

/* --- handshake ----------------------------------------------------------- */

void session_shaking(void)
{
    net_enter();
}

void session_shook(struct session *s, bool done)
{
    net_leave();
    if (!done || s->shaken)
        return;
    s->shaken = true;
    marker_add(&sallyport_marker.handshakes);
    record_lock(s);
    record_locate(s); /* a hello of a later handshake cannot be read */
    record_unlock(s);
}

/* What is left of the handshake: 1, or the real result that stopped it. */
static int shake(struct session *s)
{
    int rc;

    session_shaking();
    rc = s->tls->shake(s);
    session_shook(s, rc == 1);
    return rc;
}

/* --- writing ------------------------------------------------------------- */

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
    record_lock(s);
    if (s->conn) {
        q = str_head(s->api->conn_ready(s->conn, DIR_SEND), RECORD_OUT);
        more = q.len > 0;
        if (more && buf_add(&s->out, q))
            set_failed(s);
        s->api->conn_taken(s->conn, DIR_SEND, s->out.len);
    }
    record_unlock(s);
    return more && s->out.len > 0;
}

/* Sends all that may leave: 1, or the real result that stopped it. */
int traffic_flush(struct session *s)
{
    int rc;

    for (;;) {
        size_t left = s->out.len - s->out_sent;

        if (left == 0 && !refill(s))
            return 1;
        left = s->out.len - s->out_sent;
        net_enter();
        rc = s->tls->write(s, s->out.ptr + s->out_sent, left);
        net_leave();
        if (rc <= 0)
            return rc;
        s->out_sent += (size_t)rc;
    }
}

/* Without an engine: refuse by the host's name, or by the request's head. */
void traffic_judge_alone(struct session *s, struct str plain)
{
    struct str host;

    record_lock(s);
    record_locate(s); /* the port may be known only now */
    host = s->named ? s->tls->host(s) : hosts_of_request(plain, NULL);
    if (!load_refuses(host, s->port)) {
        record_pass(s);
    } else {
        s->answer = load_answer();
        set_blocked(s, /* writing */ true);
    }
    record_unlock(s);
}

/*
 * Feeds what the engine has not yet seen of this write. A repeated call may be
 * longer than the one it repeats; or, where the library takes writes in parts,
 * shorter: then more of the same bytes comes with the next.
 */
static bool feed_write(struct session *s, struct str plain)
{
    size_t seen = s->owed;

    if (plain.len <= seen)
        return true;
    s->owed = plain.len;
    if (s->api)
        return traffic_feed(s, DIR_SEND, str_skip(plain, seen));
    traffic_judge_alone(s, plain);
    return true;
}

/* The write has been taken whole. */
static int written(struct session *s, size_t n, size_t *ret_taken)
{
    s->owed -= n < s->owed ? n : s->owed;
    settle(s, true);
    *ret_taken = n;
    return 1;
}

int session_write(struct session *s, const void *p, size_t n, size_t *ret_taken)
{
    int rc, state = atomic_load(&s->state);

    if (state == OPEN && (rc = shake(s)) <= 0)
        return rc;
    if (n > INT_MAX)
        n = INT_MAX;
    if (state == OPEN) {
        if (feed_write(s, (struct str){p, n}) && s->conn) {
            rc = traffic_flush(s);
            settle(s, true);
            state = atomic_load(&s->state);
            if (state == OPEN && rc <= 0)
                return rc;
        }
    }
    state = atomic_load(&s->state);
    if (state == FAILED)
        return session_fail(s);
    if (state == PASS) {
        rc = s->tls->write(s, p, n);
        *ret_taken = rc > 0 ? (size_t)rc : 0;
        return rc > 0 ? 1 : rc;
    }
    return written(s, n, ret_taken);
}

/* --- reading ------------------------------------------------------------- */

/* The real read of at most n bytes, and what it brings to the engine. */
static int pull(struct session *s, size_t n)
{
    int rc;

    net_enter();
    rc = s->tls->read(s, s->in, n < RECORD_IN ? n : RECORD_IN);
    net_leave();
    if (rc > 0 && traffic_feed(s, DIR_RECV, (struct str){s->in, (size_t)rc})) {
        if (s->owed == 0)
            (void)traffic_flush(s); /* the engine's own word to the network */
        settle(s, false);
    }
    return rc;
}

/*
 * The real read stopped. At the end of the stream what the engine held back is
 * let out first: true if there is something. The error that came with the end
 * is put aside, to be shown when the application asks again. That it asks is
 * not certain: the library has read the peer's end, and a peer that keeps its
 * socket open leaves nothing to poll for. So the socket is made to tell.
 */
static bool tail(struct session *s, int *rc)
{
    int saved = errno;
    bool more = false;

    if (!s->recv_ended && s->tls->is_final(s, *rc)) {
        traffic_end(s, DIR_RECV);
        more = traffic_queued(s) > 0;
        if (more) {
            s->tls->keep_end(s, *rc);
            record_lock(s);
            record_locate(s);
            record_unlock(s);
            (void)net_wake(s->fd, /* carried */ false);
        }
        settle(s, false);
    } else if (s->end_code) {
        *rc = s->tls->again_end(s, *rc);
    }
    errno = saved;
    return more;
}

static int real_read(struct session *s, void *p, size_t n, bool peek)
{
    size_t len = n > INT_MAX ? INT_MAX : n;
    int rc;

    net_enter();
    rc = peek ? s->tls->peek(s, p, len) : s->tls->read(s, p, len);
    net_leave();
    return rc;
}

/* Before the first bytes of a connection there may be no engine's side yet. */
static bool ready_to_pull(struct session *s)
{
    bool ok;

    record_lock(s);
    ok = connected(s);
    if (!ok)
        set_failed(s);
    record_unlock(s);
    return ok;
}

int session_read(struct session *s, void *p, size_t n, bool peek)
{
    for (;;) {
        size_t got = traffic_take(s, p, n, peek);
        int state = atomic_load(&s->state), rc;

        if (got > 0)
            return (int)got;
        if (state == BLOCKED)
            return s->tls->clean_end(s, p, n > INT_MAX ? INT_MAX : n);
        if (state == FAILED)
            return session_fail(s);
        if (state == PASS || !s->api)
            return real_read(s, p, n, peek);
        if (!s->conn && (rc = shake(s)) <= 0)
            return rc;
        if (!ready_to_pull(s))
            continue;
        if (s->owed == 0)
            (void)traffic_flush(
                s); /* what the engine let go since the last write */
        rc = pull(s, RECORD_IN);
        if (rc <= 0 && !tail(s, &rc))
            return rc;
    }
}

size_t session_pending(struct session *s)
{
    size_t n = traffic_queued(s);
    size_t more;

    while (n == 0 && atomic_load(&s->state) == OPEN && s->conn &&
           (more = s->tls->pending(s)) > 0 && pull(s, more) > 0)
        n = traffic_queued(s);
    if (n > 0 || atomic_load(&s->state) == BLOCKED)
        return n;
    return s->conn ? 0 : s->tls->pending(s);
}

/* --- closing, refusing --------------------------------------------------- */

int session_close(struct session *s)
{
    int state = atomic_load(&s->state);

    if (state == BLOCKED) {
        /* Do not let the library look for the peer's end: see net_wake. */
        s->tls->closing(s);
        return 1;
    }
    if (state != OPEN || !s->conn)
        return 1;
    traffic_end(s, DIR_SEND);
    return traffic_flush(s);
}

bool session_refuses(struct session *s, struct str plain, const char *what)
{
    struct uncovered u = {
        .exe = load_program(),
        .reason = what,
        .refused = !load_monitors(),
    };

    if (!session_guards(s) && !load_watches(hosts_of_request(plain, NULL))) {
        record_lock(s);
        record_pass(s); /* its first head, which names no other host */
        record_unlock(s);
        return false;
    }
    (void)!note_uncovered(load_audit(), &u);
    return u.refused;
}

int session_refuse(struct session *s, const char *what)
{
    return s->tls->fail(s, what);
}
