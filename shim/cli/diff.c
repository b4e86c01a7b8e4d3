/* sallyport diff */
#include "cli/diff.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "cli/cli.h"
#include "cli/explain.h"

/* --- One thing, by two policies. */

void side_begin(struct side *s)
{
    memset(s->counts, 0, rules_count(s->set.rules) * sizeof(*s->counts));
    s->action = ACTION_PASS;
    s->condition[0] = '\0';
}

void side_found(struct side *s, const struct rule *r)
{
    enum action action = rules_action(s->set.rules, r);

    s->counts[r->index]++;
    s->action = action > s->action ? action : s->action;
}

const struct rule *side_rule(const struct side *s, struct str id)
{
    for (size_t i = 0; i < rules_count(s->set.rules); i++)
        if (str_eq(rules_at(s->set.rules, i)->id, id))
            return rules_at(s->set.rules, i);
    return NULL;
}

/* How one rule's findings changed; false where they did not. was, is: NULL
 * for a side that has no finding of it. */
static bool say_rule(const struct diff *d, const struct rule *was,
                     const struct rule *is, char *out, size_t size)
{
    const struct rule *r = was != NULL ? was : is;
    struct str a, b;

    if (was == NULL || is == NULL) {
        const struct rules *rs =
            was != NULL ? d->old.set.rules : d->new.set.rules;

        a = action_name(rules_action(rs, r));
        snprintf(out, size, "  %c %.*s %.*s: %.*s", was != NULL ? '-' : '+',
                 STR_ARG(r->id), STR_ARG(r->name), STR_ARG(a));
        return true;
    }
    a = action_name(rules_action(d->old.set.rules, was));
    b = action_name(rules_action(d->new.set.rules, is));
    snprintf(out, size, "  ~ %.*s %.*s: %.*s -> %.*s", STR_ARG(r->id),
             STR_ARG(r->name), STR_ARG(a), STR_ARG(b));
    if (!str_eq(a, b))
        return true;
    snprintf(out, size, "  ~ %.*s %.*s: found %u -> %u", STR_ARG(r->id),
             STR_ARG(r->name), d->old.counts[was->index],
             d->new.counts[is->index]);
    return d->old.counts[was->index] != d->new.counts[is->index];
}

/* The rules whose findings differ, a line each; how many. */
static size_t differences(const struct diff *d, bool print)
{
    const struct rules *old = d->old.set.rules, *new = d->new.set.rules;
    size_t n = 0;
    char text[512];

    for (size_t i = 0; i < rules_count(old); i++) {
        size_t j = d->old.other[i];
        const struct rule *is =
            j != NONE && d->new.counts[j] > 0 ? rules_at(new, j) : NULL;

        if (d->old.counts[i] > 0 &&
            say_rule(d, rules_at(old, i), is, text, sizeof(text))) {
            n++;
            if (print)
                puts(text);
        }
    }
    for (size_t j = 0; j < rules_count(new); j++) {
        size_t i = d->new.other[j];

        if (d->new.counts[j] > 0 && (i == NONE || d->old.counts[i] == 0) &&
            say_rule(d, NULL, rules_at(new, j), text, sizeof(text))) {
            n++;
            if (print)
                puts(text);
        }
    }
    return n;
}

static void print_side(const struct side *s)
{
    struct str action = action_name(s->action);

    printf("%.*s", STR_ARG(action));
    if (s->condition[0] != '\0')
        printf(" (%s)", s->condition);
}

void diff_thing(struct diff *d, const char *name)
{
    bool same = strcmp(d->old.condition, d->new.condition) == 0 &&
                d->old.action == d->new.action;

    d->things++;
    d->moves[d->old.action][d->new.action]++;
    if (same && differences(d, false) == 0)
        return;
    d->differing++;
    print_plain(str_of(name));
    fputs(": ", stdout);
    print_side(&d->old);
    if (same) {
        fputs(", by other rules", stdout);
    } else {
        fputs(" -> ", stdout);
        print_side(&d->new);
    }
    putchar('\n');
    differences(d, true);
}

/* --- The command. */

static bool side_init(struct side *s, const char *file, bool need_path)
{
    size_t n;

    if (!ruleset_open(file, need_path, &s->set))
        return false;
    n = rules_count(s->set.rules) + 1;
    s->other = calloc(n, sizeof(*s->other));
    s->counts = calloc(n, sizeof(*s->counts));
    return s->other != NULL && s->counts != NULL;
}

static void side_free(struct side *s)
{
    free(s->other);
    free(s->counts);
    if (s->set.rules != NULL)
        ruleset_close(&s->set);
}

static void pair(struct side *a, const struct side *b)
{
    for (size_t i = 0; i < rules_count(a->set.rules); i++) {
        const struct rule *r = side_rule(b, rules_at(a->set.rules, i)->id);

        a->other[i] = r == NULL ? NONE : r->index;
    }
}

static void print_summary(const struct diff *d)
{
    const char *comma = ": ";

    printf("%zu of %zu decided otherwise", d->differing, d->things);
    for (int a = 0; a <= ACTION_BLOCK; a++)
        for (int b = 0; b <= ACTION_BLOCK; b++)
            if (a != b && d->moves[a][b] > 0) {
                struct str was = action_name((enum action)a);
                struct str is = action_name((enum action)b);

                printf("%s%.*s -> %.*s %zu", comma, STR_ARG(was), STR_ARG(is),
                       d->moves[a][b]);
                comma = ", ";
            }
    putchar('\n');
    if (d->skipped > 0)
        printf("%zu could not be judged by both\n", d->skipped);
}

static int diff_start(struct diff *d, char **files, const char *over)
{
    struct stat st;
    bool dir, good;
    int status = EXIT_USAGE;

    if (stat(over, &st) != 0) {
        complain("%s: %s", over, strerror(errno));
        return EXIT_USAGE;
    }
    dir = S_ISDIR(st.st_mode);
    if (side_init(&d->old, files[0], dir) &&
        side_init(&d->new, files[1], dir)) {
        pair(&d->old, &d->new);
        pair(&d->new, &d->old);
        good = dir ? diff_exchanges(d, over) : diff_lines(d, over);
        if (good && d->things > 0)
            print_summary(d);
        if (good && d->things == 0) {
            complain("%s: nothing in it can be judged; lines of {\"text\": "
                     "...} are wanted, an audit, or recorded exchanges",
                     over);
            good = false;
        }
        if (fflush(stdout) == 0 && good)
            status = d->differing > 0 ? EXIT_FOUND : EXIT_DONE;
    }
    side_free(&d->old);
    side_free(&d->new);
    return status;
}

static int run_diff(int argc, char **argv)
{
    static const struct option options[] = {
        {"over", required_argument, NULL, 'o'},
        {"help", no_argument, NULL, 'h'},
        {0},
    };
    struct diff d = {0};
    const char *over = NULL;
    int o;

    while ((o = getopt_long(argc, argv, "h", options, NULL)) != -1)
        switch (o) {
        case 'o':
            over = optarg;
            break;
        case 'h':
            return help(&command_diff);
        default:
            return usage(&command_diff);
        }
    if (argc - optind != 2)
        return usage_why(&command_diff, "two policies are needed");
    if (over == NULL)
        return usage_why(&command_diff, "--over is needed");
    return diff_start(&d, argv + optind, over);
}

const struct command command_diff = {
    "diff", run_diff, "what a change of rules would have decided otherwise",
    "usage: sallyport diff OLD NEW --over PATH\n"
    "\n"
    "Judges what lies at PATH by two policies (or packs), and prints what "
    "they\n"
    "decide otherwise and which rules make the difference: - found by OLD "
    "alone,\n"
    "+ found by NEW alone, ~ by both with another action or count. PATH is\n"
    "\n"
    "  a file of texts      lines as scan --jsonl reads them\n"
    "  an audit file        what was found then is judged by the rules with\n"
    "                       its ids: actions, scopes, exclusions, rules that\n"
    "                       are gone. What was not found then is not known;\n"
    "                       rules whose own text differs are named.\n"
    "  a directory          recorded exchanges, in it or in its directories:\n"
    "                       NAME.request and NAME.response, raw HTTP/1.1 as\n"
    "                       replay takes it; 'request' and 'response' in a\n"
    "                       directory each; or NAME.req.json with \"method\",\n"
    "                       \"url\", \"headers\" and \"body\", and "
    "NAME.resp.json\n"
    "                       with \"status\", \"headers\" and \"body\". "
    "For \"body\",\n"
    "                       which is JSON, there may be \"body_text\",\n"
    "                       \"body_base64\" or \"body_file\", a file beside "
    "it. The\n"
    "                       response may be missing.\n"
    "\n"
    "The exit status is that of diff(1): 0 for no difference, 1 for some, 2 "
    "on\n"
    "trouble.\n"
    "\n"
    "  --over PATH   what to judge\n"
    "  -h, --help    this text\n"};
