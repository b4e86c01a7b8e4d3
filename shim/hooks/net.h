#ifndef SP_HOOKS_NET_H
#define SP_HOOKS_NET_H

#include <sys/types.h>

#include "base/str.h"

/*
 * Sockets: which descriptor carries a TLS session, and waking a program that
 * waits for one in poll.
 */

/* Descriptors above this are not watched; a session on one is not woken. */
#define NET_FDS 65536

/*
 * net_enter, net_leave - around a real call in which the library may write to
 * its socket by itself, on this thread. A ClientHello written in between comes
 * from the library; any other is carried by the application, which then also
 * carries what it reads to the library.
 */
void net_enter(void);
void net_leave(void);

/* net_is_inside - whether this thread is in between. */
bool net_is_inside(void);

/* net_inode - of a socket; 0 if fd is something else. */
uint64_t net_inode(int fd);

/*
 * net_port - the port of the host at the other end of a TCP socket, before a
 * TLS session begins on it. 0 if that is not known: the socket is no connected
 * TCP socket, or something was said on it before, as to a proxy (HTTP CONNECT,
 * SOCKS), which then stands between. Safe in a signal handler.
 */
uint16_t net_port(int fd);

/* A ClientHello that went out. */
struct net_hello {
    int fd;
    bool carried;  /* by the application, not by the library */
    uint16_t port; /* net_port, when it went out             */
};

/*
 * net_hello - one with this random is about to leave on fd, which net_find
 * will tell from now on.
 */
void net_hello(int fd, const unsigned char *random);

/*
 * net_find - where a ClientHello with this random was written last. false if
 * none was seen; *ret_hello is set otherwise.
 */
bool net_find(const unsigned char *random, struct net_hello *ret_hello);

/*
 * net_wake - end the receiving side of a socket, so that poll and read on it
 * return at once. With `carried`, the next read of the application returns one
 * TLS record of no meaning before the end: event loops that only know the
 * socket's side would take an end alone for a lost connection. false if fd is
 * not a socket.
 */
bool net_wake(int fd, bool carried);

/* net_forget - take back a record that net_wake left and nobody fetched. */
void net_forget(int fd);

/* net_send, net_recv - the true functions; net_sendmsg - as the hook, but for
 * the door of plain sockets. */
struct msghdr;
ssize_t net_send(int fd, const void *p, size_t n, int flags);
ssize_t net_sendmsg(int fd, const struct msghdr *m, int flags);
ssize_t net_recv(int fd, void *p, size_t n, int flags);

/*
 * net_bind - from now on the true functions are looked for behind us, not in
 * libc; in the constructor.
 */
void net_bind(void);

#endif
