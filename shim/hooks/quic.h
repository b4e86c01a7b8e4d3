#ifndef SP_HOOKS_QUIC_H
#define SP_HOOKS_QUIC_H

#include "hooks/hello.h"

/* Of a datagram no more is looked at; larger ones do not cross the Internet. */
#define QUIC_MAX 1500

/* The bytes that tell an Initial packet. */
#define QUIC_FRONT 5

/*
 * quic_is_initial - whether a datagram of this size begins with the long header
 * of an Initial packet (RFC 9000, 17.2.2; version 2: RFC 9369, 3.2), as large
 * as a client's must be (RFC 9000, 14.1).
 */
bool quic_is_initial(struct str front, size_t datagram);

/*
 * quic_hello - the ClientHello in the Initial packet at the front of a
 * datagram, of which the first QUIC_MAX bytes are enough. *h and *at, the
 * bytes of it that were read, start as 0; where it goes on in another packet,
 * they are given to the call for that one.
 *
 * OK        as hello_feed: the name is known
 * E_AGAIN   it goes on in another packet
 * E_SYNTAX  none that can be read: the packet has nothing that goes on at *at,
 *           or it was made with other keys, as a client's later ones are
 */
MUST_USE enum err quic_hello(struct str datagram, struct hello *h,
                             uint64_t *at);

#endif
