#ifndef TEST_KEYED_H
#define TEST_KEYED_H

#include "rules/key.h"

/* keyed - give rules that no pack holds their keywords' keys, as packing would;
 * KEYED_MOST keywords at most. keyed_anyhow - where those begin at random,
 * wherever they can. */
#define KEYED_MOST 64u
struct keyed {
    struct key list[KEYED_MOST];
    unsigned char sets[KEYED_MOST][FOLLOW_BYTES];
};
void keyed(struct keyed *k, struct rule *list, size_t n);
void keyed_anyhow(struct keyed *k, struct rule *list, size_t n);

#endif
