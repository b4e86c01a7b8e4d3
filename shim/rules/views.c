#include "rules/inside.h"

#include <stdlib.h>

#include "detect/classes.h"
#include "detect/normal.h"

/*
 * The views of a text, one after the other: each is made, scanned by the rules
 * that look at it, and forgotten. One that has nothing that the last one had
 * not is not scanned.
 *
 *      text --> clean --> ...          look: a text, and the map to the one
 *                                      it was made of
 */

/* A text to be scanned, and where it comes from. */
struct look {
    struct str text;
    const struct textview *map; /* NULL: it is the text itself */
    const struct look *of;
    struct chain chain;
};

struct viewing {
    const struct rules *rs;
    struct scratch *sc;
    const struct scopes *at;
    unsigned views;  /* that anybody looks at here */
    unsigned within; /* of a decoded text: its rules look at this too */
    uint32_t seg;
    struct findings *out;
    size_t first;
    struct findings found; /* of the view in work; owned */
    struct textview clean, made;
};

static enum err viewing_need(struct scratch *sc, struct viewing **ret_vw)
{
    if (sc->viewing == NULL) {
        sc->viewing = calloc(1, sizeof(*sc->viewing));
        if (sc->viewing == NULL)
            return E_NOMEM;
        textview_init(&sc->viewing->clean);
        textview_init(&sc->viewing->made);
    }
    *ret_vw = sc->viewing;
    return OK;
}

void viewing_free(struct viewing *vw)
{
    if (vw == NULL)
        return;
    findings_free(&vw->found);
    textview_free(&vw->clean);
    textview_free(&vw->made);
    free(vw);
}

/* --- From a view to the text. */

static void map_finding(const struct look *l, struct finding *f)
{
    size_t start = (size_t)f->start, end = (size_t)f->end;

    f->chain = l->chain;
    for (; l->map != NULL; l = l->of)
        textview_span(l->map, start, end, &start, &end);
    f->start = start;
    f->end = end;
}

/* For qsort: by rule, then start. */
static int by_rule(const void *a, const void *b)
{
    const struct finding *x = a, *y = b;

    if (x->rule != y->rule)
        return x->rule->index < y->rule->index ? -1 : 1;
    if (x->start != y->start)
        return x->start < y->start ? -1 : 1;
    return x->end < y->end ? -1 : x->end > y->end;
}

static void sort_by_rule(struct finding *list, size_t n)
{
    if (n > 1)
        qsort(list, n, sizeof(*list), by_rule);
}

/* What both views have is one finding, that covers what both of them cover. */
static void unite(struct finding *known, const struct finding *f)
{
    known->start = f->start < known->start ? f->start : known->start;
    known->end = f->end > known->end ? f->end : known->end;
}

/* The findings of a view, sorted as those of the text are. */
static enum err merge(struct viewing *vw)
{
    struct findings *out = vw->out;
    size_t known = out->count, i = vw->first;
    enum err e;

    sort_by_rule(out->list + vw->first, known - vw->first);
    sort_by_rule(vw->found.list, vw->found.count);
    for (size_t j = 0; j < vw->found.count; j++) {
        const struct finding *f = &vw->found.list[j];

        while (i < known &&
               (out->list[i].rule->index < f->rule->index ||
                (out->list[i].rule == f->rule && out->list[i].end <= f->start)))
            i++;
        if (i < known && out->list[i].rule == f->rule &&
            out->list[i].start < f->end) {
            unite(&out->list[i], f);
        } else if (out->count > known &&
                   out->list[out->count - 1].rule == f->rule &&
                   out->list[out->count - 1].end > f->start) {
            unite(&out->list[out->count - 1], f); /* of one carrier */
        } else if ((e = findings_add(out, *f))) {
            return e;
        }
    }
    return OK;
}

/* What the rules of a view find in it. */
static enum err scan_look(struct viewing *vw, const struct look *l,
                          enum view_step step)
{
    unsigned views = 1u << step | vw->within;
    enum err e;

    if ((vw->views & views) != views)
        return OK;
    findings_clear(&vw->found);
    if ((e = scan_view(vw->rs, vw->sc, vw->at, views, l->text, vw->seg,
                       &vw->found)) ||
        vw->found.count == 0)
        return e;
    for (size_t i = 0; i < vw->found.count; i++)
        map_finding(l, &vw->found.list[i]);
    return merge(vw);
}

static struct look look_at(const struct look *of, const struct textview *v,
                           enum view_step step)
{
    struct look l = {buf_str(&v->bytes), v, of, of->chain};

    chain_add(&l.chain, step);
    return l;
}

/* --- The views of one text. */

/* One more of those that are made character by character. */
static enum err scan_normal(struct viewing *vw, const struct look *text,
                            unsigned what, enum view_step step)
{
    struct normal facts;
    struct look l;
    enum err e;

    if ((vw->views >> step & 1) == 0)
        return OK;
    if ((e = normal_make(what, text->text, &vw->made, &facts)))
        return e;
    l = look_at(text, &vw->made, step);
    return facts.changed ? scan_look(vw, &l, step) : OK;
}

static enum err scan_views(struct viewing *vw, const struct look *text,
                           unsigned classes)
{
    struct normal facts = {0};
    struct look clean;
    enum err e;

    if ((classes & (CLASS_NONASCII | CLASS_CONTROL)) == 0)
        return OK;
    if ((e = normal_make(0, text->text, &vw->clean, &facts)))
        return e;
    clean = look_at(text, &vw->clean, VIEW_CLEAN);
    if (facts.changed && (e = scan_look(vw, &clean, VIEW_CLEAN)))
        return e;
    if (facts.gapped && ((e = scan_normal(vw, text, NORMAL_GAP, VIEW_GAP))))
        return e;
    if ((e = scan_normal(vw, text, NORMAL_FOLD, VIEW_FOLD)))
        return e;
    return facts.marked
               ? scan_normal(vw, text, NORMAL_FOLD | NORMAL_NOMARK, VIEW_NOMARK)
               : OK;
}

enum err views_scan(const struct rules *rs, struct scratch *sc,
                    const struct scopes *at, unsigned views, unsigned classes,
                    struct str text, uint32_t seg, struct findings *out,
                    size_t first)
{
    struct look whole = {.text = text};
    struct viewing *vw;
    enum err e;

    if ((e = viewing_need(sc, &vw)))
        return e;
    vw->rs = rs;
    vw->sc = sc;
    vw->at = at;
    vw->views = views;
    vw->within = 0;
    vw->seg = seg;
    vw->out = out;
    vw->first = first;
    e = scan_views(vw, &whole, classes);
    textview_clear(&vw->clean);
    textview_clear(&vw->made);
    return e;
}
