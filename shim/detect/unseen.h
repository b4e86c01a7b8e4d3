#ifndef SP_DETECT_UNSEEN_H
#define SP_DETECT_UNSEEN_H

#include "base/str.h"

/*
 * Places where a person and a model do not read the same: characters in a row
 * that show nothing, text that is shown in another order than it has, and
 * letters under a heap of marks.
 *
 * Each looks for the next one at or behind `from`. With `open` more text may
 * follow, and what it may change is not found yet. Texts are valid UTF-8, but
 * an open one may end within a character.
 */
struct unseen {
    bool found;
    size_t start, end;
    size_t cursor; /* where to go on; if not found, none begins before it */
};

/*
 * unseen_run - so many characters in a row that is_invisible, at least 8: what
 * is needed of them (emoji, flags of parts of a country, Persian, Indic and
 * Mongolian words) is shorter.
 */
void unseen_run(struct str text, size_t from, bool open, size_t least,
                struct unseen *ret);

/* unseen_run_begins - what such a run begins with. */
size_t unseen_run_begins(const struct str **ret_list);

/*
 * unseen_order - of a line, from the first to the last character whose place is
 * changed where it should not be (Unicode Standard Annex 9; CVE-2021-42574):
 * ASCII letters, two at least, in a right-to-left override; or in a
 * right-to-left embedding or isolate that is open at the end of the line and
 * has no letter of a right-to-left script.
 */
void unseen_order(struct str text, size_t from, bool open, struct unseen *ret);

/* unseen_order_begins - what it begins with. */
size_t unseen_order_begins(const struct str **ret_list);

/*
 * unseen_marks - letters with three marks or more, so many with at most eight
 * characters between two of them: from the first of these marks to the last.
 * Marks are those of no script of their own, such as U+0300.
 */
void unseen_marks(struct str text, size_t from, size_t least,
                  struct unseen *ret);

#endif
