#include "flow/listing.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/limits.h"

/* The name of the record at p; empty for what can be no file. */
static struct str name_of(const char *p, size_t *ret_size)
{
    static const size_t head = offsetof(struct dirent64, d_name);
    char type = p[offsetof(struct dirent64, d_type)];
    unsigned short size;
    struct str name;

    memcpy(&size, p + offsetof(struct dirent64, d_reclen), sizeof(size));
    *ret_size = size;
    if (type != DT_REG && type != DT_LNK && type != DT_UNKNOWN)
        return STR("");
    name = (struct str){p + head, size - head};
    return str_head(name, str_find_byte(name, '\0'));
}

static enum err take(struct buf *out, struct str records, size_t *count)
{
    enum err e = OK;
    size_t size;

    for (; records.len > 0 && !e; records = str_skip(records, size)) {
        struct str name = name_of(records.ptr, &size);

        if (name.len == 0 || name.ptr[0] == '.')
            continue;
        if (++*count > LIM_OWN_LIST)
            return E_LIMIT;
        e = buf_add(out, (struct str){name.ptr, name.len + 1});
    }
    return e;
}

static enum err read_all(int fd, struct buf *out)
{
    char records[4096];
    size_t count = 0;
    enum err e = OK;
    long n;

    while (!e &&
           (n = syscall(SYS_getdents64, fd, records, sizeof(records))) != 0)
        e = n < 0 ? E_UNSUPPORTED
                  : take(out, (struct str){records, (size_t)n}, &count);
    return e;
}

enum err listing_read(const char *path, struct buf *out, bool *reterr_missing)
{
    enum err e = E_UNSUPPORTED;
    int saved = errno, fd;

    fd = (int)syscall(SYS_openat, AT_FDCWD, path,
                      O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK);
    *reterr_missing = fd < 0 && errno == ENOENT;
    if (fd >= 0) {
        e = read_all(fd, out);
        (void)syscall(SYS_close, fd);
    }
    errno = saved;
    return e;
}
