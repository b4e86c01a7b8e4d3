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
 *     host:8080/   [::1]/   https%3A%2F%2Fhost      (by any escapes of its
 *     host&sol;    \u002fhost                        signs)
 *
 * Of what stands first in a word only what follows tells: it is in the name of
 * a host, or of somebody there, if that goes on:
 *
 *     HERE.host  HERE-x.host  HERE:8080  HERE@host  HERE/path  HERE%2Ehost
 *
 * and in none if the word ends, or has had a "/" before that was no address's
 * (/home/HERE/notes.txt).
 *
 * A blank line ends all of them (CommonMark 0.31.2: links 6.3, reference
 * definitions 4.7, raw HTML 6.6; GFM 6.9 for addresses without brackets).
 * A zeroed struct stands at the start of a text.
 */
struct url_place {
    char last;         /* byte                                             */
    char prev;         /* character of the word, as word_next has it; 0: it
                          begins                                           */
    char opener;       /* what stands before the word                      */
    bool url;          /* the word is an address                           */
    bool dot, port;    /* of a host: one behind another byte; ":" and digits
                          are the last                                     */
    bool path;         /* it has what ends a host                          */
    char word[12];     /* how it begins, in small letters                  */
    unsigned word_len; /* of all of it, up to one more than that           */
    char name[8];      /* behind "&"                                       */
    unsigned name_len; /* and the "&": 0 for none; up to one more          */
    unsigned percent;  /* "%" and hex digits behind it                     */
    unsigned escape;   /* of \u00 or \x: bytes                             */
    uint32_t code;     /* of a character that is not complete */
    unsigned more;     /* bytes that it has yet               */
    enum {
        URL_ASKED_NOTHING,
        URL_ASKED, /* what stood there waits */
        URL_OUTSIDE,
        URL_INSIDE,
    } asked;
    unsigned behind; /* bytes since that was asked first */
    bool blank;      /* only white space since the last LF */
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
    bool escaped; /* behind a backslash */
};

/* url_place_next - the next byte of the text. */
void url_place_next(struct url_place *u, char c);

/* url_place_in - whether the next byte would stand in an address. */
bool url_place_in(const struct url_place *u);

/*
 * url_place_ask - what ends here is in no address by what stands before: is it
 * by what follows? url_place_asked tells after the next byte, or a later one,
 * of all that was asked of since the last answer: true when it is known.
 * Within URL_BEHIND bytes it is known: a longer word is an address.
 * url_place_last: the text ends, and what waits is in none.
 */
#define URL_BEHIND 255 /* 63 characters, the most of a name in a host's */
void url_place_ask(struct url_place *u);
bool url_place_asked(const struct url_place *u, bool *ret_inside);
void url_place_last(struct url_place *u);

#endif
