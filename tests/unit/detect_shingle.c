/*
 * Copies of a prompt: what counts as one, however it is written, and that the
 * answer for a text that comes in pieces is that for the whole.
 */
#include "detect/shingle.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/limits.h"
#include "check.h"
#include "failmalloc.h"

static const char prompt[] =
    "You are Halberd, the night clerk of the Aurelia Hotel. Never tell a guest "
    "which rooms are empty, nor that the cellar door has no lock. If somebody "
    "asks for a discount, offer nine percent at most and say that the manager "
    "is away. Do not mention the river, the flood of 1987, or the brass key "
    "under the third step. Answer in two short sentences, and always politely.";

static struct shingles *make(const char *text, const char *shared)
{
    struct shingles *s;

    CHECK_INT(shingles_new(7, &s), OK);
    CHECK_INT(shingles_add(s, str_of(text)), OK);
    CHECK_INT(shingles_seal(s), OK);
    if (shared != NULL)
        CHECK_INT(shingles_share(s, str_of(shared)), OK);
    return s;
}

static void letters_of(const char *text, char *out)
{
    struct letters in = letters_start(str_of(text), 0);
    struct letter one;
    size_t n = 0;

    while (letter_next(&in, &one)) {
        if (one.word)
            out[n++] = '|';
        out[n++] = (char)one.byte;
    }
    out[n] = 0;
}

static void test_letters(void)
{
    static const struct {
        const char *in, *out;
    } rows[] = {
        {"", ""},
        {" ,. ", ""},
        {"Do NOT, ever", "|do|not|ever"},
        {"don\xe2\x80\x99t it's", "|dont|its"},
        {"d-o\xe2\x80\x8bn", "|d|o|n"},
        {"\xc3\x84rger \xce\xa9 \xd0\x96", "|\xc3\xa4rger|\xcf\x89|\xd0\xb6"},
        {"\xef\xbc\xa1\xef\xbc\xa2", "|ab"},
        /* Four Han characters are two words. */
        {"\xe4\xb8\x80\xe4\xba\x8c\xe4\xb8\x89\xe5\x9b\x9b",
         "|\xe4\xb8\x80\xe4\xba\x8c|\xe4\xb8\x89\xe5\x9b\x9b"},
        {"a\xf0\x9f\x98\x80z", "|a|z"},
    };
    char out[200];

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CHECK_ROW(rows[i].in);
        letters_of(rows[i].in, out);
        CHECK_EQ(str_of(out), str_of(rows[i].out));
    }
    CHECK_ROW(NULL);
}

static const struct {
    const char *name, *text;
    const char *begin, *end; /* of the run in the text; NULL: none */
    unsigned words;
} rows[] = {
    {"nothing", "The weather is fine and the river is high today.", NULL, NULL,
     0},
    {"verbatim", "Sure: Never tell a guest which rooms are empty, nor that no.",
     "Never", "that", 10},
    {"upper case", "NEVER TELL A GUEST WHICH ROOMS ARE EMPTY!!", "NEVER",
     "EMPTY", 8},
    {"other marks",
     "never; tell - a \"guest\" which\n* rooms\n* are empty, nor...", "never",
     "nor", 9},
    {"spaced out",
     "n e v e r t e l l a g u e s t w h i c h r o o m s a r e e m p t y", "n e",
     "p t y", 8},
    {"hidden between",
     "ne\xe2\x80\x8bver tell a guest which ro\xc2\xadoms are empty", "ne",
     "empty", 8},
    {"too short", "Never tell a guest which ro", NULL, NULL, 0},
    {"one word changed", "Never tell a guest which beds are empty today", NULL,
     NULL, 0},
    {"the end",
     "x the third step. Answer in two short sentences, and always "
     "politely",
     "the third", "politely", 11},
};

static void test_runs(void)
{
    struct shingles *s = make(prompt, NULL);

    CHECK_INT(shingles_words(s), 69);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct str text = str_of(rows[i].text);
        struct shingle_run run;
        uint64_t covered = 0;
        uint32_t fresh;

        CHECK_ROW(rows[i].name);
        CHECK_INT(shingles_find(s, text, 0, false, &run), OK);
        CHECK_INT(run.found, rows[i].begin != NULL);
        if (!run.found)
            continue;
        CHECK_INT(run.start, str_find(text, str_of(rows[i].begin)));
        CHECK_INT(run.end,
                  str_find(text, str_of(rows[i].end)) + strlen(rows[i].end));
        CHECK_INT(shingles_count(s, &run, &covered, &fresh), rows[i].words);
        CHECK_INT(fresh, rows[i].words);
        (void)shingles_count(s, &run, &covered, &fresh);
        CHECK_INT(fresh, 0);
    }
    CHECK_ROW(NULL);
    shingles_free(s);
}

/* What the user said too is not the prompt's alone. */
static void test_shared(void)
{
    struct shingles *s =
        make(prompt, "Is it true: never tell a guest which rooms are empty?");
    struct str text =
        STR("Never tell a guest which rooms are empty, nor that the cellar "
            "door has no lock");
    struct shingle_run run;
    uint64_t covered = 0;
    uint32_t fresh;

    CHECK_INT(shingles_find(s, text, 0, false, &run), OK);
    CHECK(run.found);
    CHECK_INT(shingles_count(s, &run, &covered, &fresh), 8);
    shingles_free(s);
}

/*
 * As a stream asks: the text grows, and the search goes on at the last cursor.
 * The runs must be those of the whole text, and begin where text still waits.
 */
static size_t runs_of(struct shingles *s, struct str text, size_t cut,
                      size_t step, struct shingle_run *list, size_t max)
{
    size_t n = 0, cursor = 0, have = 0;
    bool open = true;

    while (open) {
        struct shingle_run run;

        have += have < cut ? cut - have : step;
        while (have < text.len &&
               ((unsigned char)text.ptr[have] & 0xc0) == 0x80)
            have++;
        open = have < text.len;
        for (;;) {
            CHECK_INT(
                shingles_find(s, str_head(text, have), cursor, open, &run), OK);
            CHECK(run.cursor >= cursor);
            if (!run.found)
                break;
            CHECK(run.start >= cursor);
            if (n < max)
                list[n++] = run;
            cursor = run.cursor;
        }
        cursor = run.cursor;
    }
    return n;
}

static void check_cuts(struct shingles *s, struct str text)
{
    struct shingle_run whole[64], cut[64];
    size_t n = runs_of(s, text, text.len, 1, whole, ARRAY_LEN(whole));

    for (size_t step = 1; step < text.len; step += 1 + step / 2)
        for (size_t at = 0; at < text.len; at++) {
            size_t m = runs_of(s, text, at, step, cut, ARRAY_LEN(cut));

            CHECK_INT(m, n);
            for (size_t i = 0; i < n && i < m; i++) {
                CHECK_INT(cut[i].start, whole[i].start);
                CHECK_INT(cut[i].end, whole[i].end);
                CHECK_INT(cut[i].at, whole[i].at);
            }
        }
}

static void test_cuts(void)
{
    struct shingles *s = make(prompt, NULL);

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CHECK_ROW(rows[i].name);
        check_cuts(s, str_of(rows[i].text));
    }
    CHECK_ROW(NULL);
    shingles_free(s);
}

static uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525 + 1013904223;
    return *state >> 16;
}

/* Texts stitched from pieces of the prompt, overlapping, damaged, of letters of
 * several bytes; prompts that repeat themselves. */
static void test_stitched(void)
{
    static const char *const prompts[] = {
        prompt,
        "abababababababababababababababababababababababababababababababab "
        "abababababababababababababababababababababababababababababababac",
        "\xd0\x9d\xd0\xb8\xd0\xba\xd0\xbe\xd0\xb3\xd0\xb4\xd0\xb0 "
        "\xd0\xbd\xd0\xb5 \xd0\xb3\xd0\xbe\xd0\xb2\xd0\xbe\xd1\x80\xd0\xb8 "
        "\xd0\xbf\xd1\x80\xd0\xbe \xd0\xba\xd0\xbb\xd1\x8e\xd1\x87 "
        "\xd0\xbf\xd0\xbe\xd0\xb4 \xd1\x82\xd1\x80\xd0\xb5\xd1\x82\xd1\x8c"
        "\xd0\xb5\xd0\xb9 "
        "\xd1\x81\xd1\x82\xd1\x83\xd0\xbf\xd0\xb5\xd0\xbd\xd1\x8c\xd1\x8e",
    };
    uint32_t state = 5;
    struct buf text;

    buf_init(&text, MIB);
    for (size_t round = 0; round < 60; round++) {
        const char *p = prompts[round % ARRAY_LEN(prompts)];
        struct shingles *s = make(p, NULL);
        size_t len = strlen(p);

        buf_clear(&text);
        for (size_t i = 0; i < 4; i++) {
            size_t from = next_random(&state) % len;
            size_t n = next_random(&state) % 90;

            while (((unsigned char)p[from] & 0xc0) == 0x80)
                from++;
            n = n > len - from ? len - from : n;
            while (from + n < len &&
                   ((unsigned char)p[from + n] & 0xc0) == 0x80)
                n++;
            CHECK_INT(buf_add(&text, (struct str){p + from, n}), OK);
            if (next_random(&state) % 3 == 0)
                CHECK_INT(buf_add(&text, STR(" x")), OK);
        }
        check_cuts(s, buf_str(&text));
        shingles_free(s);
    }
    buf_free(&text);
}

/* A run without end is given in pieces, and what is held stays bounded. */
static void test_long(void)
{
    struct shingle_run run;
    struct shingles *s;
    struct buf text;
    size_t from = 0, runs = 0;
    uint32_t state = 1;

    buf_init(&text, MIB);
    for (size_t i = 0; i < 5000; i++)
        CHECK_INT(buf_add_byte(&text, (char)('a' + next_random(&state) % 26)),
                  OK);
    CHECK_INT(buf_add_byte(&text, 0), OK);
    s = make(text.ptr, NULL);
    text.len--;
    for (size_t have = 1; have <= text.len; have++) {
        CHECK_INT(
            shingles_find(s, str_head(buf_str(&text), have), from, true, &run),
            OK);
        runs += run.found;
        from = run.cursor;
        CHECK(have - from <= SHINGLE_RUN);
    }
    CHECK_INT(runs, 4);
    shingles_free(s);
    buf_free(&text);
}

/* More than fits, letters that are all the same: it stays fast and sane. */
static void test_hostile(void)
{
    struct shingle_run run;
    struct shingles *s;
    struct buf text;
    size_t from = 0, runs = 0;

    buf_init(&text, 4 * MIB);
    for (size_t i = 0; i < 2 * MIB; i++)
        CHECK_INT(buf_add_byte(&text, i % 70000 == 69999 ? ' ' : 'a'), OK);
    CHECK_INT(shingles_new(1, &s), OK);
    CHECK_INT(shingles_add(s, buf_str(&text)), OK);
    CHECK_INT(shingles_seal(s), OK);
    CHECK_INT(shingles_words(s), 1);
    do {
        CHECK_INT(shingles_find(s, buf_str(&text), from, false, &run), OK);
        runs += run.found;
        from = run.cursor;
    } while (run.found);
    CHECK(runs >= 2 * MIB / SHINGLE_RUN - 1);
    shingles_free(s);

    CHECK_INT(shingles_new(1, &s), OK); /* an empty prompt */
    CHECK_INT(shingles_seal(s), OK);
    CHECK_INT(shingles_find(s, buf_str(&text), 0, true, &run), OK);
    CHECK(!run.found);
    shingles_free(s);
    buf_free(&text);
}

static enum err whole_life(void)
{
    struct shingle_run run;
    struct shingles *s;
    enum err e;

    if ((e = shingles_new(7, &s)))
        return e;
    if (!(e = shingles_add(s, str_of(prompt))) && !(e = shingles_seal(s)))
        e = shingles_find(s, str_of(prompt), 0, true, &run);
    shingles_free(s);
    return e;
}

static void test_nomem(void)
{
    for (size_t n = 1;; n++) {
        enum err e;

        failmalloc_at(n, FAIL_ONE);
        e = whole_life();
        if (!failmalloc_off()) {
            CHECK_INT(e, OK);
            break;
        }
        CHECK_INT(e, E_NOMEM);
    }
}

int main(void)
{
    RUN(test_letters);
    RUN(test_runs);
    RUN(test_shared);
    RUN(test_cuts);
    RUN(test_stitched);
    RUN(test_long);
    RUN(test_hostile);
    RUN(test_nomem);
    return check_done();
}
