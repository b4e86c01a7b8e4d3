#ifndef SP_FLOW_H2_H
#define SP_FLOW_H2_H

#include <nghttp2/nghttp2.h>

#include "flow/conn.h"
#include "wire/h2head.h"

/*
 * A connection that speaks HTTP/2 (RFC 9113). Two sessions of libnghttp2 stand
 * back to back, without I/O: to the application we are the server, to the
 * network the client. Each stream is a conn of its own, which reads HTTP/1.1:
 *
 *   app -> [ server session ] -> HTTP/1.1 -> conn -> HTTP/1.1 -> [ client ] ->
 * net app <- [ of nghttp2     ] <- HTTP/1.1 <- conn <- HTTP/1.1 <- [ session]
 * <- net
 *
 * so that rules, refusals, edits, the holding of streams and the record are
 * those of HTTP/1.1, stream by stream: a block is an answer on its stream, and
 * the others go on. A message may be changed on the way only as HTTP itself
 * lets an intermediary do: other frames, the same fields in the same order, the
 * same content, the same trailers.
 */
struct h2;

/*
 * h2_open - the application has begun with the preface; `early` is all that it
 * has said. What goes wrong becomes a state of the connection.
 */
void h2_open(struct conn *c, struct str early);

/* Bytes of either side, as conn_send and conn_recv; c->h2 is not NULL. */
void h2_send(struct conn *c, struct str in);
void h2_recv(struct conn *c, struct str in);

/* h2_eof - the network has ended. */
void h2_eof(struct conn *c);

/* h2_taken - bytes have left this queue: there may be more. */
void h2_taken(struct conn *c, enum dir d);

/* h2_free - NULL is allowed. */
void h2_free(struct h2 *h2);

/* ---- What follows is for the two files of it. ---------------------------- */

/* One message of a stream: what the inner conn lets out, on its way. */
enum h2_phase {
    H2_HEAD,  /* its head has not come                                     */
    H2_BODY,  /* content comes                                             */
    H2_ENDED, /* all of it is in `data` and `tail`                         */
};

struct h2_way {
    enum h2_phase phase;
    bool begun;   /* the head has been given to the library       */
    bool headed;  /* of a response: its final head has come       */
    bool fed_end; /* the inner conn has had the whole message     */
    bool chunked; /* ... and it reads chunks                      */
    bool cut;     /* nothing follows but a reset, with cut_code   */
    uint32_t cut_code;
    struct http_body body; /* of the inner conn's output                   */
    struct queue data;     /* content that waits for the receiver's window */
    struct buf tail;       /* trailers, as lines                           */
    struct h2head in;      /* the section that is being received           */
    size_t owed;           /* bytes whose window the sender has not got back */
};

struct h2_stream {
    struct h2 *h2;
    struct h2_stream *next, *prev;
    struct conn *inner; /* owned */
    int32_t id[2];      /* by enum dir: the network's (0: not yet begun), the
                           application's                                   */
    bool open[2];       /* by enum dir: the library knows it               */
    bool stopped[2];    /* by enum dir: it has been reset by us            */
    bool dead;          /* h2_stream_reset                                    */
    bool no_body;       /* HEAD was asked                                  */
    bool waits;         /* the head waits for content: see h2_stream_request  */
    unsigned interim;   /* 1xx so far                                      */
    size_t held;        /* as counted in h2->held                          */
    char scheme[8];
    struct h2_origin origin;
    struct h2_way way[2]; /* by enum dir */
};

struct h2 {
    struct conn *c;              /* borrowed                               */
    nghttp2_session *session[2]; /* by enum dir: to the network, to the
                                    application                            */
    struct h2_stream *streams;   /* owned                                  */
    size_t held;                 /* bytes held by all of them              */
    bool broken; /* an assertion failed: the sessions are left alone    */
    bool heard;  /* a frame that is for us alone has come */
    bool fed;    /* the application has spoken */
    bool nomem;  /* a callback found no memory                          */
    uint32_t streams_most; /* that the network takes at once               */
    bool net_over;         /* the network has broken the protocol */
    bool goaway;           /* one side wants to end, in good order */
    bool asked[2]; /* by enum dir: it owes us an answer; see h2.c             */
    struct http_head head;      /* of the message in work */
    nghttp2_nv list[H2_FIELDS]; /* the same               */
};

/* h2_stream_new - of the application; NULL without memory. */
struct h2_stream *h2_stream_new(struct h2 *h2, int32_t id);
void h2_stream_free(struct h2_stream *st);

/*
 * What a session has received. d is its message's direction. False: no memory.
 *
 * h2_stream_head - the section in way[d].in is complete; `ends`: so is the
 * message h2_stream_data - content h2_stream_end - the message is complete
 * h2_stream_closed - the session has closed the stream, with this code; the one
 * to the application frees it
 */
bool h2_stream_head(struct h2_stream *st, enum dir d, bool ends);
bool h2_stream_data(struct h2_stream *st, enum dir d, struct str bytes);
bool h2_stream_end(struct h2_stream *st, enum dir d);
bool h2_stream_closed(struct h2_stream *st, enum dir d, uint32_t code);

/* h2_stream_reset - on both sides. */
void h2_stream_reset(struct h2_stream *st, uint32_t code);

/* h2_stream_read - nghttp2_data_source_read_callback of both sessions. */
ssize_t h2_stream_read(nghttp2_session *session, int32_t id, uint8_t *out,
                       size_t size, uint32_t *flags,
                       nghttp2_data_source *source, void *h2);

#endif
