/*
 * A connection's worth of requests or responses. Laws: how the bytes are cut
 * changes nothing; a head written without edits, and a body re-framed without
 * changes, are the bytes that came.
 */
#include <stdint.h>
#include <stdlib.h>

#include "wire/body.h"
#include "wire/rechunk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define LAW(cond)                                                              \
    do {                                                                       \
        if (!(cond))                                                           \
            __builtin_trap();                                                  \
    } while (0)

struct reader {
    struct http_head head;
    struct http_body body;
    struct rechunk rechunk;
    bool in_body, ended, chunked;
    enum err e;
    struct buf out;  /* all messages, written again */
    struct buf seen; /* verdicts, content, ends     */
};

static void reader_init(struct reader *r, enum http_kind kind)
{
    http_head_init(&r->head, kind);
    r->in_body = r->ended = r->chunked = false;
    r->e = E_AGAIN;
    buf_init(&r->out, 64 * MIB);
    buf_init(&r->seen, 64 * MIB);
}

static void reader_free(struct reader *r)
{
    if (r->in_body) {
        http_body_free(&r->body);
        rechunk_free(&r->rechunk);
    }
    http_head_free(&r->head);
    buf_free(&r->out);
    buf_free(&r->seen);
}

static void head_done(struct reader *r)
{
    struct http_asked asked = {0};
    struct http_message m;
    struct buf path;

    LAW(http_head_write(&r->head, NULL, 0, &r->out) == OK);
    LAW(str_ends(buf_str(&r->out), buf_str(&r->head.raw)));
    if (r->head.kind == HTTP_REQUEST) {
        buf_init(&path, LIM_HEAD);
        (void)!http_route_path(http_head_str(&r->head, r->head.target), &path);
        buf_free(&path);
        r->e = http_request_framing(&r->head, &m);
    } else {
        r->e = http_response_framing(&r->head, asked, &m);
    }
    LAW((r->e == OK) == (r->head.why == NULL));
    if (r->e != OK)
        return;
    http_body_init(&r->body, m.framing, m.length);
    rechunk_init(&r->rechunk);
    r->chunked = m.framing == FRAMING_CHUNKED;
    r->in_body = true;
}

static void event(struct reader *r, const struct body_event *ev)
{
    enum err e = OK;

    if (ev->kind == BODY_CHUNK_LINE)
        e = rechunk_line(&r->rechunk, ev->bytes, ev->size);
    else if (ev->kind == BODY_PIECE && r->chunked)
        e = rechunk_put(&r->rechunk, ev->bytes, ev->bytes.len, true, &r->out);
    else if (ev->kind == BODY_PIECE)
        e = buf_add(&r->out, ev->bytes);
    else if (r->chunked)
        e = rechunk_end(&r->rechunk, ev->bytes, &r->out);
    LAW(e == OK);
    if (ev->kind == BODY_PIECE)
        LAW(buf_add(&r->seen, ev->bytes) == OK);
    if (ev->kind != BODY_END)
        return;
    http_body_free(&r->body);
    rechunk_free(&r->rechunk);
    http_head_reset(&r->head);
    r->in_body = false;
    LAW(buf_add(&r->seen, STR("|")) == OK);
}

static void feed(struct reader *r, struct str in)
{
    struct body_event ev;

    while (r->e == OK || r->e == E_AGAIN) {
        if (!r->in_body) {
            r->e = http_head_feed(&r->head, &in);
            if (r->e == OK)
                head_done(r);
        } else {
            r->e = http_body_next(&r->body, &in, &ev);
            if (r->e == OK)
                event(r, &ev);
        }
        if (r->e == E_AGAIN) {
            LAW(in.len == 0);
            return;
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct reader whole, cut;
    enum http_kind kind;
    size_t step;
    struct str in;

    if (size < 2)
        return 0;
    kind = data[0] & 1 ? HTTP_REQUEST : HTTP_RESPONSE;
    step = (size_t)(data[0] >> 1) + 1;
    in = (struct str){(const char *)data + 1, size - 1};
    reader_init(&whole, kind);
    reader_init(&cut, kind);
    feed(&whole, in);
    for (size_t at = 0; at < in.len; at += step)
        feed(&cut, str_head(str_skip(in, at), step));
    LAW(whole.e == cut.e);
    LAW(whole.head.severe == cut.head.severe);
    LAW(whole.in_body == cut.in_body);
    LAW(str_eq(buf_str(&whole.seen), buf_str(&cut.seen)));
    LAW(str_eq(buf_str(&whole.out), buf_str(&cut.out)));
    reader_free(&whole);
    reader_free(&cut);
    return 0;
}
