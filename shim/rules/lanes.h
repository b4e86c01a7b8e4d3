#ifndef SP_RULES_LANES_H
#define SP_RULES_LANES_H

#include "detect/disguise.h"
#include "detect/markup.h"
#include "detect/leet.h"
#include "detect/respell.h"
#include "rules/inside.h"
#include "rules/restore.h"
#include "rules/stream.h"
#include "rules/score.h"

/*
 * The inside of a stream, which its files share: stream.c searches and keeps
 * time, lanes.c makes the lanes, wake.c follows keywords, release.c turns
 * findings into edits. What it all is for stands at the head of stream.c.
 */

#define NEVER UINT64_MAX

struct lane {
    uint32_t rule;
    uint32_t max_hold;
    uint64_t cursor;
    uint64_t next;      /* V from which a search pays */
    uint64_t ending;    /* while dropping: cursor of the end pattern */
    uint64_t dropped;   /* while dropping: where that began */
    uint64_t seen;      /* of a run: behind the start of the last keyword */
    uint32_t run_bit;   /* of a run whose findings change the text */
    bool token;         /* its matches begin with a token */
    struct tally tally; /* of a detector */
    bool off;           /* excluded for this host, or a detector that has
                           nothing to look for */
    bool acts;          /* its findings change the text, or may by score */
    bool begins;        /* and begin with a keyword */
    bool dropping;
};

/* Of a lane, what another one needs to go on from there. */
struct lane_at {
    uint64_t cursor, seen;
    struct tally tally;
    bool awake;
};

struct drop {
    uint64_t start, end; /* end is NEVER while it goes on */
    const struct rule *rule;
    const struct side *side; /* the view that drops; NULL: the text itself */
};

/* A pseudonym that is to become its value. */
struct restored {
    uint64_t start, end;
    struct span value; /* in stream.values */
};

/* What may be encoded and goes on: coded.c. */
struct coded {
    unsigned views; /* that rules look at; 0: none at what is decoded */
    enum {
        CODED_NONE,
        CODED_WORD,   /* in a word that is held */
        CODED_DULL,   /* in a run that is not worth it */
        CODED_GAP,    /* behind a pair of hex digits */
        CODED_RETURN, /* behind a line of base64 and its CR */
        CODED_LINE,   /* the same, and LF */
        CODED_HIDDEN, /* in tags and selectors */
        CODED_BIDI,   /* behind a right-to-left override */
    } state;
    uint64_t at;      /* the text was looked at up to there */
    uint64_t start;   /* held from there on, or NEVER */
    uint64_t decided; /* what is found does not begin before */
    uint64_t word;    /* the last word begins there */
    uint64_t run;     /* of base64, the last one in the word */
    bool escaped;     /* something in the word may be an escape */
    uint64_t end;     /* and ends there, if another may follow */
    size_t pairs;     /* of hex digits, in what is held */
    bool hidden;      /* only what does not show: the rest is read in a view */
};

/* What is known when all of it has come: extent.c. */
struct extent {
    uint64_t at;        /* the text was looked at up to there */
    uint64_t start;     /* held from there on, or NEVER */
    uint64_t next;      /* V from which another look pays */
    uint64_t seen;      /* of what may be turned: looked at up to there */
    struct markup page; /* of what a page does not show */
};
struct extents {
    enum {
        EXTENT_HIDDEN,
        EXTENT_NUMBERS,
        EXTENT_MORSE,
        EXTENT_TURNED,
        EXTENT_KINDS
    } kind;
    unsigned want, on; /* kinds, as bits: of the text, and here by now */
    struct extent list[EXTENT_KINDS];
};

/* The token that the end of the text may cut off: wake.c. */
struct token_begun {
    uint64_t at;          /* where it begins, or NEVER */
    bool letters, digits; /* what it has */
};

/* A stream as it stood at a place: respell.c. */
struct checkpoint {
    uint64_t v;     /* there; NEVER: none is kept */
    uint64_t known; /* what begins before was known, and may be gone */
    struct token_begun token;
    struct lane_at *lanes; /* of those that look at these views */
};

/* The views of words, while they are the text itself: respell.c. */
struct respell {
    unsigned all, views; /* that rules look at; and those yet to begin */
    struct leet leet;
    struct joined joined;
    uint64_t leet_at, joined_at; /* they are the text up to there */
    struct checkpoint from;      /* they can begin where the stream was then */
    struct checkpoint then;      /* later than that, for when it is enough */
    struct lane_at *room;        /* of both, and of the next line; owned */
    uint32_t *lanes;             /* that look at these views */
    size_t lane_count;
};

/* Which letters a text has, while no view counts them: sideopen.c. */
struct letters_seen {
    struct skeleton of; /* the text up to `at` */
    uint64_t at;
    bool alike; /* some may have looked like others: it goes word by word */
};

/* A growing array of T with a reading place. */
#define LIST(T)                                                                \
    struct {                                                                   \
        T *list;                                                               \
        size_t count, cap, taken;                                              \
    }

struct stream {
    const struct rules *rs;
    const struct lookers *lookers; /* of rs: which rule each lane is of */
    const struct trie *trie;       /* of these */
    struct scratch *sc;
    struct scope at;
    struct buf text; /* bytes base..end */
    uint64_t base, origin, safe, end;
    uint64_t told; /* of a view: all that ends before is known */
    uint64_t v;    /* end without an unfinished character */
    bool waits;    /* what is behind V is not read yet: stream.c */
    uint64_t stop; /* no lane can reach its cap before */
    uint32_t min_hold;
    size_t context;  /* bytes kept before what is held */
    size_t findings; /* so far */
    enum err failed;
    bool blocked;
    bool capped;         /* something encoded was not decoded: a limit */
    unsigned views;      /* that all its rules look at */
    unsigned within;     /* of a view: what all that look at it look at */
    bool respelled;      /* of the text: a view of words with digits began   */
    unsigned steps;      /* views that may go along, as bits: side.h */
    bool sided;          /* and the clean one does, which has the rest */
    unsigned escapes;    /* kinds of them that no view here reads: escaped.c */
    unsigned elder;      /* and that are read in another view, if they stand */
                         /* in the text                                      */
    unsigned escaped;    /* of the text: views of them, here and in views    */
    uint64_t rest;       /* known_all, but for what the end of a word decides */
    struct sides *sides; /* owned; NULL while there are none */
    struct stream *up;   /* of a view: the stream of the text, */
    struct side *side;   /* and itself; borrowed */
    struct coded coded;
    struct extents extents;
    struct respell respell;
    struct letters_seen letters;
    bool counts;                     /* a score may block */
    struct score score;              /* of what was released */
    LIST(struct found) pending;      /* sorted; not yet released */
    LIST(struct drop) drops;         /* sorted by start */
    LIST(struct stream_edit) edits;  /* for stream_next */
    LIST(struct finding) report;     /* for stream_finding */
    const struct restorer *restorer; /* NULL: none */
    uint64_t address;                /* see pseudonym_carried */
    struct pseudonym_scan marks;     /* up to V */
    LIST(struct restored) restored;  /* sorted; not yet released */
    struct buf values;               /* of these and of edits */
    struct str tool;                 /* borrowed; empty: not known */
    uint32_t runs_asleep;            /* run_bit of the lanes that sleep */
    uint32_t run_lanes[32];          /* of each run_bit */
    size_t token_most; /* longest that a lane waits for which changes text */
    struct token_begun token;
    struct trie_walk *walks; /* keywords begun; room for the trie's depth */
    size_t walk_count;
    struct lane *lanes;
    size_t lane_count;
    size_t awake_count; /* mostly none is */
    uint64_t *begin;    /* bit set of rules: of the lanes that sleep, those
                           whose findings begin with a keyword and act */
    uint64_t awake[];   /* bit set of lanes */
};

static inline bool is_awake(const struct stream *st, size_t i)
{
    return (st->awake[i / 64] >> i % 64 & 1) != 0;
}

static inline void set_awake(struct stream *st, size_t i, bool yes)
{
    const struct lane *l = &st->lanes[i];
    uint64_t bit = UINT64_C(1) << i % 64;
    uint64_t rule = UINT64_C(1) << l->rule % 64;
    bool was = (st->awake[i / 64] & bit) != 0;

    st->awake_count += (size_t)yes - (size_t)was;
    if (yes) {
        st->awake[i / 64] |= bit;
        st->runs_asleep &= ~l->run_bit;
    } else {
        st->awake[i / 64] &= ~bit;
        st->runs_asleep |= l->run_bit;
    }
    if (!yes && l->begins)
        st->begin[l->rule / 64] |= rule;
    else
        st->begin[l->rule / 64] &= ~rule;
}

/* The next lane at or behind i that is awake; lane_count if none. */
static inline size_t awake_next(const struct stream *st, size_t i)
{
    if (st->awake_count == 0)
        return st->lane_count;
    while (i < st->lane_count) {
        uint64_t bits = st->awake[i / 64] >> i % 64;

        if (bits != 0)
            return i + (size_t)__builtin_ctzll(bits);
        i = (i / 64 + 1) * 64;
    }
    return st->lane_count;
}

#define EACH_AWAKE(st, i)                                                      \
    for (size_t i = awake_next(st, 0); i < (st)->lane_count;                   \
         i = awake_next(st, i + 1))

/* --- wake.c */

/* feed_trie - walk the trie from V to `to`; wake the lanes of keywords there.
 */
void feed_trie(struct stream *st, uint64_t to);

/* feed_tokens - the same with tokens, of which lanes are woken at the end. */
void feed_tokens(struct stream *st, uint64_t to);
/* feed_last - the text ends at V, and with it a token. */
void feed_last(struct stream *st);

/* begun_as - as another stream stands at the same place of the same text, or
 * stood there, whatever keywords that follows. */
void begun_as(struct stream *st, const struct token_begun *token);

/* lane_of - that of a rule; lane_count if there is none. */
size_t lane_of(const struct stream *st, uint32_t rule);

/* cut_token - where the token begins that the end of the text cuts off, if a
 * match could begin with it, or V. */
uint64_t cut_token(const struct stream *st);

/* cut_keyword - the least place where a match of a sleeping lane could begin
 * whose keyword the end of the text cuts off; `least` if there is none before.
 */
uint64_t cut_keyword(const struct stream *st, uint64_t least);

/* may_sleep - could the lane be woken by the trie, or by a token? */
static inline bool may_sleep(const struct stream *st, const struct lane *l)
{
    return l->token || st->rs->list[l->rule].keyword_first ||
           st->rs->runs[l->rule].bit != 0;
}

/* --- restore.c */

/* feed_marks - look for pseudonyms from V to `to`. */
void feed_marks(struct stream *st, uint64_t to);
/* feed_marks_last - the text ends at V. */
void feed_marks_last(struct stream *st);
/* cut_mark - the least place where a pseudonym could begin that the end of the
 * text cuts off, or V. */
uint64_t cut_mark(const struct stream *st);

/* --- lanes.c */

/* lanes_init - all of them, at the beginning of a text; lanes_copy - as those
 * of another stand, of which the same rules are. lane_reset - the next text. */
void lanes_init(struct stream *st);
void lanes_copy(struct stream *st, const struct stream *of);
void lane_reset(struct stream *st, size_t i);

/* --- stream.c, for side.c */

/* stream_text - of a view: the stream of the text itself. */
static inline struct stream *stream_text(struct stream *st)
{
    while (st->up != NULL)
        st = st->up;
    return st;
}

/* stream_part - the text from one of its places to another, of what it holds.
 */
static inline struct str stream_part(const struct stream *st, uint64_t from,
                                     uint64_t to)
{
    return (struct str){st->text.ptr + (from - st->base), (size_t)(to - from)};
}

/* stream_make - a stream for the rules that look at all of these views. `of`:
 * NULL, or what it is a view of: if the same rules look at that, its lanes
 * stand as those do. E_NOMEM. */
MUST_USE enum err stream_make(const struct rules *rs, struct scratch *sc,
                              const struct scope *at, unsigned views,
                              const struct stream *of, struct stream **ret_st);
/* stream_grow - more of the text. stream_last - it ends: all is searched. */
MUST_USE enum err stream_grow(struct stream *st, struct str more);
MUST_USE enum err stream_last(struct stream *st);
/* stream_read - text that is there already, up to `to`; nothing is let go. */
MUST_USE enum err stream_read(struct stream *st, uint64_t to);
/* What is known of the text and of its views: of lanes that act all findings
 * that begin before, and of all lanes those that end before. */
struct decided {
    uint64_t acts, all;
};
struct decided known_all(const struct stream *st);
/* known_own - the same, but for what the views decide, and the end of a word;
 * known_rest - and with the one; known_word - and with the other. */
struct decided known_own(const struct stream *st);
struct decided known_rest(const struct stream *st, struct decided k);
struct decided known_word(const struct stream *st, struct decided k);
/* let_go - what is known of text and views may leave; of a view, the text
 * decides. Nothing that was safe ever is not again. E_NOMEM. */
MUST_USE enum err let_go(struct stream *st);
/* search_lanes - those that are due; with `all` every one. */
MUST_USE enum err search_lanes(struct stream *st, bool at_stop, bool all);

/* --- release.c */

/* list_grow - room for one more in a LIST. list: the address of its pointer. */
MUST_USE enum err list_grow(void *list, size_t size, size_t count, size_t *cap);
#define LIST_GROW(l)                                                           \
    list_grow(&(l)->list, sizeof(*(l)->list), (l)->count, &(l)->cap)

/* restored_add - behind those that are there. E_NOMEM. */
MUST_USE enum err restored_add(struct stream *st, struct restored one);

/* found_waits - what changes the text, or may by the score that it adds to, is
 * known in order of the text only. */
static inline bool found_waits(const struct stream *st, const struct rule *r,
                               enum action action)
{
    return action >= ACTION_REDACT || (st->counts && r->score != 0);
}

/*
 * found_add - take a finding. One that found_waits of waits for its release;
 * another is reported at once. E_LIMIT over LIM_FINDINGS; E_NOMEM.
 */
MUST_USE enum err found_add(struct stream *st, struct found one);

/* drop_open - from V on a rule drops all text. E_NOMEM. */
MUST_USE enum err drop_open(struct stream *st, const struct rule *r);
/* drop_close - it does so no further than `end`. */
void drop_close(struct stream *st, const struct rule *r, uint64_t end);

/*
 * release - decide what can be decided by what is known: edits, reports, the
 * safe mark. E_NOMEM.
 */
MUST_USE enum err release(struct stream *st, struct decided known);

#endif
