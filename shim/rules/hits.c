#include <stdlib.h>

#include "rules/words.h"

/* The list of keywords found: noted as the text is passed, ordered by rule. */

#define HITS_MAX 65536u /* noted; rules with more look by themselves */
#define FEW      64u    /* so many are sorted as they are */

enum err hits_clear(struct prefilter_hits *hits, size_t words)
{
    if (hits->words < words) {
        free(hits->rules);
        free(hits->starts);
        hits->words = 0;
        hits->rules = malloc(3 * words * sizeof(*hits->rules));
        hits->starts = malloc((64 * words + 1) * sizeof(*hits->starts));
        if (hits->rules == NULL || hits->starts == NULL)
            return E_NOMEM;
        hits->words = words;
    }
    if (hits->words != 0) {
        hits->unlisted = hits->rules + hits->words;
        hits->rest = hits->unlisted + hits->words;
        memset(hits->rules, 0, 2 * hits->words * sizeof(*hits->rules));
    }
    hits->count = 0;
    return OK;
}

void prefilter_hits_free(struct prefilter_hits *hits)
{
    free(hits->rules);
    free(hits->starts);
    free(hits->at);
    free(hits->spare);
    tokens_free(&hits->tokens);
    free(hits->places.list);
    folded_free(&hits->folded);
    *hits = (struct prefilter_hits){0};
}

/* Both lists have the same room; the spare one holds nothing yet. */
static enum err make_room(struct prefilter_hits *hits)
{
    size_t cap = hits->cap == 0 ? 64 : hits->cap * 2;
    uint64_t *grown = realloc(hits->at, cap * sizeof(*grown));

    if (grown == NULL)
        return E_NOMEM;
    hits->at = grown;
    free(hits->spare);
    hits->spare = NULL;
    hits->cap = cap;
    return OK;
}

enum err hits_note(struct prefilter_hits *hits, uint32_t rule, bool listed,
                   size_t start)
{
    uint64_t bit = UINT64_C(1) << rule % 64;
    enum err e;

    start = folded_source(&hits->folded, start);
    if (start >= hits->limit)
        return OK;
    hits->rules[rule / 64] |= bit;
    if (!listed || (hits->unlisted[rule / 64] & bit) != 0)
        return OK;
    if (hits->count == HITS_MAX) {
        hits->unlisted[rule / 64] |= bit;
        return OK;
    }
    if (hits->count == hits->cap && (e = make_room(hits)))
        return e;
    hits->at[hits->count++] = (uint64_t)rule << 32 | (hits->base + start);
    return OK;
}

/* Can a number at `number` be of a keyword that ends at `end`, as far as the
 * end of its line tells? */
static bool line_reaches(struct str text, size_t end, size_t number)
{
    return number <= REACH_LINE || number - REACH_LINE <= end ||
           memchr(text.ptr + end, '\n', number - REACH_LINE - end) == NULL;
}

static bool in_number(char c)
{
    return is_digit(c) || memchr(" -.()/", c, 6) != NULL;
}

/* Of places behind `at`, the first: that is near enough, or none is. */
static bool place_near(const struct prefilter_hits *hits, size_t at, size_t end,
                       size_t reach)
{
    const struct places *pl = &hits->places;
    size_t i = 0, to = pl->count, number;

    if (pl->everywhere)
        return true;
    while (i < to) {
        size_t middle = i + (to - i) / 2;

        if (pl->list[middle] <= at)
            i = middle + 1;
        else
            to = middle;
    }
    if (i == pl->count || pl->list[i] - at > reach + PLACE_STEP)
        return false;
    number = pl->list[i] - PLACE_STEP;
    while (number > end && in_number(hits->whole.ptr[number - 1]))
        number--;
    return line_reaches(hits->whole, end, number);
}

bool hits_number(struct prefilter_hits *hits, const struct rule *r,
                 size_t start, size_t end)
{
    size_t at = hits->base + folded_source(&hits->folded, start);
    size_t behind = hits->base + folded_source(&hits->folded, end);
    const struct tokens *tk = &hits->tokens;
    size_t i = 0, to = tk->count;

    if (!token_any(&r->token))
        return place_near(hits, at, behind, r->reach);
    if (tk->partial)
        return true;
    while (i < to) {
        size_t middle = i + (to - i) / 2;

        if (token_start(tk->list[middle]) < at)
            i = middle + 1;
        else
            to = middle;
    }
    for (; i < tk->count && token_start(tk->list[i]) - at <= r->reach; i++)
        if (token_entry_in(&r->token, tk->list[i]))
            return line_reaches(hits->whole, behind, token_start(tk->list[i]));
    return false;
}

static int order(const void *a, const void *b)
{
    uint64_t x, y;

    memcpy(&x, a, sizeof(x));
    memcpy(&y, b, sizeof(y));
    return x < y ? -1 : x > y;
}

/* Of one rule they mostly are in order. */
static void sort_some(uint64_t *at, size_t n)
{
    for (size_t i = 1; i < n; i++)
        if (at[i - 1] > at[i]) {
            qsort(at, n, sizeof(*at), order);
            return;
        }
}

/* For FEW at most: in less time than qsort needs to begin. */
static void sort_few(uint64_t *at, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        uint64_t one = at[i];
        size_t k = i;

        for (; k > 0 && at[k - 1] > one; k--)
            at[k] = at[k - 1];
        at[k] = one;
    }
}

enum err hits_sort(struct prefilter_hits *hits)
{
    size_t n = 64 * hits->words, sum = 0;
    uint64_t *sorted;

    if (hits->count <= FEW) {
        sort_few(hits->at, hits->count);
        return OK;
    }
    if (hits->spare == NULL &&
        (hits->spare = malloc(hits->cap * sizeof(*hits->spare))) == NULL)
        return E_NOMEM;
    memset(hits->starts, 0, (n + 1) * sizeof(*hits->starts));
    for (size_t i = 0; i < hits->count; i++)
        hits->starts[hits->at[i] >> 32]++;
    for (size_t r = 0; r <= n; r++) {
        uint32_t count = hits->starts[r];

        hits->starts[r] = (uint32_t)sum;
        sum += count;
    }
    for (size_t i = 0; i < hits->count; i++)
        hits->spare[hits->starts[hits->at[i] >> 32]++] = hits->at[i];
    sorted = hits->spare;
    hits->spare = hits->at;
    hits->at = sorted;
    for (size_t from = 0, to; from < hits->count; from = to) {
        to = hits->starts[sorted[from] >> 32];
        sort_some(sorted + from, to - from);
    }
    return OK;
}
