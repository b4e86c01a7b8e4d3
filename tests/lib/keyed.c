#include "keyed.h"

#include <stdlib.h>

#include "rnd.h"

static unsigned char any_place(struct str keyword)
{
    size_t at = rnd((unsigned)keyword.len);

    return key_fits(keyword, at) ? (unsigned char)at : KEY_NONE;
}

static void set_places(struct keyed *k, struct rule *list, size_t n,
                       const struct rarity_table *often)
{
    unsigned char *next = k->places;

    for (size_t i = 0; i < n; i++) {
        list[i].key_places = next;
        for (size_t j = 0; j < list[i].keyword_count; j++) {
            struct str s = list[i].keywords[j];

            if (next == k->places + KEYED_MOST)
                abort();
            *next++ = often == NULL ? any_place(s) : key_place(often, s);
        }
    }
}

void keyed(struct keyed *k, struct rule *list, size_t n)
{
    struct rarity_table often;

    rarity_table(&often);
    set_places(k, list, n, &often);
}

void keyed_anyhow(struct keyed *k, struct rule *list, size_t n)
{
    set_places(k, list, n, NULL);
}
