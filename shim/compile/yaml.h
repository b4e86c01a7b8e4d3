#ifndef SP_COMPILE_YAML_H
#define SP_COMPILE_YAML_H

#include "base/arena.h"
#include "compile/diag.h"

/*
 * A small tree over one YAML document, of the part of YAML that needs no
 * explanation: maps, lists and scalars. What makes a file mean something else
 * than it seems to is an error: anchors, aliases, tags, duplicate keys, several
 * documents, keys that are no scalars.
 */
enum yaml_kind {
    YAML_SCALAR,
    YAML_LIST,
    YAML_MAP,
};

struct yaml_node {
    enum yaml_kind kind;
    bool plain; /* a scalar without quotes, not a block: may be a number */
    struct place at;
    struct str text;               /* of a scalar: valid UTF-8                */
    const struct yaml_node *key;   /* of a value in a map: its key            */
    const struct yaml_node *child; /* first of a list or map (values)       */
    const struct yaml_node *next;  /* behind this one in its list or map    */
    size_t count;                  /* children                              */
};

/*
 * yaml_parse - the tree of a whole file, in the arena. `file` names it in
 * errors and places, and is borrowed by every node.
 *
 * E_SYNTAX  the file is refused; why stands in diags
 * E_LIMIT   deeper than LIM_YAML_DEPTH, more than LIM_YAML_NODES nodes or
 *           LIM_YAML_KEYS keys of one map; said in diags too
 * E_NOMEM
 */
MUST_USE enum err yaml_parse(struct str text, const char *file, struct arena *a,
                             struct diags *d,
                             const struct yaml_node **ret_root);

/* yaml_get - the value of a key of a map; NULL if there is none. */
const struct yaml_node *yaml_get(const struct yaml_node *map, struct str key);

/* yaml_kind_name - "a list", for messages. */
const char *yaml_kind_name(enum yaml_kind kind);

#endif
