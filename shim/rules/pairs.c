#include "rules/pairs.h"

#include "rules/prefilter.h"
#include "rules/rarity.h"

#if CPU_AVX2
#include <immintrin.h>
#endif

/* ---- The groups. ---------------------------------------------------------
 */

static bool has(const struct pair_set *s, unsigned char c)
{
    return (s->low >> (c & 15) & s->high >> (c >> 4) & 1) != 0;
}

static struct pair_set both(struct pair_set a, struct pair_set b)
{
    struct pair_set s = {a.low | b.low, a.high | b.high, 0};

    for (unsigned high = 0; high < 16; high++)
        for (unsigned low = 0; (s.high >> high & 1) != 0 && low < 16; low++)
            if ((s.low >> low & 1) != 0)
                s.share += rarity_byte((char)(high << 4 | low));
    return s;
}

static struct pair_set with(struct pair_set s, char c)
{
    unsigned char u = (unsigned char)c;
    struct pair_set one = {(uint16_t)(1u << (u & 15)),
                           (uint16_t)(1u << (u >> 4)), 0};

    return both(s, one);
}

/* In both cases. */
static struct pair_set letter(char c)
{
    struct pair_set s = with((struct pair_set){0}, c);

    return is_alpha(c) ? with(s, (char)(c ^ 0x20)) : s;
}

static struct pair_set white(void)
{
    struct pair_set s = {0};

    for (char c = 0; c < 0x7f; c++)
        if (is_white(c))
            s = with(s, c);
    return s;
}

void pairs_add(struct pairs *ps, struct str keyword)
{
    struct pair_set first = letter(keyword.ptr[0]), second, a, b;
    double least = 0, more;
    size_t to = PAIR_GROUPS;

    if (keyword.len == 1)
        second = (struct pair_set){UINT16_MAX, UINT16_MAX, 0};
    else if (keyword_gap(keyword, 1))
        second = white();
    else
        second = letter(keyword.ptr[1]);
    for (size_t g = 0; g < PAIR_GROUPS; g++) {
        const struct pair_set *set = ps->set[g];

        a = both(set[0], first);
        b = both(set[1], second);
        more = (double)a.share * b.share - (double)set[0].share * set[1].share;
        if (to == PAIR_GROUPS || more < least) {
            to = g;
            least = more;
        }
    }
    ps->set[to][0] = both(ps->set[to][0], first);
    ps->set[to][1] = both(ps->set[to][1], second);
}

void pairs_ready(struct pairs *ps)
{
    for (size_t g = 0; g < PAIR_GROUPS; g++)
        for (size_t p = 0; p < 2; p++) {
            const struct pair_set *s = &ps->set[g][p];
            unsigned char bit = (unsigned char)(1u << g);

            for (unsigned c = 0; c < 256; c++)
                ps->groups[p][c] |= has(s, (unsigned char)c) ? bit : 0;
            for (unsigned x = 0; x < 16; x++) {
                ps->low[p][x] |= s->low >> x & 1 ? bit : 0;
                ps->high[p][x] |= s->high >> x & 1 ? bit : 0;
            }
        }
}

/* That a list has where a step begins, which is no longer than that. */
#define ROOM 64u

/* What is found, and where the next step of a search begins. */
struct finding_pairs {
    const struct pairs *ps;
    struct str text;
    size_t at;
    uint32_t *list;
    size_t n;
};

/* Those of a step, a bit each. */
static inline void put(struct finding_pairs *f, uint64_t both)
{
    for (; both != 0; both &= both - 1)
        f->list[f->n++] = (uint32_t)(f->at + (unsigned)__builtin_ctzll(both));
}

#if CPU_AVX2
/* The groups that each of 32 bytes is in, as the `which`th of a pair. */
FOR_AVX2 static inline __m256i groups_of(const struct pairs *ps, unsigned which,
                                         const char *p)
{
    const __m128i *low = (const void *)ps->low[which];
    const __m128i *high = (const void *)ps->high[which];
    __m256i v = _mm256_loadu_si256((const void *)p);
    __m256i half = _mm256_set1_epi8(15);
    __m256i a = _mm256_broadcastsi128_si256(_mm_loadu_si128(low));
    __m256i b = _mm256_broadcastsi128_si256(_mm_loadu_si128(high));

    a = _mm256_shuffle_epi8(a, _mm256_and_si256(v, half));
    v = _mm256_and_si256(_mm256_srli_epi16(v, 4), half);
    return _mm256_and_si256(a, _mm256_shuffle_epi8(b, v));
}

/* As far as there are 32 bytes and one more, and room for what is found. */
FOR_AVX2 static void find_32(struct finding_pairs *f)
{
    for (; f->text.len - f->at > 32 && f->n + ROOM <= PAIRS_LIST; f->at += 32) {
        const char *p = f->text.ptr + f->at;
        __m256i both = _mm256_and_si256(groups_of(f->ps, 0, p),
                                        groups_of(f->ps, 1, p + 1));
        __m256i none = _mm256_cmpeq_epi8(both, _mm256_setzero_si256());

        put(f, ~(uint32_t)_mm256_movemask_epi8(none));
    }
}

/* The same of 64 bytes, each looked up whole; mostly all are ASCII. */
FOR_AVX512 static void find_64(struct finding_pairs *into)
{
    const struct pairs *ps = into->ps;
    struct finding_pairs f = *into; /* what the list is written to is not it */
    __m512i low[2][2], high[2][2];

    for (unsigned i = 0; i < 2; i++)
        for (unsigned k = 0; k < 2; k++) {
            low[i][k] = _mm512_loadu_si512(ps->groups[i] + 64 * k);
            high[i][k] = _mm512_loadu_si512(ps->groups[i] + 64 * k + 128);
        }
    for (; f.text.len - f.at > 64 && f.n + ROOM <= PAIRS_LIST; f.at += 64) {
        __m512i a = _mm512_loadu_si512(f.text.ptr + f.at);
        __m512i b = _mm512_loadu_si512(f.text.ptr + f.at + 1);
        __mmask64 wide_a = _mm512_movepi8_mask(a);
        __mmask64 wide_b = _mm512_movepi8_mask(b);
        __m512i first = _mm512_permutex2var_epi8(low[0][0], a, low[0][1]);
        __m512i second = _mm512_permutex2var_epi8(low[1][0], b, low[1][1]);

        if ((wide_a | wide_b) != 0) {
            a = _mm512_permutex2var_epi8(high[0][0], a, high[0][1]);
            b = _mm512_permutex2var_epi8(high[1][0], b, high[1][1]);
            first = _mm512_mask_mov_epi8(first, wide_a, a);
            second = _mm512_mask_mov_epi8(second, wide_b, b);
        }
        put(&f, _mm512_test_epi8_mask(first, second));
    }
    *into = f;
}
#endif

static void find_many(struct finding_pairs *f)
{
#if CPU_AVX2
    if (f->ps->step == CPU_64)
        find_64(f);
    else if (f->ps->step == CPU_32)
        find_32(f);
#else
    (void)f;
#endif
}

static bool is_pair(const struct pairs *ps, struct str text, size_t at)
{
    unsigned char c = (unsigned char)text.ptr[at];

    if (at + 1 == text.len) /* a keyword of one byte goes with any */
        return ps->groups[0][c] != 0;
    return (ps->groups[0][c] &
            ps->groups[1][(unsigned char)text.ptr[at + 1]]) != 0;
}

size_t pairs_find(const struct pairs *ps, struct str text, size_t *from,
                  uint32_t list[PAIRS_LIST])
{
    struct finding_pairs f = {ps, text, *from, list, 0};

    find_many(&f);
    /* Not where only the list was full: many at once are looked at again. */
    for (; f.at < text.len && f.n + ROOM <= PAIRS_LIST; f.at++)
        put(&f, is_pair(ps, text, f.at));
    *from = f.at;
    return f.n;
}
