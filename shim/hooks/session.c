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
#include "hooks/unseen.h"

static struct table sessions;

/* --- sockets ------------------------------------------------------------- */

/* Which socket carries the session: asked while its first hello counts. */
void record_locate(struct session *s)
{
    unsigned char random[HELLO_RANDOM];
    struct net_hello hello;

    if (s->fd >= 0)
        return;
    s->fd = s->tls->fd(s);
    if (s->seeking && s->tls->random(s, random) && net_find(random, &hello) &&
        (s->fd < 0 || s->fd == hello.fd)) {
        s->carried = s->fd < 0 && hello.carried;
        s->port = hello.port;
        s->fd = hello.fd;
    }
    if (s->fd >= 0)
        s->seeking = false;
}

/* --- deciding ------------------------------------------------------------ */

/*
 * Whether the session's bytes are looked at: all of them, or, elsewhere, the
 * first head.
 */
static bool watched(struct session *s)
{
    struct str host = s->tls->host(s);
    int fd = s->tls->fd(s);

    s->named = host.len > 0;
    s->port = net_port(fd);
    s->api = load_engine(&s->engine);
    s->elsewhere = s->api && !s->api->engine_watches(s->engine, host, s->port);
    if (s->elsewhere || (!s->api && s->named && !load_refuses(host, s->port)))
        return s->elsewhere;
    if (s->named && !(s->api && s->api->engine_http2(s->engine)))
        s->tls->narrow(s);
    s->seeking = fd < 0;
    return true;
}

void record_pass(struct session *s)
{
    marker_add(&sallyport_marker.passed);
    s->seeking = false;
    atomic_store(&s->state, PASS);
}

#define PORT_HTTPS 443

/*
 * HTTP/3 to a watched host: its data will not come by us. Where it goes, a
 * datagram's address will tell; until then, to where HTTP/3 is spoken.
 */
static bool is_barred(struct session *s)
{
    struct str host = s->tls->host(s);

    s->quic = s->named && !s->elsewhere && s->tls->is_quic(s) &&
              load_watches_now(host, s->port ? s->port : PORT_HTTPS) &&
              unseen_refuses_quic(host);
    return s->quic;
}

static void decide(struct session *s, bool connects)
{
    record_lock(s);
    if (atomic_load(&s->state) != NEW) {
        record_unlock(s);
        return;
    }
    s->connects = connects;
    if (!s->lib->usable || !s->tls->is_client(s) || !watched(s)) {
        record_pass(s);
    } else if (is_barred(s)) {
        marker_add(&sallyport_marker.failed);
        atomic_store(&s->state, FAILED);
    } else {
        if (!s->elsewhere)
            marker_add(&sallyport_marker.guarded);
        atomic_store(&s->state, OPEN);
    }
    record_unlock(s);
}

/* --- records ------------------------------------------------------------- */

static struct session *record(const void *object)
{
    /* the node comes first */
    return (struct session *)(void *)table_find(&sessions, object);
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
    s->quic = false;
    s->out_sent = s->owed = 0;
    s->recv_ended = s->send_ended = s->shaken = s->stopped = false;
    s->end_code = 0;
    s->seeking = false;
    if (s->carried)
        net_forget(s->fd);
    s->carried = false;
    s->port = 0;
    s->fd = -1;
}

static void destroy(struct session *s)
{
    record_forget(s);
    buf_free(&s->sni);
    buf_free(&s->alpn_list);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

static struct session *create(void *object, struct lib *lib)
{
    struct session *s = calloc(1, sizeof(*s)), *there;

    if (!s)
        return NULL;
    s->node.key = s->object = object;
    s->lib = lib;
    s->tls = lib->tls;
    s->fd = -1;
    buf_init(&s->out, RECORD_OUT);
    buf_init(&s->sni, RECORD_SNI);
    buf_init(&s->alpn_list, RECORD_ALPN);
    pthread_mutex_init(&s->lock, NULL);
    there = (struct session *)(void *)table_add(&sessions, &s->node);
    if (there != s) { /* another thread was first */
        destroy(s);
        return there;
    }
    s->slotted = lib->session_slot >= 0 &&
                 lib->set_ex(object, lib->session_slot, s) == 1;
    return s;
}

struct session *session_find(const struct call *call, struct lib **ret_lib)
{
    struct session *s = record(call->object);

    *ret_lib = s ? s->lib : lib_of(call->name, call->from, call->object);
    return s;
}

struct session *session_make(const struct call *call, struct lib **ret_lib)
{
    struct session *s = session_find(call, ret_lib);

    if (s || !*ret_lib || load_off())
        return s;
    return create(call->object, *ret_lib);
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

/*
 * The library goes on within a function that was hooked already. One that lies
 * in the program is not told from it by return addresses, and does so in the
 * handshake only, where it does no harm.
 */
static bool is_inner(const struct lib *lib, const void *from)
{
    return !lib->patched && (lib_calls(lib, from) || real_is_self(from));
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
    if (atomic_load(&s->state) != NEW && is_inner(s->lib, call->from))
        return NULL;
    return guarded(s, call->connects);
}

struct session *session_enter_lib(void *object, struct lib *lib)
{
    struct session *s = record(object);

    if (!s && !(s = create(object, lib)))
        return NULL;
    return guarded(s, false);
}

bool session_is_over(const struct session *s)
{
    return s && (atomic_load(&s->state) == BLOCKED ||
                 atomic_load(&s->state) == FAILED);
}

bool session_has_failed(const struct session *s)
{
    return atomic_load(&s->state) == FAILED;
}

size_t session_owed(const struct session *s)
{
    return s->owed;
}

bool session_guards(const struct session *s)
{
    int state = s ? atomic_load(&s->state) : PASS;

    return state != PASS && state != NEW && !(s->elsewhere && !s->conn);
}

struct sought {
    const unsigned char *random;
    struct str name;
};

/*
 * A library within a program may lack the function that tells the random: then
 * a handshake that is not finished counts, with that host.
 */
static bool owns(struct node *n, const void *arg)
{
    const struct session *s = (struct session *)(void *)n;
    const struct sought *sought = arg;
    unsigned char own[HELLO_RANDOM];
    int state = atomic_load(&s->state);

    if (state == NEW || state == PASS)
        return false;
    if (s->tls->random(s, own))
        return memcmp(own, sought->random, sizeof(own)) == 0;
    return !s->shaken && str_eq_nocase(s->tls->host(s), sought->name);
}

bool session_owns(const unsigned char *random, struct str name)
{
    return table_any(&sessions, owns, &(struct sought){random, name});
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
    if (!s->slotted && table_remove(&sessions, &s->node))
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
    if (s && table_remove(&sessions, &s->node))
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

/* A list for QUIC has no protocol of another transport (RFC 9001, 8.1). */
static enum alpn kind_of(struct str list)
{
    bool h1 = list_has(list, STR("http/1.1")), h2 = list_has(list, STR("h2"));

    if (h1 && h2)
        return ALPN_H2;
    return list_has(list, STR("h3")) && !h1 && !h2 ? ALPN_H3 : ALPN_OTHER;
}

void session_alpn(struct session *s, struct str list)
{
    record_lock(s);
    s->alpn = kind_of(list);
    record_unlock(s);
}

bool session_alpn_keep(struct session *s, const struct lib_datum *list,
                       unsigned count, unsigned flags)
{
    bool kept = count > 0;

    record_lock(s);
    buf_clear(&s->alpn_list);
    for (unsigned i = 0; kept && i < count; i++) {
        struct str name = {(const char *)list[i].data, list[i].size};

        kept = name.len > 0 && name.len <= 32 &&
               !buf_add_byte(&s->alpn_list, (char)name.len) &&
               !buf_add(&s->alpn_list, name);
    }
    s->alpn = kept ? kind_of(buf_str(&s->alpn_list)) : ALPN_OTHER;
    kept = s->alpn == ALPN_H2;
    s->alpn_flags = flags;
    record_unlock(s);
    return kept;
}

void session_alpn_give(struct session *s)
{
    struct lib_datum list[RECORD_ALPN / 2];
    unsigned count = 0;
    struct str all;

    if (!s || s->alpn != ALPN_H2)
        return;
    record_lock(s);
    for (all = buf_str(&s->alpn_list); all.len > 0;) {
        struct str name = str_head(str_skip(all, 1), (uint8_t)all.ptr[0]);

        all = str_skip(all, 1 + name.len);
        if (!s->narrowed || !str_eq(name, STR("h2")))
            list[count++] = (struct lib_datum){
                (unsigned char *)(uintptr_t)name.ptr, (unsigned)name.len};
    }
    (void)s->lib->g_alpn_set(s->object, list, count, s->alpn_flags);
    s->alpn = ALPN_OTHER; /* the library may point into the list: it stays */
    record_unlock(s);
}

void session_name(struct session *s, struct str name)
{
    record_lock(s);
    buf_clear(&s->sni);
    if (buf_add(&s->sni, name)) /* no name of a host: too long */
        buf_clear(&s->sni);
    record_unlock(s);
}

void session_ctx_alpn(const struct lib *lib, struct ssl_ctx_st *ctx,
                      struct str list)
{
    if (lib->alpn_slot >= 0)
        (void)lib->ctx_set_ex(ctx, lib->alpn_slot,
                              (void *)(uintptr_t)kind_of(list));
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
    table_fork_lock(&sessions);
    table_each(&sessions, node_lock);
}

void session_fork_unlock(void)
{
    table_each(&sessions, node_unlock);
    table_fork_unlock(&sessions);
}
