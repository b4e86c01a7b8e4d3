#ifndef SP_DETECT_SEAMS_H
#define SP_DETECT_SEAMS_H

#include "base/str.h"

/*
 * What stands between two pieces of a word and is no part of it, for a reader
 * of the page or of the code:
 *
 *     ig<b></b>nore   ig<!-- -->nore    tags and comments within a line
 *     ig**no**re      ig__no__re        emphasis (CommonMark 0.31.2, 6.2)
 *     "ig" + "nore"   'ig'.'nore'       strings put together, or ""
 *     ig-\nnore                         a word parted at the end of a line
 *
 * Tags of blocks (p, br, td) part words and are none, nor is what has a < in
 * it.
 */

#define SEAM_MOST 160u /* bytes of one */

struct seam {
    size_t len; /* 0: there is none           */
    bool cut;   /* what is to come will tell  */
};

/*
 * seam_at - at the byte `at`. One that is not `near` another has a word on both
 * sides (emphasis letters, and two of them on one), or is a +, or the end of an
 * element behind a word; before a tag the line may end. Of what is near any tag
 * is one, emphasis at the edge of a word, and of strings also & || << and
 * blanks alone. `last`: the text ends where it does.
 */
struct seam seam_at(struct str text, size_t at, bool near, bool last);

/* seam_start - where the one begins that may have two such bytes at `at`
 * (seam_masks.h). */
size_t seam_start(struct str text, size_t at);

/* seam_next - the first byte from `from` on at which one may begin that is near
 * no other; text.len if there is none. */
size_t seam_next(struct str text, size_t from);

/* seam_near - the first byte from `from` up to `to`, which is the text's end or
 * before that, at which one begins that is near another, and its length; `to`
 * if there is none. *step: of the same text what was looked at last; zero at
 * first. */
struct seam_step {
    size_t at;
    uint64_t mask;
    bool known;
};
size_t seam_near(struct seam_step *step, struct str text, size_t from,
                 size_t to, size_t *ret_len);

/* seam_begins - may one begin with this byte? */
static inline bool seam_begins(char c)
{
    return c == '<' || c == '*' || c == '"' || c == '\'' || c == '`' ||
           c == '_' || c == '-';
}

#endif
