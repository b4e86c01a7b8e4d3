#include "rules/side.h"

#include "base/utf8.h"
#include "detect/plain.h"
#include "rules/coded.h"
#include "rules/escaped.h"
#include "rules/extent.h"
#include "rules/respell.h"

/*
 * Where the views made character by character begin and end.
 *
 * A character tells by itself which of them it changes: those begin before it,
 * and end where it is far behind.
 *
 *      text    ... mot, pr\u00e9cis et ...              \u2460 ...
 *      nomark         |precis et ...|
 *      clean                                           |1 ...
 *
 * While the clean view is there, what is made of it, and of words in it, is at
 * its side: it is handed over when that view begins, and given back when that
 * ends.
 */

/* The clean view ends later: all that is held or known somewhere in it is of
 * what is the text again by then, also the sentence that something stands in
 * which may be turned (extent.c). */
#define CLEAN_NEAR ((uint64_t)(2 * KIB))

struct side *side_of(const struct stream *st, enum view_step step)
{
    for (size_t i = 0; st->sides != NULL && i < st->sides->count; i++)
        if (st->sides->list[i].st != NULL && st->sides->list[i].step == step)
            return &st->sides->list[i];
    return NULL;
}

/* --- Letters, while no view has them. */

#define LETTERS_MUCH 64 /* bytes that are worth to be read */

enum err letters_read(struct stream *st, uint64_t to)
{
    struct letters_seen *l = &st->letters;
    size_t pos = (size_t)(l->at - st->base);
    enum err e;

    if ((st->steps & OF_CLEAN) == 0 || st->sided ||
        side_of(st, VIEW_SKELETON) != NULL || to - l->at < LETTERS_MUCH)
        return OK;
    if (!l->alike) {
        skeleton_count(&l->of, stream_part(st, l->at, to));
        l->at = to;
        return OK;
    }
    e = skeleton_feed(&l->of, stream_part(st, st->base, to), 0, &pos, false,
                      NULL);
    l->at = st->base + pos;
    return e;
}

enum err letters_now(const struct stream *st, struct skeleton *ret)
{
    const struct letters_seen *l = &st->letters;
    struct str text = stream_part(st, st->base, st->v);
    size_t pos = (size_t)(l->at - st->base);
    enum err e;

    *ret = l->of;
    if (l->alike && (e = skeleton_feed(ret, text, 0, &pos, false, NULL)))
        return e;
    skeleton_count(ret, str_skip(text, pos));
    skeleton_within(ret, text);
    return OK;
}

/* --- When they begin. */

static bool is_clean(const struct stream *st)
{
    return st->side != NULL && st->side->step == VIEW_CLEAN;
}

/* The views that a character beyond ASCII changes, or that it may be another
 * character before it in. */
static unsigned changed_by(const struct stream *st, uint32_t cp)
{
    unsigned kind = chars_kind(st->sc->chars, cp), views = 0;

    if ((kind & CHAR_ALIKE) != 0)
        views |= OF_CLEAN;
    if (is_clean(st))
        return views & st->steps;
    if ((kind & (CHAR_STAYS | CHAR_JOINS)) != CHAR_STAYS)
        views |= 1u << VIEW_CLEAN;
    if ((kind & (CHAR_CASED | CHAR_FAR)) != 0)
        views |= 1u << VIEW_FOLD | 1u << VIEW_NOMARK;
    if ((kind & CHAR_MARKED) != 0)
        views |= 1u << VIEW_NOMARK;
    return (st->steps & 1u << VIEW_CLEAN) != 0 ? views & st->steps : 0;
}

/* A character that ends at `end`: the views that have to begin before it. Those
 * that are there go on. */
static unsigned opened_by(struct stream *st, struct str c, uint64_t end)
{
    const unsigned clean = 1u << VIEW_CLEAN;
    unsigned views, none = 0;
    size_t len;

    if ((unsigned char)c.ptr[0] < 0x80)
        return is_clean(st) || plain_ascii(c) != 0 ? 0 : st->steps & clean;
    views = changed_by(st, utf8_next(c, &len));
    if ((views & clean) != 0) /* it sees to the others */
        return clean;
    for (; views != 0; views &= views - 1) {
        struct side *s = side_of(st, (enum view_step)__builtin_ctz(views));

        if (s != NULL)
            s->own = end;
        else
            none |= views & -views;
    }
    return none;
}

/* Whole characters before which no view begins, which are at `at`; the rest of
 * the last is one. */
static size_t plain_len(struct stream *st, struct str s, uint64_t at,
                        unsigned *ret_open)
{
    size_t i = 0;

    while (i < s.len) {
        struct str rest = str_skip(s, i);
        size_t n = plain_ascii(rest);

        if (n == 0) {
            n = utf8_char(rest);
            if (n == 0)
                return s.len; /* cut off: more is to come */
            *ret_open = opened_by(st, str_head(rest, n), at + i + n);
            if (*ret_open != 0)
                break;
        }
        i += n;
    }
    return i;
}

size_t sides_plain(struct stream *st, struct str more, unsigned *ret_open)
{
    char first[8];
    size_t tail = utf8_tail(buf_str(&st->text)), n, need;

    *ret_open = 0;
    if (tail == 0)
        return plain_len(st, more, st->end, ret_open);
    memcpy(first, st->text.ptr + (st->text.len - tail), tail);
    for (need = 1; need <= more.len && tail + need <= 4; need++) {
        memcpy(first + tail, more.ptr, need);
        n = utf8_char((struct str){first, tail + need});
        if (n == 0)
            continue;
        *ret_open = opened_by(st, (struct str){first, n}, st->end + need);
        if (*ret_open != 0)
            return 0;
        return need +
               plain_len(st, str_skip(more, need), st->end + need, ret_open);
    }
    return more.len;
}

uint64_t sides_upto(const struct stream *st, uint64_t to)
{
    struct str text = {st->text.ptr, (size_t)(to - st->base)};
    uint64_t front;
    char last;

    if (st->steps == 0 || st->sided || is_clean(st) || to == st->v)
        return to;
    last = text.ptr[text.len - 1];
    if ((last & 0x80) == 0 && !is_alpha(last) && (last < '<' || last > '>'))
        return to;
    front = st->base + utf8_front(text, text.len - 1);
    return front > st->v ? front : st->v;
}

/* One of another list is at the side of st from now on. */
static enum err side_keep(struct stream *st, struct side *old)
{
    struct stream *text = stream_text(st);
    struct side *s;
    size_t i;
    enum err e;

    if ((e = side_slot(st, &i)))
        return e;
    s = &st->sides->list[i];
    *s = *old;
    *old = (struct side){.st = NULL};
    s->st->side = s;
    s->st->up = st;
    for (i = 0; i < text->drops.count; i++)
        if (text->drops.list[i].side == old)
            text->drops.list[i].side = s;
    return OK;
}

/* The views of words, and what is made of the clean view, are at the side of
 * that from now on. Escapes that are such without what it leaves out are read
 * there. */
static enum err hand_over(struct stream *st, struct sides *all,
                          struct stream *clean)
{
    enum err e;

    clean->sides = all;
    for (size_t i = 0; all != NULL && i < all->count; i++) {
        struct side *s = &all->list[i];

        if (s->st == NULL)
            continue;
        s->st->up = clean;
        if ((is_escape(s->step) || (1u << s->step & BESIDE) != 0) &&
            (e = side_keep(st, s)))
            return e;
    }
    escaped_clean(clean);
    respell_move(st, clean);
    side_begun(clean);
    return OK;
}

static enum err clean_begin(struct stream *st)
{
    struct sides *all = st->sides;
    struct side *s;
    enum err e;

    st->sides = NULL;
    if ((e = side_open(st, SIDE_CLEAN, &s))) {
        sides_free(all);
        return e;
    }
    if ((e = hand_over(st, all, s->st)))
        return e;
    st->sided = true;
    if (st->up == NULL)
        coded_leave(st);
    extents_leave(st);
    return OK;
}

enum err sides_open(struct stream *st, unsigned views)
{
    struct side *s;
    enum err e = OK;

    if ((views & 1u << VIEW_CLEAN) != 0)
        return clean_begin(st);
    for (size_t i = 0; !e && i < SIDES; i++)
        if ((views >> side_kinds[i].step & 1) != 0)
            e = side_open(st, i, &s);
    return e;
}

/* --- When they end. */

/* What goes along at its side is at the side of the text from now on. */
static enum err give_sides(struct stream *st, struct side *clean)
{
    struct sides *all = clean->st->sides;
    enum err e;

    for (size_t i = 0; all != NULL && i < all->count; i++) {
        struct side *s = &all->list[i];

        if (s->st == NULL)
            continue;
        s->fed = side_text(clean, s->fed);
        s->seen = side_text(clean, s->seen);
        s->own = side_text(clean, s->own);
        for (size_t k = 0; k < s->runs.count; k++)
            s->runs.list[k].src += clean->fed - clean->len;
        side_told(s);
        if ((e = side_keep(st, s)))
            return e;
    }
    return OK;
}

static void give_state(struct stream *st, const struct side *clean)
{
    struct stream *of = clean->st;
    struct coded *c = &st->coded;

    if (st->up == NULL) {
        *c = of->coded;
        c->at = side_text(clean, c->at);
        c->start = side_text(clean, c->start);
        c->decided = side_text(clean, c->decided);
        c->word = side_text(clean, c->word);
        c->run = side_text(clean, c->run);
        c->end = side_text(clean, c->end);
    }
    extents_back(st, clean);
    st->letters = of->letters;
    st->letters.at = side_text(clean, of->letters.at);
    st->sided = false;
    respell_back(st, clean);
}

/* Is all that is held or known in the clean view of what is the text again? */
static bool clean_is_text(const struct stream *st, const struct side *s)
{
    const struct sides *all = s->st->sides;

    if (s->all < s->own + CLEAN_NEAR || side_drops(s->st) ||
        (st->up == NULL && st->coded.state != CODED_NONE))
        return false;
    for (size_t i = 0; all != NULL && i < all->count; i++)
        if (all->list[i].st != NULL && is_escape(all->list[i].step))
            return false;
    return true;
}

enum err clean_rest(struct stream *st, struct str more)
{
    struct side *s = side_of(st, VIEW_CLEAN);
    enum err e;

    /* The last character may be one with the next: that must say it is not. */
    if (s == NULL || s->fed < s->own + CLEAN_NEAR || st->v != st->end ||
        more.len == 0 || plain_ascii(str_head(more, 1)) == 0 ||
        !clean_is_text(st, s))
        return OK;
    if ((e = clean_feed(st, s, true)))
        return e;
    if (s->fed != st->v || s->st->v != s->len || s->normal.gap ||
        !clean_is_text(st, s))
        return OK;
    if ((e = give_sides(st, s)))
        return e;
    give_state(st, s);
    side_close(s);
    return OK;
}

void sides_rest(struct stream *st)
{
    for (size_t i = 0; st->sides != NULL && i < st->sides->count; i++) {
        struct side *s = &st->sides->list[i];

        if (s->st == NULL || (1u << s->step & (BESIDE | OF_CLEAN)) == 0 ||
            s->fed < s->own + ESCAPE_NEAR || s->all < s->own + ESCAPE_NEAR ||
            side_drops(s->st))
            continue;
        if (s->step == VIEW_SKELETON) {
            st->letters = (struct letters_seen){s->skeleton, s->fed, true};
        }
        side_close(s);
    }
}
