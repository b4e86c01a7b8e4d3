#include "rules/probes.h"

#include <stdlib.h>

#if CPU_AVX2
#include <immintrin.h>
#endif

/* Tables have twice as many words as there are keys, or more: where they are
 * fuller, what passes them in vain costs more than caches do. */
#define BITS_LEAST 8u
#define BITS_MOST  18u
#define MAYBE_MOST 14u /* of the first: its bytes have numbers of 16 bits */

#define PROBE_STEP 32u /* places at once */
#define EQUAL_STEP 8u  /* entries at once */

/* Of the first two of three bytes, and of the third: of some hundred pairs the
 * one by which the fewest places in texts and code pass in vain. */
#define HASH_TWO   UINT16_C(0xc8f1)
#define HASH_THIRD UINT16_C(0xe77b)
#define HASH_KEY   UINT64_C(0x9e3779b97f4a7c15)

/* Built twice. */
#define INLINE inline __attribute__((always_inline))

/* A string, until all are known. */
struct probe_added {
    uint64_t key, front;
    struct probe_entry entry;
    unsigned char over, under;
};

/* Eight bytes, the first the lowest. */
static inline uint64_t eight_bytes(const char *p)
{
    uint64_t x;

    memcpy(&x, p, sizeof(x));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    x = __builtin_bswap64(x);
#endif
    return x;
}

/* Of four bytes, of which the last does not matter. */
static inline uint32_t maybe_word(uint32_t four, unsigned bits)
{
    uint32_t hash =
        (four & 0xffff) * HASH_TWO + (four >> 16 & 0xff) * HASH_THIRD;

    return (hash & 0xffff) >> (16 - bits);
}

static inline uint32_t is_maybe(const uint32_t *maybe, unsigned bits,
                                uint32_t four)
{
    return maybe[maybe_word(four, bits)] >> (four >> 24 & 31) & 1;
}

/* The key that is asked for where there are these eight bytes. */
static inline uint32_t key_of(const struct probes *k, uint64_t x)
{
    unsigned over = k->over[maybe_word((uint32_t)x, k->maybe_bits)];

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
    k->maybe_bits = k->bits < MAYBE_MOST ? k->bits : MAYBE_MOST;
    k->step = cpu_step();
    k->gathers = cpu_gathers();
    k->added = malloc((n + 1) * sizeof(*k->added));
    k->entries = malloc((n + 1) * sizeof(*k->entries));
    /* As many at once are read, the last of them too. */
    k->bytes.key = calloc(n + EQUAL_STEP, sizeof(*k->bytes.key));
    k->bytes.front = calloc(n + EQUAL_STEP, sizeof(*k->bytes.front));
    k->bytes.over = calloc(n + EQUAL_STEP, sizeof(*k->bytes.over));
    k->bytes.under = calloc(n + EQUAL_STEP, sizeof(*k->bytes.under));
    k->maybe = calloc((size_t)1 << k->maybe_bits, sizeof(*k->maybe));
    k->over = calloc((size_t)1 << k->maybe_bits, sizeof(*k->over));
    k->near = calloc(size, sizeof(*k->near));
    k->first = calloc(size / 2 + 2, sizeof(*k->first));
    if (k->added == NULL || k->entries == NULL || k->bytes.key == NULL ||
        k->bytes.front == NULL || k->bytes.over == NULL ||
        k->bytes.under == NULL || k->maybe == NULL || k->over == NULL ||
        k->near == NULL || k->first == NULL)
        return E_NOMEM;
    return OK;
}

void probes_free(struct probes *k)
{
    free(k->added);
    free(k->entries);
    free(k->bytes.key);
    free(k->bytes.front);
    free(k->bytes.over);
    free(k->bytes.under);
    free(k->maybe);
    free(k->over);
    free(k->near);
    free(k->first);
}

size_t probes_add(struct probes *k, const struct probe_string *s)
{
    size_t len = s->room < KEY_MOST ? s->room : KEY_MOST;
    size_t back = s->at < PROBE_BACK ? s->at : PROBE_BACK;
    unsigned over = 64 - 8 * (unsigned)len;
    char key[KEY_MOST] = {0}, front[PROBE_BACK] = {0};
    uint32_t word;
    uint64_t x;

    memcpy(key, s->bytes.ptr + s->at, len);
    memcpy(front + PROBE_BACK - back, s->bytes.ptr + s->at - back, back);
    x = eight_bytes(key);
    k->added[k->count++] =
        (struct probe_added){.key = x,
                             .front = eight_bytes(front),
                             .entry = {.value = s->value, .of = s->of},
                             .over = (unsigned char)over,
                             .under = (unsigned char)(64 - 8 * back)};
    word = maybe_word((uint32_t)x, k->maybe_bits);
    k->maybe[word] |= len < 4 ? UINT32_MAX : UINT32_C(1) << (x >> 24 & 31);
    if (k->over[word] < over)
        k->over[word] = (unsigned char)over;
    return len;
}

static void put_entry(struct probes *k, const struct probe_added *a)
{
    uint32_t i = --k->first[bucket_of(k, key_of(k, a->key))];

    k->entries[i] = a->entry;
    k->bytes.key[i] = a->key;
    k->bytes.front[i] = a->front;
    k->bytes.over[i] = a->over;
    k->bytes.under[i] = a->under;
}

void probes_ready(struct probes *k)
{
    size_t buckets = (size_t)1 << (k->bits - 1);

    /* How many there are of each, where they end, and from there down. */
    for (size_t i = 0; i < k->count; i++) {
        uint32_t key = key_of(k, k->added[i].key), at = near_bit(k, key);

        k->near[at / 32] |= UINT32_C(1) << at % 32;
        k->first[bucket_of(k, key)]++;
    }
    for (size_t b = 1; b <= buckets; b++)
        k->first[b] += k->first[b - 1];
    for (size_t i = k->count; i-- > 0;)
        put_entry(k, &k->added[i]);
    free(k->added);
    k->added = NULL;
}

/*
 * The places that may be one, of the first table. Each is written, and counted
 * only if it is one: there is no branch to guess.
 */
static INLINE size_t sift_by(const uint32_t *maybe, unsigned bits,
                             const char *text, size_t from, size_t to,
                             uint16_t *out)
{
    size_t n = 0, i = from;

    for (; to - i >= 4; i += 4) {
        uint64_t x = eight_bytes(text + i);

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
        n += is_maybe(maybe, bits, (uint32_t)eight_bytes(text + i));
    }
    return n;
}

#if CPU_AVX2
/* The words of 32 places, those from p on that are even or odd. */
FOR_AVX512 static INLINE __m512i words_of(const struct probes *k, const char *p)
{
    const __m512i two = _mm512_set1_epi16((short)HASH_TWO);
    const __m512i third = _mm512_set1_epi16((short)HASH_THIRD);
    __m512i a = _mm512_loadu_si512(p), b = _mm512_loadu_si512(p + 2);

    b = _mm512_and_si512(b, _mm512_set1_epi16(0xff));
    a = _mm512_add_epi16(_mm512_mullo_epi16(a, two),
                         _mm512_mullo_epi16(b, third));
    return _mm512_srl_epi16(a, _mm_cvtsi32_si128(16 - (int)k->maybe_bits));
}

/* Of 64 places from `from` on those of a mask: into out, how many. */
FOR_AVX512 static INLINE size_t put_places(uint64_t mask, size_t from,
                                           uint16_t *out)
{
    static const uint16_t each[PROBE_STEP] = {
        0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15,
        16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31};
    __m512i places = _mm512_loadu_si512(each);
    uint32_t low = (uint32_t)mask, high = (uint32_t)(mask >> PROBE_STEP);
    unsigned n = (unsigned)__builtin_popcount(low);

    places = _mm512_add_epi16(places, _mm512_set1_epi16((short)from));
    _mm512_storeu_si512(out, _mm512_maskz_compress_epi16(low, places));
    places = _mm512_add_epi16(places, _mm512_set1_epi16(PROBE_STEP));
    _mm512_storeu_si512(out + n, _mm512_maskz_compress_epi16(high, places));
    return n + (unsigned)__builtin_popcount(high);
}

static inline uint64_t mask_of(size_t n)
{
    return n < 64 ? (UINT64_C(1) << n) - 1 : UINT64_MAX;
}

/* The same, the words of 16 places at once, which are every fourth. */
FOR_AVX512 static INLINE uint64_t gather(const struct probes *k, __m512i words,
                                         __m512i fourth)
{
    __m512i have = _mm512_i32gather_epi32(words, k->maybe, 4);
    __m512i bit = _mm512_and_si512(fourth, _mm512_set1_epi32(31));

    bit = _mm512_sllv_epi32(_mm512_set1_epi32(1), bit);
    return _pdep_u64(_mm512_test_epi32_mask(have, bit),
                     UINT64_C(0x1111111111111111));
}

FOR_AVX512 static size_t sift_gathers(const struct probes *k, const char *text,
                                      size_t from, size_t to, uint16_t *out)
{
    const __m512i low = _mm512_set1_epi32(0xffff);
    size_t found = 0;

    for (size_t i = from; i < to; i += 64) {
        uint64_t mask = 0;

        for (unsigned odd = 0; odd < 2; odd++) {
            const char *p = text + i + odd;
            __m512i words = words_of(k, p), fourth = _mm512_loadu_si512(p + 2);

            mask |= gather(k, _mm512_and_si512(words, low),
                           _mm512_srli_epi32(fourth, 8))
                    << odd;
            mask |= gather(k, _mm512_srli_epi32(words, 16),
                           _mm512_srli_epi32(fourth, 24))
                    << (odd + 2);
        }
        found += put_places(mask & mask_of(to - i), i, out + found);
    }
    return found;
}

/*
 * The same for processors that read many places as slowly as they do one: a
 * batch of places, and each thing for all of them before the next: which byte
 * of the table to ask, what is in it, which bit it is.
 */
#define BATCH 256u

/* Of so many places, and of up to 63 more, even and odd ones. */
FOR_AVX512 static void batch_ask(const struct probes *k, const char *p,
                                 size_t n, uint16_t at[2][BATCH / 2])
{
    const __m512i part = _mm512_set1_epi16(3);

    for (size_t i = 0; i < n; i += 64)
        for (size_t odd = 0; odd < 2; odd++) {
            __m512i words = words_of(k, p + i + odd);
            __m512i fourth = _mm512_loadu_si512(p + i + odd + 2);

            fourth = _mm512_and_si512(_mm512_srli_epi16(fourth, 11), part);
            words = _mm512_or_si512(_mm512_slli_epi16(words, 2), fourth);
            _mm512_storeu_si512(at[odd] + i / 2, words);
        }
}

/* The bytes of the table: those of eight places. */
FOR_AVX512 static inline __m128i batch_read(const unsigned char *maybe,
                                            const uint16_t *even,
                                            const uint16_t *odd)
{
    __m128i b = _mm_cvtsi32_si128(maybe[even[0]]);

    b = _mm_insert_epi8(b, maybe[odd[0]], 1);
    b = _mm_insert_epi8(b, maybe[even[1]], 2);
    b = _mm_insert_epi8(b, maybe[odd[1]], 3);
    b = _mm_insert_epi8(b, maybe[even[2]], 4);
    b = _mm_insert_epi8(b, maybe[odd[2]], 5);
    b = _mm_insert_epi8(b, maybe[even[3]], 6);
    return _mm_insert_epi8(b, maybe[odd[3]], 7);
}

/* Those that have the bit of their fourth byte: into out, how many. */
FOR_AVX512 static size_t batch_test(const char *p, const unsigned char *bits,
                                    size_t n, size_t from, uint16_t *out)
{
    const __m512i one = _mm512_set1_epi64(CPU_BITS);
    size_t found = 0;

    for (size_t i = 0; i < n; i += 64) {
        __m512i bit = _mm512_and_si512(_mm512_loadu_si512(p + i + 3),
                                       _mm512_set1_epi8(7));
        uint64_t mask = _mm512_mask_test_epi8_mask(
            mask_of(n - i), _mm512_loadu_si512(bits + i),
            _mm512_shuffle_epi8(one, bit));

        found += put_places(mask, from + i, out + found);
    }
    return found;
}

FOR_AVX512 static size_t sift_batches(const struct probes *k, const char *text,
                                      size_t from, size_t to, uint16_t *out)
{
    const unsigned char *maybe = (const void *)k->maybe;
    unsigned char bits[BATCH] = {0};
    uint16_t at[2][BATCH / 2];
    size_t found = 0;

    for (size_t i = from, n; i < to; i += n) {
        n = to - i < BATCH ? to - i : BATCH;
        batch_ask(k, text + i, n, at);
        for (size_t j = 0; j < n; j += 8)
            _mm_storel_epi64((void *)(bits + j),
                             batch_read(maybe, at[0] + j / 2, at[1] + j / 2));
        found += batch_test(text + i, bits, n, i, out + found);
    }
    return found;
}

static size_t sift_64(const struct probes *k, const char *text, size_t from,
                      size_t to, uint16_t *out)
{
    return k->gathers ? sift_gathers(k, text, from, to, out)
                      : sift_batches(k, text, from, to, out);
}
#else
static size_t sift_64(const struct probes *k, const char *text, size_t from,
                      size_t to, uint16_t *out)
{
    return sift_by(k->maybe, k->maybe_bits, text, from, to, out);
}
#endif

static size_t sift(const struct probes *k, const char *text, size_t from,
                   size_t to, uint16_t *out)
{
    if (k->step == CPU_64)
        return sift_64(k, text, from, to, out);
    if (k->maybe_bits == MAYBE_MOST) /* a constant saves a fifth of the time */
        return sift_by(k->maybe, MAYBE_MOST, text, from, to, out);
    return sift_by(k->maybe, k->maybe_bits, text, from, to, out);
}

size_t probes_sift(const struct probes *k, const char *text, size_t from,
                   size_t to, struct probe_place *ret_places)
{
    uint16_t at[PROBE_PLACES + PROBE_STEP];
    size_t left = 0, n = sift(k, text, from, to, at);

    for (size_t i = 0; i < n; i++) {
        uint32_t key = key_of(k, eight_bytes(text + at[i]));

        ret_places[left].at = at[i];
        ret_places[left].next = bucket_of(k, key);
        left += is_near(k, key);
    }
    /* Neither of these waits for the one before it. */
    for (size_t i = 0; i < left; i++) {
        struct probe_place *p = &ret_places[i];

        p->end = k->first[p->next + 1];
        p->next = k->first[p->next];
        __builtin_prefetch(&k->bytes.key[p->next]);
        __builtin_prefetch(&k->bytes.front[p->next]);
    }
    return left;
}

/* Of the entries from `next` on, EQUAL_STEP and before `end`, those that stand
 * at a place: a bit each. */
static unsigned equal_1(const struct probe_bytes *b, const char *place,
                        size_t next, size_t end)
{
    uint64_t x = eight_bytes(place), y = eight_bytes(place - PROBE_BACK);
    size_t n = end - next < EQUAL_STEP ? end - next : EQUAL_STEP;
    unsigned equal = 0;

    for (size_t i = 0; i < n; i++) {
        size_t at = next + i;

        if ((x ^ b->key[at]) << b->over[at] == 0 &&
            (b->under[at] == 64 || (y ^ b->front[at]) >> b->under[at] == 0))
            equal |= 1u << i;
    }
    return equal;
}

#if CPU_AVX2
FOR_AVX512 static inline __m512i eight_shifts(const unsigned char *p)
{
    return _mm512_cvtepu8_epi64(_mm_loadl_epi64((const void *)p));
}

/* A shift by 64 leaves nothing. */
FOR_AVX512 static inline unsigned equal_64(const struct probe_bytes *b,
                                           const char *place, size_t next,
                                           size_t end)
{
    __m512i x = _mm512_set1_epi64((int64_t)eight_bytes(place));
    __m512i y = _mm512_set1_epi64((int64_t)eight_bytes(place - PROBE_BACK));
    const __m512i each = _mm512_set_epi64(7, 6, 5, 4, 3, 2, 1, 0);
    __m512i left = _mm512_set1_epi64((int64_t)(end - next));
    __mmask8 some = _mm512_cmplt_epu64_mask(each, left);

    x = _mm512_xor_si512(x, _mm512_loadu_si512(b->key + next));
    y = _mm512_xor_si512(y, _mm512_loadu_si512(b->front + next));
    x = _mm512_sllv_epi64(x, eight_shifts(b->over + next));
    y = _mm512_srlv_epi64(y, eight_shifts(b->under + next));
    x = _mm512_or_si512(x, y);
    return _mm512_mask_testn_epi64_mask(some, x, x);
}
#else
static unsigned equal_64(const struct probe_bytes *b, const char *place,
                         size_t next, size_t end)
{
    return equal_1(b, place, next, end);
}
#endif

/* Without a branch, as they are mostly no more than are compared at once. */
static INLINE size_t narrow_by(const struct probes *k, const char *text,
                               struct probe_place *places, size_t n,
                               unsigned (*equal)(const struct probe_bytes *,
                                                 const char *, size_t, size_t))
{
    size_t left = 0;

    for (size_t i = 0; i < n; i++) {
        struct probe_place p = places[i];

        p.equal = (uint16_t)equal(&k->bytes, text + p.at, p.next, p.end);
        places[left] = p;
        left += (p.equal != 0) | (p.end - p.next > EQUAL_STEP);
    }
    return left;
}

FOR_AVX512 static size_t narrow_64(const struct probes *k, const char *text,
                                   struct probe_place *places, size_t n)
{
    return narrow_by(k, text, places, n, equal_64);
}

size_t probes_narrow(const struct probes *k, const char *text,
                     struct probe_place *places, size_t n)
{
    return k->step == CPU_64 ? narrow_64(k, text, places, n)
                             : narrow_by(k, text, places, n, equal_1);
}

const struct probe_entry *probes_at(const struct probes *k, const char *text,
                                    struct probe_place *p)
{
    unsigned at;

    while (p->equal == 0) {
        if (p->end - p->next <= EQUAL_STEP)
            return NULL;
        p->next += EQUAL_STEP;
        p->equal =
            (uint16_t)(k->step == CPU_64
                           ? equal_64(&k->bytes, text + p->at, p->next, p->end)
                           : equal_1(&k->bytes, text + p->at, p->next, p->end));
    }
    at = (unsigned)__builtin_ctz(p->equal);
    p->equal &= p->equal - 1;
    return &k->entries[p->next + at];
}
