#ifndef TEST_KEYED_H
#define TEST_KEYED_H

#include "rules/key.h"
#include "rules/rule.h"

/* keyed - give rules that no pack holds the places of their keywords' keys, as
 * packing would, or at random any that fit; KEYED_MOST keywords at most. */
#define KEYED_MOST 64u
struct keyed {
    unsigned char places[KEYED_MOST];
};
void keyed(struct keyed *k, struct rule *list, size_t n);
void keyed_anyhow(struct keyed *k, struct rule *list, size_t n);

#endif
