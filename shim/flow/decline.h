#ifndef SP_FLOW_DECLINE_H
#define SP_FLOW_DECLINE_H

#include "wire/head.h"

/*
 * A request that also offers to go on in HTTP/2 without TLS ("Upgrade: h2c",
 * RFC 7540, section 3.2; gone since RFC 9113, but curl still does it). A server
 * may leave such an offer alone, so it is not passed on.
 */

/* decline_asked - h2c is all that an upgrade is asked to. */
bool decline_asked(const struct http_head *h);

/*
 * decline_edits - what takes the offer out of the head: adds up to three edits.
 * `connection` is for what is left of that field, borrowed by its edit. Errors
 * of it.
 */
MUST_USE enum err decline_edits(const struct http_head *h,
                                struct http_field_edit *edits, size_t *count,
                                struct buf *connection);

#endif
