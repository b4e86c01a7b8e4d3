#include "cli/diff.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "cli/cli.h"
#include "cli/decision.h"
#include "cli/lines.h"
#include "cli/textline.h"
#include "json/text.h"
#include "json/tree.h"

/*
 * Lines of JSON, texts and audit lines alike. An audit has no texts in it: what
 * it tells is which rule found something where, and what either policy would
 * make of that. What a rule would have found that was not there, or was
 * another, it does not tell; which rules those are is said at the end.
 */

#define NAMED 12 /* rules that are named in a note */

struct input {
    struct diff *d;
    struct json_doc doc;
    struct arena arena; /* the strings of one line */
    struct findings found;
    bool audit; /* there were lines of one */
};

/* A member that is a string; empty if it is not there, or is another. */
static struct str word_of(struct input *in, uint32_t object, struct str key)
{
    uint32_t node = json_member(&in->doc, object, key);
    struct str word = STR("");

    if (node == 0 || in->doc.nodes[node].type != JSON_STRING ||
        json_text(json_raw(&in->doc, node), in->doc.nodes[node].escaped,
                  &in->arena, &word))
        return STR("");
    return word;
}

/* --- A text. */

static bool scan_side(struct side *s, struct scope *at, struct str text,
                      struct findings *found)
{
    at->known = &s->set.known;
    findings_clear(found);
    if (rules_scan(s->set.rules, s->set.scratch, at, text, 0, found))
        return false;
    for (size_t i = 0; i < found->count; i++)
        side_found(s, found->list[i].rule);
    s->action = decision_of(s->set.rules, at, found).action;
    return true;
}

/* False where it cannot be judged. */
static bool take_text(struct input *in)
{
    struct scope at = {.role = ROLE_USER};
    struct str role = word_of(in, 0, STR("role"));
    struct str on = word_of(in, 0, STR("on"));
    struct str text = word_of(in, 0, STR("text"));

    if ((role.len > 0 && !role_from(role, &at.role)) ||
        (on.len > 0 && !dir_from(on, &at.dir)))
        return false;
    at.part = part_of(at.role);
    return scan_side(&in->d->old, &at, text, &in->found) &&
           scan_side(&in->d->new, &at, text, &in->found);
}

/* --- A line of an audit. */

static void take_side(struct side *s, struct str id, const struct scope *at)
{
    const struct rule *r = side_rule(s, id);

    if (r != NULL && rules_applies(s->set.rules, r, at))
        side_found(s, r);
}

static bool take_finding(struct input *in, uint32_t node, struct str host)
{
    struct known known = in->d->new.set.known;
    struct scope at = {.host = host, .known = &known};
    struct str id = word_of(in, node, STR("rule"));

    known.about[ABOUT_PATH] = word_of(in, 0, STR("url.path"));
    known.about[ABOUT_MODEL] = word_of(in, 0, STR("gen_ai.request.model"));
    known.about[ABOUT_EXE] = word_of(in, 0, STR("process.executable.path"));
    if (!dir_from(word_of(in, node, STR("on")), &at.dir) ||
        !role_from(word_of(in, node, STR("role")), &at.role) ||
        !part_from(word_of(in, node, STR("part")), &at.part))
        return false;
    take_side(&in->d->old, id, &at);
    take_side(&in->d->new, id, &at);
    return true;
}

static bool take_audit(struct input *in, uint32_t list)
{
    const struct json_node *nodes = in->doc.nodes;
    struct str host = word_of(in, 0, STR("server.address"));

    in->audit = true;
    for (uint32_t i = list + 1; i < nodes[list].next; i = nodes[i].next)
        if (!take_finding(in, i, host))
            return false;
    return true;
}

/* --- What an audit does not tell. */

/* Would the two find other things in the same text? */
static bool finds_otherwise(const struct rule *a, const struct rule *b)
{
    return !str_eq(a->match, b->match) || a->group != b->group ||
           a->entropy != b->entropy || a->check != b->check ||
           a->no_placeholder != b->no_placeholder || a->no_name != b->no_name ||
           a->no_published != b->no_published || a->digits != b->digits ||
           !strs_eq(a->keywords, a->keyword_count, b->keywords,
                    b->keyword_count) ||
           !strs_eq(a->nots, a->not_count, b->nots, b->not_count) ||
           !nears_eq(a->nears, a->near_count, b->nears, b->near_count) ||
           a->detector != b->detector || a->views != b->views ||
           memcmp(a->options, b->options, sizeof(a->options)) != 0;
}

static void name_rule(const struct rule *r, size_t n, const char *what)
{
    if (n == 0)
        printf("an audit does not tell what rules would find that %s: ", what);
    if (n < NAMED)
        printf("%s%.*s", n > 0 ? ", " : "", STR_ARG(r->id));
}

static void end_names(size_t n)
{
    if (n > NAMED)
        printf(" and %zu more", n - NAMED);
    if (n > 0)
        putchar('\n');
}

static void print_unknown(const struct diff *d)
{
    const struct rules *old = d->old.set.rules, *new = d->new.set.rules;
    size_t n = 0;

    for (size_t j = 0; j < rules_count(new); j++)
        if (d->new.other[j] == NONE)
            name_rule(rules_at(new, j), n++, "are new");
    end_names(n);
    n = 0;
    for (size_t i = 0; i < rules_count(old); i++) {
        size_t j = d->old.other[i];

        if (j != NONE && finds_otherwise(rules_at(old, i), rules_at(new, j)))
            name_rule(rules_at(old, i), n++, "have changed");
    }
    end_names(n);
}

/* --- The lines. */

static bool take_line(struct input *in, struct str line)
{
    uint32_t findings, text;

    arena_clear(&in->arena);
    if (json_parse(&in->doc, line) || in->doc.nodes[0].type != JSON_OBJECT)
        return false;
    text = json_member(&in->doc, 0, STR("text"));
    findings = json_member(&in->doc, 0, STR("findings"));
    if (text != 0 && in->doc.nodes[text].type == JSON_STRING)
        return take_text(in);
    return findings != 0 && in->doc.nodes[findings].type == JSON_ARRAY &&
           take_audit(in, findings);
}

/* One line, and what became of it. Lines of an audit that are no exchange are
 * among those that cannot be judged. */
static void judge_line(struct input *in, const char *path, size_t number,
                       enum err got, struct str line)
{
    char name[4400];

    side_begin(&in->d->old);
    side_begin(&in->d->new);
    if (got != OK || !take_line(in, line)) {
        in->d->skipped++;
        return;
    }
    snprintf(name, sizeof(name), "%s:%zu", path, number);
    diff_thing(in->d, name);
}

static bool read_lines(struct input *in, const char *path, int fd)
{
    struct lines lines;
    struct str line = {NULL, 0};
    enum err e;

    lines_init(&lines, fd, LIM_SCAN_LINE);
    for (size_t i = 1;; i++) {
        e = lines_next(&lines, &line);
        if (e != OK && e != E_LIMIT)
            break;
        judge_line(in, path, i, e, line);
    }
    lines_free(&lines);
    if (e == E_AGAIN)
        return true;
    complain("%s: %s", path,
             e == E_UNSUPPORTED ? strerror(errno) : load_explain(e));
    return false;
}

bool diff_lines(struct diff *d, const char *path)
{
    struct input in = {.d = d};
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool good;

    if (fd < 0) {
        complain("%s: %s", path, strerror(errno));
        return false;
    }
    json_doc_init(&in.doc);
    arena_init(&in.arena, LIM_SCAN_LINE + MIB);
    findings_init(&in.found);
    good = read_lines(&in, path, fd);
    if (good && in.audit)
        print_unknown(d);
    findings_free(&in.found);
    arena_free(&in.arena);
    json_doc_free(&in.doc);
    close(fd);
    return good;
}
