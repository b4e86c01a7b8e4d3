#ifndef TEST_RULEFILES_H
#define TEST_RULEFILES_H

#include "compile/compile.h"

/*
 * Rule files that a test writes: in a directory of its own, which it works in,
 * while `rules` is the installed one.
 */

/* rulefiles_enter - into that directory. False after a message. */
bool rulefiles_enter(void);
/* rulefiles_leave - it goes, with the files named, up to a NULL. */
void rulefiles_leave(const char *const *files);

/* rulefiles_dir - of the installed rules. */
const char *rulefiles_dir(void);

/* put_file - a file of this content. */
bool put_file(const char *name, const char *text);

/* rulefiles_start - as compile_init, on 2026-06-15. */
void rulefiles_start(struct compile *c);

#endif
