#ifndef SP_HOOKS_CURLTWIN_H
#define SP_HOOKS_CURLTWIN_H

#include "hooks/curlguard.h"

/*
 * The transfer that really goes to the host: a copy of the program's handle,
 * with its certificates, proxies and time limits, that says what the engine
 * lets through and tells the engine what comes back.
 */

/* twin_new - NULL: libcurl cannot make one. */
struct twin *twin_new(struct guard *g);
void twin_free(struct twin *t);

/* twin_leave - the handle, stopped, now the caller's; twin_free is still due.
 */
void *twin_leave(struct twin *t);

void *twin_handle(const struct twin *t);
/* twin_is - whether a handle is the twin's; t may be NULL. */
bool twin_is(const struct twin *t, const void *handle);

/*
 * twin_pump - begin when a request's head is ready, and go on where more of it
 * is, or where there is room again for the answer. true if it was begun.
 */
bool twin_pump(struct twin *t);

/* twin_stop - take it out of the multi handle; the next request may come. */
void twin_stop(struct twin *t);

/* twin_runs - it is in the multi handle and has not ended. */
bool twin_runs(const struct twin *t);

/* twin_done - it has ended with this CURLcode. */
void twin_done(struct twin *t, int result);

/* twin_failed - the CURLcode and cause of its end; 0 where it did not fail. */
int twin_failed(const struct twin *t, const char **ret_why);

#endif
