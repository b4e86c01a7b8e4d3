#include "llm/opened.h"

#include "base/limits.h"
#include "detect/base64.h"
#include "json/text.h"

void opener_init(struct opener *o)
{
    json_doc_init(&o->doc);
    json_doc_init(&o->inner);
    arena_init(&o->arena, LIM_VIEW_ARENA);
    buf_init(&o->bytes, LIM_DECODED);
}

void opener_free(struct opener *o)
{
    json_doc_free(&o->doc);
    json_doc_free(&o->inner);
    arena_free(&o->arena);
    buf_wipe_free(&o->bytes);
}

/* The value at "a.b.c"; 0 if there is none. */
static uint32_t value_at(const struct json_doc *doc, struct str path)
{
    uint32_t at = 0;

    while (path.ptr != NULL) {
        at = json_member(doc, at, str_split(&path, '.'));
        if (at == 0)
            return 0;
    }
    return at;
}

/*
 * Whether the body can have such a member at all: the last name of a path
 * stands in it, or an escape that may be a letter. Most bodies need not be
 * parsed for that.
 */
static bool may_hold(struct str body, const struct provider *p)
{
    for (size_t i = 0; i < p->open_count; i++) {
        struct str rest = p->opens[i], name = rest;

        while (rest.ptr != NULL)
            name = str_split(&rest, '.');
        if (str_find(body, name) < body.len)
            return true;
    }
    return p->open_count > 0 && str_find(body, STR("\\u")) < body.len;
}

/* Members that can be opened, or closed, in the order of the document. */
struct places {
    uint32_t nodes[OPENS_MAX];
    size_t count;
};

static struct places places_of(const struct json_doc *doc,
                               const struct provider *p, bool opened)
{
    struct places all = {.count = 0};

    for (size_t i = 0; i < p->open_count && all.count < OPENS_MAX; i++) {
        uint32_t at = value_at(doc, p->opens[i]);
        size_t to = all.count;

        if (at == 0 || (opened ? doc->nodes[at].type > JSON_ARRAY
                               : doc->nodes[at].type != JSON_STRING))
            continue;
        for (; to > 0 && all.nodes[to - 1] > at; to--)
            all.nodes[to] = all.nodes[to - 1];
        all.nodes[to] = at;
        all.count++;
    }
    return all;
}

/* The inner document's text, checked, into o->bytes. */
static enum err decode(struct opener *o, struct str text)
{
    struct buf again;
    size_t n;
    enum err e;

    buf_clear(&o->bytes);
    if ((e = buf_reserve(&o->bytes, text.len / 4 * 3 + 3)))
        return e;
    if (!base64_decode(text, o->bytes.ptr, o->bytes.cap, &n))
        return E_SYNTAX;
    o->bytes.len = n;
    buf_init(&again, text.len + 4);
    e = base64_encode(buf_str(&o->bytes), &again);
    if (!e && !str_eq(buf_str(&again), text))
        e = E_SYNTAX;
    buf_wipe_free(&again);
    if (!e)
        e = json_parse(&o->inner, buf_str(&o->bytes));
    if (!e && o->inner.nodes[0].type > JSON_ARRAY)
        e = E_SYNTAX;
    return e;
}

static enum err open_one(struct opener *o, uint32_t node, struct buf *out)
{
    struct str text;
    enum err e;

    if ((e = json_text(json_raw(&o->doc, node), o->doc.nodes[node].escaped,
                       &o->arena, &text)) ||
        (e = decode(o, text)))
        return e;
    return buf_add(out, buf_str(&o->bytes));
}

static enum err close_one(struct opener *o, uint32_t node, struct buf *out)
{
    enum err e;

    if ((e = buf_add_byte(out, '"')) ||
        (e = base64_encode(json_raw(&o->doc, node), out)))
        return e;
    return buf_add_byte(out, '"');
}

/* The body with those members in the other form. */
static enum err rewrite(struct opener *o, const struct places *all, bool open,
                        struct str body, struct buf *out)
{
    size_t from = 0, before = out->len;
    enum err e = OK;

    arena_clear(&o->arena);
    for (size_t i = 0; !e && i < all->count; i++) {
        const struct json_node *n = &o->doc.nodes[all->nodes[i]];
        size_t quote = open ? 1 : 0; /* stands around, not in, the node */

        if ((e = buf_add(out, str_skip(str_head(body, n->off - quote), from))))
            break;
        e = open ? open_one(o, all->nodes[i], out)
                 : close_one(o, all->nodes[i], out);
        from = n->off + n->len + quote;
    }
    if (!e)
        e = buf_add(out, str_skip(body, from));
    if (e)
        out->len = before;
    return e;
}

enum err opened_make(struct opener *o, const struct provider *p,
                     struct str body, struct buf *out, bool *ret_some)
{
    struct places all;
    enum err e;

    *ret_some = false;
    if (!may_hold(body, p))
        return OK;
    if ((e = json_parse(&o->doc, body)))
        return e;
    all = places_of(&o->doc, p, false);
    if (all.count == 0)
        return OK;
    if (places_of(&o->doc, p, true).count > 0)
        return E_AMBIGUOUS; /* it would be closed with the others */
    if ((e = rewrite(o, &all, true, body, out)))
        return e;
    *ret_some = true;
    return OK;
}

enum err opened_close(struct opener *o, const struct provider *p,
                      struct str opened, struct buf *out)
{
    struct places all;
    enum err e;

    if ((e = json_parse(&o->doc, opened)))
        return e;
    all = places_of(&o->doc, p, true);
    if (all.count == 0)
        return E_INTERNAL;
    return rewrite(o, &all, false, opened, out);
}
