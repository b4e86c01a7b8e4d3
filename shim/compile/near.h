#ifndef SP_COMPILE_NEAR_H
#define SP_COMPILE_NEAR_H

#include "compile/rulefile.h"

/*
 * near_read - the reader of 'near' and 'unless'; into: a struct rule_src.
 *
 *     near: {words: [vault, Tresor], within: sentence}
 *     unless:
 *       - {match: '(?i)\bexample\b', within: 60, side: before}
 *       - {words: [placeholder], side: after}
 *
 * A map, or a list of maps of which all must hold. Each has words, read as
 * those of 'context' but with any white space between two, or a pattern, or
 * both, one of which is looked for near the match: `within` so many characters,
 * or (the default) the same sentence but no more than LIM_NEAR characters; on
 * one `side` of it, or on either (the default). What counts as a sentence is
 * told in rules/near.h.
 *
 * A `context` is what a rule is found by, so it costs nothing where no word
 * stands; these are checks of what was found, and cost something for each
 * match.
 */
bool near_read(struct reader *r, const struct yaml_node *n, void *into);

/* The keys of one of its maps, for the test of rules/schema.json. */
size_t near_keys(const struct field **ret_fields);

/*
 * needs_read - the reader of 'needs'; into: a struct rule_src.
 *
 *     needs: {match: '(?i)orders|rules', within: 120}
 *
 * A promise about the rule's pattern, and no further condition: in each of its
 * matches, or behind it, this begins so many characters behind the match's
 * start at most. In a text where a keyword stands a thousand times, the pattern
 * is not tried at those that have nothing of the kind behind them.
 */
bool needs_read(struct reader *r, const struct yaml_node *n, void *into);
size_t needs_keys(const struct field **ret_fields);

#endif
