#ifndef SP_JSON_TREE_H
#define SP_JSON_TREE_H

#include "base/str.h"

/*
 * A strict reader of one JSON text (RFC 8259) that keeps places instead of
 * values. The result is a flat array of nodes in document order, the tape:
 *
 *   {"a":[1,"x"],"b":null}
 *
 *   index  0       1    2      3       4       5    6
 *   type   OBJECT  KEY  ARRAY  NUMBER  STRING  KEY  NULL
 *   next   7       2    5      4       5       6    7
 *   parent 0       0    0      2       2       0    0
 *
 * The children of container i:
 *     for (c = i + 1; c < nodes[i].next; c = nodes[c].next)
 * An object's children alternate KEY, value; the value of key k is k + 1.
 * Parents are containers, never keys; the root is node 0, its own parent.
 */
enum json_type {
    JSON_OBJECT,
    JSON_ARRAY,
    JSON_KEY,
    JSON_STRING,
    JSON_NUMBER,
    JSON_TRUE,
    JSON_FALSE,
    JSON_NULL,
};

struct json_node {
    uint8_t type;  /* enum json_type                                       */
    bool escaped;  /* a key or string with at least one backslash          */
    uint32_t off;  /* the literal in the text: strings and keys without    */
    uint32_t len;  /* their quotes, containers with their brackets         */
    uint32_t next; /* index just behind this value's subtree               */
    uint32_t parent;
};

/*
 * One parsed document. Reusable: a new parse forgets the last one and keeps
 * its memory, which lasts until json_doc_free.
 */
struct json_doc {
    struct str text;         /* borrowed                                    */
    struct json_node *nodes; /* owned; the tape                             */
    size_t count, cap;       /* nodes in use (0 after an error), allocated  */
    struct json_slot *slots; /* owned; scratch of the duplicate check       */
    size_t slots_cap;
    uint64_t seed[2]; /* key of the duplicate check's hash. The caller may  */
                      /* set it to random bits; no answer depends on it     */
    const char *why;  /* after an error: a static text; else NULL           */
    size_t err_off;   /* after an error: where in the text                  */
};

/* json_doc_init - an empty document. Allocates nothing. */
void json_doc_init(struct json_doc *doc);

/* json_doc_free - give the memory back; the document is empty again. */
void json_doc_free(struct json_doc *doc);

/*
 * json_parse - read a whole document. `text` is borrowed and must stay where
 * it is as long as the nodes are used.
 *
 * E_SYNTAX     not exactly one value of RFC 8259 with optional white space
 *              around it (sections 2 to 7). Also refused, where the RFC lets
 *              readers choose: a byte order mark, invalid UTF-8 (section 8.1),
 *              an escape \uD800-\uDFFF that is no pair (section 8.2)
 * E_AMBIGUOUS  an object with two keys that are equal once unescaped
 *              (section 4), or a key that holds U+0000
 * E_LIMIT      deeper than LIM_JSON_DEPTH, more than LIM_JSON_NODES nodes
 *              (keys count), or a text of 4 GiB
 * E_NOMEM
 * On every error count is 0, why and err_off tell the reason and the place.
 *
 * Numbers are not converted and never refused for their size. \u0000 in a
 * string that is no key is accepted. Time is linear in the text's length.
 */
MUST_USE enum err json_parse(struct json_doc *doc, struct str text);

/*
 * json_member - index of the value of a key of an object; 0 if the object has
 * no such key, or the node is no object. Keys are compared unescaped, byte by
 * byte: letters of another case are another key.
 */
uint32_t json_member(const struct json_doc *doc, uint32_t object,
                     struct str key);

/*
 * json_raw - the node's literal in the text, without quotes; borrowed. The
 * index must be below doc->count.
 */
static inline struct str json_raw(const struct json_doc *doc, uint32_t node)
{
    const struct json_node *n = &doc->nodes[node];

    return (struct str){doc->text.ptr + n->off, n->len};
}

#endif
