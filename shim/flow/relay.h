#ifndef SP_FLOW_RELAY_H
#define SP_FLOW_RELAY_H

#include "act/refuse.h"
#include "flow/frames.h"
#include "flow/exchange.h"
#include "llm/delta.h"
#include "wire/coding.h"

/*
 * A streamed response on its way to the application: content goes in as it
 * comes out of its framing, events leave as soon as they are judged, in the
 * framing they came in.
 *
 *   content -> [decode] -> events -> delta queue -> [chunks again] -> out
 */
struct relay;

struct relay_config {
    struct exchange *ex;     /* findings, facts and conditions go there; may
                                not be blocked yet                         */
    struct scratch *scratch; /* borrowed                                   */
    struct str host;
    enum frames_kind kind;
    enum coding coding;
    bool chunked; /* the output is chunked                                 */
};

/* relay_new - all in config is borrowed. E_NOMEM. */
MUST_USE enum err relay_new(const struct relay_config *config,
                            struct relay **ret_relay);
/* relay_free - the facts go to the exchange. NULL is allowed. */
void relay_free(struct relay *r);

/* relay_line - a chunk header, where the output is chunked. */
void relay_line(struct relay *r, struct str line, uint64_t size,
                struct buf *out);

/* relay_content - the next content; what may leave is appended to out. */
void relay_content(struct relay *r, struct str bytes, struct buf *out);

/*
 * relay_end - the stream is complete. `tail`: last chunk and trailers as they
 * came, where the output is chunked. All of it leaves, or an ending of ours.
 */
void relay_end(struct relay *r, struct str tail, struct buf *out);

/* relay_cut - the network ended too early: what is held leaves, no ending. */
void relay_cut(struct relay *r, struct buf *out);

/*
 * relay_over - the exchange was blocked on the way, and an ending in the
 * provider's shape has been appended to out: nothing may follow. If even that
 * failed, *ret_failed is set: the stream has to break off.
 */
bool relay_over(const struct relay *r, bool *ret_failed);

/*
 * What a relay has in common with the messages of a WebSocket (flow/talk.h).
 *
 * relay_note, relay_note_facts - findings and facts go to the exchange.
 * relay_ending - append the events that end a stream of a blocked exchange, in
 * the provider's shape: at most RELAY_ENDING bytes. `rule` is the one that
 * blocked, NULL for a condition. The facts are noted first. Errors as buf_add.
 */
#define RELAY_ENDING (512 * (size_t)KIB)
void relay_note(struct delta *d, struct exchange *ex);
void relay_note_facts(const struct delta *d, struct exchange *ex);
MUST_USE enum err relay_ending(struct exchange *ex, const struct delta *d,
                               const struct rule *rule, enum stream_kind kind,
                               struct buf *out);

/* relay_changed - what left is not byte for byte what came. */
bool relay_changed(const struct relay *r);

#endif
