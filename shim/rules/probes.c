#include "rules/probes.h"

#include <stdlib.h>

/* Tables have twice as many words as there are keys, or more: where they are
 * fuller, what passes them in vain costs more than caches do. */
#define BITS_LEAST 8u
#define BITS_MOST  18u
#define BITS_USUAL 14u /* of the rules that we ship */

/* The forms of keys: so many bytes before the place, and from it on. A string
 * has the last of them that it has the bytes for. */
#define FORMS 6u
#define PLAIN 4u /* of those from the place on */
static const struct form {
    unsigned char before, behind;
} forms[2][FORMS] = {
    {{0, 3}, {0, 4}, {0, 6}, {0, 8}},
    {{2, 1}, {3, 1}, {4, 1}, {2, 3}, {3, 3}, {4, 3}},
};

#define MIDST 4u /* bytes before a place that a key is around, at most */

static inline uint64_t load8(const char *p)
{
    uint64_t x;

    memcpy(&x, p, sizeof(x));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    x = __builtin_bswap64(x);
#endif
    return x;
}

static inline uint32_t load4(const char *p)
{
    uint32_t x;

    memcpy(&x, p, sizeof(x));
    return x;
}

/* The fourth byte does not matter. */
static inline uint32_t maybe_word(uint32_t four, unsigned bits)
{
    return four * (UINT32_C(0x9e3779b1) << 8) >> (32 - bits);
}

static inline uint32_t is_maybe(const uint32_t *maybe, unsigned bits,
                                uint32_t four)
{
    return maybe[maybe_word(four, bits)] >> (four >> 24 & 31) & 1;
}

/* The key of a form, in the bytes at a place. */
static inline uint32_t key_of(uint64_t x, bool around, unsigned form)
{
    const struct form *f = &forms[around][form];
    unsigned over = around ? MIDST - f->before : 0;

    x = x >> (8 * over) << (64 - 8 * (f->before + f->behind));
    return (uint32_t)(x * UINT64_C(0x9e3779b97f4a7c15) >> 32) ^ form;
}

static inline uint32_t is_near(const struct probes *k, uint32_t key)
{
    uint32_t at = key >> (32 - k->bits - 5);

    return k->near[at / 32] >> at % 32 & 1;
}

static inline uint32_t *bucket_of(const struct probes *k, uint32_t key)
{
    return &k->bucket[(key & UINT32_MAX >> 1) >> (32 - k->bits)];
}

enum err probes_init(struct probes *k, size_t n, bool around)
{
    size_t size = (size_t)1 << BITS_LEAST;

    k->around = around;
    k->bits = BITS_LEAST;
    for (; k->bits < BITS_MOST && 2 * n > size; size *= 2)
        k->bits++;
    k->entries = calloc(n + 1, sizeof(*k->entries));
    k->maybe = around ? NULL : calloc(size, sizeof(*k->maybe));
    k->near = calloc(size, sizeof(*k->near));
    k->bucket = malloc(size / 2 * sizeof(*k->bucket));
    if (k->entries == NULL || (k->maybe == NULL && !around) ||
        k->near == NULL || k->bucket == NULL)
        return E_NOMEM;
    for (size_t i = 0; i < size / 2; i++)
        k->bucket[i] = KEY_NONE;
    return OK;
}

void probes_free(struct probes *k)
{
    free(k->entries);
    free(k->maybe);
    free(k->near);
    free(k->bucket);
}

/* The last form that there are the bytes for. */
static unsigned form_of(const struct probes *k, const struct probe_string *s)
{
    unsigned form = 0;

    for (unsigned i = 0; i < (k->around ? FORMS : PLAIN); i++)
        if (forms[k->around][i].before <= s->before &&
            forms[k->around][i].behind <= s->behind)
            form = i;
    return form;
}

size_t probes_add(struct probes *k, const struct probe_string *s,
                  uint32_t value)
{
    struct probe_entry *en = &k->entries[k->count];
    unsigned form = form_of(k, s);
    const struct form *f = &forms[k->around][form];
    char bytes[MIDST + KEY_MOST] = {0};
    bool head = s->fixed && s->bytes.len >= 4;
    uint64_t x;
    uint32_t bit;

    memcpy(bytes + (k->around ? MIDST - f->before : 0),
           s->bytes.ptr + s->at - f->before, f->before + f->behind);
    x = load8(bytes);
    *en = (struct probe_entry){.key = key_of(x, k->around, form),
                               .value = value,
                               .head = head ? load4(s->bytes.ptr) : 0,
                               .back = head ? (uint32_t)s->at : KEY_NONE};
    if (!k->around)
        k->maybe[maybe_word((uint32_t)x, k->bits)] |=
            f->behind < 4 ? UINT32_MAX : UINT32_C(1) << (x >> 24 & 31);
    bit = en->key >> (32 - k->bits - 5);
    k->near[bit / 32] |= UINT32_C(1) << bit % 32;
    en->next = *bucket_of(k, en->key);
    *bucket_of(k, en->key) = (uint32_t)k->count++;
    return f->behind;
}

/*
 * The places that may be one, of the first table. Each is written, and counted
 * only if it is one: there is no branch to guess.
 */
static inline __attribute__((always_inline)) size_t
sift_by(const uint32_t *maybe, unsigned bits, const char *text, size_t from,
        size_t to, uint16_t *out)
{
    size_t n = 0, i = from;

    for (; to - i >= 4; i += 4) {
        uint64_t x = load8(text + i);

        out[n] = (uint16_t)i;
        n += is_maybe(maybe, bits, (uint32_t)x);
        out[n] = (uint16_t)(i + 1);
        n += is_maybe(maybe, bits, (uint32_t)(x >> 8));
        out[n] = (uint16_t)(i + 2);
        n += is_maybe(maybe, bits, (uint32_t)(x >> 16));
        out[n] = (uint16_t)(i + 3);
        n += is_maybe(maybe, bits, (uint32_t)(x >> 24));
    }
    for (; i < to; i++) {
        out[n] = (uint16_t)i;
        n += is_maybe(maybe, bits, (uint32_t)load8(text + i));
    }
    return n;
}

size_t probes_sift(const struct probes *k, const char *text, size_t from,
                   size_t to, uint16_t *ret_at)
{
    size_t left = 0, n;

    if (k->bits == BITS_USUAL) /* a constant, which saves a fifth of the time */
        n = sift_by(k->maybe, BITS_USUAL, text, from, to, ret_at);
    else
        n = sift_by(k->maybe, k->bits, text, from, to, ret_at);
    for (size_t i = 0; i < n; i++) {
        uint64_t x = load8(text + ret_at[i]);

        ret_at[left] = ret_at[i];
        left +=
            is_near(k, key_of(x, false, 0)) | is_near(k, key_of(x, false, 1)) |
            is_near(k, key_of(x, false, 2)) | is_near(k, key_of(x, false, 3));
    }
    return left;
}

/* Is it the key, and is the front of the string there, as far as is known? */
static inline bool is_entry(const struct probe_entry *en, uint32_t key,
                            const char *text, size_t at)
{
    return en->key == key &&
           (en->back > at || load4(text + at - en->back) == en->head);
}

const struct probe_entry *probes_at(const struct probes *k, const char *text,
                                    size_t at, struct probe_search *s)
{
    uint64_t x = load8(text + at - (k->around ? MIDST : 0));

    for (; s->form < (k->around ? FORMS : PLAIN); s->form++, s->begun = false) {
        uint32_t key = key_of(x, k->around, s->form);
        uint32_t i = s->next;

        if (!s->begun)
            i = is_near(k, key) ? *bucket_of(k, key) : KEY_NONE;
        while (i != KEY_NONE && !is_entry(&k->entries[i], key, text, at))
            i = k->entries[i].next;
        if (i == KEY_NONE)
            continue;
        s->next = k->entries[i].next;
        s->begun = true;
        return &k->entries[i];
    }
    return NULL;
}
