#include "llm/toolname.h"

#include <stdlib.h>

static bool lies_in(const struct json_doc *doc, uint32_t node, uint32_t object)
{
    return node >= object && node < doc->nodes[object].next;
}

bool tool_around(const struct provider *provider, enum view_phase what,
                 const struct json_doc *doc, struct arena *arena, uint32_t node,
                 struct str *ret_name)
{
    uint32_t best = 0;
    bool found = false;
    struct view_item item;
    struct view v;
    enum err e;

    view_init(&v);
    v.plain = true;
    e = view_start(&v, provider, what, doc, arena);
    while (!e && (e = view_next(&v, &item)) == OK) {
        uint32_t object = doc->nodes[item.seg.node].parent;

        if (item.kind != ITEM_TEXT || item.seg.part != PART_TOOL_NAME ||
            doc->nodes[object].type != JSON_OBJECT ||
            !lies_in(doc, node, object) || (found && object < best))
            continue;
        found = !(found && object == best); /* two names are none */
        best = object;
        *ret_name = item.seg.text;
    }
    view_free(&v);
    return found && e == E_AGAIN;
}

void tool_names_free(struct tool_names *t)
{
    free(t->list);
    *t = (struct tool_names){0};
}

static bool has_key(const struct view_key *keys, size_t n,
                    const struct view_key *key)
{
    for (size_t i = 0; i < n; i++)
        if (keys[i].path == key->path)
            return keys[i].value == key->value;
    return false;
}

static bool has_keys(const struct tool_named *t, const struct view_key *keys,
                     size_t n)
{
    for (size_t i = 0; i < t->key_count; i++)
        if (!has_key(keys, n, &t->keys[i]))
            return false;
    return true;
}

enum err tool_names_note(struct tool_names *t, struct str name,
                         const struct view_key *keys, size_t n)
{
    struct tool_named *at;
    size_t i = 0;

    if (n == 0 || n > TOOL_KEYS)
        return OK;
    if (t->list == NULL) {
        t->list = calloc(TOOL_NAMES, sizeof(*t->list));
        if (t->list == NULL)
            return E_NOMEM;
    }
    while (i < t->count &&
           !(t->list[i].key_count == n && has_keys(&t->list[i], keys, n)))
        i++;
    if (i == TOOL_NAMES)
        return OK;
    at = &t->list[i];
    t->count += i == t->count;
    memcpy(at->keys, keys, n * sizeof(*keys));
    at->key_count = n;
    at->len = name.len <= TOOL_NAME ? name.len : 0; /* of no tool we know */
    memcpy(at->name, name.ptr, at->len);
    return OK;
}

struct str tool_names_of(const struct tool_names *t,
                         const struct view_key *keys, size_t n)
{
    for (size_t i = 0; i < t->count; i++)
        if (has_keys(&t->list[i], keys, n))
            return (struct str){t->list[i].name, t->list[i].len};
    return STR("");
}
