#ifndef SP_RULES_TRIE_H
#define SP_RULES_TRIE_H

#include "rules/rule.h"

struct guard;
struct run;

/*
 * The keywords of those rules that may sleep on a stream, as a tree that text
 * walks down byte by byte. It says of every place of a stream whether a keyword
 * begins there, also one that the end of the text cuts off.
 */
struct trie; /* immutable after trie_new */

/*
 * trie_new - of the rules of a bit set that are not whole and either
 * keyword_first or have a run (inside.h); of a run before digits each digit is
 * a keyword. guards and runs are of each rule; a keyword that stands where none
 * of its rules can begin is not followed. E_NOMEM.
 */
MUST_USE enum err trie_new(const struct rule *list, size_t n,
                           const uint64_t *only, const struct guard *guards,
                           const struct run *runs, struct trie **ret_trie);
void trie_free(struct trie *t);

/* The keywords begun and not ended at the place reached. */
struct trie_walk {
    uint32_t node;
    uint32_t back;        /* bytes since its beginning */
    uint32_t wide;        /* of them white space beyond the keyword's own */
    unsigned char before; /* the byte before that; TRIE_NONE: it is no matter */
    uint32_t runs;        /* bits of the runs of rules that have a keyword on
                             the way (inside.h) */
};
#define TRIE_NONE 0xffu

/* trie_depth - how many walks there can be at once. */
size_t trie_depth(const struct trie *t);

/* Rules as a run of indices: those that a walk has reached. */
struct trie_rules {
    const uint32_t *list; /* borrowed */
    size_t count;
};

/*
 * trie_feed - take the bytes of text from `from` on; those before them were
 * taken, or stand before the text, which begins at `begin`. walks holds
 * trie_depth entries, *count of them are used, sorted by where they began;
 * ended walks are dropped. Where keywords end, `ended` is called with their
 * rules and their start, in the order of starts; `least` is the start of the
 * first that goes on, of those that began before.
 */
typedef void trie_ended(void *ctx, struct trie_rules rules, size_t start,
                        size_t least);
void trie_feed(const struct trie *t, struct trie_walk *walks, size_t *count,
               struct str text, size_t from, size_t begin, trie_ended *ended,
               void *ctx);

/* trie_quiet - how many bytes at the front of the text are of ASCII that is
 * seen or is white space, and no keyword begins with. */
size_t trie_quiet(const struct trie *t, struct str text);
/* trie_of_signs - do all keywords begin with signs of ASCII, as `![` does? */
bool trie_of_signs(const struct trie *t);

/* trie_through - the rules of all keywords that go through a walk's node. */
struct trie_rules trie_through(const struct trie *t, const struct trie_walk *w);

#endif
