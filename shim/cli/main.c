#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/cli.h"

static const struct command *const commands[] = {
    &command_run,       &command_check,  &command_compile, &command_scan,
    &command_replay,    &command_doctor, &command_explain, &command_diff,
    &command_calibrate, &command_hash,
};

void complain(const char *format, ...)
{
    va_list args;

    fputs("sallyport: ", stderr);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
}

int usage(const struct command *cmd)
{
    fprintf(stderr, "Try 'sallyport %s --help'.\n", cmd->name);
    return EXIT_USAGE;
}

int usage_why(const struct command *cmd, const char *format, ...)
{
    va_list args;

    fprintf(stderr, "sallyport %s: ", cmd->name);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    return usage(cmd);
}

int help(const struct command *cmd)
{
    fputs(cmd->help, stdout);
    return fflush(stdout) == 0 ? EXIT_DONE : EXIT_USAGE;
}

static int help_all(void)
{
    puts("usage: sallyport COMMAND [OPTION...]\n"
         "\n"
         "A firewall between a program and the language models it talks to.\n");
    for (size_t i = 0; i < ARRAY_LEN(commands); i++)
        printf("  %-9s %s\n", commands[i]->name, commands[i]->summary);
    puts(
        "\n"
        "'sallyport COMMAND --help' tells more. --version prints the version.");
    return fflush(stdout) == 0 ? EXIT_DONE : EXIT_USAGE;
}

static int run_command(const struct command *cmd, int argc, char **argv)
{
    char name[32];

    snprintf(name, sizeof(name), "sallyport %s", cmd->name);
    argv[0] = name;
    return cmd->run(argc, argv);
}

static const struct command *command_of(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(commands); i++)
        if (strcmp(name, commands[i]->name) == 0)
            return commands[i];
    return NULL;
}

static int start(int argc, char **argv)
{
    const struct command *cmd;
    struct str first;

    if (argc < 2) {
        fputs("usage: sallyport COMMAND [OPTION...]\n"
              "Try 'sallyport --help'.\n",
              stderr);
        return EXIT_USAGE;
    }
    first = str_of(argv[1]);
    if (str_eq(first, STR("help")) && argc > 2 &&
        (cmd = command_of(argv[2])) != NULL)
        return help(cmd);
    if (str_eq(first, STR("--help")) || str_eq(first, STR("-h")) ||
        str_eq(first, STR("help")))
        return help_all();
    if (str_eq(first, STR("--version"))) {
        puts("sallyport " VERSION);
        return fflush(stdout) == 0 ? EXIT_DONE : EXIT_USAGE;
    }
    if ((cmd = command_of(argv[1])) != NULL)
        return run_command(cmd, argc - 1, argv + 1);
    complain("there is no command '%s'", argv[1]);
    fputs("Try 'sallyport --help'.\n", stderr);
    return EXIT_USAGE;
}

int main(int argc, char **argv)
{
    int status = start(argc, argv);

    if (ferror(stdout))
        complain("stdout cannot be written, so what is said is not all");
    return status;
}
