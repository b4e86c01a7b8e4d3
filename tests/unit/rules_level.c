#include "rules/level.h"

#include <stdlib.h>

#include "base/cpu.h"
#include "check.h"
#include "page_end.h"
#include "rules/prefilter.h"

/* What is done to many bytes at once, and byte by byte, are the same. */

#define SIZE 3000u

static uint64_t seed = 5;

static uint32_t rnd(uint32_t below)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(seed >> 33) % below;
}

/* Letters and white space mostly, in runs. */
static void fill(char *text, size_t n)
{
    static const char some[] = "  \n\t\r\vaAzZmM09{;:\xc3\xa9";

    for (size_t i = 0; i < n;) {
        char c = rnd(3) == 0 ? (char)rnd(256) : some[rnd(sizeof(some) - 1)];

        for (size_t times = 1 + rnd(4); times > 0 && i < n; times--)
            text[i++] = c;
    }
}

static void check_block(struct str text, size_t from, size_t to)
{
    static struct level lv, plain;
    uint16_t at[LEVEL_BLOCK], slow[LEVEL_BLOCK];
    struct level_set set = {{0}};
    size_t n;

    for (int i = 0; i < 20; i++)
        level_set_add(&set, (char)rnd(0x80));
    level_make(&lv, text, from, to, cpu_avx2());
    level_make(&plain, text, from, to, false);
    CHECK_INT(lv.raw + lv.from, from);
    CHECK_INT(lv.raw + lv.to, to);
    if (!CHECK_INT(lv.len, plain.len))
        return;
    CHECK(memcmp(lv.text, plain.text, lv.len + LEVEL_READ) == 0);
    for (size_t i = 0; i < lv.len; i++) {
        char c = text.ptr[lv.raw + i];

        CHECK(lv.text[i] == (is_white(c) ? ' ' : to_lower(c)));
    }
    n = level_apart(&lv, &set, cpu_avx2(), at);
    if (CHECK_INT(n, level_apart(&plain, &set, false, slow)))
        CHECK(memcmp(at, slow, n * sizeof(*at)) == 0);
    for (size_t i = 0; i < n; i++)
        CHECK(lv.text[at[i]] != ' ' && lv.text[at[i] + 1] == ' ' &&
              lv.text[at[i] + 2] == ' ');
}

static void test_blocks(void)
{
    char *text = malloc(SIZE);

    for (int round = 0; round < 2000; round++) {
        size_t n = 1 + rnd(SIZE - 1), from = rnd((uint32_t)n);
        size_t most = n - from < LEVEL_BLOCK ? n - from : LEVEL_BLOCK;

        fill(text, n);
        check_block(page_end((struct str){text, n}), from,
                    from + rnd((uint32_t)most + 1));
    }
    free(text);
}

/* What is apart: at both ends of a block, which is not one of the text. */
static void test_apart(void)
{
    static struct level lv;
    struct level_set set = {{0}};
    uint16_t at[LEVEL_BLOCK];

    level_set_add(&set, 'd');
    level_make(&lv, STR("word  then\n\tword x  d  "), 3, 17, true);
    if (CHECK_INT(level_apart(&lv, &set, false, at), 1))
        CHECK_INT(lv.raw + at[0], 3);
    level_make(&lv, STR("word  then\n\tword x  d  "), 4, 23, true);
    if (CHECK_INT(level_apart(&lv, &set, false, at), 1))
        CHECK_INT(lv.raw + at[0], 20);
}

int main(void)
{
    RUN(test_blocks);
    RUN(test_apart);
    return check_done();
}
