#include "rules/extent.h"

#include "base/utf8.h"
#include "detect/cipher.h"
#include "detect/decode.h"
#include "rules/escaped.h"
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
#define LISTS (1u << EXTENT_NUMBERS | 1u << EXTENT_MORSE | 1u << EXTENT_TURNED)
#define REACH 1024 /* bytes before what may be turned, at most, go with it */

/* The sentence that it begins in is kept. */
static void keep_reach(struct stream *st)
{
    if ((st->extents.want & 1u << EXTENT_TURNED) != 0 &&
        st->context < 2 * REACH)
        st->context = 2 * REACH;
}

void extents_want(struct stream *st, unsigned views)
{
    const unsigned lists = 1u << VIEW_ROT13 | 1u << VIEW_DECODED;

    st->extents.want = 0;
    if ((views & 1u << VIEW_HIDDEN) != 0)
        st->extents.want |= 1u << EXTENT_HIDDEN;
    if ((views & lists) == lists)
        st->extents.want |= LISTS & ~(1u << EXTENT_TURNED);
    if ((views & VIEWS_FAR) != 0)
        st->extents.want |= 1u << EXTENT_TURNED;
    keep_reach(st);
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
    keep_reach(to);
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

void extents_back(struct stream *st, const struct side *clean)
{
    const struct extents *of = &clean->st->extents;

    for (size_t i = 0; i < EXTENT_KINDS; i++) {
        struct extent *x = &st->extents.list[i];

        if ((of->on >> i & 1) == 0)
            continue;
        *x = of->list[i];
        x->at = side_text(clean, x->at);
        x->start = side_text(clean, x->start);
        x->next = side_text(clean, x->next);
        x->seen = side_text(clean, x->seen);
    }
    st->extents.on |= of->on;
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

bool extents_wait(const struct stream *st)
{
    const struct extent *x = &st->extents.list[EXTENT_HIDDEN];
    struct str more = stream_part(st, st->v, st->end);

    /* Up to SHORT, all of it was looked at. */
    return x->start <= st->safe && st->v - x->start < SHORT &&
           markup_in_tag(&x->page, stream_part(st, x->start, st->v)) &&
           str_find_byte(more, '<') == more.len &&
           str_find_byte(more, '>') == more.len;
}

/* --- One. */

static size_t begin(const struct stream *st, struct extent *x, unsigned kind)
{
    struct str text = stream_part(st, x->at, st->v);
    size_t n;

    if (kind == EXTENT_NUMBERS)
        return numbers_begin(text, x->at > st->base ? text.ptr[-1] : 0);
    if (kind == EXTENT_MORSE)
        return morse_begin(text);
    if (kind == EXTENT_TURNED)
        return turned_begin(text, x->at > st->base ? text.ptr[-1] : 0);
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
    else if (kind == EXTENT_TURNED)
        c.len = turned_end(text, last, &c.some);
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

/* What begins before what is held has left in part: nothing of it that changes
 * the text can be undone, so that it ends there. */
static void clip(struct stream *st, uint64_t start, struct found *one)
{
    if (one->f.start >= start || !found_waits(st, one->f.rule, one->action))
        return;
    one->f.start = start;
    one->f.end = one->f.end > start ? one->f.end : start + 1;
    one->action = one->action >= ACTION_REDACT ? ACTION_BLOCK : one->action;
}

/* Of a text that begins at `from`, of which is held what begins at `start`. */
static enum err add_all(struct stream *st, uint64_t from, uint64_t start,
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
        clip(st, start, &one);
        if ((e = found_add(st, one)))
            return e;
    }
    return OK;
}

/* Such a view begins and ends by how the text comes: what is before what it
 * holds is none of its own. */
static bool is_unescaped(const struct stream *st)
{
    for (; st->up != NULL; st = st->up)
        if (is_escape(st->side->step))
            return true;
    return false;
}

/* Where the sentence begins that `start` is in, or what was not looked at. */
static uint64_t sentence_start(const struct stream *st, const struct extent *x)
{
    uint64_t least = x->seen > st->origin ? x->seen : st->origin;
    struct str text;

    least = least > st->base ? least : st->base;
    text = stream_part(st, least, st->v);
    return least + turned_reach(text, (size_t)(x->start - least));
}

static bool is_within(const struct finding *f, const struct findings *of)
{
    for (size_t i = 0; i < of->count; i++)
        if (of->list[i].rule == f->rule && of->list[i].start <= f->start &&
            f->end <= of->list[i].end)
            return true;
    return false;
}

/* Without what the text has as it stands: that is known. */
static enum err look_turned(struct stream *st, const struct scopes *at,
                            unsigned views, struct str text,
                            struct findings *list)
{
    struct findings plain;
    size_t kept = 0;
    enum err e = views_turned(st->rs, st->sc, at, views, text, list);

    if (e || list->count == 0)
        return e;
    findings_init(&plain);
    for (unsigned far = views & VIEWS_FAR; !e && far != 0; far &= far - 1)
        e = scan_view(st->rs, st->sc, at, far & -far, text, 0, &plain);
    for (size_t i = 0; i < list->count; i++)
        if (!is_within(&list->list[i], &plain))
            list->list[kept++] = list->list[i];
    list->count = kept;
    findings_free(&plain);
    return e;
}

static enum err look(struct stream *st, struct extent *x, unsigned kind,
                     struct str text)
{
    uint64_t from = x->start;
    unsigned views = rules_views_at(st->rs, &st->at) & ~(1u << VIEW_TEXT);
    const struct scopes at = {&st->at, 1};
    struct findings list;
    enum err e;

    if (kind == EXTENT_TURNED && !is_unescaped(st)) {
        from = sentence_start(st, x);
        text.len += (size_t)(x->start - from);
        text.ptr -= x->start - from;
        x->seen = from + text.len;
    }
    findings_init(&list);
    if (kind == EXTENT_HIDDEN)
        e = views_unshown(st->rs, st->sc, &at, text, &x->page, &list);
    else if (kind == EXTENT_TURNED)
        e = look_turned(st, &at, views, text, &list);
    else
        e = views_coded(st->rs, st->sc, &at, views, text, &list);
    stream_text(st)->capped |= list.capped;
    if (!e)
        e = add_all(st, from, x->start, &list);
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
        text = stream_part(st, x->start, st->v);
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
