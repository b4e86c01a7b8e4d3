#include "rules/probes.h"

#include <stdlib.h>

#if CPU_AVX2
#include <immintrin.h>
#endif

/* Tables have twice as many words as there are keys, or more: where they are
 * fuller, what passes them in vain costs more than caches do. */
#define BITS_LEAST 8u
#define BITS_MOST  18u
#define BITS_USUAL 14u /* of the rules that we ship */

#define PROBE_STEP 32u /* places at once */

/* Of four bytes, of which the last does not matter. */
#define HASH_THREE (UINT32_C(0x9e3779b1) << 8)
#define HASH_KEY   UINT64_C(0x9e3779b97f4a7c15)

static inline uint32_t maybe_word(uint32_t four, unsigned bits)
{
    return four * HASH_THREE >> (32 - bits);
}

static inline uint32_t is_maybe(const uint32_t *maybe, unsigned bits,
                                uint32_t four)
{
    return maybe[maybe_word(four, bits)] >> (four >> 24 & 31) & 1;
}

/* The key that is asked for where there are these eight bytes. */
static inline uint32_t key_of(const struct probes *k, uint64_t x)
{
    unsigned over = k->over[maybe_word((uint32_t)x, k->bits)];

    return (uint32_t)((x << over) * HASH_KEY >> 32);
}

static inline uint32_t near_bit(const struct probes *k, uint32_t key)
{
    return key >> (32 - k->bits - 5);
}

static inline uint32_t is_near(const struct probes *k, uint32_t key)
{
    uint32_t at = near_bit(k, key);

    return k->near[at / 32] >> at % 32 & 1;
}

static inline uint32_t bucket_of(const struct probes *k, uint32_t key)
{
    return key >> (32 - k->bits + 1);
}

enum err probes_init(struct probes *k, size_t n)
{
    size_t size = (size_t)1 << BITS_LEAST;

    k->bits = BITS_LEAST;
    for (; k->bits < BITS_MOST && 2 * n > size; size *= 2)
        k->bits++;
    k->step = cpu_step();
    k->entries = calloc(n + 1, sizeof(*k->entries));
    k->maybe = calloc(size, sizeof(*k->maybe));
    k->over = calloc(size, sizeof(*k->over));
    k->near = calloc(size, sizeof(*k->near));
    k->first = calloc(size / 2 + 2, sizeof(*k->first));
    if (k->entries == NULL || k->maybe == NULL || k->over == NULL ||
        k->near == NULL || k->first == NULL)
        return E_NOMEM;
    return OK;
}

void probes_free(struct probes *k)
{
    free(k->entries);
    free(k->maybe);
    free(k->over);
    free(k->near);
    free(k->first);
}

size_t probes_add(struct probes *k, const struct probe_string *s)
{
    size_t len = s->room < KEY_MOST ? s->room : KEY_MOST;
    bool head = s->bytes.len >= 4;
    unsigned over = 64 - 8 * (unsigned)len;
    char bytes[KEY_MOST] = {0};
    uint32_t word;
    uint64_t x;

    memcpy(bytes, s->bytes.ptr + s->at, len);
    x = probe_eight(bytes);
    k->entries[k->count++] =
        (struct probe_entry){.bytes = x,
                             .value = s->value,
                             .of = s->of,
                             .head = head ? probe_four(s->bytes.ptr) : 0,
                             .back = head ? (uint16_t)s->at : PROBE_NONE,
                             .over = (unsigned char)over};
    word = maybe_word((uint32_t)x, k->bits);
    k->maybe[word] |= len < 4 ? UINT32_MAX : UINT32_C(1) << (x >> 24 & 31);
    if (k->over[word] < over)
        k->over[word] = (unsigned char)over;
    return len;
}

enum err probes_ready(struct probes *k)
{
    struct probe_entry *old = k->entries;
    size_t buckets = (size_t)1 << (k->bits - 1);

    k->entries = malloc((k->count + 1) * sizeof(*old));
    if (k->entries == NULL) {
        k->entries = old;
        return E_NOMEM;
    }
    /* How many there are of each, where they end, and from there down. */
    for (size_t i = 0; i < k->count; i++) {
        uint32_t key = key_of(k, old[i].bytes), at = near_bit(k, key);

        k->near[at / 32] |= UINT32_C(1) << at % 32;
        k->first[bucket_of(k, key)]++;
    }
    for (size_t b = 1; b <= buckets; b++)
        k->first[b] += k->first[b - 1];
    for (size_t i = k->count; i-- > 0;)
        k->entries[--k->first[bucket_of(k, key_of(k, old[i].bytes))]] = old[i];
    free(old);
    return OK;
}

/*
 * The places that may be one, of the first table. Each is written, and counted
 * only if it is one: there is no branch to guess.
 */
static inline __attribute__((always_inline)) size_t
sift_by(const uint32_t *maybe, unsigned bits, const char *text, size_t from,
        size_t to, uint16_t *out)
{
    size_t n = 0, i = from;

    for (; to - i >= 4; i += 4) {
        uint64_t x = probe_eight(text + i);

        out[n] = (uint16_t)i;
        n += is_maybe(maybe, bits, (uint32_t)x);
        out[n] = (uint16_t)(i + 1);
        n += is_maybe(maybe, bits, (uint32_t)(x >> 8));
        out[n] = (uint16_t)(i + 2);
        n += is_maybe(maybe, bits, (uint32_t)(x >> 16));
        out[n] = (uint16_t)(i + 3);
        n += is_maybe(maybe, bits, (uint32_t)(x >> 24));
    }
    for (; i < to; i++) {
        out[n] = (uint16_t)i;
        n += is_maybe(maybe, bits, (uint32_t)probe_eight(text + i));
    }
    return n;
}

#if CPU_AVX2
/*
 * The same, a batch of places at a time, and each thing for all of them before
 * the next: which byte of the table to ask, what is in it, which bit it is. Of
 * reads by themselves the processor does more at once than of a gather's.
 */
#define BATCH 256u

/* By place: its four bytes, among those from the first place on. */
static const unsigned char fours[64] = {
    0,  1,  2,  3,  1,  2,  3,  4,  2,  3,  4,  5,  3,  4,  5,  6,
    4,  5,  6,  7,  5,  6,  7,  8,  6,  7,  8,  9,  7,  8,  9,  10,
    8,  9,  10, 11, 9,  10, 11, 12, 10, 11, 12, 13, 11, 12, 13, 14,
    12, 13, 14, 15, 13, 14, 15, 16, 14, 15, 16, 17, 15, 16, 17, 18,
};

/* Of so many places, and of up to 15 more: the bytes of the table. */
FOR_AVX512 static void batch_ask(const struct probes *k, const char *p,
                                 size_t n, uint32_t at[BATCH])
{
    const __m512i order = _mm512_loadu_si512(fours);
    const __m512i hash = _mm512_set1_epi32((int)HASH_THREE);
    const __m128i shift = _mm_cvtsi32_si128(32 - (int)k->bits);

    for (size_t i = 0; i < n; i += 16) {
        __m256i text = _mm256_loadu_si256((const void *)(p + i));
        __m512i four =
            _mm512_permutexvar_epi8(order, _mm512_castsi256_si512(text));
        __m512i word = _mm512_srl_epi32(_mm512_mullo_epi32(four, hash), shift);
        __m512i part =
            _mm512_and_si512(_mm512_srli_epi32(four, 27), _mm512_set1_epi32(3));

        _mm512_storeu_si512(at + i,
                            _mm512_or_si512(_mm512_slli_epi32(word, 2), part));
    }
}

/* Those that have the bit of their fourth byte: into out, how many. */
FOR_AVX512 static size_t batch_test(const char *p, const unsigned char *bits,
                                    size_t n, size_t from, uint16_t *out)
{
    const __m512i one = _mm512_set1_epi64(CPU_BITS);
    uint16_t first[PROBE_STEP];
    __m512i places, step = _mm512_set1_epi16(PROBE_STEP);
    size_t found = 0;

    for (size_t i = 0; i < PROBE_STEP; i++)
        first[i] = (uint16_t)(from + i);
    places = _mm512_loadu_si512(first);
    for (size_t i = 0; i < n; i += 64) {
        __mmask64 mask = n - i < 64 ? (UINT64_C(1) << (n - i)) - 1 : UINT64_MAX;
        __m512i bit = _mm512_and_si512(_mm512_maskz_loadu_epi8(mask, p + i + 3),
                                       _mm512_set1_epi8(7));

        mask = _mm512_mask_test_epi8_mask(mask, _mm512_loadu_si512(bits + i),
                                          _mm512_shuffle_epi8(one, bit));
        for (unsigned half = 0; half < 64; half += PROBE_STEP) {
            uint32_t set = (uint32_t)(mask >> half);

            _mm512_storeu_si512(out + found,
                                _mm512_maskz_compress_epi16(set, places));
            found += (unsigned)__builtin_popcount(set);
            places = _mm512_add_epi16(places, step);
        }
    }
    return found;
}

/* The bytes of the table: those of eight places. */
FOR_AVX512 static inline __m128i eight(const unsigned char *maybe,
                                       const uint32_t *at)
{
    __m128i b = _mm_cvtsi32_si128(maybe[at[0]]);

    b = _mm_insert_epi8(b, maybe[at[1]], 1);
    b = _mm_insert_epi8(b, maybe[at[2]], 2);
    b = _mm_insert_epi8(b, maybe[at[3]], 3);
    b = _mm_insert_epi8(b, maybe[at[4]], 4);
    b = _mm_insert_epi8(b, maybe[at[5]], 5);
    b = _mm_insert_epi8(b, maybe[at[6]], 6);
    return _mm_insert_epi8(b, maybe[at[7]], 7);
}

FOR_AVX512 static size_t sift_64(const struct probes *k, const char *text,
                                 size_t from, size_t to, uint16_t *out)
{
    const unsigned char *maybe = (const void *)k->maybe;
    unsigned char bits[BATCH] = {0};
    uint32_t at[BATCH];
    size_t found = 0;

    for (size_t i = from, n; i < to; i += n) {
        n = to - i < BATCH ? to - i : BATCH;
        batch_ask(k, text + i, n, at);
        for (size_t j = 0; j < n; j += 8)
            _mm_storel_epi64((void *)(bits + j), eight(maybe, at + j));
        found += batch_test(text + i, bits, n, i, out + found);
    }
    return found;
}
#else
static size_t sift_64(const struct probes *k, const char *text, size_t from,
                      size_t to, uint16_t *out)
{
    return sift_by(k->maybe, k->bits, text, from, to, out);
}
#endif

static size_t sift(const struct probes *k, const char *text, size_t from,
                   size_t to, uint16_t *out)
{
    if (k->step == CPU_64)
        return sift_64(k, text, from, to, out);
    if (k->bits == BITS_USUAL) /* a constant saves a fifth of the time */
        return sift_by(k->maybe, BITS_USUAL, text, from, to, out);
    return sift_by(k->maybe, k->bits, text, from, to, out);
}

size_t probes_sift(const struct probes *k, const char *text, size_t from,
                   size_t to, struct probe_place *ret_places)
{
    uint16_t at[PROBE_PLACES + PROBE_STEP];
    size_t left = 0, n = sift(k, text, from, to, at);

    for (size_t i = 0; i < n; i++) {
        uint32_t key = key_of(k, probe_eight(text + at[i]));

        ret_places[left].at = at[i];
        ret_places[left].next = bucket_of(k, key);
        left += is_near(k, key);
    }
    /* Neither of these waits for the one before it. */
    for (size_t i = 0; i < left; i++) {
        struct probe_place *p = &ret_places[i];

        p->end = k->first[p->next + 1];
        p->next = k->first[p->next];
        __builtin_prefetch(&k->entries[p->next]);
    }
    return left;
}
