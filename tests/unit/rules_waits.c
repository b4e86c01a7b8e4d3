/*
 * A stream reads what has come when it may be of matter: while a word or a tag
 * is held that goes on, it waits, and so do the views of it. The texts are what
 * the shipped rules' own tests hold, as they are and written in other ways, in
 * tags, in comments and in long words, and come in pieces of a few bytes. One
 * stream is left alone, and one has to read all after each piece: what they
 * find, change and let go is the same, and what they find and change is what
 * one piece has.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "check.h"
#include "rnd.h"
#include "rules/stream.h"
#include "shipped.h"

static struct shipped live;
static const struct scope place = {.dir = DIR_RECV, .role = ROLE_ASSISTANT};

/* --- Texts. */

static struct str fragment(void)
{
    static const struct rule_src *src;
    struct str s;

    for (size_t skip = rnd(40);; skip -= skip > 0) {
        src = src == NULL || src->next == NULL ? live.files.rules : src->next;
        if (skip == 0 && src->test_count > 0)
            break;
    }
    s = src->tests[rnd(src->test_count)].text;
    return s.len < 300 ? s : STR("-");
}

enum way {
    AS_IS,
    AS_PERCENT,
    AS_QUOTED,
    AS_ENTITIES,
    AS_ESCAPES,
    IN_TAG,
    IN_COMMENT,
    IN_TAGS,
    IN_WORD,
    WAYS
};

static void write_one(char one[16], unsigned char c, enum way how)
{
    if (how == AS_PERCENT)
        (void)snprintf(one, 16, "%%%02X", c);
    else if (how == AS_QUOTED)
        (void)snprintf(one, 16, "=%02X", c);
    else if (how == AS_ENTITIES)
        (void)snprintf(one, 16, "&#%u;", c);
    else
        (void)snprintf(one, 16, "\\u%04x", c);
}

/* One in `often` of the characters of ASCII is written so. */
static void put_written(struct buf *to, struct str s, enum way how,
                        uint32_t often)
{
    char one[16];

    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];

        if (how == AS_IS || how >= IN_TAG || c >= 0x80 || rnd(often) != 0) {
            CHECK_INT(buf_add(to, (struct str){s.ptr + i, 1}), OK);
            continue;
        }
        write_one(one, c, how);
        CHECK_INT(buf_add(to, str_of(one)), OK);
    }
}

static void put_around(struct buf *to, struct str s, enum way how)
{
    static const struct {
        const char *before, *behind;
    } list[WAYS] = {
        [IN_TAG] = {"<img src=\"a.png\" alt=\"", "\" class=wide>"},
        [IN_COMMENT] = {"<!-- see ", " -->"},
        [IN_TAGS] = {"<p><b>", "</b> or <a href=\"#x\">not</a></p>\n"},
        [IN_WORD] = {"some/long/path/to/a/thing/of/no/other/use/",
                     "/and/further/on.html"},
    };

    CHECK_INT(buf_add(to, str_of(list[how].before)), OK);
    CHECK_INT(buf_add(to, s), OK);
    CHECK_INT(buf_add(to, str_of(list[how].behind)), OK);
}

static void text_make(struct buf *text)
{
    static const char *const between[] = {" ",
                                          "\n",
                                          "",
                                          ", ",
                                          ". ",
                                          "=",
                                          "=\n",
                                          "\"",
                                          "<",
                                          "&",
                                          "%",
                                          "\\",
                                          "caf\u00e9 ",
                                          "i\u200b",
                                          "1gn0",
                                          "<!-- ",
                                          ">",
                                          "</p>",
                                          "QUJDREVGR0g=",
                                          "a plain word or two of no meaning ",
                                          "<i class=wide id=\"a b\">",
                                          "</i>",
                                          "<b",
                                          "<!-- no",
                                          "ig<em title='"};
    struct buf one;

    buf_clear(text);
    buf_init(&one, MIB);
    for (size_t n = 1 + rnd(5); n > 0; n--) {
        enum way how = (enum way)rnd(WAYS), then = (enum way)rnd(WAYS);
        static const uint32_t often[] = {1, 2, 9, 40};

        buf_clear(&one);
        put_written(&one, fragment(), how, often[rnd(ARRAY_LEN(often))]);
        if (how >= IN_TAG || rnd(3) == 0)
            put_around(text, buf_str(&one), how >= IN_TAG ? how : then);
        else
            put_written(text, buf_str(&one), rnd(3) == 0 ? then : AS_IS, 9);
        CHECK_INT(buf_add(text, str_of(between[rnd(ARRAY_LEN(between))])), OK);
    }
    buf_free(&one);
}

/* --- What comes of it. */

struct got {
    struct findings found;
    struct buf out;
    bool blocked;
    enum err failed;
};

static void got_free(struct got *g)
{
    findings_free(&g->found);
    buf_free(&g->out);
}

static int by_place(const void *a, const void *b)
{
    const struct finding *x = a, *y = b;

    if (x->start != y->start)
        return x->start < y->start ? -1 : 1;
    if (x->rule->index != y->rule->index)
        return x->rule->index < y->rule->index ? -1 : 1;
    return x->end < y->end ? -1 : x->end > y->end;
}

/* Edits as text: what they are and where. */
static void drain(struct stream *st, struct got *g)
{
    struct stream_edit edit;
    struct finding one;
    char line[80];

    while (stream_next(st, &edit)) {
        (void)snprintf(line, sizeof(line), "%zu-%zu %u\n", (size_t)edit.start,
                       (size_t)edit.end, (unsigned)edit.action);
        CHECK_INT(buf_add(&g->out, str_of(line)), OK);
        g->blocked |= edit.action == ACTION_BLOCK;
    }
    while (stream_finding(st, &one))
        CHECK_INT(findings_add(&g->found, one), OK);
}

static uint64_t held[2]; /* in sum, of one left alone and of one that is not */

/* `most`: bytes of a piece, 0: all. With `other`, that one reads all at once.
 */
static void drip(struct str text, uint32_t most, struct got *g, bool other)
{
    struct stream *st, *eager = NULL;
    struct got side = {.failed = OK};

    *g = side;
    findings_init(&g->found);
    findings_init(&side.found);
    buf_init(&g->out, MIB);
    buf_init(&side.out, MIB);
    CHECK_INT(stream_new(live.rules, live.scratch, &place, &st), OK);
    if (other)
        CHECK_INT(stream_new(live.rules, live.scratch, &place, &eager), OK);
    for (size_t n; text.len > 0 && !g->failed; text = str_skip(text, n)) {
        n = most == 0 ? text.len : 1 + rnd(most);
        n = n < text.len ? n : text.len;
        g->failed = stream_take(st, str_head(text, n));
        drain(st, g);
        if (!other)
            continue;
        CHECK_INT(stream_take(eager, str_head(text, n)), g->failed);
        (void)stream_minds(eager);
        drain(eager, &side);
        held[0] += stream_end(st) - stream_safe(st);
        held[1] += stream_end(eager) - stream_safe(eager);
    }
    if (!g->failed)
        g->failed = stream_flush(st);
    drain(st, g);
    stream_free(st);
    stream_free(eager);
    got_free(&side);
    if (g->found.count > 1)
        qsort(g->found.list, g->found.count, sizeof(*g->found.list), by_place);
}

static bool is_same(const struct got *a, const struct got *b)
{
    bool good = CHECK_INT(a->failed, b->failed) &&
                CHECK_EQ(buf_str(&a->out), buf_str(&b->out)) &&
                (a->blocked || CHECK_INT(a->found.count, b->found.count));

    for (size_t i = 0; good && !a->blocked && i < a->found.count; i++)
        good = CHECK(by_place(&a->found.list[i], &b->found.list[i]) == 0);
    return good;
}

static void test_waits(void)
{
    struct buf text;
    size_t total = 0, edits = 0;
    bool good = true;

    if (!CHECK(shipped_open(&live, false)))
        return;
    buf_init(&text, MIB);
    for (size_t i = 0; i < 1500 && good; i++) {
        struct got want, got;

        text_make(&text);
        if (!utf8_valid(buf_str(&text)))
            continue;
        drip(buf_str(&text), 0, &want, false);
        for (uint32_t most = 1; most <= 9 && good; most += 4) {
            drip(buf_str(&text), most, &got, most == 5);
            good = is_same(&got, &want);
            if (!good) {
                fprintf(stderr, "turn %zu, pieces up to %u\n", i, most);
                check_show("text", buf_str(&text));
            }
            got_free(&got);
        }
        total += want.found.count;
        edits += want.out.len != 0;
        got_free(&want);
    }
    CHECK(total > 1000 && edits > 100);
    /* Patterns are tried again when a match has grown by some part of it (in
     * stream.c): when that is goes by what was read, and is no longer. */
    CHECK(held[0] <= held[1] + held[1] / 100);
    buf_free(&text);
}

int main(void)
{
    RUN(test_waits);
    shipped_close(&live);
    return check_done();
}
