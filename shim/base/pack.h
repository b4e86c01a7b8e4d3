#ifndef SP_BASE_PACK_H
#define SP_BASE_PACK_H

#include "base/buf.h"

/*
 * The flat encoding of the policy image: unsigned 32-bit numbers, least
 * significant byte first, and strings as a length and their bytes. No
 * alignment, no padding.
 */

MUST_USE enum err pack_u32(struct buf *out, uint32_t n);
/* pack_str - E_LIMIT also for a string of 4 GiB or more. */
MUST_USE enum err pack_str(struct buf *out, struct str s);

/*
 * The reverse, from the front of *in, which moves behind what was read.
 * E_SYNTAX where too few bytes are left; *in and *ret are then unchanged.
 * A string read is borrowed from *in.
 */
MUST_USE enum err unpack_u32(struct str *in, uint32_t *ret_n);
MUST_USE enum err unpack_str(struct str *in, struct str *ret_s);
/* unpack_below - a number below count, else E_SYNTAX. */
MUST_USE enum err unpack_below(struct str *in, uint32_t count, uint32_t *ret_n);

#endif
