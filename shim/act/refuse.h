#ifndef SP_ACT_REFUSE_H
#define SP_ACT_REFUSE_H

#include "base/buf.h"

/*
 * A block is an answer. This room writes it in the shape the provider itself
 * uses for errors, so that its clients raise their own exception, once: status
 * 403 is retried by none of them, x-should-retry says so to those who ask.
 *
 * Sources of the shapes: the providers' API references, and what their own
 * clients were seen to raise when given these bytes.
 */
struct refusal {
    struct str shape;    /* a row of refuse.c: "openai", "anthropic", ...; any
                            other name gives the openai shape              */
    struct str rule;     /* rule id or name of a condition, for the header */
    struct str exchange; /* exchange id                                    */
    struct str text;     /* message for people, without any matched text   */
    struct str call;     /* JSON-RPC: the id of the call, as it was written */
    unsigned wait;       /* a limit: it may be asked again in so many seconds
                            (RFC 9110, 10.2.3); 0: never                    */
};

/* refuse_status - 403; 429 for a limit; 200 where a call is what fails. */
unsigned refuse_status(const struct refusal *r);

/*
 * refuse_response - a whole HTTP/1.1 response of that status, with exact
 * Content-Length and "Connection: close". no_body: the answer to a HEAD, the
 * head alone. Errors as buf_add; *out is then unchanged.
 */
MUST_USE enum err refuse_response(const struct refusal *r, bool no_body,
                                  struct buf *out);

/* What a started stream has shown of itself; empty or 0 where it has not. */
struct stream_facts {
    struct str id, model;     /* decoded text                                */
    struct str created;       /* raw number, or decoded text                 */
    uint64_t sequence;        /* number the next event would carry           */
    struct str output_tokens; /* raw number                            */
    const uint64_t *open;     /* indexes of open choices or blocks     */
    size_t open_count;
};

enum ending {
    ENDING_HARD, /* an error event: the client raises                  */
    ENDING_SOFT, /* a normal end with the provider's policy reason     */
};

enum stream_kind {
    STREAM_SSE,
    STREAM_NDJSON,
};

/*
 * refuse_ending - the events that end a started stream after a block. They
 * begin at an event border. Errors as buf_add; *out is then unchanged.
 */
MUST_USE enum err refuse_ending(const struct refusal *r, enum ending ending,
                                enum stream_kind kind,
                                const struct stream_facts *facts,
                                struct buf *out);

#endif
