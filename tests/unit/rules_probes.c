#include "rules/probes.h"

#include <stdlib.h>

#include "check.h"
#include "page_end.h"
#include "rnd.h"

/* Every string is found wherever it stands, many places at once and one by one
 * alike. */

#define STRINGS 300u
#define SIZE    700u

/* Of few letters, that strings share their beginnings. */
static void fill(char *text, size_t n)
{
    static const char some[] = "aaabbc \xc3";

    for (size_t i = 0; i < n; i++)
        text[i] = some[rnd(sizeof(some) - 1)];
}

struct set {
    struct probes probes;
    struct probe_string list[STRINGS];
    char bytes[STRINGS][16];
};

static bool set_open(struct set *s, size_t n)
{
    if (!CHECK_INT(probes_init(&s->probes, n), OK))
        return false;
    for (size_t i = 0; i < n; i++) {
        struct probe_string *p = &s->list[i];
        size_t len = 1 + rnd(sizeof(s->bytes[i]));

        fill(s->bytes[i], len);
        *p = (struct probe_string){
            .bytes = {s->bytes[i], len},
            .at = rnd(len),
            .entry = {.value = (uint32_t)i, .of = (uint32_t)i + STRINGS}};
        p->room = 1 + rnd(len - p->at);
        CHECK_INT(probes_add(&s->probes, p),
                  p->room < KEY_MOST ? p->room : KEY_MOST);
    }
    probes_ready(&s->probes);
    return true;
}

/* The string's key stands there, and what is before it. */
static bool stands(const struct probe_string *p, struct str text, size_t at)
{
    size_t len = p->room < KEY_MOST ? p->room : KEY_MOST;
    size_t back = p->at < PROBE_BACK ? p->at : PROBE_BACK;

    return at + len <= text.len &&
           memcmp(text.ptr + at - back, p->bytes.ptr + p->at - back,
                  back + len) == 0;
}

/* Are the entries at a place those strings, each once? */
static void check_place(const struct set *s, struct str text,
                        struct probe_place place)
{
    unsigned char seen[STRINGS] = {0};
    const struct probe_entry *en;

    while ((en = probes_at(&s->probes, text.ptr, &place)) != NULL) {
        CHECK(seen[en->value]++ == 0 && en->of == en->value + STRINGS);
        CHECK(stands(&s->list[en->value], text, place.at));
    }
    for (size_t i = 0; i < s->probes.count; i++)
        CHECK(seen[i] == (stands(&s->list[i], text, place.at) ? 1 : 0));
}

/* The places of a text, by one of the ways that there are. */
static size_t places_of(struct probes *k, enum cpu_step step, struct str text,
                        size_t from, size_t to, struct probe_place *ret_places,
                        size_t *ret_left)
{
    size_t n;

    k->step = step;
    n = probes_sift(k, text.ptr, &from, to, ret_places);
    CHECK_INT(from, to);
    *ret_left = probes_narrow(k, text.ptr, ret_places, n);
    return n;
}

static void check_ways(struct set *s, struct str text, size_t from, size_t to,
                       const struct probe_place *plain, size_t n, size_t left)
{
    static const enum cpu_step steps[] = {CPU_32, CPU_64};
    size_t ways = cpu_avx512() ? 2 : cpu_avx2() ? 1 : 0, left_here;
    struct probe_place many[SIZE + 1];

    for (size_t way = 0; way < ways; way++) {
        CHECK_INT(
            places_of(&s->probes, steps[way], text, from, to, many, &left_here),
            n);
        if (CHECK_INT(left_here, left))
            for (size_t i = 0; i < left; i++)
                CHECK(many[i].at == plain[i].at &&
                      many[i].next == plain[i].next &&
                      many[i].end == plain[i].end &&
                      many[i].equal == plain[i].equal);
        for (size_t i = 0; i < left_here; i++)
            check_place(s, text, many[i]);
    }
}

static void check_text(struct set *s, struct str text, size_t from, size_t to)
{
    struct probe_place plain[SIZE + 1];
    size_t k = 0, left, n;

    n = places_of(&s->probes, CPU_1, text, from, to, plain, &left);
    CHECK(left <= n);
    check_ways(s, text, from, to, plain, n, left);
    s->probes.step = CPU_1;
    for (size_t at = from; at < to; at++) {
        bool any = false;

        if (k < left && plain[k].at == at) {
            check_place(s, text, plain[k++]);
            continue;
        }
        for (size_t i = 0; !any && i < s->probes.count; i++)
            any = stands(&s->list[i], text, at);
        CHECK(!any);
    }
    CHECK_INT(k, left);
}

/* The text is followed by what can be read and no more. */
static void check_sets(size_t strings, int rounds)
{
    static struct set s;
    char text[SIZE];

    for (int round = 0; round < rounds; round++) {
        size_t n = PROBE_READ + rnd(SIZE - PROBE_READ + 1);
        size_t to = n - PROBE_READ, from;

        if (to < PROBE_BACK)
            continue;
        from = PROBE_BACK + rnd(to - PROBE_BACK + 1);
        s = (struct set){0};
        fill(text, n);
        if (set_open(&s, 1 + rnd(strings)))
            check_text(&s, page_end((struct str){text, n}), from, to);
        probes_free(&s.probes);
    }
}

static void test_few(void)
{
    check_sets(5, 300);
}

static void test_many(void)
{
    check_sets(STRINGS, 100);
}

/* More places than there is room for: all ways stop at the same of them. */
static void test_full(void)
{
    static const size_t ends[] = {1024, 2048, 3072, 4096, 5001};
    static char text[PROBE_BACK + 5001 + PROBE_READ];
    size_t ways = cpu_avx512() ? 2 : 1, to = PROBE_BACK + 5001;
    struct probes k = {.count = 0};

    memset(text, 'a', sizeof(text));
    if (!CHECK_INT(probes_init(&k, 1), OK))
        return;
    probes_add(&k, &(struct probe_string){.bytes = STR("aaa"), .room = 3});
    probes_ready(&k);
    for (size_t way = 0; way < ways; way++) {
        struct probe_place places[PROBE_PLACES + 1];
        size_t from = PROBE_BACK, at = from;

        k.step = way == 0 ? CPU_1 : CPU_64;
        for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
            size_t n = probes_sift(&k, text, &from, to, places);

            CHECK_INT(from, PROBE_BACK + ends[i]);
            for (size_t p = 0; p < n; p++)
                CHECK_INT(places[p].at, at++);
            CHECK_INT(at, from);
        }
    }
    probes_free(&k);
}

int main(void)
{
    RUN(test_few);
    RUN(test_many);
    RUN(test_full);
    return check_done();
}
