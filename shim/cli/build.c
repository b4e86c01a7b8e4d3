/* sallyport compile, sallyport check */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/limits.h"
#include "cli/cli.h"
#include "cli/load.h"
#include "cli/paths.h"
#include "compile/files.h"
#include "compile/lint.h"
#include "compile/provfile.h"
#include "compile/shadow.h"

/*
 * IMAGE.hosts stands beside an image that programs can load again and again: a
 * regular file, and none that is only a descriptor's name.
 */
static bool wants_hosts(const char *image)
{
    struct str path = str_of(image);
    struct stat st;

    return !str_starts(path, STR("/dev/")) &&
           !str_starts(path, STR("/proc/")) &&
           (stat(image, &st) != 0 || S_ISREG(st.st_mode));
}

/* The shim's part of the image: false after a complaint. */
static bool write_hosts(const struct compile *c, const char *image)
{
    char *path = NULL;
    struct buf list;
    bool good;

    buf_init(&list, LIM_IMAGE);
    if ((c->refuse_uncovered && buf_add(&list, STR(HOSTS_REFUSE_UNCOVERED))) ||
        (compile_passes_unseen(c) && buf_add(&list, STR(HOSTS_PASS_UNSEEN))) ||
        compile_hosts(c, '\n', &list) ||
        asprintf(&path, "%s.hosts", image) < 0) {
        complain("%s", load_explain(E_NOMEM));
        buf_free(&list);
        return false;
    }
    good = write_file(path, buf_str(&list), 0777);
    if (!good)
        complain("%s: %s", path, strerror(errno));
    free(path);
    buf_free(&list);
    return good;
}

/* The hosts come first: an image never stands there without them. */
static int write_image(const struct loaded *l, const char *image)
{
    if (wants_hosts(image) && !write_hosts(&l->compile, image))
        return EXIT_USAGE;
    if (write_file(image, buf_str(&l->image), IMAGE_MODE))
        return EXIT_DONE;
    complain("%s: %s", image, strerror(errno));
    return EXIT_USAGE;
}

static int run_compile(int argc, char **argv)
{
    static const struct option options[] = {
        {"output", required_argument, NULL, 'o'},
        {"help", no_argument, NULL, 'h'},
        {0},
    };
    const char *output = NULL;
    struct loaded l;
    int o, status;

    while ((o = getopt_long(argc, argv, "o:h", options, NULL)) != -1) {
        if (o == 'h')
            return help(&command_compile);
        if (o != 'o')
            return usage(&command_compile);
        output = optarg;
    }
    if (argc - optind != 1)
        return usage_why(&command_compile, "one FILE is needed");
    if (output == NULL)
        return usage_why(&command_compile, "-o IMAGE is needed");
    if (!load_policy(argv[optind], false, &l))
        return EXIT_FOUND;
    status = write_image(&l, output);
    loaded_free(&l);
    return status;
}

static void say_good(const char *file, const struct compile *c, size_t passed)
{
    const struct provider_def *p;
    size_t rules = 0;

    /* One with many words is one all the same. */
    for (const struct rule_src *r = c->rules; r != NULL; r = r->next)
        rules++;
    if (yaml_get(c->sources->root, STR("id")) == NULL) {
        printf("%s: %zu rule%s, %zu test%s passed\n", file, rules,
               rules == 1 ? "" : "s", passed, passed == 1 ? "" : "s");
        return;
    }
    p = &c->providers->def;
    printf("%s: provider %.*s, %zu host%s and %zu route%s of its own\n", file,
           STR_ARG(p->id), p->host_count, p->host_count == 1 ? "" : "s",
           p->route_count, p->route_count == 1 ? "" : "s");
}

/* One file with all that it includes; what is wrong goes to stderr. */
static int check_file(const char *file, const struct compile_options *options)
{
    struct compile c;
    struct buf image;
    size_t passed = 0;
    enum err loaded, e = OK, e2;

    compile_init(&c, options);
    buf_init(&image, LIM_IMAGE);
    /* One run shows all that is wrong, in what could be read at all. */
    loaded = compile_load(&c, file);
    if (loaded == OK || loaded == E_SYNTAX) {
        e = compile_check(&c, true);
        compile_lint(&c);
        if ((e == OK || e == E_SYNTAX) && (e2 = compile_test(&c, &passed)))
            e = e2;
        if (e == OK && (e2 = shadow_check(&c)))
            e = e2;
        if ((e == OK || e == E_SYNTAX) && loaded == OK &&
            (e2 = compile_image(&c, &image)))
            e = e2;
    }
    if (loaded && e == OK)
        e = loaded;
    if (e || c.diags.warnings > 0)
        load_diags(&c);
    if (e && e != E_SYNTAX)
        complain("%s: %s", file, load_explain(e));
    if (!e)
        say_good(file, &c, passed);
    buf_free(&image);
    compile_free(&c);
    return e ? EXIT_FOUND : EXIT_DONE;
}

/* The conditions come from their table. */
static int help_check(void)
{
    fputs(command_check.help, stdout);
    for (unsigned i = COND_NONE + 1; i < COND_COUNT; i++) {
        struct str name = cond_name((enum cond)i),
                   text = cond_text((enum cond)i);
        bool pass = cond_default((enum cond)i) == FAIL_PASS;

        printf("  %-16.*s %-5s %c  %.*s\n", STR_ARG(name),
               pass ? "pass" : "block", cond_may_pass((enum cond)i) ? ' ' : '!',
               STR_ARG(text));
    }
    return fflush(stdout) == 0 ? EXIT_DONE : EXIT_USAGE;
}

static int run_check(int argc, char **argv)
{
    static const struct option options[] = {
        {"help", no_argument, NULL, 'h'},
        {0},
    };
    struct compile_options how = {.dir_count = 1};
    struct paths paths;
    const char *dirs[] = {paths.rules};
    char today[16];
    int o, status = EXIT_DONE;

    while ((o = getopt_long(argc, argv, "h", options, NULL)) != -1)
        return o == 'h' ? help_check() : usage(&command_check);
    if (optind == argc)
        return usage_why(&command_check, "a FILE is needed");
    if (!paths_find(&paths))
        return EXIT_USAGE;
    load_today(today);
    how.dirs = dirs;
    how.today = today;
    for (int i = optind; i < argc; i++)
        if (check_file(argv[i], &how) != EXIT_DONE)
            status = EXIT_FOUND;
    return fflush(stdout) == 0 ? status : EXIT_USAGE;
}

const struct command command_compile = {
    "compile", run_compile, "turn a policy into the image that programs load",
    "usage: sallyport compile FILE -o IMAGE\n"
    "\n"
    "Reads a policy with all that it includes and writes the policy image, "
    "for\n"
    "use without 'sallyport run':\n"
    "\n"
    "  LD_PRELOAD=.../libsallyport.so SALLYPORT_POLICY=IMAGE program\n"
    "\n"
    "  -o, --output IMAGE   where to write it\n"
    "  -h, --help           this text\n"
    "\n"
    "IMAGE.hosts is written beside it: the hosts of the policy and of its\n"
    "providers, one a line. These and the well-known ones are blocked while\n"
    "the image is missing or broken, or the engine cannot be loaded. A "
    "symbolic\n"
    "link is followed; what is no regular file is written into, without "
    "hosts.\n"
    "\n"
    "Programs map the image. So it can be written by nobody, and is replaced "
    "by\n"
    "a rename; 'cp' over it would end those that run with it.\n"
    "\n"
    "Errors are printed as file:line:column; the exit status is then 1, and\n"
    "nothing is written.\n"};

const struct command command_check = {
    "check", run_check, "look for errors in rule files and run their tests",
    "usage: sallyport check FILE...\n"
    "\n"
    "Checks policies, packs of rules and provider descriptions: their form, "
    "every\n"
    "pattern, and the tests that stand in the rules. Prints one line for each "
    "good\n"
    "file. Errors go to stderr as 'file:line:column: error: ...'; the exit "
    "status\n"
    "is then 1. What may be a slip, or makes a rule dear, is a warning.\n"
    "\n"
    "  -h, --help   this text\n"
    "\n"
    "What may stand under a policy's on_failure, with its default. All may be\n"
    "'block'; those with '!' may not be 'pass'.\n"
    "\n"};
