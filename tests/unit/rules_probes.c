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
        size_t len = KEY_LEAST + rnd(sizeof(s->bytes[i]) - KEY_LEAST + 1);

        fill(s->bytes[i], len);
        *p = (struct probe_string){.bytes = {s->bytes[i], len},
                                   .at = rnd(len - KEY_LEAST + 1),
                                   .value = (uint32_t)i,
                                   .of = (uint32_t)i + STRINGS};
        p->room = KEY_LEAST + rnd(len - p->at - KEY_LEAST + 1);
        CHECK_INT(probes_add(&s->probes, p),
                  p->room < KEY_MOST ? p->room : KEY_MOST);
    }
    return CHECK_INT(probes_ready(&s->probes), OK);
}

/* The string's key stands there, and its front. */
static bool stands(const struct probe_string *p, struct str text, size_t at)
{
    size_t len = p->room < KEY_MOST ? p->room : KEY_MOST;

    return at + len <= text.len &&
           memcmp(text.ptr + at, p->bytes.ptr + p->at, len) == 0 &&
           (p->bytes.len < 4 || at < p->at ||
            memcmp(text.ptr + at - p->at, p->bytes.ptr, 4) == 0);
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

static void check_text(struct set *s, struct str text, size_t from, size_t to)
{
    struct probe_place many[SIZE + 1], plain[SIZE + 1];
    size_t n = probes_sift(&s->probes, text.ptr, from, to, many), k = 0;
    enum cpu_step was = s->probes.step;

    s->probes.step = CPU_1;
    if (CHECK_INT(probes_sift(&s->probes, text.ptr, from, to, plain), n))
        for (size_t i = 0; i < n; i++)
            CHECK(many[i].at == plain[i].at && many[i].next == plain[i].next &&
                  many[i].end == plain[i].end);
    s->probes.step = was;
    for (size_t at = from; at < to; at++) {
        bool any = false;

        if (k < n && many[k].at == at) {
            check_place(s, text, many[k++]);
            continue;
        }
        for (size_t i = 0; !any && i < s->probes.count; i++)
            any = stands(&s->list[i], text, at);
        CHECK(!any);
    }
    CHECK_INT(k, n);
}

/* The text is followed by what can be read and no more. */
static void check_sets(size_t strings, int rounds)
{
    static struct set s;
    char text[SIZE];

    for (int round = 0; round < rounds; round++) {
        size_t n = PROBE_READ + rnd(SIZE - PROBE_READ + 1);
        size_t to = n - PROBE_READ, from = rnd(to + 1);

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

int main(void)
{
    RUN(test_few);
    RUN(test_many);
    return check_done();
}
