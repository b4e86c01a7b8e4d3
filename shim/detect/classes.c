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
#define LEET_MOST   32  /* characters of a word, on either side of a digit */
#define PAIRS       6   /* of hex digits in a row: two less than are decoded */
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

/* Controls but for those that text has between words. */
static lanes controls_in(lanes v)
{
    return (lanes)((v < ' ') & (v != '\t') & (v != '\n') & (v != '\r')) |
           (lanes)(v == 0x7f);
}

/* What an escape may begin with. */
static lanes marks_in(lanes v)
{
    return (lanes)((v == '\\') | (v == '%') | (v == '&') | (v == '='));
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

/* Three digits, without which it is no escape that is decoded: \0 is not. */
static bool is_octal(struct str s)
{
    return s.len >= 3 && is_digit(s.ptr[0]) && is_digit(s.ptr[1]) &&
           is_digit(s.ptr[2]);
}

/* What a byte that may begin an escape begins. */
static unsigned escape_at(struct str text, size_t at)
{
    struct str s = str_skip(text, at);
    char next = s.len > 1 ? s.ptr[1] : 0;

    switch (s.ptr[0]) {
    case '\\':
        if (next == 'u' || next == 'U' || next == 'x' ||
            is_octal(str_skip(s, 1)))
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

/* A letter, or a sign that is read as one: of digits all but three are. */
static bool is_leet_char(char c)
{
    return is_letter(c) || c == '@' || c == '$' ||
           (is_digit(c) && c != '2' && c != '6' && c != '9');
}

/* Is the word round a place all letters, and signs that stand for some? One
 * that is a number in hex is not. *ret_end: the word, or what was looked at of
 * it, ends there. */
static bool is_leet(struct str text, size_t at, size_t *ret_end)
{
    size_t from = at, to = at;
    bool letter = false;

    while (from > 0 && at - from < LEET_MOST &&
           is_leet_char(text.ptr[from - 1]))
        from--;
    while (to < text.len && to - at < LEET_MOST && is_leet_char(text.ptr[to]))
        to++;
    *ret_end = to;
    if ((from > 0 && is_digit(text.ptr[from - 1]) && at - from < LEET_MOST) ||
        (to < text.len && is_digit(text.ptr[to]) && to - at < LEET_MOST))
        return false;
    if (str_starts(str_skip(text, from), STR("0x")))
        from += 2;
    for (size_t i = from; i < to && !letter; i++)
        letter = is_letter(text.ptr[i]) && hex_value(text.ptr[i]) < 0;
    return letter;
}

/* A letter, a digit, a letter: two such places near each other. */
static void look_leet(struct class_pass *p, size_t at, unsigned mask)
{
    for (; mask != 0; mask &= mask - 1) {
        size_t here = at + (size_t)__builtin_ctz(mask);

        if (here >= p->leet_end)
            p->is_leet = is_leet(p->text, here, &p->leet_end);
        if (!p->is_leet)
            continue;
        if (p->leet != 0 && here + 1 - p->leet < 64)
            p->found |= CLASS_LEET;
        p->leet = here + 1;
    }
}

/* A pair of hex digits, what may stand between two, and so on: most of those
 * that make a row, for it may have begun in the step before. */
static bool is_pairs(struct str s)
{
    size_t at = 0;

    for (unsigned n = 0; n < PAIRS; n++) {
        size_t gap = 0;

        if (str_starts(str_skip(s, at), STR("0x")) ||
            str_starts(str_skip(s, at), STR("0X")))
            at += 2;
        if (!is_hex_pair(str_skip(s, at)))
            return false;
        for (at += 2; at < s.len && gap < 3 && !is_word(s.ptr[at]); gap++)
            at++;
        if (gap == 0 && n + 1 < PAIRS)
            return false;
    }
    return true;
}

static void look_pairs(struct class_pass *p, size_t at, unsigned pairs)
{
    for (; pairs != 0 && (p->found & CLASS_PAIRS) == 0; pairs &= pairs - 1)
        if (is_pairs(str_skip(p->text, at + (size_t)__builtin_ctz(pairs))))
            p->found |= CLASS_PAIRS;
}

/* Words are runs too. Is this one encoded text, perhaps? That it was is kept
 * as long as the run goes on. */
static void judge_run(struct class_pass *p, size_t end, size_t len)
{
    struct str run = {p->text.ptr + end - len, len};

    p->worth = p->worth || decode_worth(run, CLASS_RUN) != 0;
    if (p->worth)
        p->found |= CLASS_RUN;
}

/* A run that goes on from the step before, or begins in this one. */
static void look_run(struct class_pass *p, size_t at, unsigned code)
{
    unsigned rest = ~code & 0xffff, more;

    if (rest == 0) {
        p->run += LANES;
        return;
    }
    more = (unsigned)__builtin_ctz(rest);
    if (p->run + more >= CLASS_RUN_LEN)
        judge_run(p, at + more, p->run + more);
    p->run = (size_t)__builtin_clz(rest) - 16;
    p->worth = false;
}

/* The run that the end of a block cuts off, or that of the text. */
static void look_last_run(struct class_pass *p, size_t from, size_t to)
{
    size_t len = p->run < to - from ? p->run : to - from;

    if (p->run >= CLASS_RUN_LEN && len > 0)
        judge_run(p, to, len < CLASS_RUN_LEN ? CLASS_RUN_LEN : len);
}

/* Digits: they may stand for letters, or be half of a byte. */
static void look_digits(struct class_pass *p, size_t at, lanes v, unsigned l,
                        unsigned d)
{
    lanes hex = digits_in(v) | (lanes)((lanes)((v | 0x20) - 'a') < 6);
    unsigned w = (l | d) & ~mask_of((lanes)((v | 0x20) == 'x'));
    unsigned h = mask_of(hex);

    h &= h >> 1 & ~(w << 1) & ~(w >> 2 & 0x3fff);
    if ((h & (h << 3 | h << 4 | h << 5 | h << 6)) != 0)
        look_pairs(p, at, h);
}

/* A sign that may be a letter, between two letters. */
static unsigned leet_in(const struct class_pass *p, size_t at, lanes v,
                        unsigned l)
{
    unsigned swap = mask_of((lanes)((v == '0') | (v == '1') | (v == '3') |
                                    (v == '4') | (v == '5') | (v == '7') |
                                    (v == '8') | (v == '@') | (v == '$')));
    bool more = at + LANES < p->text.len && is_letter(p->text.ptr[at + LANES]);

    return swap & (l << 1 | p->last_letters >> 15) &
           (l >> 1 | (unsigned)more << 15);
}

/* What plain words and the usual signs between them do not have. */
static unsigned step_odd(struct class_pass *p, size_t at, lanes v, unsigned l)
{
    unsigned d = mask_of(digits_in(v)), m = mask_of(marks_in(v)), mixed;

    if (mask_of(v) != 0)
        p->found |= CLASS_NONASCII;
    if (mask_of(controls_in(v)) != 0)
        p->found |= CLASS_CONTROL;
    if (m != 0)
        look_escapes(p, at, m);
    if ((mixed = leet_in(p, at, v, l)) != 0)
        look_leet(p, at, mixed);
    if (d != 0)
        look_digits(p, at, v, l, d);
    return d;
}

static inline void step(struct class_pass *p, size_t at, lanes v)
{
    lanes letters = letters_in(v);
    lanes joins = (lanes)((v == '+') | (v == '/') | (v == '-') | (v == '_'));
    lanes odd = digits_in(v) | controls_in(v) | marks_in(v) |
                (lanes)((v == '@') | (v == '$')) | v;
    unsigned l = mask_of(letters), c = mask_of(joins), d = 0, singles;

    if (mask_of(odd) != 0) {
        d = step_odd(p, at, v, l);
        c |= mask_of((lanes)(v == '='));
    }
    look_run(p, at, l | d | c);
    singles = l & ~((l | d) << 1 | p->last_words >> 15) & ~((l | d) >> 1);
    if ((singles & (singles << 2 | singles << 3)) != 0 &&
        (p->found & CLASS_SPACED) == 0)
        look_spaced(p, at, singles);
    p->last_letters = l;
    p->last_words = l | d;
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
    look_last_run(&p, 0, text.len);
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

bool classes_next(struct class_pass *p, struct str *ret_stretch)
{
    size_t from = p->kept_from, to = p->kept_to;

    p->kept_from = p->kept_to = 0;
    while (p->at < p->text.len) {
        size_t block = p->at, margin;

        p->at = p->text.len - block > BLOCK ? block + BLOCK : p->text.len;
        p->found = 0;
        steps(p, block, p->at);
        look_last_run(p, block, p->at);
        p->escaped |= (p->found & CLASS_SHORT) != 0;
        p->found &= ~CLASS_SHORT;
        if (p->found == 0)
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
