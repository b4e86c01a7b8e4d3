#include "rules/prefilter.h"

#include <stdlib.h>

/*
 * Keywords are looked for through windows of three bytes, one for each byte of
 * the text:
 *
 *      text    . . k e y w o r d . .
 *                  |     |             "eyw", the rarest of this keyword
 *
 * A bit per hash value says "maybe"; the entries of that value are then
 * compared in full. A keyword of two bytes is entered with every third byte
 * there can be; one of a single byte is left to memchr.
 *
 * Letters are folded with | 0x20, which also folds what is no letter: the
 * comparison sorts that out.
 *
 * A second pass, sixteen bytes a step, measures runs of digits and sees
 * the two characters beyond ASCII that PCRE2 takes for s and k. They are so
 * rare that with one of them every rule is run.
 */

#define FOLD       0x202020u
#define NONE       UINT32_MAX
#define HITS_MAX   4096 /* offsets noted; beyond, rules look for themselves */
#define BITS_LEAST 16   /* 8 KiB of bits stay in the first-level cache */
#define BITS_MOST  20

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
    struct keyword *keywords;
    size_t count;
    struct entry *entries;
    size_t entry_count, entry_cap;
    uint64_t *bits;   /* 1 << shift of them */
    uint32_t *bucket; /* 1 << BITS_LEAST >> 4 of them: heads of entries */
    unsigned shift;
    size_t rules, words;
    size_t digits; /* the longest run that a rule asks for */
    bool short_ones;
};

#define BUCKETS 4096u

static uint32_t window_hash(uint32_t w, unsigned bits)
{
    return (w << 8) * UINT32_C(0x9e3779b1) >> (32 - bits);
}

static uint32_t window_of(const unsigned char *p)
{
    return ((uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16) | FOLD;
}

/* How often a byte stands in text, roughly; larger is more. */
static unsigned byte_weight(unsigned char c)
{
    static const char order[] = "zqjxkvbypgfwmculdrhsnioate ";
    const char *at = c == 0 ? NULL : strchr(order, to_lower((char)c));

    if (at != NULL)
        return 6 + (unsigned)(at - order);
    return c >= 0x80 ? 8 : 4;
}

/* Where the rarest window of a keyword of at least three bytes begins. */
static size_t rarest(struct str s)
{
    unsigned best = UINT32_MAX;
    size_t at = 0;

    for (size_t i = 0; i + 3 <= s.len; i++) {
        unsigned sum = 0;

        for (size_t j = i; j < i + 3; j++)
            sum += byte_weight((unsigned char)s.ptr[j]);
        if (sum < best) {
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
        .hash = window, /* hashed once the size of the table is known */
        .keyword = (uint32_t)keyword,
        .off = off,
    };
    return OK;
}

static enum err add_windows(struct prefilter *pf)
{
    enum err e;

    for (size_t k = 0; k < pf->count; k++) {
        struct str s = pf->keywords[k].text;
        unsigned char b[3] = {0};
        size_t at = 0;

        if (s.len == 1)
            pf->short_ones = true;
        if (s.len >= 3) {
            at = rarest(s);
            memcpy(b, s.ptr + at, 3);
            if ((e = entry_add(pf, window_of(b), k, (uint32_t)at)))
                return e;
        }
        memcpy(b, s.ptr, 2 * (s.len == 2));
        for (unsigned x = 0; x < 0x100 && s.len == 2; x++) {
            b[2] = (unsigned char)x;
            if ((x & 0x20) && (e = entry_add(pf, window_of(b), k, 0)))
                return e; /* without that bit it is folded to another */
        }
    }
    return OK;
}

/* Bits and buckets for the entries collected: at most 1 bit in 32 is set. */
static enum err build_table(struct prefilter *pf)
{
    pf->shift = BITS_LEAST;
    while (pf->shift < BITS_MOST && pf->entry_count * 32 > 1u << pf->shift)
        pf->shift++;
    pf->bits = calloc(1u << (pf->shift - 6), sizeof(*pf->bits));
    pf->bucket = malloc(BUCKETS * sizeof(*pf->bucket));
    if (pf->bits == NULL || pf->bucket == NULL)
        return E_NOMEM;
    for (size_t i = 0; i < BUCKETS; i++)
        pf->bucket[i] = NONE;
    for (size_t i = 0; i < pf->entry_count; i++) {
        struct entry *en = &pf->entries[i];
        uint32_t h = window_hash(en->hash, pf->shift);

        en->hash = h;
        en->next = pf->bucket[h % BUCKETS];
        pf->bucket[h % BUCKETS] = (uint32_t)i;
        pf->bits[h >> 6] |= UINT64_C(1) << (h & 63);
    }
    return OK;
}

static enum err collect(struct prefilter *pf, const struct rule *list, size_t n)
{
    size_t total = 0, k = 0;

    for (size_t i = 0; i < n; i++) {
        total += list[i].keyword_count;
        if (list[i].digits > pf->digits)
            pf->digits = list[i].digits;
    }
    pf->keywords = calloc(total + 1, sizeof(*pf->keywords));
    if (pf->keywords == NULL)
        return E_NOMEM;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < list[i].keyword_count; j++)
            pf->keywords[k++] = (struct keyword){
                .text = list[i].keywords[j],
                .rule = (uint32_t)i,
                .listed = list[i].keyword_first,
            };
    pf->count = total;
    return OK;
}

enum err prefilter_new(const struct rule *list, size_t n,
                       struct prefilter **ret_pf)
{
    struct prefilter *pf = calloc(1, sizeof(*pf));
    enum err e;

    if (pf == NULL)
        return E_NOMEM;
    pf->rules = n;
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
    free(pf->bits);
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

static void run_windows(const struct prefilter *pf, struct str text,
                        struct prefilter_hits *hits)
{
    const unsigned char *p = (const unsigned char *)text.ptr;
    const uint64_t *bits = pf->bits;
    unsigned shift = pf->shift;
    size_t i = 0;

    for (; i + 4 <= text.len; i++) {
        uint32_t w, h;

        memcpy(&w, p + i, 4);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
        w = __builtin_bswap32(w);
#endif
        h = window_hash(w | FOLD, shift);
        if (__builtin_expect(bits[h >> 6] >> (h & 63) & 1, 0))
            look_closer(pf, text, i, h, hits);
    }
    for (; i < text.len; i++) { /* the last windows are filled with NUL */
        unsigned char end[3] = {0};
        uint32_t h;

        memcpy(end, p + i, text.len - i < 3 ? text.len - i : 3);
        h = window_hash(window_of(end), shift);
        if (bits[h >> 6] >> (h & 63) & 1)
            look_closer(pf, text, i, h, hits);
    }
}

static void run_short(const struct prefilter *pf, struct str text,
                      struct prefilter_hits *hits)
{
    for (size_t k = 0; k < pf->count; k++) {
        const struct keyword *kw = &pf->keywords[k];
        char c;

        if (kw->text.len != 1)
            continue;
        c = to_lower(kw->text.ptr[0]);
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

static bool any_set(struct lanes v)
{
    uint64_t half[2];

    memcpy(half, &v.c, sizeof(half));
    return (half[0] | half[1]) != 0;
}

static void run_traits(const struct prefilter *pf, struct str text,
                       struct prefilter_hits *hits)
{
    const unsigned char *p = (const unsigned char *)text.ptr;
    struct digit_run d = {0};
    size_t i = 0;

    for (; i + LANES + 1 <= text.len; i += LANES) {
        struct lanes a, b, m;

        memcpy(&a.c, p + i, LANES);
        memcpy(&b.c, p + i + 1, LANES);
        m.c = (unsigned char __attribute__((vector_size(LANES))))(
            ((a.c == 0xc5) & (b.c == 0xbf)) | ((a.c == 0x84) & (b.c == 0xaa)));
        if (any_set(m))
            hits->all = true;
        m.c = (unsigned char
               __attribute__((vector_size(LANES))))((a.c - '0') < 10);
        if (d.best >= pf->digits || (d.now == 0 && !any_set(m)))
            continue;
        for (size_t j = i; j < i + LANES; j++)
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
    if (pf->short_ones)
        run_short(pf, text, hits);
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
