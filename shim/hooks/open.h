#ifndef SP_HOOKS_OPEN_H
#define SP_HOOKS_OPEN_H

#include "base/str.h"

/*
 * What opens the first packets of QUIC: SHA-256 (FIPS 180-4), HMAC (RFC 2104)
 * and HKDF (RFC 5869) upon it, and AES-128 forwards (FIPS 197). The keys of
 * these packets are no secret: they follow from what stands in the clear. So
 * nothing here is made to keep one. For other uses there is a library.
 */
#define OPEN_HASH  32
#define OPEN_BLOCK 16

/* open_extract - HKDF-Extract. A key of at most 64 bytes, 20 here. */
void open_extract(struct str salt, struct str in,
                  unsigned char ret_key[OPEN_HASH]);

/*
 * open_expand - HKDF-Expand-Label of TLS 1.3 (RFC 8446, 7.1) without context,
 * of at most OPEN_HASH bytes. The label without its "tls13 ", up to 18 bytes.
 */
void open_expand(const unsigned char key[OPEN_HASH], struct str label,
                 unsigned char *out, size_t n);

/* open_block - one block of AES-128. in and out may be the same. */
void open_block(const unsigned char key[OPEN_BLOCK],
                const unsigned char in[OPEN_BLOCK],
                unsigned char out[OPEN_BLOCK]);

#endif
