#ifndef SP_COMPILE_VALUE_H
#define SP_COMPILE_VALUE_H

#include "compile/read.h"
#include "rules/rule.h"

/*
 * The pattern of a rule that has `value` instead of `match`: a value of that
 * form which stands behind one of the rule's keywords, and is called a key.
 *
 *     keywords: [airbrake]
 *     value: '[0-9a-f]{32}'
 *
 *     AIRBRAKE_API_KEY=...      airbrake: {"token": "..."}     airbrake = ...
 *
 * Between the two there is one of = : or a word such as key, token or secret
 * (see value.c), on the keyword's line; a keyword that holds such a word needs
 * no other. Neither the keyword nor the value is a part of a longer word.
 */

/* At most so many characters up to the end of that word, and behind it. */
#define VALUE_GAP 32

/*
 * value_pattern - set the rule's match, its group and keyword_first. The rule
 * has keywords. False where memory ran out (r->fatal).
 */
bool value_pattern(struct reader *r, struct str value, struct rule *rule);

#endif
