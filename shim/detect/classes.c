#include "detect/classes.h"

#include "detect/decode.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

/*
 * The pass works on masks, one bit for each of sixteen bytes. What stands
 * across two steps is seen because a step keeps the end of the last one. Most
 * bits only say "perhaps", and a closer look at the place decides.
 */

#define LANES       16
#define ENTITY_MOST 20  /* bytes up to the ; of one, as it is decoded */
#define BLOCK       256 /* bytes of which it is told whether they have any */
#define MARGIN      512 /* bytes around a block that are looked at, too */
#define MARGIN_RUN  64  /* the same where it stands for itself */
typedef unsigned char lanes __attribute__((vector_size(LANES)));

static lanes lanes_at(const char *p)
{
    lanes v;

    memcpy(&v, p, LANES);
    return v;
}

/* The highest bit of each byte, the first byte's lowest. */
static unsigned mask_of(lanes v)
{
#if defined(__SSE2__)
    return (unsigned)_mm_movemask_epi8((__m128i)v);
#else
    unsigned mask = 0;

    for (unsigned i = 0; i < LANES; i++)
        mask |= (unsigned)(v[i] >> 7) << i;
    return mask;
#endif
}

static lanes letters_in(lanes v)
{
    return (lanes)((lanes)((v | 0x20) - 'a') < 26);
}

static lanes digits_in(lanes v)
{
    return (lanes)((lanes)(v - '0') < 10);
}

bool is_base64_char(char c)
{
    char low = (char)(c | 0x20);

    return (low >= 'a' && low <= 'z') || is_digit(c) || c == '+' || c == '/' ||
           c == '-' || c == '_';
}

static bool is_letter(char c)
{
    char low = (char)(c | 0x20);

    return low >= 'a' && low <= 'z';
}

static bool is_hex_pair(struct str s)
{
    return s.len >= 2 && hex_value(s.ptr[0]) >= 0 && hex_value(s.ptr[1]) >= 0;
}

/* Letters and digits, and a semicolon behind. */
static bool is_name(struct str s)
{
    size_t i = 0;

    while (i < s.len && (is_letter(s.ptr[i]) || is_digit(s.ptr[i])))
        i++;
    return i > 0 && i < s.len && s.ptr[i] == ';';
}

static bool is_word(char c)
{
    return is_letter(c) || is_digit(c);
}

bool escape_matters(struct str text, size_t at)
{
    struct str s = str_skip(text, at + 1);
    char next = s.len > 1 ? s.ptr[1] : 0;

    switch (s.len > 0 ? s.ptr[0] : 0) {
    case 'n':
    case 't':
    case 'r':
    case 'b':
    case 'f':
    case '/':
        return is_word(next) || next == '_' || next == '+' ||
               (next & 0x80) != 0;
    case '"':
        for (unsigned n = 0; n < 7 && at > 0 && text.ptr[at - 1] == '\\'; n++)
            at--;
        return next == ':' ||
               (at > 0 && (text.ptr[at - 1] == '=' || text.ptr[at - 1] == ':'));
    default:
        return false;
    }
}

/* What a byte that may begin an escape begins. */
static unsigned escape_at(struct str text, size_t at)
{
    struct str s = str_skip(text, at);
    char next = s.len > 1 ? s.ptr[1] : 0;

    switch (s.ptr[0]) {
    case '\\':
        if (next == 'u' || next == 'U' || next == 'x' || is_digit(next))
            return CLASS_ESCAPE;
        return escape_matters(text, at) ? CLASS_SHORT : 0;
    case '%':
        return is_hex_pair(str_skip(s, 1)) ? CLASS_PERCENT : 0;
    case '=':
        return is_hex_pair(str_skip(s, 1)) ? CLASS_QUOTED : 0;
    default:
        return next == '#' || is_name(str_head(str_skip(s, 1), ENTITY_MOST))
                   ? CLASS_ENTITY
                   : 0;
    }
}

/* Five single letters from here on, one or two others between them. */
static bool is_spaced(struct str text, size_t at)
{
    unsigned n = 0;

    if (at > 0 && is_word(text.ptr[at - 1]))
        return false;
    while (at < text.len && is_letter(text.ptr[at])) {
        if (at + 1 < text.len && is_word(text.ptr[at + 1]))
            return false;
        if (++n == 5)
            return true;
        at += at + 2 < text.len && !is_word(text.ptr[at + 2]) ? 3 : 2;
    }
    return false;
}

/* Which of the bytes are escapes, a closer look at each. */
static void look_escapes(struct class_pass *p, size_t at, unsigned mask)
{
    for (; mask != 0; mask &= mask - 1)
        p->found |= escape_at(p->text, at + (size_t)__builtin_ctz(mask));
}

static void look_spaced(struct class_pass *p, size_t at, unsigned singles)
{
    for (; singles != 0 && (p->found & CLASS_SPACED) == 0;
         singles &= singles - 1)
        if (is_spaced(p->text, at + (size_t)__builtin_ctz(singles)))
            p->found |= CLASS_SPACED;
}

/* A letter, a digit, a letter: two such places near each other. */
static void look_leet(struct class_pass *p, size_t at, unsigned mask)
{
    for (; mask != 0; mask &= mask - 1) {
        size_t here = at + (size_t)__builtin_ctz(mask) + 1;

        if (p->leet != 0 && here - p->leet < 64)
            p->found |= CLASS_LEET;
        p->leet = here;
    }
}

/* A run that goes on from the step before, or begins in this one. */
static void look_run(struct class_pass *p, unsigned code)
{
    unsigned rest = ~code & 0xffff;

    if (rest == 0) {
        p->run += LANES;
    } else if (p->run + (unsigned)__builtin_ctz(rest) < CLASS_RUN_LEN) {
        p->run = (size_t)__builtin_clz(rest) - 16;
        return;
    }
    if (p->run >= CLASS_RUN_LEN || rest != 0)
        p->found |= CLASS_RUN;
    if (rest != 0)
        p->run = (size_t)__builtin_clz(rest) - 16;
}

static void step(struct class_pass *p, size_t at, lanes v)
{
    lanes letters = letters_in(v), digits = digits_in(v);
    lanes marks = (lanes)((v == '\\') | (v == '%') | (v == '&') | (v == '='));
    lanes low = (lanes)((v < ' ') & (v != '\t') & (v != '\n') & (v != '\r')) |
                (lanes)(v == 0x7f);
    lanes code =
        letters | digits |
        (lanes)((v == '+') | (v == '/') | (v == '-') | (v == '_') | (v == '='));
    lanes hex = digits | (lanes)((lanes)((v | 0x20) - 'a') < 6);
    unsigned l = mask_of(letters), d = mask_of(digits), c = mask_of(code);
    unsigned h = mask_of(hex), m = mask_of(marks), w = l | d;
    unsigned swap = mask_of((lanes)((v == '0') | (v == '1') | (v == '3') |
                                    (v == '4') | (v == '5') | (v == '7') |
                                    (v == '8') | (v == '@') | (v == '$')));
    unsigned before = p->last_letters >> 15, word = p->last_digits >> 15;
    bool more = at + LANES < p->text.len && is_letter(p->text.ptr[at + LANES]);
    unsigned mixed = swap & (l << 1 | before) & (l >> 1 | (unsigned)more << 15);

    if (mask_of(v) != 0)
        p->found |= CLASS_NONASCII;
    if (mask_of(low) != 0)
        p->found |= CLASS_CONTROL;
    if (m != 0)
        look_escapes(p, at, m);
    look_run(p, c);
    if (mixed != 0)
        look_leet(p, at, mixed);
    l &= ~(w << 1 | before | word) & ~(w >> 1);
    if ((l & (l - 1)) != 0 && ((l & l << 2) != 0 || (l & l << 3) != 0) &&
        (p->found & CLASS_SPACED) == 0)
        look_spaced(p, at, l);
    w &= ~mask_of((lanes)((v | 0x20) == 'x'));
    h &= h >> 1 & ~(w << 1) & ~(w >> 2 & 0x3fff);
    if ((h & (h << 3 | h << 4 | h << 5 | h << 6)) != 0)
        p->found |= CLASS_PAIRS;
    p->last_letters = mask_of(letters);
    p->last_digits = d;
}

/* All steps up to a place that is a multiple of LANES, or the end. */
static void steps(struct class_pass *p, size_t at, size_t to)
{
    char rest[LANES];

    for (; at + LANES <= to; at += LANES)
        step(p, at, lanes_at(p->text.ptr + at));
    if (at < to) {
        memset(rest, ' ', sizeof(rest));
        memcpy(rest, p->text.ptr + at, to - at);
        step(p, at, lanes_at(rest));
    }
}

unsigned classes_of(struct str text)
{
    struct class_pass p = {.text = text};

    steps(&p, 0, text.len);
    return p.found;
}

/* A stretch of text, widened to whole characters. */
static void widen(struct str text, size_t *from, size_t *to)
{
    while (*from > 0 && ((unsigned char)text.ptr[*from] & 0xc0) == 0x80)
        --*from;
    while (*to < text.len && ((unsigned char)text.ptr[*to] & 0xc0) == 0x80)
        ++*to;
}

/* Words that are long are runs too: is one of the block that just ended encoded
 * text, perhaps? */
static bool is_worth(const struct class_pass *p, size_t block)
{
    size_t from = block > MARGIN_RUN ? block - MARGIN_RUN : 0;
    struct str around = str_skip(p->text, from);

    return decode_worth(str_head(around, p->at - from + MARGIN_RUN),
                        CLASS_RUN) != 0;
}

bool classes_next(struct class_pass *p, struct str *ret_stretch)
{
    size_t from = p->kept_from, to = p->kept_to;

    p->kept_from = p->kept_to = 0;
    while (p->at < p->text.len) {
        size_t block = p->at, margin;

        p->at = p->text.len - block > BLOCK ? block + BLOCK : p->text.len;
        p->found = 0;
        steps(p, block, p->at);
        p->escaped |= (p->found & CLASS_SHORT) != 0;
        p->found &= ~CLASS_SHORT;
        if (p->found == 0 || (p->found == CLASS_RUN && !is_worth(p, block)))
            continue;
        margin =
            (p->found & ~(CLASS_RUN | CLASS_PAIRS)) != 0 ? MARGIN : MARGIN_RUN;
        p->kept_from = block > margin ? block - margin : 0;
        p->kept_to =
            p->text.len - p->at > margin ? p->at + margin : p->text.len;
        if (to == 0)
            from = p->kept_from;
        else if (p->kept_from > to)
            break; /* kept for the next time */
        from = p->kept_from < from ? p->kept_from : from;
        to = p->kept_to > to ? p->kept_to : to;
        p->kept_from = p->kept_to = 0;
    }
    if (to == 0)
        return false;
    widen(p->text, &from, &to);
    *ret_stretch = str_head(str_skip(p->text, from), to - from);
    return true;
}

static size_t padding(struct str text, size_t at)
{
    size_t n = 0;

    while (n < 2 && at + n < text.len && text.ptr[at + n] == '=')
        n++;
    return n;
}

bool run_next(struct str text, size_t *from, struct str *ret_run)
{
    size_t at = *from;

    while (at < text.len) {
        size_t start, end;

        /* The last byte a run could have, were it to begin here, and end in
         * padding. */
        end = at + CLASS_RUN_LEN - 3;
        if (end >= text.len)
            break;
        if (!is_base64_char(text.ptr[end])) {
            at = end + 1;
            continue;
        }
        for (start = end; start > at && is_base64_char(text.ptr[start - 1]);)
            start--;
        while (end < text.len && is_base64_char(text.ptr[end]))
            end++;
        if (end - start + padding(text, end) >= CLASS_RUN_LEN) {
            *ret_run = (struct str){text.ptr + start, end - start};
            *from = end;
            return true;
        }
        at = end;
    }
    *from = text.len;
    return false;
}
