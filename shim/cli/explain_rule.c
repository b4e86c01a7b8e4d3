#include <stdio.h>

#include "base/limits.h"
#include "base/utf8.h"
#include "cli/explain.h"
#include "compile/when.h"
#include "detect/invisible.h"
#include "rules/detector.h"

/* One rule in words. A line each: what it is about, then what is so. */

#define LABEL "  %-11s "

void print_plain(struct str s)
{
    for (size_t n; s.len > 0; s = str_skip(s, n)) {
        uint32_t cp;

        if ((n = utf8_char(s)) == 0) {
            putchar('?');
            n = 1;
            continue;
        }
        cp = utf8_next(s, &n);
        if (cp < ' ' || (cp >= 0x7f && cp <= 0x9f))
            putchar('?');
        else if (is_invisible(cp))
            printf("<U+%04X>", (unsigned)cp);
        else
            fwrite(s.ptr, 1, n, stdout);
    }
}

/* A line whose text is the user's. */
static void line(const char *label, struct str text)
{
    printf(LABEL, label);
    print_plain(text);
    putchar('\n');
}

static void line_list(const char *label, const struct str *list, size_t n)
{
    if (n == 0)
        return;
    printf(LABEL, label);
    for (size_t i = 0; i < n; i++) {
        fputs(i > 0 ? ", " : "", stdout);
        print_plain(list[i]);
    }
    putchar('\n');
}

/* --- What it looks for. */

static void print_words(const struct rule_src *src)
{
    if (src->words_name.len > 0) {
        line("finds", STR("the words of a list"));
        line("list", src->words_name);
    } else {
        line("finds", STR("the words of its list"));
    }
}

static void print_options(const struct rule *r)
{
    const struct detector_option *list;
    size_t n = detector_options(r->detector, &list);

    for (size_t i = 0; i < n; i++)
        printf(LABEL "%.*s %u\n", i == 0 ? "options" : "",
               STR_ARG(list[i].name), r->options[i]);
}

static void print_match(const struct rule_src *src)
{
    const struct rule *r = &src->rule;

    if (r->detector != DETECTOR_PATTERN) {
        line("finds", STR("what code of ours finds"));
        line("detector", detector_name(r->detector));
        print_options(r);
        return;
    }
    if (src->words_node != NULL) {
        print_words(src);
        return;
    }
    if (src->value.len > 0)
        line("finds", STR("a value behind a keyword that is called a key"));
    else if (src->context_count > 0)
        line("finds", STR("a pattern behind a word of context"));
    else
        line("finds", STR("a pattern"));
    if (src->context_count > 0)
        line_list("context", src->context, src->context_count);
    else
        line_list("keywords", r->keywords, r->keyword_count);
    if (r->digits != 0)
        printf(LABEL "at least %u in a row\n", "digits", r->digits);
    if (src->value.len > 0)
        line("value", src->value);
    line("pattern", r->match);
    if (r->group != 0)
        printf(LABEL "group %u of the pattern\n", "finding", r->group);
}

/* --- Where, and what is done. */

/* The names of a set of bits; `all` where it is full. */
static void print_set(unsigned set, unsigned full, struct str (*name)(int),
                      const char *all)
{
    const char *comma = "";

    if (set == full) {
        fputs(all, stdout);
        return;
    }
    for (int i = 0; 1u << i <= full; i++)
        if ((set >> i & 1) != 0) {
            struct str s = name(i);

            printf("%s%.*s", comma, STR_ARG(s));
            comma = ", ";
        }
}

static struct str name_of_dir(int i)
{
    return dir_name((enum dir)i);
}

static struct str name_of_role(int i)
{
    return role_name((enum role)i);
}

static struct str name_of_view(int i)
{
    return view_step_name((enum view_step)i);
}

static struct str name_of_part(int i)
{
    return part_name((enum part)i);
}

static void print_scope(unsigned dirs, unsigned roles, unsigned parts)
{
    print_set(dirs, DIRS_ALL, name_of_dir, "requests and responses");
    fputs("; ", stdout);
    print_set(roles, ROLES_ALL, name_of_role, "every role");
    fputs("; ", stdout);
    print_set(parts, PARTS_ALL, name_of_part, "every part");
}

static void print_when(const struct when *w)
{
    for (size_t i = 0; i < ABOUT_COUNT; i++) {
        struct str name = about_name((enum about)i);

        if (w->about[i].count == 0)
            continue;
        printf("%.*s ", STR_ARG(name));
        for (size_t k = 0; k < w->about[i].count; k++) {
            fputs(k > 0 ? " or " : "", stdout);
            print_plain(w->about[i].list[k]);
        }
        fputs("; ", stdout);
    }
}

/* An exclusion leaves a set empty where it means all of it. */
static void print_exclusion(const struct exclusion_src *x)
{
    const struct exclusion *t = &x->target;
    bool everywhere =
        when_empty(&t->when) && t->dirs == 0 && t->roles == 0 && t->parts == 0;

    printf(LABEL "%s:%u", "excluded", x->at.file, x->at.line);
    if (x->expired)
        printf(" (expired on %.*s, so of no effect)", STR_ARG(x->expires));
    else if (x->expires.len > 0)
        printf(" until %.*s", STR_ARG(x->expires));
    fputs(": ", stdout);
    if (t->value.len > 0) {
        fputs("values like ", stdout);
        print_plain(t->value);
        fputs("; ", stdout);
    }
    if (t->print.len > 0)
        fputs("one value, known by its hash; ", stdout);
    if (everywhere) {
        puts("everywhere");
        return;
    }
    print_when(&t->when);
    print_scope(t->dirs != 0 ? t->dirs : DIRS_ALL,
                t->roles != 0 ? t->roles : ROLES_ALL,
                t->parts != 0 ? t->parts : PARTS_ALL);
    putchar('\n');
}

static void print_exclusions(const struct compile *c, const struct rule *r)
{
    const struct exclusion_src *x;

    for (x = c->exclusions; x != NULL; x = x->next)
        if (exclusion_names(x, r))
            print_exclusion(x);
}

static void print_action(const struct compile *c, const struct rule *r)
{
    struct str action = action_name(r->action);

    printf(LABEL "%.*s", "action", STR_ARG(action));
    if (r->action == ACTION_REDACT) {
        fputs(", puts ", stdout);
        print_plain(r->put);
    }
    if (r->action == ACTION_PSEUDONYM) {
        printf(", class %.*s, revealed to", STR_ARG(r->class));
        for (size_t i = 0; i < r->reveal_count; i++)
            printf(" %.*s", STR_ARG(r->reveal[i]));
        fputs(r->reveal_count == 0 ? " no tool" : "", stdout);
    }
    if (c->policy.monitor && r->action > ACTION_LOG)
        fputs(" (the policy only monitors: log)", stdout);
    putchar('\n');
}

/* --- Its checks, and how it stands on streams. */

static void print_near(const struct near *n)
{
    printf(LABEL "%s", n->unless ? "unless" : "near",
           n->sentence ? "in the sentence" : "around");
    if (n->sides != (NEAR_BEFORE | NEAR_AFTER))
        fputs(n->sides == NEAR_BEFORE ? ", before it" : ", behind it", stdout);
    printf(", at most %u characters off: ", n->within);
    print_plain(n->match);
    putchar('\n');
}

static void print_checks(const struct rule *r)
{
    struct str validator = validator_name(r->check);

    if (r->entropy != 0)
        printf(LABEL "at least %u.%03u bits a character\n", "entropy",
               r->entropy / 1000, r->entropy % 1000);
    if (r->check != VALID_NONE)
        line("validator", validator);
    if (r->no_placeholder)
        line("not", STR("a placeholder"));
    if (r->no_name)
        line("not", STR("a name of source code"));
    for (size_t i = 0; i < r->not_count; i++)
        line("not", r->nots[i]);
    if (r->no_published)
        line("not", STR("a key that its vendor gives to everybody"));
    for (size_t i = 0; i < r->near_count; i++)
        print_near(&r->nears[i]);
}

static void print_stream(const struct rule *r)
{
    static const char *const full[HOLD_COUNT] = {
        [HOLD_REDACT] = "it is taken out",
        [HOLD_BLOCK] = "the answer is blocked",
        [HOLD_RELEASE] = "it is let go",
    };
    uint32_t most = r->max_hold != 0 ? r->max_hold : LIM_HOLD;

    if (r->whole)
        line("streams", STR("not looked at: whole texts only"));
    else
        printf(LABEL "hold an unfinished match of up to %u bytes; then %s\n",
               "streams", most, full[r->on_hold_full]);
}

static void print_level(const struct compile *c, const struct rule_src *src)
{
    uint32_t level = c->paranoia == 0 ? 1 : c->paranoia;

    if (src->paranoia == 1)
        return;
    printf(LABEL "%u", "paranoia", src->paranoia);
    if (src->paranoia > level)
        printf(": not used, the policy's is %u", level);
    putchar('\n');
}

static void print_rule(const struct compile *c, const struct rule_src *src)
{
    const struct rule *r = &src->rule;
    struct str severity = severity_name(r->severity);
    struct str confidence = confidence_name(r->confidence);

    print_plain(r->id);
    putchar(' ');
    print_plain(r->name);
    printf("\n" LABEL "%s:%u\n", "file", src->at.file, src->at.line);
    printf(LABEL, "kind");
    print_plain(r->category);
    fputs(": ", stdout);
    print_plain(r->kind);
    putchar('\n');
    print_match(src);
    printf(LABEL, "in");
    print_when(&r->when);
    print_scope(r->dirs, r->roles, r->parts);
    putchar('\n');
    if (r->views != 0) {
        printf(LABEL, "views");
        print_set(r->views, (1u << VIEW_NAMED) - 1, name_of_view, "all");
        putchar('\n');
    }
    if (r->score != 0)
        printf(LABEL "adds %u to that of its text\n", "score", r->score);
    print_action(c, r);
    print_level(c, src);
    print_exclusions(c, r);
    printf(LABEL "%.*s\n", "severity", STR_ARG(severity));
    printf(LABEL "%.*s\n", "confidence", STR_ARG(confidence));
    print_checks(r);
    print_stream(r);
    line_list("tags", r->tags, r->tag_count);
    printf(LABEL "%zu that hit, %zu that miss\n", "tests", src->hit_count,
           src->test_count - src->hit_count);
}

bool explain_asks(const struct rule *r, struct str name)
{
    return str_eq_nocase(r->id, name) || str_eq(r->name, name);
}

/* Ids that are near each other have nothing in common, so names alone are
 * guessed at. */
void explain_unknown(const struct explain *x, struct str name)
{
    const struct rule_src *src = x->set.policy.compile.rules;
    struct nearest near = nearest_of(name);

    for (; src != NULL; src = src->next) {
        if (explain_asks(&src->rule, name)) {
            complain("the policy does not use '%.*s': 'explain' without "
                     "--text tells why",
                     STR_ARG(name));
            return;
        }
        nearest_try(&near, src->rule.name);
    }
    if (near.best.len > 0 && !str_starts(name, STR("SP-")))
        complain("the policy has no rule '%.*s': is '%.*s' meant?",
                 STR_ARG(name), STR_ARG(near.best));
    else
        complain("the policy has no rule '%.*s'", STR_ARG(name));
}

bool explain_rule(const struct explain *x, struct str name)
{
    const struct compile *c = &x->set.policy.compile;
    const struct rule_src *src;
    bool any = false;

    for (src = c->rules; src != NULL; src = src->next)
        if (explain_asks(&src->rule, name)) {
            print_rule(c, src);
            any = true;
        }
    return any;
}
