#include "detect/own_inside.h"

#include <stdlib.h>

/*
 * Parts of values: each window of each spelling is known by its anchor, so that
 * one that meets the text tells the value and the place in it, and those beside
 * it how far it goes:
 *
 *      spelling    q7kd93mzp0x9fjq2lw8tn4
 *      text          ... d93mzp0x9fj ...      where it was looked at,
 *                          ====                and what is round that
 *
 * Only of values that look like no words: their letters change between
 * capitals, small ones and digits at every third or sooner. A part as it is, or
 * backwards, must be like that too, and stand in one word of the text.
 */

#define TURNS_OF(letters) ((letters)*10 / 32) /* of a value, at least      */
#define LETTERS_LEAST     6                   /* of a part */
#define RUN_TURNS(n)      ((n) / 4)           /* of a part as it is        */

enum letter {
    LETTER_DIGIT,
    LETTER_SMALL,
    LETTER_CAPITAL,
};

static enum letter letter_of(char c)
{
    if (is_digit(c))
        return LETTER_DIGIT;
    return c >= 'a' ? LETTER_SMALL : LETTER_CAPITAL;
}

/* A value's letters: how many stand before each byte, and of these how many
 * begin something new. A capital and small ones behind it are one word. */
struct letters {
    uint8_t before[SPELL_VALUE_MAX + 1];
    uint8_t turns[SPELL_VALUE_MAX + 1]; /* by letter */
    size_t count;
};

static void read_letters(struct str value, struct letters *l)
{
    enum letter last = LETTER_DIGIT;
    uint8_t turns = 0;

    l->count = 0;
    for (size_t i = 0; i < value.len; i++) {
        enum letter now;

        l->before[i] = (uint8_t)l->count;
        if (!is_alnum(value.ptr[i]))
            continue;
        now = letter_of(value.ptr[i]);
        if (l->count > 0 && now != last &&
            !(last == LETTER_CAPITAL && now == LETTER_SMALL))
            turns++;
        l->turns[l->count++] = turns;
        last = now;
    }
    l->before[value.len] = (uint8_t)l->count;
}

/* ---- Windows ------------------------------------------------------------- */

/* The letters that the bits from..to hold all of. */
static bool whole_letters(const struct letters *l, size_t from, size_t to,
                          struct part *p)
{
    size_t first = (from + 7) / 8, end = to / 8;

    if (first >= end)
        return false;
    p->from = l->before[first];
    p->to = l->before[end];
    if (p->from >= p->to)
        return false;
    p->turns = l->turns[p->from];
    p->after = l->turns[p->to - 1];
    return true;
}

static enum err add_window(const struct own *o, struct part_table *t,
                           struct part *p, uint64_t w)
{
    size_t cap = t->cap;
    enum err e;

    if ((e = own_room((void **)&t->list, t->count, &cap, sizeof(*t->list))) ||
        (e = own_room((void **)&t->bits, t->count, &t->cap, sizeof(*t->bits))))
        return e;
    p->anchor = own_anchor(o, w);
    t->bits[t->count] =
        (struct part_bits){(uint32_t)(w * o->mul >> (64 - BITS_MAX)),
                           (uint32_t)(w * o->part_mul >> (64 - BITS_MAX))};
    t->list[t->count++] = *p;
    return OK;
}

static enum err add_spelling(const struct own *o, struct part_table *t,
                             const struct spelled *s, const struct letters *l,
                             struct part *p)
{
    size_t step = spell_step((enum spelling)p->spelling);
    enum err e = OK;

    for (size_t at = 0; !e && at + WINDOW <= s->len; at++) {
        size_t a = s->bits[at], b = s->bits[at + WINDOW - 1];

        p->at = (uint8_t)at;
        if (whole_letters(l, a < b ? a : b, (a < b ? b : a) + step, p))
            e = add_window(o, t, p, window_at(s->bytes + at));
    }
    return e;
}

enum err parts_add(const struct own *o, struct part_table *t, struct str piece,
                   size_t value, uint8_t *ret_letters)
{
    struct part p = {.value = (uint16_t)value};
    struct spelled s;
    struct letters l;
    enum err e = OK;

    read_letters(piece, &l);
    if (l.count < SPELL_VALUE_MIN ||
        l.turns[l.count - 1] + 1u < TURNS_OF(l.count))
        return OK;
    for (unsigned i = 0; i < SPELL_PERCENT && !e; i++) {
        if (t->count + SPELL_MAX > LIM_OWN_PARTS)
            break;
        p.spelling = (uint8_t)i;
        if (!spell(piece, (enum spelling)i, &s) || s.exact)
            continue;
        *ret_letters = (uint8_t)l.count;
        e = add_spelling(o, t, &s, &l, &p);
    }
    explicit_bzero(&s, sizeof(s));
    explicit_bzero(&l, sizeof(l));
    return e;
}

static void set_bit(atomic_uint_fast64_t *map, uint32_t bit)
{
    atomic_fetch_or(&map[bit / 64], UINT64_C(1) << bit % 64);
}

static void free_bits(struct part_table *t)
{
    if (t->bits != NULL)
        explicit_bzero(t->bits, t->count * sizeof(*t->bits));
    free(t->bits);
    t->bits = NULL;
}

void parts_mark(struct own *o, struct part_table *t)
{
    size_t words = ((size_t)1 << (64 - o->shift)) / 64;
    unsigned less = o->shift - (64 - BITS_MAX);

    for (size_t i = 0; i < t->count; i++) {
        set_bit(o->part_maps, t->bits[i].one >> less);
        set_bit(o->part_maps + words, t->bits[i].other >> less);
    }
    free_bits(t);
}

void part_table_free(struct part_table *t)
{
    free_bits(t);
    if (t->list != NULL)
        explicit_bzero(t->list, t->cap * sizeof(*t->list));
    free(t->list);
    free(t->places);
}

_Static_assert(LIM_OWN_PARTS < 0xffff, "references of two bytes");

enum err parts_place(struct part_table *t)
{
    size_t size = 2;

    while (size < 2 * t->count)
        size *= 2;
    t->places = calloc(size, sizeof(*t->places));
    if (t->places == NULL)
        return E_NOMEM;
    t->mask = size - 1;
    for (size_t i = 0; i < t->count; i++) {
        size_t at = t->list[i].anchor & t->mask;

        while (t->places[at] != 0)
            at = (at + 1) & t->mask;
        t->places[at] = (uint16_t)(i + 1);
    }
    return OK;
}

/* That of the values known from the start, then those of what was learnt. */
static const struct part_table *table_at(const struct own *o, size_t i)
{
    if (i == 0)
        return &o->parts;
    return i <= atomic_load(&o->parted_count)
               ? &atomic_load(&o->parted[i - 1])->parts
               : NULL;
}

const struct part *part_at(const struct own *o, uint64_t anchor,
                           struct part_walk *w)
{
    const struct part_table *t;

    for (; (t = table_at(o, w->table)) != NULL; w->table++, w->begun = false) {
        if (!w->begun)
            w->place = anchor & t->mask;
        w->begun = true;
        while (t->places[w->place] != 0) {
            const struct part *p = &t->list[t->places[w->place] - 1];

            w->place = (w->place + 1) & t->mask;
            if (p->anchor == anchor)
                return p;
        }
    }
    return NULL;
}

/* ---- Runs ---------------------------------------------------------------- */

static void cover(struct own_cover *c, const struct part *p)
{
    for (size_t i = p->from; i < p->to; i++)
        c->bits[i / 64] |= UINT64_C(1) << i % 64;
}

/* The window so many places on, or back, if it is of the same spelling. */
static const struct part *beside(const struct own *o, const struct part *p,
                                 ptrdiff_t by)
{
    const struct part_table *t =
        table_at(o, p->value < LIM_OWN ? 0 : p->value - LIM_OWN + 1u);
    ptrdiff_t i = p - t->list + by;
    const struct part *q;

    if (i < 0 || (size_t)i >= t->count)
        return NULL;
    q = &t->list[i];
    return q->value == p->value && q->spelling == p->spelling &&
                   q->at == p->at + by
               ? q
               : NULL;
}

static bool is_beside(const struct own *o, const struct part *p, ptrdiff_t by,
                      uint64_t w)
{
    const struct part *q = beside(o, p, by);

    return q != NULL && q->anchor == own_anchor(o, w);
}

void part_reach(const struct own *o, const struct part *p, struct str bytes,
                size_t at, struct part_run *ret)
{
    *ret = (struct part_run){.start = at, .end = at + WINDOW};
    for (ptrdiff_t i = 1; ret->end < bytes.len; i++, ret->end++)
        if (!is_beside(o, p, i, window_at(bytes.ptr + at + i)))
            break;
    for (ptrdiff_t i = 1; ret->start > 0; i++, ret->start--)
        if (!is_beside(o, p, -i, window_at(bytes.ptr + at - i)))
            break;
}

static void widen(struct part *all, const struct part *p)
{
    if (p->from < all->from) {
        all->from = p->from;
        all->turns = p->turns;
    }
    if (p->to > all->to) {
        all->to = p->to;
        all->after = p->after;
    }
}

bool part_counts(const struct own *o, const struct part *p, size_t at,
                 struct part_run *run)
{
    const struct part *first = beside(o, p, (ptrdiff_t)(run->start - at));
    const struct part *last = beside(o, p, (ptrdiff_t)(run->end - WINDOW - at));
    struct part all = *p;

    if (first == NULL || last == NULL)
        return false;
    widen(&all, first);
    widen(&all, last);
    cover(&run->cover, &all);
    if (all.to - all.from < LETTERS_LEAST)
        return false;
    return p->spelling > SPELL_REVERSED ||
           (size_t)all.after - all.turns >= RUN_TURNS(run->end - run->start);
}
