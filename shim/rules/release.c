#include "rules/escaped.h"
#include "rules/side.h"

#include <stdlib.h>

/*
 * From findings to edits. What is decided leaves in order: text outside of
 * everything as it is, a cluster of overlapping findings as one edit, and of
 * what is dropped after a cap each part when it is known to be.
 */

enum err list_grow(void *list, size_t size, size_t count, size_t *cap)
{
    size_t more = *cap == 0 ? 4 : *cap * 2;
    void *old, *grown;

    if (count < *cap)
        return OK;
    memcpy(&old, list, sizeof(old));
    grown = realloc(old, more * size);
    if (grown == NULL)
        return E_NOMEM;
    memcpy(list, &grown, sizeof(grown));
    *cap = more;
    return OK;
}

static enum err report(struct stream *st, const struct finding *f)
{
    enum err e;

    if ((e = LIST_GROW(&st->report)))
        return e;
    st->report.list[st->report.count++] = *f;
    return OK;
}

/* Where no score blocks, findings are counted as they come. */
static enum err report_counted(struct stream *st, struct finding *f)
{
    f->score = score_add(&st->score, f->rule, f->start);
    return report(st, f);
}

static void to_text(const struct side *s, struct finding *f)
{
    uint64_t start = side_start(s, f->start), end = side_end(s, f->end);
    struct chain inner = f->chain;
    bool same = (s->step == VIEW_CLEAN || is_escape(s->step)) &&
                side_same(s, f->start, f->end);

    f->start = start;
    f->end = end;
    f->chain = (struct chain){0};
    if (!same || chain_len(&inner) == 0)
        chain_add(&f->chain, s->step);
    for (size_t i = 0; i < chain_len(&inner); i++)
        chain_add(&f->chain, (enum view_step)inner.steps[i]);
}

/* What text and views have both is one finding. */
static void unite(struct stream *st, struct found *one)
{
    struct found *list = st->pending.list;
    size_t kept = 0;

    for (size_t i = 0; i < st->pending.count; i++) {
        struct found *o = &list[i];
        struct finding *f = &o->f;

        if (f->rule != one->f.rule || f->start >= one->f.end ||
            f->end <= one->f.start) {
            list[kept++] = *o;
            continue;
        }
        if (memcmp(&f->chain, &one->f.chain, sizeof(f->chain)) <= 0) {
            one->f.chain = f->chain; /* the plainer, as they are counted */
            memcpy(one->f.print, f->print, sizeof(f->print));
        }
        one->f.start = f->start < one->f.start ? f->start : one->f.start;
        one->f.end = f->end > one->f.end ? f->end : one->f.end;
        one->action = o->action > one->action ? o->action : one->action;
    }
    st->pending.count = kept;
}

/* May the text and a view of it both have it? */
static bool found_twice(const struct stream *st)
{
    return st->sides != NULL || st->coded.views != 0 || st->respell.all != 0;
}

enum err found_add(struct stream *st, struct found one)
{
    size_t i;
    enum err e;

    if (st->up != NULL) {
        to_text(st->side, &one.f);
        return found_add(st->up, one);
    }
    if (++st->findings > LIM_FINDINGS)
        return E_LIMIT;
    if (!found_twice(st) && !found_waits(st, one.f.rule, one.action))
        return report_counted(st, &one.f);
    if (found_twice(st))
        unite(st, &one);
    if ((e = LIST_GROW(&st->pending)))
        return e;
    for (i = st->pending.count; i > 0; i--) {
        if (finding_order(&st->pending.list[i - 1].f, &one.f) < 0)
            break;
        st->pending.list[i] = st->pending.list[i - 1];
    }
    st->pending.list[i] = one;
    st->pending.count++;
    return OK;
}

static enum err edit_add(struct stream *st, struct stream_edit one)
{
    enum err e;

    if (st->edits.taken == st->edits.count)
        st->edits.taken = st->edits.count = 0;
    if ((e = LIST_GROW(&st->edits)))
        return e;
    st->edits.list[st->edits.count++] = one;
    return OK;
}

enum err drop_open(struct stream *st, const struct rule *r)
{
    struct stream *to = st;
    uint64_t at = st->v;
    enum err e;

    for (; to->up != NULL; to = to->up)
        at = side_start(to->side, at);
    if ((e = LIST_GROW(&to->drops)))
        return e;
    to->drops.list[to->drops.count++] = (struct drop){at, NEVER, r, st->side};
    return OK;
}

void drop_close(struct stream *st, const struct rule *r, uint64_t end)
{
    struct stream *to = st;
    uint64_t at = end;

    for (; to->up != NULL; to = to->up)
        at = side_end(to->side, at);
    for (size_t i = 0; i < to->drops.count; i++) {
        struct drop *d = &to->drops.list[i];

        if (d->end == NEVER && d->rule == r && d->side == st->side)
            d->end = at;
    }
}

enum err restored_add(struct stream *st, struct restored one)
{
    enum err e;

    if ((e = LIST_GROW(&st->restored)))
        return e;
    st->restored.list[st->restored.count++] = one;
    return OK;
}

/* What of the text from..to is dropped? */
static enum err release_drops(struct stream *st, uint64_t from, uint64_t to)
{
    enum err e;

    for (size_t i = 0; i < st->drops.count; i++) {
        const struct drop *d = &st->drops.list[i];
        uint64_t start = d->start > from ? d->start : from;
        uint64_t end = d->end < to ? d->end : to;

        if (start >= end)
            continue;
        if ((e = edit_add(st,
                          (struct stream_edit){
                              start, end, d->rule, ACTION_REDACT, {0}, {0}})))
            return e;
        from = end;
    }
    return OK;
}

static bool meets_drop(const struct stream *st, const struct restored *r)
{
    for (size_t i = 0; i < st->drops.count; i++)
        if (st->drops.list[i].start < r->end &&
            r->start < st->drops.list[i].end)
            return true;
    return false;
}

/*
 * Text from..to is outside of all clusters: what of it is dropped, and which
 * pseudonyms in it are their values again? One that a cluster meets is not.
 */
static enum err release_gap(struct stream *st, uint64_t from, uint64_t to)
{
    enum err e;

    for (size_t i = 0; i < st->restored.count; i++) {
        const struct restored *r = &st->restored.list[i];

        if (r->start >= to)
            break;
        if (r->start < from || r->end > to || meets_drop(st, r))
            continue;
        if ((e = release_drops(st, from, r->start)) ||
            (e = edit_add(st, (struct stream_edit){.start = r->start,
                                                   .end = r->end,
                                                   .action = ACTION_PSEUDONYM,
                                                   .value = r->value})))
            return e;
        from = r->end;
    }
    return release_drops(st, from, to);
}

static bool is_dropped(const struct stream *st, uint64_t at)
{
    for (size_t i = 0; i < st->drops.count; i++)
        if (st->drops.list[i].start <= at && at < st->drops.list[i].end)
            return true;
    return false;
}

/* Those that do not are told when they are known, and are part of no cluster.
 */
static bool waits(const struct stream *st, const struct found *one)
{
    return found_waits(st, one->f.rule, one->action);
}

/*
 * The cluster that begins at pending[*pos], of the findings that begin before
 * `known`; *pos moves behind it. One that only scores makes no cluster longer,
 * and alone is one of no length that is to pass; but where it brings the score
 * to what blocks, it is a block. Scores are counted in *t.
 */
static struct cluster cluster_of(struct stream *st, size_t *pos, uint64_t known,
                                 struct score *t)
{
    struct found *list = st->pending.list;
    struct cluster c = {
        .start = list[*pos].f.start, .end = list[*pos].f.start, .first = *pos};
    size_t i = *pos;

    for (; i < st->pending.count && list[i].f.start < known &&
           (i == c.first || list[i].f.start < c.end);
         i++) {
        struct finding *f = &list[i].f;
        enum action action = list[i].action;

        if (!waits(st, &list[i]))
            continue;
        f->score = score_add(t, f->rule, f->start);
        if (st->counts &&
            rules_reached(st->rs, st->at.dir, f->score) == ACTION_BLOCK)
            action = ACTION_BLOCK;
        if (action >= ACTION_REDACT)
            cluster_add(&c, f, action);
    }
    c.last = *pos = i;
    return c;
}

static enum err report_cluster(struct stream *st, const struct cluster *c)
{
    enum err e;

    for (size_t i = c->first; i < c->last; i++) {
        struct found *one = &st->pending.list[i];

        if (!waits(st, one))
            continue;
        if ((e = report(st, &one->f)))
            return e;
        one->done = true;
    }
    return OK;
}

/* What is only logged, and begins before the one and ends before the other. */
static enum err report_known(struct stream *st, uint64_t start, uint64_t end)
{
    enum err e;

    for (size_t i = 0; i < st->pending.count; i++) {
        struct found *one = &st->pending.list[i];

        if (one->f.start >= start)
            break;
        if (one->f.end > end || waits(st, one))
            continue;
        if ((e = report_counted(st, &one->f)))
            return e;
        one->done = true;
    }
    return OK;
}

static enum err release_block(struct stream *st, const struct cluster *c)
{
    enum err e;

    if ((e = release_gap(st, st->safe, c->start)) ||
        (e = edit_add(
             st,
             (struct stream_edit){
                 c->start, c->end, c->rule, ACTION_BLOCK, {0}, {0}})) ||
        (e = report_cluster(st, c)) || (e = report_known(st, c->end, NEVER)))
        return e;
    st->safe = c->start;
    st->blocked = true;
    st->pending.count = 0;
    buf_free(&st->text);
    return OK;
}

static enum err release_redact(struct stream *st, const struct cluster *c)
{
    struct stream_edit one = {c->start,      c->end, c->rule,
                              ACTION_REDACT, {0},    {0}};
    enum err e;

    if (!is_dropped(st, c->start))
        one.put = c->rule->put;
    if ((e = release_gap(st, st->safe, c->start)) || (e = edit_add(st, one)) ||
        (e = report_cluster(st, c)))
        return e;
    st->safe = c->end;
    return OK;
}

/*
 * How far text may leave if what reaches across is held. Looked at is only what
 * begins before: behind it there may be a lot that waits, and this is asked at
 * every piece of the text.
 */
static uint64_t cut_restored(const struct stream *st, uint64_t cut)
{
    for (size_t i = 0; i < st->restored.count; i++) {
        const struct restored *r = &st->restored.list[i];

        if (r->start >= cut)
            break;
        if (r->end > cut)
            return r->start; /* none meets another */
    }
    return cut;
}

static uint64_t cut_pending(const struct stream *st, uint64_t cut)
{
    const struct found *list = st->pending.list;
    size_t n = 0;

    while (n < st->pending.count && list[n].f.start < cut)
        n++;
    for (; n > 0; n--) {
        const struct found *one = &list[n - 1];

        if (one->action >= ACTION_REDACT && one->f.start < cut &&
            one->f.end > cut)
            cut = one->f.start;
    }
    return cut;
}

static uint64_t cut_before(const struct stream *st, uint64_t known)
{
    uint64_t cut = cut_restored(st, known), last;

    do {
        last = cut;
        cut = cut_restored(st, cut_pending(st, cut));
    } while (cut < last);
    return cut;
}

static void forget_drops(struct stream *st)
{
    size_t kept = 0;

    for (size_t i = 0; i < st->drops.count; i++)
        if (st->drops.list[i].end > st->safe)
            st->drops.list[kept++] = st->drops.list[i];
    st->drops.count = kept;
}

static void forget_restored(struct stream *st)
{
    struct restored *list = st->restored.list;
    size_t gone = 0;

    while (gone < st->restored.count && list[gone].start < st->safe)
        gone++;
    if (gone == 0)
        return;
    st->restored.count -= gone;
    memmove(list, list + gone, st->restored.count * sizeof(*list));
}

/* The clusters that leave with the text up to `cut`. */
static enum err release_clusters(struct stream *st, uint64_t known,
                                 uint64_t cut)
{
    struct score t = st->score;
    size_t pos = 0;
    enum err e = OK;

    while (!e && pos < st->pending.count &&
           st->pending.list[pos].f.start < known) {
        struct cluster c;

        if (!waits(st, &st->pending.list[pos])) {
            pos++;
            continue;
        }
        c = cluster_of(st, &pos, known, &t);
        if (c.action == ACTION_BLOCK)
            return release_block(st, &c);
        if (c.end > cut)
            break; /* a block further on has to wait for this one */
        e = c.action == ACTION_PASS ? report_cluster(st, &c)
                                    : release_redact(st, &c);
        st->score = t;
    }
    return e;
}

static void forget_done(struct stream *st)
{
    size_t kept = 0;

    for (size_t i = 0; i < st->pending.count; i++)
        if (!st->pending.list[i].done)
            st->pending.list[kept++] = st->pending.list[i];
    st->pending.count = kept;
}

enum err release(struct stream *st, struct decided known)
{
    uint64_t cut = cut_before(st, known.acts);
    enum err e;

    if (st->pending.count != 0) {
        if ((e = release_clusters(st, known.acts, cut)) || st->blocked ||
            (e = report_known(st, known.all, known.all)))
            return e;
        forget_done(st);
    }
    if ((e = release_gap(st, st->safe, cut)))
        return e;
    st->safe = cut > st->safe ? cut : st->safe;
    if (st->drops.count != 0)
        forget_drops(st);
    if (st->restored.count != 0)
        forget_restored(st);
    return OK;
}
