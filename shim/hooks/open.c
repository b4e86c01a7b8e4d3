#include "hooks/open.h"

/* --- SHA-256 ------------------------------------------------------------- */

/* The first 32 bits of the fractions of the primes' cube and square roots. */
static const uint32_t cubes[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1,
    0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3,
    0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
    0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
    0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
    0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
    0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
    0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
    0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};
static const uint32_t squares[8] = {
    0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
    0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
};

struct sha {
    uint32_t h[8];
    size_t len; /* of all that went in */
    unsigned char block[64];
};

static uint32_t turn(uint32_t x, int n)
{
    return x >> n | x << (32 - n);
}

static uint32_t word_at(const unsigned char *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 |
           p[3];
}

static void put_word(unsigned char *p, uint32_t w)
{
    for (int i = 0; i < 4; i++)
        p[i] = (unsigned char)(w >> (24 - 8 * i));
}

static void sha_block(struct sha *s)
{
    uint32_t w[64], v[8], t1, t2;

    for (int i = 0; i < 16; i++)
        w[i] = word_at(s->block + 4 * (size_t)i);
    for (int i = 16; i < 64; i++)
        w[i] = (turn(w[i - 2], 17) ^ turn(w[i - 2], 19) ^ w[i - 2] >> 10) +
               w[i - 7] +
               (turn(w[i - 15], 7) ^ turn(w[i - 15], 18) ^ w[i - 15] >> 3) +
               w[i - 16];
    memcpy(v, s->h, sizeof(v));
    for (int i = 0; i < 64; i++) {
        t1 = v[7] + (turn(v[4], 6) ^ turn(v[4], 11) ^ turn(v[4], 25)) +
             ((v[4] & v[5]) ^ (~v[4] & v[6])) + cubes[i] + w[i];
        t2 = (turn(v[0], 2) ^ turn(v[0], 13) ^ turn(v[0], 22)) +
             ((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]));
        memmove(v + 1, v, 7 * sizeof(v[0]));
        v[4] += t1;
        v[0] = t1 + t2;
    }
    for (int i = 0; i < 8; i++)
        s->h[i] += v[i];
}

static void sha_add(struct sha *s, struct str in)
{
    for (size_t i = 0; i < in.len; i++) {
        s->block[s->len++ % 64] = (unsigned char)in.ptr[i];
        if (s->len % 64 == 0)
            sha_block(s);
    }
}

static void sha_start(struct sha *s)
{
    memcpy(s->h, squares, sizeof(s->h));
    s->len = 0;
}

static void sha_end(struct sha *s, unsigned char out[OPEN_HASH])
{
    uint32_t bits = (uint32_t)s->len * 8; /* short texts only */
    unsigned char len[8] = {0};

    put_word(len + 4, bits);
    sha_add(s, STR("\x80"));
    while (s->len % 64 != 56)
        sha_add(s, (struct str){"", 1});
    sha_add(s, (struct str){(const char *)len, sizeof(len)});
    for (size_t i = 0; i < 8; i++)
        put_word(out + 4 * i, s->h[i]);
}

/* --- HMAC, HKDF ---------------------------------------------------------- */

static void pad(struct sha *s, struct str key, unsigned char with)
{
    unsigned char block[64];

    for (size_t i = 0; i < sizeof(block); i++)
        block[i] =
            (unsigned char)((i < key.len ? (unsigned char)key.ptr[i] : 0) ^
                            with);
    sha_start(s);
    sha_add(s, (struct str){(const char *)block, sizeof(block)});
}

static void hmac(struct str key, struct str in, unsigned char out[OPEN_HASH])
{
    struct sha s;

    pad(&s, key, 0x36);
    sha_add(&s, in);
    sha_end(&s, out);
    pad(&s, key, 0x5c);
    sha_add(&s, (struct str){(const char *)out, OPEN_HASH});
    sha_end(&s, out);
}

void open_extract(struct str salt, struct str in,
                  unsigned char ret_key[OPEN_HASH])
{
    hmac(salt, in, ret_key);
}

void open_expand(const unsigned char key[OPEN_HASH], struct str label,
                 unsigned char *out, size_t n)
{
    static const struct str front = STR_INIT("tls13 ");
    unsigned char hash[OPEN_HASH];
    char info[32] = {0};
    size_t len = 0;

    info[len++] = 0;
    info[len++] = (char)n;
    info[len++] = (char)(front.len + label.len);
    memcpy(info + len, front.ptr, front.len);
    len += front.len;
    memcpy(info + len, label.ptr, label.len);
    len += label.len;
    info[len++] = 0; /* no context */
    info[len++] = 1; /* the first and only block */
    hmac((struct str){(const char *)key, OPEN_HASH}, (struct str){info, len},
         hash);
    memcpy(out, hash, n);
}

/* --- AES-128 ------------------------------------------------------------- */

static const unsigned char sbox[256] = {
    0x63, 0x7c, 0x77, 0x7b, 0xf2, 0x6b, 0x6f, 0xc5, 0x30, 0x01, 0x67, 0x2b,
    0xfe, 0xd7, 0xab, 0x76, 0xca, 0x82, 0xc9, 0x7d, 0xfa, 0x59, 0x47, 0xf0,
    0xad, 0xd4, 0xa2, 0xaf, 0x9c, 0xa4, 0x72, 0xc0, 0xb7, 0xfd, 0x93, 0x26,
    0x36, 0x3f, 0xf7, 0xcc, 0x34, 0xa5, 0xe5, 0xf1, 0x71, 0xd8, 0x31, 0x15,
    0x04, 0xc7, 0x23, 0xc3, 0x18, 0x96, 0x05, 0x9a, 0x07, 0x12, 0x80, 0xe2,
    0xeb, 0x27, 0xb2, 0x75, 0x09, 0x83, 0x2c, 0x1a, 0x1b, 0x6e, 0x5a, 0xa0,
    0x52, 0x3b, 0xd6, 0xb3, 0x29, 0xe3, 0x2f, 0x84, 0x53, 0xd1, 0x00, 0xed,
    0x20, 0xfc, 0xb1, 0x5b, 0x6a, 0xcb, 0xbe, 0x39, 0x4a, 0x4c, 0x58, 0xcf,
    0xd0, 0xef, 0xaa, 0xfb, 0x43, 0x4d, 0x33, 0x85, 0x45, 0xf9, 0x02, 0x7f,
    0x50, 0x3c, 0x9f, 0xa8, 0x51, 0xa3, 0x40, 0x8f, 0x92, 0x9d, 0x38, 0xf5,
    0xbc, 0xb6, 0xda, 0x21, 0x10, 0xff, 0xf3, 0xd2, 0xcd, 0x0c, 0x13, 0xec,
    0x5f, 0x97, 0x44, 0x17, 0xc4, 0xa7, 0x7e, 0x3d, 0x64, 0x5d, 0x19, 0x73,
    0x60, 0x81, 0x4f, 0xdc, 0x22, 0x2a, 0x90, 0x88, 0x46, 0xee, 0xb8, 0x14,
    0xde, 0x5e, 0x0b, 0xdb, 0xe0, 0x32, 0x3a, 0x0a, 0x49, 0x06, 0x24, 0x5c,
    0xc2, 0xd3, 0xac, 0x62, 0x91, 0x95, 0xe4, 0x79, 0xe7, 0xc8, 0x37, 0x6d,
    0x8d, 0xd5, 0x4e, 0xa9, 0x6c, 0x56, 0xf4, 0xea, 0x65, 0x7a, 0xae, 0x08,
    0xba, 0x78, 0x25, 0x2e, 0x1c, 0xa6, 0xb4, 0xc6, 0xe8, 0xdd, 0x74, 0x1f,
    0x4b, 0xbd, 0x8b, 0x8a, 0x70, 0x3e, 0xb5, 0x66, 0x48, 0x03, 0xf6, 0x0e,
    0x61, 0x35, 0x57, 0xb9, 0x86, 0xc1, 0x1d, 0x9e, 0xe1, 0xf8, 0x98, 0x11,
    0x69, 0xd9, 0x8e, 0x94, 0x9b, 0x1e, 0x87, 0xe9, 0xce, 0x55, 0x28, 0xdf,
    0x8c, 0xa1, 0x89, 0x0d, 0xbf, 0xe6, 0x42, 0x68, 0x41, 0x99, 0x2d, 0x0f,
    0xb0, 0x54, 0xbb, 0x16,
};

static unsigned char twice(unsigned char x)
{
    return (unsigned char)(x << 1 ^ (x & 0x80 ? 0x1b : 0));
}

/* The next round's key, in its place. */
static void next_key(unsigned char k[OPEN_BLOCK], unsigned char *round)
{
    for (int i = 0; i < 4; i++)
        k[i] ^= sbox[k[12 + (i + 1) % 4]];
    k[0] ^= *round;
    *round = twice(*round);
    for (int i = 4; i < OPEN_BLOCK; i++)
        k[i] ^= k[i - 4];
}

/* SubBytes and ShiftRows. */
static void shift(unsigned char s[OPEN_BLOCK])
{
    unsigned char t[OPEN_BLOCK];

    for (int i = 0; i < OPEN_BLOCK; i++)
        t[i] = sbox[s[(i + 4 * (i % 4)) % OPEN_BLOCK]];
    memcpy(s, t, sizeof(t));
}

static void mix(unsigned char c[4])
{
    unsigned char all = c[0] ^ c[1] ^ c[2] ^ c[3], first = c[0];

    for (int i = 0; i < 4; i++)
        c[i] ^= all ^ twice(c[i] ^ (i < 3 ? c[i + 1] : first));
}

void open_block(const unsigned char key[OPEN_BLOCK],
                const unsigned char in[OPEN_BLOCK],
                unsigned char out[OPEN_BLOCK])
{
    unsigned char k[OPEN_BLOCK], round = 1;

    memcpy(k, key, sizeof(k));
    for (int i = 0; i < OPEN_BLOCK; i++)
        out[i] = in[i] ^ k[i];
    for (int r = 1; r <= 10; r++) {
        shift(out);
        for (int i = 0; r < 10 && i < OPEN_BLOCK; i += 4)
            mix(out + i);
        next_key(k, &round);
        for (int i = 0; i < OPEN_BLOCK; i++)
            out[i] ^= k[i];
    }
}
