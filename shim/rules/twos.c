#include "rules/twos.h"

#include "rules/rarity.h"

#define ALL 10000u /* text, in shares of it */

/* What text would have of a group's bytes, with one more. */
static uint32_t share_with(const struct twos *t, struct str string, size_t g,
                           size_t i)
{
    unsigned char c;

    if (i == string.len)
        return ALL;
    c = (unsigned char)string.ptr[i];
    if ((t->groups[i][c & 127] >> g & 1) != 0)
        return t->share[g][i];
    return t->share[g][i] + rarity_byte((char)c);
}

static void put(struct twos *t, struct str string, size_t g)
{
    unsigned char bit = (unsigned char)(1u << g);

    for (size_t i = 0; i < 2; i++)
        t->share[g][i] = share_with(t, string, g, i);
    for (size_t i = 0; i < string.len; i++)
        t->groups[i][string.ptr[i] & 127] |= bit;
    for (size_t c = 0; c < 128 && string.len == 1; c++)
        t->groups[1][c] |= bit; /* any byte goes with it */
}

/* Into the group that grows least. */
void twos_add(struct twos *t, struct str string)
{
    unsigned char over = (unsigned char)(64 - 8 * string.len);
    bool wide = (unsigned char)string.ptr[0] >= 0x80;
    unsigned of = wide ? TWOS_WIDE : TWOS_ASCII;
    uint64_t least = UINT64_MAX;
    size_t to = 0;

    for (size_t g = 0; g < TWOS_GROUPS; g++) {
        const uint32_t *s = t->share[g];
        uint64_t grows = (uint64_t)share_with(t, string, g, 0) *
                             share_with(t, string, g, 1) -
                         (uint64_t)s[0] * s[1];

        if ((of >> g & 1) == 0 || grows >= least)
            continue;
        to = g;
        least = grows;
    }
    put(t, string, to);
    t->over = t->over < over ? over : t->over;
}
