#ifndef SP_LLM_QUEUE_H
#define SP_LLM_QUEUE_H

/* Shared by delta.c, feed.c, whole.c and queue.c: the insides of a delta. */

#include "base/arena.h"
#include "base/limits.h"
#include "llm/channel.h"
#include "llm/delta.h"
#include "llm/toolname.h"

/* The place in an event of a stretch of a channel. */
struct piece {
    struct channel *chan;
    struct str text;     /* borrowed; only while the event is put in */
    uint64_t start, end; /* outer bytes of the channel */
    struct span raw;     /* the literal, in the event's raw bytes */
    bool escaped;
};

/* A change of an event that is known when it comes in. */
struct fix {
    struct span at;  /* in the event's raw bytes */
    struct span put; /* in its puts */
    bool blank;      /* made only if something else is changed */
};

/* What becomes open or closed when an event leaves. */
struct mark {
    uint64_t index;
    bool close, all;
};

struct event {
    struct event *next;
    const char *raw, *puts; /* all these lie behind the struct */
    const struct piece *pieces;
    const struct fix *fixes;
    const struct mark *marks;
    size_t raw_len, piece_count, fix_count, mark_count;
    bool ahead;
    bool edited;              /* a fix is to be made */
    bool ends;                /* holds an end mark */
    const struct rule *block; /* in a whole text; or, when it leaves, at all */
    struct buf out;           /* its bytes, if changed */
    bool changed;
};

struct event_list {
    struct event *head, **tail;
};

/* A change, ready to be spliced. */
struct patch {
    struct span at;
    struct span put; /* in delta.puts */
};

struct end_mark {
    size_t first_key, key_count; /* in delta.end_keys */
};

/* A growing array of items. */
struct list {
    void *items; /* owned */
    size_t count, cap, size;
};

struct fact_value {
    uint16_t len;
    char bytes[LIM_FACT];
};

struct clean_text { /* a whole text in which nothing was found */
    uint8_t role, part, len;
    char bytes[61];
};

/* What the last event was, for events that differ only in its slots. */
struct shape {
    bool on;
    struct buf data;
    struct shape_slot {
        struct view_slot at;  /* in data */
        struct channel *chan; /* of a text */
    } slots[VIEW_SLOTS];
    size_t slot_count, mark_count;
    struct mark marks[4];
};

#define CLEAN_TEXTS 64
#define OPEN_MAX    128

struct delta {
    struct delta_config config;
    struct json_doc doc;
    struct arena arena; /* texts of the event that is put in */
    struct view view;
    struct channel *channels[LIM_CHANNELS]; /* owned */
    uint64_t idents[LIM_CHANNELS];
    size_t channel_count, last_channel;
    struct event_list held, ready;
    struct event *current; /* given out by delta_next */
    size_t held_bytes;
    uint64_t fed, fed_events; /* bytes and number of those that had pieces */
    uint64_t again;           /* of texts that rested: bytes fed twice     */
    enum err failed;
    bool stopped;
    struct stream *wholes[ROLE_COUNT][PART_COUNT]; /* owned */
    struct clean_text clean[CLEAN_TEXTS];
    /* What one event has, before it is one. */
    struct list pieces, fixes, marks, ends, end_keys;
    struct buf puts;
    struct tool_names tools;
    struct str
        whole_tool;   /* whose arguments the next whole text is, or empty */
    bool event_words; /* it is no JSON: nothing in it is restored */
    bool event_edited;
    const struct rule *event_block;
    bool event_found; /* something in a whole text */
    struct shape shape;
    struct list patches;
    bool capped;          /* for delta_capped */
    struct list findings; /* of struct noted */
    size_t findings_taken;
    struct fact_value facts[FACT_COUNT];
    struct news news[NEWS_MAX];
    size_t news_count;
    uint64_t quarters; /* of tokens, in pieces */
    uint64_t open[OPEN_MAX];
    size_t open_count;
};

struct noted {
    struct finding finding;
    struct scope where;
};

/* list_add - a new item at the end, not set. E_NOMEM. */
MUST_USE enum err list_add(struct list *l, void *ret_item);

/* note_finding - for delta_finding. E_LIMIT over LIM_FINDINGS; E_NOMEM. */
MUST_USE enum err note_finding(struct delta *d, const struct finding *f,
                               const struct scope *where);

/* where_raw - the place of a value's bytes in the event's raw. E_INTERNAL. */
MUST_USE enum err where_raw(const struct delta_event *ev, struct span data,
                            struct span *ret_raw);

/*
 * whole_scan - a text that is whole by itself: its changes become fixes. As
 * stream_take; E_INTERNAL of where_raw.
 */
MUST_USE enum err whole_scan(struct delta *d, const struct delta_event *ev,
                             const struct seg *seg);

/*
 * feed_piece - the text of a literal of the event, for a channel. E_INTERNAL
 * of where_raw; E_NOMEM.
 */
MUST_USE enum err feed_piece(struct delta *d, const struct delta_event *ev,
                             const struct piece *piece);
/* feed_fact - the value of a fact. */
void feed_fact(struct delta *d, enum fact fact, struct str value);

/*
 * shape_keep - from what was collected of an event; nothing if the event is
 * not of the kind that comes in rows.
 */
MUST_USE enum err shape_keep(struct delta *d, const struct delta_event *ev);
/*
 * shape_collect - as feed_collect, if the event has the shape of the last one;
 * else *ret_same is false and nothing has changed.
 */
MUST_USE enum err shape_collect(struct delta *d, const struct delta_event *ev,
                                bool *ret_same);

/*
 * channels_drop_ended - once there are many and no event waits: those whose
 * text has ended. One with the same keys would begin anew in any case.
 */
void channels_drop_ended(struct delta *d);

/* feed_collect - what an event holds; changes nothing that lasts but facts. */
MUST_USE enum err feed_collect(struct delta *d, const struct delta_event *ev);
/* feed_channels - its pieces go into their channels, its end marks end some. */
MUST_USE enum err feed_channels(struct delta *d, struct event *ev);

/*
 * rest - the text rests, if it can and no more is judged again than LIM_AGAIN
 * times what came. As stream_flush.
 */
MUST_USE enum err rest(struct delta *d, struct channel *c, bool *ret_rests);

/* event_new - from what was collected. E_LIMIT, E_NOMEM. */
MUST_USE enum err event_new(struct delta *d, const struct delta_event *ev,
                            struct event **ret_event);
void event_free(struct event *ev);
void event_push(struct event_list *l, struct event *ev);
void event_list_free(struct event_list *l);

/* queue_settle - what is decided becomes ready; a block stops the stream. */
MUST_USE enum err queue_settle(struct delta *d);

#endif
