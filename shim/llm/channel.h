#ifndef SP_LLM_CHANNEL_H
#define SP_LLM_CHANNEL_H

#include "json/inner.h"
#include "llm/nested.h"
#include "llm/view.h"
#include "rules/stream.h"

/*
 * One channel of a stream: the text of a choice, a content block, the
 * arguments of a tool call. Two coordinates:
 *
 *   outer   bytes of the strings in the events, unescaped, one after another
 *   text    bytes that the rules see
 *
 * They are the same, unless the strings are JSON text themselves: then the text
 * is that of the strings in it, each a text of its own, and runs lead back. A
 * long number between the strings is a text of its own too.
 *
 * A text may rest: it is decided as one that ended, but may go on. Then its
 * last bytes go into the stream again, so that what follows is judged together
 * with them. What was a match as the end of a text was edited or blocked before
 * it left; what of it comes later goes as well. What left is none by itself;
 * where it would be the beginning of one, nothing of the rest may leave.
 */
struct run { /* json: one stretch, complete */
    uint64_t outer, text;
    uint32_t outer_len, text_len; /* equal: plain; text_len 0: structure;
                                     else an escape */
    bool number; /* all of one number: replaced as a whole or not at all */
};

struct chan_edit { /* decided; in outer bytes */
    uint64_t start, end;
    struct str put;
    char *own;   /* owned, or NULL: what `put` borrows from */
    bool number; /* a number goes: what is put stands between quotes */
    bool plain;  /* json: behind the place where it ceases to be */
};

#define NUMBER_MAX 256 /* bytes; longer ones are taken for no JSON */

struct channel {
    uint64_t ident;
    struct view_key *keys; /* owned */
    size_t key_count;
    struct scope scope;
    struct stream *stream; /* owned */
    uint64_t outer_end;    /* outer bytes taken */
    uint64_t safe;         /* outer bytes that are decided */
    bool repeat;           /* each string is all of the text so far       */
    struct buf said;       /* that                                        */
    bool json, broken;     /* broken: no JSON any more, plain from here on */
    bool dirty;            /* to be drained */
    bool ended;            /* no text since the last end mark */
    bool can_rest;         /* see channel_rest                             */
    bool rests;            /* decided as if it had ended                   */
    bool cut;              /* `past` does not begin where the text does    */
    uint64_t rested;       /* outer bytes when it last went on             */
    uint64_t gone_from, gone_to; /* outer bytes that were redacted last    */
    uint64_t again;  /* text bytes that went into the stream twice   */
    struct buf past; /* the text's last bytes                        */
    uint64_t fed;    /* delta.fed at its last piece                  */
    uint64_t broken_from, broken_to; /* outer bytes that are so */
    uint64_t outer_done;             /* json: all complete runs end here */
    struct json_inner inner;
    char number[NUMBER_MAX]; /* json: begun behind outer_done, its end is not */
    size_t number_len;       /* seen yet                                      */
    struct run *runs;        /* owned; the first of them from first_run on */
    size_t run_count, run_cap, first_run;
    struct chan_edit *edits; /* owned; not yet used up, from first_edit on */
    size_t edit_count, edit_cap, first_edit;
    const struct rule *block; /* a blocking finding ... */
    uint64_t block_at;        /* ... that starts at this outer byte */
};

/* channel_free - what it owns, and itself; NULL is allowed. */
void channel_free(struct channel *c);

/*
 * channel_new - all but the struct scope is borrowed. `how` is the path of its
 * pieces: json, repeat; NULL is neither. E_NOMEM.
 */
MUST_USE enum err channel_new(const struct rules *rules, struct scratch *sc,
                              const struct scope *scope,
                              const struct pattern *how,
                              struct channel **ret_c);
/*
 * channel_keys - the keys that stand around a piece: copied, unless as many are
 * known already. Those of one channel differ in zeros alone. E_NOMEM.
 */
MUST_USE enum err channel_keys(struct channel *c, const struct view_key *keys,
                               size_t n);

/* channel_take - the next string, unescaped. Errors as stream_take. */
MUST_USE enum err channel_take(struct channel *c, struct str more);

/*
 * channel_take_repeat - all of the text so far. What is new of it is taken; if
 * it does not begin as the last one did, it is another text.
 */
MUST_USE enum err channel_take_repeat(struct channel *c, struct str all);

/* channel_end - the text ends; what follows is a new one. As stream_flush. */
MUST_USE enum err channel_end(struct channel *c);

/* channel_open - some of its text is undecided, or may be. */
bool channel_open(const struct channel *c);

/*
 * channel_rest - nothing of it is undecided any more, as if the text ended
 * here; it may go on. It stays as it is, with *ret_rests false, if what the
 * stream knows could not be told it again: of json and repeat, where the stream
 * minds more than the text, and in a word longer than what is kept. As
 * stream_flush.
 */
MUST_USE enum err channel_rest(struct channel *c, bool *ret_rests);

/*
 * channel_drain - fetch the decided edits, or the block; move `safe`. E_NOMEM;
 * E_LIMIT if a change begins in what left, unchanged, when the text rested.
 */
MUST_USE enum err channel_drain(struct channel *c);

/* channel_finding - as stream_finding, each once, in text bytes. */
bool channel_finding(struct channel *c, struct finding *ret_finding);

/* channel_drop - edits that end at or before an outer byte are used up. */
void channel_drop(struct channel *c, uint64_t outer);

#endif
