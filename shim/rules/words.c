#include "rules/words.h"

#include <stdlib.h>

#include "base/cpu.h"
#include "rules/inside.h"
#include "rules/key.h"
#include "rules/level.h"
#include "rules/pairs.h"
#include "rules/probes.h"

/*
 * Text is looked at a block at a time, made level (level.h), and each of its
 * bytes is asked whether it is the first of a few by which a keyword is known:
 * the rarest of those that stand side by side in it.
 *
 *      text    . . k e y w o r d . .        . g i v e   m e   t h e
 *                    |     |                        |     |
 *                     "eywo"                         "e me"
 *
 * Keywords that are too short to be known by anything else than all they are
 * are looked for by themselves (pairs.h).
 */

struct keyword {
    const char *ptr; /* borrowed */
    uint32_t rule;
    unsigned char len;
    unsigned char front; /* white space that it begins with */
    struct key key;
    bool listed; /* its offsets go into the list */
    bool number; /* it counts before a number of its rule only */
    bool gaps;   /* it has spaces, of which a text may have more */
};

/* One that is too short for a key. */
struct brief {
    uint32_t keyword;
    unsigned char len;
    char last; /* its last byte; 0: any white space stands for that */
};

/* The last bytes of some that are all as long, a bit each. */
struct lasts {
    uint32_t bits;     /* by the lowest five of theirs */
    unsigned char len; /* 0: they are not, or there are none */
};

struct words {
    const struct rule *list;  /* borrowed */
    struct keyword *keywords; /* owned */
    size_t count;
    struct probes keys;      /* by the bytes that they are known by */
    struct pairs pairs;      /* of the keywords that have none */
    struct brief *briefs;    /* owned; by their first byte */
    uint32_t brief[257];     /* where those of each begin, */
    struct lasts lasts[256]; /* and what they end with */
    enum cpu_step step;
};

/* --- The keywords. */

static struct str text_of(const struct keyword *kw)
{
    return (struct str){kw->ptr, kw->len};
}

static void collect_some(struct words *ws, const struct rule *r, uint32_t rule,
                         const uint64_t *listed)
{
    for (size_t j = 0; j < r->keyword_count; j++) {
        struct str text = r->keywords[j];

        ws->keywords[ws->count++] =
            (struct keyword){.ptr = text.ptr,
                             .rule = rule,
                             .len = (unsigned char)text.len,
                             .front = (unsigned char)key_front(text),
                             .key = r->keys[j],
                             .listed = hits_bit(listed, rule),
                             .number = r->reach != 0,
                             .gaps = keyword_gaps(text)};
    }
}

static enum err collect(struct words *ws, const struct rule *list, size_t n,
                        const uint64_t *listed, bool near)
{
    size_t total = 0;

    for (size_t i = 0; i < n; i++)
        if (words_near(&list[i]) == near)
            total += list[i].keyword_count;
    ws->keywords = calloc(total + 1, sizeof(*ws->keywords));
    if (ws->keywords == NULL)
        return E_NOMEM;
    for (size_t i = 0; i < n; i++)
        if (words_near(&list[i]) == near)
            collect_some(ws, &list[i], (uint32_t)i, listed);
    return OK;
}

/* --- By what each is known. */

static void add_key(struct words *ws, uint32_t k)
{
    const struct keyword *kw = &ws->keywords[k];
    struct str rest = str_skip(text_of(kw), kw->front);
    char bytes[LIM_KEYWORD];

    level_keyword(rest, bytes);
    probes_add(&ws->keys, &(struct probe_string){.bytes = {bytes, rest.len},
                                                 .at = kw->key.at,
                                                 .room = rest.len - kw->key.at,
                                                 .value = k,
                                                 .of = kw->rule});
}

static void add_keywords(struct words *ws)
{
    for (size_t k = 0; k < ws->count; k++) {
        const struct keyword *kw = &ws->keywords[k];

        if (kw->key.at != KEY_NONE) {
            add_key(ws, (uint32_t)k);
            continue;
        }
        ws->brief[(unsigned char)to_lower(kw->ptr[0])]++;
        pairs_add(&ws->pairs, text_of(kw));
    }
}

static void add_last(struct lasts *l, const struct brief *b)
{
    if (l->bits == 0)
        l->len = b->len;
    if (b->last == '\0' || b->len != l->len)
        *l = (struct lasts){.bits = UINT32_MAX};
    else
        l->bits |= UINT32_C(1) << (b->last & 31);
}

/* Those of each first byte have been counted. */
static enum err list_briefs(struct words *ws)
{
    uint32_t n = 0;

    for (size_t c = 0; c < ARRAY_LEN(ws->brief); c++)
        n = ws->brief[c] += n;
    ws->briefs = calloc(n + 1, sizeof(*ws->briefs));
    if (ws->briefs == NULL)
        return E_NOMEM;
    for (size_t k = ws->count; k-- > 0;) {
        const struct keyword *kw = &ws->keywords[k];
        unsigned char first = (unsigned char)to_lower(kw->ptr[0]);
        char last = to_lower(kw->ptr[kw->len - 1]);
        struct brief b = {.keyword = (uint32_t)k,
                          .len = kw->len,
                          .last = kw->gaps ? '\0' : last};

        if (kw->key.at != KEY_NONE)
            continue;
        ws->briefs[--ws->brief[first]] = b;
        add_last(&ws->lasts[first], &b);
    }
    return OK;
}

static enum err build(struct words *ws)
{
    enum err e;

    ws->step = ws->pairs.step = cpu_step();
    if ((e = probes_init(&ws->keys, ws->count)))
        return e;
    add_keywords(ws);
    pairs_ready(&ws->pairs);
    probes_ready(&ws->keys);
    return list_briefs(ws);
}

enum err words_new(const struct rule *list, size_t n, const uint64_t *listed,
                   bool near, struct words **ret_words)
{
    struct words *ws = calloc(1, sizeof(*ws));
    enum err e;

    if (ws == NULL)
        return E_NOMEM;
    ws->list = list;
    if ((e = collect(ws, list, n, listed, near)) || (e = build(ws))) {
        words_free(ws);
        return e;
    }
    *ret_words = ws;
    return OK;
}

void words_free(struct words *ws)
{
    if (ws == NULL)
        return;
    free(ws->keywords);
    free(ws->briefs);
    probes_free(&ws->keys);
    free(ws);
}

bool words_any(const struct words *ws)
{
    return ws->count != 0;
}

/* --- The search. */

/* What is searched, for what, and the block of it. */
struct looking {
    const struct words *ws;
    struct str text;
    struct prefilter_hits *hits;
    struct level lv;
};

/* Where a keyword begins of which the byte `i` is text[at]; SIZE_MAX if what is
 * before that is not there. */
static size_t keyword_start(const struct keyword *kw, size_t i, struct str text,
                            size_t at)
{
    if (!kw->gaps)
        return at < i ? SIZE_MAX : at - i;
    while (i-- > 0) {
        if (at-- == 0)
            return SIZE_MAX;
        if (!keyword_gap(text_of(kw), i)) {
            if (to_lower(text.ptr[at]) != to_lower(kw->ptr[i]))
                return SIZE_MAX;
            continue;
        }
        if (!is_white(text.ptr[at]))
            return SIZE_MAX;
        while (at > 0 && is_white(text.ptr[at - 1]))
            at--;
    }
    return at;
}

/* A keyword that may stand there. */
static enum err note_keyword(const struct words *ws, const struct keyword *kw,
                             struct str text, size_t start,
                             struct prefilter_hits *hits)
{
    size_t len;

    hits->tried++;
    if (hits_guarded(hits, kw->rule, start) ||
        keyword_at(text_of(kw), str_skip(text, start), &len) != KEYWORD_YES ||
        !key_follows(&ws->list[kw->rule], &kw->key, hits->whole,
                     hits->base + folded_source(&hits->folded, start + len)) ||
        (kw->number && !hits_number(hits, &ws->list[kw->rule], start)))
        return OK;
    return hits_note(hits, kw->rule, kw->listed, start);
}

/* Where a keyword may stand: the first byte of its key is lk->lv.text[at]. */
struct spot {
    uint32_t keyword;
    uint32_t at;
};
#define SPOTS 64u /* at once */

/* What is known of them is asked for before any is looked at: it is seldom in a
 * cache, and so none waits for it alone. */
static void fetch(const struct looking *lk, const struct probe_entry *en)
{
    __builtin_prefetch(&lk->ws->keywords[en->value]);
    __builtin_prefetch(&lk->hits->guards[en->of]);
    __builtin_prefetch(&lk->ws->list[en->of].follows);
}

static enum err look_at(struct looking *lk, const struct spot *spots, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct keyword *kw = &lk->ws->keywords[spots[i].keyword];
        size_t at = level_raw(&lk->lv, spots[i].at), start;
        enum err e;

        start = keyword_start(kw, kw->front + (size_t)kw->key.at, lk->text, at);
        if (start != SIZE_MAX &&
            (e = note_keyword(lk->ws, kw, lk->text, start, lk->hits)))
            return e;
    }
    return OK;
}

static enum err run_keys(struct looking *lk, size_t from, size_t to)
{
    const struct probes *keys = &lk->ws->keys;
    const uint64_t *looking = lk->hits->looking;
    const char *text = lk->lv.text;
    struct probe_place places[PROBE_PLACES + 1];
    size_t n = probes_sift(keys, text, from, to, places), count = 0;
    const struct probe_entry *en;
    struct spot spots[SPOTS];
    enum err e;

    lk->hits->tried += n;
    n = probes_narrow(keys, text, places, n);
    for (size_t i = 0; i < n; i++)
        for (; (en = probes_at(keys, text, &places[i])) != NULL;
             lk->hits->tried++) {
            if (looking != NULL && !hits_bit(looking, en->of))
                continue;
            if (count == SPOTS) {
                if ((e = look_at(lk, spots, count)))
                    return e;
                count = 0;
            }
            spots[count++] = (struct spot){en->value, places[i].at};
            fetch(lk, en);
        }
    return look_at(lk, spots, count);
}

static enum err run_block(struct looking *lk)
{
    size_t end = lk->lv.to;
    enum err e;

    for (size_t from = lk->lv.from, to; from < end; from = to) {
        to = end - from < PROBE_PLACES ? end : from + PROBE_PLACES;
        if ((e = run_keys(lk, from, to)))
            return e;
    }
    return OK;
}

static enum err run_blocks(struct looking *lk)
{
    size_t len = lk->text.len;
    enum err e;

    for (size_t from = 0, to; from < len; from = to) {
        to = len - from < LEVEL_BLOCK ? len : from + LEVEL_BLOCK;
        level_make(&lk->lv, lk->text, from, to, lk->ws->step);
        if ((e = run_block(lk)))
            return e;
    }
    return OK;
}

/* Those that begin at offset i. */
static enum err brief_here(const struct words *ws, struct str text, size_t i,
                           struct prefilter_hits *hits)
{
    unsigned char c = (unsigned char)to_lower(text.ptr[i]);
    const struct lasts *l = &ws->lasts[c];
    enum err e;

    if (l->len != 0 && (text.len - i < l->len ||
                        (l->bits >> (text.ptr[i + l->len - 1] & 31) & 1) == 0))
        return OK;
    for (uint32_t k = ws->brief[c]; k < ws->brief[c + 1]; k++) {
        const struct brief *b = &ws->briefs[k];
        size_t last = i + b->len - 1;

        if (b->last != '\0' &&
            (last >= text.len || to_lower(text.ptr[last]) != b->last))
            continue;
        if ((e = note_keyword(ws, &ws->keywords[b->keyword], text, i, hits)))
            return e;
    }
    return OK;
}

static enum err run_brief(const struct words *ws, struct str text,
                          struct prefilter_hits *hits)
{
    uint32_t list[PAIRS_LIST];
    enum err e;

    for (size_t from = 0; from < text.len;) {
        size_t n = pairs_find(&ws->pairs, text, &from, list);

        hits->tried += n;
        for (size_t i = 0; i < n; i++)
            if ((e = brief_here(ws, text, list[i], hits)))
                return e;
    }
    return OK;
}

enum err words_run(const struct words *ws, struct str text,
                   struct prefilter_hits *hits)
{
    struct looking lk;
    enum err e;

    lk.ws = ws;
    lk.text = text;
    lk.hits = hits;
    if (ws->keys.count != 0 && (e = run_blocks(&lk)))
        return e;
    return ws->brief[256] == 0 ? OK : run_brief(ws, text, hits);
}
