#ifndef SP_DETECT_CHECKSUM_H
#define SP_DETECT_CHECKSUM_H

#include "base/str.h"

/* luhn_ok - Luhn's sum (ISO/IEC 7812-1, annex B) over n ASCII digits. */
bool luhn_ok(const char *digits, size_t n);

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

/* The longest run of equal bytes, and of bytes each one above the last. */
size_t longest_equal(const char *p, size_t n);
size_t longest_ascent(const char *p, size_t n);

#endif
