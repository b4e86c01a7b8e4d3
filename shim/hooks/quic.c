/*
 * A client's first packet of QUIC.
 *
 *   1 1 t t . . p p | version | dcid | scid | token | length | number | payload
 *                                                            `----v----'
 * `--v--' hidden by a mask <-'         | AES-128-GCM, and 16 bytes of tag
 * <-------'
 *
 * The keys are made of the dcid, which stands there in the clear (RFC 9001,
 * 5.2): they keep nothing from anybody who has seen the packet. The tag is not
 * tried: what another key had made does not read as frames.
 *
 * The payload's CRYPTO frames hold the hello, in any order. A large one goes on
 * in a second packet.
 */
#include "hooks/quic.h"

#include "hooks/open.h"

#define DATAGRAM_MIN 1200
#define ID_MAX       20
#define TAG          16
#define FRAMES       64 /* of CRYPTO; stacks that scatter it make about ten */

static const struct version {
    unsigned char type; /* the four upper bits of the first byte */
    struct str version, salt, key, iv, hp;
} versions[] = {
    {0xc0, STR_INIT("\0\0\0\x01"), /* RFC 9001, 5.2 */
     STR_INIT("\x38\x76\x2c\xf7\xf5\x59\x34\xb3\x4d\x17"
              "\x9a\xe6\xa4\xc8\x0c\xad\xcc\xbb\x7f\x0a"),
     STR_INIT("quic key"), STR_INIT("quic iv"), STR_INIT("quic hp")},
    {0xd0, STR_INIT("\x6b\x33\x43\xcf"), /* RFC 9369, 3.3 */
     STR_INIT("\x0d\xed\xe3\xde\xf7\x00\xa6\xdb\x81\x93"
              "\x81\xbe\x6e\x26\x9d\xcb\xf9\xbd\x2e\xd9"),
     STR_INIT("quicv2 key"), STR_INIT("quicv2 iv"), STR_INIT("quicv2 hp")},
};

static const struct version *version_of(struct str front)
{
    for (size_t i = 0; i < ARRAY_LEN(versions); i++)
        if (front.len >= QUIC_FRONT &&
            ((unsigned char)front.ptr[0] & 0xf0) == versions[i].type &&
            str_starts(str_skip(front, 1), versions[i].version))
            return &versions[i];
    return NULL;
}

bool quic_is_initial(struct str front, size_t datagram)
{
    return datagram >= DATAGRAM_MIN && version_of(front) != NULL;
}

/* --- reading ------------------------------------------------------------- */

/* The first n bytes of *rest, which moves behind them. */
static bool take(struct str *rest, uint64_t n, struct str *ret)
{
    if (n > rest->len)
        return false;
    *ret = str_head(*rest, (size_t)n);
    *rest = str_skip(*rest, (size_t)n);
    return true;
}

/* RFC 9000, 16: the two upper bits tell the length. */
static bool take_number(struct str *rest, uint64_t *ret)
{
    struct str all;
    uint64_t n = 0;

    if (rest->len == 0 ||
        !take(rest, UINT64_C(1) << ((unsigned char)rest->ptr[0] >> 6), &all))
        return false;
    for (size_t i = 0; i < all.len; i++)
        n = n << 8 | ((unsigned char)all.ptr[i] & (i == 0 ? 0x3f : 0xff));
    *ret = n;
    return true;
}

static bool take_id(struct str *rest, struct str *ret)
{
    struct str len;

    return take(rest, 1, &len) && (unsigned char)len.ptr[0] <= ID_MAX &&
           take(rest, (unsigned char)len.ptr[0], ret);
}

/* --- opening ------------------------------------------------------------- */

struct keys {
    unsigned char key[OPEN_BLOCK], iv[12], hp[OPEN_BLOCK];
};

static void keys_make(struct keys *k, const struct version *v, struct str dcid)
{
    unsigned char initial[OPEN_HASH], client[OPEN_HASH];

    open_extract(v->salt, dcid, initial);
    open_expand(initial, STR("client in"), client, sizeof(client));
    open_expand(client, v->key, k->key, sizeof(k->key));
    open_expand(client, v->iv, k->iv, sizeof(k->iv));
    open_expand(client, v->hp, k->hp, sizeof(k->hp));
}

/* GCM's counter mode: the first block of data has the number 2. */
static void turn(const struct keys *k, const unsigned char *nonce,
                 struct str sealed, char *out)
{
    unsigned char count[OPEN_BLOCK] = {0}, stream[OPEN_BLOCK];

    memcpy(count, nonce, sizeof(k->iv));
    for (size_t i = 0; i < sealed.len; i++) {
        if (i % OPEN_BLOCK == 0) {
            size_t number = i / OPEN_BLOCK + 2; /* below 65536 */

            count[14] = (unsigned char)(number >> 8);
            count[15] = (unsigned char)number;
            open_block(k->key, count, stream);
        }
        out[i] = (char)(sealed.ptr[i] ^ (char)stream[i % OPEN_BLOCK]);
    }
}

/*
 * What the packet says, in `store`; empty if its parts do not fit. The sample
 * for the mask begins where a number of four bytes would end.
 */
static struct str payload(struct str datagram, char store[QUIC_MAX])
{
    const struct version *v = version_of(datagram);
    struct str none = {NULL, 0}, rest = str_skip(datagram, QUIC_FRONT), dcid,
               scid, token, body;
    unsigned char mask[OPEN_BLOCK], nonce[12];
    uint64_t n;
    size_t number;
    struct keys k;

    if (!v || !take_id(&rest, &dcid) || !take_id(&rest, &scid) ||
        !take_number(&rest, &n) || !take(&rest, n, &token) ||
        !take_number(&rest, &n) || !take(&rest, n, &body) ||
        body.len < 4 + OPEN_BLOCK || body.len > QUIC_MAX)
        return none;
    keys_make(&k, v, dcid);
    open_block(k.hp, (const unsigned char *)body.ptr + 4, mask);
    number = 1 + (((unsigned char)datagram.ptr[0] ^ mask[0]) & 3);
    memcpy(nonce, k.iv, sizeof(nonce));
    for (size_t i = 0; i < number; i++)
        nonce[sizeof(nonce) - number + i] ^=
            (unsigned char)body.ptr[i] ^ mask[1 + i];
    body = str_skip(body, number);
    body.len -= TAG;
    turn(&k, nonce, body, store);
    return (struct str){store, body.len};
}

/* --- frames -------------------------------------------------------------- */

struct piece {
    uint64_t at;
    struct str bytes;
};

/* RFC 9000, 19.3: its fields are numbers. */
static bool skip_ack(struct str *rest, bool counts)
{
    uint64_t ranges, n;

    if (!take_number(rest, &n) || !take_number(rest, &n) ||
        !take_number(rest, &ranges) || !take_number(rest, &n))
        return false;
    for (uint64_t i = 0; i < 2 * ranges + 3 * (uint64_t)counts; i++)
        if (!take_number(rest, &n))
            return false;
    return true;
}

/* The CRYPTO frames; false for anything an Initial packet has not. */
static bool pieces_of(struct str rest, struct piece *pieces, size_t *ret_count)
{
    struct piece p;
    uint64_t type, n;

    *ret_count = 0;
    while (rest.len > 0) {
        if (!take_number(&rest, &type))
            return false;
        if (type == 0 || type == 1) /* PADDING, PING */
            continue;
        if (type == 2 || type == 3) {
            if (!skip_ack(&rest, type == 3))
                return false;
            continue;
        }
        if (type != 6 || *ret_count == FRAMES || !take_number(&rest, &p.at) ||
            !take_number(&rest, &n) || !take(&rest, n, &p.bytes))
            return false;
        pieces[(*ret_count)++] = p;
    }
    return true;
}

/* As the TLS record that it would be over TCP. */
static enum err feed(struct hello *h, struct str bytes)
{
    const char head[] = {0x16, 3, 1, (char)(bytes.len >> 8), (char)bytes.len};
    enum err e = hello_feed(h, (struct str){head, sizeof(head)});

    return e == E_AGAIN ? hello_feed(h, bytes) : e;
}

enum err quic_hello(struct str datagram, struct hello *h, uint64_t *at)
{
    struct piece pieces[FRAMES];
    char store[QUIC_MAX];
    enum err e = E_SYNTAX;
    size_t count, i = 0;

    if (!pieces_of(payload(datagram, store), pieces, &count))
        return E_SYNTAX;
    while (i < count) {
        struct piece *p = &pieces[i++];

        if (p->at > *at || p->at + p->bytes.len <= *at)
            continue;
        e = feed(h, str_skip(p->bytes, (size_t)(*at - p->at)));
        if (e != E_AGAIN)
            return e;
        *at = p->at + p->bytes.len;
        i = 0; /* one that was passed over may be next */
    }
    return e;
}
