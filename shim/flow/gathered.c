#include "flow/gathered.h"

#include <stdlib.h>

#include "flow/joined.h"
#include "rules/rule.h"

struct gathered {
    struct own_gather *gather; /* owned */
    struct own_piece pieces[OWN_PIECES];
    struct seg segs[LIM_OWN_GATHER]; /* texts that parts stand in */
    uint32_t count;
    uint64_t noted[(LIM_OWN + LIM_OWN_PARTED) / 64 +
                   1];   /* values; of the text at work */
    bool left_out, told; /* more parts than kept; of some value */
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
    memset(t->gathered->noted, 0, sizeof(t->gathered->noted));
    t->gathered->left_out = t->gathered->told = false;
    t->gathered->count = 0;
}

static enum err need_gathered(struct gathered **ret_gathered)
{
    struct gathered *g;
    enum err e;

    if (*ret_gathered != NULL)
        return OK;
    g = calloc(1, sizeof(*g));
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

static bool is_noted(const struct gathered *g, const struct own_about *about)
{
    return (g->noted[about->value / 64] >> about->value % 64 & 1) != 0;
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
    if (!is_noted(g, about))
        exchange_finding(ex, &f, scope);
    if (action < ACTION_REDACT || action == ACTION_BLOCK)
        return OK;
    t->gathered->told = true;
    return edit_parts(t, in, n, rule, ex);
}

/* The parts in the text, as far as there is room. */
static void add_parts(struct gathered *g, const struct own_search *s,
                      const struct seg *seg)
{
    const struct own_part *part;
    bool some = false;

    g->left_out |= own_search_left_out(s);
    for (size_t i = 0; (part = own_search_part(s, i)) != NULL; i++)
        if (own_gather_add(g->gather, part, g->count))
            some = true;
        else
            g->left_out = true;
    if (some) /* cannot be full: each text has one that is kept */
        g->segs[g->count++] = *seg;
}

static enum err take_told(struct tools *t, const struct inspect *in,
                          const struct scope *scope, const struct rule *rule,
                          struct exchange *ex)
{
    struct gathered *g = t->gathered;
    struct own_about about;
    enum err e = OK;
    size_t n;

    while (!e && own_gather_next(g->gather, in->eng->own, engine_clock_ns(),
                                 &about, g->pieces, &n))
        e = take(t, in, scope, rule, &about, n, ex);
    if (g->told && g->left_out)
        exchange_cond(ex, COND_UNEDITABLE, "parts of a secret, too many");
    return e;
}

enum err gathered_text(struct tools *t, const struct inspect *in,
                       const struct seg *seg, struct exchange *ex)
{
    const struct own_search *s = scratch_own(t->scratch);
    struct scope scope = {in->dir, seg->role, seg->part, in->host, &ex->known};
    const struct rule *rule;
    enum err e = OK;

    if (in->dir == DIR_SEND && s != NULL && in->eng->own != NULL &&
        own_search_part(s, 0) != NULL &&
        (rule = joined_rule(in, &scope)) != NULL &&
        !(e = need_gathered(&t->gathered))) {
        add_parts(t->gathered, s, seg);
        e = take_told(t, in, &scope, rule, ex);
    }
    if (t->gathered != NULL)
        memset(t->gathered->noted, 0, sizeof(t->gathered->noted));
    return e;
}

enum err gathered_noted(struct tools *t, const struct own_about *about)
{
    enum err e = need_gathered(&t->gathered);

    if (!e)
        t->gathered->noted[about->value / 64] |= UINT64_C(1)
                                                 << about->value % 64;
    return e;
}

void gathered_end(struct tools *t, const struct inspect *in)
{
    if (in->dir == DIR_SEND && t->gathered != NULL)
        own_gather_end(t->gathered->gather, in->eng->own, engine_clock_ns());
}
