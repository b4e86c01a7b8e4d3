#ifndef SP_BASE_QUIET_H
#define SP_BASE_QUIET_H

#include "base/str.h"

/*
 * Writing from within somebody else's process: no signal of ours, no waiting,
 * errno as it was, no function that another object may have put itself before.
 */

/*
 * quiet_ready - whether a write of up to PIPE_BUF bytes would go on at once. A
 * pipe that nobody empties is not ready; neither is a bad descriptor. One
 * whose reader is gone is: the write then fails at once.
 */
bool quiet_ready(int fd);

/*
 * quiet_write - one write of all of s. The signals a write may raise (SIGPIPE,
 * SIGXFSZ; SIGTTOU, which would stop the process) are blocked meanwhile in
 * this thread and taken back; one that was pending before stays so. Waits
 * where the descriptor would: ask quiet_ready first, or open it O_NONBLOCK.
 *
 * E_UNSUPPORTED  not written, or not whole
 */
MUST_USE enum err quiet_write(int fd, struct str s);

/*
 * quiet_append - one write of all of s at the end of a file, which is made with
 * mode 0600 if it is not there. `path` is NUL-terminated. With an empty s, only
 * whether the file can be opened so. Never waits for a FIFO's reader; safe in a
 * signal handler and in a vfork child.
 *
 * E_UNSUPPORTED  it cannot be opened, or not be written whole
 */
MUST_USE enum err quiet_append(const char *path, struct str s);

#endif
