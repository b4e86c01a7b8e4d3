/*
 * Functions that start a shell: it gets the program's own environment, and no
 * other can be given.
 *
 * Where the program has lost us from its environment, it is not put back there:
 * other threads read it, and it is the program's. A shell can be told instead:
 *
 *     LD_PRELOAD='...' SALLYPORT_POLICY='...' exec /bin/sh -c 'COMMAND' sh
 *
 * Variables set before a special built-in such as exec are given to what it
 * runs (POSIX.1-2017, XCU 2.9.1, 2.14); the last word is the second shell's
 * name in its messages.
 *
 * wordexp runs a shell for the commands within its words, and there is no place
 * for such a prefix. These may allocate: none of them may be called in a vfork
 * child or a signal handler.
 */
#include "hooks/exec.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <wordexp.h>

#include "base/buf.h"
#include "base/limits.h"
#include "hooks/child.h"
#include "hooks/export.h"
#include "hooks/load.h"
#include "hooks/real.h"
#include "hooks/vars.h"

/* A single argument of exec is at most 128 KiB on Linux; exec then says so. */
#define COMMAND_MAX (1 * MIB)

#define REAL(fn) ((__typeof__(&fn))(uintptr_t)real_behind(#fn))

/* In single quotes, in which only a single quote has a meaning. */
static enum err add_quoted(struct buf *out, struct str s)
{
    enum err e = buf_add_byte(out, '\'');

    while (!e && s.ptr) {
        struct str part = str_split(&s, '\'');

        if (!(e = buf_add(out, part)) && s.ptr)
            e = buf_add(out, STR("'\\''"));
    }
    return e ? e : buf_add_byte(out, '\'');
}

/* "NAME=value" as NAME='value' and a blank. */
static enum err add_var(struct buf *out, struct str var)
{
    size_t n = str_find_byte(var, '=') + 1;
    enum err e;

    if ((e = buf_add(out, str_head(var, n))) ||
        (e = add_quoted(out, str_skip(var, n))))
        return e;
    return buf_add_byte(out, ' ');
}

static enum err add_vars(struct buf *out, const struct child_env *env)
{
    char *const *vars, *preload;
    size_t count = vars_all(&vars);
    enum err e = OK;

    if (env->preload) {
        if (!(preload = malloc(env->preload_len)))
            return E_NOMEM;
        child_preload(env, preload);
        e = add_var(out, str_of(preload));
        free(preload);
    }
    for (size_t i = 0; i < count && !e; i++)
        if (env->vars & UINT32_C(1) << i)
            e = add_var(out, str_of(vars[i]));
    return e;
}

/*
 * The command to be run in the place of this one, in *text if another; NULL,
 * with errno, if none is to run.
 */
static const char *guarded(const char *command, struct buf *text)
{
    struct child_env env = child_look(environ);
    enum err e;

    if (load_off())
        return command;
    if (!exec_shell_admitted()) {
        errno = EPERM;
        return NULL;
    }
    if (!child_lacks(&env))
        return command;
    if (load_leaves_children()) {
        (void)exec_shell_left("the program's environment lacks us");
        return command;
    }
    if ((e = add_vars(text, &env)) ||
        (e = buf_add(text, STR("exec /bin/sh -c "))) ||
        (e = add_quoted(text, str_of(command))) ||
        (e = buf_add(text, STR(" sh\0")))) {
        errno = e == E_NOMEM ? ENOMEM : E2BIG;
        return NULL;
    }
    return text->ptr;
}

EXPORT int system(const char *command)
{
    struct buf text;
    int rc = -1;

    buf_init(&text, COMMAND_MAX);
    if (command == NULL || (command = guarded(command, &text)) != NULL)
        rc = REAL(system)(command);
    buf_free(&text);
    return rc;
}

EXPORT FILE *popen(const char *command, const char *type)
{
    FILE *f = NULL;
    struct buf text;

    buf_init(&text, COMMAND_MAX);
    if ((command = guarded(command, &text)) != NULL)
        f = REAL(popen)(command, type);
    buf_free(&text);
    return f;
}

static bool has_command(struct str words)
{
    return str_find_byte(words, '`') < words.len ||
           str_find(words, STR("$(")) < words.len;
}

EXPORT int wordexp(const char *restrict words, wordexp_t *restrict we,
                   int flags)
{
    if (!load_off() && !(flags & WRDE_NOCMD) && has_command(str_of(words))) {
        struct child_env env = child_look(environ);

        if (!exec_shell_admitted() ||
            (child_lacks(&env) &&
             !exec_shell_left("wordexp runs it in an environment that lacks "
                              "us")))
            return WRDE_CMDSUB;
    }
    return REAL(wordexp)(words, we, flags);
}
