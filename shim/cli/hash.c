#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/random.h"
#include "cli/cli.h"
#include "rules/rule.h"

/* The line that an exclusion takes: salt and fingerprint, in hex. */
static bool print_hash(struct str value)
{
    unsigned char print[EXCLUDED_PRINT];

    if (random_fill(print, EXCLUDED_SALT)) {
        complain("there is no random salt");
        return false;
    }
    excluded_print(print, value, print + EXCLUDED_SALT);
    for (size_t i = 0; i < sizeof(print); i++)
        printf("%02x", print[i]);
    putchar('\n');
    return fflush(stdout) == 0;
}

static int run_hash(int argc, char **argv)
{
    static const struct option options[] = {{"help", 0, NULL, 'h'}, {0}};
    struct buf text;
    struct str value;
    int o = getopt_long(argc, argv, "h", options, NULL);
    bool good;

    if (o != -1)
        return o == 'h' ? help(&command_hash) : usage(&command_hash);
    if (optind < argc)
        return usage_why(&command_hash,
                         "the value comes by stdin: others can read what "
                         "stands on a command line");
    buf_init(&text, LIM_RULE_FILE);
    good = read_file("-", &text);
    value = buf_str(&text);
    value.len -= str_ends(value, STR("\n"));
    value.len -= str_ends(value, STR("\r"));
    if (good && value.len == 0) {
        complain("there is no value on stdin");
        good = false;
    }
    good = good && print_hash(value);
    if (text.ptr != NULL)
        explicit_bzero(text.ptr, text.len);
    buf_free(&text);
    return good ? EXIT_DONE : EXIT_USAGE;
}

const struct command command_hash = {
    "hash", run_hash, "name a value to exclude without writing it down",
    "usage: sallyport hash < VALUE\n"
    "\n"
    "Prints what an exclusion has under 'hash' to take out one value (a line\n"
    "end behind it does not count):\n"
    "\n"
    "  exclude:\n"
    "    - {id: SP-1001, hash: 5f0c..., reason: the test system's key}\n"
    "\n"
    "It is a salt and a keyed hash, another one each time. Whoever reads the\n"
    "policy can try values against it: a number of a few digits is not hidden\n"
    "so. The value is that of the finding: 'explain --text' shows where it\n"
    "begins and ends.\n"
    "\n"
    "  -h, --help    this text\n"};
