#ifndef SP_COMPILE_ITEMS_H
#define SP_COMPILE_ITEMS_H

#include "base/str.h"

/*
 * A pattern as those who look for slips in it see it: alternatives, each a row
 * of items (pcre2pattern(3)). Close enough to warn by, not to match by: the
 * pattern is known to compile, and what \Q, (?x) or a condition makes of it is
 * not seen.
 */

/* One character, class, escape or group, and how often it may stand there. */
struct item {
    struct str whole;  /* with its quantifier */
    struct str atom;   /* without */
    struct str inside; /* of a group that takes text: its alternatives */
    bool none;         /* takes no text: \b, $, (?=...), (?i) */
    bool no_end;       /* such a one that the end of a text fulfils */
    bool least_none;   /* may be left out */
    bool endless;      /* has no bound */
    bool sure;         /* gives nothing back: a+ possessively, (?>...) */
};

/* items_alternative - the next alternative of *rest, which moves behind it; as
 * str_split does. */
struct str items_alternative(struct str *rest);

/* items_next - the item at the front of *rest, which moves behind it; false if
 * it is empty. */
bool items_next(struct str *rest, struct item *ret_item);

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

#endif
