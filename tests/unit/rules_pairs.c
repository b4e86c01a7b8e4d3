#include "rules/pairs.h"

#include "check.h"
#include "page_end.h"
#include "rnd.h"

/*
 * Keywords of one and two bytes on random texts of every short length, many
 * bytes at once and one by one, against the plainest search there is. What is
 * found too much is allowed, as long as it is not much.
 */

static const struct str keywords[] = {
    STR_INIT("]("), STR_INIT("]:"), STR_INIT("\x1b["),    STR_INIT("@"),
    STR_INIT("q~"), STR_INIT("<|"), STR_INIT("\xc2\xad"), STR_INIT("a1"),
    STR_INIT("Zz"), STR_INIT("!["), STR_INIT("9-"),       STR_INIT("\xf3\xa0"),
};

static bool is_here(struct str text)
{
    for (size_t k = 0; k < ARRAY_LEN(keywords); k++)
        if (str_eq_nocase(str_head(text, keywords[k].len), keywords[k]))
            return true;
    return false;
}

/* From `first` on; what is found in vain is counted. */
static void check_text(const struct pairs *ps, struct str text, size_t first,
                       size_t *ret_more)
{
    uint32_t list[PAIRS_LIST];
    size_t i = first;

    for (size_t from = first; from < text.len;) {
        size_t n = pairs_find(ps, text, &from, list);

        for (size_t k = 0; k < n; k++) {
            CHECK(list[k] >= i && list[k] < from);
            for (; i < list[k]; i++)
                CHECK(!is_here(str_skip(text, i)));
            *ret_more += !is_here(str_skip(text, i++));
        }
        for (; i < from; i++)
            CHECK(!is_here(str_skip(text, i)));
    }
    CHECK_INT(i, text.len);
}

static void check_all(enum cpu_step step)
{
    static const char few[] = "](:\x1b[@Qq~<|\xc2\xad"
                              "A1zZ![9-\xf3\xa0 e";
    struct pairs ps = {.step = step};
    size_t more = 0, all = 0;

    for (size_t k = 0; k < ARRAY_LEN(keywords); k++)
        pairs_add(&ps, keywords[k]);
    pairs_ready(&ps);
    for (size_t len = 0; len <= 200; len++)
        for (unsigned turn = 0; turn < 20; turn++) {
            char bytes[200];

            for (size_t i = 0; i < len; i++)
                bytes[i] =
                    turn % 2 == 0 ? (char)rnd(256) : few[rnd(sizeof(few) - 1)];
            check_text(&ps, page_end((struct str){bytes, len}), rnd(len + 1),
                       &more);
            all += len;
        }
    CHECK(more < all / 20);
}

static void test_one_by_one(void)
{
    check_all(CPU_1);
}

static void test_many_at_once(void)
{
    for (enum cpu_step step = CPU_32; step <= cpu_step(); step++)
        check_all(step);
}

static void test_none(void)
{
    struct pairs ps = {.step = cpu_step()};
    uint32_t list[PAIRS_LIST];
    char text[100] = {0};
    size_t from = 0;

    CHECK_INT(pairs_find(&ps, (struct str){text, 100}, &from, list), 0);
    CHECK_INT(from, 100);
}

/* More places than there is room for. */
static void test_many(void)
{
    size_t len = 3 * PAIRS_LIST + 50, more = 0;
    char *text = malloc(len);

    for (enum cpu_step step = CPU_1; step <= cpu_step(); step++) {
        struct pairs ps = {.step = step};

        pairs_add(&ps, STR("@"));
        pairs_ready(&ps);
        memset(text, '@', len);
        check_text(&ps, (struct str){text, len}, 0, &more);
        CHECK_INT(more, 0);
    }
    free(text);
}

int main(void)
{
    RUN(test_one_by_one);
    RUN(test_many_at_once);
    RUN(test_none);
    RUN(test_many);
    return check_done();
}
