#include "wire/ws.h"

#include "base/utf8.h"

/*
 * A frame's head has 2 to 14 bytes, and says in its first two how many:
 *
 *   F000oooo M lllllll [length 16 or 64] [mask 32] payload
 *
 * Everything that can be wrong with a frame is known from its head, and said
 * before its payload has come. Control frames have buffers of their own: they
 * may stand between the frames of a message.
 */

#define RAW_PER_BYTE 4 /* frame bytes of a message, for each of its payload */

void ws_init(struct ws *w, bool masked, size_t max)
{
    *w = (struct ws){.masked = masked, .max = max};
    w->frame.need = 2;
    buf_init(&w->raw, RAW_PER_BYTE * max + sizeof(w->frame.head));
    buf_init(&w->data, max);
    buf_init(&w->control_raw, WS_CONTROL + sizeof(w->frame.head));
    buf_init(&w->control_data, WS_CONTROL);
}

void ws_free(struct ws *w)
{
    buf_wipe_free(&w->raw);
    buf_wipe_free(&w->data);
    buf_wipe_free(&w->control_raw);
    buf_wipe_free(&w->control_data);
}

static enum err bad(struct ws *w, enum err e, const char *why)
{
    w->why = why;
    w->failed = e;
    return e;
}

static struct buf *raw_of(struct ws *w)
{
    return w->frame.control ? &w->control_raw : &w->raw;
}

static struct buf *data_of(struct ws *w)
{
    return w->frame.control ? &w->control_data : &w->data;
}

static void forget_given(struct ws *w)
{
    if (w->given) {
        buf_clear(&w->raw);
        buf_clear(&w->data);
    }
    if (w->control_given) {
        buf_clear(&w->control_raw);
        buf_clear(&w->control_data);
    }
    w->given = w->control_given = false;
}

/* ---- Heads -------------------------------------------------------------- */

/* What the opcode may be here (sections 5.4, 5.5). */
static enum err check_opcode(struct ws *w, unsigned opcode, unsigned length)
{
    struct ws_frame *f = &w->frame;

    f->control = opcode >= 8;
    if (f->control) {
        if (opcode > WS_PONG)
            return bad(w, E_SYNTAX, "WebSocket: a reserved opcode");
        if (!f->final || length > WS_CONTROL)
            return bad(w, E_SYNTAX,
                       "WebSocket: a control frame that is long "
                       "or in pieces");
        return OK;
    }
    if (opcode > WS_BINARY)
        return bad(w, E_SYNTAX, "WebSocket: a reserved opcode");
    if (w->open != (opcode == 0))
        return bad(w, E_SYNTAX,
                   w->open ? "WebSocket: a message within a message"
                           : "WebSocket: a piece of no message");
    return OK;
}

/* The first two bytes. */
static enum err head_begin(struct ws *w)
{
    struct ws_frame *f = &w->frame;
    unsigned first = f->head[0], length = f->head[1] & 0x7fu;
    bool masked = (f->head[1] & 0x80u) != 0;
    enum err e;

    if ((first & 0x70u) != 0)
        return bad(w, E_SYNTAX, "WebSocket: a reserved bit is set");
    if (masked != w->masked)
        return bad(w, E_SYNTAX,
                   masked ? "WebSocket: a server's frame with a mask"
                          : "WebSocket: a client's frame without a mask");
    f->final = (first & 0x80u) != 0;
    if ((e = check_opcode(w, first & 0xfu, length)))
        return e;
    f->need = 2 +
              (length == 126   ? 2u
               : length == 127 ? 8u
                               : 0u) +
              (masked ? 4u : 0u);
    return OK;
}

static enum err head_length(struct ws *w)
{
    struct ws_frame *f = &w->frame;
    unsigned length = f->head[1] & 0x7fu;
    size_t bytes = length == 126 ? 2 : length == 127 ? 8 : 0;
    uint64_t n = bytes > 0 ? 0 : length;

    for (size_t i = 0; i < bytes; i++)
        n = n << 8 | f->head[2 + i];
    if (n >> 63 != 0 || (bytes == 2 && n < 126) || (bytes == 8 && n <= 0xffff))
        return bad(w, E_SYNTAX,
                   "WebSocket: a length in a form it may not have");
    if (!f->control && n > w->max - w->data.len)
        return bad(w, E_LIMIT, "WebSocket: a message over the limit");
    f->left = n;
    return OK;
}

/* The head is complete: a message may begin with it. */
static enum err head_end(struct ws *w)
{
    struct ws_frame *f = &w->frame;
    enum err e;

    if ((e = head_length(w)))
        return e;
    if (!f->control && !w->open) {
        w->open = true;
        w->kind = (enum ws_kind)(f->head[0] & 0xfu);
        memset(w->key, 0, sizeof(w->key));
        if (w->masked)
            memcpy(w->key, f->head + f->need - 4, sizeof(w->key));
    }
    e = buf_add(raw_of(w), (struct str){(const char *)f->head, f->need});
    return e ? bad(w, e, "WebSocket: very small frames") : OK;
}

/* True once the head is complete. */
static enum err head_next(struct ws *w, struct str *in)
{
    struct ws_frame *f = &w->frame;
    enum err e;

    while (f->have < f->need) {
        if (in->len == 0)
            return E_AGAIN;
        f->head[f->have++] = (unsigned char)in->ptr[0];
        *in = str_skip(*in, 1);
        if (f->have == 2 && (e = head_begin(w)))
            return e;
        if (f->have == f->need && (e = head_end(w)))
            return e;
    }
    return OK;
}

/* ---- Payloads ----------------------------------------------------------- */

static enum err payload_next(struct ws *w, struct str *in)
{
    struct ws_frame *f = &w->frame;
    struct buf *data = data_of(w);
    struct str piece;
    size_t from = data->len;
    enum err e;

    piece = str_head(*in, f->left < in->len ? (size_t)f->left : in->len);
    if ((e = buf_add(raw_of(w), piece)) || (e = buf_add(data, piece)))
        return bad(w, e, "WebSocket: very small frames");
    if (w->masked)
        for (size_t i = from; i < data->len; i++)
            data->ptr[i] = (char)((unsigned char)data->ptr[i] ^
                                  f->head[f->need - 4 + (f->at++ & 3)]);
    if (piece.len > 0)
        *in = str_skip(*in, piece.len);
    f->left -= piece.len;
    return f->left > 0 ? E_AGAIN : OK;
}

/* Codes that stand in frames (section 7.4, and the registry it made). */
static bool is_code(unsigned code)
{
    return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
           (code >= 3000 && code <= 4999);
}

static enum err close_check(struct ws *w, struct str data)
{
    unsigned code;

    if (data.len == 0)
        return OK;
    if (data.len == 1)
        return bad(w, E_SYNTAX, "WebSocket: a close frame with half a code");
    code =
        (unsigned)(unsigned char)data.ptr[0] << 8 | (unsigned char)data.ptr[1];
    if (!is_code(code))
        return bad(w, E_SYNTAX, "WebSocket: a close code that is none");
    if (!utf8_valid(str_skip(data, 2)))
        return bad(w, E_SYNTAX, "WebSocket: text that is not UTF-8");
    return OK;
}

static enum err control_item(struct ws *w, struct ws_item *ret)
{
    const struct ws_frame *f = &w->frame;
    struct ws_item item = {
        .kind = (enum ws_kind)(f->head[0] & 0xfu),
        .raw = buf_str(&w->control_raw),
        .data = buf_str(&w->control_data),
    };
    enum err e;

    w->control_given = true;
    if (item.kind == WS_CLOSE && (e = close_check(w, item.data)))
        return e;
    if (w->masked)
        memcpy(item.key, f->head + f->need - 4, sizeof(item.key));
    *ret = item;
    return OK;
}

static enum err message_item(struct ws *w, struct ws_item *ret)
{
    w->open = false;
    w->given = true;
    if (w->kind == WS_TEXT && !utf8_valid(buf_str(&w->data)))
        return bad(w, E_SYNTAX, "WebSocket: text that is not UTF-8");
    ret->kind = w->kind;
    ret->raw = buf_str(&w->raw);
    ret->data = buf_str(&w->data);
    memcpy(ret->key, w->key, sizeof(ret->key));
    return OK;
}

enum err ws_next(struct ws *w, struct str *in, struct ws_item *ret_item)
{
    enum err e;

    forget_given(w);
    while (!(e = w->failed) && !(e = head_next(w, in)) &&
           !(e = payload_next(w, in))) {
        bool control = w->frame.control, final = w->frame.final;

        e = control ? control_item(w, ret_item)
            : final ? message_item(w, ret_item)
                    : OK;
        w->frame = (struct ws_frame){.need = 2};
        if (e || control || final)
            return e;
    }
    return e;
}

/* ---- Writing ------------------------------------------------------------ */

enum err ws_put(enum ws_kind kind, const unsigned char *key, struct str data,
                struct buf *out)
{
    unsigned char head[14] = {(unsigned char)(0x80u | (unsigned)kind)};
    unsigned mask = key != NULL ? 0x80u : 0;
    size_t bytes = data.len < 126 ? 0 : data.len <= 0xffff ? 2 : 8;
    size_t n = 2, from;
    enum err e;

    head[1] = (unsigned char)(mask | (bytes == 0   ? (unsigned)data.len
                                      : bytes == 2 ? 126u
                                                   : 127u));
    for (size_t i = bytes; i > 0; i--)
        head[n++] = (unsigned char)((uint64_t)data.len >> (8 * (i - 1)));
    if (key != NULL) {
        memcpy(head + n, key, 4);
        n += 4;
    }
    if ((e = buf_reserve(out, n + data.len)) ||
        (e = buf_add(out, (struct str){(const char *)head, n})))
        return e;
    from = out->len;
    if ((e = buf_add(out, data)))
        return e;
    for (size_t i = 0; key != NULL && i < data.len; i++)
        out->ptr[from + i] =
            (char)((unsigned char)out->ptr[from + i] ^ key[i & 3]);
    return OK;
}

enum err ws_put_close(unsigned code, const unsigned char *key,
                      struct str reason, struct buf *out)
{
    char data[WS_CONTROL] = {(char)(code >> 8), (char)(code & 0xff)};

    reason = str_head(reason, sizeof(data) - 2);
    reason.len -= utf8_tail(reason);
    if (reason.len > 0)
        memcpy(data + 2, reason.ptr, reason.len);
    return ws_put(WS_CLOSE, key, (struct str){data, 2 + reason.len}, out);
}

/* ---- The handshake ------------------------------------------------------ */

static bool only_field(const struct http_head *h, struct str name,
                       struct str *ret_value)
{
    return http_field_count(h, name) == 1 && http_field_get(h, name, ret_value);
}

bool ws_asked(const struct http_head *h)
{
    struct str upgrade, key, version;

    return str_eq(http_head_str(h, h->method), STR("GET")) && h->minor == 1 &&
           only_field(h, STR("upgrade"), &upgrade) &&
           str_eq_nocase(upgrade, STR("websocket")) &&
           only_field(h, STR("sec-websocket-key"), &key) && key.len > 0 &&
           only_field(h, STR("sec-websocket-version"), &version) &&
           str_eq(version, STR("13"));
}

bool ws_agreed(const struct http_head *h)
{
    struct str upgrade;

    return h->status == 101 && only_field(h, STR("upgrade"), &upgrade) &&
           str_eq_nocase(upgrade, STR("websocket")) &&
           http_field_count(h, STR("sec-websocket-extensions")) == 0;
}
