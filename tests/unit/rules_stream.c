#include "rules/stream.h"

#include <pthread.h>
#include <stdlib.h>

#include "check.h"
#include "failmalloc.h"
#include "rnd.h"
#include "set.h"

/* link: -pthread */

/*
 * The laws of streams, on texts made of pieces of rules: the output does not
 * depend on the cuts, equals search-and-replace on the whole text where no cap
 * is reached, only ever grows, and what is held is bounded.
 */

#define RULE(i, m)                                                             \
    .id = STR_INIT("SP-" i), .put = STR_INIT("[" i "]"), .match = STR_INIT(m), \
    ALL

static const struct str k_aws[] = {STR_INIT("AKIA"), STR_INIT("ASIA")};
static const struct str k_ghp[] = {STR_INIT("ghp_")};
static const struct str k_sk[] = {STR_INIT("sk-"), STR_INIT("sk-ant-")};
static const struct str k_pem[] = {STR_INIT("-----BEGIN")};
static const struct str k_at[] = {STR_INIT("@")};
static const struct str k_key[] = {STR_INIT("key")};
static const struct str k_ignore[] = {STR_INIT("ignore"),
                                      STR_INIT("disregard")};
static const struct str k_words[] = {STR_INIT("all previous"),
                                     STR_INIT("previous "), STR_INIT("dog e")};
static const struct str k_cde[] = {STR_INIT("abcdefg"), STR_INIT("cde")};
static const struct str k_run[] = {STR_INIT(".at."), STR_INIT("t.k")};
static const struct str k_loose[] = {STR_INIT("KIA"), STR_INIT("IAAB")};
static const struct str not_test[] = {STR_INIT("^test")};

static const struct near near_same[] = {
    {STR_INIT("(?i)\\bprevious\\b|漢|\\bкод"), 40, NEAR_BEFORE | NEAR_AFTER,
     true, false}};
static const struct near near_few[] = {
    {STR_INIT("\\bfox\\b|\\d{4}$"), 60, NEAR_BEFORE, false, false},
    {STR_INIT("e\\b"), 5, NEAR_AFTER, false, true}};
static const struct near near_not[] = {
    {STR_INIT("^\\W*(?:abc|漢)|test"), 30, NEAR_AFTER, false, true},
    {STR_INIT("(?i)key|joe"), 300, NEAR_BEFORE | NEAR_AFTER, true, true}};

/* Of every kind: with keywords and without, bounded and not, with checks, with
 * lookaround on both sides, and such that they overlap. */
static const struct rule rules_plain[] = {
    {RULE("aws", "\\b(?:AKIA|ASIA)[A-Z2-7]{16}\\b"), KEYS(k_aws),
     .keyword_first = true},
    {RULE("ghp", "ghp_[0-9A-Za-z]{36}"), KEYS(k_ghp), .keyword_first = true,
     .entropy = 2000},
    {RULE("sk", "(?<![0-9A-Za-z])sk-(?:ant-)?[0-9A-Za-z_-]{8,40}"), KEYS(k_sk),
     .keyword_first = true},
    {RULE("pem", "-----BEGIN [A-Z ]+-----[\\s\\S]+?-----END [A-Z ]+-----"),
     KEYS(k_pem), .keyword_first = true},
    {RULE("mail", "[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\\.[A-Za-z]{2,}"),
     KEYS(k_at), .check = VALID_EMAIL},
    {RULE("card", "(?<!\\d)\\d(?:[ -]?\\d){12,18}(?!\\d)"), .digits = 13,
     .check = VALID_LUHN},
    {RULE("ssn", "\\b\\d{3}-\\d{2}-\\d{4}\\b"), .check = VALID_SSN},
    {RULE("iban", "(?i)\\b[A-Z]{2}\\d{2}(?: ?[A-Z0-9]){11,30}\\b"),
     .check = VALID_IBAN},
    {RULE("pass", "(?i)password\\s*[:=]\\s*(\\S{3,40})"), .group = 1,
     .nots = not_test, .not_count = 1},
    {RULE("key", "(?i)\\bkey\\s*=\\s*\\w{4,30}"), KEYS(k_key),
     .keyword_first = true},
    {RULE("ign", "(?i)\\b(?:ignore|disregard)\\s+(?:all\\s+)?previous\\b"),
     KEYS(k_ignore), .keyword_first = true},
    {RULE("words", "(?i)all\\s+previous\\s*\\w{1,9}|previous\\s+(?:[a-f]|dog)|"
                   "dog\\s{1,16}e"),
     KEYS(k_words), .keyword_first = true},
    {RULE("open", "key=.*?END|AKIA\\d{4}")},
    {RULE("behind", "(?<=aé)b+(?=c)")},
    {RULE("line", "(?m)^> .{1,20}$")},
    {RULE("dog", "dog(?:sbody)?")},
    {RULE("ju", "\\p{Han}{2,4}(?:。|！)")},
    {RULE("cde", "(?i)abcdefgh|cdef?"), KEYS(k_cde), .keyword_first = true},
    {RULE("log", "(?i)hello \\w+"), .severity = SEVERITY_HIGH},
    {RULE("jwt", "\\beyJ[\\w-]{4,}\\.eyJ[\\w-]{4,}\\.[\\w-]{4,}")},
    {RULE("end", "fin\\z|\\Abegin|stop$")},
    /* A run before the keyword, or before a digit; all of it, or its end. */
    {RULE("run", "(?<![0-9A-Za-z])[0-9A-Za-z]{3,5}\\.at\\.[0-9a-z]{4}\\b"),
     KEYS(k_run)},
    {RULE("name", "(?<![a-z.])[a-z][a-z.]{0,9}+@[a-z]+\\.[a-z]{2,4}"),
     KEYS(k_at)},
    {RULE("loose", "[A-P]{1,6}KIA[A-P]{3}|[A-K]?IAAB[A-Z]?C"), KEYS(k_loose)},
    {RULE("two", "[a-z]{0,2}abcdefg|[a-h]{1,3}cde[fk]"), KEYS(k_cde)},
    {RULE("plate", "(?<![0-9A-Za-z])[A-Z]{2}\\d{2}[A-Z ]{1,4}\\b"),
     .digits = 2},
    {RULE("tail", "(?:[a-z]{1,4}|é?)\\d{3}[a-z]{0,5}"), .digits = 3},
    {RULE("year", "[a-z.]{1,4}[12]\\d{2,3}(?!\\d)"), .digits = 3},
    /* Of tokens: alone, before more, of letters first, with a look ahead. */
    {RULE("nine", "\\d{9}(?!\\d)"), .token = {1u << 9, 0}},
    {RULE("group", "(?<!\\d[.-])\\d{3}-\\d{2,4}(?:-\\d{4})?"),
     .token = {1u << 3, 0}, .then = STR_INIT("-@")},
    {RULE("mix", "(?i)[a-z]\\d{3,7}[a-z]?(?= |$)"),
     .token = {0, 1u << 5 | 1u << 8 | 1u << 9}},
    {RULE("pair", "(?:[A-Z]{2}\\d{2}|\\d{4}) (?:\\d{4}|[A-Z]{4}) ?"),
     .token = {1u << 4, 1u << 4}, .then = STR_INIT(" "),
     .check = VALID_LUHN_ANY},
    /* Of keywords that have a number soon behind them. */
    {RULE("near", "(?i)key[^\\n]{0,12}?(\\d{5,9})(?!\\d)"), KEYS(k_key),
     .keyword_first = true, .group = 1, .digits = 5, .reach = 72},
    {RULE("near", "(?:(?i)ignore|disregard)[^\\n]{0,20}?(?<![0-9A-Za-z])([A-Z]"
                  "\\d{7})(?![0-9A-Za-z])"),
     KEYS(k_ignore), .keyword_first = true, .group = 1, .token = {0, 1u << 8},
     .reach = 100},
    /* Of what must, or must not, stand near. */
    {RULE("same", "(?i)ignore \\w+"), KEYS(k_ignore), .keyword_first = true,
     .nears = near_same, .near_count = 1},
    {RULE("few", "\\bdogs?|[A-Z]\\d{7}"), .nears = near_few, .near_count = 2},
    {RULE("not", "hunter\\d\\d"), .nears = near_not, .near_count = 2},
    {RULE("log9", "[0-9a-z]{12,13}"), .token = {3u << 12, 3u << 12},
     .action = ACTION_LOG},
};

static const struct str fragments[] = {
    STR_INIT(".at."),
    STR_INIT("t.k"),
    STR_INIT("x1.at.b2c3"),
    STR_INIT("123456789"),
    STR_INIT("12345"),
    STR_INIT("212-664"),
    STR_INIT("B1234567"),
    STR_INIT("k123q "),
    STR_INIT("AB12 CDEF"),
    STR_INIT("a1b2c3d4e5f6"),
    STR_INIT("key no. "),
    STR_INIT("12-3(45)6"),
    STR_INIT("3"),
    STR_INIT("nm219"),
    STR_INIT("AKIA"),
    STR_INIT("AKIAABCDEFGHIJKLMNOP"),
    STR_INIT("ASIA"),
    STR_INIT("ABCDEFGHIJKLMNOP"),
    STR_INIT("ghp_"),
    STR_INIT("0a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R"),
    STR_INIT("sk-"),
    STR_INIT("sk-ant-abcdefgh12345678"),
    STR_INIT("-----BEGIN KEY-----"),
    STR_INIT("-----END KEY-----"),
    STR_INIT("-----"),
    STR_INIT("joe"),
    STR_INIT("@"),
    STR_INIT("example.com"),
    STR_INIT("."),
    STR_INIT(" "),
    STR_INIT("4111 1111 1111 1111"),
    STR_INIT("4111111111111111"),
    STR_INIT("41111"),
    STR_INIT("123-45-6789"),
    STR_INIT("219-09"),
    STR_INIT("GB29 NWBK 6016 1331 9268 19"),
    STR_INIT("de89370400440532013000"),
    STR_INIT("password="),
    STR_INIT("password: "),
    STR_INIT("test123"),
    STR_INIT("hunter22"),
    STR_INIT("key="),
    STR_INIT("Key = "),
    STR_INIT("\xe2\x84\xaa"
             "ey=abcdef"),
    STR_INIT("\xe2\x84"
             "\xa2"),
    STR_INIT("END"),
    STR_INIT("AKIA1234"),
    STR_INIT("aéb"),
    STR_INIT("aébbbc"),
    STR_INIT("é"),
    STR_INIT("c"),
    STR_INIT("\n> "),
    STR_INIT("\n"),
    STR_INIT("dog"),
    STR_INIT("sbody"),
    STR_INIT("dogs"),
    STR_INIT("漢字"),
    STR_INIT("漢"),
    STR_INIT("。"),
    STR_INIT("😀"),
    STR_INIT("e\xcc\x81"),
    STR_INIT("абв"),
    STR_INIT("مرحبا"),
    STR_INIT("abcdefgh"),
    STR_INIT("abcde"),
    STR_INIT("cde"),
    STR_INIT("cdef"),
    STR_INIT("Hello "),
    STR_INIT("world"),
    STR_INIT("eyJhbGciOi"),
    STR_INIT(".eyJzdWIi"),
    STR_INIT(".c2lnbmF0dXJl"),
    STR_INIT("fin"),
    STR_INIT("begin"),
    STR_INIT("stop"),
    STR_INIT("Ignore "),
    STR_INIT("all previous"),
    STR_INIT("all"),
    STR_INIT(" \n\t "),
    STR_INIT("previous"),
    STR_INIT("\r"),
    STR_INIT("ignore previous "),
    STR_INIT("xxxxxxx"),
    STR_INIT("Disregard\xc5\xbf"),
    STR_INIT("di\xc5\xbfregard previous"),
    STR_INIT("\xc5\xbfk-ant-abcdefgh1234"),
    STR_INIT(". "),
    STR_INIT("?\") "),
    STR_INIT("\n\n"),
    STR_INIT("a"),
    STR_INIT("1"),
    STR_INIT("The quick brown fox jumps over the lazy dog, "),
};

static struct str text_make(char *to, size_t room, size_t pieces)
{
    size_t n = 0;

    for (size_t i = 0; i < pieces; i++) {
        struct str f = fragments[rnd(ARRAY_LEN(fragments))];

        if (n + f.len > room)
            break;
        memcpy(to + n, f.ptr, f.len);
        n += f.len;
    }
    return (struct str){to, n};
}

/* --- A set of rules, ready. */

/* Rows that say no action redact. */
static void rows_open(struct set *s, const struct rule *list, size_t n,
                      bool monitor)
{
    struct rule rules[48];

    for (size_t i = 0; i < n && i < ARRAY_LEN(rules); i++) {
        rules[i] = list[i];
        if (rules[i].action == ACTION_PASS)
            rules[i].action = ACTION_REDACT;
    }
    set_open_with(s, rules, n, (struct set_options){.monitor = monitor});
}

static int by_start(const void *a, const void *b)
{
    const struct finding *x = a, *y = b;

    if (x->start != y->start)
        return x->start < y->start ? -1 : 1;
    if (x->end != y->end)
        return x->end > y->end ? -1 : 1;
    return (int)x->rule->index - (int)y->rule->index;
}

/* --- The reference: search and replace on the whole. */

struct result {
    struct buf out;
    struct findings f;
    bool blocked;
    size_t most; /* text held at once */
};

static void result_init(struct result *r)
{
    *r = (struct result){0};
    buf_init(&r->out, MIB);
}

static void result_free(struct result *r)
{
    buf_free(&r->out);
    findings_free(&r->f);
}

static enum err whole(struct set *s, struct str text, struct result *r)
{
    size_t pos = 0, at = 0;
    struct cluster c;
    enum err e;

    if ((e = rules_scan(s->rs, s->sc, &s->at, text, 0, &r->f)))
        return e;
    for (size_t i = 1; i < r->f.count; i++)
        CHECK(r->f.list[i - 1].start <= r->f.list[i].start);
    while (cluster_next(s->rs, r->f.list, r->f.count, &pos, &c)) {
        put(&r->out, (struct str){text.ptr + at, c.start - at});
        at = c.end;
        if (c.action == ACTION_BLOCK) {
            r->blocked = true;
            return OK;
        }
        put(&r->out, c.rule->put);
    }
    put(&r->out, (struct str){text.ptr + at, text.len - at});
    if (r->f.count > 1)
        qsort(r->f.list, r->f.count, sizeof(*r->f.list), by_start);
    return OK;
}

/* --- The stream. */

struct taker {
    struct set *set;
    struct stream *st;
    struct str text; /* all of it, for what is let go */
    uint64_t at;     /* let go so far */
    struct result *r;
};

static bool let_go(struct taker *t)
{
    uint64_t safe = stream_safe(t->st), end = stream_end(t->st);
    struct stream_edit ed;
    struct finding f;

    while (stream_next(t->st, &ed)) {
        if (!CHECK(ed.start >= t->at && ed.start <= safe && !t->r->blocked &&
                   (ed.action == ACTION_BLOCK || ed.end <= safe) &&
                   ed.start <= ed.end))
            return false;
        put(&t->r->out, (struct str){t->text.ptr + t->at, ed.start - t->at});
        if (ed.action == ACTION_BLOCK) {
            t->r->blocked = true;
            t->at = ed.start;
            break;
        }
        put(&t->r->out, ed.put);
        t->at = ed.end;
    }
    if (!CHECK(safe >= t->at && safe <= end))
        return false;
    if (!t->r->blocked)
        put(&t->r->out, (struct str){t->text.ptr + t->at, safe - t->at});
    t->at = safe;
    if (end - safe > t->r->most && !t->r->blocked)
        t->r->most = end - safe;
    while (stream_finding(t->st, &f))
        if (findings_add(&t->r->f, f))
            abort();
    return true;
}

/* `cut` says how long the next piece is. */
static enum err stream(struct set *s, struct str text,
                       size_t (*cut)(size_t at, size_t len, size_t arg),
                       size_t arg, struct result *r)
{
    struct taker t = {.set = s, .text = text, .r = r};
    size_t at = 0;
    enum err e;

    if ((e = stream_new(s->rs, s->sc, &s->at, &t.st)))
        return e;
    while (at < text.len && !e) {
        size_t n = cut(at, text.len, arg);

        e = stream_take(t.st, (struct str){text.ptr + at, n});
        at += n;
        if (!let_go(&t))
            break;
    }
    if (!e)
        e = stream_flush(t.st);
    (void)let_go(&t);
    if (!e && !r->blocked)
        CHECK_INT(stream_safe(t.st), text.len);
    stream_free(t.st);
    if (r->f.count > 1)
        qsort(r->f.list, r->f.count, sizeof(*r->f.list), by_start);
    return e;
}

static size_t cut_none(size_t at, size_t len, size_t arg)
{
    (void)arg;
    return len - at;
}

static size_t cut_each(size_t at, size_t len, size_t arg)
{
    return len - at < arg ? len - at : arg;
}

static size_t cut_at(size_t at, size_t len, size_t arg)
{
    return at < arg ? arg - at : len - at;
}

static size_t cut_random(size_t at, size_t len, size_t arg)
{
    size_t n = 1 + rnd(arg);

    return len - at < n ? len - at : n;
}

/* One cutting against a reference; a failure shows text, cuts, outputs. */
static bool same(struct set *s, struct str text, const struct result *want,
                 size_t (*cut)(size_t, size_t, size_t), size_t arg,
                 const char *how)
{
    uint64_t before = rnd_seed;
    struct result got;
    bool ok;

    result_init(&got);
    ok = CHECK_INT(stream(s, text, cut, arg, &got), OK);
    ok = ok && CHECK_EQ(buf_str(&got.out), buf_str(&want->out)) &&
         CHECK_INT(got.blocked, want->blocked) &&
         (want->blocked || CHECK(findings_same(&got.f, &want->f)));
    if (!ok) {
        fprintf(stderr, "cut %s %zu, seed %llx\n", how, arg,
                (unsigned long long)before);
        check_show("text", text);
        for (size_t i = 0; i < got.f.count; i++)
            fprintf(stderr, "  got %s %d-%d\n", got.f.list[i].rule->id.ptr,
                    (int)got.f.list[i].start, (int)got.f.list[i].end);
        for (size_t i = 0; i < want->f.count; i++)
            fprintf(stderr, "  want %s %d-%d\n", want->f.list[i].rule->id.ptr,
                    (int)want->f.list[i].start, (int)want->f.list[i].end);
    }
    result_free(&got);
    return ok;
}

/* --- Law 1, no cap reached: streams equal the whole. */

#define TEXTS 1500

static void test_equals_whole(void)
{
    struct set s;
    char space[450];

    rnd_seed = 1;
    rows_open(&s, rules_plain, ARRAY_LEN(rules_plain), false);
    for (int i = 0; i < TEXTS; i++) {
        struct str text = text_make(space, sizeof(space), 1 + rnd(14));
        struct result want;

        result_init(&want);
        if (!CHECK_INT(whole(&s, text, &want), OK) ||
            !same(&s, text, &want, cut_none, 0, "none") ||
            !same(&s, text, &want, cut_each, 1, "each") ||
            !same(&s, text, &want, cut_each, 3, "each") ||
            !same(&s, text, &want, cut_random, 9, "random") ||
            !same(&s, text, &want, cut_random, 60, "random"))
            i = TEXTS;
        result_free(&want);
    }
    set_close(&s);
}

static void test_every_cut(void)
{
    struct set s;
    char space[200];

    rnd_seed = 2;
    rows_open(&s, rules_plain, ARRAY_LEN(rules_plain), false);
    for (int i = 0; i < 150; i++) {
        struct str text = text_make(space, sizeof(space), 3 + rnd(8));
        struct result want;
        bool ok;

        result_init(&want);
        ok = CHECK_INT(whole(&s, text, &want), OK);
        for (size_t cut = 1; cut < text.len && ok; cut++)
            ok = same(&s, text, &want, cut_at, cut, "at");
        result_free(&want);
        if (!ok)
            break;
    }
    set_close(&s);
}

/* What was let go and forgotten is still seen by a lookbehind, an ^ or a \\b,
 * wherever the forgetting happens. */
static void test_context(void)
{
    static const char tail[] = "aébbcbegin";
    struct set s;
    char space[2200];

    rows_open(&s, rules_plain, ARRAY_LEN(rules_plain), false);
    for (size_t n = 1000; n < 1100; n++) {
        struct str text = {space, n + sizeof(tail) - 1};
        struct result want;
        bool ok;

        for (size_t i = 0; i < n; i++)
            space[i] = ' ';
        memcpy(space + n, tail, sizeof(tail));
        result_init(&want);
        ok =
            CHECK_INT(whole(&s, text, &want), OK) && CHECK_INT(want.f.count, 1);
        for (size_t cut = n; cut < text.len && ok; cut++)
            ok = same(&s, text, &want, cut_at, cut, "at");
        ok = ok && same(&s, text, &want, cut_each, 1, "each");
        result_free(&want);
        if (!ok)
            break;
    }
    set_close(&s);
}

/* --- Law 5: with caps, all cuttings give the same. */

#define CAP(n, how) .max_hold = (n), .on_hold_full = (how)

static const struct rule rules_caps[] = {
    {RULE("pem", "-----BEGIN [A-Z ]+-----[\\s\\S]+?-----END [A-Z ]+-----"),
     KEYS(k_pem), .keyword_first = true, CAP(48, HOLD_REDACT),
     .end = STR_INIT("-----END [A-Z ]+-----")},
    {RULE("open", "password.*?END"), CAP(24, HOLD_REDACT),
     .end = STR_INIT("END|\\n")},
    {RULE("rel", "key=[\\s\\S]*?stop"), CAP(64, HOLD_RELEASE)},
    {RULE("tail", "begin[^。]*?fin"), CAP(130, HOLD_REDACT)},
    {RULE("aws", "\\b(?:AKIA|ASIA)[A-Z2-7]{16}\\b"), KEYS(k_aws),
     .keyword_first = true},
    {RULE("mail", "[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\\.[A-Za-z]{2,}"),
     KEYS(k_at), CAP(100, HOLD_RELEASE), .check = VALID_EMAIL},
    {RULE("word", "[a-z]{3,}(?=\\.)"), CAP(16, HOLD_REDACT),
     .end = STR_INIT("[a-z]*[^a-z]")},
    {RULE("dog", "dog(?:sbody)?")},
    {RULE("token", "\\d{3}-[^x]*x|1[a-z ]+2"), CAP(63, HOLD_REDACT),
     .token = {1u << 3 | 2, 1u << 5}, .end = STR_INIT("[.@]")},
    {RULE("nine", "\\d{9}[\\s\\S]*?END"), CAP(100, HOLD_BLOCK),
     .token = {1u << 9, 0}},
    {RULE("han", "\\p{Han}+[。！]"), CAP(10, HOLD_REDACT),
     .end = STR_INIT("\\p{Han}*x")},
};

static const struct rule rules_block[] = {
    {RULE("ign", "(?i)\\bignore\\s+(?:all\\s+)?previous\\b"),
     .action = ACTION_BLOCK},
    {RULE("pem", "-----BEGIN [A-Z ]+-----[\\s\\S]+?-----END [A-Z ]+-----"),
     KEYS(k_pem), .keyword_first = true, CAP(80, HOLD_BLOCK)},
    {RULE("near", "(?i)(?:world|\\.|@)\\s*ignore")},
    {RULE("aws", "\\b(?:AKIA|ASIA)[A-Z2-7]{16}\\b"), KEYS(k_aws),
     .keyword_first = true},
    {RULE("word", "begin[\\s\\S]*?(?:previous|stop)"), CAP(30, HOLD_REDACT),
     .end = STR_INIT("stop")},
    {RULE("dog", "dog(?:sbody)?")},
};

static void check_stable(const struct rule *list, size_t n, bool monitor,
                         int texts)
{
    struct set s;
    char *space = malloc(3000);

    if (space == NULL)
        return;
    rows_open(&s, list, n, monitor);
    for (int i = 0; i < texts; i++) {
        struct str text = text_make(space, 3000, 1 + rnd(60));
        struct result want;

        result_init(&want);
        if (!CHECK_INT(stream(&s, text, cut_each, 1, &want), OK) ||
            !same(&s, text, &want, cut_none, 0, "none") ||
            !same(&s, text, &want, cut_each, 64, "each") ||
            !same(&s, text, &want, cut_each, 7, "each") ||
            !same(&s, text, &want, cut_random, 9, "random") ||
            !same(&s, text, &want, cut_random, 300, "random"))
            i = texts;
        result_free(&want);
    }
    free(space);
    set_close(&s);
}

static void test_caps_are_stable(void)
{
    rnd_seed = 3;
    check_stable(rules_caps, ARRAY_LEN(rules_caps), false, 600);
}

/* Stops lie far from each other here, and at different places. */
static const struct rule rules_far[] = {
    {RULE("pem", "-----BEGIN [A-Z ]+-----[\\s\\S]+?-----END [A-Z ]+-----"),
     KEYS(k_pem), .keyword_first = true, CAP(300, HOLD_REDACT),
     .end = STR_INIT("-----END [A-Z ]+-----")},
    {RULE("rel", "key=[\\s\\S]*?fin"), CAP(150, HOLD_RELEASE)},
    {RULE("token", "(?i)[a-z]\\d+[^@]*?@"), CAP(200, HOLD_REDACT),
     .token = {0, 1u << 8}, .end = STR_INIT("\\d")},
    {RULE("tail", "Hello[^。]*?fin"), CAP(520, HOLD_REDACT),
     .end = STR_INIT("漢[^漢]+。")},
    {RULE("aws", "\\b(?:AKIA|ASIA)[A-Z2-7]{16}\\b"), KEYS(k_aws),
     .keyword_first = true},
    {RULE("dog", "dog(?:sbody)?")},
};

static void test_far_caps_are_stable(void)
{
    rnd_seed = 7;
    check_stable(rules_far, ARRAY_LEN(rules_far), false, 600);
}

static void test_blocks_are_stable(void)
{
    rnd_seed = 4;
    check_stable(rules_block, ARRAY_LEN(rules_block), false, 600);
}

static void test_plain_long_is_stable(void)
{
    rnd_seed = 5;
    check_stable(rules_plain, ARRAY_LEN(rules_plain), false, 200);
}

/* In monitor mode the output is the input, and nothing is held. */
static void test_monitor_is_identity(void)
{
    struct set s;
    char space[2000];

    rnd_seed = 6;
    rows_open(&s, rules_caps, ARRAY_LEN(rules_caps), true);
    for (int i = 0; i < 200; i++) {
        struct str text = text_make(space, sizeof(space), 1 + rnd(40));
        struct result got;

        result_init(&got);
        CHECK_INT(stream(&s, text, cut_random, 20, &got), OK);
        CHECK_EQ(buf_str(&got.out), text);
        CHECK(got.most < 4);
        result_free(&got);
    }
    set_close(&s);
    check_stable(rules_caps, ARRAY_LEN(rules_caps), true, 200);
}

/* --- What each of the caps does. */

static void test_hold_actions(void)
{
    static const struct {
        const char *name;
        enum hold_action how;
        const char *end, *in, *out;
        bool blocked;
    } rows[] = {
        {"not reached", HOLD_REDACT, "", "a <01234567> b", "a [x] b", false},
        {"redact to the end", HOLD_REDACT, "",
         "a <0123456789012345678901234567890123456789012345678901234567890123"
         "4567890123456789> b",
         "a [x]", false},
        {"redact to end pattern", HOLD_REDACT, ">",
         "a <0123456789012345678901234567890123456789012345678901234567890123"
         "4567890123456789> b <1> c",
         "a [x] b [x] c", false},
        {"end pattern across the cap", HOLD_REDACT, "89>+",
         "a <0123456789012345678901234567890123456789012345678901234560089>>> "
         "b",
         "a [x] b", false},
        {"block", HOLD_BLOCK, "",
         "a <0123456789012345678901234567890123456789012345678901234567890123"
         "4567890123456789> b",
         "a ", true},
        {"release", HOLD_RELEASE, "",
         "a <0123456789012345678901234567890123456789012345678901234567890123"
         "4567890123456789> b <1> c",
         "a <0123456789012345678901234567890123456789012345678901234567890123"
         "4567890123456789> b [x] c",
         false},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct rule r = {RULE("x", "<[0-9<]+>"), CAP(40, rows[i].how)};
        struct str text = str_of(rows[i].in);
        struct result want;
        struct set s;

        CHECK_ROW(rows[i].name);
        r.end = str_of(rows[i].end);
        rows_open(&s, &r, 1, false);
        result_init(&want);
        CHECK_INT(stream(&s, text, cut_none, 0, &want), OK);
        CHECK_EQ(buf_str(&want.out), str_of(rows[i].out));
        CHECK_INT(want.blocked, rows[i].blocked);
        for (size_t cut = 1; cut < text.len; cut++)
            same(&s, text, &want, cut_at, cut, "at");
        same(&s, text, &want, cut_each, 1, "each");
        result_free(&want);
        set_close(&s);
    }
    CHECK_ROW(NULL);
}

/* --- Memory is bounded: a drip through an open block, long chains. */

static void test_bounded(void)
{
    struct rule r = {RULE("pem", "-----BEGIN KEY-----[\\s\\S]+?-----END"),
                     KEYS(k_pem), .keyword_first = true, CAP(4096, HOLD_REDACT),
                     .end = STR_INIT("-----END")};
    struct result got;
    struct set s;
    char *text = malloc(200000);

    if (text == NULL)
        return;
    memset(text, 'A', 200000);
    memcpy(text + 10, "-----BEGIN KEY-----", 19);
    rows_open(&s, &r, 1, false);
    result_init(&got);
    CHECK_INT(stream(&s, (struct str){text, 200000}, cut_each, 1, &got), OK);
    CHECK_STR(buf_str(&got.out), "AAAAAAAAAA[pem]");
    CHECK(got.most <= 4096 + LIM_HOLD_STEP);
    result_free(&got);
    set_close(&s);
    free(text);
}

/* Two rules whose findings overlap without end: refused, in any cutting. */
static void test_chain(void)
{
    static const struct rule list[] = {
        {RULE("a", "ab{99}a")},
        {RULE("b", "b{20}ab{99}ab{20}")},
    };
    size_t n = LIM_HOLD_CHAIN + 40000;
    char *text = malloc(n);
    struct set s;

    if (text == NULL)
        return;
    for (size_t i = 0; i < n; i++)
        text[i] = i % 100 == 0 ? 'a' : 'b';
    rows_open(&s, list, ARRAY_LEN(list), false);
    for (size_t i = 0; i < 3; i++) {
        struct result got;

        result_init(&got);
        CHECK_INT(stream(&s, (struct str){text, n},
                         i == 0 ? cut_none : cut_each, i == 1 ? 1000 : 77,
                         &got),
                  E_LIMIT);
        CHECK_STR(buf_str(&got.out), "");
        CHECK(got.most >= LIM_HOLD_CHAIN && got.most < 2 * LIM_HOLD_CHAIN);
        result_free(&got);
    }
    set_close(&s);
    free(text);
}

/* --- The edges of the interface. */

static void test_flush_begins_anew(void)
{
    static const struct rule list[] = {{RULE("st", "(?m)^abc\\b")},
                                       {RULE("ws", "\\bxyz")}};
    struct stream_edit ed;
    struct stream *st;
    struct set s;

    rows_open(&s, list, ARRAY_LEN(list), false);
    if (!CHECK_INT(stream_new(s.rs, s.sc, &s.at, &st), OK))
        return;
    CHECK_INT(stream_take(st, STR("abc")), OK);
    CHECK_INT(stream_safe(st), 0);
    CHECK_INT(stream_flush(st), OK);
    CHECK(stream_next(st, &ed) && ed.start == 0 && ed.end == 3);
    CHECK_INT(stream_safe(st), 3);
    CHECK_INT(stream_take(st, STR("abcxyz ")), OK);
    CHECK(!stream_next(st, &ed)); /* abcx is no abc, cx no edge */
    CHECK_INT(stream_flush(st), OK);
    CHECK_INT(stream_take(st, STR("xyz")), OK);
    CHECK(stream_next(st, &ed) && ed.start == 10 && ed.end == 13);
    CHECK_INT(stream_flush(st), OK);
    CHECK_INT(stream_flush(st), OK);
    CHECK_INT(stream_end(st), 13);
    stream_free(st);
    set_close(&s);
}

static void test_cut_character(void)
{
    static const struct rule list[] = {{RULE("e", "é!")}};
    struct stream_edit ed;
    struct stream *st;
    struct set s;

    rows_open(&s, list, ARRAY_LEN(list), false);
    if (!CHECK_INT(stream_new(s.rs, s.sc, &s.at, &st), OK))
        return;
    CHECK_INT(stream_take(st, STR("a\xc3")), OK);
    CHECK_INT(stream_safe(st), 1);
    CHECK_INT(stream_take(st, STR("\xa9")), OK);
    CHECK_INT(stream_safe(st), 1);
    CHECK_INT(stream_take(st, STR("!\xe2\x82")), OK);
    CHECK(stream_next(st, &ed) && ed.start == 1 && ed.end == 4);
    CHECK_INT(stream_flush(st), E_SYNTAX);
    CHECK_INT(stream_take(st, STR("x")), E_SYNTAX);
    CHECK_INT(stream_flush(st), E_SYNTAX);
    CHECK_INT(stream_safe(st), 4);
    stream_free(st);
    set_close(&s);
}

/* After a block nothing is safe that was not, whatever comes. */
static void test_block_is_final(void)
{
    struct stream_edit ed;
    struct stream *st;
    struct set s;

    rows_open(&s, rules_block, ARRAY_LEN(rules_block), false);
    if (!CHECK_INT(stream_new(s.rs, s.sc, &s.at, &st), OK))
        return;
    CHECK_INT(stream_take(st, STR("well, ignore previous words")), OK);
    CHECK(stream_next(st, &ed) && ed.action == ACTION_BLOCK && ed.start == 6);
    CHECK_INT(stream_safe(st), 6);
    CHECK_INT(stream_take(st, STR(" dog dog dog ")), OK);
    CHECK_INT(stream_flush(st), OK);
    CHECK(!stream_next(st, &ed));
    CHECK_INT(stream_safe(st), 6);
    stream_free(st);
    set_close(&s);
}

/* --- Allocations that fail: an error, no leak, nothing let out. */

static void test_nth_allocation(void)
{
    struct str text = STR("dog mail joe@example.com AKIAABCDEFGHIJKLMNOP "
                          "password=hunter22 key=abcd dogsbody 漢字。 fin");
    struct result want;
    struct set s;

    rows_open(&s, rules_plain, ARRAY_LEN(rules_plain), false);
    result_init(&want);
    CHECK_INT(stream(&s, text, cut_none, 0, &want), OK);
    set_close(&s);
    for (size_t n = 1; n < 5000; n++) {
        struct result got;
        enum err e;

        rows_open(&s, rules_plain, ARRAY_LEN(rules_plain), false);
        result_init(&got);
        got.out.cap = 0;
        if (buf_reserve(&got.out, 4096))
            abort();
        if (findings_add(&got.f, (struct finding){0}))
            abort();
        findings_clear(&got.f);
        got.f.list = realloc(got.f.list, 256 * sizeof(*got.f.list));
        got.f.cap = 256;
        failmalloc_at(n, FAIL_ONE);
        e = stream(&s, text, cut_each, 5, &got);
        if (!failmalloc_off())
            n = 5000;
        if (e) {
            CHECK_INT(e, E_NOMEM);
            CHECK(str_starts(buf_str(&want.out), buf_str(&got.out)));
        } else {
            CHECK_EQ(buf_str(&got.out), buf_str(&want.out));
        }
        result_free(&got);
        set_close(&s);
    }
    result_free(&want);
}

/* --- Threads that all open the first stream of a set. */

static void *stream_thread(void *arg)
{
    struct set s = *(struct set *)arg;
    struct stream *st = NULL;
    struct stream_edit ed;
    bool good = scratch_new(&s.sc) == OK &&
                stream_new(s.rs, s.sc, &s.at, &st) == OK &&
                stream_take(st, STR("see AKIAABCDEFGHIJKLMNOP dog")) == OK &&
                stream_flush(st) == OK && stream_next(st, &ed) && ed.start == 4;

    stream_free(st);
    scratch_free(s.sc);
    return good ? NULL : arg;
}

static void test_threads(void)
{
    for (size_t round = 0; round < 50; round++) {
        pthread_t threads[4];
        struct set s;

        rows_open(&s, rules_plain, ARRAY_LEN(rules_plain), false);
        for (size_t i = 0; i < ARRAY_LEN(threads); i++)
            if (pthread_create(&threads[i], NULL, stream_thread, &s))
                exit(1);
        for (size_t i = 0; i < ARRAY_LEN(threads); i++) {
            void *failed = &s;

            CHECK_INT(pthread_join(threads[i], &failed), 0);
            CHECK(failed == NULL);
        }
        set_close(&s);
    }
}

int main(void)
{
    RUN(test_equals_whole);
    RUN(test_every_cut);
    RUN(test_context);
    RUN(test_caps_are_stable);
    RUN(test_far_caps_are_stable);
    RUN(test_blocks_are_stable);
    RUN(test_plain_long_is_stable);
    RUN(test_monitor_is_identity);
    RUN(test_hold_actions);
    RUN(test_bounded);
    RUN(test_chain);
    RUN(test_flush_begins_anew);
    RUN(test_cut_character);
    RUN(test_block_is_final);
    RUN(test_nth_allocation);
    RUN(test_threads);
    return check_done();
}
