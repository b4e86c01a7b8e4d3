#ifndef SP_CLI_PROGRAM_H
#define SP_CLI_PROGRAM_H

#include "base/str.h"

/*
 * Can a library be preloaded into a program? The answer is looked for in the
 * file before anything is started, for the dynamic linker says nothing when it
 * leaves a library out.
 */
enum program_state {
    PROGRAM_COVERED,
    PROGRAM_UNCOVERED, /* it would run without us                      */
    PROGRAM_FOREIGN,   /* the same, and our library would disturb it   */
    PROGRAM_DENIED,    /* not executable                               */
    PROGRAM_MISSING,
};

struct program {
    char path[4096];    /* what is to be executed           */
    char subject[4096]; /* what `why` speaks of: an interpreter, maybe */
    const char *why;    /* static; NULL where it is covered */
    const char *gap;    /* the same in a word: "static", "setuid" */
};

/*
 * program_find - a program as execvp(3) finds it: by name along PATH, or by a
 * path. COVERED (not looked into yet), DENIED or MISSING.
 */
enum program_state program_find(const char *name, struct program *ret_program);

/* program_missing - why program_find calls it MISSING, for a message. */
const char *program_missing(const char *name);

/*
 * program_check - look into what program_find found. Scripts are followed to
 * their interpreter, and `env NAME` to NAME.
 */
enum program_state program_check(struct program *p);

#endif
