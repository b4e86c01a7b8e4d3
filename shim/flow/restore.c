#include "flow/restore.h"

#include "llm/toolname.h"
#include "rules/rule.h"

/* What one text needs. */
struct restore {
    struct tools *t;
    const struct inspect *in;
    const struct seg *seg;
    struct seg_map map;
    const struct str *tool; /* NULL: it is no tool's */
    uint64_t address;       /* see pseudonym_carried */
    bool more;
};

static bool meets_finding(const struct restore *r,
                          const struct pseudonym_at *at)
{
    const struct findings *f = &r->t->findings;
    struct cluster c;
    size_t pos = 0;

    while (cluster_next(r->in->eng->rules, f->list, f->count, &pos, &c))
        if (c.start < at->end && at->start < c.end)
            return true;
    return false;
}

/* As it is written there: a text has no escapes, a number no quotes. */
static enum err put_value(const struct restore *r, struct str value,
                          struct str *ret_put)
{
    struct seg how = *r->seg;
    struct buf literal;
    enum err e;

    how.number = false;
    buf_init(&literal, LIM_DECODED);
    e = r->in->json ? seg_put(&how, value, &literal) : buf_add(&literal, value);
    if (!e)
        e = arena_copy(&r->t->puts, buf_str(&literal), ret_put);
    buf_wipe_free(&literal);
    return e;
}

static enum err restore_at(struct restore *r, const struct pseudonym_at *found)
{
    const struct restorer *from = pseudonyms_restorer(&r->in->eng->pseudonyms);
    struct pseudonym_at at;
    struct buf value;
    struct str put;
    enum err e = OK;

    buf_init(&value, LIM_VAULT_VALUE);
    if (!found->in_url && !pseudonym_carried(found, r->address) &&
        from->value(from->with, found, r->tool, &at, &value) &&
        !meets_finding(r, &at) &&
        (!r->seg->number || at.end - at.start == r->seg->text.len)) {
        if (!(e = put_value(r, buf_str(&value), &put)))
            e = inspect_edit(r->t, r->in,
                             seg_map_span(&r->map, at.start, at.end), put);
        pseudonym_said(found, buf_str(&value), &r->address);
        r->t->redactions++;
        r->more = true;
    }
    buf_wipe_free(&value);
    return e;
}

enum err restore_seg(struct tools *t, const struct inspect *in,
                     const struct seg *seg, struct exchange *ex, bool *ret_more)
{
    const struct restorer *from = pseudonyms_restorer(&in->eng->pseudonyms);
    struct restore r = {t,    in, seg,  seg_map_start(seg, in->body),
                        NULL, 0,  false};
    struct pseudonym_scan scan = {0};
    struct str rest = seg->text, tool = STR("");
    struct pseudonym_at at;
    enum err e = OK;

    *ret_more = false;
    if (from == NULL || in->dir != DIR_RECV || !pseudonym_maybe(seg->text))
        return OK;
    if (seg->part == PART_TOOL_ARGS) {
        (void)tool_around(ex->provider, VIEW_RESPONSE, &t->doc, &t->arena,
                          seg->node, &tool);
        r.tool = &tool;
    }
    scan.key = from->key;
    while (!e && pseudonym_next(&scan, &rest, &at))
        e = restore_at(&r, &at);
    while (!e && pseudonym_last(&scan, &at))
        e = restore_at(&r, &at);
    *ret_more = r.more;
    return e;
}
