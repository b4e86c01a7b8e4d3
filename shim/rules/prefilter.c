#include "rules/prefilter.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "rules/lay.h"
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
 *
 * Of the others half are of rules that look at what users write and not at what
 * tools answer, or the reverse: orders, most of them. What a model answers is
 * looked at as a user's text is, but for few words that are of neither. A text
 * is asked for those of as few kinds as have all rules that look.
 */
struct prefilter {
    const struct rule *list; /* borrowed, */
    size_t count;
    const uint64_t *listed;                     /* and this, */
    const struct guard *guards;                 /* and of each rule */
    const struct run *runs;                     /* the same */
    _Atomic(struct words *) kinds[WORDS_KINDS]; /* NULL until needed */
    struct str lent[WORDS_KINDS]; /* as words_open reads them; or empty */
    const char *base;             /* what their keywords are counted from */
    size_t words;                 /* of a bit set of all rules */
    uint64_t *of[WORDS_KINDS];    /* such sets: of each kind */
    uint64_t *numbered;           /* and those that ask for a number */
    size_t digits;                /* the longest run that a rule asks for */
    struct token_want tokens;     /* all that rules ask for */
    size_t reach;                 /* the longest */
    size_t near_digits; /* the shortest run that one of near asks for */
    struct token_set near_tokens; /* of those that ask for no such run */
};

/* No keyword is longer, with a second spelling for each letter. */
#define LONGEST (3u * LIM_KEYWORD + KEYWORD_WIDE)

static void read_kinds(struct prefilter *pf)
{
    for (size_t i = 0; i < pf->count; i++)
        for (unsigned k = 0; k < WORDS_KINDS; k++)
            pf->of[k][i / 64] |= (uint64_t)(words_kinds(&pf->list[i]) >> k & 1)
                                 << i % 64;
}

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

static enum err sets_new(struct prefilter *pf)
{
    pf->numbered = calloc(pf->words + 1, sizeof(*pf->numbered));
    if (pf->numbered == NULL)
        return E_NOMEM;
    for (size_t k = 0; k < WORDS_KINDS; k++) {
        pf->of[k] = calloc(pf->words + 1, sizeof(*pf->of[k]));
        if (pf->of[k] == NULL)
            return E_NOMEM;
    }
    return OK;
}

enum err prefilter_new(const struct rule *list, size_t n,
                       const uint64_t *listed, const struct guard *guards,
                       const struct run *runs, struct prefilter **ret_pf)
{
    struct prefilter *pf = calloc(1, sizeof(*pf));
    enum err e;

    if (pf == NULL)
        return E_NOMEM;
    pf->list = list;
    pf->count = n;
    pf->listed = listed;
    pf->guards = guards;
    pf->runs = runs;
    pf->words = (n + 63) / 64;
    if ((e = sets_new(pf))) {
        prefilter_free(pf);
        return e;
    }
    read_gates(pf, list, n);
    read_kinds(pf);
    *ret_pf = pf;
    return OK;
}

void prefilter_free(struct prefilter *pf)
{
    if (pf == NULL)
        return;
    for (size_t k = 0; k < WORDS_KINDS; k++) {
        words_free(atomic_load(&pf->kinds[k]));
        free(pf->of[k]);
    }
    free(pf->numbered);
    free(pf);
}

/* What is before the tables: what they are, and the size of each. A machine of
 * the other order of bytes reads another number. */
struct tables_head {
    uint64_t version;
    uint64_t sizes[WORDS_KINDS];
};
#define TABLES_VERSION UINT64_C(0x5350776f72640001)

static enum err lay_kind(const struct prefilter *pf, enum words_kind kind,
                         const char *base, struct buf *out)
{
    struct words *ws = NULL;
    enum err e = words_new(pf->list, pf->count, pf->of[kind], pf->listed,
                           pf->guards, &ws);

    if (!e)
        e = words_lay(ws, base, out);
    words_free(ws);
    return e;
}

enum err prefilter_lay(const struct prefilter *pf, const char *base,
                       struct buf *out)
{
    struct tables_head head = {.version = TABLES_VERSION};
    struct laying l = {.out = out};
    struct buf tables;
    enum err e = OK;

    buf_init(&tables, out->max);
    for (unsigned k = 0; k < WORDS_KINDS && !e; k++) {
        size_t before = tables.len;

        e = lay_kind(pf, (enum words_kind)k, base, &tables);
        head.sizes[k] = tables.len - before;
    }
    if (!e) {
        lay_copy(&l, &head, sizeof(head));
        e = l.e ? l.e : buf_add(out, buf_str(&tables));
    }
    buf_free(&tables);
    return e;
}

void prefilter_lend(struct prefilter *pf, const char *base, struct str written)
{
    struct laying l = {.in = written};
    struct tables_head head = {0};

    lay_copy(&l, &head, sizeof(head));
    if (l.e || head.version != TABLES_VERSION)
        return;
    pf->base = base;
    for (size_t k = 0; k < WORDS_KINDS && head.sizes[k] <= l.in.len; k++) {
        pf->lent[k] = str_head(l.in, (size_t)head.sizes[k]);
        l.in = str_skip(l.in, (size_t)head.sizes[k]);
    }
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
    if (!hits->numbered || pf->reach == 0)
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

/* Is a rule that looks there one of a set? */
static bool asks_any(const struct prefilter *pf, const uint64_t *looking,
                     const uint64_t *set)
{
    uint64_t any = looking == NULL;

    for (size_t w = 0; w < pf->words && any == 0; w++)
        any = looking[w] & set[w];
    return any != 0;
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

/* Those that are lent, or made. E_NOMEM. */
static enum err words_get(const struct prefilter *pf, enum words_kind kind,
                          struct words **ret_words)
{
    enum err e = E_SYNTAX;

    if (pf->lent[kind].len != 0)
        e = words_open(pf->list, pf->count, pf->of[kind], pf->listed, pf->base,
                       pf->lent[kind], ret_words);
    if (e == E_SYNTAX)
        e = words_new(pf->list, pf->count, pf->of[kind], pf->listed, pf->guards,
                      ret_words);
    return e;
}

/* When they are first needed: see code.c. E_NOMEM. */
static enum err words_of(const struct prefilter *pf, enum words_kind kind,
                         const struct words **ret_words)
{
    _Atomic(struct words *) *place =
        &((struct prefilter *)(uintptr_t)pf)->kinds[kind];
    struct words *ws = atomic_load_explicit(place, memory_order_acquire);
    struct words *none = NULL;
    enum err e;

    if (ws == NULL) {
        if ((e = words_get(pf, kind, &ws)))
            return e;
        if (!atomic_compare_exchange_strong(place, &none, ws)) {
            words_free(ws);
            ws = none;
        }
    }
    *ret_words = ws;
    return OK;
}

/* The keywords of one kind, of those rules that are left to look; they are not
 * any more. */
static enum err run_kind(const struct prefilter *pf, enum words_kind kind,
                         struct str text, struct prefilter_hits *hits)
{
    const struct words *ws;
    enum err e;

    if (!asks_any(pf, hits->rest, pf->of[kind]))
        return OK;
    if ((e = words_of(pf, kind, &ws)) ||
        (e = run_part(ws, text, hits->from, hits->to, text.len, hits)))
        return e;
    for (size_t w = 0; w < pf->words; w++)
        hits->rest[w] &= ~pf->of[kind][w];
    return OK;
}

/* Has no rule that looks a kind that the other has not? */
static bool is_all_of(const struct prefilter *pf, const uint64_t *looking,
                      enum words_kind kind, enum words_kind other)
{
    uint64_t more = 0;

    for (size_t w = 0; w < pf->words; w++)
        more |= looking[w] & pf->of[other][w] & ~pf->of[kind][w];
    return more == 0;
}

/* The keywords of all others. */
static enum err run_far(const struct prefilter *pf, struct str text,
                        struct prefilter_hits *hits)
{
    const uint64_t *looking = hits->looking;
    enum words_kind first = WORDS_USERS;
    enum err e;

    for (size_t w = 0; w < pf->words; w++)
        hits->rest[w] = looking == NULL ? UINT64_MAX : looking[w];
    /* Where either has them all, as in a system prompt, the one that nearly all
     * exchanges need anyway: the other may then never be made. */
    if (!is_all_of(pf, hits->rest, WORDS_USERS, WORDS_TOOLS) &&
        is_all_of(pf, hits->rest, WORDS_TOOLS, WORDS_USERS))
        first = WORDS_TOOLS;
    hits->looking = hits->rest;
    if (!(e = run_kind(pf, first, text, hits)) &&
        !(e = run_kind(pf, WORDS_USERS + WORDS_TOOLS - first, text, hits)))
        e = run_kind(pf, WORDS_NEITHER, text, hits);
    hits->looking = looking;
    return e;
}

/* The keywords of near rules: in the stretches of text before numbers. */
static enum err run_near(const struct prefilter *pf, struct str text,
                         struct prefilter_hits *hits)
{
    const struct words *ws = NULL;
    enum err e;

    while (hits->near.from < hits->to) {
        size_t from = hits->near.from, to = hits->near.to;

        from = from > hits->from ? from : hits->from;
        to = to < hits->to ? to : hits->to;
        if (from < to &&
            ((e = words_of(pf, WORDS_NEAR, &ws)) ||
             (e = run_part(ws, text, from, to, hits->near.to, hits))))
            return e;
        if (hits->near.to > hits->to)
            return OK; /* it goes on in the next piece */
        stretch_next(pf, text, hits);
    }
    return OK;
}

enum err prefilter_begin(const struct prefilter *pf, struct str text,
                         struct prefilter_hits *hits)
{
    static const struct token_want no_tokens;
    /* Rules of most views ask for no number: then it need not be known what
       the text has of them. */
    bool numbered = asks_any(pf, hits->looking, pf->numbered);
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
    hits->runs = pf->runs;
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
    if ((e = run_far(pf, text, hits)) || (e = run_near(pf, text, hits)))
        return e;
    return hits_sort(hits);
}
