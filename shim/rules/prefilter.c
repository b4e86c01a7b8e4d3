#include "rules/prefilter.h"

#include <stdlib.h>

#include "rules/traits.h"
#include "rules/words.h"

/*
 * The pass over a text: what it has of digits and tokens, then the keywords
 * (words.c). Of a text with one of the characters beyond ASCII that PCRE2 takes
 * for s and k (traits.c), a copy with those letters says which rules have to
 * run.
 */

/*
 * Rules whose matches have a number soon behind the keyword (a reach) are most
 * of those of personal data. Their words are ordinary ones, so they are looked
 * for near numbers only.
 */
struct prefilter {
    struct words *far, *near;
    size_t words;             /* of a bit set of all rules */
    size_t digits;            /* the longest run that a rule asks for */
    struct token_want tokens; /* all that rules ask for */
    size_t reach;             /* the longest */
    size_t near_digits;       /* the shortest run that one of near asks for */
    struct token_set near_tokens; /* of those that ask for no such run */
};

/* What rules ask of a text beside keywords. */
static void read_gates(struct prefilter *pf, const struct rule *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct rule *r = &list[i];

        pf->digits = r->digits > pf->digits ? r->digits : pf->digits;
        token_want_add(&pf->tokens, r);
        if (!words_near(r))
            continue;
        pf->reach = r->reach > pf->reach ? r->reach : pf->reach;
        if (token_any(&r->token))
            pf->near_tokens =
                (struct token_set){pf->near_tokens.digits | r->token.digits,
                                   pf->near_tokens.mixed | r->token.mixed};
        else if (pf->near_digits == 0 || r->digits < pf->near_digits)
            pf->near_digits = r->digits;
    }
}

enum err prefilter_new(const struct rule *list, size_t n,
                       const struct run *runs, struct prefilter **ret_pf)
{
    struct prefilter *pf = calloc(1, sizeof(*pf));
    enum err e;

    if (pf == NULL)
        return E_NOMEM;
    pf->words = (n + 63) / 64;
    read_gates(pf, list, n);
    if ((e = words_new(list, n, runs, false, &pf->far)) ||
        (e = words_new(list, n, runs, true, &pf->near))) {
        prefilter_free(pf);
        return e;
    }
    *ret_pf = pf;
    return OK;
}

void prefilter_free(struct prefilter *pf)
{
    if (pf == NULL)
        return;
    words_free(pf->far);
    words_free(pf->near);
    free(pf);
}

/* The end of the next number from *place and *token on that a near rule may ask
 * for; SIZE_MAX if there is none. */
static size_t number_next(const struct prefilter *pf,
                          const struct prefilter_hits *hits, size_t *place,
                          size_t *token)
{
    const struct places *pl = &hits->places;
    const struct tokens *tk = &hits->tokens;
    size_t a = SIZE_MAX, b = SIZE_MAX;

    while (*token < tk->count &&
           !token_entry_in(&pf->near_tokens, tk->list[*token]))
        ++*token;
    if (*place < pl->count)
        a = pl->list[*place];
    if (*token < tk->count)
        b = token_start(tk->list[*token]) + PLACE_STEP;
    if (a <= b)
        ++*place;
    if (b <= a)
        ++*token;
    return a < b ? a : b;
}

/* The keywords of near rules: in the stretches of text before numbers. */
static enum err run_near(const struct prefilter *pf, struct str text,
                         struct prefilter_hits *hits)
{
    size_t reach = pf->reach + PLACE_STEP, place = 0, token = 0;
    size_t next = number_next(pf, hits, &place, &token);
    enum err e;

    if (!words_any(pf->near))
        return OK;
    if (hits->places.everywhere ||
        (hits->tokens.partial && token_any(&pf->near_tokens)))
        return words_run(pf->near, text, hits);
    while (next != SIZE_MAX) {
        size_t from = next > reach ? next - reach : 0, to = next;

        while ((next = number_next(pf, hits, &place, &token)) != SIZE_MAX &&
               next <= to + reach)
            to = next;
        hits->base = from;
        if ((e = words_run(pf->near, str_head(str_skip(text, from), to - from),
                           hits)))
            return e;
    }
    return OK;
}

enum err prefilter_run(const struct prefilter *pf, struct str text,
                       struct prefilter_hits *hits)
{
    struct traits traits;
    struct buf folded;
    enum err e = OK;

    if ((e = hits_clear(hits, pf->words)))
        return e;
    hits->digits = 0;
    hits->tokens = (struct tokens){.want = &pf->tokens,
                                   .list = hits->tokens.list,
                                   .cap = hits->tokens.cap};
    hits->places = (struct places){.digits = pf->near_digits,
                                   .list = hits->places.list,
                                   .cap = hits->places.cap};
    if (text.len == 0)
        return OK;
    if ((e = traits_of(text, pf->digits, &hits->tokens, &hits->places,
                       &traits)))
        return e;
    hits->digits = traits.digits;
    buf_init(&folded, text.len);
    if (traits.folds && pf->words != 0) {
        memset(hits->unlisted, 0xff, hits->words * sizeof(*hits->unlisted));
        hits->places.everywhere = true;
        e = keyword_fold(text, &folded);
        text = buf_str(&folded);
    }
    if (!e && !(e = words_run(pf->far, text, hits)))
        e = run_near(pf, text, hits);
    buf_wipe_free(&folded);
    return e ? e : hits_sort(hits);
}
