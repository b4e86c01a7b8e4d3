#ifndef SP_DETECT_CIPHER_H
#define SP_DETECT_CIPHER_H

#include "detect/textview.h"

/*
 * Views that undo the ciphers that a model reads as if they were none. Nobody
 * says that a text is one, so that it is told by common words, most of them
 * English, of which a long one counts twice: a stretch, at most a sentence or,
 * of signs and whole words, a line, is turned if that has two more of them than
 * it has as it stands, or if others are and it says nothing against it. The
 * length of a word and the distances of its letters say by how many places of
 * the alphabet it was moved, so each word is looked at once for all of them.
 */

/*
 * cipher_worth - which of VIEW_ROT13, VIEW_CAESAR (by any other number of
 * places), VIEW_ATBASH (the alphabet backwards), VIEW_ROT47 and VIEW_FLIPPED
 * (what stands between spaces backwards) a text has something of, as a set.
 */
unsigned cipher_worth(struct str text);

/* cipher_make - the text with that turned. Errors as textview_put. */
MUST_USE enum err cipher_make(enum view_step how, struct str text,
                              struct textview *out);

/*
 * reversed_make - VIEW_REVERSED: lines, or sentences, from their end, those
 * that have two more of those words then; *ret_changed: there are some. Errors
 * as textview_put.
 */
MUST_USE enum err reversed_make(struct str text, struct textview *out,
                                bool *ret_changed);

/*
 * Where text that is turned may begin and ends, in a text of which more may
 * come. turned_begin - with the first word that is a common one if it is
 * turned, or that is cut off; text.len: with none. `before` stands before the
 * text. turned_end - of one at the start, how long it is, or 0: not known yet.
 * What has no more of such words than of others ends where that is seen;
 * *ret_some: it had more, and goes up to a sentence or line that begins
 * otherwise.
 */
size_t turned_begin(struct str text, char before);
size_t turned_end(struct str text, bool last, bool *ret_some);

/* turned_reach - at most so many bytes before the place `at` are of the
 * sentence or line of that place: where it begins in the text. */
size_t turned_reach(struct str text, size_t at);

/* cipher_words - how many of those words a text has, a long one as two. */
size_t cipher_words(struct str text);

#endif
