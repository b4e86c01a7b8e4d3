#ifndef SP_WIRE_FIELD_H
#define SP_WIRE_FIELD_H

#include "base/str.h"

/*
 * One line of a head or of a trailer section. Shared by both readers, so that
 * they cannot differ.
 */

/* http_is_token - at least one byte, all of them tchar (RFC 9110, 5.6.2). */
bool http_is_token(struct str s);

/* What is wrong with a line. */
struct http_fault {
    const char *why; /* static */
    bool severe;     /* see struct http_head */
};

/*
 * http_line_end - check the end and the bytes of one line and cut its end off.
 *
 * `line` ends in LF and holds no other LF. *ret_line is set to the line
 * without CRLF.
 *
 * E_AMBIGUOUS  LF without CR
 * E_SYNTAX     CR elsewhere, NUL or another control byte but HTAB
 */
MUST_USE enum err http_line_end(struct str line, struct str *ret_line,
                                struct http_fault *reterr_fault);

/*
 * http_field_parse - name and value of a field line (RFC 9112, section 5), both
 * borrowed from it, the value without white space around it. `line` is one
 * that http_line_end has passed, and not empty.
 *
 * E_SYNTAX  folding, no colon, an empty name, a name that is no token (white
 *           space before the colon is such a case)
 */
MUST_USE enum err http_field_parse(struct str line, struct str *ret_name,
                                   struct str *ret_value,
                                   struct http_fault *reterr_fault);

#endif
