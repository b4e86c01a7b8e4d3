#ifndef SP_LLM_HASH_H
#define SP_LLM_HASH_H

#include "base/str.h"

/*
 * Hashes of places and key values in an event. They tell channels of one
 * stream apart; who makes two of them collide writes into one channel of his
 * own instead of two.
 */
static inline uint64_t hash_mix(uint64_t h, uint64_t v)
{
    h = (h ^ v) * 0x9e3779b97f4a7c15u;
    return h ^ (h >> 29);
}

static inline uint64_t hash_str(struct str s)
{
    uint64_t h = s.len + 1, v;
    size_t i = 0;

    for (; s.len - i >= 8; i += 8) {
        memcpy(&v, s.ptr + i, 8);
        h = hash_mix(h, v);
    }
    v = 0;
    if (i < s.len)
        memcpy(&v, s.ptr + i, s.len - i);
    return hash_mix(h, v);
}

#endif
