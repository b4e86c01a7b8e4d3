#include "llm/queue.h"

#include "llm/guess.h"
#include "llm/hash.h"

/*
 * What an event holds: pieces of channels, whole texts, facts, end marks,
 * blanks. Collecting comes first and can fail without harm; then the pieces
 * are fed to their channels, and last the end marks are heeded, for they end
 * what the same event has brought.
 */

enum err where_raw(const struct delta_event *ev, struct span data,
                   struct span *ret_raw)
{
    size_t last = data.len > 0 ? data.off + data.len - 1 : data.off;
    size_t from = SIZE_MAX, to = SIZE_MAX;

    if (ev->line_count == 0) {
        from = (size_t)(ev->data.ptr - ev->raw.ptr) + data.off;
        to = from + (last - data.off);
    }
    for (size_t i = 0; i < ev->line_count; i++) {
        const struct delta_line *l = &ev->lines[i];

        if (data.off >= l->data_off && data.off <= l->data_off + l->len)
            from = l->raw_off + (data.off - l->data_off);
        if (last >= l->data_off && last <= l->data_off + l->len)
            to = l->raw_off + (last - l->data_off);
    }
    if (from > ev->raw.len || to > ev->raw.len || to < from)
        return E_INTERNAL;
    to += data.len > 0;
    if (to > ev->raw.len)
        return E_INTERNAL;
    *ret_raw = (struct span){(uint32_t)from, (uint32_t)(to - from)};
    return OK;
}

/* ---- Channels ----------------------------------------------------------- */

static enum err channel_add(struct delta *d, const struct view_item *item,
                            uint64_t ident, struct channel **ret_chan)
{
    struct scope scope = {.dir = DIR_RECV,
                          .role = item->seg.role,
                          .part = item->seg.part,
                          .host = d->config.host,
                          .known = d->config.known};
    struct channel *c;
    enum err e;

    if (d->channel_count == LIM_CHANNELS)
        return E_LIMIT;
    if ((e = channel_new(d->config.rules, d->config.scratch, &scope,
                         item->pattern, &c)))
        return e;
    stream_restore(c->stream, d->config.restorer);
    e = channel_keys(c, item->keys, item->key_count);
    if (e) {
        channel_free(c);
        return e;
    }
    c->ident = ident;
    d->idents[d->channel_count] = ident;
    d->channels[d->channel_count++] = c;
    *ret_chan = c;
    return OK;
}

/* Places that nobody knows do not get all the room there is. */
static bool is_crowded(const struct delta *d, const struct view_item *item)
{
    return item->pattern == NULL && !d->config.provider->generic &&
           d->channel_count >= LIM_CHAN_KEEP;
}

/* The channel of a piece; NULL: there is none for it, it is a text by itself.
 */
static enum err channel_find(struct delta *d, const struct view_item *item,
                             struct channel **ret_chan)
{
    uint64_t ident = item->pattern != NULL ? item->pattern->group : item->path;

    /* A sum: members may come in any order. Some services write an index of 0
     * in one event and leave it out in the next (protobuf's default). */
    for (size_t i = 0; i < item->key_count; i++)
        if (!item->keys[i].zero)
            ident += hash_mix(item->keys[i].path, item->keys[i].value);
    if (d->channel_count == 0 || d->idents[d->last_channel] != ident) {
        size_t i = 0;

        while (i < d->channel_count && d->idents[i] != ident)
            i++;
        if (i == d->channel_count) {
            *ret_chan = NULL;
            return is_crowded(d, item) ? OK
                                       : channel_add(d, item, ident, ret_chan);
        }
        d->last_channel = i;
    }
    *ret_chan = d->channels[d->last_channel];
    return channel_keys(*ret_chan, item->keys, item->key_count);
}

void channels_drop_ended(struct delta *d)
{
    size_t kept = 0;

    if (d->channel_count < LIM_CHAN_KEEP || d->held.head != NULL)
        return;
    for (size_t i = 0; i < d->channel_count; i++) {
        if (d->channels[i]->ended) {
            channel_free(d->channels[i]);
            continue;
        }
        d->idents[kept] = d->idents[i];
        d->channels[kept++] = d->channels[i];
    }
    d->channel_count = kept;
    d->last_channel = 0;
    d->shape.on = false; /* it names channels */
}

/* ---- Collecting --------------------------------------------------------- */

static bool is_delta(const struct delta *d, const struct view_item *item)
{
    if (d->config.whole || item->seg.part == PART_KEY || item->seg.number)
        return false;
    return item->piece;
}

enum err feed_piece(struct delta *d, const struct delta_event *ev,
                    const struct piece *piece)
{
    struct piece *added;
    struct span raw;
    enum err e;

    if ((e = where_raw(ev, piece->raw, &raw)))
        return e;
    if ((e = list_add(&d->pieces, &added)))
        return e;
    *added = *piece;
    added->raw = raw;
    return OK;
}

/* Tools matter where pseudonyms may be revealed to some. */
static enum err note_tool(struct delta *d, const struct view_item *item)
{
    const struct seg *seg = &item->seg;

    d->whole_tool = STR("");
    if (d->config.restorer == NULL)
        return OK;
    if (seg->part == PART_TOOL_NAME)
        return tool_names_note(&d->tools, seg->text, item->keys,
                               item->key_count);
    if (seg->part == PART_TOOL_ARGS && pseudonym_maybe(seg->text) &&
        !tool_around(d->view.provider, d->view.what, &d->doc, &d->arena,
                     seg->node, &d->whole_tool))
        d->whole_tool = tool_names_of(&d->tools, item->keys, item->key_count);
    return OK;
}

static enum err collect_text(struct delta *d, const struct delta_event *ev,
                             const struct view_item *item)
{
    struct piece piece = {.text = item->seg.text,
                          .raw = item->seg.raw,
                          .escaped = item->seg.escaped};
    enum err e;

    news_add(d->news, &d->news_count, item->unknown);
    if ((e = note_tool(d, item)))
        return e;
    if (!is_delta(d, item))
        return whole_scan(d, ev, &item->seg);
    if ((e = channel_find(d, item, &piece.chan)))
        return e;
    if (piece.chan == NULL)
        return whole_scan(d, ev, &item->seg);
    return feed_piece(d, ev, &piece);
}

void feed_fact(struct delta *d, enum fact fact, struct str value)
{
    struct fact_value *f = &d->facts[fact];

    value = str_head(value, LIM_FACT);
    f->len = (uint16_t)value.len;
    if (value.len > 0)
        memcpy(f->bytes, value.ptr, value.len);
}

static enum err collect_fact(struct delta *d, const struct view_item *item)
{
    struct str value = str_head(item->value, LIM_FACT);
    struct mark *mark;
    uint64_t index;
    enum err e;

    feed_fact(d, item->fact, value);
    if (item->fact != FACT_INDEX || str_u64(value, &index))
        return OK;
    if ((e = list_add(&d->marks, &mark)))
        return e;
    *mark = (struct mark){.index = index};
    return OK;
}

static enum err collect_end(struct delta *d, const struct view_item *item)
{
    struct end_mark *end;
    enum err e;

    if ((e = list_add(&d->ends, &end)))
        return e;
    *end = (struct end_mark){d->end_keys.count, item->key_count};
    for (size_t i = 0; i < item->key_count; i++) {
        struct view_key *key;

        if ((e = list_add(&d->end_keys, &key)))
            return e;
        *key = item->keys[i];
    }
    if (item->key_count <= 1) {
        struct mark *mark;

        if ((e = list_add(&d->marks, &mark)))
            return e;
        *mark = (struct mark){.close = true, .all = item->key_count == 0};
        if (!mark->all)
            mark->index = item->keys[0].number;
    }
    return OK;
}

static enum err collect_blank(struct delta *d, const struct delta_event *ev,
                              const struct view_item *item)
{
    struct fix *fix;
    struct span at;
    size_t from = d->puts.len;
    enum err e;

    if ((e = where_raw(ev, item->seg.raw, &at)))
        return e;
    if ((e = buf_add(&d->puts, item->value)))
        return e;
    if ((e = list_add(&d->fixes, &fix)))
        return e;
    *fix = (struct fix){
        .at = at,
        .put = {(uint32_t)from, (uint32_t)item->value.len},
        .blank = true,
    };
    return OK;
}

static enum err collect_item(struct delta *d, const struct delta_event *ev,
                             const struct view_item *item)
{
    switch (item->kind) {
    case ITEM_TEXT:
        return collect_text(d, ev, item);
    case ITEM_FACT:
        return collect_fact(d, item);
    case ITEM_END:
        return collect_end(d, item);
    case ITEM_BLANK:
        return collect_blank(d, ev, item);
    case ITEM_TYPE:
        news_add(d->news, &d->news_count, item->value);
        return OK;
    case ITEM_MEDIA:
        return OK;
    }
    return E_INTERNAL;
}

enum err feed_collect(struct delta *d, const struct delta_event *ev)
{
    enum view_phase what = d->config.whole ? VIEW_RESPONSE : VIEW_EVENT;
    struct view_item item;
    enum err e;

    arena_clear(&d->arena);
    if ((e = json_parse(&d->doc, ev->data)))
        return e == E_LIMIT ? E_SYNTAX : e; /* no more than in a whole body */
    if ((e = view_start(&d->view, d->config.provider, what, &d->doc,
                        &d->arena)))
        return e;
    while ((e = view_next(&d->view, &item)) == OK)
        if ((e = collect_item(d, ev, &item)))
            return e;
    return e == E_AGAIN ? OK : e;
}

/* ---- Feeding ------------------------------------------------------------ */

static bool has_key(const struct channel *c, const struct view_key *key)
{
    for (size_t i = 0; i < c->key_count; i++)
        if (c->keys[i].path == key->path)
            return c->keys[i].value == key->value;
    return false;
}

/* The end mark's keys are among the channel's, with the same values. */
static bool ends_channel(const struct delta *d, const struct end_mark *end,
                         const struct channel *c)
{
    const struct view_key *keys = d->end_keys.items;

    for (size_t i = 0; i < end->key_count; i++)
        if (!has_key(c, &keys[end->first_key + i]))
            return false;
    return true;
}

/*
 * An end mark of this text. Where one answer is all of the stream it may go on
 * all the same: some services mark each event as the last, or say why the text
 * ended before they say its last words. Nothing of it is held, but it rests.
 */
static enum err end_one(struct delta *d, struct channel *c)
{
    bool rests = c->rests || !channel_open(c);
    enum err e = OK;

    if (!d->config.talk && !rests)
        e = rest(d, c, &rests);
    if (!e && (d->config.talk || !rests))
        e = channel_end(c);
    c->ended = true;
    return e;
}

enum err feed_channels(struct delta *d, struct event *ev)
{
    struct piece *pieces = (struct piece *)ev->pieces;
    const struct end_mark *ends = d->ends.items;
    enum err e;

    if (ev->piece_count > 0) {
        d->fed += ev->raw_len;
        d->fed_events++;
    }
    for (size_t i = 0; i < ev->piece_count; i++) {
        struct piece *p = &pieces[i];

        p->chan->fed = d->fed;
        if (p->chan->scope.part == PART_TOOL_ARGS)
            stream_tool(p->chan->stream, tool_names_of(&d->tools, p->chan->keys,
                                                       p->chan->key_count));
        if ((e = p->chan->repeat ? channel_take_repeat(p->chan, p->text)
                                 : channel_take(p->chan, p->text)))
            return e;
        p->end = p->chan->outer_end;
        p->start = p->end - p->text.len;
        if (!p->chan->repeat && p->chan->scope.role == ROLE_ASSISTANT)
            d->quarters += tokens_quarters(p->text);
        p->text = (struct str){0};
    }
    for (size_t i = 0; i < d->ends.count; i++)
        for (size_t c = 0; c < d->channel_count; c++)
            if (ends_channel(d, &ends[i], d->channels[c]))
                if ((e = end_one(d, d->channels[c])))
                    return e;
    return OK;
}
