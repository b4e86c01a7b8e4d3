#ifndef SP_DETECT_RESPELL_H
#define SP_DETECT_RESPELL_H

#include "detect/chars.h"
#include "detect/textview.h"

/*
 * Views that undo how words are written: with something between their letters
 * here, with digits for some of them in leet.h. They are made of a text that
 * comes in pieces; a whole text is one.
 *
 * A view is the text itself up to the first word that is written so. So of each
 * there is a function that only looks for that: *_plain moves *pos up to the
 * word and says true, or up to what depends on text that is still to come. What
 * *_feed has then to make of the text from there on, it makes with the same
 * state. Both move *pos behind what is decided: all of the text with `last`.
 */

/*
 * Single letters, five at least with something between them, together: the
 * shortest of what is between them is left out, and what is longer ends a
 * word, as a blank more does. No more than 16 characters other than letters may
 * stand among the first five.
 */
struct joined {
    struct chars *chars; /* borrowed, may be NULL */
    bool within;         /* a word                                    */
    bool on, changed;    /* in such a row; there was one              */
    size_t gap_len;      /* what is between its letters               */
    char gap[8];
};

/* joined_begins - do they begin at a place of a whole text, with a letter or a
 * digit that has none before it? */
bool joined_begins(struct str text, size_t at);
bool joined_plain(struct joined *j, struct str text, size_t *pos, bool last);
/* joined_feed - errors as textview_put. */
MUST_USE enum err joined_feed(struct joined *j, struct str text, size_t base,
                              size_t *pos, bool last, struct textview *out);

/* joined_make - of a whole text. *ret_changed: it is not the text; if it is,
 * *out is empty. Errors as textview_put. */
MUST_USE enum err joined_make(struct chars *chars, struct str text,
                              struct textview *out, bool *ret_changed);

#endif
