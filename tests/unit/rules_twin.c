/*
 * The scan against its slow twin: every pattern by itself through all of the
 * text, with no keyword, no run, no gate and no list. (Where a rule with tokens
 * is tried is not a matter of speed: it is tried nowhere else.) The texts are
 * made of what the shipped rules' own tests hold, cut up and put together
 * again, so that there is much to be found. What both find must be the same.
 */
#include <stdlib.h>

#include "base/utf8.h"
#include "check.h"
#include "rnd.h"
#include "rules/inside.h"
#include "shipped.h"

static struct shipped live;
static struct code **plain; /* of each rule: not anchored */
static struct rule *bare;   /* the rules without what says where they begin */
static bool open_twin(void)
{
    size_t n = rules_count(live.rules);

    plain = calloc(n, sizeof(struct code *));
    bare = calloc(n, sizeof(*bare));
    if (plain == NULL || bare == NULL)
        return false;
    for (size_t i = 0; i < n; i++) {
        bare[i] = *rules_at(live.rules, i);
        bare[i].keyword_first = false;
        if (bare[i].reach != 0) /* then tokens are but a gate */
            bare[i].token = (struct token_set){0};
        bare[i].reach = 0;
        if (bare[i].detector == DETECTOR_PATTERN &&
            code_new(&bare[i], CODE_WHOLE, &plain[i]))
            return false;
    }
    return true;
}

/* A test's text, or a part of it. */
static struct str fragment(void)
{
    static const struct rule_src *src;
    struct str s;
    size_t from;

    for (size_t skip = rnd(40);; skip -= skip > 0) {
        src = src == NULL || src->next == NULL ? live.files.rules : src->next;
        if (skip == 0 && src->test_count > 0)
            break;
    }
    s = src->tests[rnd(src->test_count)].text;
    if (rnd(3) != 0 || s.len == 0)
        return s;
    from = rnd(s.len);
    s = str_head(str_skip(s, from), 1 + rnd(s.len - from));
    return utf8_valid(s) ? s : STR("-");
}

/* Words between two fragments, mostly more than a rule looks for a keyword. */
static size_t add_words(char *text, size_t room)
{
    size_t n = rnd(600);

    if (rnd(4) != 0 || n > room)
        return 0;
    for (size_t i = 0; i < n; i++)
        text[i] = i % 6 == 0 ? ' ' : (char)('a' + i % 3);
    return n;
}

static struct str text_make(char *text, size_t size)
{
    static const char *const between[] = {
        " ",  "\n", "",  ", ", ". ", "=",         ": ",           "\"",
        "k ", "s",  "_", "-",  "@",  "\xc5\xbf ", "\xe2\x84\xaa", "12"};
    size_t n = 0;

    while (n < size) {
        struct str s = str_head(fragment(), size - n);
        const char *b = between[rnd(ARRAY_LEN(between))];

        memcpy(text + n, s.ptr, s.len);
        n += s.len;
        memcpy(text + n, b, strlen(b));
        n += strlen(b);
        n += add_words(text + n, n < size ? size - n : 0);
    }
    while (!utf8_valid((struct str){text, n}))
        n--;
    return (struct str){text, n};
}

/* The findings of one rule in a sorted list, in order. */
static const struct finding *next_of(const struct findings *f, size_t *at,
                                     const struct rule *r)
{
    while (*at < f->count && f->list[*at].rule != r)
        ++*at;
    return *at == f->count ? NULL : &f->list[(*at)++];
}

static void check_rule(const struct findings *found, size_t i,
                       const struct scopes *at, struct str text)
{
    const struct rule *r = rules_at(live.rules, i);
    struct search s = {.rule = &bare[i],
                       .code = plain[i],
                       .text = text,
                       .rules = live.rules,
                       .places = at->list,
                       .place_count = at->count};
    size_t pos = 0, start, end;
    enum hit hit = HIT_MATCH;

    while (hit == HIT_MATCH) {
        const struct finding *f;

        if (!CHECK_INT(search_next(&s, live.scratch, &hit, &start, &end), OK) ||
            hit != HIT_MATCH)
            break;
        f = next_of(found, &pos, r);
        if (!CHECK(f != NULL && f->start == start && f->end == end)) {
            check_show("rule", r->id);
            return;
        }
    }
    if (!CHECK(next_of(found, &pos, r) == NULL))
        check_show("rule", r->id);
}

static void check_text(struct str text, struct scope *place, size_t *total)
{
    const struct scopes at = {place, 1};
    struct findings found;

    findings_init(&found);
    if (CHECK_INT(scan_view(live.rules, live.scratch, &at, 1u << VIEW_TEXT,
                            text, 0, &found),
                  OK)) {
        if (found.count > 1)
            qsort(found.list, found.count, sizeof(*found.list), finding_order);
        for (size_t i = 0; i < rules_count(live.rules); i++)
            if (plain[i] != NULL &&
                rules_views(live.rules, (uint32_t)i, VIEW_TEXT) &&
                rules_applies(live.rules, rules_at(live.rules, i), place))
                check_rule(&found, i, &at, text);
    }
    *total += found.count;
    findings_free(&found);
}

static void test_twin(void)
{
    static char text[80000 + 200];
    struct scope places[] = {
        {.dir = DIR_SEND, .role = ROLE_USER},
        {.dir = DIR_SEND, .role = ROLE_TOOL, .part = PART_TOOL_RESULT},
        {.dir = DIR_RECV, .role = ROLE_ASSISTANT},
    };
    size_t total = 0;

    if (!CHECK(shipped_open(&live, true) && open_twin()))
        return;
    for (size_t turn = 0; turn < 300; turn++)
        check_text(text_make(text, 100 + rnd(3000)), &places[turn % 3], &total);
    /* Of several pieces. */
    check_text(text_make(text, 80000), &places[0], &total);
    CHECK(total > 1000);
}

int main(void)
{
    RUN(test_twin);
    for (size_t i = 0; plain != NULL && i < rules_count(live.rules); i++)
        code_free(plain[i]);
    free(plain);
    free(bare);
    shipped_close(&live);
    return check_done();
}
