#ifndef SP_HOOKS_TARGET_H
#define SP_HOOKS_TARGET_H

#include "base/str.h"

/*
 * Whether the dynamic linker would preload us into a program (ld.so(8)), by a
 * look into its file. Raw system calls and the stack: for a vfork child.
 */

#define TARGET_PATH 4096 /* PATH_MAX */

enum target {
    TARGET_COVERED,   /* or not ours to judge: exec itself will say why not */
    TARGET_UNCOVERED, /* it runs without us                                 */
    TARGET_FOREIGN,   /* the same, and our library would disturb it         */
};

/* A program as exec is given it. */
struct program {
    int dir;          /* a relative path starts there; AT_FDCWD         */
    const char *path; /* empty: the file is `dir` itself, as of fexecve */
};

/*
 * target_check - look into the file; a script is followed to its interpreter,
 * once. *ret_why is set, to a static line, for all but TARGET_COVERED.
 * errno stays.
 */
enum target target_check(struct program p, const char **ret_why);

/*
 * target_find - the file that execvp(3) would run: `name` itself if it has a
 * slash, else the first executable of that name along `path` (NULL: the
 * default). false if there is none that fits.
 */
bool target_find(const char *name, const char *path,
                 char ret_found[TARGET_PATH]);

#endif
