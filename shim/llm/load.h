#ifndef SP_LLM_LOAD_H
#define SP_LLM_LOAD_H

/* Shared by describe.c, load.c and route.c: the packed and the loaded form. */

#include "llm/describe.h"

#define PROVIDERS_MAGIC 0x32766470u /* "pdv2" */

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

#endif
