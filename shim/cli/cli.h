#ifndef SP_CLI_CLI_H
#define SP_CLI_CLI_H

#include <sys/types.h>

#include "base/buf.h"

/*
 * The command. Exit statuses: 0 done; 1 something was found, or did not hold;
 * 2 the command line is wrong, or a file cannot be used. `run` has those of
 * env(1): 125 we refuse, 126 not executable, 127 not found, else the program's.
 * `doctor` has its verdict: 0 covered, 1 partly, 2 not covered; 3 if that
 * cannot be told, for a wrong command line too.
 */
enum {
    EXIT_DONE = 0,
    EXIT_FOUND = 1,
    EXIT_USAGE = 2,
    EXIT_PARTLY = 1,
    EXIT_NOT = 2,
    EXIT_UNTOLD = 3,
    EXIT_REFUSED = 125,
    EXIT_DENIED = 126,
    EXIT_MISSING = 127,
};

#define VERSION "0.1.0"

/*
 * A subcommand. argv[0] is "sallyport NAME", for the messages of getopt.
 */
struct command {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *summary, *help;
};

extern const struct command command_run, command_compile, command_check,
    command_scan, command_replay, command_doctor, command_explain, command_diff,
    command_calibrate, command_hash;

/* usage - "Try 'sallyport NAME --help'" to stderr; returns EXIT_USAGE. */
int usage(const struct command *cmd);

/* usage_why - the same behind a reason in printf's manner. */
__attribute__((format(printf, 2, 3))) int usage_why(const struct command *cmd,
                                                    const char *format, ...);

/* help - the command's help to stdout; returns EXIT_DONE. */
int help(const struct command *cmd);

/* complain - "sallyport: ..." to stderr. */
__attribute__((format(printf, 1, 2))) void complain(const char *format, ...);

/*
 * write_all - the whole of s to a descriptor. False, with errno, if it cannot
 * be written.
 */
bool write_all(int fd, struct str s);

/*
 * write_file - make the file hold just these bytes. One that is there, or is
 * not there yet, is replaced by a rename: there is never half of it. Through a
 * symbolic link its target is replaced. What is no regular file (a pipe, a
 * device) is written into. No more is allowed to anybody than `most` says:
 * IMAGE_MODE for what programs may map. False, with errno, if that cannot be.
 */
#define IMAGE_MODE 0444
bool write_file(const char *path, struct str bytes, mode_t most);

/* read_file - a whole file, "-" being stdin. False after a complaint. */
bool read_file(const char *path, struct buf *out);

#endif
