#include "detect/escape.h"

#include "base/utf8.h"
#include "detect/classes.h"
#include "detect/decode.h"

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

    if (s.len == 0 || s.ptr[0] != '{')
        return 0;
    n = hex_digits(str_skip(s, 1), 6, ret_cp);
    return n > 0 && n + 1 < s.len && s.ptr[n + 1] == '}' ? n + 2 : 0;
}

size_t escape_slashes(struct str s)
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
    lead = escape_slashes(str_head(str_skip(s, 4), ESCAPE_LEAD));
    if (lead > 0 && lead < ESCAPE_LEAD &&
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
    size_t lead = escape_slashes(s), n = 0;
    struct str code = str_skip(s, lead), rest = str_skip(code, 1);

    if (code.len == 0)
        return x;
    if (lead > 1 && (x = plain_backslash(str_skip(s, lead - 1))).len != 0) {
        x.len += lead - 1;
        return x;
    }
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

struct escape escape_at(enum view_step how, struct str s)
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

/* May a character of more bytes begin with this one? */
static bool begins_char(uint32_t byte)
{
    return byte >= 0xc2 && byte <= 0xf4;
}

/* The character of the escape at s, for all the escapes that it takes. */
enum err escape_put(enum view_step how, struct str s, size_t off,
                    struct escape x, struct textview *out, size_t *ret_taken)
{
    char c[4] = "?";
    size_t n = 1, len = x.len;

    if (x.is_byte && x.cp >= 0x80) {
        len = begins_char(x.cp) ? char_of_bytes(how, s, c, &n) : 0;
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
size_t escape_break(enum view_step how, struct str s)
{
    if (how != VIEW_QUOTED || s.ptr[0] != '=')
        return 0;
    if (str_starts(str_skip(s, 1), STR("\r\n")))
        return 3;
    return str_starts(str_skip(s, 1), STR("\n")) ? 2 : 0;
}

/* One that says nothing of those near it. */
bool escape_is_weak(enum view_step how, struct str s, struct escape x)
{
    return how == VIEW_QUOTED && x.len != 0 && quoted_is_value(s);
}

/* May it be one that no view is made for, but where others are near? */
bool escape_is_slight(enum view_step how, struct str text, size_t at,
                      struct escape x)
{
    return escape_is_weak(how, str_skip(text, at), x) ||
           (x.is_short && !escape_matters(text, at + x.len - 2));
}
