#include "detect/own_inside.h"

/*
 * A text that goes on: where does something begin that may yet become a value?
 * A spelling begins with the eleven bytes that its anchors are of, so this is
 * asked at every byte that counts:
 *
 *      ...the key is  s k - 0 f 3 a 9 |       fewer than eight: it may be one
 *                     s k - 0 f 3 a 9 1 c 7   a window that is in the bit map,
 *                                             then the anchors, then the print
 *
 * An answer never depends on how much of the text was there before: a place is
 * given up for reasons that more text cannot take away.
 */

enum start {
    START_NOT,
    START_OPEN, /* more text decides */
    START_FOUND,
};

static void take(struct own_strip *w)
{
    while (w->len < ARRAY_LEN(w->bytes) && w->taken < w->text.len) {
        char c = w->text.ptr[w->taken];
        unsigned char small = squeezed((unsigned char)c);

        w->bytes[w->len] = w->exact ? c : (char)small;
        w->from[w->len] = (uint32_t)w->taken++;
        w->len += w->exact || small != 0;
    }
}

/* As much behind the place at work as a spelling may be long, if there is. */
static bool refill(struct own_strip *w)
{
    size_t left = w->len - w->next;

    if (left < SPELL_MAX && w->taken < w->text.len) {
        memmove(w->bytes, w->bytes + w->next, left);
        memmove(w->from, w->from + w->next, left * sizeof(*w->from));
        w->len = left;
        w->next = 0;
        take(w);
    }
    return w->next < w->len;
}

/* Is there nothing wide between the next n bytes that count, nor behind them?
 */
static bool is_close(const struct own_strip *w, size_t n)
{
    const uint32_t *from = w->from + w->next;
    size_t there = w->len - w->next < n ? w->len - w->next : n;

    for (size_t i = 1; i < there; i++)
        if (from[i] - from[i - 1] - 1 > OWN_GAP)
            return false;
    return there == n || w->text.len - from[there - 1] - 1 <= OWN_GAP;
}

static bool counts(const struct own_strip *w, size_t at)
{
    return w->exact || squeezed((unsigned char)w->text.ptr[at]) != 0;
}

/*
 * The first eight stand in one word, or in pieces of one or two that begin with
 * a word: prose is let go word by word, and letters or hex pairs with spaces
 * between are not prose.
 */
static bool is_head(const struct own_strip *w)
{
    size_t n = w->len - w->next, first = w->from[w->next], piece = 0;
    size_t end = n < WINDOW ? w->text.len : w->from[w->next + WINDOW - 1] + 1;
    bool spaced = false;

    for (size_t at = first; at < end; at++) {
        char c = w->text.ptr[at];

        if (c == ' ' || c == '\t') {
            if (piece > 2 || (!spaced && first > 0 && counts(w, first - 1)))
                return false;
            spaced = true;
            piece = 0;
        } else {
            piece += counts(w, at);
        }
        if (spaced && piece > 2)
            return false;
    }
    return is_close(w, n < WINDOW ? n + 1 : WINDOW);
}

static bool has_anchors(const struct own *o, const struct own_strip *w,
                        const struct form *f)
{
    for (size_t a = 1; a < ANCHORS && w->next + a + WINDOW <= w->len; a++)
        if (own_anchor(o, window_at(w->bytes + w->next + a)) != f->anchor[a])
            return false;
    return true;
}

static enum start form_at(const struct own *o, const struct own_strip *w,
                          const struct form *f, bool open, size_t *ret_end)
{
    unsigned char print[PRINT_LEN];
    size_t start = w->from[w->next], end;

    if (f->at != 0 || f->exact != w->exact || !is_close(w, f->len) ||
        !has_anchors(o, w, f))
        return START_NOT;
    if (w->len - w->next < f->len)
        return open ? START_OPEN : START_NOT;
    if (window_hash(o, window_at(w->bytes + w->next + f->len - WINDOW)) !=
        f->last)
        return START_NOT;
    own_print(o, (struct str){w->bytes + w->next, f->len}, print);
    if (memcmp(print, f->print, PRINT_LEN) != 0)
        return START_NOT;
    end = (size_t)w->from[w->next + f->len - 1] + 1;
    if (open && w->text.len - end < (size_t)f->tail + f->cut_back)
        return START_OPEN;
    own_edges(f, w->text, false, true, &start, &end);
    *ret_end = end;
    return START_FOUND;
}

struct asked {
    const struct own *own;
    bool open;
    enum start is;
    struct own_open *best;
};

/* Of those that begin at one place the longest; all must be known. */
static void ask(struct asked *q, const struct own_strip *w,
                const struct form *f, struct own_about about)
{
    size_t end;
    enum start is = form_at(q->own, w, f, q->open, &end);

    if (is == START_FOUND && (q->is == START_NOT || end > q->best->end))
        *q->best = (struct own_open){
            .found = true,
            .start = w->from[w->next],
            .end = end,
            .spelling = (enum spelling)f->spelling,
            .about = about,
        };
    if (is == START_OPEN || q->is == START_NOT)
        q->is = is;
}

static void ask_learnt(struct asked *q, const struct own_strip *w,
                       uint64_t anchor)
{
    struct learnt_walk walk = {.begun = false};
    struct learnt_one one;

    while (learnt_next(q->own, anchor, &walk, &one))
        if (one.which == 0)
            ask(q, w, &one.form, own_about_learnt(q->own, one.slot));
}

static enum start start_at(struct asked *q, const struct own_strip *w)
{
    const struct own *o = q->own;
    uint64_t anchor;

    if (w->len - w->next < WINDOW)
        return q->open && is_head(w) ? START_OPEN : START_NOT;
    if (!bit_is_set(o, window_bit(o, window_at(w->bytes + w->next))) ||
        !is_head(w))
        return START_NOT;
    anchor = own_anchor(o, window_at(w->bytes + w->next));
    q->is = START_NOT;
    for (size_t p = anchor & o->place_mask; o->places[p].ref != 0;
         p = (p + 1) & o->place_mask) {
        const struct form *f = &o->forms[(o->places[p].ref - 1) / ANCHORS];

        if (o->places[p].anchor == anchor &&
            (o->places[p].ref - 1) % ANCHORS == 0)
            ask(q, w, f, own_about_of(o, f->value));
    }
    ask_learnt(q, w, anchor);
    return q->is;
}

static bool is_inside_char(const struct own_strip *w)
{
    return w->exact && ((unsigned char)w->bytes[w->next] & 0xc0) == 0x80;
}

/* The first place from `from` on, and before `before`, where one begins. */
static void walk(struct own_strip *w, struct asked *q, size_t from,
                 size_t before)
{
    q->best->cursor = before;
    w->taken = from;
    w->len = w->next = 0;
    for (; refill(w) && w->from[w->next] < before; w->next++) {
        enum start is = is_inside_char(w) ? START_NOT : start_at(q, w);

        if (is == START_NOT)
            continue;
        q->best->found = is == START_FOUND;
        q->best->cursor = w->from[w->next] + (size_t)(is == START_FOUND);
        return;
    }
    q->best->found = false;
}

void own_open_find(struct own_search *s, const struct own *o, struct str text,
                   size_t from, bool open, struct own_open *ret)
{
    struct own_strip *w = own_search_strip(s);
    struct own_open other = {.found = false};
    struct asked q = {.own = o, .open = open, .best = ret};

    *ret = other;
    w->text = text;
    w->exact = false;
    walk(w, &q, from, text.len);
    if (!atomic_load_explicit(&o->exact, memory_order_relaxed))
        return;
    w->exact = true;
    q.best = &other;
    walk(w, &q, from, ret->found ? ret->start : ret->cursor);
    if (other.found || other.cursor < ret->cursor - ret->found)
        *ret = other;
}
