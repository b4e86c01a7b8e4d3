#ifndef SP_DETECT_NEWS_H
#define SP_DETECT_NEWS_H

#include "detect/textview.h"

/*
 * Where a view has anything that its source has not: most views of a long text
 * are the text itself but for a word here and there, and what it has been
 * looked at in once need not be looked at again.
 */

#define NEWS_MARGIN 512u /* characters around it that are given with it */

/*
 * around_front, around_back - the place `margin` bytes before `at`, which is
 * not before `least`, or behind it: at white space if some is near, so that no
 * word is cut that is not longer than AROUND_WORD, else between characters.
 */
#define AROUND_WORD 64u
size_t around_front(struct str s, size_t least, size_t at, size_t margin);
size_t around_back(struct str s, size_t at, size_t margin);

/* Places of a text in order. */
struct sites {
    struct site {
        size_t from, to;
    } * list; /* owned */
    size_t count, cap;
};
void sites_free(struct sites *p);
/* sites_note - one more, which begins behind the start of the last. E_NOMEM.
 */
MUST_USE enum err sites_note(struct sites *p, size_t from, size_t to);
/* sites_next - the next part of the text that has any from the *i-th on, which
 * moves on, with what stands around it; false at the end. Parts do not touch.
 */
bool sites_next(const struct sites *p, size_t *i, struct str text,
                struct str *ret_part);
/* sites_around - the part, and as much again on both sides. */
struct str sites_around(struct str text, struct str part);

struct news {
    const struct textview *view; /* borrowed */
    struct str source;           /* all that the view was made of */
    /* Zero at the start. */
    size_t run, at; /* looked at up to there */
    size_t end;     /* of the source, there */
    bool some;      /* this is for the next time: */
    size_t from, to;
};

/*
 * news_next - the next part of the view that has any, with what stands around
 * it; false at the end. Parts do not touch, begin and end between characters,
 * and where white space is near, at that. Letters of ASCII of another case are
 * the same; what was left out of the view is news where it stood.
 */
bool news_next(struct news *n, struct str *ret_part);

#endif
