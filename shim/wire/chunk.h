#ifndef SP_WIRE_CHUNK_H
#define SP_WIRE_CHUNK_H

#include "base/str.h"

enum chunk_state {
    CHUNK_DIGIT,
    CHUNK_EXT,
    CHUNK_LF,
    CHUNK_DONE,
};

/* A chunk-size line being read; zeroed at its beginning. */
struct chunk_line {
    enum chunk_state state;
    unsigned digits; /* read so far                                */
    unsigned ext;    /* bytes of extensions, from the ";" on       */
    uint64_t size;
};

/*
 * chunk_line_next - read one chunk-size line (RFC 9112, section 7.1).
 *
 * `p` starts zeroed. Takes bytes from the front of *in, never past the line's
 * CRLF, and keeps no pointer into them. Extensions are skipped.
 *
 * OK        the line is complete; *ret_size is set, 0 means the last chunk
 * E_AGAIN   *in is used up and the line is not finished
 * E_LIMIT   over LIM_CHUNK_DIGITS digits, or LIM_CHUNK_EXT extension bytes
 * E_SYNTAX  no digit first, sign, prefix, space before the extensions, control
 *           byte, bare CR or LF
 *
 * Does not accept a line that ends in LF alone, though the RFC lets a lenient
 * reader do so. After an error the state is of no use.
 */
MUST_USE enum err chunk_line_next(struct chunk_line *p, struct str *in,
                                  uint64_t *ret_size);

#endif
