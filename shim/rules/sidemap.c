#include "rules/side.h"

/*
 * From the bytes of a view to those of the text that they come from: the runs
 * of a side.
 */

#define FORGET_MANY 64 /* runs: less are not worth moving the rest */

enum axis {
    IN_TEXT, /* of what the view is made of */
    IN_VIEW,
};

/*
 * The last run that begins at this place or before it; if none does, the first.
 * Most that is asked for is near the end, but not where a word has gone on for
 * long.
 */
static const struct side_run *run_at(const struct side *s, enum axis axis,
                                     uint64_t at)
{
    const struct side_run *list = s->runs.list;
    size_t lo = 0, hi = s->runs.count;

    for (size_t back = 1; back < hi; back *= 2) {
        const struct side_run *r = &list[s->runs.count - back];

        if ((axis == IN_TEXT ? r->src : r->dst) <= at) {
            lo = s->runs.count - back;
            break;
        }
        hi = s->runs.count - back;
    }
    while (hi - lo > 1) {
        size_t mid = lo + (hi - lo) / 2;

        if ((axis == IN_TEXT ? list[mid].src : list[mid].dst) <= at)
            lo = mid;
        else
            hi = mid;
    }
    return &list[lo];
}

/* So many bytes of the view in a run. */
static uint64_t from_run(const struct side_run *r, uint64_t n)
{
    return r->to == 1 ? n * r->from : n / r->to * r->from;
}

uint64_t side_start(const struct side *s, uint64_t at)
{
    const struct side_run *r;

    if (at == s->len) /* what comes next, be it a space for a gap */
        return s->step == VIEW_GAP && s->normal.gap ? s->normal.gap_start
                                                    : s->fed;
    r = run_at(s, IN_VIEW, at);
    return r->src + from_run(r, at - r->dst);
}

uint64_t side_end(const struct side *s, uint64_t at)
{
    const struct side_run *r = run_at(s, IN_VIEW, at - 1);

    return r->src + ((at - 1 - r->dst) / r->to + 1) * r->from;
}

uint64_t side_behind(const struct side *s, uint64_t at)
{
    const struct side_run *r = run_at(s, IN_TEXT, at);

    return at <= r->src
               ? r->dst
               : r->dst + (at - r->src + r->from - 1) / r->from * r->to;
}

uint64_t side_text(const struct side *s, uint64_t at)
{
    uint64_t by = s->fed - s->len;

    if (at == NEVER)
        return NEVER;
    return at < s->own - by ? 0 : at + by;
}

bool side_same(const struct side *s, uint64_t start, uint64_t end)
{
    const struct side_run *r = run_at(s, IN_VIEW, start);

    return r == run_at(s, IN_VIEW, end - 1) && r->to == r->from;
}

enum err side_note(struct side *s, const struct textview *made)
{
    enum err e;

    for (size_t i = 0; i < made->run_count; i++) {
        const struct view_run *r = &made->runs[i];
        const struct side_run *last = &s->runs.list[s->runs.count - 1];
        uint64_t dst = s->len + r->dst;

        if (last->to == r->to && last->from == r->from &&
            last->src + (dst - last->dst) / r->to * r->from == r->src)
            continue;
        if ((e = LIST_GROW(&s->runs)))
            return e;
        s->runs.list[s->runs.count++] =
            (struct side_run){dst, r->src, r->to, r->from};
    }
    return OK;
}

void side_forget(struct side *s)
{
    size_t n;

    if (s->runs.count <= FORGET_MANY)
        return;
    n = (size_t)(run_at(s, IN_VIEW, s->st->base) - s->runs.list);
    if (n < FORGET_MANY)
        return;
    s->runs.count -= n;
    memmove(s->runs.list, s->runs.list + n,
            s->runs.count * sizeof(*s->runs.list));
}
