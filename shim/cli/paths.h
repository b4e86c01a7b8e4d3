#ifndef SP_CLI_PATHS_H
#define SP_CLI_PATHS_H

#include "base/str.h"

/*
 * Where our own files are, told from where the command itself is: a build tree
 * (libraries beside it, rules/ two levels up), or an installation (PREFIX/bin
 * with ../lib/sallyport and ../share/sallyport/rules).
 */
struct paths {
    char shim[4096];   /* libsallyport.so; empty if there is none        */
    char rules[4096];  /* the directory of packs/ and providers/         */
    char policy[4200]; /* the default policy in it                       */
};

/* paths_find - false after a complaint if the rules are not found. */
bool paths_find(struct paths *ret_paths);

#endif
