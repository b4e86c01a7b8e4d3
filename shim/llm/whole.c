#include "llm/queue.h"

/*
 * Texts of a stream that are whole by themselves: the repeated full texts of
 * closing events, identifiers, strings nobody knows. They go through a stream
 * that is flushed behind each of them, so that caps decide as they did when
 * the same text came in pieces.
 *
 * Most of them are the same few words in every event: those in which nothing
 * was found are remembered and not looked at again.
 */

static struct clean_text *clean_slot(struct delta *d, const struct seg *seg)
{
    const char *p = seg->text.ptr;
    size_t n = seg->text.len;
    size_t h = n * 31 + (unsigned char)p[0];

    h = h * 31 + (unsigned char)p[n - 1];
    h = h * 31 + (unsigned char)p[n / 2];
    return &d->clean[(h ^ (h >> 7)) % CLEAN_TEXTS];
}

static bool is_clean(struct delta *d, const struct seg *seg)
{
    const struct clean_text *c = clean_slot(d, seg);

    return c->len == seg->text.len && c->role == (uint8_t)seg->role &&
           c->part == (uint8_t)seg->part &&
           memcmp(c->bytes, seg->text.ptr, c->len) == 0;
}

static void set_clean(struct delta *d, const struct seg *seg)
{
    struct clean_text *c = clean_slot(d, seg);

    if (seg->text.len > sizeof(c->bytes))
        return;
    c->role = (uint8_t)seg->role;
    c->part = (uint8_t)seg->part;
    c->len = (uint8_t)seg->text.len;
    memcpy(c->bytes, seg->text.ptr, c->len);
}

static enum err add_fix(struct delta *d, const struct delta_event *ev,
                        const struct seg *seg, struct span at, struct str put)
{
    struct fix *fix;
    size_t from = d->puts.len;
    enum err e;

    if (seg->number) { /* all of it: half a number is none */
        at = seg->nested ? seg_span(seg, ev->data, 0, seg->text.len) : seg->raw;
    }
    if ((e = where_raw(ev, at, &at)))
        return e;
    if (put.len > 0 || seg->number)
        if ((e = seg_put(seg, put, &d->puts)))
            return e;
    if ((e = list_add(&d->fixes, &fix)))
        return e;
    *fix = (struct fix){
        .at = at, .put = {(uint32_t)from, (uint32_t)(d->puts.len - from)}};
    d->event_edited = true;
    return OK;
}

/* In a number's place a pseudonym is all of it, and so is the value. */
static enum err add_restored(struct delta *d, const struct delta_event *ev,
                             const struct seg *seg,
                             const struct stream_edit *edit, uint64_t base,
                             struct seg_map *map)
{
    struct seg how = *seg;

    if (d->event_words ||
        (seg->number && edit->end - edit->start != seg->text.len))
        return OK;
    how.number = false;
    return add_fix(d, ev, &how,
                   seg_map_span(map, edit->start - base, edit->end - base),
                   edit->put);
}

static enum err take_edits(struct delta *d, const struct delta_event *ev,
                           const struct seg *seg, struct stream *st,
                           uint64_t base)
{
    struct seg_map map = seg_map_start(seg, ev->data);
    struct stream_edit edit;
    bool done = false;
    enum err e;

    while (stream_next(st, &edit)) {
        struct span at;

        if (edit.action == ACTION_BLOCK) {
            if (d->event_block == NULL)
                d->event_block = edit.rule;
            continue;
        }
        if (edit.action == ACTION_PSEUDONYM) {
            if ((e = add_restored(d, ev, seg, &edit, base, &map)))
                return e;
            continue;
        }
        if (seg->number && done)
            continue;
        done = true;
        at = seg_map_span(&map, edit.start - base, edit.end - base);
        if ((e = add_fix(d, ev, seg, at, edit.put)))
            return e;
    }
    return OK;
}

static enum err new_stream(struct delta *d, const struct scope *where,
                           struct stream **ret_st)
{
    enum err e = stream_new(d->config.rules, d->config.scratch, where, ret_st);

    if (!e)
        stream_restore(*ret_st, d->config.restorer);
    return e;
}

enum err whole_scan(struct delta *d, const struct delta_event *ev,
                    const struct seg *seg)
{
    struct stream **st = &d->wholes[seg->role][seg->part];
    struct scope where = {.dir = DIR_RECV,
                          .role = seg->role,
                          .part = seg->part,
                          .host = d->config.host,
                          .known = d->config.known};
    size_t fixes = d->fixes.count;
    struct finding f;
    bool clean = true;
    uint64_t base;
    enum err e;

    if (is_clean(d, seg))
        return OK;
    if (*st == NULL)
        if ((e = new_stream(d, &where, st)))
            return e;
    stream_tool(*st, d->whole_tool);
    base = stream_end(*st);
    if ((e = stream_take(*st, seg->text)))
        return e;
    if ((e = stream_flush(*st)))
        return e;
    if ((e = take_edits(d, ev, seg, *st, base)))
        return e;
    d->capped |= stream_capped(*st);
    while (stream_finding(*st, &f)) {
        clean = false;
        d->event_found = true;
        f.seg = DELTA_WHOLE;
        f.start -= base;
        f.end -= base;
        if ((e = note_finding(d, &f, &where)))
            return e;
    }
    if (clean && fixes == d->fixes.count && d->event_block == NULL &&
        !pseudonym_maybe(seg->text))
        set_clean(d, seg);
    return OK;
}
