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
    size_t count, looked; /* all; those that were asked about */
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
}

/* ---- Covers -------------------------------------------------------------- */

size_t own_covered(const struct own_cover *c)
{
    return (size_t)__builtin_popcountll(c->bits[0]) +
           (size_t)__builtin_popcountll(c->bits[1]);
}

bool own_cover_add(struct own_cover *to, const struct own_cover *more)
{
    size_t before = own_covered(to);

    to->bits[0] |= more->bits[0];
    to->bits[1] |= more->bits[1];
    return own_covered(to) > before;
}

/* Of each part written by itself a letter may be lost in base64. */
static bool is_told(const struct own *o, uint16_t value,
                    const struct own_cover *c)
{
    size_t letters = own_value(o, value)->letters;

    return letters - own_covered(c) <= letters / 8;
}

static struct own_cover said_before(const struct own *o, uint16_t value,
                                    uint64_t now)
{
    const struct value *v = own_value(o, value);
    struct own_cover c = {{0, 0}};

    if (atomic_load(&v->until) > now) {
        c.bits[0] = atomic_load(&v->said[0]);
        c.bits[1] = atomic_load(&v->said[1]);
    }
    return c;
}

/* ---- A request ----------------------------------------------------------- */

/* All that is said of this value here. */
static struct own_cover said_here(const struct own_gather *g, uint16_t value)
{
    struct own_cover c = {{0, 0}};

    for (size_t i = 0; i < g->count; i++)
        if (g->list[i].part.value == value)
            own_cover_add(&c, &g->list[i].part.cover);
    return c;
}

bool own_gather_add(struct own_gather *g, const struct own_part *part,
                    uint32_t number)
{
    struct own_cover c = said_here(g, part->value);

    if (g->count == ARRAY_LEN(g->list) ||
        (g->count >= OWN_AGAIN && !own_cover_add(&c, &part->cover)))
        return false;
    g->list[g->count++] = (struct gathered){.part = *part, .text = number};
    return true;
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
        struct own_cover c = said_before(o, value, now_ns);
        struct own_cover here = said_here(g, value);

        own_cover_add(&c, &here);
        if (one->given || !is_told(o, value, &c))
            continue;
        *ret_about = own_about_of(o, value);
        *ret_count = give(g, value, ret_pieces);
        return true;
    }
    return false;
}

static bool is_given(const struct own_gather *g, uint16_t value)
{
    for (size_t i = 0; i < g->count; i++)
        if (g->list[i].part.value == value && g->list[i].given)
            return true;
    return false;
}

/* What others said at the same time is kept, but for what is forgotten. */
static void remember(struct value *v, const struct own_cover *c, uint64_t now)
{
    bool fresh = atomic_load(&v->until) <= now;

    for (size_t i = 0; i < ARRAY_LEN(v->said); i++)
        if (fresh)
            atomic_store(&v->said[i], c->bits[i]);
        else
            atomic_fetch_or(&v->said[i], c->bits[i]);
    atomic_store(&v->until, now + LIM_OWN_HOURS * HOUR_NS);
}

void own_gather_end(struct own_gather *g, struct own *o, uint64_t now_ns)
{
    for (size_t i = 0; i < g->count; i++) {
        uint16_t value = g->list[i].part.value;

        if (!is_given(g, value))
            remember(own_value(o, value), &g->list[i].part.cover, now_ns);
    }
    own_gather_clear(g);
}
