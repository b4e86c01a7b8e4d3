/* sallyport calibrate */
#include "cli/calibrate.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "cli/decision.h"
#include "cli/lines.h"
#include "cli/player.h"
#include "cli/textline.h"
#include "cli/told.h"
#include "cli/where.h"
#include "detect/linear.h"

/* The 95 % upper bound of a rate, of k in n: of a Poisson count, exact (to two
 * places) up to ten. 0 in n is 3/n. */
static double bound_of(size_t k, size_t n)
{
    static const double exact[] = {3.00,  4.74,  6.30,  7.75,  9.15, 10.51,
                                   11.84, 13.15, 14.43, 15.71, 16.96};
    double x = (double)k, root = x > 1 ? x : 1;

    if (n == 0)
        return 1;
    for (int i = 0; i < 40; i++)
        root = (root + x / root) / 2;
    x = k < ARRAY_LEN(exact) ? exact[k] : x + 1.645 * root + 2;
    x /= (double)n;
    return x < 1 ? x : 1;
}

bool texts_each(const char *file, const struct scope *scope, size_t *ret_bad,
                bool (*each)(void *into, const struct scope *at,
                             struct str text),
                bool (*other)(void *into, struct str line), void *into)
{
    bool in = strcmp(file, "-") == 0, good = true;
    int fd = in ? STDIN_FILENO : open(file, O_RDONLY | O_CLOEXEC);
    struct textline t;
    struct lines lines;
    struct scope at;
    struct str line, text;
    enum err e = OK;

    *ret_bad = 0;
    if (fd < 0) {
        complain("%s: %s", file, strerror(errno));
        return false;
    }
    textline_init(&t);
    lines_init(&lines, fd, LIM_SCAN_LINE);
    while (good && (e = lines_next(&lines, &line)) != E_AGAIN) {
        if (e == E_UNSUPPORTED || e == E_NOMEM) {
            complain("%s: %s", file,
                     e == E_NOMEM ? err_name(e) : strerror(errno));
            good = false;
        } else if (!e && textline_read(&t, line, scope, &at, &text) == NULL) {
            good = each(into, &at, text);
        } else if (e || other == NULL || !other(into, line)) {
            (*ret_bad)++;
        }
    }
    lines_free(&lines);
    textline_free(&t);
    if (!in)
        close(fd);
    return good;
}

/* --- What the texts come to. */

#define SUMS 256 /* higher ones count as this */

struct calibrate {
    const char *rules_file, *file, *model_file, *out;
    struct where where; /* of texts that do not say so */
    struct scope scope;
    double wanted;
    struct ruleset set;
    struct linear model;
    struct findings found;
    struct told told;
    struct player player;
    struct recording recording;
    size_t texts, exchanges; /* judged                                   */
    size_t ways[2];          /* of them, what went each way              */
    size_t bytes, english, bad;
    size_t sums[2][SUMS]; /* of those, by direction and score */
    size_t scores[LINEAR_MOST + 1];
    size_t *hits;   /* texts in which each rule found something */
    size_t *hit_in; /* the last exchange in which it did        */
    size_t acted[ACTION_BLOCK + 1];
};

static void count_sum(struct calibrate *c, enum dir dir, uint32_t sum)
{
    c->ways[dir]++;
    c->sums[dir][sum < SUMS ? sum : SUMS - 1]++;
}

static bool count_rules(struct calibrate *c, const struct scope *at,
                        struct str text)
{
    struct verdict decision;
    enum err e;

    findings_clear(&c->found);
    e = rules_scan(c->set.rules, c->set.scratch, at, text, 0, &c->found);
    if (e == E_LIMIT) { /* it would be refused, whatever is in it */
        c->bad++;
        return true;
    }
    for (size_t i = 0; i < c->found.count; i++) {
        const struct rule *r = c->found.list[i].rule;
        size_t j = 0;

        while (j < i && c->found.list[j].rule != r)
            j++;
        c->hits[r->index] += j == i;
    }
    decision = decision_of(c->set.rules, at, &c->found);
    c->acted[decision.action]++;
    c->texts++;
    count_sum(c, at->dir, decision.score[at->dir]);
    if (e)
        complain("the rules cannot judge a text (%s)", err_name(e));
    return !e;
}

static void count_model(struct calibrate *c, struct str text)
{
    struct linear_window win;
    struct linear_walk walk;
    uint32_t score, top = 0;
    bool judged = false;

    linear_walk_init(&walk, text, 0);
    while (linear_next(&walk, &win)) {
        if (!win.judged)
            continue;
        judged = true;
        score = linear_score(&c->model, &win);
        top = score > top ? score : top;
    }
    c->english += judged;
    if (judged)
        c->scores[top]++;
}

static bool count_text(void *into, const struct scope *at, struct str text)
{
    struct calibrate *c = into;

    c->bytes += text.len;
    if (c->model_file != NULL)
        count_model(c, text);
    return count_rules(c, at, text);
}

/* --- Exchanges, by what an audit tells of them. */

static void count_id(struct calibrate *c, struct str id)
{
    for (size_t i = 0; i < rules_count(c->set.rules); i++)
        if (str_eq(rules_at(c->set.rules, i)->id, id)) {
            c->hits[i] += c->hit_in[i] != c->exchanges;
            c->hit_in[i] = c->exchanges;
            return;
        }
}

/* What was found then is found by these rules, as far as they have its id. */
static bool count_line(void *into, struct str line)
{
    struct calibrate *c = into;
    struct str id;

    if (c->model_file != NULL || !told_read(&c->told, line))
        return false;
    c->exchanges++;
    while (told_next(&c->told, &id))
        count_id(c, id);
    c->acted[c->told.action]++;
    count_sum(c, DIR_SEND, c->told.score[DIR_SEND]);
    count_sum(c, DIR_RECV, c->told.score[DIR_RECV]);
    return true;
}

static void count_recording(void *into, const char *path)
{
    struct calibrate *c = into;
    size_t before = c->exchanges;
    struct str rest;

    if (recording_read(&c->recording, path) &&
        player_run(&c->player, &c->recording)) {
        rest = buf_str(&c->player.lines);
        while (rest.len > 0)
            count_line(c, str_split(&rest, '\n'));
    }
    c->bad += c->exchanges == before;
}

static bool count_recordings(struct calibrate *c)
{
    bool good;

    if (c->model_file != NULL) {
        complain("%s: a model is set by texts, not by exchanges", c->file);
        return false;
    }
    recording_init(&c->recording);
    good = player_open(&c->player, c->set.policy.path, "sallyport calibrate") &&
           recordings_each(c->file, count_recording, c);
    player_close(&c->player);
    recording_free(&c->recording);
    return good;
}

/* --- The report. */

static void print_rate(const char *what, size_t k, size_t n)
{
    printf("  %-38s %6zu of %6zu  %7.3f %%, up to %.3f %%\n", what, k, n,
           n == 0 ? 0 : 100 * (double)k / (double)n, 100 * bound_of(k, n));
}

static size_t from_sum(const size_t *list, size_t count, size_t from)
{
    size_t n = 0;

    for (size_t i = from; i < count; i++)
        n += list[i];
    return n;
}

/* The least place of the list from which on no more than the wanted are. */
static size_t least(const struct calibrate *c, const size_t *list, size_t count,
                    size_t n)
{
    size_t at = count;

    while (at > 1 &&
           (double)from_sum(list, count, at - 1) <= c->wanted * (double)n)
        at--;
    return at;
}

static const char *unit_of(const struct calibrate *c)
{
    return c->exchanges == 0 ? "texts"
           : c->texts == 0   ? "exchanges"
                             : "texts and exchanges";
}

static void print_threshold(const struct calibrate *c, const char *what,
                            const size_t *list, size_t count, size_t n)
{
    size_t at = least(c, list, count, n);
    size_t over = from_sum(list, count, at);

    printf("%s: %zu for %.3g %%: %zu of %zu %s, up to %.3f %%", what, at,
           100 * c->wanted, over, n, unit_of(c), 100 * bound_of(over, n));
    if ((double)n < 3 / c->wanted)
        printf(" (indicative: too few %s)", unit_of(c));
    putchar('\n');
}

static bool finds_any(const struct calibrate *c)
{
    for (size_t i = 0; i < rules_count(c->set.rules); i++)
        if (c->hits[i] > 0)
            return true;
    return false;
}

static void report_rules(const struct calibrate *c)
{
    size_t n = c->texts + c->exchanges;

    printf("%zu %s", n, unit_of(c));
    if (c->texts > 0)
        printf(", %.2f MB", (double)c->bytes / 1e6);
    printf("; %zu not judged\n", c->bad);
    printf("what the policy does (95 %% upper bounds):\n");
    for (int a = ACTION_SCORE; a <= ACTION_BLOCK; a++)
        print_rate(action_name((enum action)a).ptr, c->acted[a], n);
    puts(finds_any(c) ? "rules that find something:"
                      : "no rule finds anything");
    for (size_t i = 0; i < rules_count(c->set.rules); i++) {
        const struct rule *r = rules_at(c->set.rules, i);
        char what[128];

        if (c->hits[i] == 0)
            continue;
        snprintf(what, sizeof(what), "%.*s %.*s (%.*s, %u)", STR_ARG(r->id),
                 STR_ARG(r->name), STR_ARG(action_name(r->action)), r->score);
        print_rate(what, c->hits[i], n);
    }
    for (int d = DIR_SEND; d <= DIR_RECV; d++) {
        char what[64];

        if (c->ways[d] == 0)
            continue;
        snprintf(what, sizeof(what), "thresholds: %s",
                 dir_name((enum dir)d).ptr);
        print_threshold(c, what, c->sums[d], SUMS, c->ways[d]);
    }
}

static bool count_file(struct calibrate *c)
{
    struct stat st;
    bool good;

    if (strcmp(c->file, "-") != 0 && stat(c->file, &st) == 0 &&
        S_ISDIR(st.st_mode))
        good = count_recordings(c);
    else
        good =
            texts_each(c->file, &c->scope, &c->bad, count_text, count_line, c);
    if (!good || c->texts + c->exchanges > 0)
        return good;
    complain("no text in %s; lines of {\"text\": ...} are wanted, an audit, or "
             "recorded exchanges",
             c->file);
    return false;
}

static int count_all(struct calibrate *c)
{
    int status = EXIT_USAGE;

    if (!ruleset_open(c->rules_file, false, &c->set))
        return EXIT_USAGE;
    c->scope = where_set(&c->where, &c->set);
    findings_init(&c->found);
    told_init(&c->told);
    c->hits = calloc(rules_count(c->set.rules) + 1, sizeof(*c->hits));
    c->hit_in = calloc(rules_count(c->set.rules) + 1, sizeof(*c->hit_in));
    if (c->hits == NULL || c->hit_in == NULL)
        complain("out of memory");
    else if (count_file(c)) {
        report_rules(c);
        if (c->model_file != NULL)
            print_threshold(c, "linear threshold", c->scores, LINEAR_MOST + 1,
                            c->english);
        status = fflush(stdout) == 0 ? EXIT_DONE : EXIT_USAGE;
    }
    free(c->hits);
    free(c->hit_in);
    told_free(&c->told);
    findings_free(&c->found);
    ruleset_close(&c->set);
    return status;
}

static int train(const struct calibrate *c, const char *benign,
                 const char *attacks)
{
    struct buf model;
    bool good;

    buf_init(&model, LINEAR_BYTES);
    good = model_train(benign, attacks, &c->where.scope, &model);
    if (good && !write_file(c->out, buf_str(&model), 0777)) {
        complain("%s: %s", c->out, strerror(errno));
        good = false;
    }
    buf_free(&model);
    return good ? EXIT_DONE : EXIT_USAGE;
}

static int calibrate(struct calibrate *c)
{
    struct buf model;
    int status = EXIT_USAGE;

    buf_init(&model, LINEAR_BYTES + 1);
    if (c->model_file != NULL && !read_file(c->model_file, &model))
        goto out;
    if (c->model_file != NULL && linear_load(buf_str(&model), &c->model)) {
        complain("%s: no model that 'calibrate --train' wrote", c->model_file);
        goto out;
    }
    status = count_all(c);
out:
    buf_free(&model);
    return status;
}

/* A share such as 0.001 or 0.1%. */
static bool share_from(const char *text, double *ret)
{
    char *end;
    double x = strtod(text, &end);

    if (*end == '%') {
        x /= 100;
        end++;
    }
    *ret = x;
    return end != text && *end == '\0' && x > 0 && x < 1;
}

/* One option; false after a complaint about its value. */
static bool take_option(struct calibrate *c, int o, bool *ret_trains)
{
    switch (o) {
    case 'r':
        c->rules_file = optarg;
        return true;
    case 'f':
        if (share_from(optarg, &c->wanted))
            return true;
        usage_why(&command_calibrate,
                  "--fpr is a share such as 0.001 or 0.1%%, not '%s'", optarg);
        return false;
    case 'm':
        c->model_file = optarg;
        return true;
    case 't':
        *ret_trains = true;
        return true;
    case 'o':
        c->out = optarg;
        return true;
    default:
        return where_option(&c->where, &command_calibrate, o, optarg);
    }
}

static int start(struct calibrate *c, int argc, char **argv)
{
    static const struct option options[] = {
        {"rules", required_argument, NULL, 'r'},
        {"role", required_argument, NULL, 'p'}, /* these two as where.h */
        {"on", required_argument, NULL, 'd'},
        {"fpr", required_argument, NULL, 'f'},
        {"model", required_argument, NULL, 'm'},
        {"train", no_argument, NULL, 't'},
        {"help", no_argument, NULL, 'h'},
        {0},
    };
    bool trains = false;
    int o;

    while ((o = getopt_long(argc, argv, "ho:", options, NULL)) != -1) {
        if (o == 'h')
            return help(&command_calibrate);
        if (!take_option(c, o, &trains))
            return EXIT_USAGE;
    }
    argc -= optind;
    argv += optind;
    if (trains ? argc != 2 || c->out == NULL : argc > 1 || c->out != NULL)
        return usage_why(&command_calibrate,
                         trains ? "--train BENIGN ATTACKS -o MODEL"
                                : "one FILE at most, and no -o");
    if (trains)
        return train(c, argv[0], argv[1]);
    if (argc == 1)
        c->file = argv[0];
    return calibrate(c);
}

static int run_calibrate(int argc, char **argv)
{
    struct calibrate *c = calloc(1, sizeof(*c));
    int status;

    if (c == NULL) {
        complain("out of memory");
        return EXIT_USAGE;
    }
    c->file = "-";
    c->wanted = 0.001;
    where_init(&c->where);
    status = start(c, argc, argv);
    free(c);
    return status;
}

const struct command command_calibrate = {
    "calibrate", run_calibrate, "set thresholds by one's own harmless texts",
    "usage: sallyport calibrate [OPTION...] [FILE|DIR]\n"
    "       sallyport calibrate --train BENIGN ATTACKS -o MODEL\n"
    "\n"
    "Looks at harmless texts of one's own, lines of {\"text\": ..., "
    "\"role\"?: ...,\n"
    "\"on\"?: ...} (stdin without FILE), and prints how often each rule finds\n"
    "something in them, and from which score on no more of them are taken for\n"
    "attacks than wanted. Never prints a text. FILE may be an audit too, of\n"
    "harmless exchanges: of these, the rules and scores count that were found\n"
    "then. Recorded exchanges, in the files of DIR that `diff --help` "
    "names, are\n"
    "judged anew.\n"
    "\n"
    "  --rules FILE             a policy or a pack (default: the installed\n"
    "                           policy)\n"
    "  --role user|system|assistant|tool, --on request|response\n"
    "                           of texts that do not say so\n"
    "  --fpr RATE               the share of false alarms wanted: 0.001, the\n"
    "                           default, or 0.1%. Less than 3/RATE texts say\n"
    "                           little, and that is said.\n"
    "  --model MODEL            the threshold of a linear score too\n"
    "  --train                  write such a MODEL, from texts without and\n"
    "                           with an attack in them. It knows no others:\n"
    "                           set its threshold by other texts, and only\n"
    "                           score by it.\n"
    "  -h, --help               this text\n"};
