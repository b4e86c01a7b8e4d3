#include "rules/escaped.h"
#include "rules/side.h"

#include <stdlib.h>
#include <zlib.h>

#include "base/utf8.h"
#include "check.h"
#include "failmalloc.h"
#include "rnd.h"
#include "ways.h"
#include "set.h"

/* link: -lz */

/*
 * All that a stream does, at once: several views in one text, rules that block,
 * redact and log, own secrets, values that are excluded, pseudonyms that become
 * values again, and texts that end and go on. Whatever the cuts, one output,
 * that only grows; nothing that a search of the whole text would have changed
 * is in it; and where memory fails, nothing more leaves.
 */

#define WORDS (1u << VIEW_LEET | 1u << VIEW_JOINED)
#define CODED                                                                  \
    .views = 1u << VIEW_TEXT | 1u << VIEW_CLEAN | 1u << VIEW_SKELETON |        \
             1u << VIEW_DECODED | WORDS
#define SHOWN                                                                  \
    .views = 1u << VIEW_TEXT | 1u << VIEW_CLEAN | 1u << VIEW_FOLD |            \
             1u << VIEW_GAP | 1u << VIEW_NOMARK | WORDS
#define REDACT(i, m)                                                           \
    ALL, .id = STR_INIT(i), .put = STR_INIT("[" i "]"), .match = STR_INIT(m),  \
         .action = ACTION_REDACT
#define LOG(i, m)                                                              \
    ALL, .id = STR_INIT(i), .match = STR_INIT(m), .action = ACTION_LOG

static const struct str k_aws[] = {STR_INIT("AKIA")};
static const struct str k_ghp[] = {STR_INIT("ghp_")};
static const struct str k_at[] = {STR_INIT("@")};
static const struct str k_run[] = {STR_INIT("rm -rf")};
static const struct str k_say[] = {STR_INIT("say")};
static const struct str k_pem[] = {STR_INIT("-----BEGIN")};
static const struct near n_key[] = {
    {STR_INIT("(?i)pin"), 12, NEAR_BEFORE | NEAR_AFTER, true, false}};

enum {
    AWS,
    MAIL = 2,
    RUN = 3
};

static const struct rule list[] = {
    {REDACT("aws", "(?<![A-Z0-9])AKIA[A-Z2-7]{16}(?![A-Z0-9])"), CODED,
     KEYS(k_aws), .keyword_first = true},
    {REDACT("ghp", "\\bghp_[0-9A-Za-z]{20}"), CODED, KEYS(k_ghp),
     .keyword_first = true},
    {LOG("mail", "[a-z0-9]+@[a-z.]+"), CODED, KEYS(k_at)},
    {ALL, CODED, KEYS(k_run), .keyword_first = true, .id = STR_INIT("run"),
     .match = STR_INIT("rm -rf /\\w+"), .action = ACTION_BLOCK},
    {REDACT("say", "(?i)say[ a-z]{2,6}no"), SHOWN, KEYS(k_say),
     .keyword_first = true},
    {REDACT("pin", "(?<!\\d)\\d{4}(?!\\d)"), .digits = 4, .nears = n_key,
     .near_count = 1, .views = 1u << VIEW_TEXT | 1u << VIEW_CLEAN},
    {REDACT("card", "(?<!\\d)\\d(?:[ -]?\\d){12,18}(?!\\d)"), .digits = 13,
     .check = VALID_LUHN, SHOWN},
    {LOG("nine", "\\d{9}(?!\\d)"), .token = {1u << 9, 0}, SHOWN},
    {LOG("fox", "\\bfox[a-z ]{0,30}dog"), SHOWN},
    {REDACT("pem", "-----BEGIN[A-Z ]+-----[^-]+-----END[A-Z ]+-----"),
     KEYS(k_pem), .keyword_first = true, .end = STR_INIT("END[A-Z ]+-----"),
     .max_hold = 4096, .views = 1u << VIEW_TEXT | 1u << VIEW_CLEAN},
    {REDACT("own", ""), .detector = DETECTOR_OWN},
};
#define OWN_RULE (ARRAY_LEN(list) - 1)

static unsigned char print[EXCLUDED_PRINT] = "0123456789abcdef";

static const struct exclusion not_these[] = {
    {.rule = MAIL, .value = STR_INIT("^joe@")},
    {.rule = AWS, .print = {(const char *)print, sizeof(print)}},
};
#define EXCLUDED "AKIAZZZZZZZZZZZZZZZ7"

static const struct str own_values[] = {
    STR_INIT("q7-Kd93_mZp0"),
    STR_INIT("zx-9fJq2Lw8Tn4Vb6Yc1Hd3Gk5Ps7"),
};

static struct set s;
static struct own *secrets;
static struct known known;
static struct restorer restorer; /* its key is empty: none */

/* --- Pseudonyms. */

static const unsigned char key[PSEUDONYM_KEY_LEN] = "a key of a test";
static const struct str classes[] = {STR_INIT("EMAIL"), STR_INIT("NAME")};
static char mail_name[PSEUDONYM_MAX + 1], number_name[PSEUDONYM_MAX + 1];
#define VALUE "Anna"

static bool value_of(void *with, const struct pseudonym_at *at,
                     const struct str *tool, struct pseudonym_at *ret_at,
                     struct buf *out)
{
    size_t class = at->letter_count < 5 ? at->letter_count : 5;

    (void)with;
    (void)tool;
    *ret_at = *at;
    if (class != 0) /* what stands before the class is no part of it */
        ret_at->start = at->start + at->letter_count - class;
    return buf_add(out, STR(VALUE)) == OK;
}

static void pseudonyms_make(void)
{
    struct pseudonym p;

    pseudonym_make(key, classes[0], STR(VALUE), &p);
    memcpy(mail_name, p.text, p.len);
    pseudonym_number(key, classes[1], STR(VALUE), &p);
    memcpy(number_name, p.text, p.len);
}

static void list_open(bool own, bool capped, bool restores)
{
    struct rule rules[ARRAY_LEN(list)];

    memcpy(rules, list, sizeof(rules));
    for (size_t i = 0; i < ARRAY_LEN(rules) && capped; i++) {
        rules[i].max_hold = 20 + 9 * (uint32_t)i;
        rules[i].on_hold_full = i % 3 == 2 ? HOLD_RELEASE : HOLD_REDACT;
    }
    excluded_print(print, STR(EXCLUDED), print + EXCLUDED_SALT);
    set_open_with(&s, rules, ARRAY_LEN(rules),
                  (struct set_options){not_these, ARRAY_LEN(not_these), false});
    secrets = own_of(own_values, ARRAY_LEN(own_values));
    known.own = own ? secrets : NULL;
    s.at.known = &known;
    restorer = (struct restorer){0};
    if (restores)
        restorer =
            (struct restorer){key, classes, ARRAY_LEN(classes), value_of, NULL};
}

static void list_close(void)
{
    set_close(&s);
    own_free(secrets);
}

/* --- Texts. */

static void base64(struct str in, struct buf *to)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                 "abcdefghijklmnopqrstuvwxyz0123456789+/";

    for (size_t i = 0; i < in.len; i += 3) {
        uint32_t v = 0;
        char four[4];

        for (size_t k = 0; k < 3; k++)
            v = v << 8 | (i + k < in.len ? (unsigned char)in.ptr[i + k] : 0);
        for (size_t k = 0; k < 4; k++)
            four[k] = digits[v >> (18 - 6 * k) & 63];
        if (in.len - i < 3)
            four[3] = '=';
        if (in.len - i < 2)
            four[2] = '=';
        put(to, (struct str){four, 4});
    }
}

/* Each byte as its number, with signs before and behind it. */
static void each(struct str in, const char *before, bool hex, const char *after,
                 struct buf *to)
{
    char one[16];

    for (size_t i = 0; i < in.len; i++) {
        unsigned c = (unsigned char)in.ptr[i];

        put(to, str_of(before));
        snprintf(one, sizeof(one), hex ? "%02x" : "%u", c);
        put(to, str_of(one));
        put(to, str_of(after));
    }
}

static void wide(struct str in, struct buf *to)
{
    char c[4];

    for (size_t i = 0; i < in.len; i++)
        if (in.ptr[i] > ' ' && i % 2 == 0)
            put(to, (struct str){c, utf8_put(0xfee0u + (uint8_t)in.ptr[i], c)});
        else
            put(to, (struct str){in.ptr + i, 1});
}

/* Behind every fifth character. */
static void between(struct str in, const char *what, struct buf *to)
{
    for (size_t i = 0, n; i < in.len; i += n) {
        n = utf8_char(str_skip(in, i));
        put(to, (struct str){in.ptr + i, n});
        put(to, str_of(i % 5 == 2 ? what : ""));
    }
}

static void tags(struct str in, struct buf *to)
{
    char c[4];

    for (size_t i = 0; i < in.len; i++)
        put(to, (struct str){c, utf8_put(0xe0000u + (uint8_t)in.ptr[i], c)});
}

static void packed(struct str in, struct buf *to)
{
    Bytef out[600];
    uLongf len = sizeof(out);

    if (compress(out, &len, (const Bytef *)in.ptr, in.len) != Z_OK)
        exit(1);
    base64((struct str){(const char *)out, len}, to);
}

#define CODINGS 11
static void write_as(unsigned how, struct str in, struct buf *to)
{
    switch (how) {
    case 1:
        base64(in, to);
        return;
    case 2:
        each(in, "", true, "", to);
        return;
    case 3:
        each(in, "%", true, "", to);
        return;
    case 4:
        each(in, "\\u00", true, "", to);
        return;
    case 5:
        wide(in, to);
        return;
    case 6:
        between(in, "\u200b", to);
        return;
    case 7:
        tags(in, to);
        return;
    case 8:
        packed(in, to);
        return;
    case 9:
        each(in, "&#", false, ";", to);
        return;
    case 10:
        between(in, "\u0301", to);
        return;
    default:
        put(to, in);
    }
}

static const char *const values[] = {
    "AKIAQ3EGRTX7LMBZ2WPD",
    "ghp_0123456789abcdefghij",
    "mail ann@example.com or joe@example.com",
    EXCLUDED,
    "say it no",
    "pin 4711",
    "4111 1111 1111 1111",
    "q7-Kd93_mZp0",
    "zx-9fJq2Lw8Tn4Vb6Yc1Hd3Gk5Ps7",
    "-----BEGIN A KEY-----\nabcdefghijklmnopqrst\n-----END A KEY-----",
    "123456789",
    "fox over the dog",
    "please rm -rf /home now",
};

static const char *const around[] = {
    " ", "The quick brown fox ", "AKIA", "ghp_0123", "4111 1111", "say",
    "s4y 1t n0 ", "s a y i t n o ", "pin", "\u200b", "e\u0301", "\uff21",
    "\u00a0", "\U0001f3f4", "\n", "-----BEGIN A", "-----", "12", "@",
    "be ad de ", "caf\u00e9 ", "q7-Kd93", "aWdub3Jl", "EMAIL_", ", ", "\u202e",
    "\u202c", "path/to/some/file_name_x",
    /* Of escapes: a text is read as one by how many there are in all of it. */
    "\\u00", "%4", "=", "key="};
#define ESCAPES 4

/* With what blocks, or without. `apart`: what is encoded is not next to what
 * is like it. */
static void make(struct buf *text, bool blocks, bool apart)
{
    buf_clear(text);
    for (size_t j = 2 + rnd(7); j > 0; j--) {
        struct str v = str_of(values[rnd(ARRAY_LEN(values) - !blocks)]);
        uint32_t kind = rnd(8);

        if (kind < 3) {
            put(text,
                str_of(around[rnd(ARRAY_LEN(around) - (apart ? ESCAPES : 0))]));
        } else if (kind < 4) {
            put(text, str_of(rnd(2) == 0 ? mail_name : number_name));
        } else if (kind < 5 && !apart) {
            struct buf one;

            buf_init(&one, MIB);
            write_as(rnd(CODINGS), v, &one);
            if (rnd(2) == 0)
                put(text,
                    str_head(buf_str(&one),
                             utf8_front(buf_str(&one), rnd(one.len + 1))));
            else
                write_as(rnd(CODINGS), buf_str(&one), text);
            buf_free(&one);
        } else {
            put(text, str_of(apart ? " | " : ""));
            write_as(rnd(CODINGS), v, text);
            put(text, str_of(apart ? " | " : ""));
        }
    }
}

/* --- A stream of some texts. */

struct result {
    struct buf out;
    bool blocked;
    struct findings f;
    struct buf
        changed; /* a byte for each of the text: is it let go as it is? */
};

static void result_init(struct result *r)
{
    *r = (struct result){0};
    buf_init(&r->out, MIB);
    buf_init(&r->changed, MIB);
    r->f.cap = 4 * KIB; /* here, not where memory fails */
    r->f.list = malloc(r->f.cap * sizeof(*r->f.list));
    if (r->f.list == NULL || buf_reserve(&r->out, 64 * KIB) ||
        buf_reserve(&r->changed, 64 * KIB))
        exit(1);
}

static void result_free(struct result *r)
{
    buf_free(&r->out);
    buf_free(&r->changed);
    findings_free(&r->f);
}

static void out_add(struct result *r, struct str in, bool changed,
                    struct str as)
{
    put(&r->out, as);
    for (size_t i = 0; i < in.len; i++)
        put(&r->changed, changed ? STR("x") : STR("."));
}

struct grown {
    const struct stream *st;
    uint64_t safe, v;
};
#define VIEWS_MOST 32

/* Of no view of the text what was safe is not so any more. */
static bool sides_grow(const struct stream *st, struct grown *all)
{
    bool good = true;

    for (size_t i = 0; st->sides != NULL && i < st->sides->count; i++) {
        const struct stream *to = st->sides->list[i].st;
        struct grown *g = all;

        if (to == NULL || is_escape(to->side->step)) /* these end before */
            continue;
        while (g->st != NULL && g->st != to && g < all + VIEWS_MOST - 1)
            g++;
        /* Another one in the same place has begun later. */
        good = good && (g->st != to || to->safe >= g->safe ||
                        to->side->own > g->v || to->v < g->v);
        *g = (struct grown){to, to->safe, to->v};
        good = good && sides_grow(to, all);
    }
    return good;
}

static bool let_out(struct stream *st, struct str text, uint64_t *at,
                    struct result *r)
{
    struct stream_edit ed;
    struct finding f;

    while (!r->blocked && stream_next(st, &ed)) {
        if (!CHECK(ed.start >= *at && ed.start <= stream_safe(st)) ||
            !CHECK(ed.action == ACTION_BLOCK || ed.end <= stream_safe(st)))
            return false;
        out_add(r, (struct str){text.ptr + *at, ed.start - *at}, false,
                (struct str){text.ptr + *at, ed.start - *at});
        r->blocked = ed.action == ACTION_BLOCK;
        *at = ed.start;
        if (!r->blocked)
            out_add(r, (struct str){text.ptr + *at, ed.end - *at}, true,
                    ed.put);
        *at = r->blocked ? ed.start : ed.end;
    }
    if (!r->blocked) {
        if (!CHECK(stream_safe(st) >= *at && stream_safe(st) <= stream_end(st)))
            return false;
        out_add(r, (struct str){text.ptr + *at, stream_safe(st) - *at}, false,
                (struct str){text.ptr + *at, stream_safe(st) - *at});
        *at = stream_safe(st);
    }
    while (stream_finding(st, &f))
        if (r->f.count < r->f.cap)
            r->f.list[r->f.count++] = f;
    return true;
}

/* The texts are text up to each of `ends`; pieces of 1 to `most` bytes, or with
 * 0 of all of them but for one cut. */
struct texts {
    struct str all;
    size_t ends[4], count;
};

static enum err take(struct scratch *sc, const struct texts *t, size_t cut,
                     uint32_t most, struct result *r)
{
    struct stream *st;
    uint64_t at = 0;
    size_t i = 0;
    enum err e;

    if ((e = stream_new(s.rs, sc, &s.at, &st)))
        return e;
    stream_restore(st, restorer.key == NULL ? NULL : &restorer);
    for (size_t k = 0; k < t->count && !e; k++) {
        struct grown grown[VIEWS_MOST] = {{NULL, 0, 0}};

        while (i < t->ends[k] && !e) {
            size_t left = t->ends[k] - i;
            size_t n = most > 0 ? 1 + rnd(most) : i < cut ? cut - i : left;

            n = n < left ? n : left;
            e = stream_take(st, (struct str){t->all.ptr + i, n});
            i += n;
            CHECK(sides_grow(st, grown));
            if (!let_out(st, t->all, &at, r))
                e = E_INTERNAL;
        }
        if (!e)
            e = stream_flush(st);
        (void)let_out(st, t->all, &at, r);
    }
    if (!e && !r->blocked)
        CHECK_INT(stream_safe(st), t->all.len);
    if (e) { /* it is final */
        uint64_t safe = stream_safe(st);

        CHECK_INT(stream_take(st, STR("x")), e);
        CHECK_INT(stream_flush(st), e);
        CHECK_INT(stream_safe(st), safe);
    }
    stream_free(st);
    return e;
}

static int by_place(const void *a, const void *b)
{
    const struct finding *x = a, *y = b;

    if (x->start != y->start)
        return x->start < y->start ? -1 : 1;
    if (x->rule != y->rule)
        return x->rule->index < y->rule->index ? -1 : 1;
    return x->end < y->end ? -1 : x->end > y->end;
}

/* In order; of one rule that only logs, those that meet as one: whether the
 * first was told before the other was found is a matter of the cuts. */
static void sort(struct findings *f)
{
    size_t kept = 0, k;

    if (f->count > 1)
        qsort(f->list, f->count, sizeof(*f->list), by_place);
    for (size_t i = 0; i < f->count; i++) {
        struct finding *one = &f->list[i];

        for (k = kept; k > 0 && (f->list[k - 1].rule != one->rule ||
                                 f->list[k - 1].end <= one->start);)
            k--;
        if (k > 0 && rules_action(s.rs, one->rule) == ACTION_LOG)
            f->list[k - 1].end =
                one->end > f->list[k - 1].end ? one->end : f->list[k - 1].end;
        else
            f->list[kept++] = *one;
    }
    f->count = kept;
}

static void show_findings(const char *name, const struct findings *f)
{
    for (size_t i = 0; i < f->count; i++)
        fprintf(stderr, "    %s %s %d-%d\n", name, f->list[i].rule->id.ptr,
                (int)f->list[i].start, (int)f->list[i].end);
}

static bool same(const struct texts *t, const struct result *want, size_t cut,
                 uint32_t most)
{
    struct result got;
    bool good;

    result_init(&got);
    good = CHECK_INT(take(s.sc, t, cut, most, &got), OK) &&
           CHECK_EQ(buf_str(&got.out), buf_str(&want->out)) &&
           CHECK_INT(got.blocked, want->blocked);
    sort(&got.f);
    good = good && (got.blocked || CHECK(findings_same(&got.f, &want->f)));
    if (!good) {
        fprintf(stderr, "cut %zu, pieces of up to %u\n", cut, most);
        check_show("text", t->all);
        show_findings("got", &got.f);
        show_findings("want", &want->f);
    }
    result_free(&got);
    return good;
}

/* --- Against a search of the whole. */

/* Nothing that it would change is let go as it is, up to a block. */
static bool covers(const struct texts *t, const struct result *r)
{
    size_t from = 0;
    bool good = true;

    for (size_t k = 0; k < t->count && good; k++) {
        struct str text = {t->all.ptr + from, t->ends[k] - from};
        struct findings f;

        findings_init(&f);
        CHECK(rules_scan(s.rs, s.sc, &s.at, text, 0, &f) == OK);
        for (size_t i = 0; i < f.count && good; i++) {
            size_t end = from + (size_t)f.list[i].end;

            if (rules_action(s.rs, f.list[i].rule) < ACTION_REDACT ||
                f.list[i].rule->detector == DETECTOR_OWN)
                continue;
            for (size_t at = from + (size_t)f.list[i].start; at < end; at++)
                good = good && (at >= r->changed.len ||
                                CHECK(r->changed.ptr[at] == 'x'));
        }
        if (!good) {
            check_show("text", text);
            check_show("out ", buf_str(&r->out));
            show_findings("found", &f);
        }
        from = t->ends[k];
        findings_free(&f);
    }
    return good;
}

static void turn(const struct texts *t, bool whole, size_t cuts, bool *good)
{
    struct result want;

    result_init(&want);
    *good = CHECK_INT(take(s.sc, t, 0, 1, &want), OK);
    sort(&want.f);
    *good = *good && same(t, &want, 0, 0) && same(t, &want, 0, 4) &&
            same(t, &want, 0, 19) && same(t, &want, 0, 70);
    for (size_t i = 0; *good && i < cuts; i++)
        *good = same(t, &want, cuts < t->all.len ? rnd(t->all.len + 1) : i, 0);
    *good = *good && (!whole || covers(t, &want));
    result_free(&want);
}

static void run(size_t turns, bool whole, bool apart)
{
    struct buf text, one;
    bool good = true;

    buf_init(&text, MIB);
    buf_init(&one, MIB);
    for (size_t i = 0; i < turns && good; i++) {
        struct texts t = {.count = 1 + rnd(3)};

        buf_clear(&text);
        for (size_t k = 0; k < t.count; k++) {
            make(&one, i % 6 == 0, apart);
            put(&text, buf_str(&one));
            t.ends[k] = text.len;
        }
        t.all = buf_str(&text);
        turn(&t, whole, i % 20 == 0 ? t.all.len : 3, &good);
    }
    buf_free(&text);
    buf_free(&one);
}

static size_t times = 1;

static void test_as_the_whole(void)
{
    list_open(false, false, false);
    run(600 * times, true, true);
    list_close();
}

static void test_nested(void)
{
    list_open(false, false, false);
    run(600 * times, false, false);
    list_close();
}

static void test_own(void)
{
    list_open(true, false, false);
    run(400 * times, true, true);
    run(400 * times, false, false);
    list_close();
}

static void test_pseudonyms(void)
{
    list_open(true, false, true);
    run(400 * times, false, true);
    run(400 * times, false, false);
    list_close();
}

static void test_caps(void)
{
    list_open(true, true, true);
    run(600 * times, false, false);
    list_close();
}

/* What a view has of a text begins before the view does: marks that follow are
 * still on the last letter of that. */
static void test_first_mark(void)
{
    static const char *const rows[] = {
        "say\u0301 it no",
        "well, s\u0301ay it no",
        "say it n\u200b\u0301o",
        "sa" /* more than are looked at together */
        "\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301"
        "\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301"
        "\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301"
        "y it no",
    };

    list_open(false, false, false);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct texts t = {.all = str_of(rows[i]), .count = 1};
        struct result r;
        bool good;

        CHECK_ROW(rows[i]);
        t.ends[0] = t.all.len;
        turn(&t, true, t.all.len, &good);
        result_init(&r);
        CHECK_INT(take(s.sc, &t, 0, 1, &r), OK);
        CHECK(memchr(r.changed.ptr, 'x', r.changed.len) != NULL);
        result_free(&r);
    }
    CHECK_ROW(NULL);
    list_close();
}

/* --- Without memory. */

/* What is out is what would have been, as far as it goes. A pseudonym stays
 * where there is no memory for its value. */
static bool failing(const struct texts *t, size_t n, const struct result *want,
                    bool *ret_failed)
{
    struct scratch *sc = NULL;
    struct result got;
    uint64_t before = rnd_seed;
    bool good;
    enum err e;

    result_init(&got);
    failmalloc_at(n, FAIL_ONE);
    if (!(e = scratch_new(&sc)))
        e = take(sc, t, 0, 23, &got);
    *ret_failed = failmalloc_off();
    good = CHECK(e == OK || e == E_NOMEM) && CHECK(!e || *ret_failed) &&
           CHECK(got.changed.len <= want->changed.len &&
                 memcmp(got.changed.ptr, want->changed.ptr, got.changed.len) ==
                     0) &&
           CHECK(e ? str_starts(buf_str(&want->out), buf_str(&got.out))
                   : str_eq(buf_str(&want->out), buf_str(&got.out)));
    if (!good)
        check_show("text", t->all);
    scratch_free(sc);
    result_free(&got);
    rnd_seed = before;
    return good;
}

static void failing_each(bool capped)
{
    struct buf text, one;
    bool good = true;
    size_t errors = 0;

    list_open(true, capped, false);
    buf_init(&text, MIB);
    buf_init(&one, MIB);
    for (size_t i = 0; i < 20 * times && good; i++) {
        struct texts t = {.count = 2};
        struct result want;
        bool failed = true;
        uint64_t before;

        buf_clear(&text);
        for (size_t k = 0; k < t.count; k++) {
            make(&one, i % 6 == 0, false);
            put(&text, buf_str(&one));
            t.ends[k] = text.len;
        }
        t.all = buf_str(&text);
        before = rnd_seed;
        result_init(&want);
        CHECK_INT(take(s.sc, &t, 0, 23, &want), OK);
        rnd_seed = before;
        for (size_t n = 1; failed && good; n++) {
            good = failing(&t, n, &want, &failed);
            errors += failed;
        }
        result_free(&want);
    }
    CHECK(errors > 400);
    buf_free(&text);
    buf_free(&one);
    list_close();
}

static void test_memory(void)
{
    failing_each(false);
    failing_each(true);
}

/* rules_streams N: so many times the texts, from a seed of its own. */
int main(int argc, char **argv)
{
    rnd_seed = 20;
    if (argc > 1) {
        times = (size_t)strtoul(argv[1], NULL, 10);
        rnd_seed += times;
    }
    pseudonyms_make();
    RUN(test_as_the_whole);
    RUN(test_nested);
    RUN(test_own);
    RUN(test_pseudonyms);
    RUN(test_caps);
    RUN(test_first_mark);
    RUN(test_memory);
    return check_done();
}
