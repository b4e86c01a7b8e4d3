#include "detect/decode.h"

#include "base/utf8.h"
#include "detect/escape.h"
#include "detect/seams.h"

/*
 * The same as escapes.c of a text that comes in pieces, which goes on round
 * what is in it for ever. An escape that the end of a piece cuts off waits.
 */

/* Bytes between a mark and the escape that completes it. */
#define OPEN 24u

/* Where the digits of a surrogate end: is what is to follow cut off? */
static bool low_cut(struct str s)
{
    size_t lead = escape_slashes(str_head(s, ESCAPE_LEAD));
    struct str rest = str_skip(s, lead + 1);
    uint32_t value;

    if (lead == ESCAPE_LEAD)
        return false;
    if (lead == s.len)
        return true;
    return lead > 0 && s.ptr[lead] == 'u' && rest.len < 4 &&
           hex_digits(rest, 4, &value) == rest.len;
}

/* Behind escape_slashes: does what they are depend on what is behind s? */
static bool code_cut(struct str s)
{
    struct str rest = str_skip(s, 1);
    uint32_t value;
    size_t n, most = s.len == 0 ? 0 : s.ptr[0] == 'u' ? 4 : 2;

    if (s.len < 2)
        return true;
    switch (s.ptr[0]) {
    case 'u':
    case 'x':
        if (rest.ptr[0] == '{')
            return 1 + hex_digits(str_skip(rest, 1), 6, &value) == rest.len;
        n = hex_digits(rest, most, &value);
        if (n < most)
            return n == rest.len;
        return most == 4 && value >= 0xd800 && value <= 0xdbff &&
               low_cut(str_skip(rest, 4));
    case 'U':
        return rest.len < 8 && hex_digits(rest, 8, &value) == rest.len;
    default:
        return s.len < 3 && s.ptr[0] >= '0' && s.ptr[0] <= '3' &&
               rest.ptr[0] >= '0' && rest.ptr[0] <= '7';
    }
}

/* The same of one escape of any kind. */
static bool one_cut(enum view_step how, struct str s)
{
    size_t n = 1;
    uint32_t value;

    if (how == VIEW_ESCAPES) {
        n = escape_slashes(s);
        return code_cut(str_skip(s, n));
    }
    if (how == VIEW_ENTITIES) {
        while (n < s.len && n < 21 && (is_alnum(s.ptr[n]) || s.ptr[n] == '#'))
            n++;
        return n == s.len && n < 21;
    }
    n = hex_digits(str_skip(s, 1), 2, &value);
    if (n < 2)
        return n + 1 == s.len || (how == VIEW_QUOTED && str_eq(s, STR("=\r")));
    return how == VIEW_QUOTED && quoted_cut(s);
}

/* What may begin with a byte; mostly nothing, VIEW_TEXT. (seam_begins tells the
 * same of seams.) */
static enum view_step kind_of(char c)
{
    static const unsigned char kinds[256] = {
        ['\\'] = VIEW_ESCAPES, ['%'] = VIEW_PERCENT, ['&'] = VIEW_ENTITIES,
        ['='] = VIEW_QUOTED,   ['<'] = VIEW_SEAMS,   ['*'] = VIEW_SEAMS,
        ['"'] = VIEW_SEAMS,    ['\''] = VIEW_SEAMS,  ['`'] = VIEW_SEAMS,
        ['_'] = VIEW_SEAMS,    ['-'] = VIEW_SEAMS};

    return (enum view_step)kinds[(unsigned char)c];
}

/* Is the escape at the front of s, with those that are one character with it,
 * cut off by the end of s? */
static bool escape_cut(enum view_step how, struct str s)
{
    char c[4];

    for (size_t n = 0; n < sizeof(c);) {
        struct escape x;

        if (s.len == 0)
            return n > 0;
        if (kind_of(s.ptr[0]) != how)
            return false;
        if (one_cut(how, s))
            return true;
        x = escape_at(how, s);
        if (x.len == 0 || !x.is_byte)
            return false;
        c[n++] = (char)x.cp;
        if (utf8_tail((struct str){c, n}) != n)
            return false;
        s = str_skip(s, x.len);
    }
    return false;
}

/* What is at a mark: `len` bytes that are an escape or, if not `is`, none. */
struct mark {
    struct escape x;
    size_t len;
    bool is, cut;
    bool weak;
    bool near; /* it is none by itself */
};

static struct mark mark_at(enum view_step how, struct str text, size_t at,
                           bool near, bool last)
{
    struct str s = str_skip(text, at);
    size_t lead =
        how == VIEW_ESCAPES ? escape_slashes(str_head(s, ESCAPE_LEAD)) : 1;
    struct mark m = {.len = lead};

    if (lead == ESCAPE_LEAD)
        return m;
    if (how == VIEW_SEAMS) {
        struct seam seam = seam_at(text, at, near, last);

        m.is = seam.len != 0;
        m.len = m.is ? seam.len : 1;
        m.cut = seam.cut;
        return m;
    }
    m.cut = !last && escape_cut(how, s);
    if (m.cut)
        return m;
    m.x = escape_at(how, s);
    m.is = m.x.len != 0;
    m.weak = escape_is_weak(how, s, m.x);
    if (m.is)
        m.len = m.x.len;
    if (m.is && !near && escape_is_slight(how, text, at, m.x))
        m.is = false;
    if (!m.is && escape_break(how, s) != 0) {
        m.is = true;
        m.len = escape_break(how, s);
    }
    return m;
}

/* Without a mark of its own, may it be of an escape whose mark is before it? */
static bool joins(char c)
{
    return is_alnum(c) || c == '#' || c == '{' || c == '"' || c == '\r';
}

/* Where what is at `at` may complete a tag, or what else stands between two
 * pieces of a word: that one's beginning, from `from` on, or `at`. */
static size_t seam_before(struct str text, size_t from, size_t at)
{
    struct str before = str_head(text, at);

    from = at - from > SEAM_MOST ? at - SEAM_MOST : from;
    for (; from < at; from++)
        if (kind_of(text.ptr[from]) == VIEW_SEAMS &&
            seam_at(before, from, true, false).cut)
            return from;
    return at;
}

static bool is_near(const struct escaped *x, size_t at)
{
    return x->some && at - x->end <= ESCAPES_NEAR;
}

/* One that is looked for. */
static struct mark mark_for(const struct escaped_for *what, enum view_step how,
                            struct str text, size_t at)
{
    struct mark m = {.len = 1};
    bool cut = false;

    if ((what->kinds >> how & 1) == 0)
        return m;
    m = mark_at(how, text, at, false, what->last);
    if (m.cut || m.is || how != VIEW_SEAMS)
        return m;
    if (what->near(what->with, at, what->last, &cut))
        m = mark_at(how, text, at, true, what->last);
    m.near = true;
    m.cut |= cut;
    return m;
}

bool escaped_next(const struct escaped_for *what, struct str text, size_t *pos,
                  struct escaped_at *ret)
{
    bool seams = (what->kinds >> VIEW_SEAMS & 1) != 0;
    size_t at = *pos, from = seams ? *pos : text.len;
    bool open = false; /* a mark is at *pos, and nothing yet that ends it */

    while (at < text.len) {
        enum view_step how = kind_of(text.ptr[at]);
        struct mark m;

        if (how == VIEW_TEXT) {
            open = open && joins(text.ptr[at]) && at - *pos < OPEN;
            at++;
            while (!open && at < text.len && kind_of(text.ptr[at]) == VIEW_TEXT)
                at++;
            continue;
        }
        if (!open || at - *pos >= OPEN)
            *pos = at;
        open = open || how != VIEW_SEAMS;
        m = mark_for(what, how, text, at);
        if (m.cut || m.is) {
            if (from < *pos)
                *pos = seam_before(text, from, *pos);
            *ret = (struct escaped_at){how, at, m.len, m.near};
            return !m.cut;
        }
        at += m.len;
    }
    if (!open || what->last)
        *pos = at;
    else if (from < *pos)
        *pos = seam_before(text, from, *pos);
    return false;
}

bool escaped_cut(const struct escaped *x, enum view_step how, struct str text,
                 size_t base, size_t at)
{
    return at < text.len && kind_of(text.ptr[at]) == how &&
           mark_at(how, text, at, is_near(x, base + at), false).cut;
}

bool escaped_some(enum view_step how, struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (kind_of(s.ptr[i]) == how)
            return true;
    return false;
}

enum err escaped_feed(struct escaped *x, enum view_step how, struct str text,
                      size_t base, size_t *pos, bool last, struct textview *out)
{
    enum err e = OK;

    while (!e && *pos < text.len) {
        size_t at = *pos, taken;
        struct mark m = {.len = 1};

        while (at < text.len && kind_of(text.ptr[at]) != how)
            at++;
        if (at == *pos)
            m = mark_at(how, text, at, is_near(x, base + at), last);
        else
            m.len = at - *pos;
        if (m.cut)
            return OK;
        taken = m.len;
        if (!m.is)
            e = textview_copy(out, (struct str){text.ptr + *pos, m.len},
                              base + *pos);
        else if (m.x.len != 0)
            e = escape_put(how, str_skip(text, at), base + at, m.x, out,
                           &taken);
        *pos += taken;
        if (m.is && !m.weak) {
            x->some = true;
            x->end = base + *pos;
        }
    }
    return e;
}
