#ifndef SP_RULES_TAIL_H
#define SP_RULES_TAIL_H

#include "rules/token.h"

/*
 * What stands behind the keyword of a rule that has a run before it (inside.h),
 * read off its pattern: bytes of some kinds, and then one that ends them.
 *
 *      \w{1,20}@(?:[a-z][a-z0-9]{0,9}\.){1,3}[a-z]{2}
 *               ~~~~~~~~~~~~~~~~~~~~~^
 *
 * In what only looks like such text most keywords have another byte soon behind
 * them, and this is known before anything is looked for before them.
 */
struct tail {
    uint32_t keyword;         /* bytes of it; 0: nothing is known */
    uint32_t start, end;      /* of the byte that ends them: from, and before */
    unsigned char kinds[256]; /* of each byte (tail.c) */
};

/* tail_read - of a rule; all zero where its pattern does not say. */
void tail_read(const struct rule *r, struct tail *ret_tail);

/* tail_bytes - those of ASCII that can stand up to the end, with that. */
struct guard tail_bytes(const struct tail *t);

/* tail_can - may a match have its keyword at `at` of a whole text? */
bool tail_can(const struct tail *t, struct str text, size_t at);

#endif
