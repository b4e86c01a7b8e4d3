#include "flow/gathered.h"

#include <stdlib.h>

#include "flow/joined.h"
#include "rules/rule.h"

struct gathered {
    struct own_gather *gather; /* owned */
    struct own_piece pieces[OWN_PIECES];
    struct seg segs[LIM_OWN_GATHER]; /* texts that parts stand in */
    uint32_t count;
};

static void free_one(struct gathered *g)
{
    if (g != NULL)
        own_gather_free(g->gather);
    free(g);
}

void gathered_free(struct tools *t)
{
    free_one(t->gathered);
}

void gathered_begin(struct tools *t)
{
    if (t->gathered == NULL)
        return;
    own_gather_clear(t->gathered->gather);
    t->gathered->count = 0;
}

static enum err gathered_new(struct gathered **ret_gathered)
{
    struct gathered *g = calloc(1, sizeof(*g));
    enum err e;

    if (g == NULL)
        return E_NOMEM;
    if ((e = own_gather_new(&g->gather))) {
        free_one(g);
        return e;
    }
    *ret_gathered = g;
    return OK;
}

static enum err edit_parts(struct tools *t, const struct inspect *in, size_t n,
                           const struct rule *rule, struct exchange *ex)
{
    const struct gathered *g = t->gathered;
    enum err e = OK;

    for (size_t i = 0; i < n && !e; i++)
        e = joined_edit(t, in, &g->segs[g->pieces[i].text], g->pieces[i].start,
                        g->pieces[i].end, rule, ex);
    return e;
}

static enum err take(struct tools *t, const struct inspect *in,
                     const struct scope *scope, const struct rule *rule,
                     const struct own_about *about, size_t n,
                     struct exchange *ex)
{
    const struct gathered *g = t->gathered;
    const struct own_piece *last = &g->pieces[n - 1];
    struct finding f = {
        .rule = rule, .start = last->start, .end = last->end, .about = *about};
    enum action action = rules_action(in->eng->rules, rule);

    fingerprint(in->eng->key,
                str_head(str_skip(g->segs[last->text].text, last->start),
                         last->end - last->start),
                f.print);
    exchange_finding(ex, &f, scope);
    return action < ACTION_REDACT || action == ACTION_BLOCK
               ? OK
               : edit_parts(t, in, n, rule, ex);
}

/* The parts in the text, as far as there is room. False: there are none. */
static bool add_parts(struct gathered *g, const struct inspect *in,
                      const struct own_search *s, const struct seg *seg)
{
    const struct own_part *part;
    bool some = false;

    if (g->count == ARRAY_LEN(g->segs))
        return false;
    for (size_t i = 0; (part = own_search_part(s, i)) != NULL; i++)
        some |= own_gather_add(g->gather, in->eng->own, part, g->count);
    if (some)
        g->segs[g->count++] = *seg;
    return some;
}

enum err gathered_text(struct tools *t, const struct inspect *in,
                       const struct seg *seg, struct exchange *ex)
{
    const struct own_search *s = scratch_own(t->scratch);
    struct scope scope = {in->dir, seg->role, seg->part, in->host, &ex->known};
    const struct rule *rule;
    struct own_about about;
    enum err e = OK;
    size_t n;

    if (in->dir != DIR_SEND || s == NULL || in->eng->own == NULL ||
        own_search_part(s, 0) == NULL ||
        (rule = joined_rule(in, &scope)) == NULL)
        return OK;
    if (t->gathered == NULL && (e = gathered_new(&t->gathered)))
        return e;
    if (!add_parts(t->gathered, in, s, seg))
        return OK;
    while (!e &&
           own_gather_next(t->gathered->gather, in->eng->own, engine_clock_ns(),
                           &about, t->gathered->pieces, &n))
        e = take(t, in, &scope, rule, &about, n, ex);
    return e;
}

void gathered_drop(struct tools *t, const struct inspect *in,
                   const struct own_about *about)
{
    if (t->gathered != NULL)
        own_gather_drop(t->gathered->gather, in->eng->own, about);
}

void gathered_end(struct tools *t, const struct inspect *in)
{
    if (in->dir == DIR_SEND && t->gathered != NULL)
        own_gather_end(t->gathered->gather, in->eng->own, engine_clock_ns());
}
