#include "rules/words.h"

#include <stdlib.h>

#include "base/cpu.h"
#include "rules/flanks.h"
#include "rules/inside.h"
#include "rules/key.h"
#include "rules/level.h"
#include "rules/probes.h"

/*
 * Text is looked at a block at a time, made level (level.h), and each of its
 * bytes is asked whether it is the first of a few by which a keyword is known:
 * the rarest of those that stand side by side in it.
 *
 *      text    . . k e y w o r d . .        . g i v e   m e   t h e
 *                    |     |                        |     |
 *                     "eywo"                         "e me"
 */

/* As it is written: without a gap, and its text by where it stands. */
struct keyword {
    uint64_t at; /* behind ws->base */
    uint32_t rule;
    uint16_t number; /* among the rule's */
    unsigned char len;
    unsigned char front; /* white space that it begins with */
    struct key key;
    unsigned char listed;   /* its offsets go into the list */
    unsigned char numbered; /* it counts before a number of its rule only */
    unsigned char gaps;     /* it has spaces, of which a text may have more */
    unsigned char none[2];  /* zeros */
};
_Static_assert(sizeof(struct keyword) == 24, "without a gap");

struct words {
    const struct rule *list;  /* borrowed */
    uintptr_t base;           /* of their texts; 0: they are anywhere */
    bool written;             /* borrowed are these, and what keys has: */
    struct keyword *keywords; /* owned */
    size_t count;
    struct probes keys;     /* by the bytes that they are known by */
    struct flank_sets sets; /* of those */
    enum cpu_step step;
};

/* --- The keywords. */

static inline struct str text_of(const struct words *ws,
                                 const struct keyword *kw)
{
    return (struct str){(const char *)(ws->base + (uintptr_t)kw->at), kw->len};
}

static void collect_some(struct words *ws, const struct rule *r, uint32_t rule,
                         const uint64_t *listed)
{
    for (size_t j = 0; j < r->keyword_count; j++) {
        struct str text = r->keywords[j];

        ws->keywords[ws->count++] =
            (struct keyword){.at = (uintptr_t)text.ptr,
                             .rule = rule,
                             .number = (uint16_t)j,
                             .len = (unsigned char)text.len,
                             .front = (unsigned char)key_front(text),
                             .key = r->keys[j],
                             .listed = hits_bit(listed, rule),
                             .numbered = r->reach != 0,
                             .gaps = keyword_gaps(text)};
    }
}

static size_t count_keywords(const struct rule *list, size_t n,
                             const uint64_t *of)
{
    size_t total = 0;

    for (size_t i = 0; i < n; i++)
        if (hits_bit(of, (uint32_t)i))
            total += list[i].keyword_count;
    return total;
}

static enum err collect(struct words *ws, const struct rule *list, size_t n,
                        const uint64_t *of, const uint64_t *listed)
{
    ws->keywords =
        calloc(count_keywords(list, n, of) + 1, sizeof(*ws->keywords));
    if (ws->keywords == NULL)
        return E_NOMEM;
    for (size_t i = 0; i < n; i++)
        if (hits_bit(of, (uint32_t)i))
            collect_some(ws, &list[i], (uint32_t)i, listed);
    return OK;
}

/* --- By what each is known. */

/* What may stand beside it, by its key. A letter beyond ASCII is no word for
 * guards, and what is before white space has no one place. */
static struct flanks flanks_of(struct words *ws, const struct keyword *kw,
                               unsigned char before)
{
    size_t rest = (size_t)kw->len - kw->front;
    struct flanks b = {.back = (unsigned char)(kw->key.at + 1u),
                       .ahead = (unsigned char)(rest - kw->key.at)};

    b.before = kw->front == 0 && (unsigned char)text_of(ws, kw).ptr[0] < 0x80
                   ? before
                   : FLANK_ALL;
    flanks_follows(&ws->sets, &ws->list[kw->rule], &kw->key, &b);
    return b;
}

static void add_key(struct words *ws, uint32_t k, unsigned char before)
{
    const struct keyword *kw = &ws->keywords[k];
    struct str rest = str_skip(text_of(ws, kw), kw->front);
    char bytes[LIM_KEYWORD];

    level_keyword(rest, bytes);
    probes_add(&ws->keys, &(struct probe_string){
                              .bytes = {bytes, rest.len},
                              .at = kw->key.at,
                              .room = rest.len - kw->key.at,
                              .entry = {.value = k,
                                        .of = kw->rule,
                                        .flanks = flanks_of(ws, kw, before)}});
}

static void add_keywords(struct words *ws, const struct guard *guards)
{
    uint32_t rule = UINT32_MAX;
    unsigned char before = FLANK_ALL;

    for (size_t k = 0; k < ws->count; k++) {
        const struct keyword *kw = &ws->keywords[k];

        if (kw->rule != rule)
            before = flanks_stops(&ws->sets, &guards[kw->rule]);
        rule = kw->rule;
        add_key(ws, (uint32_t)k, before);
    }
}

static enum err build(struct words *ws, const struct guard *guards)
{
    enum err e;

    ws->step = cpu_step();
    if ((e = probes_init(&ws->keys, ws->count)))
        return e;
    flanks_init(&ws->sets);
    add_keywords(ws, guards);
    probes_ready(&ws->keys);
    return OK;
}

enum err words_new(const struct rule *list, size_t n, const uint64_t *of,
                   const uint64_t *listed, const struct guard *guards,
                   struct words **ret_words)
{
    struct words *ws = calloc(1, sizeof(*ws));
    enum err e;

    if (ws == NULL)
        return E_NOMEM;
    ws->list = list;
    if ((e = collect(ws, list, n, of, listed)) || (e = build(ws, guards))) {
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
    if (!ws->written) {
        free(ws->keywords);
        probes_free(&ws->keys);
    }
    free(ws);
}

/* --- As they are written. */

static void lay_words(struct words *ws, struct laying *l)
{
    size_t size = ws->count * sizeof(*ws->keywords);

    ws->keywords = lay(l, ws->keywords, size);
    lay_copy(l, ws->sets.sets, sizeof(ws->sets.sets));
    probes_lay(&ws->keys, ws->count, l);
}

enum err words_lay(const struct words *ws, const char *base, struct buf *out)
{
    struct laying l = {.out = out};
    struct words copy = *ws;
    struct keyword *list = calloc(ws->count + 1, sizeof(*list));

    if (list == NULL)
        return E_NOMEM;
    for (size_t i = 0; i < ws->count; i++) {
        list[i] = ws->keywords[i];
        list[i].at += ws->base - (uintptr_t)base;
    }
    copy.keywords = list;
    lay_words(&copy, &l);
    free(list);
    return l.e;
}

/* Is it that keyword of that rule? */
static bool is_keyword(const struct words *ws, const struct keyword *kw,
                       const struct rule *r, const uint64_t *listed)
{
    struct str text = r->keywords[kw->number];

    return ws->base + (uintptr_t)kw->at == (uintptr_t)text.ptr &&
           kw->len == text.len && kw->front < kw->len &&
           memcmp(&kw->key, &r->keys[kw->number], sizeof(kw->key)) == 0 &&
           kw->key.at < kw->len - kw->front &&
           kw->listed == hits_bit(listed, kw->rule) &&
           kw->numbered == (r->reach != 0);
}

/* All keywords of those rules, in order. */
static bool are_keywords(const struct words *ws, size_t n, const uint64_t *of,
                         const uint64_t *listed)
{
    size_t k = 0;

    for (uint32_t i = 0; i < n; i++)
        for (size_t j = 0; hits_bit(of, i) && j < ws->list[i].keyword_count;
             j++, k++) {
            const struct keyword *kw = &ws->keywords[k];

            if (kw->rule != i || kw->number != j ||
                !is_keyword(ws, kw, &ws->list[i], listed))
                return false;
        }
    return k == ws->count;
}

/* Is each entry that of a keyword, which has all it needs beside it? */
static bool are_entries(const struct words *ws)
{
    bool good = true;

    for (size_t i = 0; i < ws->count && good; i++) {
        const struct probe_entry *en = &ws->keys.entries[i];
        const struct flanks *b = &en->flanks;
        const struct keyword *kw = &ws->keywords[en->value % ws->count];

        good = en->value < ws->count && en->of == kw->rule &&
               b->back == kw->key.at + 1 &&
               b->ahead == kw->len - kw->front - kw->key.at && b->least > 0 &&
               b->least <= FOLLOW_MOST;
    }
    return good;
}

enum err words_open(const struct rule *list, size_t n, const uint64_t *of,
                    const uint64_t *listed, const char *base,
                    struct str written, struct words **ret_words)
{
    struct laying l = {.in = written};
    struct words *ws = calloc(1, sizeof(*ws));

    if (ws == NULL)
        return E_NOMEM;
    ws->list = list;
    ws->base = (uintptr_t)base;
    ws->written = true;
    ws->count = count_keywords(list, n, of);
    ws->step = cpu_step();
    lay_words(ws, &l);
    if (l.e || l.in.len != 0 || !are_keywords(ws, n, of, listed) ||
        !probes_hold(&ws->keys) || !are_entries(ws)) {
        words_free(ws);
        return E_SYNTAX;
    }
    *ret_words = ws;
    return OK;
}

/* --- The search. */

/* Where a keyword may stand: the first byte of its key is at `at` of the text,
 * or, of a spot of the block, of lk->lv.text. */
struct spot {
    uint32_t keyword, rule;
    uint32_t at;
};
#define SPOTS 64u /* at once */

/* What is searched, for what, the block of it, and spots there. */
struct looking {
    const struct words *ws;
    struct str text;
    struct prefilter_hits *hits;
    struct level lv;
    struct spot spots[SPOTS];
    size_t count;
    size_t left; /* that are not of the block */
};

/* Where a keyword begins of which the key is at text[at]; SIZE_MAX if what is
 * before that is not there. */
static size_t keyword_start(const struct words *ws, const struct keyword *kw,
                            struct str text, size_t at)
{
    size_t i = kw->front + (size_t)kw->key.at;
    struct str keyword = text_of(ws, kw);

    if (!kw->gaps)
        return at < i ? SIZE_MAX : at - i;
    while (i-- > 0) {
        if (at-- == 0)
            return SIZE_MAX;
        if (!keyword_gap(keyword, i)) {
            if (to_lower(text.ptr[at]) != to_lower(keyword.ptr[i]))
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

/* Behind which bytes a keyword that begins with this one does not count. A
 * capital begins a word also behind small letters. */
static const struct guard *guard_at(const struct prefilter_hits *hits,
                                    uint32_t rule, char first)
{
    return is_small(first) ? &hits->runs[rule].small : &hits->guards[rule];
}

/* Would a keyword of the rule not count at `start` of what is looked at: of one
 * that is not asked for, in the midst of a word, or of a run of one letter? One
 * that begins with a letter's second spelling is no word for \b, and does. */
static bool is_guarded(struct prefilter_hits *hits, uint32_t rule, size_t start)
{
    size_t at = hits->base + folded_source(&hits->folded, start);
    const char *p = hits->whole.ptr + at;

    if (hits->looking != NULL && !hits_bit(hits->looking, rule))
        return true;
    return at > 0 && (unsigned char)*p < 0x80 &&
           guard_stops(guard_at(hits, rule, *p), (unsigned char)p[-1]);
}

/* A keyword that may stand there: it is compared, and what stands round it,
 * which takes as long as so many places. */
#define NOTED 2

static enum err note_keyword(const struct words *ws, const struct keyword *kw,
                             struct str text, size_t start,
                             struct prefilter_hits *hits)
{
    size_t len;

    hits->tried += NOTED;
    if (is_guarded(hits, kw->rule, start) ||
        keyword_at(text_of(ws, kw), str_skip(text, start), &len) !=
            KEYWORD_YES ||
        !key_follows(&ws->list[kw->rule], &kw->key, hits->whole,
                     hits->base + folded_source(&hits->folded, start + len)) ||
        (kw->numbered &&
         !hits_number(hits, &ws->list[kw->rule], start, start + len)))
        return OK;
    return hits_note(hits, kw->rule, kw->listed != 0, start);
}

/* What is known of them is asked for before any is looked at: it is seldom in a
 * cache, and so none waits for it alone. */
static void fetch(const struct looking *lk)
{
    for (size_t i = 0; i < lk->count; i++) {
        __builtin_prefetch(&lk->ws->keywords[lk->spots[i].keyword]);
        __builtin_prefetch(&lk->hits->runs[lk->spots[i].rule].small);
        __builtin_prefetch(&lk->ws->list[lk->spots[i].rule].follows);
    }
}

/* Spots of the block are such of the text. */
static void leave_block(struct looking *lk)
{
    for (; lk->left < lk->count; lk->left++) {
        struct spot *s = &lk->spots[lk->left];

        s->at = (uint32_t)level_raw(&lk->lv, s->at);
    }
}

static enum err look_at(struct looking *lk)
{
    leave_block(lk);
    fetch(lk);
    for (size_t i = 0; i < lk->count; i++) {
        const struct keyword *kw = &lk->ws->keywords[lk->spots[i].keyword];
        size_t at = lk->spots[i].at, start;
        enum err e;

        start = keyword_start(lk->ws, kw, lk->text, at);
        if (start != SIZE_MAX &&
            (e = note_keyword(lk->ws, kw, lk->text, start, lk->hits)))
            return e;
    }
    lk->count = lk->left = 0;
    return OK;
}

/* Of some places the spots: entries of rules that are asked for, beside which
 * stands what may. Each is written, and counted only if it is one. In a folded
 * text other bytes stand there. */
static INLINE enum err spots_by(
    struct looking *lk, struct probe_place *places, size_t n,
    bool (*may)(const struct flank_sets *, const struct flanks *, const char *))
{
    const struct words *ws = lk->ws;
    const uint64_t *looking = lk->hits->looking;
    bool any = lk->hits->folded.count != 0;
    const char *text = lk->lv.text;
    const struct probe_entry *en;
    enum err e;

    for (size_t i = 0; i < n; i++)
        for (; (en = probes_at(&ws->keys, text, &places[i])) != NULL;
             lk->hits->tried++) {
            uint32_t at = places[i].at;
            size_t asked = looking == NULL || hits_bit(looking, en->of);
            size_t fits = any || may(&ws->sets, &en->flanks, text + at);

            if (lk->count == SPOTS && (e = look_at(lk)))
                return e;
            lk->spots[lk->count] = (struct spot){en->value, en->of, at};
            lk->count += asked & fits;
        }
    return OK;
}

static enum err spots_1(struct looking *lk, struct probe_place *places,
                        size_t n)
{
    return spots_by(lk, places, n, flanks_1);
}

#if CPU_AVX2
FOR_AVX2 static enum err spots_16(struct looking *lk,
                                  struct probe_place *places, size_t n)
{
    return spots_by(lk, places, n, flanks_16);
}
#else
static enum err spots_16(struct looking *lk, struct probe_place *places,
                         size_t n)
{
    return spots_1(lk, places, n);
}
#endif

static enum err run_block(struct looking *lk)
{
    const struct probes *keys = &lk->ws->keys;
    struct probe_place places[PROBE_PLACES + 1];
    const char *text = lk->lv.text;
    enum err e;

    for (size_t from = lk->lv.from; from < lk->lv.to;) {
        size_t n = probes_sift(keys, text, &from, lk->lv.to, places);

        lk->hits->tried += n;
        n = probes_narrow(keys, text, places, n);
        e = lk->ws->step == CPU_1 ? spots_1(lk, places, n)
                                  : spots_16(lk, places, n);
        if (e)
            return e;
    }
    leave_block(lk);
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
    return look_at(lk);
}

enum err words_run(const struct words *ws, struct str text,
                   struct prefilter_hits *hits)
{
    struct looking lk;

    lk.ws = ws;
    lk.text = text;
    lk.hits = hits;
    lk.count = lk.left = 0;
    return ws->keys.count == 0 ? OK : run_blocks(&lk);
}
