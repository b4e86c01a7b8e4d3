#include "detect/decode.h"

#include "detect/classes.h"
#include "detect/escape.h"
#include "detect/escape_block.h"
#include "detect/news.h"
#include "detect/seams.h"

/*
 * Characters written as escapes (escape.h), and seams, in a text that goes on
 * round them.
 */

/* The text from `from`, behind an escape, up to the next one at `at`. */
static enum err put_between(struct str text, size_t from, size_t at, bool first,
                            struct textview *out)
{
    size_t start, end;
    enum err e;

    if (at - from <= ESCAPES_NEAR) /* most are near each other */
        return textview_copy(out, str_head(str_skip(text, from), at - from),
                             from);
    end = first ? from : around_back(text, from, ESCAPES_NEAR);
    start = around_front(text, from, at, ESCAPES_NEAR);
    if (start <= end)
        return textview_copy(out, str_head(str_skip(text, from), at - from),
                             from);
    if (!first &&
        ((e = textview_copy(out, str_head(str_skip(text, from), end - from),
                            from)) ||
         (e = textview_put(out, STR("\n"), end, 0))))
        return e;
    return textview_copy(out, str_head(str_skip(text, start), at - start),
                         start);
}

static const char marks[] = {[VIEW_ESCAPES] = '\\',
                             [VIEW_PERCENT] = '%',
                             [VIEW_ENTITIES] = '&',
                             [VIEW_QUOTED] = '='};

/* Behind a mark: by the next byte, may it be one? */
static inline bool may_follow(enum view_step how, char next)
{
    /* uUxntrbf, 0 to 3, " and /, _ and backslash */
    static const uint64_t first =
        UINT64_C(0xf) << '0' | UINT64_C(1) << '"' | UINT64_C(1) << '/';
    static const uint64_t second =
        UINT64_C(1) << ('u' - 64) | UINT64_C(1) << ('U' - 64) |
        UINT64_C(1) << ('x' - 64) | UINT64_C(1) << ('n' - 64) |
        UINT64_C(1) << ('t' - 64) | UINT64_C(1) << ('r' - 64) |
        UINT64_C(1) << ('b' - 64) | UINT64_C(1) << ('f' - 64) |
        UINT64_C(1) << ('_' - 64) | UINT64_C(1) << ('\\' - 64);

    switch (how) {
    case VIEW_ESCAPES:
        return (next & 0x80) == 0 &&
               (((next & 0x40) != 0 ? second : first) >> (next & 0x3f) & 1) !=
                   0;
    case VIEW_ENTITIES:
        return is_alpha(next) || next == '#';
    case VIEW_QUOTED:
        return hex_value(next) >= 0 || next == '\n' || next == '\r';
    default:
        return hex_value(next) >= 0;
    }
}

/* The first place from `at` on at which one may begin. */
static size_t mark_next(enum view_step how, struct str text, size_t at)
{
    while (at < text.len && (text.ptr[at] != marks[how] || at + 1 == text.len ||
                             !may_follow(how, text.ptr[at + 1])))
        at += 1 + str_find_byte(str_skip(text, at + 1), marks[how]);
    return at;
}

/* The first place from `at` on in a part that is known to have escapes: those
 * are not parted from the backslashes before them. */
static size_t part_next(const struct decoding *d, struct str text, size_t at)
{
    size_t part = classes_part(text.len), from = at;
    uint64_t there = d->escapes >> at / part;

    if (there == 0)
        return text.len;
    if ((there & 1) == 0)
        at = (at / part + (size_t)__builtin_ctzll(there)) * part;
    while (at > from && text.ptr[at - 1] == '\\')
        at--;
    return at;
}

/* So many of a kind make a view. */
static size_t least_of(enum view_step how)
{
    return how == VIEW_ESCAPES || how == VIEW_SEAMS ? 1
           : how == VIEW_ENTITIES                   ? 2
                                                    : 4;
}

/* How many it counts for: one that stands for a letter or a sign in a word may
 * be all that hides a token. (After = that is mostly a value.) */
static size_t weight_of(enum view_step how, struct str text, size_t at,
                        struct escape x)
{
    return at > 0 && is_alnum(text.ptr[at - 1]) && x.cp > ' ' && x.cp < 0x7f &&
                   how != VIEW_QUOTED
               ? least_of(how)
               : 1;
}

bool escapes_enough(enum view_step how, struct str text)
{
    size_t count = 0, at = 0, from = 0;

    while (count < least_of(how) &&
           (at += str_find_byte(str_skip(text, at), marks[how])) < text.len) {
        struct escape x = escape_at(how, str_skip(text, at));
        size_t n = x.len != 0 ? x.len : escape_break(how, str_skip(text, at));

        if (n == 0 || ((count == 0 || at - from > ESCAPES_NEAR) &&
                       escape_is_slight(how, text, at, x))) {
            at++;
            continue;
        }
        count += weight_of(how, text, at, x);
        if (!escape_is_weak(how, str_skip(text, at), x))
            from = at + n;
        at += n;
    }
    return count >= least_of(how);
}

unsigned escapes_enough_of(struct str text)
{
    static const enum view_step kinds[] = {VIEW_PERCENT, VIEW_ENTITIES,
                                           VIEW_QUOTED};
    unsigned set = 0;

    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (escapes_enough(kinds[i], text))
            set |= 1u << kinds[i];
    return set;
}

/* What is near the ends is not told of: no match has some that is, and reaches
 * farther than the text without escapes does. */
#define EDGE (2 * ESCAPES_NEAR)

bool escape_group_next(struct escape_group *g, struct str text)
{
    size_t first = text.len, last = 0;
    bool matters = false;

    while ((g->at += str_find_byte(str_skip(text, g->at), '\\')) < text.len) {
        struct str s = str_skip(text, g->at);
        struct escape x = escape_at(VIEW_ESCAPES, s);
        bool near = first != text.len && g->at - last <= ESCAPES_NEAR;
        bool slight = (!near || !matters) &&
                      escape_is_slight(VIEW_ESCAPES, text, g->at, x);

        if (x.len == 0 || (slight && !near)) {
            g->at += x.len == 0 ? escape_slashes(s) : x.len;
            continue;
        }
        if (first != text.len && g->at - last > 2 * ESCAPES_NEAR) {
            if (matters && last - first > 2 * EDGE)
                break;
            matters = false;
            first = text.len;
        }
        matters |= x.is_short && !slight;
        first = first == text.len ? g->at : first;
        last = g->at += x.len;
    }
    if (!matters || last - first <= 2 * EDGE)
        return false;
    g->from = first + EDGE;
    g->to = last - EDGE;
    return true;
}

/* How far a text is read. */
struct reading {
    enum view_step how;
    struct str text;
    size_t from; /* behind the last escape               */
    size_t last; /* and the last that is not weak        */
    size_t count;
    struct seam_step step;
    size_t seam; /* of one near another, its length */
    struct textview *out;
};

/* More than a block gives, with the text before it. */
#define ROOM (8 * ESCAPES_NEAR)

/* May what is at a mark near others be read with what is behind it? */
static bool is_block(const struct reading *r, size_t at, size_t left)
{
    struct str s = str_skip(r->text, at);

    if (r->how == VIEW_ENTITIES || r->how == VIEW_SEAMS ||
        r->count < least_of(r->how) || r->out->bytes.len + ROOM > left ||
        at + VIEW_UNITS > r->last + ESCAPES_NEAR || s.len < 2)
        return false;
    return r->how == VIEW_ESCAPES ? s.ptr[1] == 'x' : hex_value(s.ptr[1]) >= 0;
}

/* Behind the last in a block that is not weak. */
static size_t block_last(const struct reading *r, size_t at,
                         const struct escape_block *b)
{
    for (uint64_t set = b->ends; set != 0;) {
        unsigned i = 63 - (unsigned)__builtin_clzll(set);

        if ((b->made.ones >> i & 1) == 0 || r->how != VIEW_QUOTED ||
            !quoted_is_value(str_skip(r->text, at + i)))
            return at + i + b->made.each - (b->breaks >> i & 1);
        set ^= UINT64_C(1) << i;
    }
    return r->last;
}

/* Those that are near others, many at once, with the text before them; *at
 * moves behind them, if there are any. */
static enum err put_block(struct reading *r, size_t *at)
{
    struct escape_block b;
    enum err e;

    if (!escape_block(r->how, str_skip(r->text, *at), &b))
        return OK;
    if ((e = put_between(r->text, r->from, *at, false, r->out)) ||
        (e = textview_units(r->out, &b.made, *at)))
        return e;
    r->last = block_last(r, *at, &b);
    r->from = *at += b.len;
    return OK;
}

/* What is at a mark, if it is one, with the text before it; *at moves on. */
static enum err put_mark(struct reading *r, size_t *at, size_t left,
                         bool *ret_full)
{
    struct str s = str_skip(r->text, *at);
    struct escape x = {0};
    bool near = r->count != 0 && *at <= r->last + ESCAPES_NEAR;
    size_t taken;
    enum err e;

    if (r->how == VIEW_SEAMS) {
        taken = near ? r->seam : seam_at(r->text, *at, false, true).len;
    } else {
        x = escape_at(r->how, s);
        taken = x.len != 0 ? 0 : escape_break(r->how, s);
    }
    if (x.len == 0 && taken == 0) {
        *at += r->how == VIEW_ESCAPES ? escape_slashes(s) : 1;
        return OK;
    }
    if (!near && escape_is_slight(r->how, r->text, *at, x)) {
        *at += x.len;
        return OK;
    }
    *ret_full = r->out->bytes.len + 4 * ESCAPES_NEAR > left;
    if (*ret_full)
        return OK;
    if ((*at > r->from &&
         (e = put_between(r->text, r->from, *at, r->count == 0, r->out))) ||
        (x.len != 0 && (e = escape_put(r->how, s, *at, x, r->out, &taken))))
        return e;
    if (r->count < least_of(r->how))
        r->count += weight_of(r->how, r->text, *at, x);
    r->from = *at += taken;
    if (!escape_is_weak(r->how, s, x))
        r->last = r->from;
    return OK;
}

/* The first place from `at` on at which one may begin; of seams, up to `near`
 * one that stands near another. */
static size_t reading_next(const struct decoding *d, struct reading *r,
                           size_t at)
{
    size_t near = r->count != 0 ? r->last + ESCAPES_NEAR : 0, end;

    if (r->how == VIEW_ESCAPES && d->escapes != 0 && at < r->text.len &&
        (r->count == 0 || at > near))
        at = part_next(d, r->text, at);
    if (r->how != VIEW_SEAMS)
        return mark_next(r->how, r->text, at);
    r->seam = 0;
    if (at <= near && r->count != 0) {
        end = near < r->text.len ? near + 1 : r->text.len;
        if ((at = seam_near(&r->step, r->text, at, end, &r->seam)) < end)
            return at;
    }
    return seam_next(r->text, at);
}

enum err decode_escapes(struct decoding *d, enum view_step how, struct str text,
                        struct textview *out)
{
    struct reading r = {.how = how, .text = text, .out = out};
    size_t *left = least_of(how) == 1 ? &d->unescaped : &d->bytes;
    size_t at = 0, from;
    bool full = false;
    enum err e;

    while (!full && (at = reading_next(d, &r, at)) < text.len) {
        from = at;
        if ((is_block(&r, at, *left) && (e = put_block(&r, &at))) ||
            (at == from && (e = put_mark(&r, &at, *left, &full))))
            return e;
    }
    d->capped |= full;
    if (r.count < ((d->enough >> how & 1) != 0 ? 1 : least_of(how))) {
        textview_clear(out);
        return OK;
    }
    *left -= out->bytes.len;
    return textview_copy(
        out,
        str_head(str_skip(text, r.from),
                 around_back(text, r.from, ESCAPES_NEAR) - r.from),
        r.from);
}
