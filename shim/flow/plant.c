#include "flow/plant.h"

/* A message has other strings too: its role, the type of a part, a name. */
static bool is_prose(const struct json_doc *doc, const struct seg *seg)
{
    static const struct str names[] = {
        STR_INIT("content"),      STR_INIT("text"),     STR_INIT("system"),
        STR_INIT("instructions"), STR_INIT("preamble"),
    };
    uint32_t parent = doc->nodes[seg->node].parent;
    struct str name;

    if (doc->nodes[parent].type != JSON_OBJECT)
        return false;
    name = json_raw(doc, seg->node - 1); /* its key */
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (str_eq(name, names[i]))
            return str_find_byte(seg->text, ' ') < seg->text.len;
    return false;
}

enum err plant_after(struct tools *t, const struct inspect *in,
                     const struct view_item *item)
{
    const struct seg *seg = &item->seg;
    struct span behind = {seg->raw.off + seg->raw.len, 0};

    if (!in->plants || t->planted || in->eng->planted.len == 0 ||
        item->kind != ITEM_TEXT || seg->role != ROLE_SYSTEM ||
        seg->part != PART_TEXT || seg->nested || seg->number ||
        !is_prose(&t->doc, seg))
        return OK;
    t->planted = true;
    t->redactions++; /* an edit that is to be made */
    return inspect_edit(t, in, behind, buf_str(&in->eng->planted));
}
