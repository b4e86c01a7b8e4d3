#include "keyed.h"

#include <stdlib.h>

#include "rnd.h"

void keyed(struct keyed *k, struct rule *list, size_t n)
{
    struct key *next = k->list;
    unsigned char *set = k->sets[0];
    struct rarity_table often;
    struct follows follows;

    rarity_table(&often);
    for (size_t i = 0; i < n; i++) {
        if (list[i].keyword_count > (size_t)(k->list + KEYED_MOST - next))
            abort();
        keys_read(&often, &list[i], next, &follows);
        list[i].keys = next;
        list[i].follows = set;
        for (size_t j = 0; j < follows.count; j++, set += FOLLOW_BYTES)
            follow_bytes(&follows.sets[j], set);
        next += list[i].keyword_count;
    }
}

void keyed_anyhow(struct keyed *k, struct rule *list, size_t n)
{
    struct key *next = k->list;

    keyed(k, list, n);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < list[i].keyword_count; j++) {
            struct str s = list[i].keywords[j];
            size_t at = rnd((unsigned)s.len);

            while (!key_fits(s, at))
                at--;
            next++->at = (unsigned char)at;
        }
}
