#ifndef SP_HOOKS_CURLCALL_H
#define SP_HOOKS_CURLCALL_H

#include "hooks/curlguard.h"

/*
 * The local socket to which a transfer is led, and the engine's connection
 * behind it. One connection at a time: a transfer makes the next one when the
 * last has ended, as after a redirect.
 */
#define CALL_NAME 108 /* of sun_path in unix(7) */

/*
 * call_open - a socket with an abstract name, given without its first byte and
 * NUL-terminated; CALL_NAME bytes. With g->shut nobody listens at it. false:
 * there is none to be had.
 */
bool call_open(struct guard *g, char *ret_name);
void call_close(struct guard *g);

/* call_pump - move what can be moved; true if the twin was begun. */
bool call_pump(struct guard *g);

/*
 * call_heard - bytes of the host's answer. call_heard_end - no more will come;
 * `some`: there were any.
 */
void call_heard(struct guard *g, struct str bytes);
void call_heard_end(struct guard *g, bool some);

/* call_fail - it cannot be gone on; the first cause is what is told. */
void call_fail(struct guard *g, const char *why);

/* call_queued - how many bytes the program has not yet fetched. */
size_t call_queued(const struct guard *g);

#endif
