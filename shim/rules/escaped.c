#include "rules/escaped.h"

#include <stdlib.h>

#include "detect/seams.h"
#include "rules/extent.h"
#include "rules/side.h"

/*
 * The text of a stream without its escapes: \u0041, %41, &#65; and =41. What is
 * said of a word that is held (coded.c) is not enough for what is written in
 * several words.
 *
 *      text      say \u0069gnore previous instructions, and
 *      escapes   ...|ignore previous instructions|
 *                   begins here                  ends some way behind
 *
 * A view of each kind goes along at the side (side.h) from the first such
 * escape on, in the state the stream has come to, and has the other views at
 * its own side. It ends where the text was read so far without another that no
 * match can reach from the one to the other: that is how far a whole text is
 * read around an escape (ESCAPE_NEAR). An escape that the end of the text cuts
 * off is not read before it is complete.
 *
 * How many there will be is not known, so that one is enough, where a whole
 * text of few is not read as one that is written so.
 *
 * What is escaped in two ways is read at the side of such a view, as what is
 * escaped twice is:
 *
 *      text        %41 &#65;
 *      percent     |A  &#65;
 *        entities      |A        of the percent view
 *      entities        |A        of the text: no percent view at its side for
 *                                one that stands in the text, the elder has it
 *          quoted        |A      and none at the side of one of that, either
 */

#define KIND(step) (1u << (step))
#define MOST       32 /* views of them at once, of one text */

#define KINDS                                                                  \
    (KIND(VIEW_ESCAPES) | KIND(VIEW_PERCENT) | KIND(VIEW_ENTITIES) |           \
     KIND(VIEW_QUOTED) | KIND(VIEW_SEAMS))

/* --- Their beginning. */

/* How many times over is it read without escapes? */
static unsigned level_of(const struct stream *st)
{
    unsigned n = 0;

    for (; st->up != NULL; st = st->up)
        n += is_escape(st->side->step);
    return n;
}

void escaped_reset(struct stream *st)
{
    st->escapes = st->coded.views != 0 ? KINDS : 0;
    st->escaped = 0;
}

void escaped_clean(struct stream *st)
{
    if ((rules_views_at(st->rs, &st->at) & 1u << VIEW_DECODED) != 0)
        st->escapes = st->elder = KINDS;
}

/* At V; every lane is searched up to there, and what is held known. */
static enum err begin(struct stream *st, enum view_step how, bool near)
{
    struct side *s;
    enum err e;

    if ((e = side_add(st, st, how, st->v, &s)))
        return e;
    stream_text(st)->escaped++;
    s->st->elder = KINDS & ~st->escapes;
    s->st->escapes = KINDS;
    if (near) /* and so are those behind it */
        s->escaped = (struct escaped){true, (size_t)st->v};
    st->escapes &= ~KIND(how);
    side_take(s->st, st);
    extents_copy(s->st, st);
    if ((e = sides_clone(s->st, st)))
        return e;
    side_begun(s->st);
    return OK;
}

/* Does it stand so in what this is a view of? */
static bool stands(const struct stream *st, const struct escaped_at *x)
{
    uint64_t at = st->base + x->at;

    return st->up != NULL && side_same(st->side, at, at + x->len);
}

/* The seam that is at a place of a view, in what it is a view of: what stands
 * beside it there may be another. */
static struct seam seam_there(const struct stream *st, uint64_t at, bool near,
                              bool last)
{
    const struct stream *up = st->up;
    uint64_t there = side_start(st->side, at);

    if (there < up->base)
        return (struct seam){0};
    return seam_at((struct str){up->text.ptr, (size_t)(up->end - up->base)},
                   (size_t)(there - up->base), near, last);
}

/* Is there an elder that has it: of this view, or of one that this is a view
 * of and it stands in? */
static bool is_read(const struct stream *st, const struct escaped_at *x)
{
    uint64_t at = st->base + x->at;

    for (; st->up != NULL && side_same(st->side, at, at + x->len);
         st = st->up) {
        if ((st->elder & KIND(x->how)) != 0 &&
            (x->how != VIEW_SEAMS || seam_there(st, at, true, false).len != 0))
            return true;
        at = side_start(st->side, at);
    }
    return false;
}

/* A seam in what this is a view of, by what stands beside it there, is one. */
static bool is_seam(const void *with, size_t at, bool last, bool *ret_cut)
{
    const struct stream *st = with;
    uint64_t there = st->base + at;
    struct seam seam;

    if (st->up == NULL || st->side->step == VIEW_SEAMS ||
        (st->elder & KIND(VIEW_SEAMS)) != 0 ||
        !side_same(st->side, there, there + 1))
        return false;
    seam = seam_there(st, there, false, last);
    *ret_cut = seam.cut;
    return seam.len != 0;
}

/* Is it one too many? One that stands there is read in other views still. */
static bool is_more(struct stream *st, bool stands_there)
{
    bool many = stream_text(st)->escaped == MOST;
    bool deep = level_of(st) == LIM_VIEW_DEPTH;

    stream_text(st)->capped |= many || (deep && !stands_there);
    return many || deep;
}

enum err escaped_look(struct stream *st, uint64_t *to, bool last)
{
    size_t pos = (size_t)(st->v - st->base);

    while (st->escapes != 0) {
        struct str text = {st->text.ptr, (size_t)(*to - st->base)};
        const struct escaped_for what = {st->escapes, last, is_seam, st};
        struct escaped_at x;
        enum err e;

        if (!escaped_next(&what, text, &pos, &x)) {
            *to = st->base + pos;
            return OK;
        }
        if (is_read(st, &x) || is_more(st, stands(st, &x))) {
            pos = x.at + x.len;
            continue;
        }
        if ((e = stream_read(st, st->base + pos)) ||
            (e = search_lanes(st, false, true)) ||
            (e = feed_extents(st, false)) || (e = begin(st, x.how, x.near)))
            return e;
    }
    return OK;
}

/* --- Their end. */

/* Views of escapes: it is one, and those at its side. */
static unsigned count_of(const struct stream *st)
{
    unsigned n = is_escape(st->side->step);

    for (size_t i = 0; st->sides != NULL && i < st->sides->count; i++)
        if (st->sides->list[i].st != NULL)
            n += count_of(st->sides->list[i].st);
    return n;
}

/* One that begins again is no elder. */
static void begin_anew(struct stream *st, unsigned kind)
{
    for (size_t i = 0; i < st->sides->count; i++) {
        struct stream *to = st->sides->list[i].st;

        if (to != NULL && is_escape(st->sides->list[i].step))
            to->elder &= ~kind;
    }
}

void escaped_rest(struct stream *st)
{
    for (size_t i = 0; st->sides != NULL && i < st->sides->count; i++) {
        struct side *s = &st->sides->list[i];

        if (s->st == NULL || !is_escape(s->step) || s->fed != st->v ||
            s->all < s->escaped.end + ESCAPE_NEAR || side_drops(s->st))
            continue;
        st->escapes |= KIND(s->step);
        begin_anew(st, KIND(s->step));
        stream_text(st)->escaped -= count_of(s->st);
        side_close(s);
    }
}
