/* sallyport compile, sallyport check */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "cli/cli.h"
#include "cli/load.h"
#include "cli/paths.h"

/* Written beside the target and renamed: never half an image under its name. */
static bool write_image(const char *path, struct str image)
{
    char temp[4400];
    mode_t mask = umask(0);
    bool good;
    int fd, n;

    umask(mask);
    n = snprintf(temp, sizeof(temp), "%s.XXXXXX", path);
    if (n < 0 || (size_t)n >= sizeof(temp)) {
        errno = ENAMETOOLONG;
        return false;
    }
    if ((fd = mkostemp(temp, O_CLOEXEC)) < 0)
        return false;
    good = write_all(fd, image) && fchmod(fd, 0666 & ~mask) == 0;
    good = close(fd) == 0 && good;
    if (good && rename(temp, path) == 0)
        return true;
    unlink(temp);
    return false;
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
    bool good;
    int o;

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
    good = write_image(output, buf_str(&l.image));
    if (!good)
        complain("%s: %s", output, strerror(errno));
    loaded_free(&l);
    return good ? EXIT_DONE : EXIT_USAGE;
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
        compile_lint(&c);
        e = compile_check(&c, true);
        if ((e == OK || e == E_SYNTAX) && (e2 = compile_test(&c, &passed)))
            e = e2;
        if ((e == OK || e == E_SYNTAX) && loaded == OK &&
            (e2 = compile_image(&c, &image)))
            e = e2;
    }
    if (loaded && e == OK)
        e = loaded;
    if (e)
        load_diags(&c);
    if (e && e != E_SYNTAX)
        complain("%s: %s", file, load_explain(e));
    if (!e)
        printf("%s: %zu rule%s, %zu test%s passed\n", file, c.rule_count,
               c.rule_count == 1 ? "" : "s", passed, passed == 1 ? "" : "s");
    buf_free(&image);
    compile_free(&c);
    return e ? EXIT_FOUND : EXIT_DONE;
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
        return o == 'h' ? help(&command_check) : usage(&command_check);
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
    "is then 1.\n"
    "\n"
    "  -h, --help   this text\n"};
