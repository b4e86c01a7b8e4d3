#include "flow/file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* pread, for the host's read is interposed and must not come back to us. */
static enum err read_all(int fd, size_t size, struct buf *out)
{
    size_t have = 0;
    enum err e;

    if ((e = buf_reserve(out, size)))
        return e;
    while (have < size) {
        ssize_t n = pread(fd, out->ptr + out->len, size - have, (off_t)have);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return E_UNSUPPORTED;
        out->len += (size_t)n;
        have += (size_t)n;
    }
    return OK;
}

enum err file_read(int fd, struct buf *out)
{
    struct stat st;

    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size < 0)
        return E_UNSUPPORTED;
    return read_all(fd, (size_t)st.st_size, out);
}

int file_open(const char *path, bool *reterr_missing)
{
    struct stat st;
    bool there;

    /*
     * What is no file is not opened: to be opened sets a tape going, and tells
     * who writes into a FIFO that his reader is there. If it becomes one in
     * between, the host does not wait for it.
     */
    there = stat(path, &st) == 0;
    if (reterr_missing != NULL)
        *reterr_missing = !there && (errno == ENOENT || errno == ENOTDIR);
    if (!there || !S_ISREG(st.st_mode))
        return -1;
    return (int)syscall(SYS_openat, AT_FDCWD, path,
                        O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
}

enum err file_all(const char *path, struct buf *out, bool *reterr_missing)
{
    int saved = errno, fd = file_open(path, reterr_missing);
    enum err e = E_UNSUPPORTED;

    if (fd >= 0) {
        e = file_read(fd, out);
        (void)syscall(SYS_close, fd);
    }
    errno = saved;
    return e;
}
