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
 */

#define ROOT 0u

struct node {
    uint32_t lo, hi;   /* keywords that go through */
    uint32_t eq;       /* those in [lo, eq) end here */
    bool runs;         /* one of them is of a rule with a run */
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
};

struct trie {
    struct sorted *sorted; /* only while building */
    uint32_t *rules;       /* in the order of the keywords */
    size_t count;
    struct node *nodes;
    size_t node_count;
    struct edge *edges;
    size_t edge_mask;
    uint32_t first[256]; /* edges of the root; ROOT is none */
    size_t depth;
    bool gaps; /* a keyword has words, which a text may part by more */
};

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

/* What a rule that may sleep waits for; false for one that does not sleep. */
static bool waits_for(const struct rule *r, const struct run *run,
                      const struct str **ret_list, size_t *ret_n)
{
    static const struct str digits[] = {
        STR_INIT("0"), STR_INIT("1"), STR_INIT("2"), STR_INIT("3"),
        STR_INIT("4"), STR_INIT("5"), STR_INIT("6"), STR_INIT("7"),
        STR_INIT("8"), STR_INIT("9")};

    if (r->whole || (!r->keyword_first && run->bit == 0))
        return false;
    *ret_list = run->before == RUN_DIGIT ? digits : r->keywords;
    *ret_n = run->before == RUN_DIGIT ? ARRAY_LEN(digits) : r->keyword_count;
    return true;
}

static enum err collect(struct trie *t, const struct rule *list, size_t n,
                        const struct run *runs, size_t *ret_edges)
{
    const struct str *texts;
    size_t total = 0, edges = 0, count;

    for (size_t i = 0; i < n; i++) /* at most; ten digits stand for none */
        total += list[i].keyword_count == 0 ? 10 : list[i].keyword_count;
    t->sorted = calloc(total + 1, sizeof(*t->sorted));
    t->rules = calloc(total + 1, sizeof(*t->rules));
    if (t->sorted == NULL || t->rules == NULL)
        return E_NOMEM;
    for (size_t i = 0; i < n; i++) {
        if (!waits_for(&list[i], &runs[i], &texts, &count))
            continue;
        for (size_t j = 0; j < count; j++) {
            t->sorted[t->count++] =
                (struct sorted){texts[j], (uint32_t)i, front_of(texts[j])};
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

        at->runs |= run;
        at->shut.bits[0] &= run ? 0 : guards[rule].bits[0];
        at->shut.bits[1] &= run ? 0 : guards[rule].bits[1];
    }
}

enum err trie_new(const struct rule *list, size_t n, const struct guard *guards,
                  const struct run *runs, struct trie **ret_trie)
{
    struct trie *t = calloc(1, sizeof(*t));
    size_t edges = 0;
    enum err e;

    if (t == NULL)
        return E_NOMEM;
    if ((e = collect(t, list, n, runs, &edges)) || (e = make_room(t, edges))) {
        trie_free(t);
        return e;
    }
    (void)node_add(t, 0, (uint32_t)t->count);
    enter_all(t);
    enter_folds(t);
    for (size_t i = 0; i < t->node_count; i++)
        node_guard(t, &t->nodes[i], guards, runs);
    free(t->sorted);
    t->sorted = NULL;
    for (unsigned c = 0; c < 256; c++)
        t->first[c] =
            edge_find(t, ROOT, (unsigned char)to_lower((char)(unsigned char)c));
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

void trie_step(const struct trie *t, struct trie_walk *walks, size_t *count,
               unsigned char before, unsigned char c, trie_ended *ended,
               void *ctx)
{
    unsigned char folded = (unsigned char)to_lower((char)c);
    size_t kept = 0;

    for (size_t i = 0; i <= *count; i++) {
        struct trie_walk w;
        const struct node *at;
        bool stays = false;

        if (i < *count) {
            w = (struct trie_walk){.node = node_next(t, walks[i].node, folded),
                                   .back = walks[i].back + 1,
                                   .wide = walks[i].wide,
                                   .before = walks[i].before};
            stays = w.node == walks[i].node;
        } else { /* the second spellings of s and k are no letters to a \b */
            w = (struct trie_walk){
                .node = t->first[c],
                .back = 1,
                .before = c < 0x80 ? before : (unsigned char)TRIE_NONE};
        }
        at = &t->nodes[w.node];
        if (w.node == ROOT || guard_stops(&at->shut, w.before) ||
            (stays && ++w.wide > KEYWORD_WIDE))
            continue;
        if (at->eq > at->lo && !stays)
            ended(ctx, (struct trie_rules){t->rules + at->lo, at->eq - at->lo},
                  w.back);
        w.runs = at->runs;
        if (at->hi > at->eq && kept < t->depth)
            walks[kept++] = w;
    }
    *count = kept;
}

struct trie_rules trie_through(const struct trie *t, const struct trie_walk *w)
{
    const struct node *at = &t->nodes[w->node];

    return (struct trie_rules){t->rules + at->lo, at->hi - at->lo};
}
