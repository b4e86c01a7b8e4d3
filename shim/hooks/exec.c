/*
 * Programs that start programs.
 *
 * libc's own functions of this family call one another inside of libc, where
 * no hook comes between; so each of them is hooked. A hook looks at the file
 * that will run, puts back what the environment lost of us, and calls the
 * function behind it.
 *
 *   execl execlp execle execv --\
 *   execve execvp execvpe        >-- run(): judge, repair, call
 *   fexecve execveat            /
 *   posix_spawn posix_spawnp --/
 *   system popen wordexp ------- execsh.c: a shell, with no environment given
 *
 * The caller may be a vfork child, which shares its parent's memory, stack and
 * locks: here is no allocation, no lock and no global that is written. The new
 * arrays lie on the stack, small ones where that is enough.
 *
 * What cannot be held against that: syscall(SYS_execve), and libc called by an
 * address from dlsym.
 */
#include "hooks/exec.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdarg.h>
#include <unistd.h>

#include "hooks/child.h"
#include "hooks/export.h"
#include "hooks/load.h"
#include "hooks/note.h"
#include "hooks/real.h"
#include "hooks/target.h"

#define SMALL_SLOTS   128
#define SMALL_PRELOAD 512
#define MANY_ARGS     4096 /* of execl; no source has a call with more */

enum form {
    EXECVE,
    EXECVPE,
    FEXECVE,
    EXECVEAT,
    SPAWN,
    SPAWNP,
};

struct start {
    enum form form;
    int dir, flags; /* fexecve, execveat */
    const char *path;
    char *const *argv;
    pid_t *pid; /* posix_spawn and what follows */
    const posix_spawn_file_actions_t *actions;
    const posix_spawnattr_t *attr;
};

static bool spawns(const struct start *s)
{
    return s->form >= SPAWN;
}

static int fail_with(const struct start *s, int error)
{
    if (spawns(s))
        return error;
    errno = error;
    return -1;
}

/* --- the functions behind us --------------------------------------------- */

/* Only the type is taken from the name: no reference to it remains. */
#define REAL(fn) ((__typeof__(&fn))(uintptr_t)real_behind(#fn))

static int go_spawn(const struct start *s, char *const *env)
{
    __typeof__(&posix_spawn) spawn =
        s->form == SPAWN ? REAL(posix_spawn) : REAL(posix_spawnp);

    return spawn(s->pid, s->path, s->actions, s->attr, s->argv, env);
}

static int go(const struct start *s, char *const *env)
{
    switch (s->form) {
    case EXECVE:
        return REAL(execve)(s->path, s->argv, env);
    case EXECVPE:
        return REAL(execvpe)(s->path, s->argv, env);
    case FEXECVE:
        return REAL(fexecve)(s->dir, s->argv, env);
    case EXECVEAT:
        return REAL(execveat)(s->dir, s->path, s->argv, env, s->flags);
    case SPAWN:
    case SPAWNP:
        break;
    }
    return go_spawn(s, env);
}

/* --- judging ------------------------------------------------------------- */

static const char *path_of(void)
{
    for (char **e = environ; e && *e; e++)
        if (strncmp(*e, "PATH=", 5) == 0)
            return *e + 5;
    return NULL;
}

static enum target judge(const struct start *s, const char **ret_why)
{
    char found[TARGET_PATH];
    struct program p = {AT_FDCWD, s->path};

    if (s->form == FEXECVE)
        p = (struct program){s->dir, ""};
    else if (s->form == EXECVEAT)
        p.dir = s->dir;
    else if (s->form == EXECVPE || s->form == SPAWNP) {
        if (!s->path || !target_find(s->path, path_of(), found))
            return TARGET_COVERED;
        return target_check((struct program){AT_FDCWD, found}, ret_why);
    }
    return p.path ? target_check(p, ret_why) : TARGET_COVERED;
}

/*
 * Whether it may run. A loss that the user asked us not to repair is no reason
 * to refuse.
 */
static bool admit(const struct start *s, const char *why, bool lost)
{
    struct uncovered u = {
        .exe = s->path ? s->path : "a descriptor",
        .reason = why,
        .refused =
            load_refuses_uncovered() && !(lost && load_leaves_children()),
    };

    note_report(load_audit(), &u, !spawns(s));
    return !u.refused;
}

/* --- repairing ----------------------------------------------------------- */

static __attribute__((noinline)) int go_small(const struct start *s,
                                              const struct child_env *env)
{
    char *slots[SMALL_SLOTS], preload[SMALL_PRELOAD];

    child_fill(env, slots, preload);
    return go(s, slots);
}

static __attribute__((noinline)) int go_large(const struct start *s,
                                              const struct child_env *env)
{
    char *slots[CHILD_SLOTS], preload[CHILD_PRELOAD];

    child_fill(env, slots, preload);
    return go(s, slots);
}

static int run(const struct start *s, char *const *envp)
{
    struct child_env env;
    const char *why = NULL;
    enum target t;

    if (load_off())
        return go(s, envp);
    t = judge(s, &why);
    if (t != TARGET_COVERED && !admit(s, why, false))
        return fail_with(s, EPERM);
    env = child_look(envp);
    /* To another C library ours is a library that cannot be loaded. */
    if (!child_lacks(&env) || t == TARGET_FOREIGN)
        return go(s, envp);
    if (load_leaves_children()) {
        (void)admit(s, "its environment lacks us", true);
        return go(s, envp);
    }
    if (env.slots <= SMALL_SLOTS && env.preload_len <= SMALL_PRELOAD)
        return go_small(s, &env);
    if (env.slots <= CHILD_SLOTS && env.preload_len <= CHILD_PRELOAD)
        return go_large(s, &env);
    if (!admit(s, "its environment lacks us and is too large to repair", true))
        return fail_with(s, E2BIG);
    return go(s, envp);
}

/* --- arrays -------------------------------------------------------------- */

EXPORT int execve(const char *path, char *const argv[], char *const envp[])
{
    struct start s = {.form = EXECVE, .path = path, .argv = argv};

    return run(&s, envp);
}

EXPORT int execv(const char *path, char *const argv[])
{
    struct start s = {.form = EXECVE, .path = path, .argv = argv};

    return run(&s, environ);
}

EXPORT int execvpe(const char *file, char *const argv[], char *const envp[])
{
    struct start s = {.form = EXECVPE, .path = file, .argv = argv};

    return run(&s, envp);
}

EXPORT int execvp(const char *file, char *const argv[])
{
    struct start s = {.form = EXECVPE, .path = file, .argv = argv};

    return run(&s, environ);
}

EXPORT int fexecve(int fd, char *const argv[], char *const envp[])
{
    struct start s = {.form = FEXECVE, .dir = fd, .argv = argv};

    return run(&s, envp);
}

EXPORT int execveat(int dir, const char *path, char *const argv[],
                    char *const envp[], int flags)
{
    struct start s = {.form = EXECVEAT,
                      .dir = dir,
                      .flags = flags,
                      .path = path,
                      .argv = argv};

    return run(&s, envp);
}

EXPORT int posix_spawn(pid_t *restrict pid, const char *restrict path,
                       const posix_spawn_file_actions_t *restrict actions,
                       const posix_spawnattr_t *restrict attr,
                       char *const argv[restrict], char *const envp[restrict])
{
    struct start s = {.form = SPAWN,
                      .path = path,
                      .argv = argv,
                      .pid = pid,
                      .actions = actions,
                      .attr = attr};

    return run(&s, envp);
}

EXPORT int posix_spawnp(pid_t *pid, const char *file,
                        const posix_spawn_file_actions_t *actions,
                        const posix_spawnattr_t *attr, char *const argv[],
                        char *const envp[])
{
    struct start s = {.form = SPAWNP,
                      .path = file,
                      .argv = argv,
                      .pid = pid,
                      .actions = actions,
                      .attr = attr};

    return run(&s, envp);
}

/* --- arguments one by one ------------------------------------------------ */

/*
 * The list of execl ends with a null pointer; behind it execle has the
 * environment. Counted first, so that most calls take little of the stack.
 */
struct list {
    enum form form;
    const char *path, *first;
    bool env; /* execle */
};

static void list_take(const struct list *l, va_list *ap, size_t n, char **argv,
                      char *const **ret_env)
{
    argv[0] = (char *)(uintptr_t)l->first;
    for (size_t i = 1; i <= n; i++)
        argv[i] = va_arg(*ap, char *);
    *ret_env = l->env ? va_arg(*ap, char *const *) : environ;
}

static __attribute__((noinline)) int list_small(const struct list *l,
                                                va_list *ap, size_t n)
{
    char *argv[SMALL_SLOTS];
    struct start s = {.form = l->form, .path = l->path, .argv = argv};
    char *const *env;

    list_take(l, ap, n, argv, &env);
    return run(&s, env);
}

static __attribute__((noinline)) int list_large(const struct list *l,
                                                va_list *ap, size_t n)
{
    char *argv[MANY_ARGS];
    struct start s = {.form = l->form, .path = l->path, .argv = argv};
    char *const *env;

    list_take(l, ap, n, argv, &env);
    return run(&s, env);
}

static int list_run(const struct list *l, va_list *ap)
{
    size_t n = 0; /* arguments behind the first, with the NULL */
    va_list count;

    if (l->first) {
        va_copy(count, *ap);
        do
            n++;
        while (n < MANY_ARGS && va_arg(count, char *));
        va_end(count);
    }
    if (n < SMALL_SLOTS)
        return list_small(l, ap, n);
    if (n < MANY_ARGS)
        return list_large(l, ap, n);
    errno = E2BIG;
    return -1;
}

EXPORT int execl(const char *path, const char *arg, ...)
{
    struct list l = {EXECVE, path, arg, false};
    va_list ap;
    int rc;

    va_start(ap, arg);
    rc = list_run(&l, &ap);
    va_end(ap);
    return rc;
}

EXPORT int execlp(const char *file, const char *arg, ...)
{
    struct list l = {EXECVPE, file, arg, false};
    va_list ap;
    int rc;

    va_start(ap, arg);
    rc = list_run(&l, &ap);
    va_end(ap);
    return rc;
}

EXPORT int execle(const char *path, const char *arg, ...)
{
    struct list l = {EXECVE, path, arg, true};
    va_list ap;
    int rc;

    va_start(ap, arg);
    rc = list_run(&l, &ap);
    va_end(ap);
    return rc;
}

/* --- for execsh.c -------------------------------------------------------- */

bool exec_shell_admitted(void)
{
    struct start s = {.form = SPAWN, .path = "/bin/sh"};
    const char *why = NULL;

    return judge(&s, &why) == TARGET_COVERED || admit(&s, why, false);
}

bool exec_shell_left(const char *why)
{
    struct start s = {.form = SPAWN, .path = "/bin/sh"};

    return admit(&s, why, true);
}
