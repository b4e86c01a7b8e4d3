#ifndef SP_DETECT_DISGUISE_H
#define SP_DETECT_DISGUISE_H

#include "detect/chars.h"
#include "detect/textview.h"

/*
 * Views that undo what is done to words so that they are read all the same. Of
 * each, *ret_changed says whether it is not the text; it is of no use else.
 * Errors as textview_put.
 */

/*
 * skeleton_make - letters that look like Latin ones as those (the idea is of
 * Unicode Technical Standard 39, the table ours), in words that mix Latin with
 * another script, or in Latin text, or among such words, have nothing but
 * look-alikes. Russian or Greek stays what it is. chars: borrowed, may be NULL.
 */
MUST_USE enum err skeleton_make(struct chars *chars, struct str text,
                                struct textview *out, bool *ret_changed);

/* The same of a text that comes in pieces. */
struct skeleton {
    struct chars *chars; /* borrowed, may be NULL */
    struct word_letters {
        size_t latin, other, alike, strange; /* strange: Latin, and an alike */
    } word;                                  /* that goes on */
    size_t latin, other;                     /* letters of the text so far */
    size_t mixed, others;                    /* words of it: see is_disguised */
    bool whole; /* of all the text, from the start */
    bool changed;
};

/*
 * skeleton_feed - the words of text from *pos on, as many as have ended, or are
 * longer than words are; all with `last`. *pos moves behind them. What text it
 * is goes by the letters so far. out: NULL to count them only. Errors as
 * textview_put.
 */
MUST_USE enum err skeleton_feed(struct skeleton *k, struct str text,
                                size_t base, size_t *pos, bool last,
                                struct textview *out);
/* skeleton_count - letters of text that is not fed. skeleton_within - the word
 * in which it ends, if it does. */
void skeleton_count(struct skeleton *k, struct str text);
void skeleton_within(struct skeleton *k, struct str text);

/* skeleton_kind - CHAR_ALIKE of a character that looks like another, and
 * CHAR_LATIN. */
unsigned skeleton_kind(uint32_t cp);

#endif
