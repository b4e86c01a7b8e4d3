#include "flow/seen.h"

#include <sodium/crypto_generichash.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/cpu.h"

#if CPU_AVX2
#include <immintrin.h>
#endif

#define WAYS     8  /* places that one text may have */
#define KEY_STEP 64 /* bytes of `words` made at once */

enum err seen_new(const unsigned char key[PRINT_KEY_LEN], struct seen **ret_s)
{
    struct seen *s = calloc(1, sizeof(*s));
    unsigned char *words;

    if (s == NULL)
        return E_NOMEM;
    words = (unsigned char *)s->words;
    memcpy(s->key, key, sizeof(s->key));
    for (uint64_t at = 0; at < sizeof(s->words); at += KEY_STEP)
        (void)crypto_generichash(words + at, KEY_STEP,
                                 (const unsigned char *)&at, sizeof(at), key,
                                 PRINT_KEY_LEN);
    *ret_s = s;
    return OK;
}

void seen_free(struct seen *s)
{
    if (s != NULL)
        explicit_bzero(s, offsetof(struct seen, places));
    free(s);
}

/*
 * Two sums of products of neighbouring words, to which words of the key were
 * added; the second uses the key from two words further on. Two blocks have the
 * same sums for one key in 2^64 (NH and its Toeplitz form: Black, Halevi,
 * Krawczyk, Krovetz, Rogaway, "UMAC", 1999). `len` is a multiple of 8.
 */
static void digest_plain(const uint32_t *k, const char *p, size_t len,
                         uint64_t ret_sums[2])
{
    uint64_t a = 0, b = 0;

    for (size_t i = 0; i < len; i += 8, k += 2) {
        uint32_t m[2];

        memcpy(m, p + i, sizeof(m));
        a += (uint64_t)(m[0] + k[0]) * (m[1] + k[1]);
        b += (uint64_t)(m[0] + k[2]) * (m[1] + k[3]);
    }
    ret_sums[0] = a;
    ret_sums[1] = b;
}

#if CPU_AVX2
/* A whole block, four products at a time: each in its place of a sum. */
FOR_AVX2 static void digest_wide(const uint32_t *k, const char *p,
                                 uint64_t ret_sums[2])
{
    __m256i sums[2] = {_mm256_setzero_si256(), _mm256_setzero_si256()};

    for (size_t i = 0; i < SEEN_BLOCK; i += 32, k += 8) {
        __m256i m = _mm256_loadu_si256((const __m256i *)(const void *)(p + i));

        for (size_t j = 0; j < 2; j++) {
            __m256i x = _mm256_add_epi32(
                m,
                _mm256_loadu_si256((const __m256i *)(const void *)(k + 2 * j)));

            sums[j] = _mm256_add_epi64(
                sums[j], _mm256_mul_epu32(x, _mm256_srli_epi64(x, 32)));
        }
    }
    for (size_t j = 0; j < 2; j++) {
        uint64_t four[4];

        _mm256_storeu_si256((__m256i *)(void *)four, sums[j]);
        ret_sums[j] = four[0] + four[1] + four[2] + four[3];
    }
}
#endif

static void digest_block(const struct seen *s, const char *p,
                         uint64_t ret_sums[2])
{
#if CPU_AVX2
    if (cpu_avx2()) {
        digest_wide(s->words, p, ret_sums);
        return;
    }
#endif
    digest_plain(s->words, p, SEEN_BLOCK, ret_sums);
}

/* A text block by block, what is left with zeros behind it. */
static void hash_text(const struct seen *s, struct str text,
                      crypto_generichash_state *state)
{
    uint64_t sums[2];
    char last[SEEN_BLOCK] = {0};

    for (; text.len >= SEEN_BLOCK; text = str_skip(text, SEEN_BLOCK)) {
        digest_block(s, text.ptr, sums);
        (void)crypto_generichash_update(state, (const unsigned char *)sums,
                                        sizeof(sums));
    }
    if (text.len == 0)
        return;
    memcpy(last, text.ptr, text.len);
    digest_plain(s->words, last, (text.len + 7) / 8 * 8, sums);
    (void)crypto_generichash_update(state, (const unsigned char *)sums,
                                    sizeof(sums));
}

/* The lengths before the bytes, so that no two texts are hashed alike. */
static void hash_of(const struct seen *s, const struct scope *at,
                    struct str text, uint64_t hash[2])
{
    const uint64_t head[] = {(uint64_t)at->dir, (uint64_t)at->role,
                             (uint64_t)at->part, at->host.len, text.len};
    crypto_generichash_state state;

    /* These fail only for lengths that the constants are not. */
    (void)crypto_generichash_init(&state, s->key, PRINT_KEY_LEN, 16);
    (void)crypto_generichash_update(&state, (const unsigned char *)head,
                                    sizeof(head));
    if (at->host.len > 0)
        (void)crypto_generichash_update(
            &state, (const unsigned char *)at->host.ptr, at->host.len);
    hash_text(s, text, &state);
    (void)crypto_generichash_final(&state, (unsigned char *)hash, 16);
}

bool seen_before(struct seen *s, const struct scope *at, struct str text,
                 uint64_t number)
{
    struct seen_place *set, *oldest;
    uint64_t hash[2];

    hash_of(s, at, text, hash);
    set = oldest = &s->places[hash[0] % (LIM_SEEN / WAYS) * WAYS];
    for (size_t i = 0; i < WAYS; i++) {
        uint64_t then = atomic_load(&set[i].number);

        if (then != 0 && atomic_load(&set[i].low) == hash[0] &&
            atomic_load(&set[i].high) == hash[1])
            return then < number;
        if (then < atomic_load(&oldest->number))
            oldest = &set[i];
    }
    atomic_store(&oldest->number, 0);
    atomic_store(&oldest->low, hash[0]);
    atomic_store(&oldest->high, hash[1]);
    atomic_store(&oldest->number, number);
    return false;
}
