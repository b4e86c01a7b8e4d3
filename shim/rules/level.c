#include "rules/level.h"

#if CPU_AVX2
#include <immintrin.h>
#endif

_Static_assert(LEVEL_WORDS < LEVEL_STARTS, "one is behind the last");

static char level_byte(char c)
{
    return is_white(c) ? ' ' : to_lower(c);
}

/* How far it is made: 64 bytes after the other. */
struct making {
    struct level *lv;
    size_t word;    /* of 64 bytes of text, the next */
    size_t out;     /* where in space they go */
    uint64_t white; /* 1 if the byte before them is white */
};

/* Of white space only the first is kept. */
static inline uint64_t keep(struct making *m, uint64_t white)
{
    uint64_t kept = ~(white & (white << 1 | m->white));

    m->white = white >> 63;
    m->lv->kept[m->word] = kept;
    m->lv->starts[m->word++] = (uint16_t)(m->out - LEVEL_READ);
    return kept;
}

/* How many bits are set from that one on, of a mask with one that is not. */
static inline unsigned stretch(uint64_t mask, unsigned from)
{
    return (unsigned)__builtin_ctzll(~(mask >> from));
}

#if CPU_AVX2
FOR_AVX2 static inline __m256i within(__m256i v, char from, char to)
{
    __m256i x = _mm256_sub_epi8(v, _mm256_set1_epi8(from));

    return _mm256_cmpeq_epi8(
        _mm256_min_epu8(x, _mm256_set1_epi8((char)(to - from))), x);
}

/* 32 bytes; which of them are white. */
FOR_AVX2 static inline uint64_t make_32(const char *raw, char *out)
{
    const __m256i space = _mm256_set1_epi8(' ');
    __m256i v = _mm256_loadu_si256((const void *)raw);
    __m256i large = within(v, 'A', 'Z'), white = within(v, '\t', '\r');

    v = _mm256_or_si256(v, _mm256_and_si256(large, space));
    v = _mm256_blendv_epi8(v, space, white);
    _mm256_storeu_si256((void *)out, v);
    return (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(v, space));
}

/* What is kept, stretch by stretch; mostly that is all. */
FOR_AVX2 static void make_32s(struct making *m, const char *raw, size_t n)
{
    char *space = m->lv->space;

    for (const char *end = raw + n; raw < end; raw += 64) {
        char *out = space + m->out, level[128] = {0};
        uint64_t white = make_32(raw, out), kept;

        white |= make_32(raw + 32, out + 32) << 32;
        kept = keep(m, white);
        if (kept == UINT64_MAX) {
            m->out += 64;
            continue;
        }
        memcpy(level, out, 64);
        while (kept != 0) {
            unsigned from = (unsigned)__builtin_ctzll(kept);

            memcpy(space + m->out, level + from, 64);
            m->out += stretch(kept, from);
            kept &= kept + (UINT64_C(1) << from);
        }
    }
}

FOR_AVX512 static void make_64s(struct making *to, const char *raw, size_t n)
{
    const __m512i space = _mm512_set1_epi8(' ');
    struct making m = *to;

    for (const char *end = raw + n; raw < end; raw += 64) {
        __m512i v = _mm512_loadu_si512(raw);
        __mmask64 large = _mm512_cmplt_epu8_mask(
            _mm512_sub_epi8(v, _mm512_set1_epi8('A')), _mm512_set1_epi8(26));
        __mmask64 white = _mm512_cmplt_epu8_mask(
            _mm512_sub_epi8(v, _mm512_set1_epi8('\t')), _mm512_set1_epi8(5));
        uint64_t kept;

        v = _mm512_mask_add_epi8(v, large, v, space);
        v = _mm512_mask_mov_epi8(v, white, space);
        kept = keep(&m, _mm512_cmpeq_epi8_mask(v, space));
        _mm512_storeu_si512(m.lv->space + m.out,
                            _mm512_maskz_compress_epi8(kept, v));
        m.out += (unsigned)__builtin_popcountll(kept);
    }
    *to = m;
}
#endif

static void make_1s(struct making *m, const char *raw, size_t n)
{
    for (const char *end = raw + n; raw < end; raw += 64) {
        uint64_t white = 0, kept;

        for (unsigned i = 0; i < 64; i++)
            white |= (uint64_t)(level_byte(raw[i]) == ' ') << i;
        kept = keep(m, white);
        for (unsigned i = 0; i < 64; i++) {
            m->lv->space[m->out] = level_byte(raw[i]);
            m->out += kept >> i & 1;
        }
    }
}

/* So many bytes more, which are times 64. */
static void make(struct making *m, const char *raw, size_t n,
                 enum cpu_step step)
{
#if CPU_AVX2
    if (step == CPU_64) {
        make_64s(m, raw, n);
        return;
    }
    if (step == CPU_32) {
        make_32s(m, raw, n);
        return;
    }
#endif
    (void)step;
    make_1s(m, raw, n);
}

/* Where in lv->text that is which stands at an offset of the text. */
static size_t level_at(const struct level *lv, size_t raw)
{
    size_t w = raw / 64;
    uint64_t before = lv->kept[w] & ((UINT64_C(1) << raw % 64) - 1);

    return lv->starts[w] + (size_t)__builtin_popcountll(before);
}

void level_make(struct level *lv, struct str text, size_t from, size_t to,
                enum cpu_step step)
{
    size_t front = from < LEVEL_SIDE ? 0 : from - LEVEL_SIDE;
    size_t back = text.len - to < LEVEL_SIDE ? text.len : to + LEVEL_SIDE;
    size_t len = back - front, whole = len - len % 64;
    struct making m = {.lv = lv, .out = LEVEL_READ};
    const char *raw = text.ptr + front;
    char rest[64] = {0};

    memset(lv->starts, UINT8_MAX, sizeof(lv->starts));
    memset(lv->space, 0, LEVEL_READ);
    make(&m, raw, whole, step);
    memcpy(rest, raw + whole, len - whole);
    make(&m, rest, sizeof(rest), step); /* 0 is level, and kept */
    memset(lv->space + m.out, 0, LEVEL_READ);
    lv->step = step;
    lv->text = lv->space + LEVEL_READ;
    lv->raw = front;
    lv->from = level_at(lv, from - front);
    lv->to = level_at(lv, to - front);
    lv->len = level_at(lv, len);
}

#if CPU_AVX2
/* Without a branch: how many words begin there or before, and of the last of
 * them the bit that is so many. */
FOR_AVX512 static size_t raw_64(const struct level *lv, size_t at)
{
    __m512i all = _mm512_set1_epi16((short)at);
    size_t w = 0;
    uint64_t bit;

    for (size_t i = 0; i < LEVEL_STARTS; i += 32) {
        __m512i starts = _mm512_loadu_si512(lv->starts + i);

        w += (unsigned)__builtin_popcount(_mm512_cmple_epu16_mask(starts, all));
    }
    w--;
    bit = _pdep_u64(UINT64_C(1) << (at - lv->starts[w]), lv->kept[w]);

    return lv->raw + 64 * w + (size_t)__builtin_ctzll(bit);
}
#endif

size_t level_raw(const struct level *lv, size_t at)
{
    size_t w = at / 64;
    uint64_t gone;

#if CPU_AVX2
    if (lv->step == CPU_64)
        return raw_64(lv, at);
#endif
    while (lv->starts[w + 1] <= at)
        w++;
    at -= lv->starts[w];
    for (gone = ~lv->kept[w]; gone != 0;) {
        unsigned from = (unsigned)__builtin_ctzll(gone);

        if (from > at)
            break;
        at += stretch(gone, from);
        gone &= gone + (UINT64_C(1) << from);
    }
    return lv->raw + 64 * w + at;
}

void level_keyword(struct str keyword, char *out)
{
    for (size_t i = 0; i < keyword.len; i++)
        out[i] = level_byte(keyword.ptr[i]);
}
