#ifndef SP_RULES_RARITY_H
#define SP_RULES_RARITY_H

#include "base/str.h"

/*
 * rarity_window - by which four bytes a keyword is looked for (words.c): the
 * offset of those that the text of people and programs has least often. Of a
 * keyword of four bytes or more, at most LIM_KEYWORD.
 */
size_t rarity_window(struct str keyword);

#endif
