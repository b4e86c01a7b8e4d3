#ifndef SP_CLI_WRAPPER_H
#define SP_CLI_WRAPPER_H

#include "base/str.h"

/*
 * wrapper_next - the next program that a shell script becomes: the word behind
 * an `exec` at the front of a line (POSIX.1-2017, exec in 2.14). Takes from the
 * front of *script; false at its end. The name is borrowed, and empty where the
 * line does not spell it out: an expansion, an option, `env`. Lines that only
 * redirect are passed over.
 */
bool wrapper_next(struct str *script, struct str *ret_name);

#endif
