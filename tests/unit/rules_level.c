#include "rules/level.h"

#include <stdlib.h>

#include "base/cpu.h"
#include "check.h"
#include "page_end.h"
#include "rnd.h"
#include "rules/prefilter.h"

/* Many bytes at once and byte by byte, text is made the same. */

#define SIZE 3000u

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

static bool set_has(const struct level_set *set, char c)
{
    unsigned char u = (unsigned char)c;

    return u >= 0x80 || (set->high[u & 15] >> (u >> 4) & 1) != 0;
}

/* One gap after the other, byte by byte. */
static void check_gaps(const struct level *lv, const struct level_set *set)
{
    struct level_gap list[LEVEL_GAPS];
    size_t n = level_gaps(lv, list), k = 0;

    for (size_t i = lv->from; i < lv->to; i++) {
        size_t next = i + 1;

        while (next < lv->len && lv->text[next] == ' ')
            next++;
        if (lv->text[i] == ' ' || next - i < 3 || !set_has(set, lv->text[i]))
            continue;
        if (!CHECK(k < n))
            return;
        CHECK_INT(list[k].at, i + 1);
        CHECK_INT(list[k].next, next);
        k++;
    }
    CHECK_INT(k, n);
}

static void check_block(struct str text, size_t from, size_t to,
                        enum cpu_step step)
{
    static struct level lv;
    struct level_set set = {{0}};

    for (int i = 0; i < 20; i++)
        level_set_add(&set, (char)rnd(0x80));
    level_make(&lv, text, from, to, &set, step);
    CHECK_INT(lv.raw + lv.from, from);
    CHECK_INT(lv.raw + lv.to, to);
    for (size_t i = 0; i < lv.len; i++) {
        char c = text.ptr[lv.raw + i];

        CHECK(lv.text[i] == (is_white(c) ? ' ' : to_lower(c)));
    }
    for (size_t i = 0; i < LEVEL_READ; i++)
        CHECK(lv.text[lv.len + i] == 0);
    check_gaps(&lv, &set);
}

static void test_blocks(void)
{
    char *text = malloc(SIZE);

    for (int round = 0; round < 2000; round++) {
        size_t n = 1 + rnd(SIZE - 1), from = rnd(n);
        size_t most = n - from < LEVEL_BLOCK ? n - from : LEVEL_BLOCK;

        fill(text, n);
        most = from + rnd(most + 1);
        for (enum cpu_step step = CPU_1; step <= cpu_step(); step++)
            check_block(page_end((struct str){text, n}), from, most, step);
    }
    free(text);
}

/* At both ends of a block, which is not one of the text. */
static void test_gaps(void)
{
    static struct level lv;
    struct str text = STR("word  then\n\tword x  d  ");
    struct level_gap list[LEVEL_GAPS];
    struct level_set set = {{0}};

    level_set_add(&set, 'd');
    level_set_add(&set, 'n');
    level_make(&lv, text, 3, 17, &set, cpu_step());
    if (CHECK_INT(level_gaps(&lv, list), 2)) {
        CHECK_INT(lv.raw + list[0].at, 4);
        CHECK_INT(lv.raw + list[1].next, 12);
    }
    level_make(&lv, text, 10, 23, &set, cpu_step());
    if (CHECK_INT(level_gaps(&lv, list), 1)) {
        CHECK_INT(lv.raw + list[0].at, 21);
        CHECK_INT(lv.raw + list[0].next, 23);
    }
}

int main(void)
{
    RUN(test_blocks);
    RUN(test_gaps);
    return check_done();
}
