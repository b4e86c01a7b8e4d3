#ifndef SP_RULES_RARITY_H
#define SP_RULES_RARITY_H

#include "base/str.h"

/*
 * rarity_least - where four bytes begin that stand least often in the text of
 * people and programs, of so many places, at least one, from the front of text
 * on, which is a keyword; of equals the last. By these a keyword is looked for
 * (words.c).
 */
size_t rarity_least(const char *text, size_t places);

#endif
