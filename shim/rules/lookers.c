#include <stdlib.h>

#include "rules/inside.h"

/*
 * The rules of a stream: those of its place that look at what it is a view of.
 * Most look at the text, or at it cleaned, and there all of the place go along,
 * by one trie that all places of a direction share. At the other views few do,
 * at an answer's one or none; they have a trie of their own, that walks along
 * with little.
 */
#define MANY (1u << VIEW_TEXT | 1u << VIEW_CLEAN | 1u << VIEW_DECODED)

/* Whatever the role and the part. */
static enum err dir_trie(const struct rules *rs, enum dir dir,
                         struct trie **ret_trie)
{
    const size_t places = ROLE_COUNT * PART_COUNT;
    const uint64_t *mask = rules_mask(rs, &(struct scope){.dir = dir});
    uint64_t *any = calloc(rs->words + 1, sizeof(*any));
    enum err e;

    if (any == NULL)
        return E_NOMEM;
    for (size_t i = 0; i < places * rs->words; i++)
        any[i % rs->words] |= mask[i];
    e = trie_new(rs->list, rs->count, any, rs->guards, rs->runs, ret_trie);
    free(any);
    return e;
}

static enum err shared_trie(const struct rules *rs, enum dir dir,
                            const struct trie **ret_trie)
{
    _Atomic(struct trie *) *place =
        &((struct rules *)(uintptr_t)rs)->tries[dir];
    struct trie *t = atomic_load_explicit(place, memory_order_acquire);
    struct trie *none = NULL;
    enum err e;

    if (t == NULL) {
        if ((e = dir_trie(rs, dir, &t)))
            return e;
        if (!atomic_compare_exchange_strong(place, &none, t)) {
            trie_free(t);
            t = none;
        }
    }
    *ret_trie = t;
    return OK;
}

static enum err own_trie(const struct rules *rs, struct lookers *l)
{
    enum err e =
        trie_new(rs->list, rs->count, l->mask, rs->guards, rs->runs, &l->own);

    l->trie = l->own;
    return e;
}

static void list_rules(const struct rules *rs, const uint64_t *place,
                       unsigned views, struct lookers *l)
{
    for (size_t w = 0; w < rs->words; w++) {
        uint64_t bits = place[w];

        for (unsigned v = views; v != 0; v &= v - 1)
            bits &= rules_viewing(rs, (enum view_step)__builtin_ctz(v))[w];
        l->mask[w] = bits;
        l->ranks[w] = (uint32_t)l->count;
        l->count += bits_count(bits);
    }
}

static void lookers_free(struct lookers *l)
{
    if (l == NULL)
        return;
    trie_free(l->own);
    free(l->mask);
    free(l->ranks);
    free(l);
}

static enum err lookers_new(const struct rules *rs, const struct scope *at,
                            unsigned views, struct lookers **ret_l)
{
    struct lookers *l = calloc(1, sizeof(*l));
    enum err e = E_NOMEM;

    if (l == NULL)
        return e;
    l->place = rules_mask(rs, at);
    l->views = views;
    l->mask = calloc(rs->words + 1, sizeof(*l->mask));
    l->ranks = calloc(rs->words + 1, sizeof(*l->ranks));
    if (l->mask != NULL && l->ranks != NULL) {
        list_rules(rs, l->place, views, l);
        e = views == 0 ? shared_trie(rs, at->dir, &l->trie) : own_trie(rs, l);
    }
    if (e) {
        lookers_free(l);
        return e;
    }
    *ret_l = l;
    return OK;
}

enum err rules_lookers(const struct rules *rs, const struct scope *at,
                       unsigned views, const struct lookers **ret_lookers)
{
    _Atomic(struct lookers *) *list = &((struct rules *)(uintptr_t)rs)->lookers;
    struct lookers *first = atomic_load_explicit(list, memory_order_acquire);
    const uint64_t *place = rules_mask(rs, at);
    struct lookers *l = first;
    enum err e;

    views &= ~MANY;
    while (l != NULL && (l->place != place || l->views != views))
        l = l->next;
    if (l == NULL) { /* two threads may make the same: both are kept */
        if ((e = lookers_new(rs, at, views, &l)))
            return e;
        l->next = first;
        while (!atomic_compare_exchange_weak(list, &l->next, l))
            continue;
    }
    *ret_lookers = l;
    return OK;
}

void lookers_end(struct rules *rs)
{
    struct lookers *l = atomic_load(&rs->lookers), *next;

    for (; l != NULL; l = next) {
        next = l->next;
        lookers_free(l);
    }
    for (size_t i = 0; i < ARRAY_LEN(rs->tries); i++)
        trie_free(atomic_load(&rs->tries[i]));
}
