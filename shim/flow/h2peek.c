#include "flow/h2peek.h"

#include <nghttp2/nghttp2.h>
#include <stdlib.h>

#include "wire/h2guard.h"

#define PREFACE                                                                \
    ((size_t)24)           /* bytes before the first frame (RFC 9113, 3.4)     \
                            */
#define HEADER ((size_t)9) /* of a frame (4.1)                             */

struct h2peek {
    size_t preface; /* bytes of it to come                          */
    uint8_t header[HEADER];
    size_t have;      /* bytes of that                               */
    size_t left;      /* bytes of the frame behind it to come        */
    size_t frame;     /* in held: where they begin                   */
    bool holds;       /* the first HEADERS has begun                 */
    struct buf held;  /* all since then                              */
    struct buf block; /* its field block (4.3)                       */
    struct buf host;  /* what that says of the host                  */
    bool nomem;
};

void h2peek_free(struct h2peek *p)
{
    if (p == NULL)
        return;
    buf_wipe_free(&p->held);
    buf_wipe_free(&p->block);
    buf_free(&p->host);
    free(p);
}

/* ---- The first request -------------------------------------------------- */

static void note_host(struct h2peek *p, const nghttp2_nv *nv)
{
    struct str name = {(const char *)nv->name, nv->namelen};
    struct str value = {(const char *)nv->value, nv->valuelen};

    if (!str_eq(name, STR(":authority")) &&
        !(str_eq(name, STR("host")) && p->host.len == 0))
        return;
    buf_clear(&p->host);
    p->nomem |= buf_add(&p->host, str_head(value, p->host.max)) == E_NOMEM;
}

/* Errors are the server's to find: it reads the same block. */
static void inflate(void *arg)
{
    struct h2peek *p = arg;
    const uint8_t *in = (const uint8_t *)p->block.ptr;
    size_t left = p->block.len;
    nghttp2_hd_inflater *hd;
    int flags = 0;

    p->nomem = nghttp2_hd_inflate_new(&hd) != 0;
    while (!p->nomem && !(flags & NGHTTP2_HD_INFLATE_FINAL)) {
        nghttp2_nv nv;
        ssize_t n =
            nghttp2_hd_inflate_hd2(hd, &nv, &flags, in, left, /* final */ 1);

        p->nomem |= n == NGHTTP2_ERR_NOMEM;
        if (n < 0)
            break;
        in += n;
        left -= (size_t)n;
        if (flags & NGHTTP2_HD_INFLATE_EMIT)
            note_host(p, &nv);
        else if (n == 0 && !(flags & NGHTTP2_HD_INFLATE_FINAL))
            break;
    }
    if (hd != NULL)
        nghttp2_hd_inflate_del(hd);
}

static bool is_ours(struct conn *c)
{
    struct str host, port_text;
    uint64_t port = c->port;

    if (!http_host_split(buf_str(&c->peek->host), &host, &port_text) ||
        host.len == 0 || (port_text.len > 0 && str_u64(port_text, &port)) ||
        !engine_watches(c->eng, host, (uint16_t)port))
        return false;
    if (buf_add(&c->host, str_head(host, c->host.max)))
        buf_clear(&c->host); /* for the record only */
    return true;
}

static void refuse(struct conn *c)
{
    struct exchange *ex;

    if (conn_exchange(c, &ex)) {
        conn_fail(c, COND_NOMEM, NULL);
        return;
    }
    ex->provider = providers_route(c->eng->providers, buf_str(&c->host),
                                   c->port, STR(""), STR("/"));
    exchange_cond(ex, COND_UNKNOWN_PROTOCOL,
                  "HTTP/2 to a model host through another one");
    if (exchange_blocked(ex))
        conn_fail(c, COND_UNKNOWN_PROTOCOL, NULL);
}

/* All that was held, and what is left. */
static void pass(struct conn *c, struct str rest)
{
    conn_pass(c);
    if (conn_out(c, DIR_SEND, buf_str(&c->peek->held)) ||
        conn_out(c, DIR_SEND, rest))
        conn_fail(c, COND_NOMEM, NULL);
}

static void decide(struct conn *c)
{
    struct h2peek *p = c->peek;

    if (!h2guard_run(inflate, p))
        conn_fail(c, COND_INTERNAL, "a library's assertion");
    else if (p->nomem)
        conn_fail(c, COND_NOMEM, NULL);
    else if (is_ours(c))
        refuse(c);
}

/* ---- Frames ------------------------------------------------------------- */

/* The fields in the frame that is complete, without padding and priority. */
static struct str fragment(const struct h2peek *p)
{
    struct str s = str_skip(buf_str(&p->held), p->frame);
    uint8_t flags = p->header[4];
    size_t padding = 0;

    if (p->header[3] != NGHTTP2_HEADERS)
        return s;
    if (flags & NGHTTP2_FLAG_PADDED && s.len > 0) {
        padding = (uint8_t)s.ptr[0];
        s = str_skip(s, 1);
    }
    if (flags & NGHTTP2_FLAG_PRIORITY)
        s = str_skip(s, 5);
    return str_head(s, s.len > padding ? s.len - padding : 0);
}

/* A frame is complete. True: with it, the first request's head. */
static bool frame_done(struct h2peek *p)
{
    uint8_t type = p->header[3];

    p->have = 0;
    if (!p->holds || (type != NGHTTP2_HEADERS && type != NGHTTP2_CONTINUATION))
        return false;
    p->nomem |= buf_add(&p->block, fragment(p)) == E_NOMEM;
    return p->header[4] & NGHTTP2_FLAG_END_HEADERS;
}

/* Bytes leave, or are held. E_LIMIT: more than any head has. */
static enum err forward(struct conn *c, struct str bytes)
{
    struct h2peek *p = c->peek;

    return p->holds ? buf_add(&p->held, bytes) : conn_out(c, DIR_SEND, bytes);
}

/* The next bytes of a frame's header. */
static enum err header(struct conn *c, struct str *in)
{
    struct h2peek *p = c->peek;
    size_t n = HEADER - p->have < in->len ? HEADER - p->have : in->len;
    enum err e;

    memcpy(p->header + p->have, in->ptr, n);
    p->have += n;
    *in = str_skip(*in, n);
    if (p->have < HEADER)
        return OK;
    p->left =
        (size_t)p->header[0] << 16 | (size_t)p->header[1] << 8 | p->header[2];
    p->holds |= p->header[3] == NGHTTP2_HEADERS;
    e = forward(c, (struct str){(const char *)p->header, HEADER});
    p->frame = p->held.len;
    return e;
}

static enum err payload(struct conn *c, struct str *in)
{
    struct str piece = str_head(*in, c->peek->left);

    c->peek->left -= piece.len;
    *in = str_skip(*in, piece.len);
    return forward(c, piece);
}

static enum err preface(struct conn *c, struct str *in)
{
    struct str piece = str_head(*in, c->peek->preface);

    c->peek->preface -= piece.len;
    *in = str_skip(*in, piece.len);
    return forward(c, piece);
}

void h2peek_send(struct conn *c, struct str in)
{
    struct h2peek *p = c->peek;
    bool done = false;
    enum err e = OK;

    while (in.len > 0 && !e && !done) {
        if (p->preface > 0)
            e = preface(c, &in);
        else if (p->have < HEADER)
            e = header(c, &in);
        else
            e = payload(c, &in);
        if (!e && p->have == HEADER && p->left == 0)
            done = frame_done(p);
    }
    if (done)
        decide(c);
    if (e && e != E_LIMIT)
        conn_fail(c, COND_NOMEM, NULL);
    else if ((done || e) && c->state == CONN_OPEN)
        pass(c, in);
}

void h2peek_end(struct conn *c)
{
    pass(c, STR(""));
}

void h2peek_open(struct conn *c, struct str early)
{
    struct h2peek *p = calloc(1, sizeof(*p));

    if (p == NULL) {
        conn_fail(c, COND_NOMEM, NULL);
        return;
    }
    p->preface = PREFACE;
    buf_init(&p->held, 2 * (size_t)LIM_HEAD);
    buf_init(&p->block, 2 * (size_t)LIM_HEAD);
    buf_init(&p->host, LIM_HEAD_LINE);
    c->peek = p;
    if (c->ahead.len > 0 && conn_out(c, DIR_RECV, buf_str(&c->ahead)))
        conn_fail(c, COND_NOMEM, NULL);
    buf_clear(&c->ahead);
    h2peek_send(c, early);
}
