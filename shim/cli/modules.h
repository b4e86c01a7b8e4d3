#ifndef SP_CLI_MODULES_H
#define SP_CLI_MODULES_H

#include "cli/closure.h"

/*
 * modules_add - the modules that speak TLS, or bring libraries that do, of the
 * interpreters we know: Python, PHP, Ruby, Perl, Lua, R, Git. `name` is what
 * the user asks for, resolved along PATH; `program` the file it comes to (for a
 * script its interpreter), which is in the closure. What is not there is left
 * out. E_NOMEM.
 */
MUST_USE enum err modules_add(struct closure *c, const char *name,
                              const char *program);

#endif
