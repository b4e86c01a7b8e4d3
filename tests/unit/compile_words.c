/*
 * Rules made of words: a match behind words of context, and lists of words to
 * look for. What is left of a text says what was found; each text is also given
 * to a stream byte by byte.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/utf8.h"
#include "check.h"
#include "compile/casing.h"
#include "compile/compile.h"
#include "failmalloc.h"
#include "rules/image.h"
#include "rules/stream.h"
#include "rulefiles.h"

struct set {
    struct compile c;
    struct buf bytes;
    struct image image;
    struct rules *rules;
    struct scratch *sc;
};

static bool set_open(struct set *s, const char *file)
{
    *s = (struct set){0};
    rulefiles_start(&s->c);
    buf_init(&s->bytes, LIM_IMAGE);
    if (CHECK_INT(compile_load(&s->c, file), OK) &&
        CHECK_INT(compile_check(&s->c, true), OK) &&
        CHECK_INT(compile_image(&s->c, &s->bytes), OK) &&
        CHECK_INT(image_read(buf_str(&s->bytes), &s->image), OK) &&
        CHECK_INT(rules_load(s->image.rules, false, &s->rules), OK) &&
        CHECK_INT(scratch_new(&s->sc), OK))
        return true;
    fprintf(stderr, "%.*s", STR_ARG(diags_text(&s->c.diags)));
    return false;
}

static void set_close(struct set *s)
{
    rules_free(s->rules);
    scratch_free(s->sc);
    buf_free(&s->bytes);
    compile_free(&s->c);
}

/* The text with all that is found replaced: whole, and from a stream. */
static void left_of(struct set *s, struct str text, struct buf *left)
{
    const struct scope at = {.part = PART_TEXT, .role = ROLE_USER};
    struct findings found;
    struct cluster cl;
    size_t pos = 0, from = 0;

    findings_init(&found);
    CHECK_INT(rules_scan(s->rules, s->sc, &at, text, 0, &found), OK);
    for (; cluster_next(s->rules, found.list, found.count, &pos, &cl);
         from = cl.end) {
        CHECK_INT(
            buf_add(left, str_head(str_skip(text, from), cl.start - from)), OK);
        CHECK_INT(buf_add(left, cl.rule->put), OK);
    }
    CHECK_INT(buf_add(left, str_skip(text, from)), OK);
    findings_free(&found);
}

static void stream_left(struct set *s, struct str text, struct buf *left)
{
    const struct scope at = {.part = PART_TEXT, .role = ROLE_USER};
    struct stream_edit edit;
    struct stream *st;
    size_t from = 0;

    if (!CHECK_INT(stream_new(s->rules, s->sc, &at, &st), OK))
        return;
    for (size_t i = 0; i < text.len; i++)
        CHECK_INT(stream_take(st, str_head(str_skip(text, i), 1)), OK);
    CHECK_INT(stream_flush(st), OK);
    while (stream_next(st, &edit)) {
        CHECK_INT(buf_add(left, str_head(str_skip(text, from),
                                         (size_t)edit.start - from)),
                  OK);
        CHECK_INT(buf_add(left, edit.put), OK);
        from = (size_t)edit.end;
    }
    CHECK_INT(buf_add(left, str_skip(text, from)), OK);
    stream_free(st);
}

struct row {
    const char *text, *left; /* left: NULL where nothing is found */
};

static void check_rows(const char *file, const struct row *rows, size_t n)
{
    struct set s;

    if (set_open(&s, file))
        for (size_t i = 0; i < n; i++) {
            struct str text = str_of(rows[i].text);
            struct str want = rows[i].left ? str_of(rows[i].left) : text;
            struct buf left;

            CHECK_ROW(rows[i].text);
            buf_init(&left, KIB);
            left_of(&s, text, &left);
            CHECK_EQ(buf_str(&left), want);
            buf_clear(&left);
            stream_left(&s, text, &left);
            CHECK_EQ(buf_str(&left), want);
            buf_free(&left);
        }
    CHECK_ROW(NULL);
    set_close(&s);
}

#define HEAD                                                                   \
    "rules:\n  - {id: SP-1, name: n, category: c, action: redact, "            \
    "placeholder: '#', "

static void test_context(void)
{
    static const struct row rows[] = {
        {"passport A123", "passport #"},
        {"Passport No. A123, please", "Passport No. #, please"},
        {"passportNumber=A123", "passportNumber=#"},
        {"user_passport_no: \"A123\"", "user_passport_no: \"#\""},
        {"PASSPORTS\tA123", "PASSPORTS\t#"},
        {"passportal A123", NULL},
        {"mypassport A123", NULL},
        {"myPassport A123", "myPassport #"},
        {"userPassportNo=A123", "userPassportNo=#"},
        {"userPASSPORT A123", "userPASSPORT #"},
        {"iPassport A123", NULL},
        {"MYPassport A123", NULL},
        {"4Passport A123", NULL},
        {"passport\nA123", "passport\n#"},
        {"passport:\r\n  A123", "passport:\r\n  #"},
        {"passport is\nA123", NULL},
        {"passport XA123", NULL},
        {"passport A1234", NULL},
        {"passport A123.4", NULL},
        {"passport A123.", "passport #."},
        {"A123 passport", NULL},
        {"a passport, that is not A12 but A123", "a passport, that is not A12 "
                                                 "but #"},
        {"passport and so on for a long while yet: A123", "passport and so on "
                                                          "for a long while "
                                                          "yet: #"},
        {"passport and so on and so on and on for a longer while yet: A123",
         NULL},
        /* Other scripts, in any case. */
        {"ПАСПОРТ № A123", "ПАСПОРТ № #"},
        {"Паспорт A123", "Паспорт #"},
        {"паспорта A123", "паспорта #"},
        {"护照号码：A123", "护照号码：#"},
        {"IDENTITÉ: A123", "IDENTITÉ: #"},
        {"identité A123", "identité #"},
        {"A123, A456", NULL},
        {"passport A123, passport A456", "passport #, passport #"},
        /* Names of fields, and what a finger types. */
        {"travel paper A123", "travel paper #"},
        {"travel  paper A123", "travel  paper #"},
        {"\"travel_paper\": \"A123\"", "\"travel_paper\": \"#\""},
        {"<travelPaper>A123</travelPaper>", "<travelPaper>#</travelPaper>"},
        {"travel-paper-no=A123", "travel-paper-no=#"},
        {"travel, paper A123", NULL},
        {"sa_id A123", "sa_id #"},
        {"she said A123", NULL},
    };

    CHECK(put_file("t.yaml",
                   HEAD "context: [passport, pass, паспорт, 护照, identité, "
                        "travel paper, sa id], "
                        "match: 'A(\\d)\\d\\d'}\n"));
    check_rows("t.yaml", rows, ARRAY_LEN(rows));
}

static void test_within(void)
{
    static const struct row rows[] = {
        {"id: A123", "id: #"},
        {"id 345 A123", NULL},
        {"iden A123", NULL},
    };

    CHECK(put_file("t.yaml", HEAD "context: [id], within: 4, "
                                  "match: 'A\\d{3}'}\n"));
    check_rows("t.yaml", rows, ARRAY_LEN(rows));
}

static void test_list(void)
{
    static const struct row rows[] = {
        {"We met Falkenberg.", "We met #."},
        {"FALKENBERG's", "#'s"},
        {"Falkenberger, nfalkenberg, Falkenberg_2", NULL},
        {"blue heron lane 4", "#"},
        {"Blue Heron-x, Blue Heronx", "#-x, Blue Heronx"},
        {"BLUE\nHERON, Blue \t Heron, Blue  Heron\r\n  Lane 4", "#, #, #"},
        {"Blue-Heron, BlueHeron, Grey \t Gull, grey gull",
         "Blue-Heron, BlueHeron, #, #"},
        {"with m.u. (c) here", "with # here"},
        {"MÜLLER, Müller and müller; Muller", "#, # and #; Muller"},
        {"ИВАНОВ, иванов, Ивановой", "#, #, Ивановой"},
        {"我是王小明。", "我是#。"},
        {"\xe2\x84\xaa"
         "nut",
         "#"},
        {"x", NULL},
    };

    CHECK(put_file("t.yaml",
                   HEAD "list: [Falkenberg, 'Blue Heron', Blue Heron Lane 4, "
                        "'m.u. (c)', Müller, Иванов, 王小明, Knut, knut, "
                        "'Grey  Gull']}\n"));
    check_rows("t.yaml", rows, ARRAY_LEN(rows));
}

/* A word of `near` that is several, over the end of a line. */
static void test_near(void)
{
    static const struct row rows[] = {
        {"plum1 in the big vault", "# in the big vault"},
        {"the BIG\n  vault of plum2 ", "the BIG\n  vault of # "},
        {"big\tvault plum3 ", "big\tvault # "},
        {"the bigvault, big-vault plum4 ", NULL},
        {"a big\n\nvault plum5 ", NULL}, /* not in one sentence */
    };

    CHECK(put_file("t.yaml", HEAD "keywords: [plum], match: 'plum\\d', "
                                  "near: {words: [big vault]}}\n"));
    check_rows("t.yaml", rows, ARRAY_LEN(rows));
}

/* Thousands of words from a file, more than one rule has room for. */
static void test_file(void)
{
    FILE *f = fopen("names.txt", "w");
    struct buf text, left;
    struct set s;

    if (!CHECK(f != NULL))
        return;
    fputs("\xef\xbb\xbf# names\r\n\n  Last One \r\n", f);
    for (unsigned i = 0; i < 5000; i++)
        fprintf(f, "Name%c%c%c %u\n", 'a' + i % 26, 'a' + i / 26 % 26, 'q',
                i % 7);
    fclose(f);
    CHECK(put_file("t.yaml", HEAD "words: names.txt}\n"));
    buf_init(&text, MIB);
    buf_init(&left, MIB);
    if (set_open(&s, "t.yaml")) {
        CHECK(rules_count(s.rules) > 15);
        for (size_t i = 1; i < rules_count(s.rules); i++)
            CHECK_EQ(rules_at(s.rules, i)->id, STR("SP-1"));
        for (unsigned i = 0; i < 5000; i += 37) {
            char line[40];
            int n = snprintf(line, sizeof(line), "NAME%c%c%c %u.", 'A' + i % 26,
                             'A' + i / 26 % 26, 'Q', i % 7);

            CHECK_INT(buf_add(&text, (struct str){line, (size_t)n}), OK);
        }
        CHECK_INT(buf_add(&text, STR("last one")), OK);
        left_of(&s, buf_str(&text), &left);
        for (size_t i = 0; i < left.len; i++)
            CHECK(left.ptr[i] == (i % 2 ? '.' : '#'));
        CHECK_INT(left.len, 2 * ((5000 + 36) / 37) + 1);
    }
    set_close(&s);
    buf_free(&text);
    buf_free(&left);
}

/* A file of so many words, each of so many bytes: what is said. */
static void many_words(unsigned count, int len, const char *error)
{
    FILE *f = fopen("names.txt", "w");
    struct compile c;
    struct str got;

    if (!CHECK(f != NULL))
        return;
    for (unsigned i = 0; i < count; i++)
        fprintf(f, "%0*u\n", len, i);
    fclose(f);
    CHECK(put_file("t.yaml", HEAD "words: names.txt}\n"));
    rulefiles_start(&c);
    CHECK_INT(compile_load(&c, "t.yaml"), error == NULL ? OK : E_SYNTAX);
    got = diags_text(&c.diags);
    CHECK_INT(c.diags.count, error != NULL);
    if (error != NULL && !CHECK(str_find(got, str_of(error)) < got.len))
        check_show("said", got);
    compile_free(&c);
}

/* No word of a file is left out without a word. */
static void test_too_many(void)
{
    many_words(LIM_WORDS, 8, NULL);
    many_words(LIM_WORDS + 1, 8, "names.txt:50001:1: error: too many words");
    many_words(LIM_WORDS + 9, 8, "names.txt:50001:1: error: too many words");
    many_words(MIB / 32, 32, NULL);
    many_words(MIB / 32 + 1, 32, "error: the words have more than 1048576 ");
}

/* What is in the file decides what the image is. */
static void test_digest(void)
{
    unsigned char a[COMPILE_DIGEST], b[COMPILE_DIGEST];

    CHECK(put_file("t.yaml", HEAD "words: w.txt}\n"));
    for (int i = 0; i < 2; i++) {
        struct compile c;

        CHECK(put_file("w.txt", i == 0 ? "one\n" : "two\n"));
        rulefiles_start(&c);
        CHECK_INT(compile_load(&c, "t.yaml"), OK);
        compile_digest(&c, i == 0 ? a : b);
        compile_free(&c);
    }
    CHECK(memcmp(a, b, sizeof(a)) != 0);
}

static void test_refused(void)
{
    static const struct {
        const char *rule, *words, *error;
    } rows[] = {
        {"words: w.txt}", "good\n\nx\n",
         "w.txt:3:1: error: the word is a "
         "single character"},
        {"words: w.txt}", "...\n", "w.txt:1:1: error: the word has no letter"},
        {"words: w.txt}", "a\xff\n",
         "w.txt:1:1: error: the word is not valid "
         "UTF-8"},
        {"words: w.txt}",
         "good\n012345678901234567890123456789012345678901234567890123456789012"
         "3"
         "4\n",
         "w.txt:2:1: error: the word is too long"},
        {"words: w.txt}",
         "good\nb\x01"
         "d\n",
         "w.txt:2:1: error: the word has a control character"},
        {"words: w.txt}", "one\rtwo\r",
         "w.txt:1:1: error: the word has a control character"},
        {"words: w.txt}", "# none\n", "error: there are no words"},
        {"words: v.txt}", "a\n", "error: the file 'v.txt' is not found"},
        {"list: [ab, c]}", "", "error: the word is a single character"},
        {"list: [[ab]]}", "", "error: "},
        {"list: [ab], words: w.txt}", "ab\n", "either 'words' or 'list'"},
        {"list: [ab], match: ab}", "", "either words or 'match'"},
        {"context: [ab], match: b, keywords: [c]}", "",
         "either 'context' or 'keywords'"},
        {"context: [a], match: b}", "", "2 to 64 bytes"},
        {"context: [], match: b}", "", "'context' is empty"},
        {"context: [ab], within: 200, match: b}", "", "from 1 to 96"},
        {"token: {digits: 63}, match: 1}", "", "is no length"},
        {"token: {digits: 9-3}, match: 1}", "", "is no length"},
        {"token: {mixed: 5}, max_hold: 62, match: 1}", "", "'max_hold' over"},
        {"confidence: sure, list: [ab]}", "", "low, medium or high"},
        {"score: 65, list: [ab]}", "", "'score' must be a number"},
        {"paranoia: 5, list: [ab]}", "", "'paranoia' must be a number"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char text[400];
        struct compile c;
        struct str got;

        CHECK_ROW(rows[i].rule);
        snprintf(text, sizeof(text), HEAD "%s\n", rows[i].rule);
        CHECK(put_file("t.yaml", text) && put_file("w.txt", rows[i].words));
        rulefiles_start(&c);
        CHECK_INT(compile_load(&c, "t.yaml"), E_SYNTAX);
        got = diags_text(&c.diags);
        if (!CHECK(str_find(got, str_of(rows[i].error)) < got.len))
            fprintf(stderr, "%.*s", STR_ARG(got));
        compile_free(&c);
    }
    CHECK_ROW(NULL);
}

/* Scores and levels: by severity only where a rule is there to score, the
 * outer file's thresholds, and rules of a higher level not at all. */
static void test_scores(void)
{
    static const char rules[] =
        "defaults: {category: c, action: score, paranoia: 2}\n"
        "rules:\n"
        "  - {id: SP-1, name: n, list: [ab], severity: critical, paranoia: 1}\n"
        "  - {id: SP-2, name: n, list: [ab, cd], severity: info}\n"
        "  - {id: SP-3, name: n, list: [ab], score: 7}\n"
        "  - {id: SP-4, name: n, list: [ab], action: log}\n"
        "  - {id: SP-5, name: n, list: [ab], action: log, score: 2}\n"
        "  - {id: SP-6, name: n, list: [ab], paranoia: 3}\n";
    static const uint32_t want[] = {5, 1, 7, 0, 2};
    struct policy policy;
    struct set s;

    CHECK(put_file("rules.yaml", rules));
    CHECK(put_file("inner.yaml", "paranoia: 4\n"
                                 "thresholds: {request: {log: 3, block: 4},\n"
                                 "             response: 7}\n"));
    CHECK(put_file("t.yaml", "include: [./rules.yaml, ./inner.yaml]\n"
                             "paranoia: 2\n"
                             "thresholds: {request: 0}\n"));
    if (set_open(&s, "t.yaml") &&
        CHECK_INT(policy_load(s.image.policy, &policy), OK) &&
        CHECK_INT(rules_count(s.rules), ARRAY_LEN(want))) {
        for (size_t i = 0; i < ARRAY_LEN(want); i++)
            CHECK_INT(rules_at(s.rules, i)->score, want[i]);
        CHECK_INT(policy.thresholds.block[DIR_SEND], 0);
        CHECK_INT(policy.thresholds.log[DIR_SEND], 3);
        CHECK_INT(policy.thresholds.block[DIR_RECV], 7);
        CHECK_INT(policy.thresholds.log[DIR_RECV], 5);
    }
    set_close(&s);
    /* Without a word about them: the first level. */
    if (set_open(&s, "rules.yaml"))
        CHECK_INT(rules_count(s.rules), 1);
    set_close(&s);
}

static void test_confidence(void)
{
    struct set s;

    CHECK(put_file("t.yaml",
                   "defaults: {category: c, action: log}\n"
                   "rules:\n"
                   "  - {id: SP-1, name: n, list: [ab]}\n"
                   "  - {id: SP-2, name: n, digits: 9, match: '\\d{9}'}\n"
                   "  - {id: SP-3, name: n, digits: 9, match: '\\d{9}', "
                   "check: {validator: aba}}\n"
                   "  - {id: SP-4, name: n, digits: 9, match: '\\d{9}', "
                   "check: {validator: aba}, confidence: low}\n"));
    if (set_open(&s, "t.yaml")) {
        CHECK_INT(rules_at(s.rules, 0)->confidence, CONFIDENCE_MEDIUM);
        CHECK_INT(rules_at(s.rules, 1)->confidence, CONFIDENCE_LOW);
        CHECK_INT(rules_at(s.rules, 2)->confidence, CONFIDENCE_HIGH);
        CHECK_INT(rules_at(s.rules, 3)->confidence, CONFIDENCE_LOW);
    }
    set_close(&s);
}

static void test_casing(void)
{
    static const struct {
        const char *word;
        size_t count;
        const char *some;
    } rows[] = {
        {"plain", 1, "plain"},
        {"é", 2, "É"},
        {"ÿ", 2, "Ÿ"},
        {"straße", 2,
         "stra\xe1\xba\x9e"
         "e"},
        {"ěš", 4, "Ěš"},
        {"паспорт", 3, "Паспорт"},
        {"паспорт", 3, "ПАСПОРТ"},
        {"το σπίτι", 4, "Το Σπίτι"},
        {"номер счёта", 4, "Номер счёта"},
        {"НОМЕР СЧЁТА", 4, "Номер счёта"},
        {"护照", 1, "护照"},
        {"ẽÕñö", 4, "ẼÕÑÖ"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct str forms[CASINGS_MOST];
        struct compile c;
        bool any = false;
        size_t n;

        CHECK_ROW(rows[i].word);
        rulefiles_start(&c);
        n = casing_all(&c.reader, str_of(rows[i].word), forms);
        CHECK_INT(n, rows[i].count);
        for (size_t k = 0; k < n; k++) {
            CHECK(utf8_valid(forms[k]));
            any = any || str_eq(forms[k], str_of(rows[i].some));
        }
        CHECK(any);
        compile_free(&c);
    }
    CHECK_ROW(NULL);
}

static enum err whole_way(void)
{
    struct compile c;
    struct buf image;
    size_t passed;
    enum err e;

    rulefiles_start(&c);
    buf_init(&image, LIM_IMAGE);
    if (!(e = compile_load(&c, "t.yaml")) && !(e = compile_check(&c, false)) &&
        !(e = compile_test(&c, &passed)))
        e = compile_image(&c, &image);
    buf_free(&image);
    compile_free(&c);
    return e;
}

static void test_nomem(void)
{
    CHECK(put_file("w.txt", "one two\nthree\nПять\n"));
    CHECK(put_file("t.yaml",
                   "providers: [generic]\n" HEAD "words: w.txt}\n"
                   "  - {id: SP-2, name: n, category: c, action: log, "
                   "context: [ключ, key], match: '\\d{4}', "
                   "tests: {hit: [key 1234], miss: [1234]}}\n"));
    for (size_t n = 1; n < 20000; n++) {
        enum err e;

        failmalloc_at(n, FAIL_ONE);
        e = whole_way();
        if (!failmalloc_off()) {
            CHECK_INT(e, OK);
            return;
        }
        /* The JIT says no where it lacks memory; then the rule is refused. */
        CHECK(e == E_NOMEM || e == E_SYNTAX || e == OK);
    }
    CHECK(!"it ends");
}

int main(void)
{
    static const char *const files[] = {"t.yaml",     "w.txt",      "names.txt",
                                        "rules.yaml", "inner.yaml", NULL};

    if (!rulefiles_enter())
        return 2;
    RUN(test_context);
    RUN(test_within);
    RUN(test_list);
    RUN(test_near);
    RUN(test_file);
    RUN(test_too_many);
    RUN(test_digest);
    RUN(test_refused);
    RUN(test_confidence);
    RUN(test_scores);
    RUN(test_casing);
    RUN(test_nomem);
    rulefiles_leave(files);
    return check_done();
}
