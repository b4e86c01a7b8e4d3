#ifndef SP_HOOKS_CHILD_H
#define SP_HOOKS_CHILD_H

#include "base/str.h"

/*
 * The environment of a child: what it lacks of the shim's preload entry and of
 * our variables (vars.h), put back. Never doubled, never reordered: what stands
 * there stays, with whatever value. Stack only; writes no global.
 */

/* More variables than any environment that was seen; beyond: E_LIMIT. */
#define CHILD_SLOTS 4096
/* The new LD_PRELOAD, which holds the child's own list too; beyond: E_LIMIT. */
#define CHILD_PRELOAD 8192

/* What one environment lacks. */
struct child_env {
    char *const *old;   /* borrowed; never NULL                           */
    size_t count;       /* its entries                                    */
    size_t preload_at;  /* of its last LD_PRELOAD; count where it has none */
    bool preload;       /* the list lacks us                              */
    uint32_t vars;      /* bit i: variable i of vars_all is not there     */
    size_t slots;       /* what the new array takes, with its NULL        */
    size_t preload_len; /* what the new LD_PRELOAD takes, with its NUL    */
};

/* child_look - what is missing; old may be NULL, as empty. */
struct child_env child_look(char *const *old);

/* child_lacks - whether anything is. */
bool child_lacks(const struct child_env *env);

/*
 * child_fill - the whole environment: `slots` has room for env->slots entries,
 * `preload` for env->preload_len bytes. The strings are borrowed from the old
 * environment, from vars.h and from `preload`.
 */
void child_fill(const struct child_env *env, char **slots, char *preload);

/* child_preload - only the new LD_PRELOAD, where env->preload says so. */
void child_preload(const struct child_env *env, char *preload);

#endif
