#include "rules/trie.h"

#include <stdlib.h>

#include "rules/inside.h"

/*
 * The keywords are sorted, so that all those with a common beginning are
 * neighbours, and a node of the tree is a range of them:
 *
 *      sorted   0 ghp_  1 glpat-  2 gsk_  3 sk-  4 sk-ant-
 *      node "g"    [0, 3)      node "sk-"   [3, 5), of which [3, 4) ends here
 *
 * Edges are kept in one hash table under (node, byte). Letters are folded. The
 * characters beyond ASCII that stand for s and k lead by nodes of their own
 * to the same node as the letter.
 *
 * At most places of a text no keyword begins, and the first four bytes tell:
 * so each place is looked at once, with all the text there is behind it. Most
 * are within a word, where few keywords may: what these begin with is kept
 * apart.
 */

#define ROOT  0u
#define FRONT 4u /* bytes of a keyword that are looked at as one */
#define BITS  16 /* of their hash */
#define SOME  (1u << BITS)

struct node {
    uint32_t lo, hi;   /* keywords that go through */
    uint32_t eq;       /* those in [lo, eq) end here */
    uint32_t runs;     /* bits of those of their rules */
    bool gap;          /* the byte that leads here stands for white space */
    struct guard shut; /* no rule of them begins behind these bytes */
};

struct edge {
    uint32_t key; /* (node << 8 | byte) + 1; 0 is a free place */
    uint32_t to;
};

struct sorted {
    struct str text;
    uint32_t rule;
    uint64_t front; /* its first bytes, as a number that sorts like them */
    bool inner;     /* it may stand behind a letter or a digit, and begin with a
                       small one */
};

/* Does any keyword begin with this byte, with these two? With these four, or
 * has it but three? */
struct front {
    uint64_t first[4], pairs[256][4], fours[SOME / 64];
};

struct trie {
    struct sorted *sorted; /* only while building */
    uint32_t *rules;       /* in the order of the keywords */
    size_t count;
    struct node *nodes;
    size_t node_count;
    struct edge *edges;
    size_t edge_mask;
    uint32_t first[256];        /* edges of the root; ROOT is none */
    struct front any, inner;    /* of all, and of those that are */
    uint64_t threes[SOME / 64]; /* perhaps with these three? */
    uint64_t brief[256][4];     /* has one of these no more than two? */
    uint64_t quiet[4];          /* bytes: trie_quiet */
    bool of_signs;              /* trie_of_signs */
    size_t depth;
    bool gaps; /* a keyword has words, which a text may part by more */
};

static bool is_set(const uint64_t *bits, unsigned i)
{
    return (bits[i / 64] >> i % 64 & 1) != 0;
}

static struct edge *edge_place(const struct trie *t, uint32_t from,
                               unsigned char c)
{
    uint32_t key = (from << 8 | c) + 1;
    size_t i = key * UINT32_C(0x9e3779b1) >> 8;

    for (;; i++) {
        struct edge *ed = &t->edges[i & t->edge_mask];

        if (ed->key == key || ed->key == 0)
            return ed;
    }
}

static uint32_t edge_find(const struct trie *t, uint32_t from, unsigned char c)
{
    const struct edge *ed = edge_place(t, from, c);

    return ed->key == 0 ? ROOT : ed->to;
}

/* The table has room: it was sized for every edge there can be. */
static void edge_add(struct trie *t, uint32_t from, unsigned char c,
                     uint32_t to)
{
    struct edge *ed = edge_place(t, from, c);

    ed->key = (from << 8 | c) + 1;
    ed->to = to;
}

static uint32_t node_add(struct trie *t, uint32_t lo, uint32_t hi)
{
    t->nodes[t->node_count] = (struct node){.lo = lo, .hi = hi, .eq = lo};
    return (uint32_t)t->node_count++;
}

/* The node that bytes lead to from a node, made where there is none. */
static uint32_t lead(struct trie *t, uint32_t from, const char *bytes,
                     uint32_t to)
{
    size_t n = strlen(bytes);
    uint32_t at = from;

    for (size_t i = 0; i + 1 < n; i++) {
        unsigned char c = (unsigned char)bytes[i];
        uint32_t next = edge_find(t, at, c);

        if (next == ROOT) {
            next = node_add(t, t->nodes[from].lo, t->nodes[from].hi);
            edge_add(t, at, c, next);
        }
        at = next;
    }
    edge_add(t, at, (unsigned char)bytes[n - 1], to);
    return to;
}

/* A shorter text is less: what it lacks counts as zero. */
static uint64_t front_of(struct str s)
{
    uint64_t front = 0;

    for (size_t i = 0; i < 8; i++)
        front =
            front << 8 | (i < s.len ? (unsigned char)to_lower(s.ptr[i]) : 0u);
    return front;
}

static int order(const void *a, const void *b)
{
    const struct sorted *x = a, *y = b;
    size_t n = x->text.len < y->text.len ? x->text.len : y->text.len;

    if (x->front != y->front)
        return x->front < y->front ? -1 : 1;
    for (size_t i = 0; i < n; i++) {
        unsigned char p = (unsigned char)to_lower(x->text.ptr[i]);
        unsigned char q = (unsigned char)to_lower(y->text.ptr[i]);

        if (p != q)
            return p < q ? -1 : 1;
    }
    if (x->text.len != y->text.len)
        return x->text.len < y->text.len ? -1 : 1;
    return x->rule < y->rule ? -1 : x->rule > y->rule;
}

/* The most edges, and nodes, that a keyword can need. */
static size_t edges_of(struct str s)
{
    size_t n = s.len;

    for (size_t i = 0; i < s.len; i++) {
        char c = to_lower(s.ptr[i]);

        n += c == 's' ? 2 : c == 'k' ? 3 : 0;
    }
    return n;
}

/* What a rule that may sleep waits for; false for one that does not sleep, or
 * is not of the set. */
static bool waits_for(const struct rule *list, const struct run *runs,
                      const uint64_t *only, size_t i,
                      const struct str **ret_list, size_t *ret_n)
{
    const struct rule *r = &list[i];
    const struct run *run = &runs[i];
    static const struct str digits[] = {
        STR_INIT("0"), STR_INIT("1"), STR_INIT("2"), STR_INIT("3"),
        STR_INIT("4"), STR_INIT("5"), STR_INIT("6"), STR_INIT("7"),
        STR_INIT("8"), STR_INIT("9")};

    if (r->whole || (!r->keyword_first && run->bit == 0) ||
        !is_set(only, (unsigned)i))
        return false;
    *ret_list = run->before == RUN_DIGIT ? digits : r->keywords;
    *ret_n = run->before == RUN_DIGIT ? ARRAY_LEN(digits) : r->keyword_count;
    return true;
}

/* May a rule's keyword stand within a word? A letter of it is small then. */
static bool is_inner(const struct run *run)
{
    for (unsigned char c = '0'; c <= 'z'; c++)
        if (is_alnum((char)c) && !guard_stops(&run->small, c))
            return true;
    return false;
}

static enum err collect(struct trie *t, const struct rule *list, size_t n,
                        const uint64_t *only, const struct run *runs,
                        size_t *ret_edges)
{
    const struct str *texts;
    size_t total = 0, edges = 0, count;

    for (size_t i = 0; i < n; i++)
        if (waits_for(list, runs, only, i, &texts, &count))
            total += count;
    t->sorted = calloc(total + 1, sizeof(*t->sorted));
    t->rules = calloc(total + 1, sizeof(*t->rules));
    if (t->sorted == NULL || t->rules == NULL)
        return E_NOMEM;
    for (size_t i = 0; i < n; i++) {
        bool inner = is_inner(&runs[i]);

        if (!waits_for(list, runs, only, i, &texts, &count))
            continue;
        for (size_t j = 0; j < count; j++) {
            t->sorted[t->count++] = (struct sorted){texts[j], (uint32_t)i,
                                                    front_of(texts[j]), inner};
            edges += edges_of(texts[j]);
            t->depth = texts[j].len > t->depth ? texts[j].len : t->depth;
            t->gaps |= keyword_gaps(texts[j]);
        }
    }
    qsort(t->sorted, t->count, sizeof(*t->sorted), order);
    if (t->gaps)
        t->depth += KEYWORD_WIDE;
    for (size_t i = 0; i < t->count; i++)
        t->rules[i] = t->sorted[i].rule;
    *ret_edges = edges;
    return OK;
}

static enum err make_room(struct trie *t, size_t edges)
{
    size_t size = 16;

    while (size < edges * 2)
        size *= 2;
    t->edge_mask = size - 1;
    t->edges = calloc(size, sizeof(*t->edges));
    t->nodes = calloc(edges + 1, sizeof(*t->nodes));
    return t->edges == NULL || t->nodes == NULL ? E_NOMEM : OK;
}

/* How many bytes two keywords have in common at their beginning. */
static size_t common_front(struct str a, struct str b)
{
    size_t n = 0;

    while (n < a.len && n < b.len && to_lower(a.ptr[n]) == to_lower(b.ptr[n]))
        n++;
    return n;
}

/* A keyword follows its sorted neighbour as far as they are equal: path holds
 * the nodes of that one. */
static void enter(struct trie *t, uint32_t index, size_t shared,
                  uint32_t path[LIM_KEYWORD + 1])
{
    struct str s = t->sorted[index].text;

    for (size_t i = 0; i < s.len; i++) {
        if (i >= shared) {
            path[i + 1] = node_add(t, index, index);
            t->nodes[path[i + 1]].gap = keyword_gap(s, i);
            edge_add(t, path[i], (unsigned char)to_lower(s.ptr[i]),
                     path[i + 1]);
        }
        t->nodes[path[i + 1]].hi = index + 1;
    }
    t->nodes[path[s.len]].eq = index + 1;
}

static void enter_all(struct trie *t)
{
    uint32_t path[LIM_KEYWORD + 1] = {ROOT};

    for (uint32_t i = 0; i < t->count; i++)
        enter(t, i,
              i == 0 ? 0
                     : common_front(t->sorted[i - 1].text, t->sorted[i].text),
              path);
}

/* The second spelling of s and k, once all keywords are in. What is added here
 * is no edge of either. */
static void enter_folds(struct trie *t)
{
    for (size_t i = 0; i <= t->edge_mask; i++) {
        struct edge ed = t->edges[i];
        unsigned char c = (unsigned char)(ed.key - 1);

        if (ed.key != 0 && c == 's')
            (void)lead(t, (ed.key - 1) >> 8, "\xc5\xbf", ed.to);
        if (ed.key != 0 && c == 'k')
            (void)lead(t, (ed.key - 1) >> 8, "\xe2\x84\xaa", ed.to);
    }
}

/* What all rules of a node have in common. A keyword behind a run is not where
 * its rule begins. */
static void node_guard(const struct trie *t, struct node *at,
                       const struct guard *guards, const struct run *runs)
{
    at->shut = (struct guard){{UINT64_MAX, UINT64_MAX}};
    for (uint32_t i = at->lo; i < at->hi; i++) {
        uint32_t rule = t->rules[i];
        bool run = runs[rule].before != RUN_NONE;

        at->runs |= runs[rule].bit;
        at->shut.bits[0] &= run ? 0 : guards[rule].bits[0];
        at->shut.bits[1] &= run ? 0 : guards[rule].bits[1];
    }
}

/* Where a byte leads on from a node: white space of any kind on the way of a
 * space, that within a gap not away from it. */
static uint32_t node_next(const struct trie *t, uint32_t from, unsigned char c)
{
    uint32_t to;

    if (t->nodes[from].gap && is_white((char)c))
        return from;
    to = edge_find(t, from, c);
    if (to != ROOT || !t->gaps || !is_white((char)c))
        return to;
    to = edge_find(t, from, ' ');
    return t->nodes[to].gap ? to : ROOT;
}

static bool is_seen(char c)
{
    return (c >= ' ' && c <= '~') || c == '\t' || c == '\n' || c == '\r';
}

static void set(uint64_t *bits, unsigned i)
{
    bits[i / 64] |= UINT64_C(1) << i % 64;
}

static uint32_t four(const unsigned char *p, unsigned char last)
{
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
           (uint32_t)last << 24;
}

static unsigned hash_of(uint32_t x)
{
    return (x | UINT32_C(0x20202020)) * UINT32_C(0x9e3779b1) >> (32 - BITS);
}

static void enter_fronts(struct trie *t)
{
    for (size_t i = 0; i < t->count; i++) {
        struct str s = t->sorted[i].text;
        const unsigned char *p = (const unsigned char *)s.ptr;

        if (s.len < 3)
            continue;
        set(t->threes, hash_of(four(p, ' ')));
        set(t->any.fours, hash_of(four(p, s.len > 3 ? p[3] : ' ')));
        if (t->sorted[i].inner)
            set(t->inner.fours, hash_of(four(p, s.len > 3 ? p[3] : ' ')));
    }
}

static bool leads_inner(const struct trie *t, uint32_t at)
{
    for (uint32_t i = t->nodes[at].lo; i < t->nodes[at].hi; i++)
        if (t->sorted[i].inner)
            return true;
    return false;
}

static void enter_pair(struct trie *t, unsigned c, unsigned next)
{
    uint32_t from = t->first[c], to = from;
    bool brief = t->nodes[from].eq > t->nodes[from].lo;

    if (!brief)
        to = node_next(t, from, (unsigned char)to_lower((char)next));
    if (to == ROOT)
        return;
    if (brief || t->nodes[to].eq > t->nodes[to].lo)
        set(t->brief[c], next);
    set(t->any.pairs[c], next);
    if (leads_inner(t, to))
        set(t->inner.pairs[c], next);
}

/* What the first byte leads to, and the first two. */
static void enter_pairs(struct trie *t)
{
    t->of_signs = true;
    for (unsigned c = 0; c < 256; c++) {
        t->first[c] = edge_find(t, ROOT, (unsigned char)to_lower((char)c));
        if (t->first[c] == ROOT && is_seen((char)c))
            set(t->quiet, c);
        if (t->first[c] == ROOT)
            continue;
        set(t->any.first, c);
        if (leads_inner(t, t->first[c]))
            set(t->inner.first, c);
        if (c <= ' ' || c >= 0x7f || is_alnum((char)c))
            t->of_signs = false;
        for (unsigned next = 0; next < 256; next++)
            enter_pair(t, c, next);
    }
}

enum err trie_new(const struct rule *list, size_t n, const uint64_t *only,
                  const struct guard *guards, const struct run *runs,
                  struct trie **ret_trie)
{
    struct trie *t = calloc(1, sizeof(*t));
    size_t edges = 0;
    enum err e;

    if (t == NULL)
        return E_NOMEM;
    if ((e = collect(t, list, n, only, runs, &edges)) ||
        (e = make_room(t, edges))) {
        trie_free(t);
        return e;
    }
    (void)node_add(t, 0, (uint32_t)t->count);
    enter_all(t);
    enter_folds(t);
    for (size_t i = 0; i < t->node_count; i++)
        node_guard(t, &t->nodes[i], guards, runs);
    enter_pairs(t);
    enter_fronts(t);
    free(t->sorted);
    t->sorted = NULL;
    *ret_trie = t;
    return OK;
}

void trie_free(struct trie *t)
{
    if (t == NULL)
        return;
    free(t->sorted);
    free(t->rules);
    free(t->nodes);
    free(t->edges);
    free(t);
}

size_t trie_depth(const struct trie *t)
{
    return t->depth;
}

/* One byte more; false: no keyword goes on so. */
static bool walk_on(const struct trie *t, struct trie_walk *w, unsigned char c,
                    bool *ret_ends)
{
    unsigned char folded = (unsigned char)to_lower((char)c);
    uint32_t to = w->back == 0 ? t->first[c] : node_next(t, w->node, folded);
    const struct node *at = &t->nodes[to];
    bool stays = to == w->node;

    if (to == ROOT || guard_stops(&at->shut, w->before) ||
        (stays && ++w->wide > KEYWORD_WIDE))
        return false;
    w->node = to;
    w->back++;
    w->runs = at->runs;
    *ret_ends = at->eq > at->lo && !stays;
    return true;
}

/* A walk through the text from `at` on; false: it has ended. */
static bool walk(const struct trie *t, struct trie_walk *w, struct str text,
                 size_t at, size_t least, trie_ended *ended, void *ctx)
{
    size_t start = at - w->back;
    bool ends;

    for (; at < text.len; at++) {
        const struct node *n;

        if (!walk_on(t, w, (unsigned char)text.ptr[at], &ends))
            return false;
        n = &t->nodes[w->node];
        if (ends)
            ended(ctx, (struct trie_rules){t->rules + n->lo, n->eq - n->lo},
                  start, least < start ? least : start);
        if (n->hi == n->eq)
            return false;
    }
    return true;
}

/* Bytes of which there is but one way to write them are those as they are: but
 * for a blank, which may be more. (Of one beside such a byte it may be said,
 * too, that there are others.) */
static bool is_plain(uint32_t x)
{
    const uint32_t ones = UINT32_C(0x01010101), tops = UINT32_C(0x80808080);
    uint32_t y = x ^ 0x20 * ones, blanks = (y - ones) & ~y & tops;

    return ((x | ((x - 0x20 * ones) & ~x)) & tops) == 0 &&
           (blanks & blanks >> 8) == 0;
}

/* Those that may stand behind a byte and begin with another. */
static const struct front *front_at(const struct trie *t, unsigned char before,
                                    unsigned char c)
{
    return is_small((char)c) && is_alnum((char)before) ? &t->inner : &t->any;
}

/* May one begin with these four bytes, the first two of which one does? */
static bool may_begin_four(const struct trie *t, const struct front *f,
                           const unsigned char *p)
{
    uint32_t x = four(p, p[3]);

    return is_set(f->fours, hash_of(x)) ||
           is_set(f->fours, hash_of(four(p, ' '))) || !is_plain(x) ||
           is_set(t->brief[p[0]], p[1]);
}

/* At the front of the text, of which there is one byte at least? */
static bool may_begin(const struct trie *t, unsigned char before,
                      struct str text)
{
    const unsigned char *p = (const unsigned char *)text.ptr;
    const struct front *f = front_at(t, before, p[0]);

    if (text.len < 2)
        return is_set(f->first, p[0]);
    if (!is_set(f->pairs[p[0]], p[1]))
        return false;
    if (text.len == 3)
        return is_set(t->threes, hash_of(four(p, ' '))) ||
               !is_plain(four(p, ' ')) || is_set(t->brief[p[0]], p[1]);
    return text.len == 2 || may_begin_four(t, f, p);
}

/* The first place at or behind `at` where one may begin; text.len if none.
 * *before: the byte before that. */
static size_t next_begin(const struct trie *t, struct str text, size_t at,
                         unsigned char *before)
{
    const unsigned char *p = (const unsigned char *)text.ptr;

    for (; at + FRONT <= text.len; *before = p[at++]) {
        const struct front *f = front_at(t, *before, p[at]);

        if (is_set(f->pairs[p[at]], p[at + 1]) && may_begin_four(t, f, p + at))
            return at;
    }
    for (; at < text.len && !may_begin(t, *before, str_skip(text, at)); at++)
        *before = p[at];
    return at;
}

void trie_feed(const struct trie *t, struct trie_walk *walks, size_t *count,
               struct str text, size_t from, size_t begin, trie_ended *ended,
               void *ctx)
{
    const unsigned char *p = (const unsigned char *)text.ptr;
    unsigned char before = from == begin || from == 0 ? TRIE_NONE : p[from - 1];
    size_t kept = 0, least = SIZE_MAX;

    for (size_t i = 0; i < *count; i++) {
        struct trie_walk w = walks[i];

        if (w.back < FRONT &&
            !may_begin(t, w.before, str_skip(text, from - w.back)))
            continue;
        if (walk(t, &w, text, from, least, ended, ctx)) {
            walks[kept++] = w;
            least = text.len - walks[0].back;
        }
    }
    for (size_t at = from; (at = next_begin(t, text, at, &before)) < text.len;
         before = p[at++]) {
        struct trie_walk w = {.before = before};

        if (p[at] >= 0x80) /* second spellings of s and k are no letters to a
                              \b */
            w.before = TRIE_NONE;
        if (walk(t, &w, text, at, least, ended, ctx) && kept < t->depth) {
            walks[kept++] = w;
            least = text.len - walks[0].back;
        }
    }
    *count = kept;
}

size_t trie_quiet(const struct trie *t, struct str text)
{
    size_t n = 0;

    while (n < text.len && is_set(t->quiet, (unsigned char)text.ptr[n]))
        n++;
    return n;
}

bool trie_of_signs(const struct trie *t)
{
    return t->of_signs;
}

struct trie_rules trie_through(const struct trie *t, const struct trie_walk *w)
{
    const struct node *at = &t->nodes[w->node];

    return (struct trie_rules){t->rules + at->lo, at->hi - at->lo};
}
