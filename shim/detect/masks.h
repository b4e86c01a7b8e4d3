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
 * What the bytes of a text are, as one mask of 64 bits for each kind and each
 * 64 bytes, eight of which are made at once. It is compiled into the loops that
 * use it.
 */

#define STEP 64u /* bytes whose masks are one word, */
#define HALF 32u /* those of one register of AVX2, */
#define ROW  8u  /* and steps that are made at once */

/* The masks of one kind. */
typedef uint64_t eight __attribute__((vector_size(8 * ROW)));
typedef uint32_t halves __attribute__((vector_size(8 * ROW)));

/* What is known of a row; of 64 bytes the first one's bit is the lowest. The
 * order is that of two tables (masks_512). */
struct masks {
    eight controls; /* but for those between words */
    eight high;     /* what is not ASCII */
    eight numbers;  /* % and =, which two hex digits may follow */
    eight signs;    /* what may stand for a letter */
    eight hex;      /* digits and a to f */
    eight code;     /* of base64, of either alphabet */
    eight digits, letters;
    eight slashes; /* backslashes, and */
    eight slashed; /* " and u, which may follow one */
    eight amps;    /* &, and */
    eight named;   /* # and ;, one of which follows a name behind that */
    eight x;       /* that letter */
    eight spare[3];
    uint64_t seams[ROW]; /* the first of two bytes at which one may be */
    /* Is there any of these but letters, code and hex? If not, slashes and what
     * follows them are unset. */
    bool more;
};

#define STEP_TAKE(mask, what)                                                  \
    m->mask[i] |= (uint64_t)wide_mask((wide)(what)) << at

/* Those of WIDE bytes at p, which are `at` of the 64 of step i. True: there is
 * more to know of them. */
static inline bool look_wide(const char *p, unsigned at, struct masks *m,
                             unsigned i)
{
    wide v = wide_at(p);
    wide letter = wide_letters(v);
    wide digit = wide_digits(v);
    wide white = (wide)((v == '\t') | (v == '\n') | (v == '\r'));

    STEP_TAKE(letters, letter);
    STEP_TAKE(digits, digit);
    STEP_TAKE(code,
              letter | digit |
                  (wide)((v == '+') | (v == '/') | (v == '-') | (v == '_')));
    return wide_mask(digit | v | ((wide)(v < ' ') & ~white) |
                     (wide)(((wide)(v - '$') < 3) | (v == '=') | (v == '\\') |
                            (v == '@') | (v == 0x7f))) != 0;
}

static inline void look_more(const char *p, unsigned at, struct masks *m,
                             unsigned i)
{
    wide v = wide_at(p), low = v | 0x20;
    wide digit = wide_digits(v);
    wide white = (wide)((v == '\t') | (v == '\n') | (v == '\r'));

    STEP_TAKE(hex, digit | (wide)((wide)(low - 'a') < 6));
    STEP_TAKE(x, low == 'x');
    STEP_TAKE(signs, (digit & ~(wide)((v == '2') | (v == '6') | (v == '9'))) |
                         (wide)((v == '@') | (v == '$')));
    STEP_TAKE(numbers, (v == '%') | (v == '='));
    STEP_TAKE(slashes, v == '\\');
    STEP_TAKE(slashed, (v == '"') | (low == 'u'));
    STEP_TAKE(amps, v == '&');
    STEP_TAKE(named, (v == '#') | (v == ';'));
    STEP_TAKE(controls, ((wide)(v < ' ') & ~white) | (wide)(v == 0x7f));
    STEP_TAKE(high, v);
}
#undef STEP_TAKE

/* masks_look - of n steps of a row at p, behind which is one byte more; it has
 * nothing behind them. masks_32, masks_512 - the same with AVX2 and AVX-512. */
static inline void masks_look(const char *p, unsigned n, struct masks *m)
{
    *m = (struct masks){0};
    for (unsigned i = 0; i < n; i++, p += STEP) {
        bool more = false;

        for (unsigned at = 0; at < STEP; at += WIDE)
            more |= look_wide(p + at, at, m, i);
        for (unsigned at = 0; more && at < STEP; at += WIDE)
            look_more(p + at, at, m, i);
        m->seams[i] = seams_look(p);
        m->more |= more;
    }
}

/* uppers_look - of them the letters A to Z; uppers_32, uppers_512 - the same.
 */
static inline void uppers_look(const char *p, unsigned n, eight *ret_uppers)
{
    *ret_uppers = (eight){0};
    for (unsigned i = 0; i < n; i++)
        for (unsigned at = 0; at < STEP; at += WIDE, p += WIDE)
            (*ret_uppers)[i] |=
                (uint64_t)wide_mask((wide)((wide)(wide_at(p) - 'A') < 26))
                << at;
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
                                       struct masks *m, unsigned i)
{
    __m256i code = _mm256_and_si256(w->kind, _mm256_set1_epi8((char)0xf8));
    __m256i none = _mm256_cmpeq_epi8(code, _mm256_setzero_si256());

    m->letters[i] |= (uint64_t)WHERE(w->kind, 0, w->kind, 1) << at;
    m->digits[i] |= (uint64_t)WHERE(w->kind, 2, w->kind, 2) << at;
    m->code[i] |= (uint64_t)~WHERE(none, 0, none, 0) << at;
}

FOR_AVX2 static inline void take_more(const struct wider *w, unsigned at,
                                      struct masks *m, unsigned i)
{
    __m256i del = _mm256_cmpeq_epi8(w->bytes, _mm256_set1_epi8(0x7f));
    __m256i low = _mm256_or_si256(w->bytes, _mm256_set1_epi8(0x20));
    __m256i quote = _mm256_cmpeq_epi8(w->bytes, _mm256_set1_epi8('"'));
    __m256i u = _mm256_cmpeq_epi8(low, _mm256_set1_epi8('u'));
    __m256i hash = _mm256_cmpeq_epi8(w->bytes, _mm256_set1_epi8('#'));
    __m256i semi = _mm256_cmpeq_epi8(w->bytes, _mm256_set1_epi8(';'));

    m->slashed[i] |= (uint64_t)WHERE(quote, 0, u, 0) << at;
    m->named[i] |= (uint64_t)WHERE(hash, 0, semi, 0) << at;
    m->hex[i] |= (uint64_t)(WHERE(w->kind, 2, w->kind, 2) |
                            (WHERE(w->kind, 0, w->kind, 0) &
                             ~WHERE(w->more, 0, w->more, 0)))
                 << at;
    m->x[i] |= (uint64_t)WHERE(w->more, 2, w->more, 2) << at;
    m->signs[i] |= (uint64_t)(WHERE(w->more, 3, w->more, 4) |
                              WHERE(w->more, 5, w->more, 5))
                   << at;
    m->numbers[i] |= (uint64_t)WHERE(w->kind, 5, w->kind, 7) << at;
    m->slashes[i] |= (uint64_t)WHERE(w->kind, 6, w->kind, 6) << at;
    m->amps[i] |= (uint64_t)WHERE(w->more, 1, w->more, 1) << at;
    m->controls[i] |=
        (uint64_t)(WHERE(w->more, 6, w->more, 7) | WHERE(del, 0, del, 0)) << at;
    m->high[i] |= (uint64_t)WHERE(w->bytes, 0, w->bytes, 0) << at;
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

FOR_AVX2 static inline void masks_32(const char *p, unsigned n, struct masks *m)
{
    *m = (struct masks){0};
    for (unsigned i = 0; i < n; i++, p += STEP) {
        struct wider a = wider_at(p), b = wider_at(p + HALF);
        __m256i rest = _mm256_or_si256(rest_of(&a), rest_of(&b));

        take_wider(&a, 0, m, i);
        take_wider(&b, HALF, m, i);
        m->seams[i] = seams_32(p);
        if (_mm256_testz_si256(rest, rest))
            continue;
        take_more(&a, 0, m, i);
        take_more(&b, HALF, m, i);
        m->more = true;
    }
}

FOR_AVX2 static inline uint64_t uppers_of_32(const char *p)
{
    __m256i v = _mm256_sub_epi8(_mm256_loadu_si256((const void *)p),
                                _mm256_set1_epi8('A'));
    __m256i low = _mm256_min_epu8(v, _mm256_set1_epi8('Z' - 'A'));

    return (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(v, low));
}

FOR_AVX2 static inline void uppers_32(const char *p, unsigned n,
                                      eight *ret_uppers)
{
    *ret_uppers = (eight){0};
    for (unsigned i = 0; i < n; i++, p += STEP)
        (*ret_uppers)[i] = uppers_of_32(p) | uppers_of_32(p + HALF) << HALF;
}

FOR_AVX512 static inline void uppers_512(const char *p, unsigned n,
                                         eight *ret_uppers)
{
    *ret_uppers = (eight){0};
    for (unsigned i = 0; i < n; i++, p += STEP)
        (*ret_uppers)[i] = _mm512_cmplt_epu8_mask(
            _mm512_sub_epi8(_mm512_loadu_si512(p), _mm512_set1_epi8('A')),
            _mm512_set1_epi8(26));
}

/*
 * The same with AVX-512. Two tables say of a byte below 0x80 what it is, a bit
 * for each kind, lowest first:
 *
 *      controls  (high)  numbers  signs  hex  code  digits  letters
 *      slashes  slashed  amps  named  x
 *
 * The bits of eight bytes are a matrix of 8 by 8; turned over, it is a byte of
 * each mask.
 */
struct turned {
    __m512i kinds, others; /* the masks of a step, one behind the other */
};

FOR_AVX512 static inline struct turned turn_512(const char *p, __m512i *rest)
{
    static const unsigned char kinds[128] = {
        0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x00, 0x00, 0x01,
        0x01, 0x00, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01,
        0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x00, 0x00, 0x00, 0x00,
        0x08, 0x04, 0x00, 0x00, 0x00, 0x00, 0x00, 0x20, 0x00, 0x20, 0x00, 0x20,
        0x78, 0x78, 0x70, 0x78, 0x78, 0x78, 0x70, 0x78, 0x78, 0x70, 0x00, 0x00,
        0x00, 0x04, 0x00, 0x00, 0x08, 0xb0, 0xb0, 0xb0, 0xb0, 0xb0, 0xb0, 0xa0,
        0xa0, 0xa0, 0xa0, 0xa0, 0xa0, 0xa0, 0xa0, 0xa0, 0xa0, 0xa0, 0xa0, 0xa0,
        0xa0, 0xa0, 0xa0, 0xa0, 0xa0, 0xa0, 0xa0, 0x00, 0x00, 0x00, 0x00, 0x20,
        0x00, 0xb0, 0xb0, 0xb0, 0xb0, 0xb0, 0xb0, 0xa0, 0xa0, 0xa0, 0xa0, 0xa0,
        0xa0, 0xa0, 0xa0, 0xa0, 0xa0, 0xa0, 0xa0, 0xa0, 0xa0, 0xa0, 0xa0, 0xa0,
        0xa0, 0xa0, 0xa0, 0x00, 0x00, 0x00, 0x00, 0x01,
    };
    static const unsigned char others[128] = {
        ['\\'] = 0x01, ['"'] = 0x02, ['u'] = 0x02, ['U'] = 0x02, ['&'] = 0x04,
        ['#'] = 0x08,  [';'] = 0x08, ['x'] = 0x10, ['X'] = 0x10,
    };
    const __m512i unit = _mm512_set1_epi64(CPU_BITS);
    const __m512i back = _mm512_broadcast_i32x4(
        _mm_set_epi64x(0x08090a0b0c0d0e0f, 0x0001020304050607));
    /* Byte by byte of a step the same one of each eight. */
    const __m512i each =
        _mm512_add_epi8(_mm512_set1_epi64(0x3830282018100800),
                        _mm512_set_epi64(0x0707070707070707, 0x0606060606060606,
                                         0x0505050505050505, 0x0404040404040404,
                                         0x0303030303030303, 0x0202020202020202,
                                         0x0101010101010101, 0));
    __m512i v = _mm512_shuffle_epi8(_mm512_loadu_si512(p), back);
    uint64_t high = _mm512_movepi8_mask(v);
    __m512i kind = _mm512_mask_mov_epi8(ask_ascii(kinds, v, high), high,
                                        _mm512_set1_epi8(0x02));
    __m512i other = ask_ascii(others, v, high);

    *rest = _mm512_or_si512(
        *rest,
        _mm512_or_si512(_mm512_and_si512(kind, _mm512_set1_epi8(0x4f)),
                        _mm512_and_si512(other, _mm512_set1_epi8(0x05))));
    kind = _mm512_gf2p8affine_epi64_epi8(unit, kind, 0);
    other = _mm512_gf2p8affine_epi64_epi8(unit, other, 0);
    return (struct turned){_mm512_permutexvar_epi8(each, kind),
                           _mm512_permutexvar_epi8(each, other)};
}

/* Every second kind of eight steps: in a its words of the first two of them are
 * side by side, and so on. */
FOR_AVX512 static inline void put_512(__m512i a, __m512i b, __m512i c,
                                      __m512i d, eight *out)
{
    enum {
        EVEN = 0x88,
        ODD = 0xdd
    }; /* quarters of the one and the other */
    __m512i even = _mm512_shuffle_i64x2(a, b, EVEN);
    __m512i odd = _mm512_shuffle_i64x2(a, b, ODD);

    a = _mm512_shuffle_i64x2(c, d, EVEN);
    b = _mm512_shuffle_i64x2(c, d, ODD);
    out[0] = (eight)_mm512_shuffle_i64x2(even, a, EVEN);
    out[2] = (eight)_mm512_shuffle_i64x2(odd, b, EVEN);
    out[4] = (eight)_mm512_shuffle_i64x2(even, a, ODD);
    out[6] = (eight)_mm512_shuffle_i64x2(odd, b, ODD);
}

/* Eight steps of eight words each: eight words of each kind. */
FOR_AVX512 static inline void kinds_512(const __m512i of[ROW], eight *out)
{
    put_512(_mm512_unpacklo_epi64(of[0], of[1]),
            _mm512_unpacklo_epi64(of[2], of[3]),
            _mm512_unpacklo_epi64(of[4], of[5]),
            _mm512_unpacklo_epi64(of[6], of[7]), out);
    put_512(_mm512_unpackhi_epi64(of[0], of[1]),
            _mm512_unpackhi_epi64(of[2], of[3]),
            _mm512_unpackhi_epi64(of[4], of[5]),
            _mm512_unpackhi_epi64(of[6], of[7]), out + 1);
}

FOR_AVX512 static inline void masks_512(const char *p, unsigned n,
                                        struct masks *m)
{
    __m512i kinds[ROW], others[ROW], rest = _mm512_setzero_si512();

    for (unsigned i = 0; i < n; i++, p += STEP) {
        struct turned t = turn_512(p, &rest);

        kinds[i] = t.kinds;
        others[i] = t.others;
        m->seams[i] = seams_512(p);
    }
    for (unsigned i = n; i < ROW; i++) {
        kinds[i] = others[i] = _mm512_setzero_si512();
        m->seams[i] = 0;
    }
    kinds_512(kinds, &m->controls);
    m->more = _mm512_test_epi8_mask(rest, rest) != 0;
    if (m->more)
        kinds_512(others, &m->slashes);
}
#endif

#endif
