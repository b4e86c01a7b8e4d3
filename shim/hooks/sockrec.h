#ifndef SP_HOOKS_SOCKREC_H
#define SP_HOOKS_SOCKREC_H

#include "hooks/place.h"
#include "hooks/sock.h"
#include "hooks/traffic.h"

/*
 * The inside of a socket's record, shared by the two files that work on it:
 * sock.c (its life) and sockio.c (its bytes).
 *
 *   FIRST --> OPEN      guarded from the first byte on
 *     |  \      ^
 *     |   > TUNNEL      a proxy was told to connect to a declared host
 *     v      |
 *   LEFT <---+          another protocol, TLS, another host: the entry goes
 *
 * Records are never freed, only used again: a thread that has just read a
 * pointer from the table may always look at `refs`.
 */
enum stage {
    STAGE_FIRST,
    STAGE_TUNNEL,
    STAGE_OPEN,
    STAGE_LEFT
};

struct sock {
    struct session s;
    struct sock *next; /* of all there are                             */
    _Atomic bool used;
    _Atomic uint32_t refs; /* entries of the table, and calls in work      */
    bool forked;           /* held by the fork in progress                 */
    uint64_t inode;        /* of the socket: its number may come again     */
    _Atomic int stage;
    struct place place; /* the host, once that is known               */
    bool head_open;     /* TUNNEL: the request for it goes on         */

    _Atomic int sender;  /* the thread that sends, for what follows; or 0  */
    _Atomic bool unsent; /* the socket was full                            */
    int send_fd, send_flags;
    unsigned char owed; /* the last byte of a write, not yet reported      */

    pthread_mutex_t lock; /* for what follows; never while something waits */
    char *in;             /* RECORD_IN bytes, once they are needed         */
    bool shown;           /* one byte that the engine has seen is left with
                             the kernel, so that the socket is readable    */
    bool over;            /* the network has said all                      */
    int error;            /* and this, to be told once                     */
};

/*
 * sock_enter - the record of a descriptor, to be given to sock_leave; NULL if
 * there is none, or only the note that its first bytes are to be looked at:
 * then *ret_look is set. An entry of a socket that is gone is removed.
 */
struct sock *sock_enter(int fd, bool *ret_look);
void sock_leave(struct sock *k);

/* sock_pass - the descriptor, and all copies of it, are not ours any more. */
void sock_pass(struct sock *k);

/*
 * sock_first - the first bytes that are written decide. The record, entered, if
 * the descriptor is guarded from now on; else NULL. `k` is the entered record
 * or NULL, and left where it is not what is returned. *ret_error is set where
 * the bytes must not leave, for want of memory.
 */
struct sock *sock_first(int fd, struct sock *k, const struct iovec *iov,
                        size_t count, int *ret_error);

/*
 * sock_told_first - the server has said something (there are bytes to be read)
 * before anything was written: whether the descriptor is guarded from now on.
 */
bool sock_told_first(struct sock *k, struct str s);

extern const struct tls tls_plain;

#endif
