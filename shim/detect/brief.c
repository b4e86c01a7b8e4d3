#include "detect/brief.h"

#include "base/limits.h"
#include "base/utf8.h"
#include "detect/cluster.h"

/*
 * What is no text but is read as such, as bytes that are taken for characters
 * of Latin-1 are, has letters, controls and signs in no order: what is asked of
 * one cannot be guessed. So that nothing has to be, each has its entry, and is
 * written whether it is seen or not: one that is not takes no room.
 *
 *      source   \u00c9   \u0001   a   \u00bd    ...
 *      entries  \u00e9   -        a   1 \u2044 2
 *      view     \u00e9            a   1 \u2044 2
 *
 * They go by blocks, for which there is room.
 */

#define BLOCK       64u /* characters */
#define BLOCK_ROUGH 6u  /* runs: with fewer, no table is as fast */
#define ROOM        8u  /* bytes of an entry that are written */
/* Before each character there may be the space of a gap. */
#define BLOCK_BYTES (BLOCK * (BRIEF_MOST + 1) + ROOM)
#define BLOCK_RUNS  (2 * BLOCK)

#define ESC  0x1b
#define BARE (NORMAL_FOLD | NORMAL_NOMARK)

_Static_assert(sizeof(struct brief) == ROOM, "an entry is written at once");

/* --- The entries. */

/* UnicodeData.txt of Unicode 15. */
const char bare_latin[] =
    "aaaaaa-ceeeeiiii-nooooo--uuuuy--aaaaaa-ceeeeiiii-nooooo--uuuuy-y"
    "aaaaaaccccccccdd--eeeeeeeeeegggggggghh--iiiiiiiii---jjkk-llllll-"
    "---nnnnnn---oooooo--rrrrrrsssssssstttt--uuuuuuuuuuuuwwyyyzzzzzz-";
const char bare_vietnamese[] =
    "aaaaaaaaaaaaaaaaaaaaaaaaeeeeeeeeeeeeeeeeiiiioooooooooooooooooooo"
    "oooouuuuuuuuuuuuuuyyyyyyyy";

static bool stays(unsigned what, uint32_t cp, unsigned kind)
{
    return cp < 0x80 ||
           ((kind & CHAR_STAYS) != 0 &&
            ((what & NORMAL_FOLD) == 0 || !(kind & CHAR_CASED)) &&
            ((what & NORMAL_NOMARK) == 0 || !(kind & CHAR_MARKED)));
}

/* One that stays, as one that is copied. */
static void stay(struct brief *b, unsigned what, struct str one, unsigned kind)
{
    memcpy(b->bytes, one.ptr, one.len);
    if ((what & NORMAL_FOLD) != 0)
        b->bytes[0] = to_lower(b->bytes[0]);
    b->len = (unsigned char)one.len;
    b->is |= ((kind & CHAR_FAR) != 0 ? BRIEF_FAR : 0) |
             ((kind & CHAR_MARKED) != 0 ? BRIEF_MARKED : 0) |
             ((kind & CHAR_LETTER) != 0 ? BRIEF_LAST : 0);
}

/* One that becomes another, if that can be told. */
static void become(struct brief *b, struct normal *n, struct str one,
                   uint32_t cp)
{
    char bare = (n->what & BARE) == BARE ? bare_letter(cp) : 0;
    struct normal alone = {.what = n->what, .chars = n->chars};
    size_t len = 1;

    if (bare != 0) {
        b->bytes[0] = bare;
        b->is |= BRIEF_MARKED | BRIEF_LAST;
    } else if (!cluster_alone(&alone, one, b->bytes, BRIEF_MOST, &len)) {
        b->is |= BRIEF_STOP;
        return;
    } else {
        b->is |= (alone.changed ? BRIEF_CHANGED : 0) |
                 (alone.marked ? BRIEF_MARKED : 0) |
                 (alone.folded ? BRIEF_FAR : 0) |
                 (chars_letter(n->chars, alone.before) ? BRIEF_LAST : 0) |
                 BRIEF_ALONE;
    }
    b->len = (unsigned char)len;
    if (!str_eq((struct str){b->bytes, len}, one))
        b->is |= (uint16_t)(len << BRIEF_UNIT);
}

static __attribute__((cold, noinline)) void
work_out(struct normal *n, struct brief *b, uint32_t cp)
{
    unsigned kind = chars_kind(n->chars, cp);
    char bytes[4];
    struct str one = {bytes, utf8_put(cp, bytes)};

    *b = (struct brief){.is = BRIEF_KNOWN | (cp >= 0x80 ? BRIEF_TWO : 0)};
    if (is_control(cp) || (kind & CHAR_UNSEEN) != 0)
        b->is |= BRIEF_NONE | BRIEF_CHANGED | BRIEF_ALONE |
                 ((kind & CHAR_UNSEEN) != 0 ? BRIEF_UNSEEN : 0) |
                 (cp == ESC ? BRIEF_STOP : 0);
    else if ((kind & CHAR_JOINS) != 0)
        b->is |= BRIEF_STOP | BRIEF_JOINS;
    else if (stays(n->what, cp, kind))
        stay(b, n->what, one, kind);
    else
        become(b, n, one, cp);
    b->is |= (kind & CHAR_LETTER) != 0 ? BRIEF_LETTER : 0;
}

/* The entry of the character at p[0..1]; NULL if it is none of these. */
static inline const struct brief *entry_at(struct normal *n, struct brief *of,
                                           const char *p, size_t *ret_len)
{
    unsigned c = (unsigned char)p[0], two = c >> 7;
    unsigned cp = (c & (0x7f >> 2 * two)) << 6 * two |
                  ((unsigned char)p[1] & (0x3f & (0 - two)));

    *ret_len = 1 + two; /* of the entry it would be known later */
    if (c >= 0xe0)
        return NULL;
    if (of[cp].is == 0)
        work_out(n, &of[cp], cp);
    return &of[cp];
}

static inline size_t len_of(unsigned is)
{
    return 1 + ((is & BRIEF_TWO) != 0);
}

/* --- The characters. */

#define UNIT_GAP  6u /* the space of a gap */
#define UNIT_NONE 7u

/* How what stands in the view comes from its source, by its unit. */
static const struct view_run units[] = {
    {.from = 1, .to = 1}, {.from = 2, .to = 1}, {.from = 2, .to = 2},
    {.from = 2, .to = 3}, {.from = 2, .to = 4}, {.from = 2, .to = 5},
    {.from = 1, .to = 1}, {.from = 1, .to = 1}};

struct walk {
    struct view_run *runs;
    char *bytes;        /* where the next ones go */
    size_t count, view; /* runs; bytes */
    /* Of the last one, but that BRIEF_LAST is of the last that is seen. */
    unsigned was;
};

/* The unit of the view's end, if what stands at `off` may go on with it. */
static unsigned unit_at(const struct textview *out, size_t off)
{
    const struct view_run *r;

    if (out->run_count == 0)
        return UNIT_NONE;
    r = &out->runs[out->run_count - 1];
    if (r->back || r->src + (out->bytes.len - r->dst) / r->to * r->from != off)
        return UNIT_NONE;
    for (unsigned i = 0; i <= BRIEF_MOST; i++)
        if (units[i].from == r->from && units[i].to == r->to)
            return i;
    return UNIT_NONE;
}

static inline void write_one(struct walk *w, const struct brief *b, size_t off)
{
    const unsigned is = b->is, none = (is & BRIEF_NONE) != 0;
    struct view_run run = units[is >> BRIEF_UNIT];

    run.dst = (uint32_t)w->view;
    run.src = (uint32_t)off;
    w->runs[w->count] = run;
    w->count +=
        (((w->was & BRIEF_NONE) != 0) | ((w->was ^ is) >> BRIEF_UNIT != 0)) &
        (none ^ 1);
    memcpy(w->bytes + w->view, b, ROOM);
    w->view += b->len;
    w->was = is | (w->was & BRIEF_LAST & (0 - none));
}

/* Where the gap begins that the last `count` of a block, up to `end`, stand
 * at the end of; n: as it was before the block. */
static size_t gap_front(const struct normal *n, const uint16_t *is,
                        size_t count, size_t end)
{
    while (count > 0 && (is[count - 1] & BRIEF_NONE) != 0)
        end -= len_of(is[--count]);
    return count == 0 && n->gap ? n->gap_start : end;
}

/* The space of one between letters, if one is wanted. */
static inline enum err write_gap(struct walk *w, struct normal *n, size_t from,
                                 size_t to)
{
    enum err e;

    n->gapped = true;
    if (n->news != NULL && (e = sites_note(&n->news->gaps, from, to)))
        return e;
    if ((n->what & NORMAL_GAP) == 0)
        return OK;
    n->changed = true;
    w->runs[w->count++] = (struct view_run){.dst = (uint32_t)w->view,
                                            .src = (uint32_t)from,
                                            .to = 1,
                                            .from = (to - from) & INT32_MAX};
    w->was = to - from == 1 ? 0 : UNIT_GAP << BRIEF_UNIT;
    w->bytes[w->view++] = ' ';
    return OK;
}

static size_t bits_before(uint64_t bits, unsigned at)
{
    return (size_t)__builtin_popcountll(at < 64 ? bits & ((1ULL << at) - 1)
                                                : bits);
}

/* The first and the last of a block of a kind are noted: no part of a text
 * that is looked at again ends between them. */
static enum err note_sites(const uint16_t *is, size_t count, unsigned kind,
                           size_t from, struct sites *to)
{
    uint64_t such = 0, twos = 0;
    unsigned first, last;

    for (size_t i = 0; i < count; i++) {
        such |= (uint64_t)((is[i] & kind) != 0) << i;
        twos |= (uint64_t)((is[i] & BRIEF_TWO) != 0) << i;
    }
    if (such == 0)
        return OK;
    first = (unsigned)__builtin_ctzll(such);
    last = 63u - (unsigned)__builtin_clzll(such);
    return sites_note(to, from + first + bits_before(twos, first),
                      from + last + 1 + bits_before(twos, last + 1));
}

/* What a block from..end tells of the view. */
static enum err note_block(struct normal *n, const uint16_t *is, size_t count,
                           size_t from, size_t end, unsigned was)
{
    unsigned all = 0, alone = 0;
    enum err e;

    for (size_t i = 0; i < count; i++) {
        all |= is[i];
        alone += (is[i] & BRIEF_ALONE) / BRIEF_ALONE *
                 (1 + (is[i] & BRIEF_TWO) / BRIEF_TWO);
    }
    if ((was & BRIEF_NONE) != 0) {
        n->gap_start = gap_front(n, is, count, end);
        n->gap_end = end;
    }
    n->gap = (was & BRIEF_NONE) != 0;
    n->alone += alone;
    n->changed |= (all & BRIEF_CHANGED) != 0;
    n->folded |= (all & BRIEF_FAR) != 0;
    n->marked |= (all & BRIEF_MARKED) != 0;
    if (n->news == NULL || (all & (BRIEF_FAR | BRIEF_MARKED)) == 0)
        return OK;
    e = note_sites(is, count, BRIEF_FAR, from, &n->news->folds);
    return e ? e : note_sites(is, count, BRIEF_MARKED, from, &n->news->marks);
}

/* The character at p[0..len). */
struct one {
    const char *p;
    size_t len;
    const struct brief *b;
};

/* Is it one of these, and does nothing join it? *ret_next: the next. */
static inline bool is_taken(struct normal *n, struct brief *of,
                            const struct one *it, const char *end,
                            struct one *ret_next)
{
    const struct brief *third;
    size_t len;

    if ((size_t)(end - it->p) < it->len + 2 ||
        ((it->b->is & BRIEF_STOP) != 0 && (*it->p != ESC || it->p[1] == '[')))
        return false;
    ret_next->p = it->p + it->len;
    ret_next->b = entry_at(n, of, ret_next->p, &ret_next->len);
    if (ret_next->b == NULL || (ret_next->b->is & BRIEF_JOINS) != 0)
        return false;
    if ((ret_next->b->is & BRIEF_UNSEEN) == 0)
        return true;
    return (size_t)(end - ret_next->p) >= ret_next->len + 2 &&
           (third = entry_at(n, of, ret_next->p + ret_next->len, &len)) !=
               NULL &&
           (third->is & (BRIEF_JOINS | BRIEF_UNSEEN)) == 0;
}

/* A block of them, from *pos on, which moves behind it. */
static enum err take_block(struct normal *n, struct str text, size_t base,
                           size_t *pos, struct textview *out)
{
    const size_t from = base + *pos, was = out->bytes.len;
    const char *const front = text.ptr + *pos;
    struct walk w = {out->runs, out->bytes.ptr, out->run_count, was,
                     unit_at(out, from) << BRIEF_UNIT |
                         (n->gap ? BRIEF_NONE : 0) |
                         (chars_letter(n->chars, n->before) ? BRIEF_LAST : 0)};
    struct brief *of = n->chars->briefs[n->what];
    struct one it = {.p = front}, next = it;
    uint16_t is[BLOCK];
    size_t count = 0, end = from;
    enum err e = OK;

    it.b = entry_at(n, of, front, &it.len);
    for (; count < BLOCK && it.b != NULL && !e; it = next) {
        if (!is_taken(n, of, &it, text.ptr + text.len, &next))
            break;
        if ((w.was & BRIEF_NONE) != 0 && (w.was & BRIEF_LAST) != 0 &&
            (it.b->is & BRIEF_LETTER) != 0)
            e = write_gap(&w, n, gap_front(n, is, count, end), end);
        write_one(&w, it.b, end);
        is[count++] = it.b->is;
        end = from + (size_t)(next.p - front);
    }
    *pos = end - base;
    if (w.view > was)
        n->before = last_base(n, (struct str){w.bytes + was, w.view - was});
    out->bytes.len = w.view;
    out->run_count = w.count;
    return e ? e : note_block(n, is, count, from, end, w.was);
}

/* Room for a block. Where there is none, all goes as it does without. */
static bool has_room(const struct normal *n, const struct textview *out,
                     size_t off)
{
    return out->run_count + BLOCK_RUNS <= LIM_VIEW_RUNS &&
           out->bytes.len + BLOCK_BYTES <= out->bytes.max &&
           off <= UINT32_MAX - 2 * BLOCK &&
           (!n->gap || off - n->gap_start <= GAP_MOST - 2 * BLOCK);
}

enum err brief_take(struct normal *n, struct str text, size_t base, size_t *at,
                    struct textview *out, bool *ret_rough)
{
    size_t from = *at, start, runs;
    enum err e;

    do {
        start = *at;
        runs = out->run_count;
        if (text.len - start < 2 || !has_room(n, out, base + start))
            break;
        if ((e = textview_room(out, BLOCK_BYTES, BLOCK_RUNS)) ||
            (e = take_block(n, text, base, at, out)))
            return e;
        *ret_rough = out->run_count - runs >= BLOCK_ROUGH;
    } while (*ret_rough && *at - start >= BLOCK);
    *ret_rough = *at > from && (*ret_rough || *at - start < BLOCK);
    return OK;
}
