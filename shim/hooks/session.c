/*
 * The life of a session's record.
 *
 * A TLS object gets one at the first call that concerns us. Whether it is
 * guarded is decided at the first handshake, read or write: by then the
 * program has told the object which side it is and which host it wants. The
 * record ends with the object: libssl tells by the free callback of an ex_data
 * slot, however the object goes.
 */
#include "hooks/session.h"

#include <stdlib.h>

#include "hooks/hello.h"
#include "hooks/load.h"
#include "hooks/marker.h"
#include "hooks/net.h"
#include "hooks/real.h"
#include "hooks/record.h"

/* --- sockets ------------------------------------------------------------- */

static void seek_end(struct session *s)
{
    if (s->seeking)
        net_seek(-1);
    s->seeking = false;
}

/* Which socket carries the session: asked while its first hello counts. */
void record_locate(struct session *s)
{
    unsigned char random[HELLO_RANDOM];
    struct net_hello hello;

    if (s->fd >= 0)
        return;
    s->fd = s->lib->get_rfd(s->ssl);
    if (s->seeking && s->lib->client_random &&
        s->lib->client_random(s->ssl, random, sizeof(random)) ==
            sizeof(random) &&
        net_find(random, &hello) && (s->fd < 0 || s->fd == hello.fd)) {
        s->carried = s->fd < 0 && hello.carried;
        s->port = hello.port;
        s->fd = hello.fd;
    }
    if (s->fd >= 0)
        seek_end(s);
}

/* --- deciding ------------------------------------------------------------ */

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

/*
 * Whether the session's bytes are looked at: all of them, or, elsewhere, the
 * first head.
 */
static bool watched(struct session *s)
{
    struct str host = str_of(s->lib->get_servername(s->ssl, NAME_HOST));
    int fd = s->lib->get_rfd(s->ssl);

    s->named = host.len > 0;
    s->port = net_port(fd);
    s->api = load_engine(&s->engine);
    s->elsewhere = s->api && !s->api->engine_watches(s->engine, host, s->port);
    if (s->elsewhere || (!s->api && s->named && !load_refuses(host, s->port)))
        return s->elsewhere;
    if (s->named)
        narrow_alpn(s);
    if (fd < 0) {
        s->seeking = true;
        net_seek(1);
    }
    return true;
}

void record_pass(struct session *s)
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

    record_lock(s);
    if (atomic_load(&s->state) != NEW) {
        record_unlock(s);
        return;
    }
    if (!lib->usable || (lib->is_dtls && lib->is_dtls(s->ssl)) ||
        (!connects && lib->is_server && lib->is_server(s->ssl)) ||
        !watched(s)) {
        record_pass(s);
    } else {
        if (!s->elsewhere)
            marker_add(&sallyport_marker.guarded);
        atomic_store(&s->state, OPEN);
    }
    record_unlock(s);
}

/* --- records ------------------------------------------------------------- */

static struct session *record(const void *ssl)
{
    return (struct session *)(void *)table_find(ssl); /* node comes first */
}

/* Back to an object of which nothing is known but its protocol list. */
void record_forget(struct session *s)
{
    if (s->conn)
        s->api->conn_free(s->conn);
    s->conn = NULL;
    s->answer = (struct str){NULL, 0};
    buf_wipe_free(&s->out);
    if (s->in)
        explicit_bzero(s->in, RECORD_IN);
    free(s->in);
    s->in = NULL;
    s->out_sent = s->owed = 0;
    s->recv_ended = s->send_ended = s->shaken = false;
    s->end_code = 0;
    seek_end(s);
    if (s->carried)
        net_forget(s->fd);
    s->carried = false;
    s->port = 0;
    s->fd = -1;
}

static void destroy(struct session *s)
{
    record_forget(s);
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
    buf_init(&s->out, RECORD_OUT);
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

    return state != PASS && state != NEW && !(s->elsewhere && !s->conn);
}

void session_reset(struct session *s)
{
    record_lock(s);
    record_forget(s);
    atomic_store(&s->state, NEW);
    record_unlock(s);
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

/* --- protocol lists ------------------------------------------------------ */

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
    record_lock(s);
    s->alpn = list_narrows(list) ? ALPN_H2 : ALPN_OTHER;
    record_unlock(s);
}

void session_ctx_alpn(const struct lib *lib, struct ssl_ctx_st *ctx,
                      struct str list)
{
    static char mark;

    if (lib->alpn_slot >= 0)
        (void)lib->ctx_set_ex(ctx, lib->alpn_slot,
                              list_narrows(list) ? &mark : NULL);
}

/* --- fork ---------------------------------------------------------------- */

static void node_lock(struct node *n)
{
    record_lock((struct session *)(void *)n);
}

static void node_unlock(struct node *n)
{
    record_unlock((struct session *)(void *)n);
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
