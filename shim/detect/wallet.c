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

/* One case only, behind `mark`, which ends with 1; version 0 has the first
 * constant, all others the second. */
static bool segwit_ok(struct str s, struct str mark)
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
    if ((small != 0 && large != 0) || memcmp(lower, mark.ptr, mark.len) != 0)
        return false;
    for (size_t i = 0; i + 1 < mark.len; i++)
        sum = bech32_step(sum, (unsigned char)mark.ptr[i] >> 5);
    sum = bech32_step(sum, 0);
    for (size_t i = 0; i + 1 < mark.len; i++)
        sum = bech32_step(sum, (unsigned char)mark.ptr[i] & 31);
    for (size_t i = mark.len; i < s.len; i++) {
        int v = bech32_value(lower[i]);

        if (v < 0)
            return false;
        sum = bech32_step(sum, (unsigned)v);
    }
    return sum == (lower[mark.len] == 'q' ? 1u : UINT32_C(0x2bc830a3));
}

bool bitcoin_ok(struct str s)
{
    if (s.len > 3 && str_eq_nocase(str_head(s, 3), STR("bc1")))
        return segwit_ok(s, STR("bc1"));
    return s.len >= 26 && s.len <= 35 && (s.ptr[0] == '1' || s.ptr[0] == '3') &&
           base58check_ok(s);
}

bool litecoin_ok(struct str s)
{
    if (s.len > 4 && str_eq_nocase(str_head(s, 4), STR("ltc1")))
        return segwit_ok(s, STR("ltc1"));
    return s.len >= 26 && s.len <= 35 && base58check_ok(s);
}

/* --- Ethereum. */

#define ROUNDS 24
#define RATE   136

static uint64_t rotate(uint64_t v, unsigned n)
{
    return v << n | v >> (64 - n);
}

/* The constant of a round: bits of a shift register (FIPS 202, 3.2.5). */
static uint64_t round_constant(unsigned char *state)
{
    uint64_t c = 0;

    for (unsigned j = 0; j < 7; j++) {
        c |= (uint64_t)(*state & 1) << ((1u << j) - 1);
        *state = (unsigned char)(*state << 1 ^ (0x71 & -(*state >> 7)));
    }
    return c;
}

/* Rho and pi (3.2.2, 3.2.3): the lanes in order of the one orbit that they go
 * round in, the first of them last, too. The rotations are 1, 3, 6, 10... */
static const unsigned char orbit[25] = {1, 10, 7,  11, 17, 18, 3,  5,  16,
                                        8, 21, 24, 4,  15, 23, 19, 13, 12,
                                        2, 20, 14, 22, 9,  6,  1};
static const unsigned char turns[24] = {1,  3,  6,  10, 15, 21, 28, 36,
                                        45, 55, 2,  14, 27, 41, 56, 8,
                                        25, 43, 62, 18, 39, 61, 20, 44};

static void keccak_round(uint64_t a[25], uint64_t constant)
{
    uint64_t c[5], b[25];

    for (unsigned x = 0; x < 5; x++)
        c[x] = a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20];
    for (unsigned y = 0; y < 25; y += 5) {
        a[y] ^= c[4] ^ rotate(c[1], 1);
        a[y + 1] ^= c[0] ^ rotate(c[2], 1);
        a[y + 2] ^= c[1] ^ rotate(c[3], 1);
        a[y + 3] ^= c[2] ^ rotate(c[4], 1);
        a[y + 4] ^= c[3] ^ rotate(c[0], 1);
    }
    b[0] = a[0];
    for (unsigned t = 0; t < 24; t++)
        b[orbit[t + 1]] = rotate(a[orbit[t]], turns[t]);
    for (unsigned y = 0; y < 25; y += 5) {
        a[y] = b[y] ^ (~b[y + 1] & b[y + 2]);
        a[y + 1] = b[y + 1] ^ (~b[y + 2] & b[y + 3]);
        a[y + 2] = b[y + 2] ^ (~b[y + 3] & b[y + 4]);
        a[y + 3] = b[y + 3] ^ (~b[y + 4] & b[y]);
        a[y + 4] = b[y + 4] ^ (~b[y] & b[y + 1]);
    }
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
