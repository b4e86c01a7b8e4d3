#ifndef TEST_RND_H
#define TEST_RND_H

#include <stddef.h>
#include <stdint.h>

/* One for a test and for what of tests/lib it is linked with. */
__attribute__((weak)) uint64_t rnd_seed = 1;

/* rnd - below that, the next of a fixed sequence, which rnd_seed begins anew:
 * Knuth's linear congruential generator for MMIX, of which the high bits. */
static inline uint32_t rnd(size_t below)
{
    rnd_seed = rnd_seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (uint32_t)((rnd_seed >> 33) % below);
}

#endif
