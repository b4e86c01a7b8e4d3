#include "base/quiet.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* What the kernel takes for a sigset_t, the front of libc's larger one. */
#define KERNEL_SET ((size_t)(_NSIG / 8))

/*
 * Raw system calls: write and poll may be hooks, ours or another's, and libc's
 * are places where a thread can be cancelled.
 */
bool quiet_ready(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLOUT};
    struct timespec zero = {0, 0};
    int saved = errno;
    long n;

    do
        n = syscall(SYS_ppoll, &p, 1, &zero, NULL, KERNEL_SET);
    while (n < 0 && errno == EINTR);
    errno = saved;
    return n == 1 && !(p.revents & POLLNVAL);
}

/* As long as nothing was written, a signal may just have come between. */
static long write_once(int fd, struct str s)
{
    long n;

    do
        n = syscall(SYS_write, fd, s.ptr, s.len);
    while (n < 0 && errno == EINTR);
    return n;
}

/* What is pending already. Only a signal that is blocked can be. */
static void pending_before(const sigset_t *block, const sigset_t *mask,
                           sigset_t *ret_set)
{
    sigset_t both;

    sigemptyset(ret_set);
    if (sigandset(&both, block, mask) == 0 && !sigisemptyset(&both))
        (void)sigpending(ret_set);
}

/* Takes one signal that our write has left pending. */
static void take_back(int sig, const sigset_t *before)
{
    struct timespec zero = {0, 0};
    sigset_t one;

    if (sigismember(before, sig))
        return;
    sigemptyset(&one);
    sigaddset(&one, sig);
    (void)syscall(SYS_rt_sigtimedwait, &one, NULL, &zero, KERNEL_SET);
}

enum err quiet_write(int fd, struct str s)
{
    int saved = errno, why;
    sigset_t block, old, before;
    long n;

    sigemptyset(&block);
    sigaddset(&block, SIGPIPE);
    sigaddset(&block, SIGXFSZ);
    sigaddset(&block, SIGTTOU);
    if (pthread_sigmask(SIG_BLOCK, &block, &old))
        return E_UNSUPPORTED;
    pending_before(&block, &old, &before);
    n = write_once(fd, s);
    why = n < 0 ? errno : 0;
    if (why == EPIPE)
        take_back(SIGPIPE, &before);
    else if (why == EFBIG)
        take_back(SIGXFSZ, &before);
    (void)pthread_sigmask(SIG_SETMASK, &old, NULL);
    errno = saved;
    return n >= 0 && (size_t)n == s.len ? OK : E_UNSUPPORTED;
}
