#ifndef SP_COMPILE_ITEMS_H
#define SP_COMPILE_ITEMS_H

#include "base/str.h"

/*
 * A pattern as those who look for slips in it see it: alternatives, each a row
 * of items (pcre2pattern(3)). Close enough to warn by, not to match by: the
 * pattern is known to compile, and what \Q, (?x) or a condition makes of it is
 * not seen.
 */

/*
 * items_open_tail - the item that takes nearly any text without a bound, of
 * which nothing says where it ends: behind it is nothing in the pattern, or
 * what need not be there. Empty if there is none.
 */
struct str items_open_tail(struct str pattern);

/*
 * items_blow_up - an item without a bound that repeats another without a bound,
 * with nothing between two turns: (a+)*, whose text splits into turns in more
 * ways than can be tried. Empty if there is none.
 */
struct str items_blow_up(struct str pattern);

/*
 * items_run - the next item of *rest that takes a row of characters, letters or
 * digits among them: [a-z.]+, \w*, .{1,9}; also one in a group. *rest moves
 * behind it. Empty if there is none.
 */
struct str items_run(struct str *rest);

#endif
