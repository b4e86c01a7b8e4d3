#include "detect/cipher.h"
#include "detect/decode.h"

#include "base/limits.h"
#include "base/utf8.h"

/*
 * Lists that stand for letters: of the numbers of characters or of their bytes
 * ("73 103 110", in decimal, octal or binary; binary also in one row), and of
 * places of the alphabet ("9-7-14-15-18-5"). Tables of numbers are such lists
 * too, so that one counts only if common words come out.
 */

#define LEAST        8  /* numbers */
#define WORDS        2  /* that come out */
#define DECIMAL_MOST 7  /* digits: U+10FFFF is 1114111 */
#define BINARY_MOST  21 /* the same */

/* How numbers of a list are meant; each, and all of them, must allow it. */
enum {
    DECIMAL = 1,
    OCTAL = 2,
    BINARY = 4,
    PLACE = 8, /* of the alphabet; 0 is a space */
};

static struct str digits_at(struct str text, size_t at)
{
    size_t n = 0;

    while (at + n < text.len && is_digit(text.ptr[at + n]) && n <= BINARY_MOST)
        n++;
    return (struct str){text.ptr + at, n};
}

static unsigned value_in(struct str digits, unsigned base)
{
    unsigned n = 0;

    for (size_t i = 0; i < digits.len; i++)
        n = n * base + (unsigned)(digits.ptr[i] - '0');
    return n;
}

static bool is_below(struct str digits, char last)
{
    for (size_t i = 0; i < digits.len; i++)
        if (digits.ptr[i] > last)
            return false;
    return true;
}

static bool is_char(unsigned c)
{
    if (c < 0x80)
        return (c >= ' ' && c < 0x7f) || c == '\n' || c == '\t' || c == '\r';
    return c <= 0x10ffff && (c < 0xd800 || c > 0xdfff);
}

static unsigned meanings(struct str digits)
{
    unsigned set = 0;

    if (digits.len <= DECIMAL_MOST && is_char(value_in(digits, 10)))
        set |= DECIMAL;
    if (digits.len <= DECIMAL_MOST && digits.len >= 2 &&
        is_below(digits, '7') && is_char(value_in(digits, 8)))
        set |= OCTAL;
    if (digits.len >= 7 && digits.len <= BINARY_MOST && is_below(digits, '1') &&
        is_char(value_in(digits, 2)))
        set |= BINARY;
    if (digits.len <= 2 && value_in(digits, 10) <= 26)
        set |= PLACE;
    return set;
}

static uint32_t char_of(struct str digits, unsigned meaning)
{
    unsigned n = value_in(digits, meaning == OCTAL    ? 8
                                  : meaning == BINARY ? 2
                                                      : 10);

    if (meaning == PLACE)
        return n == 0 ? ' ' : 'a' + n - 1;
    return n;
}

/* What stands between two numbers: one to three signs. */
static size_t gap_at(struct str text, size_t at)
{
    size_t n = 0;

    while (at + n < text.len && n < 3 &&
           strchr(" ,;-/|_\\\n\t", text.ptr[at + n]) != NULL &&
           text.ptr[at + n] != 0)
        n++;
    return n;
}

struct list {
    size_t end, count;
    unsigned means;  /* what all of them may mean */
    size_t shortest; /* of the gaps */
    bool cut;        /* the end of the text ends it: more may be one more */
};

/* The list that begins at `at`, as long as any one meaning holds. */
static struct list list_at(struct str text, size_t at)
{
    struct list l = {
        .end = at, .means = DECIMAL | OCTAL | BINARY | PLACE, .shortest = 3};
    size_t gap = 0;

    for (;;) {
        struct str digits = digits_at(text, at);
        unsigned set = digits.len == 0 ? 0 : l.means & meanings(digits);
        size_t end = at + digits.len;

        l.cut = end == text.len;
        if (set == 0 || (end < text.len && is_alnum(text.ptr[end])))
            return l;
        l.shortest = l.count > 0 && gap < l.shortest ? gap : l.shortest;
        l.means = set;
        l.end = end;
        l.count++;
        gap = gap_at(text, end);
        l.cut |= end + gap == text.len;
        if (gap == 0)
            return l;
        at = end + gap;
    }
}

/* `bytes`: a number up to 255 is one of UTF-8, not a character. */
static enum err add_char(struct decoding *d, uint32_t n, bool bytes)
{
    char out[4];
    size_t len = 1;

    out[0] = (char)n;
    if (!bytes || n > 255)
        len = utf8_put(n, out);
    return buf_add(&d->raw, (struct str){out, len});
}

/* What the list says if it means that, into d->raw. Of places, a gap that is
 * longer than others, or has another sign, ends a word. */
static enum err read_list(struct decoding *d, struct str text, size_t at,
                          const struct list *l, unsigned meaning, bool bytes)
{
    enum err e;
    char sign = 0;

    buf_clear(&d->raw);
    while (at < l->end) {
        struct str digits = digits_at(text, at);
        size_t gap;

        if ((e = add_char(d, char_of(digits, meaning), bytes)))
            return e;
        at += digits.len;
        gap = at < l->end ? gap_at(text, at) : 0;
        sign = sign == 0 && gap > 0 ? text.ptr[at] : sign;
        if (meaning == PLACE && gap > 0 &&
            (gap > l->shortest || text.ptr[at] != sign) &&
            (e = buf_add_byte(&d->raw, ' ')))
            return e;
        at += gap;
    }
    return OK;
}

static bool says_words(const struct decoding *d)
{
    return cipher_words(buf_str(&d->raw)) >= WORDS;
}

static enum err take_list(struct decoding *d, struct str text, size_t at,
                          const struct list *l, struct textview *out)
{
    bool taken = false;
    enum err e;

    if (l->end - at > LIM_VIEW_OUT) {
        d->capped = true;
        return OK;
    }
    for (unsigned meaning = DECIMAL; meaning <= PLACE; meaning <<= 1) {
        if ((l->means & meaning) == 0)
            continue;
        e = read_list(d, text, at, l, meaning, true);
        if (!e && !utf8_valid(buf_str(&d->raw)))
            e = read_list(d, text, at, l, meaning, false);
        if (e)
            return e;
        if (says_words(d))
            return decode_part(d, at, l->end - at, out, &taken);
    }
    return OK;
}

/* Zeros and ones in one row. */
static size_t row_at(struct str text, size_t at)
{
    size_t len = 0;

    while (at + len < text.len &&
           (text.ptr[at + len] == '0' || text.ptr[at + len] == '1'))
        len++;
    return len;
}

/* Of one, eight are a byte. */
static enum err take_row(struct decoding *d, struct str text, size_t at,
                         size_t len, struct textview *out)
{
    bool taken;
    enum err e;

    if (len % 8 != 0 || len / 8 > LIM_VIEW_OUT)
        return OK;
    buf_clear(&d->raw);
    for (size_t i = 0; i < len; i += 8) {
        struct str digits = {text.ptr + at + i, 8};

        if ((e = buf_add_byte(&d->raw, (char)value_in(digits, 2))))
            return e;
    }
    return says_words(d) ? decode_part(d, at, len, out, &taken) : OK;
}

/* Does one begin there? */
static bool begins(struct str text, size_t at, char before)
{
    before = at > 0 ? text.ptr[at - 1] : before;
    return is_digit(text.ptr[at]) && !is_alnum(before);
}

enum err decode_lists(struct decoding *d, struct str text, struct textview *out)
{
    size_t at = 0, row;
    enum err e;

    while (at < text.len) {
        struct list l;

        if (!begins(text, at, 0)) {
            at++;
            continue;
        }
        row = row_at(text, at);
        if (row >= 8 * LEAST) {
            if ((e = take_row(d, text, at, row, out)))
                return e;
            at += row;
            continue;
        }
        l = list_at(text, at);
        if (l.count >= LEAST && (e = take_list(d, text, at, &l, out)))
            return e;
        /* The next list may begin with the number that ended this one. */
        at = l.end > at ? l.end : at + digits_at(text, at).len;
    }
    return OK;
}

/* --- As they come. */

size_t numbers_begin(struct str text, char before)
{
    size_t at = 0;

    while (at < text.len && !begins(text, at, before))
        at++;
    return at;
}

size_t numbers_end(struct str text, bool last, bool *ret_some)
{
    size_t row = row_at(text, 0);
    struct list l = {.cut = row == text.len};

    *ret_some = row >= 8 * LEAST;
    if (!*ret_some && (!l.cut || last)) {
        l = list_at(text, 0);
        *ret_some = l.count >= LEAST;
    }
    if (l.cut && !last)
        return 0;
    if (l.end > 0)
        return l.end;
    return row >= 8 * LEAST ? row : digits_at(text, 0).len;
}
