#ifndef SP_RULES_RARITY_H
#define SP_RULES_RARITY_H

#include "base/str.h"

/*
 * rarity_of - how often four bytes stand in the text of people and programs: a
 * logarithm. By the rarest of its bytes a keyword is looked for (words.c).
 */
unsigned rarity_of(const char *four);

#endif
