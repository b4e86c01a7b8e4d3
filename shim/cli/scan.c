/* sallyport scan */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/random.h"
#include "base/utf8.h"
#include "cli/cli.h"
#include "cli/lines.h"
#include "cli/load.h"
#include "detect/known.h"
#include "cli/textline.h"
#include "flow/owned.h"
#include "json/text.h"
#include "rules/image.h"
#include "rules/rules.h"

#define OUT_FLUSH (64 * KIB)

struct scan {
    const char *rules_file, *file;
    struct scope scope; /* where a text stands that does not say so */
    struct scope at;    /* where the text of the line stands */
    struct known known; /* what rules may ask about its exchange */
    bool jsonl;
    struct loaded policy;
    struct rules *rules;
    struct scratch *scratch;
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

static enum action strongest(const struct scan *s)
{
    enum action most = ACTION_PASS, a;

    for (size_t i = 0; i < s->found.count; i++) {
        a = rules_action(s->rules, s->found.list[i].rule);
        most = a > most ? a : most;
        a = rules_reached(s->rules, s->at.dir, s->found.list[i].score);
        most = a > most ? a : most;
    }
    return most;
}

/* The text with its clusters replaced, inside of a JSON string. */
static enum err put_text(struct scan *s, struct str text)
{
    struct cluster c;
    size_t pos = 0, from = 0;
    enum err e;

    while (cluster_next(s->rules, s->found.list, s->found.count, &pos, &c)) {
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
                      action_name(rules_action(s->rules, r)))) ||
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
    const char *why;
    struct str text;
    enum err e;

    why = textline_read(&s->line, line, &s->scope, &s->at, &text);
    if (why != NULL)
        return put_error(s, why, s->line.doc.why);
    findings_clear(&s->found);
    if ((e = rules_scan(s->rules, s->scratch, &s->at, text, 0, &s->found)))
        return put_error(s, "the rules cannot judge this text", err_name(e));
    if ((e = buf_add(&s->out, STR("{\"action\": \""))) ||
        (e = buf_add(&s->out, action_name(strongest(s)))) ||
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
        struct str action = action_name(rules_action(s->rules, r));

        for (; off < f->start; off++)
            if (text.ptr[off] == '\n') {
                line++;
                start = off + 1;
            }
        printf("%s:%zu:%zu: %.*s %.*s (%.*s, %.*s): %.*s\n", s->file, line,
               1 + utf8_count((struct str){text.ptr + start, off - start}),
               STR_ARG(r->id), STR_ARG(r->name), STR_ARG(r->category),
               STR_ARG(severity), STR_ARG(action));
    }
}

static int scan_text(struct scan *s)
{
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
    if ((e = rules_scan(s->rules, s->scratch, &s->scope, buf_str(&text), 0,
                        &s->found))) {
        complain("%s: the rules cannot judge this text (%s)", s->file,
                 err_name(e));
        goto out;
    }
    print_findings(s, buf_str(&text));
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
static int scan_owned(struct scan *s, const struct policy_own *policy)
{
    unsigned char key[PRINT_KEY_LEN];
    struct owned_gaps gaps;
    struct own *own;
    int status;

    if (!rules_use(s->rules, DETECTOR_OWN))
        return scan_loaded(s);
    if (random_fill(key, sizeof(key)) ||
        owned_read(policy, environ, key, &own, &gaps)) {
        complain("the secrets of this process cannot be read");
        return EXIT_USAGE;
    }
    s->known.own = own;
    status = scan_loaded(s);
    own_free(own);
    buf_free(&gaps.unread);
    return status;
}

static int scan_start(struct scan *s)
{
    struct image image;
    struct policy policy;
    int status = EXIT_USAGE;

    s->scope.part = part_of(s->scope.role);
    s->known.day = load_day();
    s->scope.known = &s->known;
    if (!load_policy(s->rules_file, false, &s->policy))
        return EXIT_USAGE;
    findings_init(&s->found);
    textline_init(&s->line);
    buf_init(&s->out, LIM_SCAN_OUT);
    if (image_read(buf_str(&s->policy.image), &image) ||
        policy_load(image.policy, &policy) ||
        rules_load(image.rules, policy.monitor, &s->rules) ||
        scratch_new(&s->scratch))
        complain("the policy cannot be loaded");
    else {
        rules_limit(s->rules, &policy.thresholds);
        s->known.links = policy.links;
        status = scan_owned(s, &policy.own);
    }
    scratch_free(s->scratch);
    rules_free(s->rules);
    buf_free(&s->out);
    textline_free(&s->line);
    findings_free(&s->found);
    loaded_free(&s->policy);
    return status;
}

static int run_scan(int argc, char **argv)
{
    static const struct option options[] = {
        {"rules", required_argument, NULL, 'r'},
        {"on", required_argument, NULL, 'd'},
        {"role", required_argument, NULL, 'p'},
        {"host", required_argument, NULL, 'H'},
        {"path", required_argument, NULL, 'P'},
        {"model", required_argument, NULL, 'M'},
        {"exe", required_argument, NULL, 'X'},
        {"jsonl", no_argument, NULL, 'j'},
        {"help", no_argument, NULL, 'h'},
        {0},
    };
    struct scan s = {.file = "-",
                     .scope = {.dir = DIR_SEND, .role = ROLE_USER}};
    int o;

    while ((o = getopt_long(argc, argv, "h", options, NULL)) != -1)
        switch (o) {
        case 'H':
            s.scope.host = str_of(optarg);
            break;
        case 'P':
            s.known.about[ABOUT_PATH] = str_of(optarg);
            break;
        case 'M':
            s.known.about[ABOUT_MODEL] = str_of(optarg);
            break;
        case 'X':
            s.known.about[ABOUT_EXE] = str_of(optarg);
            break;
        case 'r':
            s.rules_file = optarg;
            break;
        case 'd':
            if (!dir_from(str_of(optarg), &s.scope.dir))
                return usage_why(&command_scan, "--on is request or response");
            break;
        case 'p':
            if (!role_from(str_of(optarg), &s.scope.role))
                return usage_why(&command_scan, "--role is user, system, "
                                                "assistant or tool");
            break;
        case 'j':
            s.jsonl = true;
            break;
        case 'h':
            return help(&command_scan);
        default:
            return usage(&command_scan);
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
    "found\n"
    "and what would be done, never the value itself. The exit status is 0 if\n"
    "nothing was found, 1 if something was, 2 on trouble.\n"
    "\n"
    "  --rules FILE             a policy or a pack (default: the installed\n"
    "                           policy)\n"
    "  --on request|response    where the text goes (default: request)\n"
    "  --role user|system|assistant|tool\n"
    "                           who says it (default: user)\n"
    "  --host H, --path P, --model M, --exe FILE\n"
    "                           what rules may ask; one that asks applies\n"
    "                           where it is not said\n"
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
