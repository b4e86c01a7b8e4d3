#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "cli/cli.h"

bool write_all(int fd, struct str s)
{
    while (s.len > 0) {
        ssize_t n = write(fd, s.ptr, s.len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        s = str_skip(s, (size_t)n);
    }
    return true;
}

static bool write_into(const char *path, struct str bytes)
{
    int fd = open(path, O_WRONLY | O_NOCTTY | O_CLOEXEC);
    bool good;

    if (fd < 0)
        return false;
    good = write_all(fd, bytes);
    return close(fd) == 0 && good;
}

/* Written beside the target, and renamed. */
static bool replace(const char *path, mode_t mode, struct str bytes)
{
    char *temp;
    bool good;
    int fd, error;

    if (asprintf(&temp, "%s.XXXXXX", path) < 0)
        return false;
    if ((fd = mkostemp(temp, O_CLOEXEC)) < 0) {
        free(temp);
        return false;
    }
    good = write_all(fd, bytes) && fchmod(fd, mode) == 0;
    good = close(fd) == 0 && good;
    good = good && rename(temp, path) == 0;
    error = errno;
    if (!good)
        unlink(temp);
    free(temp);
    errno = error;
    return good;
}

bool write_file(const char *path, struct str bytes, mode_t most)
{
    struct stat st;
    mode_t mask;
    char *real;
    bool good;

    if (stat(path, &st) == 0) {
        if (!S_ISREG(st.st_mode))
            return write_into(path, bytes);
        if ((real = realpath(path, NULL)) == NULL)
            return false;
        good = replace(real, st.st_mode & most, bytes);
        free(real);
        return good;
    }
    /* A link to nothing is not to be replaced, nor its target guessed at. */
    if (errno != ENOENT)
        return false;
    if (lstat(path, &st) == 0) {
        errno = ENOENT;
        return false;
    }
    mask = umask(0);
    umask(mask);
    return replace(path, 0666 & most & ~mask, bytes);
}

static bool read_all(int fd, struct buf *out, enum err *reterr_e)
{
    ssize_t n;
    enum err e;

    for (;;) {
        if (out->cap == out->len && (e = buf_reserve(out, 1))) {
            *reterr_e = e;
            return false;
        }
        n = read(fd, out->ptr + out->len, out->cap - out->len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        out->len += (size_t)n;
    }
    *reterr_e = E_UNSUPPORTED;
    return n == 0;
}

bool read_file(const char *path, struct buf *out)
{
    bool input = str_eq(str_of(path), STR("-"));
    int fd = input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    enum err e = E_UNSUPPORTED;
    bool good = fd >= 0 && read_all(fd, out, &e);

    if (!good && e == E_LIMIT)
        complain("%s: too large, of %zu KiB at most", path, out->max / KIB);
    else if (!good)
        complain("%s: %s", path,
                 e == E_NOMEM ? "out of memory" : strerror(errno));
    if (fd >= 0 && !input)
        close(fd);
    return good;
}
