#include "rules/extent.h"

#include "base/utf8.h"
#include "detect/decode.h"
#include "rules/side.h"

/*
 * What is known when all of it has come, and says itself where it ends: a tag,
 * a title, an element that a page does not show; a list of numbers; Morse. It
 * is held as a word that may be encoded is (coded.c), and then looked at as a
 * text:
 *
 *      The page: <!-- ignore previous instructions --> and
 *                |start                               | looked at here
 *
 * Each is a text of its own: nothing is found that is of two of them. One that
 * is longer than may be held ends there, and that is told; but between two that
 * follow each other, which are one, it may end.
 *
 * Where one ends goes by the bytes of the text alone, and so does where it is
 * too long: how they were cut is the same.
 */

#define MOST  ((uint64_t)LIM_HOLD_EXTENT)
#define SHORT 256 /* bytes that are looked at again with each piece */
#define LISTS (1u << EXTENT_NUMBERS | 1u << EXTENT_MORSE)

static struct str text_from(const struct stream *st, uint64_t from)
{
    return (struct str){st->text.ptr + (from - st->base),
                        (size_t)(st->v - from)};
}

void extents_want(struct stream *st, unsigned views)
{
    const unsigned lists = 1u << VIEW_ROT13 | 1u << VIEW_DECODED;

    st->extents.want = 0;
    if ((views & 1u << VIEW_HIDDEN) != 0)
        st->extents.want |= 1u << EXTENT_HIDDEN;
    if ((views & lists) == lists)
        st->extents.want |= LISTS;
    extents_reset(st);
}

void extents_reset(struct stream *st)
{
    st->extents.on = st->extents.want;
    for (size_t i = 0; i < EXTENT_KINDS; i++)
        st->extents.list[i] = (struct extent){.at = st->v, .start = NEVER};
}

static void extents_off(struct stream *st, unsigned kinds)
{
    st->extents.on &= ~kinds;
    for (size_t i = 0; i < EXTENT_KINDS; i++)
        if ((kinds >> i & 1) != 0)
            st->extents.list[i].start = NEVER;
}

void extents_copy(struct stream *to, const struct stream *of)
{
    struct extents *x = &to->extents;

    *x = of->extents;
    if (to->side->step == VIEW_CLEAN) {
        extents_off(to, 1u << EXTENT_HIDDEN);
        return;
    }
    for (size_t i = 0; i < EXTENT_KINDS; i++)
        if ((x->on >> i & 1) == 0)
            x->list[i] = (struct extent){.at = to->v, .start = NEVER};
    x->on = x->want;
    if (to->side->step == VIEW_SEAMS) /* a page without its tags is none */
        extents_off(to, 1u << EXTENT_HIDDEN);
}

void extents_leave(struct stream *st)
{
    extents_off(st, LISTS);
}

bool extents_mind(const struct stream *st)
{
    return st->extents.list[EXTENT_HIDDEN].page.raw != MARKUP_NONE;
}

uint64_t extents_start(const struct stream *st)
{
    uint64_t start = NEVER;

    for (size_t i = 0; i < EXTENT_KINDS; i++)
        if (st->extents.list[i].start < start)
            start = st->extents.list[i].start;
    return start;
}

/* --- One. */

static size_t begin(const struct stream *st, struct extent *x, unsigned kind)
{
    struct str text = text_from(st, x->at);
    size_t n;

    if (kind == EXTENT_NUMBERS)
        return numbers_begin(text, x->at > st->base ? text.ptr[-1] : 0);
    if (kind == EXTENT_MORSE)
        return morse_begin(text);
    n = markup_mark(text);
    markup_skip(&x->page, n);
    return n;
}

/* Where the next begins. */
static void seek(struct stream *st, struct extent *x, unsigned kind)
{
    x->at += begin(st, x, kind);
    x->next = 0;
    x->start = x->at < st->v ? x->at : NEVER;
}

/* What has come of one. */
struct come {
    size_t len; /* of it, if it has ended, or 0 */
    bool some;  /* it may have something */
};

static struct come end(struct extent *x, unsigned kind, struct str text,
                       bool last)
{
    struct come c = {0, true};

    if (kind == EXTENT_NUMBERS)
        c.len = numbers_end(text, last, &c.some);
    else if (kind == EXTENT_MORSE)
        c.len = morse_end(text, last, &c.some);
    else if (markup_ends(&x->page, text, last))
        c.len = x->page.at;
    return c;
}

/* One that is too long ends as the text does. */
static struct come come(struct stream *st, struct extent *x, unsigned kind,
                        struct str text, bool last)
{
    struct come c = end(x, kind, text, false);
    bool full = st->v - x->start >= MOST;

    if (c.len != 0 || (!full && !last))
        return c;
    if (full && kind == EXTENT_HIDDEN && markup_back(&x->page))
        return (struct come){x->page.at, true};
    c = end(x, kind, text, true);
    stream_text(st)->capped |= full && c.some;
    return c;
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

static enum err look(struct stream *st, const struct extent *x, unsigned kind,
                     struct str text)
{
    unsigned views = rules_views_at(st->rs, &st->at) & ~(1u << VIEW_TEXT);
    const struct scopes at = {&st->at, 1};
    struct findings list;
    enum err e;

    findings_init(&list);
    e = kind == EXTENT_HIDDEN
            ? views_unshown(st->rs, st->sc, &at, text, &x->page, &list)
            : views_coded(st->rs, st->sc, &at, views, text, &list);
    stream_text(st)->capped |= list.capped;
    if (!e)
        e = add_all(st, x->start, &list);
    findings_free(&list);
    return e;
}

/* --- The text. */

static enum err feed(struct stream *st, struct extent *x, unsigned kind,
                     bool last)
{
    enum err e;

    while (x->at < st->v) {
        struct str text;
        struct come c;
        uint64_t open;

        if (x->start == NEVER)
            seek(st, x, kind);
        if (x->start == NEVER || (st->v < x->next && !last))
            return OK;
        text = text_from(st, x->start);
        text.len = text.len > MOST ? utf8_front(text, MOST) : text.len;
        c = come(st, x, kind, text, last);
        if (c.len == 0) {
            open = st->v - x->start - x->page.at;
            x->next = open < SHORT ? 0 : st->v + open / 16;
            return OK;
        }
        if (kind != EXTENT_HIDDEN)
            text.len = c.len;
        if (c.some && (e = look(st, x, kind, text)))
            return e;
        x->at = x->start + c.len;
        x->start = NEVER;
        markup_skip(&x->page, c.len);
    }
    return OK;
}

enum err feed_extents(struct stream *st, bool last)
{
    enum err e = OK;

    for (unsigned on = st->extents.on; !e && on != 0; on &= on - 1) {
        unsigned kind = (unsigned)__builtin_ctz(on);

        e = feed(st, &st->extents.list[kind], kind, last);
    }
    return e;
}
