#ifndef SP_JSON_INNER_H
#define SP_JSON_INNER_H

#include "base/str.h"

/*
 * JSON inside a JSON string, read in pieces. The arguments of a tool call are
 * a JSON text (T1) that arrives as the content of JSON strings, cut anywhere.
 * The outer escapes are undone by json_text; this reader takes the pieces of
 * T1 and says, stretch by stretch, what is structure and what is the text of
 * a string:
 *
 *   T1    {  "  c  i  t  y  "    :  "  N  \n     C  "    }
 *         STRUC TEXT        END  STRUC TEXT TEXT TEXT END STRUC
 *
 * It follows quotes and escapes only: whether the structure is well-formed is
 * not checked beyond the bytes that may occur in it.
 */
enum inner_kind {
    INNER_STRUCTURE,  /* outside of strings, and a string's opening quote  */
    INNER_TEXT,       /* characters of a string                            */
    INNER_STRING_END, /* the closing quote                                 */
};

struct inner_run {
    enum inner_kind kind;
    size_t src_len;  /* bytes of T1 this run is made of. An escape that    */
                     /* began in an earlier piece counts here in full      */
    struct str text; /* TEXT: the unescaped bytes, else empty. An escape   */
                     /* (a surrogate pair is one) is a run of its own,     */
                     /* borrowed from the reader until the next call; any  */
                     /* other run is borrowed from the input, and its      */
                     /* length is src_len                                  */
};

/* The reader. Zeroed, it stands before the first byte of T1. */
struct json_inner {
    uint8_t state;
    uint8_t held_len; /* bytes of an unfinished escape                     */
    char held[12];
    char out[4];
};

/*
 * inner_next - one run from the front of *in. No run is empty. Cutting T1
 * elsewhere changes where runs end, but not the sequence of bytes and kinds.
 *
 * OK        *ret_run is set and *in moved behind it
 * E_AGAIN   *in is used up. An unfinished escape at its end is kept inside:
 *           its bytes count in the run that completes it
 * E_SYNTAX  a raw control byte in a string, a bad escape, half a surrogate
 *           pair, or a byte outside of strings that no JSON has there. Final:
 *           later calls return it again
 */
MUST_USE enum err inner_next(struct json_inner *inner, struct str *in,
                             struct inner_run *ret_run);

/* inner_pending - an escape has begun and is not finished. */
bool inner_pending(const struct json_inner *inner);

#endif
