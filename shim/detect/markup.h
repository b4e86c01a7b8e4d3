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

#endif
