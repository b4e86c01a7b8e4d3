#include "llm/queue.h"

#include "base/utf8.h"
#include "json/scan.h"

/*
 * Most events of a stream are the one before them with another word in it:
 *
 *   kept   {"id":"c1","choices":[{"index":0,"delta":{"content":"~~~"}}]}
 *   event  {"id":"c1","choices":[{"index":0,"delta":{"content":"and"}}]}
 *          |------------------ equal ----------------------|slot|-equal-|
 *
 * Such an event need not be parsed again. A slot is the literal of a value that
 * may change without any other change of the event's items (llm/view.h). Where
 * all bytes outside of the slots are equal, and each slot holds a literal of
 * its kind, the document is as valid as the kept one, has the same keys, and
 * every path leads to the same place. Whole texts stand outside of slots: they
 * were looked at once, and only events in which nothing was found are kept.
 *
 * The kept event is always the last one whose items were collected, so facts
 * outside of slots still have its values.
 */

enum err shape_keep(struct delta *d, const struct delta_event *ev)
{
    struct shape *s = &d->shape;
    const struct piece *pieces = d->pieces.items;
    const struct view_slot *slots;
    size_t n, texts = 0;

    s->on = false;
    if (d->config.whole || ev->data.len > s->data.max ||
        !view_slots(&d->view, &slots, &n) || d->fixes.count > 0 ||
        d->ends.count > 0 || d->event_found || d->event_block != NULL ||
        d->marks.count > ARRAY_LEN(s->marks))
        return OK;
    for (size_t i = 0; i < n; i++) {
        s->slots[i] = (struct shape_slot){.at = slots[i]};
        if (slots[i].kind != SLOT_TEXT)
            continue;
        if (texts == d->pieces.count)
            return OK;
        s->slots[i].chan = pieces[texts++].chan;
    }
    if (texts != d->pieces.count)
        return OK;
    s->slot_count = n;
    s->mark_count = d->marks.count;
    if (s->mark_count > 0)
        memcpy(s->marks, d->marks.items, s->mark_count * sizeof(*s->marks));
    buf_clear(&s->data);
    s->on = true;
    return buf_add(&s->data, ev->data);
}

/* A literal of the event that stands in a slot. */
struct filler {
    struct span raw; /* in the event's data */
    struct str text;
    bool escaped;
};

/* The string literal at raw.off: its end and its text; false if it has none. */
static bool fill_string(struct str data, struct arena *arena, struct filler *f)
{
    const char *from = data.ptr + f->raw.off, *end = data.ptr + data.len;
    const char *p = from;
    bool high = false;

    for (;;) {
        p = scan_plain(p, end, &high);
        if (p == end || (*p != '"' && *p != '\\'))
            return false;
        if (*p == '"')
            break;
        if (end - p < 2)
            return false;
        f->escaped = true;
        p += 2;
    }
    f->raw.len = (uint32_t)(p - from);
    f->text = (struct str){from, f->raw.len};
    if (high && !utf8_valid(f->text))
        return false;
    return json_text(f->text, f->escaped, arena, &f->text) == OK;
}

/* A number of few digits (RFC 8259, section 6: no zero before others). */
static bool fill_number(struct str data, struct filler *f)
{
    struct str s = str_skip(data, f->raw.off);
    size_t n = 0;

    while (n < s.len && is_digit(s.ptr[n]))
        n++;
    f->raw.len = (uint32_t)n;
    f->text = str_head(s, n);
    return n > 0 && n <= SLOT_DIGITS && (n == 1 || s.ptr[0] != '0');
}

/* The data equals the kept one but for the slots, whose literals are found. */
static bool fits(struct delta *d, struct str data, struct filler *fill)
{
    const struct shape *s = &d->shape;
    struct str kept = buf_str(&s->data);
    size_t at = 0, was = 0; /* behind the last slot: now, and as it was */

    for (size_t i = 0; i < s->slot_count; i++) {
        const struct view_slot *slot = &s->slots[i].at;

        if (!str_starts(str_skip(data, at),
                        str_skip(str_head(kept, slot->raw.off), was)))
            return false;
        at += slot->raw.off - was;
        fill[i] = (struct filler){.raw = {(uint32_t)at, 0}};
        if (slot->kind == SLOT_NUMBER ? !fill_number(data, &fill[i])
                                      : !fill_string(data, &d->arena, &fill[i]))
            return false;
        if (slot->kind == SLOT_TEXT && fill[i].text.len == 0)
            return false;
        at += fill[i].raw.len;
        was = slot->raw.off + slot->raw.len;
    }
    return str_eq(str_skip(data, at), str_skip(kept, was));
}

enum err shape_collect(struct delta *d, const struct delta_event *ev,
                       bool *ret_same)
{
    const struct shape *s = &d->shape;
    struct filler fill[VIEW_SLOTS];
    enum err e;

    arena_clear(&d->arena);
    *ret_same = s->on && ev->data.len < UINT32_MAX && fits(d, ev->data, fill);
    if (!*ret_same)
        return OK;
    for (size_t i = 0; i < s->slot_count; i++) {
        const struct shape_slot *slot = &s->slots[i];
        struct piece piece = {.chan = slot->chan,
                              .text = fill[i].text,
                              .raw = fill[i].raw,
                              .escaped = fill[i].escaped};

        if (slot->at.fact != FACT_COUNT)
            feed_fact(d, slot->at.fact, fill[i].text);
        if (slot->at.kind == SLOT_TEXT)
            if ((e = feed_piece(d, ev, &piece)))
                return e;
    }
    for (size_t i = 0; i < s->mark_count; i++) {
        struct mark *mark;

        if ((e = list_add(&d->marks, &mark)))
            return e;
        *mark = s->marks[i];
    }
    return OK;
}
