#ifndef SP_DETECT_BASE64_H
#define SP_DETECT_BASE64_H

#include "base/buf.h"

/* By ASCII, what the characters of both alphabets (RFC 4648, sections 4 and 5)
 * stand for, and what is none of them. */
#define BASE64_NONE 0xff
extern const unsigned char base64_values[128];

static inline bool is_base64_char(char c)
{
    return (unsigned char)c < 0x80 &&
           base64_values[(unsigned char)c] != BASE64_NONE;
}

/*
 * base64_decode - of either alphabet (RFC 4648, sections 4 and 5), padding
 * optional, into out[0..room). False for another byte, a length that cannot be,
 * or too little room; *ret_n is then untouched.
 */
bool base64_decode(struct str s, char *out, size_t room, size_t *ret_n);

/*
 * base64_encode - append the canonical form (RFC 4648, section 4: padded, no
 * bits behind the end). Errors as buf_reserve; all or nothing.
 */
MUST_USE enum err base64_encode(struct str s, struct buf *out);

#endif
