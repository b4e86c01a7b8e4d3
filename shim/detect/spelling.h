#ifndef SP_DETECT_SPELLING_H
#define SP_DETECT_SPELLING_H

#include "base/str.h"

/*
 * The ways in which a secret may be written without being another: as it is,
 * backwards, in hex, in base64 at each of the three places where its first byte
 * can stand in a group of four, with its reserved characters in percent
 * escapes, in base32 at each of five places, in base64 of UTF-16, and in ROT13.
 *
 * Most of them are compared squeezed: only ASCII letters, in lower case, and
 * digits count. One squeezed spelling then stands for hex of both cases, with
 * and without colons, spaces, \x or % between the pairs; for both alphabets of
 * base64, padded or not, in lines of any length; and for a value with anything
 * put between its characters.
 */

#define SPELL_VALUE_MIN 12 /* bytes of a value */
#define SPELL_VALUE_MAX 95
#define SPELL_MAX       252 /* bytes of a spelling; base64 of UTF-16 */
#define SPELL_MIN       11  /* bytes that a spelling has at least */

enum spelling {
    SPELL_RAW,
    SPELL_REVERSED,
    SPELL_HEX,
    SPELL_BASE64_0, /* the value's first byte is the first of three */
    SPELL_BASE64_1,
    SPELL_BASE64_2,
    SPELL_BASE64_REVERSED_0, /* the text of base64, backwards */
    SPELL_BASE64_REVERSED_1,
    SPELL_BASE64_REVERSED_2,
    SPELL_HEX_REVERSED,
    SPELL_PERCENT,      /* all but the unreserved of RFC 3986, 2.3      */
    SPELL_PERCENT_PATH, /* the same, and / stands for itself            */
    SPELL_PERCENT_JS,   /* as encodeURIComponent of ECMAScript leaves it */
    SPELL_ROT13,
    SPELL_BASE32_0, /* the value's first byte is the first of five */
    SPELL_BASE32_1,
    SPELL_BASE32_2,
    SPELL_BASE32_3,
    SPELL_BASE32_4,
    SPELL_UTF16_0, /* base64 of UTF-16, whichever byte comes first; the
                      value's first byte is the first of three           */
    SPELL_UTF16_1,
    SPELL_UTF16_2,
    SPELL_COUNT,
};

struct spelled {
    char bytes[SPELL_MAX];
    uint16_t bits[SPELL_MAX]; /* of the value, at which each byte begins:
                                 see spell_step                         */
    size_t len;
    bool exact;        /* not squeezed: compared byte for byte             */
    bool cut_front;    /* the character before it holds bits of the value  */
    bool cut_back;     /* so does the one behind it                        */
    size_t lead, tail; /* of a squeezed one: signs that stand before and
                          behind what is left of it                        */
};

/*
 * spell - the value in one of these ways. False for one that says nothing new
 * of this value, or is shorter than SPELL_MIN. value has SPELL_VALUE_MIN to
 * SPELL_VALUE_MAX bytes. *ret is the caller's to wipe.
 */
bool spell(struct str value, enum spelling s, struct spelled *ret);

/* spell_step - of the value each character holds so many bits, in order; 0 from
 * SPELL_PERCENT on, of which `bits` say nothing. */
size_t spell_step(enum spelling s);

/*
 * squeeze - what counts of s, to out, which has room for s.len bytes; gives the
 * number of bytes.
 */
size_t squeeze(struct str s, char *out);

/* squeezed - the byte that c counts as; 0 for one that does not count. */
unsigned char squeezed(unsigned char c);

#endif
