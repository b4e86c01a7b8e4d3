/* sallyport explain */
#include <getopt.h>
#include <stdio.h>

#include "base/limits.h"
#include "cli/cli.h"
#include "cli/explain.h"

static int explain_ids(struct explain *x, char **names, int n)
{
    int status = EXIT_DONE;

    for (int i = 0; i < n; i++)
        if (!explain_rule(x, str_of(names[i]))) {
            explain_unknown(x, str_of(names[i]));
            status = EXIT_USAGE;
        }
    return fflush(stdout) == 0 ? status : EXIT_USAGE;
}

static int explain_start(struct explain *x, char **names, int n)
{
    int status;

    if (!ruleset_open(x->rules_file, false, &x->set))
        return EXIT_USAGE;
    x->scope = where_set(&x->where, &x->set);
    status = x->file != NULL ? explain_text(x) : explain_ids(x, names, n);
    ruleset_close(&x->set);
    return status;
}

/* One option; false after a complaint about its value. */
static bool take_option(struct explain *x, int o, bool *ret_text,
                        bool *ret_about)
{
    switch (o) {
    case 'r':
        x->rules_file = optarg;
        return true;
    case 't':
        *ret_text = true;
        return true;
    case 'i':
        *ret_about = true;
        x->only = str_of(optarg);
        return true;
    default:
        *ret_about = true;
        return where_option(&x->where, &command_explain, o, optarg);
    }
}

static int run_explain(int argc, char **argv)
{
    static const struct option options[] = {
        {"rules", required_argument, NULL, 'r'},
        {"text", no_argument, NULL, 't'},
        WHERE_OPTIONS,
        {"rule", required_argument, NULL, 'i'},
        {"help", no_argument, NULL, 'h'},
        {0},
    };
    struct explain x = {0};
    bool text = false, about = false;
    int o;

    where_init(&x.where);
    while ((o = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        if (o == 'h')
            return help(&command_explain);
        if (!take_option(&x, o, &text, &about))
            return EXIT_USAGE;
    }
    if (text && argc - optind > 1)
        return usage_why(&command_explain, "one FILE at most");
    if (!text && about)
        return usage_why(&command_explain, "--rules alone goes without --text");
    if (!text && optind == argc)
        return usage_why(&command_explain, "which rule, or --text?");
    if (text)
        x.file = optind < argc ? argv[optind] : "-";
    return explain_start(&x, argv + optind, argc - optind);
}

const struct command command_explain = {
    "explain", run_explain, "what a rule looks for, or why a text matched",
    "usage: sallyport explain [--rules FILE] ID...\n"
    "       sallyport explain --text [OPTION...] [FILE]\n"
    "\n"
    "Shows a rule of the policy, by its id or its name: where it stands, what "
    "it\n"
    "looks for and where, what is done, what its checks ask for, which\n"
    "exclusions it has.\n"
    "\n"
    "With --text, takes a text (stdin without FILE) and says for each finding\n"
    "why it is one: the rule, the keyword, what each check says. It says the\n"
    "same of what a pattern matched and a check refused, or a rule that does "
    "not\n"
    "look there. Values are masked. The exit status is 0 if nothing was "
    "found,\n"
    "1 if something was, 2 on trouble.\n"
    "\n"
    "  --rules FILE             a policy or a pack (default: the installed\n"
    "                           policy)\n" WHERE_HELP
    "  --rule ID                say it of this rule alone, also where only "
    "its\n"
    "                           keyword stands\n"
    "  -h, --help               this text\n"};
