#ifndef SP_HOOKS_ADDR_H
#define SP_HOOKS_ADDR_H

#include <netdb.h>
#include <sys/socket.h>

#include "base/str.h"

/*
 * The addresses of watched hosts, as getaddrinfo gave them to the program:
 * where a connection has no name of its own, they tell whom it is for. A
 * program with a resolver of its own does not come by here.
 *
 * A fixed table, the oldest entry makes room; no lock and no allocation.
 */

/* Entries; a host has a handful of addresses. */
#define ADDR_ENTRIES 128

/* An address and a port, in one form for both families. */
struct addr {
    unsigned char ip[16]; /* IPv4 as ::ffff:a.b.c.d (RFC 4291, 2.5.5.2) */
    uint16_t port;
};

/* addr_of - false for another family, or if it is too short. */
bool addr_of(const struct sockaddr *sa, socklen_t len, struct addr *ret_addr);

/* addr_text - the address as text, without port. Borrows store. */
#define ADDR_TEXT 46
struct str addr_text(const struct addr *a, char store[ADDR_TEXT]);

/* addr_learn - this name has these addresses. Names over 253 bytes: none. */
void addr_learn(struct str name, const struct addrinfo *list);

/*
 * addr_next - the next name that was learned for an address, whatever its
 * port. *at starts as 0. False at the end. The name lives until ADDR_ENTRIES
 * further ones were learned.
 */
bool addr_next(const struct addr *a, size_t *at, struct str *ret_name);

#endif
