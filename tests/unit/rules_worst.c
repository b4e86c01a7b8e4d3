/*
 * A search for the text that costs the most. What is tried comes from the rules
 * as they are shipped: each keyword, and what the rules' own tests hold, whole
 * and cut, again and again, glued and apart, as it is and encoded; bytes of
 * each kind, alone and by twos; then the worst of all that by twos, and what
 * comes of them by chance.
 *
 * Cost is counted and not timed, so that it is the same on every machine: the
 * blocks of our own code that run (of the rooms that look at text, built for
 * this with a call in each block), and of patterns the items that are tried and
 * the characters that they pass (PCRE2's automatic callouts). On a core of some
 * 4 GHz a block took 0.2 ns, an item 0.4 and a character 0.1: what comes of
 * that was within a third of what nine of ten texts took. So one unit for each
 * byte is about one millisecond for a megabyte.
 *
 * What no text may pass is not what one costs, for with each rule that comes
 * other texts are bred, but what its steps tell (limits.h): those end, and with
 * them the cost.
 *
 *     rules_worst all      shows the worst texts found
 */
#include <stdlib.h>

#include "base/utf8.h"
#include "check.h"
#include "rnd.h"
#include "rules/inside.h"
#include "shipped.h"

/* link: -Wl,--wrap=memchr,--wrap=memmem,--wrap=pcre2_jit_match_8 */

#define SIZE   (2 * KIB)   /* of a text that is tried ... */
#define LARGE  (128 * KIB) /* ... and of one of the worst: does it grow? */
#define HUGE   (2 * MIB)   /* ... and where steps are limited (limits.h) */
#define WORST  32
#define CHANCE 400 /* texts tried by chance */
#define ALONE  155 /* units for a byte of one rule, or of one kind of byte */
#define FREE   20  /* units for a byte that no step tells of               */
#define STEP   0.4 /* units that a step tells of                           */

/* ---- What is counted. ----------------------------------------------------
 */

static uint64_t blocks, items, passed;
static size_t item_at;

void __sanitizer_cov_trace_pc(void);
void __sanitizer_cov_trace_pc(void)
{
    blocks++;
}

void *__real_memchr(const void *p, int c, size_t n);
void *__wrap_memchr(const void *p, int c, size_t n);
void *__wrap_memchr(const void *p, int c, size_t n)
{
    const void *found = __real_memchr(p, c, n);

    blocks +=
        (found == NULL ? n : (size_t)((const char *)found - (const char *)p)) /
        16;
    return (void *)(uintptr_t)found;
}

void *__real_memmem(const void *p, size_t n, const void *what, size_t len);
void *__wrap_memmem(const void *p, size_t n, const void *what, size_t len);
void *__wrap_memmem(const void *p, size_t n, const void *what, size_t len)
{
    const void *found = __real_memmem(p, n, what, len);

    blocks +=
        (found == NULL ? n : (size_t)((const char *)found - (const char *)p)) /
        4;
    return (void *)(uintptr_t)found;
}

/* A match begins where it is tried: what lies between it and the last one is
 * passed by nobody. */
int __real_pcre2_jit_match_8(const pcre2_code *code, PCRE2_SPTR text,
                             PCRE2_SIZE len, PCRE2_SIZE from, uint32_t options,
                             pcre2_match_data *data, pcre2_match_context *ctx);
int __wrap_pcre2_jit_match_8(const pcre2_code *code, PCRE2_SPTR text,
                             PCRE2_SIZE len, PCRE2_SIZE from, uint32_t options,
                             pcre2_match_data *data, pcre2_match_context *ctx);
int __wrap_pcre2_jit_match_8(const pcre2_code *code, PCRE2_SPTR text,
                             PCRE2_SIZE len, PCRE2_SIZE from, uint32_t options,
                             pcre2_match_data *data, pcre2_match_context *ctx)
{
    item_at = from;
    return __real_pcre2_jit_match_8(code, text, len, from, options, data, ctx);
}

static int count_item(pcre2_callout_block *block, void *ctx)
{
    size_t at = block->current_position;

    (void)ctx;
    items++;
    passed += at > item_at ? at - item_at : 0;
    item_at = at;
    return 0;
}

/* ---- The rules, with patterns that count. --------------------------------
 */

static struct shipped live;

/* One that grows too large with the callouts is left as it is. */
static size_t count_in(pcre2_code **code, struct str source, uint32_t options)
{
    struct pattern_error why;
    pcre2_code *counting;
    bool slow;

    if (pattern_compile(source, options | PCRE2_AUTO_CALLOUT, &counting, &slow,
                        &why))
        return 0;
    (void)pcre2_jit_compile(counting, PCRE2_JIT_PARTIAL_HARD);
    pcre2_code_free(*code);
    *code = counting;
    return 1;
}

static bool count_all(void)
{
    size_t known = 0, all = 0;

    for (size_t i = 0; i < live.rules->count; i++) {
        const struct rule *r = rules_at(live.rules, i);
        bool placed = live.rules->runs[i].before != RUN_NONE;
        enum code_use use = placed ? CODE_PLACED : CODE_WHOLE;
        struct code *c;

        if (r->detector != DETECTOR_PATTERN)
            continue;
        if (code_new(r, use, &c))
            return false;
        known += count_in(&c->match, r->match,
                          placed || r->keyword_first || token_first(r)
                              ? PCRE2_ANCHORED | PCRE2_NO_START_OPTIMIZE
                              : 0);
        for (size_t k = 0; k < c->not_count; k++)
            (void)!count_in(&c->nots[k], r->nots[k], 0);
        for (size_t k = 0; k < c->near_count; k++)
            (void)!count_in(&c->nears[k], r->nears[k].match,
                            PCRE2_USE_OFFSET_LIMIT);
        if (r->needs.len != 0) {
            pcre2_code *needs = NULL;

            (void)!count_in(&needs, r->needs, 0);
            atomic_store(&c->needs, needs);
        }
        all++;
        atomic_store(&live.rules->code[use * live.rules->count + i], c);
    }
    pcre2_set_callout(live.scratch->mctx, count_item, NULL);
    return known * 100 > all * 95;
}

/* ---- Texts. --------------------------------------------------------------
 */

static const struct scope places[] = {
    {.dir = DIR_SEND, .role = ROLE_USER},
    {.dir = DIR_SEND, .role = ROLE_TOOL, .part = PART_TOOL_RESULT},
    {.dir = DIR_RECV, .role = ROLE_ASSISTANT},
};

struct text {
    char unit[400];
    size_t len, place;
    double cost, steps; /* for each byte */
};
static struct text worst[WORST];
static size_t tried;

/* What a text of that unit, again and again, costs for each byte. */
static double cost(struct text *t, size_t size)
{
    static char text[HUGE];
    struct findings found;
    size_t n = 0;

    while (n + t->len <= size && t->len > 0) {
        memcpy(text + n, t->unit, t->len);
        n += t->len;
    }
    if (n < size / 2 || !utf8_valid((struct str){text, n}))
        return 0;
    findings_init(&found);
    blocks = items = passed = 0;
    (void)!rules_scan(live.rules, live.scratch, &places[t->place],
                      (struct str){text, n}, 0, &found);
    findings_free(&found);
    t->cost = (double)(2 * blocks + 4 * items + passed) / 10 / (double)n;
    t->steps = (double)live.scratch->taken / (double)n;
    tried++;
    return t->cost;
}

/* Kept if it is one of the worst; one that begins like another is the same. */
static void keep(const struct text *t)
{
    size_t i = WORST - 1;

    for (size_t k = 0; k < WORST; k++)
        if (worst[k].place == t->place && worst[k].len >= 6 && t->len >= 6 &&
            memcmp(worst[k].unit, t->unit, 6) == 0) {
            if (worst[k].cost >= t->cost)
                return;
            i = k;
            break;
        }
    if (t->cost <= worst[i].cost)
        return;
    for (; i > 0 && worst[i - 1].cost < t->cost; i--)
        worst[i] = worst[i - 1];
    worst[i] = *t;
}

static void try_at(struct str unit, size_t place)
{
    struct text t = {.len = unit.len, .place = place};

    if (unit.len == 0 || unit.len > sizeof(t.unit))
        return;
    memcpy(t.unit, unit.ptr, unit.len);
    (void)cost(&t, SIZE);
    keep(&t);
}

static void try(struct str unit)
{
    for (size_t p = 0; p < ARRAY_LEN(places); p++)
        try_at(unit, p);
}

/* Both, glued. */
static void try_two(struct str a, struct str b)
{
    char unit[400];

    if (a.len + b.len > sizeof(unit))
        return;
    memcpy(unit, a.ptr, a.len);
    memcpy(unit + a.len, b.ptr, b.len);
    try((struct str){unit, a.len + b.len});
}

static const char *const behind[] = {"", " ", "="};

static void try_keywords(void)
{
    for (size_t i = 0; i < live.rules->count; i++)
        for (size_t k = 0; k < live.rules->list[i].keyword_count; k++)
            for (size_t b = 0; b < ARRAY_LEN(behind); b++)
                try_two(live.rules->list[i].keywords[k], str_of(behind[b]));
}

static void try_tests(void)
{
    for (const struct rule_src *src = live.files.rules; src != NULL;
         src = src->next)
        for (size_t i = 0; i < src->test_count; i++) {
            struct str s = src->tests[i].text;

            try_two(s, STR("\n"));
            try_two(str_head(s, s.len / 2), STR(" "));
            try(str_skip(s, s.len / 3));
        }
}

/* Base64 (RFC 4648) in lines of 76 characters. */
static size_t base64(struct str s, char *out)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                 "abcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t n = 0;

    for (size_t i = 0; i + 3 <= s.len; i += 3) {
        const unsigned char *p = (const unsigned char *)s.ptr + i;
        uint32_t bits = (uint32_t)(p[0] << 16 | p[1] << 8 | p[2]);

        for (int k = 18; k >= 0; k -= 6)
            out[n++] = digits[bits >> k & 63];
        if (i % 57 == 54)
            out[n++] = '\n';
    }
    return n;
}

/* A byte in one of the ways that escapes are written. */
static size_t escape(unsigned way, unsigned c, char out[9])
{
    int n = way == 0   ? snprintf(out, 9, "%%%02X", c)
            : way == 1 ? snprintf(out, 9, "\\u%04x", c)
            : way == 2 ? snprintf(out, 9, "&#%u;", c)
            : way == 3 ? snprintf(out, 9, "=%02X", c)
            : way == 4 ? snprintf(out, 9, "%02x", c)
                       : snprintf(out, 9, "%02x ", c);

    return (size_t)n;
}
#define WAYS 6

static void try_encoded(void)
{
    char unit[sizeof(worst[0].unit) + 9];

    for (const struct rule_src *src = live.files.rules; src != NULL;
         src = src->next) {
        struct str s = src->test_count == 0 ? STR("") : src->tests[0].text;

        for (unsigned way = 0; way < WAYS; way++) {
            size_t n = 0;

            for (size_t i = 0; i < s.len && n < sizeof(unit) - 9; i++)
                n += escape(way, (unsigned char)s.ptr[i], unit + n);
            try_at((struct str){unit, n}, 1);
        }
        s = str_head(s, sizeof(unit) / 2);
        try_at((struct str){unit, base64(s, unit)}, 1);
    }
}

static const char *const kinds[] = {
    "a",          "A",        "0",      " ",       "-",          ".",
    "\n",         "a ",       "12 ",    "1.",      "a@",         "::",
    "1234-",      "a1",       "F0 ",    "http://", "a:b@",       "\u00e9",
    "a\u0301",    "\u017f",   "\u212a", "\u200b",  "=",          "<|",
    "![",         "](",       "\\n",    "\\\\",    "\\\"",       "{\"a\":",
    "%41",        "%25",      "&amp;",  "&#97;",   "\\u0061",    "\\x61",
    "=41",        "61 ",      "i g n ", "4ll ",    "\U000e0061", "\ufe00\ufe01",
    "\u202ea",    "\u0430b ", "\uff41", "\x1b[0m", "\x01",       "YWJj",
    "<!--",       "eyJ",      "AKIA",   "'",       "/",          "_",
    "127.0.0.1 ",
};

static void try_kinds(void)
{
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        for (size_t k = 0; k < ARRAY_LEN(kinds); k++)
            try_two(str_of(kinds[i]), str_of(kinds[k]));
}

static struct str unit_of(const struct text *t)
{
    return (struct str){t->unit, t->len};
}

/* The list changes while it is gone through. */
static void try_worst(void)
{
    static struct text list[WORST];

    memcpy(list, worst, sizeof(list));
    for (size_t i = 0; i < WORST; i++)
        for (size_t k = 0; k < WORST; k++) {
            struct text t = list[i];

            if (t.len + list[k].len > sizeof(t.unit))
                continue;
            memcpy(t.unit + t.len, list[k].unit, list[k].len);
            t.len += list[k].len;
            try_at(unit_of(&t), t.place);
        }
}

/* One of the worst, with something put in or taken out. */
static void try_chance(void)
{
    for (size_t i = 0; i < CHANCE; i++) {
        const struct text *t = &worst[rnd(WORST)], *u = &worst[rnd(WORST)];
        const struct rule *r = &live.rules->list[rnd(live.rules->count)];
        size_t cut = rnd(t->len + 1), skip = rnd(t->len - cut + 1);
        struct str put = rnd(3) == 0   ? str_of(kinds[rnd(ARRAY_LEN(kinds))])
                         : rnd(2) == 0 ? str_skip(unit_of(u), rnd(u->len + 1))
                         : r->keyword_count == 0
                             ? STR(" ")
                             : r->keywords[rnd(r->keyword_count)];
        struct str rest = str_skip(unit_of(t), cut + (rnd(2) ? skip : 0));
        char unit[sizeof(t->unit)];

        if (cut + put.len + rest.len > sizeof(unit))
            continue;
        memcpy(unit, t->unit, cut);
        memcpy(unit + cut, put.ptr, put.len);
        memcpy(unit + cut + put.len, rest.ptr, rest.len);
        try_at((struct str){unit, cut + put.len + rest.len}, t->place);
    }
}

/* ---- */

static bool show;

/* Do its steps tell what it costs? */
static bool is_told(const struct text *t)
{
    return t->cost <= FREE + STEP * t->steps;
}

/* No text found costs more than the budget, or than its steps tell if there is
 * none, and none grows with its length. */
static void check_worst(double budget)
{
    for (size_t i = 0; i < WORST; i++) {
        struct text small = worst[i], large = worst[i];
        char line[100];
        bool good;

        (void)cost(&large, LARGE);
        good = is_told(&small) && is_told(&large) &&
               (budget == 0 || (small.cost <= budget && large.cost <= budget));
        (void)snprintf(
            line, sizeof(line),
            "%.0f, %.0f steps, large %.0f, %.0f steps, place %zu:", small.cost,
            small.steps, large.cost, large.steps, small.place);
        if (show || !good)
            check_show(line, unit_of(&small));
        CHECK(good);
        CHECK(large.cost <= small.cost * 3 / 2 + 10);
    }
}

/* However a text is bred, its steps end. */
static void check_held(void)
{
    const double most = LIM_SCAN_TIMES + (double)LIM_SCAN_LEAST / HUGE + 1;

    for (size_t i = 0; i < WORST / 4; i++) {
        struct text huge = worst[i];

        (void)cost(&huge, HUGE);
        if (show || !is_told(&huge) || huge.steps > most)
            check_show("huge", unit_of(&huge));
        CHECK(is_told(&huge) && huge.steps <= most);
    }
}

static void test_worst(void)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    SKIP("what is counted is the plain build");
#endif
    if (!CHECK(shipped_open(&live, false) && count_all()))
        return;
    try_keywords();
    try_tests();
    try_encoded();
    try_kinds();
    check_worst(ALONE);
    try_worst();
    try_chance();
    check_worst(0);
    check_held();
    CHECK(tried > 50000); /* it did search */
    shipped_close(&live);
}

int main(int argc, char **argv)
{
    (void)argv;
    show = argc > 1;
    RUN(test_worst);
    return check_done();
}
