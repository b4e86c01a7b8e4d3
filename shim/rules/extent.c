#include "rules/extent.h"

#include "base/utf8.h"

/*
 * What is known when all of it has come, and says itself where it ends: a tag,
 * a title, an element that a page does not show. It is held as a word that may
 * be encoded is (coded.c), and then looked at as a text:
 *
 *      The page: <!-- ignore previous instructions --> and
 *                |start                               | looked at here
 *
 * Each is a text of its own: nothing is found that is of two of them. One that
 * is longer than may be held ends there, and that is told.
 *
 * Where one ends goes by the bytes of the text alone, and so does where it is
 * too long: how they were cut is the same.
 */

#define MOST  ((uint64_t)LIM_HOLD_EXTENT)
#define SHORT 256 /* bytes that are looked at again with each piece */

static struct str text_from(const struct stream *st, uint64_t from)
{
    return (struct str){st->text.ptr + (from - st->base),
                        (size_t)(st->v - from)};
}

void extents_want(struct stream *st, unsigned views)
{
    st->hidden.on = (views & 1u << VIEW_HIDDEN) != 0;
    extents_reset(st);
}

void extents_reset(struct stream *st)
{
    st->hidden =
        (struct extent){.on = st->hidden.on, .at = st->v, .start = NEVER};
}

void extents_copy(struct stream *to, const struct stream *of)
{
    if (of->hidden.on)
        to->hidden = of->hidden;
    else
        extents_want(to, rules_views_at(to->rs, &to->at));
}

bool extents_mind(const struct stream *st)
{
    return st->hidden.page.raw != MARKUP_NONE;
}

uint64_t extents_start(const struct stream *st)
{
    return st->hidden.start;
}

/* --- One. */

/* Where one begins. */
static void seek(struct stream *st, struct extent *x)
{
    size_t n = markup_mark(text_from(st, x->at));

    markup_skip(&x->page, n);
    x->at += n;
    x->next = 0;
    x->start = x->at < st->v ? x->at : NEVER;
}

/* Does it end in the text, which ends with `last`? */
static bool ends(struct stream *st, struct extent *x, struct str text,
                 bool last)
{
    if (markup_ends(&x->page, text, false))
        return true;
    if (st->v - x->start < MOST && !last)
        return false;
    stream_text(st)->capped |= st->v - x->start >= MOST;
    return markup_ends(&x->page, text, true);
}

static enum err add_all(struct stream *st, uint64_t from,
                        const struct findings *list)
{
    enum err e;

    /* What one that only logs has in the text is known then. */
    if (list->count != 0 && (e = search_lanes(st, false, true)))
        return e;
    for (size_t i = 0; i < list->count; i++) {
        struct found one = {.f = list->list[i]};

        if (one.f.rule->whole)
            continue;
        one.f.start += from;
        one.f.end += from;
        one.action = rules_action(st->rs, one.f.rule);
        if ((e = found_add(st, one)))
            return e;
    }
    return OK;
}

static enum err look(struct stream *st, struct extent *x, struct str text)
{
    const struct scopes at = {&st->at, 1};
    struct findings list;
    enum err e;

    findings_init(&list);
    e = views_unshown(st->rs, st->sc, &at, text, &x->page, &list);
    stream_text(st)->capped |= list.capped;
    if (!e)
        e = add_all(st, x->start, &list);
    findings_free(&list);
    return e;
}

/* --- The text. */

enum err feed_extents(struct stream *st, bool last)
{
    struct extent *x = &st->hidden;
    enum err e;

    while (x->on && x->at < st->v) {
        struct str text;
        uint64_t open;

        if (x->start == NEVER)
            seek(st, x);
        if (x->start == NEVER || (st->v < x->next && !last))
            return OK;
        text = text_from(st, x->start);
        text.len = text.len > MOST ? utf8_front(text, MOST) : text.len;
        if (!ends(st, x, text, last)) {
            open = st->v - x->start - x->page.at;
            x->next = open < SHORT ? 0 : st->v + open / 16;
            return OK;
        }
        if ((e = look(st, x, text)))
            return e;
        x->at = x->start + x->page.at;
        x->start = NEVER;
        markup_skip(&x->page, x->page.at);
    }
    return OK;
}
