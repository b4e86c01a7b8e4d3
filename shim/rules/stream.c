#include "rules/inside.h"

#include <stdlib.h>

#include "base/utf8.h"
#include "rules/stream.h"

/*
 * Streams: how much of a text may leave before its end is known.
 *
 *      base        kept          cursor of      cursor of     V    end
 *       |  context  |    held     rule 2         rule 1       |     |
 *       |===========|###############|##############|##########|.....|
 *                  safe                                       cut character
 *
 * Each rule has a lane: its cursor says that every match which begins before it
 * is known. More text is matched from the cursor on as a hard partial match, so
 * that an answer is only ever given where more text cannot change it. What lies
 * before the least cursor is decided and may leave, except where a finding
 * reaches across that place.
 *
 * Why the output is a function of the text, and not of how it was cut:
 *
 *  - a lane's state after a search is a function of the text up to V. A lane
 *    that is searched late only has an older state, that holds back more;
 *  - a lane gives up (max_hold) only at stops: offsets from the text's start
 *    that are multiples of LIM_HOLD_STEP. It is searched there before it is
 *    judged, whatever the back-off says. Incoming text is cut at the next
 *    offset where any lane could have to give up, so that none is missed;
 *  - a lane that only logs holds nothing back and cannot change the output.
 *
 * Most lanes sleep: those of rules whose matches begin with a keyword. The trie
 * of all keywords walks along with the text and wakes a lane when one of its
 * keywords is complete; until then the beginning of the keyword is held, and no
 * pattern is run, or even compiled.
 *
 * After a cap with HOLD_REDACT a lane drops: everything from the place of the
 * cap to the end of the rule's end pattern goes. A drop is kept apart from the
 * findings: it leaves step by step, so that it needs no memory.
 */

#define CONTEXT                                                                \
    (4 * (LIM_LOOKBEHIND + 1)) /* bytes, characters at their widest */
#define TEXT_MAX (LIM_HOLD_CHAIN + 4 * LIM_HOLD_MAX)
#define NEVER    UINT64_MAX

struct lane {
    uint32_t rule;
    uint32_t max_hold;
    uint64_t cursor;
    uint64_t next;    /* V from which a search pays */
    uint64_t ending;  /* while dropping: cursor of the end pattern */
    uint64_t dropped; /* while dropping: where that began */
    bool off;         /* excluded for this host */
    bool acts;        /* its findings change the text */
    bool dropping;
};

struct drop {
    uint64_t start, end; /* end is NEVER while it goes on */
    const struct rule *rule;
};

/* A growing array of T with a reading place. */
#define LIST(T)                                                                \
    struct {                                                                   \
        T *list;                                                               \
        size_t count, cap, taken;                                              \
    }

struct stream {
    const struct rules *rs;
    struct scratch *sc;
    struct scope at;
    struct buf text; /* bytes base..end */
    uint64_t base, origin, safe, end;
    uint64_t v;    /* end without an unfinished character */
    uint64_t stop; /* no lane can reach its cap before */
    uint32_t min_hold;
    size_t findings; /* so far */
    enum err failed;
    bool blocked;
    LIST(struct found) pending;     /* sorted; not yet released */
    LIST(struct drop) drops;        /* sorted by start */
    LIST(struct stream_edit) edits; /* for stream_next */
    LIST(struct finding) report;    /* for stream_finding */
    struct trie_walk *walks;
    size_t walk_count;
    struct lane *lanes;
    size_t lane_count;
    uint64_t awake[]; /* bit set of lanes */
};

/* Room for one more in a LIST. list: the address of its pointer. */
static enum err grow(void *list, size_t size, size_t count, size_t *cap)
{
    size_t more = *cap == 0 ? 4 : *cap * 2;
    void *old, *grown;

    if (count < *cap)
        return OK;
    memcpy(&old, list, sizeof(old));
    grown = realloc(old, more * size);
    if (grown == NULL)
        return E_NOMEM;
    memcpy(list, &grown, sizeof(grown));
    *cap = more;
    return OK;
}

#define GROW(l) grow(&(l)->list, sizeof(*(l)->list), (l)->count, &(l)->cap)

static bool is_awake(const struct stream *st, size_t i)
{
    return (st->awake[i / 64] >> i % 64 & 1) != 0;
}

static void set_awake(struct stream *st, size_t i, bool yes)
{
    uint64_t bit = UINT64_C(1) << i % 64;

    st->awake[i / 64] =
        yes ? st->awake[i / 64] | bit : st->awake[i / 64] & ~bit;
}

/* The next lane at or behind i that is awake; lane_count if none. */
static size_t awake_next(const struct stream *st, size_t i)
{
    while (i < st->lane_count) {
        uint64_t bits = st->awake[i / 64] >> i % 64;

        if (bits != 0)
            return i + (size_t)__builtin_ctzll(bits);
        i = (i / 64 + 1) * 64;
    }
    return st->lane_count;
}

#define EACH_AWAKE(st, i)                                                      \
    for (size_t i = awake_next(st, 0); i < (st)->lane_count;                   \
         i = awake_next(st, i + 1))

/* --- Birth and death. */

static void lane_reset(struct stream *st, size_t i)
{
    struct lane *l = &st->lanes[i];

    l->cursor = l->next = st->origin;
    l->dropping = false;
    set_awake(st, i, !l->off && !st->rs->list[l->rule].keyword_first);
}

static void lanes_init(struct stream *st, const uint64_t *mask)
{
    const struct rules *rs = st->rs;
    size_t n = 0;

    st->min_hold = LIM_HOLD_MAX;
    for (size_t w = 0; w < rs->words; w++)
        for (uint64_t bits = mask[w]; bits != 0; bits &= bits - 1) {
            uint32_t i = (uint32_t)(w * 64) + (uint32_t)__builtin_ctzll(bits);
            const struct rule *r = &rs->list[i];
            struct lane *l = &st->lanes[n];

            l->rule = i;
            l->max_hold = r->max_hold == 0 ? LIM_HOLD : r->max_hold;
            l->off =
                r->whole || (rs->ex_count && rules_excluded(rs, i, &st->at));
            l->acts = rules_action(rs, r) >= ACTION_REDACT;
            if (!l->off && l->max_hold < st->min_hold)
                st->min_hold = l->max_hold;
            lane_reset(st, n++);
        }
}

enum err stream_new(const struct rules *rs, struct scratch *sc,
                    const struct scope *at, struct stream **ret_st)
{
    const uint64_t *mask = rules_mask(rs, at);
    size_t n = 0, depth = trie_depth(rs->trie), size;
    struct stream *st;

    for (size_t w = 0; w < rs->words; w++)
        n += (size_t)__builtin_popcountll(mask[w]);
    size = sizeof(*st) + (n + 63) / 64 * sizeof(uint64_t);
    st = calloc(1, size + n * sizeof(struct lane) +
                       depth * sizeof(struct trie_walk));
    if (st == NULL)
        return E_NOMEM;
    st->lanes = (struct lane *)((char *)st + size);
    st->walks = (struct trie_walk *)(st->lanes + n);
    st->lane_count = n;
    st->rs = rs;
    st->sc = sc;
    st->at = *at;
    buf_init(&st->text, TEXT_MAX);
    lanes_init(st, mask);
    *ret_st = st;
    return OK;
}

void stream_free(struct stream *st)
{
    if (st == NULL)
        return;
    buf_free(&st->text);
    free(st->pending.list);
    free(st->drops.list);
    free(st->edits.list);
    free(st->report.list);
    free(st);
}

/* --- Findings. */

static enum err report(struct stream *st, const struct finding *f)
{
    enum err e;

    if ((e = GROW(&st->report)))
        return e;
    st->report.list[st->report.count++] = *f;
    return OK;
}

/* One that changes the text waits for its release; another is told at once. */
static enum err found_add(struct stream *st, struct found one)
{
    size_t i;
    enum err e;

    if (++st->findings > LIM_FINDINGS)
        return E_LIMIT;
    if (one.action < ACTION_REDACT)
        return report(st, &one.f);
    if ((e = GROW(&st->pending)))
        return e;
    for (i = st->pending.count; i > 0; i--) {
        if (finding_order(&st->pending.list[i - 1].f, &one.f) < 0)
            break;
        st->pending.list[i] = st->pending.list[i - 1];
    }
    st->pending.list[i] = one;
    st->pending.count++;
    return OK;
}

static enum err edit_add(struct stream *st, struct stream_edit one)
{
    enum err e;

    if (st->edits.taken == st->edits.count)
        st->edits.taken = st->edits.count = 0;
    if ((e = GROW(&st->edits)))
        return e;
    st->edits.list[st->edits.count++] = one;
    return OK;
}

/* --- Waking lanes. */

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

static void feed_trie(struct stream *st, uint64_t to)
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

/* The least place where a cut keyword of a sleeping lane begins, or V. */
static uint64_t cut_keyword(const struct stream *st)
{
    for (size_t i = 0; i < st->walk_count; i++) {
        uint64_t at = st->v - st->walks[i].back;

        if (may_begin(st, trie_through(st->rs->trie, &st->walks[i]), at))
            return at;
    }
    return st->v;
}

/* --- Searching one lane. */

static struct str text_upto(const struct stream *st, uint64_t to)
{
    return (struct str){st->text.ptr, (size_t)(to - st->base)};
}

/* Where a lane that found nothing final at `start` is worth a look again. */
static uint64_t back_off(const struct stream *st, uint64_t start)
{
    return st->v + (st->v - start) / 8 + 1;
}

static enum err search_rule(struct stream *st, struct lane *l, bool open)
{
    const struct rule *r = &st->rs->list[l->rule];
    struct search s = {.rule = r, .text = text_upto(st, st->v), .open = open};
    enum hit hit = HIT_NONE;
    size_t start, end;
    enum err e;

    s.cursor = (size_t)(l->cursor - st->base);
    if ((e = rules_code(st->rs, r, &s.code)))
        return e;
    for (;;) {
        struct found one = {.f = {.rule = r}};

        if ((e = search_next(&s, st->sc, &hit, &start, &end)))
            return e;
        if (hit != HIT_MATCH)
            break;
        one.f.start = st->base + start;
        one.f.end = st->base + end;
        finding_print(st->sc, str_head(str_skip(s.text, start), end - start),
                      &one.f);
        one.action = rules_action(st->rs, r);
        if ((e = found_add(st, one)))
            return e;
    }
    l->cursor = st->base + s.cursor;
    l->next = hit == HIT_PARTIAL ? back_off(st, l->cursor) : 0;
    return OK;
}

/* Only an end that lies behind the place of the cap ends the dropping. */
static enum err search_end(struct stream *st, struct lane *l, bool open)
{
    const PCRE2_SIZE *ov = pcre2_get_ovector_pointer(st->sc->mdata);
    const struct code *code;
    enum hit hit = HIT_NONE;
    enum err e;

    if ((e = rules_code(st->rs, &st->rs->list[l->rule], &code)))
        return e;
    while (code->end != NULL && l->ending < st->v) {
        if ((e = pattern_run(code->end, st->sc, text_upto(st, st->v),
                             (size_t)(l->ending - st->base), open, &hit)))
            return e;
        if (hit == HIT_NONE)
            break;
        l->ending = st->base + ov[0];
        if (hit == HIT_PARTIAL) {
            l->cursor = l->ending > l->dropped ? l->ending : l->dropped;
            l->next = back_off(st, l->ending);
            return OK;
        }
        l->ending = st->base + ov[1];
        if (l->ending > l->dropped) {
            l->cursor = l->ending;
            l->dropping = false;
            return OK;
        }
    }
    l->ending = l->cursor = st->v;
    l->next = 0;
    return OK;
}

static void drop_close(struct stream *st, const struct lane *l)
{
    for (size_t i = 0; i < st->drops.count; i++) {
        struct drop *d = &st->drops.list[i];

        if (d->end == NEVER && d->rule->index == l->rule)
            d->end = l->cursor;
    }
}

static enum err lane_search(struct stream *st, struct lane *l, bool open)
{
    enum err e;

    if (l->dropping) {
        if ((e = search_end(st, l, open)) || l->dropping)
            return e;
        drop_close(st, l);
    }
    return search_rule(st, l, open);
}

/* --- Caps. */

/* How far back the lane's open match, or open end pattern, begins. */
static uint64_t lane_open(const struct lane *l)
{
    return l->dropping ? l->ending : l->cursor;
}

/* The lane holds max_hold bytes at a stop: it must let go. */
static enum err lane_cap(struct stream *st, struct lane *l)
{
    const struct rule *r = &st->rs->list[l->rule];
    struct found one = {.f = {.rule = r, .start = l->cursor, .end = st->v},
                        .action = ACTION_LOG};
    enum err e;

    finding_print(
        st->sc, str_skip(text_upto(st, st->v), (size_t)(l->cursor - st->base)),
        &one.f);
    l->next = 0;
    if (l->dropping) { /* an end pattern without end is none */
        l->ending = l->cursor = st->v;
        return OK;
    }
    l->cursor = st->v;
    if (r->on_hold_full == HOLD_RELEASE)
        return OK;
    if (l->acts)
        one.action =
            r->on_hold_full == HOLD_BLOCK ? ACTION_BLOCK : ACTION_REDACT;
    if ((e = found_add(st, one)) || one.action != ACTION_REDACT)
        return e;
    if ((e = GROW(&st->drops)))
        return e;
    st->drops.list[st->drops.count++] = (struct drop){st->v, NEVER, r};
    l->dropping = true;
    l->dropped = st->v;
    l->ending = one.f.start;
    return search_end(st, l, true);
}

/* The next stop at or behind an offset. */
static uint64_t stop_behind(const struct stream *st, uint64_t at)
{
    uint64_t step = LIM_HOLD_STEP;

    return st->origin + (at - st->origin + step - 1) / step * step;
}

/*
 * The first place where a lane could have to give up: one with an open match
 * where that is max_hold long, any other max_hold behind a keyword that may
 * have begun in the text seen so far.
 */
static uint64_t stop_next(const struct stream *st)
{
    uint64_t step = LIM_HOLD_STEP;
    uint64_t stop = stop_behind(st, st->safe + LIM_HOLD_CHAIN);
    uint64_t least = stop_behind(st, st->end + 1);
    uint64_t depth = trie_depth(st->rs->trie);
    uint64_t first = st->v - st->origin > depth ? st->v - depth : st->origin;
    uint64_t fresh =
        st->origin + (first + st->min_hold - st->origin) / step * step;

    stop = fresh < stop ? fresh : stop;
    EACH_AWAKE(st, i)
    {
        const struct lane *l = &st->lanes[i];
        uint64_t at = stop_behind(st, lane_open(l) + l->max_hold);

        stop = at < stop ? at : stop;
    }
    return stop > least ? stop : least;
}

/* --- Release. */

/* Text from..to is outside of all clusters: what of it is dropped? */
static enum err release_gap(struct stream *st, uint64_t from, uint64_t to)
{
    enum err e;

    for (size_t i = 0; i < st->drops.count; i++) {
        const struct drop *d = &st->drops.list[i];
        uint64_t start = d->start > from ? d->start : from;
        uint64_t end = d->end < to ? d->end : to;

        if (start >= end)
            continue;
        if ((e = edit_add(st, (struct stream_edit){
                                  start, end, d->rule, ACTION_REDACT, {0}})))
            return e;
        from = end;
    }
    return OK;
}

static bool is_dropped(const struct stream *st, uint64_t at)
{
    for (size_t i = 0; i < st->drops.count; i++)
        if (st->drops.list[i].start <= at && at < st->drops.list[i].end)
            return true;
    return false;
}

/*
 * The cluster that begins at pending[*pos], of the findings that begin before
 * `known`; *pos moves behind it.
 */
static struct cluster cluster_of(const struct stream *st, size_t *pos,
                                 uint64_t known)
{
    const struct found *list = st->pending.list;
    struct cluster c = {
        .start = list[*pos].f.start, .end = list[*pos].f.end, .first = *pos};
    size_t i = *pos;

    for (; i < st->pending.count && list[i].f.start < known &&
           (i == c.first || list[i].f.start < c.end);
         i++)
        cluster_add(&c, &list[i].f, list[i].action);
    c.last = *pos = i;
    return c;
}

static enum err report_cluster(struct stream *st, const struct cluster *c)
{
    enum err e;

    for (size_t i = c->first; i < c->last; i++)
        if ((e = report(st, &st->pending.list[i].f)))
            return e;
    return OK;
}

static enum err release_block(struct stream *st, const struct cluster *c)
{
    enum err e;

    if ((e = release_gap(st, st->safe, c->start)) ||
        (e = edit_add(st,
                      (struct stream_edit){
                          c->start, c->end, c->rule, ACTION_BLOCK, {0}})) ||
        (e = report_cluster(st, c)))
        return e;
    st->safe = c->start;
    st->blocked = true;
    st->pending.count = 0;
    buf_free(&st->text);
    return OK;
}

static enum err release_redact(struct stream *st, const struct cluster *c)
{
    struct stream_edit one = {c->start, c->end, c->rule, ACTION_REDACT, {0}};
    enum err e;

    if (!is_dropped(st, c->start))
        one.put = c->rule->put;
    if ((e = release_gap(st, st->safe, c->start)) || (e = edit_add(st, one)) ||
        (e = report_cluster(st, c)))
        return e;
    st->safe = c->end;
    return OK;
}

/* How far text may leave if every finding that reaches across is held. */
static uint64_t cut_before(const struct stream *st, uint64_t known)
{
    uint64_t cut = known;

    for (size_t i = st->pending.count; i > 0; i--) {
        const struct finding *f = &st->pending.list[i - 1].f;

        if (f->start < cut && f->end > cut)
            cut = f->start;
    }
    return cut;
}

static void forget_drops(struct stream *st)
{
    size_t kept = 0;

    for (size_t i = 0; i < st->drops.count; i++)
        if (st->drops.list[i].end > st->safe)
            st->drops.list[kept++] = st->drops.list[i];
    st->drops.count = kept;
}

/* Decide what can be decided: all findings that begin before `known` are. */
static enum err release(struct stream *st, uint64_t known)
{
    uint64_t cut = cut_before(st, known);
    size_t pos = 0, done = 0;
    enum err e;

    while (pos < st->pending.count && st->pending.list[pos].f.start < known) {
        struct cluster c = cluster_of(st, &pos, known);

        if (c.action == ACTION_BLOCK)
            return release_block(st, &c);
        if (c.end > cut)
            break; /* a block further on has to wait for this one */
        if ((e = release_redact(st, &c)))
            return e;
        done = pos;
    }
    if (done != 0) {
        st->pending.count -= done;
        memmove(st->pending.list, st->pending.list + done,
                st->pending.count * sizeof(*st->pending.list));
    }
    if ((e = release_gap(st, st->safe, cut)))
        return e;
    st->safe = cut > st->safe ? cut : st->safe;
    if (st->drops.count != 0)
        forget_drops(st);
    return OK;
}

/* Drop text that no lane and no lookbehind needs any more. */
static void trim(struct stream *st)
{
    uint64_t keep = st->safe;
    size_t n;

    EACH_AWAKE(st, i)
    {
        uint64_t open = lane_open(&st->lanes[i]);

        keep = open < keep ? open : keep;
    }
    if (keep < st->base + 4 * CONTEXT)
        return; /* not worth moving the rest */
    n = (size_t)(keep - st->base) - CONTEXT;
    while (((unsigned char)st->text.ptr[n] & 0xc0) == 0x80)
        n--;
    buf_drop(&st->text, n);
    st->base += n;
}

/* --- The loop. */

static uint64_t known_upto(const struct stream *st)
{
    uint64_t known = cut_keyword(st);

    EACH_AWAKE(st, i)
    {
        const struct lane *l = &st->lanes[i];

        if (l->acts && l->cursor < known)
            known = l->cursor;
    }
    return known;
}

static void lane_rest(struct stream *st, size_t i)
{
    const struct lane *l = &st->lanes[i];

    if (l->cursor == st->v && !l->dropping &&
        st->rs->list[l->rule].keyword_first)
        set_awake(st, i, false);
}

/*
 * Search the lanes that are due; at a stop those that may have to give up,
 * and with `all` every one.
 */
static enum err search_lanes(struct stream *st, bool at_stop, bool all)
{
    enum err e;

    EACH_AWAKE(st, i)
    {
        struct lane *l = &st->lanes[i];
        bool full = at_stop && st->end - lane_open(l) >= l->max_hold;

        if (!full && !all && st->v < l->next)
            continue;
        if ((e = lane_search(st, l, true)))
            return e;
        if (at_stop && st->end - lane_open(l) >= l->max_hold &&
            (e = lane_cap(st, l)))
            return e;
        lane_rest(st, i);
    }
    return OK;
}

/* The text grew up to `end`: search, release, forget. */
static enum err advance(struct stream *st)
{
    bool at_stop = (st->end - st->origin) % LIM_HOLD_STEP == 0;
    uint64_t v = st->end - utf8_tail(buf_str(&st->text));
    enum err e;

    feed_trie(st, v);
    st->v = v;
    if ((e = search_lanes(st, at_stop, false)) ||
        (e = release(st, known_upto(st))) || st->blocked)
        return e;
    if (at_stop && st->end - st->safe >= LIM_HOLD_CHAIN) {
        if ((e = search_lanes(st, at_stop, true)) ||
            (e = release(st, known_upto(st))) || st->blocked)
            return e;
        if (st->end - st->safe >= LIM_HOLD_CHAIN)
            return E_LIMIT;
    }
    if (st->end >= st->stop)
        st->stop = stop_next(st);
    trim(st);
    return OK;
}

/* An error is final. Edits of what it kept from being safe are taken back. */
static enum err stream_fail(struct stream *st, enum err e)
{
    st->failed = e;
    while (e && !st->blocked && st->edits.count > st->edits.taken &&
           st->edits.list[st->edits.count - 1].end > st->safe)
        st->edits.count--;
    return e;
}

enum err stream_take(struct stream *st, struct str more)
{
    enum err e;

    if (st->stop == 0)
        st->stop = stop_next(st);
    while (more.len != 0 && !st->failed && !st->blocked) {
        struct str piece = str_head(more, (size_t)(st->stop - st->end));

        if (!(e = buf_add(&st->text, piece))) {
            st->end += piece.len;
            e = advance(st);
        }
        (void)stream_fail(st, e);
        more = str_skip(more, piece.len);
    }
    return st->failed;
}

/* Everything is decided, no lane is open any more. */
static enum err finish(struct stream *st)
{
    enum err e;

    if (st->v != st->end)
        return E_SYNTAX;
    EACH_AWAKE(st, i)
    {
        if ((e = lane_search(st, &st->lanes[i], false)))
            return e;
    }
    return release(st, st->v);
}

enum err stream_flush(struct stream *st)
{
    if (st->failed || st->blocked)
        return st->failed;
    if (stream_fail(st, finish(st)) || st->blocked)
        return st->failed;
    buf_clear(&st->text);
    st->base = st->origin = st->v = st->end;
    st->stop = 0;
    st->walk_count = 0;
    st->drops.count = 0;
    for (size_t i = 0; i < st->lane_count; i++)
        lane_reset(st, i);
    return OK;
}

uint64_t stream_safe(const struct stream *st)
{
    return st->safe;
}

uint64_t stream_end(const struct stream *st)
{
    return st->end;
}

bool stream_next(struct stream *st, struct stream_edit *ret_edit)
{
    if (st->edits.taken == st->edits.count)
        return false;
    *ret_edit = st->edits.list[st->edits.taken++];
    return true;
}

bool stream_finding(struct stream *st, struct finding *ret_finding)
{
    if (st->report.taken == st->report.count) {
        st->report.taken = st->report.count = 0;
        return false;
    }
    *ret_finding = st->report.list[st->report.taken++];
    return true;
}
