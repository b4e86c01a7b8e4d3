#ifndef SP_CLI_TEXTLINE_H
#define SP_CLI_TEXTLINE_H

#include "base/arena.h"
#include "base/kinds.h"
#include "json/tree.h"

/* A line {"text": ..., "role"?: ..., "on"?: ...}, as commands read them. */
struct textline {
    struct json_doc doc;
    struct arena arena; /* the text of one line */
};

void textline_init(struct textline *t);
void textline_free(struct textline *t);

/*
 * textline_read - one line; the text is borrowed until the next call.
 * `otherwise` is where a text stands that does not say so. NULL, or why the
 * line cannot be used: of a JSON error, doc.why says more.
 */
const char *textline_read(struct textline *t, struct str line,
                          const struct scope *otherwise, struct scope *ret_at,
                          struct str *ret_text);

/* part_of - texts of tools are results; all others are plain messages. */
enum part part_of(enum role role);

#endif
