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
        if (seg->number && done)
            continue;
        done = true;
        at = seg_map_span(&map, edit.start - base, edit.end - base);
        if ((e = add_fix(d, ev, seg, at, edit.put)))
            return e;
    }
    return OK;
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
        if ((e = stream_new(d->config.rules, d->config.scratch, &where, st)))
            return e;
    base = stream_end(*st);
    if ((e = stream_take(*st, seg->text)))
        return e;
    if ((e = stream_flush(*st)))
        return e;
    if ((e = take_edits(d, ev, seg, *st, base)))
        return e;
    while (stream_finding(*st, &f)) {
        clean = false;
        d->event_found = true;
        f.seg = DELTA_WHOLE;
        f.start -= base;
        f.end -= base;
        if ((e = note_finding(d, &f, &where)))
            return e;
    }
    if (clean && fixes == d->fixes.count && d->event_block == NULL)
        set_clean(d, seg);
    return OK;
}
