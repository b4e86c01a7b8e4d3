#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "base/utf8.h"
#include "cli/cli.h"
#include "cli/explain.h"
#include "rules/prefilter.h"
#include "rules/why.h"

/*
 * Why a text matched or did not. What the rules find is one scan; what their
 * patterns propose is another, of the same rules without checks that look
 * everywhere (rules_ungated). What is proposed and not found was refused by a
 * check, or stands where the rule does not look.
 */

#define LABEL  "    %-10s "
#define BEHIND 160 /* bytes before a finding in which its keyword may stand */
#define NEAR   5   /* places of a keyword that are named */
#define MASKED 12  /* of a value of fewer characters none is shown */
#define ENDS   2   /* characters at either end that are, of a longer one */

struct text {
    struct explain *x;
    struct str text;
    struct rules *open; /* without checks */
    struct findings found, proposed;
};

/* --- One finding. */

/* FILE:LINE:COLUMN, columns in characters. */
static void print_place(const struct text *t, size_t off)
{
    size_t line = 1, start = 0;

    for (size_t i = 0; i < off; i++)
        if (t->text.ptr[i] == '\n') {
            line++;
            start = i + 1;
        }
    printf("%s:%zu:%zu: ", t->x->file, line,
           1 + utf8_count((struct str){t->text.ptr + start, off - start}));
}

/* How long it is, and of a long one its ends. */
static void print_value(struct str value)
{
    printf(LABEL, "value");
    if (utf8_count(value) >= MASKED) {
        print_plain(str_head(value, utf8_forth(value, 0, ENDS)));
        fputs("...", stdout);
        print_plain(str_skip(value, utf8_rewind(value, value.len, ENDS)));
        fputs(", ", stdout);
    }
    printf("%zu bytes\n", value.len);
}

/* The keyword nearest to the value's end, in it or before it. */
static void print_keyword(const struct text *t, const struct finding *f)
{
    const struct rule *r = f->rule;
    size_t from = f->start > BEHIND ? (size_t)f->start - BEHIND : 0;

    for (size_t at = (size_t)f->end; at-- > from;)
        for (size_t i = 0; i < r->keyword_count; i++) {
            size_t len;

            if (keyword_at(r->keywords[i], str_skip(t->text, at), &len) !=
                KEYWORD_YES)
                continue;
            printf(LABEL, "keyword");
            if (at == f->start && at + len == f->end) {
                puts("the value itself"); /* a word of a list */
                return;
            }
            print_plain(r->keywords[i]);
            printf(", %s\n", at >= f->start ? "in it" : "before it");
            return;
        }
}

static void print_gate(const char *what, bool good)
{
    printf(LABEL "%s", what, good ? "passed" : "refused");
}

/* What each check says, the last one being that which refuses. */
static void print_checks(const struct rule *r, const struct why *why)
{
    enum gate refused = why_refused(r, why);
    struct str validator = validator_name(r->check);

    if (r->entropy != 0) {
        print_gate("entropy", refused != GATE_ENTROPY);
        printf(": %u.%03u bits a character, at least %u.%03u asked for\n",
               why->entropy / 1000, why->entropy % 1000, r->entropy / 1000,
               r->entropy % 1000);
    }
    if (r->no_placeholder) {
        print_gate("placeholder", !why->placeholder);
        putchar('\n');
    }
    if (r->no_name) {
        print_gate("name", !why->name);
        putchar('\n');
    }
    if (r->check != VALID_NONE) {
        print_gate("validator", why->valid);
        printf(": %.*s\n", STR_ARG(validator));
    }
    if (r->not_count != 0)
        print_gate("not", why->not_at == r->not_count);
    if (why->not_at < r->not_count) {
        fputs(": matches ", stdout);
        print_plain(r->nots[why->not_at]);
    }
    if (r->not_count != 0)
        putchar('\n');
    if (r->no_published) {
        print_gate("published", !why->published);
        putchar('\n');
    }
    if (r->near_count != 0) {
        print_gate("near", why->near);
        puts(": what must stand around it, or must not");
    }
}

static struct str value_of(const struct text *t, const struct finding *f)
{
    return str_head(str_skip(t->text, (size_t)f->start),
                    (size_t)(f->end - f->start));
}

/* The views it was found through. What the checks saw stands in the last of
 * them, so what they said is known, and the details are not. */
static void print_views(const struct finding *f, bool found)
{
    size_t n = chain_len(&f->chain);

    printf(LABEL, "views");
    for (size_t i = 0; i < n; i++) {
        struct str name = view_step_name((enum view_step)f->chain.steps[i]);

        printf("%s%.*s", i > 0 ? " > " : "", STR_ARG(name));
    }
    putchar('\n');
    print_gate("checks", found);
    puts(": of the value as it is read there");
}

static enum err print_finding(const struct text *t, const struct finding *f,
                              const char *verdict, bool found)
{
    const struct rule *r = rules_at(t->x->set.rules, f->rule->index);
    struct why why;
    enum err e;

    if ((e = rules_why(t->x->set.rules, t->x->set.scratch, r, t->text,
                       (size_t)f->start, (size_t)f->end, &why)))
        return e;
    print_place(t, (size_t)f->start);
    print_plain(r->id);
    putchar(' ');
    print_plain(r->name);
    printf(": %s\n", verdict);
    print_value(value_of(t, f));
    if (chain_len(&f->chain) > 0) {
        print_views(f, found);
        return OK;
    }
    print_keyword(t, f);
    print_checks(r, &why);
    return OK;
}

/* --- All of them. */

static bool is_found(const struct text *t, const struct finding *f)
{
    for (size_t i = 0; i < t->found.count; i++) {
        const struct finding *g = &t->found.list[i];

        if (g->rule->index == f->rule->index && g->start < f->end &&
            f->start < g->end)
            return true;
    }
    return false;
}

/* What became of a finding, in words. */
static void say_found(const struct text *t, const struct finding *f, char *out,
                      size_t size)
{
    struct str action = action_name(rules_action(t->x->set.rules, f->rule));

    snprintf(out, size, "found, %.*s", STR_ARG(action));
}

/* Has the rule an exclusion that asks what is found? */
static bool excludes_values(const struct text *t, const struct rule *r)
{
    const struct exclusion_src *x = t->x->set.policy.compile.exclusions;

    for (; x != NULL; x = x->next)
        if (!x->expired &&
            (x->target.value.len > 0 || x->target.print.len > 0) &&
            exclusion_names(x, r))
            return true;
    return false;
}

/* Where the rule does not look, as far as the options told. */
static void say_elsewhere(const struct scope *at, char *out, size_t size)
{
    const struct str *about = at->known->about;
    struct str dir = dir_name(at->dir), role = role_name(at->role);

    snprintf(out, size,
             "not found, the rule does not look at %.*s texts of a "
             "%.*s%s%s%s%s",
             STR_ARG(role), STR_ARG(dir),
             at->host.len > 0 ? " to that host" : "",
             about[ABOUT_PATH].len > 0 ? ", that path" : "",
             about[ABOUT_MODEL].len > 0 ? ", that model" : "",
             about[ABOUT_EXE].len > 0 ? ", of that program" : "");
}

/* What was proposed and is not found; false where nothing stands against it,
 * as where it lies in a longer match. */
static bool say_refused(const struct text *t, const struct finding *f,
                        char *out, size_t size, enum err *ret_e)
{
    const struct rule *r = rules_at(t->x->set.rules, f->rule->index);
    const struct scope *at = &t->x->scope;
    struct why why;

    *ret_e = rules_why(t->x->set.rules, t->x->set.scratch, r, t->text,
                       (size_t)f->start, (size_t)f->end, &why);
    if (*ret_e)
        return false;
    if (!rules_applies(t->x->set.rules, r, at)) {
        say_elsewhere(at, out, size);
        return true;
    }
    if (why_refused(r, &why) == GATE_NONE && excludes_values(t, r)) {
        snprintf(out, size, "not found, an exclusion takes such values out");
        return true;
    }
    snprintf(out, size, "not found, a check refused it");
    return chain_len(&f->chain) > 0 || why_refused(r, &why) != GATE_NONE;
}

/* Is the rule asked about? */
static bool is_asked(const struct text *t, const struct rule *r)
{
    struct str only = t->x->only;

    return only.len == 0 || explain_asks(r, only);
}

/* The first places of a rule's keywords, where its pattern matches nowhere. */
static void print_near(const struct text *t, const struct rule *r)
{
    size_t shown = 0;

    for (size_t at = 0; at < t->text.len && shown < NEAR; at++)
        for (size_t i = 0; i < r->keyword_count; i++) {
            size_t len;

            if (keyword_at(r->keywords[i], str_skip(t->text, at), &len) !=
                KEYWORD_YES)
                continue;
            print_place(t, at);
            print_plain(r->id);
            putchar(' ');
            print_plain(r->name);
            puts(": not found, the pattern does not match behind the keyword");
            printf(LABEL "%zu of its list\n", "keyword", i + 1);
            shown++;
            break;
        }
    if (shown > 0)
        return;
    printf("%s: ", t->x->file);
    print_plain(r->id);
    putchar(' ');
    print_plain(r->name);
    puts(r->keyword_count > 0 ? ": not found, none of its keywords is there"
                              : ": not found, its pattern matches nowhere");
}

/* A rule that was asked about by name, and proposed nothing. */
static bool print_silent(const struct text *t)
{
    bool known = false;

    for (size_t i = 0; i < rules_count(t->x->set.rules); i++) {
        const struct rule *r = rules_at(t->x->set.rules, i);
        bool proposed = false;

        if (!is_asked(t, r))
            continue;
        known = true;
        for (size_t j = 0; j < t->proposed.count; j++)
            proposed |= t->proposed.list[j].rule->index == r->index;
        if (!proposed)
            print_near(t, r);
    }
    if (!known)
        explain_unknown(t->x, t->x->only);
    return known;
}

/* Where nothing was said of any rule, that; false as print_silent. */
static bool print_nothing(const struct text *t)
{
    if (t->x->only.len > 0)
        return print_silent(t);
    if (t->found.count == 0 && t->proposed.count == 0)
        printf("%s: nothing is found, and nothing refused by a check\n",
               t->x->file);
    return true;
}

static enum err print_all(const struct text *t)
{
    size_t i = 0, j = 0;
    char verdict[160];
    enum err e = OK;

    while (!e && (i < t->found.count || j < t->proposed.count)) {
        const struct finding *f = &t->found.list[i];
        const struct finding *p = &t->proposed.list[j];

        if (j == t->proposed.count ||
            (i < t->found.count && f->start <= p->start)) {
            say_found(t, f, verdict, sizeof(verdict));
            if (is_asked(t, f->rule))
                e = print_finding(t, f, verdict, true);
            i++;
            continue;
        }
        j++;
        if (is_asked(t, p->rule) && !is_found(t, p) &&
            say_refused(t, p, verdict, sizeof(verdict), &e))
            e = print_finding(t, p, verdict, false);
    }
    return e;
}

static enum err scan_both(struct text *t)
{
    const struct scope *at = &t->x->scope;
    struct scratch *sc = t->x->set.scratch;
    enum err e;

    if ((e = rules_scan(t->x->set.rules, sc, at, t->text, 0, &t->found)))
        return e;
    return rules_scan(t->open, sc, at, t->text, 0, &t->proposed);
}

static int explain_both(struct text *t)
{
    struct buf packed;
    int status = EXIT_USAGE;
    enum err e;

    buf_init(&packed, LIM_IMAGE);
    findings_init(&t->found);
    findings_init(&t->proposed);
    if (!(e = rules_ungated(t->x->set.rules, &packed)) &&
        !(e = rules_load(buf_str(&packed), false, &t->open)) &&
        !(e = scan_both(t)))
        e = print_all(t);
    if (e)
        complain("%s: the rules cannot judge this text (%s)", t->x->file,
                 err_name(e));
    else if (print_nothing(t) && fflush(stdout) == 0)
        status = t->found.count > 0 ? EXIT_FOUND : EXIT_DONE;
    findings_free(&t->found);
    findings_free(&t->proposed);
    rules_free(t->open);
    buf_free(&packed);
    return status;
}

int explain_text(struct explain *x)
{
    struct buf text;
    int status = EXIT_USAGE;

    buf_init(&text, LIM_SCAN_LINE);
    if (read_file(x->file, &text)) {
        if (utf8_valid(buf_str(&text)))
            status =
                explain_both(&(struct text){.x = x, .text = buf_str(&text)});
        else
            complain("%s: not valid UTF-8", x->file);
    }
    buf_free(&text);
    return status;
}
