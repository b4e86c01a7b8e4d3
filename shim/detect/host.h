#ifndef SP_DETECT_HOST_H
#define SP_DETECT_HOST_H

#include "base/str.h"

#define HOST_MOST 256 /* bytes of a name; RFC 1035 allows 255 */

/*
 * host_canonical - the name of a host as a browser would look it up: percent
 * escapes decoded, full stops of other scripts and full-width letters made
 * ASCII, small letters, labels of other scripts in punycode (RFC 3492), and the
 * old ways to write an IPv4 address (hexadecimal, octal, fewer parts) as four
 * decimal numbers (WHATWG URL, 3.5). Without a last dot. 0 for what is no name,
 * or too long. The mapping of UTS #46 is done for ASCII and full-width letters
 * only: what else it would fold stays another name, and so is not allowed.
 */
size_t host_canonical(struct str host, char ret_name[HOST_MOST]);

/*
 * host_allowed - a canonical name against a list, its names parted by spaces:
 * "example.com", or "*.example.com", which is every name below it.
 */
bool host_allowed(struct str name, struct str list);

#endif
