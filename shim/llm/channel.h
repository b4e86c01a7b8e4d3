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
    bool ended;            /* no text since the last end */
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

/* channel_drain - fetch the decided edits, or the block; move `safe`. E_NOMEM.
 */
MUST_USE enum err channel_drain(struct channel *c);

/* channel_drop - edits that end at or before an outer byte are used up. */
void channel_drop(struct channel *c, uint64_t outer);

#endif
