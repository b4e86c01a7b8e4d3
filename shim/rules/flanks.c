#include "rules/flanks.h"

#include "rules/regex.h"

/* The set of some bytes, made level. */
static struct flank_set set_of(const struct guard *g)
{
    struct flank_set s = {{0}};

    for (unsigned c = 0; c < 128; c++)
        if ((g->bits[c / 64] >> c % 64 & 1) != 0)
            s.rows[c & 15] |= (unsigned char)(1u << (c >> 4));
    return s;
}

static size_t slot_of(const struct guard *g)
{
    uint64_t x = g->bits[0] * UINT64_C(0x9e3779b97f4a7c15) ^ g->bits[1];

    return (size_t)(x * UINT64_C(0xc2b2ae3d27d4eb4f) >> 32) % (2 * FLANK_SETS);
}

/* White space but for the space, large letters, and where small ones are. */
#define WHITE UINT64_C(0x3e00)
#define LARGE UINT64_C(0x07fffffe)

/* The number of the set of these bytes of a text. */
static unsigned char add(struct flank_sets *bs, struct guard g)
{
    size_t i;

    if ((g.bits[0] & WHITE) != 0)
        g.bits[0] |= UINT64_C(1) << ' ';
    g.bits[0] = (g.bits[0] & ~WHITE) | 1;
    g.bits[1] = (g.bits[1] | (g.bits[1] & LARGE) << 32) & ~LARGE;
    for (i = slot_of(&g); bs->slots[i] != 0; i = (i + 1) % (2 * FLANK_SETS)) {
        const struct guard *have = &bs->of[bs->slots[i] - 1u];

        if (have->bits[0] == g.bits[0] && have->bits[1] == g.bits[1])
            return (unsigned char)(bs->slots[i] - 1u);
    }
    if (bs->count == FLANK_SETS)
        return FLANK_ALL;
    bs->of[bs->count] = g;
    bs->sets[bs->count] = set_of(&g);
    bs->slots[i] = (uint16_t)(bs->count + 1);
    return (unsigned char)bs->count++;
}

void flanks_init(struct flank_sets *bs)
{
    add(bs, (struct guard){{UINT64_MAX, UINT64_MAX}});
}

unsigned char flanks_stops(struct flank_sets *bs, const struct guard *g)
{
    return add(bs, guard_others(g));
}

/* Where white space may be among them, the second has no one place. */
void flanks_follows(struct flank_sets *bs, const struct rule *r,
                    const struct key *k, struct flanks *b)
{
    struct guard g = {{0}};
    bool white;

    b->behind = FLANK_ALL;
    b->least = 1;
    if (k->set == 0)
        return;
    memcpy(g.bits, r->follows + (size_t)(k->set - 1) * FOLLOW_BYTES,
           sizeof(g.bits));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    for (size_t i = 0; i < ARRAY_LEN(g.bits); i++)
        g.bits[i] = __builtin_bswap64(g.bits[i]);
#endif
    white = (g.bits[0] & (WHITE | UINT64_C(1) << ' ')) != 0;
    b->behind = add(bs, g);
    if (!white && k->least > 1)
        b->least = k->least;
}
