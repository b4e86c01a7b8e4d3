#include "llm/delta.h"

#include <stdlib.h>

#include "base/utf8.h"

#include "llm/queue.h"

/*
 *   delta_put --> feed.c, shape.c: what is in the event --> channels, wholes
 *                   |                                  |
 *                   v                                  v safe places, edits
 *                 held ---- queue.c: decided? ----> ready --> delta_next
 */

#define PUTS_MAX ((size_t)LIM_HELD_RAW * 4)

enum err delta_new(const struct delta_config *config, struct delta **ret_d)
{
    struct delta *d = calloc(1, sizeof(*d));

    if (d == NULL)
        return E_NOMEM;
    d->config = *config;
    json_doc_init(&d->doc);
    arena_init(&d->arena, LIM_VIEW_ARENA);
    view_init(&d->view);
    d->view.plain = true;
    buf_init(&d->puts, PUTS_MAX);
    buf_init(&d->shape.data, LIM_EVENT_SHAPE);
    d->held.tail = &d->held.head;
    d->ready.tail = &d->ready.head;
    d->pieces.size = sizeof(struct piece);
    d->fixes.size = sizeof(struct fix);
    d->marks.size = sizeof(struct mark);
    d->ends.size = sizeof(struct end_mark);
    d->end_keys.size = sizeof(struct view_key);
    d->patches.size = sizeof(struct patch);
    d->findings.size = sizeof(struct noted);
    *ret_d = d;
    return OK;
}

void delta_free(struct delta *d)
{
    if (d == NULL)
        return;
    for (size_t i = 0; i < d->channel_count; i++)
        channel_free(d->channels[i]);
    for (size_t r = 0; r < ROLE_COUNT; r++)
        for (size_t p = 0; p < PART_COUNT; p++)
            stream_free(d->wholes[r][p]);
    event_list_free(&d->held);
    event_list_free(&d->ready);
    event_free(d->current);
    free(d->pieces.items);
    free(d->fixes.items);
    free(d->marks.items);
    free(d->ends.items);
    free(d->end_keys.items);
    free(d->patches.items);
    free(d->findings.items);
    tool_names_free(&d->tools);
    buf_free(&d->puts);
    buf_wipe_free(&d->shape.data);
    view_free(&d->view);
    arena_free(&d->arena);
    json_doc_free(&d->doc);
    free(d);
}

enum err note_finding(struct delta *d, const struct finding *f,
                      const struct scope *where)
{
    struct noted *n;
    enum err e;

    if (d->findings_taken == d->findings.count)
        d->findings_taken = d->findings.count = 0;
    if (d->findings.count == LIM_FINDINGS)
        return E_LIMIT;
    if ((e = list_add(&d->findings, &n)))
        return e;
    *n = (struct noted){*f, *where};
    return OK;
}

/* ---- Putting ------------------------------------------------------------ */

static void forget_collected(struct delta *d)
{
    d->pieces.count = d->fixes.count = d->marks.count = 0;
    d->ends.count = d->end_keys.count = 0;
    buf_clear(&d->puts);
    d->event_edited = d->event_found = d->event_words = false;
    d->event_block = NULL;
}

static enum err end_channels(struct delta *d)
{
    enum err e;

    for (size_t i = 0; i < d->channel_count; i++)
        if ((e = channel_end(d->channels[i])))
            return e;
    return OK;
}

/* The data that ends a stream: all channels end, everything is closed. */
static enum err collect_done(struct delta *d)
{
    struct end_mark *end;
    struct mark *mark;
    enum err e;

    if ((e = list_add(&d->ends, &end)))
        return e;
    *end = (struct end_mark){0, 0};
    if ((e = list_add(&d->marks, &mark)))
        return e;
    *mark = (struct mark){.close = true, .all = true};
    return OK;
}

/* Data that is no JSON, as the description says: a text by itself. */
static bool is_text(const struct provider *p, struct str data)
{
    for (size_t i = 0; i < p->plain_count; i++)
        if (str_starts(data, p->plain[i]))
            return true;
    return false;
}

static enum err collect_words(struct delta *d, const struct delta_event *ev)
{
    struct seg seg = {.text = ev->data,
                      .raw = {0, (uint32_t)ev->data.len},
                      .role = ROLE_TOOL,
                      .part = PART_OTHER};

    d->event_words = true;
    return utf8_valid(ev->data) ? whole_scan(d, ev, &seg) : E_SYNTAX;
}

static enum err collect(struct delta *d, const struct delta_event *ev)
{
    struct str done = d->config.provider->done;

    bool same;
    enum err e;

    forget_collected(d);
    if (ev->plain || ev->opaque || ev->data.len == 0)
        return OK;
    if (done.len > 0 && str_eq(str_trim(ev->data), done))
        return collect_done(d);
    if (is_text(d->config.provider, ev->data))
        return collect_words(d, ev);
    if ((e = shape_collect(d, ev, &same)) || same)
        return e;
    e = feed_collect(d, ev);
    if (e == E_SYNTAX && ev->words) {
        forget_collected(d);
        return collect_words(d, ev);
    }
    return e ? e : shape_keep(d, ev);
}

static enum err enqueue(struct delta *d, const struct delta_event *src)
{
    struct event *ev;
    enum err e;

    if ((e = event_new(d, src, &ev)))
        return e;
    d->held_bytes += ev->raw_len;
    if (src->plain && d->held.head != NULL && d->config.ahead_ok) {
        ev->ahead = true;
        event_push(&d->ready, ev);
        return OK;
    }
    event_push(&d->held, ev);
    if ((e = feed_channels(d, ev)))
        return e;
    return queue_settle(d);
}

enum err delta_put(struct delta *d, const struct delta_event *event)
{
    enum err e;

    if (d->failed)
        return d->failed;
    if (d->stopped)
        return OK;
    channels_drop_ended(d);
    if (event->raw.len > LIM_EVENT || event->data.len > LIM_EVENT ||
        d->held_bytes + event->raw.len > LIM_HELD_RAW) {
        d->failed = E_LIMIT;
        return E_LIMIT;
    }
    e = collect(d, event);
    if (e == E_SYNTAX || e == E_AMBIGUOUS)
        return e;
    if (e == OK)
        e = enqueue(d, event);
    d->failed = e;
    return e;
}

enum err delta_end(struct delta *d)
{
    enum err e;

    if (d->failed)
        return d->failed;
    if (d->stopped)
        return OK;
    forget_collected(d);
    e = end_channels(d);
    if (e == OK)
        e = queue_settle(d);
    d->failed = e;
    return e;
}

/* ---- Taking out --------------------------------------------------------- */

enum err delta_next(struct delta *d, struct delta_out *ret_out)
{
    struct event *ev = d->ready.head;

    event_free(d->current);
    d->current = NULL;
    if (ev == NULL)
        return E_AGAIN;
    d->ready.head = ev->next;
    if (ev->next == NULL)
        d->ready.tail = &d->ready.head;
    d->current = ev;
    d->held_bytes -= ev->raw_len;
    *ret_out = (struct delta_out){
        .bytes = ev->changed ? buf_str(&ev->out)
                             : (struct str){ev->raw, ev->raw_len},
        .taken = ev->raw_len,
        .same = !ev->changed,
        .ahead = ev->ahead,
        .block = ev->block,
    };
    return OK;
}

size_t delta_held(const struct delta *d)
{
    return d->held_bytes;
}

bool delta_finding(struct delta *d, struct finding *ret_finding,
                   struct scope *ret_where)
{
    const struct noted *n = d->findings.items;

    if (d->findings_taken == d->findings.count)
        return false;
    n += d->findings_taken++;
    *ret_finding = n->finding;
    *ret_where = n->where;
    return true;
}

bool delta_capped(struct delta *d)
{
    bool capped = d->capped;

    d->capped = false;
    return capped;
}

struct str delta_fact(const struct delta *d, enum fact fact)
{
    const struct fact_value *f = &d->facts[fact];

    return (struct str){f->bytes, f->len};
}

size_t delta_news(const struct delta *d, const struct news **ret_list)
{
    *ret_list = d->news;
    return d->news_count;
}

uint64_t delta_quarters(const struct delta *d)
{
    return d->quarters;
}

void delta_forget(struct delta *d)
{
    for (unsigned i = 0; i < FACT_COUNT; i++)
        if (i != FACT_MODEL)
            d->facts[i].len = 0;
    d->news_count = 0;
    d->quarters = 0;
    d->tools.count = 0;
    d->shape.on = false; /* an event like the last one would not tell them */
}

size_t delta_open(const struct delta *d, uint64_t *ret_index, size_t max)
{
    for (size_t i = 0; i < d->open_count && i < max; i++)
        ret_index[i] = d->open[i];
    return d->open_count;
}
