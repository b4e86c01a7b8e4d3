#include "compile/casing.h"

#include "base/limits.h"
#include "base/utf8.h"

#define CHARS_MOST (2 * LIM_KEYWORD)

/* Capitals, and how their small letters are found. */
static const struct casing {
    uint32_t first, last;
    int32_t off; /* to the small letter; 1: every second is a capital */
} casings[] = {
    {0x00c0, 0x00d6, 32},   {0x00d8, 0x00de, 32},    {0x0100, 0x012e, 1},
    {0x0132, 0x0136, 1},    {0x0139, 0x0147, 1},     {0x014a, 0x0176, 1},
    {0x0178, 0x0178, -121}, {0x0179, 0x017d, 1},     {0x0386, 0x0386, 38},
    {0x0388, 0x038a, 37},   {0x038c, 0x038c, 64},    {0x038e, 0x038f, 63},
    {0x0391, 0x03a1, 32},   {0x03a3, 0x03ab, 32},    {0x0400, 0x040f, 80},
    {0x0410, 0x042f, 32},   {0x0460, 0x0480, 1},     {0x048a, 0x04be, 1},
    {0x04c1, 0x04cd, 1},    {0x04d0, 0x052e, 1},     {0x0531, 0x0556, 48},
    {0x1e00, 0x1e94, 1},    {0x1e9e, 0x1e9e, -7615}, {0x1ea0, 0x1efe, 1},
};

/* The small letter of a capital, or the capital of a small letter; the same
 * for what has no case. */
static uint32_t other_case(uint32_t cp, bool *ret_capital)
{
    *ret_capital = false;
    for (size_t i = 0; i < ARRAY_LEN(casings); i++) {
        const struct casing *c = &casings[i];
        uint32_t from = c->first + (uint32_t)c->off;

        if (cp >= c->first && cp <= c->last &&
            (c->off != 1 || (cp - c->first) % 2 == 0)) {
            *ret_capital = true;
            return cp + (uint32_t)c->off;
        }
        if (cp >= from && cp <= c->last + (uint32_t)c->off &&
            (c->off != 1 || (cp - from) % 2 == 0))
            return cp - (uint32_t)c->off;
    }
    return cp;
}

struct letters {
    uint32_t cp[CHARS_MOST], other[CHARS_MOST];
    bool capital[CHARS_MOST], first[CHARS_MOST]; /* first of a word */
    size_t count, cased;
};

static uint32_t code_point(struct str s, size_t len)
{
    static const unsigned char masks[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    uint32_t cp = (unsigned char)s.ptr[0] & masks[len];

    for (size_t i = 1; i < len; i++)
        cp = cp << 6 | ((unsigned char)s.ptr[i] & 0x3f);
    return cp;
}

static void read_letters(struct str word, struct letters *ret)
{
    bool first = true;

    ret->count = ret->cased = 0;
    while (word.len != 0 && ret->count < CHARS_MOST) {
        size_t len = utf8_char(word), n = ret->count++;
        uint32_t cp = code_point(word, len);

        ret->cp[n] = cp;
        ret->other[n] = other_case(cp, &ret->capital[n]);
        ret->first[n] = first;
        ret->cased += ret->other[n] != cp;
        first = cp == ' ' || cp == '-' || cp == '_';
        word = str_skip(word, len);
    }
}

/* Which letters get the other case: a bit for each that has one. */
enum form {
    FORM_SMALL = CASINGS_MOST,
    FORM_CAPITALS,
    FORM_TITLE,
    FORM_SENTENCE
};

static bool is_other(const struct letters *l, size_t i, size_t nth,
                     unsigned form)
{
    if (form == FORM_SMALL)
        return l->capital[i];
    if (form == FORM_CAPITALS)
        return !l->capital[i];
    if (form == FORM_TITLE)
        return l->capital[i] != l->first[i];
    if (form == FORM_SENTENCE)
        return l->capital[i] != (i == 0);
    return (form >> nth & 1) != 0;
}

/* 0 if it is too long. */
static size_t write_form(const struct letters *l, unsigned form,
                         char out[LIM_KEYWORD])
{
    size_t n = 0, nth = 0;

    for (size_t i = 0; i < l->count; i++) {
        bool cased = l->other[i] != l->cp[i];
        char bytes[4];
        size_t len = utf8_put(
            cased && is_other(l, i, nth, form) ? l->other[i] : l->cp[i], bytes);

        nth += cased;
        if (n + len > LIM_KEYWORD)
            return 0;
        memcpy(out + n, bytes, len);
        n += len;
    }
    return n;
}

size_t casing_all(struct reader *r, struct str word,
                  struct str ret_list[CASINGS_MOST])
{
    static const unsigned forms[] = {0, FORM_SMALL, FORM_CAPITALS, FORM_TITLE,
                                     FORM_SENTENCE};
    struct letters l;
    size_t count = 0, tries;

    read_letters(word, &l);
    tries = l.cased <= 3 ? (size_t)1 << l.cased : ARRAY_LEN(forms);
    for (size_t i = 0; i < tries; i++) {
        char text[LIM_KEYWORD], *p;
        size_t n = write_form(&l, l.cased <= 3 ? (unsigned)i : forms[i], text);
        bool known = n == 0;

        for (size_t k = 0; k < count; k++)
            known = known || str_eq(ret_list[k], (struct str){text, n});
        if (known)
            continue;
        if ((p = read_take(r, n)) == NULL)
            return 0;
        memcpy(p, text, n);
        ret_list[count++] = (struct str){p, n};
    }
    return count;
}
