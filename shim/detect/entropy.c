#include "detect/entropy.h"

/*
 * H = log2(n) - sum(c * log2(c)) / n over the counts c of each byte value.
 * Logarithms are computed bit by bit in 16.16 fixed point: squaring a number in
 * [1, 2) doubles its logarithm, and the carry is the next bit.
 */
static uint64_t log2_counted(uint64_t n)
{
    unsigned whole = 63u - (unsigned)__builtin_clzll(n);
    uint64_t x = whole >= 31 ? n >> (whole - 31) : n << (31 - whole);
    uint64_t bits = whole;

    for (int i = 0; i < 16; i++) { /* x is in [1, 2) with 31 bits behind */
        uint64_t carry;

        x = x * x >> 31;
        carry = x >> 32;
        bits = bits << 1 | carry;
        x >>= carry;
    }
    return bits;
}

/* What that gives for the counts that most values have. */
static const uint32_t logs[] = {
    0,      0,      65536,  103872, 131072, 152169, 169408, 183982, 196608,
    207744, 217705, 226717, 234944, 242512, 249518, 256041, 262144, 267875,
    273280, 278392, 283241, 287854, 292253, 296456, 300480, 304339, 308048,
    311616, 315054, 318372, 321577, 324678, 327680};

static uint64_t log2_fixed(uint64_t n)
{
    return n < ARRAY_LEN(logs) ? logs[n] : log2_counted(n);
}

uint32_t entropy_milli(struct str s)
{
    uint32_t counts[256] = {0};
    unsigned char bytes[256]; /* those that stand in it */
    size_t n = 0;
    uint64_t sum = 0, mean, all;

    if (s.len < 2)
        return 0;
    s = str_head(s, UINT32_MAX);
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];

        if (counts[c]++ == 0)
            bytes[n++] = c;
    }
    for (size_t i = 0; i < n; i++)
        sum += counts[bytes[i]] * log2_fixed(counts[bytes[i]]);
    all = log2_fixed(s.len);
    mean = sum / s.len;
    /* Rounded; the logarithms are a little low, so never below zero. */
    return mean >= all ? 0 : (uint32_t)(((all - mean) * 1000 + 32768) >> 16);
}
