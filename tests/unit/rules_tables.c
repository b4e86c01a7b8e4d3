/* The tables of an image: those that would be made, and used only if they are
 * these. */
#include <stdio.h>
#include <stdlib.h>

#include "check.h"
#include "rnd.h"
#include "rules/image.h"
#include "rules/inside.h"
#include "rules/lay.h"
#include "rules/words.h"
#include "shipped.h"

static struct shipped live;
static struct image image;

/* The rules of a kind, as a bit set. */
static uint64_t *rules_of(unsigned kind)
{
    uint64_t *of = calloc(live.rules->words, sizeof(*of));

    for (size_t i = 0; i < live.rules->count; i++)
        of[i / 64] |= (uint64_t)(words_kinds(&live.rules->list[i]) >> kind & 1)
                      << i % 64;
    return of;
}

static enum err open_words(const uint64_t *of, struct str written)
{
    const struct rules *rs = live.rules;
    struct words *ws = NULL;
    enum err e = words_open(rs->list, rs->count, of, rs->listed, rs->packed,
                            written, &ws);

    words_free(ws);
    return e;
}

static struct buf lay_words(const uint64_t *of)
{
    const struct rules *rs = live.rules;
    struct words *ws = NULL;
    struct buf out;

    buf_init(&out, LIM_IMAGE);
    if (words_new(rs->list, rs->count, of, rs->listed, rs->guards, &ws) ||
        words_lay(ws, rs->packed, &out))
        abort();
    words_free(ws);
    return out;
}

/* What was read is what was made, and the image has it. */
static void test_image(void)
{
    struct str rest = image.tables;

    CHECK_INT((uintptr_t)rest.ptr % LAY_STEP, 0);
    rest = str_skip(rest, (1 + WORDS_KINDS) * sizeof(uint64_t));
    for (unsigned k = 0; k < WORDS_KINDS; k++) {
        uint64_t *of = rules_of(k);
        struct buf made = lay_words(of);

        CHECK(str_eq(str_head(rest, made.len), buf_str(&made)));
        CHECK_INT(open_words(of, str_head(rest, made.len)), OK);
        rest = str_skip(rest, made.len);
        buf_free(&made);
        free(of);
    }
    CHECK_INT(rest.len, 0);
}

/* Cut short, longer, of other rules, or where it cannot be read. */
static void test_others(void)
{
    uint64_t *users = rules_of(WORDS_USERS), *near = rules_of(WORDS_NEAR);
    struct buf made = lay_words(users);
    size_t len = made.len;

    CHECK_INT(open_words(near, buf_str(&made)), E_SYNTAX);
    for (size_t n = 0; n < len; n += 1 + len / 97)
        CHECK_INT(open_words(users, str_head(buf_str(&made), n)), E_SYNTAX);
    CHECK_INT(open_words(users, buf_str(&made)), OK);
    CHECK(buf_add(&made, STR("12345678")) == OK);
    CHECK_INT(open_words(users, buf_str(&made)), E_SYNTAX);
    memmove(made.ptr + 1, made.ptr, len);
    CHECK_INT(open_words(users, (struct str){made.ptr + 1, len}), E_SYNTAX);
    buf_free(&made);
    free(users);
    free(near);
}

static const char text[] =
    "AKIAQ3EGRTX7LMBZ2WPD password=Tr0ub4dor-und-3 mail joe.doe@mail.example "
    "my phone is +49 30 901820, card 4111 1111 1111 1111, passport C01X00T47";

static size_t found(const struct rules *rs)
{
    const struct scope at = {.dir = DIR_SEND, .role = ROLE_USER};
    struct findings out;
    size_t n = SIZE_MAX;

    findings_init(&out);
    if (rules_scan(rs, live.scratch, &at, str_of(text), 0, &out) == OK)
        n = out.count;
    findings_free(&out);
    return n;
}

static struct rules *load_rules(struct str tables)
{
    struct rules *rs = NULL;

    if (CHECK_INT(rules_load(image.rules, false, &rs), OK))
        rules_lend(rs, tables);
    return rs;
}

/* One that was changed is not used, or it is safe to. */
static void test_changed(void)
{
    struct rules *rs = load_rules(STR(""));
    size_t want = found(rs);
    struct buf tables;

    CHECK(want > 2 && want < 99);
    rules_free(rs);
    buf_init(&tables, LIM_IMAGE);
    CHECK(buf_add(&tables, image.tables) == OK);
    for (size_t turn = 0; turn < 60; turn++) {
        size_t at = turn < 40 ? turn : rnd((uint32_t)tables.len);
        char was = tables.ptr[at];

        tables.ptr[at] = (char)(was ^ (1 << rnd(8)));
        rs = load_rules(buf_str(&tables));
        CHECK(found(rs) <= want);
        if (turn < 40) /* their head: none of them is */
            CHECK_INT(found(rs), want);
        rules_free(rs);
        tables.ptr[at] = was;
    }
    rs = load_rules(buf_str(&tables));
    CHECK_INT(found(rs), want);
    rules_free(rs);
    buf_free(&tables);
}

int main(void)
{
    if (!CHECK(shipped_open(&live, false)) ||
        !CHECK_INT(image_read(buf_str(&live.bytes), &image), OK))
        return check_done();
    RUN(test_image);
    RUN(test_others);
    RUN(test_changed);
    shipped_close(&live);
    return check_done();
}
