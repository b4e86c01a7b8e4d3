#ifndef SP_HOOKS_CURLMULTI_H
#define SP_HOOKS_CURLMULTI_H

#include "hooks/curlguard.h"

/*
 * Multi handles of libcurl in which there are transfers of ours: they are moved
 * on whenever the program moves the handle, and their twins are kept from it.
 */
struct multi;

/* multi_of - the record of a multi handle, or NULL; multi_make - or a new one.
 */
struct multi *multi_of(const void *handle);
struct multi *multi_make(const struct curl_lib *lib, void *handle);

/* multi_join - a guard's transfer has been added to it. */
void multi_join(struct multi *m, struct guard *g);

/* multi_leave - the handle is no longer in it: its end is forgotten too. */
void multi_leave(struct multi *m, const struct easy *e);

/*
 * multi_moving, multi_moved - around a real call that moves a multi handle. The
 * former gives the record where there is something for us to do, else NULL,
 * the latter the call's result. `running` is the program's count of transfers,
 * `sockets`: it is driven socket by socket.
 */
struct multi *multi_moving(const void *handle);
int multi_moved(struct multi *m, int rc, int *running, bool sockets);

/*
 * multi_read - as curl_multi_info_read, of what was collected and what is left.
 * What is returned stays until the next call.
 */
struct curl_msg *multi_read(struct multi *m, int *left);

/*
 * multi_limits - whether an option limits how many connections there are at
 * once. multi_set - the program sets one, as curl_multi_setopt. A transfer that
 * is led to us has two, of which its own waits for the twin's: with a limit
 * that counts both, none might ever begin.
 */
bool multi_limits(int option);
int multi_set(const struct curl_lib *lib, void *handle, int option, long value);

/* multi_drop - as curl_multi_cleanup: before it, all its transfers end. */
void multi_drop(struct multi *m);

/* multi_perform - as curl_easy_perform, of a handle with a guard. */
int multi_perform(struct curl_lib *lib, struct easy *e);

/* Held by a fork in progress. */
void multi_fork_lock(void);
void multi_fork_unlock(void);

#endif
