#ifndef SP_DETECT_DISGUISE_H
#define SP_DETECT_DISGUISE_H

#include "detect/textview.h"

/*
 * Views that undo what is done to words so that they are read all the same. Of
 * each, *ret_changed says whether it is not the text; it is of no use else.
 * Errors as textview_put.
 */

/*
 * skeleton_make - letters that look like Latin ones as those (the idea is of
 * Unicode Technical Standard 39, the table ours), in words that mix Latin with
 * another script, or in Latin text have nothing but look-alikes. Russian or
 * Greek stays what it is.
 */
MUST_USE enum err skeleton_make(struct str text, struct textview *out,
                                bool *ret_changed);

/*
 * joined_make - single letters with something between them, five at least,
 * together: the shortest of what is between them is left out, and what is
 * longer ends a word.
 */
MUST_USE enum err joined_make(struct str text, struct textview *out,
                              bool *ret_changed);

/*
 * leet_make - words of letters with digits and signs among them that stand for
 * letters, as those. A 1 is an i, or, with `ell`, an l where one is likely.
 * *ret_ones: there is one, so the two differ.
 */
MUST_USE enum err leet_make(struct str text, bool ell, struct textview *out,
                            bool *ret_changed, bool *ret_ones);

/*
 * turned_make - VIEW_ROT13 or VIEW_REVERSED, which undo themselves.
 * *ret_changed only if that has more of the common words of English, by two at
 * least.
 */
MUST_USE enum err turned_make(enum view_step how, struct str text,
                              struct textview *out, bool *ret_changed);

#endif
