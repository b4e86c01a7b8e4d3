#ifndef SP_POLICY_OWN_H
#define SP_POLICY_OWN_H

#include "base/buf.h"

/* Where the process' own secrets are looked for: `own_secrets:`. */
struct policy_own {
    struct str env;   /* packed strings: all, NAME, NAME_*, !NAME_*  */
    struct str files; /* packed strings: paths, ~/ is the home       */
    bool auth;        /* credentials in heads of requests, too       */
    uint32_t least;   /* bytes that a secret has                     */
};

/* policy_own_init - of the environment and of heads of requests; no files. */
void policy_own_init(struct policy_own *own);

/* policy_own_pack - append to the policy's section. Errors as buf_add. */
MUST_USE enum err policy_own_pack(const struct policy_own *own,
                                  struct buf *out);

/*
 * policy_own_load - read back from the front of *in, which moves behind it;
 * strings are borrowed from there. E_SYNTAX: cut short, or out of range.
 */
MUST_USE enum err policy_own_load(struct str *in, struct policy_own *ret_own);

#endif
