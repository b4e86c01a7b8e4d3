/*
 * A ClientHello names its host in the clear (RFC 6066, section 3), whoever
 * wrote it. One that is ours is written by a library while it is in a call of
 * a guarded session, or is carried by the application: then a guarded session
 * has the same random. Any other for a watched host is of TLS that goes past
 * us, and follows the fail policy (`unseen_tls`).
 *
 *   bytes --hello.c--> random --net_hello, session_owns--> ours: pass
 *                      name   --load_watches_now---------> not watched: pass
 *                                                          else: say, refuse
 *
 * A hello may leave in several writes. What was read of it so far lies in one
 * of a few slots; the next write to the same socket goes on there. A write
 * that the kernel took in part only, in the middle of such a hello, is not
 * followed: sockets whose first kilobytes do not fit are not seen.
 *
 * A hello without a name, or one that cannot be read, is judged by the address
 * it goes to: by the address itself, and by the names for which getaddrinfo
 * gave it. Where something was said on the connection before, as to a proxy,
 * the address tells nothing. QUIC's first packet has a hello too (quic.c).
 *
 * A hello that came in by a socket before is another program's, which this one
 * only carries, as a proxy does: it passes. Whoever made it sent it by a call
 * of its own, and was asked there. So every socket is looked at, this machine's
 * own kinds too: no program becomes its own proxy.
 *
 * Ordinary bytes never come here (unseen_begins). No allocation and no lock but
 * for the question whose random it is, asked when all else speaks against it.
 */
#include "hooks/unseen.h"

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "hooks/addr.h"
#include "hooks/load.h"
#include "hooks/marker.h"
#include "hooks/net.h"
#include "hooks/note.h"
#include "hooks/quic.h"
#include "hooks/real.h"
#include "hooks/say.h"
#include "hooks/session.h"
#include "hooks/zeros.h"

#define SLOTS   32
#define CARRIED 64 /* hellos of others, the last that came */
#define TOLD    16
#define HALVES  8 /* hellos of QUIC in more than one packet */

/* The last of what was told or decided, as hashes. */
struct news {
    _Atomic uint64_t told[TOLD];
    _Atomic unsigned next;
};

#define TAKEN (-1)

/* Two threads that write one hello at once would be the program's mistake. */
struct slot {
    _Atomic int fd; /* plus one; 0: free; TAKEN: being filled */
    bool refused;   /* else a hello that is not complete      */
    uint16_t port;  /* net_port, before its first byte        */
    uint64_t inode;
    struct hello hello;
};

struct carried {
    _Atomic bool set;
    unsigned char random[HELLO_RANDOM];
};

/*
 * What one packet had of a hello, kept for the next. Half a hello does no harm,
 * so it may leave.
 */
struct half {
    _Atomic uint64_t connection; /* 0: free */
    uint64_t at;
    struct hello hello;
};

enum {
    TOLD_HOSTS,  /* that people were told of          */
    TOLD_SEEN,   /* connections of QUIC: those judged */
    TOLD_PASSED, /* and those whose name may pass     */
    TOLD_LISTS,
};

struct memory {
    struct news told[TOLD_LISTS];
    struct slot slots[SLOTS];
    struct carried carried[CARRIED];
    struct half halves[HALVES];
};

static _Atomic(void *) memory; /* one, once there is something to keep */

_Atomic int unseen_open; /* slots in use */
static _Atomic unsigned victim, carried_next, halves_next;

static struct memory *memory_get(void)
{
    return zeros_get(&memory, sizeof(struct memory));
}

/* --- slots --------------------------------------------------------------- */

static void slot_free(struct slot *s)
{
    if (s && atomic_exchange(&s->fd, 0))
        atomic_fetch_sub(&unseen_open, 1);
}

/* The slot of this socket; one of an older socket of this number is freed. */
static struct slot *slot_find(int fd)
{
    struct memory *m = zeros_seen(&memory);

    for (size_t i = 0; m && i < SLOTS; i++) {
        struct slot *s = &m->slots[i];

        if (atomic_load_explicit(&s->fd, memory_order_acquire) != fd + 1)
            continue;
        if (s->inode == net_inode(fd))
            return s;
        slot_free(s);
    }
    return NULL;
}

/* A free one; if there is none, the one that had its turn longest ago. */
static struct slot *slot_take(void)
{
    struct memory *m = memory_get();
    struct slot *s;

    for (size_t i = 0; m && i < SLOTS; i++) {
        int zero = 0;

        if (atomic_compare_exchange_strong(&m->slots[i].fd, &zero, TAKEN)) {
            atomic_fetch_add(&unseen_open, 1);
            return &m->slots[i];
        }
    }
    if (!m)
        return NULL;
    s = &m->slots[atomic_fetch_add(&victim, 1) % SLOTS];
    return atomic_exchange(&s->fd, TAKEN) == TAKEN ? NULL : s;
}

/* Keeps what was read so far, or, without h, that the socket is refused. */
static void slot_put(struct slot *s, int fd, const struct hello *h)
{
    uint64_t inode = s ? s->inode : net_inode(fd);

    if (!s && inode && (s = slot_take()) != NULL) {
        s->inode = inode;
        s->port = net_port(fd);
    }
    if (!s)
        return;
    s->refused = h == NULL;
    if (h)
        s->hello = *h;
    atomic_store_explicit(&s->fd, fd + 1, memory_order_release);
}

/* --- whom it is for ------------------------------------------------------ */

struct target {
    struct addr addr; /* zero where it is not known */
    bool known;
    bool direct; /* nothing was said on the connection before */
    uint16_t port;
    struct str host;
    char text[ADDR_TEXT];
};

static bool name_of_address(struct target *t, struct str name)
{
    bool watched = load_watches_now(name, t->addr.port);

    if (watched) {
        t->host = name;
        t->port = t->addr.port;
    }
    return watched;
}

/* Whether the address is a watched host's. */
static bool by_address(struct target *t)
{
    struct str name;

    if (!t->known)
        return false;
    for (size_t at = 0; addr_next(&t->addr, &at, &name);)
        if (name_of_address(t, name))
            return true;
    return name_of_address(t, addr_text(&t->addr, t->text));
}

/*
 * Whether the name is a watched host's. Behind a proxy the port is not the
 * socket's; but one may also have been told to begin with TLS (STARTTLS), and
 * then the address is the host's.
 */
static bool by_name(struct target *t, struct str name)
{
    struct str other;
    bool there = t->direct;

    for (size_t at = 0; !there && t->known && addr_next(&t->addr, &at, &other);)
        there = str_eq_nocase(name, other);
    t->port = there ? t->addr.port : 0;
    t->host = name;
    return load_watches_now(name, t->port);
}

static struct target target_of(const struct sending *s)
{
    struct sockaddr_storage peer;
    socklen_t len = sizeof(peer);
    struct target t = {.known = false};

    memset(&peer, 0, sizeof(peer));
    if (addr_of(s->to, s->to_len, &t.addr) ||
        (LIBC(getpeername)(s->fd, (struct sockaddr *)&peer, &len) == 0 &&
         addr_of((struct sockaddr *)&peer, len, &t.addr)))
        t.known = true;
    return t;
}

/* --- refusing ------------------------------------------------------------ */

static uint64_t hash_of(struct str s, uint64_t socket)
{
    uint64_t hash = 0xcbf29ce484222325u ^ socket; /* FNV-1a */

    for (size_t i = 0; i < s.len; i++)
        hash = (hash ^ (unsigned char)s.ptr[i]) * 0x100000001b3u;
    return hash;
}

static bool news_has(int list, uint64_t hash)
{
    const struct memory *m = zeros_seen(&memory);

    for (size_t i = 0; m && i < TOLD; i++)
        if (atomic_load(&m->told[list].told[i]) == hash)
            return true;
    return false;
}

/* Whether it is new; without memory all is. */
static bool news_add(int list, uint64_t hash)
{
    struct memory *m = memory_get();
    struct news *n;

    if (!m || news_has(list, hash))
        return !m;
    n = &m->told[list];
    atomic_store(&n->told[atomic_fetch_add(&n->next, 1) % TOLD], hash);
    return true;
}

static void tell(const struct target *t, const char *why, bool refused)
{
    struct note line = {0};

    note_add(&line, STR("connection to "));
    note_add(&line, t->host);
    note_add(&line, refused ? STR(" refused\0") : STR(" is not guarded\0"));
    say_line(line.text, why, false);
}

/* What the policy does about it: whether it is refused. */
static bool act(const struct target *t, const char *protocol, const char *why)
{
    bool refused = load_refuses_unseen();
    struct unseen u = {load_program(), t->host, t->port, protocol, refused};
    enum err e = note_unseen(load_audit(), &u);

    marker_add(&sallyport_marker.unseen);
    if ((refused || e) && news_add(TOLD_HOSTS, hash_of(t->host, 0)))
        tell(t, why, refused);
    return refused;
}

/* --- others' hellos ------------------------------------------------------ */

void unseen_came(int fd, struct str s)
{
    int saved = errno;
    struct hello h = {0};
    struct memory *m;

    (void)!hello_feed(&h, s);
    if (hello_has_random(&h) && net_inode(fd) && (m = memory_get()) != NULL) {
        struct carried *c =
            &m->carried[atomic_fetch_add(&carried_next, 1) % CARRIED];

        atomic_store(&c->set, false);
        memcpy(c->random, h.random, sizeof(c->random));
        atomic_store(&c->set, true);
    }
    errno = saved;
}

static bool is_carried(const unsigned char *random)
{
    const struct memory *m = zeros_seen(&memory);

    for (size_t i = 0; m && i < CARRIED; i++)
        if (atomic_load(&m->carried[i].set) &&
            memcmp(m->carried[i].random, random, HELLO_RANDOM) == 0)
            return true;
    return false;
}

/* --- looking ------------------------------------------------------------- */

/* The first bytes, at most n, as one. */
static struct str front_of(const struct sending *s, char *store, size_t n)
{
    size_t have = 0;

    for (size_t i = 0; i < s->count && have < n; i++) {
        size_t more = s->iov[i].iov_len;

        if (more > n - have)
            more = n - have;
        if (more > 0)
            memcpy(store + have, s->iov[i].iov_base, more);
        have += more;
    }
    return (struct str){store, have};
}

static enum err read_packet(const struct sending *s, uint64_t connection,
                            struct hello *h)
{
    struct memory *m = memory_get();
    struct half *p = NULL;
    char store[QUIC_MAX];
    uint64_t at = 0;
    enum err e;

    for (size_t i = 0; m && !p && i < HALVES; i++)
        if (atomic_load(&m->halves[i].connection) == connection)
            p = &m->halves[i];
    if (p) { /* the second, or else there is no telling */
        *h = p->hello;
        at = p->at;
        atomic_store(&p->connection, 0);
    }
    e = quic_hello(front_of(s, store, sizeof(store)), h, &at);
    if (p || !m || e != E_AGAIN)
        return e == E_AGAIN ? E_SYNTAX : e;
    p = &m->halves[atomic_fetch_add(&halves_next, 1) % HALVES];
    atomic_store(&p->connection, 0);
    p->at = at;
    p->hello = *h;
    atomic_store(&p->connection, connection);
    return E_AGAIN;
}

/*
 * By the name in the packet; where that cannot be read, by the address. Later
 * packets of a connection cannot be: what its first ones said counts for them.
 */
static bool is_watched_quic(const struct sending *s, struct target *t,
                            struct hello *h, uint64_t connection)
{
    enum err e = read_packet(s, connection, h);

    t->direct = t->known;
    if (e == E_AGAIN)
        return false;
    if (e || h->name_len == 0)
        return !news_has(TOLD_PASSED, connection) && by_address(t);
    if (by_name(t, hello_name(h)))
        return true;
    news_add(TOLD_PASSED, connection);
    return false;
}

/* A stack sends its first packets again and again: told once. */
static bool refuses_quic(const struct sending *s)
{
    struct target t = target_of(s);
    struct str ip = {(const char *)t.addr.ip, sizeof(t.addr.ip)};
    uint64_t connection = hash_of(ip, net_inode(s->fd) << 16 | t.addr.port);
    struct hello h = {0};

    if (!net_inode(s->fd) || !is_watched_quic(s, &t, &h, connection))
        return false;
    return news_add(TOLD_SEEN, connection) ? act(&t, "quic", UNSEEN_QUIC)
                                           : load_refuses_unseen();
}

static bool refuses_hello(const struct sending *s, const struct hello *h,
                          enum err e, const struct slot *slot)
{
    struct target t = target_of(s);
    struct str name = e == OK ? hello_name(h) : (struct str){NULL, 0};

    t.direct = t.known && (slot ? slot->port : net_port(s->fd)) != 0;
    if (!net_inode(s->fd) ||
        !(name.len > 0 ? by_name(&t, name) : t.direct && by_address(&t)) ||
        is_carried(h->random) || session_owns(h->random, name) ||
        !act(&t, "tls", "its TLS cannot be inspected (unseen_tls)"))
        return false;
    (void)syscall(SYS_shutdown, s->fd, SHUT_RDWR); /* not our own hook */
    return true;
}

static enum err feed(struct hello *h, const struct sending *s)
{
    enum err e = E_AGAIN;

    for (size_t i = 0; e == E_AGAIN && i < s->count; i++)
        e = hello_feed(h, (struct str){s->iov[i].iov_base, s->iov[i].iov_len});
    return e;
}

/*
 * Goes on with a hello that has begun; or, where the program gives its first
 * bytes again because the socket did not take them, reads it from the start.
 */
static enum err read_hello(const struct sending *s, const struct hello *begun,
                           struct hello *h)
{
    struct hello anew = {0};
    enum err first = feed(&anew, s), e;

    *h = anew;
    if (!begun || (hello_has_random(&anew) &&
                   (!hello_has_random(begun) ||
                    memcmp(anew.random, begun->random, HELLO_RANDOM) == 0)))
        return first;
    *h = *begun;
    e = feed(h, s);
    if (e == E_SYNTAX && !hello_has_random(h)) {
        *h = anew;
        return first;
    }
    return e;
}

static size_t size_of(const struct sending *s)
{
    size_t n = 0;

    for (size_t i = 0; i < s->count; i++)
        n += s->iov[i].iov_len; /* a sum that turns over is no datagram's */
    return n;
}

static bool look(const struct sending *s, struct slot *slot)
{
    struct hello h;
    enum err e = read_hello(s, slot ? &slot->hello : NULL, &h);
    bool refused = false;

    if (net_is_inside()) {
        if (hello_has_random(&h))
            net_hello(s->fd, h.random);
        slot_free(slot);
        return false;
    }
    if (hello_has_random(&h)) {
        net_hello(s->fd, h.random);
        refused = e != E_AGAIN && refuses_hello(s, &h, e, slot);
    }
    if (refused)
        slot_put(slot, s->fd, NULL);
    else if (e == E_AGAIN)
        slot_put(slot, s->fd, &h);
    else
        slot_free(slot);
    return refused;
}

static bool refuses(const struct sending *s)
{
    struct slot *slot = atomic_load(&unseen_open) ? slot_find(s->fd) : NULL;
    char store[HELLO_FRONT];
    struct str front = front_of(s, store, sizeof(store));

    if (slot)
        return slot->refused || look(s, slot);
    if (quic_is_initial(front, size_of(s)))
        return !load_off() && refuses_quic(s);
    return front.len == HELLO_FRONT && str_starts(front, STR("\x16\x03")) &&
           !load_off() && look(s, NULL);
}

bool unseen_refuses(const struct sending *s)
{
    int saved = errno;
    bool refused = refuses(s);

    errno = refused ? EPERM : saved;
    return refused;
}

bool unseen_refuses_quic(struct str host)
{
    struct target t = {.host = host};

    return act(&t, "quic", UNSEEN_QUIC);
}
