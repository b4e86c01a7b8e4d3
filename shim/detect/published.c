#include "detect/published.h"

#include <sodium/crypto_hash_sha256.h>

/*
 * A key that a vendor publishes so that others can run its programs looks as
 * any other does, and no word around it can be believed: who writes "example"
 * beside his own key would else carry it out. So such keys are known one by
 * one, by the first eight bytes of their SHA-256, as
 *
 *     printf %s KEY | sha256sum | cut -c-16
 *
 * prints them. Only what the vendor itself gives to everybody is listed here,
 * not what others have leaked.
 */

#define VALUE_MAX 256

static const uint64_t published[] = {
    /* Google: test projects in the sources of the Firebase Android SDK. */
    0x2037abcaffb2b777,
    0x27a9a42931dff7eb,
    0x37f8f09bdf12c2f2,
    0x3a8b61d0f636b007,
    0x3f370c9dd8225c63,
    0x49f777db995e8260,
    0x4c98242dcadc8b29,
    0x8731261cb72d8626,
    0xa19f89ab3555eac1,
    0xa6c814bc555ae62c,
    0xdc0fcf046c61640c,
    0xe4a5542bb7fd7b67,
    0xea9bb1082cf95663,
    0xeb540d2b6ee2a0a4,
    /* Microsoft: the fixed keys of Azurite and of the Cosmos DB emulator. */
    0x0011cc25eb432071,
    0xaa6547439583c3a2,
    /* Auth0: the tokens that the page of jwt.io shows, of 2015, 2018, 2025. */
    0x7f75367e78812551,
    0xc794fa6d20c64efb,
    0xda816f9f2c16e6c5,
};

bool is_published(struct str value)
{
    unsigned char hash[crypto_hash_sha256_BYTES];
    uint64_t head = 0;

    if (value.len == 0 || value.len > VALUE_MAX)
        return false;
    crypto_hash_sha256(hash, (const unsigned char *)value.ptr, value.len);
    for (size_t i = 0; i < sizeof(head); i++)
        head = head << 8 | hash[i];
    for (size_t i = 0; i < ARRAY_LEN(published); i++)
        if (published[i] == head)
            return true;
    return false;
}
