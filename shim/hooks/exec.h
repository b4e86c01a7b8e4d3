#ifndef SP_HOOKS_EXEC_H
#define SP_HOOKS_EXEC_H

#include <stdbool.h>

/*
 * What the hooks on system, popen and wordexp share with those on exec.
 */

/* exec_shell_admitted - whether /bin/sh may be started; says so if not. */
bool exec_shell_admitted(void);

/*
 * exec_shell_left - a shell is about to start without us, for this reason
 * (one line): noted; false if that is refused.
 */
bool exec_shell_left(const char *why);

#endif
