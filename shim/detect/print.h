#ifndef SP_DETECT_PRINT_H
#define SP_DETECT_PRINT_H

#include "base/str.h"

#define PRINT_LEN     16 /* bytes of a fingerprint */
#define PRINT_KEY_LEN 32

/*
 * fingerprint - keyed BLAKE2b (RFC 7693, libsodium's crypto_generichash) of a
 * matched value: equal values have equal fingerprints under one key, and
 * without the key a short value cannot be found by trying.
 */
void fingerprint(const unsigned char key[PRINT_KEY_LEN], struct str value,
                 unsigned char ret_print[PRINT_LEN]);

#endif
