#include "flow/conn.h"

#include "flow/talk.h"
#include "wire/ws.h"

/*
 * The network's half. What a body is decides how it travels:
 *
 *   events          one by one, each as soon as it is judged (relay.c), in
 *                   any of the framings of frames.h
 *   JSON, text      held whole, judged, then delivered
 *   other           as it comes, by the condition response_unknown
 */

/* A response that cannot be delivered: the answer takes its place. */
static void refuse(struct conn *c, enum cond cond, const char *detail)
{
    struct exchange *ex = c->first;

    exchange_cond(ex, cond, detail);
    if (!exchange_blocked(ex)) /* the caller has nothing else to deliver */
        exchange_cond(ex, COND_INTERNAL, NULL);
    if (ex->answered)
        conn_fail(c, cond, detail);
    else
        conn_refuse(c, ex);
}

static void head_done(struct conn *c)
{
    http_head_reset(&c->res.head);
    http_body_free(&c->res.body);
    buf_empty(&c->res.content);
    buf_empty(&c->res.raw);
    c->res.phase = RES_HEAD;
}

static void response_done(struct conn *c)
{
    bool keep = c->res.msg.keep_alive;
    bool early = c->req.ex == c->first;

    head_done(c);
    conn_done(c);
    if (c->state != CONN_OPEN)
        return;
    if (early) {
        conn_close(c, STR("sallyport: the server answered before it had the "
                          "whole request"));
    } else if (!keep) {
        c->res.phase = RES_ENDED;
        c->req.phase = REQ_ENDED;
    } else if (c->req.phase == REQ_WAIT && c->first == NULL) {
        request_resume(c);
    }
}

/* To the application; without memory the stream has to break off. */
static void deliver(struct conn *c, struct str bytes)
{
    if (bytes.len == 0)
        return;
    if (conn_out(c, DIR_RECV, bytes))
        conn_fail(c, COND_NOMEM, NULL);
    else if (c->first != NULL)
        c->first->answered = true;
}

static enum err put_head(struct conn *c, const struct buf *changed,
                         bool decoded)
{
    static const struct str digests[] = {
        STR_INIT("Content-MD5"), STR_INIT("Digest"), STR_INIT("Content-Digest"),
        STR_INIT("Repr-Digest"), STR_INIT("ETag"),
    };
    struct http_field_edit edits[8];
    struct buf length;
    size_t n = 0;
    enum err e = OK;

    buf_init(&length, 32);
    if (decoded)
        edits[n++] = (struct http_field_edit){.name = STR("Content-Encoding"),
                                              .drop = true};
    for (size_t i = 0; changed != NULL && i < ARRAY_LEN(digests); i++)
        edits[n++] = (struct http_field_edit){.name = digests[i], .drop = true};
    if (changed != NULL && c->res.msg.framing == FRAMING_LENGTH) {
        e = buf_add_u64(&length, changed->len);
        edits[n++] = (struct http_field_edit){.name = STR("Content-Length"),
                                              .value = buf_str(&length)};
    }
    if (!e)
        e = http_head_write(&c->res.head, edits, n,
                            queue_open(&c->out[DIR_RECV]));
    buf_free(&length);
    return e;
}

/* The held body as it came, with its framing. */
static struct str body_raw(const struct conn *c)
{
    return buf_str(c->res.msg.framing == FRAMING_CHUNKED ? &c->res.raw
                                                         : &c->res.content);
}

/* All or nothing, so that a refusal can still take its place. */
static enum err put_whole(struct conn *c, const struct buf *changed,
                          struct str tail)
{
    struct buf *out = queue_open(&c->out[DIR_RECV]);
    size_t before = out->len;
    bool coded = http_field_count(&c->res.head, STR("content-encoding")) > 0;
    enum err e;

    if ((e = put_head(c, changed, changed != NULL && coded)))
        goto out;
    if (changed == NULL)
        e = buf_add(out, body_raw(c));
    else if (c->res.msg.framing != FRAMING_CHUNKED)
        e = buf_add(out, buf_str(changed));
    else if (!(e = rechunk_chunk(buf_str(changed), out)))
        e = buf_add(out, tail);
out:
    if (e)
        out->len = before;
    else
        c->first->answered = true;
    return e;
}

/* The framing of content that is events; false of other content. */
static bool frames_of(enum content kind, enum frames_kind *ret)
{
    static const struct {
        enum content content;
        enum frames_kind frames;
    } rows[] = {
        {CONTENT_EVENTS, FRAMES_SSE},  {CONTENT_LINES, FRAMES_LINES},
        {CONTENT_TEXTS, FRAMES_TEXTS}, {CONTENT_ARRAY, FRAMES_ARRAY},
        {CONTENT_AWS, FRAMES_AWS},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (rows[i].content != kind)
            continue;
        *ret = rows[i].frames;
        return true;
    }
    return false;
}

/* Events under a Content-Length: relayed into a buffer, so that it can change.
 */
static enum err judge_events(struct conn *c, struct str body,
                             enum frames_kind kind, struct buf *changed,
                             bool *ret_changed)
{
    struct relay_config rc = {
        .ex = c->first,
        .scratch = c->tools.scratch,
        .host = buf_str(&c->host),
        .kind = kind,
    };
    struct relay *relay;
    enum err e;

    if ((e = relay_new(&rc, &relay)))
        return e;
    relay_content(relay, body, changed);
    relay_end(relay, STR(""), changed);
    *ret_changed = relay_changed(relay);
    relay_free(relay);
    return OK;
}

static enum err judge_whole(struct conn *c, struct str body,
                            struct buf *changed, bool *ret_changed)
{
    struct inspect in = {
        .eng = c->eng,
        .dir = DIR_RECV,
        .host = buf_str(&c->host),
        .part = PART_OTHER,
        .body = body,
    };
    enum content kind = c->res.kind;
    enum frames_kind frames;

    if (kind == CONTENT_GUESS || kind == CONTENT_TEXT || kind == CONTENT_OTHER)
        kind = content_sniff_response(body);
    if (kind == CONTENT_ARRAY && !content_is_array(body))
        kind = CONTENT_JSON;
    if (frames_of(kind, &frames))
        return judge_events(c, body, frames, changed, ret_changed);
    in.json = kind == CONTENT_JSON;
    inspect_body(&c->tools, &in, c->first);
    *ret_changed = c->tools.edit_count > 0;
    if (!*ret_changed || exchange_blocked(c->first))
        return OK;
    return splice(body, c->tools.edits, c->tools.edit_count, changed);
}

static void whole_complete(struct conn *c, struct str tail)
{
    struct exchange *ex = c->first;
    struct buf room, changed;
    bool differs = false;
    struct str body;
    enum err e;

    buf_init(&room, LIM_DECODED);
    buf_init(&changed, LIM_OUT);
    e = conn_content(&c->res.head, buf_str(&c->res.content), &room, &body);
    if (e) {
        exchange_cond(ex, cond_of(e, COND_CODING, COND_CODING), NULL);
        e = OK;
    } else {
        e = judge_whole(c, body, &changed, &differs);
    }
    if (e)
        refuse(c, cond_of(e, COND_INTERNAL, COND_RESPONSE_LIMIT), NULL);
    else if (exchange_blocked(ex))
        conn_refuse(c, ex);
    else if ((e = put_whole(c, differs ? &changed : NULL, tail)))
        refuse(c, cond_of(e, COND_INTERNAL, COND_RESPONSE_LIMIT), NULL);
    else
        response_done(c);
    buf_wipe_free(&room);
    buf_wipe_free(&changed);
}

/* What relay_* appended counts as delivered; a block ends the connection. */
static void relay_after(struct conn *c)
{
    struct exchange *ex = c->first;
    bool failed;

    ex->answered = true;
    if (!relay_over(c->res.relay, &failed))
        return;
    if (failed) {
        conn_fail(c, COND_NOMEM, NULL);
        return;
    }
    conn_blocked(c, ex);
    conn_done(c);
    conn_abandon(c);
}

static void stream_event(struct conn *c, const struct body_event *event)
{
    struct buf *out = queue_open(&c->out[DIR_RECV]);

    switch (event->kind) {
    case BODY_CHUNK_LINE:
        relay_line(c->res.relay, event->bytes, event->size, out);
        relay_after(c);
        return;
    case BODY_PIECE:
        relay_content(c->res.relay, event->bytes, out);
        relay_after(c);
        return;
    case BODY_END:
        relay_end(c->res.relay, event->bytes, out);
        relay_after(c);
        if (c->state == CONN_OPEN)
            response_done(c);
        return;
    }
}

/*
 * A condition met by a held body: a refusal takes its place (false), or what is
 * held leaves and the rest passes as it comes.
 */
static bool held_passes(struct conn *c, enum cond cond)
{
    exchange_cond(c->first, cond, NULL);
    if (exchange_blocked(c->first)) {
        conn_refuse(c, c->first);
        return false;
    }
    if (put_whole(c, NULL, STR(""))) {
        conn_fail(c, COND_NOMEM, NULL);
        return false;
    }
    c->res.phase = RES_RAW;
    buf_free(&c->res.content);
    buf_free(&c->res.raw);
    return true;
}

/* Over the limit. `piece`: what is not held yet, with its framing. */
static void response_limit(struct conn *c, struct str piece)
{
    if (held_passes(c, COND_RESPONSE_LIMIT))
        deliver(c, piece);
}

/* Framing that is not complete waits: an error behind it must not depend on
 * how much of it had come. */
static void raw_event(struct conn *c, const struct body_event *event,
                      struct str raw)
{
    if (event == NULL || c->res.raw.len > 0) {
        if (buf_add(&c->res.raw, raw)) {
            conn_fail(c, COND_NOMEM, NULL);
            return;
        }
        raw = buf_str(&c->res.raw);
    }
    if (event == NULL)
        return;
    deliver(c, raw);
    buf_clear(&c->res.raw);
    if (event->kind == BODY_END && c->state == CONN_OPEN)
        response_done(c);
}

/*
 * A type that is none of ours, such as an image's: its first bytes decide
 * whether it is held after all, for not every client looks at the type. Until
 * they have come, nothing is known. Coded content is held in any case.
 */
static enum content look_inside(const struct conn *c,
                                const struct body_event *event)
{
    bool ends = event->kind == BODY_END;
    struct buf first;
    enum content kind = CONTENT_GUESS;

    if (http_field_count(&c->res.head, STR("content-encoding")) > 0)
        return CONTENT_GUESS;
    buf_init(&first, CONTENT_SNIFF);
    if (buf_add(&first, str_head(buf_str(&c->res.content), first.max)) ||
        buf_add(&first,
                str_head(event->bytes, ends ? 0 : first.max - first.len)))
        kind = CONTENT_GUESS; /* no memory: held, and then refused */
    else if (first.len < first.max && !ends)
        kind = CONTENT_OTHER;
    else if (content_sniff_response(buf_str(&first)) == CONTENT_TEXT)
        kind = CONTENT_BINARY;
    buf_free(&first);
    return kind;
}

/* Of a kind that is not inspected; NULL: cut short. */
static void response_unknown(struct conn *c, const struct body_event *event,
                             struct str raw)
{
    if (held_passes(c, COND_RESPONSE_UNKNOWN) && event != NULL)
        raw_event(c, event, raw);
}

static void whole_event(struct conn *c, const struct body_event *event,
                        struct str raw)
{
    enum err e = OK;

    if (c->res.kind == CONTENT_OTHER && event != NULL &&
        event->kind != BODY_CHUNK_LINE)
        c->res.kind = look_inside(c, event);
    if (c->res.kind == CONTENT_BINARY) {
        response_unknown(c, event, raw);
        return;
    }
    if (event != NULL && event->kind == BODY_PIECE)
        e = buf_add(&c->res.content, event->bytes);
    if (!e && c->res.msg.framing == FRAMING_CHUNKED)
        e = buf_add(&c->res.raw, raw);
    if (e == E_LIMIT)
        response_limit(c, raw);
    else if (e)
        conn_fail(c, COND_NOMEM, NULL);
    else if (event != NULL && event->kind == BODY_END)
        whole_complete(c, event->bytes);
}

static void body_error(struct conn *c)
{
    const char *why = c->res.body.why;

    if (c->res.phase == RES_WHOLE)
        refuse(c, COND_HTTP_AMBIGUOUS, why);
    else
        conn_fail(c, COND_HTTP_AMBIGUOUS, why);
}

static void response_body(struct conn *c, struct str *in)
{
    const char *from = in->ptr;
    struct body_event event;
    enum err e = http_body_next(&c->res.body, in, &event);
    struct str raw = {from, (size_t)(in->ptr - from)};

    if (e && e != E_AGAIN) {
        body_error(c);
        return;
    }
    if (!e && event.kind == BODY_PIECE)
        c->first->bytes[DIR_RECV] += event.bytes.len;
    switch (c->res.phase) {
    case RES_RAW:
        raw_event(c, e ? NULL : &event, raw);
        return;
    case RES_WHOLE:
        if (!e || raw.len > 0)
            whole_event(c, e ? NULL : &event, raw);
        return;
    case RES_STREAM:
        if (!e)
            stream_event(c, &event);
        return;
    case RES_HEAD:
    case RES_TALK:
    case RES_ENDED:
        return;
    }
}

static void begin_stream(struct conn *c, enum frames_kind kind)
{
    struct relay_config rc = {
        .ex = c->first,
        .scratch = c->tools.scratch,
        .host = buf_str(&c->host),
        .kind = kind,
        .chunked = c->res.msg.framing == FRAMING_CHUNKED,
    };
    struct str value = {0};
    enum err e;

    (void)http_field_get(&c->res.head, STR("content-encoding"), &value);
    if (http_field_count(&c->res.head, STR("content-encoding")) > 1 ||
        coding_from(value, &rc.coding)) {
        exchange_cond(c->first, COND_CODING, NULL);
        if (exchange_blocked(c->first)) {
            conn_refuse(c, c->first);
            return;
        }
        c->res.phase = RES_RAW; /* by policy: uninspected */
        deliver(c, buf_str(&c->res.head.raw));
        return;
    }
    c->first->stream = true;
    c->res.phase = RES_STREAM;
    if ((e = relay_new(&rc, &c->res.relay)) ||
        (e = put_head(c, NULL, rc.coding != CODING_IDENTITY)))
        refuse(c, cond_of(e, COND_INTERNAL, COND_HTTP_LIMIT), NULL);
    else
        c->first->answered = true;
}

/* The final head: how its body is to travel. */
static void begin_body(struct conn *c)
{
    const struct http_message *m = &c->res.msg;
    bool whole = m->framing == FRAMING_LENGTH;
    enum frames_kind kind;

    http_body_init(&c->res.body, m->framing, m->length);
    c->res.kind = content_of(&c->res.head);
    if (c->res.kind == CONTENT_PARTS) /* no API answers with a form */
        c->res.kind = CONTENT_OTHER;
    if (c->res.kind == CONTENT_JSON && c->first->framed == FRAMED_ARRAY)
        c->res.kind = CONTENT_ARRAY;
    if (m->framing == FRAMING_NONE) {
        c->res.phase = RES_RAW;
        deliver(c, buf_str(&c->res.head.raw));
    } else if (http_field_count(&c->res.head, STR("content-type")) > 1) {
        refuse(c, COND_HTTP_AMBIGUOUS, "several Content-Type fields");
    } else if (!whole && frames_of(c->res.kind, &kind)) {
        begin_stream(c, kind);
    } else {
        c->res.phase = RES_WHOLE;
        if (whole && m->length > LIM_RESPONSE_BODY &&
            c->res.kind != CONTENT_OTHER)
            response_limit(c, STR(""));
    }
}

/* Let through by policy: what follows on both sides is no HTTP any more. */
static void begin_tunnel(struct conn *c, struct str *in)
{
    deliver(c, buf_str(&c->res.head.raw));
    deliver(c, *in);
    *in = (struct str){0};
    if (c->state == CONN_OPEN && c->req.phase == REQ_WAIT &&
        conn_out(c, DIR_SEND, buf_str(&c->req.raw)))
        conn_fail(c, COND_NOMEM, NULL);
    conn_pass(c);
}

/* HTTP ends here: a WebSocket whose messages can be read, or what may pass. */
static void begin_upgrade(struct conn *c, struct str *in)
{
    struct exchange *ex = c->first;
    enum err e;

    if (!ex->talk) {
        begin_tunnel(c, in);
    } else if (!ws_agreed(&c->res.head)) {
        exchange_cond(ex, COND_UNKNOWN_PROTOCOL,
                      "an upgrade to what was not asked for");
        if (exchange_blocked(ex))
            conn_refuse(c, ex);
        else
            begin_tunnel(c, in);
    } else if ((e = talk_open(c))) {
        refuse(c, cond_of(e, COND_INTERNAL, COND_HTTP_LIMIT), NULL);
    }
}

static void begin_response(struct conn *c, struct str *in)
{
    struct exchange *ex = c->first;
    enum err e;

    if ((e = http_response_framing(&c->res.head, ex->asked, &c->res.msg))) {
        refuse(c, cond_of(e, COND_HTTP_AMBIGUOUS, COND_HTTP_LIMIT),
               c->res.head.why);
        return;
    }
    if (c->res.head.status < 200 && !c->res.msg.upgrade) { /* interim */
        if (conn_out(c, DIR_RECV, buf_str(&c->res.head.raw)))
            conn_fail(c, COND_NOMEM, NULL);
        http_head_reset(&c->res.head);
        return;
    }
    ex->status = c->res.head.status;
    if (c->res.msg.upgrade)
        begin_upgrade(c, in);
    else
        begin_body(c);
}

/*
 * A server of HTTP/2 may say what it takes before the application says that
 * this is HTTP/2: a SETTINGS frame (RFC 9113, 3.4 and 6.5), of a size, with no
 * flags, of no stream.
 */
static bool may_be_settings(struct str s)
{
    static const char after[] = {4, 0, 0, 0, 0, 0};

    if (s.ptr[0] != '\0')
        return false;
    for (size_t i = 3; i < 9 && i < s.len; i++)
        if (s.ptr[i] != after[i - 3])
            return false;
    return true;
}

/* Bytes that answer no request. */
static void unasked(struct conn *c, struct str *in)
{
    enum err e = c->routed ? E_LIMIT : buf_add(&c->ahead, *in);

    if (!e)
        *in = (struct str){0};
    if (!e && may_be_settings(buf_str(&c->ahead)))
        return;      /* until the application has begun */
    if (!c->named) { /* another protocol, in which the server speaks first */
        struct str held = buf_str(&c->req.raw);

        conn_pass(c);
        if (conn_out(c, DIR_SEND, held) || conn_out(c, DIR_RECV, *in))
            conn_fail(c, COND_NOMEM, NULL);
    } else {
        conn_fail(c, COND_HTTP_AMBIGUOUS, "a response to no request");
    }
    *in = (struct str){0};
}

static void response_head(struct conn *c, struct str *in)
{
    enum err e;

    if (c->first == NULL) {
        unasked(c, in);
        return;
    }
    e = http_head_feed(&c->res.head, in);
    if (e == E_AGAIN)
        return;
    if (e) {
        *in = (struct str){0};
        refuse(c, cond_of(e, COND_HTTP_AMBIGUOUS, COND_HTTP_LIMIT),
               c->res.head.why);
        return;
    }
    begin_response(c, in);
}

void response_feed(struct conn *c, struct str in)
{
    bool more = true;

    /* A body without bytes is complete without input: go round once more. */
    while (c->state == CONN_OPEN && more) {
        size_t left = in.len;
        enum res_phase phase = c->res.phase;

        if (phase == RES_ENDED)
            return;
        if (phase == RES_TALK) {
            talk_recv(c, in);
            return;
        }
        if (phase != RES_HEAD)
            response_body(c, &in);
        else if (in.len > 0)
            response_head(c, &in);
        more = in.len != left || c->res.phase != phase;
    }
}

void response_eof(struct conn *c)
{
    bool closes = c->res.msg.framing == FRAMING_CLOSE;
    struct body_event end = {.kind = BODY_END};

    switch (c->res.phase) {
    case RES_WHOLE:
        if (closes)
            whole_complete(c, STR(""));
        else if (c->res.kind == CONTENT_OTHER &&
                 content_sniff_response(buf_str(&c->res.content)) ==
                     CONTENT_TEXT)
            response_unknown(c, NULL, STR(""));
        else /* what came of it is withheld */
            exchange_cond(c->first, COND_RESPONSE_CUT, NULL);
        break;
    case RES_STREAM:
        if (closes) {
            stream_event(c, &end);
        } else {
            relay_cut(c->res.relay, queue_open(&c->out[DIR_RECV]));
            relay_after(c);
        }
        break;
    case RES_RAW:
        if (closes)
            response_done(c);
        break;
    case RES_TALK: /* messages may still be sent, to whom it concerns */
        talk_eof(c);
        if (c->state == CONN_OPEN)
            c->res.phase = RES_ENDED;
        return;
    case RES_HEAD:
        if (c->ahead.len > 0 && !c->named)
            conn_pass(c);
        break;
    case RES_ENDED:
        break;
    }
    if (c->state != CONN_OPEN)
        return;
    if (c->first != NULL && c->first->detail == NULL)
        c->first->detail = "the connection ended before the response";
    conn_abandon(c);
    c->res.phase = RES_ENDED;
    c->req.phase = REQ_ENDED;
}
