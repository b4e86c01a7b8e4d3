#include "rules/inside.h"

#include <stdlib.h>

#include "rules/score.h"

/*
 * A set of rules: loading, and the sets of rules for every place. Which rules
 * look at a place is a bit set made at load; of these the prefilter leaves the
 * few that can match.
 */

static bool in_set(unsigned set, unsigned bit)
{
    return (set >> bit & 1) != 0;
}

static size_t place_of(const struct scope *at)
{
    return ((size_t)at->dir * ROLE_COUNT + (size_t)at->role) * PART_COUNT +
           (size_t)at->part;
}

const uint64_t *rules_mask(const struct rules *rs, const struct scope *at)
{
    return rs->masks + place_of(at) * rs->words;
}

/* The rules of each direction, role and part, one set after the other. */
#define SETS (2 + ROLE_COUNT + PART_COUNT)

static void mask_rule(uint64_t *sets, size_t words, const struct rule *r,
                      size_t i)
{
    uint64_t bit = UINT64_C(1) << i % 64;

    if (r->action == ACTION_PASS)
        return;
    for (unsigned k = 0; k < SETS; k++)
        if (k < 2                ? in_set(r->dirs, k)
            : k < 2 + ROLE_COUNT ? in_set(r->roles, k - 2)
                                 : in_set(r->parts, k - 2 - ROLE_COUNT))
            sets[k * words + i / 64] |= bit;
}

/* A rule looks at a place if it does at its direction, role and part. */
static enum err mask_places(struct rules *rs)
{
    const size_t words = rs->words;
    uint64_t *sets = calloc(words * SETS + 1, sizeof(*sets));
    uint64_t *mask = rs->masks;

    if (sets == NULL)
        return E_NOMEM;
    for (size_t i = 0; i < rs->count; i++)
        mask_rule(sets, words, &rs->list[i], i);
    for (size_t row = 0; row < 2 * ROLE_COUNT; row++)
        for (size_t part = 0; part < PART_COUNT; part++)
            for (size_t w = 0; w < words; w++)
                *mask++ = sets[row / ROLE_COUNT * words + w] &
                          sets[(2 + row % ROLE_COUNT) * words + w] &
                          sets[(2 + ROLE_COUNT + part) * words + w];
    free(sets);
    return OK;
}

static enum err build_masks(struct rules *rs)
{
    rs->masks = calloc((rs->words * 2 * ROLE_COUNT * PART_COUNT) + 1,
                       sizeof(*rs->masks));
    rs->unkeyed = calloc(rs->words + 1, sizeof(*rs->unkeyed));
    if (rs->masks == NULL || rs->unkeyed == NULL)
        return E_NOMEM;
    for (size_t i = 0; i < rs->count; i++)
        rs->detectors |= 1u << rs->list[i].detector;
    for (size_t i = 0; i < rs->count; i++)
        if (rs->list[i].keyword_count == 0)
            rs->unkeyed[i / 64] |= UINT64_C(1) << i % 64;
    return mask_places(rs);
}

/* Do rules of the place look at the view? But for those of a set, if any. */
static bool is_viewed(const struct rules *rs, size_t place, size_t view,
                      const uint64_t *but)
{
    const uint64_t *mask = rs->masks + place * rs->words;
    const uint64_t *viewers = rs->viewers + view * rs->words;
    uint64_t some = 0;

    for (size_t w = 0; w < rs->words && some == 0; w++)
        some = mask[w] & viewers[w] & (but != NULL ? ~but[w] : UINT64_MAX);
    return some != 0;
}

/* Which rules look at a view, and which views are looked at where. */
static enum err build_views(struct rules *rs)
{
    const size_t places = 2 * ROLE_COUNT * PART_COUNT;
    const uint64_t *decoded;

    rs->viewers = calloc(rs->words * VIEW_NAMED + 1, sizeof(*rs->viewers));
    rs->views = calloc(places, sizeof(*rs->views));
    rs->apart = calloc(places, sizeof(*rs->apart));
    if (rs->viewers == NULL || rs->views == NULL || rs->apart == NULL)
        return E_NOMEM;
    for (size_t i = 0; i < rs->count; i++) {
        unsigned views = views_whole(rs->list[i].views);
        uint64_t bit = UINT64_C(1) << i % 64;

        if (views == 0)
            views = 1u << VIEW_TEXT;
        for (size_t v = 0; v < VIEW_NAMED; v++)
            if (in_set(views, (unsigned)v))
                rs->viewers[v * rs->words + i / 64] |= bit;
    }
    decoded = rs->viewers + VIEW_DECODED * rs->words;
    for (size_t p = 0; p < places; p++)
        for (unsigned v = 0; v < VIEW_NAMED; v++) {
            rs->views[p] |= (unsigned)is_viewed(rs, p, v, NULL) << v;
            rs->apart[p] |= (unsigned)is_viewed(rs, p, v, decoded) << v;
        }
    return OK;
}

_Static_assert(SLEEP_HOLD == 2 * (LIM_KEYWORD + KEYWORD_WIDE + RUN_MOST),
               "as long as they may be, and as much again");
_Static_assert(SLEEP_RUNS == 8 * sizeof((struct run){0}.bit), "of a bit each");

/* A rule with a run may sleep as long as there are bits. */
static void give_bits(struct rules *rs)
{
    uint32_t bit = 1;

    for (size_t i = 0; i < rs->count; i++) {
        const struct rule *r = &rs->list[i];
        struct run run = rs->runs[i];

        if (run.before == RUN_NONE || bit == 0 || !run_sleeps(r))
            continue;
        rs->runs[i].bit = run.bit = bit;
        bit <<= 1;
        rs->run_most = run.most > rs->run_most ? run.most : rs->run_most;
        for (unsigned c = 0; c < 128; c++)
            if (guard_stops(&run.of, (unsigned char)c))
                rs->run_bits[c] |= run.bit;
    }
}

static void list_tokens(struct rules *rs)
{
    for (size_t i = 0; i < rs->count; i++) {
        const struct token_set *set = &rs->list[i].token;

        if (token_any(set))
            rs->tokened[i / 64] |= UINT64_C(1) << i % 64;
        if (!token_first(&rs->list[i]))
            continue;
        rs->token_all.digits |= set->digits;
        rs->token_all.mixed |= set->mixed;
        rs->tokens[rs->token_count++] = (uint32_t)i;
    }
}

/* Which rules are tried only where their keywords stand, or near them. A
 * detector counts in a text from its beginning. */
static void list_listed(struct rules *rs)
{
    for (size_t i = 0; i < rs->count; i++)
        if (rs->list[i].detector == DETECTOR_PATTERN &&
            (rs->list[i].keyword_first || run_placed(&rs->runs[i]) ||
             run_windowed(&rs->runs[i])))
            rs->listed[i / 64] |= UINT64_C(1) << i % 64;
}

/* What finds keywords in whole texts. */
static enum err build_search(struct rules *rs)
{
    give_bits(rs);
    list_listed(rs);
    return prefilter_new(rs->list, rs->count, rs->listed, rs->guards, rs->runs,
                         &rs->prefilter);
}

enum err rules_load(struct str packed, bool monitor, struct rules **ret_rules)
{
    struct unpacked all;
    struct rules *rs;
    enum err e;

    if ((e = unpack_rules(packed, &all)))
        return e;
    rs = calloc(1, sizeof(*rs));
    if (rs == NULL) {
        unpacked_free(&all);
        return E_NOMEM;
    }
    rs->all = all;
    rs->packed = packed.ptr;
    rs->list = all.list;
    rs->count = all.count;
    rs->guards = all.guards;
    rs->runs = all.runs;
    rs->ex = all.ex;
    rs->ex_count = all.ex_count;
    rs->monitor = monitor;
    rs->words = (rs->count + 63) / 64;
    rs->code = calloc(CODE_USES * rs->count + 1, sizeof(*rs->code));
    rs->tokens = calloc(rs->count + 1, sizeof(*rs->tokens));
    rs->tokened = calloc(rs->words + 1, sizeof(*rs->tokened));
    rs->listed = calloc(rs->words + 1, sizeof(*rs->listed));
    if (rs->code == NULL || rs->tokens == NULL || rs->tokened == NULL ||
        rs->listed == NULL || asks_init(rs) || build_masks(rs) ||
        build_views(rs) || build_search(rs)) {
        rules_free(rs);
        return E_NOMEM;
    }
    list_tokens(rs);
    *ret_rules = rs;
    return OK;
}

enum err rules_lay(const struct rules *rs, struct buf *out)
{
    return prefilter_lay(rs->prefilter, rs->packed, out);
}

void rules_lend(struct rules *rs, struct str tables)
{
    prefilter_lend(rs->prefilter, rs->packed, tables);
}

void rules_free(struct rules *rs)
{
    if (rs == NULL)
        return;
    if (rs->code != NULL)
        for (size_t i = 0; i < CODE_USES * rs->count; i++)
            code_free(atomic_load(&rs->code[i]));
    free((void *)rs->code);
    prefilter_free(rs->prefilter);
    lookers_end(rs);
    free(rs->masks);
    free(rs->unkeyed);
    free(rs->viewers);
    free(rs->views);
    free(rs->apart);
    free(rs->tokens);
    free(rs->tokened);
    free(rs->listed);
    asks_free(rs);
    unpacked_free(&rs->all);
    free(rs);
}

size_t rules_count(const struct rules *rs)
{
    return rs->count;
}

const struct rule *rules_at(const struct rules *rs, size_t i)
{
    return &rs->list[i];
}

enum action rules_action(const struct rules *rs, const struct rule *r)
{
    return rs->monitor && r->action > ACTION_LOG ? ACTION_LOG : r->action;
}

void rules_limit(struct rules *rs, const struct thresholds *at)
{
    rs->at = *at;
}

enum action rules_reached(const struct rules *rs, enum dir d, uint32_t score)
{
    uint32_t log = rs->at.log[d], block = rs->at.block[d];

    if (block != 0 && score >= block)
        return rs->monitor ? ACTION_LOG : ACTION_BLOCK;
    return log != 0 && score >= log ? ACTION_LOG : ACTION_PASS;
}

bool rules_applies(const struct rules *rs, const struct rule *r,
                   const struct scope *at)
{
    return (rules_mask(rs, at)[r->index / 64] >> r->index % 64 & 1) != 0 &&
           !rules_off(rs, r->index, at);
}

bool rules_use(const struct rules *rs, enum detector d)
{
    return (rs->detectors >> d & 1) != 0;
}

size_t rules_slow(const struct rules *rs)
{
    return atomic_load(&rs->slow);
}

/* --- The scan of a text in all its views. */

/* In order of the text. */
static void count_scores(struct findings *f, size_t from)
{
    struct score t = {0};

    for (size_t i = from; i < f->count; i++)
        f->list[i].score = score_add(&t, f->list[i].rule, f->list[i].start);
}

unsigned rules_views_at(const struct rules *rs, const struct scope *at)
{
    return rs->views[place_of(at)];
}

unsigned rules_apart_at(const struct rules *rs, const struct scope *at)
{
    return rs->apart[place_of(at)];
}

/* The views, but the text itself, that any rule looks at there. */
static unsigned views_at(const struct rules *rs, const struct scopes *at)
{
    unsigned views = 0;

    for (size_t i = 0; i < at->count; i++)
        views |= rules_views_at(rs, &at->list[i]);
    return views & ~(1u << VIEW_TEXT);
}

/* A text may take what its body has to spare, and leaves what it does not. */
static void steps_begin(struct scratch *sc, size_t len)
{
    sc->steps = LIM_SCAN_TIMES * (uint64_t)len +
                (sc->spare == NULL ? LIM_SCAN_LEAST : *sc->spare);
    sc->taken = sc->steps;
    sc->since = sc->searches;
}

static void steps_end(struct scratch *sc)
{
    sc->taken -= sc->steps;
    if (sc->spare != NULL)
        *sc->spare = sc->steps;
    sc->steps = STEPS_FREE;
}

enum err rules_scan_places(const struct rules *rs, struct scratch *sc,
                           const struct scope *places, size_t n,
                           struct str text, uint32_t seg, struct findings *out)
{
    const struct scopes at = {places, n};
    size_t before = out->count;
    unsigned views = views_at(rs, &at);
    enum err e;

    steps_begin(sc, text.len);
    e = scan_view(rs, sc, &at, 1u << VIEW_TEXT, text, seg, out);
    if (!e && views != 0)
        e = views_scan(rs, sc, &at, views, text, seg, out, before);
    steps_end(sc);
    tokens_rest(&sc->hits.tokens);
    if (e) {
        out->count = before;
        return e;
    }
    if (out->count - before > 1)
        qsort(out->list + before, out->count - before, sizeof(*out->list),
              finding_order);
    count_scores(out, before);
    return OK;
}

enum err rules_scan(const struct rules *rs, struct scratch *sc,
                    const struct scope *at, struct str text, uint32_t seg,
                    struct findings *out)
{
    return rules_scan_places(rs, sc, at, 1, text, seg, out);
}
