#include "detect/decode.h"

#include "detect/classes.h"
#include "detect/escape.h"
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

/* The first place from `at` on at which one may begin; of seams, up to `near`
 * one that stands near another. */
static size_t mark_next(enum view_step how, struct str text, size_t at,
                        size_t near)
{
    if (how != VIEW_SEAMS) {
        if (at < text.len && text.ptr[at] == marks[how])
            return at; /* of several in a row */
        return at + str_find_byte(str_skip(text, at), marks[how]);
    }
    if (at <= near) {
        size_t end = near < text.len ? near + 1 : text.len;

        if ((at = seam_near(text, at, end)) < end)
            return at;
    }
    return seam_next(text, at);
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

enum err decode_escapes(struct decoding *d, enum view_step how, struct str text,
                        struct textview *out)
{
    size_t at = 0, from = 0, last = 0, count = 0, taken;
    size_t *left = least_of(how) == 1 ? &d->unescaped : &d->bytes;
    enum err e;

    for (;;) {
        size_t near = count != 0 ? last + ESCAPES_NEAR : 0;
        struct str s;
        struct escape x;

        if (how == VIEW_ESCAPES && d->escapes != 0 && at < text.len &&
            (count == 0 || at > near))
            at = part_next(d, text, at);
        at = mark_next(how, text, at, near);
        if (at >= text.len)
            break;
        s = str_skip(text, at);
        x = escape_at(how, s);
        taken = x.len != 0 ? 0
                : how == VIEW_SEAMS
                    ? seam_at(text, at, count != 0 && at <= near, true).len
                    : escape_break(how, s);
        if (x.len == 0 && taken == 0) {
            at += how == VIEW_ESCAPES ? escape_slashes(s) : 1;
            continue;
        }
        if ((count == 0 || at > near) && escape_is_slight(how, text, at, x)) {
            at += x.len;
            continue;
        }
        if (out->bytes.len + 4 * ESCAPES_NEAR > *left) {
            d->capped = true;
            break;
        }
        if ((at > from && (e = put_between(text, from, at, count == 0, out))) ||
            (x.len != 0 && (e = escape_put(how, s, at, x, out, &taken))))
            return e;
        if (count < least_of(how))
            count += weight_of(how, text, at, x);
        from = at += taken;
        if (!escape_is_weak(how, s, x))
            last = from;
    }
    if (count < ((d->enough >> how & 1) != 0 ? 1 : least_of(how))) {
        textview_clear(out);
        return OK;
    }
    *left -= out->bytes.len;
    return textview_copy(out,
                         str_head(str_skip(text, from),
                                  around_back(text, from, ESCAPES_NEAR) - from),
                         from);
}
