#include "rules/regex.h"

#include "base/utf8.h"
#include "rules/prefilter.h"

#define CLASS_MOST 256 /* bytes of a class [^...] */

const struct guard guard_all = {{UINT64_MAX, UINT64_MAX}};

size_t pattern_class(struct str s)
{
    size_t i = 1;

    if (i < s.len && s.ptr[i] == '^')
        i++;
    if (i < s.len && s.ptr[i] == ']')
        i++;
    while (i < s.len && s.ptr[i] != ']') {
        if (s.ptr[i] == '[' && i + 1 < s.len && s.ptr[i + 1] == ':')
            i += str_find(str_skip(s, i), STR(":]")) + 2;
        else
            i += s.ptr[i] == '\\' ? 2 : 1;
    }
    return i < s.len ? i + 1 : 0;
}

size_t pattern_item(struct str s)
{
    size_t i = 0, depth = 0, n;

    do {
        if (i >= s.len)
            return 0;
        n = 1;
        if (s.ptr[i] == '\\')
            n = 2;
        else if (s.ptr[i] == '[' && (n = pattern_class(str_skip(s, i))) == 0)
            return 0;
        else if (s.ptr[i] == '(')
            depth++;
        else if (s.ptr[i] == ')')
            depth--;
        i += n;
    } while (depth != 0);
    return i <= s.len ? i : 0;
}

size_t pattern_bar(struct str s)
{
    size_t i = 0;

    while (i < s.len && s.ptr[i] != '|') {
        size_t n = pattern_item(str_skip(s, i));

        if (n == 0)
            return PATTERN_UNREAD;
        i += n;
    }
    return i;
}

bool pattern_repeats(struct str s)
{
    return s.len != 0 && s.ptr[0] != '\0' && strchr("?*+{", s.ptr[0]) != NULL;
}

size_t pattern_nothing(struct str s)
{
    static const struct str marks[] = {STR_INIT("(?=") /* keep first */,
                                       STR_INIT("(?!"), STR_INIT("(?<="),
                                       STR_INIT("(?<!")};
    size_t i = 2;

    if (str_starts(s, STR("^")))
        return 1;
    if (str_starts(s, STR("\\b")) || str_starts(s, STR("\\B")) ||
        str_starts(s, STR("\\A")))
        return 2;
    for (size_t k = 0; k < ARRAY_LEN(marks); k++)
        if (str_starts(s, marks[k]))
            return pattern_item(s);
    if (!str_starts(s, STR("(?")))
        return 0;
    while (i < s.len && s.ptr[i] != 0 && strchr("imsn-^", s.ptr[i]) != NULL)
        i++;
    return i < s.len && s.ptr[i] == ')' ? i + 1 : 0;
}

size_t pattern_group(struct str s)
{
    size_t i = 2;

    if (!str_starts(s, STR("(?")))
        return str_starts(s, STR("(*")) ? 0 : 1;
    if (i < s.len && s.ptr[i] == '>') /* more is not taken back: no matter */
        return i + 1;
    if (i < s.len && s.ptr[i] == 'P')
        i++;
    if (i < s.len && s.ptr[i] == '<') {
        i += str_find_byte(str_skip(s, i), '>') + 1;
        return i <= s.len ? i : 0;
    }
    while (i < s.len && s.ptr[i] != 0 && strchr("imsn-^", s.ptr[i]) != NULL)
        i++;
    return i < s.len && s.ptr[i] == ':' ? i + 1 : 0;
}

static bool read_number(struct str *rest, uint32_t *ret_n)
{
    size_t i = 0;

    *ret_n = 0;
    for (; i < rest->len && i < 5 && is_digit(rest->ptr[i]); i++)
        *ret_n = *ret_n * 10 + (uint32_t)(rest->ptr[i] - '0');
    *rest = str_skip(*rest, i);
    return i != 0;
}

static bool take_byte(struct str *rest, char c)
{
    if (rest->len == 0 || rest->ptr[0] != c)
        return false;
    *rest = str_skip(*rest, 1);
    return true;
}

/* In braces. */
static bool read_counts(struct str *rest, uint32_t *ret_least,
                        uint32_t *ret_most)
{
    if (!read_number(rest, ret_least))
        return false;
    *ret_most = *ret_least;
    if (take_byte(rest, ',') && !read_number(rest, ret_most))
        *ret_most = TIMES_FREE;
    return take_byte(rest, '}');
}

bool pattern_times(struct str *rest, uint32_t *ret_least, uint32_t *ret_most,
                   bool *ret_whole)
{
    *ret_least = *ret_most = 1;
    *ret_whole = false;
    if (take_byte(rest, '{')) {
        if (!read_counts(rest, ret_least, ret_most))
            return false;
    } else if (take_byte(rest, '?')) {
        *ret_least = 0;
    } else if (take_byte(rest, '*')) {
        *ret_least = 0;
        *ret_most = TIMES_FREE;
    } else if (take_byte(rest, '+')) {
        *ret_most = TIMES_FREE;
    } else {
        return true;
    }
    *ret_whole = take_byte(rest, '+');
    if (!*ret_whole)
        (void)take_byte(rest, '?');
    return true;
}

/* White space that is one or more of it: what a keyword has a space for. */
static size_t gap_item(struct str s)
{
    size_t n = str_starts(s, STR("\\s")) ? 2 : str_starts(s, STR(" +")) ? 1 : 0;
    struct str rest = str_skip(s, n);
    uint32_t least, most;
    bool whole;

    if (n == 0 || !pattern_times(&rest, &least, &most, &whole) || least != 1)
        return 0;
    return s.len - rest.len;
}

size_t pattern_letter(struct str s, bool gaps, char *ret_c)
{
    size_t n = gaps ? gap_item(s) : 0, rest;

    *ret_c = ' ';
    if (n != 0)
        return n;
    if (s.len == 0 || s.ptr[0] == '\0')
        return 0;
    if (s.ptr[0] == '\\') { /* of escapes only those of punctuation */
        if (s.len == 1 || is_digit(s.ptr[1]) || is_alpha(s.ptr[1]))
            return 0;
        n = 1;
    } else if (strchr("[](){}.*+?|^$", s.ptr[0]) != NULL) {
        return 0;
    }
    /* Of a character of more bytes what says how often is behind its last. */
    rest = utf8_char(str_skip(s, n));
    *ret_c = s.ptr[n];
    return pattern_repeats(str_skip(s, n + (rest > 1 ? rest : 1))) ? 0 : n + 1;
}

size_t pattern_literal(struct str s, bool gaps, char out[LIM_KEYWORD])
{
    size_t n = 0, len;

    while (n < LIM_KEYWORD && (len = pattern_letter(s, gaps, &out[n])) != 0) {
        s = str_skip(s, len);
        n++;
    }
    return n;
}

struct str pattern_behind(struct str s, bool gaps, size_t n)
{
    char c;

    for (; n > 0; n--)
        s = str_skip(s, pattern_letter(s, gaps, &c));
    return s;
}

bool pattern_plain(struct str s)
{
    for (size_t i = 0; i + 2 < s.len; i++)
        if (s.ptr[i] == '(' && s.ptr[i + 1] == '?' &&
            (s.ptr[i + 2] == 0 || strchr(":=!<", s.ptr[i + 2]) == NULL))
            return false;
    return str_find(s, STR("\\Q")) == s.len && str_find(s, STR("(*")) == s.len;
}

void guard_range(struct guard *g, unsigned from, unsigned to)
{
    for (unsigned c = from; c <= to && c < 0x80; c++)
        g->bits[c / 64] |= UINT64_C(1) << c % 64;
}

void guard_word(struct guard *g)
{
    guard_range(g, '0', '9');
    guard_range(g, 'A', 'Z');
    guard_range(g, 'a', 'z');
    guard_range(g, '_', '_');
}

/* \x and two digits. */
static size_t guard_hex(struct guard *g, struct str s)
{
    int high = s.len > 3 ? hex_value(s.ptr[2]) : -1;
    int low = s.len > 3 ? hex_value(s.ptr[3]) : -1;

    if (high < 0 || high > 7 || low < 0)
        return 0;
    guard_range(g, (unsigned)(high * 16 + low), (unsigned)(high * 16 + low));
    return 4;
}

size_t guard_escape(struct guard *g, struct str s)
{
    char c = s.len > 1 ? s.ptr[1] : 'a';

    if (c == 'x')
        return guard_hex(g, s);
    if (c == 'w') {
        guard_word(g);
    } else if (c == 'd') {
        guard_range(g, '0', '9');
    } else if (c == 's') {
        guard_range(g, '\t', '\r');
        guard_range(g, ' ', ' ');
    } else if (c == 'n' || c == 'r' || c == 't') {
        unsigned byte = c == 'n' ? '\n' : c == 'r' ? '\r' : '\t';

        guard_range(g, byte, byte);
    } else if (is_alnum(c)) {
        return 0;
    } else {
        guard_range(g, (unsigned char)c, (unsigned char)c);
    }
    return 2;
}

bool guard_class(struct guard *g, struct str s)
{
    if (s.len < 3 || s.ptr[1] == '^' || s.ptr[1] == ']')
        return false;
    for (size_t i = 1; i + 1 < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        unsigned char to = i + 3 < s.len ? (unsigned char)s.ptr[i + 2] : 0;

        if (c == '[' || c >= 0x80)
            return false;
        if (c == '\\') {
            size_t n = guard_escape(g, str_skip(s, i));

            i += n - 1;
            if (n == 0 || (s.ptr[i + 1] == '-' && i + 3 < s.len))
                return false;
        } else if (i + 3 < s.len && s.ptr[i + 1] == '-') {
            if (to == '\\' || to == '[' || to >= 0x80)
                return false;
            guard_range(g, c, to);
            i += 2;
        } else {
            guard_range(g, c, c);
        }
    }
    return true;
}

size_t guard_item(struct str s, struct guard *g)
{
    if (s.len == 0)
        return 0;
    if (s.ptr[0] == '[') {
        size_t len = pattern_class(s);

        return len != 0 && guard_class(g, str_head(s, len)) ? len : 0;
    }
    if (s.ptr[0] == '\\')
        return guard_escape(g, s);
    if (s.ptr[0] <= 0 || strchr("](){}.*+?|^$", s.ptr[0]) != NULL)
        return 0;
    guard_range(g, (unsigned char)s.ptr[0], (unsigned char)s.ptr[0]);
    return 1;
}

void guard_add(struct guard *to, const struct guard *g)
{
    to->bits[0] |= g->bits[0];
    to->bits[1] |= g->bits[1];
}

void guard_keep(struct guard *to, const struct guard *g)
{
    to->bits[0] &= g->bits[0];
    to->bits[1] &= g->bits[1];
}

struct guard guard_others(const struct guard *g)
{
    return (struct guard){{~g->bits[0], ~g->bits[1]}};
}

/* Letters in both cases: A to Z, and a to z, are bits of one word. */
static void guard_cases(struct guard *g)
{
    const uint64_t large = UINT64_C(0x07fffffe);

    g->bits[1] |= (g->bits[1] & large) << 32 | (g->bits[1] >> 32 & large);
}

/* The same of a class as of one without what in it is beyond ASCII. */
static size_t class_text(struct str s, struct guard *ret_bytes)
{
    bool not = str_starts(s, STR("[^"));
    char text[CLASS_MOST] = "[";
    size_t len = pattern_class(s), n = 1, one;

    for (size_t i = not ? 2 : 1; i < len; i += one) {
        struct str rest = str_skip(s, i);

        one = (unsigned char)rest.ptr[0] < 0x80 ? 1 : utf8_char(rest);
        if (one == 0 || n == sizeof(text) || second_len(rest) != 0 ||
            (one > 1 && (text[n - 1] == '-' || rest.ptr[one] == '-')))
            return 0;
        if (one == 1)
            text[n++] = rest.ptr[0];
    }
    if (!guard_class(ret_bytes, (struct str){text, n}))
        return 0;
    if (not )
        *ret_bytes = guard_others(ret_bytes);
    return len;
}

size_t guard_text(struct str s, bool plain, struct guard *ret_bytes)
{
    struct guard bytes = {{0}};
    size_t n =
        str_starts(s, STR("[")) ? class_text(s, &bytes) : guard_item(s, &bytes);

    if (n == 0 && (unsigned char)s.ptr[0] >= 0x80 && second_len(s) == 0)
        n = utf8_char(s);
    if (!plain)
        guard_cases(&bytes);
    *ret_bytes = bytes;
    return n;
}
