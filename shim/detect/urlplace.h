#ifndef SP_DETECT_URLPLACE_H
#define SP_DETECT_URLPLACE_H

#include "base/str.h"

/*
 * Whether a place in a text lies in something that a reader of it may take for
 * an address: what is put there may leave with a click, or by itself where it
 * is that of a picture. In doubt it does. Read byte by byte:
 *
 *     [text](target)  ![alt](<target> "title")      up to the last bracket
 *     [name]: target                                up to white space
 *     <img src=...>                                 all of a tag
 *     https://...  //host  \\host  mailto:...       up to white space, or "<",
 *     www.host     host.example/path                or the quote it began in
 *
 * A blank line ends all of them (CommonMark 0.31.2: links 6.3, reference
 * definitions 4.7, raw HTML 6.6; GFM 6.9 for addresses without brackets).
 * A zeroed struct stands at the start of a text.
 */
struct url_place {
    char last;         /* byte                                             */
    char opener;       /* what stands before the word                      */
    bool url;          /* the word is an address                           */
    bool other, dot;   /* it has a byte that is in no host and port; a dot
                          behind another                                   */
    char word[8];      /* how it begins, in small letters                  */
    unsigned word_len; /* of all of it, up to one more than that           */
    bool blank;        /* only white space since the last LF               */
    enum {
        URL_NO_TARGET,
        URL_TARGET_START, /* behind "](": white space may come first */
        URL_TARGET,
        URL_TARGET_ANGLE, /* <...> */
        URL_REFERENCE_START,
        URL_REFERENCE,
        URL_REFERENCE_ANGLE,
    } target;
    unsigned depth; /* brackets open in the target */
    enum {
        URL_NO_TAG,
        URL_TAG_NAME, /* behind "<" and a letter: a tag only if a space or
                         "/" comes */
        URL_TAG,
        URL_TAG_EQUALS, /* behind "=": a quote opens a value */
        URL_TAG_QUOTED,
    } tag;
    char tag_quote;
    bool escape; /* behind a backslash */
};

/* url_place_next - the next byte of the text. */
void url_place_next(struct url_place *u, char c);

/* url_place_in - whether the next byte would stand in an address. */
bool url_place_in(const struct url_place *u);

#endif
