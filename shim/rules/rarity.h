#ifndef SP_RULES_RARITY_H
#define SP_RULES_RARITY_H

#include "base/str.h"

/*
 * By which three bytes a keyword is looked for (prefilter.c): those that the
 * text of people and programs has least often.
 */

/*
 * rarity_window - the offset of the rarest three bytes of a keyword, of those
 * that begin at an even (parity 0) or odd (1) offset. At most LIM_KEYWORD
 * bytes, and at least three behind the parity.
 */
size_t rarity_window(struct str keyword, size_t parity);

/* rarity_behind - is the window at `at` known by the byte behind it, as a
 * fourth? Else by the one before. */
bool rarity_behind(struct str keyword, size_t at);

/* rarity_pair - how often two bytes stand side by side: more is more often. */
unsigned rarity_pair(const char *p);

#endif
