#include "rules/prefilter.h"

#include <stdio.h>
#include <stdlib.h>

#include "check.h"
#include "failmalloc.h"
#include "keyed.h"
#include "rnd.h"
#include "rules/inside.h"
#include "rules/level.h"
#include "rules/words.h"

/*
 * The prefilter and the trie against the plainest search there is, on random
 * texts over a small alphabet, so that keywords are frequent, cut and nested.
 */

static const struct str k0[] = {STR_INIT("@")};
static const struct str k1[] = {STR_INIT("ab"), STR_INIT("Ba")};
static const struct str k2[] = {STR_INIT("sk-"), STR_INIT("aks")};
static const struct str k3[] = {STR_INIT("abba"), STR_INIT("bas-k@")};
static const struct str k4[] = {STR_INIT("kkkkk"), STR_INIT("sab-sab-sab")};
static const struct str k5[] = {STR_INIT("-----BEGIN"), STR_INIT("as")};
static const struct str k6[] = {STR_INIT("漢字"), STR_INIT("éa")};
static const struct str k7[] = {STR_INIT("abs"), STR_INIT("absab"),
                                STR_INIT("bsa")};
static const struct str k8[] = {
    STR_INIT("a b"),   STR_INIT("a b a"),
    STR_INIT("b "),    STR_INIT("ab sab"),
    STR_INIT(" a s"),  STR_INIT("\n@ k"),
    STR_INIT("s- @-"), STR_INIT("a b 1234 a b x s")};

#define ROW(k, first)                                                          \
    {                                                                          \
        .keywords = (k), .keyword_count = ARRAY_LEN(k), .keyword_first = first \
    }
static struct keyed keys;
static struct rule rules[] = {
    ROW(k0, false), ROW(k1, true), ROW(k2, true),  ROW(k3, true),
    ROW(k4, false), ROW(k5, true), ROW(k6, true),  ROW(k7, true),
    ROW(k0, true),  ROW(k8, true), {.digits = 13},
};
#define COUNT ARRAY_LEN(rules)
static const uint64_t every_rule[] = {UINT64_MAX};
_Static_assert(COUNT <= 64, "of one word");
static const struct run no_runs[COUNT];
static const struct guard open_guards[COUNT];
/* Those that are keyword_first. */
static const uint64_t wanted[] = {0x3ee};

static struct str text_make(char *to, size_t pieces, bool folds)
{
    static const char *const bits[] = {
        "a",    "b", "A",        "B",           "s",  "k",    "K",
        "-",    "@", "sab-",     "-----BEGIN",  "漢", "字",   "é",
        "1234", " ", ". ",       "x",           "\n", " \t ", "a b",
        "b",    " ", "\xc5\xbf", "\xe2\x84\xaa"};
    size_t n = 0;

    for (size_t i = 0; i < pieces; i++) {
        const char *s = bits[rnd(folds ? 25 : 23)];

        memcpy(to + n, s, strlen(s));
        n += strlen(s);
    }
    return (struct str){to, n};
}

/* Does any keyword of the rule begin at i? */
static enum keyword_here slow_at(const struct rule *r, struct str text,
                                 size_t i)
{
    enum keyword_here best = KEYWORD_NO;
    size_t len;

    for (size_t k = 0; k < r->keyword_count; k++) {
        enum keyword_here h =
            keyword_at(r->keywords[k], str_skip(text, i), &len);

        best = h > best ? h : best;
    }
    return best;
}

static bool listed(const struct prefilter_hits *hits, uint32_t rule, size_t at)
{
    for (size_t i = 0; i < hits->count; i++)
        if (hits->at[i] == ((uint64_t)rule << 32 | at))
            return true;
    return false;
}

/* A text of one piece. */
static enum err run_piece(const struct prefilter *pf, struct str text,
                          struct prefilter_hits *hits)
{
    enum err e = prefilter_begin(pf, text, hits);

    return e ? e : prefilter_next(pf, text, hits);
}

static void check_text(const struct prefilter *pf, struct str text,
                       struct prefilter_hits *hits)
{
    if (!CHECK_INT(run_piece(pf, text, hits), OK))
        return;
    for (size_t i = 1; i < hits->count; i++)
        CHECK(hits->at[i - 1] <= hits->at[i]);
    for (uint32_t r = 0; r < COUNT; r++) {
        bool asked = hits->looking == NULL || hits_bit(hits->looking, r);
        bool got = (hits->rules[0] >> r & 1) != 0, want = false;

        for (size_t i = 0; i < text.len; i++) {
            bool yes = asked && slow_at(&rules[r], text, i) == KEYWORD_YES;

            want = want || yes;
            if (rules[r].keyword_first)
                CHECK_INT(listed(hits, r, i), yes);
        }
        CHECK_INT(hits->unlisted[0], 0);
        if (!CHECK_INT(got, want))
            check_show("text", text);
    }
}

static void check_texts(void)
{
    static const uint64_t keyed_only[] = {0x3ff}; /* no rule of numbers looks */
    struct prefilter_hits hits = {0};
    struct prefilter *pf;
    char space[400];

    if (!CHECK_INT(
            prefilter_new(rules, COUNT, wanted, open_guards, no_runs, &pf), OK))
        return;
    for (int i = 0; i < 20000; i++)
        check_text(pf, text_make(space, rnd(24), i % 2 != 0), &hits);
    hits.looking = keyed_only;
    for (int i = 0; i < 10000; i++)
        check_text(pf, text_make(space, rnd(24), rnd(2) != 0), &hits);
    CHECK_INT(hits.digits, 0);
    CHECK_INT(hits.tokens.count, 0);
    prefilter_hits_free(&hits);
    prefilter_free(pf);
}

/* Rules of what tools answer, of what users write, of both and of neither, and
 * texts at places of any. */
static void check_kinds(void)
{
    static const unsigned roles[] = {1u << ROLE_TOOL, 1u << ROLE_USER, 0xf,
                                     1u << ROLE_ASSISTANT};
    struct prefilter_hits hits = {0};
    struct prefilter *pf;
    uint64_t looking;
    char space[400];

    for (size_t r = 0; r < COUNT; r++)
        rules[r].roles = roles[rnd(4)];
    if (!CHECK_INT(
            prefilter_new(rules, COUNT, wanted, open_guards, no_runs, &pf), OK))
        return;
    for (int i = 0; i < 1000; i++) {
        unsigned of = roles[rnd(4)] | roles[rnd(4)];

        looking = 0;
        for (size_t r = 0; r < COUNT; r++)
            looking |= (uint64_t)((rules[r].roles & of) != 0) << r;
        hits.looking = i % 8 == 0 ? NULL : &looking;
        check_text(pf, text_make(space, rnd(24), i % 2 != 0), &hits);
    }
    for (size_t r = 0; r < COUNT; r++)
        rules[r].roles = 0;
    prefilter_hits_free(&hits);
    prefilter_free(pf);
}

static void test_kinds(void)
{
    rnd_seed = 11;
    for (int i = 0; i < 40; i++)
        check_kinds();
}

/* By whatever bytes they are looked for. */
static void test_against_slow(void)
{
    rnd_seed = 1;
    check_texts();
    for (int i = 0; i < 10; i++) {
        keyed_anyhow(&keys, rules, COUNT);
        check_texts();
    }
    keyed(&keys, rules, COUNT);
}

/* What a guard stops is passed over, and nothing else; what begins beyond ASCII
 * does not have to be, nor does anything in a text with second spellings. */
static void check_guards(const struct prefilter *pf, const struct guard *guards,
                         const struct run *runs, struct str text,
                         struct prefilter_hits *hits)
{
    if (!CHECK_INT(run_piece(pf, text, hits), OK))
        return;
    for (uint32_t r = 0; r < COUNT; r++) {
        bool any = false;

        for (size_t i = 0; rules[r].keyword_first && i < text.len; i++) {
            bool yes = slow_at(&rules[r], text, i) == KEYWORD_YES;
            char c = text.ptr[i];
            bool small = is_digit(c) || (c >= 'a' && c <= 'z');
            bool stops =
                i > 0 && guard_stops(small ? &runs[r].small : &guards[r],
                                     (unsigned char)text.ptr[i - 1]);

            any |= listed(hits, r, i);
            if (yes && stops &&
                (hits->folds || (unsigned char)text.ptr[i] >= 0x80))
                continue;
            CHECK_INT(listed(hits, r, i), yes && !stops);
        }
        if (rules[r].keyword_first)
            CHECK_INT(hits->rules[0] >> r & 1, any);
    }
}

static void test_guards(void)
{
    static struct guard guards[COUNT];
    static struct run runs[COUNT];
    struct prefilter_hits hits = {0};
    struct prefilter *pf;
    char space[400];

    rnd_seed = 3;
    for (size_t r = 0; r < COUNT; r++) { /* small letters, others, or none */
        guards[r].bits[1] = r % 3 == 0   ? UINT64_C(0x07fffffe00000000)
                            : r % 3 == 1 ? ~UINT64_C(0x07fffffe00000000)
                                         : 0;
        runs[r].small = guards[r]; /* and for a small one any letter, or none */
        if (r % 2 == 0)
            runs[r].small.bits[1] |= UINT64_C(0x07fffffe07fffffe);
    }
    if (!CHECK_INT(prefilter_new(rules, COUNT, wanted, guards, runs, &pf), OK))
        return;
    for (int i = 0; i < 20000; i++)
        check_guards(pf, guards, runs, text_make(space, rnd(24), i % 2 == 0),
                     &hits);
    prefilter_hits_free(&hits);
    prefilter_free(pf);
}

/* A second spelling of s or k, wherever it stands, hides no keyword. */
static void test_folds(void)
{
    struct prefilter_hits hits = {0};
    struct prefilter *pf;
    char text[100];

    if (!CHECK_INT(
            prefilter_new(rules, COUNT, wanted, open_guards, no_runs, &pf), OK))
        return;
    for (size_t at = 0; at + 5 < sizeof(text); at++) {
        memset(text, 'x', sizeof(text));
        memcpy(text + at, "\xc5\xbfK-", 4);
        check_text(pf, (struct str){text, sizeof(text)}, &hits);
        CHECK_INT(hits.rules[0], 1 << 2);
        memcpy(text + at, "S\xe2\x84\xaa-", 5);
        check_text(pf, (struct str){text, sizeof(text)}, &hits);
        CHECK_INT(hits.rules[0], 1 << 2);
        memcpy(text + at, "S\xe2\x84\xa2-", 5);
        check_text(pf, (struct str){text, sizeof(text)}, &hits);
        CHECK_INT(hits.rules[0], 0);
    }
    prefilter_hits_free(&hits);
    prefilter_free(pf);
}

static void test_digits(void)
{
    static const struct {
        const char *text;
        size_t want;
    } rows[] = {
        {"", 0},
        {"no digits at all, really none of them here", 0},
        {"1", 1},
        {"call 555-1234 now, that is all there is to say", 7},
        {"4111 1111 1111 1111", 16},
        {"xxxxxxxxxxxxxx4111.1111/(1111)-1111xxxxxxxxxxxxxxxxxxxx", 16},
        {"1a2b3c4d5e6f7a8b9c0d1e2f3a4b5c6d7e8f9a0b1c2d3e4f", 1},
        {"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx123", 3},
    };
    struct prefilter_hits hits = {0};
    struct prefilter *pf;

    if (!CHECK_INT(
            prefilter_new(rules, COUNT, wanted, open_guards, no_runs, &pf), OK))
        return;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CHECK_ROW(rows[i].text);
        CHECK_INT(run_piece(pf, str_of(rows[i].text), &hits), OK);
        /* counted only as far as a rule asks */
        CHECK(hits.digits == rows[i].want ||
              (rows[i].want >= 13 && hits.digits >= 13));
    }
    CHECK_ROW(NULL);
    prefilter_hits_free(&hits);
    prefilter_free(pf);
}

/* A text of many pieces: each keyword is in the list of one, also one that is
 * cut by two. */
static void check_pieces(const struct prefilter *pf, struct str text)
{
    struct prefilter_hits hits = {0};
    size_t seen = 0, want = 0;

    for (size_t i = 0; i < text.len; i++)
        want += slow_at(&rules[1], text, i) == KEYWORD_YES;
    if (!CHECK_INT(prefilter_begin(pf, text, &hits), OK))
        return;
    do {
        CHECK_INT(prefilter_next(pf, text, &hits), OK);
        for (size_t i = 0; i < hits.count; i++) {
            uint64_t at = hits.at[i] & UINT32_MAX;

            if (hits.at[i] >> 32 != 1)
                continue;
            seen++;
            CHECK(at >= hits.from && at < hits.to &&
                  slow_at(&rules[1], text, at) == KEYWORD_YES);
        }
    } while (hits.to < text.len);
    CHECK_INT(seen, want);
    CHECK_INT(hits.unlisted[0], 0);
    prefilter_hits_free(&hits);
}

static void test_pieces(void)
{
    size_t len = 2 * PREFILTER_PIECE + 100;
    struct prefilter *pf;
    char *text = malloc(len);

    if (text == NULL ||
        !CHECK_INT(
            prefilter_new(rules, COUNT, wanted, open_guards, no_runs, &pf), OK))
        return;
    for (size_t shift = 0; shift < 3; shift++) {
        for (size_t i = 0; i < len; i++)
            text[i] = "ab-"[(i + shift) % 3];
        check_pieces(pf, (struct str){text, len});
        memcpy(text + PREFILTER_PIECE - shift, "\xe2\x84\xaa", 3);
        check_pieces(pf, (struct str){text, len});
    }
    prefilter_free(pf);
    free(text);
}

/* As much white space as counts, where one block of a text ends (level.h). */
static void test_blocks(void)
{
    static const struct {
        const char *front, *back;
    } rows[] = {{"a", "b"}, {"a b", "1234 a b x s"}, {"a b 1234 a b x", "s"}};
    size_t len = LEVEL_BLOCK + 200, wide = KEYWORD_WIDE + 1;
    struct prefilter_hits hits = {0};
    struct prefilter *pf;
    char *text = malloc(len);

    if (text == NULL ||
        !CHECK_INT(
            prefilter_new(rules, COUNT, wanted, open_guards, no_runs, &pf), OK))
        return;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        for (size_t at = LEVEL_BLOCK - 100; at < LEVEL_BLOCK + 5; at++) {
            size_t n = strlen(rows[i].front), back = strlen(rows[i].back);

            memset(text, 'x', len);
            memcpy(text + at, rows[i].front, n);
            memset(text + at + n, '\n', wide);
            memcpy(text + at + n + wide, rows[i].back, back);
            CHECK_INT(run_piece(pf, (struct str){text, len}, &hits), OK);
            CHECK(listed(&hits, 9, at));
            text[at] = 'x';
            CHECK_INT(run_piece(pf, (struct str){text, len}, &hits), OK);
            CHECK(!listed(&hits, 9, at));
        }
    prefilter_hits_free(&hits);
    prefilter_free(pf);
    free(text);
}

/* More keywords than are listed: said so of their rule, and none is lost. */
static void test_many(void)
{
    static const uint64_t all[] = {0xf};
    struct rule same[] = {ROW(k1, true), ROW(k1, true), ROW(k1, true),
                          ROW(k2, true)};
    struct prefilter_hits hits = {0};
    struct prefilter *pf;
    char *text = malloc(PREFILTER_PIECE);
    struct keyed of_same;

    keyed(&of_same, same, ARRAY_LEN(same));
    if (text == NULL ||
        !CHECK_INT(prefilter_new(same, 4, all, open_guards, no_runs, &pf), OK))
        return;
    for (size_t i = 0; i < PREFILTER_PIECE; i++)
        text[i] = "ab"[i % 2];
    memcpy(text, "sk-", 3);
    CHECK_INT(run_piece(pf, (struct str){text, PREFILTER_PIECE}, &hits), OK);
    CHECK_INT(hits.unlisted[0], 7);
    CHECK(listed(&hits, 3, 0));
    CHECK_INT(hits.rules[0], 0xf);
    CHECK_INT(run_piece(pf, STR("ab"), &hits), OK);
    CHECK_INT(hits.unlisted[0], 0);
    CHECK_INT(hits.count, 3);
    prefilter_hits_free(&hits);
    prefilter_free(pf);
    free(text);
}

/* --- The trie. */

struct seen {
    size_t last;            /* start */
    bool ended[COUNT][400]; /* by start */
};

static void on_ended(void *ctx, struct trie_rules ended, size_t start,
                     size_t least)
{
    struct seen *s = ctx;

    CHECK(start >= s->last && least <= start);
    s->last = start;
    for (size_t i = 0; i < ended.count; i++)
        s->ended[ended.list[i]][start] = true;
}

static void check_trie(const struct trie *t, struct trie_walk *walks,
                       struct str text)
{
    static struct seen s;
    size_t count = 0;

    memset(&s, 0, sizeof(s));
    for (size_t from = 0, to; from < text.len; from = to) {
        to = from + 1 + rnd(rnd(8) == 0 ? 12 : 2);
        to = to < text.len ? to : text.len;
        s.last = 0;
        trie_feed(t, walks, &count, str_head(text, to), from, 0, on_ended, &s);
        for (size_t w = 1; w < count; w++)
            CHECK(walks[w - 1].back > walks[w].back);
    }
    for (uint32_t r = 0; r < COUNT; r++)
        for (size_t at = 0; at < text.len; at++) {
            enum keyword_here want = KEYWORD_NO;
            bool cut = false, got = s.ended[r][at];

            if (rules[r].keyword_first)
                want = slow_at(&rules[r], text, at);
            for (size_t w = 0; w < count; w++) {
                struct trie_rules through = trie_through(t, &walks[w]);

                for (size_t i = 0; i < through.count; i++)
                    cut = cut || (through.list[i] == r &&
                                  text.len - walks[w].back == at);
            }
            if (want == KEYWORD_YES)
                CHECK(got);
            else
                CHECK(!got);
            if (want == KEYWORD_CUT && !CHECK(cut))
                check_show("text", text);
            if (want == KEYWORD_NO)
                CHECK(!cut);
        }
}

static void on_nothing(void *ctx, struct trie_rules ended, size_t start,
                       size_t least)
{
    (void)ctx;
    (void)ended;
    (void)start;
    (void)least;
}

static void test_trie_against_slow(void)
{
    struct trie_walk walks[LIM_KEYWORD + KEYWORD_WIDE];
    struct trie *t;
    char space[400];

    rnd_seed = 3;
    if (!CHECK_INT(trie_new(rules, COUNT, every_rule, open_guards, no_runs, &t),
                   OK))
        return;
    CHECK(trie_depth(t) <= LIM_KEYWORD + KEYWORD_WIDE);
    for (int i = 0; i < 20000; i++)
        check_trie(t, walks, text_make(space, rnd(16), true));
    trie_free(t);
}

/*
 * A walk goes on exactly as long as one of the rules through it can begin
 * behind the byte before it; a rule with a run can behind any.
 */
static void test_trie_guards(void)
{
    static const struct str words[] = {STR_INIT("able"), STR_INIT("abc"),
                                       STR_INIT("xyz")};
    struct guard guards[3] = {{{0}}};
    struct run runs[3] = {{0}};
    struct rule list[3] = {{.keyword_first = true, .keyword_count = 1},
                           {.keyword_first = true, .keyword_count = 1},
                           {.keyword_count = 1}};
    struct trie_walk walks[LIM_KEYWORD + KEYWORD_WIDE];
    struct trie *t;

    for (size_t i = 0; i < 3; i++)
        list[i].keywords = &words[i];
    guards[0].bits['_' / 64] |= UINT64_C(1) << '_' % 64;
    guards[2] = guards[0];
    runs[2].before = RUN_KEYWORD;
    runs[2].bit = 1;
    if (!CHECK_INT(trie_new(list, 3, every_rule, guards, runs, &t), OK))
        return;
    for (int before = 0; before < 256; before++)
        for (size_t r = 0; r < 3; r++) {
            size_t count = 0, taken = 0;
            bool stops = r == 0 && before == '_';
            char text[8] = {(char)(unsigned char)before};

            memcpy(text + 1, words[r].ptr, words[r].len);
            for (; taken + 1 < words[r].len; taken++) {
                trie_feed(t, walks, &count, (struct str){text, taken + 2},
                          taken + 1, SIZE_MAX, on_nothing, NULL);
                CHECK_INT(count, stops && taken >= 2 ? 0 : 1);
                if (count != 0)
                    CHECK_INT(walks[0].runs, r == 2);
            }
        }
    trie_free(t);
}

/* Nor is one that could begin there only with a capital, with a small letter.
 */
static void test_trie_small(void)
{
    static const struct str words[] = {STR_INIT("able"), STR_INIT("xyz")};
    struct guard guards[2] = {{{0}}};
    struct run runs[2] = {{0}};
    struct rule list[2] = {{.keyword_first = true, .keyword_count = 1},
                           {.keyword_first = true, .keyword_count = 1}};
    struct trie_walk walks[LIM_KEYWORD + KEYWORD_WIDE];
    struct trie *t;

    for (size_t i = 0; i < 2; i++)
        list[i].keywords = &words[i];
    for (unsigned c = '0'; c <= 'z'; c++)
        if (is_alnum((char)c))
            runs[0].small.bits[c / 64] |= UINT64_C(1) << c % 64;
    if (!CHECK_INT(trie_new(list, 2, every_rule, guards, runs, &t), OK))
        return;
    for (int before = 0; before < 256; before++)
        for (size_t r = 0; r < 2; r++)
            for (size_t big = 0; big < 2; big++) {
                size_t count = 0, n = words[r].len - 1;
                char text[8] = {(char)(unsigned char)before};

                memcpy(text + 1, words[r].ptr, words[r].len);
                text[1] = (char)(text[1] - (big ? 32 : 0));
                for (size_t taken = 0; taken < n; taken++)
                    trie_feed(t, walks, &count, (struct str){text, taken + 2},
                              taken + 1, SIZE_MAX, on_nothing, NULL);
                CHECK_INT(count, r != 0 || big || !is_alnum((char)before));
            }
    trie_free(t);
}

static void test_keyword_next(void)
{
    struct keyword_index index;
    char space[400];

    rnd_seed = 4;
    for (int i = 0; i < 5000; i++) {
        struct str text = text_make(space, rnd(24), true);

        for (uint32_t r = 0; r < COUNT; r++)
            for (int open = 0; open < 2; open++) {
                size_t at = 0;

                while (at < text.len) {
                    enum keyword_here h = slow_at(&rules[r], text, at);

                    if (h == KEYWORD_YES || (h == KEYWORD_CUT && open))
                        break;
                    at++;
                }
                keyword_index(&rules[r], &index);
                CHECK_INT(keyword_next(&rules[r], &index, text, 0, open), at);
            }
    }
}

/* White space between the words of a keyword, up to as much as counts, and in
 * front of it none but its own. */
static void test_gaps(void)
{
    static const struct {
        const char *keyword, *front, *back;
        int most; /* spaces between */
    } rows[] = {
        {"a b", "a", "b", KEYWORD_WIDE + 1},          {" a", "", "a", 1},
        {"a b c", "a b\n\n", "c", KEYWORD_WIDE - 1},  {"a b c", "a ", " c", 0},
        {"a b c", "a\t\t\tb", "c", KEYWORD_WIDE - 1},
    };
    char space[200];
    size_t len;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        for (int n = 1; n < 100; n++) {
            struct str text = {space, 0};
            int yes = n <= rows[i].most;

            text.len = (size_t)snprintf(space, sizeof(space), "%s%*s%s",
                                        rows[i].front, n, "", rows[i].back);
            CHECK_ROW(rows[i].keyword);
            CHECK_INT(keyword_at(str_of(rows[i].keyword), text, &len),
                      yes ? KEYWORD_YES : KEYWORD_NO);
        }
    CHECK_ROW(NULL);
}

static void test_tidy(void)
{
    static const struct {
        const char *in, *out;
    } rows[] = {
        {"a b", "a b"},       {"a \n b", "a b"}, {"a\tb\v\f\r", "a b "},
        {"\n\n a", "\n\n a"}, {"  ", "  "},      {"a", "a"},
    };
    char out[LIM_KEYWORD];

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct str got = {out, keyword_tidy(str_of(rows[i].in), out)};

        CHECK_ROW(rows[i].in);
        CHECK_EQ(got, str_of(rows[i].out));
        CHECK_INT(keyword_is_tidy(str_of(rows[i].in)),
                  str_eq(got, str_of(rows[i].in)));
    }
    CHECK_ROW(NULL);
}

static void test_no_rules(void)
{
    struct prefilter_hits hits = {0};
    struct prefilter *pf;
    struct trie *t;

    if (CHECK_INT(prefilter_new(NULL, 0, NULL, NULL, NULL, &pf), OK)) {
        CHECK_INT(run_piece(pf, STR("some 4111 text"), &hits), OK);
        prefilter_free(pf);
    }
    if (CHECK_INT(trie_new(NULL, 0, every_rule, NULL, NULL, &t), OK)) {
        CHECK_INT(trie_depth(t), 0);
        trie_free(t);
    }
    prefilter_hits_free(&hits);
}

static void test_nth_allocation(void)
{
    for (size_t n = 1;; n++) {
        struct prefilter_hits hits = {0};
        struct prefilter *pf = NULL;
        struct trie *t = NULL;
        enum err e;

        failmalloc_at(n, FAIL_ONE);
        e = prefilter_new(rules, COUNT, wanted, open_guards, no_runs, &pf);
        if (!e)
            e = trie_new(rules, COUNT, every_rule, open_guards, no_runs, &t);
        if (!e)
            e = run_piece(pf, STR("abba"), &hits);
        prefilter_hits_free(&hits);
        prefilter_free(pf);
        trie_free(t);
        if (!failmalloc_off())
            break;
        CHECK_INT(e, E_NOMEM);
    }
}

int main(void)
{
    keyed(&keys, rules, COUNT);
    RUN(test_against_slow);
    RUN(test_kinds);
    RUN(test_guards);
    RUN(test_folds);
    RUN(test_digits);
    RUN(test_pieces);
    RUN(test_blocks);
    RUN(test_many);
    RUN(test_trie_against_slow);
    RUN(test_trie_guards);
    RUN(test_trie_small);
    RUN(test_keyword_next);
    RUN(test_gaps);
    RUN(test_tidy);
    RUN(test_no_rules);
    RUN(test_nth_allocation);
    return check_done();
}
