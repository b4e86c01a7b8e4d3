#include "detect/own_inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/buf.h"
#include "base/limits.h"
#include "check.h"
#include "failmalloc.h"
#include "ways.h"

/*
 * A value in parts: in any order, each written in a way of its own, in one
 * request or in several. Made up, of the lengths that keys have.
 */
static const struct str values[] = {
    STR_INIT("zx9fJq2Lw8Tn4Vb6Yc1Hd3Gk"),
    STR_INIT("0f3a91c7d25e8b64a1f09c3d7e2b5846"),
    STR_INIT("u/Kz4+Qm8Wj2Tn6Bv9Xs3Rd7/Hf1Lp5YcUeIoAr2"),
    STR_INIT("sk-h8JmQ2xW4nL6vB0cZ9sD1fG3kT5yR7uPa1eOi2Iw3Eq4Ut5Yz6Nx7Cb"),
};

#define HOUR UINT64_C(3600000000000)

/* A process, and the request that it makes. */
struct talk {
    struct own *own;
    struct own_search *search;
    struct own_gather *gather;
    uint32_t texts;
    uint64_t now;
};

static struct talk talk_of(const struct str *list, size_t n)
{
    struct talk t = {.own = own_of(list, n), .now = 1};

    if (own_search_new(&t.search) || own_gather_new(&t.gather))
        abort();
    return t;
}

static void talk_end(struct talk *t)
{
    own_gather_free(t->gather);
    own_search_free(t->search);
    own_free(t->own);
}

static void request(struct talk *t)
{
    own_gather_clear(t->gather);
    t->texts = 0;
}

/* One text more of it: the number of pieces that are given. */
static size_t says(struct talk *t, struct str text)
{
    struct own_piece pieces[OWN_PIECES];
    const struct own_part *part;
    struct own_about about;
    size_t n, all = 0;

    own_search_want(t->search, text);
    CHECK_INT(own_search_text(t->search, t->own, text), OK);
    /* a view of it: the parts stay */
    CHECK_INT(own_search_text(t->search, t->own, STR("other")), OK);
    for (size_t i = 0; (part = own_search_part(t->search, i)) != NULL; i++)
        own_gather_add(t->gather, part, t->texts);
    t->texts++;
    while (own_gather_next(t->gather, t->own, t->now, &about, pieces, &n)) {
        CHECK(str_eq(about.name, STR("A_TOKEN")));
        for (size_t i = 0; i < n; i++)
            CHECK(pieces[i].text < t->texts && pieces[i].end > pieces[i].start);
        all += n;
    }
    return all;
}

/* The part in way `way`, with words around. */
static size_t says_part(struct talk *t, unsigned way, struct str part)
{
    struct buf text;
    size_t n;

    buf_init(&text, 4096);
    if (buf_add(&text, STR("here is some of it: ")))
        abort();
    write_way(way, part, 0, &text);
    if (buf_add(&text, STR(" and so on.")))
        abort();
    n = says(t, buf_str(&text));
    buf_free(&text);
    return n;
}

/* Halves of at least eleven, wherever they are cut, whichever comes first. */
static void test_halves(void)
{
    static const unsigned ways[] = {0, 1, 2, 3, 4, 5, 6, 13, 14};
    struct talk t = talk_of(values, ARRAY_LEN(values));

    for (size_t v = 0; v < ARRAY_LEN(values); v++)
        for (size_t a = 0; a < ARRAY_LEN(ways) * ARRAY_LEN(ways); a++) {
            unsigned one = ways[a % ARRAY_LEN(ways)];
            unsigned two = ways[a / ARRAY_LEN(ways)];
            size_t cut = values[v].len / 2;
            size_t n;

            request(&t);
            CHECK_INT(says_part(&t, one, str_skip(values[v], cut)), 0);
            n = says_part(&t, two, str_head(values[v], cut));
            if (!CHECK_INT(n, 2))
                fprintf(stderr, "value %zu, ways %u and %u\n", v, one, two);
        }
    talk_end(&t);
}

static void test_every_cut(void)
{
    struct talk t = talk_of(&values[2], 1);

    for (size_t cut = 13; cut + 13 < values[2].len; cut++) {
        request(&t);
        CHECK_INT(says_part(&t, 0, str_skip(values[2], cut)), 0);
        CHECK_INT(says_part(&t, 0, str_head(values[2], cut)), 2);
    }
    talk_end(&t);
}

static void test_three(void)
{
    static const unsigned orders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                          {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    struct talk t = talk_of(values, ARRAY_LEN(values));
    struct str v = values[3];

    for (size_t i = 0; i < 6; i++) {
        struct str parts[3] = {str_head(v, 20), str_head(str_skip(v, 20), 20),
                               str_skip(v, 40)};

        request(&t);
        CHECK_INT(says_part(&t, 0, parts[orders[i][0]]), 0);
        CHECK_INT(says_part(&t, 5, parts[orders[i][1]]), 0);
        CHECK_INT(says_part(&t, 1, parts[orders[i][2]]), 3);
        /* and what is said of it once more */
        CHECK_INT(says_part(&t, 0, parts[0]), 1);
    }
    talk_end(&t);
}

/* In one text, exactly: the words between stay. */
static void test_one_text(void)
{
    static const struct str text =
        STR_INIT("ends with 4Vb6Yc1Hd3Gk, begins with zx9fJq2Lw8Tn");
    struct talk t = talk_of(values, 1);
    const struct own_part *part;

    CHECK_INT(says(&t, text), 2);
    part = own_search_part(t.search, 0);
    if (CHECK(part != NULL)) {
        CHECK_INT(part->start, 10);
        CHECK_INT(part->end, 22);
    }
    part = own_search_part(t.search, 1);
    if (CHECK(part != NULL))
        CHECK_INT(part->end, text.len);
    CHECK(own_search_part(t.search, 2) == NULL);
    talk_end(&t);
}

/* Not enough of it; the same again; all of it, which is no part. */
static void test_not_told(void)
{
    struct talk t = talk_of(values, ARRAY_LEN(values));

    for (size_t i = 0; i < 300; i++)
        CHECK_INT(says_part(&t, 0, str_head(values[0], 14)), 0);
    request(&t);
    CHECK_INT(says_part(&t, 0, str_head(values[3], 25)), 0);
    CHECK_INT(says_part(&t, 0, str_skip(values[3], 40)), 0);
    request(&t);
    CHECK_INT(says_part(&t, 0, values[0]), 0);
    CHECK_INT(says_part(&t, 5, values[0]), 0);
    talk_end(&t);
}

/* All but a letter or two, and nothing else. */
static void test_all_but_some(void)
{
    static const unsigned ways[] = {0, 1, 2, 5};
    struct talk t = talk_of(values, ARRAY_LEN(values));

    for (size_t v = 0; v < ARRAY_LEN(values); v++)
        for (size_t w = 0; w < ARRAY_LEN(ways); w++) {
            request(&t);
            CHECK_INT(
                says_part(&t, ways[w], str_head(values[v], values[v].len - 2)),
                1);
            request(&t);
            CHECK_INT(says_part(&t, ways[w], str_skip(values[v], 1)), 1);
        }
    talk_end(&t);
}

/* The same part again and again takes no room from the other. */
static void test_flood(void)
{
    struct talk t = talk_of(values, ARRAY_LEN(values));
    struct buf text;

    buf_init(&text, 65536);
    for (size_t i = 0; i < 500; i++)
        if (buf_add(&text, STR("it is zx9fJq2Lw8Tn, ")))
            abort();
    CHECK_INT(says(&t, buf_str(&text)), 0);
    CHECK(own_search_left_out(t.search));
    CHECK(says(&t, STR("and 4Vb6Yc1Hd3Gk")) > 1);
    if (buf_add(&text, STR("and 4Vb6Yc1Hd3Gk")))
        abort();
    request(&t);
    CHECK(says(&t, buf_str(&text)) > 1);
    request(&t);
    for (size_t i = 0; i < 500; i++)
        CHECK_INT(says(&t, STR("it is zx9fJq2Lw8Tn, ")), 0);
    CHECK(says(&t, STR("and 4Vb6Yc1Hd3Gk")) > 1);
    buf_free(&text);
    talk_end(&t);
}

/* What was learnt, with what is known from the start beside it. */
static void test_learnt(void)
{
    struct talk t = talk_of(&values[0], 1);
    char other[64];

    for (size_t v = 1; v < 4; v++)
        CHECK_INT(own_learn(t.own, values[v], "A_TOKEN"), OK);
    CHECK_INT(own_learn(t.own, values[1], "A_TOKEN"), OK);
    CHECK_INT(own_learn(t.own, values[0], "A_TOKEN"), OK);
    CHECK_INT(atomic_load(&t.own->parted_count), 3);
    for (size_t v = 0; v < 4; v++) {
        request(&t);
        CHECK_INT(says_part(&t, 0, str_skip(values[v], values[v].len / 2)), 0);
        CHECK_INT(says_part(&t, 5, str_head(values[v], values[v].len / 2)), 2);
    }
    /* and what was said of it in the request before */
    request(&t);
    CHECK_INT(says_part(&t, 0, str_skip(values[1], 16)), 0);
    own_gather_end(t.gather, t.own, t.now);
    CHECK_INT(says_part(&t, 2, str_head(values[1], 16)), 1);
    /* the first stay, though others are forgotten */
    for (unsigned i = 0; i < 2 * LIM_OWN_LEARNT; i++) {
        snprintf(other, sizeof(other), "x%uKq8Z%ulM2x%u", i, i * 7919u, i);
        CHECK_INT(own_learn(t.own, str_of(other), "A_TOKEN"), OK);
    }
    CHECK_INT(own_learn(t.own, values[2], "A_TOKEN"), OK);
    CHECK_INT(atomic_load(&t.own->parted_count), LIM_OWN_PARTED);
    request(&t);
    CHECK_INT(says_part(&t, 0, str_skip(values[3], 30)), 0);
    CHECK_INT(says_part(&t, 0, str_head(values[3], 30)), 2);
    talk_end(&t);
}

/* Out of memory nothing is half learnt. */
static void test_learn_no_memory(void)
{
    for (size_t n = 1;; n++) {
        struct talk t = talk_of(&values[0], 1);
        enum err e;
        bool failed;

        failmalloc_at(n, FAIL_ONE);
        e = own_learn(t.own, values[1], "A_TOKEN");
        failed = failmalloc_off();
        CHECK_INT(e, failed ? E_NOMEM : OK);
        CHECK(own_empty(t.own) == false);
        CHECK_INT(atomic_load(&t.own->parted_count), !failed);
        CHECK_INT(own_learn(t.own, values[1], "A_TOKEN"), OK);
        CHECK_INT(atomic_load(&t.own->parted_count), 1);
        talk_end(&t);
        if (!failed)
            break;
    }
}

/* ---- Several requests ---------------------------------------------------- */

static void test_requests(void)
{
    struct talk t = talk_of(values, ARRAY_LEN(values));

    CHECK_INT(says_part(&t, 0, str_skip(values[1], 16)), 0);
    own_gather_end(t.gather, t.own, t.now);
    t.now += HOUR / 2;
    /* the conversation goes on, with what was said in it */
    CHECK_INT(says_part(&t, 0, str_skip(values[1], 16)), 0);
    CHECK_INT(says_part(&t, 5, str_head(values[0], 12)), 0);
    own_gather_end(t.gather, t.own, t.now);
    t.now += HOUR / 2 + 1;
    CHECK_INT(says_part(&t, 2, str_head(values[1], 16)), 1);
    own_gather_end(t.gather, t.own, t.now);
    /* that did not leave: what is remembered is still one half */
    CHECK_INT(says_part(&t, 0, str_skip(values[1], 16)), 0);
    request(&t);
    t.now += HOUR;
    CHECK_INT(says_part(&t, 0, str_head(values[1], 16)), 0);
    CHECK_INT(says_part(&t, 0, str_skip(values[0], 12)), 0);
    talk_end(&t);
}

/* ---- Words --------------------------------------------------------------- */

/* Passwords and names of things, and what people and programs say. */
static void test_words(void)
{
    static const struct str words[] = {
        STR_INIT("correct-horse-battery-staple-9"),
        STR_INIT("Production2026-Database-Main1"),
        STR_INIT("MyAppProdDatabasePassword1"),
        STR_INIT("the-internationalization-42"),
        STR_INIT("20261127-0000-1234-5678-9012"),
        STR_INIT("customer_support_agent_v2"),
    };
    static const char *const said[] = {
        "It is the correct horse, and a battery staple. The correcthorse!",
        "batterystaple9",
        "Production2026",
        "production2026 of DatabaseMain1",
        "database_main1",
        "myAppProdDatabase has a DatabasePassword1",
        "internationalization42 and the_internationalization",
        "20261127-0000",
        "1234-5678-9012",
        "customer_support and support_agent_v2",
        "customerSupportAgent",
        "agent_v2",
        "horse-battery-staple-9"};
    struct talk t = talk_of(words, ARRAY_LEN(words));

    for (size_t i = 0; i < ARRAY_LEN(said); i++)
        CHECK_INT(says(&t, str_of(said[i])), 0);
    own_gather_end(t.gather, t.own, t.now);
    for (size_t i = ARRAY_LEN(said); i-- > 0;)
        CHECK_INT(says(&t, str_of(said[i])), 0);
    talk_end(&t);
}

/* Of a key too, what stands in prose is no part: "x9 fjq 2lw". */
static void test_blanks(void)
{
    struct talk t = talk_of(values, 1);

    CHECK_INT(says(&t, STR("zx 9f Jq 2L w8 Tn")), 0);
    CHECK_INT(says(&t, STR("4V b6Y c1H d3 Gk")), 0);
    talk_end(&t);
}

/* The most work: a text of nothing but parts. */
static void test_worst(void)
{
    struct talk t = talk_of(values, ARRAY_LEN(values));
    static const char *const lots[] = {"zx9fJq2Lw8Tn4Vb6Yc1 ",
                                       "zx 9f Jq 2L w8 Tn 4V b6 Yc 1 ",
                                       "30663361 ", "0f3a91c7 "};

    for (size_t i = 0; i < ARRAY_LEN(lots); i++) {
        struct buf text;
        clock_t from;

        buf_init(&text, 2 * MIB);
        while (text.len < MIB)
            if (buf_add(&text, str_of(lots[i])))
                abort();
        from = clock();
        CHECK_INT(says(&t, buf_str(&text)), 0);
        printf("# worst text: %.1f ms\n",
               (double)(clock() - from) * 1e3 / CLOCKS_PER_SEC);
        buf_free(&text);
        request(&t);
    }
    talk_end(&t);
}

int main(void)
{
    RUN(test_halves);
    RUN(test_every_cut);
    RUN(test_three);
    RUN(test_one_text);
    RUN(test_not_told);
    RUN(test_all_but_some);
    RUN(test_flood);
    RUN(test_learnt);
    RUN(test_learn_no_memory);
    RUN(test_requests);
    RUN(test_words);
    RUN(test_blanks);
    RUN(test_worst);
    return check_done();
}
