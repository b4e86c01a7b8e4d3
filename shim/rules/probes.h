#ifndef SP_RULES_PROBES_H
#define SP_RULES_PROBES_H

#include "base/cpu.h"
#include "base/err.h"
#include "base/str.h"
#include "rules/flanks.h"
#include "rules/lay.h"
#include "rules/threes.h"
#include "rules/twos.h"

struct probe_entry {
    uint32_t value, of; /* of the caller's, */
    struct flanks flanks;
    unsigned char none[3]; /* zeros, for it is written as it is */
};

/* Of each entry, owned: eight bytes from the place on and eight before it, the
 * first the lowest; and how many of their bits are none of the string's. */
struct probe_bytes {
    uint64_t *key, *front;
    unsigned char *over, *under;
};

/*
 * A table of strings by a few of their bytes, their keys, to ask of many places
 * in a text whether one of them stands there. A key is one to eight bytes. A
 * table of bits says "maybe": a hash of three of them names a word of it, the
 * one behind these, or before them, a bit there; those that are shorter are
 * asked for beside that. Of what passes, a second set
 * of bits leaves those that have entries, under as many bytes as the shortest
 * key has of those that share the word. Then up to eight entries of a place are
 * compared at once. None is asked with a branch, and each of many places at a
 * time, because a wrong guess of the processor costs as much as ten places.
 */
struct probes {
    struct probe_added *added;   /* owned; before they are ready */
    struct probe_entry *entries; /* owned; bucket by bucket, and of each: */
    struct probe_bytes bytes;
    size_t count;
    uint32_t *maybe;         /* owned */
    struct threes threes;    /* the keys of three bytes, */
    struct twos twos;        /* and of less, */
    uint16_t shorts[2][256]; /* and both, of their first two bytes: groups of
                                threes in the lower half, of twos in the upper,
                                to ask one place after the other */
    unsigned char *over; /* by the word: bits that the bytes asked of leave of
                            eight; owned */
    uint32_t *near;      /* a set of bits, by key; owned */
    uint32_t *first;     /* by key: the bucket's first entry; owned */
    unsigned maybe_bits; /* of a hash into maybe, */
    unsigned bits;       /* and into what is asked next */
    enum cpu_step step;  /* of what the processor can */
};

#define KEY_MOST   8u  /* bytes of a key that are read, from a place on */
#define PROBE_READ 67u /* bytes behind the last place that can be read, */
#define PROBE_BACK 8u  /* and before the first */

/* A string with its place, from where on its key is. */
struct probe_string {
    struct str bytes;
    size_t at;   /* the place */
    size_t room; /* bytes that its key may have: one or more */
    struct probe_entry entry;
};

/* probes_init - for n of them. *k: zeroed. E_NOMEM. */
MUST_USE enum err probes_init(struct probes *k, size_t n);
void probes_free(struct probes *k);

/* probes_add - one more; the bytes that its key has. */
size_t probes_add(struct probes *k, const struct probe_string *s);

/* probes_ready - behind the last of them, before anything is looked for. */
void probes_ready(struct probes *k);

/* probes_lay - those that are ready, n of them, are written; or *k, zeroed, is
 * made of what was, which is not to be freed. probes_hold - is it safe to ask
 * those, and is each entry found by its key? */
void probes_lay(struct probes *k, size_t n, struct laying *l);
bool probes_hold(const struct probes *k);

/* A place in a text, and the entries that may stand there. */
struct probe_place {
    uint32_t next, end; /* of the entries */
    uint16_t at;
    uint16_t equal; /* those of the next eight that do */
};

/* probes_sift - of the places from text[*from] on, and before text[to], those
 * where one may stand; how many. As far as there is room for PROBE_PLACES:
 * *from is behind what was looked at. Many at once take less time, as what is
 * known of each is seldom in a cache. ret_places has room for one more;
 * PROBE_READ bytes from each place on can be read. */
#define PROBE_PLACES 1024u
size_t probes_sift(const struct probes *k, const char *text, size_t *from,
                   size_t to, struct probe_place *ret_places);

/* probes_narrow - of n such places, those where one stands, or may if they have
 * many entries; how many. PROBE_BACK bytes before each can be read, of which
 * those before the text are no string's. */
size_t probes_narrow(const struct probes *k, const char *text,
                     struct probe_place *places, size_t n);

/* probes_more - go on to where such a place's entries have one that stands
 * there, if more than the first of them were not yet compared. */
#define EQUAL_STEP 8u /* entries at once */
void probes_more(const struct probes *k, const char *text,
                 struct probe_place *p);

/* probes_at - of such a place's entries the next that stands there, as far as
 * it was compared; NULL if there is no more. */
static inline const struct probe_entry *
probes_at(const struct probes *k, const char *text, struct probe_place *p)
{
    unsigned at;

    if (p->equal == 0 && p->end - p->next > EQUAL_STEP)
        probes_more(k, text, p);
    if (p->equal == 0)
        return NULL;
    at = (unsigned)__builtin_ctz(p->equal);
    p->equal &= (uint16_t)(p->equal - 1);
    return &k->entries[p->next + at];
}

#endif
