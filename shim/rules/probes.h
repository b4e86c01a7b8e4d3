#ifndef SP_RULES_PROBES_H
#define SP_RULES_PROBES_H

#include "base/cpu.h"
#include "base/err.h"
#include "base/str.h"

/*
 * A table of strings by a few of their bytes, their keys, to ask of many places
 * in a text whether one of them stands there. A key is three to eight bytes. A
 * table of bits says "maybe": a hash of the first three names a word of it, the
 * fourth a bit there. Of what passes, a second set of bits leaves those that
 * have entries, under as many bytes as the shortest key has of those that share
 * the word. Both are asked without a branch, many places at a time, because a
 * wrong guess of the processor costs as much as ten places.
 */
struct probes {
    struct probe_entry *entries; /* owned; once ready: bucket by bucket */
    size_t count;
    uint32_t *maybe;     /* owned */
    unsigned char *over; /* by the word: bits that the bytes asked of leave of
                            eight; owned */
    uint32_t *near;      /* a set of bits, by key; owned */
    uint32_t *first;     /* by key: the bucket's first entry; owned */
    unsigned bits;       /* of a hash into maybe */
    enum cpu_step step;  /* of what the processor can */
};

struct probe_entry {
    uint64_t bytes;     /* of the key, the first the lowest */
    uint32_t value, of; /* of the caller's */
    uint32_t head;      /* the first four bytes of the string */
    uint16_t back;      /* from the place to them; PROBE_NONE: not known */
    unsigned char over; /* bits that the key leaves of eight bytes */
};

#define PROBE_NONE UINT16_MAX
#define KEY_LEAST  3u  /* bytes that a key has at the least */
#define KEY_MOST   8u  /* and that are read, from a place on */
#define PROBE_READ 48u /* bytes behind the last place that can be read */

/* A string with its place, from where on its key is. */
struct probe_string {
    struct str bytes;
    size_t at;   /* the place: less than PROBE_NONE */
    size_t room; /* bytes that its key may have: KEY_LEAST or more */
    uint32_t value, of;
};

/* probes_init - for n of them. *k: zeroed. E_NOMEM. */
MUST_USE enum err probes_init(struct probes *k, size_t n);
void probes_free(struct probes *k);

/* probes_add - one more; the bytes that its key has. */
size_t probes_add(struct probes *k, const struct probe_string *s);

/* probes_ready - behind the last of them, before anything is looked for.
 * E_NOMEM. */
MUST_USE enum err probes_ready(struct probes *k);

/* A place in a text, and the entries that may stand there. */
struct probe_place {
    uint32_t next, end; /* of the entries */
    uint16_t at;
};

/* probes_sift - of the places in text[from, to), those where one may stand; how
 * many. There are PROBE_PLACES of them at most, and ret_places has room for one
 * more; PROBE_READ bytes from each place on can be read. */
#define PROBE_PLACES 1024u
size_t probes_sift(const struct probes *k, const char *text, size_t from,
                   size_t to, struct probe_place *ret_places);

/* Eight bytes, the first the lowest; and four, only to compare. */
static inline uint64_t probe_eight(const char *p)
{
    uint64_t x;

    memcpy(&x, p, sizeof(x));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    x = __builtin_bswap64(x);
#endif
    return x;
}

static inline uint32_t probe_four(const char *p)
{
    uint32_t x;

    memcpy(&x, p, sizeof(x));
    return x;
}

/* probes_at - of a place's entries the next that stands there, as far as is
 * known; NULL if there is no more. */
static inline const struct probe_entry *
probes_at(const struct probes *k, const char *text, struct probe_place *p)
{
    uint64_t x = probe_eight(text + p->at);

    while (p->next < p->end) {
        const struct probe_entry *en = &k->entries[p->next++];

        if ((x ^ en->bytes) << en->over == 0 &&
            (en->back > p->at ||
             probe_four(text + p->at - en->back) == en->head))
            return en;
    }
    return NULL;
}

#endif
