#include "llm/walk.h"

#include <stdlib.h>

/*
 * A set of tree nodes for each open container, all in one stack:
 *
 *   active   root | messages | [role=user], deep | content, deep | ...
 *   level      0       1              2               3
 *
 * A step reads the set on top and pushes the child's set behind it. Sets are
 * short, so membership is tested by looking.
 */

enum err walk_names(struct view *v)
{
    struct view_state *st = v->state;
    const struct json_doc *doc = v->doc;

    if (doc->count > st->ids_cap) {
        size_t cap = doc->count + doc->count / 2;
        uint16_t *ids = realloc(st->ids, cap * sizeof(*ids));

        if (ids == NULL)
            return E_NOMEM;
        st->ids = ids;
        st->ids_cap = cap;
    }
    for (uint32_t i = 0; i < doc->count; i++) {
        struct str key;
        enum err e;

        if (doc->nodes[i].type != JSON_KEY)
            continue;
        key = json_raw(doc, i);
        if (doc->nodes[i].escaped)
            if ((e = json_text(key, true, v->arena, &key)))
                return e;
        st->ids[i] = path_names_find(v->names, key);
    }
    return OK;
}

/* A node, and the "**" behind it, into the set that begins at first. */
static inline enum err push(struct view *v, uint16_t node)
{
    struct view_state *st = v->state;

    for (; node != 0; node = v->phase->trie->nodes[node].deep) {
        const uint16_t *p = st->active + st->first;
        const uint16_t *end = st->active + st->active_len;

        while (p < end && *p != node)
            p++;
        if (p < end)
            continue;
        if (st->active_len == LIM_VIEW_ACTIVE)
            return E_LIMIT;
        st->active[st->active_len++] = node;
    }
    return OK;
}

/* ---- Filters ------------------------------------------------------------ */

/* The value of a member; 0 if there is none. The last answer is kept. */
static enum err member_find(struct view *v, uint32_t object, uint16_t name,
                            bool strict, uint32_t *ret_value)
{
    struct view_state *st = v->state;
    const struct json_node *nodes = v->doc->nodes;

    if (st->member_of != object || st->member_name != name) {
        uint32_t found = 0;

        for (uint32_t c = object + 1; c < nodes[object].next;
             c = nodes[c + 1].next) {
            if ((st->ids[c] & NAME_ID) != name)
                continue;
            if (!(st->ids[c] & NAME_FOLDED))
                found = c + 1;
            else if (strict)
                return E_AMBIGUOUS;
        }
        st->member_of = object;
        st->member_name = name;
        st->member = found;
    }
    *ret_value = st->member;
    return OK;
}

static bool value_in(const struct view *v, uint32_t value,
                     const struct path_edge *filter)
{
    const struct str *want = v->phase->trie->values + filter->value;
    const struct json_node *n = &v->doc->nodes[value];
    struct str raw = json_raw(v->doc, value);

    if (n->type <= JSON_ARRAY)
        return false;
    for (size_t i = 0; i < filter->value_count; i++)
        if (n->escaped ? json_text_eq(raw, true, want[i])
                       : str_eq(raw, want[i]))
            return true;
    return false;
}

/* The filters of one tree node, on an object of the document. */
static enum err filters(struct view *v, uint16_t from, uint32_t object)
{
    const struct path_trie *t = v->phase->trie;
    enum err e;

    for (uint16_t i = t->nodes[from].filters; i != 0; i = t->edges[i].next) {
        uint32_t value;

        if ((e = member_find(v, object, t->edges[i].name, !t->nodes[from].loop,
                             &value)))
            return e;
        if (value != 0 && value_in(v, value, &t->edges[i]))
            if ((e = push(v, t->edges[i].to)))
                return e;
    }
    return OK;
}

/* Filters of an object's own nodes; those they lead to come in turn. */
static enum err self_filters(struct view *v, uint32_t node)
{
    struct view_state *st = v->state;
    enum err e;

    for (size_t i = st->first; i < st->active_len; i++)
        if (v->phase->trie->nodes[st->active[i]].filters != 0)
            if ((e = filters(v, st->active[i], node)))
                return e;
    return OK;
}

/* ---- Steps -------------------------------------------------------------- */

enum err walk_root(struct view *v)
{
    struct view_state *st = v->state;
    const struct path_trie *t = v->phase->trie;
    enum err e;

    st->first = 0;
    st->active_len = 0;
    st->active[st->active_len++] = 0;
    if ((e = push(v, t->nodes[0].deep)))
        return e;
    return v->doc->nodes[0].type == JSON_OBJECT ? self_filters(v, 0) : OK;
}

enum err walk_key(struct view *v, uint32_t key, uint32_t node)
{
    struct view_state *st = v->state;
    const struct path_trie *t = v->phase->trie;
    const struct level *top = &st->levels[st->depth - 1];
    uint16_t id = st->ids[key], name = id & NAME_ID;
    size_t end = st->active_len;
    enum err e;

    st->first = (uint16_t)end;
    for (size_t i = top->first; i < end; i++) {
        const struct path_node *n = &t->nodes[st->active[i]];

        for (uint16_t k = name == 0 ? 0 : n->names; k != 0;
             k = t->edges[k].next) {
            if (t->edges[k].name != name)
                continue;
            if (!(id & NAME_FOLDED)) {
                if ((e = push(v, t->edges[k].to)))
                    return e;
            } else if (!n->loop) {
                return E_AMBIGUOUS;
            }
            break;
        }
        if (n->any != 0)
            if ((e = push(v, n->any)))
                return e;
        if (n->loop)
            if ((e = push(v, st->active[i])))
                return e;
    }
    return v->doc->nodes[node].type == JSON_OBJECT ? self_filters(v, node) : OK;
}

enum err walk_elem(struct view *v, uint32_t node)
{
    struct view_state *st = v->state;
    const struct path_trie *t = v->phase->trie;
    const struct level *top = &st->levels[st->depth - 1];
    bool object = v->doc->nodes[node].type == JSON_OBJECT;
    size_t end = st->active_len;
    enum err e;

    st->first = (uint16_t)end;
    for (size_t i = top->first; i < end; i++) {
        const struct path_node *n = &t->nodes[st->active[i]];

        if (n->elem != 0)
            if ((e = push(v, n->elem)))
                return e;
        if (object && n->filters != 0)
            if ((e = filters(v, st->active[i], node)))
                return e;
        if (n->loop)
            if ((e = push(v, st->active[i])))
                return e;
    }
    return object ? self_filters(v, node) : OK;
}
