#include "detect/cipher.h"
#include "detect/decode.h"

#include "base/limits.h"
#include "base/utf8.h"

/*
 * Morse, as people and programs type it: dots and dashes of many kinds, letters
 * parted by a space or a stroke, words by more. What has no sign in Morse is
 * left out by some who write it, and stands between the letters as it is with
 * others. Rules of dashes and dots of a table are such letters too, so that
 * they count only if common words come out, or enough letters that are made of
 * both signs.
 */

#define LEAST   8 /* letters */
#define WORDS   2 /* that come out */
#define MANY    16
#define MIXED   5 /* of MANY, different ones of dots and dashes */
#define LONGEST 8 /* signs of one; eight dots: the last word was wrong */
#define OTHERS  4 /* in a row, that are none of Morse */

/*
 * By its signs behind a one, a dash as 1: ".-" is 101. Letters, digits and
 * marks of ITU-R M.1677-1; the others are in use without it.
 */
static const uint16_t morse[] = {
    [2] = 'e',
    [3] = 't',
    [4] = 'i',
    [5] = 'a',
    [6] = 'n',
    [7] = 'm',
    [8] = 's',
    [9] = 'u',
    [10] = 'r',
    [11] = 'w',
    [12] = 'd',
    [13] = 'k',
    [14] = 'g',
    [15] = 'o',
    [16] = 'h',
    [17] = 'v',
    [18] = 'f',
    [20] = 'l',
    [22] = 'p',
    [23] = 'j',
    [24] = 'b',
    [25] = 'x',
    [26] = 'c',
    [27] = 'y',
    [28] = 'z',
    [29] = 'q',
    [32] = '5',
    [33] = '4',
    [35] = '3',
    [39] = '2',
    [47] = '1',
    [48] = '6',
    [56] = '7',
    [60] = '8',
    [62] = '9',
    [63] = '0',
    [36] = 0xe9,
    [42] = '+',
    [49] = '=',
    [50] = '/',
    [54] = '(',
    [76] = '?',
    [82] = '"',
    [85] = '.',
    [90] = '@',
    [94] = '\'',
    [97] = '-',
    [109] = ')',
    [115] = ',',
    [120] = ':',
    /* not of it */
    [19] = 0xfc,
    [21] = 0xe4,
    [30] = 0xf6,
    [40] = '&',
    [41] = 0xe8,
    [45] = 0xe0,
    [52] = 0xe7,
    [59] = 0xf1,
    [77] = '_',
    [106] = ';',
    [107] = '!',
    [137] = '$',
    [140] = 0xdf,
};

/* A dot, a dash, as they are typed; 0 for another sign. */
static size_t sign_at(struct str text, size_t at, unsigned *ret_dash)
{
    static const struct {
        struct str sign;
        unsigned dash;
    } signs[] = {
        {STR_INIT("\u00b7"), 0}, {STR_INIT("\u2022"), 0},
        {STR_INIT("\u2027"), 0}, {STR_INIT("\u2219"), 0},
        {STR_INIT("\u22c5"), 0}, {STR_INIT("\u25cf"), 0},
        {STR_INIT("\u30fb"), 0}, {STR_INIT("\u00af"), 1},
        {STR_INIT("\u2010"), 1}, {STR_INIT("\u2011"), 1},
        {STR_INIT("\u2012"), 1}, {STR_INIT("\u2013"), 1},
        {STR_INIT("\u2014"), 1}, {STR_INIT("\u2015"), 1},
        {STR_INIT("\u2212"), 1}, {STR_INIT("\u2500"), 1},
        {STR_INIT("\u25ac"), 1}, {STR_INIT("\u30fc"), 1},
    };
    struct str rest = str_skip(text, at);

    if (rest.len == 0)
        return 0;
    *ret_dash = rest.ptr[0] == '-' || rest.ptr[0] == '_';
    if (*ret_dash != 0 || rest.ptr[0] == '.')
        return 1;
    if ((unsigned char)rest.ptr[0] < 0x80)
        return 0;
    for (size_t i = 0; i < ARRAY_LEN(signs); i++)
        if (str_starts(rest, signs[i].sign)) {
            *ret_dash = signs[i].dash;
            return signs[i].sign.len;
        }
    return 0;
}

/*
 * The letter at `at`: behind it; `at` itself if there is none. One that stands
 * for nothing is a 0.
 */
static size_t letter_end(struct str text, size_t at, uint32_t *ret_letter,
                         unsigned *ret_code)
{
    unsigned code = 1, dash = 0, count = 0;
    size_t end = at, n;

    while ((n = sign_at(text, end, &dash)) != 0 && count <= LONGEST) {
        code = code << 1 | dash;
        end += n;
        count++;
    }
    *ret_letter = code < ARRAY_LEN(morse) ? morse[code] : 0;
    *ret_code = code;
    return count <= LONGEST ? end : at;
}

/* --- A list of them. */

struct morse {
    struct str text;
    size_t at, end;  /* where to read on, and behind the last letter       */
    size_t keep;     /* of d->raw, what the last letter ends               */
    size_t count;    /* letters                                            */
    uint64_t mixed;  /* those of dots and dashes, as a set of their codes  */
    char letter_gap; /* between letters: a space or, without one, a stroke */
    bool cut;        /* the end of the text told something */
};

/*
 * What stands behind a letter: spaces and strokes, up to five. It ends a word
 * if there is more of it than between letters.
 */
static size_t between(struct morse *m, size_t at, bool *ret_word)
{
    size_t n = 0, spaces = 0, strokes = 0;
    bool line = false;

    while (at + n < m->text.len && n < 5) {
        char c = m->text.ptr[at + n];

        if (c == '/' || c == '|')
            strokes++;
        else if (c == ' ' || c == '\t')
            spaces++;
        else if (c == '\n' || c == '\r')
            line = true;
        else
            break;
        n++;
    }
    m->cut |= at + n == m->text.len;
    if (m->letter_gap == 0 && n > 0)
        m->letter_gap = strokes > 0 && spaces == 0 ? '/' : ' ';
    *ret_word = line || spaces > 1 || strokes > 1 ||
                (strokes == 1 && (spaces > 0 || m->letter_gap == ' '));
    return n;
}

/* A sign that has no Morse, alone between two gaps: its length, or 0. */
static size_t plain_at(struct str text, size_t at)
{
    size_t n = utf8_char(str_skip(text, at));

    if (n == 0 || (unsigned char)text.ptr[at] <= ' ')
        return 0;
    return at + n == text.len || strchr(" \t\r\n/|", text.ptr[at + n]) != NULL
               ? n
               : 0;
}

static enum err add_char(struct buf *out, uint32_t cp)
{
    char bytes[4];
    size_t n = utf8_put(cp, bytes);

    return buf_add(out, (struct str){bytes, n});
}

/* The letters from m->at on; out: what they are, or NULL. */
static enum err read_morse(struct morse *m, struct buf *out)
{
    unsigned others = 0;
    bool word = false;
    enum err e = OK;

    while ((out == NULL || out->len < LIM_VIEW_OUT - 8) && others <= OTHERS) {
        uint32_t cp;
        unsigned code;
        size_t end = letter_end(m->text, m->at, &cp, &code), gap;
        bool letter = end != m->at;
        size_t n = letter ? 0 : plain_at(m->text, m->at);

        m->cut |= m->at + n == m->text.len || end == m->text.len;
        if (!letter && n == 0)
            return OK;
        if (out != NULL && word)
            e = buf_add_byte(out, ' ');
        if (!e && out != NULL && !letter)
            e = buf_add(out, (struct str){m->text.ptr + m->at, n});
        else if (!e && out != NULL && cp != 0)
            e = add_char(out, cp);
        if (e)
            return e;
        end = letter ? end : m->at + n;
        others++;
        if (letter && cp != 0) {
            others = 0;
            m->end = end;
            m->keep = out != NULL ? out->len : 0;
            m->count++;
            if (code < 64 && (code & (code + 1)) != 0 &&
                (code & (code - 1)) != 0)
                m->mixed |= UINT64_C(1) << code;
        }
        gap = between(m, end, &word);
        if (gap == 0)
            return OK;
        m->at = end + gap;
    }
    return OK;
}

static bool says_something(const struct decoding *d, const struct morse *m)
{
    if (m->count < LEAST)
        return false;
    return cipher_words(buf_str(&d->raw)) >= WORDS ||
           (m->count >= MANY && __builtin_popcountll(m->mixed) >= MIXED);
}

/* What is left of a rule of dashes. */
static size_t skip_signs(struct str text, size_t at)
{
    unsigned dash;
    size_t n;

    while ((n = sign_at(text, at, &dash)) != 0)
        at += n;
    return at;
}

enum err decode_morse(struct decoding *d, struct str text, struct textview *out)
{
    size_t at = 0;
    unsigned dash;
    bool taken;
    enum err e;

    while (at < text.len) {
        struct morse m = {.text = text, .at = at, .end = at};

        if (sign_at(text, at, &dash) == 0) {
            at++;
            continue;
        }
        buf_clear(&d->raw);
        if ((e = read_morse(&m, &d->raw)))
            return e;
        d->raw.len = m.keep;
        if (says_something(d, &m) &&
            (e = decode_part(d, at, m.end - at, out, &taken)))
            return e;
        at = skip_signs(text, m.end);
    }
    return OK;
}

/* --- As it comes. */

size_t morse_begin(struct str text)
{
    size_t at = 0;
    unsigned dash;

    while (at < text.len && sign_at(text, at, &dash) == 0)
        at++;
    return at;
}

size_t morse_end(struct str text, bool last, bool *ret_some)
{
    struct morse m = {.text = text};

    (void)read_morse(&m, NULL); /* without what they are nothing fails */
    *ret_some = m.count >= LEAST;
    m.end = skip_signs(text, m.end);
    return (m.cut || m.end == text.len) && !last ? 0 : m.end;
}
