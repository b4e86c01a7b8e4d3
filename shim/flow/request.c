#include "flow/conn.h"

#include "flow/about.h"
#include "flow/decline.h"
#include "flow/h2.h"
#include "flow/h2peek.h"
#include "flow/judge.h"
#include "flow/query.h"
#include "flow/sent.h"
#include "flow/talk.h"
#include "wire/field.h"
#include "wire/ws.h"

/*
 * The application's half. A request is held until it is complete; then it is
 * judged and leaves as a whole, or never:
 *
 *   HEAD --complete--> route, framing --> BODY --complete--> judge --> HEAD
 *     |                  |                  |                  |
 *     |                  +--- refused ------+------------------+--> ENDED
 *     +-- no LLM host: the connection passes
 */

/* The first head is kept as it came, for a connection that turns out to pass.
 */
static bool first_head(const struct conn *c)
{
    return !c->named || !c->routed;
}

/* A model that the path names, there in letters of one case, as it was sent. */
static void note_model(struct exchange *ex, struct str model)
{
    struct buf sent;

    if (model.len == 0)
        return;
    buf_init(&sent, LIM_HEAD_LINE);
    if (path_text(ex->path, &sent) == OK)
        for (size_t i = 0; i + model.len <= sent.len; i++) {
            struct str as_sent = {sent.ptr + i, model.len};

            if (str_eq_nocase(as_sent, model))
                model = as_sent;
        }
    exchange_fact(ex, DIR_SEND, FACT_MODEL, model);
    buf_free(&sent);
}

/* A connection asks the same of one route again and again. */
static bool asked_before(const struct conn *c, const struct exchange *ex)
{
    struct str asked = buf_str(&c->asked), path = asked;

    return str_eq(str_split(&path, ' '), ex->method) && path.ptr != NULL &&
           str_eq(path, ex->path);
}

/* Unless the path names a model, which is for each exchange to note. */
static void remember_asked(struct conn *c, const struct exchange *ex,
                           struct str model)
{
    buf_clear(&c->asked);
    c->asked_of = ex->provider;
    c->asked_framed = ex->framed;
    if (model.len > 0 || buf_add(&c->asked, ex->method) ||
        buf_add_byte(&c->asked, ' ') || buf_add(&c->asked, ex->path))
        buf_clear(&c->asked);
}

/* The description that fits method and path. */
static enum err describe(struct conn *c, struct exchange *ex)
{
    struct buf path;
    struct str model;
    enum err e;

    buf_init(&path, LIM_HEAD_LINE);
    e = http_route_path(ex->path, &path);
    if (e == E_NOMEM) { /* another description would not see all of it */
        buf_free(&path);
        return e;
    }
    if (e)
        buf_clear(&path);
    ex->provider = providers_route(c->eng->providers, buf_str(&c->host),
                                   c->port, ex->method, buf_str(&path));
    if (ex->provider != NULL) {
        ex->framed = provider_framed(ex->provider, ex->method, buf_str(&path));
        model = provider_model(ex->provider, ex->method, buf_str(&path));
        note_model(ex, model);
        remember_asked(c, ex, model);
    }
    buf_free(&path);
    return ex->provider != NULL ? OK : E_INTERNAL;
}

/* Method and path for the record, and the description that fits them. */
static enum err route(struct conn *c, struct exchange *ex)
{
    const struct http_head *h = &c->req.head;
    struct str target = http_head_str(h, h->target);
    enum err e;

    if ((e = arena_copy(&ex->arena, http_head_str(h, h->method),
                        &ex->method)) ||
        (e = arena_copy(&ex->arena, str_split(&target, '?'), &ex->path)))
        return e;
    if (asked_before(c, ex)) {
        ex->provider = c->asked_of;
        ex->framed = c->asked_framed;
    } else if ((e = describe(c, ex))) {
        return e;
    }
    about_route(ex, target);
    return OK;
}

/* Another protocol: all that was said so far, and what comes, is let through.
 */
static void pass_all(struct conn *c, struct str rest)
{
    conn_pass(c);
    if (conn_out(c, DIR_SEND, buf_str(&c->req.raw)) ||
        conn_out(c, DIR_SEND, rest))
        conn_fail(c, COND_NOMEM, NULL);
}

/* A refusal for something that is no request: with no method and no path. */
static void refuse_early(struct conn *c, enum cond cond, const char *detail,
                         struct str rest)
{
    struct exchange *ex;

    if (conn_exchange(c, &ex)) {
        conn_fail(c, COND_NOMEM, NULL);
        return;
    }
    c->req.ex = ex;
    ex->provider = providers_route(c->eng->providers, buf_str(&c->host),
                                   c->port, STR(""), STR("/"));
    exchange_cond(ex, cond, detail);
    if (exchange_blocked(ex))
        conn_refuse(c, ex);
    else
        pass_all(c, rest);
}

/*
 * A first line that some reader of HTTP/1 could make a request of. What has no
 * method in front was refused there and then: no more of it is looked at.
 */
static bool is_like_request(struct str line)
{
    struct str rest = line = str_head(line, str_find_byte(line, '\n'));
    struct str method = str_split(&rest, ' ');

    if (rest.ptr == NULL || method.len > LIM_METHOD || !http_is_token(method))
        return false;
    rest = str_trim(rest);
    return str_find(rest, STR("HTTP/")) < rest.len ||
           str_starts(rest, STR("/")) ||
           str_eq_nocase(str_head(rest, 4), STR("http"));
}

/* The connection does not begin as HTTP/1 does, or begins as HTTP/2 does. */
static bool other_protocol(const struct conn *c)
{
    struct str line = buf_str(&c->req.raw);

    if (str_starts(line, STR("PRI * HTTP/2")))
        return true;
    if (str_starts(line, STR("\r\n")))
        line = str_skip(line, 2);
    return c->req.head.line == 0 && !is_like_request(line);
}

/*
 * The front of a first head to a host nobody named: whether it can still become
 * a request that a model's server takes. Otherwise it must not wait for more:
 * in a protocol of its own kind the other side may have to answer these bytes
 * first. Methods are those of RFC 9110 (9.3) and RFC 5789; others no such
 * server knows. A line that is complete is judged by the parser.
 */
static bool may_be_request(struct str front)
{
    static const struct str starts[] = {
        STR_INIT("GET /"),        STR_INIT("GET http"), STR_INIT("HEAD /"),
        STR_INIT("HEAD http"),    STR_INIT("POST /"),   STR_INIT("POST http"),
        STR_INIT("PUT /"),        STR_INIT("PUT http"), STR_INIT("DELETE /"),
        STR_INIT("DELETE http"),  STR_INIT("PATCH /"),  STR_INIT("PATCH http"),
        STR_INIT("OPTIONS "),     STR_INIT("CONNECT "), STR_INIT("TRACE "),
        STR_INIT("PRI * HTTP/2"),
    };

    if (str_starts(front, STR("\r")))
        front = str_skip(front, str_starts(front, STR("\r\n")) ? 2 : 1);
    for (size_t i = 0; i < ARRAY_LEN(starts); i++) {
        size_t n = front.len < starts[i].len ? front.len : starts[i].len;

        if (str_eq(str_head(front, n), str_head(starts[i], n)))
            return true;
    }
    return false;
}

/* HTTP/2 begins as no request of HTTP/1 does (RFC 9113, 3.4). */
static bool begins_http2(const struct conn *c)
{
    return first_head(c) &&
           str_starts(buf_str(&c->req.raw), STR("PRI * HTTP/2.0\r\n"));
}

static void begin_http2(struct conn *c, struct str rest)
{
    struct buf early = c->req.raw;

    buf_init(&c->req.raw, early.max);
    c->routed = true;
    if (buf_add(&early, rest))
        conn_fail(c, COND_NOMEM, NULL);
    else if (c->elsewhere)
        h2peek_open(c, buf_str(&early));
    else
        h2_open(c, buf_str(&early));
    buf_wipe_free(&early);
}

/* Bytes that are no head: another protocol, or a message nobody may trust. */
static void head_error(struct conn *c, enum err e, struct str rest)
{
    const struct http_head *h = &c->req.head;

    if (e == E_NOMEM) {
        conn_fail(c, COND_NOMEM, NULL);
    } else if (begins_http2(c)) {
        begin_http2(c, rest);
    } else if (!c->named) {
        pass_all(c, rest);
    } else if (first_head(c) && other_protocol(c)) {
        refuse_early(c, COND_UNKNOWN_PROTOCOL, h->why, rest);
    } else {
        refuse_early(c, e == E_LIMIT ? COND_HTTP_LIMIT : COND_HTTP_AMBIGUOUS,
                     h->why, rest);
    }
}

/*
 * The host is in the head only: c->named says whether it is one of ours. A
 * CONNECT goes to a proxy; what the tunnel carries is seen where it begins.
 */
static enum err host_from_head(struct conn *c)
{
    const struct http_head *h = &c->req.head;
    struct str authority, host, port_text;
    uint64_t port = c->port;
    enum err e;

    if (str_eq(http_head_str(h, h->method), STR("CONNECT")) ||
        !http_request_host(&c->req.head, &authority) ||
        !http_host_split(authority, &host, &port_text) || host.len == 0)
        return OK;
    if (port_text.len > 0 && str_u64(port_text, &port))
        return OK;
    if (!engine_watches(c->eng, host, (uint16_t)port))
        return OK;
    if ((e = buf_add(&c->host, str_head(host, c->host.max))))
        return e;
    c->port = (uint16_t)port;
    c->named = true;
    return OK;
}

/* The body as it came, with its framing. */
static struct buf *as_came(struct conn *c)
{
    return c->req.msg.framing == FRAMING_CHUNKED ? &c->req.raw
                                                 : &c->req.content;
}

/*
 * The head stands before the body, as it leaves if nothing is changed, and room
 * is made for all of a body whose length is known: each byte is copied once.
 */
static enum err hold_head(struct conn *c, size_t length)
{
    struct buf *b = as_came(c);
    size_t max = b->max;
    enum err e;

    b->max = LIM_OUT;
    e = sent_head(c, NULL, b);
    c->req.front = b->len;
    b->max = max + b->len;
    if (!e && length > 0 && buf_reserve(b, length) == E_NOMEM)
        e = E_NOMEM; /* of a limit it is said when it is reached */
    return e;
}

static void drop_held(struct conn *c)
{
    as_came(c)->max -= c->req.front;
    c->req.front = 0;
    buf_empty(&c->req.content);
    buf_empty(&c->req.raw);
}

/* Head and body into the queue, changed or as they came: all or nothing. */
static enum err put_request(struct conn *c, const struct buf *changed)
{
    struct buf *out = queue_open(&c->out[DIR_SEND]);
    size_t before = out->len;
    enum err e;

    if (changed == NULL)
        return queue_move(&c->out[DIR_SEND], as_came(c));
    if ((e = sent_head(c, changed, out)))
        goto out;
    if (c->req.msg.framing != FRAMING_CHUNKED)
        e = buf_add(out, buf_str(changed));
    else if (!(e = rechunk_chunk(buf_str(changed), out)))
        e = buf_add(out, STR("0\r\n\r\n"));
out:
    if (e)
        out->len = before;
    return e;
}

static void next_request(struct conn *c)
{
    c->req.phase = c->req.msg.upgrade      ? REQ_WAIT
                   : c->req.msg.keep_alive ? REQ_HEAD
                                           : REQ_ENDED;
    c->req.ex = NULL;
    c->routed = true;
    http_head_reset(&c->req.head);
    http_body_free(&c->req.body);
    drop_held(c);
}

/* The body with its edits made; what was opened for them is closed again. */
static enum err edited_body(struct conn *c, struct str body, struct buf *out)
{
    struct tools *t = &c->tools;
    struct buf opened;
    enum err e;

    if (!t->is_opened)
        return splice(body, t->edits, t->edit_count, out);
    buf_init(&opened, LIM_OUT);
    e = splice(buf_str(&t->opened), t->edits, t->edit_count, &opened);
    if (!e)
        e = opened_close(&t->opener, c->req.ex->provider, buf_str(&opened),
                         out);
    buf_wipe_free(&opened);
    return e;
}

static enum err send_edited(struct conn *c, struct str body)
{
    struct buf changed;
    enum err e;

    if (c->tools.edit_count == 0)
        return put_request(c, NULL);
    buf_init(&changed, LIM_OUT);
    e = edited_body(c, body, &changed);
    if (!e)
        e = put_request(c, &changed);
    buf_wipe_free(&changed);
    return e;
}

static void request_complete(struct conn *c)
{
    struct exchange *ex = c->req.ex;
    struct str content = buf_str(&c->req.content), body;
    struct buf room;
    enum err e;

    buf_init(&room, LIM_DECODED);
    if (c->req.msg.framing != FRAMING_CHUNKED)
        content = str_skip(content, c->req.front);
    judge_target(c, ex);
    if ((e = conn_content(&c->req.head, content, &room, &body))) {
        exchange_cond(ex, cond_of(e, COND_CODING, COND_CODING), NULL);
        c->tools.edit_count = 0;
        body = content;
    } else {
        judge_body(c, ex, body);
    }
    if (exchange_blocked(ex)) {
        conn_refuse(c, ex);
    } else if ((e = send_edited(c, body))) {
        exchange_cond(ex, cond_of(e, COND_INTERNAL, COND_REQUEST_LIMIT), NULL);
        conn_refuse(c, ex);
    } else {
        next_request(c);
    }
    buf_wipe_free(&room);
}

/* What will not be judged: refused now, not at the end, or let through from
 * here on. */
static void request_unheld(struct conn *c, enum cond cond, const char *detail,
                           struct str piece)
{
    struct exchange *ex = c->req.ex;
    bool chunked = c->req.msg.framing == FRAMING_CHUNKED;

    exchange_cond(ex, cond, detail);
    if (exchange_blocked(ex)) {
        conn_refuse(c, ex);
        return;
    }
    if (put_request(c, NULL) || (!chunked && conn_out(c, DIR_SEND, piece))) {
        conn_fail(c, COND_NOMEM, NULL);
        return;
    }
    drop_held(c);
    c->req.phase = REQ_RELAY;
}

static void body_error(struct conn *c, enum err e)
{
    exchange_cond(c->req.ex, cond_of(e, COND_HTTP_AMBIGUOUS, COND_HTTP_LIMIT),
                  c->req.body.why);
    conn_refuse(c, c->req.ex);
}

static void request_body(struct conn *c, struct str *in)
{
    bool chunked = c->req.msg.framing == FRAMING_CHUNKED;
    const char *from = in->ptr;
    struct body_event event;
    enum err e;

    e = http_body_next(&c->req.body, in, &event);
    if (chunked && in->ptr > from &&
        buf_add(&c->req.raw, (struct str){from, (size_t)(in->ptr - from)})) {
        exchange_cond(c->req.ex, COND_HTTP_LIMIT, "chunks too small");
        conn_refuse(c, c->req.ex);
        return;
    }
    if (e == E_AGAIN)
        return;
    if (e) {
        body_error(c, e);
    } else if (event.kind == BODY_END) {
        request_complete(c);
    } else if (event.kind == BODY_PIECE) {
        c->req.ex->bytes[DIR_SEND] += event.bytes.len;
        e = buf_add(&c->req.content, event.bytes);
        if (e == E_LIMIT)
            request_unheld(c, COND_REQUEST_LIMIT, NULL, event.bytes);
        else if (e)
            conn_fail(c, COND_NOMEM, NULL);
    }
}

/* As the response's raw_event: incomplete framing waits in req.raw. */
static void request_relay(struct conn *c, struct str *in)
{
    const char *from = in->ptr;
    struct body_event event;
    enum err e = http_body_next(&c->req.body, in, &event);

    if (e && e != E_AGAIN) {
        conn_fail(c, COND_HTTP_AMBIGUOUS, c->req.body.why);
        return;
    }
    if (buf_add(&c->req.raw, (struct str){from, (size_t)(in->ptr - from)}) ||
        (!e && conn_out(c, DIR_SEND, buf_str(&c->req.raw)))) {
        conn_fail(c, COND_NOMEM, NULL);
        return;
    }
    if (e)
        return;
    buf_clear(&c->req.raw);
    if (event.kind == BODY_PIECE)
        c->req.ex->bytes[DIR_SEND] += event.bytes.len;
    else if (event.kind == BODY_END)
        next_request(c);
}

/* Nobody but us answers a client that waits, for the head is held. */
static bool put_continue(struct conn *c, const struct exchange *ex)
{
    if (!c->req.msg.expect_continue || c->first != ex)
        return true;
    if (!conn_out(c, DIR_RECV, STR("HTTP/1.1 100 Continue\r\n\r\n")))
        return true;
    conn_fail(c, COND_NOMEM, NULL);
    return false;
}

static void begin_body(struct conn *c, struct exchange *ex)
{
    const struct http_message *m = &c->req.msg;
    bool over = m->framing == FRAMING_LENGTH && m->length > LIM_REQUEST_BODY;
    bool refused = over && policy_blocks(&c->eng->policy, COND_REQUEST_LIMIT) &&
                   !c->eng->policy.monitor;
    enum err e;

    http_body_init(&c->req.body, m->framing, m->length);
    c->req.phase = REQ_BODY;
    if (!refused && !put_continue(c, ex))
        return;
    if ((e = hold_head(c, over ? 0 : (size_t)m->length))) {
        exchange_cond(ex, cond_of(e, COND_INTERNAL, COND_REQUEST_LIMIT), NULL);
        conn_refuse(c, ex);
        return;
    }
    if (over)
        request_unheld(c, COND_REQUEST_LIMIT, NULL, STR(""));
    else if (content_of(&c->req.head) == CONTENT_AWS) /* may have no end */
        request_unheld(c, COND_BODY_UNKNOWN, "events in a request", STR(""));
}

static void begin_request(struct conn *c, struct str rest)
{
    struct http_head *h = &c->req.head;
    struct exchange *ex;
    enum err e;

    if (c->ahead.len > 0) {
        conn_fail(c, COND_HTTP_AMBIGUOUS, "a response to no request");
        return;
    }
    if (c->waiting >= LIM_PIPELINE) {
        refuse_early(c, COND_HTTP_LIMIT, "too many requests in a row", rest);
        return;
    }
    if (conn_exchange(c, &ex) || route(c, ex)) {
        conn_fail(c, COND_NOMEM, NULL);
        return;
    }
    c->req.ex = ex;
    if ((e = http_request_framing(h, &c->req.msg)))
        exchange_cond(ex, cond_of(e, COND_HTTP_AMBIGUOUS, COND_HTTP_LIMIT),
                      h->why);
    else
        ex->asked = http_asked_of(h, &c->req.msg);
    c->req.decline =
        !e && c->req.msg.upgrade && !judge_signed(h) && decline_asked(h);
    if (c->req.decline)
        c->req.msg.upgrade = ex->asked.upgrade = false;
    ex->talk = !e && c->req.msg.upgrade && ws_asked(h);
    if (!e && c->req.msg.upgrade && !ex->talk)
        exchange_cond(ex, COND_UNKNOWN_PROTOCOL, "an upgrade is asked for");
    if (c->unverified)
        exchange_cond(ex, COND_UNVERIFIED_PEER, NULL);
    conn_check_audit(c, ex);
    if (exchange_blocked(ex))
        conn_refuse(c, ex);
    else
        begin_body(c, ex);
}

/* The first head is kept as it came: it may turn out to pass. */
static void request_head(struct conn *c, struct str *in)
{
    bool keep = first_head(c);
    struct str all = *in;
    enum err e = http_head_feed(&c->req.head, in);

    if (keep && buf_add(&c->req.raw, str_head(all, all.len - in->len))) {
        conn_fail(c, COND_NOMEM, NULL);
        return;
    }
    if (e == E_AGAIN && (c->named || c->req.head.line > 0 ||
                         may_be_request(buf_str(&c->req.raw))))
        return;
    if (e) {
        head_error(c, e, *in);
        *in = (struct str){0};
        return;
    }
    if (!c->named && host_from_head(c)) {
        conn_fail(c, COND_NOMEM, NULL);
        return;
    }
    if (!c->named) {
        pass_all(c, *in);
        *in = (struct str){0};
        return;
    }
    buf_clear(&c->req.raw);
    begin_request(c, *in);
}

/* Nothing can come of it: no response is waited for that could explain it. */
static void request_behind(struct conn *c)
{
    if (c->first == NULL)
        conn_fail(c, COND_HTTP_AMBIGUOUS, "a request behind the last one");
}

void request_feed(struct conn *c, struct str in)
{
    bool more = true;

    /* A body without bytes is complete without input: go round once more. */
    while (c->state == CONN_OPEN && more) {
        size_t left = in.len;
        enum req_phase phase = c->req.phase;

        switch (phase) {
        case REQ_HEAD:
            if (in.len > 0)
                request_head(c, &in);
            break;
        case REQ_BODY:
            request_body(c, &in);
            break;
        case REQ_RELAY:
            request_relay(c, &in);
            break;
        case REQ_WAIT:
            if (buf_add(&c->req.raw, in))
                conn_fail(c, COND_HTTP_LIMIT, "too much behind an upgrade");
            return;
        case REQ_TALK:
            talk_send(c, in);
            return;
        case REQ_ENDED:
            if (in.len > 0)
                request_behind(c);
            return;
        }
        more = in.len != left || c->req.phase != phase;
    }
}

void request_resume(struct conn *c)
{
    struct buf held = c->req.raw;

    buf_init(&c->req.raw, held.max);
    c->req.phase = c->req.msg.keep_alive ? REQ_HEAD : REQ_ENDED;
    request_feed(c, buf_str(&held));
    buf_wipe_free(&held);
}
