/* link: -lcrypto */
#include "check.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

#include "hooks/open.h"
#include "hooks/quic.h"

static void from_hex(const char *hex, unsigned char *out)
{
    for (size_t i = 0; hex[2 * i]; i++)
        out[i] = (unsigned char)(hex_value(hex[2 * i]) << 4 |
                                 hex_value(hex[2 * i + 1]));
}

static void check_hex(const unsigned char *got, const char *want)
{
    unsigned char bytes[64];
    size_t n = strlen(want) / 2;

    from_hex(want, bytes);
    CHECK(memcmp(got, bytes, n) == 0);
}

static const struct str salt_1 = STR_INIT(
    "\x38\x76\x2c\xf7\xf5\x59\x34\xb3\x4d\x17\x9a\xe6\xa4\xc8\x0c\xad\xcc\xbb"
    "\x7f\x0a");
static const struct str salt_2 = STR_INIT(
    "\x0d\xed\xe3\xde\xf7\x00\xa6\xdb\x81\x93\x81\xbe\x6e\x26\x9d\xcb\xf9\xbd"
    "\x2e\xd9");

/* RFC 9001, A.1 and A.2; FIPS 197, C.1; RFC 5869, A.1. */
static void test_vectors(void)
{
    unsigned char key[OPEN_HASH], client[OPEN_HASH], out[OPEN_HASH], in[32];
    unsigned char block[OPEN_BLOCK];

    from_hex("8394c8f03e515708", in);
    open_extract(salt_1, (struct str){(char *)in, 8}, key);
    check_hex(key, "7db5df06e7a69e432496adedb0085192"
                   "3595221596ae2ae9fb8115c1e9ed0a44");
    open_expand(key, STR("client in"), client, 32);
    check_hex(client, "c00cf151ca5be075ed0ebfb5c80323c4"
                      "2d6b7db67881289af4008f1f6c357aea");
    open_expand(client, STR("quic key"), out, 16);
    check_hex(out, "1f369613dd76d5467730efcbe3b1a22d");
    open_expand(client, STR("quic iv"), out, 12);
    check_hex(out, "fa044b2f42a3fd3b46fb255c");
    open_expand(client, STR("quic hp"), out, 16);
    check_hex(out, "9f50449e04a0e810283a1e9933adedd2");
    from_hex("d1b1c98dd7689fb8ec11d242b123dc9b", in);
    open_block(out, in, block);
    check_hex(block, "437b9aec36");
    from_hex("000102030405060708090a0b0c0d0e0f", key);
    from_hex("00112233445566778899aabbccddeeff", block);
    open_block(key, block, block);
    check_hex(block, "69c4e0d86a7b0430d8cdb78070b4c55a");
    from_hex("000102030405060708090a0b0c", in);
    memset(out, 0x0b, 22);
    open_extract((struct str){(char *)in, 13}, (struct str){(char *)out, 22},
                 key);
    check_hex(key, "077709362c2e32df0ddc3f0dc47bba63"
                   "90b6c73bb50f9c3122ec844ad7c2b3e5");
}

/* --- packets ------------------------------------------------------------- */

static struct {
    unsigned char b[4096];
    size_t n;
} frames, packet;

#define PUT(to, ...)                                                           \
    do {                                                                       \
        const unsigned char put[] = {__VA_ARGS__};                             \
                                                                               \
        memcpy((to).b + (to).n, put, sizeof(put));                             \
        (to).n += sizeof(put);                                                 \
    } while (0)

static unsigned char hello[600];
static size_t hello_len;

/* The smallest that has a name. */
static void make_hello(const char *name)
{
    size_t n = strlen(name), all = 2 + 32 + 1 + 4 + 2 + 2 + 9 + n;
    unsigned char *p = hello;
    const unsigned char front[] = {
        1, 0, (unsigned char)(all >> 8), (unsigned char)all, 3, 3};
    const unsigned char behind[] = {0,
                                    0,
                                    2,
                                    0x13,
                                    1,
                                    1,
                                    0,
                                    0,
                                    (unsigned char)(n + 9),
                                    0,
                                    0,
                                    0,
                                    (unsigned char)(n + 5),
                                    0,
                                    (unsigned char)(n + 3),
                                    0,
                                    0,
                                    (unsigned char)n};

    memcpy(p, front, sizeof(front));
    memset(p + 6, 0x5a, 32);
    memcpy(p + 38, behind, sizeof(behind));
    memcpy(p + 38 + sizeof(behind), name, n);
    hello_len = 38 + sizeof(behind) + n;
}

static void crypto(size_t from, size_t to)
{
    size_t n = to - from;

    PUT(frames, 6, 0x40 | (unsigned char)(from >> 8), (unsigned char)from,
        0x40 | (unsigned char)(n >> 8), (unsigned char)n);
    memcpy(frames.b + frames.n, hello + from, n);
    frames.n += n;
}

static void mask(const unsigned char *key, const unsigned char *in,
                 unsigned char *out)
{
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    int n;

    EVP_EncryptInit_ex(c, EVP_aes_128_ecb(), NULL, key, NULL);
    EVP_EncryptUpdate(c, out, &n, in, 16);
    EVP_CIPHER_CTX_free(c);
}

static void seal(const unsigned char *key, const unsigned char *nonce,
                 size_t head, const unsigned char *in, size_t len)
{
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    int n;

    EVP_EncryptInit_ex(c, EVP_aes_128_gcm(), NULL, key, nonce);
    EVP_EncryptUpdate(c, NULL, &n, packet.b, (int)head);
    EVP_EncryptUpdate(c, packet.b + head, &n, in, (int)len);
    EVP_EncryptFinal_ex(c, packet.b + head + n, &n);
    EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_GET_TAG, 16, packet.b + head + len);
    EVP_CIPHER_CTX_free(c);
}

/* An Initial of this version, its number in so many bytes, padded. */
static void make_packet(int version, size_t id, size_t number)
{
    const bool v2 = version == 2;
    unsigned char initial[32], client[32], key[16], iv[12], hp[16], m[16];
    unsigned char first = (unsigned char)((v2 ? 0xd0 : 0xc0) | (number - 1));
    size_t at, len;

    packet.n = 0;
    PUT(packet, first);
    if (v2)
        PUT(packet, 0x6b, 0x33, 0x43, 0xcf);
    else
        PUT(packet, 0, 0, 0, 1);
    PUT(packet, (unsigned char)id);
    for (size_t i = 0; i < id; i++)
        PUT(packet, (unsigned char)(i * 7));
    PUT(packet, 2, 9, 9, 3, 't', 'o', 'k'); /* scid, token */
    while (packet.n + 2 + number + frames.n + 16 < 1200)
        PUT(frames, 0);
    len = number + frames.n + 16;
    PUT(packet, 0x40 | (unsigned char)(len >> 8), (unsigned char)len);
    at = packet.n;
    for (size_t i = 0; i < number; i++)
        PUT(packet, (unsigned char)(i + 1));
    open_extract(v2 ? salt_2 : salt_1,
                 (struct str){(const char *)packet.b + 6, id}, initial);
    open_expand(initial, STR("client in"), client, 32);
    open_expand(client, v2 ? STR("quicv2 key") : STR("quic key"), key, 16);
    open_expand(client, v2 ? STR("quicv2 iv") : STR("quic iv"), iv, 12);
    open_expand(client, v2 ? STR("quicv2 hp") : STR("quic hp"), hp, 16);
    for (size_t i = 0; i < number; i++)
        iv[12 - number + i] ^= packet.b[at + i];
    seal(key, iv, at + number, frames.b, frames.n);
    packet.n = at + len;
    mask(hp, packet.b + at + 4, m);
    packet.b[0] ^= m[0] & 15;
    for (size_t i = 0; i < number; i++)
        packet.b[at + i] ^= m[1 + i];
}

static enum err read_packet(size_t n, struct hello *h)
{
    unsigned char *exact = malloc(n ? n : 1); /* a step too far is seen */
    uint64_t at = 0;
    enum err e;

    memset(h, 0, sizeof(*h));
    memcpy(exact, packet.b, n);
    e = quic_hello((struct str){(const char *)exact, n}, h, &at);
    free(exact);
    return e;
}

static void check_name(enum err want, const char *name)
{
    struct hello h;

    CHECK_INT(read_packet(packet.n, &h), want);
    CHECK(want != OK || str_eq(hello_name(&h), str_of(name)));
}

static void test_whole(void)
{
    make_hello("api.llm.test");
    for (int version = 1; version <= 2; version++)
        for (size_t id = 0; id <= 20; id++)
            for (size_t number = 1; number <= 4; number++) {
                frames.n = 0;
                crypto(0, hello_len);
                make_packet(version, id, number);
                check_name(OK, "api.llm.test");
            }
}

/* Frames in any order, overlapping, among others. */
static void test_scattered(void)
{
    make_hello("api.llm.test");
    frames.n = 0;
    PUT(frames, 0, 1, 2, 5, 0, 1, 3, 1, 1);
    crypto(40, hello_len);
    PUT(frames, 3, 5, 0, 0, 3, 0, 0, 0);
    crypto(10, 45);
    crypto(0, 12);
    PUT(frames, 1);
    make_packet(1, 8, 2);
    check_name(OK, "api.llm.test");
    frames.n = 0; /* each byte by itself, from the end */
    for (size_t i = hello_len; i-- > hello_len - 60;)
        crypto(i, i + 1);
    crypto(0, hello_len - 60);
    make_packet(2, 8, 1);
    check_name(OK, "api.llm.test");
}

/* In two packets: the rest alone says nothing, behind the first all. */
static void test_parts(void)
{
    make_hello("api.llm.test");
    for (size_t cut = 1; cut < hello_len; cut++) {
        struct hello h = {0};
        uint64_t at = 0;

        frames.n = 0;
        crypto(0, cut);
        make_packet(1, 8, 1);
        CHECK_INT(quic_hello((struct str){(char *)packet.b, packet.n}, &h, &at),
                  E_AGAIN);
        CHECK_INT(at, cut);
        frames.n = 0;
        crypto(cut, hello_len);
        make_packet(1, 8, 2);
        check_name(E_SYNTAX, NULL);
        CHECK_INT(quic_hello((struct str){(char *)packet.b, packet.n}, &h, &at),
                  OK);
        CHECK(str_eq(hello_name(&h), STR("api.llm.test")));
    }
}

static void test_damaged(void)
{
    struct hello h;

    make_hello("api.llm.test");
    frames.n = 0;
    crypto(0, hello_len);
    make_packet(1, 8, 2);
    for (size_t n = 0; n < packet.n; n++) /* cut off anywhere */
        CHECK_INT(read_packet(n, &h), E_SYNTAX);
    for (size_t i = 1; i < 14; i++) { /* version and dcid: other keys */
        packet.b[i] ^= 1;
        CHECK(read_packet(packet.n, &h) != OK);
        packet.b[i] ^= 1;
    }
    packet.b[packet.n - 1] ^= 1; /* the tag is not tried */
    CHECK_INT(read_packet(packet.n, &h), OK);
    frames.n = 0; /* a frame that an Initial packet has not */
    PUT(frames, 8, 0);
    crypto(0, hello_len);
    make_packet(1, 8, 1);
    check_name(E_SYNTAX, NULL);
    frames.n = 0; /* longer than the packet */
    PUT(frames, 6, 0, 0x7f, 0xff);
    make_packet(1, 8, 1);
    check_name(E_SYNTAX, NULL);
    frames.n = 0; /* nothing of a handshake */
    PUT(frames, 1);
    make_packet(1, 8, 1);
    check_name(E_SYNTAX, NULL);
    frames.n = 0; /* an empty one, which leads nowhere */
    PUT(frames, 6, 0, 0);
    make_packet(1, 8, 1);
    check_name(E_SYNTAX, NULL);
}

/* What ngtcp2 sends. */
static void test_real(void)
{
    FILE *f = fopen("tests/fuzz/corpus/quic/ngtcp2", "rb");

    CHECK(f != NULL);
    if (!f)
        return;
    packet.n = fread(packet.b, 1, sizeof(packet.b), f);
    fclose(f);
    CHECK(
        quic_is_initial((struct str){(char *)packet.b, QUIC_FRONT}, packet.n));
    check_name(OK, "localhost");
}

static void test_front(void)
{
    static const struct {
        const char *front;
        size_t datagram;
        bool want;
    } rows[] = {
        {"\xc0\0\0\0\x01", 1200, true},
        {"\xcf\0\0\0\x01", 1350, true},
        {"\xc0\0\0\0\x01", 1199, false},
        {"\xd0\0\0\0\x01", 1200, false},
        {"\xe0\0\0\0\x01", 1200, false},
        {"\x40\0\0\0\x01", 1200, false},
        {"\x80\0\0\0\x01", 1200, false},
        {"\xc0\0\0\0\x02", 1200, false},
        {"\xd3\x6b\x33\x43\xcf", 1200, true},
        {"\xc3\x6b\x33\x43\xcf", 1200, false},
        {"\xd3\x6b\x33\x43\xc0", 1200, false},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        CHECK_INT(
            quic_is_initial((struct str){rows[i].front, 5}, rows[i].datagram),
            rows[i].want);
    CHECK(!quic_is_initial((struct str){rows[0].front, 4}, 1200));
}

int main(void)
{
    RUN(test_vectors);
    RUN(test_front);
    RUN(test_whole);
    RUN(test_scattered);
    RUN(test_parts);
    RUN(test_damaged);
    RUN(test_real);
    return check_done();
}
