#include "flow/h2.h"

#include <stdlib.h>

/*
 * One stream: a request and its response through a conn of its own.
 *
 * Content has a length in HTTP/1.1 or comes in chunks; in HTTP/2 it simply
 * ends. What says its length is given with it, all else in chunks, which are
 * taken off again on the other side.
 *
 * Windows are honest: a sender gets back what it used up once its bytes have
 * been judged and the receiver has taken them, up to LIM_H2_BACKLOG. Bytes that
 * a judgement waits for are held, and counted.
 */

/* ---- Life --------------------------------------------------------------- */

static void way_init(struct h2_way *w, enum h2_kind kind)
{
    queue_init(&w->data, LIM_OUT);
    buf_init(&w->tail, 2 * (size_t)LIM_TRAILERS);
    h2head_init(&w->in, kind);
}

static void way_free(struct h2_way *w)
{
    http_body_free(&w->body);
    queue_free(&w->data);
    buf_free(&w->tail);
    h2head_free(&w->in);
}

struct h2_stream *h2_stream_new(struct h2 *h2, int32_t id)
{
    const struct conn *c = h2->c;
    struct peer peer = {
        .host = c->named ? buf_str(&c->host) : STR(""),
        .port = c->port,
        .door = c->door,
    };
    struct h2_stream *st = calloc(1, sizeof(*st));

    if (st == NULL)
        return NULL;
    st->inner = conn_new(c->eng, &peer);
    if (st->inner == NULL) {
        free(st);
        return NULL;
    }
    way_init(&st->way[DIR_SEND], H2_REQUEST);
    way_init(&st->way[DIR_RECV], H2_RESPONSE);
    st->h2 = h2;
    st->id[DIR_RECV] = id;
    st->open[DIR_RECV] = true;
    st->next = h2->streams;
    if (st->next != NULL)
        st->next->prev = st;
    h2->streams = st;
    return st;
}

/* The window of bytes that nobody waits for any more is the connection's. */
static void forgive(struct h2_stream *st, enum dir d)
{
    struct h2 *h2 = st->h2;

    if (!h2->broken && st->way[d].owed > 0)
        (void)nghttp2_session_consume_connection(h2->session[!d],
                                                 st->way[d].owed);
    st->way[d].owed = 0;
}

void h2_stream_free(struct h2_stream *st)
{
    struct h2 *h2 = st->h2;

    if (st->prev != NULL)
        st->prev->next = st->next;
    else
        h2->streams = st->next;
    if (st->next != NULL)
        st->next->prev = st->prev;
    h2->held -= st->held;
    for (int d = 0; d < 2; d++) {
        forgive(st, (enum dir)d);
        way_free(&st->way[d]);
    }
    conn_free(st->inner);
    free(st);
}

/* ---- Counting ----------------------------------------------------------- */

static void count_held(struct h2_stream *st)
{
    const struct conn *c = st->inner;
    size_t now = c->req.content.len + c->req.raw.len + c->res.content.len +
                 c->res.raw.len + queue_str(&st->way[DIR_SEND].data).len +
                 queue_str(&st->way[DIR_RECV].data).len;

    st->h2->held += now - st->held;
    st->held = now;
}

/* A body may be held as far as the connection's share of memory goes. */
static void share_out(struct h2_stream *st)
{
    struct conn *c = st->inner;
    size_t held = st->h2->held;
    size_t left = held < LIM_H2_HELD ? LIM_H2_HELD - held : 0;
    size_t req = c->req.content.len + left, res = c->res.content.len + left;
    size_t most = LIM_REQUEST_BODY;

    if (c->req.msg.framing != FRAMING_CHUNKED)
        most += c->req.front;
    c->req.content.max = req < most ? req : most;
    c->res.content.max = res < LIM_RESPONSE_BODY ? res : LIM_RESPONSE_BODY;
}

/* The sender of a message may go on, if its receiver keeps up. */
static void give_window(struct h2_stream *st, enum dir d)
{
    struct h2_way *w = &st->way[d];

    if (w->owed == 0 || queue_str(&w->data).len > LIM_H2_BACKLOG)
        return;
    (void)nghttp2_session_consume(st->h2->session[!d], st->id[!d], w->owed);
    w->owed = 0;
}

/* ---- Resets ------------------------------------------------------------- */

static void reset_side(struct h2_stream *st, enum dir d, uint32_t code)
{
    if (!st->open[d] || st->stopped[d])
        return;
    st->stopped[d] = true;
    (void)nghttp2_submit_rst_stream(st->h2->session[d], NGHTTP2_FLAG_NONE,
                                    st->id[d], code);
}

void h2_stream_reset(struct h2_stream *st, uint32_t code)
{
    st->dead = true;
    for (int d = 0; d < 2; d++) {
        st->way[d].phase = H2_ENDED;
        st->way[d].fed_end = true;
        reset_side(st, (enum dir)d, code);
    }
}

/* After what is queued, a reset. */
static void cut(struct h2_stream *st, uint32_t code)
{
    struct h2_way *w = &st->way[DIR_RECV];

    w->phase = H2_ENDED;
    if (!w->begun) {
        reset_side(st, DIR_RECV, code);
        return;
    }
    w->cut = true;
    w->cut_code = code;
    if (st->open[DIR_RECV])
        (void)nghttp2_session_resume_data(st->h2->session[DIR_RECV],
                                          st->id[DIR_RECV]);
}

/* ---- Out of the inner conn ---------------------------------------------- */

static enum framing framing_of(const struct h2_stream *st, enum dir d,
                               uint64_t *ret_length)
{
    const struct http_head *h = &st->h2->head;
    struct str value;

    *ret_length = 0;
    if (d == DIR_RECV && (st->no_body || h->status == 204 || h->status == 304))
        return FRAMING_NONE;
    if (http_field_count(h, STR("transfer-encoding")) > 0)
        return FRAMING_CHUNKED;
    if (http_field_get(h, STR("content-length"), &value) &&
        str_u64(value, ret_length) == OK)
        return FRAMING_LENGTH;
    return FRAMING_NONE;
}

/*
 * Nothing more comes behind what is queued. That the inner conn has let out all
 * of a message is not enough: trailers may still come.
 */
static bool is_whole(const struct h2_stream *st, enum dir d)
{
    const struct h2_way *w = &st->way[d];
    enum conn_state state = conn_state(st->inner);

    return w->phase == H2_ENDED &&
           (w->fed_end || state == CONN_BLOCKED || state == CONN_FAILED);
}

static int submit_net(struct h2_stream *st, size_t n,
                      const nghttp2_data_provider *body)
{
    int32_t id = nghttp2_submit_request(st->h2->session[DIR_SEND], NULL,
                                        st->h2->list, n, body, st);

    if (id < 0)
        return id;
    st->id[DIR_SEND] = id;
    st->open[DIR_SEND] = true;
    return 0;
}

/* The head in h2->head leaves, with content or without. */
static void submit(struct h2_stream *st, enum dir d)
{
    struct h2_way *w = &st->way[d];
    struct h2 *h2 = st->h2;
    nghttp2_data_provider body = {.read_callback = h2_stream_read};
    bool bare =
        is_whole(st, d) && queue_str(&w->data).len == 0 && w->tail.len == 0;
    size_t n = h2head_back(&h2->head, &st->origin, h2->list);
    int rc = 0;

    w->begun = true;
    if (d == DIR_SEND)
        rc = submit_net(st, n, bare ? NULL : &body);
    else if (st->open[d])
        rc = nghttp2_submit_response(h2->session[d], st->id[d], h2->list, n,
                                     bare ? NULL : &body);
    if (rc == NGHTTP2_ERR_NOMEM)
        h2->nomem = true;
    else if (rc != 0)
        h2_stream_reset(st, NGHTTP2_REFUSED_STREAM);
}

static void submit_interim(struct h2_stream *st)
{
    struct h2 *h2 = st->h2;
    size_t n = h2head_back(&h2->head, &st->origin, h2->list);

    if (++st->interim > LIM_H2_INTERIM)
        h2_stream_reset(st, NGHTTP2_ENHANCE_YOUR_CALM);
    else if (st->open[DIR_RECV] &&
             nghttp2_submit_headers(h2->session[DIR_RECV], NGHTTP2_FLAG_NONE,
                                    st->id[DIR_RECV], NULL, h2->list, n,
                                    NULL) == NGHTTP2_ERR_NOMEM)
        h2->nomem = true;
}

/* A head, whole: the inner conn lets no other out. False: nothing to do. */
static bool take_head(struct h2_stream *st, enum dir d, bool *ret_fresh)
{
    struct h2_way *w = &st->way[d];
    struct http_head *h = &st->h2->head;
    struct str all = conn_ready(st->inner, d), in = all;
    enum framing framing;
    uint64_t length;
    enum err e;

    h->kind = d == DIR_SEND ? HTTP_REQUEST : HTTP_RESPONSE;
    http_head_reset(h);
    if (all.len == 0 || (e = http_head_feed(h, &in)) == E_AGAIN)
        return false;
    if (e) {
        st->h2->nomem |= e == E_NOMEM;
        h2_stream_reset(st, NGHTTP2_INTERNAL_ERROR);
        return false;
    }
    conn_taken(st->inner, d, all.len - in.len);
    if (d == DIR_RECV && h->status < 200) {
        submit_interim(st);
        return true;
    }
    if (d == DIR_SEND && str_eq(http_head_str(h, h->method), STR("CONNECT"))) {
        h2_stream_reset(st, NGHTTP2_CONNECT_ERROR);
        return false;
    }
    framing = framing_of(st, d, &length);
    http_body_init(&w->body, framing, length);
    w->phase = H2_BODY;
    *ret_fresh = true;
    return true;
}

/* Trailers without the last chunk before them and the empty line behind. */
static enum err keep_tail(struct h2_way *w, struct str end)
{
    (void)str_split(&end, '\n');
    return end.len > 2 ? buf_add(&w->tail, str_head(end, end.len - 2)) : OK;
}

/* The next of a body. False: it has ended, or no more has come. */
static bool take_body(struct h2_stream *st, enum dir d)
{
    struct h2_way *w = &st->way[d];
    struct str all = conn_ready(st->inner, d), in = all;
    struct body_event event;
    enum err e = http_body_next(&w->body, &in, &event), add = OK;

    if (!e && event.kind == BODY_PIECE)
        add = buf_add(queue_open(&w->data), event.bytes);
    else if (!e && event.kind == BODY_END)
        add = keep_tail(w, event.bytes);
    conn_taken(st->inner, d, all.len - in.len);
    if (!e && event.kind == BODY_END)
        w->phase = H2_ENDED;
    if ((e && e != E_AGAIN) || add) {
        st->h2->nomem |= e == E_NOMEM || add == E_NOMEM;
        h2_stream_reset(st, NGHTTP2_INTERNAL_ERROR);
        return false;
    }
    return !e && w->phase == H2_BODY;
}

/* All that the inner conn lets out, to the library. */
static void take(struct h2_stream *st, enum dir d)
{
    struct h2_way *w = &st->way[d];
    bool fresh = false, more = true;

    while (more && w->phase != H2_ENDED)
        more =
            w->phase == H2_HEAD ? take_head(st, d, &fresh) : take_body(st, d);
    if (w->phase == H2_ENDED)
        conn_taken(st->inner, d, conn_ready(st->inner, d).len);
    if (fresh && !st->dead)
        submit(st, d);
    else if (w->begun && st->open[d])
        (void)nghttp2_session_resume_data(st->h2->session[d], st->id[d]);
}

/*
 * What the inner conn made of the last bytes. Once it has blocked, its answer
 * is complete, or the response breaks off; the network is told to stop.
 */
static bool settle(struct h2_stream *st)
{
    enum conn_state state;

    take(st, DIR_SEND);
    take(st, DIR_RECV);
    state = conn_state(st->inner);
    if (state == CONN_FAILED || state == CONN_BLOCKED) {
        if (st->way[DIR_RECV].phase != H2_ENDED)
            cut(st, NGHTTP2_INTERNAL_ERROR);
        st->way[DIR_SEND].phase = H2_ENDED;
        reset_side(st, DIR_SEND, NGHTTP2_CANCEL);
    }
    count_held(st);
    for (int d = 0; d < 2; d++)
        give_window(st, (enum dir)d);
    return !st->h2->nomem;
}

/* ---- Into the inner conn ------------------------------------------------ */

static void feed(struct h2_stream *st, enum dir d, struct str bytes)
{
    if (bytes.len == 0)
        return;
    if (d == DIR_SEND)
        conn_send(st->inner, bytes);
    else
        conn_recv(st->inner, bytes);
}

static void feed_chunk(struct h2_stream *st, enum dir d, struct str bytes)
{
    static const char digits[] = "0123456789abcdef";
    char line[18];
    size_t at = sizeof(line), left = bytes.len;

    line[--at] = '\n';
    line[--at] = '\r';
    for (; left > 0; left >>= 4)
        line[--at] = digits[left & 15];
    feed(st, d, (struct str){line + at, sizeof(line) - at});
    feed(st, d, bytes);
    feed(st, d, STR("\r\n"));
}

static void feed_end(struct h2_stream *st, enum dir d, struct str trailers)
{
    struct h2_way *w = &st->way[d];

    w->fed_end = true;
    if (!w->chunked)
        return;
    feed(st, d, STR("0\r\n"));
    feed(st, d, trailers);
    feed(st, d, STR("\r\n"));
}

/* The head of a message; `body`: content is to follow. */
static bool feed_head(struct h2_stream *st, enum dir d, bool body)
{
    struct h2_way *w = &st->way[d];
    struct buf head;
    enum err e;

    w->chunked = body && !w->in.length;
    buf_init(&head, 4 * (size_t)LIM_HEAD);
    e = h2head_write(&w->in, w->chunked, &head);
    if (!e)
        feed(st, d, buf_str(&head));
    else if (e != E_NOMEM)
        h2_stream_reset(st, NGHTTP2_PROTOCOL_ERROR);
    buf_wipe_free(&head);
    return e != E_NOMEM;
}

/*
 * A request. GET and its like have no content, but may end later than their
 * head: only then it is known, so the head waits.
 */
static bool h2_stream_request(struct h2_stream *st, bool ends)
{
    struct h2_way *w = &st->way[DIR_SEND];
    struct str scheme = h2head_str(&w->in, w->in.scheme);

    if (scheme.len > sizeof(st->scheme)) {
        h2_stream_reset(st, NGHTTP2_PROTOCOL_ERROR);
        return true;
    }
    if (scheme.len > 0)
        memcpy(st->scheme, scheme.ptr, scheme.len);
    st->origin = (struct h2_origin){
        .scheme = {st->scheme, scheme.len},
        .host_alone = w->in.host_alone,
        .host_too = w->in.host_too,
    };
    st->no_body = h2head_is(&w->in, STR("HEAD"));
    st->waits =
        !ends && !w->in.length &&
        (st->no_body || h2head_is(&w->in, STR("GET")) ||
         h2head_is(&w->in, STR("TRACE")) || h2head_is(&w->in, STR("CONNECT")));
    return st->waits || feed_head(st, DIR_SEND, !ends);
}

/* A response: an interim one is followed by another. */
static bool h2_stream_response(struct h2_stream *st)
{
    struct h2_way *w = &st->way[DIR_RECV];
    struct str status = h2head_str(&w->in, w->in.status);
    bool interim = status.len > 0 && status.ptr[0] == '1';
    bool none = interim || st->no_body || str_eq(status, STR("204")) ||
                str_eq(status, STR("304"));

    w->headed = !interim;
    return feed_head(st, DIR_RECV, !none);
}

/*
 * Trailers go with the last chunk. Behind content with a length HTTP/1.1 has no
 * place for them: they are put aside, for a message that leaves unchanged.
 */
static bool h2_stream_trailers(struct h2_stream *st, enum dir d)
{
    struct h2_way *w = &st->way[d];
    enum conn_state state;

    if (st->waits && d == DIR_SEND) {
        st->waits = false;
        if (!feed_head(st, d, true))
            return false;
    }
    feed_end(st, d, buf_str(&w->in.lines));
    if (!settle(st))
        return false;
    state = conn_state(st->inner);
    if (!w->chunked && state != CONN_BLOCKED && state != CONN_FAILED &&
        buf_add(&w->tail, buf_str(&w->in.lines)))
        h2_stream_reset(st, NGHTTP2_ENHANCE_YOUR_CALM);
    return true;
}

bool h2_stream_head(struct h2_stream *st, enum dir d, bool ends)
{
    struct h2_way *w = &st->way[d];
    bool ok;

    if (w->fed_end)
        return true;
    share_out(st);
    if (w->in.kind == H2_TRAILERS)
        return h2_stream_trailers(st, d);
    ok = d == DIR_SEND ? h2_stream_request(st, ends) : h2_stream_response(st);
    if (ends && !w->fed_end)
        feed_end(st, d, STR(""));
    return ok && settle(st);
}

bool h2_stream_data(struct h2_stream *st, enum dir d, struct str bytes)
{
    struct h2_way *w = &st->way[d];

    w->owed += bytes.len;
    share_out(st);
    if (st->waits && d == DIR_SEND && bytes.len > 0) {
        st->waits = false;
        if (!feed_head(st, d, true))
            return false;
    }
    if (!w->fed_end && w->chunked && bytes.len > 0)
        feed_chunk(st, d, bytes);
    else if (!w->fed_end)
        feed(st, d, bytes);
    return settle(st);
}

bool h2_stream_end(struct h2_stream *st, enum dir d)
{
    if (st->way[d].fed_end)
        return true;
    share_out(st);
    if (st->waits && d == DIR_SEND) {
        st->waits = false;
        if (!feed_head(st, d, false))
            return false;
    }
    feed_end(st, d, STR(""));
    return settle(st);
}

/* The network ends the stream; what is held is judged and leaves first. */
static bool net_closed(struct h2_stream *st, uint32_t code)
{
    struct h2_way *w = &st->way[DIR_RECV];
    bool ok;

    st->open[DIR_SEND] = false;
    st->way[DIR_SEND].phase = H2_ENDED;
    st->way[DIR_SEND].fed_end = true; /* what still comes is for nobody */
    queue_take(&st->way[DIR_SEND].data, SIZE_MAX);
    if (!w->fed_end) {
        w->fed_end = true;
        conn_end(st->inner, DIR_RECV);
    }
    ok = settle(st);
    if (w->phase != H2_ENDED)
        cut(st, code == NGHTTP2_NO_ERROR ? NGHTTP2_INTERNAL_ERROR : code);
    return ok;
}

bool h2_stream_closed(struct h2_stream *st, enum dir d, uint32_t code)
{
    if (d == DIR_SEND)
        return net_closed(st, code);
    st->open[DIR_RECV] = false;
    reset_side(st, DIR_SEND, code == NGHTTP2_NO_ERROR ? NGHTTP2_CANCEL : code);
    if (st->open[DIR_SEND])
        (void)nghttp2_session_set_stream_user_data(st->h2->session[DIR_SEND],
                                                   st->id[DIR_SEND], NULL);
    h2_stream_free(st);
    return true;
}

/* ---- To the library ----------------------------------------------------- */

/* Nothing is left of a message: its end. */
static ssize_t read_end(struct h2_stream *st, enum dir d, size_t n,
                        uint32_t *flags)
{
    struct h2_way *w = &st->way[d];
    struct h2 *h2 = st->h2;
    size_t fields;

    if (w->cut) {
        w->cut = false;
        reset_side(st, d, w->cut_code);
        return n > 0 ? (ssize_t)n : NGHTTP2_ERR_DEFERRED;
    }
    *flags |= NGHTTP2_DATA_FLAG_EOF;
    fields = h2head_trailers(&w->tail, h2->list);
    if (fields == 0)
        return (ssize_t)n;
    *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
    if (nghttp2_submit_trailer(h2->session[d], st->id[d], h2->list, fields))
        return NGHTTP2_ERR_CALLBACK_FAILURE;
    return (ssize_t)n;
}

ssize_t h2_stream_read(nghttp2_session *session, int32_t id, uint8_t *out,
                       size_t size, uint32_t *flags,
                       nghttp2_data_source *source, void *user)
{
    struct h2 *h2 = user;
    enum dir d = session == h2->session[DIR_SEND] ? DIR_SEND : DIR_RECV;
    struct h2_stream *st = nghttp2_session_get_stream_user_data(session, id);
    struct h2_way *w;
    struct str data;

    (void)source;
    if (st == NULL)
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    w = &st->way[d];
    data = str_head(queue_str(&w->data), size);
    if (data.len > 0)
        memcpy(out, data.ptr, data.len);
    queue_take(&w->data, data.len);
    count_held(st);
    give_window(st, d);
    if (queue_str(&w->data).len == 0 && (w->cut || is_whole(st, d)))
        return read_end(st, d, data.len, flags);
    return data.len > 0 ? (ssize_t)data.len : NGHTTP2_ERR_DEFERRED;
}
