/*
 * The bytes of a plain socket: a session (traffic.c) whose transport is the
 * socket itself, under the semantics of sockets.
 *
 * Reading. A socket has no call for "bytes ready", programs ask poll. So what
 * the engine has let go must be seen there: as long as any of it waits for the
 * application, one byte that the engine has seen already is left unread in the
 * kernel (`shown`), and goes with the last of it.
 *
 *     kernel   |x|y y y y|     x: shown    y: not seen yet
 *     queue    |a a a a|       what the engine made of all up to x
 *
 * Bytes are looked at with MSG_PEEK, fed, and taken off. A read that brings
 * less than was asked for means "there is no more now" to programs that wait
 * for an edge of epoll: so reads go on until the socket has nothing left, and
 * whoever has to wait does so in the real recv, under no lock.
 *
 * After a block the receiving side is shut down (net_wake), which poll shows;
 * the queue is served, then the end.
 *
 * Writing. All that is written is fed at once. If the socket does not take what
 * the engine let go, the application must come back, so it is told one byte
 * less, and gives that byte again with its next write: a short count is what a
 * full socket gives. Of one byte, none is taken.
 */
#include "hooks/sockrec.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "hooks/first.h"
#include "hooks/real.h"

/* --- the transport -------------------------------------------------------- */

static const struct sock *sock_of(const struct session *s)
{
    return (const struct sock *)(const void *)s; /* the session comes first */
}

static struct str host(const struct session *s)
{
    return buf_str(&s->sni);
}

static int fd_of(const struct session *s)
{
    return s->fd;
}

static int write_real(struct session *s, const void *p, size_t n)
{
    const struct sock *k = sock_of(s);

    if (net_inode(k->send_fd) != k->inode) { /* closed while another waited */
        errno = EBADF;
        return -1;
    }
    return (int)net_send(k->send_fd, p, n, k->send_flags);
}

/* The engine's words about a failure have no way to the application. */
const struct tls tls_plain = {
    .door = "socket",
    .host = host,
    .fd = fd_of,
    .write = write_real,
};

/* --- pieces --------------------------------------------------------------- */

/* Where the next byte goes to, or comes from. */
struct cursor {
    const struct iovec *iov;
    size_t count, at; /* in the first piece */
};

static size_t left(const struct cursor *c)
{
    size_t n = 0;

    for (size_t i = 0; i < c->count; i++)
        if (__builtin_add_overflow(n, c->iov[i].iov_len, &n))
            return INT_MAX;
    n -= c->at;
    return n > INT_MAX ? INT_MAX : n;
}

/* NULL, of which the kernel would say so; other addresses are not tried. */
static bool is_fault(const struct iovec *iov, size_t count)
{
    bool fault = !iov && count > 0;

    for (size_t i = 0; !fault && i < count; i++)
        fault = !iov[i].iov_base && iov[i].iov_len > 0;
    if (fault)
        errno = EFAULT;
    return fault;
}

/* The rest of the first piece that has any. */
static struct str piece(struct cursor *c)
{
    while (c->count > 0 && c->at == c->iov->iov_len) {
        c->iov++;
        c->count--;
        c->at = 0;
    }
    if (c->count == 0)
        return (struct str){NULL, 0};
    return (struct str){(char *)c->iov->iov_base + c->at,
                        c->iov->iov_len - c->at};
}

/* --- reading, under the lock ---------------------------------------------- */

/* The descriptor in use: another one of the socket may be closed by now. */
static void use(struct sock *k, int fd)
{
    record_lock(&k->s);
    k->s.fd = fd;
    record_unlock(&k->s);
}

static void set_over(struct sock *k, int error)
{
    if (k->over)
        return;
    k->over = true;
    k->error = error;
    traffic_end(&k->s, DIR_RECV);
    traffic_settle(&k->s, false);
}

/* Takes n bytes off the kernel's queue, which are there. */
static void take_off(struct sock *k, int fd, size_t n)
{
    while (n > 0) {
        long rc =
            syscall(SYS_recvfrom, fd, k->in, n < RECORD_IN ? n : RECORD_IN,
                    MSG_DONTWAIT, NULL, NULL);

        if (rc <= 0)
            return;
        n -= (size_t)rc;
    }
}

/* Makes the socket show what the queue holds. */
static void show(struct sock *k, int fd)
{
    if (k->shown && traffic_queued(&k->s) == 0) {
        take_off(k, fd, 1);
        k->shown = false;
    }
}

/* Looks for more; false if there is none now. errno stays. */
static bool pull(struct sock *k, int fd)
{
    struct session *s = &k->s;
    size_t known = k->shown, have;
    int saved = errno;
    long rc;

    if (k->over || atomic_load(&s->state) != OPEN)
        return false;
    if (!k->in && !(k->in = malloc(RECORD_IN))) {
        set_over(k, ENOMEM);
        return true;
    }
    rc = syscall(SYS_recvfrom, fd, k->in, RECORD_IN, MSG_DONTWAIT | MSG_PEEK,
                 NULL, NULL);
    have = rc > 0 ? (size_t)rc : 0;
    if (rc == 0)
        set_over(k, 0);
    else if (rc < 0 && errno != EAGAIN && errno != EINTR)
        set_over(k, errno);
    if (have > known) {
        (void)traffic_feed(s, DIR_RECV,
                           (struct str){k->in + known, have - known});
        traffic_settle(s, false);
        k->shown = true;
        take_off(k, fd, have - 1);
    }
    errno = saved;
    return have > known || k->over;
}

/* Copies from the queue into the pieces; how much. */
static size_t copy(struct sock *k, struct cursor *c, bool peek)
{
    size_t all = 0, n;

    if (peek) { /* in the first piece that has room: it may be short */
        struct str to = piece(c);

        return traffic_take(&k->s, (char *)(uintptr_t)to.ptr, to.len, true);
    }
    do {
        struct str to = piece(c);

        n = to.len
                ? traffic_take(&k->s, (char *)(uintptr_t)to.ptr, to.len, false)
                : 0;
        c->at += n;
        all += n;
    } while (n > 0);
    return all;
}

/*
 * All that can be had without waiting. *heard: something came, be it all held.
 */
static size_t fill(struct sock *k, int fd, struct cursor *c, bool peek,
                   bool *heard)
{
    size_t got = 0;
    bool more = true;

    pthread_mutex_lock(&k->lock);
    use(k, fd);
    while (more) {
        got = copy(k, c, peek) + (peek ? 0 : got);
        show(k, fd);
        more = left(c) > (peek ? got : 0) && pull(k, fd);
        *heard |= more;
    }
    pthread_mutex_unlock(&k->lock);
    return got;
}

/* --- the thread that sends ------------------------------------------------ */

static bool is_waiting_kind(int fd, int flags)
{
    return !(flags & MSG_DONTWAIT) &&
           !(syscall(SYS_fcntl, fd, F_GETFL) & O_NONBLOCK);
}

/* Without a mutex: one may be cancelled, or forked away from, in the send. */
static bool send_begin(struct sock *k, int fd, int flags)
{
    struct timespec wait = {.tv_nsec = 1000000};
    int self = (int)syscall(SYS_gettid), other = 0;

    while (!atomic_compare_exchange_strong(&k->sender, &other, self)) {
        if (other == self ||
            (syscall(SYS_tgkill, syscall(SYS_getpid), other, 0) &&
             errno == ESRCH)) {
            (void)atomic_compare_exchange_strong(&k->sender, &other, 0);
        } else if (!is_waiting_kind(fd, flags)) {
            errno = EAGAIN;
            return false;
        } else {
            (void)syscall(SYS_ppoll, NULL, 0, &wait, NULL, 0);
            wait.tv_nsec = 1000000; /* the kernel writes what was left */
        }
        other = 0;
    }
    k->send_fd = fd;
    k->send_flags = flags & (MSG_DONTWAIT | MSG_NOSIGNAL);
    return true;
}

static void send_end(struct sock *k)
{
    atomic_store(&k->sender, 0);
}

/* What the engine has to say to the network by itself, in the end of a blocked
 * connection too: as far as it goes. */
static void send_words(struct sock *k, int fd)
{
    int saved = errno;

    while (atomic_load(&k->s.state) != FAILED &&
           (atomic_load(&k->unsent) || traffic_waits(&k->s)) &&
           send_begin(k, fd, MSG_DONTWAIT | MSG_NOSIGNAL)) {
        /* The rest of a write is sent when that is repeated. */
        bool sent = k->s.owed == 0 && traffic_flush(&k->s) > 0;

        atomic_store(&k->unsent, !sent);
        send_end(k);
        if (!sent)
            break;
    }
    errno = saved;
}

/* Whether the socket is the application's alone from now on. */
static bool let_go(struct sock *k, int fd)
{
    int saved = errno;
    bool gone = false;

    if (traffic_passes(&k->s) && send_begin(k, fd, MSG_DONTWAIT)) {
        pthread_mutex_lock(&k->lock);
        gone = !k->shown && traffic_let_go(&k->s);
        pthread_mutex_unlock(&k->lock);
        send_end(k);
    }
    if (gone)
        sock_pass(k);
    errno = saved;
    return gone;
}

/* --- reading -------------------------------------------------------------- */

/* An error is told once. */
static bool is_over(struct sock *k, int *ret_error)
{
    bool over;

    pthread_mutex_lock(&k->lock);
    over = k->over;
    *ret_error = k->error;
    k->error = 0;
    pthread_mutex_unlock(&k->lock);
    return over;
}

/*
 * Programs whose socket waits, and that ask poll before they read without
 * waiting (PHP), take it for broken if nothing comes then. What came is held:
 * so the read takes the time that poll would have taken.
 */
static ssize_t outwait(int fd)
{
    struct timespec limit = {.tv_sec = LIM_OUTWAIT};
    struct pollfd p = {.fd = fd, .events = POLLIN};

    if (syscall(SYS_ppoll, &p, 1, &limit, NULL, 0) > 0)
        return 1;
    errno = EAGAIN;
    return -1;
}

/* The queue is empty: 1 to look again, else what the read returns. */
static ssize_t wait_for_more(struct sock *k, int fd, int flags, bool heard)
{
    int state = atomic_load(&k->s.state), error;
    ssize_t rc;
    char byte;

    if (traffic_queued(&k->s) > 0) /* by a writer, in the meantime */
        return 1;
    if (state == FAILED) {
        errno = EPERM;
        return -1;
    }
    if (state == BLOCKED)
        return 0;
    if (is_over(k, &error)) {
        errno = error ? error : errno;
        return error ? -1 : 0;
    }
    if (heard && (flags & MSG_DONTWAIT) && !(flags & MSG_PEEK) &&
        is_waiting_kind(fd, 0))
        return outwait(fd);
    rc = net_recv(fd, &byte, 1, MSG_PEEK | (flags & MSG_DONTWAIT));
    if (rc >= 0 || errno == EAGAIN || errno == EINTR)
        return rc < 0 ? -1 : 1;
    pthread_mutex_lock(&k->lock);
    set_over(k, errno); /* the kernel tells an error once */
    pthread_mutex_unlock(&k->lock);
    return 1;
}

static ssize_t read_guarded(struct sock *k, int fd, struct cursor *c, int flags)
{
    bool peek = flags & MSG_PEEK, heard = false;
    size_t got = 0;
    int saved = errno;

    if (peek) { /* what is shown may be short, but must not go */
        (void)piece(c);
        c->count = 1;
    }
    for (;;) {
        ssize_t rc;

        got += fill(k, fd, c, peek, &heard);
        send_words(k, fd);
        if (got > 0 && (!(flags & MSG_WAITALL) || peek || left(c) == 0))
            break;
        if (got == 0 && (atomic_load(&k->s.state) == PASS || let_go(k, fd)))
            return SOCK_NOT_OURS;
        rc = wait_for_more(k, fd, flags, heard);
        if (rc > 0 && net_inode(fd) != k->inode) { /* closed meanwhile */
            errno = EBADF;
            rc = -1;
        }
        if (rc <= 0 && got == 0)
            return rc;
        if (rc <= 0)
            break;
    }
    errno = saved;
    return (ssize_t)got;
}

/*
 * Before the application has said anything: as the real read, but for a server
 * that speaks first.
 */
static ssize_t read_first(struct sock *k, int fd, struct cursor *c, int flags)
{
    char front[FIRST_SETTINGS];
    ssize_t rc =
        net_recv(fd, front, sizeof(front), MSG_PEEK | (flags & MSG_DONTWAIT));

    if (rc <= 0)
        return rc;
    if (!sock_told_first(k, (struct str){front, (size_t)rc}))
        return SOCK_NOT_OURS;
    return read_guarded(k, fd, c, flags);
}

ssize_t sock_read(int fd, const struct iovec *iov, size_t count, int flags)
{
    char waste[4096];
    struct iovec bin = {waste, sizeof(waste)};
    struct cursor c = {iov, count, 0};
    bool looked;
    struct sock *k = sock_enter(fd, &looked);
    ssize_t rc = SOCK_NOT_OURS;

    if (!k)
        return rc;
    if (!(flags & MSG_TRUNC) && is_fault(iov, count)) {
        sock_leave(k);
        return -1;
    }
    if (flags & MSG_TRUNC) { /* thrown away: tcp(7) */
        bin.iov_len = left(&c) < sizeof(waste) ? left(&c) : sizeof(waste);
        c = (struct cursor){&bin, 1, 0};
    }
    if (left(&c) > 0 && !(flags & (MSG_OOB | MSG_ERRQUEUE))) {
        int stage = atomic_load(&k->stage);

        if (stage == STAGE_OPEN)
            rc = read_guarded(k, fd, &c, flags);
        else if (stage == STAGE_FIRST)
            rc = read_first(k, fd, &c, flags);
    }
    sock_leave(k);
    return rc;
}

ssize_t sock_available(int fd)
{
    bool looked;
    struct sock *k = sock_enter(fd, &looked);
    ssize_t n = SOCK_NOT_OURS;

    if (!k)
        return n;
    if (atomic_load(&k->stage) == STAGE_OPEN) {
        pthread_mutex_lock(&k->lock);
        if (traffic_queued(&k->s) == 0)
            (void)pull(k, fd);
        n = (ssize_t)traffic_queued(&k->s);
        show(k, fd);
        pthread_mutex_unlock(&k->lock);
    }
    sock_leave(k);
    return n;
}

/* --- writing -------------------------------------------------------------- */

/* Feeds all pieces; the last byte is kept. */
static void feed(struct sock *k, struct cursor *c)
{
    struct str s;

    while ((s = piece(c)).len > 0) {
        if (k->s.api)
            (void)traffic_feed(&k->s, DIR_SEND, s);
        else if (atomic_load(&k->s.state) == OPEN)
            traffic_judge_alone(&k->s, s);
        k->owed = (unsigned char)s.ptr[s.len - 1];
        c->at += s.len;
    }
}

/* What is owed comes first: 0 if it has left, else the result of the write. */
static ssize_t go_on(struct sock *k, struct cursor *c)
{
    struct str s = piece(c);

    if (k->s.owed && (unsigned char)s.ptr[0] != k->owed) {
        errno = EPERM; /* not the bytes that were judged */
        return -1;
    }
    if (traffic_flush(&k->s) <= 0)
        return -1;
    c->at += k->s.owed;
    k->s.owed = 0;
    return 0;
}

/* By the thread that sends. */
static ssize_t write_guarded(struct sock *k, struct cursor *c)
{
    struct session *s = &k->s;
    size_t want = left(c);
    int saved = errno, state, why;
    bool sent;

    if (go_on(k, c))
        return -1;
    feed(k, c);
    sent = traffic_flush(s) > 0;
    why = errno;
    atomic_store(&k->unsent, !sent);
    traffic_settle(s, true);
    state = atomic_load(&s->state);
    errno = state == FAILED ? EPERM : sent || state == BLOCKED ? saved : why;
    if (state == FAILED)
        return -1;
    if (sent || state == BLOCKED)
        return (ssize_t)want;
    s->owed = 1;
    if ((why != EAGAIN && why != EINTR) || want == 1)
        return -1;
    errno = saved;
    return (ssize_t)want - 1;
}

static ssize_t write_sock(struct sock *k, int fd, struct cursor *c, int flags)
{
    int state = atomic_load(&k->s.state);
    ssize_t rc;

    if (flags & (MSG_OOB | MSG_ZEROCOPY)) {
        errno = EOPNOTSUPP;
        return -1;
    }
    if (state == BLOCKED) /* swallowed */
        return (ssize_t)left(c);
    if (state == FAILED) {
        errno = EPERM;
        return -1;
    }
    if (!send_begin(k, fd, flags))
        return -1;
    use(k, fd);
    rc = atomic_load(&k->s.state) == PASS ? SOCK_NOT_OURS : write_guarded(k, c);
    send_end(k);
    send_words(k, fd); /* what a reader wanted to say meanwhile */
    (void)let_go(k, fd);
    return rc;
}

ssize_t sock_write(int fd, const struct iovec *iov, size_t count, int flags)
{
    struct cursor c = {iov, count, 0};
    bool looked;
    struct sock *k = sock_enter(fd, &looked);
    ssize_t rc = SOCK_NOT_OURS;
    int error = 0;

    if (!k && !looked)
        return rc;
    if (is_fault(iov, count)) {
        if (k)
            sock_leave(k);
        return -1;
    }
    if (!k || atomic_load(&k->stage) != STAGE_OPEN)
        k = sock_first(fd, k, iov, count, &error);
    if (error) {
        errno = error;
        return -1;
    }
    if (!k)
        return rc;
    if (left(&c) > 0)
        rc = write_sock(k, fd, &c, flags);
    sock_leave(k);
    return rc;
}

void sock_ending(int fd, int how)
{
    bool looked;
    struct sock *k = sock_has(fd) ? sock_enter(fd, &looked) : NULL;

    if (!k)
        return;
    if (how != SHUT_RD && atomic_load(&k->stage) == STAGE_OPEN) {
        traffic_end(&k->s, DIR_SEND);
        send_words(k, fd);
    }
    sock_leave(k);
}
