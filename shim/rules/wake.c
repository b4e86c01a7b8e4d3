#include "rules/lanes.h"

/*
 * Keywords on a stream: which lanes have to be woken, and how far back the
 * beginning of a keyword is held.
 */

static size_t lane_of(const struct stream *st, uint32_t rule)
{
    const uint64_t *mask = rules_mask(st->rs, &st->at);
    uint64_t below = (UINT64_C(1) << rule % 64) - 1;
    size_t n = 0;

    if ((mask[rule / 64] >> rule % 64 & 1) == 0)
        return st->lane_count;
    for (size_t w = 0; w < rule / 64; w++)
        n += (size_t)__builtin_popcountll(mask[w]);
    return n + (size_t)__builtin_popcountll(mask[rule / 64] & below);
}

/*
 * Is there a byte before `at` behind which the rule's matches cannot begin?
 * (The second spellings of s and k are no letters to a \b.)
 */
static bool is_guarded(const struct stream *st, uint32_t rule, uint64_t at)
{
    const char *p = st->text.ptr + (at - st->base);

    return at > st->origin && (unsigned char)p[0] < 0x80 &&
           guard_stops(&st->rs->guards[rule], (unsigned char)p[-1]);
}

/*
 * A keyword of these rules begins at `start` and is complete. Another one may
 * have begun before it and still go on, so that a lane looks back a little.
 */
static void wake(struct stream *st, struct trie_rules rules, uint64_t start)
{
    uint64_t depth = trie_depth(st->rs->trie);
    uint64_t back = start - st->origin > depth ? start - depth : st->origin;

    for (size_t i = 0; i < rules.count; i++) {
        size_t n = lane_of(st, rules.list[i]);
        struct lane *l = &st->lanes[n];

        if (n == st->lane_count || l->off || is_awake(st, n) ||
            start < l->cursor || is_guarded(st, l->rule, start))
            continue;
        set_awake(st, n, true);
        l->cursor = back > l->cursor ? back : l->cursor;
        l->next = 0;
    }
}

struct feed {
    struct stream *st;
    uint64_t at; /* behind the byte taken */
};

static void feed_ended(void *ctx, struct trie_rules rules, uint32_t back)
{
    struct feed *f = ctx;

    wake(f->st, rules, f->at - back);
}

void feed_trie(struct stream *st, uint64_t to)
{
    const struct trie *t = st->rs->trie;
    struct feed f = {st, 0};

    if (trie_depth(t) == 0)
        return;
    for (uint64_t i = st->v; i < to; i++) {
        f.at = i + 1;
        trie_step(t, st->walks, &st->walk_count,
                  (unsigned char)st->text.ptr[i - st->base], feed_ended, &f);
    }
}

/* Could a keyword that the end of the text cuts off begin a match at `at`? */
static bool may_begin(const struct stream *st, struct trie_rules rules,
                      uint64_t at)
{
    for (size_t i = 0; i < rules.count; i++) {
        size_t n = lane_of(st, rules.list[i]);
        const struct lane *l = &st->lanes[n];

        /* A lane that is awake speaks for itself. */
        if (n != st->lane_count && l->acts && !l->off && l->cursor <= at &&
            !is_awake(st, n) && !is_guarded(st, l->rule, at))
            return true;
    }
    return false;
}

uint64_t cut_keyword(const struct stream *st)
{
    for (size_t i = 0; i < st->walk_count; i++) {
        uint64_t at = st->v - st->walks[i].back;

        if (may_begin(st, trie_through(st->rs->trie, &st->walks[i]), at))
            return at;
    }
    return st->v;
}
