/* sallyport run */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "audit/sink.h"
#include "base/limits.h"
#include "cli/cli.h"
#include "cli/keyfile.h"
#include "cli/load.h"
#include "cli/paths.h"
#include "cli/program.h"
#include "json/text.h"

struct run {
    const char *rules, *audit;
    bool monitor, allow_uncovered;
    char **argv; /* of the program */
    struct program program;
    enum program_state state;
    struct loaded policy;
    char audit_path[PATH_MAX + 16]; /* empty: none */
};

/* --- The audit file. */

/* A path that stays right when the program changes its directory. */
static bool make_absolute(const char *path, char *ret_path, size_t size)
{
    char dir[PATH_MAX];
    int n;

    if (path[0] == '/') {
        n = snprintf(ret_path, size, "%s", path);
    } else {
        if (getcwd(dir, sizeof(dir)) == NULL)
            return false;
        n = snprintf(ret_path, size, "%s/%s", dir, path);
    }
    return n > 0 && (size_t)n < size;
}

/* ~/.local/state/sallyport/audit.jsonl, by the XDG base directories. */
static bool default_audit(char *ret_path, size_t size)
{
    return state_path("audit.jsonl", ret_path, size) &&
           audit_probe(ret_path) == OK;
}

/*
 * Where audit lines go: --audit, else the environment's, else the policy's,
 * else the user's own file. False after a complaint.
 */
static bool choose_audit(struct run *r)
{
    const char *given = r->audit != NULL ? r->audit : getenv("SALLYPORT_AUDIT");
    struct str own = r->policy.compile.policy.audit;

    r->audit_path[0] = '\0';
    if (given != NULL && given[0] != '\0') {
        if (make_absolute(given, r->audit_path, sizeof(r->audit_path)))
            return true;
        complain("%s: the audit file's path is too long", given);
        return false;
    }
    if (own.len > 0 && own.len < sizeof(r->audit_path))
        snprintf(r->audit_path, sizeof(r->audit_path), "%.*s", (int)own.len,
                 own.ptr);
    else if (!default_audit(r->audit_path, sizeof(r->audit_path)))
        r->audit_path[0] = '\0';
    return true;
}

/* One line about a program that runs without us. */
static enum err put_uncovered(const struct run *r, struct buf *line)
{
    struct timespec now;
    char when[64], stamp[32];
    struct tm tm;
    enum err e;

    clock_gettime(CLOCK_REALTIME, &now);
    if (gmtime_r(&now.tv_sec, &tm) == NULL ||
        strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%S", &tm) == 0)
        return E_INTERNAL;
    snprintf(when, sizeof(when), "{\"time\":\"%s.%06ldZ\"", stamp,
             now.tv_nsec / 1000);
    if ((e = buf_add(line, str_of(when))) ||
        (e = buf_add(line, STR(",\"event\":\"uncovered\",\"pid\":"))) ||
        (e = buf_add_u64(line, (uint64_t)getpid())) ||
        (e = buf_add(line, STR(",\"exe\":"))) ||
        (e = json_put_string(line, str_of(r->program.path))) ||
        (e = buf_add(line, STR(",\"reason\":"))) ||
        (e = json_put_string(line, str_of(r->program.why))))
        return e;
    return buf_add(line, STR("}\n"));
}

/* Said at once: the engine's own way is the policy's on_failure. */
static void probe_audit(const struct run *r)
{
    if (r->audit_path[0] == '\0')
        complain("there is no place for an audit file: nothing is logged");
    else if (audit_probe(r->audit_path))
        complain("%s: the audit file cannot be written", r->audit_path);
}

static void audit_uncovered(const struct run *r)
{
    struct buf line;
    enum err e = OK;

    buf_init(&line, 64 * KIB);
    if (r->audit_path[0] == '\0' || (e = put_uncovered(r, &line)) ||
        (e = audit_write(r->audit_path, buf_str(&line))))
        complain("%s runs uncovered, and that could not be written to the "
                 "audit file",
                 r->program.path);
    buf_free(&line);
}

/* --- The environment of the program. */

/* LD_PRELOAD takes names apart at colons and blanks. */
static bool is_preloaded(struct str list, const char *shim)
{
    while (list.len > 0) {
        size_t n = strcspn(list.ptr, ": \t");

        if (str_eq(str_head(list, n), str_of(shim)))
            return true;
        list = str_skip(list, n + 1);
    }
    return false;
}

static bool set_preload(const char *shim)
{
    const char *old = getenv("LD_PRELOAD");
    char *value = NULL;
    bool good;

    if (strpbrk(shim, ": \t") != NULL) {
        complain("%s: a path with a colon or blank cannot be preloaded", shim);
        return false;
    }
    if (old == NULL || old[0] == '\0')
        return setenv("LD_PRELOAD", shim, 1) == 0;
    if (is_preloaded(str_of(old), shim)) /* we are run by ourselves */
        return true;
    good = asprintf(&value, "%s:%s", shim, old) >= 0 &&
           setenv("LD_PRELOAD", value, 1) == 0;
    free(value);
    return good;
}

/* The policy's and its providers' hosts: refused where the engine fails. */
static bool set_hosts(const struct compile *c)
{
    struct buf list;
    bool good;

    buf_init(&list, LIM_IMAGE);
    if ((good = compile_hosts(c, ',', &list) == OK)) {
        if (list.len > 0)
            list.len--; /* the last comma */
        good = buf_add_byte(&list, '\0') == OK &&
               setenv("SALLYPORT_HOSTS", list.ptr, 1) == 0;
    }
    buf_free(&list);
    return good;
}

/* NULL or "": what the environment says of it does not count. */
static bool set_or_unset(const char *name, const char *value)
{
    return value != NULL && value[0] != '\0' ? setenv(name, value, 1) == 0
                                             : unsetenv(name) == 0;
}

static bool set_environment(struct run *r)
{
    char key_file[PATH_MAX];
    struct paths paths;

    if (!paths_find(&paths))
        return false;
    if (paths.shim[0] == '\0') {
        complain("libsallyport.so is not found");
        return false;
    }
    /* What cannot load us gets no library of ours; its children may. */
    if (r->state != PROGRAM_FOREIGN && !set_preload(paths.shim))
        return false;
    keyfile_for(&r->policy.compile, key_file, sizeof(key_file));
    if (setenv("SALLYPORT_POLICY", r->policy.path, 1) != 0 ||
        !set_or_unset("SALLYPORT_PSEUDONYM_KEY", key_file) ||
        !set_hosts(&r->policy.compile) ||
        !set_or_unset("SALLYPORT_UNCOVERED",
                      r->policy.compile.refuse_uncovered ? "refuse" : "log") ||
        !set_or_unset("SALLYPORT_UNSEEN",
                      compile_passes_unseen(&r->policy.compile) ? "pass"
                                                                : "block") ||
        !set_or_unset("SALLYPORT_MODE", r->monitor ? "monitor" : NULL) ||
        !set_or_unset("SALLYPORT_AUDIT", r->audit_path)) {
        complain("the environment cannot be set: %s", strerror(errno));
        return false;
    }
    return true;
}

/* --- The command. */

static int refuse(const struct run *r)
{
    bool self = strcmp(r->program.path, r->program.subject) == 0;

    complain("%s is refused: %s%s%s%s (--allow-uncovered runs it anyway)",
             r->program.path, self ? "" : "its interpreter ",
             self ? "" : r->program.subject, self ? "" : ": ", r->program.why);
    return EXIT_REFUSED;
}

static int start(struct run *r)
{
    int error;

    if (!load_policy(r->rules, true, &r->policy)) {
        complain("%s is not started: the policy is not usable",
                 r->program.path);
        return EXIT_REFUSED;
    }
    if (!choose_audit(r) || !set_environment(r)) {
        loaded_free(&r->policy);
        return EXIT_REFUSED;
    }
    probe_audit(r);
    if (r->state != PROGRAM_COVERED)
        audit_uncovered(r);
    loaded_free(&r->policy);
    /* By no hook: in a run within a run, it would put back what we took off. */
    (void)syscall(SYS_execve, r->program.path, r->argv, environ);
    error = errno;
    complain("%s: %s", r->program.path, strerror(error));
    return error == ENOENT ? EXIT_MISSING : EXIT_DENIED;
}

static int run_program(struct run *r)
{
    r->state = program_find(r->argv[0], &r->program);
    if (r->state == PROGRAM_COVERED)
        r->state = program_check(&r->program);
    switch (r->state) {
    case PROGRAM_MISSING:
        complain("%s: %s", r->argv[0],
                 r->program.why != NULL ? r->program.why
                                        : program_missing(r->argv[0]));
        return EXIT_MISSING;
    case PROGRAM_DENIED:
        complain("%s: %s", r->argv[0],
                 r->program.why != NULL ? r->program.why : "not executable");
        return EXIT_DENIED;
    case PROGRAM_UNCOVERED:
    case PROGRAM_FOREIGN:
        if (!r->allow_uncovered)
            return refuse(r);
        break;
    case PROGRAM_COVERED:
        break;
    }
    return start(r);
}

static int run_run(int argc, char **argv)
{
    static const struct option options[] = {
        {"rules", required_argument, NULL, 'r'},
        {"audit", required_argument, NULL, 'a'},
        {"monitor", no_argument, NULL, 'm'},
        {"allow-uncovered", no_argument, NULL, 'u'},
        {"help", no_argument, NULL, 'h'},
        {0},
    };
    struct run r = {0};
    int o;

    while ((o = getopt_long(argc, argv, "+h", options, NULL)) != -1)
        switch (o) {
        case 'r':
            r.rules = optarg;
            break;
        case 'a':
            r.audit = optarg;
            break;
        case 'm':
            r.monitor = true;
            break;
        case 'u':
            r.allow_uncovered = true;
            break;
        case 'h':
            return help(&command_run);
        default:
            return usage(&command_run);
        }
    if (optind == argc)
        return usage_why(&command_run, "a PROGRAM is needed");
    r.argv = argv + optind;
    return run_program(&r);
}

const struct command command_run = {
    "run", run_run, "run a program behind the firewall",
    "usage: sallyport run [OPTION...] [--] PROGRAM [ARG...]\n"
    "\n"
    "Runs the program with what it says to language models, and what they "
    "answer,\n"
    "held against a policy. The exit status is the program's; 125 if it was\n"
    "refused or the policy is not usable, 126 if it is not executable, 127 if "
    "it\n"
    "is not found, 2 if the command line is wrong.\n"
    "\n"
    "  --rules FILE         a policy or a pack (default: the installed "
    "policy)\n"
    "  --monitor            only log, whatever the policy says\n"
    "  --audit FILE         where audit lines go (default: SALLYPORT_AUDIT, "
    "the\n"
    "                       policy's file, or\n"
    "                       ~/.local/state/sallyport/audit.jsonl)\n"
    "  --allow-uncovered    also run what cannot be covered: static, setuid "
    "and\n"
    "                       Go programs, and those with a TLS library linked "
    "in\n"
    "                       for good; the audit file tells of it\n"
    "  -h, --help           this text\n"
    "\n"
    "Of the environment SALLYPORT_AUDIT counts, behind --audit and before "
    "the\n"
    "policy, and SALLYPORT_CHILDREN, SALLYPORT_LOAD and SALLYPORT_PATCH, "
    "which\n"
    "are left as they are. SALLYPORT_POLICY, SALLYPORT_HOSTS, SALLYPORT_MODE,"
    "\n"
    "SALLYPORT_UNCOVERED and SALLYPORT_UNSEEN are set anew or removed; "
    "without\n"
    "--monitor the policy's mode holds. SALLYPORT_PSEUDONYM_KEY is, where the\n"
    "policy has pseudonyms, its 'key_file' or\n"
    "~/.local/state/sallyport/pseudonym.key, which is made if it is not "
    "there.\n"
    "What the program starts later runs guarded too; where that is not "
    "possible,\n"
    "the policy's 'uncovered: refuse' keeps it from starting.\n"};
