#include "detect/cipher.h"
#include "detect/decode.h"

#include "base/limits.h"

/*
 * Lists that stand for letters: of the numbers of characters ("73 103 110", in
 * decimal, octal or binary; "9-7-14-15-18-5", places of the alphabet), and
 * Morse. Tables of numbers and rules of dashes are such lists too, so that one
 * counts only if words of English come out.
 */

#define LEAST 8 /* numbers, or letters of Morse */
#define WORDS 2 /* that come out */

/* --- Numbers. */

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

    while (at + n < text.len && is_digit(text.ptr[at + n]) && n < 9)
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
    return (c >= ' ' && c < 0x7f) || c == '\n' || c == '\t' || c == '\r';
}

static unsigned meanings(struct str digits)
{
    unsigned set = 0;

    if (digits.len <= 3 && is_char(value_in(digits, 10)))
        set |= DECIMAL;
    if (digits.len <= 3 && digits.len >= 2 && is_below(digits, '7') &&
        is_char(value_in(digits, 8)))
        set |= OCTAL;
    if (digits.len >= 7 && digits.len <= 8 && is_below(digits, '1') &&
        is_char(value_in(digits, 2)))
        set |= BINARY;
    if (digits.len <= 2 && value_in(digits, 10) <= 26)
        set |= PLACE;
    return set;
}

static char char_of(struct str digits, unsigned meaning)
{
    unsigned n = value_in(digits, meaning == OCTAL    ? 8
                                  : meaning == BINARY ? 2
                                                      : 10);

    if (meaning == PLACE)
        return (char)(n == 0 ? ' ' : 'a' + (char)(n - 1));
    return (char)n;
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

        if (set == 0 || (end < text.len && is_alnum(text.ptr[end])))
            return l;
        l.shortest = l.count > 0 && gap < l.shortest ? gap : l.shortest;
        l.means = set;
        l.end = end;
        l.count++;
        gap = gap_at(text, end);
        if (gap == 0)
            return l;
        at = end + gap;
    }
}

/* What the list says if it means that, into d->raw. Of places, a gap that is
 * longer than others, or has another sign, ends a word. */
static enum err read_list(struct decoding *d, struct str text, size_t at,
                          const struct list *l, unsigned meaning)
{
    enum err e;
    char sign = 0;

    buf_clear(&d->raw);
    while (at < l->end) {
        struct str digits = digits_at(text, at);
        size_t gap;

        if ((e = buf_add_byte(&d->raw, char_of(digits, meaning))))
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
        if ((e = read_list(d, text, at, l, meaning)))
            return e;
        if (says_words(d))
            return decode_part(d, at, l->end - at, out, &taken);
    }
    return OK;
}

static enum err decode_numbers(struct decoding *d, struct str text,
                               struct textview *out)
{
    size_t at = 0;
    enum err e;

    while (at < text.len) {
        struct list l;

        if (!is_digit(text.ptr[at]) || (at > 0 && is_alnum(text.ptr[at - 1]))) {
            at++;
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

/* --- Morse (ITU-R M.1677). */

/* By its signs behind a one, a dash as 1: ".-" is 101. */
static const char morse[64] = {
    [2] = 'e',  [3] = 't',  [4] = 'i',  [5] = 'a',  [6] = 'n',  [7] = 'm',
    [8] = 's',  [9] = 'u',  [10] = 'r', [11] = 'w', [12] = 'd', [13] = 'k',
    [14] = 'g', [15] = 'o', [16] = 'h', [17] = 'v', [18] = 'f', [20] = 'l',
    [22] = 'p', [23] = 'j', [24] = 'b', [25] = 'x', [26] = 'c', [27] = 'y',
    [28] = 'z', [29] = 'q', [32] = '5', [33] = '4', [35] = '3', [39] = '2',
    [47] = '1', [48] = '6', [56] = '7', [60] = '8', [62] = '9', [63] = '0',
};

/* A dot, a dash, as they are typed; 0 for another sign. */
static size_t sign_at(struct str text, size_t at, unsigned *ret_dash)
{
    static const struct {
        struct str sign;
        unsigned dash;
    } signs[] = {
        {STR_INIT("."), 0},      {STR_INIT("-"), 1},
        {STR_INIT("_"), 1},      {STR_INIT("\u00b7"), 0},
        {STR_INIT("\u2022"), 0}, {STR_INIT("\u2212"), 1},
        {STR_INIT("\u2013"), 1}, {STR_INIT("\u2014"), 1},
    };
    struct str rest = str_skip(text, at);

    for (size_t i = 0; i < ARRAY_LEN(signs); i++)
        if (str_starts(rest, signs[i].sign)) {
            *ret_dash = signs[i].dash;
            return signs[i].sign.len;
        }
    return 0;
}

/* The letter at `at`: behind it; `at` itself if there is none. */
static size_t letter_end(struct str text, size_t at, char *ret_letter)
{
    unsigned code = 1, dash = 0;
    size_t end = at, n;

    while ((n = sign_at(text, end, &dash)) != 0) {
        code = code < 64 ? code << 1 | dash : 64;
        end += n;
    }
    *ret_letter = (char)(code > 1 && code < 64 ? morse[code] : 0);
    return *ret_letter != 0 ? end : at;
}

/* Behind a letter: a space, or with more or a stroke the end of a word. */
static size_t between(struct str text, size_t at, bool *ret_word)
{
    size_t n = 0, spaces = 0;

    *ret_word = false;
    while (at + n < text.len && n < 5) {
        char c = text.ptr[at + n];

        if (c == '/' || c == '|' || c == '\n')
            *ret_word = true;
        else if (c != ' ' && c != '\t')
            break;
        spaces++;
        n++;
    }
    *ret_word |= spaces > 1;
    return n;
}

/* The letters from `at` on into d->raw; how many. */
static enum err read_morse(struct decoding *d, struct str text, size_t at,
                           size_t *ret_end, size_t *ret_count)
{
    bool word = false;
    enum err e;

    buf_clear(&d->raw);
    *ret_end = at;
    *ret_count = 0;
    while (d->raw.len < LIM_VIEW_OUT) {
        char letter;
        size_t end = letter_end(text, at, &letter), gap;

        if (end == at)
            return OK;
        if ((word && (e = buf_add_byte(&d->raw, ' '))) ||
            (e = buf_add_byte(&d->raw, letter)))
            return e;
        ++*ret_count;
        *ret_end = end;
        gap = between(text, end, &word);
        if (gap == 0)
            return OK;
        at = end + gap;
    }
    return OK;
}

static enum err decode_morse(struct decoding *d, struct str text,
                             struct textview *out)
{
    size_t at = 0, end, count;
    unsigned dash;
    bool taken;
    enum err e;

    while (at < text.len) {
        if (sign_at(text, at, &dash) == 0) {
            at++;
            continue;
        }
        if ((e = read_morse(d, text, at, &end, &count)))
            return e;
        if (count >= LEAST && says_words(d) &&
            (e = decode_part(d, at, end - at, out, &taken)))
            return e;
        at = end;
        while ((end = sign_at(text, at, &dash)) != 0)
            at += end;
    }
    return OK;
}

enum err decode_lists(struct decoding *d, enum view_step how, struct str text,
                      struct textview *out)
{
    return how == VIEW_MORSE ? decode_morse(d, text, out)
                             : decode_numbers(d, text, out);
}
