#ifndef SP_HOOKS_SOCK_H
#define SP_HOOKS_SOCK_H

#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "hooks/net.h"
#include "hooks/zeros.h"

/*
 * The door of plain sockets: HTTP without TLS to hosts that the policy
 * declares. Which descriptors it concerns is decided when they are connected
 * (addr.h) and, where the address does not tell, when the first bytes are
 * written (first.h). Such a descriptor has a record, a session as those of TLS
 * objects are, which its copies share.
 *
 * A descriptor that is not ours costs one load, and while there is any of ours
 * a look into the table of descriptors: no lock, no allocation, no system call.
 */

/* What the functions below return where the real one is to be called. */
#define SOCK_NOT_OURS (-2)

extern _Atomic int sock_count;     /* of entries in the table                */
extern _Atomic(void *) sock_table; /* see sock.c; there if there is an entry */

/* sock_has - whether there is an entry for this descriptor. */
static inline bool sock_has(int fd)
{
    return __builtin_expect(
               atomic_load_explicit(&sock_count, memory_order_acquire) > 0,
               0) &&
           (unsigned)fd < NET_FDS &&
           atomic_load_explicit(
               (_Atomic(struct sock *) *)zeros_seen(&sock_table) + fd,
               memory_order_relaxed) != NULL;
}

/*
 * sock_write, sock_read - the call of an application on a descriptor with an
 * entry: as sendmsg and recvmsg do, on `count` pieces. The count or -1 with
 * errno, in all as the socket is: blocking or not, in parts, with MSG_PEEK,
 * MSG_WAITALL, MSG_DONTWAIT. What goes past the engine (MSG_OOB, MSG_ZEROCOPY)
 * is EOPNOTSUPP; a session that has failed, EPERM. SOCK_NOT_OURS.
 */
ssize_t sock_write(int fd, const struct iovec *iov, size_t count, int flags);
ssize_t sock_read(int fd, const struct iovec *iov, size_t count, int flags);

/* The same for a single piece. */
static inline ssize_t sock_write_one(int fd, const void *p, size_t n, int flags)
{
    struct iovec iov = {(void *)(uintptr_t)p, n};

    return sock_write(fd, &iov, 1, flags);
}

static inline ssize_t sock_read_one(int fd, void *p, size_t n, int flags)
{
    struct iovec iov = {p, n};

    return sock_read(fd, &iov, 1, flags);
}

/* recvfrom and recvmsg: no name, no ancillary data, as on a TCP socket. */
ssize_t sock_read_from(int fd, void *p, size_t n, int flags,
                       const struct sockaddr *from, socklen_t *from_len);
ssize_t sock_read_msg(int fd, struct msghdr *m, int flags);

/*
 * sock_available - how many bytes a read would bring without waiting (FIONREAD,
 * tcp(7)), or SOCK_NOT_OURS.
 */
ssize_t sock_available(int fd);

/* sock_write_each - sendmmsg: the number of messages, or -1. */
int sock_write_each(int fd, struct mmsghdr *m, unsigned count, int flags);

/*
 * sock_send_file - sendfile to a descriptor with an entry: the front of what
 * was asked for, read from the file and written as above.
 */
ssize_t sock_send_file(int fd, int from, off64_t *at, size_t n);

/*
 * sock_connecting - before the real connect: the descriptor gets its entry, or
 * loses that of a socket before it. false with errno where it cannot be
 * guarded though it is to be. sock_unconnected - it has failed: the entry goes,
 * unless the socket was connected before.
 */
bool sock_connecting(int fd, const struct sockaddr *to, socklen_t len);
void sock_unconnected(int fd);

/*
 * sock_opens - whether a send with these flags would connect to a declared host
 * and carry bytes with that (TCP fast open): EOPNOTSUPP then, after which
 * callers connect first, as where the kernel has none of it.
 */
bool sock_opens(int flags, const struct sockaddr *to, socklen_t len);

/*
 * sock_closing - before the real close. sock_copied - after a dup; false: the
 * copy cannot be guarded though it is to be.
 */
void sock_closing(int fd);
bool sock_copied(int from, int to);

/* sock_ending - before the real shutdown: the application has said all. */
void sock_ending(int fd, int how);

/*
 * sock_guards - whether the descriptor is guarded, or may have to be, so that
 * what goes past sock_write and sock_read is to be refused. With `surely` not
 * while it may still turn out to speak another protocol.
 */
bool sock_guards(int fd, bool surely);

/* Held by a fork in progress: every lock of this door. */
void sock_fork_lock(void);
void sock_fork_unlock(void);

#endif
