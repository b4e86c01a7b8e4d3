#include "rules/level.h"

#include <stdlib.h>

#include "base/cpu.h"
#include "check.h"
#include "page_end.h"
#include "rnd.h"

/* Many bytes at once and byte by byte, text is made the same. */

#define SIZE 4000u

/* Letters and white space mostly, in runs: some as long as a word of 64. */
static void fill(char *text, size_t n, size_t longest)
{
    static const char some[] = "  \n\t\r\vaAzZmM09{;:\xc3\xa9";

    for (size_t i = 0; i < n;) {
        char c = rnd(3) == 0 ? (char)rnd(256) : some[rnd(sizeof(some) - 1)];

        for (size_t times = 1 + rnd(longest); times > 0 && i < n; times--)
            text[i++] = c;
    }
}

/* Byte by byte: what is at text[at], and where those are that follow. */
static void check_block(struct str text, size_t from, size_t to,
                        enum cpu_step step)
{
    static struct level lv;
    size_t end = text.len - to < LEVEL_SIDE ? text.len : to + LEVEL_SIDE;
    size_t at = 0;

    level_make(&lv, text, from, to, step);
    CHECK_INT(lv.raw, from < LEVEL_SIDE ? 0 : from - LEVEL_SIDE);
    for (size_t i = lv.raw; i < end; i++) {
        bool white = is_white(text.ptr[i]);

        if (i == from)
            CHECK_INT(lv.from, at);
        if (i == to)
            CHECK_INT(lv.to, at);
        if (white && i > lv.raw && is_white(text.ptr[i - 1]))
            continue;
        if (!CHECK(at < lv.len))
            return;
        CHECK(lv.text[at] == (white ? ' ' : to_lower(text.ptr[i])));
        CHECK_INT(level_raw(&lv, at++), i);
    }
    if (end == to)
        CHECK_INT(lv.to, at);
    CHECK_INT(lv.len, at);
    for (size_t i = 1; i <= LEVEL_READ; i++)
        CHECK(lv.text[lv.len + i - 1] == 0 && lv.text[-(ptrdiff_t)i] == 0);
}

static void check_texts(size_t longest)
{
    char *text = malloc(SIZE);

    for (int round = 0; round < 1000; round++) {
        size_t n = 1 + rnd(SIZE - 1), from = rnd(n);
        size_t most = n - from < LEVEL_BLOCK ? n - from : LEVEL_BLOCK;

        fill(text, n, longest);
        most = from + rnd(most + 1);
        for (enum cpu_step step = CPU_1; step <= cpu_step(); step++)
            check_block(page_end((struct str){text, n}), from, most, step);
    }
    free(text);
}

static void test_short_runs(void)
{
    check_texts(4);
}

static void test_long_runs(void)
{
    check_texts(300);
}

static void test_of_one_kind(void)
{
    char *text = malloc(SIZE);

    for (size_t n = 1; n < SIZE; n += 1 + rnd(50))
        for (enum cpu_step step = CPU_1; step <= cpu_step(); step++) {
            size_t to = n < LEVEL_BLOCK ? n : LEVEL_BLOCK;

            memset(text, rnd(2) == 0 ? '\n' : 'a', n);
            check_block(page_end((struct str){text, n}), rnd(to + 1), to, step);
        }
    free(text);
}

int main(void)
{
    RUN(test_short_runs);
    RUN(test_long_runs);
    RUN(test_of_one_kind);
    return check_done();
}
