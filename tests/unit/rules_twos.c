#include "rules/twos.h"

#include "check.h"
#include "rnd.h"

/*
 * Strings of one and two bytes are found on random bytes wherever they stand,
 * and many bytes at once as one by one. What is found too much is allowed, as
 * long as it is not much.
 */

static const struct str strings[] = {
    STR_INIT("]("), STR_INIT("]:"), STR_INIT("\x1b["),    STR_INIT("@"),
    STR_INIT("q~"), STR_INIT("<|"), STR_INIT("\xc2\xad"), STR_INIT("a1"),
    STR_INIT("zz"), STR_INIT("!["), STR_INIT("9-"),       STR_INIT("\xf3\xa0"),
};

static void make(struct twos *t)
{
    *t = (struct twos){.over = 0};
    for (size_t i = 0; i < ARRAY_LEN(strings); i++)
        twos_add(t, strings[i]);
}

static bool is_here(const char *p)
{
    for (size_t i = 0; i < ARRAY_LEN(strings); i++)
        if (memcmp(p, strings[i].ptr, strings[i].len) == 0)
            return true;
    return false;
}

static uint32_t two_at(const char *p)
{
    return (unsigned char)p[0] | (uint32_t)(unsigned char)p[1] << 8;
}

/* Of 64 bytes, each with the next. */
#if CPU_AVX2
FOR_AVX512 static uint64_t ask_64(const struct twos *t, const char *p)
{
    struct twos_sieve s = twos_sieve(t);
    __m512i v =
        twos_groups(&s, _mm512_loadu_si512(p), _mm512_loadu_si512(p + 1));

    return _mm512_test_epi8_mask(v, v);
}
#else
static uint64_t ask_64(const struct twos *t, const char *p)
{
    uint64_t all = 0;

    for (size_t i = 0; i < 64; i++)
        all |= (uint64_t)twos_has(t, two_at(p + i)) << i;
    return all;
}
#endif

static void test_random(void)
{
    static const char few[] = "](:\x1b[@q~<|\xc2\xad"
                              "a1z![9-\xf3\xa0 e";
    size_t more = 0, all = 0;
    struct twos t;

    make(&t);
    CHECK_INT(t.over, 56);
    for (unsigned turn = 0; turn < 4000; turn++) {
        char bytes[65];
        uint64_t many = 0;

        for (size_t i = 0; i < sizeof(bytes); i++)
            bytes[i] =
                turn % 2 == 0 ? (char)rnd(256) : few[rnd(sizeof(few) - 1)];
        if (cpu_avx512())
            many = ask_64(&t, bytes);
        for (size_t i = 0; i < 64; i++) {
            bool has = twos_has(&t, two_at(bytes + i));

            CHECK(has || !is_here(bytes + i));
            CHECK(!cpu_avx512() || (many >> i & 1) == has);
            more += has && !is_here(bytes + i);
        }
        all += 64;
    }
    CHECK(more < all / 10);
}

static void test_none(void)
{
    struct twos t = {.over = 0};

    for (uint32_t two = 0; two < 0x10000; two++)
        CHECK(!twos_has(&t, two));
}

int main(void)
{
    RUN(test_random);
    RUN(test_none);
    return check_done();
}
