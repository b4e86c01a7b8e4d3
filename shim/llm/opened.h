#ifndef SP_LLM_OPENED_H
#define SP_LLM_OPENED_H

#include "base/arena.h"
#include "base/buf.h"
#include "json/tree.h"
#include "llm/describe.h"

/*
 * Bodies that hold another JSON document as the base64 of its text: a chunk of
 * Bedrock's InvokeModelWithResponseStream, the body to be counted of its
 * CountTokens. What is judged, and edited, is the opened form:
 *
 *   wire     {"bytes":"eyJ0ZXh0IjoiaGkifQ==","p":"ab"}
 *   opened   {"bytes":{"text":"hi"},"p":"ab"}
 *
 * so that the paths of a description lead on into the inner document. Which
 * members are opened says its list `opens`: names joined by dots, from the root
 * on.
 */

/* What opening and closing need; reusable. */
struct opener {
    struct json_doc doc, inner;
    struct arena arena;
    struct buf bytes;
};

/* opener_init - allocates nothing. */
void opener_init(struct opener *o);
void opener_free(struct opener *o);

/*
 * opened_make - append the opened form to out. A member that is missing, or no
 * string, is left alone; *ret_some says whether there was another.
 *
 * OK           nothing has been appended unless *ret_some
 * E_SYNTAX     the body is not JSON, as far as it was looked at; or a member is
 *              not base64 in its canonical form (RFC 4648, section 4) of a JSON
 *              object or array
 * E_AMBIGUOUS  as json_parse, of either; or one member is to be opened, and
 *              another stands there opened: they could not be told apart
 * E_LIMIT, E_NOMEM
 * On error nothing is appended.
 */
MUST_USE enum err opened_make(struct opener *o, const struct provider *p,
                              struct str body, struct buf *out, bool *ret_some);

/*
 * opened_close - append the form of the wire again. Of a form that opened_make
 * did not write, whose members are of another type, E_INTERNAL. Other errors as
 * there.
 */
MUST_USE enum err opened_close(struct opener *o, const struct provider *p,
                               struct str opened, struct buf *out);

#endif
