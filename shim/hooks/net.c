/*
 * The socket functions.
 *
 * After a block nothing comes from the network, so a program that waits in
 * poll would never ask the TLS library for the answer we hold. It is woken
 * through its socket, and these hooks find out which one that is where the
 * library cannot tell: a session's ClientHello carries a random number that
 * the library knows too, and some write of the program must carry it out.
 *
 * Per descriptor there is one entry in a fixed table, written without locks.
 * Two threads that write hellos to one descriptor at once would be the
 * program's own mistake; the worst outcome is an entry that matches nothing.
 *
 * Cost: bytes that cannot begin a ClientHello pay two comparisons and one
 * relaxed load per call. Signal handlers may call any of these: no lock, no
 * allocation, errno as the real call left it.
 *
 * A descriptor that was woken can be closed by a raw system call and come back
 * as another file. So the socket's inode is kept with the record, and a record
 * is served only to the same socket.
 */
#undef _FORTIFY_SOURCE /* its inline wrappers would be defined twice */
#include "hooks/net.h"

#include <errno.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "hooks/export.h"
#include "hooks/real.h"
#include "hooks/sock.h"
#include "hooks/unseen.h"
#include "hooks/zeros.h"

/* An application-data record with one byte, which no key can decrypt. */
static const char junk[] = {0x17, 3, 3, 0, 1, 0};

struct net_fd {
    _Atomic uint64_t random[HELLO_RANDOM / 8];
    _Atomic uint64_t inode; /* of the socket the junk is for              */
    _Atomic uint8_t seen;   /* a hello: 1 by the library, 2 carried       */
    _Atomic uint8_t left;   /* bytes of junk still to be read             */
    _Atomic uint16_t port;  /* of the host that the hello went to, or 0   */
};

static _Atomic(void *) fds; /* NET_FDS of them, once one is used */

static _Atomic int armed; /* descriptors with junk to be read  */
static _Atomic int top;   /* one above the highest used entry  */

static __thread int inside __attribute__((tls_model("initial-exec")));

void net_enter(void)
{
    inside++;
}

void net_leave(void)
{
    inside--;
}

bool net_is_inside(void)
{
    return inside > 0;
}

/* --- peers --------------------------------------------------------------- */

/*
 * Whether the connection has carried a byte in either direction. A proxy is
 * told first where to connect to, and answers; a host that speaks TLS from the
 * start hears nothing before the hello. What the kernel counts tells that for
 * every protocol, whoever wrote, and costs nothing until it is asked. Where it
 * does not tell (before Linux 4.19), the connection counts as used.
 */
static bool was_used(int fd)
{
    struct tcp_info t;
    socklen_t len = sizeof(t);

    memset(&t, 0, sizeof(t));
    return LIBC(getsockopt)(fd, IPPROTO_TCP, TCP_INFO, &t, &len) ||
           len < offsetof(struct tcp_info, tcpi_bytes_sent) +
                     sizeof(t.tcpi_bytes_sent) ||
           t.tcpi_bytes_received > 0 || t.tcpi_bytes_sent > 0 ||
           t.tcpi_notsent_bytes > 0;
}

static uint16_t peer_port(int fd)
{
    struct sockaddr_storage a;
    socklen_t len = sizeof(a);

    if (fd < 0 || LIBC(getpeername)(fd, (struct sockaddr *)&a, &len))
        return 0;
    if (a.ss_family == AF_INET)
        return ntohs(((const struct sockaddr_in *)(const void *)&a)->sin_port);
    if (a.ss_family == AF_INET6)
        return ntohs(
            ((const struct sockaddr_in6 *)(const void *)&a)->sin6_port);
    return 0;
}

uint16_t net_port(int fd)
{
    int saved = errno;
    uint16_t port = peer_port(fd);

    if (port && was_used(fd))
        port = 0;
    errno = saved;
    return port;
}

/* --- ClientHellos going out ---------------------------------------------- */

/* The entry of a descriptor; NULL: too high, or without memory. */
static struct net_fd *entry(int fd)
{
    struct net_fd *all = fd >= 0 && fd < NET_FDS
                             ? zeros_get(&fds, NET_FDS * sizeof(struct net_fd))
                             : NULL;

    return all ? &all[fd] : NULL;
}

static void disarm(struct net_fd *f)
{
    if (atomic_exchange(&f->left, 0))
        atomic_fetch_sub(&armed, 1);
}

/* Whether the last hello of this entry had this random. */
static bool has_random(const struct net_fd *f, const unsigned char *random)
{
    uint64_t want[HELLO_RANDOM / 8];

    memcpy(want, random, sizeof(want));
    if (!atomic_load(&f->seen))
        return false;
    for (size_t i = 0; i < ARRAY_LEN(want); i++)
        if (atomic_load_explicit(&f->random[i], memory_order_relaxed) !=
            want[i])
            return false;
    return true;
}

static void note_hello(int fd, struct net_fd *f, const unsigned char *random)
{
    int high = atomic_load_explicit(&top, memory_order_relaxed);
    uint64_t word;

    disarm(f); /* a new connection: the descriptor was used again */
    for (size_t i = 0; i < ARRAY_LEN(f->random); i++) {
        memcpy(&word, random + 8 * i, sizeof(word));
        atomic_store_explicit(&f->random[i], word, memory_order_relaxed);
    }
    atomic_store(&f->port, net_port(fd));
    atomic_store(&f->seen, inside ? 1 : 2);
    while (high <= fd && !atomic_compare_exchange_weak(&top, &high, fd + 1))
        ;
}

void net_hello(int fd, const unsigned char *random)
{
    struct net_fd *f = entry(fd);

    /* A second hello of one handshake (RFC 8446, 4.1.2) tells nothing new. */
    if (f && !has_random(f, random))
        note_hello(fd, f, random);
}

/* What may begin a hello is rare; all else only passes these. */
static __attribute__((noinline)) bool look_one(int fd, const void *p, size_t n,
                                               const struct sockaddr *to,
                                               socklen_t len)
{
    struct iovec iov = {(void *)(uintptr_t)p, n};

    return unseen_refuses(&(struct sending){fd, &iov, 1, to, len});
}

static inline bool is_open(void)
{
    return __builtin_expect(
        atomic_load_explicit(&unseen_open, memory_order_relaxed) > 0, 0);
}

/* Whether these bytes must not leave; errno says so. */
static inline bool refused(int fd, const void *p, size_t n,
                           const struct sockaddr *to, socklen_t len)
{
    return ((n >= HELLO_FRONT && p && unseen_begins(p)) || is_open()) &&
           look_one(fd, p, n, to, len);
}

static inline bool refused_vec(int fd, const struct iovec *iov, size_t count,
                               const struct msghdr *to)
{
    if (!iov || count == 0)
        return false;
    return (iov->iov_len == 0 ||
            (iov->iov_base && unseen_begins(iov->iov_base)) || is_open()) &&
           unseen_refuses(&(struct sending){fd, iov, count,
                                            to ? to->msg_name : NULL,
                                            to ? to->msg_namelen : 0});
}

bool net_find(const unsigned char *random, struct net_hello *ret_hello)
{
    int high = atomic_load(&top);
    const struct net_fd *f = zeros_seen(&fds);

    for (int fd = 0; f && fd < high; fd++, f++) {
        if (has_random(f, random)) {
            *ret_hello = (struct net_hello){
                .fd = fd,
                .carried = atomic_load(&f->seen) == 2,
                .port = atomic_load(&f->port),
            };
            return true;
        }
    }
    return false;
}

/* --- waking -------------------------------------------------------------- */

uint64_t net_inode(int fd)
{
    struct stat st;

    return LIBC(fstat)(fd, &st) || !S_ISSOCK(st.st_mode) ? 0
                                                         : (uint64_t)st.st_ino;
}

bool net_wake(int fd, bool carried)
{
    struct net_fd *f = entry(fd);
    uint64_t inode = net_inode(fd);

    if (!inode)
        return false;
    if (carried && f) {
        disarm(f);
        atomic_store(&f->inode, inode);
        atomic_fetch_add(&armed, 1);
        atomic_store(&f->left, sizeof(junk));
    }
    return syscall(SYS_shutdown, fd, SHUT_RD) == 0;
}

void net_forget(int fd)
{
    struct net_fd *f = entry(fd);

    if (f)
        disarm(f);
}

static __attribute__((noinline)) bool junk_is_for(int fd)
{
    struct net_fd *f = entry(fd);

    if (inside || !f || !atomic_load(&f->left))
        return false;
    if (net_inode(fd) == atomic_load(&f->inode))
        return true;
    disarm(f);
    return false;
}

/* Whether this read is to be answered with junk. */
static inline bool has_junk(int fd)
{
    return __builtin_expect(
               atomic_load_explicit(&armed, memory_order_relaxed) > 0, 0) &&
           junk_is_for(fd);
}

/* Puts what fits into the pieces; `peek` leaves it to be read again. */
static ssize_t serve_junk(int fd, const struct iovec *iov, size_t count,
                          bool peek)
{
    struct net_fd *f = entry(fd);
    size_t left = atomic_load(&f->left), done = 0;

    for (size_t i = 0; i < count && done < left; i++) {
        size_t n = iov[i].iov_len;

        if (n > left - done)
            n = left - done;
        memcpy(iov[i].iov_base, junk + sizeof(junk) - left + done, n);
        done += n;
    }
    if (!peek) {
        atomic_store(&f->left, (uint8_t)(left - done));
        if (done == left)
            atomic_fetch_sub(&armed, 1);
    }
    return (ssize_t)done;
}

static ssize_t serve_one(int fd, void *p, size_t n, int flags)
{
    struct iovec iov = {p, n};

    return serve_junk(fd, &iov, 1, flags & MSG_PEEK);
}

/*
 * The result of a real read into `room` bytes. A hello that came by a socket is
 * another program's, should it leave again: see unseen.c.
 */
static inline ssize_t came(int fd, const void *p, size_t room, ssize_t n)
{
    if (n >= (ssize_t)HELLO_FRONT && (size_t)n <= room &&
        __builtin_expect(*(const unsigned char *)p == 0x16, 0))
        unseen_came(fd, (struct str){p, (size_t)n});
    return n;
}

/* With MSG_TRUNC the count is no count of bytes that lie there (recv(2)). */
static inline size_t filled(size_t room, int flags)
{
    return flags & MSG_TRUNC ? 0 : room;
}

static ssize_t came_vec(int fd, const struct iovec *iov, size_t room, ssize_t n)
{
    ssize_t first = n > (ssize_t)room ? (ssize_t)room : n;

    if (first >= (ssize_t)HELLO_FRONT)
        (void)came(fd, iov->iov_base, room, first);
    return n;
}

/* --- the hooks ----------------------------------------------------------- */

#define NET_LIST(X)                                                            \
    X(ssize_t, write, (int, const void *, size_t))                             \
    X(ssize_t, writev, (int, const struct iovec *, int))                       \
    X(ssize_t, send, (int, const void *, size_t, int))                         \
    X(ssize_t, sendto,                                                         \
      (int, const void *, size_t, int, const struct sockaddr *, socklen_t))    \
    X(ssize_t, sendmsg, (int, const struct msghdr *, int))                     \
    X(int, sendmmsg, (int, struct mmsghdr *, unsigned, int))                   \
    X(ssize_t, read, (int, void *, size_t))                                    \
    X(ssize_t, readv, (int, const struct iovec *, int))                        \
    X(ssize_t, recv, (int, void *, size_t, int))                               \
    X(ssize_t, recvfrom,                                                       \
      (int, void *, size_t, int, struct sockaddr *, socklen_t *))              \
    X(ssize_t, recvmsg, (int, struct msghdr *, int))                           \
    X(ssize_t, __read_chk, (int, void *, size_t, size_t))                      \
    X(ssize_t, __recv_chk, (int, void *, size_t, size_t, int))                 \
    X(ssize_t, __recvfrom_chk,                                                 \
      (int, void *, size_t, size_t, int, struct sockaddr *, socklen_t *))

/* The true functions, in one table of pointers and one of names. */
#define NET_INDEX(ret, name, args) AT_##name,
enum {
    NET_LIST(NET_INDEX) AT_COUNT
};
#define NET_NAME(ret, name, args) #name,
static const char *const names[] = {NET_LIST(NET_NAME)};
static _Atomic(void *) real[AT_COUNT];

static _Atomic bool started;

/*
 * Before the constructor, libc's own function, found without lock or
 * allocation, and not kept. After it the next one behind us, perhaps another
 * preload's; in a signal handler too: dlsym's lock may be taken again by the
 * thread that holds it, and what is found allocates nothing.
 */
static __attribute__((noinline)) void *find_real(int i)
{
    bool final = atomic_load(&started);
    void *fn = final ? real_behind(names[i]) : real_libc(names[i]);

    if (final)
        atomic_store(&real[i], fn);
    return fn;
}

void net_bind(void)
{
    atomic_store(&started, true);
    find_real(AT_write); /* what signal handlers use */
    find_real(AT_read);
    find_real(AT_send);
}

#define NET_TYPE(ret, name, args)                                              \
    static inline ret(*real_##name(void)) args                                 \
    {                                                                          \
        void *p =                                                              \
            atomic_load_explicit(&real[AT_##name], memory_order_relaxed);      \
        ret(*fn) args;                                                         \
                                                                               \
        if (__builtin_expect(!p, 0))                                           \
            p = find_real(AT_##name);                                          \
        memcpy(&fn, &p, sizeof(fn));                                           \
        return fn;                                                             \
    }
NET_LIST(NET_TYPE)

ssize_t net_send(int fd, const void *p, size_t n, int flags)
{
    return real_send()(fd, p, n, flags);
}

ssize_t net_sendmsg(int fd, const struct msghdr *m, int flags)
{
    if (m && refused_vec(fd, m->msg_iov, m->msg_iovlen, m))
        return -1;
    return real_sendmsg()(fd, m, flags);
}

ssize_t net_recv(int fd, void *p, size_t n, int flags)
{
    return real_recv()(fd, p, n, flags);
}

/* What a plain socket of ours answers, if this is one: hooks/sock.h. */
#define SOCK_FIRST(fd, call)                                                   \
    do {                                                                       \
        ssize_t sock_rc;                                                       \
                                                                               \
        if (sock_has(fd) && (sock_rc = (call)) != SOCK_NOT_OURS)               \
            return sock_rc;                                                    \
    } while (0)

EXPORT ssize_t write(int fd, const void *p, size_t n)
{
    SOCK_FIRST(fd, sock_write_one(fd, p, n, 0));
    if (refused(fd, p, n, NULL, 0))
        return -1;
    return real_write()(fd, p, n);
}

EXPORT ssize_t writev(int fd, const struct iovec *iov, int count)
{
    SOCK_FIRST(fd, sock_write(fd, iov, count > 0 ? (size_t)count : 0, 0));
    if (count > 0 && refused_vec(fd, iov, (size_t)count, NULL))
        return -1;
    return real_writev()(fd, iov, count);
}

EXPORT ssize_t send(int fd, const void *p, size_t n, int flags)
{
    SOCK_FIRST(fd, sock_write_one(fd, p, n, flags));
    if (refused(fd, p, n, NULL, 0))
        return -1;
    return real_send()(fd, p, n, flags);
}

EXPORT ssize_t sendto(int fd, const void *p, size_t n, int flags,
                      const struct sockaddr *to, socklen_t to_len)
{
    SOCK_FIRST(fd, sock_write_one(fd, p, n, flags));
    if (sock_opens(flags, to, to_len))
        return -1;
    if (refused(fd, p, n, to, to_len))
        return -1;
    return real_sendto()(fd, p, n, flags, to, to_len);
}

EXPORT ssize_t sendmsg(int fd, const struct msghdr *m, int flags)
{
    if (m)
        SOCK_FIRST(fd, sock_write(fd, m->msg_iov, m->msg_iovlen, flags));
    if (m && sock_opens(flags, m->msg_name, m->msg_namelen))
        return -1;
    if (m && refused_vec(fd, m->msg_iov, m->msg_iovlen, m))
        return -1;
    return real_sendmsg()(fd, m, flags);
}

EXPORT int sendmmsg(int fd, struct mmsghdr *m, unsigned count, int flags)
{
    unsigned good = 0;
    int rc;

    if (m && sock_has(fd))
        return sock_write_each(fd, m, count, flags);
    if (m && count > 0 &&
        sock_opens(flags, m->msg_hdr.msg_name, m->msg_hdr.msg_namelen))
        return -1;
    while (m && good < count &&
           !refused_vec(fd, m[good].msg_hdr.msg_iov, m[good].msg_hdr.msg_iovlen,
                        &m[good].msg_hdr))
        good++;
    if (!m || good == count)
        return real_sendmmsg()(fd, m, count, flags);
    if (good == 0)
        return -1;
    /* A socket that was shut by this takes none of what comes before either. */
    rc = real_sendmmsg()(fd, m, good, flags | MSG_NOSIGNAL);
    if (rc < 0 && errno == EPIPE)
        errno = EPERM;
    return rc;
}

EXPORT ssize_t read(int fd, void *p, size_t n)
{
    SOCK_FIRST(fd, sock_read_one(fd, p, n, 0));
    if (has_junk(fd))
        return serve_one(fd, p, n, 0);
    return came(fd, p, n, real_read()(fd, p, n));
}

EXPORT ssize_t readv(int fd, const struct iovec *iov, int count)
{
    ssize_t n;

    SOCK_FIRST(fd, sock_read(fd, iov, count > 0 ? (size_t)count : 0, 0));
    if (count > 0 && has_junk(fd))
        return serve_junk(fd, iov, (size_t)count, false);
    n = real_readv()(fd, iov, count);
    return n > 0 ? came_vec(fd, iov, iov->iov_len, n) : n;
}

EXPORT ssize_t recv(int fd, void *p, size_t n, int flags)
{
    SOCK_FIRST(fd, sock_read_one(fd, p, n, flags));
    if (has_junk(fd))
        return serve_one(fd, p, n, flags);
    return came(fd, p, filled(n, flags), real_recv()(fd, p, n, flags));
}

EXPORT ssize_t recvfrom(int fd, void *p, size_t n, int flags,
                        struct sockaddr *from, socklen_t *from_len)
{
    SOCK_FIRST(fd, sock_read_from(fd, p, n, flags, from, from_len));
    if (has_junk(fd)) {
        if (from && from_len)
            *from_len = 0; /* as on a connected stream */
        return serve_one(fd, p, n, flags);
    }
    return came(fd, p, filled(n, flags),
                real_recvfrom()(fd, p, n, flags, from, from_len));
}

EXPORT ssize_t recvmsg(int fd, struct msghdr *m, int flags)
{
    ssize_t n;

    if (m)
        SOCK_FIRST(fd, sock_read_msg(fd, m, flags));
    if (m && has_junk(fd)) {
        m->msg_namelen = 0;
        m->msg_controllen = 0;
        m->msg_flags = 0;
        return serve_junk(fd, m->msg_iov, m->msg_iovlen, flags & MSG_PEEK);
    }
    n = real_recvmsg()(fd, m, flags);
    if (n <= 0 || !m->msg_iovlen)
        return n;
    return came_vec(fd, m->msg_iov, filled(m->msg_iov->iov_len, flags), n);
}

ssize_t __read_chk(int fd, void *p, size_t n, size_t room);
EXPORT ssize_t __read_chk(int fd, void *p, size_t n, size_t room)
{
    if (n <= room)
        SOCK_FIRST(fd, sock_read_one(fd, p, n, 0));
    if (n <= room && has_junk(fd))
        return serve_one(fd, p, n, 0);
    return came(fd, p, n, real___read_chk()(fd, p, n, room));
}

ssize_t __recv_chk(int fd, void *p, size_t n, size_t room, int flags);
EXPORT ssize_t __recv_chk(int fd, void *p, size_t n, size_t room, int flags)
{
    if (n <= room)
        SOCK_FIRST(fd, sock_read_one(fd, p, n, flags));
    if (n <= room && has_junk(fd))
        return serve_one(fd, p, n, flags);
    return came(fd, p, filled(n, flags),
                real___recv_chk()(fd, p, n, room, flags));
}

ssize_t __recvfrom_chk(int fd, void *p, size_t n, size_t room, int flags,
                       struct sockaddr *from, socklen_t *from_len);
EXPORT ssize_t __recvfrom_chk(int fd, void *p, size_t n, size_t room, int flags,
                              struct sockaddr *from, socklen_t *from_len)
{
    if (n <= room)
        SOCK_FIRST(fd, sock_read_from(fd, p, n, flags, from, from_len));
    if (n <= room && has_junk(fd)) {
        if (from && from_len)
            *from_len = 0;
        return serve_one(fd, p, n, flags);
    }
    return came(fd, p, filled(n, flags),
                real___recvfrom_chk()(fd, p, n, room, flags, from, from_len));
}
