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

enum class {
    CLASS_DIGIT,
    CLASS_SMALL,
    CLASS_CAPITAL,
};

static enum class class_of(char c) {
    if (is_digit(c)) return CLASS_DIGIT;
        return c >= 'a' ? CLASS_SMALL : CLASS_CAPITAL;
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
    enum class last = CLASS_DIGIT;
    uint8_t turns = 0;

    l->count = 0;
    for (size_t i = 0; i < value.len; i++) {
        enum class now;

        l->before[i] = (uint8_t)l->count;
        if (!is_alnum(value.ptr[i]))
            continue;
        now = class_of(value.ptr[i]);
        if (l->count > 0 && now != last &&
            !(last == CLASS_CAPITAL && now == CLASS_SMALL))
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

static enum err add_window(struct own *o, struct part *p, uint64_t w)
{
    size_t cap = o->part_cap;
    enum err e;

    e = own_room((void **)&o->parts, o->part_count, &cap, sizeof(*o->parts));
    if (e)
        return e;
    e = own_room((void **)&o->part_bits, o->part_count, &o->part_cap,
                 sizeof(*o->part_bits));
    if (e)
        return e;
    p->anchor = own_anchor(o, w);
    o->part_bits[o->part_count] =
        (struct part_bits){(uint32_t)(w * o->mul >> (64 - BITS_MAX)),
                           (uint32_t)(w * o->part_mul >> (64 - BITS_MAX))};
    o->parts[o->part_count++] = *p;
    return OK;
}

static enum err add_spelling(struct own *o, const struct spelled *s,
                             const struct letters *l, struct part *p)
{
    size_t step = spell_step((enum spelling)p->spelling);
    enum err e = OK;

    for (size_t at = 0; !e && at + WINDOW <= s->len; at++) {
        size_t a = s->bits[at], b = s->bits[at + WINDOW - 1];

        p->at = (uint8_t)at;
        if (whole_letters(l, a < b ? a : b, (a < b ? b : a) + step, p))
            e = add_window(o, p, window_at(s->bytes + at));
    }
    return e;
}

enum err parts_add(struct own *o, struct str piece, size_t value)
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
        if (o->part_count + SPELL_MAX > LIM_OWN_PARTS)
            break;
        p.spelling = (uint8_t)i;
        if (!spell(piece, (enum spelling)i, &s) || s.exact)
            continue;
        o->values[value].letters = (uint8_t)l.count;
        e = add_spelling(o, &s, &l, &p);
    }
    explicit_bzero(&s, sizeof(s));
    explicit_bzero(&l, sizeof(l));
    return e;
}

static void set_bit(uint64_t *map, uint32_t bit)
{
    map[bit / 64] |= UINT64_C(1) << bit % 64;
}

static enum err make_maps(struct own *o)
{
    size_t words = ((size_t)1 << (64 - o->shift)) / 64;
    unsigned less = o->shift - (64 - BITS_MAX);

    o->part_maps = calloc(2 * words, sizeof(*o->part_maps));
    if (o->part_maps == NULL)
        return E_NOMEM;
    for (size_t i = 0; i < o->part_count; i++) {
        set_bit(o->part_maps, o->part_bits[i].one >> less);
        set_bit(o->part_maps + words, o->part_bits[i].other >> less);
    }
    if (o->part_bits != NULL)
        explicit_bzero(o->part_bits, o->part_count * sizeof(*o->part_bits));
    free(o->part_bits);
    o->part_bits = NULL;
    return OK;
}

_Static_assert(LIM_OWN_PARTS < 0xffff, "references of two bytes");

enum err parts_ready(struct own *o)
{
    size_t size = 2;
    enum err e;

    if ((e = make_maps(o)))
        return e;
    while (size < 2 * o->part_count)
        size *= 2;
    o->part_places = calloc(size, sizeof(*o->part_places));
    if (o->part_places == NULL)
        return E_NOMEM;
    o->part_mask = size - 1;
    for (size_t i = 0; i < o->part_count; i++) {
        size_t at = o->parts[i].anchor & o->part_mask;

        while (o->part_places[at] != 0)
            at = (at + 1) & o->part_mask;
        o->part_places[at] = (uint16_t)(i + 1);
    }
    return OK;
}

const struct part *part_at(const struct own *o, uint64_t anchor, size_t *place)
{
    while (o->part_places[*place] != 0) {
        const struct part *p = &o->parts[o->part_places[*place] - 1];

        *place = (*place + 1) & o->part_mask;
        if (p->anchor == anchor)
            return p;
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
    ptrdiff_t i = p - o->parts + by;
    const struct part *q;

    if (i < 0 || (size_t)i >= o->part_count)
        return NULL;
    q = &o->parts[i];
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
