#ifndef SP_CLI_CALIBRATE_H
#define SP_CLI_CALIBRATE_H

#include "base/buf.h"
#include "base/kinds.h"

/*
 * texts_each - call for each text of a file of JSON lines, {"text": ...,
 * "role"?: ..., "on"?: ...}, as `scan --jsonl` reads them ("-" is stdin);
 * `scope` says where one stands that does not say so. A line that cannot be
 * read, nor is taken by `other` (which may be NULL), is counted and passed
 * over. False after a complaint, or where `each` returned false.
 */
bool texts_each(const char *file, const struct scope *scope, size_t *ret_bad,
                bool (*each)(void *into, const struct scope *at,
                             struct str text),
                bool (*other)(void *into, struct str line), void *into);

/* model_train - a model of detect/linear.h from two such files. False after a
 * complaint. */
bool model_train(const char *benign, const char *attacks,
                 const struct scope *scope, struct buf *out);

#endif
