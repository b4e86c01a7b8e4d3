#ifndef SP_HOOKS_SAY_H
#define SP_HOOKS_SAY_H

#include "base/str.h"

/*
 * The shim's word to people: one line on stderr, where that harms nobody.
 */

/* say_start - remember which file stderr is, before the program changes it. */
void say_start(void);

/*
 * say_blocked - "sallyport: WHAT: WHY: LLM hosts are blocked". Left out where
 * stderr is not the file it was at say_start (after it was closed, a socket of
 * the program can have its number), or would make us wait. Long lines are cut.
 * errno stays.
 */
void say_blocked(const char *what, const char *why);

/*
 * say_line - "sallyport: WHAT: WHY". With `anyway` also where stderr is another
 * file than at say_start: for a process that is about to hand it to a program.
 */
void say_line(const char *what, const char *why, bool anyway);

#endif
