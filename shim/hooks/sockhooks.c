/*
 * The hooks by which the door of plain sockets learns what a descriptor is, and
 * those that would go past it.
 *
 * All of them may be called between fork or vfork and exec, and by signal
 * handlers, so the true functions are found without lock or allocation: among
 * the objects the program started with.
 */
#undef _FORTIFY_SOURCE /* its inline wrappers would be defined twice */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include "hooks/export.h"
#include "hooks/real.h"
#include "hooks/sock.h"

#define SOCK_HOOKS(X)                                                          \
    X(int, connect, (int, const struct sockaddr *, socklen_t))                 \
    X(int, close, (int))                                                       \
    X(int, shutdown, (int, int))                                               \
    X(int, dup, (int))                                                         \
    X(int, dup2, (int, int))                                                   \
    X(int, dup3, (int, int, int))                                              \
    X(int, fcntl, (int, int, ...))                                             \
    X(int, fcntl64, (int, int, ...))                                           \
    X(ssize_t, sendfile, (int, int, off_t *, size_t))                          \
    X(ssize_t, sendfile64, (int, int, off64_t *, size_t))                      \
    X(ssize_t, splice, (int, off64_t *, int, off64_t *, size_t, unsigned))     \
    X(int, ioctl, (int, unsigned long, ...))                                   \
    X(int, recvmmsg,                                                           \
      (int, struct mmsghdr *, unsigned, int, struct timespec *))               \
    X(FILE *, fdopen, (int, const char *))                                     \
    X(ssize_t, preadv2, (int, const struct iovec *, int, off_t, int))          \
    X(ssize_t, preadv64v2, (int, const struct iovec *, int, off64_t, int))     \
    X(ssize_t, pwritev2, (int, const struct iovec *, int, off_t, int))         \
    X(ssize_t, pwritev64v2, (int, const struct iovec *, int, off64_t, int))    \
    X(int, vdprintf, (int, const char *, va_list))                             \
    X(int, __vdprintf_chk, (int, int, const char *, va_list))

/* real_NAME() - the true function. */
#define SOCK_REAL(ret, name, args)                                             \
    static inline ret(*real_##name(void)) args                                 \
    {                                                                          \
        static _Atomic(void *) known;                                          \
        void *p = atomic_load_explicit(&known, memory_order_relaxed);          \
        ret(*fn) args;                                                         \
                                                                               \
        if (__builtin_expect(!p, 0)) {                                         \
            p = real_behind(#name);                                            \
            atomic_store_explicit(&known, p, memory_order_relaxed);            \
        }                                                                      \
        memcpy(&fn, &p, sizeof(fn));                                           \
        return fn;                                                             \
    }
SOCK_HOOKS(SOCK_REAL)

/* --- becoming ours, and ceasing to be ------------------------------------- */

EXPORT int connect(int fd, const struct sockaddr *to, socklen_t len)
{
    int rc = sock_connecting(fd, to, len) ? real_connect()(fd, to, len) : -1;

    if (rc < 0 && errno != EINPROGRESS && errno != EINTR && errno != EALREADY &&
        errno != EISCONN)
        sock_unconnected(fd);
    return rc;
}

EXPORT int close(int fd)
{
    sock_closing(fd);
    return real_close()(fd);
}

EXPORT int shutdown(int fd, int how)
{
    sock_ending(fd, how);
    return real_shutdown()(fd, how);
}

/* --- copies --------------------------------------------------------------- */

static int copied(int from, int to)
{
    if (to < 0 || sock_copied(from, to))
        return to;
    (void)real_close()(to);
    errno = EMFILE; /* dup(2): no number is left that we could guard */
    return -1;
}

EXPORT int dup(int fd)
{
    return copied(fd, real_dup()(fd));
}

/*
 * A standard stream is written by stdio, or handed to another program: neither
 * comes by us. (A shell does so with what it has opened by /dev/tcp.)
 */
static bool streams(int fd, int to)
{
    if (to < 0 || to > STDERR_FILENO || !sock_guards(fd, /* surely */ true))
        return false;
    errno = EOPNOTSUPP;
    return true;
}

EXPORT int dup2(int fd, int to)
{
    if (streams(fd, to))
        return -1;
    return copied(fd, real_dup2()(fd, to));
}

EXPORT int dup3(int fd, int to, int flags)
{
    if (streams(fd, to))
        return -1;
    return copied(fd, real_dup3()(fd, to, flags));
}

static bool copies(int command)
{
    return command == F_DUPFD || command == F_DUPFD_CLOEXEC;
}

/* The third argument is an int, a pointer or none: one register holds it. */
#define FCNTL(real)                                                            \
    va_list args;                                                              \
    void *arg;                                                                 \
    int rc;                                                                    \
                                                                               \
    va_start(args, command);                                                   \
    arg = va_arg(args, void *);                                                \
    va_end(args);                                                              \
    rc = real()(fd, command, arg);                                             \
    return copies(command) ? copied(fd, rc) : rc

EXPORT int fcntl(int fd, int command, ...)
{
    FCNTL(real_fcntl);
}

EXPORT int fcntl64(int fd, int command, ...)
{
    FCNTL(real_fcntl64);
}

/* --- ways past us --------------------------------------------------------- */

EXPORT ssize_t sendfile(int out, int in, off_t *at, size_t n)
{
    if (sock_has(out))
        return sock_send_file(out, in, at, n);
    return real_sendfile()(out, in, at, n);
}

EXPORT ssize_t sendfile64(int out, int in, off64_t *at, size_t n)
{
    if (sock_has(out))
        return sock_send_file(out, in, at, n);
    return real_sendfile64()(out, in, at, n);
}

/* EINVAL is what callers take for "do it by read and write": splice(2). */
EXPORT ssize_t splice(int in, off64_t *in_at, int out, off64_t *out_at,
                      size_t n, unsigned flags)
{
    if (!sock_guards(in, false) && !sock_guards(out, false))
        return real_splice()(in, in_at, out, out_at, n, flags);
    errno = EINVAL;
    return -1;
}

/* --- other questions ------------------------------------------------------ */

EXPORT int ioctl(int fd, unsigned long request, ...)
{
    ssize_t n;
    va_list args;
    void *arg;

    va_start(args, request);
    arg = va_arg(args, void *);
    va_end(args);
    if (request == FIONREAD && sock_has(fd) && arg &&
        (n = sock_available(fd)) != SOCK_NOT_OURS) {
        *(int *)arg = n > INT_MAX ? INT_MAX : (int)n;
        return 0;
    }
    return real_ioctl()(fd, request, arg);
}

/* One message at a time, which is as many as a caller must be content with. */
EXPORT int recvmmsg(int fd, struct mmsghdr *m, unsigned count, int flags,
                    struct timespec *timeout)
{
    ssize_t rc;

    if (sock_has(fd) && m && count > 0 &&
        (rc = sock_read_msg(fd, &m->msg_hdr, flags)) != SOCK_NOT_OURS) {
        m->msg_len = rc > 0 ? (unsigned)rc : 0;
        return rc < 0 ? -1 : 1;
    }
    return real_recvmmsg()(fd, m, count, flags, timeout);
}

/* Whether the descriptor is free for calls that we see nothing of. */
static bool may_go_past(int fd)
{
    if (!sock_guards(fd, false))
        return true;
    errno = EOPNOTSUPP;
    return false;
}

/* With the offset -1 they are readv and writev, of sockets too: readv(2). */
#define VECTOR(name, off)                                                      \
    EXPORT ssize_t name(int fd, const struct iovec *iov, int count, off at,    \
                        int flags)                                             \
    {                                                                          \
        return may_go_past(fd) ? real_##name()(fd, iov, count, at, flags)      \
                               : -1;                                           \
    }
VECTOR(preadv2, off_t)
VECTOR(preadv64v2, off64_t)
VECTOR(pwritev2, off_t)
VECTOR(pwritev64v2, off64_t)

/* What stdio reads and writes does not come by us. */
EXPORT FILE *fdopen(int fd, const char *mode)
{
    return may_go_past(fd) ? real_fdopen()(fd, mode) : NULL;
}

EXPORT int vdprintf(int fd, const char *format, va_list args)
{
    return may_go_past(fd) ? real_vdprintf()(fd, format, args) : -1;
}

EXPORT int dprintf(int fd, const char *format, ...)
{
    va_list args;
    int n;

    va_start(args, format);
    n = may_go_past(fd) ? real_vdprintf()(fd, format, args) : -1;
    va_end(args);
    return n;
}

/* The same of programs that were built with _FORTIFY_SOURCE. */
int __vdprintf_chk(int fd, int flag, const char *format, va_list args);
EXPORT int __vdprintf_chk(int fd, int flag, const char *format, va_list args)
{
    return may_go_past(fd) ? real___vdprintf_chk()(fd, flag, format, args) : -1;
}

int __dprintf_chk(int fd, int flag, const char *format, ...);
EXPORT int __dprintf_chk(int fd, int flag, const char *format, ...)
{
    va_list args;
    int n;

    va_start(args, format);
    n = may_go_past(fd) ? real___vdprintf_chk()(fd, flag, format, args) : -1;
    va_end(args);
    return n;
}
