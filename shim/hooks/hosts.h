#ifndef SP_HOOKS_HOSTS_H
#define SP_HOOKS_HOSTS_H

#include "base/buf.h"

/*
 * The hosts that are refused while no engine can judge: known LLM providers,
 * and those the user declared. Not the list the engine works with.
 */

/*
 * hosts_listed - whether the host is one of the built-in list or of `extra`
 * (names with commas or line ends between them). A name that starts with a dot
 * stands for every host that ends so; a star in one stands for one character or
 * more. A name may end in a port: then the host's must be that
 * one, or 0, not known. Letters are compared without case; the forms of
 * host_plain (base/host.h) are one.
 */
bool hosts_listed(struct str host, uint16_t port, struct str extra);

/* hosts_among - the same without the built-in list. */
bool hosts_among(struct str host, uint16_t port, struct str list);

/*
 * hosts_read - what stands in the list beside a policy image: the file of its
 * name with ".hosts" added, as `compile` writes it. Added to *out, which has
 * its own maximum; of a longer file the lines that fit. Opens no device and
 * does not wait.
 *
 * E_UNSUPPORTED  no such regular file, or it cannot be read
 */
MUST_USE enum err hosts_read(const char *image, struct buf *out);

/*
 * hosts_beside - whether that list names a host, by the rules of hosts_listed.
 * Stack only; errno stays.
 *
 * E_UNSUPPORTED  no such regular file, or it cannot be read
 */
MUST_USE enum err hosts_beside(const char *image, struct str host,
                               uint16_t port, bool *ret_listed);

/*
 * hosts_say - whether one of the lines with which that list begins is this one
 * (HOSTS_ in limits.h): a setting of the policy for the shim. Stack only;
 * errno stays.
 */
bool hosts_say(const char *image, struct str line);

/*
 * hosts_cut_port - cuts the port off a name or address; 0 if there is none. An
 * address with colons in it has brackets where a port follows.
 */
uint16_t hosts_cut_port(struct str *name);

/*
 * hosts_of_request - the value of the first Host field in the head, or what
 * there is of it, at the front of `plain`, without its port; {NULL, 0} if there
 * is none. *ret_port, which may be NULL, is 0 where there is no port.
 */
struct str hosts_of_request(struct str plain, uint16_t *ret_port);

#endif
