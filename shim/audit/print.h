#ifndef SP_AUDIT_PRINT_H
#define SP_AUDIT_PRINT_H

#include "audit/record.h"

#define AUDIT_KEY_LEN 32

/*
 * fingerprint - keyed BLAKE2b (RFC 7693, libsodium's crypto_generichash) of a
 * matched value: equal values have equal fingerprints under one key, and
 * without the key a short value cannot be found by trying.
 */
void fingerprint(const unsigned char key[AUDIT_KEY_LEN], struct str value,
                 unsigned char ret_print[AUDIT_PRINT_LEN]);

#endif
