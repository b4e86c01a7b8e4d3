#include "rules/inside.h"

#include <stdlib.h>

#include "base/utf8.h"
#include "detect/chars.h"
#include "detect/entropy.h"
#include "detect/name.h"
#include "detect/placeholder.h"
#include "detect/published.h"
#include "rules/near.h"

/*
 * The search of one rule through one text, whole or still growing. All that a
 * whole scan and a stream must agree on is here, once:
 *
 *  - a match that fails a check does not hide one that begins inside it: the
 *    search goes on one character behind its start. Behind its end, though, if
 *    it is long, or a text of one repeated letter would take quadratic time;
 *  - a match that waits for what follows it (near.h) is open like one that is
 *    not complete;
 *  - where a rule was often tried in vain, it is first asked whether what it
 *    needs can follow, which is looked for once in a text and not at each
 *    place;
 *  - a rule whose matches are so many characters long at the most is searched
 *    near its keywords only, in a whole text;
 *  - a rule that is keyword_first is tried only where a keyword begins, one
 *    with tokens only where such a token does, and its pattern is compiled
 *    anchored. What state it is in after a text then does not depend on how
 *    often it was woken up.
 */

#define STACK_LEAST  (32 * KIB)
#define LONG_FAILURE 160
#define TURNS_LEAST  8   /* of a try at first ... */
#define TURNS_MORE   4   /* ... and so many times more */
#define WIDE         3   /* times the steps of a byte passed, of long texts */
#define BEGINS       2   /* the same of one that a match can begin with */
#define TRIES        4   /* in vain */
#define SPARSE       128 /* bytes from one to the next, or they cost less */
#define DENSE        32  /* bytes from one to the next, or they are far apart */
#define NEED_STEP    (4 * KIB) /* looked through at once for what is needed */

enum err scratch_new(struct scratch **ret_scratch)
{
    struct scratch *sc = calloc(1, sizeof(*sc));

    if (sc == NULL)
        return E_NOMEM;
    sc->mctx = pcre2_match_context_create(NULL);
    sc->mdata = pcre2_match_data_create(64, NULL);
    if (sc->mctx == NULL || sc->mdata == NULL) {
        scratch_free(sc);
        return E_NOMEM;
    }
    sc->steps = STEPS_FREE;
    pcre2_set_match_limit(sc->mctx, LIM_MATCH);
    pcre2_set_depth_limit(sc->mctx, LIM_MATCH);
    pcre2_set_heap_limit(sc->mctx, LIM_MATCH_HEAP);
    *ret_scratch = sc;
    return OK;
}

void scratch_free(struct scratch *sc)
{
    if (sc == NULL)
        return;
    prefilter_hits_free(&sc->hits);
    viewing_free(sc->viewing);
    free(sc->chars);
    own_search_free(sc->own);
    free(sc->beside);
    free(sc->progress);
    free(sc->searched);
    free(sc->begun);
    pcre2_match_data_free(sc->mdata);
    pcre2_match_context_free(sc->mctx);
    pcre2_jit_stack_free(sc->stack);
    free(sc);
}

enum err scratch_chars(struct scratch *sc)
{
    if (sc->chars == NULL)
        sc->chars = calloc(1, sizeof(*sc->chars));
    return sc->chars == NULL ? E_NOMEM : OK;
}

void scratch_parts(struct scratch *sc, struct str text)
{
    sc->in_parts = text;
    if (sc->own != NULL)
        own_search_want(sc->own, text);
}

void scratch_share(struct scratch *sc, uint64_t *spare)
{
    sc->spare = spare;
}

const struct own_search *scratch_own(const struct scratch *sc)
{
    return sc->own;
}

/* The JIT would else use 32 KiB of the host's stack, which may be a fiber's. */
static enum err need_stack(struct scratch *sc)
{
    if (sc->stack != NULL)
        return OK;
    sc->stack = pcre2_jit_stack_create(STACK_LEAST, LIM_JIT_STACK, NULL);
    if (sc->stack == NULL)
        return E_NOMEM;
    pcre2_jit_stack_assign(sc->mctx, NULL, sc->stack);
    return OK;
}

static enum err match_error(int rc)
{
    switch (rc) {
    case PCRE2_ERROR_MATCHLIMIT:
    case PCRE2_ERROR_DEPTHLIMIT:
    case PCRE2_ERROR_HEAPLIMIT:
    case PCRE2_ERROR_JIT_STACKLIMIT:
        return E_LIMIT;
    case PCRE2_ERROR_NOMEMORY:
        return E_NOMEM;
    default:
        return E_INTERNAL;
    }
}

enum err pattern_run(const pcre2_code *code, struct scratch *sc,
                     struct str text, size_t from, bool open, enum hit *ret_hit)
{
    uint32_t options =
        PCRE2_NO_UTF_CHECK | PCRE2_NOTEMPTY | (open ? PCRE2_PARTIAL_HARD : 0);
    int rc;
    enum err e;

    if ((e = need_stack(sc)) || (e = steps_take(sc, STEPS_TRY)))
        return e;
    rc = pcre2_jit_match(code, (PCRE2_SPTR)(text.len ? text.ptr : ""), text.len,
                         from, options, sc->mdata, sc->mctx);
    if (rc == PCRE2_ERROR_JIT_BADOPTION) /* it was refused the JIT */
        rc = pcre2_match(code, (PCRE2_SPTR)(text.len ? text.ptr : ""), text.len,
                         from, options, sc->mdata, sc->mctx);
    if (rc >= 0)
        *ret_hit = HIT_MATCH; /* 0: more groups than places, never reached */
    else if (rc == PCRE2_ERROR_PARTIAL)
        *ret_hit = HIT_PARTIAL;
    else if (rc == PCRE2_ERROR_NOMATCH)
        *ret_hit = HIT_NONE;
    else
        return match_error(rc);
    return OK;
}

/* The finding in the match: a group if the rule names one that took part. */
static void found_where(const struct rule *r, struct scratch *sc,
                        size_t *ret_start, size_t *ret_end)
{
    const PCRE2_SIZE *ov = pcre2_get_ovector_pointer(sc->mdata);
    size_t g = r->group;
    size_t start = ov[0], end = ov[1];

    if (g != 0 && g < pcre2_get_ovector_count(sc->mdata) &&
        ov[2 * g] != PCRE2_UNSET) {
        /* A group in a lookbehind may begin before the match. */
        start = ov[2 * g] > start ? ov[2 * g] : start;
        end = ov[2 * g + 1] < end ? ov[2 * g + 1] : end;
    }
    *ret_start = start;
    *ret_end = end < start ? start : end;
}

/* The checks of a rule, cheapest first. */
enum err passes(const struct search *s, struct scratch *sc, struct str value,
                bool *ret_yes)
{
    const struct rule *r = s->rule;
    uint64_t steps = (STEPS_VALUE + STEPS_NOT * s->code->not_count) * value.len;
    enum hit hit = HIT_NONE;
    enum err e;

    *ret_yes = false;
    if (validator_hashes(r->check))
        steps += STEPS_HASH;
    if ((e = steps_take(sc, steps)))
        return e;
    if (value.len == 0 || (r->entropy && entropy_milli(value) < r->entropy) ||
        (r->no_placeholder && is_placeholder(value)) ||
        (r->no_name && is_name(value)) || !validate(r->check, value))
        return OK;
    for (size_t i = 0; i < s->code->not_count; i++) {
        if ((e = pattern_run(s->code->nots[i], sc, value, 0, false, &hit)))
            return e;
        if (hit == HIT_MATCH)
            return OK;
    }
    if (r->no_published) {
        if ((e = steps_take(sc, STEPS_HASH)))
            return e;
        if (is_published(value))
            return OK;
    }
    if (s->rules == NULL || s->rules->ex_values == 0) {
        *ret_yes = true;
        return OK;
    }
    e = value_excluded(s, sc, value, ret_yes);
    *ret_yes = !e && !*ret_yes;
    return e;
}

/*
 * The next token that the rule is tried at, one that the end of the text cuts
 * off among them (*ret_cut). PCRE2's first byte saves most of the tries.
 */
static size_t start_token(struct search *s, bool *ret_cut)
{
    size_t i = s->cursor;

    if (s->at == NULL) {
        while ((i = token_next(s->rule, s->text, i, s->open, ret_cut)) <
                   s->text.len &&
               !s->code->first[(unsigned char)s->text.ptr[i]]) {
            if (*ret_cut)
                return s->text.len;
            i++;
        }
        return i;
    }
    for (; s->at_count != 0; s->at++, s->at_count--) {
        i = token_start(s->at[0]);
        if (i >= s->cursor && s->code->first[(unsigned char)s->text.ptr[i]] &&
            head_fits(&s->code->head, s->text, i))
            return i;
    }
    return s->text.len;
}

/* The same of keywords that stand in a list. */
static size_t start_listed(struct search *s)
{
    for (; s->at_count != 0; s->at++, s->at_count--) {
        size_t i = (uint32_t)s->at[0];

        if (i >= s->cursor && s->run != NULL)
            i = tail_can(&s->code->tail, s->text, i)
                    ? run_start(s->run, s->text, i)
                    : RUN_NOWHERE;
        if (i >= s->cursor && i != RUN_NOWHERE)
            return i;
    }
    return s->text.len;
}

/*
 * The same of a rule whose matches begin near a keyword: where the text begins
 * that is near one, and s->window where it ends. There a match may begin at any
 * place, and one character behind the keyword's start, which may be white and
 * before the match. Keywords near each other have one window.
 */
static size_t start_window(struct search *s)
{
    size_t most = s->width->most, back = 4 * ((size_t)s->width->back + 1);
    size_t start = s->cursor < s->window ? s->cursor : s->text.len;

    for (; s->at_count != 0; s->at++, s->at_count--) {
        size_t at = (uint32_t)s->at[0], from = 0;

        if (at + back < s->cursor)
            continue;
        if (at > s->window + most) /* in bytes: not one, for sure */
            from = utf8_rewind(s->text, at, most);
        if (from > s->window && start != s->text.len)
            break;
        if (start == s->text.len)
            start = from > s->cursor ? from : s->cursor;
        at = s->text.len - at > back ? at + back + 1 : s->text.len;
        s->window = utf8_back(s->text, at);
    }
    return start;
}

/* Where a match can begin, at or behind the cursor: text.len if nowhere. */
static size_t start_next(struct search *s, bool *ret_cut)
{
    *ret_cut = false;
    if (token_first(s->rule))
        return start_token(s, ret_cut);
    if (s->width != NULL)
        return start_window(s);
    if (s->at != NULL)
        return start_listed(s);
    if (!s->rule->keyword_first) {
        size_t i = s->cursor;

        /* Cheap for the few new bytes of a stream; the rest PCRE2 does. */
        if (s->open)
            while (i < s->text.len &&
                   !s->code->first[(unsigned char)s->text.ptr[i]])
                i++;
        return i;
    }
    return keyword_next(s->rule, s->code->index, s->text, s->cursor, s->open);
}

/* Look on for what the rule needs, from `at` on; known is what is before
 * vain.at. */
static enum err need_next(struct search *s, struct scratch *sc, size_t at,
                          size_t reach)
{
    const PCRE2_SIZE *ov = pcre2_get_ovector_pointer(sc->mdata);
    size_t from = at > s->vain.at ? at : s->vain.at, to = s->text.len;
    const pcre2_code *code;
    enum hit hit;
    enum err e;

    if (to - at > reach + NEED_STEP)
        to = utf8_front(s->text, at + reach + NEED_STEP);
    if ((e = code_needs(s->rule, s->code, &code)) ||
        (e = pattern_run(code, sc, str_head(s->text, to), from,
                         s->open || to < s->text.len, &hit)) ||
        (e = steps_take(sc, WIDE * (uint64_t)s->code->needing.passed *
                                ((hit == HIT_NONE ? to : ov[0]) - from))))
        return e;
    s->vain.to = to;
    s->vain.at = hit != HIT_NONE                 ? ov[0]
                 : !s->open && to == s->text.len ? RUN_NOWHERE
                                                 : to;
    return OK;
}

/* Can what the rule needs stand where it must, if a match begins at `at`? */
static enum err has_needs(struct search *s, struct scratch *sc, size_t at,
                          bool *ret_yes)
{
    size_t reach = 4 * (size_t)s->rule->needs_within, apart;
    enum err e;

    *ret_yes = true;
    if (s->rule->needs.len == 0 || s->vain.failed < TRIES ||
        at - s->vain.failed_at > s->vain.failed * SPARSE)
        return OK;
    if ((at > s->vain.at ||
         (s->vain.at == s->vain.to && s->vain.to < s->text.len &&
          s->vain.to - at < reach)) &&
        (e = need_next(s, sc, at, reach)))
        return e;
    apart = s->vain.at - at;
    if (apart <= s->rule->needs_within ||
        (s->vain.at == s->text.len && s->open))
        return OK;
    *ret_yes =
        apart <= reach && utf8_count(str_head(str_skip(s->text, at), apart)) <=
                              s->rule->needs_within;
    return OK;
}

/* Can a match begin at `at`, as far as what must be ahead tells? Where that
 * mostly is there, it is not looked for. */
static enum err has_ahead(struct search *s, struct scratch *sc, size_t at,
                          bool *ret_yes)
{
    size_t seen;

    *ret_yes = true;
    if (s->at == NULL || s->width != NULL ||
        s->code->ahead.want.what == WANT_NOTHING ||
        s->ahead.there > s->ahead.missing + TRIES)
        return OK;
    *ret_yes = ahead_can(&s->code->ahead, s->text, at, &seen);
    *(*ret_yes ? &s->ahead.there : &s->ahead.missing) += 1;
    return steps_take(sc, seen);
}

/* Both. Where it was tried in vain at every few bytes, what it needs is known
 * at once, and what is ahead is looked for in the same bytes again and again.
 */
static enum err has_all(struct search *s, struct scratch *sc, size_t at,
                        bool *ret_yes)
{
    bool dense = at - s->vain.failed_at < s->vain.failed * DENSE;
    enum err e =
        dense ? has_needs(s, sc, at, ret_yes) : has_ahead(s, sc, at, ret_yes);

    if (e || !*ret_yes)
        return e;
    return dense ? has_ahead(s, sc, at, ret_yes)
                 : has_needs(s, sc, at, ret_yes);
}

/* Is it tried at its keywords or tokens alone? */
static bool is_placed(const struct search *s)
{
    return s->width == NULL &&
           (s->at != NULL || s->rule->keyword_first || token_first(s->rule));
}

/* What it takes to pass so many bytes, where a match may begin at any. */
static uint64_t passing(const struct search *s, size_t passed)
{
    const char *p = s->text.ptr + s->cursor;
    size_t begins = 0;

    for (size_t i = 0; i < passed; i++)
        begins += s->code->first[(unsigned char)p[i]];
    return passed + BEGINS * (uint64_t)s->code->toil.passed * begins;
}

/*
 * How much a try was PCRE2 does not tell, but whether it was more than so many
 * goings back and on (its match limit, which the JIT counts for each place that
 * a match may begin at). So it is told few at first, and more if they do not
 * do; the next one is told no fewer than it took but one time.
 */
static enum err try_counted(struct search *s, struct scratch *sc, size_t end,
                            enum hit *ret_hit)
{
    const PCRE2_SIZE *ov = pcre2_get_ovector_pointer(sc->mdata);
    uint64_t steps = 0, runs = 0;
    enum err e;

    s->turns /= TURNS_MORE;
    s->turns = s->turns < TURNS_LEAST ? TURNS_LEAST : s->turns;
    for (;;) {
        bool most = s->turns >= LIM_MATCH;

        pcre2_set_match_limit(sc->mctx, most ? LIM_MATCH : s->turns);
        e = pattern_run(s->code->match, sc, s->text, s->cursor, s->open,
                        ret_hit);
        steps += (uint64_t)s->code->toil.turn * (s->turns - TURNS_LEAST);
        runs++;
        if (e != E_LIMIT || most)
            break;
        s->turns *= TURNS_MORE;
    }
    pcre2_set_match_limit(sc->mctx, LIM_MATCH);
    end = !e && *ret_hit != HIT_NONE ? ov[0] : end;
    if (!e && sc->steps != STEPS_FREE && !is_placed(s))
        steps += runs * passing(s, end - s->cursor);
    return e ? e : steps_take(sc, steps);
}

/* One try at the cursor or, where a match may begin at any place, from there
 * on. */
static enum err try_match(struct search *s, struct scratch *sc,
                          enum hit *ret_hit)
{
    enum err e;

    if (s->width == NULL)
        return try_counted(s, sc, s->text.len, ret_hit);
    pcre2_set_offset_limit(sc->mctx, s->window - 1);
    e = try_counted(s, sc, s->window, ret_hit);
    pcre2_set_offset_limit(sc->mctx, PCRE2_UNSET);
    return e;
}

/* Where to go on behind a try in vain. */
static size_t behind_vain(const struct search *s)
{
    if (is_placed(s))
        return utf8_back(s->text, s->cursor + 1);
    return s->width != NULL ? s->window : s->text.len;
}

/* Is what fits there, in the ovector, a finding, from *ret_from to *ret_to? */
static enum err is_finding(struct search *s, struct scratch *sc,
                           size_t *ret_from, size_t *ret_to, bool *ret_yes,
                           bool *ret_waits)
{
    const PCRE2_SIZE *ov = pcre2_get_ovector_pointer(sc->mdata);
    size_t start = ov[0], end = ov[1];
    enum err e;

    *ret_waits = false;
    if (end <= start)
        return E_INTERNAL; /* \K in a lookahead; refused by the check */
    found_where(s->rule, sc, ret_from, ret_to);
    e = passes(s, sc,
               (struct str){s->text.ptr + *ret_from, *ret_to - *ret_from},
               ret_yes);
    if (!e && *ret_yes && s->rule->near_count > 0)
        e = near_holds(s, sc, start, end, ret_yes, ret_waits);
    return e;
}

enum err search_next(struct search *s, struct scratch *sc, enum hit *ret_hit,
                     size_t *ret_start, size_t *ret_end)
{
    const PCRE2_SIZE *ov = pcre2_get_ovector_pointer(sc->mdata);
    bool cut;
    enum err e;

    if (s->rule->detector != DETECTOR_PATTERN)
        return detector_next(s, sc, ret_hit, ret_start, ret_end);
    for (;;) {
        size_t at = start_next(s, &cut), start, end;
        enum hit hit = HIT_NONE;
        bool yes, waits = false;

        s->reached = s->cursor;
        s->cursor = at;
        if (at >= s->text.len)
            break;
        if (cut) {
            *ret_hit = HIT_PARTIAL;
            return OK;
        }
        if ((e = has_all(s, sc, at, &yes)) ||
            (yes && (e = try_match(s, sc, &hit))))
            return e;
        if (hit == HIT_NONE) {
            if (s->vain.failed++ == 0)
                s->vain.failed_at = at;
            s->cursor = behind_vain(s);
            continue;
        }
        start = ov[0];
        end = ov[1];
        if (hit == HIT_MATCH &&
            (e = is_finding(s, sc, ret_start, ret_end, &yes, &waits)))
            return e;
        if (hit == HIT_PARTIAL || waits) {
            s->cursor = start;
            *ret_hit = HIT_PARTIAL;
            return OK;
        }
        s->cursor = yes || end - start > LONG_FAILURE
                        ? end
                        : utf8_back(s->text, start + 1);
        if (yes) {
            *ret_hit = HIT_MATCH;
            return OK;
        }
    }
    *ret_hit = HIT_NONE;
    return OK;
}
