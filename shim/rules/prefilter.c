#include "rules/prefilter.h"

#include <stdlib.h>

/*
 * Keywords are looked for through windows of three bytes, one for each byte of
 * the text:
 *
 *      text    . . k e y w o r d . .
 *                  |     |             "eyw", the rarest of this keyword
 *
 * A table of one byte per hash value says "maybe", its bits by three more bits
 * of the hash; the entries of that value are then compared in full. Keywords of
 * two bytes are so few that each has a pass of its own, sixteen bytes a step,
 * and those of a single byte are left to memchr.
 *
 * Letters are folded with | 0x20, which also folds what is no letter: the
 * comparison sorts that out.
 *
 * A second pass, sixteen bytes a step, measures runs of digits and sees
 * the two characters beyond ASCII that PCRE2 takes for s and k. They are so
 * rare that with one of them every rule is run.
 */

#define FOLD     UINT32_C(0x20202020)
#define NONE     UINT32_MAX
#define HITS_MAX 4096   /* offsets noted; beyond, rules look for themselves */
#define TABLE    32768u /* bytes that stay in the first-level cache */

struct entry {
    uint32_t next; /* of the same bucket, or NONE */
    uint32_t hash;
    uint32_t keyword;
    uint32_t off; /* of the window in the keyword */
};

struct keyword {
    struct str text;
    uint32_t rule;
    bool listed; /* its offsets go into `at` */
};

struct prefilter {
    struct keyword *keywords;    /* of one byte, of two, then all others */
    size_t count, single, pairs; /* those end at these indices */
    struct entry *entries;
    size_t entry_count, entry_cap;
    unsigned char *maybe; /* of each hash / 8: bits of hash % 8 */
    uint32_t *bucket;     /* of each hash % BUCKETS: the first entry */
    size_t words;         /* of a bit set of all rules */
    size_t digits;        /* the longest run that a rule asks for */
};

#define BUCKETS 4096u

/* Of three bytes, the lowest first; the fourth does not matter. */
static uint32_t window_hash(uint32_t w)
{
    return ((w | FOLD) << 8) * UINT32_C(0x9e3779b1) >> 14;
}

static uint32_t window_of(const unsigned char *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16;
}

/* How often a byte stands in English text: 4 * log2 of its share in 10^4. */
static unsigned byte_weight(unsigned char c)
{
    static const unsigned char letters[26] = {
        37, 28, 31, 33, 40, 30, 29, 36, 37, 13, 23, 33, 30,
        37, 37, 29, 12, 36, 36, 38, 31, 25, 30, 15, 28, 9};
    char lower = to_lower((char)c);

    if (lower >= 'a' && lower <= 'z')
        return letters[lower - 'a'];
    return c == ' ' ? 43 : 16;
}

/* Windows that stand in English text far more often than their letters say. */
static bool is_common(const char *p)
{
    static const char common[] =
        " the|the|he |and|nd | an|ing|ng | of|of | to|to |ion|ent|ed |er |re |"
        "es |is | is|at |hat|tha| in|in |on | co| wh|wha|you| yo|ou | re| st|"
        "for| fo|or | be|all| no|not|ot | al|ate|ter|ati| me|me |do | do|st |"
        "rom|fro| fr|wit|ith| wi|her|his|as | as|ere|our|rep|per|end|nte|pro|";
    char window[4] = {to_lower(p[0]), to_lower(p[1]), to_lower(p[2]), 0};

    return strstr(common, window) != NULL;
}

/* Where the rarest window of a keyword of at least three bytes begins. */
static size_t rarest(struct str s)
{
    unsigned best = UINT32_MAX;
    size_t at = 0;

    for (size_t i = 0; i + 3 <= s.len; i++) {
        const unsigned char *p = (const unsigned char *)s.ptr + i;
        unsigned sum = byte_weight(p[0]) + byte_weight(p[1]) +
                       byte_weight(p[2]) + (is_common(s.ptr + i) ? 40 : 0);

        if (sum <= best) { /* of equals the last: the ends of characters */
            best = sum;
            at = i;
        }
    }
    return at;
}

static enum err entry_add(struct prefilter *pf, uint32_t window, size_t keyword,
                          uint32_t off)
{
    if (pf->entry_count == pf->entry_cap) {
        size_t cap = pf->entry_cap * 2 + 256;
        struct entry *grown = realloc(pf->entries, cap * sizeof(*grown));

        if (grown == NULL)
            return E_NOMEM;
        pf->entries = grown;
        pf->entry_cap = cap;
    }
    pf->entries[pf->entry_count++] = (struct entry){
        .next = NONE,
        .hash = window_hash(window),
        .keyword = (uint32_t)keyword,
        .off = off,
    };
    return OK;
}

static enum err add_windows(struct prefilter *pf)
{
    enum err e;

    for (size_t k = pf->pairs; k < pf->count; k++) {
        struct str s = pf->keywords[k].text;
        size_t at = rarest(s);
        uint32_t w = window_of((const unsigned char *)s.ptr + at);

        if ((e = entry_add(pf, w, k, (uint32_t)at)))
            return e;
    }
    return OK;
}

static enum err build_table(struct prefilter *pf)
{
    pf->maybe = calloc(TABLE, 1);
    pf->bucket = malloc(BUCKETS * sizeof(*pf->bucket));
    if (pf->maybe == NULL || pf->bucket == NULL)
        return E_NOMEM;
    for (size_t i = 0; i < BUCKETS; i++)
        pf->bucket[i] = NONE;
    for (size_t i = 0; i < pf->entry_count; i++) {
        struct entry *en = &pf->entries[i];

        en->next = pf->bucket[en->hash % BUCKETS];
        pf->bucket[en->hash % BUCKETS] = (uint32_t)i;
        pf->maybe[en->hash / 8] |= (unsigned char)(1u << en->hash % 8);
    }
    return OK;
}

/* The keywords of so many bytes, behind those collected. */
static void collect_some(struct prefilter *pf, const struct rule *list,
                         size_t n, size_t least, size_t most)
{
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < list[i].keyword_count; j++) {
            struct str text = list[i].keywords[j];

            if (text.len >= least && text.len <= most)
                pf->keywords[pf->count++] =
                    (struct keyword){text, (uint32_t)i, list[i].keyword_first};
        }
}

static enum err collect(struct prefilter *pf, const struct rule *list, size_t n)
{
    size_t total = 0;

    for (size_t i = 0; i < n; i++) {
        total += list[i].keyword_count;
        if (list[i].digits > pf->digits)
            pf->digits = list[i].digits;
    }
    pf->keywords = calloc(total + 1, sizeof(*pf->keywords));
    if (pf->keywords == NULL)
        return E_NOMEM;
    collect_some(pf, list, n, 1, 1);
    pf->single = pf->count;
    collect_some(pf, list, n, 2, 2);
    pf->pairs = pf->count;
    collect_some(pf, list, n, 3, LIM_KEYWORD);
    return OK;
}

enum err prefilter_new(const struct rule *list, size_t n,
                       struct prefilter **ret_pf)
{
    struct prefilter *pf = calloc(1, sizeof(*pf));
    enum err e;

    if (pf == NULL)
        return E_NOMEM;
    pf->words = (n + 63) / 64;
    if ((e = collect(pf, list, n)) || (e = add_windows(pf)) ||
        (e = build_table(pf))) {
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
    free(pf->keywords);
    free(pf->entries);
    free(pf->maybe);
    free(pf->bucket);
    free(pf);
}

void prefilter_hits_free(struct prefilter_hits *hits)
{
    free(hits->rules);
    free(hits->at);
    *hits = (struct prefilter_hits){0};
}

static bool nocase_equal(const char *a, const char *b, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (to_lower(a[i]) != to_lower(b[i]))
            return false;
    return true;
}

static void note(const struct keyword *kw, size_t start,
                 struct prefilter_hits *hits)
{
    hits->rules[kw->rule >> 6] |= UINT64_C(1) << (kw->rule & 63);
    if (!kw->listed)
        return;
    if (hits->count == hits->cap) {
        hits->partial = true;
        return;
    }
    hits->at[hits->count++] = (uint64_t)kw->rule << 32 | start;
}

/* A window at offset i has a known hash: which keywords is it part of? */
static void look_closer(const struct prefilter *pf, struct str text, size_t i,
                        uint32_t h, struct prefilter_hits *hits)
{
    for (uint32_t at = pf->bucket[h % BUCKETS]; at != NONE;
         at = pf->entries[at].next) {
        const struct entry *en = &pf->entries[at];
        const struct keyword *kw = &pf->keywords[en->keyword];
        size_t start;

        if (en->hash != h || en->off > i)
            continue;
        start = i - en->off;
        if (start + kw->text.len <= text.len &&
            nocase_equal(text.ptr + start, kw->text.ptr, kw->text.len))
            note(kw, start, hits);
    }
}

/* Out of line, so that the loop below keeps its hashes in registers. */
__attribute__((noinline)) static void look_at_four(const struct prefilter *pf,
                                                   struct str text, size_t i,
                                                   struct prefilter_hits *hits)
{
    for (size_t end = i + 4; i < end && i + 3 <= text.len; i++) {
        uint32_t h =
            window_hash(window_of((const unsigned char *)text.ptr + i));

        if (pf->maybe[h / 8] >> h % 8 & 1)
            look_closer(pf, text, i, h, hits);
    }
}

/* The place in the table of the window that begins at byte n of w. */
static inline size_t place(uint64_t w, unsigned n)
{
    return window_hash((uint32_t)(w >> 8 * n)) / 8;
}

static void run_windows(const struct prefilter *pf, struct str text,
                        struct prefilter_hits *hits)
{
    const unsigned char *maybe = pf->maybe;
    size_t i = 0;

    for (; i + 8 <= text.len; i += 4) { /* four windows a step */
        uint64_t w;

        memcpy(&w, text.ptr + i, 8);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
        w = __builtin_bswap64(w);
#endif
        if (maybe[place(w, 0)] | maybe[place(w, 1)] | maybe[place(w, 2)] |
            maybe[place(w, 3)])
            look_at_four(pf, text, i, hits);
    }
    for (; i + 3 <= text.len; i += 4)
        look_at_four(pf, text, i, hits);
}

static void run_single(const struct prefilter *pf, struct str text,
                       struct prefilter_hits *hits)
{
    for (size_t k = 0; k < pf->single; k++) {
        const struct keyword *kw = &pf->keywords[k];
        char c = to_lower(kw->text.ptr[0]);

        if (memchr(text.ptr, c, text.len) == NULL &&
            (c < 'a' || c > 'z' || !memchr(text.ptr, c & 0x5f, text.len)))
            continue;
        hits->rules[kw->rule >> 6] |= UINT64_C(1) << (kw->rule & 63);
        if (kw->listed)
            hits->partial = true;
    }
}

/* --- The second pass. */

struct digit_run {
    size_t now, best;
};

static void digit_step(struct digit_run *d, char c)
{
    if (is_digit(c)) {
        if (++d->now > d->best)
            d->best = d->now;
    } else if (c != ' ' && c != '-' && c != '.' && c != '(' && c != ')' &&
               c != '/') {
        d->now = 0;
    }
}

static bool folds_here(const unsigned char *p, size_t len)
{
    return (len >= 2 && p[0] == 0xc5 && p[1] == 0xbf) ||
           (len >= 3 && p[0] == 0xe2 && p[1] == 0x84 && p[2] == 0xaa);
}

#define LANES 16
struct lanes {
    unsigned char c __attribute__((vector_size(LANES)));
};

static struct lanes lanes_at(const unsigned char *p)
{
    struct lanes v;

    memcpy(&v.c, p, LANES);
    return v;
}

static bool any_set(struct lanes v)
{
    uint64_t half[2];

    memcpy(half, &v.c, sizeof(half));
    return (half[0] | half[1]) != 0;
}

/* One of LANES bytes at p, with one more behind, is a letter's second spelling
 * (of three bytes the last two). */
static bool folds_in(const unsigned char *p)
{
    struct lanes a = lanes_at(p), b = lanes_at(p + 1), m;

    m.c = (unsigned char __attribute__((vector_size(LANES))))(
        ((a.c == 0xc5) & (b.c == 0xbf)) | ((a.c == 0x84) & (b.c == 0xaa)));
    return any_set(m);
}

static void run_pair(const struct keyword *kw, struct str text,
                     struct prefilter_hits *hits)
{
    const unsigned char *p = (const unsigned char *)text.ptr;
    unsigned char x = (unsigned char)kw->text.ptr[0] | 0x20;
    unsigned char y = (unsigned char)kw->text.ptr[1] | 0x20;
    size_t i = 0;

    while (i + 2 <= text.len) {
        size_t end = text.len - 1;

        if (i + LANES + 1 <= text.len) {
            struct lanes a = lanes_at(p + i), b = lanes_at(p + i + 1), m;

            m.c = (unsigned char __attribute__((vector_size(LANES))))(
                ((a.c | 0x20) == x) & ((b.c | 0x20) == y));
            if (!any_set(m)) {
                i += LANES;
                continue;
            }
            end = i + LANES;
        }
        for (; i < end; i++)
            if (nocase_equal(text.ptr + i, kw->text.ptr, 2))
                note(kw, i, hits);
    }
}

static void run_traits(const struct prefilter *pf, struct str text,
                       struct prefilter_hits *hits)
{
    const unsigned char *p = (const unsigned char *)text.ptr;
    struct digit_run d = {0};
    size_t i = 0;

    for (; i + LANES + 1 <= text.len; i += LANES) {
        struct lanes a = lanes_at(p + i), m;

        /* Digits, and what is not ASCII: neither is the usual case. */
        m.c = (unsigned char __attribute__((vector_size(LANES))))(
                  (unsigned char
                   __attribute__((vector_size(LANES))))(a.c - '0') < 10) |
              (a.c & 0x80);
        if (d.now == 0 && !any_set(m))
            continue;
        hits->all = hits->all || folds_in(p + i);
        for (size_t j = i; j < i + LANES && d.best < pf->digits; j++)
            digit_step(&d, text.ptr[j]);
    }
    for (; i < text.len; i++) {
        digit_step(&d, text.ptr[i]);
        if (folds_here(p + i, text.len - i) ||
            (i > 0 && folds_here(p + i - 1, text.len - i + 1)))
            hits->all = true;
    }
    hits->digits = d.best;
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
    if (hits->words < pf->words) {
        free(hits->rules);
        hits->words = 0;
        hits->rules = malloc(pf->words * sizeof(*hits->rules));
        if (hits->rules == NULL)
            return E_NOMEM;
        hits->words = pf->words;
    }
    if (hits->at == NULL) {
        hits->at = malloc(HITS_MAX * sizeof(*hits->at));
        if (hits->at == NULL)
            return E_NOMEM;
        hits->cap = HITS_MAX;
    }
    if (pf->words != 0)
        memset(hits->rules, 0, pf->words * sizeof(*hits->rules));
    hits->count = 0;
    hits->partial = hits->all = false;
    hits->digits = 0;
    if (text.len == 0)
        return OK;
    run_traits(pf, text, hits);
    if (pf->entry_count != 0)
        run_windows(pf, text, hits);
    for (size_t k = pf->single; k < pf->pairs; k++)
        run_pair(&pf->keywords[k], text, hits);
    run_single(pf, text, hits);
    if (hits->count > 1)
        qsort(hits->at, hits->count, sizeof(*hits->at), order_hits);
    return OK;
}

/* --- One rule's keywords at one place. */

enum keyword_here keyword_at(struct str keyword, struct str text)
{
    const unsigned char *p = (const unsigned char *)text.ptr;
    size_t at = 0;

    for (size_t i = 0; i < keyword.len; i++) {
        char c = to_lower(keyword.ptr[i]);

        if (at == text.len)
            return KEYWORD_CUT;
        if (to_lower(text.ptr[at]) == c)
            at++;
        else if (c == 's' && text.len - at >= 2 && p[at] == 0xc5 &&
                 p[at + 1] == 0xbf)
            at += 2;
        else if (c == 'k' && text.len - at >= 3 && p[at] == 0xe2 &&
                 p[at + 1] == 0x84 && p[at + 2] == 0xaa)
            at += 3;
        else
            return KEYWORD_NO;
    }
    return KEYWORD_YES;
}

void keyword_starts(const struct rule *r, bool starts[256])
{
    memset(starts, 0, 256);
    for (size_t j = 0; j < r->keyword_count; j++) {
        char c = to_lower(r->keywords[j].ptr[0]);

        starts[(unsigned char)c] = true;
        if (c >= 'a' && c <= 'z')
            starts[c & 0x5f] = true;
        if (c == 's')
            starts[0xc5] = true;
        if (c == 'k')
            starts[0xe2] = true;
    }
}

size_t keyword_next(const struct rule *r, const bool starts[256],
                    struct str text, size_t from, bool open)
{
    for (size_t i = from; i < text.len; i++) {
        if (!starts[(unsigned char)text.ptr[i]])
            continue;
        for (size_t j = 0; j < r->keyword_count; j++) {
            enum keyword_here here =
                keyword_at(r->keywords[j], str_skip(text, i));

            if (here == KEYWORD_YES || (here == KEYWORD_CUT && open))
                return i;
        }
    }
    return text.len;
}
