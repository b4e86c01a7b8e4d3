#ifndef SP_DETECT_WALLET_H
#define SP_DETECT_WALLET_H

#include "base/str.h"

/* bitcoin_ok - an address of the main network: base58check of 21 bytes with
 * version 0 or 5, or bech32 (BIP 173), bech32m (BIP 350) under "bc". */
bool bitcoin_ok(struct str s);

/* litecoin_ok - the same of its network, under "ltc", or as others write it. */
bool litecoin_ok(struct str s);

/* ethereum_ok - 0x and 40 hex digits, and where both cases stand in them, each
 * letter in the case that EIP-55 gives it. */
bool ethereum_ok(struct str s);

/* keccak256 - Keccak with 256 bits and its first padding, as Ethereum has it
 * (FIPS 202 but for that). n is below 136. */
void keccak256(const unsigned char *p, size_t n, unsigned char out[32]);

#endif
