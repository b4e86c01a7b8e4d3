#include "rules/flanks.h"

#include "base/cpu.h"
#include "check.h"
#include "rnd.h"
#include "rules/level.h"
#include "rules/prefilter.h"

/* What is told to stand in vain by level text does so in the text itself, and
 * both ways to tell it agree. */

#define SIZE 120u

static struct level lv;
static struct flank_sets sets;

/* Few bytes or most of them, of one case or of both. */
static struct guard some_bytes(void)
{
    static const char some[] = "abAB \t\n-0\x7f";
    struct guard g = {{0}};

    for (size_t n = rnd(4); n > 0; n--) {
        unsigned c = (unsigned char)some[rnd(sizeof(some) - 1)];

        g.bits[c / 64] |= UINT64_C(1) << c % 64;
    }
    if (rnd(2) == 0)
        g = (struct guard){{~g.bits[0], ~g.bits[1]}};
    return g;
}

static struct str fill(char *text, size_t n)
{
    static const char *const bits[] = {"a", "B", "A", "b",   " ",    "\t\n ",
                                       "-", "é", "0", "a b", "ab-a", "ab"};
    size_t len = 0;

    while (len + 5 < n) {
        const char *s = bits[rnd(ARRAY_LEN(bits))];

        memcpy(text + len, s, strlen(s));
        len += strlen(s);
    }
    return (struct str){text, len};
}

/* The keyword's key and the rule of which it is one. */
struct made {
    struct str keyword;
    struct guard guard;
    struct key key;
    unsigned char set[FOLLOW_BYTES];
    struct rule rule;
    struct flanks flanks;
};

static void make(struct made *m, struct str keyword)
{
    struct guard follow = some_bytes();

    *m = (struct made){.keyword = keyword, .guard = some_bytes()};
    follow_bytes(&follow, m->set);
    m->rule.follows = m->set;
    m->key = (struct key){.at = (unsigned char)rnd((unsigned)keyword.len),
                          .set = rnd(4) != 0,
                          .least = (unsigned char)rnd(FOLLOW_MOST + 1)};
    m->flanks =
        (struct flanks){.before = flanks_stops(&sets, &m->guard),
                        .back = (unsigned char)(m->key.at + 1),
                        .ahead = (unsigned char)(keyword.len - m->key.at)};
    flanks_follows(&sets, &m->rule, &m->key, &m->flanks);
}

/* Where in the level text that is which stands at an offset. */
static size_t level_of(size_t raw)
{
    size_t at = 0;

    while (level_raw(&lv, at) != raw)
        at++;
    return at;
}

static bool is_told(const struct made *m, const char *place)
{
    bool may = flanks_1(&sets, &m->flanks, place);

#if CPU_AVX2
    if (cpu_avx2())
        CHECK_INT(flanks_16(&sets, &m->flanks, place), may);
#endif
    return may;
}

static void check_text(const struct made *m, struct str text)
{
    size_t len;

    level_make(&lv, text, 0, text.len, cpu_step());
    for (size_t at = 0; at < text.len; at++) {
        bool stops =
            at > 0 && guard_stops(&m->guard, (unsigned char)text.ptr[at - 1]);

        if (keyword_at(m->keyword, str_skip(text, at), &len) != KEYWORD_YES)
            continue;
        if (!is_told(m, lv.text + level_of(at) + m->key.at))
            CHECK(stops || !key_follows(&m->rule, &m->key, text, at + len));
    }
}

static void test_nothing_is_missed(void)
{
    static const struct str words[] = {STR_INIT("ab"), STR_INIT("a b"),
                                       STR_INIT("b-a"), STR_INIT("ab a b")};
    char space[SIZE];
    struct made m;

    rnd_seed = 11;
    for (int i = 0; i < 20000; i++) {
        if (i % 40 == 0) {
            sets = (struct flank_sets){.count = 0};
            flanks_init(&sets);
        }
        make(&m, words[rnd(ARRAY_LEN(words))]);
        check_text(&m, fill(space, 6 + rnd(SIZE - 6)));
    }
}

/* What a level text does tell. */
static void test_told(void)
{
    static const struct {
        const char *text; /* that holds "ab" once */
        bool may;
    } rows[] = {
        {"-ab12", true},  {"-ab1x", false}, {"-ab1", true},    {"ab12", true},
        {"xab12", false}, {"Xab12", false}, {"_ab12", true},   {"\tab12", true},
        {"-ab", true},    {"-ab\n", false}, {"-ab1 2", false}, {"-ab1é", true},
    };
    struct made m = {.keyword = STR("ab"), .key = {.set = 1, .least = 2}};
    struct guard digits = {{UINT64_C(0x3ff) << '0', 0}};

    sets = (struct flank_sets){.count = 0};
    flanks_init(&sets);
    follow_bytes(&digits, m.set);
    m.rule.follows = m.set;
    m.guard.bits[1] = UINT64_C(0x07fffffe07fffffe);
    m.flanks = (struct flanks){
        .before = flanks_stops(&sets, &m.guard), .back = 1, .ahead = 2};
    flanks_follows(&sets, &m.rule, &m.key, &m.flanks);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const char *ab = strstr(rows[i].text, "ab");

        CHECK_ROW(rows[i].text);
        level_make(&lv, str_of(rows[i].text), 0, strlen(rows[i].text),
                   cpu_step());
        CHECK_INT(is_told(&m, lv.text + level_of((size_t)(ab - rows[i].text))),
                  rows[i].may);
    }
    CHECK_ROW(NULL);
}

/* Of more sets than there is room for nothing is known. */
static void test_full(void)
{
    sets = (struct flank_sets){.count = 0};
    flanks_init(&sets);
    for (uint64_t i = 0; i < 2 * FLANK_SETS; i++) {
        struct guard g = {{i << '!', 0}};
        unsigned char n = flanks_stops(&sets, &g);

        CHECK_INT(n, i < FLANK_SETS ? i : FLANK_ALL);
        CHECK_INT(flanks_stops(&sets, &g), n);
    }
}

int main(void)
{
    RUN(test_nothing_is_missed);
    RUN(test_told);
    RUN(test_full);
    return check_done();
}
