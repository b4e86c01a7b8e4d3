/*
 * Few keys are compared pair by pair. More go into an open-addressing table
 * that is made anew for each object, twice as large as its keys at least:
 * linear in the keys of the document together. A hash that was met before is
 * compared again key against key, so no chance collision refuses a document.
 */
#include "json/keys.h"

#include <endian.h>
#include <stdlib.h>

#include "json/scan.h"
#include "json/text.h"

#define FEW 8 /* keys compared directly */

struct json_slot {
    uint64_t hash;
    uint32_t key; /* a node, or 0: free (node 0 is never a key) */
};

/* SipHash with one round per word and three at the end. */
struct sip {
    uint64_t v0, v1, v2, v3;
    uint64_t tail; /* bytes not yet worked in, first lowest */
    size_t len;
};

static inline uint64_t rotl(uint64_t x, int n)
{
    return x << n | x >> (64 - n);
}

static void sip_round(struct sip *s)
{
    s->v0 += s->v1;
    s->v2 += s->v3;
    s->v1 = rotl(s->v1, 13) ^ s->v0;
    s->v3 = rotl(s->v3, 16) ^ s->v2;
    s->v0 = rotl(s->v0, 32);
    s->v2 += s->v1;
    s->v0 += s->v3;
    s->v1 = rotl(s->v1, 17) ^ s->v2;
    s->v3 = rotl(s->v3, 21) ^ s->v0;
    s->v2 = rotl(s->v2, 32);
}

static void sip_start(struct sip *s, uint64_t k0, uint64_t k1)
{
    *s = (struct sip){
        .v0 = k0 ^ UINT64_C(0x736f6d6570736575),
        .v1 = k1 ^ UINT64_C(0x646f72616e646f6d),
        .v2 = k0 ^ UINT64_C(0x6c7967656e657261),
        .v3 = k1 ^ UINT64_C(0x7465646279746573),
    };
}

static void sip_word(struct sip *s, uint64_t word)
{
    s->v3 ^= word;
    sip_round(s);
    s->v0 ^= word;
}

static void sip_add(struct sip *s, struct str bytes)
{
    size_t i = 0;

    for (; (s->len & 7) == 0 && bytes.len - i >= 8; i += 8) {
        uint64_t word;

        memcpy(&word, bytes.ptr + i, 8);
        sip_word(s, le64toh(word));
        s->len += 8;
    }
    for (; i < bytes.len; i++) {
        s->tail |= (uint64_t)(unsigned char)bytes.ptr[i] << 8 * (s->len & 7);
        if ((++s->len & 7) == 0) {
            sip_word(s, s->tail);
            s->tail = 0;
        }
    }
}

static uint64_t sip_end(struct sip *s)
{
    sip_word(s, (uint64_t)s->len << 56 | s->tail);
    s->v2 ^= 0xff;
    sip_round(s);
    sip_round(s);
    sip_round(s);
    return s->v0 ^ s->v1 ^ s->v2 ^ s->v3;
}

/* The hash of a key's text. Without a seed the table's address stands in. */
static uint64_t key_hash(const struct json_doc *doc, uint32_t key)
{
    struct str raw = json_raw(doc, key);
    struct sip s;

    sip_start(&s, doc->seed[0] ^ (uint64_t)(uintptr_t)doc->slots,
              doc->seed[1] ^ (uint64_t)(uintptr_t)doc);
    if (!doc->nodes[key].escaped) {
        sip_add(&s, raw);
        return sip_end(&s);
    }
    while (raw.len > 0) {
        struct unit u;

        if (unit_next(&raw, &u))
            break; /* not after the parser has seen it */
        sip_add(&s, (struct str){u.text, u.text_len});
    }
    return sip_end(&s);
}

static bool keys_equal(const struct json_doc *doc, uint32_t a, uint32_t b)
{
    struct str x = json_raw(doc, a), y = json_raw(doc, b);
    struct unit u, v;

    if (!doc->nodes[a].escaped)
        return json_text_eq(y, doc->nodes[b].escaped, x);
    if (!doc->nodes[b].escaped)
        return json_text_eq(x, true, y);
    while (x.len > 0 && y.len > 0)
        if (unit_next(&x, &u) || unit_next(&y, &v) ||
            !str_eq((struct str){u.text, u.text_len},
                    (struct str){v.text, v.text_len}))
            return false;
    return x.len == 0 && y.len == 0;
}

/*
 * A key's length and its first four bytes, by which most pairs differ. Four
 * can always be read: behind a key come a quote, a colon, a value, a bracket;
 * those are masked out.
 */
static uint64_t key_sketch(const struct json_doc *doc, uint32_t key)
{
    const struct json_node *n = &doc->nodes[key];
    uint32_t first;

    memcpy(&first, doc->text.ptr + n->off, sizeof(first));
    first = le32toh(first);
    if (n->len < sizeof(first))
        first &= (UINT32_C(1) << 8 * n->len) - 1;
    return (uint64_t)n->len << 32 | first;
}

static enum err check_few(const struct json_doc *doc, const uint32_t *keys,
                          size_t n, uint32_t *reterr_key)
{
    uint64_t sketch[FEW];

    for (size_t i = 0; i < n; i++) {
        bool escaped = doc->nodes[keys[i]].escaped;

        sketch[i] = key_sketch(doc, keys[i]);
        for (size_t k = 0; k < i; k++) {
            if (sketch[k] != sketch[i] && !escaped &&
                !doc->nodes[keys[k]].escaped)
                continue;
            if (keys_equal(doc, keys[k], keys[i])) {
                *reterr_key = keys[i];
                return E_AMBIGUOUS;
            }
        }
    }
    return OK;
}

/* An empty table of a power of two of at least 2n slots. */
static enum err table_start(struct json_doc *doc, size_t n, size_t *ret_size)
{
    size_t size = 32;

    while (size < 2 * n) /* n is below LIM_JSON_NODES */
        size *= 2;
    if (size > doc->slots_cap) {
        struct json_slot *slots = malloc(size * sizeof(*slots));

        if (slots == NULL)
            return E_NOMEM;
        free(doc->slots);
        doc->slots = slots;
        doc->slots_cap = size;
    }
    memset(doc->slots, 0, size * sizeof(*doc->slots));
    *ret_size = size;
    return OK;
}

static enum err check_many(struct json_doc *doc, uint32_t object, size_t n,
                           uint32_t *reterr_key)
{
    const struct json_node *nodes = doc->nodes;
    size_t size;
    enum err e;

    if ((e = table_start(doc, n, &size)))
        return e;
    for (uint32_t c = object + 1; c < nodes[object].next;
         c = nodes[c + 1].next) {
        uint64_t hash = key_hash(doc, c);
        size_t at = (size_t)hash & (size - 1);

        for (; doc->slots[at].key != 0; at = (at + 1) & (size - 1))
            if (doc->slots[at].hash == hash &&
                keys_equal(doc, doc->slots[at].key, c)) {
                *reterr_key = c;
                return E_AMBIGUOUS;
            }
        doc->slots[at] = (struct json_slot){hash, c};
    }
    return OK;
}

enum err keys_check(struct json_doc *doc, uint32_t object, uint32_t *reterr_key)
{
    const struct json_node *nodes = doc->nodes;
    uint32_t few[FEW];
    size_t n = 0;

    for (uint32_t c = object + 1; c < nodes[object].next;
         c = nodes[c + 1].next) {
        if (n < FEW)
            few[n] = c;
        n++;
    }
    if (n <= FEW)
        return check_few(doc, few, n, reterr_key);
    return check_many(doc, object, n, reterr_key);
}
