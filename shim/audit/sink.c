#include "audit/sink.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * Raw system calls: write and friends are interposed by the shim, and what we
 * do ourselves must not come back to us.
 */
static int audit_open(const char *path)
{
    return (int)syscall(SYS_openat, AT_FDCWD, path,
                        O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY |
                            O_NONBLOCK,
                        0600);
}

/* As long as nothing was written, a signal may just have come between. */
static long write_once(int fd, struct str line)
{
    long n;

    do
        n = syscall(SYS_write, fd, line.ptr, line.len);
    while (n < 0 && errno == EINTR);
    return n;
}

enum err audit_write(const char *path, struct str line)
{
    int saved = errno;
    int fd = audit_open(path);
    long n = -1;

    if (fd >= 0) {
        n = write_once(fd, line);
        (void)syscall(SYS_close, fd);
    }
    errno = saved;
    return n >= 0 && (size_t)n == line.len ? OK : E_UNSUPPORTED;
}

enum err audit_probe(const char *path)
{
    int saved = errno;
    int fd = audit_open(path);

    if (fd >= 0)
        (void)syscall(SYS_close, fd);
    errno = saved;
    return fd >= 0 ? OK : E_UNSUPPORTED;
}
