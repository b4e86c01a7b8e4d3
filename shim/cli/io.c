#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

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

    if (!good)
        complain("%s: %s", path,
                 e == E_LIMIT   ? "too large"
                 : e == E_NOMEM ? "out of memory"
                                : strerror(errno));
    if (fd >= 0 && !input)
        close(fd);
    return good;
}
