#include "flow/joined.h"

#include <stdlib.h>

#include "flow/gathered.h"
#include "rules/rule.h"

#define KEPT 256u /* texts that pieces may stand in; older ones have none */

struct joined {
    struct own_join *join; /* owned */
    struct own_piece pieces[OWN_PIECES];
    uint32_t count; /* of texts, in this document  */
    struct seg segs[KEPT];
};

static void free_one(struct joined *j)
{
    if (j != NULL)
        own_join_free(j->join);
    free(j);
}

void joined_free(struct tools *t)
{
    for (size_t i = 0; i < JOINED_ROWS; i++)
        free_one(t->joined[i]);
}

static bool is_on(const struct inspect *in)
{
    return in->dir == DIR_SEND && in->eng->own != NULL &&
           !own_empty(in->eng->own);
}

void joined_begin(struct tools *t, const struct inspect *in)
{
    for (size_t i = 0; i < JOINED_ROWS && is_on(in); i++) {
        if (t->joined[i] == NULL)
            continue;
        own_join_clear(t->joined[i]->join);
        t->joined[i]->count = 0;
    }
}

static enum err joined_new(struct joined **ret_joined)
{
    struct joined *j = calloc(1, sizeof(*j));
    enum err e;

    if (j == NULL)
        return E_NOMEM;
    if ((e = own_join_new(&j->join))) {
        free_one(j);
        return e;
    }
    *ret_joined = j;
    return OK;
}

const struct rule *joined_rule(const struct inspect *in, const struct scope *at)
{
    const struct rules *rs = in->eng->rules;

    for (size_t i = 0; i < rules_count(rs); i++) {
        const struct rule *r = rules_at(rs, i);

        if (r->detector == DETECTOR_OWN && rules_applies(rs, r, at))
            return r;
    }
    return NULL;
}

static bool overlap(struct span a, struct span b)
{
    return a.off < b.off + b.len && b.off < a.off + a.len;
}

/* With the edits that overlap it as one: they are disjoint. */
static enum err cover(struct tools *t, const struct inspect *in, struct span at,
                      struct str put)
{
    at.off += (uint32_t)in->base;
    for (size_t i = 0; i < t->edit_count;) {
        struct span other = t->edits[i].at;
        uint32_t end = at.off + at.len, other_end = other.off + other.len;

        if (!overlap(at, other)) {
            i++;
            continue;
        }
        at.off = other.off < at.off ? other.off : at.off;
        at.len = (other_end > end ? other_end : end) - at.off;
        t->edits[i] = t->edits[--t->edit_count];
        i = 0;
    }
    at.off -= (uint32_t)in->base;
    t->unsorted = true;
    t->redactions++;
    return inspect_edit(t, in, at, put);
}

enum err joined_edit(struct tools *t, const struct inspect *in,
                     const struct seg *seg, size_t start, size_t end,
                     const struct rule *rule, struct exchange *ex)
{
    if (seg->number) {
        exchange_cond(ex, COND_UNEDITABLE, "a bare JSON number");
        return OK;
    }
    return cover(t, in, seg_span(seg, in->body, start, end), rule->put);
}

static enum err edit_pieces(struct tools *t, const struct inspect *in,
                            const struct joined *j, size_t n,
                            const struct rule *rule, struct exchange *ex)
{
    enum err e = OK;

    for (size_t i = 0; i < n && !e; i++) {
        const struct own_piece *p = &j->pieces[i];
        const struct seg *seg = &j->segs[p->text % KEPT];

        if (j->count - p->text > KEPT)
            exchange_cond(ex, COND_UNEDITABLE, "a piece too far back");
        else
            e = joined_edit(t, in, seg, p->start, p->end, rule, ex);
    }
    return e;
}

static enum err take(struct tools *t, const struct inspect *in,
                     const struct joined *j, size_t n,
                     const struct own_about *about, struct exchange *ex)
{
    const struct seg *seg = &j->segs[(j->count - 1) % KEPT];
    const struct own_piece *last = &j->pieces[n - 1];
    struct scope scope = {in->dir, seg->role, seg->part, in->host, &ex->known};
    struct finding f = {
        .start = last->start, .end = last->end, .about = *about};
    struct str found =
        str_head(str_skip(seg->text, last->start), last->end - last->start);
    enum action action;
    enum err e;

    f.rule = joined_rule(in, &scope);
    if (f.rule == NULL)
        return OK;
    fingerprint(in->eng->key, found, f.print);
    exchange_finding(ex, &f, &scope);
    if ((e = gathered_noted(t, about)))
        return e;
    action = rules_action(in->eng->rules, f.rule);
    return action < ACTION_REDACT || action == ACTION_BLOCK
               ? OK
               : edit_pieces(t, in, j, n, f.rule, ex);
}

/* The name of the member that a string of the body is; empty in a list. */
static struct str name_of(const struct seg *seg, struct str body)
{
    size_t end = seg->raw.off, at;

    end -= end > 0 && body.ptr[end - 1] == '"';
    while (end > 0 && (unsigned char)body.ptr[end - 1] <= ' ')
        end--;
    if (end == 0 || body.ptr[--end] != ':')
        return STR("");
    while (end > 0 && (unsigned char)body.ptr[end - 1] <= ' ')
        end--;
    if (end == 0 || body.ptr[--end] != '"')
        return STR("");
    for (at = end; at > 0 && body.ptr[at - 1] != '"';)
        at--;
    return (struct str){body.ptr + at, end - at};
}

/* Which row it is in; of JSON in a string all values are said. */
static size_t row_of(const struct seg *seg, struct str body)
{
    static const struct str between[] = {
        STR_INIT("role"),    STR_INIT("type"),         STR_INIT("id"),
        STR_INIT("name"),    STR_INIT("tool_call_id"), STR_INIT("tool_use_id"),
        STR_INIT("call_id"), STR_INIT("status"),       STR_INIT("media_type"),
        STR_INIT("detail"),
    };
    struct str name;

    if (seg->part == PART_KEY)
        return 1;
    if (seg->part == PART_OTHER || seg->part == PART_TOOL_NAME)
        return 2;
    if (seg->nested)
        return 0;
    name = name_of(seg, body);
    for (size_t i = 0; i < ARRAY_LEN(between); i++)
        if (str_eq(name, between[i]))
            return 2;
    return 0;
}

enum err joined_text(struct tools *t, const struct inspect *in,
                     const struct seg *seg, struct exchange *ex)
{
    struct own_about about;
    struct joined **at, *j;
    enum err e;
    size_t n;

    if (!is_on(in) || seg->text.len == 0)
        return OK;
    at = &t->joined[row_of(seg, in->body)];
    if (*at == NULL && (e = joined_new(at)))
        return e;
    j = *at;
    j->segs[j->count % KEPT] = *seg;
    own_join_text(j->join, in->eng->own, seg->text, j->count++);
    while (own_join_next(j->join, &about, j->pieces, &n))
        if ((e = take(t, in, j, n, &about, ex)))
            return e;
    return OK;
}
