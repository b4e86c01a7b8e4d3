#include "detect/classes.h"

#include "base/utf8.h"
#include "detect/decode.h"
#include "detect/masks.h"
#include "detect/plain.h"
#include "detect/respell.h"
#include "detect/seams.h"

/*
 * The pass works on masks, one bit for each of 64 bytes. What stands
 * across two steps is seen because a step keeps the end of the last one. Most
 * bits only say "perhaps", and a closer look at the place decides.
 */

#define LEET_MOST 32 /* characters of a word, on either side of a digit */
#define PAIRS     6  /* of hex digits in a row: two less than are decoded */

static bool is_hex_pair(struct str s)
{
    return s.len >= 2 && hex_value(s.ptr[0]) >= 0 && hex_value(s.ptr[1]) >= 0;
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
        return is_alnum(next) || next == '_' || next == '+' ||
               (next & 0x80) != 0;
    case '_': /* of Markdown, in a name or a key */
        return is_alnum(next) && at > 0 &&
               (is_alnum(text.ptr[at - 1]) || text.ptr[at - 1] == '\\');
    case '"':
        for (unsigned n = 0; n < 7 && at > 0 && text.ptr[at - 1] == '\\'; n++)
            at--;
        return next == ':' ||
               (at > 0 && (text.ptr[at - 1] == '=' || text.ptr[at - 1] == ':'));
    default:
        return false;
    }
}

/* Behind a backslash: is it a long escape or none? */
static inline bool is_long(char next)
{
    return next == 'u' || next == 'U' || next == 'x' || is_digit(next);
}

/* What a byte that may begin an escape begins. */
static unsigned escape_at(struct str text, size_t at)
{
    struct str s = str_skip(text, at);
    char next = s.len > 1 ? s.ptr[1] : 0;
    uint32_t cp;

    switch (s.ptr[0]) {
    case '\\':
        if (is_long(next))
            return escape_is_long(s) ? CLASS_ESCAPE : 0;
        return escape_matters(text, at) ? CLASS_SHORT : 0;
    case '%':
        return is_hex_pair(str_skip(s, 1)) ? CLASS_PERCENT : 0;
    case '=':
        return is_hex_pair(str_skip(s, 1)) ? CLASS_QUOTED : 0;
    default:
        return (next == '#' || is_alpha(next)) && entity_char(s, &cp) != 0
                   ? CLASS_ENTITY
                   : 0;
    }
}

/* Single letters from here on that are read as a word. */
static bool is_spaced(struct str text, size_t at)
{
    return (at == 0 || !is_alnum(text.ptr[at - 1])) && joined_begins(text, at);
}

/* Is all known that a byte can tell which may begin an escape? */
static inline bool escape_known(unsigned found, struct str text, size_t at)
{
    char c = text.ptr[at], next = at + 1 < text.len ? text.ptr[at + 1] : 0;
    unsigned tells = c == '%'        ? CLASS_PERCENT
                     : c == '='      ? CLASS_QUOTED
                     : c == '&'      ? CLASS_ENTITY
                     : is_long(next) ? CLASS_ESCAPE
                                     : CLASS_SHORT;

    return (found & tells) == tells;
}

/* Each of them that may be an escape. */
static __attribute__((noinline)) void look_escapes(struct class_pass *p,
                                                   size_t at, uint64_t mask)
{
    for (; mask != 0; mask &= mask - 1) {
        size_t here = at + (size_t)__builtin_ctzll(mask);

        if (!escape_known(p->found, p->text, here))
            p->found |= escape_at(p->text, here);
    }
}

/* Of one kind, that of the step before each; and behind each a bit. */
#define BEFORE(of, first)                                                      \
    __builtin_shufflevector(of, (eight){first}, 8, 0, 1, 2, 3, 4, 5, 6)
#define BEHIND(of, last)                                                       \
    __builtin_shufflevector(of, (eight){last}, 1, 2, 3, 4, 5, 6, 7, 8)

/* What a row has that is to be looked at. */
struct finds {
    eight escapes, amps; /* if there is one of the second, & may begin some */
    eight pairs, near;   /* the same: two that are near each other */
    eight leet, mixed;
    eight runs;           /* of the step, and of the one before with it; of
                             them those that may be encoded text */
    eight singles, three; /* letters alone, and those of a row */
};

/*
 * Escapes, perhaps. What stands behind it tells most of what is none, so that
 * there are few to look at: the last of a step, and what code has little of.
 */
static inline __attribute__((always_inline)) void
find_escapes(const struct masks *m, struct finds *f)
{
    const uint64_t last = UINT64_C(3) << (STEP - 2);
    eight numbers = m->numbers & ((m->hex >> 1 & m->hex >> 2) | last);
    eight words = (m->code | m->high) >> 2;
    eight slashes = m->slashes & (words | (m->slashed | m->x) >> 1 | last);
    /* & and a name or a number, which may go on in the next step. */
    eight begins = m->amps << 1, name = begins & m->letters;
    eight behind = m->letters + name;
    eight carry = name | (m->letters & ~behind) | m->amps;

    f->escapes = slashes | numbers;
    f->amps =
        (((behind & ~m->letters) | begins) & m->named) | carry >> (STEP - 1);
}

/* Pairs of hex digits that stand near each other, and are no words. None that %
 * or = is behind, as all are in quoted-printable, begins a row. */
static inline __attribute__((always_inline)) void
find_pairs(const struct masks *m, struct finds *f)
{
    eight w = (m->letters | m->digits) & ~m->x, h = m->hex;

    h &= h >> 1 & ~(w << 1) & ~(w >> 2 & UINT64_MAX >> 2);
    f->pairs = h & ~(m->numbers >> 2 & UINT64_MAX >> 2);
    f->near = h & (h << 3 | h << 4 | h << 5 | h << 6);
}

/* A sign that may be a letter, between two letters; and such signs behind a
 * letter and before one: those of a row are counted through, and what goes on
 * in the next step may be one. */
static inline __attribute__((always_inline)) void
find_signs(const struct class_pass *p, const struct masks *m, bool next_letter,
           struct finds *f)
{
    eight behind = m->letters << 1 | BEFORE(m->letters, p->last_letters) >> 63;
    eight before = m->letters >> 1 | BEHIND(m->letters, next_letter) << 63;
    eight first = m->signs & behind, next = m->signs + first;

    f->leet = first & before;
    f->mixed = (next & ~m->signs & m->letters) |
               (first | (m->signs & ~next)) >> (STEP - 1);
}

/* Where as many characters of code end as can matter, without their padding. */
#define RUNS(two, four) ((four) & (four) << 4 & (four) << 8 & (two) << 12)

/* Runs as long as can matter. One that two steps have is found in the second
 * half of the one and the first of the other. */
static inline __attribute__((always_inline)) void
find_runs(const struct class_pass *p, const struct masks *m, struct finds *f)
{
    eight before = BEFORE(m->code, p->last_code);
    eight across = before >> HALF | m->code << HALF;
    eight two = m->code & m->code << 1, four = two & two << 2;
    eight two_across = across & across << 1;
    eight four_across = two_across & two_across << 2;

    _Static_assert(CLASS_RUN_LEN == 16, "two more than are put together here");
    f->runs = RUNS(two, four) | RUNS(two_across, four_across);
}

/* What a run is made of, of a row or of the halves of its steps. */
struct runs {
    eight code, letters, digits, uppers;
};

/* Behind each run that has any of them, a bit: the sum goes over its end. */
#define HAVING(r, of) (((r)->code + (of)) & ~(r)->code)

/* Behind each of them that may be encoded text: most that have something
 * between their letters are names, of letters of one case. */
static inline __attribute__((always_inline)) void
runs_sift(const struct runs *r, eight *sifted)
{
    eight two = r->code & r->code << 1, four = two & two << 2;
    eight upper = HAVING(r, r->uppers);
    eight lower = HAVING(r, r->letters & ~r->uppers);
    eight digit = HAVING(r, r->digits);
    eight joined = HAVING(r, r->code & ~(r->letters | r->digits));

    *sifted |= RUNS(two, four) << 1 & ~r->code &
               ((upper & lower) | (digit & (upper | lower)) | ~joined);
}

#define ACROSS(of, first) (BEFORE(of, first) >> HALF | (of) << HALF)

/*
 * Of the runs of a row those that may be encoded text. One that is nowhere all
 * of half a step is all in the step that it begins in, or in the halves of two
 * of them; any other may be.
 */
static inline __attribute__((always_inline)) void
sift_runs(const struct class_pass *p, const struct masks *m,
          const eight *uppers, uint64_t last_uppers, struct finds *f)
{
    const uint64_t last_digits = p->last_words & ~p->last_letters;
    struct runs in = {m->code, m->letters, m->digits, *uppers};
    struct runs across = {
        ACROSS(m->code, p->last_code), ACROSS(m->letters, p->last_letters),
        ACROSS(m->digits, last_digits), ACROSS(*uppers, last_uppers)};

    f->runs = (eight)((halves)m->code == ~(halves){0});
    runs_sift(&in, &f->runs);
    runs_sift(&across, &f->runs);
}

/* Single letters, of which three are near each other. */
static inline __attribute__((always_inline)) void
find_singles(const struct class_pass *p, const struct masks *m, struct finds *f)
{
    eight words = m->letters | m->digits;
    eight before = BEFORE(words, p->last_words) >> 63;
    eight singles = m->letters & ~(words << 1 | before) & ~(words >> 1);
    eight three = singles & (singles << 2 | singles << 3);

    f->singles = singles;
    f->three = singles & (three << 2 | three << 3);
}

/* Where one of them is two or three places behind, or may be in the next step.
 */
static inline uint64_t behind(uint64_t of)
{
    return of >> 2 | of >> 3 | ~(UINT64_MAX >> 3);
}

#define ROW_BACK 6 /* bytes of the last step: two of a row may begin there */

/* Of a row three are in one step; two of it may be in the one before. */
static __attribute__((noinline)) void look_spaced(struct class_pass *p,
                                                  size_t at, uint64_t singles)
{
    uint64_t first = singles, last = p->last_singles >> (STEP - ROW_BACK);

    for (unsigned n = 1; n < 5; n++)
        first = singles & behind(first);
    for (; first != 0 && (p->found & CLASS_SPACED) == 0; first &= first - 1)
        if (is_spaced(p->text, at + (size_t)__builtin_ctzll(first)))
            p->found |= CLASS_SPACED;
    for (; last != 0 && (p->found & CLASS_SPACED) == 0; last &= last - 1)
        if (is_spaced(p->text, at - ROW_BACK + (size_t)__builtin_ctzll(last)))
            p->found |= CLASS_SPACED;
}

/* A letter, or a sign that is read as one: of digits all but three are. */
static bool is_leet_char(char c)
{
    return (leet_kind(c) & (LEET_LETTER | LEET_SIGN)) != 0;
}

/* Is the word round a place all letters, and signs that stand for some? One
 * that is a number in hex is not. *ret_end: the word, or what was looked at of
 * it, ends there. */
static bool is_leet(struct str text, size_t at, size_t *ret_end)
{
    size_t from = at, to;
    bool letter = false;

    while (from > 0 && at - from < LEET_MOST &&
           is_leet_char(text.ptr[from - 1]))
        from--;
    to = at + plain_leet(str_head(str_skip(text, at), LEET_MOST));
    *ret_end = to;
    if ((from > 0 && is_digit(text.ptr[from - 1]) && at - from < LEET_MOST) ||
        (to < text.len && is_digit(text.ptr[to]) && to - at < LEET_MOST))
        return false;
    if (str_starts(str_skip(text, from), STR("0x")))
        from += 2;
    for (size_t i = from; i < to && !letter; i++)
        letter = (leet_kind(text.ptr[i]) & LEET_FAR) != 0;
    return letter;
}

/* A letter, a digit, a letter: two such places near each other. */
static __attribute__((noinline)) void look_leet(struct class_pass *p, size_t at,
                                                uint64_t mask)
{
    for (; mask != 0; mask &= mask - 1) {
        size_t here = at + (size_t)__builtin_ctzll(mask);

        if (here >= p->leet_end)
            p->is_leet = is_leet(p->text, here, &p->leet_end);
        if (!p->is_leet)
            continue;
        if (p->leet != 0 && here + 1 - p->leet < 64)
            p->found |= CLASS_LEET;
        p->leet = here + 1;
    }
}

/* Of a block that has such words, only its last ones may matter, to the next:
 * a step is more than two are apart. */
static inline bool leet_matters(const struct class_pass *p, size_t at)
{
    return (p->found & CLASS_LEET) == 0 ||
           (!p->all && (at + STEP) % CLASS_BLOCK == 0);
}

bool joins_pairs(char c)
{
    return c == ' ' || c == ':' || c == ',' || c == '-' || c == '\n';
}

/* A pair of hex digits, what may stand between two, and so on: most of those
 * that make a row, for it may have begun in the step before. */
static bool is_pairs(struct str s)
{
    size_t at = 0;

    for (unsigned n = 0; n < PAIRS; n++) {
        size_t gap = 0;

        if (at + 1 < s.len && s.ptr[at] == '0' && (s.ptr[at + 1] | 0x20) == 'x')
            at += 2;
        if (!is_hex_pair(str_skip(s, at)))
            return false;
        for (at += 2; at < s.len && gap < 3 && joins_pairs(s.ptr[at]); gap++)
            at++;
        if (gap == 0 && n + 1 < PAIRS)
            return false;
    }
    return true;
}

static __attribute__((noinline)) void look_pairs(struct class_pass *p,
                                                 size_t at, uint64_t pairs)
{
    for (; pairs != 0 && (p->found & CLASS_PAIRS) == 0; pairs &= pairs - 1) {
        struct str s = str_skip(p->text, at + (size_t)__builtin_ctzll(pairs));

        if (s.len > 2 && joins_pairs(s.ptr[2]) && is_pairs(s))
            p->found |= CLASS_PAIRS;
    }
}

/* Words are runs too. Is this one encoded text, perhaps? That it was is kept
 * as long as the run goes on. */
static void judge_run(struct class_pass *p, size_t end, size_t len)
{
    struct str run = {p->text.ptr + end - len, len};

    if (len < CLASS_RUN_LEN && len + run_padding(p->text, end) < CLASS_RUN_LEN)
        return;
    if (p->worth == 0)
        p->runs |= p->worth = run_worth(run, p->all ? p->runs : 0);
    if (p->worth != 0)
        p->found |= CLASS_RUN;
}

/*
 * The first run of a step, of which `more` bytes are in it and that may have
 * begun before, and those that a bit of `ends` says end in it. Out of line, for
 * most steps have none.
 */
static __attribute__((noinline)) void runs_end(struct class_pass *p, size_t at,
                                               uint64_t rest, uint64_t ends)
{
    unsigned more = (unsigned)__builtin_ctzll(rest);

    if ((p->found & p->sure) != 0) /* of no use */
        return;
    if (p->run + more >= CLASS_RUN_LEN - 2)
        judge_run(p, at + more, p->run + more);
    p->worth = 0;
    for (; ends != 0; ends &= ends - 1) { /* their last */
        unsigned end = (unsigned)__builtin_ctzll(ends) + 1;

        if (end == more)
            continue; /* it was the first */
        judge_run(p, at + end, (unsigned)__builtin_clzll(rest << (STEP - end)));
        p->worth = 0;
    }
}

/* Runs that end in this step: a bit is left where as many characters as make a
 * run end, or less before padding. The last may go on. */
static void look_runs(struct class_pass *p, size_t at, uint64_t code,
                      uint64_t numbers)
{
    uint64_t rest = ~code, two, four, more, ends;
    unsigned first, least;

    if (rest == 0) {
        p->run += STEP;
        return;
    }
    _Static_assert(CLASS_RUN_LEN == 16, "as many as are put together here");
    two = code & code << 1;
    four = two & two << 2;
    more = four & four << 4;
    ends = more & more << 8 & rest >> 1;
    ends |= two & four << 2 & more << 6 & numbers >> 1;
    first = (unsigned)__builtin_ctzll(rest);
    least = CLASS_RUN_LEN - (unsigned)(numbers >> first & 1) * 2;
    if (ends != 0 || p->run + first >= least)
        runs_end(p, at, rest, ends);
    p->worth = 0;
    p->run = (size_t)__builtin_clzll(rest);
}

static __attribute__((noinline)) void look_seams(struct class_pass *p,
                                                 size_t at, uint64_t mask)
{
    for (; mask != 0 && (p->found & CLASS_SEAM) == 0; mask &= mask - 1) {
        size_t from = seam_start(p->text, at + (size_t)__builtin_ctzll(mask));

        if (seam_begins(p->text.ptr[from]) &&
            seam_at(p->text, from, false, true).len != 0)
            p->found |= CLASS_SEAM;
    }
}

/* Has one of the steps of a block any? */
static inline bool any_of(const uint64_t of[CLASS_BLOCK / STEP])
{
    return (of[0] | of[1] | of[2] | of[3]) != 0;
}

#define ANY(of) any_of((const uint64_t *)&(of) + i)

/* Is one of these classes not known yet? As a mask of all bytes. */
static inline uint64_t unknown(const struct class_pass *p, unsigned classes)
{
    return (p->found & classes) == classes ? 0 : UINT64_MAX;
}

/* Escapes, perhaps, of those that are not known yet. */
static inline __attribute__((always_inline)) void
block_escapes(struct class_pass *p, size_t at, const struct masks *m,
              const struct finds *f, unsigned i)
{
    for (unsigned k = 0; k < CLASS_BLOCK / STEP; k++) {
        uint64_t numbers = unknown(p, CLASS_PERCENT | CLASS_QUOTED);
        uint64_t slashes = unknown(p, CLASS_ESCAPE | CLASS_SHORT);
        uint64_t amps = f->amps[i + k] != 0 ? unknown(p, CLASS_ENTITY) : 0;

        numbers &= f->escapes[i + k] & m->numbers[i + k];
        slashes &= f->escapes[i + k] & m->slashes[i + k];
        amps &= m->amps[i + k];
        if ((numbers | slashes | amps) != 0)
            look_escapes(p, at + k * STEP, numbers | slashes | amps);
    }
}

/* What prose has little of, in the block of a row that its i-th step begins. */
static inline __attribute__((always_inline)) void
block_more(struct class_pass *p, size_t at, const struct masks *m,
           const struct finds *f, unsigned i)
{
    p->found |= (ANY(m->high) ? CLASS_NONASCII : 0) |
                (ANY(m->controls) ? CLASS_CONTROL : 0) |
                (ANY(f->mixed) ? CLASS_MIXED : 0);
    if (ANY(f->escapes) || ANY(f->amps))
        block_escapes(p, at, m, f, i);
    if (ANY(f->leet))
        for (unsigned k = 0; k < CLASS_BLOCK / STEP; k++)
            if (f->leet[i + k] != 0 && leet_matters(p, at + k * STEP))
                look_leet(p, at + k * STEP, f->leet[i + k]);
    if (ANY(f->near) && unknown(p, CLASS_PAIRS) != 0)
        for (unsigned k = 0; k < CLASS_BLOCK / STEP; k++)
            if (f->near[i + k] != 0 && m->digits[i + k] != 0)
                look_pairs(p, at + k * STEP, f->pairs[i + k]);
}

static inline __attribute__((always_inline)) void
block(struct class_pass *p, size_t at, const struct masks *m,
      const struct finds *f, unsigned i)
{
    const unsigned last = i + CLASS_BLOCK / STEP - 1;

    if (m->more)
        block_more(p, at, m, f, i);
    if (ANY(f->runs) && !p->known) {
        for (unsigned k = i; k <= last && at + (k - i) * STEP < p->text.len;
             k++)
            look_runs(p, at + (k - i) * STEP, m->code[k], m->numbers[k]);
    } else {
        p->worth = 0;
        /* all of it, where runs are not looked for any more */
        p->run = ~m->code[last] == 0 ? STEP
                                     : (size_t)__builtin_clzll(~m->code[last]);
    }
    if (ANY(m->seams) && unknown(p, CLASS_SEAM) != 0)
        for (unsigned k = 0; k < CLASS_BLOCK / STEP; k++)
            if (m->seams[i + k] != 0)
                look_seams(p, at + k * STEP, m->seams[i + k]);
    if (ANY(f->three))
        for (unsigned k = 0; k < CLASS_BLOCK / STEP; k++) {
            p->last_singles = k == 0 ? p->last_singles : f->singles[i + k - 1];
            if (f->three[i + k] != 0 && (p->found & CLASS_SPACED) == 0)
                look_spaced(p, at + k * STEP, f->singles[i + k]);
        }
    p->last_singles = f->singles[last];
    p->last_letters = m->letters[last];
    p->last_words = m->letters[last] | m->digits[last];
    p->last_code = m->code[last];
}

/* The run that the end of a block, or of the text, cuts off. */
static void look_last_run(struct class_pass *p, size_t from, size_t to)
{
    size_t len = p->run < to - from ? p->run : to - from;

    if (p->run >= CLASS_RUN_LEN && len > 0)
        judge_run(p, to, len < CLASS_RUN_LEN ? CLASS_RUN_LEN : len);
}

size_t classes_part(size_t len)
{
    return (len / 64 / CLASS_BLOCK + 1) * CLASS_BLOCK;
}

/* Has the block that ends at p->at any? */
static bool block_has(struct class_pass *p, size_t from)
{
    look_last_run(p, from, p->at);
    if ((p->found & (CLASS_SHORT | CLASS_ESCAPE)) != 0)
        p->escapes |= UINT64_C(1) << from / classes_part(p->text.len);
    p->escaped |= (p->found & CLASS_SHORT) != 0;
    p->found &= ~CLASS_NO_VIEW;
    return p->found != 0;
}

/* How many blocks of a row have any runs. */
static inline __attribute__((always_inline)) int blocks_with(const eight *runs)
{
    const uint64_t *of = (const uint64_t *)runs;

    return any_of(of) + any_of(of + ROW / 2);
}

#define VAIN_ROWS 2 /* behind one in vain, of which it is not tried */

/* The row without runs that can be no encoded text, where most are not. */
static inline __attribute__((always_inline)) void
row_sifted(struct class_pass *p, const char *text, unsigned n,
           const struct masks *m, struct finds *f,
           void (*uppers_at)(const char *, unsigned, eight *))
{
    int before = blocks_with(&f->runs);
    eight uppers, last = {0};

    if (p->vain != 0) {
        p->vain--;
        return;
    }
    if (p->at != 0)
        uppers_at(p->text.ptr + p->at - STEP, 1, &last);
    uppers_at(text, n, &uppers);
    sift_runs(p, m, &uppers, last[0], f);
    p->vain = blocks_with(&f->runs) < before ? 0 : VAIN_ROWS;
}

/* The masks of the row at p->at, as far as the text goes, and what is to be
 * looked at there. */
static inline __attribute__((always_inline)) void
row_make(struct class_pass *p, struct masks *m, struct finds *f,
         void (*masks)(const char *, unsigned, struct masks *),
         void (*uppers_at)(const char *, unsigned, eight *))
{
    struct str s = str_skip(p->text, p->at);
    char rest[ROW * STEP + 1];
    unsigned n = ROW;
    bool next_letter = s.len > ROW * STEP && is_alpha(s.ptr[ROW * STEP]);

    if (s.len <= ROW * STEP) { /* one byte behind it is read, too */
        n = (unsigned)((s.len + STEP - 1) / STEP);
        memcpy(rest, s.ptr, s.len);
        memset(rest + s.len, ' ', n * STEP + 1 - s.len);
        s.ptr = rest;
    }
    masks(s.ptr, n, m);
    if (m->more) {
        find_escapes(m, f);
        find_pairs(m, f);
        find_signs(p, m, next_letter, f);
    }
    find_runs(p, m, f);
    find_singles(p, m, f);
    if (blocks_with(&f->runs) != 0 && !p->known)
        row_sifted(p, s.ptr, n, m, f, uppers_at);
}

/* All blocks from p->at on; or, each by itself, up to one that has any. */
static inline __attribute__((always_inline)) bool
blocks_by(struct class_pass *p, bool each,
          void (*masks)(const char *, unsigned, struct masks *),
          void (*uppers)(const char *, unsigned, eight *))
{
    while (p->at < p->text.len) {
        struct masks m;
        struct finds f;

        row_make(p, &m, &f, masks, uppers);
        for (unsigned i = 0; i < ROW && p->at < p->text.len;
             i += CLASS_BLOCK / STEP) {
            size_t from = p->at, left = p->text.len - from;

            if (each)
                p->found = 0;
            block(p, from, &m, &f, i);
            p->at += left < CLASS_BLOCK ? left : CLASS_BLOCK;
            if (each && block_has(p, from))
                return true;
        }
    }
    return false;
}

#if CPU_AVX2
FOR_AVX2 static bool blocks_32(struct class_pass *p, bool each)
{
    return blocks_by(p, each, masks_32, uppers_32);
}

FOR_AVX512 static bool blocks_512(struct class_pass *p, bool each)
{
    return blocks_by(p, each, masks_512, uppers_512);
}
#endif

static bool blocks(struct class_pass *p, bool each)
{
#if CPU_AVX2
    if (p->step == CPU_64)
        return blocks_512(p, each);
    if (p->step == CPU_32)
        return blocks_32(p, each);
#endif
    return blocks_by(p, each, masks_look, uppers_look);
}

bool classes_block(struct class_pass *p)
{
    return blocks(p, true);
}

void classes_all(struct class_pass *p)
{
    p->all = true;
    (void)blocks(p, false);
}

unsigned classes_worth(struct str text, unsigned *ret_worth)
{
    struct class_pass p = {.text = text, .step = cpu_step()};

    classes_all(&p);
    look_last_run(&p, 0, text.len);
    *ret_worth = p.runs | ((p.found & CLASS_PAIRS) != 0 ? 1u << VIEW_HEX : 0);
    return p.found;
}

unsigned classes_of(struct str text)
{
    unsigned worth;

    return classes_worth(text, &worth);
}
