#ifndef SP_WIRE_MULTIPART_H
#define SP_WIRE_MULTIPART_H

#include "base/str.h"

/*
 * multipart/form-data (RFC 7578; RFC 2046, 5.1), a whole body:
 *
 *   --B CRLF head CRLF CRLF content CRLF --B CRLF head ... CRLF --B-- [CRLF]
 *
 * Readers of it differ more than its grammar allows, so what two of them could
 * take for different parts is refused:
 *
 *   - text before the first boundary or behind the last one
 *   - "--B" at the beginning of a line that is no boundary: another one that
 *     begins with ours, spaces behind it, a line that ends in LF or CR alone
 *   - a head with folded or odd lines, without or with two Content-Disposition,
 *     with a parameter given twice, or escaped quotes in one
 *   - a content that has another encoding, or is multipart itself
 */
#define MULTIPART_BOUNDARY 70 /* characters at most: RFC 2046, 5.1.1 */

/*
 * multipart_boundary - from the value of Content-Type: its type must be
 * multipart/form-data, its boundary one of RFC 2046 (1 to 70 of its characters,
 * the last of them no space), a token or between quotes.
 *
 * OK             *ret_boundary borrows from the value
 * E_SYNTAX       no boundary, or none of that grammar
 * E_AMBIGUOUS    two of them, one of RFC 2231 (boundary*), an escape in it
 * E_UNSUPPORTED  another type
 */
MUST_USE enum err multipart_boundary(struct str type, struct str *ret_boundary);

struct multipart {
    struct str body;
    char delimiter[2 + 2 + MULTIPART_BOUNDARY]; /* CRLF -- B */
    size_t delimiter_len;
    size_t at; /* behind the last boundary read */
    size_t parts;
    bool ended;
    const char *why; /* after an error: static words */
};

/* One part. All of it is borrowed from the body. */
struct part_at {
    struct str head;     /* all lines of the head, without the empty one     */
    struct str name;     /* of Content-Disposition; between its quotes       */
    struct str filename; /* the same; {NULL, 0}: none                        */
    struct str extended; /* filename*: RFC 5987, still coded; {NULL, 0}      */
    struct str type;     /* the value of Content-Type; empty                 */
    struct str length;   /* the value of a Content-Length of its own; empty  */
    struct str content;
};

/* multipart_init - the body is borrowed; the boundary as above. */
void multipart_init(struct multipart *m, struct str boundary, struct str body);

/*
 * multipart_next - the next part.
 *
 * OK
 * E_AGAIN        there are no more, and the body ends as it should
 * E_SYNTAX       not of the grammar; the last boundary is missing
 * E_AMBIGUOUS    see above; a Content-Length that is not the content's
 * E_UNSUPPORTED  a content that is encoded, or multipart itself
 * E_LIMIT        more than LIM_PARTS, a head over LIM_PART_HEAD bytes
 * m->why tells the reason. An error is final.
 */
MUST_USE enum err multipart_next(struct multipart *m, struct part_at *ret);

#endif
