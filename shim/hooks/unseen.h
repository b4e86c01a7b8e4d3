#ifndef SP_HOOKS_UNSEEN_H
#define SP_HOOKS_UNSEEN_H

#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "hooks/hello.h"

/*
 * TLS and QUIC to watched hosts that no session of ours carries: of a library
 * that is hidden in the program or that we do not know.
 */

/* Bytes that are about to leave. */
struct sending {
    int fd;
    const struct iovec *iov;
    size_t count;
    const struct sockaddr *to; /* as given with them; NULL: the socket's peer */
    socklen_t to_len;
};

/* Descriptors whose next bytes are to be looked at, whatever they are. */
extern _Atomic int unseen_open;

/*
 * unseen_begins - whether bytes, of which there are at least HELLO_FRONT, may
 * begin a ClientHello or a QUIC Initial packet.
 */
static inline bool unseen_begins(const void *p)
{
    unsigned char first = *(const unsigned char *)p;

    return first == 0x16 || (first & 0xc0) == 0xc0;
}

/*
 * unseen_refuses - look at bytes that unseen_begins says so of, or at any while
 * unseen_open is above 0. True: they must not leave; what is to be said and
 * done has been, and errno is the result of the call. False: errno stays.
 *
 * EPERM is the error, as where the kernel's own packet filter refuses: it is
 * the one that nobody takes for a passing disturbance.
 */
bool unseen_refuses(const struct sending *s);

/*
 * unseen_came - these bytes, which may begin a ClientHello, came in by a
 * descriptor. errno stays.
 */
void unseen_came(int fd, struct str s);

/* What people and programs are told of HTTP/3. */
#define UNSEEN_QUIC "HTTP/3 cannot be inspected (unseen_tls): HTTP/2 can"

/*
 * unseen_refuses_quic - the same of a QUIC connection of which only the
 * handshake comes by, to this watched host.
 */
bool unseen_refuses_quic(struct str host);

#endif
