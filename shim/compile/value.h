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
 * Between the two there is one of = : ( or a word such as key, token or secret
 * (see value.c), at most 48 characters on and on the keyword's line (or the
 * one below [airbrake]), and the value at most 64 behind that; a keyword that
 * holds such a word needs no other. Or nothing but a blank, `is`, a tag's end
 * or a comma stands between, and the value has a digit among its first
 * characters (airbrake 0c4f...). Neither the keyword nor the value is a part of
 * a longer word, and a name is no value (`check: {not_name: true}`).
 */

/*
 * value_pattern - set the rule's match, its group, keyword_first, no_name and
 * needs. The rule has keywords. False where memory ran out (r->fatal).
 */
bool value_pattern(struct reader *r, struct str value, struct rule *rule);

#endif
