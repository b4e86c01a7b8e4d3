#include "h2peer.h"

#include <stdlib.h>
#include <string.h>

static void keep(struct buf *b, struct str s)
{
    if (buf_add(b, s))
        abort();
}

static struct h2_said *said_of(struct h2_side *side, int32_t id)
{
    if (id <= 0 || id / 2 >= H2_MOST)
        abort();
    return &side->said[id / 2];
}

/* ---- Receiving ---------------------------------------------------------- */

static int on_header(nghttp2_session *session, const nghttp2_frame *frame,
                     const uint8_t *name, size_t name_len, const uint8_t *value,
                     size_t value_len, uint8_t flags, void *user)
{
    struct h2_said *said = said_of(user, frame->hd.stream_id);
    struct buf *into = said->headed ? &said->tail : &said->head;

    (void)session, (void)flags;
    keep(into, (struct str){(const char *)name, name_len});
    keep(into, STR(": "));
    keep(into, (struct str){(const char *)value, value_len});
    keep(into, STR("\n"));
    return 0;
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t id,
                   const uint8_t *p, size_t n, void *user)
{
    struct h2_side *side = user;

    (void)flags;
    keep(&said_of(side, id)->body, (struct str){(const char *)p, n});
    if (!side->stalled)
        nghttp2_session_consume(session, id, n);
    return 0;
}

static ssize_t on_read(nghttp2_session *session, int32_t id, uint8_t *out,
                       size_t size, uint32_t *flags, nghttp2_data_source *from,
                       void *user);

static size_t list_of(const char *const *from, size_t most, nghttp2_nv *list)
{
    size_t n = 0;

    for (size_t i = 0; i + 1 < most && from[i] != NULL; i += 2)
        list[n++] = (nghttp2_nv){(uint8_t *)(uintptr_t)from[i],
                                 (uint8_t *)(uintptr_t)from[i + 1],
                                 strlen(from[i]), strlen(from[i + 1]), 0};
    return n;
}

static void answer(struct h2_side *side, int32_t id)
{
    struct h2_said *said = said_of(side, id);
    const struct h2_answer *a = side->world->answers(said, id);
    const char *status[2] = {":status", a->status};
    const char *interim[2] = {":status", "103"};
    nghttp2_data_provider body = {.read_callback = on_read};
    nghttp2_nv list[8];
    size_t n;

    if (a->silent || side->message[id / 2] != NULL ||
        (!a->early && !said->ended))
        return;
    side->message[id / 2] = a;
    for (unsigned i = 0; i < a->interim; i++) {
        n = list_of(interim, 2, list);
        nghttp2_submit_headers(side->session, 0, id, NULL, list, n, NULL);
    }
    n = list_of(status, 2, list);
    n += list_of(a->fields, 8, list + n);
    if (nghttp2_submit_response(
            side->session, id, list, n,
            a->body.len || a->tail[0] || a->open || a->reset ? &body : NULL))
        abort();
}

static void head_done(struct h2_said *said)
{
    bool interim = str_starts(buf_str(&said->head), STR(":status: 1"));

    said->interim += interim;
    said->headed |= !interim;
    if (interim)
        buf_clear(&said->head);
}

static int on_frame(nghttp2_session *session, const nghttp2_frame *frame,
                    void *user)
{
    struct h2_side *side = user;

    (void)session;
    if (frame->hd.type == NGHTTP2_GOAWAY)
        side->goaway = frame->goaway.error_code + 1;
    if (frame->hd.type == NGHTTP2_PING)
        side->pings++;
    if (frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA)
        return 0;
    if (frame->hd.type == NGHTTP2_HEADERS)
        head_done(said_of(side, frame->hd.stream_id));
    if (frame->hd.flags & NGHTTP2_FLAG_END_STREAM)
        said_of(side, frame->hd.stream_id)->ended = true;
    side->last = frame->hd.stream_id;
    if (side == &side->world->net)
        answer(side, frame->hd.stream_id);
    return 0;
}

static int on_close(nghttp2_session *session, int32_t id, uint32_t code,
                    void *user)
{
    (void)session;
    said_of(user, id)->closed = true;
    said_of(user, id)->code = code;
    return 0;
}

/* ---- Sending ------------------------------------------------------------ */

static ssize_t on_read(nghttp2_session *session, int32_t id, uint8_t *out,
                       size_t size, uint32_t *flags, nghttp2_data_source *from,
                       void *user)
{
    struct h2_side *side = user;
    bool asks = side == &side->world->app;
    const struct h2_ask *ask = side->message[id / 2];
    const struct h2_answer *ans = side->message[id / 2];
    struct str all = asks ? ask->body : ans->body;
    const char *const *tail = asks ? ask->tail : ans->tail;
    size_t *sent = &side->sent[id / 2];
    struct str left = str_skip(all, *sent);
    nghttp2_nv list[4];
    size_t n;

    (void)from;
    if (!asks && ans->piece > 0 && ans->piece < size)
        size = ans->piece;
    left = str_head(left, size);
    if (left.len > 0)
        memcpy(out, left.ptr, left.len);
    *sent += left.len;
    if (*sent < all.len || (asks && ask->late_end && left.len > 0))
        return (ssize_t)left.len;
    if (asks ? ask->open : ans->open)
        return left.len > 0 ? (ssize_t)left.len : NGHTTP2_ERR_DEFERRED;
    if (!asks && ans->reset) {
        if (left.len > 0)
            return (ssize_t)left.len;
        nghttp2_submit_rst_stream(session, 0, id, ans->reset);
        return NGHTTP2_ERR_DEFERRED;
    }
    *flags |= NGHTTP2_DATA_FLAG_EOF;
    n = list_of(tail, 4, list);
    if (n > 0) {
        *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
        nghttp2_submit_trailer(session, id, list, n);
    }
    return (ssize_t)left.len;
}

size_t h2_world_ask(struct h2_world *w, const struct h2_ask *ask)
{
    const char *fields[16] = {":method", ask->method,
                              ":scheme", ask->scheme ? ask->scheme : "https",
                              ":path",   ask->path};
    nghttp2_data_provider body = {.read_callback = on_read};
    size_t n = 6, k = 0;
    nghttp2_nv list[16];
    int32_t id;

    if (ask->authority != NULL) {
        fields[n++] = ":authority";
        fields[n++] = ask->authority;
    }
    n = list_of(fields, n + 1, list);
    k = list_of(ask->fields, 8, list + n);
    id = nghttp2_submit_request(
        w->app.session, NULL, list, n + k,
        ask->body.len || ask->tail[0] || ask->open || ask->late_end ? &body
                                                                    : NULL,
        NULL);
    if (id < 0)
        abort();
    w->app.message[id / 2] = ask;
    return (size_t)id / 2;
}

/* ---- The world ---------------------------------------------------------- */

static void side_begin(struct h2_side *side, struct h2_world *w, bool server)
{
    nghttp2_session_callbacks *cb;
    nghttp2_option *opt;

    side->world = w;
    buf_init(&side->wire, 4 * (size_t)LIM_OUT);
    for (size_t i = 0; i < H2_MOST; i++) {
        buf_init(&side->said[i].head, MIB);
        buf_init(&side->said[i].body, LIM_OUT);
        buf_init(&side->said[i].tail, MIB);
    }
    if (nghttp2_session_callbacks_new(&cb) || nghttp2_option_new(&opt))
        abort();
    nghttp2_session_callbacks_set_on_header_callback(cb, on_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(cb, on_data);
    nghttp2_session_callbacks_set_on_frame_recv_callback(cb, on_frame);
    nghttp2_session_callbacks_set_on_stream_close_callback(cb, on_close);
    nghttp2_option_set_no_auto_window_update(opt, 1);
    if (server ? nghttp2_session_server_new2(&side->session, cb, side, opt)
               : nghttp2_session_client_new2(&side->session, cb, side, opt))
        abort();
    nghttp2_session_callbacks_del(cb);
    nghttp2_option_del(opt);
}

void h2_world_begin(struct h2_world *w, struct engine *eng, const char *host,
                    h2_answers *answers)
{
    struct peer peer = {.host = str_of(host), .door = "test"};

    *w = (struct h2_world){.answers = answers};
    w->conn = conn_new(eng, &peer);
    if (w->conn == NULL)
        abort();
    side_begin(&w->app, w, false);
    side_begin(&w->net, w, true);
    nghttp2_submit_settings(w->app.session, 0, NULL, 0);
}

/* What a session has to say, to the conn. */
static bool speak(struct h2_world *w, struct h2_side *side, enum dir d)
{
    const uint8_t *p;
    struct str rest;
    ssize_t n = nghttp2_session_mem_send(side->session, &p);

    if (n < 0)
        abort();
    rest = (struct str){(const char *)p, (size_t)n};
    keep(&side->wire, rest);
    while (rest.len > 0) {
        size_t said;
        struct str piece = str_head(rest, w->every ? w->every : rest.len);

        said = conn_ready(w->conn, d == DIR_SEND ? DIR_RECV : DIR_SEND).len;
        if (d == DIR_SEND)
            conn_send(w->conn, piece);
        else
            conn_recv(w->conn, piece);
        w->out_of_turn +=
            conn_ready(w->conn, d == DIR_SEND ? DIR_RECV : DIR_SEND).len !=
            said;
        rest = str_skip(rest, piece.len);
    }
    return n > 0;
}

static bool hear(struct h2_world *w, struct h2_side *side, enum dir d)
{
    struct str ready = conn_ready(w->conn, d);
    struct str piece = str_head(ready, w->every ? w->every : ready.len);

    if (ready.len > w->most)
        w->most = ready.len;
    if (piece.len == 0)
        return false;
    (void)!nghttp2_session_mem_recv(side->session, (const uint8_t *)piece.ptr,
                                    piece.len);
    conn_taken(w->conn, d, piece.len);
    return true;
}

void h2_world_run(struct h2_world *w)
{
    bool more = true;

    if (w->settings[0].settings_id) {
        size_t n = 0;

        while (n < 4 && w->settings[n].settings_id)
            n++;
        nghttp2_submit_settings(w->net.session, 0, w->settings, n);
        w->settings[0].settings_id = 0;
    } else if (w->net.wire.len == 0) {
        nghttp2_submit_settings(w->net.session, 0, NULL, 0);
    }
    while (more) {
        more = speak(w, &w->app, DIR_SEND);
        more |= hear(w, &w->net, DIR_SEND);
        more |= !w->deaf && speak(w, &w->net, DIR_RECV);
        more |= hear(w, &w->app, DIR_RECV);
    }
}

void h2_world_end(struct h2_world *w)
{
    conn_end(w->conn, DIR_RECV);
    while (hear(w, &w->app, DIR_RECV))
        ;
}

static void side_free(struct h2_side *side)
{
    nghttp2_session_del(side->session);
    buf_free(&side->wire);
    for (size_t i = 0; i < H2_MOST; i++) {
        buf_free(&side->said[i].head);
        buf_free(&side->said[i].body);
        buf_free(&side->said[i].tail);
    }
}

void h2_world_free(struct h2_world *w)
{
    conn_free(w->conn);
    side_free(&w->app);
    side_free(&w->net);
}
