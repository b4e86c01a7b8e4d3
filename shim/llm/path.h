#ifndef SP_LLM_PATH_H
#define SP_LLM_PATH_H

#include "llm/describe.h"

/*
 * The paths of a description (language: llm/describe.h) as a tree, and the
 * names they use as numbers.
 *
 *   messages[role=system].**      root -messages-> 1 -[role=system]-> 2 ..> 3*
 *   messages[role=user].content                      -[role=user]->   4
 *                                                    4 -content-> 5
 *
 * Paths share their common beginnings. A walk over a document holds, for each
 * open container, the set of tree nodes that its place can be; a step to a
 * child looks at the edges of these few nodes only. "**" is a node of its own
 * (3), entered with the node before it without a step, that stays on every
 * step.
 */

#define PATH_NAME 64 /* bytes; longer keys are no words of a description */
#define PATH_WAYS 64 /* of reading a path whose steps name several members */

/* Names as numbers: the id in the low bits, 0 for a word nobody knows. */
#define NAME_ID     0x0fffu
#define NAME_KNOWN  0x1000u /* no news, nor is what is in it               */
#define NAME_FILTER 0x2000u /* some filter looks at it                     */
#define NAME_KEY    0x4000u /* one of the provider's channel keys          */
#define NAME_FOLDED 0x8000u /* equal only without regard to case           */

struct path_slot {
    uint64_t first, last; /* the name's first and last bytes */
    uint16_t len, id;     /* id 0: free */
};

struct path_names {
    struct str *list; /* owned array of borrowed strings; list[id], from 1 */
    uint16_t *flags;  /* owned; NAME_KEY, NAME_FILTER, NAME_KNOWN, by id  */
    size_t count, cap;
    struct path_slot *slots; /* owned; open addressing, twice the names */
    size_t slot_count;
};

/* path_names_free - the names, not the strings; NULL is allowed. */
void path_names_free(struct path_names *names);

/*
 * path_names_add - the number of a name, given now if it has none.
 * E_LIMIT over NAME_ID names; E_NOMEM.
 */
MUST_USE enum err path_names_add(struct path_names *names, struct str name,
                                 uint16_t *ret_id);

/* path_names_seal - make them searchable, once all are added. E_NOMEM. */
MUST_USE enum err path_names_seal(struct path_names *names);

/*
 * path_names_find - the number of an object's key, unescaped, with its flags;
 * 0 if it is none even without regard to case.
 */
uint16_t path_names_find(const struct path_names *names, struct str key);

/* ---- Steps -------------------------------------------------------------- */

enum step_kind {
    STEP_NAME,
    STEP_ANY,
    STEP_ELEM,
    STEP_FILTER,
    STEP_DEEP,
    STEP_BASE64
};

struct path_step {
    enum step_kind kind;
    struct str name;   /* NAME: a, or a|b; FILTER: the member */
    size_t name_count; /* NAME */
    struct str values; /* FILTER: a|b */
};

/*
 * path_step_next - the next step of a path; *path moves behind it. Begin with
 * the whole path and *first true.
 *
 * E_AGAIN   no more steps
 * E_SYNTAX  not of the language; *reterr_why (static) says what
 */
MUST_USE enum err path_step_next(struct str *path, bool *first,
                                 struct path_step *ret_step,
                                 const char **reterr_why);

/* path_check - E_SYNTAX as path_step_next, or OK. */
MUST_USE enum err path_check(struct str path, const char **reterr_why);

/* ---- The tree ----------------------------------------------------------- */

#define PATH_NONE UINT16_MAX

struct path_edge {
    uint16_t name; /* a member; of a filter: the member looked at */
    uint16_t to;
    uint16_t next;  /* in the list of its node; 0 ends */
    uint16_t value; /* of a filter: its values[value..value + value_count) */
    uint16_t value_count;
    struct str filter; /* of a filter: a|b, as written */
};

struct path_accept {
    uint16_t pattern;
    uint16_t next; /* 0 ends */
};

struct path_node {
    uint16_t names, filters; /* lists of edges; 0 none */
    uint16_t any, elem;      /* nodes; 0 none */
    uint16_t deep;           /* the "**" entered with this node; 0 none */
    uint16_t content;        /* accepts: TEXT OPAQUE WHOLE BLANK, in order */
    uint16_t extra;          /* accepts: FACT, TYPE, END */
    bool loop;               /* is a "**" */
};

/* Index 0 of edges and accepts is unused; node 0 is the root. */
struct path_trie {
    struct path_node *nodes;
    struct path_edge *edges;
    struct path_accept *accepts;
    struct str *values;
    size_t node_count, node_cap, edge_count, edge_cap, accept_count, accept_cap;
    size_t value_count, value_cap;
};

void path_trie_free(struct path_trie *t);                  /* NULL is allowed */
MUST_USE enum err path_trie_new(struct path_trie **ret_t); /* E_NOMEM */

/*
 * path_trie_add - a path that leads to pattern number `pattern`. `extra`: it is
 * a fact or an end mark. Paths are added in the order in which they win.
 * *ret_base64: the path ends in @base64.
 * E_SYNTAX, E_LIMIT, E_NOMEM; the tree is then to be freed.
 */
MUST_USE enum err path_trie_add(struct path_trie *t, struct path_names *names,
                                struct str path, uint16_t pattern, bool extra,
                                bool *ret_base64);

#endif
