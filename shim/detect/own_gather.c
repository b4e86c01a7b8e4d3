#include "detect/own_inside.h"

#include <stdlib.h>

/*
 * What the texts of a request say of each value, whatever stands between the
 * parts and whichever comes first; and what the requests before it said.
 */

#define HOUR_NS UINT64_C(3600000000000)

struct gathered {
    struct own_part part;
    uint32_t text;
    bool given;
};

struct own_gather {
    struct gathered list[LIM_OWN_GATHER];
    size_t count, looked; /* all; those that were asked about   */
    const char *dropped;  /* the name of one that is found otherwise */
};

enum err own_gather_new(struct own_gather **ret_gather)
{
    *ret_gather = calloc(1, sizeof(**ret_gather));
    return *ret_gather != NULL ? OK : E_NOMEM;
}

void own_gather_free(struct own_gather *g)
{
    free(g);
}

void own_gather_clear(struct own_gather *g)
{
    g->count = g->looked = 0;
    g->dropped = NULL;
}

/* ---- Covers -------------------------------------------------------------- */

static size_t covered(const struct own_cover *c)
{
    return (size_t)__builtin_popcountll(c->bits[0]) +
           (size_t)__builtin_popcountll(c->bits[1]);
}

static bool add_cover(struct own_cover *to, const struct own_cover *more)
{
    struct own_cover before = *to;

    to->bits[0] |= more->bits[0];
    to->bits[1] |= more->bits[1];
    return covered(to) > covered(&before);
}

/* Of each part written by itself a letter may be lost in base64. */
static bool is_told(const struct own *o, uint16_t value,
                    const struct own_cover *c)
{
    size_t letters = o->values[value].letters;

    return letters - covered(c) <= letters / 8;
}

static struct own_cover said_before(const struct own *o, uint16_t value,
                                    uint64_t now)
{
    const struct value *v = &o->values[value];
    struct own_cover c = {{0, 0}};

    if (atomic_load(&v->until) > now) {
        c.bits[0] = atomic_load(&v->said[0]);
        c.bits[1] = atomic_load(&v->said[1]);
    }
    return c;
}

/* ---- A request ------------------------------------------------------------
 */

bool own_gather_add(struct own_gather *g, const struct own *o,
                    const struct own_part *part, uint32_t number)
{
    if (g->count == ARRAY_LEN(g->list) ||
        is_told(o, part->value, &part->cover) ||
        o->values[part->value].name.ptr == g->dropped)
        return false;
    g->list[g->count++] = (struct gathered){.part = *part, .text = number};
    return true;
}

/* All that is said of this value, here in how many ways; *ret_new: here. */
static struct own_cover all_of(const struct own_gather *g, const struct own *o,
                               uint16_t value, uint64_t now, size_t *ret_parts)
{
    struct own_cover c = said_before(o, value, now);

    *ret_parts = covered(&c) > 0;
    for (size_t i = 0; i < g->count; i++)
        if (g->list[i].part.value == value)
            *ret_parts += add_cover(&c, &g->list[i].part.cover);
    return c;
}

static size_t give(struct own_gather *g, uint16_t value,
                   struct own_piece *pieces)
{
    size_t n = 0;

    for (size_t i = 0; i < g->count; i++) {
        struct gathered *one = &g->list[i];

        if (one->part.value != value || one->given)
            continue;
        one->given = true;
        pieces[n++] =
            (struct own_piece){one->text, one->part.start, one->part.end};
    }
    return n;
}

_Static_assert(LIM_OWN_GATHER <= OWN_PIECES, "room for all of them");

bool own_gather_next(struct own_gather *g, const struct own *o, uint64_t now_ns,
                     struct own_about *ret_about, struct own_piece *ret_pieces,
                     size_t *ret_count)
{
    while (g->looked < g->count) {
        const struct gathered *one = &g->list[g->looked++];
        uint16_t value = one->part.value;
        const struct value *v = &o->values[value];
        struct own_cover c;
        size_t parts;

        if (one->given)
            continue;
        c = all_of(g, o, value, now_ns, &parts);
        if (parts < 2 || !is_told(o, value, &c))
            continue;
        *ret_about = (struct own_about){v->source, v->name};
        *ret_count = give(g, value, ret_pieces);
        return true;
    }
    return false;
}

void own_gather_drop(struct own_gather *g, const struct own *o,
                     const struct own_about *about)
{
    size_t n = 0;

    g->dropped = about->name.ptr;
    for (size_t i = 0; i < g->count; i++)
        if (o->values[g->list[i].part.value].name.ptr != about->name.ptr)
            g->list[n++] = g->list[i];
    g->count = g->looked = n;
}

static bool is_given(const struct own_gather *g, uint16_t value)
{
    for (size_t i = 0; i < g->count; i++)
        if (g->list[i].part.value == value && g->list[i].given)
            return true;
    return false;
}

void own_gather_end(struct own_gather *g, struct own *o, uint64_t now_ns)
{
    for (size_t i = 0; i < g->count; i++) {
        uint16_t value = g->list[i].part.value;
        struct value *v = &o->values[value];
        struct own_cover c;

        if (is_given(g, value))
            continue;
        c = said_before(o, value, now_ns);
        add_cover(&c, &g->list[i].part.cover);
        atomic_store(&v->said[0], c.bits[0]);
        atomic_store(&v->said[1], c.bits[1]);
        atomic_store(&v->until, now_ns + LIM_OWN_HOURS * HOUR_NS);
    }
    own_gather_clear(g);
}
