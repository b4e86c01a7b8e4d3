#ifndef SP_FLOW_QUERY_H
#define SP_FLOW_QUERY_H

#include "base/buf.h"

/*
 * query_text - the text of a query (RFC 3986, 3.4) as the server reads it, to
 * be scanned: one line a parameter, escapes and '+' decoded. Parameters in
 * which APIs expect the caller's credential ("key", "api_key", ...) are left
 * out. A bad escape stays as it is. Errors as buf_add.
 */
MUST_USE enum err query_text(struct str query, struct buf *out);

/*
 * form_text - the same for a form in a body
 * (application/x-www-form-urlencoded), with nothing left out.
 */
MUST_USE enum err form_text(struct str form, struct buf *out);

/*
 * query_is_key - a parameter of this name holds the caller's credential, the
 * same in each request: a signature is none.
 */
bool query_is_key(struct str name);

/* path_text - a path with its escapes decoded. Errors as buf_add. */
MUST_USE enum err path_text(struct str path, struct buf *out);

#endif
