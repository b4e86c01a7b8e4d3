#include "compile/promise.h"

#include <stdlib.h>

#include "rules/key.h"
#include "rules/stream.h"
#include "rules/why.h"

#define CHANGED   48u  /* texts made of each hit */
#define TEXT_MOST 600u /* longer hits are left alone */
#define IN_VAIN   32u  /* more keywords than a search tries in vain (match.c) */
#define STRETCHED 12u  /* texts made of each hit behind these */
#define BLANKS    16u  /* that stand for one of them; or four times that */

/* One rule, ready to search. */
struct set {
    struct buf packed;
    struct rules *rules;
    struct findings found;
};

static void set_free(struct set *s)
{
    rules_free(s->rules);
    findings_free(&s->found);
    buf_free(&s->packed);
}

static enum err set_make(struct set *s, const struct rule *r)
{
    enum err e;

    *s = (struct set){0};
    buf_init(&s->packed, LIM_IMAGE);
    findings_init(&s->found);
    if ((e = rules_pack(r, 1, NULL, 0, &s->packed)))
        return e;
    return rules_load(buf_str(&s->packed), false, &s->rules);
}

/* The promises, and a rule without one of them, or without both. */
enum promise {
    PROMISE_NUMBER, /* digits; of a rule with context the token, too */
    PROMISE_KEYWORDS,
    PROMISE_ALL,
};

static struct rule without(const struct rule *rule, enum promise p)
{
    struct rule r = *rule;

    if (p != PROMISE_KEYWORDS) {
        r.digits = 0;
        if (r.reach != 0) {
            r.token = (struct token_set){0};
            r.then = STR("");
            r.reach = 0;
        }
    }
    if (p != PROMISE_NUMBER && !r.keyword_first)
        r.keyword_count = 0;
    return r;
}

struct trial {
    struct compile *c;
    const struct rule_src *src;
    struct scratch *scratch;
    struct rule plain;                      /* without checks */
    struct set promised, open, whole, free; /* free: without its needs */
    uint32_t seed;
    char text[TEXT_MOST + 64];
};

/* --- Texts. */

static uint32_t draw(struct trial *t, uint32_t below)
{
    t->seed = t->seed * 1664525u + 1013904223u;
    return (uint32_t)(((uint64_t)(t->seed >> 8) * below) >> 24);
}

/* One change at a place that holds an ASCII byte. */
static size_t change(struct trial *t, size_t len, size_t at)
{
    static const char others[] = "0189aAzZ -./";
    char c = others[draw(t, sizeof(others) - 1)];
    char *p = t->text + at;

    switch (draw(t, 8)) {
    case 0:
        memmove(p, p + 1, len - at - 1);
        return len - 1;
    case 1:
        memmove(p + 1, p, len - at);
        *p = c;
        return len + 1;
    case 2:
        *p = (char)(*p ^ ((to_lower(*p) >= 'a' && to_lower(*p) <= 'z') << 5));
        return len;
    case 3: /* letters and digits change places */
        *p = is_digit(*p) ? (char)('A' + draw(t, 26))
                          : (char)('0' + draw(t, 10));
        return len;
    default:
        *p = c;
        return len;
    }
}

/* A hit with a few changes, or with many, mostly where it was found. */
static struct str make_text(struct trial *t, struct str hit,
                            const struct finding *where)
{
    size_t len = hit.len, changes = 1 + draw(t, draw(t, 4) == 0 ? 24 : 4);

    memcpy(t->text, hit.ptr, len);
    while (changes-- > 0 && len > 1) {
        size_t from = draw(t, 4) == 0 ? 0 : (size_t)where->start;
        size_t to = from == 0 ? len : (size_t)where->end;
        size_t at;

        from = from < len ? from : 0;
        to = to < len ? to : len;
        at = from + draw(t, (uint32_t)(to > from ? to - from : 1));
        if ((unsigned char)t->text[at] < 0x80 && len < sizeof(t->text) - 1)
            len = change(t, len, at);
    }
    return (struct str){t->text, len};
}

/* --- Comparing. */

static bool same(const struct findings *a, const struct findings *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (a->list[i].start != b->list[i].start ||
            a->list[i].end != b->list[i].end)
            return false;
    return true;
}

static enum err scan(struct trial *t, struct set *s, const struct scope *at,
                     struct str text)
{
    findings_clear(&s->found);
    return rules_scan(s->rules, t->scratch, at, text, 0, &s->found);
}

/* Is it the number, or the keywords? */
static enum err tell_broken(struct trial *t, const struct rule_test *test,
                            struct str text)
{
    struct rule r = without(&t->plain, PROMISE_NUMBER);
    bool number = false;
    struct set s;
    enum err e;

    if (!(e = set_make(&s, &r)) && !(e = scan(t, &s, &test->scope, text)))
        number = same(&s.found, &t->open.found);
    set_free(&s);
    if (e == E_NOMEM)
        return e;
    diag_add(&t->c->diags, test->at,
             "%.*s: '%s' promises what the pattern does not keep: it also "
             "matches texts like this one in which that is not so",
             STR_ARG(t->src->rule.id),
             !number               ? "keywords"
             : t->plain.digits > 0 ? "digits"
                                   : "token");
    return E_SYNTAX;
}

static enum err check_promises(struct trial *t, const struct rule_test *test,
                               struct str text)
{
    enum err e;

    if ((e = scan(t, &t->promised, &test->scope, text)) ||
        (e = scan(t, &t->open, &test->scope, text)))
        return e == E_NOMEM ? e : OK; /* limits are told elsewhere */
    return same(&t->promised.found, &t->open.found)
               ? OK
               : tell_broken(t, test, text);
}

/* --- What it needs, which is asked only where a keyword stood in vain. */

/* What may stand behind a keyword, so that the rule is tried there. */
static enum err put_behind(const struct key *key, const struct follows *fs,
                           struct buf *text)
{
    unsigned char c = 0x7f;
    enum err e = OK;

    while (c > 0 && !guard_stops(&fs->sets[key->set - 1], c))
        c--;
    for (unsigned i = 0; i < key->least && !e; i++)
        e = buf_add_byte(text, (char)c);
    return e;
}

static enum err put_vain(struct trial *t, struct buf *text)
{
    const struct rule *r = &t->src->rule;
    struct key keys[LIM_RULE_LIST];
    struct follows follows;
    enum err e = OK;

    follows_read(r, keys, &follows);
    for (size_t i = 0; i < IN_VAIN && !e; i++) {
        size_t k = i % r->keyword_count;

        if ((e = buf_add(text, r->keywords[k])) ||
            (keys[k].least != 0 && (e = put_behind(&keys[k], &follows, text))))
            return e;
        e = buf_add(text, STR(", no\n"));
    }
    return e;
}

/* The hit behind them, its blanks longer, so that all is as far apart as it may
 * be. */
static enum err stretch(struct trial *t, struct str hit, struct buf *text)
{
    enum err e;

    buf_clear(text);
    if ((e = put_vain(t, text)))
        return e;
    for (size_t i = 0; i < hit.len && !e; i++) {
        size_t n = hit.ptr[i] == ' ' ? 1 + draw(t, BLANKS << draw(t, 3)) : 1;

        while (n-- > 0 && !e)
            e = buf_add_byte(text, hit.ptr[i]);
    }
    return e;
}

static enum err check_needs(struct trial *t, const struct rule_test *test)
{
    struct buf text;
    bool good = true;
    enum err e = OK;

    buf_init(&text, MIB);
    for (size_t i = 0; i < STRETCHED && good && !e; i++) {
        if ((e = stretch(t, test->text, &text)) ||
            (e = scan(t, &t->promised, &test->scope, buf_str(&text))) ||
            (e = scan(t, &t->free, &test->scope, buf_str(&text))))
            break;
        good = same(&t->promised.found, &t->free.found);
    }
    buf_free(&text);
    if (good)
        return e == E_NOMEM ? e : OK;
    diag_add(&t->c->diags, test->at,
             "%.*s: 'needs' promises what the pattern does not keep: it also "
             "matches where that is missing, or further off",
             STR_ARG(t->src->rule.id));
    return E_SYNTAX;
}

/* --- Streams. */

static enum err feed(struct trial *t, struct stream *st, struct str text,
                     size_t cut)
{
    enum err e = OK;

    while (text.len > 0 && !e) {
        size_t n = cut > 0 ? cut : 1 + draw(t, 9);

        n = n < text.len ? n : text.len;
        e = stream_take(st, str_head(text, n));
        text = str_skip(text, n);
        cut = cut > 0 ? TEXT_MOST + 64 : 0;
    }
    return e ? e : stream_flush(st);
}

static int by_start(const void *a, const void *b)
{
    const struct finding *x = a, *y = b;

    return x->start < y->start ? -1 : x->start > y->start;
}

/* The same in pieces; cut: after so many bytes, 0 for a few now and then. */
static enum err check_stream(struct trial *t, const struct rule_test *test,
                             struct str text, size_t cut)
{
    struct findings got;
    struct finding f;
    struct stream *st;
    bool good;
    enum err e;

    if ((e = stream_new(t->whole.rules, t->scratch, &test->scope, &st)))
        return e;
    findings_init(&got);
    e = feed(t, st, text, cut);
    while (!e && stream_finding(st, &f))
        e = findings_add(&got, f);
    stream_free(st);
    if (got.count > 1)
        qsort(got.list, got.count, sizeof(*got.list), by_start);
    good = e || same(&got, &t->whole.found);
    findings_free(&got);
    if (good)
        return e == E_NOMEM ? e : OK;
    diag_add(&t->c->diags, test->at,
             "%.*s: another thing is found in a text like this one when it "
             "comes in pieces",
             STR_ARG(t->src->rule.id));
    return E_SYNTAX;
}

static bool streams(const struct trial *t, struct str text)
{
    const struct rule *r = &t->src->rule;

    return !r->whole && r->action < ACTION_BLOCK &&
           text.len < (r->max_hold == 0 ? LIM_HOLD : r->max_hold);
}

static enum err check_text(struct trial *t, const struct rule_test *test,
                           struct str text)
{
    enum err e = check_promises(t, test, text);

    if (e || !streams(t, text))
        return e;
    if ((e = scan(t, &t->whole, &test->scope, text)))
        return e == E_NOMEM ? e : OK;
    return check_stream(t, test, text, 0);
}

/* --- All texts of a rule. */

static enum err check_hit(struct trial *t, const struct rule_test *test)
{
    struct finding where;
    enum err e;

    if (test->text.len > TEXT_MOST ||
        (e = scan(t, &t->whole, &test->scope, test->text)) ||
        t->whole.found.count == 0)
        return OK; /* a test that does not hold is told elsewhere */
    where = t->whole.found.list[0];
    if (t->plain.needs.len != 0 && (e = check_needs(t, test)))
        return e;
    if (streams(t, test->text))
        for (size_t cut = 1; cut < test->text.len; cut++)
            if ((e = check_stream(t, test, test->text, cut)))
                return e;
    for (size_t i = 0; i < CHANGED; i++)
        if ((e = check_text(t, test, make_text(t, test->text, &where))))
            return e;
    return OK;
}

static enum err check_rule(struct trial *t)
{
    struct rule open = without(&t->plain, PROMISE_ALL);
    struct rule text_only = t->src->rule, free = t->plain;
    enum err e;

    text_only.views = 0;
    free.needs = STR("");
    if ((e = set_make(&t->promised, &t->plain)) ||
        (e = set_make(&t->open, &open)) ||
        (e = set_make(&t->whole, &text_only)) ||
        (e = set_make(&t->free, &free)))
        return e;
    for (size_t i = 0; i < t->src->test_count && !e; i++)
        if (t->src->tests[i].hit)
            e = check_hit(t, &t->src->tests[i]);
    return e;
}

enum err promise_check(struct compile *c, const struct rule_src *src,
                       struct scratch *scratch)
{
    struct trial t = {.c = c, .src = src, .scratch = scratch, .seed = 1};
    enum err e;

    if (src->rule.detector != DETECTOR_PATTERN || src->words_node != NULL)
        return OK;
    t.plain = rule_unchecked(&src->rule);
    t.plain.views = 0;
    t.plain.group = 0;
    e = check_rule(&t);
    set_free(&t.promised);
    set_free(&t.open);
    set_free(&t.whole);
    set_free(&t.free);
    return e == E_NOMEM ? e : OK;
}
