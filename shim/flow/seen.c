#include "flow/seen.h"

#include <sodium/crypto_generichash.h>

#define WAYS 8 /* places that one text may have */

/* The lengths before the bytes, so that no two texts are hashed alike. */
static void hash_of(const unsigned char key[PRINT_KEY_LEN],
                    const struct scope *at, struct str text, uint64_t hash[2])
{
    const uint64_t head[] = {(uint64_t)at->dir, (uint64_t)at->role,
                             (uint64_t)at->part, at->host.len, text.len};
    crypto_generichash_state state;

    /* These fail only for lengths that the constants are not. */
    (void)crypto_generichash_init(&state, key, PRINT_KEY_LEN, 16);
    (void)crypto_generichash_update(&state, (const unsigned char *)head,
                                    sizeof(head));
    if (at->host.len > 0)
        (void)crypto_generichash_update(
            &state, (const unsigned char *)at->host.ptr, at->host.len);
    if (text.len > 0)
        (void)crypto_generichash_update(&state, (const unsigned char *)text.ptr,
                                        text.len);
    (void)crypto_generichash_final(&state, (unsigned char *)hash, 16);
}

bool seen_before(struct seen *s, const unsigned char key[PRINT_KEY_LEN],
                 const struct scope *at, struct str text, uint64_t number)
{
    struct seen_place *set, *oldest;
    uint64_t hash[2];

    hash_of(key, at, text, hash);
    set = oldest = &s->places[hash[0] % (LIM_SEEN / WAYS) * WAYS];
    for (size_t i = 0; i < WAYS; i++) {
        uint64_t then = atomic_load(&set[i].number);

        if (then != 0 && atomic_load(&set[i].low) == hash[0] &&
            atomic_load(&set[i].high) == hash[1])
            return then < number;
        if (then < atomic_load(&oldest->number))
            oldest = &set[i];
    }
    atomic_store(&oldest->number, 0);
    atomic_store(&oldest->low, hash[0]);
    atomic_store(&oldest->high, hash[1]);
    atomic_store(&oldest->number, number);
    return false;
}
