#include "flow/h2.h"

#include <stdlib.h>

#include "wire/h2guard.h"

/*
 * The connection: what its sessions receive goes to the streams, what they have
 * to send goes to the queues.
 *
 * Turns. In a write of the application only the network is spoken to, in a read
 * only the application: a write must not make something to be read, nor a read
 * something to be written, for programs do not look for it there. One waits for
 * its socket, which knows of the network only; another writes into memory, and
 * carries that to the network after writes only.
 *
 * What is to be said out of turn (an answer of ours to a request that the
 * network never sees, the window of what was taken) waits for its turn, and the
 * other side is made to speak: it gets a PING, and must answer. One at a time
 * is enough: as long as its answer has not been read here, a turn will come.
 *
 * Offers. To the application we offer what the network's side offers, as far as
 * it is more than an intermediary's own business: the number of streams, once
 * it is known. Nobody is offered server push or extended CONNECT (RFC 8441).
 */

/* The payload of our PINGs; those of others stay on their side. */
static const uint8_t ping[8] = "sallypo";

/* ---- Callbacks ---------------------------------------------------------- */

static enum dir side_of(const struct h2 *h2, const nghttp2_session *session)
{
    return session == h2->session[DIR_SEND] ? DIR_SEND : DIR_RECV;
}

/* The message that a session receives goes the other way. */
static enum dir message_of(const struct h2 *h2, const nghttp2_session *session)
{
    return side_of(h2, session) == DIR_SEND ? DIR_RECV : DIR_SEND;
}

static int result(struct h2 *h2, bool ok)
{
    h2->nomem |= !ok;
    return ok ? 0 : NGHTTP2_ERR_CALLBACK_FAILURE;
}

static int on_begin_headers(nghttp2_session *session,
                            const nghttp2_frame *frame, void *user)
{
    struct h2 *h2 = user;
    enum dir d = message_of(h2, session);
    int32_t id = frame->hd.stream_id;
    struct h2_stream *st;

    if (frame->hd.type != NGHTTP2_HEADERS)
        return 0;
    st = nghttp2_session_get_stream_user_data(session, id);
    if (frame->headers.cat == NGHTTP2_HCAT_REQUEST) {
        st = h2_stream_new(h2, id);
        if (st == NULL)
            return result(h2, false);
        (void)nghttp2_session_set_stream_user_data(session, id, st);
    } else if (st != NULL) {
        h2head_reset(&st->way[d].in, d == DIR_RECV && !st->way[d].headed
                                         ? H2_RESPONSE
                                         : H2_TRAILERS);
    }
    return 0;
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame,
                     const uint8_t *name, size_t name_len, const uint8_t *value,
                     size_t value_len, uint8_t flags, void *user)
{
    struct h2 *h2 = user;
    struct h2_stream *st =
        nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);
    enum err e;

    (void)flags;
    if (st == NULL || frame->hd.type != NGHTTP2_HEADERS)
        return 0;
    e = h2head_add(&st->way[message_of(h2, session)].in,
                   (struct str){(const char *)name, name_len},
                   (struct str){(const char *)value, value_len});
    if (e == E_NOMEM)
        return result(h2, false);
    return e ? NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE : 0;
}

/* A field that the library would leave out without a word. */
static int on_invalid_header(nghttp2_session *session,
                             const nghttp2_frame *frame, const uint8_t *name,
                             size_t name_len, const uint8_t *value,
                             size_t value_len, uint8_t flags, void *user)
{
    (void)session, (void)frame, (void)name, (void)name_len;
    (void)value, (void)value_len, (void)flags, (void)user;
    return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t id,
                   const uint8_t *p, size_t n, void *user)
{
    struct h2 *h2 = user;
    struct h2_stream *st = nghttp2_session_get_stream_user_data(session, id);

    (void)flags;
    if (st == NULL) {
        (void)nghttp2_session_consume(session, id, n);
        return 0;
    }
    return result(h2, h2_stream_data(st, message_of(h2, session),
                                     (struct str){(const char *)p, n}));
}

/* What the network takes at once, the application may send at once. */
static void on_settings(struct h2 *h2)
{
    uint32_t most = nghttp2_session_get_remote_settings(
        h2->session[DIR_SEND], NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS);
    nghttp2_settings_entry entry = {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS,
                                    most};

    if (most < LIM_H2_STREAMS && most != h2->streams_most)
        (void)nghttp2_submit_settings(h2->session[DIR_RECV], NGHTTP2_FLAG_NONE,
                                      &entry, 1);
    h2->streams_most = most;
}

/* The network begins no more streams: neither does the application. */
static void on_goaway(struct h2 *h2, uint32_t code)
{
    nghttp2_session *app = h2->session[DIR_RECV];

    h2->goaway = true;
    (void)nghttp2_submit_goaway(app, NGHTTP2_FLAG_NONE,
                                nghttp2_session_get_last_proc_stream_id(app),
                                code, NULL, 0);
}

/* The application is about to leave, and says so. */
static void on_leave(struct h2 *h2, uint32_t code)
{
    h2->goaway = true;
    (void)nghttp2_submit_goaway(h2->session[DIR_SEND], NGHTTP2_FLAG_NONE, 0,
                                code, NULL, 0);
}

static void on_control(struct h2 *h2, enum dir side, const nghttp2_frame *frame)
{
    bool ack = (frame->hd.flags & NGHTTP2_FLAG_ACK) != 0;

    h2->heard |= side == DIR_SEND;
    switch (frame->hd.type) {
    case NGHTTP2_PING:
    case NGHTTP2_SETTINGS:
        if (ack) /* of our SETTINGS, or of our PING */
            h2->asked[side] = false;
        else if (side == DIR_SEND && frame->hd.type == NGHTTP2_SETTINGS)
            on_settings(h2);
        return;
    case NGHTTP2_GOAWAY:
        if (side == DIR_SEND)
            on_goaway(h2, frame->goaway.error_code);
        else
            on_leave(h2, frame->goaway.error_code);
        return;
    }
}

static int on_frame(nghttp2_session *session, const nghttp2_frame *frame,
                    void *user)
{
    struct h2 *h2 = user;
    enum dir d = message_of(h2, session);
    bool ends = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
    struct h2_stream *st;

    if (frame->hd.type != NGHTTP2_DATA && frame->hd.type != NGHTTP2_HEADERS) {
        on_control(h2, side_of(h2, session), frame);
        return 0;
    }
    st = nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);
    if (st == NULL)
        return 0;
    if (frame->hd.type == NGHTTP2_HEADERS)
        return result(h2, h2_stream_head(st, d, ends));
    return result(h2, !ends || h2_stream_end(st, d));
}

static int on_close(nghttp2_session *session, int32_t id, uint32_t code,
                    void *user)
{
    struct h2 *h2 = user;
    struct h2_stream *st = nghttp2_session_get_stream_user_data(session, id);

    if (st == NULL)
        return 0;
    return result(h2, h2_stream_closed(st, side_of(h2, session), code));
}

/* A request that the network does not take any more. */
static int on_not_sent(nghttp2_session *session, const nghttp2_frame *frame,
                       int error, void *user)
{
    struct h2 *h2 = user;
    struct h2_stream *st = h2->streams;

    if (side_of(h2, session) != DIR_SEND || frame->hd.type != NGHTTP2_HEADERS ||
        frame->headers.cat != NGHTTP2_HCAT_REQUEST)
        return 0;
    while (st != NULL && st->id[DIR_SEND] != frame->hd.stream_id)
        st = st->next;
    if (st == NULL)
        return 0;
    st->open[DIR_SEND] = false;
    h2_stream_reset(st, error == NGHTTP2_ERR_START_STREAM_NOT_ALLOWED
                            ? NGHTTP2_REFUSED_STREAM
                            : NGHTTP2_INTERNAL_ERROR);
    return 0;
}

/* ---- Sessions ----------------------------------------------------------- */

static void set_callbacks(nghttp2_session_callbacks *cb)
{
    nghttp2_session_callbacks_set_on_begin_headers_callback(cb,
                                                            on_begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(cb, on_header);
    nghttp2_session_callbacks_set_on_invalid_header_callback(cb,
                                                             on_invalid_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(cb, on_data);
    nghttp2_session_callbacks_set_on_frame_recv_callback(cb, on_frame);
    nghttp2_session_callbacks_set_on_stream_close_callback(cb, on_close);
    nghttp2_session_callbacks_set_on_frame_not_send_callback(cb, on_not_sent);
}

static void set_options(nghttp2_option *opt)
{
    nghttp2_option_set_no_auto_window_update(opt, 1);
    nghttp2_option_set_no_closed_streams(opt, 1);
    nghttp2_option_set_stream_reset_rate_limit(opt, LIM_H2_RESETS,
                                               LIM_H2_RESETS_SEC);
    nghttp2_option_set_max_continuations(opt, LIM_H2_CONTINUED);
}

/* What each side is told first. */
static bool greet(struct h2 *h2)
{
    static const nghttp2_settings_entry to_app[] = {
        {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, LIM_H2_STREAMS},
        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, LIM_H2_WINDOW},
        {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, LIM_HEAD},
    };
    static const nghttp2_settings_entry to_net[] = {
        {NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, LIM_H2_WINDOW},
        {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, LIM_HEAD},
    };
    nghttp2_session *net = h2->session[DIR_SEND], *app = h2->session[DIR_RECV];

    return !nghttp2_submit_settings(app, 0, to_app, ARRAY_LEN(to_app)) &&
           !nghttp2_submit_settings(net, 0, to_net, ARRAY_LEN(to_net)) &&
           !nghttp2_session_set_local_window_size(app, 0, 0,
                                                  LIM_H2_WINDOW_ALL) &&
           !nghttp2_session_set_local_window_size(net, 0, 0, LIM_H2_WINDOW_ALL);
}

/* Both sessions, greeted; as much as there was memory for. */
static void make_sessions(void *arg)
{
    struct h2 *h2 = arg;
    nghttp2_session_callbacks *cb = NULL;
    nghttp2_option *opt = NULL;

    h2->nomem = true;
    if (nghttp2_session_callbacks_new(&cb) || nghttp2_option_new(&opt))
        goto out;
    set_callbacks(cb);
    set_options(opt);
    h2->nomem =
        nghttp2_session_client_new2(&h2->session[DIR_SEND], cb, h2, opt) ||
        nghttp2_session_server_new2(&h2->session[DIR_RECV], cb, h2, opt) ||
        !greet(h2);
out:
    nghttp2_session_callbacks_del(cb);
    nghttp2_option_del(opt);
}

static void delete_sessions(void *arg)
{
    struct h2 *h2 = arg;

    nghttp2_session_del(h2->session[DIR_SEND]);
    nghttp2_session_del(h2->session[DIR_RECV]);
}

void h2_free(struct h2 *h2)
{
    if (h2 == NULL)
        return;
    while (h2->streams != NULL) {
        h2->streams->open[0] = h2->streams->open[1] = false;
        h2->streams->way[0].owed = h2->streams->way[1].owed = 0;
        h2_stream_free(h2->streams);
    }
    if (!h2->broken)
        h2->broken = !h2guard_run(delete_sessions, h2);
    http_head_free(&h2->head);
    free(h2);
}

/* ---- Moving ------------------------------------------------------------- */

/* Frames to one side, as far as there is room for more. */
static bool pump(struct h2 *h2, enum dir d)
{
    struct queue *out = &h2->c->out[d];
    const uint8_t *p;

    while (queue_str(out).len < LIM_H2_READY) {
        ssize_t n = nghttp2_session_mem_send(h2->session[d], &p);

        if (n < 0 ||
            buf_add(queue_open(out), (struct str){(const char *)p, (size_t)n}))
            return false;
        if (n == 0)
            break;
    }
    return !h2->nomem;
}

/* It is d's turn; if there is something for the other, d is made to speak. */
static bool rouse(struct h2 *h2, enum dir d)
{
    nghttp2_session *other = h2->session[d == DIR_SEND ? DIR_RECV : DIR_SEND];

    if (h2->asked[d] || !nghttp2_session_want_write(other))
        return true;
    h2->asked[d] = true;
    return !nghttp2_submit_ping(h2->session[d], NGHTTP2_FLAG_NONE, ping) &&
           pump(h2, d);
}

/*
 * A turn in which there is nothing to say. In a read, the socket had something,
 * which was for us alone: an idle program that then reads nothing may take the
 * connection for a broken one (curl does). In a write into memory, some take it
 * that something has been written, and send what lies there (gRPC does). So the
 * least there is is said: the window is larger by one byte.
 */
static bool murmur(struct h2 *h2, enum dir d)
{
    bool needs = d == DIR_SEND ? h2->c->in_memory && h2->fed : h2->heard;

    if (!needs || queue_str(&h2->c->out[d]).len > 0)
        return true;
    return !nghttp2_submit_window_update(h2->session[d], NGHTTP2_FLAG_NONE, 0,
                                         1) &&
           pump(h2, d);
}

/* The network's side is in error: nothing more can come of it. */
static bool end_net(struct h2 *h2)
{
    if (h2->goaway || h2->net_over ||
        nghttp2_session_want_read(h2->session[DIR_SEND]))
        return true;
    h2->net_over = true;
    return !nghttp2_session_terminate_session(h2->session[DIR_RECV],
                                              NGHTTP2_INTERNAL_ERROR) &&
           pump(h2, DIR_RECV);
}

/* The application's side has said, or been told, that it is over. */
static bool end_app(struct h2 *h2)
{
    nghttp2_session *app = h2->session[DIR_RECV];

    if (nghttp2_session_want_read(app) || h2->goaway)
        return true;
    if (!pump(h2, DIR_RECV))
        return false;
    if (!nghttp2_session_want_write(app))
        conn_close(h2->c, STR("sallyport: the HTTP/2 connection is in error"));
    return true;
}

/* One call from outside. */
struct job {
    struct h2 *h2;
    enum dir turn;   /* who is spoken to */
    enum dir from;   /* who has spoken, if `feeds`        */
    struct str in;   /* what has come            */
    bool eof, feeds; /* what is to be done       */

    ssize_t rc; /* of nghttp2               */
};

static void flush_all(struct h2 *h2)
{
    for (struct h2_stream *st = h2->streams; st != NULL; st = st->next)
        if (st->open[DIR_SEND])
            h2->nomem |= !h2_stream_closed(st, DIR_SEND, NGHTTP2_CANCEL);
}

static void work(void *arg)
{
    struct job *job = arg;
    struct h2 *h2 = job->h2;

    h2->heard = false;
    h2->fed = job->feeds && job->from == DIR_RECV;
    if (job->feeds)
        job->rc = nghttp2_session_mem_recv(
            h2->session[job->from], (const uint8_t *)job->in.ptr, job->in.len);
    if (job->rc < 0)
        return;
    if (job->eof)
        flush_all(h2);
    if (!pump(h2, job->turn) || !rouse(h2, job->turn) ||
        !murmur(h2, job->turn) || !end_net(h2) || !end_app(h2))
        job->rc = NGHTTP2_ERR_NOMEM;
}

/* What the library says of the application's bytes, or of the network's. */
static void fail(struct conn *c, ssize_t rc)
{
    if (c->h2->nomem || rc == NGHTTP2_ERR_NOMEM)
        conn_fail(c, COND_NOMEM, NULL);
    else if (rc == NGHTTP2_ERR_BAD_CLIENT_MAGIC)
        conn_fail(c, COND_UNKNOWN_PROTOCOL, "not the preface of HTTP/2");
    else if (rc == NGHTTP2_ERR_FLOODED)
        conn_fail(c, COND_HTTP_LIMIT, "too many frames of HTTP/2");
    else
        conn_fail(c, COND_HTTP_AMBIGUOUS, "frames that are not of HTTP/2");
}

static void run(struct conn *c, struct job *job)
{
    job->h2 = c->h2;
    if (!h2guard_run(work, job)) {
        c->h2->broken = true;
        conn_fail(c, COND_INTERNAL, "a library's assertion");
    } else if (job->rc < 0 && c->state == CONN_OPEN) {
        fail(c, job->rc);
    }
}

void h2_open(struct conn *c, struct str early)
{
    struct h2 *h2 = calloc(1, sizeof(*h2));

    if (h2 == NULL) {
        conn_fail(c, COND_NOMEM, NULL);
        return;
    }
    h2->c = c;
    h2->asked[DIR_SEND] = h2->asked[DIR_RECV] =
        true; /* our SETTINGS are answered */
    h2->streams_most = UINT32_MAX;
    http_head_init(&h2->head, HTTP_REQUEST);
    c->h2 = h2;
    if (!h2guard_run(make_sessions, h2)) {
        h2->broken = true;
        conn_fail(c, COND_INTERNAL, "a library's assertion");
    } else if (h2->nomem) {
        conn_fail(c, COND_NOMEM, NULL);
    } else {
        h2_send(c, early);
        if (c->state == CONN_OPEN && c->ahead.len > 0)
            run(c, &(struct job){.turn = DIR_SEND,
                                 .from = DIR_SEND,
                                 .in = buf_str(&c->ahead),
                                 .feeds = true});
        buf_clear(&c->ahead);
    }
}

void h2_send(struct conn *c, struct str in)
{
    run(c, &(struct job){
               .turn = DIR_SEND, .from = DIR_RECV, .in = in, .feeds = true});
}

void h2_recv(struct conn *c, struct str in)
{
    run(c, &(struct job){
               .turn = DIR_RECV, .from = DIR_SEND, .in = in, .feeds = true});
}

void h2_eof(struct conn *c)
{
    run(c, &(struct job){.turn = DIR_RECV, .eof = true});
}

/* Who takes from a queue takes more. */
void h2_taken(struct conn *c, enum dir d)
{
    run(c, &(struct job){.turn = d});
}
