#ifndef SP_WIRE_H2GUARD_H
#define SP_WIRE_H2GUARD_H

#include "base/str.h"

/*
 * libnghttp2 checks its invariants with assert, which would end the host. The
 * engine is linked so that a failed one comes here (--wrap=__assert_fail), and
 * the call that was under way is left as if it had failed.
 */

/*
 * h2guard_run - work(arg). False if an assertion failed within: what the
 * library held is then in no known state and has to be left alone, unfreed. A
 * call within a call is allowed; the inner one catches.
 */
MUST_USE bool h2guard_run(void (*work)(void *arg), void *arg);

#endif
