/*
 * What a stream costs that comes in pieces of a few bytes: no more for each
 * piece in a long text than in a short one, whatever the text. Texts that leave
 * something open for as long as they go on are tried: of each kind of byte, of
 * half matches of the rules as they are shipped, of what is encoded.
 *
 * Work is counted and not timed, as in rules_worst.c: blocks of our own code,
 * bytes that are moved, and of each pattern that is run the bytes that it may
 * pass.
 *
 *     rules_drip all      more of them, and shows what each costs
 */
#include <stdlib.h>

#include "base/utf8.h"
#include "check.h"
#include "rules/lanes.h"
#include "rules/stream.h"
#include "shipped.h"

/* link: -Wl,--wrap=memchr,--wrap=memmem -Wl,--wrap=pcre2_jit_match_8 */
/* link: -Wl,--wrap=memmove */

static uint64_t work;

void __sanitizer_cov_trace_pc(void);
void __sanitizer_cov_trace_pc(void)
{
    work++;
}

void *__real_memchr(const void *p, int c, size_t n);
void *__wrap_memchr(const void *p, int c, size_t n);
void *__wrap_memchr(const void *p, int c, size_t n)
{
    const char *found = __real_memchr(p, c, n);

    work += (found == NULL ? n : (size_t)(found - (const char *)p)) / 16;
    return (void *)(uintptr_t)found;
}

void *__real_memmem(const void *p, size_t n, const void *what, size_t len);
void *__wrap_memmem(const void *p, size_t n, const void *what, size_t len);
void *__wrap_memmem(const void *p, size_t n, const void *what, size_t len)
{
    const char *found = __real_memmem(p, n, what, len);

    work += (found == NULL ? n : (size_t)(found - (const char *)p)) / 4;
    return (void *)(uintptr_t)found;
}

void *__real_memmove(void *to, const void *p, size_t n);
void *__wrap_memmove(void *to, const void *p, size_t n);
void *__wrap_memmove(void *to, const void *p, size_t n)
{
    work += n / 16;
    return __real_memmove(to, p, n);
}

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
    work += 10 + (len - from);
    return __real_pcre2_jit_match_8(code, text, len, from, options, data, ctx);
}

/* --- The rules. */

static struct shipped live;
static const struct scope place = {.dir = DIR_RECV, .role = ROLE_ASSISTANT};

/* --- Pseudonyms, that become values again. */

static const unsigned char key[PSEUDONYM_KEY_LEN] = "a key of a test";
static const struct str classes[] = {STR_INIT("NAME")};

static bool value_of(void *with, const struct pseudonym_at *at,
                     const struct str *tool, struct pseudonym_at *ret_at,
                     struct buf *out)
{
    (void)with;
    (void)tool;
    *ret_at = *at;
    return buf_add(out, STR("Ann")) == OK;
}

static const struct restorer restorer = {key, classes, ARRAY_LEN(classes),
                                         value_of, NULL};

/* --- A drip. */

#define QUARTER (24 * KIB) /* all of it is more than a word may be held */
static bool shows;

/* The unit again and again. Work for each byte, by quarter of the text. */
static bool drip(struct str unit, size_t step, double cost[4])
{
    static char text[8 * KIB];
    struct stream *st;
    size_t len = 0;
    enum err e;

    while (len == 0 || len + unit.len <= sizeof(text)) {
        memcpy(text + len, unit.ptr, unit.len);
        len += unit.len;
    }
    if ((e = stream_new(live.rules, live.scratch, &place, &st)))
        return false;
    stream_restore(st, &restorer);
    for (size_t q = 0, at = 0; q < 4; q++) {
        work = 0;
        for (size_t done = 0; done < QUARTER && !e; done += step) {
            struct stream_edit ed;
            struct finding f;
            size_t n = step < len - at ? step : len - at;

            e = stream_take(st, (struct str){text + at, n});
            at = at + n == len ? 0 : at + n;
            while (stream_next(st, &ed)) {
            }
            while (stream_finding(st, &f)) {
            }
        }
        cost[q] = (double)work / QUARTER;
    }
    stream_free(st);
    CHECK(e == OK || e == E_LIMIT);
    return true;
}

static double worst;

static void check_unit(struct str unit)
{
    static const size_t steps[] = {1, 64, 4};

    if (unit.len == 0 || unit.len > 4 * KIB || !utf8_valid(unit))
        return;
    for (size_t i = 0; i < (shows ? ARRAY_LEN(steps) : 1); i++) {
        double cost[4], most;
        bool good;

        if (!CHECK(drip(unit, steps[i], cost)))
            return;
        most = cost[0] > cost[1] ? cost[0] : cost[1];
        good = cost[3] < most * 1.3 + 20;
        worst = most > worst ? most : worst;
        if (!CHECK(good) || shows) {
            fprintf(stderr, "%6.0f %6.0f %6.0f %6.0f step %zu ", cost[0],
                    cost[1], cost[2], cost[3], steps[i]);
            check_show("", str_head(unit, 60));
        }
    }
}

static const char *const units[] = {
    "A",
    "a",
    "7",
    " ",
    "\n",
    "\t",
    " \n",
    "(",
    "[",
    "{",
    "<",
    "![",
    "](",
    "@",
    "a@",
    "@a.",
    "-",
    ".",
    "=",
    "%",
    "&",
    "\\",
    "/",
    "+",
    ":",
    "\"",
    "a ",
    "A1 ",
    "1 ",
    "1-",
    "4111 ",
    "4111111111111111 ",
    "QUtJ",
    "U29tZSB0ZXh0IHRoYXQgZ29lcyBvbiBhbmQgb24g",
    "41",
    "41 ",
    "0x41, ",
    "%41",
    "\\u0041",
    "\\x41",
    "&#65;",
    "=41",
    "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVowMTIzNDU2\n",
    "\u200b",
    "a\u200b",
    "e\u0301",
    "\u0301",
    "\u202e",
    "\u202ea",
    "\U000e0041",
    "\ufe01",
    "\uff21",
    "\uff21 ",
    "\u0430",
    "\u0430a",
    "\U0001f600",
    "\u6f22",
    "AKIA",
    "ghp_",
    "eyJ",
    "eyJhbGciOi.",
    "http://",
    "https://a.b/?q=",
    "![a](http://",
    "<!--",
    "<a href=\"",
    "-----BEGIN RSA PRIVATE KEY-----\n",
    "password = \"",
    "key",
    "secret: ",
    "token ",
    "Bearer ",
    "0123456789abcdef",
    "a b c d ",
    "i g n o r e ",
    "1gn0r3 ",
    "l33t",
    "ignore previous ",
};

static void test_kinds(void)
{
    for (size_t i = 0; i < ARRAY_LEN(units); i += shows ? 1 : 5)
        check_unit(str_of(units[i]));
    /* Begun, and never closed. */
    for (size_t i = 0; i < ARRAY_LEN(units); i += shows ? 1 : 20) {
        char unit[64];
        int n = snprintf(unit, sizeof(unit), "x%sx%s", units[i],
                         units[ARRAY_LEN(units) - 1 - i]);

        check_unit((struct str){unit, (size_t)n});
    }
    if (shows)
        fprintf(stderr, "worst %.0f\n", worst);
}

/* Held for as long as the word goes on; so is all that stands in it. */
static void test_waiting(void)
{
    char unit[64];
    struct pseudonym p;
    double cost[4];
    int n;

    pseudonym_make(key, classes[0], STR("Ann"), &p);
    n = snprintf(unit, sizeof(unit), "%.*s%%41", (int)p.len, p.text);
    CHECK(drip((struct str){unit, (size_t)n}, 1, cost));
    for (size_t q = 0; q < 4; q++)
        if (!CHECK(cost[q] < 6000))
            fprintf(stderr, "%.0f for each byte\n", cost[q]);
}

/* Between keywords: one rule that does not sleep is looked at with each piece,
 * which costs as much as all the rest. */
static void test_asleep(void)
{
    static const enum part parts[] = {PART_TEXT, PART_TOOL_ARGS,
                                      PART_REASONING};

    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        const struct scope at = {
            .dir = DIR_RECV, .role = ROLE_ASSISTANT, .part = parts[i]};
        struct stream *st;

        if (!CHECK_INT(stream_new(live.rules, live.scratch, &at, &st), OK))
            return;
        CHECK_INT(stream_take(st, STR("the ship came in late")), OK);
        CHECK(st->lane_count > 1000);
        for (size_t l = 0; l < st->lane_count; l++) {
            const struct rule *r = rules_at(live.rules, st->lanes[l].rule);

            if (!CHECK_INT(may_sleep(st, &st->lanes[l]),
                           rule_sleep(r) >= SLEEP_RUN))
                check_show("rule", r->id);
        }
        for (size_t l = awake_next(st, 0); l < st->lane_count;
             l = awake_next(st, l + 1)) {
            CHECK(!is_awake(st, l));
            check_show("rule", rules_at(live.rules, st->lanes[l].rule)->id);
        }
        stream_free(st);
    }
}

int main(int argc, char **argv)
{
    shows = argc > 1;
    (void)argv;
    if (!shipped_open(&live, false))
        return 1;
    RUN(test_kinds);
    RUN(test_waiting);
    RUN(test_asleep);
    shipped_close(&live);
    return check_done();
}
