#ifndef SP_LLM_WALK_H
#define SP_LLM_WALK_H

/*
 * Part of llm/view.c: where in the tree of paths the places of a document are.
 */

#include "base/limits.h"
#include "llm/nested.h"
#include "llm/path.h"
#include "llm/view.h"

/* An open container. */
struct level {
    uint32_t node, child; /* itself; its next child, a key in an object    */
    uint32_t elem;        /* index of that child in an array               */
    uint16_t first;       /* its paths: active[first..] up to the next     */
    uint16_t keys;        /* channel keys outside of it                    */
    uint16_t arrays;      /* how many arrays are open, with this one       */
    uint16_t msg, chan;   /* as in a seg                                   */
    uint64_t path;        /* hash of its place                             */
    uint32_t unknown;     /* key of the outermost member around it that is no
                             word of the description; 0 none, or NO_NEWS   */
};

#define NO_NEWS UINT32_MAX /* in a member that is known, but to no path */

enum stage {
    STAGE_NEXT,   /* go on to the next value                                */
    STAGE_KEY,    /* its key may be a text                                  */
    STAGE_EXTRA,  /* facts and end marks                                    */
    STAGE_VALUE,  /* the value itself                                       */
    STAGE_NESTED, /* the strings in it                                      */
    STAGE_DONE,
};

struct view_state {
    uint16_t *ids; /* owned; by node: the number of a key's name           */
    size_t ids_cap;
    enum stage stage;
    bool started;
    /* The value at work: its paths are active[first..active_len). */
    uint32_t node, key; /* key 0: it has none */
    uint16_t first, msg, chan, extra_at, extra;
    uint64_t path;
    const struct pattern *pattern; /* what it is taken for, or NULL */
    bool has_extra;                /* it may be a fact or an end mark */
    bool by_text;                  /* whether it is media was asked */
    bool has_text;
    struct str text; /* unescaped, if has_text */
    struct nested nested;
    size_t depth; /* open levels */
    size_t active_len, key_count;
    size_t slot_count; /* over VIEW_SLOTS: not all are in slots */
    struct view_slot slots[VIEW_SLOTS];
    uint32_t member_of; /* the last member looked up for a filter */
    uint32_t member;
    uint16_t member_name;
    struct level levels[LIM_JSON_DEPTH + 1];
    uint16_t active[LIM_VIEW_ACTIVE];
    struct view_key keys[LIM_VIEW_KEYS];
};

/* walk_names - number the keys of the document. E_NOMEM, E_LIMIT. */
MUST_USE enum err walk_names(struct view *v);

/* walk_root - the paths of the root. Errors as walk_key. */
MUST_USE enum err walk_root(struct view *v);

/*
 * walk_key, walk_elem - from the container on top to its child `node`: sets
 * first and the paths from there on. E_AMBIGUOUS, E_LIMIT.
 */
MUST_USE enum err walk_key(struct view *v, uint32_t key, uint32_t node);
MUST_USE enum err walk_elem(struct view *v, uint32_t node);

#endif
