#ifndef SP_WIRE_WS_H
#define SP_WIRE_WS_H

#include "wire/head.h"

/*
 * WebSocket (RFC 6455): the handshake's fields, a reader of messages and a
 * writer of frames. No extension is ever agreed on, so reserved bits are
 * errors.
 *
 *   text, first half   ping   text, second half
 *   [01 ........]      [89]   [80 ........]
 *   |-- raw ----|             |-- raw ----|     one message, two frames
 *                      |raw|                    a message between them
 */

enum ws_kind { /* the opcodes (section 5.2) */
    WS_TEXT = 0x1,
    WS_BINARY = 0x2,
    WS_CLOSE = 0x8,
    WS_PING = 0x9,
    WS_PONG = 0xa,
};

#define WS_CONTROL 125 /* bytes of a control frame's payload (section 5.5) */

/* One message, or one control frame. Borrowed until the next call. */
struct ws_item {
    enum ws_kind kind;
    struct str raw;       /* its frames, as they came                       */
    struct str data;      /* the payload, unmasked; of a text valid UTF-8   */
    unsigned char key[4]; /* the mask of its first frame; zeros without one */
};

/* A frame in work. */
struct ws_frame {
    unsigned char head[14];
    size_t have, need; /* bytes of the head                    */
    uint64_t left;     /* payload to come                      */
    size_t at;         /* place in the mask                    */
    bool final, control;
};

struct ws {
    bool masked; /* the frames of this side carry a mask     */
    size_t max;  /* payload of one message                   */
    struct ws_frame frame;
    bool open; /* a message has begun and is not complete  */
    enum ws_kind kind;
    unsigned char key[4];
    struct buf raw, data;                 /* owned; of the message    */
    struct buf control_raw, control_data; /* owned                    */
    bool given, control_given;            /* have been given out      */
    enum err failed;
    const char *why; /* after an error: what is wrong, static; else NULL */
};

/*
 * ws_init - a reader of one side: `masked` for the client's, whose frames all
 * carry a mask (section 5.1). max: bytes of one message's payload; its frames
 * may be four times as long.
 */
void ws_init(struct ws *w, bool masked, size_t max);
void ws_free(struct ws *w);

/*
 * ws_next - the next message or control frame. Takes bytes from the front of
 * *in, at most to its end.
 *
 * OK        *ret_item is set
 * E_AGAIN   *in is used up
 * E_SYNTAX  a mask where none is due, or none where one is; a reserved bit or
 *           opcode; a length not in its shortest form; a control frame that is
 *           long or in pieces; a message within a message, or a piece of none;
 *           text that is not UTF-8; a close frame with half a code or one that
 *           may not be sent (section 7.4)
 * E_LIMIT   a message of more than max bytes, or of very small frames
 * E_NOMEM
 * An error is final: later calls give it again; w->why says what is wrong.
 */
MUST_USE enum err ws_next(struct ws *w, struct str *in,
                          struct ws_item *ret_item);

/*
 * ws_put - append one message as one frame. `key`: the mask, four bytes; NULL
 * for none. Errors as buf_add; all or nothing.
 */
MUST_USE enum err ws_put(enum ws_kind kind, const unsigned char *key,
                         struct str data, struct buf *out);

/* ws_put_close - a close frame; the reason is cut at what fits. As ws_put. */
MUST_USE enum err ws_put_close(unsigned code, const unsigned char *key,
                               struct str reason, struct buf *out);

/*
 * ws_asked - a request that opens a WebSocket (section 4.1): GET, HTTP/1.1,
 * exactly one Upgrade field, which is "websocket"; one Sec-WebSocket-Key; one
 * Sec-WebSocket-Version, 13.
 */
bool ws_asked(const struct http_head *h);

/*
 * ws_agreed - the answer to it that is one (section 4.2.2), with no extension.
 * Whether Sec-WebSocket-Accept fits the key is for the client to check.
 */
bool ws_agreed(const struct http_head *h);

#endif
