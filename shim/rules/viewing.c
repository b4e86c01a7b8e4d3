#include "rules/viewing.h"

#include <stdlib.h>

#include "base/random.h"
#include "detect/news.h"
#include "detect/plain.h"

#define HELD (3 + 2 * (LIM_VIEW_DEPTH + 1))

/* Each view that there is room for. */
static struct textview *held(struct viewing *vw, size_t i)
{
    struct textview *own[] = {&vw->made, &vw->unescaped, &vw->hidden};
    struct level *v;

    if (i < ARRAY_LEN(own))
        return own[i];
    v = &vw->levels[(i - ARRAY_LEN(own)) / 2];
    return i % 2 == 0 ? &v->decoded : &v->clean;
}

enum err viewing_need(struct scratch *sc, struct viewing **ret_vw)
{
    struct viewing *vw = sc->viewing;
    enum err e = scratch_chars(sc);

    if (e)
        return e;
    if (vw == NULL) {
        vw = calloc(1, sizeof(*vw));
        if (vw == NULL)
            return E_NOMEM;
        if ((e = random_fill(vw->key, sizeof(vw->key)))) {
            free(vw);
            return e;
        }
        decoding_init(&vw->decoding);
        for (size_t i = 0; i < HELD; i++)
            textview_init(held(vw, i));
        sc->viewing = vw;
    }
    *ret_vw = vw;
    return OK;
}

/* Of what a large text took, most is given back. */
void viewing_rest(struct viewing *vw)
{
    decoding_rest(&vw->decoding);
    for (size_t i = 0; i < HELD; i++)
        textview_rest(held(vw, i));
}

void viewing_free(struct viewing *vw)
{
    if (vw == NULL)
        return;
    findings_free(&vw->found);
    normal_news_free(&vw->news);
    sites_free(&vw->ells);
    decoding_free(&vw->decoding);
    for (size_t i = 0; i < HELD; i++)
        textview_free(held(vw, i));
    free(vw);
}

/* --- From a view to the text. */

/* Where it comes from; false if that is nothing of the text. */
bool viewing_span(const struct viewing *vw, const struct look *l,
                  struct finding *f)
{
    size_t start = (size_t)f->start, end = (size_t)f->end;

    f->chain = l->chain;
    if (!look_span(l, &start, &end))
        return false;
    start += vw->base;
    end += vw->base;
    for (size_t i = 0; i < ARRAY_LEN(vw->under); i++)
        if (vw->under[i] != NULL)
            textview_span(vw->under[i], start, end, &start, &end);
    f->start = start;
    f->end = end;
    return start < end;
}

enum err view_takes(const struct viewing *vw, struct str source, unsigned each,
                    unsigned wide)
{
    uint64_t steps = (uint64_t)each * source.len;

    if (wide != 0)
        steps += (uint64_t)wide * plain_high(source);
    return steps_take(vw->sc, steps);
}

enum err pieces_take(const struct viewing *vw, const struct textview *made,
                     unsigned each)
{
    return steps_take(vw->sc, each * (uint64_t)made->run_count);
}

/* What the rules of a view find in it. */
enum err scan_look(struct viewing *vw, const struct look *l,
                   enum view_step step)
{
    size_t kept = 0;
    enum err e;

    if (l->text.len > vw->left) { /* then it is the end of them all */
        vw->left = 0;
        vw->decoding.capped = true;
        return OK;
    }
    vw->left -= l->text.len;
    findings_clear(&vw->found);
    if ((e = steps_take(vw->sc,
                        STEPS_SCAN + STEPS_VIEW * (uint64_t)l->text.len)))
        return e;
    if (l->map != NULL)
        vw->sc->around = buf_str(&l->map->bytes);
    e = scan_view(vw->rs, vw->sc, vw->at,
                  vw->only != 0 ? vw->only : 1u << step | vw->within, l->text,
                  vw->seg, &vw->found);
    vw->sc->around = STR("");
    if (e)
        return e;
    for (size_t i = 0; i < vw->found.count; i++)
        if (viewing_span(vw, l, &vw->found.list[i]))
            vw->found.list[kept++] = vw->found.list[i];
    vw->found.count = kept;
    return kept == 0
               ? OK
               : findings_merge(vw->whole, vw->out, vw->first, &vw->found);
}

/* A view of a text that was looked at: of a long one what is new in it. */
enum err scan_news(struct viewing *vw, const struct look *l,
                   enum view_step step)
{
    struct news news = {.view = l->map, .source = l->of->text};
    struct look part = *l;
    enum err e = steps_take(vw->sc, STEPS_RUN * (uint64_t)l->map->run_count);

    if (e)
        return e;
    if (is_whole(vw, l->text.len))
        return scan_look(vw, l, step);
    while (!e && news_next(&news, &part.text)) {
        part.at = (size_t)(part.text.ptr - l->text.ptr);
        e = scan_look(vw, &part, step);
    }
    return e;
}

/* The view that was just made. */
enum err scan_made(struct viewing *vw, const struct look *of,
                   enum view_step step)
{
    struct look l = look_at(of, &vw->made, step);

    return scan_news(vw, &l, step);
}
