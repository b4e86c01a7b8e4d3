#ifndef SP_DETECT_OWN_INSIDE_H
#define SP_DETECT_OWN_INSIDE_H

#include <stdatomic.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/limits.h"
#include "detect/own.h"
#include "detect/print.h"

/* What the files of own_*.c know of each other. Not for others. */

#define WINDOW   8 /* bytes that are hashed together */
#define STRIDE   4 /* text is looked at at every so many bytes */
#define ANCHORS  STRIDE
#define BITS_MAX 20 /* log2 of the largest bit map */

#define OWN_AGAIN (LIM_OWN_GATHER / 2) /* parts that say nothing new */

/* The index of what was learnt: so many chains of anchors. */
#define LEARNT_BUCKETS 8192
#define LEARNT_ANCHORS (LIM_OWN_LEARNT * SPELL_COUNT * ANCHORS)

/* One spelling of one piece. */
struct form {
    uint64_t anchor[ANCHORS]; /* keyed hashes of the windows at `at`, ...    */
    uint32_t bit[ANCHORS];    /* where they stand in the bit map             */
    unsigned char print[PRINT_LEN];
    uint32_t last;    /* window_hash of the last eight bytes                */
    uint16_t at, len; /* of the first window; of all                        */
    uint32_t value;   /* index; of one that was learnt: 0                   */
    uint8_t spelling, lead, tail;
    bool exact : 1, cut_front : 1, cut_back : 1;
};

#define FORM_WORDS ((sizeof(struct form) + 7) / 8)

_Static_assert(offsetof(struct form, anchor) == 0, "words that are anchors");

struct value {
    enum own_source source;
    struct str name; /* in the arena */
    unsigned char print[PRINT_LEN];
    uint8_t letters; /* that count; 0: not known in parts */
    /* What was said of it lately: bits of the letters, and until when that is
     * remembered. */
    atomic_uint_fast64_t said[2], until;
};

/* A window of a value, in one of its spellings. */
struct part {
    uint64_t anchor;
    uint16_t value;       /* its index */
    uint8_t spelling, at; /* of the window's first byte in it           */
    uint8_t from, to;     /* letters of the value that are whole in it  */
    uint8_t turns, after; /* of the value before from, and to           */
};

struct part_table {
    struct part *list; /* owned; in order: value, spelling, place          */
    struct part_bits { /* of its window, in two bit maps                   */
        uint32_t one, other;
    } * bits;         /* owned, until they are in these                   */
    uint16_t *places; /* owned; by anchor: 1 + index in the list, 0 is free */
    size_t count, cap, mask;
};

/* A piece that was learnt, as far as it is known in parts. */
struct parted {
    struct part_table parts;
    struct value value;
};

/*
 * A piece that was learnt. Written by one thread at a time, under `lock`; read
 * by any: what was read counts if `turn` was even and has not moved since.
 */
struct learnt {
    atomic_uint turn;
    atomic_uint count;              /* of forms; 0: none is known here      */
    atomic_uint_fast64_t last_used; /* a tick of `ticks`                    */
    _Atomic(const char *) name;     /* static                               */
    atomic_uint_fast64_t print[PRINT_LEN / 8];
    atomic_uint_fast64_t forms[SPELL_COUNT][FORM_WORDS];
};

enum forgot {
    FORGOT_NONE,
    FORGOT_ONE,
    FORGOT_TOLD,
};

struct own {
    unsigned char key[OWN_KEY_LEN];
    uint64_t mul;       /* odd: of the hash that the bit map is of          */
    struct form *forms; /* owned */
    size_t count, cap;
    struct value *values; /* owned */
    size_t value_count, value_cap;
    struct arena names;
    struct place { /* of an anchor: open addressing, ref 0 is free */
        uint64_t anchor;
        uint32_t ref; /* 1 + form * ANCHORS + which */
    } * places;       /* owned */
    size_t place_mask;
    struct part_table parts;
    uint64_t part_mul;               /* odd: of the hash of the other map   */
    atomic_uint_fast64_t *part_maps; /* owned; two, as large as `bits`      */
    /* Of what was learnt; owned. Never moved, nor freed before the set. */
    _Atomic(struct parted *) parted[LIM_OWN_PARTED];
    atomic_uint parted_count;
    atomic_uint_fast64_t *bits; /* owned */
    uint64_t *fixed;            /* owned; the bits that stay                */
    uint64_t *renewed;          /* owned; room to set all bits anew         */
    unsigned stale;             /* pieces forgotten so far                  */
    unsigned shift;             /* of 64 bits of hash to its bit            */
    atomic_bool exact;          /* some form is                             */
    struct learnt *learnt;      /* owned; LIM_OWN_LEARNT of them            */
    /* Owned; chains of what is 1 + (slot * SPELL_COUNT + form) * ANCHORS +
     * which, by anchor: their heads, and of each the next. 0: no more. */
    atomic_ushort *heads, *links;
    atomic_uint index_turn; /* odd: they are being written              */
    atomic_uint learnt_end; /* those behind were never used             */
    atomic_uint_fast64_t ticks;
    atomic_int forgot; /* an enum forgot                                    */
    atomic_int lock;   /* pid of who learns; 0: nobody                      */
};

static inline uint64_t window_at(const char *p)
{
    uint64_t w;

    memcpy(&w, p, sizeof(w));
    return w;
}

static inline uint32_t window_bit(const struct own *o, uint64_t w)
{
    return (uint32_t)(w * o->mul >> o->shift);
}

static inline uint32_t window_hash(const struct own *o, uint64_t w)
{
    return (uint32_t)(w * o->mul >> 32);
}

static inline bool bit_is_set(const struct own *o, uint32_t bit)
{
    return (atomic_load_explicit(&o->bits[bit / 64], memory_order_relaxed) >>
                bit % 64 &
            1) != 0;
}

/* own_anchor - the keyed hash of a window. */
uint64_t own_anchor(const struct own *o, uint64_t w);

/* own_forms - the spellings of a piece, those before `end`; gives their number.
 */
size_t own_forms(const struct own *o, struct str piece, enum spelling end,
                 struct form ret_forms[SPELL_COUNT]);

/* own_room - for one more in a list of `count`, of `size` bytes each. E_NOMEM.
 */
MUST_USE enum err own_room(void **list, size_t count, size_t *cap, size_t size);

/* own_piece - the next piece of *rest, which moves behind it; false: none. */
bool own_piece(struct str *rest, struct str *ret_piece);

/* own_print - of a piece, under the key of the set. */
void own_print(const struct own *o, struct str bytes,
               unsigned char ret_print[PRINT_LEN]);

/* learnt_form - a copy; false if it is not there, or being written. */
bool learnt_form(const struct learnt *l, size_t i, struct form *ret_form,
                 unsigned *ret_turn);
/* learnt_still - what was copied then was whole. */
bool learnt_still(const struct learnt *l, unsigned turn);

/* A walk along all that was learnt with one anchor; zeroed at first. */
struct learnt_walk {
    bool begun, all; /* all: the chains have moved, each form is looked at */
    unsigned turn, next;
};

/* A form that was learnt, as a copy; it counts if learnt_still. */
struct learnt_one {
    const struct learnt *slot;
    unsigned turn;
    struct form form;
    size_t which; /* of its anchors */
};

/* learnt_next - the next form with this anchor; false: no more. Some may come
 * twice. */
bool learnt_next(const struct own *o, uint64_t anchor, struct learnt_walk *w,
                 struct learnt_one *ret);

/* parted_free - and what is in it; NULL is fine. */
void parted_free(struct parted *p);

/* own_value - of those that are known in parts, by the number that a part has.
 */
static inline struct value *own_value(const struct own *o, size_t i)
{
    return i < LIM_OWN ? &o->values[i]
                       : &atomic_load(&o->parted[i - LIM_OWN])->value;
}

/* parts_add - the windows of a piece, and how many letters it has; nothing if
 * it looks like words. E_NOMEM. */
MUST_USE enum err parts_add(const struct own *o, struct part_table *t,
                            struct str piece, size_t value,
                            uint8_t *ret_letters);

/* parts_place - nothing more is added: places by anchor. E_NOMEM. */
MUST_USE enum err parts_place(struct part_table *t);

/* parts_mark - their bits in the maps, whoever reads these. */
void parts_mark(struct own *o, struct part_table *t);

/* part_table_free - wipes. */
void part_table_free(struct part_table *t);

static inline struct own_about own_about_of(const struct own *o, size_t value)
{
    const struct value *v = own_value(o, value);

    return (struct own_about){v->source, v->name, (uint32_t)value + 1};
}

/* own_about_learnt - of what was learnt; known in parts too, it is one value.
 */
struct own_about own_about_learnt(const struct own *o, const struct learnt *l);

static inline bool part_bit(const struct own *o, uint64_t w, size_t map)
{
    uint64_t size = UINT64_C(1) << (64 - o->shift);
    uint64_t bit = w * (map ? o->part_mul : o->mul) >> o->shift;

    bit += map * size;
    return (atomic_load_explicit(&o->part_maps[bit / 64],
                                 memory_order_relaxed) >>
                bit % 64 &
            1) != 0;
}

/* A walk along all windows with one anchor; zeroed at first. */
struct part_walk {
    unsigned table;
    bool begun; /* in that table */
    size_t place;
};

/* part_at - the next; NULL: no more. */
const struct part *part_at(const struct own *o, uint64_t anchor,
                           struct part_walk *w);

/* A stretch of bytes as they are compared that is some of a value. */
struct part_run {
    size_t start, end;
    struct own_cover cover;
};

/* part_reach - from where to where it is the value's, round the window at `at`:
 * all but the cover. */
void part_reach(const struct own *o, const struct part *p, struct str bytes,
                size_t at, struct part_run *ret);

/* part_counts - the run, or what of it still has that window; sets the cover.
 * False if it looks like a word. */
bool part_counts(const struct own *o, const struct part *p, size_t at,
                 struct part_run *run);

/* A search through bytes as they are compared. */
struct sweep {
    const struct own *own;
    const char *bytes;
    size_t len;
    bool exact; /* looks for the exact forms, else for the squeezed */
    bool parts; /* and for parts of values                          */
    size_t at;  /* the next window */
    size_t end; /* of the windows */
    /* of the window at work */
    bool busy;
    uint64_t anchor;
    size_t place;
    struct learnt_walk learnt;
    struct part_walk part_walk;
};

struct swept {
    const struct part *part; /* then only this is found, at s->at */
    size_t start, len;
    struct form form;
    struct own_about about;
};

/* A stretch of a text as it is compared, each byte with where it came from. */
struct own_strip {
    struct str text;
    size_t taken;     /* of the text                    */
    size_t len, next; /* bytes there; the place at work */
    bool exact;       /* they are all there is          */
    char bytes[1024];
    uint32_t from[1024];
};

_Static_assert(sizeof(((struct own_strip *)0)->bytes) > 2 * SPELL_MAX, "strip");

/* own_search_strip - the search's own. */
struct own_strip *own_search_strip(struct own_search *s);

/* sweep_next - the next spelling whose anchor is at a window in at..end. */
bool sweep_next(struct sweep *s, struct swept *ret);

#define OWN_GAP 32 /* bytes between two that count: more is not covered */

/* own_edges - widen start..end of a form by what belongs to its two ends. */
void own_edges(const struct form *f, struct str text, bool front, bool back,
               size_t *start, size_t *end);

/* sweep_all - a sweep of all of some bytes. */
struct sweep sweep_all(const struct own *o, struct str bytes, bool exact);

#endif
