#ifndef SP_DETECT_LEET_H
#define SP_DETECT_LEET_H

#include "detect/news.h"

/*
 * Words of letters with digits and signs among them that stand for letters, as
 * those; of a word as long as none is, parts of it. The first has one between
 * two letters, or such a word behind it: many a name ends in a number. A 1 is
 * an i, or, with `ell`, an l where one is likely.
 */
struct leet {
    bool ell;
    bool one;     /* leet_feed stops, once, before the first 1 in a word: */
    bool parted;  /* it did. From there on the two may differ             */
    bool behind;  /* the word before is such a word  */
    bool changed; /* there was one                   */
    bool ones;    /* and a 1 in one                  */
    char before;  /* the byte before what is to come */
};

/* How each is made of pieces: respell.h. */
bool leet_plain(struct leet *l, struct str text, size_t *pos, bool last);
/* leet_feed - errors as textview_put. */
MUST_USE enum err leet_feed(struct leet *l, struct str text, size_t base,
                            size_t *pos, bool last, struct textview *out);

/* leet_make - of a whole text. *ret_changed: it is not the text; if it is,
 * *out is empty. *ret_ones: the two ways to read a 1 differ; leet_ells makes
 * the view, which is as long as the text, that of the other, and tells where
 * that has anything new. Errors as textview_put; E_NOMEM. */
MUST_USE enum err leet_make(struct str text, struct textview *out,
                            bool *ret_changed, bool *ret_ones);
MUST_USE enum err leet_ells(struct str text, struct textview *v,
                            struct sites *ret_news);

#endif
