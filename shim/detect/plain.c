#include "detect/plain.h"

#include "base/cpu.h"
#include "base/wide.h"

#if CPU_AVX2
#include <immintrin.h>
#endif

#define NEAR LEET_LETTER
#define FAR  (LEET_LETTER | LEET_FAR)
const unsigned char leet_kinds[256] = {
    ['$'] = LEET_SIGN,  ['0'] = LEET_SIGN,  ['1'] = LEET_SIGN,
    ['2'] = LEET_DIGIT, ['3'] = LEET_SIGN,  ['4'] = LEET_SIGN,
    ['5'] = LEET_SIGN,  ['6'] = LEET_DIGIT, ['7'] = LEET_SIGN,
    ['8'] = LEET_SIGN,  ['9'] = LEET_DIGIT, ['@'] = LEET_SIGN,
    ['A'] = NEAR,       ['B'] = NEAR,       ['C'] = NEAR,
    ['D'] = NEAR,       ['E'] = NEAR,       ['F'] = NEAR,
    ['G'] = FAR,        ['H'] = FAR,        ['I'] = FAR,
    ['J'] = FAR,        ['K'] = FAR,        ['L'] = FAR,
    ['M'] = FAR,        ['N'] = FAR,        ['O'] = FAR,
    ['P'] = FAR,        ['Q'] = FAR,        ['R'] = FAR,
    ['S'] = FAR,        ['T'] = FAR,        ['U'] = FAR,
    ['V'] = FAR,        ['W'] = FAR,        ['X'] = FAR,
    ['Y'] = FAR,        ['Z'] = FAR,        ['a'] = NEAR,
    ['b'] = NEAR,       ['c'] = NEAR,       ['d'] = NEAR,
    ['e'] = NEAR,       ['f'] = NEAR,       ['g'] = FAR,
    ['h'] = FAR,        ['i'] = FAR,        ['j'] = FAR,
    ['k'] = FAR,        ['l'] = FAR,        ['m'] = FAR,
    ['n'] = FAR,        ['o'] = FAR,        ['p'] = FAR,
    ['q'] = FAR,        ['r'] = FAR,        ['s'] = FAR,
    ['t'] = FAR,        ['u'] = FAR,        ['v'] = FAR,
    ['w'] = FAR,        ['x'] = FAR,        ['y'] = FAR,
    ['z'] = FAR,
};
#undef NEAR
#undef FAR

/* Which of so many bytes stop, as bits; and which are of words. */
static unsigned beyond(wide v)
{
    wide between = (wide)((v == '\t') | (v == '\n') | (v == '\r'));

    return wide_mask(v | (wide)(v == 0x7f) | ((wide)(v < ' ') & ~between));
}

static unsigned signs_in(wide v)
{
    wide digits = wide_digits(v);
    wide others = (wide)((v == '2') | (v == '6') | (v == '9'));

    return wide_mask((digits & ~others) | (wide)((v == '@') | (v == '$')));
}

static unsigned words_in(wide v)
{
    return wide_mask(wide_alnums(v));
}

static unsigned no_words_in(wide v)
{
    return ~words_in(v) & 0xffff;
}

static unsigned no_leet_in(wide v)
{
    wide signs = (wide)((v == '@') | (v == '$'));

    return (no_words_in(v) & ~wide_mask(signs)) |
           wide_mask((wide)((v == '2') | (v == '6') | (v == '9')));
}

static bool is_no_word(char c)
{
    return !is_alnum(c);
}

static bool is_no_leet(char c)
{
    return (leet_kind(c) & (LEET_LETTER | LEET_SIGN)) == 0;
}

static bool is_beyond(char c)
{
    unsigned char u = (unsigned char)c;

    return u > 0x7e || (u < ' ' && c != '\t' && c != '\n' && c != '\r');
}

/* The first that stops, by many and then one by one. */
static inline __attribute__((always_inline)) size_t
pass(struct str s, unsigned (*stops)(wide), bool (*stop)(char))
{
    size_t i = 0;

    for (; s.len - i >= WIDE; i += WIDE) {
        unsigned some = stops(wide_at(s.ptr + i));

        if (some != 0)
            return i + (size_t)__builtin_ctz(some);
    }
    while (i < s.len && !stop(s.ptr[i]))
        i++;
    return i;
}

size_t plain_ascii(struct str s)
{
    return s.len > 0 && is_beyond(s.ptr[0]) ? 0 : pass(s, beyond, is_beyond);
}

size_t plain_sign(struct str s)
{
    return pass(s, signs_in, is_leet_sign);
}

size_t plain_leet(struct str s)
{
    return pass(s, no_leet_in, is_no_leet);
}

static inline void look_wide(struct leet_masks *m, wide v, unsigned at)
{
    wide low = v | 0x20, digits = wide_digits(v);
    wide others = (wide)((v == '2') | (v == '6') | (v == '9'));
    wide signs = (digits & ~others) | (wide)((v == '@') | (v == '$'));

    m->letters |= (uint64_t)wide_mask(wide_letters(v)) << at;
    m->far |= (uint64_t)wide_mask((wide)((wide)(low - 'g') < 20)) << at;
    m->signs |= (uint64_t)wide_mask(signs) << at;
    m->digits |= (uint64_t)wide_mask(others) << at;
}

#if CPU_AVX2
FOR_AVX512 static inline uint64_t is_kind(__m512i kinds, unsigned kind)
{
    return _mm512_test_epi8_mask(kinds, _mm512_set1_epi8((char)kind));
}

FOR_AVX512 static struct leet_masks look_64(struct str s)
{
    __m512i v = _mm512_maskz_loadu_epi8(first_bits(s.len), s.ptr);
    __m512i kinds = _mm512_permutex2var_epi8(
        _mm512_loadu_si512(leet_kinds), v, _mm512_loadu_si512(leet_kinds + 64));

    kinds = _mm512_maskz_mov_epi8(~_mm512_movepi8_mask(v), kinds);
    return (struct leet_masks){.letters = is_kind(kinds, LEET_LETTER),
                               .signs = is_kind(kinds, LEET_SIGN),
                               .digits = is_kind(kinds, LEET_DIGIT),
                               .far = is_kind(kinds, LEET_FAR)};
}
#endif

struct leet_masks leet_look(struct str s)
{
    struct leet_masks m = {0};
    char rest[LEET_STEP] = {0};

#if CPU_AVX2
    if (cpu_avx512())
        return look_64(s);
#endif
    if (s.len < LEET_STEP)
        s.ptr = memcpy(rest, s.ptr, s.len);
    for (unsigned i = 0; i < LEET_STEP; i += WIDE)
        look_wide(&m, wide_at(s.ptr + i), i);
    return m;
}

size_t plain_alnum(struct str s)
{
    return pass(s, no_words_in, is_no_word);
}

static wide high_in(wide v)
{
    return (wide)(v > 0x7f);
}

/* How many bytes are such: by many, of which each is all bits, and then one by
 * one. */
static inline __attribute__((always_inline)) size_t
count(struct str s, wide (*such)(wide), bool (*is)(char))
{
    size_t n = 0, i = 0;

    while (s.len - i >= WIDE) {
        wide sum = {0};
        size_t most = (s.len - i) / WIDE;

        most = most < 255 ? most : 255; /* a byte counts no further */
        for (; most > 0; most--, i += WIDE)
            sum -= such(wide_at(s.ptr + i));
        for (unsigned k = 0; k < WIDE; k++)
            n += sum[k];
    }
    for (; i < s.len; i++)
        n += is(s.ptr[i]);
    return n;
}

static bool is_high(char c)
{
    return (c & 0x80) != 0;
}

size_t plain_letters(struct str s)
{
    return count(s, wide_letters, is_alpha);
}

size_t plain_high(struct str s)
{
    return count(s, high_in, is_high);
}

/* At so many bytes behind a letter or digit that is by itself stands what tells
 * of more. */
#define SPACED 4u

/* Behind one by itself: is what parts it from the next such character, one byte
 * or two, behind that again? */
static bool is_spaced(struct str s, size_t i)
{
    const char *p = s.ptr + i;

    if (s.len - i <= SPACED || ((p[1] | p[2] | p[3] | p[4]) & 0x80) != 0)
        return true;
    return is_alnum(p[2]) ? p[3] == p[1] : is_alnum(p[3]) && p[4] == p[1];
}

/* The same of those of WIDE bytes, as bits; SPACED more are behind. */
static unsigned spaced_in(const char *p, unsigned singles)
{
    wide v = wide_at(p), ahead = wide_at(p + SPACED), gap = wide_at(p + 1);
    unsigned words = words_in(v) | words_in(ahead) << SPACED;
    unsigned high = wide_mask(v) | wide_mask(ahead) << SPACED;
    unsigned one = words >> 2 & wide_mask((wide)(gap == wide_at(p + 3)));
    unsigned two = ~(words >> 2) & words >> 3 & wide_mask((wide)(gap == ahead));

    return singles &
           (one | two | high >> 1 | high >> 2 | high >> 3 | high >> 4);
}

size_t plain_words(struct str s, bool *within)
{
    bool in = *within;
    size_t i = 0;

    for (; s.len - i >= WIDE + SPACED; i += WIDE) {
        wide v = wide_at(s.ptr + i);
        unsigned next = is_alnum(s.ptr[i + WIDE]), words = words_in(v);
        unsigned before = words << 1 | in, stops = wide_mask(v);
        unsigned singles = words & ~before & ~(words >> 1 | next << (WIDE - 1));

        if (singles != 0)
            stops |= spaced_in(s.ptr + i, singles);
        if (stops != 0) {
            unsigned at = (unsigned)__builtin_ctz(stops);

            *within = (before >> at & 1) != 0;
            return i + at;
        }
        in = (words >> (WIDE - 1) & 1) != 0;
    }
    for (; i < s.len; i++) {
        bool word = is_alnum(s.ptr[i]);

        if ((unsigned char)s.ptr[i] >= 0x80 ||
            (word && !in && (i + 1 == s.len || !is_alnum(s.ptr[i + 1])) &&
             is_spaced(s, i)))
            break;
        in = word;
    }
    *within = in;
    return i;
}
