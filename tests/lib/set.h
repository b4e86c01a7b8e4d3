#ifndef TEST_SET_H
#define TEST_SET_H

#include "rules/rule.h"
#include "rules/rules.h"

/* A set of rules, ready, and what a test needs beside it. */
struct set {
    struct buf packed;
    struct rules *rs;
    struct scratch *sc;
    struct findings f;
    struct scope at; /* an assistant's text in a response */
};

/* Of a rule that looks everywhere, and the words it is looked for by. */
#define ALL     .dirs = DIRS_ALL, .roles = ROLES_ALL, .parts = PARTS_ALL
#define KEYS(k) .keywords = (k), .keyword_count = ARRAY_LEN(k)

struct set_options {
    const struct exclusion *exclusions;
    size_t exclusion_count;
    bool monitor;
};

/* set_open - the rules, packed and loaded; ends the test where that fails.
 * set_open_with - the same with more than rules. */
void set_open(struct set *s, const struct rule *list, size_t n);
void set_open_with(struct set *s, const struct rule *list, size_t n,
                   struct set_options with);
void set_close(struct set *s);

/* findings_same - of the same rules at the same places, in the same order. */
bool findings_same(const struct findings *a, const struct findings *b);

/* put - ends the test where there is no memory. */
void put(struct buf *to, struct str bytes);

#endif
