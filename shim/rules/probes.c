#include "rules/probes.h"

#include <stdlib.h>

#include "rules/maybe.h"

#if CPU_AVX2
#include <immintrin.h>
#endif

/* Tables have twice as many words as there are keys, or more: where they are
 * fuller, what passes them in vain costs more than caches do. */
#define BITS_LEAST 8u
#define BITS_MOST  18u
#define NEAR_MORE  4u /* so many more bits has a hash into the second set */

#define HASH_LOW  UINT32_C(0x9e3779b1) /* of half a key */
#define HASH_HIGH UINT32_C(0xc2b2ae35)

/* A string, until all are known. */
struct probe_added {
    uint64_t key, front;
    struct probe_entry entry;
    unsigned char over, under;
};

/* The key that is asked for where there are these eight bytes. */
static inline uint32_t key_of(const struct probes *k, uint64_t x)
{
    unsigned over = k->over[maybe_word((uint32_t)x, k->maybe_bits)];

    if (twos_has(&k->twos, (uint32_t)x) && over < k->twos.over)
        over = k->twos.over;
    x <<= over;
    return (uint32_t)x * HASH_LOW + (uint32_t)(x >> 32) * HASH_HIGH;
}

static inline uint32_t near_bit(const struct probes *k, uint32_t key)
{
    return key >> (32 - k->bits - NEAR_MORE);
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

/* How large the tables are: see BITS_LEAST. */
static void choose_bits(struct probes *k, size_t n)
{
    k->bits = BITS_LEAST;
    while (k->bits < BITS_MOST && 2 * n > (size_t)1 << k->bits)
        k->bits++;
    k->maybe_bits = k->bits < MAYBE_MOST ? k->bits : MAYBE_MOST;
    k->step = cpu_step();
}

/* As many at once are read as EQUAL_STEP, the last of them too. */
struct sizes {
    size_t entries, bytes, maybe, over, near, first;
};

static struct sizes sizes_of(const struct probes *k, size_t n)
{
    return (struct sizes){
        .entries = n + 1,
        .bytes = n + EQUAL_STEP,
        .maybe = (size_t)1 << k->maybe_bits,
        .over = ((size_t)1 << k->maybe_bits) + 3, /* four at once are read */
        .near = (size_t)1 << k->bits >> (5 - NEAR_MORE),
        .first = ((size_t)1 << k->bits) / 2 + 2,
    };
}

enum err probes_init(struct probes *k, size_t n)
{
    struct sizes size;

    choose_bits(k, n);
    size = sizes_of(k, n);
    k->added = malloc((n + 1) * sizeof(*k->added));
    k->entries = calloc(size.entries, sizeof(*k->entries));
    k->bytes.key = calloc(size.bytes, sizeof(*k->bytes.key));
    k->bytes.front = calloc(size.bytes, sizeof(*k->bytes.front));
    k->bytes.over = calloc(size.bytes, sizeof(*k->bytes.over));
    k->bytes.under = calloc(size.bytes, sizeof(*k->bytes.under));
    k->maybe = calloc(size.maybe, sizeof(*k->maybe));
    k->over = calloc(size.over, sizeof(*k->over));
    k->near = calloc(size.near, sizeof(*k->near));
    k->first = calloc(size.first, sizeof(*k->first));
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

/* Into the first table. */
static void add_maybe(struct probes *k, uint64_t x, size_t len)
{
    uint32_t word = maybe_word((uint32_t)x, k->maybe_bits), word_before;
    unsigned over = 64 - 8 * (unsigned)len;

    if (len == MAYBE_BYTES) {
        k->maybe[word] |= UINT32_C(0xffff) << BEHIND;
    } else {
        k->maybe[word] |= maybe_bit((uint32_t)(x >> 24)) << BEHIND;
        word_before = maybe_word((uint32_t)(x >> 8), k->maybe_bits);
        k->maybe[word_before] |= maybe_bit((uint32_t)x) << BEFORE;
    }
    if (k->over[word] < over)
        k->over[word] = (unsigned char)over;
}

size_t probes_add(struct probes *k, const struct probe_string *s)
{
    size_t len = s->room < KEY_MOST ? s->room : KEY_MOST;
    size_t back = s->at < PROBE_BACK ? s->at : PROBE_BACK;
    unsigned over = 64 - 8 * (unsigned)len;
    char key[KEY_MOST] = {0}, front[PROBE_BACK] = {0};
    uint64_t x;

    memcpy(key, s->bytes.ptr + s->at, len);
    memcpy(front + PROBE_BACK - back, s->bytes.ptr + s->at - back, back);
    x = eight_bytes(key);
    k->added[k->count++] =
        (struct probe_added){.key = x,
                             .front = eight_bytes(front),
                             .entry = s->entry,
                             .over = (unsigned char)over,
                             .under = (unsigned char)(64 - 8 * back)};
    if (len < MAYBE_BYTES)
        twos_add(&k->twos, (struct str){key, len});
    else
        add_maybe(k, x, len);
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

/* The fronts are not yet there, and as many: room for a list. */
static void make_threes(struct probes *k)
{
    uint64_t *list = k->bytes.front;
    size_t n = 0;

    for (size_t i = 0; i < k->count; i++)
        if (k->added[i].over == 64 - 8 * MAYBE_BYTES)
            list[n++] = k->added[i].key;
    threes_make(list, n, &k->threes);
}

static void make_shorts(struct probes *k)
{
    for (unsigned c = 0; c < 256; c++) {
        unsigned kind = c < 128 ? TWOS_ASCII : TWOS_WIDE;

        k->shorts[0][c] = (uint16_t)((k->twos.groups[0][c & 127] & kind) << 8 |
                                     k->threes.groups[0][c & 127]);
        k->shorts[1][c] = (uint16_t)(k->twos.groups[1][c & 127] << 8 |
                                     k->threes.groups[1][c & 127]);
    }
}

void probes_ready(struct probes *k)
{
    size_t buckets = (size_t)1 << (k->bits - 1);

    make_threes(k);
    make_shorts(k);
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

#define LAY(l, list, n) ((list) = lay(l, list, (n) * sizeof(*(list))))

void probes_lay(struct probes *k, size_t n, struct laying *l)
{
    struct sizes size;

    choose_bits(k, n);
    size = sizes_of(k, n);
    k->count = n;
    LAY(l, k->entries, size.entries);
    LAY(l, k->bytes.key, size.bytes);
    LAY(l, k->bytes.front, size.bytes);
    LAY(l, k->bytes.over, size.bytes);
    LAY(l, k->bytes.under, size.bytes);
    LAY(l, k->maybe, size.maybe);
    LAY(l, k->over, size.over);
    LAY(l, k->near, size.near);
    LAY(l, k->first, size.first);
    lay_copy(l, &k->threes, sizeof(k->threes));
    lay_copy(l, &k->twos, sizeof(k->twos));
    lay_copy(l, k->shorts, sizeof(k->shorts));
}

/* Is each shift of so many bits one that can be done? */
static bool are_shifts(const unsigned char *list, size_t n, unsigned most)
{
    unsigned char largest = 0;

    for (size_t i = 0; i < n; i++)
        largest = list[i] > largest ? list[i] : largest;
    return largest <= most;
}

/* Are the buckets all entries, one behind the other? */
static bool are_buckets(const struct probes *k)
{
    size_t buckets = (size_t)1 << (k->bits - 1);
    bool good = k->first[0] == 0 && k->first[buckets] == k->count;

    for (size_t b = 0; b < buckets; b++)
        good &= k->first[b] <= k->first[b + 1];
    return good;
}

/* Does the first table say of a string with this key that it may be there? */
static bool is_maybe(const struct probes *k, uint64_t x, unsigned over)
{
    uint32_t word = k->maybe[maybe_word((uint32_t)x, k->maybe_bits)];

    if (over > 64 - 8 * MAYBE_BYTES)
        return twos_has(&k->twos, (uint32_t)x);
    return (word >> BEHIND & maybe_bit((uint32_t)(x >> 24))) != 0;
}

bool probes_hold(const struct probes *k)
{
    const struct sizes size = sizes_of(k, k->count);
    const struct probe_bytes *b = &k->bytes;
    bool good = are_buckets(k) && k->twos.over < 64 &&
                are_shifts(k->over, size.over, 63) &&
                are_shifts(b->over, size.bytes, 63) &&
                are_shifts(b->under, size.bytes, 64);

    for (size_t i = 0; i < k->count && good; i++) {
        uint32_t key = key_of(k, b->key[i]), bucket = bucket_of(k, key);

        good = is_near(k, key) && k->first[bucket] <= i &&
               i < k->first[bucket + 1] && is_maybe(k, b->key[i], b->over[i]);
    }
    return good;
}

/* Of n places those that are in the second set, and the keys of each; how many
 * are left. */
static size_t keyed_1(const struct probes *k, const char *text, uint16_t *at,
                      size_t n, uint32_t *keys)
{
    size_t left = 0;

    for (size_t i = 0; i < n; i++) {
        uint32_t key = key_of(k, eight_bytes(text + at[i]));

        at[left] = at[i];
        keys[left] = key;
        left += is_near(k, key);
    }
    return left;
}

#if CPU_AVX2
/* Of eight times eight bytes: see maybe_word. */
FOR_AVX512 static INLINE __m512i maybe_words(__m512i x, __m512i shift)
{
    const __m512i hash =
        _mm512_set1_epi64((int64_t)((uint64_t)HASH_THIRD << 16 | HASH_TWO));

    x = _mm512_and_si512(x, _mm512_set1_epi64(0xffffff));
    x = _mm512_mullo_epi16(x, hash);
    x = _mm512_add_epi16(x, _mm512_srli_epi64(x, 16));
    return _mm512_srlv_epi64(_mm512_and_si512(x, _mm512_set1_epi64(0xffff)),
                             shift);
}

/* The same: see key_of. */
FOR_AVX512 static INLINE __m256i keys_of(__m512i x)
{
    const __m512i low = _mm512_set1_epi64(HASH_LOW);
    const __m512i high = _mm512_set1_epi64(HASH_HIGH);
    __m512i half = _mm512_mul_epu32(_mm512_srli_epi64(x, 32), high);

    return _mm512_cvtepi64_epi32(
        _mm512_add_epi64(_mm512_mul_epu32(x, low), half));
}

/* Some places, what was read for each, and their keys. */
#define KEYED_STEP 128u
struct keying {
    uint64_t bytes[KEYED_STEP];
    uint32_t words[KEYED_STEP]; /* of the first table, then of the second set */
    unsigned char over[KEYED_STEP];
    uint32_t keys[KEYED_STEP];
};

FOR_AVX512 static INLINE void find_words(const struct probes *k,
                                         struct keying *q, size_t n)
{
    const __m512i shift = _mm512_set1_epi64(16 - (int)k->maybe_bits);

    for (size_t i = 0; i < n; i += 8) {
        __m512i x = _mm512_loadu_si512(q->bytes + i);

        _mm256_storeu_si256((void *)(q->words + i),
                            _mm512_cvtepi64_epi32(maybe_words(x, shift)));
    }
}

FOR_AVX512 static INLINE void find_keys(const struct probes *k,
                                        const struct twos_sieve *twos,
                                        struct keying *q, size_t n)
{
    const __m512i two_over = _mm512_set1_epi64(k->twos.over);
    const unsigned shift = 32 - (k->bits + NEAR_MORE) + 5;

    for (size_t i = 0; i < n; i += 8) {
        __m512i x = _mm512_loadu_si512(q->bytes + i), over, groups;
        __m256i key;
        __mmask8 two;

        over =
            _mm512_cvtepu8_epi64(_mm_loadl_epi64((const void *)(q->over + i)));
        groups = twos_groups(twos, x, _mm512_srli_epi64(x, 8));
        two = _mm512_test_epi64_mask(groups, _mm512_set1_epi64(0xff));
        over = _mm512_mask_max_epu64(over, two, over, two_over);
        key = keys_of(_mm512_sllv_epi64(x, over));
        _mm256_storeu_si256((void *)(q->keys + i), key);
        _mm256_storeu_si256(
            (void *)(q->words + i),
            _mm256_srl_epi32(key, _mm_cvtsi32_si128((int)shift)));
    }
}

/* Those that are in the second set, of which the words are read. */
FOR_AVX512 static INLINE size_t keep_near(const struct probes *k,
                                          const struct keying *q, size_t n,
                                          const uint16_t *from, uint16_t *at,
                                          uint32_t *keys)
{
    const __m512i shift = _mm512_set1_epi32(32 - (int)(k->bits + NEAR_MORE));
    size_t left = 0;

    for (size_t i = 0; i < n; i += 16) {
        __m256i place = _mm256_loadu_si256((const void *)(from + i));
        __m512i key = _mm512_loadu_si512(q->keys + i), bit;
        __mmask16 some = (__mmask16)first_bits(n - i);

        bit = _mm512_and_si512(_mm512_srlv_epi32(key, shift),
                               _mm512_set1_epi32(31));
        bit = _mm512_sllv_epi32(_mm512_set1_epi32(1), bit);
        some = _mm512_mask_test_epi32_mask(
            some, _mm512_loadu_si512(q->words + i), bit);
        _mm256_storeu_si256((void *)(at + left),
                            _mm256_maskz_compress_epi16(some, place));
        _mm512_storeu_si512(keys + left,
                            _mm512_maskz_compress_epi32(some, key));
        left += (unsigned)__builtin_popcount(some);
    }
    return left;
}

/* Each thing of many places before the next: so none waits for another. What is
 * read is read one by one, as maybe.c does. */
FOR_AVX512 static size_t keyed_64(const struct probes *k, const char *text,
                                  uint16_t *at, size_t n, uint32_t *keys)
{
    const struct twos_sieve twos = twos_sieve(&k->twos);
    struct keying q;
    size_t left = 0;

    for (size_t i = 0, m; i < n; i += m) {
        m = n - i < KEYED_STEP ? n - i : KEYED_STEP;
        for (size_t j = 0; j < m; j++)
            q.bytes[j] = eight_bytes(text + at[i + j]);
        find_words(k, &q, m);
        for (size_t j = 0; j < m; j++)
            q.over[j] = k->over[q.words[j]];
        find_keys(k, &twos, &q, m);
        for (size_t j = 0; j < m; j++)
            q.words[j] = k->near[q.words[j]];
        left += keep_near(k, &q, m, at + i, at + left, keys + left);
    }
    return left;
}
#else
static size_t keyed_64(const struct probes *k, const char *text, uint16_t *at,
                       size_t n, uint32_t *keys)
{
    return keyed_1(k, text, at, n, keys);
}
#endif

size_t probes_sift(const struct probes *k, const char *text, size_t *from,
                   size_t to, struct probe_place *ret_places)
{
    uint16_t at[PROBE_PLACES + MAYBE_MORE];
    uint32_t keys[PROBE_PLACES + MAYBE_MORE];
    size_t n = maybe_sift(k, text, from, to, at);

    if (k->step == CPU_64)
        n = keyed_64(k, text, at, n, keys);
    else
        n = keyed_1(k, text, at, n, keys);
    /* None of these waits for the one before it. */
    for (size_t i = 0; i < n; i++) {
        uint32_t bucket = bucket_of(k, keys[i]);
        uint32_t next = k->first[bucket];

        ret_places[i] = (struct probe_place){
            .next = next, .end = k->first[bucket + 1], .at = at[i]};
        __builtin_prefetch(&k->bytes.key[next]);
        __builtin_prefetch(&k->bytes.front[next]);
        __builtin_prefetch(&k->entries[next]);
    }
    return n;
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

void probes_more(const struct probes *k, const char *text,
                 struct probe_place *p)
{
    while (p->equal == 0 && p->end - p->next > EQUAL_STEP) {
        p->next += EQUAL_STEP;
        p->equal =
            (uint16_t)(k->step == CPU_64
                           ? equal_64(&k->bytes, text + p->at, p->next, p->end)
                           : equal_1(&k->bytes, text + p->at, p->next, p->end));
    }
}
