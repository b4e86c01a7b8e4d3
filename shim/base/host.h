#ifndef SP_BASE_HOST_H
#define SP_BASE_HOST_H

#include "base/str.h"

/*
 * host_plain - the form in which names of hosts are compared, letters aside:
 * without the dot of a full name or the brackets of an address; and one word,
 * "localhost", for all that a program may write for this machine itself
 * (RFC 6761, 6.3; RFC 4291, 2.5.3; the unspecified addresses, which Linux
 * connects to this machine too). Borrows from `host` or is static.
 */
struct str host_plain(struct str host);

/*
 * host_like - whether a host fits a name with stars, each of which stands for
 * one character or more. Letters are compared without case.
 */
bool host_like(struct str pattern, struct str host);

#endif
