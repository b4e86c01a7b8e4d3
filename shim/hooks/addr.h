#ifndef SP_HOOKS_ADDR_H
#define SP_HOOKS_ADDR_H

#include <netdb.h>
#include <sys/socket.h>

#include "hooks/load.h"

/*
 * Which addresses are those of declared hosts: an address that is declared
 * itself, and what the program was told when it asked for a declared name.
 */

#define ADDR_NAME 256 /* a name in DNS has 253 characters */

struct addr_place {
    char name[ADDR_NAME]; /* of the host; empty: not known           */
    size_t name_len;
    uint16_t port;          /* of the socket                           */
    enum load_declared how; /* what the policy says of name and port   */
};

/*
 * addr_learn - `name` was resolved to these. Of a name that is not declared it
 * is kept that it stands for an address which a declared one had: from then on
 * that address alone does not tell which host is meant.
 */
void addr_learn(struct str name, const struct addrinfo *list);

/*
 * addr_place - whose address this is. false if it is none of IPv4 or IPv6;
 * `how` is DECLARED_NOT where it is nobody's we know. No lock, no allocation.
 */
bool addr_place(const struct sockaddr *to, socklen_t len,
                struct addr_place *ret_place);

/* Held by a fork in progress. */
void addr_fork_lock(void);
void addr_fork_unlock(void);

#endif
