#include "flow/frames.h"

#include "base/limits.h"
#include "json/text.h"

/*
 * A message of an AWS event stream that waits in the queue. What kind of event
 * it is stands in its headers; a description has to see it, so it is put into
 * the object that is the event, and taken out again:
 *
 *   payload   {"contentBlockIndex":0}
 *   event     {":event-type":"contentBlockStop","contentBlockIndex":0}
 */
struct waiting {
    size_t len;   /* of all its bytes, in `messages`                 */
    size_t front; /* bytes before the payload                        */
    size_t named; /* bytes of the event instead of the first brace   */
    bool opened;  /* the event has the opened form of the payload    */
};

void frames_init(struct frames *v, enum frames_kind kind,
                 const struct provider *provider)
{
    *v = (struct frames){.kind = kind, .provider = provider};
    sse_init(&v->sse, LIM_EVENT);
    ndjson_init(&v->lines, LIM_EVENT);
    jsonarray_init(&v->array, LIM_EVENT);
    es_init(&v->es, LIM_EVENT);
    opener_init(&v->opener);
    buf_init(&v->map, LIM_EVENT * sizeof(struct delta_line));
    buf_init(&v->opened, LIM_EVENT);
    buf_init(&v->event, 4 * (size_t)LIM_HELD_RAW);
    buf_init(&v->out, 4 * (size_t)LIM_HELD_RAW);
    queue_init(&v->waiting, LIM_ES_HELD);
    queue_init(&v->messages, LIM_ES_HELD);
}

void frames_free(struct frames *v)
{
    sse_free(&v->sse);
    ndjson_free(&v->lines);
    jsonarray_free(&v->array);
    es_free(&v->es);
    opener_free(&v->opener);
    buf_free(&v->map);
    buf_wipe_free(&v->opened);
    buf_wipe_free(&v->event);
    buf_wipe_free(&v->out);
    queue_free(&v->waiting);
    queue_free(&v->messages);
}

/* ---- Text framings ------------------------------------------------------ */

/* The same table in the words of the llm room, which knows no wire. */
static enum err map_lines(struct frames *v, const struct sse_event *sse)
{
    buf_clear(&v->map);
    for (size_t i = 0; i < sse->line_count; i++) {
        struct delta_line line = {.data_off = sse->lines[i].data_off,
                                  .raw_off = sse->lines[i].raw_off,
                                  .len = sse->lines[i].len};
        enum err e;

        if ((e = buf_add(&v->map,
                         (struct str){(const char *)&line, sizeof(line)})))
            return e;
    }
    return OK;
}

static enum err from_sse(struct frames *v, const struct sse_event *sse,
                         struct delta_event *ret)
{
    enum err e;

    if ((e = map_lines(v, sse)))
        return e;
    *ret = (struct delta_event){
        .raw = sse->raw,
        .data = sse->data,
        .lines = (const struct delta_line *)(const void *)v->map.ptr,
        .line_count = sse->line_count,
        .plain = sse->kind == SSE_COMMENT || sse->line_count == 0,
        .words = sse->strange,
    };
    return OK;
}

/* An event whose data is one stretch of its bytes. */
static void from_stretch(struct frames *v, struct str raw, struct str data,
                         struct delta_event *ret)
{
    v->line = (struct delta_line){
        .raw_off = data.len > 0 ? (size_t)(data.ptr - raw.ptr) : 0,
        .len = data.len};
    *ret = (struct delta_event){
        .raw = raw,
        .data = data,
        .lines = &v->line,
        .line_count = 1,
        .plain = str_trim(data).len == 0,
    };
}

/* ---- AWS event streams -------------------------------------------------- */

static enum err keep(struct frames *v, const struct es_message *m, size_t named,
                     bool opened)
{
    struct waiting w = {m->raw.len, m->payload_off, named, opened};
    enum err e;

    if ((e = buf_add(queue_open(&v->waiting),
                     (struct str){(const char *)&w, sizeof(w)})))
        return e;
    return buf_add(queue_open(&v->messages), m->raw);
}

/* The header that says what the message is, in front of the payload's members.
 * A payload that is no object stays as it is. */
static enum err put_name(struct str headers, struct str payload,
                         struct buf *out, size_t *ret_named)
{
    struct str key = STR(":event-type"), type = es_header_get(headers, key);
    struct str rest = str_skip(payload, 1);
    enum err e;

    if (type.len == 0) {
        key = STR(":exception-type");
        type = es_header_get(headers, key);
    }
    *ret_named = 0;
    if (type.len == 0 || !str_starts(payload, STR("{")))
        return buf_add(out, payload);
    if ((e = buf_add_byte(out, '{')) || (e = json_put_string(out, key)) ||
        (e = buf_add_byte(out, ':')) || (e = json_put_string(out, type)))
        return e;
    while (rest.len > 0 && (unsigned char)rest.ptr[0] <= ' ')
        rest = str_skip(rest, 1);
    if (!str_starts(rest, STR("}")) && (e = buf_add_byte(out, ',')))
        return e;
    *ret_named = out->len;
    return buf_add(out, str_skip(payload, 1));
}

/* Its payload, named, and opened where the description says so. */
static enum err from_message(struct frames *v, const struct es_message *m,
                             struct frames_item *ret)
{
    struct str data = m->payload;
    size_t named = 0;
    bool opened = false;
    enum err e;

    buf_clear(&v->opened);
    buf_clear(&v->event);
    e = data.len == 0
            ? OK
            : opened_make(&v->opener, v->provider, data, &v->opened, &opened);
    ret->broken = e == E_SYNTAX || e == E_AMBIGUOUS;
    if (e && !ret->broken)
        return e;
    if (opened)
        data = buf_str(&v->opened);
    if (!v->provider->generic && !ret->broken) {
        if ((e = put_name(m->headers, data, &v->event, &named)))
            return e;
        data = buf_str(&v->event);
    }
    if ((e = keep(v, m, named, opened)))
        return e;
    from_stretch(v, data, data, &ret->event);
    ret->headers = m->headers;
    return OK;
}

/* The payload that takes the place of the one that waits. */
static enum err put_payload(struct frames *v, const struct waiting *w,
                            struct str event)
{
    static const char crc[ES_CRC];
    enum err e;

    if (w->named > event.len)
        return E_INTERNAL;
    buf_clear(&v->event);
    if (w->named > 0 && (e = buf_add_byte(&v->event, '{')))
        return e;
    if ((e = buf_add(&v->event, str_skip(event, w->named))) ||
        (e = buf_add(&v->out, str_head(queue_str(&v->messages), w->front))))
        return e;
    event = buf_str(&v->event);
    e = w->opened ? opened_close(&v->opener, v->provider, event, &v->out)
                  : buf_add(&v->out, event);
    if (e || (e = buf_add(&v->out, (struct str){crc, sizeof(crc)})))
        return e;
    return es_seal(v->out.ptr, v->out.len);
}

static enum err leave_message(struct frames *v, const struct delta_out *o,
                              struct str *ret_bytes, size_t *ret_taken)
{
    struct waiting w;
    enum err e = OK;

    if (queue_str(&v->waiting).len < sizeof(w))
        return E_INTERNAL;
    memcpy(&w, queue_str(&v->waiting).ptr, sizeof(w));
    buf_clear(&v->out);
    if (o->same)
        e = buf_add(&v->out, str_head(queue_str(&v->messages), w.len));
    else if (o->bytes.len > 0)
        e = put_payload(v, &w, o->bytes);
    queue_take(&v->waiting, sizeof(w));
    queue_take(&v->messages, w.len);
    *ret_bytes = buf_str(&v->out);
    *ret_taken = w.len;
    return e;
}

/* Names of exceptions end so, in Bedrock's model as in all of AWS. */
static enum err put_message(struct str name, struct str data, struct buf *out)
{
    bool exception = str_ends(name, STR("Exception"));
    const struct str headers[][2] = {
        {exception ? STR(":exception-type") : STR(":event-type"), name},
        {STR(":content-type"), STR("application/json")},
        {STR(":message-type"), exception ? STR("exception") : STR("event")},
    };

    return es_put(headers, ARRAY_LEN(headers), data, out);
}

/* ---- Events ------------------------------------------------------------- */

enum err frames_next(struct frames *v, struct str *in, struct frames_item *ret)
{
    struct sse_event sse;
    struct es_message message;
    struct str raw, data;
    enum err e = E_INTERNAL;

    *ret = (struct frames_item){0};
    switch (v->kind) {
    case FRAMES_SSE:
        if ((e = sse_next(&v->sse, in, &sse)))
            return e;
        return from_sse(v, &sse, &ret->event);
    case FRAMES_LINES:
    case FRAMES_TEXTS:
        e = ndjson_next(&v->lines, in, &raw, &data);
        break;
    case FRAMES_ARRAY:
        e = jsonarray_next(&v->array, in, &raw, &data);
        break;
    case FRAMES_AWS:
        if ((e = es_next(&v->es, in, &message)))
            return e;
        return from_message(v, &message, ret);
    }
    if (!e)
        from_stretch(v, raw, data, &ret->event);
    return e;
}

enum err frames_end(struct frames *v, struct frames_item *ret)
{
    struct sse_event sse;
    struct str raw, data;
    enum err e = E_INTERNAL;

    *ret = (struct frames_item){0};
    switch (v->kind) {
    case FRAMES_SSE:
        if ((e = sse_end(&v->sse, &sse)))
            return e;
        return from_sse(v, &sse, &ret->event);
    case FRAMES_LINES:
    case FRAMES_TEXTS:
        e = ndjson_end(&v->lines, &raw, &data);
        break;
    case FRAMES_ARRAY:
        e = jsonarray_end(&v->array, &raw);
        data = STR("");
        break;
    case FRAMES_AWS:
        return (e = es_end(&v->es)) ? e : E_AGAIN;
    }
    if (!e)
        from_stretch(v, raw, data, &ret->event);
    return e;
}

enum err frames_leave(struct frames *v, const struct delta_out *o,
                      struct str *ret_bytes, size_t *ret_taken)
{
    if (v->kind == FRAMES_AWS)
        return leave_message(v, o, ret_bytes, ret_taken);
    v->some |= o->bytes.len > 0;
    *ret_bytes = o->bytes;
    *ret_taken = o->taken;
    return OK;
}

/* ---- Endings ------------------------------------------------------------ */

enum stream_kind frames_form(const struct frames *v)
{
    return v->kind == FRAMES_LINES || v->kind == FRAMES_TEXTS ? STREAM_NDJSON
                                                              : STREAM_SSE;
}

static enum err put_ending(struct frames *v, const struct sse_event *sse,
                           struct buf *out)
{
    enum err e;

    if (v->kind == FRAMES_AWS)
        return put_message(sse->name, sse->data, out);
    if (str_eq(sse->data, v->provider->done))
        return OK; /* no JSON */
    if ((e = buf_add(out, v->some ? STR(",\r\n") : STR("["))))
        return e;
    v->some = true;
    return buf_add(out, sse->data);
}

enum err frames_ending(struct frames *v, struct str ending, struct buf *out)
{
    struct sse_event event;
    struct sse sse;
    enum err e;

    if (v->kind != FRAMES_AWS && v->kind != FRAMES_ARRAY)
        return buf_add(out, ending);
    sse_init(&sse, LIM_EVENT);
    while ((e = sse_next(&sse, &ending, &event)) == OK)
        if ((e = put_ending(v, &event, out)))
            break;
    sse_free(&sse);
    if (e != E_AGAIN)
        return e;
    return v->kind == FRAMES_ARRAY ? buf_add(out, STR("\r\n]")) : OK;
}
