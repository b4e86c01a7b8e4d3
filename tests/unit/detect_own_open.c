/*
 * The program's own secrets in text that comes in pieces: what is found does
 * not depend on the cuts, and prose does not wait.
 */
#include "detect/own_inside.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "check.h"
#include "ways.h"

/* Made up, of the lengths and signs that keys have. */
static const struct str values[] = {
    STR_INIT("q7-Kd93_mZp0"),
    STR_INIT("zx-9fJq2Lw8Tn4Vb6Yc1Hd3Gk5Ps7"),
    STR_INIT("u/Kz4+Qm8Wj2/Tn6Bv9+Xs3Rd7Hf1Lp5=="),
    STR_INIT("rT9!v2(mK)4'x*Z~p/7"),
    STR_INIT("correct-Horse-battery"),
    STR_INIT("h8JmQ2xW4nL6vB0cZ9sD1fG3kT5yR7uPa1eOi2Iw3Eq4Ut5Yz6Nx7Cb8Vk9M"
             "f0Gd1Hj2Ks3Lp4Qo5We6Rt7Yu8-b7Vn3MxQ2p"),
};

/* Places, as "start-end " each. */
struct walk {
    struct own *own;
    struct own_search *search;
    size_t cursor;
    struct buf places;
};

static void walk_open(struct walk *w, struct own *o)
{
    *w = (struct walk){.own = o};
    if (own_search_new(&w->search))
        abort();
    buf_init(&w->places, MIB);
}

static void walk_close(struct walk *w)
{
    own_search_free(w->search);
    buf_free(&w->places);
}

static void walk_to(struct walk *w, struct str text, bool open)
{
    struct own_open one;
    char place[64];

    for (;;) {
        own_open_find(w->search, w->own, text, w->cursor, open, &one);
        CHECK(one.cursor >= w->cursor && one.cursor <= text.len);
        w->cursor = one.cursor;
        if (!one.found)
            break;
        CHECK(one.start < one.cursor && one.end <= text.len);
        snprintf(place, sizeof(place), "%zu-%zu ", one.start, one.end);
        CHECK_INT(buf_add(&w->places, str_of(place)), OK);
    }
    CHECK(open || w->cursor == text.len);
}

/* The text in steps, the first up to `cut`; the same each time. */
static void check_pieces(struct own *o, struct str text, size_t cut,
                         size_t step, struct str want)
{
    struct walk w;

    walk_open(&w, o);
    for (size_t at = cut; at < text.len; at += step)
        walk_to(&w, str_head(text, at), true);
    walk_to(&w, text, true);
    walk_to(&w, text, false);
    CHECK_EQ(buf_str(&w.places), want);
    walk_close(&w);
}

static void check_cuts(struct own *o, struct str text, struct str want)
{
    for (size_t cut = 0; cut <= text.len; cut++)
        check_pieces(o, text, cut, text.len + 1, want);
    for (size_t step = 1; step < 9; step++)
        check_pieces(o, text, 0, step, want);
}

static size_t count_of(struct str places)
{
    size_t n = 0;

    for (size_t i = 0; i < places.len; i++)
        n += places.ptr[i] == ' ';
    return n;
}

static void check_way(struct own *o, unsigned way, size_t v)
{
    struct buf text;
    struct walk w;

    buf_init(&text, 16384);
    if (buf_add(&text, STR("see \xc3\xbc, it: ")))
        abort();
    write_way(way, values[v], v % 6, &text);
    if (buf_add(&text, STR(" and no more.")))
        abort();
    walk_open(&w, o);
    walk_to(&w, buf_str(&text), false);
    if (!CHECK(count_of(buf_str(&w.places)) > 0))
        fprintf(stderr, "way %u, value %zu\n", way, v);
    check_cuts(o, buf_str(&text), buf_str(&w.places));
    walk_close(&w);
    buf_free(&text);
}

static void test_every_way(void)
{
    struct own *o = own_of(values, ARRAY_LEN(values));

    for (size_t v = 0; v < ARRAY_LEN(values); v++)
        for (unsigned way = 0; way < WAYS; way++)
            check_way(o, way, v);
    own_free(o);
}

/* Exactly the value, but for signs before it; learnt or given. */
static void test_places(void)
{
    struct own *o = own_of(values, 3);
    static const struct {
        const char *text, *places;
    } rows[] = {
        {"", ""},
        {"q7-Kd93_mZp0", "0-12 "},
        {"a q7-Kd93_mZp0 b", "2-14 "},
        {"q7-Kd93_mZp", ""},
        {"q7-Kd93_mZp1", ""},
        {"xq7-Kd93_mZp0y", "1-13 "},
        {"q7-Kd93_q7-Kd93_mZp0", "8-20 "},
        {"q7-Kd93_mZp0q7-Kd93_mZp0", "0-12 12-24 "},
        {"q 7 K d 9 3 m Z p 0", ""},
        {"q7 kd 93 mz p0", ""},
        {"u/Kz4+Qm8Wj2/Tn6Bv9+Xs3Rd7Hf1Lp5==.", "0-34 "},
        {"l3-a-r-n-t-key579 zz", "0-17 "},
        {"l 3 a r n t k e y 5 7 9 zz", "0-23 "},
        {"l3 arnt key579", ""},
    };

    CHECK_INT(own_learn(o, STR("l3-arnt-key579"), "authorization"), OK);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CHECK_ROW(rows[i].text);
        check_cuts(o, str_of(rows[i].text), str_of(rows[i].places));
    }
    CHECK_ROW(NULL);
    own_free(o);
}

/* What waits at the end of a text. */
static void test_waits(void)
{
    struct own *o = own_of(values, 4);
    static const struct {
        const char *text;
        size_t waits;
    } rows[] = {
        {"The answer is here ", 0},
        {"The answer is here", 4},
        {"The answer is unconditional", 7},
        {"The answer is here. ", 0},
        {"a b", 3},
        {"so it q7-Kd9", 6},
        {"so it q7-Kd93_mZ", 10},
        {"so it q7-Kd93_mX", 9},
        {"q7                                 ", 0},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct walk w;
        struct str text = str_of(rows[i].text);

        CHECK_ROW(rows[i].text);
        walk_open(&w, o);
        walk_to(&w, text, true);
        CHECK_INT(text.len - w.cursor, rows[i].waits);
        walk_close(&w);
    }
    CHECK_ROW(NULL);
    own_free(o);
}

static uint32_t dice(uint32_t *state, uint32_t sides)
{
    *state = *state * 1103515245u + 12345u;
    return (*state >> 16) % sides;
}

/* Parts of values, whole ones and other text, in any order. */
static void random_text(uint32_t *state, struct buf *text)
{
    for (unsigned n = 2 + dice(state, 6); n > 0; n--) {
        struct str v = values[dice(state, ARRAY_LEN(values))];
        struct buf one;

        buf_init(&one, 4096);
        write_way(dice(state, WAYS), v, dice(state, 7), &one);
        v = buf_str(&one);
        if (dice(state, 3) == 0)
            v = str_skip(v, dice(state, (uint32_t)v.len));
        else if (dice(state, 2) == 0)
            v = str_head(v, dice(state, (uint32_t)v.len));
        if (buf_add(text, v) ||
            buf_add(text, str_head(STR(" is it. "), dice(state, 8))))
            abort();
        buf_free(&one);
    }
}

static void test_random(void)
{
    struct own *o = own_of(values, ARRAY_LEN(values));
    uint32_t state = 7;
    size_t found = 0;

    for (unsigned round = 0; round < 400; round++) {
        struct buf text;
        struct walk w;

        buf_init(&text, MIB);
        random_text(&state, &text);
        walk_open(&w, o);
        walk_to(&w, buf_str(&text), false);
        found += count_of(buf_str(&w.places));
        for (unsigned n = 0; n < 8; n++)
            check_pieces(o, buf_str(&text),
                         dice(&state, (uint32_t)text.len + 1),
                         1 + dice(&state, 40), buf_str(&w.places));
        walk_close(&w);
        buf_free(&text);
    }
    CHECK(found > 400);
    own_free(o);
}

/* ---- A whole text, against a plain search -------------------------------- */

/* Is each byte that counts of a spelling at `from` in one of the hits? */
static bool is_covered(const struct own_search *s, struct str text, size_t from,
                       size_t left)
{
    for (size_t at = from; left > 0; at++) {
        const struct own_hit *hit = own_search_hit(s, 0);

        if (squeezed((unsigned char)text.ptr[at]) == 0)
            continue;
        while (hit != NULL && hit->end <= at)
            hit = own_search_hit(s, hit->end);
        if (hit == NULL || hit->start > at)
            return false;
        left--;
    }
    return true;
}

/* All places of a value's squeezed spellings in the text. */
static void check_plain(const struct own_search *s, struct str text,
                        struct str v)
{
    char *small = malloc(text.len + 1);
    size_t n = squeeze(text, small), at = 0;
    struct spelled w;

    for (unsigned way = 0; way < SPELL_COUNT; way++, at = 0)
        if (spell(v, (enum spelling)way, &w) && !w.exact)
            for (size_t i = 0; i + w.len <= n; i++) {
                while (squeezed((unsigned char)text.ptr[at]) == 0)
                    at++;
                if (!memcmp(small + i, w.bytes, w.len))
                    CHECK(is_covered(s, text, at, w.len));
                at++;
            }
    free(small);
}

/* Values and parts of them in all ways, with signs put between. */
static void test_whole(void)
{
    struct own *o = own_of(values, 3);
    struct own_search *s;
    uint32_t state = 7;

    if (own_search_new(&s) || own_learn(o, values[3], "api-key"))
        abort();
    for (unsigned round = 0; round < 300; round++) {
        struct buf text, one;

        buf_init(&text, MIB);
        buf_init(&one, MIB);
        for (uint32_t n = 1 + dice(&state, 6); n > 0; n--) {
            buf_clear(&one);
            write_way(dice(&state, WAYS), values[dice(&state, 4)],
                      dice(&state, 7), &one);
            for (size_t i = dice(&state, 3) ? 0 : dice(&state, 20); i < one.len;
                 i++)
                if (buf_add_byte(&text, one.ptr[i]) ||
                    (n == 1 && dice(&state, 3) == 0 &&
                     buf_add_byte(&text, "- ,\n"[dice(&state, 4)])))
                    abort();
        }
        CHECK_INT(own_search_text(s, o, buf_str(&text)), OK);
        for (size_t i = 0; i < 4; i++)
            check_plain(s, buf_str(&text), values[i]);
        buf_free(&text);
        buf_free(&one);
    }
    own_search_free(s);
    own_free(o);
}

int main(void)
{
    RUN(test_every_way);
    RUN(test_places);
    RUN(test_waits);
    RUN(test_random);
    RUN(test_whole);
    return check_done();
}
