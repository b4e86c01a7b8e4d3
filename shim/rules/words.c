#include "rules/words.h"

#include <stdlib.h>

#include "base/cpu.h"
#include "rules/inside.h"
#include "rules/pairs.h"
#include "rules/rarity.h"

/*
 * Keywords are looked for through windows of four bytes, one at each byte of
 * the text. Each keyword has one window: the rarest four of its bytes that
 * stand side by side; a keyword of three bytes has a window whose last byte may
 * be any.
 *
 *      text    . . k e y w o r d . .        . k e y .
 *                    |     |                  |     |
 *                     "eywo"                   "key?"
 *
 * A table of bits says "maybe": a hash of the first three bytes of a window
 * names a word of it, the fourth a bit there. Of what passes, a second set of
 * bits under a key of three, four or, for long keywords, eight bytes leaves
 * those that have entries, which are compared in full: the words of a phrase
 * are common, where they stand together is not. Both are asked without a
 * branch, a block of text at a time, because a wrong guess of the processor
 * costs as much as ten windows. Keywords of one or two bytes are looked for by
 * themselves (pairs.h).
 *
 * Letters are folded with | 0x20, which also folds what is no letter: the
 * comparison sorts that out.
 */

#define FOLD  UINT64_C(0x2020202020202020)
#define NONE  UINT32_MAX
#define BLOCK 1024u /* bytes whose windows are asked about together */
#define BRIEF 2u    /* bytes of keywords that have no window */

/* Tables grow with the keywords. The least stay in the first-level cache. */
#define BITS_LEAST 13u /* of a hash into `maybe` */
#define BITS_MOST  18u
#define KEYS_EACH  4096u /* windows for each 2^BITS_LEAST words of it */

/* From so many bytes on a keyword is known by that many of them. */
#define LONG 8u

/* On a key: the fourth byte may be any. */
#define KEY_THREE UINT32_C(0x00800000)

struct entry {
    uint32_t next; /* of the same bucket, or NONE */
    uint32_t key;
    uint32_t keyword;
    uint16_t back;       /* from the window to the start */
    uint16_t len;        /* of the keyword */
    uint32_t head, tail; /* its first and last four bytes, folded; 0: none */
};

struct keyword {
    struct str text;
    uint32_t rule;
    bool listed; /* its offsets go into the list */
};

struct words {
    struct keyword *keywords; /* the brief ones, then all others */
    size_t count, brief;      /* the brief ones end there */
    struct pairs pairs;       /* of those */
    struct entry *entries;
    size_t entry_count;
    unsigned shift;   /* 32 - bits of a hash into maybe */
    uint32_t *maybe;  /* of each hash: bits of the window's fourth byte */
    uint32_t *near;   /* a set of bits, by hash of a key: 32 for each word */
    uint32_t *bucket; /* of each hash of a key: the first entry */
};

/* Where no three bytes of text are told apart, there is nothing to fold. */
static inline uint64_t load8(const char *p)
{
    uint64_t x;

    memcpy(&x, p, sizeof(x));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    x = __builtin_bswap64(x);
#endif
    return x | FOLD;
}

static inline uint32_t window_at(const char *p)
{
    uint32_t w;

    memcpy(&w, p, sizeof(w));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    w = __builtin_bswap32(w);
#endif
    return w | (uint32_t)FOLD;
}

/* The fourth byte of a window does not matter. */
static inline uint32_t maybe_hash(uint32_t w, unsigned shift)
{
    return w * (UINT32_C(0x9e3779b1) << 8) >> shift;
}

static inline uint32_t is_maybe(const uint32_t *maybe, unsigned shift,
                                uint32_t w)
{
    return maybe[maybe_hash(w, shift)] >> (w >> 24 & 31) & 1;
}

static inline uint32_t three_of(uint32_t w)
{
    return (w & 0xffffff) ^ KEY_THREE;
}

/* The key of the eight bytes that begin with a window. */
static inline uint32_t long_of(uint64_t x)
{
    return (uint32_t)(x * UINT64_C(0x9e3779b97f4a7c15) >> 32);
}

/* Of a key, as many bits as `near` and bucket are told apart by. */
static inline uint32_t key_hash(uint32_t key, unsigned bits)
{
    return key * UINT32_C(0x85ebca6b) >> (32 - bits);
}

static inline uint32_t is_near(const struct words *ws, uint32_t key)
{
    uint32_t h = key_hash(key, 32 - ws->shift + 5);

    return ws->near[h / 32] >> h % 32 & 1;
}

static inline uint32_t *bucket_of(const struct words *ws, uint32_t key)
{
    return &ws->bucket[key_hash(key, 32 - ws->shift + 1)];
}

/* The rarest four bytes of a keyword that has as many, such that all of its key
 * is in it; of equals the last: the ends of characters. */
static size_t best_window(struct str keyword)
{
    size_t all = keyword.len < LONG ? 4 : LONG;

    return rarity_least(keyword.ptr, keyword.len - all + 1);
}

static void add_keyword(struct words *ws, size_t keyword)
{
    struct str s = ws->keywords[keyword].text;
    struct entry *en = &ws->entries[ws->entry_count];
    size_t at = s.len < 4 ? 0 : best_window(s);
    char bytes[8] = {0};
    uint32_t w, h;

    memcpy(bytes, s.ptr + at, s.len - at < 8 ? s.len - at : 8);
    w = window_at(bytes);
    *en = (struct entry){.key = s.len < 4      ? three_of(w)
                                : s.len < LONG ? w
                                               : long_of(load8(bytes)),
                         .keyword = (uint32_t)keyword,
                         .back = (uint16_t)at,
                         .len = (uint16_t)s.len};
    if (s.len >= 4) {
        en->head = window_at(s.ptr);
        en->tail = window_at(s.ptr + s.len - 4);
    }
    ws->maybe[maybe_hash(w, ws->shift)] |=
        s.len < 4 ? UINT32_MAX : UINT32_C(1) << (w >> 24 & 31);
    h = key_hash(en->key, 32 - ws->shift + 5);
    ws->near[h / 32] |= UINT32_C(1) << h % 32;
    en->next = *bucket_of(ws, en->key);
    *bucket_of(ws, en->key) = (uint32_t)ws->entry_count++;
}

static enum err build_tables(struct words *ws)
{
    size_t n = ws->count - ws->brief, size = (size_t)1 << BITS_LEAST;

    ws->shift = 32 - BITS_LEAST;
    for (; ws->shift > 32 - BITS_MOST && n > size * KEYS_EACH >> BITS_LEAST;
         size *= 2)
        ws->shift--;
    ws->entries = calloc(n + 1, sizeof(*ws->entries));
    ws->maybe = calloc(size, sizeof(*ws->maybe));
    ws->near = calloc(size, sizeof(*ws->near));
    ws->bucket = malloc(2 * size * sizeof(*ws->bucket));
    if (ws->entries == NULL || ws->maybe == NULL || ws->near == NULL ||
        ws->bucket == NULL)
        return E_NOMEM;
    for (size_t i = 0; i < 2 * size; i++)
        ws->bucket[i] = NONE;
    for (size_t k = ws->brief; k < ws->count; k++)
        add_keyword(ws, k);
    return OK;
}

/* The keywords of so many bytes, behind those collected. */
static void collect_some(struct words *ws, const struct rule *list, size_t n,
                         const uint64_t *listed, bool near, bool brief)
{
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0;
             j < list[i].keyword_count && words_near(&list[i]) == near; j++) {
            struct str text = list[i].keywords[j];

            if ((text.len <= BRIEF) == brief)
                ws->keywords[ws->count++] = (struct keyword){
                    text, (uint32_t)i, hits_bit(listed, (uint32_t)i)};
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
    collect_some(ws, list, n, listed, near, true);
    ws->brief = ws->count;
    collect_some(ws, list, n, listed, near, false);
    ws->pairs.wide = cpu_avx2();
    for (size_t k = 0; k < ws->brief; k++)
        pairs_add(&ws->pairs, ws->keywords[k].text);
    return OK;
}

enum err words_new(const struct rule *list, size_t n, const uint64_t *listed,
                   bool near, struct words **ret_words)
{
    struct words *ws = calloc(1, sizeof(*ws));
    enum err e;

    if (ws == NULL)
        return E_NOMEM;
    if ((e = collect(ws, list, n, listed, near)) || (e = build_tables(ws))) {
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
    free(ws->entries);
    free(ws->maybe);
    free(ws->near);
    free(ws->bucket);
    free(ws);
}

bool words_any(const struct words *ws)
{
    return ws->count != 0;
}

static bool nocase_equal(const char *a, const char *b, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (to_lower(a[i]) != to_lower(b[i]))
            return false;
    return true;
}

/* Does the keyword of an entry begin at p? Its text lies elsewhere in memory,
 * and is looked at only where both its ends are right. */
static inline bool is_here(const struct words *ws, const struct entry *en,
                           const char *p)
{
    if (en->len >= 4 &&
        (window_at(p) != en->head || window_at(p + en->len - 4) != en->tail))
        return false;
    return nocase_equal(p, ws->keywords[en->keyword].text.ptr, en->len);
}

/* The entries of a key of the window at offset i. */
static enum err look_up(const struct words *ws, struct str text, size_t i,
                        uint32_t key, struct prefilter_hits *hits)
{
    enum err e;

    for (uint32_t at = *bucket_of(ws, key); at != NONE;
         at = ws->entries[at].next) {
        const struct entry *en = &ws->entries[at];
        const struct keyword *kw = &ws->keywords[en->keyword];
        size_t start = i - en->back;

        if (en->key != key || en->back > i || en->len > text.len - start ||
            hits_guarded(hits, kw->rule, start) ||
            !is_here(ws, en, text.ptr + start))
            continue;
        if ((e = hits_note(hits, kw->rule, kw->listed, start)))
            return e;
    }
    return OK;
}

/* Of the window at offset i, which begins x. */
static enum err look_all(const struct words *ws, struct str text, size_t i,
                         uint64_t x, struct prefilter_hits *hits)
{
    uint32_t keys[] = {(uint32_t)x, three_of((uint32_t)x), long_of(x)};
    enum err e;

    for (size_t k = 0; k < ARRAY_LEN(keys); k++)
        if (is_near(ws, keys[k]) && (e = look_up(ws, text, i, keys[k], hits)))
            return e;
    return OK;
}

/* The last windows, behind which there are no eight bytes. */
static enum err run_last(const struct words *ws, struct str text, size_t i,
                         struct prefilter_hits *hits)
{
    enum err e;

    for (; i < text.len; i++) {
        struct str rest = str_head(str_skip(text, i), 8);
        char bytes[8] = {0};

        memcpy(bytes, rest.ptr, rest.len);
        if ((e = look_all(ws, text, i, load8(bytes), hits)))
            return e;
    }
    return OK;
}

/*
 * The windows from `from` up to `to` that may be one of a keyword: their
 * offsets behind `from`. Each is written, and counted only if it is one: there
 * is no branch to guess.
 */
static inline size_t sift_by(const uint32_t *maybe, unsigned shift,
                             const char *from, size_t len, uint16_t *out)
{
    size_t n = 0;

    for (size_t i = 0; i < len; i += 4) {
        uint64_t x = load8(from + i);

        out[n] = (uint16_t)i;
        n += is_maybe(maybe, shift, (uint32_t)x);
        out[n] = (uint16_t)(i + 1);
        n += is_maybe(maybe, shift, (uint32_t)(x >> 8));
        out[n] = (uint16_t)(i + 2);
        n += is_maybe(maybe, shift, (uint32_t)(x >> 16));
        out[n] = (uint16_t)(i + 3);
        n += is_maybe(maybe, shift, (uint32_t)(x >> 24));
    }
    return n;
}

/* The usual shift is a constant, which saves a fifth of the time. */
static size_t sift(const struct words *ws, const char *from, size_t len,
                   uint16_t *out)
{
    if (ws->shift == 32 - BITS_LEAST)
        return sift_by(ws->maybe, 32 - BITS_LEAST, from, len, out);
    return sift_by(ws->maybe, ws->shift, from, len, out);
}

/* A block of text: what passes the first table, of that what passes the second,
 * and of that the entries. */
static enum err run_block(const struct words *ws, struct str text, size_t from,
                          size_t len, struct prefilter_hits *hits)
{
    uint16_t at[BLOCK + 1];
    size_t count = sift(ws, text.ptr + from, len, at), left = 0;
    enum err e;

    for (size_t k = 0; k < count; k++) {
        uint64_t x = load8(text.ptr + from + at[k]);

        at[left] = at[k];
        left += is_near(ws, (uint32_t)x) | is_near(ws, three_of((uint32_t)x)) |
                is_near(ws, long_of(x));
    }
    for (size_t k = 0; k < left; k++) {
        size_t i = from + at[k];

        if ((e = look_all(ws, text, i, load8(text.ptr + i), hits)))
            return e;
    }
    return OK;
}

static enum err run_windows(const struct words *ws, struct str text,
                            struct prefilter_hits *hits)
{
    size_t i = 0, len;
    enum err e;

    for (; i + 12 <= text.len; i += len) { /* eight bytes are read at once */
        len = (text.len - i - 8) / 4 * 4;
        len = len < BLOCK ? len : BLOCK;
        if ((e = run_block(ws, text, i, len, hits)))
            return e;
    }
    return run_last(ws, text, i, hits);
}

/* Those that begin at offset i. */
static enum err brief_here(const struct words *ws, struct str text, size_t i,
                           struct prefilter_hits *hits)
{
    struct str here = str_skip(text, i);
    enum err e;

    for (size_t k = 0; k < ws->brief; k++) {
        const struct keyword *kw = &ws->keywords[k];

        if (kw->text.len <= here.len && !hits_guarded(hits, kw->rule, i) &&
            nocase_equal(here.ptr, kw->text.ptr, kw->text.len) &&
            (e = hits_note(hits, kw->rule, kw->listed, i)))
            return e;
    }
    return OK;
}

static enum err run_brief(const struct words *ws, struct str text,
                          struct prefilter_hits *hits)
{
    enum err e;

    for (size_t i = 0; (i = pairs_next(&ws->pairs, text, i)) < text.len; i++)
        if ((e = brief_here(ws, text, i, hits)))
            return e;
    return OK;
}

enum err words_run(const struct words *ws, struct str text,
                   struct prefilter_hits *hits)
{
    enum err e;

    if (ws->entry_count != 0 && (e = run_windows(ws, text, hits)))
        return e;
    return ws->brief == 0 ? OK : run_brief(ws, text, hits);
}
