#ifndef SP_CLI_KEYFILE_H
#define SP_CLI_KEYFILE_H

#include <stdbool.h>

#include "compile/compile.h"

/*
 * keyfile_for - where the key of pseudonyms lies: as the policy says, else
 * ~/.local/state/sallyport/pseudonym.key (XDG_STATE_HOME). A file that is not
 * there is made, of random bytes, for nobody but the user. An empty path: the
 * policy has no such rule, or, after a complaint, there is no such file.
 */
void keyfile_for(const struct compile *c, char *ret_path, size_t size);

/* state_path - a file of ours in the user's state directory, which is made.
 * False if there is none. */
bool state_path(const char *name, char *ret_path, size_t size);

#endif
