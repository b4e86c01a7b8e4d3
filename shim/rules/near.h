#ifndef SP_RULES_NEAR_H
#define SP_RULES_NEAR_H

#include "rules/inside.h"

/*
 * What must, or must not, stand near a match: `near` and `unless` of a rule.
 *
 *      ... to the vault. Please [match] the password for me. And then ...
 *          |<-- before --->|       |<----- after ------>|
 *
 * Looked at is the text before a match and the text behind it, each a text by
 * itself: as far as the end of the sentence or so many characters, and from
 * there on to the end of a word that would be cut off. What ends a sentence
 * stands in sentence.h. All this is bounded, so that a stream
 * knows how much of the past it must keep, and for how much of the future a
 * match has to wait.
 */
#define NEAR_WORD 64u /* bytes of a cut word that still belong to it */

/* near_before - bytes in front of a match that any of the rule's may see. */
size_t near_before(const struct rule *r);
/* near_after - the same behind a match. */
size_t near_after(const struct rule *r);

/*
 * near_holds - does all stand near the match that must, and nothing else?
 *
 * The match is start..end of s->text; what stands near it is looked for in
 * s->around, if s->text is part of that. *ret_yes is set, and *ret_open where
 * the text goes on (s->open) and what follows will decide. What is known beside
 * the last match of the search is of use for this one. Errors as rules_scan.
 */
MUST_USE enum err near_holds(struct search *s, struct scratch *sc, size_t start,
                             size_t end, bool *ret_yes, bool *ret_open);

#endif
