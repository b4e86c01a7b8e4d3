#ifndef SP_DETECT_CHECKSUM_H
#define SP_DETECT_CHECKSUM_H

#include "detect/numbers.h"

/*
 * iban_ok - ISO 13616: a known country with its length, mod 97 is 1. Case does
 * not matter; spaces and hyphens are skipped.
 */
bool iban_ok(struct str s);

/*
 * base58check_ok - base58 of a version, 20 or 32-33 bytes of payload and the
 * first four bytes of their double SHA-256, as in Bitcoin addresses and keys.
 */
bool base58check_ok(struct str s);

#endif
