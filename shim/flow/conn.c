#include "flow/conn.h"

#include <stdlib.h>

#include "act/refuse.h"
#include "audit/sink.h"
#include "flow/h2.h"
#include "flow/h2peek.h"
#include "flow/talk.h"
#include "wire/coding.h"

struct conn *conn_new(struct engine *eng, const struct peer *peer)
{
    struct conn *c = calloc(1, sizeof(*c));

    if (c == NULL)
        return NULL;
    c->eng = eng;
    c->port = peer->port;
    c->door = peer->door;
    c->in_memory = peer->in_memory;
    c->unverified = peer->unverified;
    c->named =
        peer->host.len > 0 && engine_watches(eng, peer->host, peer->port);
    c->elsewhere = peer->host.len > 0 && !c->named;
    buf_init(&c->host, 512);
    queue_init(&c->out[DIR_SEND], LIM_OUT);
    queue_init(&c->out[DIR_RECV], LIM_OUT);
    buf_init(&c->ahead, LIM_HEAD);
    buf_init(&c->asked, LIM_HEAD_LINE);
    http_head_init(&c->req.head, HTTP_REQUEST);
    http_head_init(&c->res.head, HTTP_RESPONSE);
    buf_init(&c->req.content, LIM_REQUEST_BODY);
    buf_init(&c->req.raw, (size_t)4 * LIM_REQUEST_BODY);
    buf_init(&c->res.content, LIM_RESPONSE_BODY);
    buf_init(&c->res.raw, (size_t)4 * LIM_RESPONSE_BODY);
    if (c->named && buf_add(&c->host, str_head(peer->host, c->host.max))) {
        conn_free(c);
        return NULL;
    }
    return c;
}

enum err conn_exchange(struct conn *c, struct exchange **ret_ex)
{
    struct exchange *ex;
    enum err e;

    if (!c->tools_ready) {
        e = tools_init(&c->tools, c->eng);
        c->tools_ready = true; /* half made is freed all the same */
        if (e)
            return e;
    }
    if ((e = exchange_new(c->eng, c->tools.scratch, &c->tools.clean, &ex)))
        return e;
    if (c->last != NULL)
        c->last->next = ex;
    else
        c->first = ex;
    c->last = ex;
    c->waiting++;
    *ret_ex = ex;
    return OK;
}

void conn_check_audit(const struct conn *c, struct exchange *ex)
{
    struct engine *eng = c->eng;

    if (eng->audit == NULL || !policy_blocks(&eng->policy, COND_AUDIT))
        return;
    if (audit_probe(eng->audit))
        atomic_store(&eng->audit_failed, true);
    if (atomic_load(&eng->audit_failed))
        exchange_cond(ex, COND_AUDIT, NULL);
}

void conn_abandon(struct conn *c)
{
    c->abandoned = true;
    while (c->first != NULL) {
        if (c->first->detail == NULL && c->talk == NULL)
            c->first->detail = "no complete response";
        conn_done(c);
    }
}

void conn_free(struct conn *c)
{
    if (c == NULL)
        return;
    c->entered_ns = engine_clock_ns();
    conn_abandon(c);
    h2_free(c->h2);
    h2peek_free(c->peek);
    talk_free(c->talk);
    http_head_free(&c->req.head);
    http_head_free(&c->res.head);
    http_body_free(&c->req.body);
    http_body_free(&c->res.body);
    buf_wipe_free(&c->req.content);
    buf_wipe_free(&c->req.raw);
    buf_wipe_free(&c->res.content);
    buf_wipe_free(&c->res.raw);
    buf_wipe_free(&c->ahead);
    buf_free(&c->asked);
    queue_free(&c->out[DIR_SEND]);
    queue_free(&c->out[DIR_RECV]);
    if (c->tools_ready)
        tools_free(&c->tools);
    buf_free(&c->host);
    free(c);
}

enum err conn_out(struct conn *c, enum dir d, struct str bytes)
{
    return buf_add(queue_open(&c->out[d]), bytes);
}

/* What passes is copied once and bounded by what the caller gives at once. */
void conn_pass(struct conn *c)
{
    if (c->state != CONN_OPEN)
        return;
    c->out[DIR_SEND].bytes.max = SIZE_MAX / 2;
    c->out[DIR_RECV].bytes.max = SIZE_MAX / 2;
    c->state = CONN_PASS;
    c->req.phase = REQ_ENDED;
    c->res.phase = RES_ENDED;
    if (conn_out(c, DIR_RECV, buf_str(&c->ahead)))
        conn_fail(c, COND_NOMEM, NULL);
    buf_clear(&c->ahead);
}

static void set_why(struct conn *c, struct str text)
{
    text = str_head(text, sizeof(c->why) - 1);
    if (text.len > 0)
        memcpy(c->why, text.ptr, text.len);
    c->why[text.len] = '\0';
}

void conn_close(struct conn *c, struct str why)
{
    set_why(c, why);
    c->state = CONN_BLOCKED;
    c->req.phase = REQ_ENDED;
    c->res.phase = RES_ENDED;
}

void conn_blocked(struct conn *c, const struct exchange *ex)
{
    struct buf why;

    buf_init(&why, sizeof(c->why) - 1);
    if (exchange_why(ex, &why) == OK)
        set_why(c, buf_str(&why));
    else
        set_why(c, STR("Blocked by sallyport policy"));
    buf_free(&why);
    c->state = CONN_BLOCKED;
    c->req.phase = REQ_ENDED;
    c->res.phase = RES_ENDED;
}

/* Without memory or an answer: what stands in the queue is cut off as well. */
static void conn_failed(struct conn *c, struct str why)
{
    set_why(c, why);
    c->state = CONN_FAILED;
    c->req.phase = REQ_ENDED;
    c->res.phase = RES_ENDED;
}

void conn_fail(struct conn *c, enum cond cond, const char *detail)
{
    struct buf why;

    if (c->first != NULL)
        exchange_cond(c->first, cond, detail);
    buf_init(&why, sizeof(c->why) - 1);
    if (buf_add(&why, STR("Blocked by sallyport policy: ")) ||
        buf_add(&why, cond_text(cond)))
        buf_clear(&why);
    conn_failed(c, why.len > 0 ? buf_str(&why)
                               : STR("Blocked by sallyport policy"));
    buf_free(&why);
    conn_abandon(c);
}

static struct str reply_of(const struct exchange *ex)
{
    return ex->provider != NULL ? ex->provider->reply : STR("openai");
}

static enum err put_refusal(struct exchange *ex)
{
    struct refusal refusal = {
        .shape = reply_of(ex),
        .rule = exchange_rule(ex),
        .exchange = str_of(ex->id),
        .call = ex->facts[DIR_SEND][FACT_CALL],
    };
    struct buf text;
    enum err e;

    buf_init(&text, 1024);
    if (!(e = exchange_why(ex, &text))) {
        refusal.text = buf_str(&text);
        e = refuse_response(&refusal, ex->asked.head, &ex->refusal);
    }
    buf_free(&text);
    return e;
}

/* The exchange whose turn it is has an answer of ours: deliver it. */
static void deliver_refusal(struct conn *c)
{
    struct exchange *ex = c->first;

    if (ex == NULL || ex->refusal.len == 0)
        return;
    if (conn_out(c, DIR_RECV, buf_str(&ex->refusal))) {
        conn_fail(c, COND_NOMEM, NULL);
        return;
    }
    ex->status = refuse_status(&(struct refusal){.shape = reply_of(ex)});
    conn_blocked(c, ex);
    conn_done(c);
    conn_abandon(c);
}

void conn_refuse(struct conn *c, struct exchange *ex)
{
    c->req.phase = REQ_ENDED;
    if (put_refusal(ex)) {
        conn_fail(c, COND_NOMEM, NULL);
        return;
    }
    deliver_refusal(c);
}

/* A name under a wildcard can be anything. */
static bool host_shown(struct conn *c, const struct exchange *ex)
{
    if (!c->host_judged)
        c->host_shown = exchange_may_show(ex, buf_str(&c->host));
    c->host_judged = true;
    return c->host_shown;
}

void conn_done(struct conn *c)
{
    struct exchange *ex = c->first;
    uint64_t now = engine_clock_ns();
    struct exchange_place place = {
        .host = host_shown(c, ex) ? buf_str(&c->host) : STR(""),
        .port = c->port,
        .door = c->door,
        .spent_ns = c->spent_ns + (now - c->entered_ns),
    };

    relay_free(c->res.relay); /* it borrows the exchange */
    c->res.relay = NULL;
    talk_facts(c->talk, ex);
    c->spent_ns = 0;
    c->entered_ns = now;
    c->first = ex->next;
    if (c->first == NULL)
        c->last = NULL;
    c->waiting--;
    if (c->req.ex == ex) { /* answered before it was sent: too late now */
        c->req.ex = NULL;
        c->req.phase = REQ_ENDED;
    }
    exchange_audit(ex, c->eng, &place);
    exchange_free(ex);
    if (c->state == CONN_OPEN && !c->abandoned)
        deliver_refusal(c);
}

enum err conn_content(const struct http_head *h, struct str content,
                      struct buf *room, struct str *ret_body)
{
    struct decoder *d = NULL;
    struct str value = {0};
    enum coding coding;
    enum err e;

    if (http_field_count(h, STR("content-encoding")) > 1)
        return E_UNSUPPORTED;
    (void)http_field_get(h, STR("content-encoding"), &value);
    if ((e = coding_from(value, &coding)))
        return e;
    if (coding == CODING_IDENTITY || content.len == 0) {
        *ret_body = content;
        return OK;
    }
    if ((e = decoder_new(coding, room->max, &d)))
        return e;
    if (!(e = decoder_feed(d, content, room)))
        e = decoder_end(d);
    decoder_free(d);
    if (!e)
        *ret_body = buf_str(room);
    return e;
}

static void enter(struct conn *c)
{
    c->entered_ns = engine_clock_ns();
}

static void leave(struct conn *c)
{
    c->spent_ns += engine_clock_ns() - c->entered_ns;
}

/* Passed bytes go through the queue while what was held before is in it. */
static void pass_on(struct conn *c, enum dir d, struct str bytes)
{
    if (conn_out(c, d, bytes))
        conn_failed(c, STR("sallyport: out of memory"));
}

void conn_send(struct conn *c, struct str plain)
{
    enter(c);
    if (c->state == CONN_OPEN && c->h2 != NULL)
        h2_send(c, plain);
    else if (c->state == CONN_OPEN && c->peek != NULL)
        h2peek_send(c, plain);

    else if (c->state == CONN_OPEN)
        request_feed(c, plain);
    else if (c->state == CONN_PASS)
        pass_on(c, DIR_SEND, plain);
    leave(c);
}

void conn_recv(struct conn *c, struct str plain)
{
    enter(c);
    if (c->state == CONN_OPEN && c->h2 != NULL)
        h2_recv(c, plain);
    else if (c->state == CONN_OPEN && c->peek != NULL)
        pass_on(c, DIR_RECV, plain);

    else if (c->state == CONN_OPEN)
        response_feed(c, plain);
    else if (c->state == CONN_PASS)
        pass_on(c, DIR_RECV, plain);
    leave(c);
}

void conn_end(struct conn *c, enum dir d)
{
    enter(c);
    if (c->state == CONN_OPEN && d == DIR_RECV && c->h2 != NULL)
        h2_eof(c);
    else if (c->state == CONN_OPEN && c->peek != NULL)
        h2peek_end(c);

    else if (c->state == CONN_OPEN && d == DIR_RECV)
        response_eof(c);
    else if (c->state == CONN_OPEN && !c->named && c->first == NULL &&
             c->req.phase == REQ_HEAD && c->req.raw.len > 0) {
        /* Half a head to a host nobody named: not ours to keep. */
        pass_on(c, DIR_SEND, buf_str(&c->req.raw));
        conn_pass(c);
    }
    leave(c);
}

struct str conn_ready(const struct conn *c, enum dir d)
{
    return queue_str(&c->out[d]);
}

void conn_taken(struct conn *c, enum dir d, size_t n)
{
    queue_take(&c->out[d], n);
    if (c->h2 != NULL && c->state == CONN_OPEN)
        h2_taken(c, d);
}

enum conn_state conn_state(const struct conn *c)
{
    return c->state;
}

const char *conn_why(const struct conn *c)
{
    return c->why;
}

/* The one symbol the engine exports; flow/api.h describes each member. */
extern const struct engine_api sallyport_engine_api;

__attribute__((visibility("default")))
const struct engine_api sallyport_engine_api = {
    .version = ENGINE_API_VERSION,
    .engine_open = engine_open,
    .engine_close = engine_close,
    .engine_watches = engine_watches,
    .engine_http2 = engine_http2,
    .engine_refuses = engine_refuses,
    .conn_new = conn_new,
    .conn_free = conn_free,
    .conn_send = conn_send,
    .conn_recv = conn_recv,
    .conn_end = conn_end,
    .conn_ready = conn_ready,
    .conn_taken = conn_taken,
    .conn_state = conn_state,
    .conn_why = conn_why,
};
