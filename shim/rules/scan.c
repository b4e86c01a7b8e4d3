#include "rules/inside.h"

#include <stdlib.h>

#include "rules/words.h"

/*
 * The scan of a whole text, or of one of its views. Of the rules that look
 * there the prefilter leaves the few that can match. Most of those are tried
 * where their keywords stand, piece by piece of the text; the others look
 * through all of it in the end.
 */
struct scan {
    const struct rules *rs;
    struct scratch *sc;
    const struct scopes *at;
    struct str text;
    uint32_t seg;
    struct findings *out;
};

/* Room for the progress of each rule, and for sets of them. */
static enum err need_room(struct scratch *sc, size_t words)
{
    if (sc->words < words) {
        free(sc->progress);
        free(sc->searched);
        free(sc->begun);
        sc->words = 0;
        sc->progress = malloc(64 * words * sizeof(*sc->progress));
        sc->begun = malloc(2 * words * sizeof(*sc->begun));
        sc->searched = calloc(64 * words, sizeof(*sc->searched));
        if (sc->progress == NULL || sc->begun == NULL || sc->searched == NULL)
            return E_NOMEM;
        sc->words = words;
    }
    sc->looking = sc->begun == NULL ? NULL : sc->begun + sc->words;
    if (words != 0)
        memset(sc->begun, 0, words * sizeof(*sc->begun));
    return OK;
}

/* The rules that look at one of the places, and at all of the views. */
static void set_looking(const struct scan *c, unsigned views)
{
    uint64_t *set = c->sc->looking;
    size_t words = c->rs->words;

    for (size_t w = 0; w < words; w++)
        set[w] = 0;
    for (size_t i = 0; i < c->at->count; i++) {
        const uint64_t *mask = rules_mask(c->rs, &c->at->list[i]);

        for (size_t w = 0; w < words; w++)
            set[w] |= mask[w];
    }
    for (views &= VIEWS_ALL; views != 0; views &= views - 1) {
        const uint64_t *viewers =
            rules_viewing(c->rs, (enum view_step)__builtin_ctz(views));

        for (size_t w = 0; w < words; w++)
            set[w] &= viewers[w];
    }
}

/* Has the text the digits, a token and the bytes that the rule asks for? */
static bool has_traits(const struct prefilter_hits *hits, const struct rule *r)
{
    const struct token_set *seen = &hits->tokens.seen;

    return hits->digits >= r->digits &&
           (hits->wide || !detector_wide(r->detector)) &&
           (!token_any(&r->token) || hits->tokens.partial ||
            (r->token.digits & seen->digits) != 0 ||
            (r->token.mixed & seen->mixed) != 0);
}

/* Is the rule switched off wherever it would look? */
static bool all_excluded(const struct scan *c, const struct rule *r)
{
    if (c->rs->ex_count == 0 && c->rs->asked == 0)
        return false;
    for (size_t i = 0; i < c->at->count; i++)
        if (rules_applies(c->rs, r, &c->at->list[i]))
            return false;
    return true;
}

/* Is it of use to search for a rule that can match? */
static bool is_due(const struct scan *c, const struct rule *r)
{
    return has_traits(&c->sc->hits, r) &&
           detector_ready(r, c->at->list[0].known) && !all_excluded(c, r);
}

/*
 * Patterns are a lot of code, of which the caches hold that of some hundred
 * rules: a text that has keywords of many more, in turn, waits for each of
 * them. What a text begins with is not its fault.
 */
#define WARM 256 /* searches */

static enum err rule_takes(struct scratch *sc, uint32_t rule)
{
    uint64_t *last = &sc->searched[rule];
    uint64_t ago = ++sc->searches - (*last > sc->since ? *last : sc->since);

    *last = sc->searches;
    return ago > WARM ? steps_take(sc, STEPS_COLD) : OK;
}

static enum err scan_rule(const struct scan *c, struct search *s)
{
    enum hit hit = HIT_NONE;
    struct finding one;
    size_t start, end;
    enum err e;

    if ((e = rule_takes(c->sc, s->rule->index)) ||
        (e = rules_code(c->rs, s->rule,
                        s->run != NULL ? CODE_PLACED : CODE_WHOLE, &s->code)))
        return e;
    for (;;) {
        if ((e = search_next(s, c->sc, &hit, &start, &end)))
            return e;
        if (hit != HIT_MATCH)
            return OK;
        one = (struct finding){.rule = s->rule,
                               .seg = c->seg,
                               .start = start,
                               .end = end,
                               .chain = s->chain,
                               .about = s->about};
        if ((e = steps_take(c->sc, STEPS_FOUND)))
            return e;
        finding_print(c->sc, str_head(str_skip(s->text, start), end - start),
                      &one);
        if ((e = findings_add(c->out, one)))
            return e;
    }
}

/* How far a listed rule has come; the first time it is at the front. */
static struct progress *progress_of(struct scratch *sc, uint32_t rule)
{
    uint64_t bit = UINT64_C(1) << rule % 64;

    if ((sc->begun[rule / 64] & bit) == 0)
        sc->progress[rule] = (struct progress){.cursor = 0};
    sc->begun[rule / 64] |= bit;
    return &sc->progress[rule];
}

/* One rule, at places where its keywords stand. */
static enum err scan_places(const struct scan *c, uint32_t rule,
                            const uint64_t *at, size_t count)
{
    const struct run *run = &c->rs->runs[rule];
    struct progress *pr = progress_of(c->sc, rule);
    struct search s = {.rule = &c->rs->list[rule],
                       .text = c->text,
                       .around = c->sc->around,
                       .rules = c->rs,
                       .places = c->at->list,
                       .place_count = c->at->count,
                       .at = at,
                       .at_count = count,
                       .cursor = pr->cursor,
                       .vain = pr->vain,
                       .run = run_placed(run) ? run : NULL};
    enum err e;

    if (run_windowed(run))
        s.width = &run->width;

    if ((e = scan_rule(c, &s)))
        return e;
    *pr = (struct progress){s.reached, s.vain};
    return OK;
}

/* The rules whose keywords are in the list, of one piece of the text. */
static enum err scan_listed(const struct scan *c)
{
    const struct prefilter_hits *hits = &c->sc->hits;
    enum err e;

    for (size_t i = 0, end; i < hits->count; i = end) {
        uint32_t rule = (uint32_t)(hits->at[i] >> 32);

        for (end = i; end < hits->count && hits->at[end] >> 32 == rule;)
            end++;
        if (hits_bit(c->sc->looking, rule) && !hits_bit(hits->unlisted, rule) &&
            is_due(c, &c->rs->list[rule]) &&
            (e = scan_places(c, rule, hits->at + i, end - i)))
            return e;
    }
    return OK;
}

/* Of those that are not listed, or had no room in the list: the rules of a word
 * of 64 that can match, as far as keywords and tokens tell. */
static uint64_t can_match(const struct scan *c, size_t word)
{
    const struct prefilter_hits *hits = &c->sc->hits;
    uint64_t bits = c->sc->looking[word] &
                    (~c->rs->listed[word] | hits->unlisted[word]) &
                    (hits->rules[word] | c->rs->unkeyed[word]);

    if (!hits->tokens.partial && !token_any(&hits->tokens.seen))
        bits &= ~c->rs->tokened[word];
    return bits;
}

/* One rule, through all the text. */
static enum err scan_through(const struct scan *c, uint32_t rule)
{
    struct tokens *tokens = &c->sc->hits.tokens;
    const struct run *run = &c->rs->runs[rule];
    struct tally tally = {0};
    struct search s = {.rule = &c->rs->list[rule],
                       .text = c->text,
                       .around = c->sc->around,
                       .known = c->at->list[0].known,
                       .rules = c->rs,
                       .places = c->at->list,
                       .place_count = c->at->count,
                       .tally = &tally};
    enum err e;

    if (hits_bit(c->rs->listed, rule))
        s.cursor = progress_of(c->sc, rule)->cursor;
    if (token_first(s.rule) && !tokens->partial) {
        s.at = tokens->picked;
        s.at_count = tokens_pick(tokens, s.rule, &run->behind, &run->digit);
        if ((e = steps_take(c->sc, STEPS_FITTED * tokens->fitted)))
            return e;
        if (s.at_count == 0)
            return OK; /* its pattern need not be compiled */
    }
    if ((e = steps_take(c->sc,
                        s.at == NULL ? c->text.len : STEPS_TOKEN * s.at_count)))
        return e;
    return scan_rule(c, &s);
}

static enum err scan_others(const struct scan *c)
{
    enum err e;

    for (size_t w = 0; w < c->rs->words; w++)
        for (uint64_t bits = can_match(c, w); bits != 0; bits &= bits - 1) {
            uint32_t i = (uint32_t)(w * 64) + (uint32_t)__builtin_ctzll(bits);

            if (is_due(c, &c->rs->list[i]) && (e = scan_through(c, i)))
                return e;
        }
    return OK;
}

enum err scan_view(const struct rules *rs, struct scratch *sc,
                   const struct scopes *at, unsigned views, struct str text,
                   uint32_t seg, struct findings *out)
{
    const struct scan c = {rs, sc, at, text, seg, out};
    enum err e;

    if (text.len > UINT32_MAX)
        return E_LIMIT;
    if ((e = need_room(sc, rs->words)))
        return e;
    set_looking(&c, views);
    sc->hits.looking = sc->looking;
    if ((e = prefilter_begin(rs->prefilter, text, &sc->hits)))
        return e;
    do
        if ((e = prefilter_next(rs->prefilter, text, &sc->hits)) ||
            (e = steps_take(sc, STEPS_PLACE * sc->hits.tried +
                                    STEPS_HIT * sc->hits.count)) ||
            (e = scan_listed(&c)))
            return e;
    while (sc->hits.to < text.len);
    if ((e = steps_take(sc, STEPS_NOTED * (uint64_t)sc->hits.tokens.count)))
        return e;
    return scan_others(&c);
}
