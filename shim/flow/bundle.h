#ifndef SP_FLOW_BUNDLE_H
#define SP_FLOW_BUNDLE_H

#include "flow/conn.h"

/*
 * Requests that carry several documents: JSON Lines, and forms with uploaded
 * files in their parts. Each document is judged by itself; findings and
 * conditions go to the exchange, edits are added to c->tools.edits.
 */

/*
 * bundle_lines - JSON, one document a line; empty lines are passed over. A line
 * of a batch, with a `url` and a `body` (OpenAI's API reference, Batch), is
 * judged as the request that it carries. `body` stands at `base` in the body
 * that is edited.
 */
void bundle_lines(struct conn *c, struct exchange *ex, struct str body,
                  size_t base);

/*
 * bundle_parts - multipart/form-data. A part is judged as JSON, as JSON Lines
 * or as text by its type, its file name, the purpose of the upload and what it
 * holds; one that is no text is passed over where its type or its first bytes
 * are those of media. Anything else, and a body that can be read in two ways
 * (wire/multipart.h), is the condition `body_unknown`.
 */
void bundle_parts(struct conn *c, struct exchange *ex, struct str body);

#endif
