#include "rules/rules.h"

#include <stdlib.h>

#include "check.h"
#include "failmalloc.h"

/* Rules on views: what is found in a text that hides it, through which views,
 * and where in the text. */

#define ALL     .dirs = DIRS_ALL, .roles = ROLES_ALL, .parts = PARTS_ALL
#define KEYS(k) .keywords = (k), .keyword_count = ARRAY_LEN(k)

static const struct str k_aws[] = {STR_INIT("AKIA")};
static const struct str k_ignore[] = {STR_INIT("ignore")};

static const struct rule list[] = {
    {.id = STR_INIT("aws"),
     .match = STR_INIT("(?<![A-Z0-9])AKIA[A-Z2-7]{16}(?![A-Z0-9])"),
     ALL,
     .action = ACTION_REDACT,
     .severity = SEVERITY_HIGH,
     KEYS(k_aws),
     .keyword_first = true,
     .views = 1u << VIEW_TEXT | 1u << VIEW_CLEAN | 1u << VIEW_DECODED,
     .put = STR_INIT("[aws]")},
    {.id = STR_INIT("say"),
     .match = STR_INIT("(?i)\\bignore\\s{1,4}(?:all\\s{1,4})?previous\\b"),
     ALL,
     .action = ACTION_BLOCK,
     KEYS(k_ignore),
     .keyword_first = true,
     .views = VIEWS_ALL},
    {.id = STR_INIT("text"), /* which looks at nothing else */
     .match = STR_INIT("(?i)ignore"),
     ALL,
     .action = ACTION_LOG,
     KEYS(k_ignore)},
};

struct set {
    struct buf packed;
    struct rules *rs;
    struct scratch *sc;
    struct findings f;
};

static struct set s;

static void set_open(void)
{
    buf_init(&s.packed, MIB);
    if (rules_pack(list, ARRAY_LEN(list), NULL, 0, &s.packed) ||
        rules_load(buf_str(&s.packed), false, &s.rs) || scratch_new(&s.sc))
        exit(1);
}

static void set_close(void)
{
    rules_free(s.rs);
    scratch_free(s.sc);
    findings_free(&s.f);
    buf_free(&s.packed);
}

/* "aws 0-20 clean; say 30-35" */
static struct str found(char out[1000])
{
    size_t n = 0;

    out[0] = 0;
    for (size_t i = 0; i < s.f.count; i++) {
        const struct finding *f = &s.f.list[i];

        n += (size_t)snprintf(out + n, 1000 - n, "%s%s %d-%d",
                              i == 0 ? "" : "; ", f->rule->id.ptr,
                              (int)f->start, (int)f->end);
        for (size_t j = 0; j < chain_len(&f->chain); j++)
            n += (size_t)snprintf(
                out + n, 1000 - n, " %s",
                view_step_name((enum view_step)f->chain.steps[j]).ptr);
    }
    return str_of(out);
}

static const struct scope user = {.dir = DIR_SEND, .role = ROLE_USER};

#define KEY  "AKIAQ3EGRTX7LMBZ2WPD"
#define ZWSP "\u200b"

static const struct {
    const char *row, *text, *want;
} rows[] = {
    {"plain", KEY " ignore previous", "aws 0-20; say 21-36; text 21-27"},
    {"zero width", "a AK" ZWSP "IAQ3EGRTX7LMBZ2WPD.", "aws 2-25 clean"},
    {"at the edges", ZWSP KEY ZWSP, "aws 3-23"},
    {"fullwidth letters", "\uff21\uff2b\uff29\uff21Q3EGRTX7LMBZ2WPD",
     "aws 0-28 clean"},
    {"several", KEY " \uff21KIAQ3EGRTX7LMBZ2WPD", "aws 0-20; aws 21-43 clean"},
    {"control", "AK\x01IAQ3EGRTX7LMBZ2WPD", "aws 0-21 clean"},
    {"a soft hyphen", "ig\u00adnore previous", "say 0-17 clean"},
    {"no space", "ignore" ZWSP "previous", "say 0-17 gap; text 0-6"},
    {"marks", "i\u0301gnore pre\u0301vious", "say 0-19 nomark"},
    {"composed", "\u00ecgnor\u00e9 previous", "say 0-17 nomark"},
    {"no-break space", "ignore\u00a0previous", "say 0-16 clean; text 0-6"},
};

static void test_views(void)
{
    char out[1000];

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CHECK_ROW(rows[i].row);
        findings_clear(&s.f);
        CHECK(rules_scan(s.rs, s.sc, &user, str_of(rows[i].text), 0, &s.f) ==
              OK);
        CHECK_EQ(found(out), str_of(rows[i].want));
        CHECK(!s.f.capped);
    }
    CHECK_ROW(NULL);
}

/* Out of memory anywhere: an error, or all that is to be found. */
static void test_memory(void)
{
    char out[1000];

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CHECK_ROW(rows[i].row);
        for (size_t n = 1;; n++) {
            struct scratch *sc;
            enum err e;

            findings_free(&s.f);
            if (scratch_new(&sc))
                exit(1);
            failmalloc_at(n, FAIL_ONE);
            e = rules_scan(s.rs, sc, &user, str_of(rows[i].text), 0, &s.f);
            if (!failmalloc_off()) {
                CHECK(e == OK);
                CHECK_EQ(found(out), str_of(rows[i].want));
                scratch_free(sc);
                break;
            }
            if (e == OK)
                CHECK_EQ(found(out), str_of(rows[i].want));
            else
                CHECK(e == E_NOMEM && s.f.count == 0);
            scratch_free(sc);
        }
    }
    CHECK_ROW(NULL);
}

int main(void)
{
    set_open();
    RUN(test_views);
    RUN(test_memory);
    set_close();
    return check_done();
}
