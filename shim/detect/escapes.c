#include "detect/decode.h"

#include "base/utf8.h"
#include "detect/classes.h"
#include "detect/news.h"
#include "detect/seams.h"

/*
 * Characters written as escapes, in a text that goes on round them. An escape
 * gives a code point, or a byte that may be one of several of a character.
 */

struct escape {
    size_t len;  /* 0: there is none */
    uint32_t cp; /* or the byte      */
    bool is_byte;
    bool is_short;
};

size_t hex_digits(struct str s, size_t most, uint32_t *ret_value)
{
    uint32_t value = 0;
    size_t n = 0;

    while (n < s.len && n < most && hex_value(s.ptr[n]) >= 0)
        value = value << 4 | (uint32_t)hex_value(s.ptr[n++]);
    *ret_value = value;
    return n;
}

/* {41} behind \u or \x: its length with the braces, or 0. */
static size_t braced(struct str s, uint32_t *ret_cp)
{
    size_t n;

    if (!str_starts(s, STR("{")))
        return 0;
    n = hex_digits(str_skip(s, 1), 6, ret_cp);
    return n > 0 && n + 1 < s.len && s.ptr[n + 1] == '}' ? n + 2 : 0;
}

/* Backslashes together, of which on a stream none is escaped, and behind the
 * first half of a character of two nowhere. */
#define LEAD 64u

/* The backslashes at the front. */
static size_t backslashes(struct str s)
{
    size_t n = 0;

    while (n < s.len && s.ptr[n] == '\\')
        n++;
    return n;
}

/* Four digits behind \u, or two such that are one character (UTF-16). */
static size_t utf16(struct str s, uint32_t *ret_cp)
{
    uint32_t low;
    size_t lead;

    if (hex_digits(s, 4, ret_cp) != 4)
        return 0;
    if (*ret_cp < 0xd800 || *ret_cp > 0xdbff)
        return 4;
    lead = backslashes(str_head(str_skip(s, 4), LEAD));
    if (lead > 0 && lead < LEAD &&
        str_starts(str_skip(s, 4 + lead), STR("u")) &&
        hex_digits(str_skip(s, 5 + lead), 4, &low) == 4 && low >= 0xdc00 &&
        low <= 0xdfff) {
        *ret_cp = 0x10000 + ((*ret_cp - 0xd800) << 10 | (low - 0xdc00));
        return 9 + lead;
    }
    return 4;
}

static bool is_octal(struct str s)
{
    return s.len >= 3 && s.ptr[0] >= '0' && s.ptr[0] <= '3' &&
           s.ptr[1] >= '0' && s.ptr[1] <= '7' && s.ptr[2] >= '0' &&
           s.ptr[2] <= '7';
}

/* What JSON and C write as a letter, or a sign of their own (RFC 8259, 7); and
 * the one that Markdown must not take for a mark, which keys are full of
 * (CommonMark, 2.4). */
static uint32_t short_escape(char c)
{
    switch (c) {
    case 'n':
        return '\n';
    case 't':
        return '\t';
    case 'r':
        return '\r';
    case 'b':
        return '\b';
    case 'f':
        return '\f';
    case '"':
    case '/':
    case '_':
        return (unsigned char)c;
    default:
        return 0;
    }
}

/* What most are, of which a text may be full: \x41, and \u0041 that is no half
 * of a character. */
static inline struct escape plain_backslash(struct str s)
{
    struct escape x = {0};
    int high, low;

    if (s.len < 6)
        return x;
    high = hex_value(s.ptr[2]) * 16 | hex_value(s.ptr[3]);
    if (high < 0)
        return x;
    if (s.ptr[1] == 'x') {
        x = (struct escape){4, (uint32_t)high, true, false};
    } else if (s.ptr[1] == 'u' && (high & 0xf8) != 0xd8) {
        low = hex_value(s.ptr[4]) * 16 | hex_value(s.ptr[5]);
        if (low >= 0)
            x = (struct escape){6, (uint32_t)(high * 256 + low), false, false};
    }
    return x;
}

/*
 * A text that was written as a string, and that as a string again, has its
 * backslashes doubled each time: how many there are does not matter. All are
 * part of the escape, so that none is ever parted from what it stands before.
 */
static struct escape any_backslash(struct str s)
{
    struct escape x = {0};
    size_t lead = backslashes(s), n = 0;
    struct str code = str_skip(s, lead), rest = str_skip(code, 1);

    if (code.len == 0)
        return x;
    switch (code.ptr[0]) {
    case 'u':
        n = braced(rest, &x.cp);
        n = n > 0 ? n : utf16(rest, &x.cp);
        break;
    case 'U':
        n = hex_digits(rest, 8, &x.cp) == 8 ? 8 : 0;
        break;
    case 'x':
        n = braced(rest, &x.cp);
        if (n == 0 && hex_digits(rest, 2, &x.cp) == 2) {
            n = 2;
            x.is_byte = true;
        }
        break;
    default:
        if (is_octal(code)) {
            x.cp = (uint32_t)((code.ptr[0] - '0') << 6 |
                              (code.ptr[1] - '0') << 3 | (code.ptr[2] - '0'));
            x.is_byte = true;
            n = 2; /* with the one behind the backslash three */
        } else if ((x.cp = short_escape(code.ptr[0])) != 0) {
            x.len = lead + 1;
            x.is_short = true;
        }
    }
    if (n > 0)
        x.len = lead + 1 + n;
    return x;
}

static inline struct escape backslash(struct str s)
{
    struct escape x = plain_backslash(s);

    return x.len != 0 ? x : any_backslash(s);
}

/* % or =, and two digits. */
static struct escape two_digits(struct str s)
{
    int value = s.len < 3 ? -1 : hex_value(s.ptr[1]) * 16 | hex_value(s.ptr[2]);

    return value < 0 ? (struct escape){0}
                     : (struct escape){3, (uint32_t)value, true, false};
}

static struct escape entity(struct str s)
{
    struct escape x = {0};

    x.len = entity_char(s, &x.cp);
    return x;
}

bool escape_is_long(struct str s)
{
    struct escape x = backslash(s);

    return x.len != 0 && !x.is_short;
}

static struct escape escape_at(enum view_step how, struct str s)
{
    char c = s.ptr[0];

    if (how == VIEW_ESCAPES && c == '\\')
        return backslash(s);
    if (how == VIEW_ENTITIES && c == '&')
        return entity(s);
    if ((how == VIEW_PERCENT && c == '%') || (how == VIEW_QUOTED && c == '='))
        return two_digits(s);
    return (struct escape){0};
}

/* Bytes that are escapes in a row and one character together: its length in
 * the text; 0 if they are none. */
static size_t char_of_bytes(enum view_step how, struct str s, char out[4],
                            size_t *ret_n)
{
    size_t at = 0;

    for (size_t n = 0; n < 4 && utf8_tail((struct str){out, n}) == n;) {
        struct escape x =
            at < s.len ? escape_at(how, str_skip(s, at)) : (struct escape){0};

        if (x.len == 0 || !x.is_byte)
            return 0;
        out[n++] = (char)x.cp;
        at += x.len;
        if (utf8_char((struct str){out, n}) == n) {
            *ret_n = n;
            return at;
        }
    }
    return 0;
}

/* The character of the escape at s, for all the escapes that it takes. */
static enum err put_escape(enum view_step how, struct str s, size_t off,
                           struct escape x, struct textview *out,
                           size_t *ret_taken)
{
    char c[4] = "?";
    size_t n = 1, len = x.len;

    if (x.is_byte && x.cp >= 0x80) {
        len = char_of_bytes(how, s, c, &n);
        if (len == 0) {
            len = x.len;
            c[0] = '?';
            n = 1;
        }
    } else if (x.cp < 0xd800 || (x.cp > 0xdfff && x.cp < 0x110000)) {
        n = utf8_put(x.cp, c);
    }
    *ret_taken = len;
    return textview_put(out, (struct str){c, n}, off, len);
}

/* A line that goes on in the next one (RFC 2045, 6.7, rule 5). */
static size_t soft_break(enum view_step how, struct str s)
{
    if (how != VIEW_QUOTED || s.ptr[0] != '=')
        return 0;
    if (str_starts(str_skip(s, 1), STR("\r\n")))
        return 3;
    return str_starts(str_skip(s, 1), STR("\n")) ? 2 : 0;
}

/* One that says nothing of those near it. */
static bool is_weak(enum view_step how, struct str s, struct escape x)
{
    return how == VIEW_QUOTED && x.len != 0 && quoted_is_value(s);
}

/* May it be one that no view is made for, but where others are near? */
static bool is_slight(enum view_step how, struct str text, size_t at,
                      struct escape x)
{
    return is_weak(how, str_skip(text, at), x) ||
           (x.is_short && !escape_matters(text, at + x.len - 2));
}

/* The text round escapes, as far as a match may reach: so much before the first
 * and behind the last of some that are near each other. */
#define NEAR 320u

/* The text from `from`, behind an escape, up to the next one at `at`. */
static enum err put_between(struct str text, size_t from, size_t at, bool first,
                            struct textview *out)
{
    size_t start, end;
    enum err e;

    if (at - from <= NEAR) /* most are near each other */
        return textview_copy(out, str_head(str_skip(text, from), at - from),
                             from);
    end = first ? from : around_back(text, from, NEAR);
    start = around_front(text, from, at, NEAR);
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
        size_t n = x.len != 0 ? x.len : soft_break(how, str_skip(text, at));

        if (n == 0 ||
            ((count == 0 || at - from > NEAR) && is_slight(how, text, at, x))) {
            at++;
            continue;
        }
        count += weight_of(how, text, at, x);
        if (!is_weak(how, str_skip(text, at), x))
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
#define EDGE (2 * NEAR)

bool escape_group_next(struct escape_group *g, struct str text)
{
    size_t first = text.len, last = 0;
    bool matters = false;

    while ((g->at += str_find_byte(str_skip(text, g->at), '\\')) < text.len) {
        struct str s = str_skip(text, g->at);
        struct escape x = backslash(s);
        bool near = first != text.len && g->at - last <= NEAR;
        bool slight =
            (!near || !matters) && is_slight(VIEW_ESCAPES, text, g->at, x);

        if (x.len == 0 || (slight && !near)) {
            g->at += x.len == 0 ? backslashes(s) : x.len;
            continue;
        }
        if (first != text.len && g->at - last > 2 * NEAR) {
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
        size_t near = count != 0 ? last + NEAR : 0;
        struct str s;
        struct escape x;

        at = mark_next(how, text, at, near);
        if (at >= text.len)
            break;
        s = str_skip(text, at);
        x = escape_at(how, s);
        taken = how == VIEW_SEAMS
                    ? seam_at(text, at, count != 0 && at <= near, true).len
                    : soft_break(how, s);
        if (x.len == 0 && taken == 0) {
            at += how == VIEW_ESCAPES ? backslashes(s) : 1;
            continue;
        }
        if ((count == 0 || at > near) && is_slight(how, text, at, x)) {
            at += x.len;
            continue;
        }
        if (out->bytes.len + 4 * NEAR > *left) {
            d->capped = true;
            break;
        }
        if ((e = put_between(text, from, at, count == 0, out)) ||
            (x.len != 0 && (e = put_escape(how, s, at, x, out, &taken))))
            return e;
        if (count < least_of(how))
            count += weight_of(how, text, at, x);
        from = at += taken;
        if (!is_weak(how, s, x))
            last = from;
    }
    if (count < ((d->enough >> how & 1) != 0 ? 1 : least_of(how))) {
        textview_clear(out);
        return OK;
    }
    *left -= out->bytes.len;
    return textview_copy(
        out,
        str_head(str_skip(text, from), around_back(text, from, NEAR) - from),
        from);
}

/* --- Piece by piece. */

/* Bytes between a mark and the escape that completes it. */
#define OPEN 24u

/* Where the digits of a surrogate end: is what is to follow cut off? */
static bool low_cut(struct str s)
{
    size_t lead = backslashes(str_head(s, LEAD));
    struct str rest = str_skip(s, lead + 1);
    uint32_t value;

    if (lead == LEAD)
        return false;
    if (lead == s.len)
        return true;
    return lead > 0 && s.ptr[lead] == 'u' && rest.len < 4 &&
           hex_digits(rest, 4, &value) == rest.len;
}

/* Behind backslashes: does what they are depend on what is behind s? */
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
        n = backslashes(s);
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

static enum view_step kind_of(char c)
{
    switch (c) {
    case '\\':
        return VIEW_ESCAPES;
    case '%':
        return VIEW_PERCENT;
    case '&':
        return VIEW_ENTITIES;
    case '=':
        return VIEW_QUOTED;
    default:
        return seam_begins(c) ? VIEW_SEAMS : VIEW_TEXT;
    }
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
};

static struct mark mark_at(enum view_step how, struct str text, size_t at,
                           bool near, bool last)
{
    struct str s = str_skip(text, at);
    size_t lead = how == VIEW_ESCAPES ? backslashes(str_head(s, LEAD)) : 1;
    struct mark m = {.len = lead};

    if (lead == LEAD)
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
    m.weak = is_weak(how, s, m.x);
    if (m.is)
        m.len = m.x.len;
    if (m.is && !near && is_slight(how, text, at, m.x))
        m.is = false;
    if (!m.is && soft_break(how, s) != 0) {
        m.is = true;
        m.len = soft_break(how, s);
    }
    return m;
}

/* Without a mark of its own, may it be of an escape whose mark is before it? */
static bool joins(char c)
{
    return is_alnum(c) || c == '#' || c == '{' || c == '"' || c == '\r';
}

bool escaped_next(unsigned kinds, struct str text, size_t *pos, bool last,
                  struct escaped_at *ret)
{
    size_t at = *pos;
    bool open = false; /* a mark is at *pos, and nothing yet that ends it */

    while (at < text.len) {
        enum view_step how = kind_of(text.ptr[at]);
        struct mark m = {.len = 1};

        if (how == VIEW_TEXT) {
            open = open && joins(text.ptr[at]) && at - *pos < OPEN;
            at++;
            continue;
        }
        if (!open || at - *pos >= OPEN)
            *pos = at;
        open = open || how != VIEW_SEAMS;
        if ((kinds >> how & 1) != 0)
            m = mark_at(how, text, at, false, last);
        if (m.cut)
            return false;
        *ret = (struct escaped_at){how, at, m.len};
        if (m.is)
            return true;
        at += m.len;
    }
    *pos = open && !last ? *pos : at;
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
            m = mark_at(how, text, at, x->some && base + at - x->end <= NEAR,
                        last);
        else
            m.len = at - *pos;
        if (m.cut)
            return OK;
        taken = m.len;
        if (!m.is)
            e = textview_copy(out, (struct str){text.ptr + *pos, m.len},
                              base + *pos);
        else if (m.x.len != 0)
            e = put_escape(how, str_skip(text, at), base + at, m.x, out,
                           &taken);
        *pos += taken;
        if (m.is && !m.weak) {
            x->some = true;
            x->end = base + *pos;
        }
    }
    return e;
}
