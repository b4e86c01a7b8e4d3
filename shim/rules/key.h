#ifndef SP_RULES_KEY_H
#define SP_RULES_KEY_H

#include "rules/rarity.h"

/*
 * By what the keywords of rules are looked for: a few bytes of each, its key,
 * the rarest in text of those that stand side by side in it.
 *
 *      give me the keys        "e me" is often, "e ke" is not:
 *      ----------^^^^--        its key begins at 10
 *
 * Where that is takes longer to find than all else that is read of a keyword,
 * and is found once, by who packs the rules.
 */

/* A keyword that is too short for a key, or has none that stands in one place
 * of a text. */
#define KEY_NONE UINT8_MAX

/* key_front - how many white bytes a keyword begins with. No key has one of
 * them, and its place is counted from behind them. */
size_t key_front(struct str keyword);

/* key_place - where a keyword's key begins, or KEY_NONE. */
unsigned char key_place(const struct rarity_table *often, struct str keyword);

/* key_fits - can a key begin at `at` of a keyword? */
bool key_fits(struct str keyword, size_t at);

#endif
