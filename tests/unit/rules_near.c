/* What must, or must not, stand near a match: in whole texts, and the same on
 * streams whatever the pieces are. */
#include <stdlib.h>

#include "check.h"
#include "rules/near.h"
#include "rules/stream.h"

#define SIDES (NEAR_BEFORE | NEAR_AFTER)

static const struct str k_vault[] = {STR_INIT("vault")};

static const struct row {
    const char *name;
    struct near nears[2];
    const char *text;
    unsigned hits;
} rows[] = {
    {"before",
     {{STR_INIT("open"), 20, SIDES, true, false}},
     "please open the vault",
     1},
    {"behind",
     {{STR_INIT("open"), 20, SIDES, true, false}},
     "the vault is open now",
     1},
    {"nowhere",
     {{STR_INIT("open"), 20, SIDES, true, false}},
     "the vault is shut",
     0},
    {"the wrong side",
     {{STR_INIT("open"), 20, NEAR_AFTER, true, false}},
     "open the vault",
     0},
    {"the match itself is not near it",
     {{STR_INIT("vault"), 20, SIDES, true, false}},
     "a vault",
     0},
    {"another match is",
     {{STR_INIT("vault"), 20, SIDES, true, false}},
     "a vault, a vault",
     2},
    {"too far",
     {{STR_INIT("open"), 5, SIDES, false, false}},
     "open up the big vault",
     0},
    {"a cut word is looked at whole",
     {{STR_INIT("\\bopening\\b"), 5, SIDES, false, false}},
     "opening a vault",
     1},
    {"and is no other word",
     {{STR_INIT("\\bing\\b"), 5, SIDES, false, false}},
     "opening a vault",
     0},
    {"the next sentence",
     {{STR_INIT("open"), 90, SIDES, true, false}},
     "The vault. It is open.",
     0},
    {"the last sentence",
     {{STR_INIT("open"), 90, SIDES, true, false}},
     "It is open! The vault.",
     0},
    {"closing marks",
     {{STR_INIT("open"), 90, SIDES, true, false}},
     "\"The vault?\") It is open.",
     0},
    {"a point in a number ends none",
     {{STR_INIT("open"), 90, SIDES, true, false}},
     "vault 3.5 is open",
     1},
    {"a line ends none",
     {{STR_INIT("open"), 90, SIDES, true, false}},
     "the vault\nis open",
     1},
    {"an empty line does",
     {{STR_INIT("open"), 90, SIDES, true, false}},
     "the vault\n\nis open",
     0},
    {"one of CRLF",
     {{STR_INIT("open"), 90, SIDES, true, false}},
     "the vault\r\n\r\nis open",
     0},
    {"a wide full stop",
     {{STR_INIT("open"), 90, SIDES, true, false}},
     "vault\xe3\x80\x82open",
     0},
    {"a full stop of half the width",
     {{STR_INIT("open"), 90, SIDES, true, false}},
     "vault\xef\xbd\xa1open",
     0},
    {"an Arabic question mark",
     {{STR_INIT("open"), 90, SIDES, true, false}},
     "vault\xd8\x9f open",
     0},
    {"a full stop of Urdu",
     {{STR_INIT("open"), 90, SIDES, true, false}},
     "vault\xdb\x94 open",
     0},
    {"a danda",
     {{STR_INIT("open"), 90, SIDES, true, false}},
     "vault \xe0\xa5\xa4 open",
     0},
    {"across sentences, by distance",
     {{STR_INIT("open"), 90, SIDES, false, false}},
     "The vault. It is open.",
     1},
    {"unless",
     {{STR_INIT("(?i)example"), 90, SIDES, true, true}},
     "An example: the vault. My vault.",
     1},
    {"unless behind",
     {{STR_INIT("(?i)example"), 90, NEAR_AFTER, true, true}},
     "vault (example). My vault.",
     1},
    {"both hold",
     {{STR_INIT("open"), 90, SIDES, true, false},
      {STR_INIT("never"), 90, SIDES, true, true}},
     "open the vault. never open the vault. the vault.",
     1},
    {"characters, not bytes",
     {{STR_INIT("open"), 8, SIDES, false, false}},
     "open äöüß vault",
     1},
};

/* Ends of short forms are within a sentence, those of words end one. */
static const struct row short_forms[] = {
#define STANDS(between, count)                                                 \
    {                                                                          \
        between, {{STR_INIT("open"), 90, SIDES, true, false}},                 \
            "the vault " between " is open", count                             \
    }
    STANDS("of Dr. Smith", 1),
    STANDS("of Mrs. Smith", 1),
    STANDS("of J. Smith", 1),
    STANDS("of J. R. R. Smith", 1),
    STANDS("(e.g. mine)", 1),
    STANDS("(i.e. mine)", 1),
    STANDS("z.B. heute", 1),
    STANDS("z. B. heute", 1),
    STANDS("p.ex. ici", 1),
    STANDS("p. ex. ici", 1),
    STANDS("Nr. 5", 1),
    STANDS("No. 5", 1),
    STANDS("of Acme Inc. now", 1),
    STANDS("vs. the door", 1),
    STANDS("etc. now", 1),
    STANDS("(etc.) now", 1),
    STANDS("bzw. Tresor", 1),
    STANDS("n\xc3\xbam. 5", 1),
    STANDS("\xd1\x83\xd0\xbb. 5", 1),
    STANDS("... well", 1),
    STANDS("at 3.14 now", 1),
    STANDS("of example.com now", 1),
    STANDS("is mine. It", 0),
    STANDS("is Drs. It", 0),
    STANDS("am I. It", 0),
    STANDS("is 4. It", 0),
    STANDS("is xNo. It", 0),
    STANDS("is 1Nr. It", 0),
    STANDS("is it?! It", 0),
    STANDS("of Dr. Smith. It", 0),
    STANDS("is verylongandinc. It", 0),
};

static unsigned whole_hits(const struct rules *rs, struct scratch *sc,
                           struct str text)
{
    struct scope at = {.dir = DIR_RECV, .role = ROLE_ASSISTANT};
    struct findings found;
    unsigned n;

    findings_init(&found);
    CHECK_INT(rules_scan(rs, sc, &at, text, 0, &found), OK);
    n = (unsigned)found.count;
    findings_free(&found);
    return n;
}

static unsigned stream_hits(const struct rules *rs, struct scratch *sc,
                            struct str text, size_t cut, bool bytes)
{
    struct scope at = {.dir = DIR_RECV, .role = ROLE_ASSISTANT};
    struct finding f;
    struct stream *st;
    unsigned n = 0;

    if (!CHECK_INT(stream_new(rs, sc, &at, &st), OK))
        return 0;
    for (size_t i = 0; bytes && i < text.len; i++)
        CHECK_INT(stream_take(st, str_head(str_skip(text, i), 1)), OK);
    if (!bytes) {
        CHECK_INT(stream_take(st, str_head(text, cut)), OK);
        CHECK_INT(stream_take(st, str_skip(text, cut)), OK);
    }
    CHECK_INT(stream_flush(st), OK);
    while (stream_finding(st, &f))
        n++;
    stream_free(st);
    return n;
}

static void load(const struct near *nears, struct buf *packed,
                 struct rules **ret_rs)
{
    struct rule r = {.id = STR_INIT("SP-1"),
                     .put = STR_INIT("[x]"),
                     .match = STR_INIT("vault"),
                     .dirs = DIRS_ALL,
                     .roles = ROLES_ALL,
                     .parts = PARTS_ALL,
                     .action = ACTION_REDACT,
                     .keywords = k_vault,
                     .keyword_count = 1,
                     .keyword_first = true,
                     .nears = nears,
                     .near_count = nears[1].within == 0 ? 1 : 2};

    buf_init(packed, MIB);
    if (rules_pack(&r, 1, NULL, 0, packed) ||
        rules_load(buf_str(packed), false, ret_rs))
        abort();
}

static void check_each(const struct row *list, size_t n)
{
    struct scratch *sc;

    if (scratch_new(&sc))
        abort();
    for (size_t i = 0; i < n; i++) {
        struct str text = str_of(list[i].text);
        struct buf packed;
        struct rules *rs;

        CHECK_ROW(list[i].name);
        load(list[i].nears, &packed, &rs);
        CHECK_INT(whole_hits(rs, sc, text), list[i].hits);
        CHECK_INT(stream_hits(rs, sc, text, 0, true), list[i].hits);
        for (size_t cut = 0; cut <= text.len; cut++)
            CHECK_INT(stream_hits(rs, sc, text, cut, false), list[i].hits);
        rules_free(rs);
        buf_free(&packed);
    }
    CHECK_ROW(NULL);
    scratch_free(sc);
}

static void test_rows(void)
{
    check_each(rows, ARRAY_LEN(rows));
}

static void test_short_forms(void)
{
    check_each(short_forms, ARRAY_LEN(short_forms));
}

/* A match that waits is held, and no longer than it must; what is looked back
 * at is still there after much text. */
static void test_held(void)
{
    static const struct near near[2] = {
        {STR_INIT("open"), 30, SIDES, false, false}};
    struct scope at = {.dir = DIR_RECV, .role = ROLE_ASSISTANT};
    struct stream_edit edit;
    struct buf packed;
    struct scratch *sc;
    struct rules *rs;
    struct stream *st;

    load(near, &packed, &rs);
    if (scratch_new(&sc) || stream_new(rs, sc, &at, &st))
        abort();
    for (int i = 0; i < 5000; i++)
        CHECK_INT(stream_take(st, STR("word ")), OK);
    CHECK_INT(stream_take(st, STR("the vault, ")), OK);
    CHECK_INT(stream_safe(st), 25004);
    CHECK_INT(stream_take(st, STR("which is quite shut for all. ")), OK);
    CHECK_INT(stream_take(st, STR("And so on, and so on. ")), OK);
    CHECK(stream_safe(st) > 25040);
    CHECK(!stream_next(st, &edit));
    CHECK_INT(stream_take(st, STR("open a vault")), OK);
    CHECK(stream_next(st, &edit) && edit.end - edit.start == 5);
    stream_free(st);
    scratch_free(sc);
    rules_free(rs);
    buf_free(&packed);
}

/* The past that is looked at stays, wherever a stream forgets what it let go.
 */
static void test_far(void)
{
    static const struct near near[2] = {
        {STR_INIT("open"), 390, NEAR_BEFORE, false, false}};
    struct buf packed, text;
    struct scratch *sc;
    struct rules *rs;

    load(near, &packed, &rs);
    buf_init(&text, MIB);
    if (scratch_new(&sc))
        abort();
    for (size_t shift = 0; shift < 2000; shift += 50) {
        buf_clear(&text);
        for (size_t i = 0; i < shift; i++)
            CHECK_INT(buf_add(&text, STR("- ")), OK);
        CHECK_INT(buf_add(&text, STR("open ")), OK);
        for (size_t i = 0; i < 190; i++)
            CHECK_INT(buf_add(&text, STR("- ")), OK);
        CHECK_INT(buf_add(&text, STR("vault")), OK);
        CHECK_INT(stream_hits(rs, sc, buf_str(&text), 0, true), 1);
    }
    buf_free(&text);
    scratch_free(sc);
    rules_free(rs);
    buf_free(&packed);
}

/* One search goes on from match to match; another begins anew for each, and
 * knows of no words that a pattern needs. */
static void compare(const struct rules *rs, const struct code *code,
                    uint32_t seed, struct scratch *const scs[2], size_t yes[2])
{
    static const char *const words[] = {
        "vault",    "open",    "not ",    "a ",  " b",   ". ",
        "\n\n",     "n",       "aaa",     "! N", ", ",   "\xe3\x80\x82",
        "\xc3\xa4", " vault ", "opening", " ",   "\") ",
    };
    struct ahead none[2] = {{.want = {.what = WANT_NOTHING}}};
    struct code plain = *code;
    char text[2000];
    size_t n = 0;
    struct search on;

    plain.words = none;
    while (n + 20 < sizeof(text)) {
        seed = seed * 1664525u + 1013904223u;
        n += (size_t)sprintf(text + n, "%s",
                             words[(seed >> 16) % ARRAY_LEN(words)]);
    }
    on = (struct search){.rule = rules_at(rs, 0),
                         .code = code,
                         .text = {text, n},
                         .open = seed % 2 == 0};
    for (char *at = text; (at = strstr(at, "vault")) != NULL; at += 5) {
        size_t start = (size_t)(at - text);
        /* Some end before the last one did. */
        size_t end = start + (n % 5 == 0 && at[4] == 't' ? 1 + start % 5 : 5);
        struct search alone = on;
        bool a, b, a_open, b_open;

        alone.code = &plain;
        alone.turn = 0;
        CHECK_INT(near_holds(&on, scs[0], start, end, &a, &a_open), OK);
        CHECK_INT(near_holds(&alone, scs[1], start, end, &b, &b_open), OK);
        CHECK_INT(a, b);
        CHECK_INT(a_open, b_open);
        yes[b]++;
    }
}

/* Whatever a search knows of the text beside the last match, near_holds says
 * what it says of that match alone. */
static void test_known(void)
{
    static const char *const patterns[] = {
        "open",
        "\\bopen\\b",
        "(?<!not )open",
        "op[^.]*en",
        "(?:^|\\s)(?:an?|ne)\\b",
        "a{2,}b?",
        "not.{0,9}vault",
        "\\w+$",
        "\\b[^.]{0,20}\\B.$",
        "[^a-z]\\b\\w",
        "\\B[a-e]",
        "\\[^ ]?|^\\w\\b",
        "open(?=\\W*\\w)",
        "\\.\\s*n",
        "(?<=[ab] )\\w{3,}\\b",
        "vault",
        "(?i)\\b(?:aaan|ault|pen|bope)\\b",
        "(?:ingvault|nopen|ault)(?!i)",
        "\\b(?:open|not)\\s*$",
    };
    struct near near[2] = {{.sides = SIDES}};
    struct scratch *scs[2];
    size_t yes[2] = {0};

    if (scratch_new(&scs[0]) || scratch_new(&scs[1]))
        abort();
    for (unsigned turn = 0; turn < 8 * ARRAY_LEN(patterns); turn++) {
        const struct code *code;
        struct buf packed;
        struct rules *rs;

        near[0].match = str_of(patterns[turn % ARRAY_LEN(patterns)]);
        near[0].within = 1 + (turn * 7) % 60;
        near[0].sentence = turn / ARRAY_LEN(patterns) % 2 == 0;
        near[0].unless = turn / ARRAY_LEN(patterns) / 2 % 2 == 0;
        near[0].sides = turn / ARRAY_LEN(patterns) < 4 ? SIDES
                        : turn % 2 == 0                ? NEAR_BEFORE
                                                       : NEAR_AFTER;
        load(near, &packed, &rs);
        if (!CHECK_INT(rules_code(rs, rules_at(rs, 0), CODE_WHOLE, &code), OK))
            return;
        for (uint32_t round = 0; round < 20; round++)
            compare(rs, code, round, scs, yes);
        rules_free(rs);
        buf_free(&packed);
    }
    /* Of both there are many. */
    CHECK(yes[0] > 1000 && yes[1] > 1000);
    scratch_free(scs[0]);
    scratch_free(scs[1]);
}

int main(void)
{
    RUN(test_rows);
    RUN(test_short_forms);
    RUN(test_far);
    RUN(test_held);
    RUN(test_known);
    return check_done();
}
