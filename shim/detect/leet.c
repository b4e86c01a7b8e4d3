#include "detect/leet.h"

#include "base/cpu.h"
#include "base/wide.h"
#include "detect/look.h"
#include "detect/plain.h"

#if CPU_AVX2
#include <immintrin.h>
#endif

#define WORD_MOST 128 /* bytes of one; of what is longer, of a part */
#define BESIDE    4   /* bytes of one that is such by the one beside it */
#define NUMBER    2   /* bytes of one of signs alone, behind such a one */

/* What each stands for. */
static const char letters_for[256] = {
    ['0'] = 'o', ['1'] = 'i', ['3'] = 'e', ['4'] = 'a', ['@'] = 'a',
    ['5'] = 's', ['$'] = 's', ['7'] = 't', ['8'] = 'b',
};

static char leet_letter(char c)
{
    return letters_for[(unsigned char)c];
}

/* Is a 1 behind it more often an l? */
static bool is_before_ell(char c)
{
    switch (to_lower(c)) {
    case 'a':
    case 'e':
    case 'o':
    case 'u':
    case 'l':
    case '0':
    case '1':
    case '3':
    case '4':
        return true;
    default:
        return false;
    }
}

/* The letter for text[at], behind `before`; a 1 behind a vowel, or an l, is
 * more often an l. */
static char leet_at(struct str text, size_t at, char before, bool ell)
{
    if (text.ptr[at] != '1' || !ell)
        return leet_letter(text.ptr[at]);
    if (at + 1 < text.len && text.ptr[at + 1] == '1')
        return 'l';
    return is_before_ell(before) ? 'l' : 'i';
}

static bool in_leet(char c)
{
    return leet_kind(c) != 0;
}

/* A text and what some of its bytes are, from `at` on, if `some` are known. */
struct leet_text {
    struct str text;
    bool some;
    size_t at;
    struct leet_masks of;
};

/* What the n bytes at `at` are, LEET_STEP at most. */
static inline struct leet_masks masks_at(struct leet_text *t, size_t at,
                                         size_t n)
{
    uint64_t these = ~UINT64_C(0) >> (LEET_STEP - n);
    size_t off;

    if (!t->some || at < t->at || at + n > t->at + LEET_STEP) {
        t->of = leet_look(str_skip(t->text, at));
        t->at = at;
        t->some = true;
    }
    off = at - t->at;
    return (struct leet_masks){.letters = t->of.letters >> off & these,
                               .signs = t->of.signs >> off & these,
                               .digits = t->of.digits >> off & these,
                               .far = t->of.far >> off & these};
}

static inline uint64_t in_word(const struct leet_masks *m)
{
    return m->letters | m->signs | m->digits;
}

/* Of what a word is made: kinds of all, and of what is from its first letter to
 * the last; and how many letters, up to two. */
struct spelt {
    unsigned all, within, letters;
};

static inline unsigned kinds_of(const struct leet_masks *m, uint64_t these)
{
    return ((m->letters & these) != 0 ? LEET_LETTER : 0) |
           ((m->signs & these) != 0 ? LEET_SIGN : 0) |
           ((m->digits & these) != 0 ? LEET_DIGIT : 0) |
           ((m->far & these) != 0 ? LEET_FAR : 0);
}

/* Given back through memory it would be waited for. */
static inline __attribute__((always_inline)) struct spelt
spelt_of(struct leet_text *t, size_t at, size_t end)
{
    struct spelt s = {0};
    unsigned behind = 0; /* the last letter */

    while (at < end) {
        size_t n = end - at < LEET_STEP ? end - at : LEET_STEP;
        struct leet_masks m = masks_at(t, at, n);
        uint64_t up, rest;

        at += n;
        s.all |= kinds_of(&m, ~UINT64_C(0));
        if (m.letters == 0) {
            behind |= s.letters != 0 ? kinds_of(&m, ~UINT64_C(0)) : 0;
            continue;
        }
        /* From the first letter on, and what is behind the last. */
        up = s.letters != 0 ? ~UINT64_C(0) : ~(m.letters - 1) | m.letters;
        rest = ~(~UINT64_C(0) >> __builtin_clzll(m.letters));
        s.within |= behind | kinds_of(&m, up & ~rest);
        behind = kinds_of(&m, rest);
        s.letters += (m.letters & (m.letters - 1)) != 0 ? 2 : 1;
    }
    return s;
}

/* Letters and signs for letters alone, of letters so many. */
static bool is_leet(const struct spelt *m, size_t least)
{
    return (m->all & (LEET_SIGN | LEET_DIGIT)) == LEET_SIGN &&
           m->letters >= least;
}

/* Of one that is longer, where a part of it ends. */
static size_t leet_end(struct leet_text *t, size_t at)
{
    size_t most = t->text.len - at < WORD_MOST ? t->text.len : at + WORD_MOST;

    while (at < most) {
        size_t known = t->some && at >= t->at && at < t->at + LEET_STEP
                           ? t->at + LEET_STEP - at
                           : LEET_STEP;
        size_t n = most - at < known ? most - at : known;
        struct leet_masks m = masks_at(t, at, n);
        uint64_t no = ~in_word(&m);
        size_t len = no == 0 ? LEET_STEP : (size_t)__builtin_ctzll(no);

        if (len < n)
            return at + len;
        at += n;
    }
    return most;
}

/* One between two letters, and no number in hex: no name with a number behind
 * it, no 1st and no $variable. */
static bool is_plainly_leet(struct leet_text *t, size_t at, size_t end,
                            const struct spelt *m)
{
    struct spelt rest;

    if (!is_leet(m, 2))
        return false;
    if (str_starts_nocase((struct str){t->text.ptr + at, end - at},
                          STR("0x"))) {
        rest = spelt_of(t, at + 2, end);
        m = &rest;
    }
    return m->letters >= 2 && (m->within & LEET_FAR) != 0 &&
           (m->within & LEET_SIGN) != 0;
}

/* Is the word such? One that is not plainly so is, before the first, only right
 * before it, a short one only beside one, and what may be a number only behind
 * one: "4c7 45". */
static enum look leet_word(const struct leet *l, struct leet_text *t, size_t at,
                           size_t end, bool last)
{
    size_t len = t->text.len, next, behind;
    struct spelt m;
    bool shorter;

    if (end == len && !last)
        return LOOK_OPEN;
    m = spelt_of(t, at, end);
    if (!is_leet(&m, 0))
        return LOOK_NO;
    if (!is_leet(&m, 1))
        return l->behind && end - at <= NUMBER ? LOOK_YES : LOOK_NO;
    shorter = !is_leet(&m, 2);
    if (shorter && end - at > BESIDE)
        return LOOK_NO;
    if ((shorter ? l->behind : l->changed) || is_plainly_leet(t, at, end, &m))
        return LOOK_YES;
    next = end + 1 < len ? end + 1 : len;
    behind = leet_end(t, next);
    if (behind == len && !last)
        return LOOK_OPEN;
    m = spelt_of(t, next, behind);
    return (l->changed ? is_leet(&m, 2) : is_plainly_leet(t, next, behind, &m))
               ? LOOK_YES
               : LOOK_NO;
}

/* The first sign from `at` on. */
static size_t sign_next(struct leet_text *t, size_t at)
{
    if (t->some && at >= t->at && at < t->at + LEET_STEP) {
        uint64_t m = t->of.signs >> (at - t->at);

        if (m != 0)
            return at + (size_t)__builtin_ctzll(m);
        at = t->at + LEET_STEP;
    }
    return at >= t->text.len ? t->text.len
                             : at + plain_sign(str_skip(t->text, at));
}

/* How many bytes before `at`, from `least` on, are of a word; or, with `other`,
 * of none. */
static size_t bytes_before(const struct leet_text *t, size_t least, size_t at,
                           bool other)
{
    size_t from = at;

    if (t->some && least >= t->at && at <= t->at + LEET_STEP && at > least) {
        uint64_t words = other ? ~in_word(&t->of) : in_word(&t->of);
        uint64_t no = ~(words << (LEET_STEP - (at - t->at)));
        size_t n = no == 0 ? LEET_STEP : (size_t)__builtin_clzll(no);

        return n < at - least ? n : at - least;
    }
    while (from > least && in_leet(t->text.ptr[from - 1]) != other)
        from--;
    return at - from;
}

/* Past words that have no such sign, and parts of one, to the front of the one
 * that has the next, or that is the last: *ret_sign tells which. */
static size_t leet_skip(struct leet *l, struct leet_text *t, size_t at,
                        bool *ret_sign)
{
    size_t to = sign_next(t, at);
    size_t from = to - bytes_before(t, at, to, false) % WORD_MOST;

    if (l->behind)
        l->behind = from - at == bytes_before(t, at, from, true);
    *ret_sign = to < t->text.len;
    return from;
}

/* The next such word is *at..*ret_end; false: there is none up to *at. */
static bool leet_next(struct leet *l, struct leet_text *t, size_t *at,
                      bool last, size_t *ret_end)
{
    bool sign;

    while ((*at = leet_skip(l, t, *at, &sign)) < t->text.len) {
        size_t end;

        if (!sign && !last) /* what follows may have one */
            return false;
        end = leet_end(t, *at);
        if (end == *at) {
            ++*at;
            continue;
        }
        switch (leet_word(l, t, *at, end, last)) {
        case LOOK_OPEN:
            return false;
        case LOOK_YES:
            *ret_end = end;
            return true;
        case LOOK_NO:
            l->behind = false;
            *at = end;
        }
    }
    return false;
}

static char byte_before(const struct leet *l, struct str text, size_t at)
{
    return at > 0 ? text.ptr[at - 1] : l->before;
}

bool leet_plain(struct leet *l, struct str text, size_t *pos, bool last)
{
    struct leet_text t = {.text = text};
    size_t end;
    bool yes = leet_next(l, &t, pos, last, &end);

    l->before = byte_before(l, text, *pos);
    return yes;
}

/* The word at..end, read, into out. */
static void spell(struct leet *l, struct str text, size_t at, size_t end,
                  char *out)
{
    for (; at < end; at++, out++) {
        char c = text.ptr[at], before;

        *out = c;
        if (!is_leet_sign(c))
            continue;
        before = byte_before(l, text, at);
        *out = leet_at(text, at, before, l->ell);
        l->ones |= c == '1' && leet_at(text, at, before, true) != 'i';
    }
}

enum err leet_feed(struct leet *l, struct str text, size_t base, size_t *pos,
                   bool last, struct textview *out)
{
    struct leet_text t = {.text = text};
    size_t at = *pos, from = at, end;
    char word[WORD_MOST];
    enum err e;

    while (leet_next(l, &t, &at, last, &end)) {
        if (l->one && memchr(text.ptr + at, '1', end - at) != NULL) {
            l->parted = true;
            l->one = false;
            break;
        }
        l->changed = l->behind = true;
        spell(l, text, at, end, word);
        if ((e = textview_copy(out, (struct str){text.ptr + from, at - from},
                               base + from)) ||
            (e = textview_copy(out, (struct str){word, end - at}, base + at)))
            return e;
        from = at = end;
    }
    *pos = at;
    l->before = byte_before(l, text, at);
    return textview_copy(out, (struct str){text.ptr + from, at - from},
                         base + from);
}

/*
 * Behind the first, the words of LEET_STEP bytes are told at once. What is said
 * of a word stands at the byte behind it, which a sum carries it to:
 *
 *      text      ab4c . x9z .
 *      words     1111 0 111 0      (bits from left to right)
 *      signs     0010 0 000 0
 *      sum       1100 1 111 0      behind the word, one that has a sign
 */
struct leet_step {
    uint64_t words, signs;
    uint64_t ends;           /* behind words                               */
    uint64_t none, one, two; /* of letters and signs alone, by letters     */
    uint64_t yes;            /* of those that are such                     */
    unsigned len;            /* as far as they are told                    */
    bool last;               /* the text ends there                        */
};

static inline uint64_t bits_below(unsigned n)
{
    return (UINT64_C(1) << n) - 1;
}

static inline unsigned last_bit(uint64_t m)
{
    return LEET_STEP - 1 - (unsigned)__builtin_clzll(m);
}

static inline uint64_t behind_words(uint64_t words, uint64_t some)
{
    return (words + some) & ~words;
}

static inline unsigned word_front(uint64_t words, unsigned end)
{
    uint64_t no = ~words & bits_below(end);

    return no == 0 ? 0 : last_bit(no) + 1;
}

/* Of one that may go on behind the step nothing is told. */
static inline struct leet_step step_of(struct str s)
{
    struct leet_masks m = leet_look(s);
    uint64_t words = in_word(&m), all, some, first, more, two;
    unsigned len = s.len < LEET_STEP ? (unsigned)s.len : LEET_STEP;

    if (len == LEET_STEP && words >> (LEET_STEP - 1) != 0) {
        len -= ~words == 0 ? len : (unsigned)__builtin_clzll(~words);
        words = len == 0 ? 0 : words & bits_below(len);
        m.letters &= words;
        m.signs &= words;
        m.digits &= words;
    }
    all = behind_words(words, words & ~(words << 1));
    some = behind_words(words, m.signs) & ~behind_words(words, m.digits);
    first = words + m.letters; /* and from the second letter on */
    more = first & m.letters;
    two = behind_words(words, more);
    return (struct leet_step){.words = words,
                              .signs = m.signs,
                              .ends = all,
                              .none = some & ~first,
                              .one = some & first & ~two,
                              .two = some & two,
                              .yes = some & two,
                              .len = len,
                              .last = len == s.len};
}

/* Is the word at front..end, of less than two letters, such? As leet_word. */
static enum look step_word(const struct leet *l, const struct leet_step *st,
                           unsigned front, unsigned end)
{
    uint64_t before = st->ends & bits_below(front);
    bool behind = before == 0 ? l->behind : st->yes >> last_bit(before) & 1;
    unsigned next = end + 1;

    if ((st->none >> end & 1) != 0)
        return behind && end - front <= NUMBER ? LOOK_YES : LOOK_NO;
    if (end - front > BESIDE)
        return LOOK_NO;
    if (behind)
        return LOOK_YES;
    if (next >= st->len)
        return st->last ? LOOK_NO : LOOK_OPEN;
    if ((st->words >> next & 1) == 0)
        return LOOK_NO;
    next += (unsigned)__builtin_ctzll(~(st->words >> next));
    return (st->two >> next & 1) != 0 ? LOOK_YES : LOOK_NO;
}

/* Ends of words that are longer than so many bytes, which are not 0. */
static inline uint64_t longer(uint64_t words, unsigned len)
{
    uint64_t all = words << 1;

    while (len-- > 0)
        all &= all << 1;
    return all;
}

static inline void step_decide(const struct leet *l, struct leet_step *st)
{
    uint64_t some = (st->none & ~longer(st->words, NUMBER)) |
                    (st->one & ~longer(st->words, BESIDE));

    for (uint64_t m = some; m != 0; m &= m - 1) {
        unsigned end = (unsigned)__builtin_ctzll(m);
        unsigned front = word_front(st->words, end);

        switch (step_word(l, st, front, end)) {
        case LOOK_YES:
            st->yes |= UINT64_C(1) << end;
            break;
        case LOOK_NO:
            break;
        case LOOK_OPEN:
            st->len = front;
            st->ends &= bits_below(front);
            st->yes &= bits_below(front);
            return;
        }
    }
}

/* The signs of such words, read, into out: those of them that are a 1. */
static uint64_t step_put(const struct leet_step *st, const char *text,
                         char *out)
{
    uint64_t signs = 0, ones = 0;

    for (uint64_t m = st->yes; m != 0; m &= m - 1) {
        unsigned end = (unsigned)__builtin_ctzll(m);

        signs |= bits_below(end) & ~bits_below(word_front(st->words, end));
    }
    for (signs &= st->signs; signs != 0; signs &= signs - 1) {
        unsigned i = (unsigned)__builtin_ctzll(signs);

        out[i] = leet_letter(text[i]);
        ones |= (uint64_t)(text[i] == '1') << i;
    }
    return ones;
}

#if CPU_AVX2
/* The same: of each word there is a start, in the same order, and what is
 * between the two is their difference. */
FOR_AVX512 static uint64_t step_put_64(const struct leet_step *st,
                                       const char *text, char *out)
{
    uint64_t starts = st->words & ~(st->words << 1);
    uint64_t these = _pdep_u64(_pext_u64(st->yes, st->ends), starts);
    uint64_t signs = st->signs & (st->yes - these);
    __m512i v = _mm512_maskz_loadu_epi8(signs, text);
    __m512i letters =
        _mm512_permutex2var_epi8(_mm512_loadu_si512(letters_for), v,
                                 _mm512_loadu_si512(letters_for + 64));

    _mm512_mask_storeu_epi8(out, signs, letters);
    return _mm512_mask_cmpeq_epi8_mask(signs, v, _mm512_set1_epi8('1'));
}
#else
static uint64_t step_put_64(const struct leet_step *st, const char *text,
                            char *out)
{
    return step_put(st, text, out);
}
#endif

/* The words from `at` on, of which none goes on before it, into out: how far;
 * 0 if that is for leet_next. */
static size_t leet_read(struct leet *l, struct str text, size_t at, char *out)
{
    struct leet_step st = step_of(str_skip(text, at));
    uint64_t ones;

    step_decide(l, &st);
    ones = cpu_avx512() ? step_put_64(&st, text.ptr + at, out + at)
                        : step_put(&st, text.ptr + at, out + at);
    for (; ones != 0 && !l->ones; ones &= ones - 1) {
        size_t i = at + (unsigned)__builtin_ctzll(ones);

        l->ones = leet_at(text, i, byte_before(l, text, i), true) != 'i';
    }
    if (st.ends != 0)
        l->behind = st.yes >> last_bit(st.ends) & 1;
    return st.len;
}

enum err leet_make(struct str text, struct textview *out, bool *ret_changed,
                   bool *ret_ones)
{
    struct leet_text t = {.text = text};
    struct leet l = {0};
    size_t at = 0, end, n;
    enum err e;

    textview_clear(out);
    while (leet_next(&l, &t, &at, true, &end)) {
        if (!l.changed && (e = textview_copy(out, text, 0)))
            return e;
        l.changed = l.behind = true;
        spell(&l, text, at, end, out->bytes.ptr + at);
        for (at = end; at < text.len; at += n)
            if ((n = leet_read(&l, text, at, out->bytes.ptr)) == 0)
                break;
    }
    *ret_changed = l.changed;
    *ret_ones = l.ones;
    return OK;
}

/* Of WIDE bytes at text, or n of them, those that are a 1 and read as an i. */
static inline unsigned ones_in(const char *text, const char *out, size_t n)
{
    unsigned mask = 0;

    if (n >= WIDE)
        return wide_mask(
            (wide)((wide_at(text) == '1') & (wide_at(out) == 'i')));
    for (unsigned i = 0; i < n; i++)
        mask |= (unsigned)(text[i] == '1' && out[i] == 'i') << i;
    return mask;
}

/* It says of each byte what it is for: only a 1 may be another. */
enum err leet_ells(struct str text, struct textview *v, struct sites *ret_news)
{
    char *out = v->bytes.ptr;
    enum err e;

    ret_news->count = 0;
    for (size_t from = 0; from < text.len; from += WIDE) {
        unsigned ones = ones_in(text.ptr + from, out + from, text.len - from);

        for (; ones != 0; ones &= ones - 1) {
            size_t at = from + (unsigned)__builtin_ctz(ones);

            if (leet_at(text, at, at > 0 ? text.ptr[at - 1] : 0, true) == 'i')
                continue;
            out[at] = 'l';
            if ((e = sites_note(ret_news, at, at + 1)))
                return e;
        }
    }
    return OK;
}
