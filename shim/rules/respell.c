#include "rules/respell.h"

#include <stdlib.h>

#include "rules/side.h"

/*
 * Views that are made word by word: of letters with something between them, and
 * of words with digits in them. Most texts have nothing of the kind, and of
 * each word that is known when it ends. So there is no such view at first, but
 * the stream is kept as it stood before the last word:
 *
 *      text      say 1gn0r3 th
 *      leet_at             |        the view is the text up to there
 *      checkpoint       |           of a place before that
 *
 * Where it turns out that a view is not the text, it begins as a side of the
 * stream in the state of the checkpoint, and goes along until no match can
 * reach from the last such word to what is new. What began before the
 * checkpoint was decided then; what did not is held until the word has ended.
 * How far the checkpoint is from the word depends on how the text was cut, and
 * what is found does not: what is searched twice is found in both, and is one.
 *
 * Words may follow each other so that each begins before the last one is
 * decided. Of a checkpoint that lies FAR back there is a second one, which
 * takes its place as soon as it may.
 */

#define FAR 16

#define LEET   (1u << VIEW_LEET)
#define JOINED (1u << VIEW_JOINED)

unsigned respell_views(unsigned views)
{
    return views & (LEET | JOINED);
}

bool is_respelled(const struct rules *rs, uint32_t rule)
{
    return rules_views(rs, rule, VIEW_LEET) ||
           rules_views(rs, rule, VIEW_JOINED);
}

void respell_reset(struct stream *st)
{
    struct respell *r = &st->respell;

    r->views = r->all;
    r->leet = (struct leet){.changed = st->respelled};
    r->joined = (struct joined){.chars = st->sc->chars};
    r->leet_at = r->joined_at = st->v;
    r->from.v = r->then.v = NEVER;
    st->rest = st->v;
}

void respell_free(struct respell *r)
{
    free(r->room);
    r->room = NULL;
}

void respell_move(struct stream *st, struct stream *clean)
{
    clean->respell = st->respell;
    clean->rest = st->rest;
    st->respell.room = NULL;
    st->respell.views = 0;
    st->respell.from.v = st->respell.then.v = NEVER;
}

/* The same checkpoint, of the text. */
static void checkpoint_back(const struct side *clean, struct checkpoint *cp,
                            size_t lanes)
{
    if (cp->v == NEVER)
        return;
    cp->v = side_text(clean, cp->v);
    cp->known = side_text(clean, cp->known);
    cp->token.at = side_text(clean, cp->token.at);
    for (size_t i = 0; i < lanes; i++) {
        cp->lanes[i].cursor = side_text(clean, cp->lanes[i].cursor);
        cp->lanes[i].seen = side_text(clean, cp->lanes[i].seen);
    }
}

void respell_back(struct stream *st, const struct side *clean)
{
    struct respell *r = &st->respell, *of = &clean->st->respell;

    respell_free(r);
    *r = *of;
    of->room = NULL;
    r->leet_at = side_text(clean, r->leet_at);
    r->joined_at = side_text(clean, r->joined_at);
    checkpoint_back(clean, &r->from, r->lane_count);
    checkpoint_back(clean, &r->then, r->lane_count);
}

/* --- Checkpoints. */

/* Rules that look at these views, of a word of bits. */
static uint64_t looking(const struct stream *st, size_t w)
{
    return st->lookers->mask[w] & (rules_viewing(st->rs, VIEW_LEET)[w] |
                                   rules_viewing(st->rs, VIEW_JOINED)[w]);
}

static enum err make_room(struct stream *st)
{
    struct respell *r = &st->respell;
    struct checkpoint *cps[] = {&r->from, &r->then};
    size_t n = 0;

    if (r->room != NULL)
        return OK;
    for (size_t w = 0; w < st->rs->words; w++)
        n += bits_count(looking(st, w));
    r->room = calloc(ARRAY_LEN(cps),
                     n * (sizeof(struct lane_at) + sizeof(*r->lanes)) + 1);
    if (r->room == NULL)
        return E_NOMEM;
    for (size_t i = 0; i < ARRAY_LEN(cps); i++)
        cps[i]->lanes = r->room + i * n;
    r->lanes = (uint32_t *)(r->room + ARRAY_LEN(cps) * n);
    r->lane_count = 0;
    for (size_t w = 0; w < st->rs->words; w++)
        for (uint64_t bits = looking(st, w); bits != 0; bits &= bits - 1)
            r->lanes[r->lane_count++] = (uint32_t)lane_of(
                st, (uint32_t)(w * 64) + (uint32_t)__builtin_ctzll(bits));
    return OK;
}

static enum err checkpoint_take(struct stream *st, struct checkpoint *cp)
{
    const struct respell *r = &st->respell;
    enum err e = make_room(st);

    if (e)
        return e;
    cp->v = st->v;
    cp->known = st->rest;
    cp->token = st->token;
    for (size_t i = 0; i < r->lane_count; i++)
        cp->lanes[i] = lane_now(st, r->lanes[i]);
    return OK;
}

/* What is not decided begins at `at`, and is part of the text up to `to`. */
static enum err checkpoints_keep(struct stream *st, uint64_t at, uint64_t to)
{
    struct respell *r = &st->respell;

    if (at >= st->v) {
        r->from.v = r->then.v = NEVER;
        return at < to ? checkpoint_take(st, &r->from) : OK;
    }
    if (r->then.v <= at) {
        struct checkpoint old = r->from;

        r->from = r->then;
        r->then = old;
        r->then.v = NEVER;
    } else if (r->then.v == NEVER && st->v - r->from.v > FAR) {
        return checkpoint_take(st, &r->then);
    }
    return OK;
}

uint64_t cut_respell(const struct stream *st)
{
    const struct checkpoint *cp = &st->respell.from;

    return cp->v != NEVER ? cp->known : st->v;
}

static void checkpoint_copy(const struct respell *r, struct checkpoint *to,
                            const struct checkpoint *of)
{
    to->v = of->v;
    to->known = of->known;
    if (of->v == NEVER)
        return;
    to->token = of->token;
    memcpy(to->lanes, of->lanes, r->lane_count * sizeof(*to->lanes));
}

enum err respell_copy(struct stream *to, const struct stream *of)
{
    const struct respell *from = &of->respell;
    struct respell *r = &to->respell;
    enum err e;

    r->all = r->views = from->views;
    r->leet = from->leet;
    r->joined = from->joined;
    r->leet_at = from->leet_at;
    r->joined_at = from->joined_at;
    r->from.v = r->then.v = NEVER;
    to->rest = of->rest;
    if (from->room == NULL)
        return OK;
    if ((e = make_room(to)))
        return e;
    checkpoint_copy(r, &r->from, &from->from);
    checkpoint_copy(r, &r->then, &from->then);
    return OK;
}

/* --- Their beginning. */

/* In the state of the checkpoint, and up to `at` it is the text. */
static enum err begin(struct stream *st, enum view_step step, uint64_t at)
{
    const struct respell *r = &st->respell;
    const struct checkpoint *cp = &r->from;
    struct stream *to;
    struct side *s;
    enum err e;

    if ((e = side_add(st, st, step, cp->v, &s)))
        return e;
    s->fed = s->len = at;
    s->joined = r->joined;
    s->leet = r->leet;
    s->leet.one = true;
    to = s->st;
    begun_as(to, &cp->token);
    for (size_t i = 0; i < r->lane_count; i++) {
        size_t n = lane_of(to, st->lanes[r->lanes[i]].rule);

        if (n != to->lane_count)
            lane_put(to, n, &cp->lanes[i]);
    }
    side_begun(to);
    return stream_grow(to, stream_part(st, cp->v, at));
}

static enum err begin_all(struct stream *st, unsigned views)
{
    struct respell *r = &st->respell;
    enum err e;

    r->views &= ~views;
    if ((views & JOINED) != 0 && (e = begin(st, VIEW_JOINED, r->joined_at)))
        return e;
    if ((views & LEET) != 0) {
        stream_text(st)->respelled = true;
        if ((e = begin(st, VIEW_LEET, r->leet_at)))
            return e;
    }
    if (r->views == 0)
        r->from.v = r->then.v = NEVER;
    return OK;
}

/* --- Their end. */

static bool may_rest(const struct stream *st, const struct side *s)
{
    return s->fed == st->v && !s->joined.on && s->all >= s->own + ESCAPE_NEAR &&
           !side_drops(s->st);
}

static void rest(struct stream *st, struct side *s)
{
    struct respell *r = &st->respell;

    if (s->step == VIEW_JOINED) {
        r->joined = s->joined;
        r->joined_at = st->v;
    } else {
        r->leet = s->leet;
        r->leet.ell = r->leet.one = false;
        r->leet_at = st->v;
    }
    side_close(s);
}

void respell_rest(struct stream *st)
{
    struct sides *all = st->sides;
    unsigned some = 0, stay = 0;

    for (size_t i = 0; all != NULL && i < all->count; i++) {
        unsigned step = 1u << all->list[i].step;

        if (all->list[i].st == NULL || respell_views(step) == 0)
            continue;
        some |= step;
        if (!may_rest(st, &all->list[i])) /* of two, both or none */
            stay |= step;
    }
    some &= ~stay;
    for (size_t i = 0; some != 0 && i < all->count; i++)
        if (all->list[i].st != NULL && (some >> all->list[i].step & 1) != 0)
            rest(st, &all->list[i]);
    st->respell.views |= some;
}

/* --- The text. */

static struct str text_from(const struct stream *st, uint64_t at, uint64_t to)
{
    return str_head(str_skip(buf_str(&st->text), (size_t)(at - st->base)),
                    (size_t)(to - at));
}

/* Up to where each view is the text; *ret_begin: those that are not then. */
static uint64_t plain_upto(struct stream *st, uint64_t to, bool last,
                           unsigned *ret_begin)
{
    struct respell *r = &st->respell;
    uint64_t least = to;
    size_t pos;

    *ret_begin = 0;
    if ((r->views & LEET) != 0) {
        pos = 0;
        if (leet_plain(&r->leet, text_from(st, r->leet_at, to), &pos, last))
            *ret_begin |= LEET;
        r->leet_at += pos;
        least = r->leet_at;
    }
    if ((r->views & JOINED) != 0) {
        pos = 0;
        if (joined_plain(&r->joined, text_from(st, r->joined_at, to), &pos,
                         last))
            *ret_begin |= JOINED;
        r->joined_at += pos;
        least = r->joined_at < least ? r->joined_at : least;
    }
    return least;
}

static enum err look(struct stream *st, uint64_t to, bool last)
{
    unsigned views;
    uint64_t at;
    enum err e;

    if (st->respell.views == 0)
        return OK;
    at = plain_upto(st, to, last, &views);
    if ((e = checkpoints_keep(st, at, to)))
        return e;
    return views != 0 ? begin_all(st, views) : OK;
}

enum err respell_look(struct stream *st, uint64_t to)
{
    return look(st, to, false);
}

enum err respell_last(struct stream *st)
{
    return look(st, st->v, true);
}
