#ifndef SP_RULES_PROBES_H
#define SP_RULES_PROBES_H

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
    bool wide;           /* many at once; cleared to do without */
};

struct probe_entry {
    uint64_t bytes; /* of the key, the first the lowest */
    unsigned over;  /* bits that these leave of eight bytes */
    uint32_t value; /* of the caller's */
    uint32_t head;  /* the first four bytes of the string */
    uint32_t back;  /* from the place to them; PROBE_NONE: not known */
};

#define PROBE_NONE UINT32_MAX
#define KEY_LEAST  3u  /* bytes that a key has at the least */
#define KEY_MOST   8u  /* and that are read, from a place on */
#define PROBE_READ 48u /* bytes behind the last place that can be read */

/* A string with its place, from where on its key is. */
struct probe_string {
    struct str bytes;
    size_t at;   /* the place */
    size_t room; /* bytes that its key may have: KEY_LEAST or more */
    bool fixed;  /* all before the place is always as long */
};

/* probes_init - for n of them. *k: zeroed. E_NOMEM. */
MUST_USE enum err probes_init(struct probes *k, size_t n);
void probes_free(struct probes *k);

/* probes_add - one more; the bytes that its key has. */
size_t probes_add(struct probes *k, const struct probe_string *s,
                  uint32_t value);

/* probes_ready - behind the last of them, before anything is looked for.
 * E_NOMEM. */
MUST_USE enum err probes_ready(struct probes *k);

/* probes_sift - of the places in text[from, to), those where one may stand; how
 * many. PROBE_READ bytes from each place on can be read, and ret_at has room
 * for PROBE_STEP more of them. */
#define PROBE_STEP 32u
size_t probes_sift(const struct probes *k, const char *text, size_t from,
                   size_t to, uint16_t *ret_at);

/* probes_at - the entries that may stand at text[at], one after the other: the
 * first behind *s, which is zeroed before; NULL if there is no more. */
struct probe_search {
    uint32_t next, end; /* entries; end is 0 before the first */
};
const struct probe_entry *probes_at(const struct probes *k, const char *text,
                                    size_t at, struct probe_search *s);

#endif
