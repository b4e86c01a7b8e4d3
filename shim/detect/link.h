#ifndef SP_DETECT_LINK_H
#define SP_DETECT_LINK_H

#include "base/str.h"

/*
 * The URLs of a text, and what a reader's program does with each: an image and
 * its like it fetches by itself, so whatever its URL says has left before
 * anybody looks; a link waits for a click.
 */
enum link_kind {
    LINK_LOADED,  /* ![](URL), [label]: URL, src=, url(), <link href= ...    */
    LINK_CLICKED, /* [](URL), <a href=>, a bare URL                          */
};

#define LINK_LOOK_BACK 128 /* bytes before a URL that say what it is */

struct link {
    bool found;
    size_t start, end; /* of the URL                                       */
    enum link_kind kind;
    struct str host, rest; /* as written; rest: path, query and fragment   */
    bool odd;              /* escapes in the host: it may be another one   */
    size_t cursor;         /* where to go on; if not found: nothing that   */
                           /* begins before it is a URL                    */
    size_t tried;          /* places that were looked at closely           */
};

/*
 * link_find - the next URL at or behind `from`. With `open` more text may
 * follow: one that reaches the end is none yet.
 */
void link_find(struct str text, size_t from, bool open, struct link *ret);

/*
 * link_data - how much the URL says: the length of the longest stretch that
 * looks like data put into it (an encoded text, a key, words) in its path,
 * query, fragment or in a label of its host; numbers, words joined by '-' and
 * hashes that name a file are none.
 */
size_t link_data(const struct link *l);

/* link_begins - the keywords of such a rule: what stands at `start`, or, of a
 * URL without a scheme, one byte before it. */
size_t link_begins(const struct str **ret_list);

#endif
