/*
 * What a child's environment lacks.
 *
 * A program may give its child an environment of its own making: `env -i`, or
 * subprocess.run(..., env={}). The child would then run without us. Found in
 * one walk and put back at the end, in the order in which we got it; the list
 * in LD_PRELOAD gets us as its first entry, where `sallyport run` puts us.
 *
 * The dynamic linker takes the last LD_PRELOAD of an environment, getenv the
 * first. For the list, the last one counts.
 */
#include "hooks/child.h"

#include "hooks/vars.h"

#define PRELOAD "LD_PRELOAD="
#define PREFIX  "SALLYPORT_"

_Static_assert(VARS_MAX <= 32, "a bit for each variable in child_env.vars");

static struct str list_of(const char *entry)
{
    return str_skip(str_of(entry), sizeof(PRELOAD) - 1);
}

/* The number of the variable that an entry sets; `count` if it is none. */
static size_t var_of(const char *entry, char *const *vars, size_t count)
{
    size_t i;

    if (entry[0] != 'S' || strncmp(entry, PREFIX, sizeof(PREFIX) - 1) != 0)
        return count;
    for (i = 0; i < count; i++) {
        size_t n = str_find_byte(str_of(vars[i]), '=') + 1;

        if (strncmp(entry, vars[i], n) == 0)
            break;
    }
    return i;
}

struct child_env child_look(char *const *old)
{
    static char *const none[] = {NULL};
    char *const *vars;
    size_t count = vars_all(&vars);
    struct child_env env = {
        .old = old ? old : none,
        .vars = (uint32_t)((UINT64_C(1) << count) - 1),
    };
    struct str list = {NULL, 0};
    bool seen = false;

    for (; env.old[env.count]; env.count++) {
        const char *entry = env.old[env.count];
        size_t i = var_of(entry, vars, count);

        if (i < count)
            env.vars &= ~(UINT32_C(1) << i);
        if (entry[0] == 'L' &&
            strncmp(entry, PRELOAD, sizeof(PRELOAD) - 1) == 0) {
            env.preload_at = env.count;
            list = list_of(entry);
            seen = true;
        }
    }
    if (!seen)
        env.preload_at = env.count;
    env.preload = vars_preload().len > 0 && !vars_preload_has(list);
    env.slots = env.count + !seen + (size_t)__builtin_popcount(env.vars) + 1;
    env.preload_len = sizeof(PRELOAD) + vars_preload().len + 1 + list.len;
    return env;
}

bool child_lacks(const struct child_env *env)
{
    return vars_preload().len > 0 && (env->preload || env->vars != 0);
}

static char *put(char *at, struct str s)
{
    if (s.len > 0)
        memcpy(at, s.ptr, s.len);
    return at + s.len;
}

void child_preload(const struct child_env *env, char *preload)
{
    struct str list = {NULL, 0};
    char *at = put(put(preload, STR(PRELOAD)), vars_preload());

    if (env->preload_at < env->count)
        list = list_of(env->old[env->preload_at]);
    if (list.len > 0)
        at = put(put(at, STR(":")), list);
    *at = '\0';
}

void child_fill(const struct child_env *env, char **slots, char *preload)
{
    char *const *vars;
    size_t n = env->count, count = vars_all(&vars);

    for (size_t i = 0; i < n; i++)
        slots[i] = env->old[i];
    if (env->preload) {
        child_preload(env, preload);
        slots[env->preload_at] = preload;
        n += env->preload_at == n;
    }
    for (size_t i = 0; i < count; i++)
        if (env->vars & UINT32_C(1) << i)
            slots[n++] = vars[i];
    slots[n] = NULL;
}
