/* sallyport replay */
#include "cli/replay.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/limits.h"
#include "cli/cli.h"
#include "cli/load.h"
#include "compile/provfile.h"

extern const struct engine_api sallyport_engine_api;

struct replay {
    const char *rules, *host, *exe, *request_file, *response_file, *out;
    struct cuts cuts;
    bool every;
    uint64_t repeat;
    struct loaded policy;
    struct buf request, response, host_text;
    bool made_up; /* the request is ours, for a response alone */
    struct drive drive;
    char audit[64]; /* a temporary file */
};

/* --- To which host, and with which request. */

static bool host_is(struct str pattern, struct str host)
{
    if (str_starts(pattern, STR("*")))
        return str_ends_nocase(host, str_skip(pattern, 1));
    return str_eq_nocase(pattern, host);
}

static bool lists_host(const struct provider_src *p, struct str host)
{
    for (size_t i = 0; i < p->def.host_count; i++)
        if (host_is(p->def.hosts[i], host))
            return true;
    return false;
}

static const struct provider_src *by_id(const struct compile *c, struct str id)
{
    const struct provider_src *p = c->providers;

    while (p != NULL && !str_eq(p->def.id, id))
        p = p->next;
    return p;
}

/* The description that a policy has for a host; NULL if it is left open. */
static const struct provider_src *provider_of(const struct compile *c,
                                              struct str host)
{
    const struct provider_src *p, *found = NULL;
    const struct host_src *h;
    bool named;

    for (h = c->hosts; h != NULL && found == NULL; h = h->next)
        if (host_is(h->host, host))
            found = by_id(c, h->provider);
    named = found != NULL;
    for (p = c->providers; p != NULL && !named; p = p->next)
        if (lists_host(p, host) && (found == NULL || p->def.like_count == 0))
            found = p; /* a dialect, where one lists it */
    if (found != NULL && found->def.route_count == 0 &&
        found->def.like_count > 0)
        found = by_id(c, found->def.likes[0]);
    return found;
}

/*
 * A response by itself answers a request that we make up: the first route of
 * the host's provider, with an empty object as its body.
 */
static enum err make_request(struct replay *r)
{
    const struct provider_src *p =
        provider_of(&r->policy.compile, r->drive.peer.host);
    struct buf *out = &r->request;
    struct str path = STR("/");
    enum err e;

    if (p != NULL && p->def.route_count > 0)
        path = p->def.routes[0].path;
    r->made_up = true;
    if ((e = buf_add(out, STR("POST "))))
        return e;
    for (size_t i = 0; i < path.len; i++)
        if ((e = buf_add_byte(
                 out, strchr("*{}", path.ptr[i]) != NULL ? 'x' : path.ptr[i])))
            return e;
    if ((e = buf_add(out, STR(" HTTP/1.1\r\nHost: "))) ||
        (e = buf_add(out, buf_str(&r->host_text))))
        return e;
    return buf_add(out, STR("\r\nContent-Type: application/json\r\n"
                            "Content-Length: 2\r\n\r\n{}"));
}

static bool choose_host(struct replay *r)
{
    struct str host = str_of(r->host);

    if (host.len == 0)
        host = request_host(buf_str(&r->request));
    if (host.len == 0)
        host = STR("api.openai.com");
    if (buf_add(&r->host_text, host) ||
        !peer_from(buf_str(&r->host_text), &r->drive.peer)) {
        complain("'%.*s' is no host", STR_ARG(host));
        return false;
    }
    return true;
}

/* --- Running. */

static bool run_once(struct replay *r, const struct cuts *cuts,
                     struct outcome *o)
{
    enum err e = drive_run(&r->drive, cuts, o);

    if (e)
        complain("%s", load_explain(e));
    return e == OK;
}

/* One cut at every place of one direction; false after a message. */
static bool every_cut(struct replay *r, enum dir dir,
                      const struct outcome *whole, struct outcome *o,
                      int *status)
{
    size_t len = dir == DIR_SEND ? r->drive.request.len : r->drive.response.len;

    for (size_t i = 1; i < len; i++) {
        struct cuts cuts = {.send_at = dir == DIR_SEND ? i : 0,
                            .recv_at = dir == DIR_RECV ? i : 0};

        if (!run_once(r, &cuts, o)) {
            *status = EXIT_USAGE;
            return false;
        }
        if (!outcome_same(whole, o)) {
            complain("cutting the %.*s at byte %zu changes the output",
                     STR_ARG(dir_name(dir)), i);
            *status = EXIT_FOUND;
            return false;
        }
    }
    return true;
}

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

static uint64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static bool print_median(struct replay *r, size_t exchanges, struct outcome *o)
{
    uint64_t *took = calloc((size_t)r->repeat, sizeof(*took));
    bool good = took != NULL;

    for (uint64_t i = 0; good && i < r->repeat; i++) {
        uint64_t begun = now_ns();

        good = run_once(r, &r->cuts, o);
        took[i] = now_ns() - begun;
    }
    if (good) {
        qsort(took, (size_t)r->repeat, sizeof(*took), by_value);
        printf("median %.1f us per exchange\n",
               (double)took[r->repeat / 2] / 1000.0 /
                   (double)(exchanges > 0 ? exchanges : 1));
    }
    free(took);
    return good;
}

/* --- Results. */

static bool write_out(const char *dir, const char *name, struct str bytes)
{
    char path[4400];
    int fd, n = snprintf(path, sizeof(path), "%s/%s", dir, name);
    bool good;

    if (n < 0 || (size_t)n >= sizeof(path)) {
        complain("%s: the path is too long", dir);
        return false;
    }
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    good = fd >= 0 && write_all(fd, bytes);
    if (fd >= 0)
        good = close(fd) == 0 && good;
    if (!good)
        complain("%s: %s", path, strerror(errno));
    return good;
}

static bool write_outcome(const struct replay *r, const struct outcome *o)
{
    if (r->out == NULL)
        return true;
    if (mkdir(r->out, 0777) != 0 && errno != EEXIST) {
        complain("%s: %s", r->out, strerror(errno));
        return false;
    }
    return write_out(r->out, "net.bin",
                     r->made_up ? STR("") : buf_str(&o->net)) &&
           write_out(r->out, "app.bin", buf_str(&o->app));
}

/* The audit lines of the first run to stdout; their number. */
static bool print_audit(const struct replay *r, size_t *ret_lines)
{
    struct buf text;
    size_t lines = 0;
    bool good;

    buf_init(&text, LIM_REPLAY);
    good = read_file(r->audit, &text);
    if (good) {
        for (size_t i = 0; i < text.len; i++)
            lines += text.ptr[i] == '\n';
        fwrite(text.ptr, 1, text.len, stdout);
        *ret_lines = lines;
    }
    buf_free(&text);
    return good;
}

/* --- The command. */

static bool open_engine(struct replay *r, const char *audit)
{
    struct engine_config cfg = {.env = environ,
                                .policy = r->policy.path,
                                .audit = audit,
                                .exe = r->exe != NULL ? r->exe
                                                      : "sallyport replay"};
    char why[512];

    if (r->drive.api->engine_open(&cfg, &r->drive.engine, why, sizeof(why))) {
        complain("%s", why);
        return false;
    }
    return true;
}

static int replay_runs(struct replay *r, struct outcome *first,
                       struct outcome *other)
{
    size_t lines = 0;
    int status = EXIT_DONE;

    if (!open_engine(r, r->audit) || !run_once(r, &r->cuts, first))
        return EXIT_USAGE;
    if (!write_outcome(r, first) || !print_audit(r, &lines))
        return EXIT_USAGE;
    if (first->why[0] != '\0')
        complain("%s", first->why);
    if (lines == 0)
        complain("no audit line: no whole request is there, or it goes to no "
                 "model host of the policy (--host)");
    /* The further runs have nothing new to say. */
    r->drive.api->engine_close(r->drive.engine);
    r->drive.engine = NULL;
    if (!open_engine(r, "/dev/null"))
        return EXIT_USAGE;
    if (r->every && (!every_cut(r, DIR_SEND, first, other, &status) ||
                     !every_cut(r, DIR_RECV, first, other, &status)))
        return status;
    if (r->repeat > 0 && !print_median(r, lines, other))
        return EXIT_USAGE;
    return fflush(stdout) == 0 ? EXIT_DONE : EXIT_USAGE;
}

static int replay_loaded(struct replay *r)
{
    struct outcome first, other;
    int fd, status;

    if (!choose_host(r))
        return EXIT_USAGE;
    if (r->request_file == NULL && make_request(r)) {
        complain("%s", load_explain(E_NOMEM));
        return EXIT_USAGE;
    }
    snprintf(r->audit, sizeof(r->audit), "/tmp/sallyport-replay-XXXXXX");
    if ((fd = mkostemp(r->audit, O_CLOEXEC)) < 0) {
        complain("%s: %s", r->audit, strerror(errno));
        return EXIT_USAGE;
    }
    close(fd);
    r->drive.api = &sallyport_engine_api;
    r->drive.peer.door = "replay";
    r->drive.request = buf_str(&r->request);
    r->drive.response = buf_str(&r->response);
    outcome_init(&first);
    outcome_init(&other);
    status = replay_runs(r, &first, &other);
    r->drive.api->engine_close(r->drive.engine);
    outcome_free(&first);
    outcome_free(&other);
    unlink(r->audit);
    return status;
}

static int replay_start(struct replay *r)
{
    int status = EXIT_USAGE;

    buf_init(&r->request, LIM_REPLAY);
    buf_init(&r->response, LIM_REPLAY);
    buf_init(&r->host_text, LIM_HEAD_LINE);
    if ((r->request_file == NULL || read_file(r->request_file, &r->request)) &&
        (r->response_file == NULL ||
         read_file(r->response_file, &r->response)) &&
        load_policy(r->rules, true, &r->policy)) {
        status = replay_loaded(r);
        loaded_free(&r->policy);
    }
    buf_free(&r->request);
    buf_free(&r->response);
    buf_free(&r->host_text);
    return status;
}

static bool read_split(const char *arg, struct replay *r)
{
    struct str s = str_of(arg);
    uint64_t n;

    r->cuts = (struct cuts){0};
    r->every = str_eq(s, STR("every"));
    if (r->every)
        return true;
    if (str_starts(s, STR("random:"))) {
        r->cuts.random = true;
        return str_u64(str_skip(s, 7), &r->cuts.seed) == OK;
    }
    if (str_u64(s, &n) || n == 0 || n > LIM_REPLAY)
        return false;
    r->cuts.step = (size_t)n;
    return true;
}

/* One option; false after a complaint about its value. */
static bool take_option(struct replay *r, int o)
{
    switch (o) {
    case 'r':
        r->rules = optarg;
        return true;
    case 'H':
        r->host = optarg;
        return true;
    case 'x':
        r->exe = optarg;
        return true;
    case 'q':
        r->request_file = optarg;
        return true;
    case 's':
        r->response_file = optarg;
        return true;
    case 'o':
        r->out = optarg;
        return true;
    case 'c':
        if (read_split(optarg, r))
            return true;
        usage_why(&command_replay, "--split is N, every or random:SEED");
        return false;
    default:
        if (!str_u64(str_of(optarg), &r->repeat) && r->repeat > 0 &&
            r->repeat <= 10000000)
            return true;
        usage_why(&command_replay, "--repeat is a number above 0");
        return false;
    }
}

static int run_replay(int argc, char **argv)
{
    static const struct option options[] = {
        {"rules", required_argument, NULL, 'r'},
        {"host", required_argument, NULL, 'H'},
        {"exe", required_argument, NULL, 'x'},
        {"split", required_argument, NULL, 'c'},
        {"repeat", required_argument, NULL, 'n'},
        {"request", required_argument, NULL, 'q'},
        {"response", required_argument, NULL, 's'},
        {"out", required_argument, NULL, 'o'},
        {"help", no_argument, NULL, 'h'},
        {0},
    };
    struct replay r = {0};
    int o;

    while ((o = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        if (o == 'h')
            return help(&command_replay);
        if (o == '?')
            return usage(&command_replay);
        if (!take_option(&r, o))
            return EXIT_USAGE;
    }
    if (optind < argc)
        return usage_why(&command_replay, "'%s' is not an option",
                         argv[optind]);
    if (r.request_file == NULL && r.response_file == NULL)
        return usage_why(&command_replay, "--request or --response is needed");
    return replay_start(&r);
}

const struct command command_replay = {
    "replay", run_replay, "raw HTTP/1.1 bytes through the engine, from files",
    "usage: sallyport replay [OPTION...] --request FILE --response FILE\n"
    "\n"
    "Feeds the bytes of a connection to the engine, as a program and a server\n"
    "would have sent them, and prints the audit line. Either file may be left\n"
    "out.\n"
    "\n"
    "  --rules FILE      a policy or a pack (default: the installed policy)\n"
    "  --host H[:PORT]   the server (default: the request's Host field)\n"
    "  --exe FILE        the program that is said to speak, for rules that "
    "ask\n"
    "  --request FILE    what the program sends\n"
    "  --response FILE   what the server answers\n"
    "  --out DIR         write net.bin, what the server would get, and "
    "app.bin,\n"
    "                    what the program would get\n"
    "  --split N         feed pieces of N bytes; random:SEED: of random size;\n"
    "                    every: also cut once at every byte, and exit with 1 "
    "if\n"
    "                    that changes the output\n"
    "  --repeat N        also print the median time of N runs\n"
    "  -h, --help        this text\n"};
