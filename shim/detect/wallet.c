#include "detect/wallet.h"

#include "detect/checksum.h"

/* --- Bitcoin. */

static int bech32_value(char c)
{
    static const char letters[] = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
    const char *at = c == 0 ? NULL : strchr(letters, c);

    return at == NULL ? -1 : (int)(at - letters);
}

static uint32_t bech32_step(uint32_t sum, unsigned value)
{
    static const uint32_t parts[] = {0x3b6a57b2, 0x26508e6d, 0x1ea119fa,
                                     0x3d4233dd, 0x2a1462b3};
    uint32_t top = sum >> 25;

    sum = (sum & 0x1ffffff) << 5 ^ value;
    for (unsigned i = 0; i < 5; i++)
        if (top >> i & 1)
            sum ^= parts[i];
    return sum;
}

/* One case only; version 0 has the first constant, all others the second. */
static bool segwit_ok(struct str s)
{
    char lower[90];
    size_t small = 0, large = 0;
    uint32_t sum = 1;

    if (s.len < 14 || s.len > sizeof(lower))
        return false;
    for (size_t i = 0; i < s.len; i++) {
        lower[i] = to_lower(s.ptr[i]);
        large += lower[i] != s.ptr[i];
        small += lower[i] >= 'a' && lower[i] == s.ptr[i];
    }
    if ((small != 0 && large != 0) || memcmp(lower, "bc1", 3) != 0)
        return false;
    for (const char *p = "\3\3\0\2\3", *end = p + 5; p < end; p++)
        sum = bech32_step(sum, (unsigned char)*p); /* "bc", taken apart */
    for (size_t i = 3; i < s.len; i++) {
        int v = bech32_value(lower[i]);

        if (v < 0)
            return false;
        sum = bech32_step(sum, (unsigned)v);
    }
    return sum == (lower[3] == 'q' ? 1u : UINT32_C(0x2bc830a3));
}

bool bitcoin_ok(struct str s)
{
    if (s.len > 3 && str_eq_nocase(str_head(s, 3), STR("bc1")))
        return segwit_ok(s);
    return s.len >= 26 && s.len <= 35 && (s.ptr[0] == '1' || s.ptr[0] == '3') &&
           base58check_ok(s);
}

/* --- Ethereum. */

#define ROUNDS 24
#define RATE   136

static uint64_t rotate(uint64_t v, unsigned n)
{
    return n == 0 ? v : v << n | v >> (64 - n);
}

/* The constant of a round: bits of a shift register (FIPS 202, 3.2.5). */
static uint64_t round_constant(unsigned char *state)
{
    uint64_t c = 0;

    for (unsigned j = 0; j < 7; j++) {
        if (*state & 1)
            c |= UINT64_C(1) << ((1u << j) - 1);
        *state = (unsigned char)(*state << 1 ^ (*state & 0x80 ? 0x71 : 0));
    }
    return c;
}

static void keccak_round(uint64_t a[25], uint64_t constant)
{
    uint64_t c[5], b[25];
    unsigned x, y, at = 1, n = 0;

    for (x = 0; x < 5; x++)
        c[x] = a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20];
    for (x = 0; x < 25; x++)
        a[x] ^= c[(x + 4) % 5] ^ rotate(c[(x + 1) % 5], 1);
    b[0] = a[0];
    for (unsigned t = 0; t < 24; t++) { /* rho and pi, along one orbit */
        x = at % 5;
        y = at / 5;
        n = (t + 1) * (t + 2) / 2 % 64;
        b[y + (2 * x + 3 * y) % 5 * 5] = rotate(a[at], n);
        at = y + (2 * x + 3 * y) % 5 * 5;
    }
    for (y = 0; y < 25; y += 5)
        for (x = 0; x < 5; x++)
            a[y + x] = b[y + x] ^ (~b[y + (x + 1) % 5] & b[y + (x + 2) % 5]);
    a[0] ^= constant;
}

void keccak256(const unsigned char *p, size_t n, unsigned char out[32])
{
    unsigned char block[RATE] = {0}, state = 1;
    uint64_t a[25] = {0};

    if (n >= RATE)
        n = RATE - 1;
    if (n != 0)
        memcpy(block, p, n);
    block[n] = 1;
    block[RATE - 1] |= 0x80;
    for (size_t i = 0; i < RATE; i++)
        a[i / 8] |= (uint64_t)block[i] << i % 8 * 8;
    for (unsigned r = 0; r < ROUNDS; r++)
        keccak_round(a, round_constant(&state));
    for (size_t i = 0; i < 32; i++)
        out[i] = (unsigned char)(a[i / 8] >> i % 8 * 8);
}

bool ethereum_ok(struct str s)
{
    unsigned char lower[40], hash[32];
    size_t small = 0, large = 0;

    if (s.len != 42 || s.ptr[0] != '0' || to_lower(s.ptr[1]) != 'x')
        return false;
    for (size_t i = 0; i < 40; i++) {
        char c = s.ptr[i + 2];

        lower[i] = (unsigned char)to_lower(c);
        if (!is_digit(c) && (lower[i] < 'a' || lower[i] > 'f'))
            return false;
        large += c >= 'A' && c <= 'F';
        small += c >= 'a' && c <= 'f';
    }
    if (small == 0 || large == 0)
        return small + large < 40; /* without a checksum; and no word */
    keccak256(lower, 40, hash);
    for (size_t i = 0; i < 40; i++) {
        unsigned half = i % 2 == 0 ? hash[i / 2] >> 4 : hash[i / 2] & 15;

        if (lower[i] >= 'a' && (half >= 8) != (s.ptr[i + 2] < 'a'))
            return false;
    }
    return true;
}
