#ifndef SP_LLM_LOAD_H
#define SP_LLM_LOAD_H

/* Shared by describe.c, load.c, phases.c and route.c: the packed and the loaded
 * form. */

#include "llm/describe.h"

#define PROVIDERS_MAGIC 0x33766470u /* "pdv3" */

#define ROUTE_ANY   STR("*")
#define ROUTE_MODEL STR("{model}")

/* route_wild - the first star or {model} of a segment; length 0: none. */
struct span route_wild(struct str segment);

#define PATTERN_DELTA  1u
#define PATTERN_JSON   2u
#define PATTERN_REPEAT 4u
#define PATTERN_FLAGS  8u

struct providers {
    struct provider *list; /* owned */
    size_t count;
    struct host_rule *hosts; /* owned */
    size_t host_count;
    const struct provider *generic, *lines; /* lines: may be NULL */
};

/*
 * unpack_array - a count of at most `limit`, and zeroed room for as many items,
 * at least one, for the caller to free. E_SYNTAX, E_NOMEM.
 */
MUST_USE enum err unpack_array(struct str *in, uint32_t limit, size_t item,
                               void **ret_array, size_t *ret_count);

/* unpack_strs - so many strings, borrowed. An error may leave *ret_list set. */
MUST_USE enum err unpack_strs(struct str *in, struct str **ret_list,
                              size_t *ret_count);

/* phases_free - NULL is allowed. */
void phases_free(struct phases *phases);

#endif
