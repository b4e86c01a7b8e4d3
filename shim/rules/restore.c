#include "rules/lanes.h"

/*
 * Pseudonyms in a stream. They are looked for in the text as it came, beside
 * the rules, and become edits of their own in the gaps between findings: a
 * rule sees the pseudonym, never the value, and where a finding meets one
 * the finding decides.
 */

void stream_restore(struct stream *st, const struct restorer *r)
{
    st->restorer = r;
    st->address = 0;
    if (r == NULL)
        return;
    st->marks = (struct pseudonym_scan){
        .key = r->key, .classes = r->classes, .class_count = r->class_count};
    buf_init(&st->values, LIM_HELD_RAW);
}

void stream_tool(struct stream *st, struct str name)
{
    st->tool = name;
}

/* What it stands for, if that may be said here. Without memory it stays. */
static void mark_add(struct stream *st, const struct pseudonym_at *found)
{
    bool args = st->at.part == PART_TOOL_ARGS;
    size_t from = st->values.len;
    struct pseudonym_at at;
    struct restored one;

    if (found->in_url || pseudonym_carried(found, st->address) ||
        (args && st->tool.len == 0))
        return;
    if (st->restored.count == 0 && st->edits.taken == st->edits.count)
        from = st->values.len = 0;
    if (!st->restorer->value(st->restorer->with, found, args ? &st->tool : NULL,
                             &at, &st->values))
        return;
    one = (struct restored){
        at.start, at.end, {(uint32_t)from, (uint32_t)(st->values.len - from)}};
    if (restored_add(st, one))
        st->values.len = from;
    else
        pseudonym_said(found, str_skip(buf_str(&st->values), from),
                       &st->address);
}

void feed_marks(struct stream *st, uint64_t to)
{
    struct pseudonym_at at;
    struct str in;

    if (st->restorer == NULL)
        return;
    in = stream_part(st, st->marks.pos, to);
    while (pseudonym_next(&st->marks, &in, &at))
        mark_add(st, &at);
}

void feed_marks_last(struct stream *st)
{
    struct pseudonym_at at;

    while (st->restorer != NULL && pseudonym_last(&st->marks, &at))
        mark_add(st, &at);
}

uint64_t cut_mark(const struct stream *st)
{
    return st->restorer != NULL ? pseudonym_open(&st->marks) : st->v;
}
