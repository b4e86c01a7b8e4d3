/*
 * Descriptors of plain sockets: which are ours, and from when to when.
 *
 * The table has one pointer for each descriptor: NULL, a record, or LOOK: the
 * first bytes that are written there decide. LOOK is what every TCP socket
 * gets whose address says nothing, because a proxy, a gateway or a resolver of
 * the program's own may stand between it and a declared host. It goes with the
 * first bytes, unless they are for a proxy: then it is PROXY, which stays,
 * because a proxy is told of a new host with each request, and between those
 * come bodies that look like anything.
 *
 * Descriptors are closed by raw system calls too, and come back as others: a
 * record knows its socket by the inode. And a child of vfork closes and copies
 * its own descriptors in our memory: what it does is not noted.
 */
#include "hooks/sockrec.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "hooks/first.h"
#include "hooks/fork.h"
#include "hooks/marker.h"
#include "hooks/real.h"

#define FIRST_BYTES 2048 /* gathered of a scattered write: a head's Host */

_Atomic int sock_count;
_Atomic(void *) sock_table;

static _Alignas(struct sock) char look, proxy; /* only their addresses count */
#define LOOK  ((struct sock *)(void *)&look)
#define PROXY ((struct sock *)(void *)&proxy)

static bool is_mark(const struct sock *k)
{
    return k == LOOK || k == PROXY;
}

static _Atomic(struct sock *) all;
static _Atomic int top;      /* one above the highest entry there ever was */
static _Atomic(void *) home; /* a page: see at_home */

/* --- records ------------------------------------------------------------- */

static struct sock *make(void)
{
    struct sock *k = calloc(1, sizeof(*k));

    if (!k)
        return NULL;
    fork_guard();
    pthread_mutex_init(&k->lock, NULL);
    pthread_mutex_init(&k->s.lock, NULL);
    buf_init(&k->s.out, RECORD_OUT);
    buf_init(&k->s.sni, RECORD_SNI);
    buf_init(&k->s.alpn_list, RECORD_ALPN);
    k->s.tls = &tls_plain;
    k->s.fd = -1;
    atomic_store(&k->used, true);
    k->next = atomic_load(&all);
    while (!atomic_compare_exchange_weak(&all, &k->next, k))
        ;
    return k;
}

/* A record of no host yet, with one reference: the table's or the caller's. */
static struct sock *fresh(uint64_t inode)
{
    struct sock *k;
    bool unused = false;

    for (k = atomic_load(&all); k; k = k->next, unused = false)
        if (!atomic_load(&k->used) &&
            atomic_compare_exchange_strong(&k->used, &unused, true))
            break;
    if (!k && !(k = make()))
        return NULL;
    k->inode = inode;
    k->place.name_len = 0;
    k->head_open = k->shown = k->over = false;
    k->error = 0;
    atomic_store(&k->sender, 0);
    atomic_store(&k->unsent, false);
    atomic_store(&k->stage, STAGE_FIRST);
    atomic_store(&k->s.state, NEW);
    atomic_store(&k->refs, 1);
    return k;
}

void sock_leave(struct sock *k)
{
    int saved = errno;

    if (atomic_fetch_sub(&k->refs, 1) != 1)
        return;
    record_lock(&k->s);
    record_forget(&k->s);
    record_unlock(&k->s);
    if (k->in)
        explicit_bzero(k->in, RECORD_IN);
    free(k->in);
    k->in = NULL;
    atomic_store(&k->used, false);
    errno = saved;
}

static bool hold(struct sock *k)
{
    uint32_t n = atomic_load(&k->refs);

    while (n > 0)
        if (atomic_compare_exchange_weak(&k->refs, &n, n + 1))
            return true;
    return false;
}

/* --- the table ----------------------------------------------------------- */

/*
 * Whether this is the process whose descriptors the table is about, and no
 * child of vfork. Its number lies in a page that a fork leaves empty to the
 * child, which then is at home with a table of its own; a child of vfork sees
 * the page as it is. Where there are no such pages (before Linux 4.14, or in a
 * sandbox), all are at home.
 */
static bool at_home(void)
{
    static atomic_bool no_such;
    _Atomic int *pid = zeros_seen(&home);
    int none = 0, self = (int)syscall(SYS_getpid);

    if (!pid && (pid = zeros_get(&home, sizeof(int))) &&
        syscall(SYS_madvise, pid, sizeof(int), MADV_WIPEONFORK))
        atomic_store(&no_such, true);
    return !pid || atomic_load(&no_such) ||
           atomic_compare_exchange_strong(pid, &none, self) || none == self;
}

/* The entry of a descriptor. NULL: too high, or there is no table. */
static _Atomic(struct sock *) *entry(int fd)
{
    _Atomic(struct sock *) *first = zeros_seen(&sock_table);

    return first && (unsigned)fd < NET_FDS ? &first[fd] : NULL;
}

static struct sock *at(int fd)
{
    _Atomic(struct sock *) *e = entry(fd);

    return e ? atomic_load(e) : NULL;
}

/* Takes an entry out, if it is this one. */
static void drop(int fd, struct sock *k)
{
    if (!k || !atomic_compare_exchange_strong(entry(fd), &k, NULL))
        return;
    atomic_fetch_sub(&sock_count, 1);
    if (!is_mark(k))
        sock_leave(k);
}

/* Takes over the reference to k. Without memory for the table: false. */
static bool put(int fd, struct sock *k)
{
    int high = atomic_load(&top);
    struct sock *before;

    if (!zeros_get(&sock_table, NET_FDS * sizeof(struct sock *))) {
        if (!is_mark(k))
            sock_leave(k);
        return false;
    }
    before = atomic_exchange(entry(fd), k);
    while (high <= fd && !atomic_compare_exchange_weak(&top, &high, fd + 1))
        ;
    if (!before)
        atomic_fetch_add(&sock_count, 1);
    else if (!is_mark(before))
        sock_leave(before);
    return true;
}

struct sock *sock_enter(int fd, bool *ret_look)
{
    for (;;) {
        struct sock *k = at(fd);

        *ret_look = is_mark(k);
        if (!k || *ret_look)
            return NULL;
        if (!hold(k))
            continue; /* it has just gone from the table */
        if (at(fd) == k && net_inode(fd) == k->inode)
            return k;
        if (!at_home()) { /* its own file of this number, not ours */
            sock_leave(k);
            return NULL;
        }
        drop(fd, k);
        sock_leave(k);
    }
}

static void forget(int fd)
{
    if (sock_has(fd))
        drop(fd, at(fd));
}

void sock_pass(struct sock *k)
{
    atomic_store(&k->stage, STAGE_LEFT);
    for (int fd = 0; fd < atomic_load(&top); fd++)
        if (at(fd) == k)
            drop(fd, k);
}

/* --- hooks --------------------------------------------------------------- */

static bool is_stream(int fd)
{
    socklen_t len = sizeof(int);
    int type;

    return !LIBC(getsockopt)(fd, SOL_SOCKET, SO_TYPE, &type, &len) &&
           type == SOCK_STREAM;
}

static bool is_connected(int fd)
{
    struct sockaddr_storage a;
    socklen_t len = sizeof(a);

    return is_stream(fd) && !LIBC(getpeername)(fd, (struct sockaddr *)&a, &len);
}

/* Guarded from now on, as far as its first bytes do not say otherwise. */
static bool declare(int fd, const struct place *place)
{
    uint64_t inode = net_inode(fd);
    struct sock *k = inode && fd < NET_FDS ? fresh(inode) : NULL;

    if (!k) {
        errno = fd < NET_FDS ? ENOMEM : EMFILE;
        return false;
    }
    k->place = *place;
    k->s.fd = fd;
    return put(fd, k);
}

/* A socket that is ours already: asked how far it is, or connected anew. */
static bool still_ours(int fd, const struct place *place)
{
    bool looked, ours;
    struct sock *k = sock_has(fd) ? sock_enter(fd, &looked) : NULL;

    if (!k)
        return false;
    pthread_mutex_lock(&k->lock);
    ours = atomic_load(&k->stage) != STAGE_FIRST;
    if (!ours && place->how != DECLARED_NOT) {
        k->place = *place;
        ours = true;
    }
    pthread_mutex_unlock(&k->lock);
    sock_leave(k);
    return ours;
}

/* Linux refuses it then, and the connection stays; but connect(2), AF_UNSPEC.
 */
static bool stays_connected(int fd, const struct sockaddr *to, socklen_t len)
{
    bool undone =
        to && len >= sizeof(to->sa_family) && to->sa_family == AF_UNSPEC;

    return sock_has(fd) && !undone && is_connected(fd);
}

bool sock_connecting(int fd, const struct sockaddr *to, socklen_t len)
{
    struct place place;
    int saved = errno;
    bool good = true;

    if (fd < 0 || load_off() || !at_home() || stays_connected(fd, to, len))
        return true;
    if (!place_of(to, len, &place)) {
        forget(fd);
    } else if (!still_ours(fd, &place)) {
        bool stream = is_stream(fd);

        forget(fd);
        if (stream && place.how != DECLARED_NOT)
            good = declare(fd, &place);
        else if (stream && fd < NET_FDS)
            (void)put(fd, LOOK);
    }
    if (good)
        errno = saved;
    return good;
}

void sock_unconnected(int fd)
{
    int saved = errno;

    if (sock_has(fd) && at_home() && !is_connected(fd))
        forget(fd);
    errno = saved;
}

bool sock_opens(int flags, const struct sockaddr *to, socklen_t len)
{
    struct place place;

    if (!(flags & MSG_FASTOPEN) || !to || load_off() ||
        !place_of(to, len, &place) || place.how == DECLARED_NOT)
        return false;
    errno = EOPNOTSUPP;
    return true;
}

void sock_closing(int fd)
{
    int saved = errno;

    if (sock_has(fd) && at_home())
        forget(fd);
    errno = saved;
}

bool sock_copied(int from, int to)
{
    int saved = errno;
    struct sock *k;
    bool looked, good = true;

    if (from != to && (sock_has(from) || sock_has(to)) && at_home()) {
        k = sock_has(from) ? sock_enter(from, &looked) : NULL;
        if (!k && sock_has(from) && looked)
            k = at(from) == PROXY ? PROXY : LOOK;
        if (k && (unsigned)to < NET_FDS) {
            good = put(to, k);
        } else if (k && !is_mark(k)) {
            good = false;
            sock_leave(k);
        } else {
            forget(to);
        }
    }
    errno = saved;
    return good;
}

bool sock_guards(int fd, bool surely)
{
    int saved = errno, stage;
    bool looked, guards = false;
    struct sock *k = sock_has(fd) ? sock_enter(fd, &looked) : NULL;

    if (k) {
        stage = atomic_load(&k->stage);
        guards = stage == STAGE_FIRST ? !surely || k->place.how == DECLARED_PORT
                                      : stage != STAGE_LEFT;
        sock_leave(k);
    }
    errno = saved;
    return guards;
}

/* --- the first bytes ----------------------------------------------------- */

static struct str gather(const struct iovec *iov, size_t count,
                         char store[FIRST_BYTES])
{
    size_t have = 0;

    if (count > 0 && (count == 1 || iov[0].iov_len >= FIRST_BYTES))
        return (struct str){iov[0].iov_base, iov[0].iov_len};
    for (size_t i = 0; i < count && have < FIRST_BYTES; i++) {
        size_t n = iov[i].iov_len;

        if (n > FIRST_BYTES - have)
            n = FIRST_BYTES - have;
        if (n > 0)
            memcpy(store + have, iov[i].iov_base, n);
        have += n;
    }
    return (struct str){store, have};
}

enum choice {
    CHOOSE_LEAVE, /* not ours                                        */
    CHOOSE_LOOK,  /* not these bytes, perhaps those that come        */
    CHOOSE_GUARD, /* for the host of the address                     */
    CHOOSE_NAMED, /* for the host that the bytes name                */
    CHOOSE_TUNNEL /* the same, once a proxy has connected to it      */
};

/* On an address that nobody declared: the bytes must name the host. */
static enum choice choose_unknown(const struct first *f)
{
    bool declared = f->host.len > 0 && f->host.len < PLACE_NAME &&
                    load_declares(f->host, f->port) != DECLARED_NOT;

    switch (f->kind) {
    case FIRST_REQUEST:
        return declared ? CHOOSE_NAMED : CHOOSE_LEAVE;
    case FIRST_PROXIED:
        return declared ? CHOOSE_NAMED : CHOOSE_LOOK;
    case FIRST_TUNNEL:
        return declared ? CHOOSE_TUNNEL : CHOOSE_LEAVE;
    case FIRST_SOCKS:
        return CHOOSE_LOOK;
    case FIRST_OTHER:
    case FIRST_TLS:
        break;
    }
    return CHOOSE_LEAVE;
}

/*
 * Another host of the same address: many may share one at the usual port (a
 * CDN), and the request says which is meant.
 */
static bool is_neighbour(const struct place *p, const struct first *f)
{
    return p->how == DECLARED_HOST && p->learned && p->port == 80 &&
           f->host.len > 0 && load_declares(f->host, f->port) == DECLARED_NOT;
}

static enum choice choose(const struct sock *k, const struct first *f)
{
    if (!k)
        return choose_unknown(f);
    if (f->kind == FIRST_TLS)
        return CHOOSE_LEAVE; /* seen by its own door */
    if (f->kind == FIRST_REQUEST && is_neighbour(&k->place, f))
        return CHOOSE_LEAVE;
    if (k->place.how == DECLARED_PORT || f->kind == FIRST_REQUEST)
        return CHOOSE_GUARD;
    return choose_unknown(f);
}

static void set_place(struct sock *k, const struct first *f)
{
    memcpy(k->place.name, f->host.ptr, f->host.len);
    k->place.name_len = f->host.len;
    k->place.port = f->port;
    k->place.how = DECLARED_HOST;
}

/* The engine's word, which the lists are only the forecast of. */
static bool begin(struct sock *k)
{
    struct session *s = &k->s;
    struct str host = {k->place.name, k->place.name_len};
    bool watched;

    s->api = load_engine(&s->engine);
    watched = s->api ? s->api->engine_watches(s->engine, host, k->place.port)
                     : load_refuses(host, k->place.port);
    buf_clear(&s->sni);
    if (!watched)
        return false;
    atomic_store(&s->state, buf_add(&s->sni, host) ? FAILED : OPEN);
    s->port = k->place.port;
    s->named = true;
    s->elsewhere = false;
    marker_add(&sallyport_marker.guarded);
    atomic_store(&k->stage, STAGE_OPEN);
    return true;
}

/* A record in the place of LOOK; NULL without memory. */
static struct sock *adopt(int fd)
{
    struct sock *k = fresh(net_inode(fd));

    if (!k)
        return NULL;
    k->s.fd = fd;
    return put(fd, k) ? k : NULL;
}

/* What comes after the request for a tunnel: its rest, then the host's. */
static bool tunnel_goes_on(struct sock *k, struct str s)
{
    bool was_open = k->head_open;

    if (str_ends(s, STR("\r\n\r\n")) || str_eq(s, STR("\r\n")) ||
        str_eq(s, STR("\n")))
        k->head_open = false;
    return was_open;
}

/* The mark that stays after bytes that are not ours; NULL: none. */
static struct sock *mark_after(int fd, const struct first *f,
                               enum choice choice)
{
    if (f->kind == FIRST_PROXIED ||
        (f->kind != FIRST_TUNNEL && at(fd) == PROXY))
        return PROXY;
    return choice == CHOOSE_LOOK ? LOOK : NULL;
}

/* The socket, and all descriptors of it, are not ours, or not yet. */
static struct sock *decline(int fd, struct sock *k, struct sock *mark)
{
    if (k)
        sock_pass(k);
    else if (!mark)
        forget(fd);
    if (mark)
        (void)put(fd, mark);
    return NULL;
}

/*
 * What is guarded from now on, or NULL. Under the record's lock. *ret_error is
 * ENOMEM where it should be and cannot.
 */
static struct sock *decide(int fd, struct sock *k, struct str s, int *ret_error)
{
    struct first f = first_read(s);
    enum choice choice = choose(k, &f);

    if (k && atomic_load(&k->stage) == STAGE_TUNNEL && tunnel_goes_on(k, s))
        return NULL;
    if (choice == CHOOSE_LEAVE || choice == CHOOSE_LOOK)
        return decline(fd, k, mark_after(fd, &f, choice));
    if (!k && !is_connected(fd))
        return decline(fd, NULL, NULL);
    if (!k && !(k = adopt(fd))) {
        *ret_error = ENOMEM;
        return NULL;
    }
    if (choice != CHOOSE_GUARD)
        set_place(k, &f);
    if (choice == CHOOSE_TUNNEL) {
        k->head_open = !str_ends(s, STR("\r\n\r\n"));
        atomic_store(&k->stage, STAGE_TUNNEL);
        return NULL;
    }
    return begin(k) ? k : decline(fd, k, NULL);
}

struct sock *sock_first(int fd, struct sock *k, const struct iovec *iov,
                        size_t count, int *ret_error)
{
    char store[FIRST_BYTES];
    struct str s = gather(iov, count, store);
    struct sock *guarded = k;
    int saved = errno;

    if (k)
        pthread_mutex_lock(&k->lock);
    if (s.len == 0 || (!k && !at_home()) ||
        (k && atomic_load(&k->stage) == STAGE_LEFT))
        guarded = NULL;
    else if (!k || atomic_load(&k->stage) != STAGE_OPEN)
        guarded = decide(fd, k, s, ret_error);
    if (k)
        pthread_mutex_unlock(&k->lock);
    if (k && k != guarded)
        sock_leave(k);
    else if (!k && guarded && !hold(guarded))
        guarded = NULL; /* closed meanwhile */
    errno = saved;
    return guarded;
}

bool sock_told_first(struct sock *k, struct str s)
{
    int saved = errno;
    bool guarded, begins = false;

    pthread_mutex_lock(&k->lock);
    if (atomic_load(&k->stage) == STAGE_FIRST) {
        if (first_is_tls(s)) /* which another process has begun */
            sock_pass(k);
        else if (k->place.how == DECLARED_PORT || first_is_settings(s))
            begins = true;
    }
    if (begins && !begin(k))
        sock_pass(k);
    guarded = atomic_load(&k->stage) == STAGE_OPEN;
    pthread_mutex_unlock(&k->lock);
    errno = saved;
    return guarded;
}

/* --- fork ---------------------------------------------------------------- */

static int forker; /* the process that forks */

/*
 * No engine's connection is copied half changed. Records that nobody uses are
 * not held: their number is that of the most there were at once.
 */
void sock_fork_lock(void)
{
    forker = (int)syscall(SYS_getpid);
    for (struct sock *k = atomic_load(&all); k; k = k->next) {
        if (atomic_load(&k->used)) {
            record_lock(&k->s);
            k->forked = true;
        }
    }
}

/* In the child no thread is left that could give a lock back. */
void sock_fork_unlock(void)
{
    bool child = (int)syscall(SYS_getpid) != forker;

    for (struct sock *k = atomic_load(&all); k; k = k->next) {
        if (k->forked)
            record_unlock(&k->s);
        else if (child)
            pthread_mutex_init(&k->s.lock, NULL);
        if (child)
            pthread_mutex_init(&k->lock, NULL);
        k->forked = false;
    }
}
