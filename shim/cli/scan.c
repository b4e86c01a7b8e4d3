/* sallyport scan */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/random.h"
#include "base/utf8.h"
#include "cli/decision.h"
#include "cli/lines.h"
#include "cli/textline.h"
#include "cli/where.h"
#include "flow/owned.h"
#include "json/text.h"

#define OUT_FLUSH (64 * KIB)

struct scan {
    const char *rules_file, *file;
    struct where where;
    struct scope scope; /* where a text stands that does not say so */
    struct scope at;    /* where the text of the line stands */
    bool jsonl;
    struct ruleset set;
    struct findings found;
    struct textline line;
    struct buf out;
    int status;
};

/* --- One line of JSON in, one out. */

static enum err put_error(struct scan *s, const char *what, const char *why)
{
    enum err e;

    s->status = EXIT_FOUND;
    if ((e = buf_add(&s->out, STR("{\"action\": \"error\", \"text\": null, "
                                  "\"error\": \""))) ||
        (e = json_put(&s->out, str_of(what))) ||
        (why != NULL && ((e = buf_add(&s->out, STR(": "))) ||
                         (e = json_put(&s->out, str_of(why))))))
        return e;
    return buf_add(&s->out, STR("\", \"findings\": []}\n"));
}

/* The text with its clusters replaced, inside of a JSON string. */
static enum err put_text(struct scan *s, struct str text)
{
    struct cluster c;
    size_t pos = 0, from = 0;
    enum err e;

    while (
        cluster_next(s->set.rules, s->found.list, s->found.count, &pos, &c)) {
        struct str before = {text.ptr + from, (size_t)c.start - from};

        if ((e = json_put(&s->out, before)) ||
            (e = json_put(&s->out, c.rule->put)))
            return e;
        from = (size_t)c.end;
    }
    return json_put(&s->out, str_skip(text, from));
}

static enum err put_pair(struct buf *out, struct str key, struct str value)
{
    enum err e;

    if ((e = buf_add(out, STR(", \""))) || (e = buf_add(out, key)) ||
        (e = buf_add(out, STR("\": "))))
        return e;
    return json_put_string(out, value);
}

/* Nothing for what is found in the text itself. */
static enum err put_chain(struct buf *out, const struct chain *c)
{
    size_t n = chain_len(c);
    enum err e = OK;

    for (size_t i = 0; i < n && !e; i++)
        if (!(e = buf_add(out, i == 0 ? STR(", \"views\": [") : STR(", "))))
            e = json_put_string(out,
                                view_step_name((enum view_step)c->steps[i]));
    return e || n == 0 ? e : buf_add_byte(out, ']');
}

static enum err put_finding(struct scan *s, const struct finding *f,
                            uint64_t start, uint64_t end)
{
    const struct rule *r = f->rule;
    struct buf *out = &s->out;
    enum err e;

    if ((e = buf_add(out, STR("{\"rule\": "))) ||
        (e = json_put_string(out, r->id)) ||
        (e = put_pair(out, STR("name"), r->name)) ||
        (e = put_pair(out, STR("category"), r->category)) ||
        (e = put_pair(out, STR("kind"), r->kind)) ||
        (e = buf_add(out, STR(", \"start\": "))) ||
        (e = buf_add_u64(out, start)) ||
        (e = buf_add(out, STR(", \"end\": "))) || (e = buf_add_u64(out, end)) ||
        (e = put_pair(out, STR("action"),
                      action_name(rules_action(s->set.rules, r)))) ||
        (e = put_pair(out, STR("severity"), severity_name(r->severity))) ||
        (e = put_pair(out, STR("confidence"),
                      confidence_name(r->confidence))) ||
        (f->score != 0 && ((e = buf_add(out, STR(", \"score\": "))) ||
                           (e = buf_add_u64(out, r->score)))) ||
        (e = put_chain(out, &f->chain)))
        return e;
    return buf_add_byte(out, '}');
}

/* Bytes to code points: findings are sorted by start, so one pass does. */
static enum err put_findings(struct scan *s, struct str text)
{
    size_t byte = 0, point = 0;
    enum err e;

    for (size_t i = 0; i < s->found.count; i++) {
        const struct finding *f = &s->found.list[i];
        struct str before = {text.ptr + byte, (size_t)f->start - byte};
        struct str value = {text.ptr + f->start, (size_t)(f->end - f->start)};

        point += utf8_count(before);
        byte = (size_t)f->start;
        if ((i > 0 && (e = buf_add(&s->out, STR(", ")))) ||
            (e = put_finding(s, f, point, point + utf8_count(value))))
            return e;
    }
    return OK;
}

static enum err scan_line(struct scan *s, struct str line)
{
    struct verdict decision;
    const char *why;
    struct str text;
    enum err e;

    why = textline_read(&s->line, line, &s->scope, &s->at, &text);
    if (why != NULL)
        return put_error(s, why, s->line.doc.why);
    findings_clear(&s->found);
    if ((e = rules_scan(s->set.rules, s->set.scratch, &s->at, text, 0,
                        &s->found)))
        return put_error(s, "the rules cannot judge this text", err_name(e));
    decision = decision_of(s->set.rules, &s->at, &s->found);
    if ((e = buf_add(&s->out, STR("{\"action\": \""))) ||
        (e = buf_add(&s->out, action_name(decision.action))) ||
        (e = buf_add(&s->out, STR("\", \"text\": \""))) ||
        (e = put_text(s, text)) ||
        (e = buf_add(&s->out, STR("\", \"findings\": ["))) ||
        (e = put_findings(s, text)))
        return e;
    return buf_add(&s->out, STR("]}\n"));
}

static bool flush(struct scan *s)
{
    bool good = write_all(STDOUT_FILENO, buf_str(&s->out));

    buf_clear(&s->out);
    if (!good)
        complain("stdout: %s", strerror(errno));
    return good;
}

/* An answer that cannot be built is an error line all the same. */
static enum err answer(struct scan *s, enum err got, struct str line)
{
    size_t before = s->out.len;
    enum err e;

    e = got == E_LIMIT ? put_error(s, "the line is too long", NULL)
                       : scan_line(s, line);
    if (!e)
        return OK;
    s->out.len = before;
    return put_error(s, "the answer cannot be built", err_name(e));
}

static int scan_lines(struct scan *s, int fd)
{
    struct lines lines;
    struct str line = {NULL, 0};
    enum err e = OK;

    lines_init(&lines, fd, LIM_SCAN_LINE);
    while (!e) {
        /* Before waiting for input, give out what is known. */
        if ((!lines_ready(&lines) || s->out.len >= OUT_FLUSH) && !flush(s)) {
            lines_free(&lines);
            return EXIT_USAGE;
        }
        e = lines_next(&lines, &line);
        if (e == OK || e == E_LIMIT)
            e = answer(s, e, line);
    }
    if (e == E_UNSUPPORTED)
        complain("%s: %s", s->file, strerror(errno));
    else if (e != E_AGAIN)
        complain("%s", load_explain(e));
    lines_free(&lines);
    return flush(s) && e == E_AGAIN ? s->status : EXIT_USAGE;
}

/* --- A plain text. */

/* Findings as FILE:LINE:COLUMN, columns in characters; never the value. */
static void print_findings(const struct scan *s, struct str text)
{
    size_t line = 1, start = 0, off = 0;

    for (size_t i = 0; i < s->found.count; i++) {
        const struct finding *f = &s->found.list[i];
        const struct rule *r = f->rule;
        struct str severity = severity_name(r->severity);
        struct str action = action_name(rules_action(s->set.rules, r));

        for (; off < f->start; off++)
            if (text.ptr[off] == '\n') {
                line++;
                start = off + 1;
            }
        printf("%s:%zu:%zu: %.*s %.*s (%.*s, %.*s): %.*s", s->file, line,
               1 + utf8_count((struct str){text.ptr + start, off - start}),
               STR_ARG(r->id), STR_ARG(r->name), STR_ARG(r->category),
               STR_ARG(severity), STR_ARG(action));
        if (f->score != 0)
            printf(", scores %u", r->score);
        putchar('\n');
    }
}

static int scan_text(struct scan *s)
{
    struct verdict decision;
    struct buf text;
    int status = EXIT_USAGE;
    enum err e;

    buf_init(&text, LIM_SCAN_LINE);
    if (!read_file(s->file, &text))
        goto out;
    if (!utf8_valid(buf_str(&text))) {
        complain("%s: not valid UTF-8", s->file);
        goto out;
    }
    if ((e = rules_scan(s->set.rules, s->set.scratch, &s->scope, buf_str(&text),
                        0, &s->found))) {
        complain("%s: the rules cannot judge this text (%s)", s->file,
                 err_name(e));
        goto out;
    }
    print_findings(s, buf_str(&text));
    decision = decision_of(s->set.rules, &s->scope, &s->found);
    decision_print(s->file, &decision, s->scope.dir);
    if (fflush(stdout) == 0)
        status = s->found.count > 0 ? EXIT_FOUND : EXIT_DONE;
out:
    buf_free(&text);
    return status;
}

/* --- The command. */

static int scan_loaded(struct scan *s)
{
    int fd = STDIN_FILENO, status;

    if (!s->jsonl)
        return scan_text(s);
    if (strcmp(s->file, "-") != 0 &&
        (fd = open(s->file, O_RDONLY | O_CLOEXEC)) < 0) {
        complain("%s: %s", s->file, strerror(errno));
        return EXIT_USAGE;
    }
    status = scan_lines(s, fd);
    if (fd != STDIN_FILENO)
        close(fd);
    return status;
}

/* With the secrets of this process, as a program's are looked for in it. */
static int scan_owned(struct scan *s)
{
    unsigned char key[PRINT_KEY_LEN];
    struct owned_gaps gaps;
    struct own *own;
    int status;

    if (!rules_use(s->set.rules, DETECTOR_OWN))
        return scan_loaded(s);
    if (random_fill(key, sizeof(key)) ||
        owned_read(&s->set.own, environ, key, &own, &gaps)) {
        complain("the secrets of this process cannot be read");
        return EXIT_USAGE;
    }
    s->set.known.own = own;
    status = scan_loaded(s);
    own_free(own);
    buf_free(&gaps.unread);
    return status;
}

static int scan_start(struct scan *s)
{
    int status;

    if (!ruleset_open(s->rules_file, false, &s->set))
        return EXIT_USAGE;
    s->scope = where_set(&s->where, &s->set);
    findings_init(&s->found);
    textline_init(&s->line);
    buf_init(&s->out, LIM_SCAN_OUT);
    status = scan_owned(s);
    buf_free(&s->out);
    textline_free(&s->line);
    findings_free(&s->found);
    ruleset_close(&s->set);
    return status;
}

static int run_scan(int argc, char **argv)
{
    static const struct option options[] = {
        {"rules", required_argument, NULL, 'r'},
        WHERE_OPTIONS,
        {"jsonl", no_argument, NULL, 'j'},
        {"help", no_argument, NULL, 'h'},
        {0},
    };
    struct scan s = {.file = "-"};
    int o;

    where_init(&s.where);
    while ((o = getopt_long(argc, argv, "h", options, NULL)) != -1)
        switch (o) {
        case 'r':
            s.rules_file = optarg;
            break;
        case 'j':
            s.jsonl = true;
            break;
        case 'h':
            return help(&command_scan);
        default:
            if (!where_option(&s.where, &command_scan, o, optarg))
                return EXIT_USAGE;
        }
    if (argc - optind > 1)
        return usage_why(&command_scan, "one FILE at most");
    if (optind < argc)
        s.file = argv[optind];
    return scan_start(&s);
}

const struct command command_scan = {
    "scan", run_scan, "look at texts with a policy's rules",
    "usage: sallyport scan [OPTION...] [FILE]\n"
    "\n"
    "Looks at a text (stdin without FILE) and prints where something was "
    "found,\n"
    "by which rule, never the value itself; then what would be done with the\n"
    "text, and which rule or score decides that. The exit status is 0 if "
    "nothing\n"
    "was found, 1 if something was, 2 on trouble.\n"
    "\n"
    "  --rules FILE             a policy or a pack (default: the installed\n"
    "                           policy)\n" WHERE_HELP
    "  --jsonl                  each line is {\"text\": ..., \"role\"?: ...,\n"
    "                           \"on\"?: ...}; each is answered by one line,\n"
    "                           {\"action\": \"pass|score|log|redact|block\",\n"
    "                           \"text\": ..., \"findings\": [...]}, offsets "
    "in\n"
    "                           code points. A line that cannot be read is\n"
    "                           answered by {\"action\": \"error\", \"text\": "
    "null,\n"
    "                           \"error\": ..., \"findings\": []}, and the "
    "exit\n"
    "                           status at the end is then 1, else 0.\n"
    "  -h, --help               this text\n"};
