/*
 * The tests that stand in the rules. Each rule is packed and loaded alone, as
 * the engine would, so that a wrong keyword, validator or group shows here.
 * Every text is looked at whole and, for rules that may run on streams, byte by
 * byte: the two must agree, or `keyword_first` or `digits` promises what the
 * pattern does not keep. Then changed texts are tried (promise.h).
 */
#include "compile/compile.h"

#include <stdlib.h>

#include "base/limits.h"
#include "compile/promise.h"
#include "rules/prefilter.h"
#include "rules/stream.h"

struct bench {
    struct compile *c;
    struct rules *rules; /* one */
    struct scratch *scratch;
    struct findings found;
    struct buf text; /* after redaction */
};

static bool fails(struct bench *b, const struct rule_src *src,
                  const struct rule_test *t, const char *why)
{
    diag_add(&b->c->diags, t->at, "%.*s: %s", STR_ARG(src->rule.id), why);
    return false;
}

static bool has_keyword(const struct rule *r, struct str text)
{
    size_t len;

    for (size_t i = 0; i < r->keyword_count; i++)
        for (size_t off = 0; off < text.len; off++)
            if (keyword_at(r->keywords[i], str_skip(text, off), &len) ==
                KEYWORD_YES)
                return true;
    return r->keyword_count == 0;
}

/* Why a hit was not found, as far as can be told from outside. */
static const char *guess(const struct rule_src *src, const struct rule_test *t)
{
    return has_keyword(&src->rule, t->text)
               ? "the text is not found, though it should be a hit"
               : "the text is not found: none of the keywords stands in it";
}

static enum err redact(struct bench *b, struct str text)
{
    struct cluster cluster;
    size_t pos = 0, from = 0;
    enum err e;

    buf_clear(&b->text);
    while (
        cluster_next(b->rules, b->found.list, b->found.count, &pos, &cluster)) {
        struct str before = {text.ptr + from, (size_t)cluster.start - from};

        if ((e = buf_add(&b->text, before)) ||
            (e = buf_add(&b->text, cluster.rule->put)))
            return e;
        from = (size_t)cluster.end;
    }
    return buf_add(&b->text, str_skip(text, from));
}

/* The findings of a stream that gets the text byte by byte. */
static enum err stream_count(struct bench *b, const struct rule_test *t,
                             size_t *ret_count)
{
    struct stream *st;
    struct finding f;
    size_t count = 0;
    enum err e;

    if ((e = stream_new(b->rules, b->scratch, &t->scope, &st)))
        return e;
    for (size_t i = 0; i < t->text.len && !e; i++)
        e = stream_take(st, (struct str){t->text.ptr + i, 1});
    if (!e)
        e = stream_flush(st);
    while (!e && stream_finding(st, &f))
        count++;
    stream_free(st);
    if (!e)
        *ret_count = count;
    return e;
}

/* E_SYNTAX: the test failed, and that is said. */
static enum err run_stream(struct bench *b, const struct rule_src *src,
                           const struct rule_test *t)
{
    size_t count;
    enum err e = stream_count(b, t, &count);

    if (e == E_NOMEM)
        return e;
    if (e) {
        fails(b, src, t,
              "the rule reaches a limit when the text comes in "
              "pieces");
        return E_SYNTAX;
    }
    if ((count > 0) == t->hit)
        return OK;
    fails(b, src, t,
          t->hit ? "found in the whole text, but not when it comes in pieces: "
                   "are 'keyword_first' and 'digits' right?"
                 : "not found in the whole text, but when it comes in pieces");
    return E_SYNTAX;
}

/* What is found in views that streams have not is not looked for there. */
static bool is_streamed(const struct bench *b)
{
    for (size_t i = 0; i < b->found.count; i++)
        if (stream_sees(&b->found.list[i].chain))
            return true;
    return b->found.count == 0;
}

static enum err run_test(struct bench *b, const struct rule_src *src,
                         const struct rule_test *t)
{
    enum err e;

    if (!rules_applies(b->rules, rules_at(b->rules, 0), &t->scope)) {
        fails(b, src, t,
              "the rule does not look at this role, part or "
              "direction at all");
        return E_SYNTAX;
    }
    findings_clear(&b->found);
    e = rules_scan(b->rules, b->scratch, &t->scope, t->text, 0, &b->found);
    if (e == E_NOMEM)
        return e;
    if (e) {
        fails(b, src, t, "the rule reaches a limit on this text");
        return E_SYNTAX;
    }
    if ((b->found.count > 0) != t->hit) {
        fails(b, src, t,
              t->hit ? guess(src, t)
                     : "the text is found, though it should be a miss");
        return E_SYNTAX;
    }
    if (t->has_redacted) {
        if ((e = redact(b, t->text)))
            return e;
        if (!str_eq(buf_str(&b->text), t->redacted)) {
            fails(b, src, t,
                  "what is left of the text differs from "
                  "'redacted'");
            return E_SYNTAX;
        }
    }
    return src->rule.whole || !is_streamed(b) ? OK : run_stream(b, src, t);
}

static enum err run_rule(struct bench *b, const struct rule_src *src,
                         size_t *passed)
{
    struct rule *rules = calloc(src->more_count + 1, sizeof(*rules));
    struct buf packed;
    enum err e;

    if (rules == NULL)
        return E_NOMEM;
    rules[0] = src->rule;
    if (src->more_count > 0)
        memcpy(rules + 1, src->more, src->more_count * sizeof(*rules));
    buf_init(&packed, LIM_IMAGE);
    if ((e = rules_pack(rules, src->more_count + 1, NULL, 0, &packed)) ||
        (e = rules_load(buf_str(&packed), false, &b->rules)))
        goto out;
    for (size_t i = 0; i < src->test_count; i++) {
        e = run_test(b, src, &src->tests[i]);
        if (e == E_NOMEM)
            break;
        *passed += e == OK;
        e = OK;
    }
    if (!e)
        e = promise_check(b->c, src, b->scratch);
    rules_free(b->rules);
out:
    free(rules);
    buf_free(&packed);
    if (e && e != E_NOMEM) {
        diag_add(&b->c->diags, src->at, "%.*s: the rule cannot be packed (%s)",
                 STR_ARG(src->rule.id), err_name(e));
        return OK;
    }
    return e;
}

enum err compile_test(struct compile *c, size_t *ret_passed)
{
    struct bench b = {.c = c};
    const struct rule_src *src;
    size_t passed = 0;
    enum err e;

    if ((e = scratch_new(&b.scratch)))
        return e;
    findings_init(&b.found);
    buf_init(&b.text, 2 * LIM_RULE_FILE);
    for (src = c->rules; src != NULL && !e; src = src->next)
        if (!src->unusable)
            e = run_rule(&b, src, &passed);
    buf_free(&b.text);
    findings_free(&b.found);
    scratch_free(b.scratch);
    if (e)
        return e;
    *ret_passed = passed;
    return c->diags.count > 0 ? E_SYNTAX : OK;
}
