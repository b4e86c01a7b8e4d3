#include "llm/queue.h"

#include <stdlib.h>

/*
 * Events that wait, and what becomes of their bytes.
 *
 *   held    [A "key is AK"] [B "IA01.."] [C "!"]      in wire order
 *   ready   [A' "key is [key]"] [B' ""]               may leave
 *
 * An event becomes ready when it is first and every piece of it lies below the
 * safe place of its channel. Its bytes are made then: an edit of a channel is
 * written into the event that holds its beginning, and cut out of those behind.
 */

enum err list_add(struct list *l, void *ret_item)
{
    if (l->count == l->cap) {
        size_t cap = l->cap == 0 ? 16 : l->cap * 2;
        void *more = realloc(l->items, cap * l->size);

        if (more == NULL)
            return E_NOMEM;
        l->items = more;
        l->cap = cap;
    }
    *(void **)ret_item = (char *)l->items + l->count++ * l->size;
    return OK;
}

/* ---- Events ------------------------------------------------------------- */

static size_t copy(char *to, const void *from, size_t n)
{
    if (n > 0)
        memcpy(to, from, n);
    return n;
}

enum err event_new(struct delta *d, const struct delta_event *src,
                   struct event **ret_event)
{
    size_t pieces = d->pieces.count * sizeof(struct piece);
    size_t fixes = d->fixes.count * sizeof(struct fix);
    size_t marks = d->marks.count * sizeof(struct mark);
    struct event *ev = malloc(sizeof(*ev) + pieces + fixes + marks +
                              d->puts.len + src->raw.len);
    char *p;

    if (ev == NULL)
        return E_NOMEM;
    *ev = (struct event){
        .raw_len = src->raw.len,
        .piece_count = d->pieces.count,
        .fix_count = d->fixes.count,
        .mark_count = d->marks.count,
        .edited = d->event_edited,
        .ends = d->ends.count > 0,
        .block = d->event_block,
    };
    buf_init(&ev->out, (size_t)LIM_HELD_RAW * 4);
    p = (char *)(ev + 1);
    ev->pieces = (void *)p;
    p += copy(p, d->pieces.items, pieces);
    ev->marks = (void *)p;
    p += copy(p, d->marks.items, marks);
    ev->fixes = (void *)p;
    p += copy(p, d->fixes.items, fixes);
    ev->puts = p;
    p += copy(p, d->puts.ptr, d->puts.len);
    ev->raw = p;
    copy(p, src->raw.ptr, src->raw.len);
    *ret_event = ev;
    return OK;
}

void event_free(struct event *ev)
{
    if (ev == NULL)
        return;
    buf_free(&ev->out);
    free(ev);
}

void event_push(struct event_list *l, struct event *ev)
{
    ev->next = NULL;
    *l->tail = ev;
    l->tail = &ev->next;
}

static struct event *event_pop(struct event_list *l)
{
    struct event *ev = l->head;

    l->head = ev->next;
    if (l->head == NULL)
        l->tail = &l->head;
    return ev;
}

void event_list_free(struct event_list *l)
{
    while (l->head != NULL)
        event_free(event_pop(l));
}

/* ---- Bytes of an event -------------------------------------------------- */

static enum err patch_add(struct delta *d, struct span at, size_t put_from)
{
    struct patch *patch;
    enum err e;

    if ((e = list_add(&d->patches, &patch)))
        return e;
    *patch = (struct patch){
        .at = at,
        .put = {(uint32_t)put_from, (uint32_t)(d->puts.len - put_from)},
    };
    return OK;
}

/* A replacement as it is written in a channel's literals. */
static enum err put_text(struct delta *d, const struct channel *c,
                         const struct chan_edit *edit)
{
    const struct seg how = {
        .nested = c->json, .inner_plain = edit->plain, .number = edit->number};

    if (edit->put.len == 0 && !edit->number)
        return OK;
    return seg_put(&how, edit->put, &d->puts);
}

/* What edits of its channel, and a block, do to one piece. */
static enum err patch_piece(struct delta *d, const struct event *ev,
                            const struct piece *p)
{
    const struct channel *c = p->chan;
    struct str raw = {ev->raw + p->raw.off, p->raw.len};
    struct json_map map = json_map_start(raw);
    enum err e;

    for (size_t i = c->first_edit; i <= c->edit_count; i++) {
        struct chan_edit edit = {.start = c->block_at, .end = UINT64_MAX};
        size_t put_from = d->puts.len;
        struct span at;

        if (i < c->edit_count)
            edit = c->edits[i];
        else if (c->block == NULL)
            break;
        if (edit.start >= p->end || edit.end <= p->start)
            continue;
        if (edit.start >= p->start)
            if ((e = put_text(d, c, &edit)))
                return e;
        edit.start = edit.start < p->start ? p->start : edit.start;
        edit.end = edit.end > p->end ? p->end : edit.end;
        at = (struct span){(uint32_t)(edit.start - p->start),
                           (uint32_t)(edit.end - edit.start)};
        if (p->escaped)
            at = json_map_span(&map, at);
        at.off += p->raw.off;
        if ((e = patch_add(d, at, put_from)))
            return e;
    }
    return OK;
}

static int patch_order(const void *a, const void *b)
{
    const struct patch *x = a, *y = b;

    return (x->at.off > y->at.off) - (x->at.off < y->at.off);
}

/* The event's bytes with the patches made. */
static enum err patch_apply(struct delta *d, struct event *ev)
{
    struct patch *patches = d->patches.items;
    size_t pos = 0;
    enum err e;

    qsort(patches, d->patches.count, sizeof(*patches), patch_order);
    for (size_t i = 0; i < d->patches.count; i++) {
        const struct patch *p = &patches[i];

        if (p->at.off < pos || p->at.off + p->at.len > ev->raw_len)
            return E_INTERNAL;
        if ((e = buf_add(&ev->out,
                         (struct str){ev->raw + pos, p->at.off - pos})))
            return e;
        if ((e = buf_add(&ev->out, str_at(buf_str(&d->puts), p->put))))
            return e;
        pos = p->at.off + p->at.len;
    }
    ev->changed = true;
    return buf_add(&ev->out, (struct str){ev->raw + pos, ev->raw_len - pos});
}

static enum err make_bytes(struct delta *d, struct event *ev)
{
    enum err e;

    d->patches.count = 0;
    buf_clear(&d->puts);
    for (size_t i = 0; i < ev->piece_count; i++)
        if ((e = patch_piece(d, ev, &ev->pieces[i])))
            return e;
    if (d->patches.count == 0 && !ev->edited)
        return OK;
    for (size_t i = 0; i < ev->fix_count; i++) {
        const struct fix *fix = &ev->fixes[i];
        size_t from = d->puts.len;

        if ((e = buf_add(&d->puts,
                         (struct str){ev->puts + fix->put.off, fix->put.len})))
            return e;
        if ((e = patch_add(d, fix->at, from)))
            return e;
    }
    return patch_apply(d, ev);
}

/* ---- Leaving ------------------------------------------------------------ */

static void apply_mark(struct delta *d, const struct mark *m)
{
    size_t i = 0;

    if (m->all) {
        d->open_count = 0;
        return;
    }
    while (i < d->open_count && d->open[i] != m->index)
        i++;
    if (!m->close) {
        if (i == d->open_count && i < OPEN_MAX)
            d->open[d->open_count++] = m->index;
    } else if (i < d->open_count) {
        d->open_count--;
        memmove(&d->open[i], &d->open[i + 1],
                (d->open_count - i) * sizeof(d->open[0]));
    }
}

static enum err leave(struct delta *d)
{
    struct event *ev = d->held.head;
    enum err e;

    if ((e = make_bytes(d, ev)))
        return e;
    for (size_t i = 0; i < ev->piece_count; i++)
        if (!ev->pieces[i].chan->repeat) /* the next one has it all again */
            channel_drop(ev->pieces[i].chan, ev->pieces[i].end);
    for (size_t i = 0; i < 2 * ev->mark_count; i++) { /* opened, then closed */
        const struct mark *m = &ev->marks[i % ev->mark_count];

        if (m->close == (i >= ev->mark_count))
            apply_mark(d, m);
    }
    event_push(&d->ready, event_pop(&d->held));
    return OK;
}

static bool decided(const struct event *ev)
{
    for (size_t i = 0; i < ev->piece_count; i++)
        if (ev->pieces[i].end > ev->pieces[i].chan->safe)
            return false;
    return ev->block == NULL;
}

/* The rule that blocks in this event, or NULL. */
static const struct rule *blocked_by(const struct event *ev)
{
    if (ev->block != NULL)
        return ev->block;
    for (size_t i = 0; i < ev->piece_count; i++) {
        const struct channel *c = ev->pieces[i].chan;

        if (c->block != NULL && ev->pieces[i].end > c->block_at)
            return c->block;
    }
    return NULL;
}

/* Some text of the event stands before the block. */
static bool keeps_text(const struct event *ev)
{
    for (size_t i = 0; i < ev->piece_count; i++) {
        const struct channel *c = ev->pieces[i].chan;

        if (c->block == NULL || c->block_at > ev->pieces[i].start)
            return true;
    }
    return false;
}

/*
 * The last event: cut off at the block. It does not leave at all if it has no
 * text before it, if the block is in a whole text (half of one would pass for
 * all of it), or if it ends something: the ending is the caller's.
 */
static enum err leave_blocked(struct delta *d, const struct rule *rule)
{
    struct event *ev = d->held.head;
    enum err e;

    if (ev->block == NULL && !ev->ends && keeps_text(ev)) {
        if ((e = leave(d)))
            return e;
    } else {
        ev->changed = true; /* to nothing */
        event_push(&d->ready, event_pop(&d->held));
    }
    ev->block = rule;
    return OK;
}

/* ---- Settling ----------------------------------------------------------- */

static enum err drain(struct delta *d, bool *ret_blocked)
{
    enum err e;

    for (size_t i = 0; i < d->channel_count; i++) {
        struct channel *c = d->channels[i];
        struct finding f;

        if (c->dirty) {
            enum err late = channel_drain(c);

            d->capped |= stream_capped(c->stream);
            while (channel_finding(c, &f)) {
                f.seg = (uint32_t)i;
                if ((e = note_finding(d, &f, &c->scope)))
                    return e;
            }
            if (late) /* what it was is told */
                return late;
        }
        *ret_blocked |= c->block != NULL;
    }
    return OK;
}

/* A block: all other channels end here, and what stands before it leaves. */
static enum err stop(struct delta *d)
{
    const struct rule *rule;
    bool blocked = false;
    enum err e;

    d->stopped = true;
    for (size_t i = 0; i < d->channel_count; i++)
        if ((e = channel_end(d->channels[i])))
            return e;
    if ((e = drain(d, &blocked)))
        return e;
    while (d->held.head != NULL) {
        rule = blocked_by(d->held.head);
        if (rule != NULL) {
            if ((e = leave_blocked(d, rule)))
                return e;
            break;
        }
        if ((e = leave(d)))
            return e;
    }
    while (d->held.head != NULL) {
        d->held_bytes -= d->held.head->raw_len;
        event_free(event_pop(&d->held));
    }
    return OK;
}

/*
 * Bytes of others that go by before a text rests: more than all of them say
 * where they take turns.
 */
static uint64_t idle_after(const struct delta *d)
{
    uint64_t turns = 2 * d->channel_count * (d->fed / d->fed_events);

    if (turns < LIM_HELD_IDLE)
        return LIM_HELD_IDLE;
    return turns < LIM_HELD_RAW / 4 ? turns : LIM_HELD_RAW / 4;
}

enum err rest(struct delta *d, struct channel *c, bool *ret_rests)
{
    enum err e;

    *ret_rests = false;
    if (d->again + c->past.len > LIM_AGAIN * d->fed)
        return OK;
    if ((e = channel_rest(c, ret_rests)))
        return e;
    if (*ret_rests)
        d->again += c->past.len;
    return OK;
}

/*
 * Nobody says that a text is over where another begins: not OpenAI's chats,
 * where reasoning is followed by content, and that by tool calls. One that does
 * not go on while many events wait for its last word rests.
 */
static enum err rest_idle(struct delta *d, bool *ret_some)
{
    const struct event *ev = d->held.head;
    enum err e;

    *ret_some = false;
    for (size_t i = 0; ev != NULL && i < ev->piece_count; i++) {
        struct channel *c = ev->pieces[i].chan;
        bool rests = false;

        if (ev->pieces[i].end > c->safe && d->fed - c->fed >= idle_after(d) &&
            (e = rest(d, c, &rests)))
            return e;
        *ret_some |= rests;
    }
    return OK;
}

enum err queue_settle(struct delta *d)
{
    bool blocked = d->event_block != NULL, more = true;
    enum err e;

    while (more) {
        if ((e = drain(d, &blocked)))
            return e;
        if (blocked)
            return stop(d);
        while (d->held.head != NULL && decided(d->held.head))
            if ((e = leave(d)))
                return e;
        if ((e = rest_idle(d, &more)))
            return e;
    }
    return OK;
}
