#include "flow/talk.h"

#include <stdlib.h>

#include "base/utf8.h"
#include "flow/about.h"
#include "llm/delta.h"
#include "rules/rule.h"
#include "wire/ws.h"

/* RFC 6455, section 7.4.1. */
#define CODE_GOING_AWAY 1001
#define CODE_POLICY     1008

/* A message that waits in the event queue: how it came. */
struct waiting {
    size_t raw; /* bytes of its frames, in `frames` */
    enum ws_kind kind;
};

struct talk {
    const struct provider *provider; /* borrowed                           */
    struct buf method, path;         /* of the handshake                   */
    struct ws said[2];               /* by enum dir                        */
    bool closed[2];                  /* a close frame has been passed on   */
    struct delta *delta;             /* owned                              */
    struct known known; /* what the server's texts are judged with; of its own
                           are the prompt and the next three               */
    struct buf route, model; /* asked by rules; of the model the last told */
    char user[sizeof(((struct exchange *)0)->user)];
    struct queue waiting; /* of struct waiting                  */
    struct queue frames;  /* of those that wait, in order       */
    unsigned char key[4]; /* the application's last mask        */
};

void talk_free(struct talk *t)
{
    if (t == NULL)
        return;
    buf_free(&t->method);
    buf_free(&t->path);
    ws_free(&t->said[DIR_SEND]);
    ws_free(&t->said[DIR_RECV]);
    delta_free(t->delta);
    shingles_free(t->known.prompt);
    buf_free(&t->route);
    buf_free(&t->model);
    queue_free(&t->waiting);
    queue_free(&t->frames);
    free(t);
}

/* ---- What is known ------------------------------------------------------ */

/* The handshake's path, model and user; they outlive its exchange. */
static enum err know_handshake(struct talk *t, const struct exchange *ex)
{
    struct str user = ex->known.about[ABOUT_UID];
    enum err e;

    t->known = ex->eng->known;
    t->known.day = ex->known.day;
    if ((e = buf_add(&t->route, ex->known.about[ABOUT_PATH])) ||
        (e = buf_add(&t->model, ex->known.about[ABOUT_MODEL])))
        return e;
    if (user.len > 0)
        memcpy(t->user, user.ptr, user.len);
    t->known.about[ABOUT_UID] = (struct str){t->user, user.len};
    t->known.about[ABOUT_PATH] = buf_str(&t->route);
    t->known.about[ABOUT_MODEL] = buf_str(&t->model);
    return OK;
}

/*
 * What a message of the application has told: another model, or the prompt that
 * all answers from now on are compared with. What it says beside a prompt is no
 * secret.
 */
static enum err know_more(struct talk *t, const struct prompt_texts *said,
                          struct exchange *ex)
{
    struct str model = ex->known.about[ABOUT_MODEL];
    enum err e = OK;

    if (!str_eq(model, buf_str(&t->model))) {
        buf_clear(&t->model);
        e = buf_add(&t->model, model);
        t->known.about[ABOUT_MODEL] = buf_str(&t->model);
        ex->path_model = model; /* of the messages that name none */
    }
    if (ex->known.prompt != NULL) {
        shingles_free(t->known.prompt);
        t->known.prompt = ex->known.prompt;
        ex->known.prompt = NULL;
    } else if (!e && t->known.prompt != NULL) {
        e = prompt_share(said, t->known.prompt);
    }
    return e;
}

/* What the talk knows, for an exchange that begins in it. */
static enum err know_again(struct talk *t, struct exchange *ex)
{
    t->known.day = ex->known.day;
    if (t->model.len == 0)
        return OK;
    if (arena_copy(&ex->arena, buf_str(&t->model), &ex->path_model))
        return E_NOMEM;
    ex->known.about[ABOUT_MODEL] = ex->path_model;
    return OK;
}

static enum err talk_new(struct conn *c, struct talk **ret_talk)
{
    const struct exchange *ex = c->first;
    struct delta_config config = {
        .provider = ex->provider,
        .rules = c->eng->rules,
        .scratch = c->tools.scratch,
        .host = buf_str(&c->host),
        .restorer = pseudonyms_restorer(&c->eng->pseudonyms),
        .talk = true,
    };
    struct talk *t = calloc(1, sizeof(*t));
    enum err e;

    if (t == NULL)
        return E_NOMEM;
    config.known = &t->known; /* it outlives exchanges */
    t->provider = ex->provider;
    buf_init(&t->method, LIM_METHOD);
    buf_init(&t->path, LIM_HEAD_LINE);
    buf_init(&t->route, LIM_HEAD_LINE);
    buf_init(&t->model, LIM_FACT);
    ws_init(&t->said[DIR_SEND], true, LIM_REQUEST_BODY);
    ws_init(&t->said[DIR_RECV], false, LIM_EVENT);
    queue_init(&t->waiting, LIM_TALK_HELD);
    queue_init(&t->frames, LIM_TALK_HELD);
    if ((e = buf_add(&t->method, ex->method)) ||
        (e = buf_add(&t->path, ex->path)) || (e = know_handshake(t, ex)) ||
        (e = delta_new(&config, &t->delta))) {
        talk_free(t);
        return e;
    }
    *ret_talk = t;
    return OK;
}

enum err talk_open(struct conn *c)
{
    struct buf early = c->req.raw;
    struct talk *t;
    enum err e;

    if ((e = talk_new(c, &t)))
        return e;
    if ((e = conn_out(c, DIR_RECV, buf_str(&c->res.head.raw)))) {
        talk_free(t);
        return e;
    }
    c->first->answered = true;
    conn_done(c);
    c->talk = t;
    c->res.phase = RES_TALK;
    c->req.phase = REQ_TALK;
    buf_init(&c->req.raw, early.max);
    talk_send(c, buf_str(&early));
    buf_wipe_free(&early);
    return OK;
}

/* ---- Exchanges ---------------------------------------------------------- */

void talk_facts(struct talk *t, struct exchange *ex)
{
    if (t == NULL || !ex->talk)
        return;
    relay_note_facts(t->delta, ex);
    delta_forget(t->delta);
}

/* The exchange in which something is said; NULL: the connection has failed. */
static struct exchange *exchange_now(struct conn *c)
{
    struct talk *t = c->talk;
    struct exchange *ex = c->first;

    if (ex != NULL)
        return ex;
    if (conn_exchange(c, &ex) ||
        arena_copy(&ex->arena, buf_str(&t->method), &ex->method) ||
        arena_copy(&ex->arena, buf_str(&t->path), &ex->path)) {
        conn_fail(c, COND_NOMEM, NULL);
        return NULL;
    }
    ex->provider = t->provider;
    about_route(ex, STR(""));
    if (know_again(t, ex)) {
        conn_fail(c, COND_NOMEM, NULL);
        return NULL;
    }
    ex->status = 101;
    ex->stream = ex->talk = true;
    conn_check_audit(c, ex);
    return ex;
}

/* The server has said what the exchange took, and nothing of it waits. */
static void exchange_over(struct conn *c)
{
    const struct delta *d = c->talk->delta;

    if (c->state != CONN_OPEN || c->first == NULL || delta_held(d) > 0)
        return;
    if (delta_fact(d, FACT_OUTPUT_TOKENS).len > 0 ||
        delta_fact(d, FACT_ERROR).len > 0)
        conn_done(c);
}

/* ---- Blocking ----------------------------------------------------------- */

/* Each event of the ending is a message. */
static enum err put_events(struct conn *c, struct str events)
{
    struct buf *out = queue_open(&c->out[DIR_RECV]);
    static const struct str data = STR_INIT("data: ");
    enum err e = OK;

    while (!e && events.ptr != NULL) {
        struct str line = str_split(&events, '\n');

        if (str_starts(line, data))
            e = ws_put(WS_TEXT, NULL, str_skip(line, data.len), out);
    }
    return e ? e
             : ws_put_close(CODE_POLICY, NULL,
                            STR("Blocked by sallyport policy"), out);
}

/* Nothing was let out of what is blocked: say so to both sides, and end. */
static void block(struct conn *c, struct exchange *ex, const struct rule *rule)
{
    struct talk *t = c->talk;
    struct buf ending;
    enum err e = OK;

    buf_init(&ending, RELAY_ENDING);
    if (!t->closed[DIR_RECV] &&
        !(e = relay_ending(ex, t->delta, rule, STREAM_SSE, &ending)))
        e = put_events(c, buf_str(&ending));
    if (!e && !t->closed[DIR_SEND])
        e = ws_put_close(CODE_GOING_AWAY, t->key, STR(""),
                         queue_open(&c->out[DIR_SEND]));
    buf_free(&ending);
    if (e) {
        conn_fail(c, COND_NOMEM, NULL);
        return;
    }
    conn_blocked(c, ex);
    conn_done(c);
    conn_abandon(c);
}

/* A condition after which nothing sound can follow. */
static void fail(struct conn *c, enum cond cond, const char *detail)
{
    struct exchange *ex = exchange_now(c);

    if (ex == NULL)
        return;
    exchange_cond(ex, cond, detail);
    if (!exchange_blocked(ex))
        exchange_cond(ex, COND_STREAM_LIMIT, detail);
    block(c, ex, NULL);
}

static void broken(struct conn *c, enum dir d, enum err e)
{
    enum cond limit = d == DIR_SEND ? COND_REQUEST_LIMIT : COND_STREAM_LIMIT;

    fail(c, cond_of(e, COND_WEBSOCKET, limit), c->talk->said[d].why);
}

/* ---- Closing ------------------------------------------------------------ */

/* Some rule finds something in the reason of a close frame. */
static bool reason_found(struct conn *c, enum dir d, struct str reason)
{
    const struct engine *eng = c->eng;
    struct scope scope = {.dir = d,
                          .role = d == DIR_SEND ? ROLE_USER : ROLE_ASSISTANT,
                          .part = PART_OTHER,
                          .host = buf_str(&c->host),
                          .known = &c->talk->known};
    struct exchange *ex = NULL;
    struct findings found;
    bool clean;

    findings_init(&found);
    clean = rules_scan_places(eng->rules, c->tools.scratch, eng->places,
                              eng->place_count, reason, 0, &found) == OK &&
            found.count == 0;
    if (!clean)
        ex = exchange_now(c);
    for (size_t i = 0; ex != NULL && i < found.count; i++)
        exchange_finding(ex, &found.list[i], &scope);
    findings_free(&found);
    return !clean;
}

static void pass_close(struct conn *c, enum dir d, const struct ws_item *item)
{
    struct str reason = str_skip(item->data, 2);
    bool without = reason.len > 0 && reason_found(c, d, reason);
    unsigned code;
    enum err e;

    if (c->state != CONN_OPEN)
        return;
    if (without) {
        code = (unsigned)(unsigned char)item->data.ptr[0] << 8 |
               (unsigned char)item->data.ptr[1];
        e = ws_put_close(code, d == DIR_SEND ? item->key : NULL, STR(""),
                         queue_open(&c->out[d]));
    } else {
        e = conn_out(c, d, item->raw);
    }
    if (e)
        conn_fail(c, COND_NOMEM, NULL);
    c->talk->closed[d] = true;
}

/* ---- The application's messages ----------------------------------------- */

static enum err put_edited(struct conn *c, const struct ws_item *item)
{
    struct buf changed;
    enum err e;

    if (c->tools.edit_count == 0)
        return conn_out(c, DIR_SEND, item->raw);
    buf_init(&changed, LIM_OUT);
    e = splice(item->data, c->tools.edits, c->tools.edit_count, &changed);
    /*
     * The mask was drawn for this very message, which is not sent: nobody has
     * seen it yet, as section 5.3 wants.
     */
    if (!e)
        e = ws_put(item->kind, item->key, buf_str(&changed),
                   queue_open(&c->out[DIR_SEND]));
    buf_wipe_free(&changed);
    return e;
}

static void judge_message(struct conn *c, const struct ws_item *item)
{
    struct exchange *ex = exchange_now(c);
    struct inspect in = {
        .eng = c->eng,
        .dir = DIR_SEND,
        .host = buf_str(&c->host),
        .json = content_sniff(item->data) != CONTENT_TEXT,
        .part = PART_OTHER,
        .body = item->data,
    };
    enum err e;

    if (ex == NULL)
        return;
    ex->bytes[DIR_SEND] += item->data.len;
    inspect_body(&c->tools, &in, ex);
    if (!exchange_blocked(ex) &&
        ((e = know_more(c->talk, &c->tools.said, ex)) ||
         (e = put_edited(c, item)))) {
        exchange_cond(ex, cond_of(e, COND_INTERNAL, COND_REQUEST_LIMIT), NULL);
        if (!exchange_blocked(ex))
            exchange_cond(ex, COND_INTERNAL, NULL);
    }
    if (exchange_blocked(ex))
        block(c, ex, NULL);
}

void talk_send(struct conn *c, struct str in)
{
    struct talk *t = c->talk;
    struct ws_item item;

    /* What follows a close frame says nothing (section 5.5.1). */
    while (c->state == CONN_OPEN && !t->closed[DIR_SEND]) {
        enum err e = ws_next(&t->said[DIR_SEND], &in, &item);

        if (e == E_AGAIN)
            return;
        if (e) {
            broken(c, DIR_SEND, e);
            return;
        }
        memcpy(t->key, item.key, sizeof(t->key));
        if (item.kind == WS_TEXT || item.kind == WS_BINARY)
            judge_message(c, &item);
        else if (item.kind == WS_CLOSE)
            pass_close(c, DIR_SEND, &item);
        else if (conn_out(c, DIR_SEND, item.raw))
            conn_fail(c, COND_NOMEM, NULL);
    }
}

/* ---- The network's messages --------------------------------------------- */

/* The first of those that wait leaves: as it came, or in one frame. */
static enum err put_first(struct conn *c, const struct delta_out *o)
{
    struct talk *t = c->talk;
    struct buf *out = queue_open(&c->out[DIR_RECV]);
    struct waiting w;
    enum err e = OK;

    memcpy(&w, queue_str(&t->waiting).ptr, sizeof(w));
    if (o->same)
        e = buf_add(out, str_head(queue_str(&t->frames), w.raw));
    else if (o->bytes.len > 0)
        e = ws_put(w.kind, NULL, o->bytes, out);
    queue_take(&t->waiting, sizeof(w));
    queue_take(&t->frames, w.raw);
    return e;
}

/* All that may leave now. */
static void drain(struct conn *c)
{
    struct talk *t = c->talk;
    struct delta_out o;

    while (c->state == CONN_OPEN && delta_next(t->delta, &o) == OK) {
        if (put_first(c, &o)) {
            conn_fail(c, COND_NOMEM, NULL);
            return;
        }
        c->first->answered = true;
        relay_note(t->delta, c->first);
        if (o.block != NULL)
            block(c, c->first, o.block);
    }
    if (c->state != CONN_OPEN)
        return;
    if (c->first != NULL)
        relay_note(t->delta, c->first);
    exchange_over(c);
}

/* JSON in a binary message is an event too (Gemini Live sends it so). */
static bool is_event(const struct ws_item *item)
{
    return item->kind == WS_TEXT || (utf8_valid(item->data) &&
                                     content_sniff(item->data) != CONTENT_TEXT);
}

static enum err put_waiting(struct talk *t, const struct ws_item *item)
{
    struct waiting w = {.raw = item->raw.len, .kind = item->kind};
    enum err e;

    if ((e = buf_add(queue_open(&t->frames), item->raw)))
        return e;
    return buf_add(queue_open(&t->waiting),
                   (struct str){(const char *)&w, sizeof(w)});
}

/* Not all that it has was decoded. */
static void note_capped(struct conn *c)
{
    if (delta_capped(c->talk->delta) && c->first != NULL)
        exchange_cond(c->first, COND_DECODE_CAPPED, "in a message");
}

static void put_message(struct conn *c, const struct ws_item *item)
{
    struct exchange *ex = exchange_now(c);
    struct delta_event event = {.raw = item->data, .data = item->data};
    enum err e;

    if (ex == NULL)
        return;
    ex->bytes[DIR_RECV] += item->data.len;
    if (!is_event(item)) {
        exchange_cond(ex, COND_RESPONSE_UNKNOWN, "a binary message");
        event.opaque = true;
    }
    e = exchange_blocked(ex) ? OK : put_waiting(c->talk, item);
    if (!e && !exchange_blocked(ex))
        e = delta_put(c->talk->delta, &event);
    if (e == E_SYNTAX || e == E_AMBIGUOUS) {
        exchange_cond(ex, COND_JSON_INVALID, "in a message");
        event.opaque = true;
        e = exchange_blocked(ex) ? OK : delta_put(c->talk->delta, &event);
    }
    if (!e)
        note_capped(c);
    if (e)
        fail(c, cond_of(e, COND_INTERNAL, COND_STREAM_LIMIT), "in a message");
    else if (exchange_blocked(ex))
        block(c, ex, NULL);
    else
        drain(c);
}

/* Nothing more will be said: what is held is decided. */
static void flush(struct conn *c)
{
    enum err e = delta_end(c->talk->delta);

    if (!e)
        note_capped(c);
    if (e)
        fail(c, cond_of(e, COND_INTERNAL, COND_STREAM_LIMIT), NULL);
    else if (c->first != NULL && exchange_blocked(c->first))
        block(c, c->first, NULL);
    else
        drain(c);
}

void talk_recv(struct conn *c, struct str in)
{
    struct talk *t = c->talk;
    struct ws_item item;

    while (c->state == CONN_OPEN && !t->closed[DIR_RECV]) {
        enum err e = ws_next(&t->said[DIR_RECV], &in, &item);

        if (e == E_AGAIN)
            return;
        if (e) {
            broken(c, DIR_RECV, e);
            return;
        }
        if (item.kind == WS_TEXT || item.kind == WS_BINARY) {
            put_message(c, &item);
        } else if (item.kind == WS_CLOSE) {
            flush(c);
            if (c->state == CONN_OPEN)
                pass_close(c, DIR_RECV, &item);
        } else if (conn_out(c, DIR_RECV, item.raw)) {
            conn_fail(c, COND_NOMEM, NULL);
        }
    }
}

void talk_eof(struct conn *c)
{
    if (!c->talk->closed[DIR_RECV])
        flush(c);
    if (c->state == CONN_OPEN && c->first != NULL)
        conn_done(c);
}
