#ifndef SP_DETECT_MARKUP_H
#define SP_DETECT_MARKUP_H

#include "detect/textview.h"

/*
 * What HTML and Markdown have that a reader of the page does not see, and a
 * model does: each piece as it is written, with a line feed behind it.
 *
 *     <!-- comments -->                up to the end if it is not closed
 *     alt, title, aria-label, aria-description, summary, content (of meta)
 *                                      and value (of input): attributes
 *     <template> <noscript>            what is in them, without its tags
 *     hidden, style=, class=           what is in elements that are not shown,
 *                                      without size or colour, or off the page
 *     ![alt](target "title")           and titles of links and references
 *     [//]: # (comment)
 *
 * It is read as a lenient reader would (WHATWG HTML 13.2.5; CommonMark 0.31.2:
 * 4.7, 6.3, 6.4): a tag ends at the next one, quotes of attributes may be
 * escaped as in a string of JSON, and an element that is not closed goes on to
 * the end.
 */

/*
 * markup_hidden - the view; empty where a text has nothing of the kind. Errors
 * as textview_put.
 */
MUST_USE enum err markup_hidden(struct str text, struct textview *out);

/*
 * The same of a text that comes in pieces: what begins with a mark has to be
 * there as a whole, be it a tag, a title or an element that is not shown with
 * all that is in it; and where something is not shown, what follows it before
 * anything is. A script or style is taken for closed.
 *
 *      <p>see <b hidden>ignore <i>all</i></b> <!-- orders --> and
 *      |.|    |.............................................|
 */
struct markup {
    size_t at;          /* it was followed up to there */
    struct span within; /* the name of the element that is not shown */
    size_t depth;       /* those of its name that are open */
    size_t shown;       /* what comes next in it begins here */
    bool some;          /* something is not shown */
    size_t whole;       /* what follows each other ended there so far */
    enum markup_raw {
        MARKUP_NONE,
        MARKUP_SCRIPT,
        MARKUP_STYLE
    } raw; /* there the text is no markup but in name, */
    enum markup_raw begun, raw_behind; /* and at the mark, and that end */
    size_t no_title[2][3];             /* none of each kind ends before */
};

/* markup_mark - where the first mark is; text.len if there is none. */
size_t markup_mark(struct str text);
/*
 * markup_ends - the text begins with a mark, and m, zeroed at the start of all,
 * has followed some of it. Does what begins there end in it? It does at m->at
 * then. What is open with `last` ends with the text.
 */
bool markup_ends(struct markup *m, struct str text, bool last);
/* markup_in_tag - m has followed the text, and that has not ended: is it one
 * tag or comment? Then only "<" or ">" can end it. */
bool markup_in_tag(const struct markup *m, struct str text);
/* markup_back - of what has not ended, that which has: up to m->at. */
bool markup_back(struct markup *m);
/* markup_ended - the view of that. Errors as textview_put. */
MUST_USE enum err markup_ended(const struct markup *m, struct str text,
                               struct textview *out);
/* markup_skip - the text goes on n bytes behind the mark. */
void markup_skip(struct markup *m, size_t n);

#endif
