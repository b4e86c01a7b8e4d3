#ifndef SP_HOOKS_PLACE_H
#define SP_HOOKS_PLACE_H

#include <sys/socket.h>

#include "hooks/load.h"

/* Whether an address is that of a host that the policy declares. */

#define PLACE_NAME 256 /* a name in DNS has 253 characters */

struct place {
    char name[PLACE_NAME]; /* of the host; empty: not known  */
    size_t name_len;
    uint16_t port;          /* of the socket                  */
    enum load_declared how; /* what the policy says of both   */
    bool learned;           /* the name was resolved to it    */
};

/*
 * place_of - whose address this is: a name's that was resolved to it (addr.h),
 * or one that is declared itself. false if it is none of IPv4 or IPv6; `how` is
 * DECLARED_NOT where it is nobody's we know. No lock, no allocation.
 */
bool place_of(const struct sockaddr *to, socklen_t len,
              struct place *ret_place);

#endif
