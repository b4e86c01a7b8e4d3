#include "rules/prefilter.h"

#include <stdlib.h>

#include "rules/rarity.h"
#include "rules/traits.h"

/*
 * Keywords are looked for through windows of three bytes, one for every second
 * byte of the text. A keyword can stand at an even or at an odd offset, and has
 * one window for each: its rarest among those that then begin at an even one.
 *
 *      text    . . k e y w o r d . .        . k e y w o r d .
 *                  |   |                      |     |
 *                      "ywo"                        "wor"
 *
 * Where a keyword of two or three bytes does not fill a window, the byte beside
 * it may be any, and all its windows are known.
 *
 * A table of bits, under a hash of the window and its first byte, says "maybe".
 * English has many a window of some keyword, so that a second one is asked
 * about four bytes, the window and one that stands before or behind it, before
 * the entries of the window, or of two bytes of it, are compared in full. Both
 * are asked without a branch, a block of text at a time, because a wrong guess
 * of the processor costs as much as ten windows. Keywords of a single byte are
 * left to memchr.
 *
 * Letters are folded with | 0x20, which also folds what is no letter: the
 * comparison sorts that out.
 *
 * Of a text with one of the characters beyond ASCII that PCRE2 takes for s and
 * k (traits.c), a copy with those letters says which rules have to run.
 */

#define FOLD UINT32_C(0x20202020)
#define NONE UINT32_MAX
#define HITS_MAX                                                               \
    65536u            /* offsets noted; rules with more look by themselves     \
                       */
#define TABLE   8192u /* words: they stay in the first-level cache */
#define NEAR    8192u /* words, of 32 bits too */
#define BUCKETS 16384u
#define BLOCK   1024u /* bytes whose windows are asked about together */

/* Set in the key of an entry that knows only two bytes of its window. */
#define PAIR_FIRST  (UINT32_C(1) << 24)
#define PAIR_SECOND (UINT32_C(2) << 24)
/* On a key of the second table: the fourth byte is the one before. */
#define BEFORE UINT32_C(0x40000004)

struct entry {
    uint32_t next; /* of the same bucket, or NONE */
    uint32_t key;  /* the folded bytes, the lowest first */
    uint32_t keyword;
    uint16_t back; /* from behind the first byte of the window to the start */
    uint16_t len;  /* of the keyword */
    uint32_t head, tail; /* its first and last four bytes, folded; 0: none */
};

struct keyword {
    struct str text;
    uint32_t rule;
    bool listed; /* its offsets go into `at` */
};

/* Keywords, and the tables to find them by. */
struct words {
    struct keyword *keywords; /* of one byte, then all others */
    size_t count, single;     /* those of one byte end there */
    struct entry *entries;
    size_t entry_count, entry_cap;
    uint32_t *maybe;  /* of each hash: bits of the window's first byte */
    uint32_t *near;   /* a set of bits, by hash: keys of four bytes, of pairs */
    uint32_t *bucket; /* of each key: the first entry */
};

/*
 * Rules whose matches have a number soon behind the keyword (a reach) are most
 * of those of personal data. Their words are ordinary ones, so they are looked
 * for near numbers only.
 */
struct prefilter {
    struct words far, near;
    size_t words;             /* of a bit set of all rules */
    size_t digits;            /* the longest run that a rule asks for */
    struct token_want tokens; /* all that rules ask for */
    size_t reach;             /* the longest */
    size_t near_digits;       /* the shortest run that one of near asks for */
    struct token_set near_tokens; /* of those that ask for no such run */
};

/* The fourth byte of a window does not matter. */
static inline uint32_t window_hash(uint32_t w)
{
    return w * (UINT32_C(0x9e3779b1) << 8) >> 19;
}

static inline bool is_maybe(const uint32_t *maybe, uint32_t w)
{
    return (maybe[window_hash(w)] >> (w & 31) & 1) != 0;
}

static inline uint32_t window_at(const char *p)
{
    uint32_t w;

    memcpy(&w, p, sizeof(w));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    w = __builtin_bswap32(w);
#endif
    return w | FOLD;
}

static inline uint32_t is_near(const uint32_t *near, uint32_t key)
{
    uint32_t h = key * UINT32_C(0x9e3779b1) >> 14;

    return near[h / 32] >> h % 32 & 1;
}

static uint32_t bucket_of(uint32_t key)
{
    return key * UINT32_C(0x9e3779b1) >> 18;
}

static uint32_t pair_of(const char *p)
{
    return (uint32_t)((unsigned char)p[0] | 0x20) |
           (uint32_t)((unsigned char)p[1] | 0x20) << 8;
}

static void set_maybe(struct words *ws, uint32_t w)
{
    ws->maybe[window_hash(w)] |= UINT32_C(1) << (w & 31);
}

static void set_near(struct words *ws, uint32_t key)
{
    uint32_t h = key * UINT32_C(0x9e3779b1) >> 14;

    ws->near[h / 32] |= UINT32_C(1) << h % 32;
}

static enum err entry_add(struct words *ws, uint32_t key, size_t keyword,
                          size_t back)
{
    uint32_t *bucket = &ws->bucket[bucket_of(key)];
    struct str text = ws->keywords[keyword].text;

    if (ws->entry_count == ws->entry_cap) {
        size_t cap = ws->entry_cap * 2 + 256;
        struct entry *grown = realloc(ws->entries, cap * sizeof(*grown));

        if (grown == NULL)
            return E_NOMEM;
        ws->entries = grown;
        ws->entry_cap = cap;
    }
    ws->entries[ws->entry_count] = (struct entry){
        .next = *bucket,
        .key = key,
        .keyword = (uint32_t)keyword,
        .back = (uint16_t)back,
        .len = (uint16_t)text.len,
        .head = text.len < 4 ? 0 : window_at(text.ptr),
        .tail = text.len < 4 ? 0 : window_at(text.ptr + text.len - 4)};
    *bucket = (uint32_t)ws->entry_count++;
    return OK;
}

/* A window that begins at byte `at` of the keyword. */
static enum err add_window(struct words *ws, size_t keyword, size_t at)
{
    struct str s = ws->keywords[keyword].text;
    const char *p = s.ptr + at;
    uint32_t w = pair_of(p) | pair_of(p + 1) << 8;

    set_maybe(ws, w);
    if (s.len == 3)
        set_near(ws, pair_of(p) | PAIR_FIRST);
    else if (rarity_behind(s, at))
        set_near(ws, w | pair_of(p + 2) << 16);
    else
        set_near(ws, (pair_of(p - 1) | pair_of(p + 1) << 16) ^ BEFORE);
    return entry_add(ws, w, keyword, at + 1);
}

/* All windows whose first two bytes are those at `at`. */
static enum err add_first(struct words *ws, size_t keyword, size_t at)
{
    uint32_t pair = pair_of(ws->keywords[keyword].text.ptr + at);

    for (uint32_t any = 0; any < 256; any++)
        set_maybe(ws, pair | (any | 0x20) << 16);
    set_near(ws, pair | PAIR_FIRST);
    return entry_add(ws, pair | PAIR_FIRST, keyword, at + 1);
}

/* All windows whose last two bytes are the keyword's first two. */
static enum err add_second(struct words *ws, size_t keyword)
{
    uint32_t pair = pair_of(ws->keywords[keyword].text.ptr);

    for (uint32_t any = 0; any < 256; any++)
        set_maybe(ws, pair << 8 | any | 0x20);
    set_near(ws, pair | PAIR_SECOND);
    return entry_add(ws, pair | PAIR_SECOND, keyword, 0);
}

static enum err add_keyword(struct words *ws, size_t keyword)
{
    struct str s = ws->keywords[keyword].text;
    enum err e;

    if (s.len == 2) {
        if ((e = add_first(ws, keyword, 0)))
            return e;
        return add_second(ws, keyword);
    }
    if ((e = add_window(ws, keyword, rarity_window(s, 0))))
        return e;
    if (s.len > 3)
        return add_window(ws, keyword, rarity_window(s, 1));
    if (rarity_pair(s.ptr) < rarity_pair(s.ptr + 1))
        return add_second(ws, keyword);
    return add_first(ws, keyword, 1);
}

static enum err build_table(struct words *ws)
{
    enum err e;

    ws->maybe = calloc(TABLE, sizeof(*ws->maybe));
    ws->bucket = malloc(BUCKETS * sizeof(*ws->bucket));
    ws->near = calloc(NEAR, sizeof(*ws->near));
    if (ws->maybe == NULL || ws->near == NULL || ws->bucket == NULL)
        return E_NOMEM;
    for (size_t i = 0; i < BUCKETS; i++)
        ws->bucket[i] = NONE;
    for (size_t k = ws->single; k < ws->count; k++)
        if ((e = add_keyword(ws, k)))
            return e;
    return OK;
}

/* Is the rule looked for near numbers? */
static bool is_near_rule(const struct rule *r)
{
    return r->reach != 0;
}

/* The keywords of so many bytes, behind those collected. */
static void collect_some(struct words *ws, const struct rule *list, size_t n,
                         bool near, size_t least, size_t most)
{
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0;
             j < list[i].keyword_count && is_near_rule(&list[i]) == near; j++) {
            struct str text = list[i].keywords[j];

            if (text.len >= least && text.len <= most)
                ws->keywords[ws->count++] =
                    (struct keyword){text, (uint32_t)i, list[i].keyword_first};
        }
}

static enum err collect(struct words *ws, const struct rule *list, size_t n,
                        bool near)
{
    size_t total = 0;

    for (size_t i = 0; i < n; i++)
        if (is_near_rule(&list[i]) == near)
            total += list[i].keyword_count;
    ws->keywords = calloc(total + 1, sizeof(*ws->keywords));
    if (ws->keywords == NULL)
        return E_NOMEM;
    collect_some(ws, list, n, near, 1, 1);
    ws->single = ws->count;
    collect_some(ws, list, n, near, 2, LIM_KEYWORD);
    return OK;
}

/* What rules ask of a text beside keywords. */
static void read_gates(struct prefilter *pf, const struct rule *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct rule *r = &list[i];

        pf->digits = r->digits > pf->digits ? r->digits : pf->digits;
        token_want_add(&pf->tokens, r);
        if (!is_near_rule(r))
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
                       struct prefilter **ret_pf)
{
    struct prefilter *pf = calloc(1, sizeof(*pf));
    enum err e;

    if (pf == NULL)
        return E_NOMEM;
    pf->words = (n + 63) / 64;
    read_gates(pf, list, n);
    if ((e = collect(&pf->far, list, n, false)) ||
        (e = collect(&pf->near, list, n, true)) ||
        (e = build_table(&pf->far)) || (e = build_table(&pf->near))) {
        prefilter_free(pf);
        return e;
    }
    *ret_pf = pf;
    return OK;
}

static void words_free(struct words *ws)
{
    free(ws->keywords);
    free(ws->entries);
    free(ws->maybe);
    free(ws->near);
    free(ws->bucket);
}

void prefilter_free(struct prefilter *pf)
{
    if (pf == NULL)
        return;
    words_free(&pf->far);
    words_free(&pf->near);
    free(pf);
}

void prefilter_hits_free(struct prefilter_hits *hits)
{
    free(hits->rules);
    free(hits->at);
    free(hits->tokens.list);
    free(hits->places.list);
    *hits = (struct prefilter_hits){0};
}

static bool nocase_equal(const char *a, const char *b, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (to_lower(a[i]) != to_lower(b[i]))
            return false;
    return true;
}

static enum err make_room(struct prefilter_hits *hits)
{
    size_t cap = hits->cap == 0 ? 64 : hits->cap * 2;
    uint64_t *grown = realloc(hits->at, cap * sizeof(*grown));

    if (grown == NULL)
        return E_NOMEM;
    hits->at = grown;
    hits->cap = cap;
    return OK;
}

static bool is_listed(const struct keyword *kw, const struct prefilter_hits *h)
{
    return kw->listed && (h->unlisted[kw->rule / 64] >> kw->rule % 64 & 1) == 0;
}

static enum err note(const struct keyword *kw, size_t start,
                     struct prefilter_hits *hits)
{
    uint64_t bit = UINT64_C(1) << kw->rule % 64;
    enum err e;

    hits->rules[kw->rule / 64] |= bit;
    if (!is_listed(kw, hits))
        return OK;
    if (hits->count == HITS_MAX) /* behind it, it looks by itself */
        hits->unlisted[kw->rule / 64] |= bit;
    else if (hits->count == hits->cap && (e = make_room(hits)))
        return e;
    else
        hits->at[hits->count++] =
            (uint64_t)kw->rule << 32 | (hits->base + start);
    return OK;
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

    for (uint32_t at = ws->bucket[bucket_of(key)]; at != NONE;
         at = ws->entries[at].next) {
        const struct entry *en = &ws->entries[at];
        size_t start = i + 1 - en->back;

        if (en->key != key || en->back > i + 1 || start > text.len ||
            en->len > text.len - start || !is_here(ws, en, text.ptr + start))
            continue;
        if ((e = note(&ws->keywords[en->keyword], start, hits)))
            return e;
    }
    return OK;
}

/* What the second table says of a window: which entries there may be. */
enum {
    MAY_WINDOW = 1,
    MAY_FIRST = 2,
    MAY_SECOND = 4,
    MAY_ALL = 7
};

/* The entries of the window at offset i. */
static enum err look_all(const struct words *ws, struct str text, size_t i,
                         uint32_t w, unsigned may, struct prefilter_hits *hits)
{
    enum err e;

    if ((may & MAY_WINDOW) && (e = look_up(ws, text, i, w & 0xffffff, hits)))
        return e;
    if ((may & MAY_FIRST) &&
        (e = look_up(ws, text, i, (w & 0xffff) | PAIR_FIRST, hits)))
        return e;
    if ((may & MAY_SECOND) &&
        (e = look_up(ws, text, i, (w >> 8 & 0xffff) | PAIR_SECOND, hits)))
        return e;
    return OK;
}

/* The entries that there may be of the window at offset i, by the second table:
 * bits of MAY_ALL. */
static unsigned may_be(const struct words *ws, struct str text, size_t i)
{
    uint32_t w = window_at(text.ptr + i);
    uint32_t back = i == 0 ? 0 : (unsigned char)text.ptr[i - 1] | 0x20;
    uint32_t first = is_near(ws->near, (w & 0xffff) | PAIR_FIRST);
    uint32_t second = is_near(ws->near, (w >> 8 & 0xffff) | PAIR_SECOND);
    uint32_t window =
        is_near(ws->near, w) | is_near(ws->near, (w << 8 | back) ^ BEFORE);

    /* A keyword of three bytes has a window, kept by its pair. */
    return (window | first) * MAY_WINDOW + first * MAY_FIRST +
           second * MAY_SECOND;
}

/* The last windows, which reach beyond the end. */
static enum err run_last(const struct words *ws, struct str text, size_t i,
                         struct prefilter_hits *hits)
{
    enum err e;

    for (; i < text.len; i += 2) {
        struct str rest = str_head(str_skip(text, i), 4);
        char bytes[4] = {0};
        uint32_t w;

        memcpy(bytes, rest.ptr, rest.len);
        w = window_at(bytes);
        if (is_maybe(ws->maybe, w) &&
            (e = look_all(ws, text, i, w, MAY_ALL, hits)))
            return e;
    }
    return OK;
}

/*
 * The windows from `from` up to `to` that may be one of a keyword: their
 * offsets behind `from`. Each is written, and counted only if it is one: there
 * is no branch to guess.
 */
static size_t sift(const uint32_t *maybe, const char *from, size_t len,
                   uint16_t *out)
{
    size_t n = 0;

    for (size_t i = 0; i < len; i += 8) { /* four windows a step */
        out[n] = (uint16_t)i;
        n += is_maybe(maybe, window_at(from + i));
        out[n] = (uint16_t)(i + 2);
        n += is_maybe(maybe, window_at(from + i + 2));
        out[n] = (uint16_t)(i + 4);
        n += is_maybe(maybe, window_at(from + i + 4));
        out[n] = (uint16_t)(i + 6);
        n += is_maybe(maybe, window_at(from + i + 6));
    }
    return n;
}

/* A block of text: what passes the first table, of that what passes the second,
 * and of that the entries. */
static enum err run_block(const struct words *ws, struct str text, size_t from,
                          size_t len, struct prefilter_hits *hits)
{
    uint16_t at[BLOCK / 2 + 1];
    unsigned char may[BLOCK / 2 + 1];
    size_t count = sift(ws->maybe, text.ptr + from, len, at), left = 0;
    enum err e;

    for (size_t k = 0; k < count; k++) {
        at[left] = at[k];
        may[left] = (unsigned char)may_be(ws, text, from + at[k]);
        left += may[left] != 0;
    }
    for (size_t k = 0; k < left; k++) {
        size_t i = from + at[k];

        if ((e = look_all(ws, text, i, window_at(text.ptr + i), may[k], hits)))
            return e;
    }
    return OK;
}

static enum err run_windows(const struct words *ws, struct str text,
                            struct prefilter_hits *hits)
{
    size_t i = 0, len;
    enum err e;

    for (; i + 10 <= text.len; i += len) { /* windows are read with a fourth */
        len = (text.len - i - 2) / 8 * 8;
        len = len < BLOCK ? len : BLOCK;
        if ((e = run_block(ws, text, i, len, hits)))
            return e;
    }
    return run_last(ws, text, i, hits);
}

/* A keyword of one byte, in one of its cases; not listed, only asked for. */
static enum err run_byte(const struct keyword *kw, char c, struct str text,
                         struct prefilter_hits *hits)
{
    const char *p = text.ptr, *end = text.ptr + text.len;
    enum err e;

    while (p < end && (p = memchr(p, c, (size_t)(end - p))) != NULL) {
        if ((e = note(kw, (size_t)(p - text.ptr), hits)))
            return e;
        if (!is_listed(kw, hits))
            return OK;
        p++;
    }
    return OK;
}

static enum err run_single(const struct words *ws, struct str text,
                           struct prefilter_hits *hits)
{
    enum err e;

    for (size_t k = 0; k < ws->single; k++) {
        const struct keyword *kw = &ws->keywords[k];
        char c = to_lower(kw->text.ptr[0]);

        if ((e = run_byte(kw, c, text, hits)))
            return e;
        if (c >= 'a' && c <= 'z' &&
            (e = run_byte(kw, (char)(c & 0x5f), text, hits)))
            return e;
    }
    return OK;
}

static enum err run_words(const struct words *ws, struct str text, size_t base,
                          struct prefilter_hits *hits)
{
    enum err e;

    hits->base = base;
    if (ws->entry_count != 0 && (e = run_windows(ws, text, hits)))
        return e;
    return run_single(ws, text, hits);
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

    if (pf->near.count == 0)
        return OK;
    if (hits->places.everywhere ||
        (hits->tokens.partial && token_any(&pf->near_tokens)))
        return run_words(&pf->near, text, 0, hits);
    while (next != SIZE_MAX) {
        size_t from = next > reach ? next - reach : 0, to = next;

        while ((next = number_next(pf, hits, &place, &token)) != SIZE_MAX &&
               next <= to + reach)
            to = next;
        if ((e = run_words(&pf->near, str_head(str_skip(text, from), to - from),
                           from, hits)))
            return e;
    }
    return OK;
}

static int order_hits(const void *a, const void *b)
{
    uint64_t x, y;

    memcpy(&x, a, sizeof(x));
    memcpy(&y, b, sizeof(y));
    return x < y ? -1 : x > y;
}

enum err prefilter_run(const struct prefilter *pf, struct str text,
                       struct prefilter_hits *hits)
{
    struct traits traits;
    struct buf folded;
    enum err e = OK;

    if (hits->words < pf->words) {
        free(hits->rules);
        hits->words = 0;
        hits->rules = malloc(2 * pf->words * sizeof(*hits->rules));
        if (hits->rules == NULL)
            return E_NOMEM;
        hits->words = pf->words;
    }
    if (pf->words != 0) {
        hits->unlisted = hits->rules + hits->words;
        memset(hits->rules, 0, 2 * hits->words * sizeof(*hits->rules));
    }
    hits->count = 0;
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
    if (!e && !(e = run_words(&pf->far, text, 0, hits)))
        e = run_near(pf, text, hits);
    buf_wipe_free(&folded);
    if (!e && hits->count > 1)
        qsort(hits->at, hits->count, sizeof(*hits->at), order_hits);
    return e;
}
