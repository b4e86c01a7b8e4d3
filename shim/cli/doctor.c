/* sallyport doctor */
#include "cli/doctor.h"

#include <getopt.h>
#include <stdio.h>
#include <unistd.h>

#include "base/limits.h"
#include "cli/cli.h"

/* --- What is guarded. */

static bool shows(const struct elf_file *shim, struct str name)
{
    uint64_t at;

    return elf_file_symbol(shim, name, &at);
}

struct doors doors_of(const struct elf_file *shim)
{
    return (struct doors){
        .openssl = shows(shim, STR("SSL_write")),
        .gnutls = shows(shim, STR("gnutls_record_send")),
        .curl = shows(shim, STR("curl_easy_perform")),
        .sockets = shows(shim, STR("connect")),
        .children = shows(shim, STR("execve")),
        .unseen = shows(shim, STR("getaddrinfo")),
    };
}

void doctor_tell_doors(struct report *r, const struct doors *doors)
{
    if (doors->sockets)
        report_add(r, GRADE_NOTE, "plain", "",
                   "HTTP without TLS is guarded to declared hosts, but for "
                   "what stdio or io_uring sends");
    else
        report_add(r, GRADE_NOTE, "plain", "",
                   "what is said to a model host without TLS is not seen");
    if (!doors->children)
        report_add(r, GRADE_NOTE, "children", "",
                   "a program that it starts with a cleared environment is not "
                   "guarded");
}

/* --- Judging what is in an object. */

/*
 * What becomes of TLS that is not guarded: its first message is read where it
 * leaves, by a function of libc. It follows a colon.
 */
static const char *consequence(const struct doors *doors)
{
    return doors->unseen ? " its connections to model hosts are refused" : "";
}

static const char *const stack_names[] = {
    [INSIDE_NONE] = "none",      [INSIDE_OPENSSL] = "openssl",
    [INSIDE_GNUTLS] = "gnutls",  [INSIDE_NSS] = "nss",
    [INSIDE_OTHER] = "tls",      [INSIDE_CURL] = "libcurl",
    [INSIDE_QUIC] = "quic",      [INSIDE_JAVA] = "java",
    [INSIDE_GO] = "go",          [INSIDE_DOTNET] = "dotnet",
    [INSIDE_URING] = "io_uring",
};

/* A shared TLS library. */
static void judge_shared(struct report *r, const struct doors *doors,
                         const struct suspect *s)
{
    bool guarded = (s->view.what == INSIDE_OPENSSL && doors->openssl) ||
                   (s->view.what == INSIDE_GNUTLS && doors->gnutls);
    const char *name = stack_names[s->view.what];
    const char *by = s->needed_by[0] == '\0' ? "" : " (for ",
               *end = by[0] == '\0' ? "" : ")";

    if (s->view.what == INSIDE_OPENSSL &&
        str_starts(base_name(s->path), STR("libssl.so.1.0")))
        report_add(r, GRADE_PARTLY, name, s->path,
                   "is older than OpenSSL 1.1.1, with which nothing is tested");
    else if (guarded)
        report_add(r, GRADE_COVERED, name, s->path, "is %s, guarded%s%s%s",
                   s->view.name, by, s->needed_by, end);
    else if (s->only_curl && doors->curl)
        report_add(r, GRADE_COVERED, name, s->path,
                   "is %s, guarded through libcurl", s->view.name);
    else
        report_add(r, GRADE_NOT, name, s->path,
                   "is %s, which is not interposed%s%s%s%s%s", s->view.name, by,
                   s->needed_by, end, doors->unseen ? ":" : "",
                   consequence(doors));
}

/* A TLS library within something else. */
static void judge_linked(struct report *r, const struct doors *doors,
                         const struct suspect *s)
{
    const char *refused = consequence(doors), *semi = *refused ? ";" : "";
    const char *name = stack_names[s->view.what];
    const char *advice = s->view.what == INSIDE_OTHER
                             ? "use one with OpenSSL or GnuTLS beside it"
                             : "use a build with shared libraries";

    if (s->program && s->view.patchable) {
        report_add(r, GRADE_COVERED, name, s->path,
                   "has %s linked in; its calls are redirected at its start",
                   s->view.name);
        return;
    }
    switch (s->view.how) {
    case INSIDE_EXPORTED:
        report_add(
            r, GRADE_NOT, name, s->path,
            "has %s linked in (it shows %s) and calls it directly:%s%s %s",
            s->view.name, s->view.sign, refused, semi, advice);
        break;
    case INSIDE_SYMTAB:
        report_add(r, GRADE_NOT, name, s->path,
                   "has %s linked in (%s is among its local symbols):%s%s %s",
                   s->view.name, s->view.sign, refused, semi, advice);
        break;
    default:
        report_add(r, GRADE_NOT, name, s->path,
                   "seems to have %s linked in (it holds the text \"%s\"):%s%s "
                   "%s",
                   s->view.name, s->view.sign, refused, semi, advice);
    }
}

/* What speaks TLS by other means than a TLS library we know. */
static void judge_other(struct report *r, const struct doors *doors,
                        const struct suspect *s)
{
    const char *name = stack_names[s->view.what];

    switch (s->view.what) {
    case INSIDE_GO:
        report_add(
            r, GRADE_NOT, name, s->path,
            "is made by Go, which has a TLS and system calls of its own");
        break;
    case INSIDE_JAVA:
        report_add(r, GRADE_NOT, name, s->path,
                   "is Java, whose TLS is its own%s%s",
                   doors->unseen ? ":" : "", consequence(doors));
        break;
    case INSIDE_DOTNET:
        report_add(r, GRADE_PARTLY, name, s->path,
                   "is .NET, which takes OpenSSL by dlopen and dlsym: that is "
                   "guarded, but no test shows it for .NET");
        break;
    case INSIDE_QUIC:
        if (s->only_curl && doors->curl)
            report_add(r, GRADE_NOTE, name, s->path,
                       "is %s: libcurl's HTTP/3 to model hosts is turned down",
                       s->view.name);
        else
            report_add(r, GRADE_PARTLY, name, s->path,
                       "is %s: HTTP/3 is not seen%s; keep to HTTP/2 or "
                       "HTTP/1.1",
                       s->view.name,
                       doors->unseen ? ", and refused to model hosts" : "");
        break;
    case INSIDE_URING:
        report_add(r, GRADE_NOTE, name, s->path,
                   "is io_uring: what it sends without TLS is not seen");
        break;
    default:
        report_add(r, GRADE_NOTE, name, s->path, "speaks TLS by one of these");
    }
}

void doctor_judge(struct report *r, const struct doors *doors,
                  const struct suspect *s)
{
    switch (s->view.what) {
    case INSIDE_NONE:
        break;
    case INSIDE_OPENSSL:
    case INSIDE_GNUTLS:
    case INSIDE_NSS:
    case INSIDE_OTHER:
        if (s->view.how == INSIDE_SHARED)
            judge_shared(r, doors, s);
        else
            judge_linked(r, doors, s);
        break;
    default:
        judge_other(r, doors, s);
    }
}

void doctor_kept_out(struct report *r, const char *path, const char *gap,
                     const char *why)
{
    static const struct {
        const char *gap, *advice;
    } advices[] = {
        {"static", ": use a build with shared libraries"},
        {"musl", ": use a build for glibc"},
        {"processor", ": use a build for this machine"},
        {"setuid", ", so the preload is dropped: run a copy without the bit"},
        {"setgid", ", so the preload is dropped: run a copy without the bit"},
        {"capabilities",
         ", so the preload is dropped: run a copy without them"},
        {"go", ": put a proxy between it and its models"},
    };
    const char *advice = "";

    for (size_t i = 0; i < ARRAY_LEN(advices); i++)
        if (strcmp(advices[i].gap, gap) == 0)
            advice = advices[i].advice;
    /* "it is ..." reads on behind the path, "its ..." does not */
    if (str_starts(str_of(why), STR("it ")))
        report_add(r, GRADE_NEVER, gap, path, "%s%s", why + 3, advice);
    else
        report_add(r, GRADE_NEVER, gap, path, "cannot be run: %s", why);
}

/* --- The command. */

static bool read_pid(const char *text, uint64_t *ret_pid)
{
    return str_u64(str_of(text), ret_pid) == OK && *ret_pid > 0 &&
           *ret_pid <= INT32_MAX;
}

/* Returns the exit status. */
static int print(const struct report *r, const char *target, bool json)
{
    static const int statuses[] = {
        [GRADE_COVERED] = EXIT_DONE,
        [GRADE_PARTLY] = EXIT_PARTLY,
        [GRADE_NOT] = EXIT_NOT,
        [GRADE_NEVER] = EXIT_NOT,
    };
    struct buf out;
    int status = EXIT_UNTOLD;

    buf_init(&out, LIM_REPORT);
    if (report_put(r, target, json, &out))
        complain("out of memory");
    else if (!write_all(STDOUT_FILENO, buf_str(&out)))
        complain("the report cannot be written");
    else
        status = statuses[report_verdict(r)];
    buf_free(&out);
    return status;
}

static int judge(const char *pid, const char *name, bool json)
{
    struct report r = {0};
    uint64_t n = 0;
    int status = EXIT_UNTOLD;

    if (pid != NULL && !read_pid(pid, &n)) {
        (void)usage_why(&command_doctor, "'%s' is no process number", pid);
        return EXIT_UNTOLD;
    }
    if (pid != NULL ? doctor_process(&r, n) : doctor_program(&r, name))
        status = print(&r, pid != NULL ? pid : name, json);
    report_free(&r);
    return status;
}

static int run_doctor(int argc, char **argv)
{
    static const struct option options[] = {
        {"pid", required_argument, NULL, 'p'},
        {"json", no_argument, NULL, 'j'},
        {"help", no_argument, NULL, 'h'},
        {0},
    };
    const char *pid = NULL;
    bool json = false;
    int o;

    while ((o = getopt_long(argc, argv, "+hp:", options, NULL)) != -1)
        switch (o) {
        case 'p':
            pid = optarg;
            break;
        case 'j':
            json = true;
            break;
        case 'h':
            return help(&command_doctor);
        default:
            (void)usage(&command_doctor);
            return EXIT_UNTOLD;
        }
    if ((pid != NULL) + (argc - optind) != 1) {
        (void)usage_why(&command_doctor, "a PROGRAM or --pid N is needed");
        return EXIT_UNTOLD;
    }
    return judge(pid, argv[optind], json);
}

const struct command command_doctor = {
    "doctor", run_doctor, "tell whether a program can be guarded",
    "usage: sallyport doctor [--json] PROGRAM\n"
    "       sallyport doctor [--json] --pid N\n"
    "\n"
    "Tells whether the firewall covers a program, or a running process, and if "
    "not,\n"
    "why. Nothing is run or stopped for it. One line for each thing that "
    "matters:\n"
    "what it is, its grade, where, and what to do. The last line is the "
    "verdict.\n"
    "\n"
    "A program is found along PATH; a script is as its interpreter is, and\n"
    "a shell's also as what it becomes by a plain 'exec PROGRAM'. Else what a\n"
    "shell starts is not told: ask for each program. Libraries are followed,\n"
    "and the modules that Python, PHP, Ruby, Perl, Lua, R and Git are known "
    "to\n"
    "load. A TLS library that is hidden within a program is told by texts in "
    "it,\n"
    "so that may be wrong.\n"
    "\n"
    "Of a process it is told whether the library is in it, whether the calls "
    "that\n"
    "matter really go there, which policy it uses, and which of its children "
    "go\n"
    "without. This needs the right to trace it.\n"
    "\n"
    "  --pid N              judge a running process\n"
    "  --json               one JSON object: verdict, because, lines, "
    "counters\n"
    "  -h, --help           this text\n"
    "\n"
    "Exit status: 0 covered, 1 partly, 2 not covered, 3 if it cannot be "
    "told.\n"};
