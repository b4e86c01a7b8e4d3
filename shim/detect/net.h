#ifndef SP_DETECT_NET_H
#define SP_DETECT_NET_H

#include "base/str.h"

/*
 * ip_ok - an address of IPv4 (four decimal numbers without leading zeros) or
 * IPv6 (RFC 4291, 2.2), with a prefix length or a zone if it has one.
 * ip_public_ok - and one that may be somebody's: not private, shared,
 * loopback, link-local, multicast, reserved, or of documentation and
 * benchmarks (RFC 6890, 5737, 3849, 9637, and IANA's special-purpose
 * registries).
 */
bool ip_ok(struct str s);
bool ip_public_ok(struct str s);

/* mac_ok - six pairs of hex digits with : or -, or three groups of four with
 * dots (EUI-48); not all zero, not broadcast. */
bool mac_ok(struct str s);

#endif
