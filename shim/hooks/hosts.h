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
 * stands for every host that ends so; one with a star matches any run of
 * characters there. A name may end in a port: then the host's must be that
 * one, or 0, not known. Letters are compared without case; the forms of
 * host_plain (base/host.h) are one.
 */
bool hosts_listed(struct str host, uint16_t port, struct str extra);

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
 * hosts_refuse_uncovered - whether that list begins with the line that stands
 * for a policy's `uncovered: refuse`. Stack only; errno stays.
 */
bool hosts_refuse_uncovered(const char *image);

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
