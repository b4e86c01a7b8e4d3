#include "rules/coded.h"
#include "rules/extent.h"
#include "rules/respell.h"
#include "rules/side.h"

/*
 * Keywords and tokens on a stream: which lanes have to be woken, and how far
 * back the beginning of one is held.
 */

size_t lane_of(const struct stream *st, uint32_t rule)
{
    uint64_t mask = st->lookers->mask[rule / 64];
    uint64_t below = (UINT64_C(1) << rule % 64) - 1;

    if ((mask >> rule % 64 & 1) == 0)
        return st->lane_count;
    return st->lookers->ranks[rule / 64] + bits_count(mask & below);
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

/* An offset of the text kept, as one of the stream; nowhere is NEVER. */
static uint64_t in_stream(const struct stream *st, size_t at)
{
    return at == RUN_NOWHERE ? NEVER : st->base + at;
}

/*
 * Where the match begins at the earliest whose run ends at `at`; NEVER if there
 * can be none. More is kept of the text than a run is long.
 */
static uint64_t run_begins(const struct stream *st, const struct run *run,
                           uint64_t at)
{
    return in_stream(
        st, run_start(run, buf_str(&st->text), (size_t)(at - st->base)));
}

/* The beginning of a character at or behind an offset. */
static uint64_t char_at(const struct stream *st, uint64_t at)
{
    while (at < st->end &&
           ((unsigned char)st->text.ptr[at - st->base] & 0xc0) == 0x80)
        at++;
    return at;
}

/*
 * A keyword of the rule begins at `start` and is complete. Another one that
 * began before it, at `least` or behind, may still go on: a lane looks back so
 * far, and as far as what may stand before it.
 */
static void wake_lane(struct stream *st, size_t n, uint64_t start,
                      uint64_t least)
{
    struct lane *l = &st->lanes[n];
    const struct run *run = &st->rs->runs[l->rule];
    uint64_t back;

    if (l->off || start < l->cursor)
        return;
    if (run->before != RUN_NONE) {
        if (run_begins(st, run, start) == NEVER)
            return;
        l->seen = start + 1 > l->seen ? start + 1 : l->seen;
    } else if (is_guarded(st, l->rule, start)) {
        return;
    }
    if (is_awake(st, n))
        return;
    back = least - st->origin > run->most ? least - run->most : st->origin;
    set_awake(st, n, true);
    l->cursor = back > l->cursor ? char_at(st, back) : l->cursor;
    l->next = 0;
}

static void feed_ended(void *ctx, struct trie_rules rules, size_t start,
                       size_t least)
{
    struct stream *st = ctx;

    for (size_t i = 0; i < rules.count; i++) {
        size_t n = lane_of(st, rules.list[i]);

        if (n != st->lane_count)
            wake_lane(st, n, st->base + start, st->base + least);
    }
}

void feed_trie(struct stream *st, uint64_t to)
{
    struct str text = {st->text.ptr, (size_t)(to - st->base)};

    if (trie_depth(st->trie) != 0)
        trie_feed(st->trie, st->walks, &st->walk_count, text,
                  (size_t)(st->v - st->base),
                  st->origin < st->base ? SIZE_MAX
                                        : (size_t)(st->origin - st->base),
                  feed_ended, st);
}

static void not_ended(void *ctx, struct trie_rules rules, size_t start,
                      size_t least)
{
    (void)ctx;
    (void)rules;
    (void)start;
    (void)least;
}

void begun_as(struct stream *st, const struct token_begun *token)
{
    struct str text = {st->text.ptr, (size_t)(st->v - st->base)};
    size_t depth = trie_depth(st->trie); /* no walk is longer */
    size_t from = text.len > depth ? text.len - depth : 0;

    st->token = *token;
    st->walk_count = 0;
    if (depth != 0)
        trie_feed(st->trie, st->walks, &st->walk_count, text, from,
                  st->origin < st->base ? SIZE_MAX
                                        : (size_t)(st->origin - st->base),
                  not_ended, NULL);
}

/* --- Tokens. */

/* The lane of a rule that is tried at the token. */
static void wake_token(struct stream *st, size_t n)
{
    struct lane *l = &st->lanes[n];

    if (n == st->lane_count || l->off || st->token.at < l->cursor)
        return;
    l->seen = st->token.at + 1;
    if (is_awake(st, n))
        return;
    set_awake(st, n, true);
    l->cursor = st->token.at;
    l->next = 0;
}

/* A token with digits ended at `end` in the text up to `upto`: wake the lanes
 * that are tried at such. */
static void token_ended(struct stream *st, uint64_t end, uint64_t upto)
{
    const struct rules *rs = st->rs;
    size_t len = (size_t)(end - st->token.at);
    struct str text = {st->text.ptr, (size_t)(upto - st->base)};

    if (end - st->token.at > TOKEN_MOST ||
        !token_fits(&rs->token_all, len, st->token.letters))
        return;
    for (size_t i = 0; i < rs->token_count; i++) {
        const struct rule *r = &rs->list[rs->tokens[i]];

        if (token_fits(&r->token, len, st->token.letters) &&
            token_then(r, text, (size_t)(end - st->base)))
            wake_token(st, lane_of(st, r->index));
    }
}

void feed_last(struct stream *st)
{
    if (st->token.at != NEVER && st->token.digits)
        token_ended(st, st->v, st->v);
    st->token.at = NEVER;
}

void feed_tokens(struct stream *st, uint64_t to)
{
    struct token_begun token = st->token;
    const char *p = st->text.ptr;

    if (st->rs->token_count == 0)
        return;
    for (uint64_t i = st->v; i < to; i++) {
        char c = p[i - st->base];

        if (!token_byte(c)) {
            if (token.at != NEVER && token.digits) {
                st->token = token;
                token_ended(st, i, to);
            }
            token.at = NEVER;
            continue;
        }
        if (token.at == NEVER)
            token = (struct token_begun){.at = i};
        if (is_digit(c))
            token.digits = true;
        else
            token.letters = true;
    }
    st->token = token;
}

uint64_t cut_token(const struct stream *st)
{
    return st->token.at != NEVER && st->v - st->token.at <= st->token_most
               ? st->token.at
               : st->v;
}

/* --- What is held. */

/* Could a match of the rule begin at `at` with a keyword that the end of the
 * text cuts off? A lane that is awake speaks for itself. */
static bool may_begin(const struct stream *st, uint32_t rule, uint64_t at)
{
    return (st->begin[rule / 64] >> rule % 64 & 1) != 0 &&
           st->lanes[lane_of(st, rule)].cursor <= at &&
           !is_guarded(st, rule, at);
}

/* The earliest that matches of these lanes begin whose runs go from `at` to
 * the end of the text, if it is before `least`. */
static uint64_t runs_begin(const struct stream *st, uint32_t bits, uint64_t at,
                           uint64_t least)
{
    for (; bits != 0; bits &= bits - 1) {
        const struct lane *l = &st->lanes[st->run_lanes[__builtin_ctz(bits)]];
        const struct run *run = &st->rs->runs[l->rule];
        uint64_t start = in_stream(st, run_check(run, buf_str(&st->text),
                                                 (size_t)(at - st->base),
                                                 (size_t)(st->v - st->base)));

        start = start < l->cursor ? l->cursor : start;
        least = start < least ? start : least;
    }
    return least;
}

/*
 * The same where not even the keyword has begun: of all runs that reach up to
 * the end of the text, those of lanes that sleep. Mostly that is a word, which
 * is held for other reasons.
 */
static uint64_t cut_run(const struct stream *st, uint64_t least)
{
    uint64_t at = st->v;
    uint32_t live = st->runs_asleep;

    while (at > st->origin && st->v - at <= st->rs->run_most) {
        unsigned char c = (unsigned char)st->text.ptr[at - st->base - 1];
        uint32_t left = c < 0x80 ? live & st->rs->run_bits[c] : 0;

        if (left != live && at < least)
            least = runs_begin(st, live & ~left, at, least);
        if ((live = left) == 0)
            return least;
        at--;
    }
    return at < least ? runs_begin(st, live, at, least) : least;
}

/* Without a run, no rule of a walk begins before the walk did: one that may is
 * enough to know. */
static uint64_t cut_walk(const struct stream *st, const struct trie_walk *w,
                         uint64_t least)
{
    uint64_t at = st->v - w->back;
    struct trie_rules rules = trie_through(st->trie, w);

    for (uint32_t b = w->runs & st->runs_asleep; b != 0; b &= b - 1) {
        const struct lane *l = &st->lanes[st->run_lanes[__builtin_ctz(b)]];
        uint64_t start = run_begins(st, &st->rs->runs[l->rule], at);

        start = start < l->cursor ? l->cursor : start;
        if (l->cursor <= at && start < least)
            least = start;
    }
    for (size_t k = 0; k < rules.count && at < least; k++)
        if (may_begin(st, rules.list[k], at))
            least = at;
    return least;
}

uint64_t cut_keyword(const struct stream *st, uint64_t least)
{
    least = cut_run(st, least);
    for (size_t i = 0; i < st->walk_count; i++)
        least = cut_walk(st, &st->walks[i], least);
    return least;
}

/* --- What is known. */

static uint64_t lower(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* What of the text a lane that sleeps, and holds nothing, may yet begin in. */
static uint64_t cut_asleep(const struct stream *st)
{
    uint64_t far =
        LIM_KEYWORD + KEYWORD_WIDE + st->rs->run_most + TOKEN_MOST + 1;

    return st->v - st->origin > far ? st->v - far : st->origin;
}

/* Of a view: what may be encoded at the end of what it is a view of is held, so
 * that nothing behind its beginning need be known. (Not where it would be kept:
 * a checkpoint of respell.c.) */
static uint64_t cut_outer(const struct stream *st)
{
    uint64_t at = st->v;

    if (st->up != NULL && st->respell.all == 0) {
        at = cut_coded(st->up);
        at = at < st->side->fed ? side_behind(st->side, at) : st->v;
    }
    return lower(at, st->v);
}

struct decided known_own(const struct stream *st)
{
    struct decided k = {lower(cut_token(st), cut_outer(st)), cut_asleep(st)};

    k.acts = lower(lower(cut_mark(st), cut_coded(st)), k.acts);
    k.acts = lower(extents_start(st), k.acts);
    EACH_AWAKE(st, i)
    {
        const struct lane *l = &st->lanes[i];

        k.all = lower(l->cursor, k.all);
        if (l->acts)
            k.acts = lower(l->cursor, k.acts);
    }
    if (k.acts > st->safe) /* dear, and seldom the least */
        k.acts = cut_keyword(st, k.acts);
    return k;
}

struct decided known_rest(const struct stream *st, struct decided k)
{
    struct decided sides = sides_known(st);

    k.acts = lower(k.acts, sides.acts);
    k.all = lower(lower(k.all, sides.all), k.acts);
    return k;
}

struct decided known_word(const struct stream *st, struct decided k)
{
    k.acts = lower(k.acts, cut_respell(st));
    k.all = lower(k.all, k.acts);
    return k;
}

struct decided known_all(const struct stream *st)
{
    return known_word(st, known_rest(st, known_own(st)));
}
