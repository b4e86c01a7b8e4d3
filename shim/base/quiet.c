#include "base/quiet.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* What the kernel takes for a sigset_t, the front of libc's larger one. */
#define KERNEL_SET ((size_t)(_NSIG / 8))
struct signals {
    unsigned long word[KERNEL_SET / sizeof(unsigned long)];
};
#define BIT(sig) (1UL << ((sig)-1)) /* in the first word: those below 32 */

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

/* Takes one signal that our write has left pending. */
static void take_back(int sig, const struct signals *before)
{
    struct timespec zero = {0, 0};
    const struct signals one = {{BIT(sig)}};

    if ((before->word[0] & BIT(sig)) == 0)
        (void)syscall(SYS_rt_sigtimedwait, &one, NULL, &zero, KERNEL_SET);
}

enum err quiet_write(int fd, struct str s)
{
    const struct signals block = {{BIT(SIGPIPE) | BIT(SIGXFSZ) | BIT(SIGTTOU)}};
    struct signals old = {{0}}, before = {{0}};
    int saved = errno, why;
    long n;

    if (syscall(SYS_rt_sigprocmask, SIG_BLOCK, &block, &old, KERNEL_SET))
        return E_UNSUPPORTED;
    if ((old.word[0] & block.word[0]) != 0) /* else none can be pending */
        (void)syscall(SYS_rt_sigpending, &before, KERNEL_SET);
    n = write_once(fd, s);
    why = n < 0 ? errno : 0;
    if (why == EPIPE)
        take_back(SIGPIPE, &before);
    else if (why == EFBIG)
        take_back(SIGXFSZ, &before);
    (void)syscall(SYS_rt_sigprocmask, SIG_SETMASK, &old, NULL, KERNEL_SET);
    errno = saved;
    return n >= 0 && (size_t)n == s.len ? OK : E_UNSUPPORTED;
}

enum err quiet_append(const char *path, struct str s)
{
    int saved = errno;
    int fd = (int)syscall(SYS_openat, AT_FDCWD, path,
                          O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY |
                              O_NONBLOCK,
                          0600);
    enum err e = fd < 0 ? E_UNSUPPORTED : OK;

    if (fd >= 0) {
        if (s.len > 0)
            e = quiet_write(fd, s);
        (void)syscall(SYS_close, fd);
    }
    errno = saved;
    return e;
}
