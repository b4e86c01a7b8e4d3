#include "rules/prefilter.h"

#include <stdlib.h>

#include "base/utf8.h"
#include "rules/traits.h"
#include "rules/words.h"

/*
 * The pass over a text: what it has of digits and tokens, then the keywords
 * (words.c), piece by piece. Of a text with one of the characters beyond ASCII
 * that PCRE2 takes for s and k (traits.c), a copy with those letters is looked
 * at.
 */

/*
 * Rules whose matches have a number soon behind the keyword (a reach) are most
 * of those of personal data. Their words are ordinary ones, so they are looked
 * for near numbers only.
 */
struct prefilter {
    struct words *far, *near;
    const struct guard *guards; /* of each rule; borrowed */
    size_t words;               /* of a bit set of all rules */
    uint64_t *numbered;         /* such a set: those that ask for a number */
    size_t digits;              /* the longest run that a rule asks for */
    struct token_want tokens;   /* all that rules ask for */
    size_t reach;               /* the longest */
    size_t near_digits;         /* the shortest run that one of near asks for */
    struct token_set near_tokens; /* of those that ask for no such run */
};

/* No keyword is longer, with a second spelling for each letter. */
#define LONGEST (3u * LIM_KEYWORD + KEYWORD_WIDE)

/* What rules ask of a text beside keywords. */
static void read_gates(struct prefilter *pf, const struct rule *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct rule *r = &list[i];

        pf->digits = r->digits > pf->digits ? r->digits : pf->digits;
        token_want_add(&pf->tokens, r);
        if (r->digits != 0 || token_any(&r->token) || words_near(r))
            pf->numbered[i / 64] |= UINT64_C(1) << i % 64;
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
    token_want_ready(&pf->tokens);
}

enum err prefilter_new(const struct rule *list, size_t n,
                       const uint64_t *listed, const struct guard *guards,
                       struct prefilter **ret_pf)
{
    struct prefilter *pf = calloc(1, sizeof(*pf));
    enum err e;

    if (pf == NULL)
        return E_NOMEM;
    pf->guards = guards;
    pf->words = (n + 63) / 64;
    pf->numbered = calloc(pf->words + 1, sizeof(*pf->numbered));
    if (pf->numbered == NULL) {
        prefilter_free(pf);
        return E_NOMEM;
    }
    read_gates(pf, list, n);
    if ((e = words_new(list, n, listed, guards, false, &pf->far)) ||
        (e = words_new(list, n, listed, guards, true, &pf->near))) {
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
    free(pf->numbered);
    free(pf);
}

/* The end of the next number that a near rule may ask for, of what is left of
 * the places and of the tokens that are picked; SIZE_MAX if there is none. */
static size_t number_next(struct prefilter_hits *hits)
{
    const struct places *pl = &hits->places;
    size_t a = SIZE_MAX, b = SIZE_MAX;

    if (hits->near.place < pl->count)
        a = pl->list[hits->near.place];
    if (hits->near.token < hits->near.tokens)
        b = token_start(hits->tokens.picked[hits->near.token]) + PLACE_STEP;
    hits->near.place += a <= b;
    hits->near.token += b <= a;
    return a < b ? a : b;
}

/* The stretch of text before the next numbers; from is SIZE_MAX if there are
 * none. */
static void stretch_next(const struct prefilter *pf, struct str text,
                         struct prefilter_hits *hits)
{
    size_t reach = pf->reach + PLACE_STEP, to = hits->near.next;

    hits->near.from = to > reach ? to - reach : 0;
    hits->near.to = to;
    if (to == SIZE_MAX) {
        hits->near.from = SIZE_MAX;
        return;
    }
    while ((hits->near.next = number_next(hits)) != SIZE_MAX &&
           hits->near.next <= hits->near.to + reach)
        hits->near.to = hits->near.next;
    hits->near.from = utf8_front(text, hits->near.from);
    hits->near.to = hits->near.to < text.len ? hits->near.to : text.len;
}

static void stretch_first(const struct prefilter *pf, struct str text,
                          struct prefilter_hits *hits)
{
    hits->near.place = hits->near.token = 0;
    hits->near.from = SIZE_MAX;
    if (!hits->numbered || !words_any(pf->near))
        return;
    hits->near.next = SIZE_MAX;
    if (hits->places.everywhere ||
        (hits->tokens.partial && token_any(&pf->near_tokens))) {
        hits->near.from = 0;
        hits->near.to = text.len;
        return;
    }
    hits->near.tokens = tokens_fit(&hits->tokens, &pf->near_tokens);
    hits->near.next = number_next(hits);
    stretch_next(pf, text, hits);
}

/* Of a text with second spellings, where keywords stand in its folded copy. */
static enum err run_folded(const struct words *ws, struct str text,
                           struct prefilter_hits *hits)
{
    struct folded *f = &hits->folded;
    enum err e = keyword_fold(text, f);

    if (!e)
        e = words_run(ws, f->count == 0 ? text : buf_str(&f->text), hits);
    f->count = 0;
    return e;
}

/* The keywords that begin in from..to and end before `end`. */
static enum err run_part(const struct words *ws, struct str text, size_t from,
                         size_t to, size_t end, struct prefilter_hits *hits)
{
    struct str part;

    if (end - to > LONGEST)
        end = to + LONGEST;
    part = str_head(str_skip(text, from), end - from);
    hits->base = from;
    hits->limit = to - from;
    return hits->folds ? run_folded(ws, part, hits) : words_run(ws, part, hits);
}

/* The keywords of near rules: in the stretches of text before numbers. */
static enum err run_near(const struct prefilter *pf, struct str text,
                         struct prefilter_hits *hits)
{
    enum err e;

    while (hits->near.from < hits->to) {
        size_t from = hits->near.from, to = hits->near.to;

        from = from > hits->from ? from : hits->from;
        to = to < hits->to ? to : hits->to;
        if (from < to &&
            (e = run_part(pf->near, text, from, to, hits->near.to, hits)))
            return e;
        if (hits->near.to > hits->to)
            return OK; /* it goes on in the next piece */
        stretch_next(pf, text, hits);
    }
    return OK;
}

/* Does any rule that looks there ask for a number? Those of most views do not:
 * then it need not be known what the text has of them. */
static bool asks_numbers(const struct prefilter *pf, const uint64_t *looking)
{
    uint64_t any = looking == NULL;

    for (size_t w = 0; w < pf->words && any == 0; w++)
        any = looking[w] & pf->numbered[w];
    return any != 0;
}

enum err prefilter_begin(const struct prefilter *pf, struct str text,
                         struct prefilter_hits *hits)
{
    static const struct token_want no_tokens;
    bool numbered = asks_numbers(pf, hits->looking);
    struct traits traits = {0};
    enum err e;

    if ((e = hits_clear(hits, pf->words)))
        return e;
    hits->numbered = numbered;
    tokens_clear(&hits->tokens, numbered ? &pf->tokens : &no_tokens);
    hits->places = (struct places){.digits = numbered ? pf->near_digits : 0,
                                   .list = hits->places.list,
                                   .cap = hits->places.cap};
    hits->whole = text;
    hits->guards = pf->guards;
    hits->from = hits->to = 0;
    if (text.len != 0 &&
        (e = traits_of(text, numbered ? pf->digits : 0, &hits->tokens,
                       &hits->places, cpu_step(), &traits)))
        return e;
    hits->digits = traits.digits;
    hits->wide = traits.wide;
    hits->folds = traits.folds;
    stretch_first(pf, text, hits);
    return OK;
}

enum err prefilter_next(const struct prefilter *pf, struct str text,
                        struct prefilter_hits *hits)
{
    enum err e;

    hits->count = hits->tried = 0;
    hits->from = hits->to;
    hits->to = text.len;
    if (text.len - hits->from > PREFILTER_PIECE)
        hits->to = utf8_front(text, hits->from + PREFILTER_PIECE);
    if ((e = run_part(pf->far, text, hits->from, hits->to, text.len, hits)) ||
        (e = run_near(pf, text, hits)))
        return e;
    return hits_sort(hits);
}
