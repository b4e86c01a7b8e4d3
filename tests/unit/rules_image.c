#include "rules/image.h"
#include "rules/key.h"

#include <stdlib.h>

#include "check.h"
#include "failmalloc.h"
#include "rules/lay.h"
#include "rules/rules.h"

/* The image and its rules section: there and back, cut, damaged. */

static const struct str keys[] = {STR_INIT("AKIA"), STR_INIT("ASIA")};
static const struct str nots[] = {STR_INIT("EXAMPLE$")};
static const struct str tags[] = {STR_INIT("cloud"), STR_INIT("tier-a")};

static const struct str hosts[] = {STR_INIT("*.example.com"),
                                   STR_INIT("a.example")};
static const struct str models[] = {STR_INIT("m-*")};
static const struct str at[] = {STR_INIT("@")};
static const struct near nears[] = {
    {STR_INIT("cat"), 20, NEAR_AFTER, true, false},
    {STR_INIT("mouse"), 400, NEAR_BEFORE | NEAR_AFTER, false, true}};

static const struct rule list[] = {
    {
        .id = STR_INIT("SP-1001"),
        .name = STR_INIT("AWS access key id"),
        .category = STR_INIT("secret"),
        .kind = STR_INIT("aws-access-key"),
        .put = STR_INIT("[redacted:aws-access-key]"),
        .match = STR_INIT("\\b(?:AKIA|ASIA)[A-Z2-7]{16}\\b"),
        .end = STR_INIT("\\s"),
        .dirs = 1,
        .roles = ROLES_ALL,
        .parts = 5,
        .action = ACTION_BLOCK,
        .severity = SEVERITY_HIGH,
        .on_hold_full = HOLD_RELEASE,
        .reply = REPLY_SOFT,
        .max_hold = 64,
        .group = 0,
        .keywords = keys,
        .keyword_count = 2,
        .keyword_first = true,
        .digits = 1,
        .no_placeholder = true,
        .no_name = true,
        .entropy = 3000,
        .check = VALID_NONE,
        .nots = nots,
        .not_count = 1,
        .tags = tags,
        .tag_count = 2,
    },
    {
        .id = STR_INIT("SP-2"),
        .match = STR_INIT("dog"),
        .dirs = DIRS_ALL,
        .roles = ROLES_ALL,
        .parts = PARTS_ALL,
        .action = ACTION_LOG,
        .whole = true,
        .nears = nears,
        .near_count = 2,
        .when.about[ABOUT_MODEL] = {models, 1},
    },
    {
        .id = STR_INIT("SP-3"),
        .match = STR_INIT("[a-z]{1,40}@example\\.org"),
        .dirs = DIRS_ALL,
        .roles = ROLES_ALL,
        .parts = PARTS_ALL,
        .action = ACTION_REDACT,
        .keywords = at,
        .keyword_count = 1,
    },
};

static const struct exclusion ex[] = {
    {.rule = 1, .dirs = 2, .when.about[ABOUT_HOST] = {hosts, 2}},
    {.rule = 0, .value = STR_INIT("^AKIA"), .until = 20000},
};

static struct buf pack(void)
{
    struct buf out;

    buf_init(&out, MIB);
    if (rules_pack(list, ARRAY_LEN(list), ex, ARRAY_LEN(ex), &out))
        abort();
    return out;
}

static struct buf image(void)
{
    struct buf packed = pack(), out;
    struct image img = {.rules = buf_str(&packed),
                        .providers = STR("providers"),
                        .policy = STR("")};

    buf_init(&out, MIB);
    if (image_write(&img, &out))
        abort();
    buf_free(&packed);
    return out;
}

/* Tables begin where they can be used, whatever is before them. */
static void test_tables(void)
{
    for (size_t n = 0; n <= LAY_STEP; n++) {
        struct image img = {.policy = str_head(STR("12345678"), n),
                            .tables = STR("tables")};
        struct buf out;

        buf_init(&out, MIB);
        if (CHECK_INT(image_write(&img, &out), OK) &&
            CHECK_INT(image_read(buf_str(&out), &img), OK)) {
            CHECK_INT((size_t)(img.tables.ptr - out.ptr) % LAY_STEP, 0);
            CHECK_STR(img.tables, "tables");
            CHECK_INT(img.policy.len, n);
        }
        buf_free(&out);
    }
}

static void test_round_trip(void)
{
    struct buf bytes = image();
    struct image img;
    struct rules *rs;

    if (!CHECK_INT(image_read(buf_str(&bytes), &img), OK) ||
        !CHECK_INT(rules_load(img.rules, false, &rs), OK))
        return;
    CHECK_STR(img.providers, "providers");
    CHECK_INT(img.policy.len, 0);
    CHECK_INT(rules_count(rs), ARRAY_LEN(list));
    for (size_t i = 0; i < ARRAY_LEN(list); i++) {
        const struct rule *a = &list[i], *b = rules_at(rs, i);

        CHECK_EQ(b->id, a->id);
        CHECK_EQ(b->name, a->name);
        CHECK_EQ(b->category, a->category);
        CHECK_EQ(b->kind, a->kind);
        CHECK_EQ(b->put, a->put);
        CHECK_EQ(b->match, a->match);
        CHECK_EQ(b->end, a->end);
        CHECK(b->dirs == a->dirs && b->roles == a->roles &&
              b->parts == a->parts && b->action == a->action);
        CHECK(b->severity == a->severity && b->reply == a->reply &&
              b->on_hold_full == a->on_hold_full &&
              b->max_hold == a->max_hold && b->group == a->group);
        CHECK(b->keyword_first == a->keyword_first && b->digits == a->digits &&
              b->whole == a->whole && b->no_placeholder == a->no_placeholder &&
              b->no_name == a->no_name && b->entropy == a->entropy &&
              b->check == a->check);
        CHECK(strs_eq(b->keywords, b->keyword_count, a->keywords,
                      a->keyword_count));
        CHECK(strs_eq(b->nots, b->not_count, a->nots, a->not_count));
        CHECK(strs_eq(b->tags, b->tag_count, a->tags, a->tag_count));
        CHECK(strs_eq(
            b->when.about[ABOUT_MODEL].list, b->when.about[ABOUT_MODEL].count,
            a->when.about[ABOUT_MODEL].list, a->when.about[ABOUT_MODEL].count));
        CHECK(nears_eq(b->nears, b->near_count, a->nears, a->near_count));
        CHECK_INT(b->index, i);
    }
    rules_free(rs);
    buf_free(&bytes);
}

static void test_truncated(void)
{
    struct buf bytes = image(), packed = pack();
    struct image img;
    struct rules *rs;

    for (size_t n = 0; n < bytes.len; n++)
        CHECK_INT(image_read(str_head(buf_str(&bytes), n), &img), E_SYNTAX);
    for (size_t n = 0; n < packed.len; n++)
        CHECK_INT(rules_load(str_head(buf_str(&packed), n), false, &rs),
                  E_SYNTAX);
    if (buf_add_byte(&bytes, 0) || buf_add_byte(&packed, 0))
        abort();
    CHECK_INT(image_read(buf_str(&bytes), &img), E_SYNTAX);
    CHECK_INT(rules_load(buf_str(&packed), false, &rs), E_SYNTAX);
    buf_free(&bytes);
    buf_free(&packed);
}

static void test_flipped(void)
{
    struct buf bytes = image(), packed = pack();
    struct image img;

    for (size_t i = 0; i < bytes.len * 8; i++) {
        bytes.ptr[i / 8] = (char)(bytes.ptr[i / 8] ^ 1 << i % 8);
        CHECK(image_read(buf_str(&bytes), &img) != OK);
        bytes.ptr[i / 8] = (char)(bytes.ptr[i / 8] ^ 1 << i % 8);
    }
    /* Without a sum to guard it: anything but a crash. */
    for (size_t i = 0; i < packed.len * 8; i++) {
        struct rules *rs = NULL;

        packed.ptr[i / 8] = (char)(packed.ptr[i / 8] ^ 1 << i % 8);
        if (rules_load(buf_str(&packed), false, &rs) == OK)
            rules_free(rs);
        packed.ptr[i / 8] = (char)(packed.ptr[i / 8] ^ 1 << i % 8);
    }
    buf_free(&bytes);
    buf_free(&packed);
}

/* A run that the search would go wrong with. Behind the last one there is only
 * the number of exclusions. */
static void test_spoilt_run(void)
{
    static const struct {
        size_t back; /* from the end: before, least and most of the run */
        char put;
        enum err want;
    } rows[] = {
        {8, 40, OK}, {8, 96, OK},       {8, 97, E_SYNTAX}, {12, 41, E_SYNTAX},
        {48, 1, OK}, {48, 2, E_SYNTAX}, {48, 3, E_SYNTAX},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct rules *rs = NULL;
        struct buf packed;

        buf_init(&packed, MIB);
        CHECK_INT(rules_pack(&list[2], 1, NULL, 0, &packed), OK);
        packed.ptr[packed.len - rows[i].back] = rows[i].put;
        CHECK_INT(rules_load(buf_str(&packed), false, &rs), rows[i].want);
        rules_free(rs);
        buf_free(&packed);
    }
}

static void test_other_version(void)
{
    struct buf bytes = image();
    struct image img;

    bytes.ptr[8] = 9;
    CHECK_INT(image_read(buf_str(&bytes), &img), E_UNSUPPORTED);
    CHECK_INT(image_read(STR(""), &img), E_SYNTAX);
    buf_free(&bytes);
}

/* Each row spoils one field of a good rule. */
static void test_refused(void)
{
    static const struct str empty[] = {STR_INIT("")};
    static const struct str fold[] = {STR_INIT("a\xc5\xbf")};
    static const struct str broken[] = {STR_INIT("a\xc3")};
    static char many[LIM_KEYWORD + 1];
    struct str big = {many, sizeof(many)};
    struct buf out;

    for (int row = 0; row < 12; row++) {
        struct rule r = list[0];
        enum err want = E_SYNTAX;

        memset(many, 'a', sizeof(many));
        switch (row) {
        case 0:
            r.match = STR("");
            break;
        case 1:
            r.dirs = 4;
            break;
        case 2:
            r.roles = 1u << ROLE_COUNT;
            break;
        case 3:
            r.parts = 1u << PART_COUNT;
            break;
        case 4:
            r.keyword_count = 0;
            break;
        case 5:
            r.keywords = empty;
            r.keyword_count = 1;
            break;
        case 6:
            r.keywords = fold;
            r.keyword_count = 1;
            break;
        case 7:
            r.keywords = broken;
            r.keyword_count = 1;
            break;
        case 8:
            r.put = STR("\xff");
            break;
        case 9:
            r.max_hold = LIM_HOLD_MAX + 1;
            want = E_LIMIT;
            break;
        case 10:
            r.keywords = &big;
            r.keyword_count = 1;
            want = E_LIMIT;
            break;
        default:
            r.keyword_count = LIM_RULE_LIST + 1;
            want = E_LIMIT;
            break;
        }
        buf_init(&out, MIB);
        CHECK_INT(rules_pack(&r, 1, NULL, 0, &out), want);
        buf_free(&out);
    }
}

/* Keywords are packed as they are compared, and taken back no other way. */
static void test_tidy_keywords(void)
{
    static const struct str parted[] = {STR_INIT("door\n \tkey")};
    struct rule r = list[0];
    struct rules *rs;
    struct str all;
    struct buf out;
    size_t place;

    r.keywords = parted;
    r.keyword_count = 1;
    buf_init(&out, MIB);
    if (!CHECK_INT(rules_pack(&r, 1, NULL, 0, &out), OK))
        return;
    all = buf_str(&out);
    place = str_find(all, STR("door key"));
    if (CHECK(place < all.len) && CHECK_INT(rules_load(all, false, &rs), OK))
        rules_free(rs);
    out.ptr[place + 4] = '\t';
    CHECK_INT(rules_load(all, false, &rs), E_SYNTAX);
    out.ptr[place + 4] = ' ';
    out.ptr[place + 5] = ' ';
    CHECK_INT(rules_load(all, false, &rs), E_SYNTAX);
    buf_free(&out);
}

/* Where a keyword's key begins: in it, with room, and not at its space. */
static void test_key_places(void)
{
    static const struct str door[] = {STR_INIT("door key")};
    static const struct {
        unsigned char place;
        enum err want;
    } rows[] = {{0, OK}, {3, OK},       {4, E_SYNTAX},
                {7, OK}, {8, E_SYNTAX}, {254, E_SYNTAX}};
    struct rule r = list[0];
    struct str all;
    struct buf out;
    size_t len;

    r.keywords = door;
    r.keyword_count = 1;
    buf_init(&out, MIB);
    if (!CHECK_INT(rules_pack(&r, 1, NULL, 0, &out), OK))
        return;
    all = buf_str(&out);
    len = str_find(all, door[0]) + door[0].len;
    if (!CHECK(len + 4 < all.len) || !CHECK_INT(out.ptr[len], 3))
        return;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct rules *rs = NULL;

        out.ptr[len + 4] = (char)rows[i].place;
        CHECK_INT(rules_load(all, false, &rs), rows[i].want);
        rules_free(rs);
    }
    out.ptr[len] = 2; /* three bytes for each keyword */
    CHECK_INT(rules_load(all, false, NULL), E_SYNTAX);
    buf_free(&out);
}

static void test_nth_allocation(void)
{
    struct buf packed = pack();

    for (size_t n = 1;; n++) {
        struct rules *rs = NULL;
        enum err e;

        failmalloc_at(n, FAIL_ONE);
        e = rules_load(buf_str(&packed), false, &rs);
        rules_free(rs);
        if (!failmalloc_off())
            break;
        CHECK_INT(e, E_NOMEM);
    }
    buf_free(&packed);
}

int main(void)
{
    RUN(test_tables);
    RUN(test_round_trip);
    RUN(test_truncated);
    RUN(test_flipped);
    RUN(test_spoilt_run);
    RUN(test_other_version);
    RUN(test_refused);
    RUN(test_tidy_keywords);
    RUN(test_key_places);
    RUN(test_nth_allocation);
    return check_done();
}
