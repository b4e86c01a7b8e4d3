#include "detect/own_inside.h"

#include <stdlib.h>

/*
 * A text, squeezed block by block and swept. Of each block so much is kept for
 * the next that a spelling across the border is whole in one of them:
 *
 *      |-- kept: HISTORY --|---------- filled ----------|-- AHEAD --|
 *                          ^ at                         ^ end
 *
 * Where in the text a byte of the block came from is only asked for what was
 * found, by squeezing once more from a place whose offset is known.
 */

#define HISTORY 256 /* a multiple of STRIDE, not less than SPELL_MAX */
#define AHEAD   256
#define BLOCK   4096

_Static_assert(HISTORY >= SPELL_MAX && AHEAD >= SPELL_MAX &&
                   HISTORY % STRIDE == 0,
               "a spelling across the border");

/* bytes[at] came from text[offset]; both count on from there. */
struct mark {
    ptrdiff_t at;
    size_t offset;
};

struct own_search {
    struct str text;
    size_t taken; /* of the text */
    char bytes[HISTORY + BLOCK + AHEAD];
    struct mark marks[2]; /* of the last two fillings, the last first */
    struct mark sought;   /* the place that was asked for last        */
    struct sweep sweep;
    struct own_hit *hits; /* owned */
    size_t count, cap;
    struct str wanted; /* parts of this text are looked for */
    struct own_part parts[LIM_OWN_GATHER];
    size_t part_ends[LIM_OWN_GATHER]; /* bytes squeezed before their ends */
    size_t part_count;
    struct refused {
        uint16_t value;
        size_t end;
    } refused[SPELL_COUNT]; /* the last run of each that is no part */
    struct told {
        uint16_t value;
        size_t count; /* of the parts that say so */
        struct own_cover cover;
    } told;                 /* of the value asked for last          */
    bool left_out;          /* there were more parts                */
    size_t dropped;         /* bytes squeezed before the block      */
    struct own_strip strip; /* of own_open.c */
};

struct own_strip *own_search_strip(struct own_search *s)
{
    return &s->strip;
}

enum err own_search_new(struct own_search **ret_search)
{
    struct own_search *s = calloc(1, sizeof(*s));

    if (s == NULL)
        return E_NOMEM;
    *ret_search = s;
    return OK;
}

void own_search_free(struct own_search *s)
{
    if (s != NULL) {
        free(s->hits);
        explicit_bzero(s, sizeof(*s));
    }
    free(s);
}

/* ---- Blocks ------------------------------------------------------------- */

/* Room for what follows: all but the end goes. */
static void keep_end(struct own_search *s)
{
    struct sweep *w = &s->sweep;
    size_t drop = w->at > HISTORY ? w->at - HISTORY : 0;

    memmove(s->bytes, s->bytes + drop, w->len - drop);
    w->len -= drop;
    w->at -= drop;
    s->dropped += drop;
    for (size_t i = 0; i < ARRAY_LEN(s->marks); i++)
        s->marks[i].at -= (ptrdiff_t)drop;
    s->sought.at -= (ptrdiff_t)drop;
}

/* More of the text into the block; false if there is none. */
static bool fill(struct own_search *s)
{
    struct sweep *w = &s->sweep;

    if (s->taken == s->text.len)
        return false;
    keep_end(s);
    s->marks[1] = s->marks[0];
    s->marks[0] = (struct mark){(ptrdiff_t)w->len, s->taken};
    while (s->taken < s->text.len && sizeof(s->bytes) - w->len >= AHEAD / 2) {
        struct str more =
            str_head(str_skip(s->text, s->taken), sizeof(s->bytes) - w->len);

        w->len += squeeze(more, s->bytes + w->len);
        s->taken += more.len;
    }
    w->end = w->len < AHEAD ? 0 : w->len - AHEAD;
    if (s->taken == s->text.len)
        w->end = w->len < WINDOW ? 0 : w->len - WINDOW + 1;
    return true;
}

/* The text's byte that became byte `at` of the block. */
static size_t offset_of(struct own_search *s, size_t at)
{
    const struct mark *m =
        (ptrdiff_t)at >= s->marks[0].at ? &s->marks[0] : &s->marks[1];
    size_t offset;

    if ((ptrdiff_t)at >= s->sought.at && s->sought.at > m->at)
        m = &s->sought;
    offset = m->offset;
    for (ptrdiff_t i = m->at;; offset++)
        if (squeezed((unsigned char)s->text.ptr[offset]) != 0 &&
            i++ == (ptrdiff_t)at)
            break;
    s->sought = (struct mark){(ptrdiff_t)at, offset};
    return offset;
}

/* ---- What is found ------------------------------------------------------ */

/* Signs that may belong to a value and end none of the texts it stands in. */
static bool is_sign(char c)
{
    return str_find_byte(STR("=+/!@#$%^&*()-_.~?"), c) <
           STR("=+/!@#$%^&*()-_.~?").len;
}

static bool is_base64(char c)
{
    return squeezed((unsigned char)c) != 0 || c == '+' || c == '/' ||
           c == '-' || c == '_';
}

void own_edges(const struct form *f, struct str text, bool front, bool back,
               size_t *start, size_t *end)
{
    for (size_t i = 0;
         front && i<f->lead && * start> 0 && is_sign(text.ptr[*start - 1]); i++)
        --*start;
    for (size_t i = 0;
         back && i < f->tail && *end < text.len && is_sign(text.ptr[*end]); i++)
        ++*end;
    if (front && f->cut_front && *start > 0 && is_base64(text.ptr[*start - 1]))
        --*start;
    if (back && f->cut_back && *end < text.len && is_base64(text.ptr[*end]))
        ++*end;
}

static enum err add_hit(struct own_search *s, const struct swept *found,
                        size_t start, size_t end)
{
    size_t cap = s->cap == 0 ? 8 : s->cap * 2;
    struct own_hit *more;

    if (s->count >= LIM_FINDINGS)
        return E_LIMIT;
    if (s->count == s->cap) {
        more = realloc(s->hits, cap * sizeof(*more));
        if (more == NULL)
            return E_NOMEM;
        s->hits = more;
        s->cap = cap;
    }
    s->hits[s->count++] = (struct own_hit){
        .start = start,
        .end = end,
        .spelling = (enum spelling)found->form.spelling,
        .about = found->about,
    };
    return OK;
}

/* Stretches without wide gaps between what counts. */
static enum err add_squeezed(struct own_search *s, const struct swept *found)
{
    size_t start = offset_of(s, found->start), end = start, left = found->len;
    bool front = true;
    enum err e;

    for (size_t at = start; left > 0; at++) {
        if (squeezed((unsigned char)s->text.ptr[at]) == 0)
            continue;
        if (at - end > OWN_GAP) {
            own_edges(&found->form, s->text, front, false, &start, &end);
            if ((e = add_hit(s, found, start, end)))
                return e;
            front = false;
            start = at;
        }
        end = at + 1;
        left--;
    }
    own_edges(&found->form, s->text, front, true, &start, &end);
    return add_hit(s, found, start, end);
}

/* Is the window inside of a run that was looked at? */
static bool is_known(const struct own_search *s, const struct part *p)
{
    const struct refused *r = &s->refused[p->spelling];

    if (r->value == p->value && r->end >= s->dropped + s->sweep.at + WINDOW)
        return true;
    for (size_t i = s->part_count;
         i-- > 0 && s->part_ends[i] + SPELL_MAX > s->dropped + s->sweep.at;)
        if (s->part_ends[i] >= s->dropped + s->sweep.at + WINDOW &&
            s->parts[i].value == p->value &&
            s->parts[i].spelling == (enum spelling)p->spelling)
            return true;
    return false;
}

static bool is_blank(char c)
{
    return (unsigned char)c <= ' ';
}

/*
 * What of the run stands in one word with the window: words of a text are no
 * part of a key, however they follow one another. False: the window does not
 * stand in one.
 */
static bool in_word(struct own_search *s, struct part_run *run)
{
    size_t at = s->sweep.at, from = at, end = at + 1;
    size_t first = offset_of(s, at), last = first;

    while (end < run->end && last + 1 < s->text.len &&
           !is_blank(s->text.ptr[last + 1]))
        end += squeezed((unsigned char)s->text.ptr[++last]) != 0;
    while (from > run->start && first > 0 && !is_blank(s->text.ptr[first - 1]))
        from -= squeezed((unsigned char)s->text.ptr[--first]) != 0;
    run->start = from;
    run->end = end;
    return end - at >= WINDOW;
}

static void refuse(struct own_search *s, const struct part *p, size_t end)
{
    s->refused[p->spelling] = (struct refused){p->value, s->dropped + end};
}

/* Is there room for it? */
static bool is_kept(struct own_search *s, const struct part *p,
                    const struct own_cover *more)
{
    struct own_cover c;

    if (s->part_count < OWN_AGAIN || s->part_count == ARRAY_LEN(s->parts))
        return s->part_count < OWN_AGAIN;
    if (s->told.count != s->part_count || s->told.value != p->value) {
        s->told = (struct told){p->value, s->part_count, {{0, 0}}};
        for (size_t i = 0; i < s->part_count; i++)
            if (s->parts[i].value == p->value)
                own_cover_add(&s->told.cover, &s->parts[i].cover);
    }
    c = s->told.cover;
    return own_cover_add(&c, more);
}

static void add_part(struct own_search *s, const struct part *p)
{
    struct str bytes = {s->bytes, s->sweep.len};
    size_t at = s->sweep.at;
    struct part_run run;

    if (is_known(s, p))
        return;
    part_reach(s->sweep.own, p, bytes, at, &run);
    if (p->spelling <= SPELL_REVERSED && !in_word(s, &run)) {
        refuse(s, p, at + WINDOW);
        return;
    }
    if (!part_counts(s->sweep.own, p, at, &run)) {
        refuse(s, p, run.end);
        return;
    }
    if (!is_kept(s, p, &run.cover)) {
        s->left_out = true;
        refuse(s, p, run.end);
        return;
    }
    s->parts[s->part_count] = (struct own_part){
        .value = p->value,
        .spelling = (enum spelling)p->spelling,
        .start = offset_of(s, run.start),
        .end = offset_of(s, run.end - 1) + 1,
        .cover = run.cover,
    };
    s->part_ends[s->part_count++] = s->dropped + run.end;
}

static int hit_order(const void *a, const void *b)
{
    const struct own_hit *x = a, *y = b;

    if (x->start != y->start)
        return x->start < y->start ? -1 : 1;
    return (x->end < y->end) - (x->end > y->end);
}

static void sort_and_join(struct own_search *s)
{
    size_t n = 0;

    if (s->count > 1)
        qsort(s->hits, s->count, sizeof(*s->hits), hit_order);
    for (size_t i = 0; i < s->count; i++) {
        struct own_hit *last = n > 0 ? &s->hits[n - 1] : NULL;

        if (last == NULL || s->hits[i].start >= last->end)
            s->hits[n++] = s->hits[i];
        else if (s->hits[i].end > last->end)
            last->end = s->hits[i].end;
    }
    s->count = n;
}

static enum err search_exact(struct own_search *s, const struct own *o)
{
    struct swept found;
    enum err e;

    s->sweep = sweep_all(o, s->text, true);
    while (sweep_next(&s->sweep, &found))
        if ((e = add_hit(s, &found, found.start, found.start + found.len)))
            return e;
    return OK;
}

static bool has_parts(const struct own *o)
{
    return o->parts.count > 0 || atomic_load(&o->parted_count) > 0;
}

static enum err search_squeezed(struct own_search *s, const struct own *o)
{
    struct swept found;
    enum err e;

    s->taken = s->dropped = 0;
    memset(s->refused, 0, sizeof(s->refused));
    s->marks[0] = s->marks[1] = s->sought = (struct mark){0, 0};
    s->sweep = sweep_all(o, (struct str){s->bytes, 0}, false);
    s->sweep.parts = has_parts(o) && s->text.ptr == s->wanted.ptr &&
                     s->text.len == s->wanted.len;
    if (s->sweep.parts) {
        s->part_count = s->told.count = 0;
        s->left_out = false;
    }
    while (fill(s))
        while (sweep_next(&s->sweep, &found))
            if (found.part != NULL)
                add_part(s, found.part);
            else if ((e = add_squeezed(s, &found)))
                return e;
    return OK;
}

/* What is found otherwise is no part. */
static void drop_found(struct own_search *s)
{
    size_t n = 0;

    for (size_t i = 0; i < s->part_count; i++) {
        const struct own_part *p = &s->parts[i];
        size_t h = 0;

        for (; h < s->count; h++)
            if (p->start < s->hits[h].end && s->hits[h].start < p->end)
                break;
        if (h == s->count)
            s->parts[n++] = *p;
    }
    s->part_count = n;
}

enum err own_search_text(struct own_search *s, const struct own *o,
                         struct str text)
{
    enum err e;

    s->text = text;
    s->count = 0;
    e = search_squeezed(s, o);
    if (!e && atomic_load_explicit(&o->exact, memory_order_relaxed))
        e = search_exact(s, o);
    if (e) {
        s->count = s->part_count = 0;
        return e;
    }
    sort_and_join(s);
    if (s->text.ptr == s->wanted.ptr && s->text.len == s->wanted.len)
        drop_found(s);
    return OK;
}

const struct own_hit *own_search_hit(const struct own_search *s, size_t from)
{
    size_t lo = 0, hi = s->count;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;

        if (s->hits[mid].start < from)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < s->count ? &s->hits[lo] : NULL;
}

void own_search_want(struct own_search *s, struct str text)
{
    s->wanted = text;
    s->part_count = 0;
    s->left_out = false;
}

const struct own_part *own_search_part(const struct own_search *s, size_t i)
{
    return i < s->part_count ? &s->parts[i] : NULL;
}

bool own_search_left_out(const struct own_search *s)
{
    return s->left_out;
}
