#ifndef SP_COMPILE_OWNFILE_H
#define SP_COMPILE_OWNFILE_H

#include "compile/read.h"
#include "policy/config.h"

/*
 * own_read - `own_secrets:` of a policy, where the process' own secrets are
 * looked for:
 *
 *     own_secrets:
 *       env: [all, "!PUBLIC_*"]   # or names; all: those that look like some
 *       files: [~/.netrc, .env]   # read once; ~/ is the home, $NAME what a
 *                                 # variable says, else the directory the
 *                                 # program runs in; with a / at its end, each
 *                                 # file in a directory
 *       auth_headers: true        # and what requests are sent with
 *       min_length: 12
 *
 * Members that are left out are as in policy_init.
 */
bool own_read(struct reader *r, const struct yaml_node *n,
              struct policy_own *ret_own);

/* own_keys - the members of that map, for who checks the schema. */
size_t own_keys(const struct field **ret_fields);

#endif
