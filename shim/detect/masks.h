#ifndef SP_DETECT_MASKS_H
#define SP_DETECT_MASKS_H

#include "base/cpu.h"
#include "base/str.h"
#include "base/wide.h"
#include "detect/seam_masks.h"

#if CPU_AVX2
#include <immintrin.h>
#endif

/*
 * What the bytes of a text are, 64 at a time, as one mask for each kind. It is
 * compiled into the loops that use it.
 */

#define STEP 64u /* bytes whose masks are one word, */
#define HALF 32u /* and those of one register of AVX2 */

/* What is known of 64 bytes: the first one's bit is the lowest. */
struct masks {
    uint64_t letters, digits;
    uint64_t code;  /* of base64, of either alphabet */
    uint64_t seams; /* the first of two bytes at which one may be */
    /* Where there is more to know than that, and zero elsewhere. */
    uint64_t hex;      /* digits and a to f */
    uint64_t x;        /* that letter */
    uint64_t signs;    /* what may stand for a letter */
    uint64_t numbers;  /* % and =, which two hex digits may follow */
    uint64_t slashes;  /* backslashes, and */
    uint64_t slashed;  /* " and u, which may follow one */
    uint64_t amps;     /* &, and */
    uint64_t named;    /* # and ;, one of which follows a name behind that */
    uint64_t controls; /* but for those between words */
    uint64_t high;     /* what is not ASCII */
};

#define MASKS_TAKE(mask, what)                                                 \
    m->mask |= (uint64_t)wide_mask((wide)(what)) << at

/* Those of WIDE bytes at p, which are `at` of the 64. True: there is more to
 * know of them. */
static inline bool look_wide(const char *p, unsigned at, struct masks *m)
{
    wide v = wide_at(p);
    wide letter = (wide)((wide)((v | 0x20) - 'a') < 26);
    wide digit = (wide)((wide)(v - '0') < 10);
    wide white = (wide)((v == '\t') | (v == '\n') | (v == '\r'));

    MASKS_TAKE(letters, letter);
    MASKS_TAKE(digits, digit);
    MASKS_TAKE(code,
               letter | digit |
                   (wide)((v == '+') | (v == '/') | (v == '-') | (v == '_')));
    return wide_mask(digit | v | ((wide)(v < ' ') & ~white) |
                     (wide)(((wide)(v - '$') < 3) | (v == '=') | (v == '\\') |
                            (v == '@') | (v == 0x7f))) != 0;
}

static inline void look_more(const char *p, unsigned at, struct masks *m)
{
    wide v = wide_at(p), low = v | 0x20;
    wide digit = (wide)((wide)(v - '0') < 10);
    wide white = (wide)((v == '\t') | (v == '\n') | (v == '\r'));

    MASKS_TAKE(hex, digit | (wide)((wide)(low - 'a') < 6));
    MASKS_TAKE(x, low == 'x');
    MASKS_TAKE(signs, (digit & ~(wide)((v == '2') | (v == '6') | (v == '9'))) |
                          (wide)((v == '@') | (v == '$')));
    MASKS_TAKE(numbers, (v == '%') | (v == '='));
    MASKS_TAKE(slashes, v == '\\');
    MASKS_TAKE(slashed, (v == '"') | (low == 'u'));
    MASKS_TAKE(amps, v == '&');
    MASKS_TAKE(named, (v == '#') | (v == ';'));
    MASKS_TAKE(controls, ((wide)(v < ' ') & ~white) | (wide)(v == 0x7f));
    MASKS_TAKE(high, v);
}
#undef MASKS_TAKE

/* masks_look - of 64 bytes at p, behind which is one more; m is zeros before.
 * True: there is more of them than the first four masks. masks_32, masks_512 -
 * the same with AVX2 and AVX-512. */
static inline bool masks_look(const char *p, struct masks *m)
{
    bool more = false;

    m->seams = seams_look(p);
    for (unsigned at = 0; at < STEP; at += WIDE)
        more |= look_wide(p + at, at, m);
    for (unsigned at = 0; more && at < STEP; at += WIDE)
        look_more(p + at, at, m);
    return more;
}

#if CPU_AVX2
/*
 * The same, by two tables of what a byte is, asked by its low and by its high
 * four bits: it is what both of them say. Each bit is then a shift away.
 *
 *      kind  80 A-O a-o            40 Pp-Zz     20 0-9   10 + - /
 *            08 _                  04 =         02 \\     01 %
 *      more  80 G-Og-o             40 &         20 Xx    10 0 1 3 4 5 7 8
 *            08 @                  04 $         02 C0, but TAB LF CR; 01
 */
struct wider {
    __m256i bytes, kind, more;
};

FOR_AVX2 static inline struct wider wider_at(const char *p)
{
    static const unsigned char kind_low[16] = {
        0x60, 0xe0, 0xe0, 0xe0, 0xe0, 0xe1, 0xe0, 0xe0,
        0xe0, 0xe0, 0xc0, 0x90, 0x82, 0x94, 0x80, 0x98};
    static const unsigned char kind_high[16] = {0,    0,    0x11, 0x24,
                                                0x80, 0x4a, 0x80, 0x40};
    static const unsigned char more_low[16] = {
        0x1b, 0x13, 0x03, 0x13, 0x17, 0x13, 0x43, 0x93,
        0xb3, 0x81, 0x81, 0x83, 0x83, 0x81, 0x83, 0x83};
    static const unsigned char more_high[16] = {0x02, 0x01, 0x44, 0x10,
                                                0x88, 0x20, 0x80, 0x20};
    __m256i v = _mm256_loadu_si256((const void *)p);
    __m256i half = _mm256_set1_epi8(15), low = _mm256_and_si256(v, half);
    __m256i high = _mm256_and_si256(_mm256_srli_epi16(v, 4), half);
#define ASK(table, by)                                                         \
    _mm256_shuffle_epi8(                                                       \
        _mm256_broadcastsi128_si256(_mm_loadu_si128((const void *)(table))),   \
        by)

    return (struct wider){
        v, _mm256_and_si256(ASK(kind_low, low), ASK(kind_high, high)),
        _mm256_and_si256(ASK(more_low, low), ASK(more_high, high))};
#undef ASK
}

/* Where any of two kinds are: each by the shift that makes it the highest bit
 * of its byte. */
#define WHERE(a, up, b, more_up)                                               \
    (uint32_t) _mm256_movemask_epi8(_mm256_or_si256(                           \
        _mm256_slli_epi16(a, up), _mm256_slli_epi16(b, more_up)))

FOR_AVX2 static inline void take_wider(const struct wider *w, unsigned at,
                                       struct masks *m)
{
    __m256i code = _mm256_and_si256(w->kind, _mm256_set1_epi8((char)0xf8));
    __m256i none = _mm256_cmpeq_epi8(code, _mm256_setzero_si256());

    m->letters |= (uint64_t)WHERE(w->kind, 0, w->kind, 1) << at;
    m->digits |= (uint64_t)WHERE(w->kind, 2, w->kind, 2) << at;
    m->code |= (uint64_t)~WHERE(none, 0, none, 0) << at;
}

FOR_AVX2 static inline void take_more(const struct wider *w, unsigned at,
                                      struct masks *m)
{
    __m256i del = _mm256_cmpeq_epi8(w->bytes, _mm256_set1_epi8(0x7f));
    __m256i low = _mm256_or_si256(w->bytes, _mm256_set1_epi8(0x20));
    __m256i quote = _mm256_cmpeq_epi8(w->bytes, _mm256_set1_epi8('"'));
    __m256i u = _mm256_cmpeq_epi8(low, _mm256_set1_epi8('u'));
    __m256i hash = _mm256_cmpeq_epi8(w->bytes, _mm256_set1_epi8('#'));
    __m256i semi = _mm256_cmpeq_epi8(w->bytes, _mm256_set1_epi8(';'));

    m->slashed |= (uint64_t)WHERE(quote, 0, u, 0) << at;
    m->named |= (uint64_t)WHERE(hash, 0, semi, 0) << at;
    m->hex |= (uint64_t)(WHERE(w->kind, 2, w->kind, 2) |
                         (WHERE(w->kind, 0, w->kind, 0) &
                          ~WHERE(w->more, 0, w->more, 0)))
              << at;
    m->x |= (uint64_t)WHERE(w->more, 2, w->more, 2) << at;
    m->signs |= (uint64_t)(WHERE(w->more, 3, w->more, 4) |
                           WHERE(w->more, 5, w->more, 5))
                << at;
    m->numbers |= (uint64_t)WHERE(w->kind, 5, w->kind, 7) << at;
    m->slashes |= (uint64_t)WHERE(w->kind, 6, w->kind, 6) << at;
    m->amps |= (uint64_t)WHERE(w->more, 1, w->more, 1) << at;
    m->controls |=
        (uint64_t)(WHERE(w->more, 6, w->more, 7) | WHERE(del, 0, del, 0)) << at;
    m->high |= (uint64_t)WHERE(w->bytes, 0, w->bytes, 0) << at;
}
#undef WHERE

FOR_AVX2 static inline __m256i rest_of(const struct wider *w)
{
    __m256i of_kind = _mm256_set1_epi8(0x27), of_more = _mm256_set1_epi8(0x4f);
    __m256i del = _mm256_cmpeq_epi8(w->bytes, _mm256_set1_epi8(0x7f));
    __m256i high = _mm256_and_si256(w->bytes, _mm256_set1_epi8((char)0x80));

    return _mm256_or_si256(
        _mm256_or_si256(_mm256_and_si256(w->kind, of_kind), del),
        _mm256_or_si256(_mm256_and_si256(w->more, of_more), high));
}

FOR_AVX2 static inline bool masks_32(const char *p, struct masks *m)
{
    struct wider a = wider_at(p), b = wider_at(p + HALF);
    __m256i rest = _mm256_or_si256(rest_of(&a), rest_of(&b));

    take_wider(&a, 0, m);
    take_wider(&b, HALF, m);
    m->seams = seams_32(p);
    if (_mm256_testz_si256(rest, rest))
        return false;
    take_more(&a, 0, m);
    take_more(&b, HALF, m);
    return true;
}

/*
 * The same with AVX-512: a table of what a byte below 0x80 is, and each mask a
 * bit of what it says.
 *
 *      80 letters  40 digits  20 code  10 hex  08 signs  04 numbers
 *      02 slashes and amps  01 controls
 */
FOR_AVX512 static inline uint64_t has_512(__m512i kinds, int bits)
{
    return _mm512_test_epi8_mask(kinds, _mm512_set1_epi8((char)bits));
}

FOR_AVX512 static inline uint64_t equal_512(__m512i v, char c)
{
    return _mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8(c));
}

FOR_AVX512 static inline bool masks_512(const char *p, struct masks *m)
{
    static const unsigned char kinds[128] = {
        0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x00, 0x00, 0x01,
        0x01, 0x00, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01,
        0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x00, 0x00, 0x00, 0x00,
        0x08, 0x04, 0x02, 0x00, 0x00, 0x00, 0x00, 0x20, 0x00, 0x20, 0x00, 0x20,
        0x78, 0x78, 0x70, 0x78, 0x78, 0x78, 0x70, 0x78, 0x78, 0x70, 0x00, 0x00,
        0x00, 0x04, 0x00, 0x00, 0x08, 0xb0, 0xb0, 0xb0, 0xb0, 0xb0, 0xb0, 0xa0,
        0xa0, 0xa0, 0xa0, 0xa0, 0xa0, 0xa0, 0xa0, 0xa0, 0xa0, 0xa0, 0xa0, 0xa0,
        0xa0, 0xa0, 0xa0, 0xa0, 0xa0, 0xa0, 0xa0, 0x00, 0x02, 0x00, 0x00, 0x20,
        0x00, 0xb0, 0xb0, 0xb0, 0xb0, 0xb0, 0xb0, 0xa0, 0xa0, 0xa0, 0xa0, 0xa0,
        0xa0, 0xa0, 0xa0, 0xa0, 0xa0, 0xa0, 0xa0, 0xa0, 0xa0, 0xa0, 0xa0, 0xa0,
        0xa0, 0xa0, 0xa0, 0x00, 0x00, 0x00, 0x00, 0x01,
    };
    __m512i v = _mm512_loadu_si512(p);
    uint64_t high = _mm512_movepi8_mask(v);
    __m512i kind = ask_ascii(kinds, v, high);

    m->letters = has_512(kind, 0x80);
    m->digits = has_512(kind, 0x40);
    m->code = has_512(kind, 0x20);
    m->seams = seams_512(p);
    if ((has_512(kind, 0x4f) | high) == 0)
        return false;
    m->hex = has_512(kind, 0x10);
    m->signs = has_512(kind, 0x08);
    m->numbers = has_512(kind, 0x04);
    m->slashes = equal_512(v, '\\');
    m->amps = has_512(kind, 0x02) & ~m->slashes;
    m->controls = has_512(kind, 0x01);
    m->high = high;
    m->named = equal_512(v, '#') | equal_512(v, ';');
    m->slashed = equal_512(v, '"');
    v = _mm512_or_si512(v, _mm512_set1_epi8(0x20));
    m->slashed |= equal_512(v, 'u');
    m->x = equal_512(v, 'x');
    return true;
}
#endif

#endif
