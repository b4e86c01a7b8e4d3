#ifndef SP_RULES_PROBES_H
#define SP_RULES_PROBES_H

#include "base/err.h"
#include "base/str.h"

/*
 * A table of strings by a few of their bytes, their keys, to ask of many places
 * in a text whether one of them stands there. A key is of three to eight bytes
 * from the place on. A table of bits says "maybe": a hash of the first three
 * names a word of it, the fourth a bit there. Of what passes, a second set of
 * bits under the whole key leaves those that have entries. Both are asked
 * without a branch, many places at a time, because a wrong guess of the
 * processor costs as much as ten places.
 *
 * Or it is of some bytes before the place and some from it on, to ask of few
 * places: the first table is not asked then.
 */
struct probes {
    struct probe_entry *entries; /* owned */
    size_t count;
    uint32_t *maybe;  /* owned; NULL if around */
    uint32_t *near;   /* a set of bits, by key; owned */
    uint32_t *bucket; /* by key: the first entry; owned */
    unsigned bits;    /* of a hash into maybe */
    bool around;      /* the place is in the midst of the key */
};

struct probe_entry {
    uint32_t next; /* of the same bucket, or KEY_NONE */
    uint32_t key;
    uint32_t value; /* of the caller's */
    uint32_t head;  /* the first four bytes of the string */
    uint32_t back;  /* from the place to them; KEY_NONE: not known */
};

#define KEY_NONE UINT32_MAX
#define KEY_LEAST                                                              \
    3u              /* bytes that a key has at the least, from the place on    \
                     */
#define KEY_MOST 8u /* bytes that are read: from a place on, and before it */

/* A string with its place. */
struct probe_string {
    struct str bytes;
    size_t at;             /* the place */
    size_t before, behind; /* bytes that its key may have, before the place and
                              from there on */
    bool fixed;            /* all before the place is always as long */
};

/* probes_init - for n of them. *k: zeroed. E_NOMEM. */
MUST_USE enum err probes_init(struct probes *k, size_t n, bool around);
void probes_free(struct probes *k);

/* probes_add - one more; the bytes that its key has from the place on. It may
 * have KEY_LEAST of them; around: two before and one behind. */
size_t probes_add(struct probes *k, const struct probe_string *s,
                  uint32_t value);

/* probes_sift - of the places in text[from, to), those where one may stand; how
 * many. */
size_t probes_sift(const struct probes *k, const char *text, size_t from,
                   size_t to, uint16_t *ret_at);

/* probes_at - the entries that may stand at text[at], one after the other: the
 * first behind *s, which is zeroed before; NULL if there is no more. */
struct probe_search {
    unsigned form; /* of keys */
    uint32_t next; /* the next entry of it, if `begun` */
    bool begun;
};
const struct probe_entry *probes_at(const struct probes *k, const char *text,
                                    size_t at, struct probe_search *s);

#endif
