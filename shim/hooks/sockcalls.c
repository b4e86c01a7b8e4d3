/*
 * Calls on plain sockets that are more than one read or write, or another.
 */
#include <errno.h>
#include <unistd.h>

#include "base/limits.h"
#include "hooks/sock.h"
#include "hooks/real.h"

ssize_t sock_read_from(int fd, void *p, size_t n, int flags,
                       const struct sockaddr *from, socklen_t *from_len)
{
    ssize_t rc = sock_read_one(fd, p, n, flags);

    if (rc >= 0 && from && from_len)
        *from_len = 0;
    return rc;
}

ssize_t sock_read_msg(int fd, struct msghdr *m, int flags)
{
    ssize_t rc = sock_read(fd, m->msg_iov, m->msg_iovlen, flags);

    if (rc >= 0) {
        m->msg_namelen = 0;
        m->msg_controllen = 0;
        m->msg_flags = 0;
    }
    return rc;
}

int sock_write_each(int fd, struct mmsghdr *m, unsigned count, int flags)
{
    unsigned i;

    for (i = 0; i < count; i++) {
        ssize_t rc = sock_write(fd, m[i].msg_hdr.msg_iov,
                                m[i].msg_hdr.msg_iovlen, flags);

        if (rc == SOCK_NOT_OURS) /* this one: it may be empty */
            rc = net_sendmsg(fd, &m[i].msg_hdr, flags);
        if (rc < 0)
            return i ? (int)i : -1;
        m[i].msg_len = (unsigned)rc;
    }
    return (int)i;
}

ssize_t sock_send_file(int fd, int from, off64_t *at, size_t n)
{
    char buf[16 * KIB];
    off64_t pos = at ? *at : LIBC(lseek)(from, 0, SEEK_CUR);
    ssize_t rc;

    if (pos < 0) { /* "do it by read and write": sendfile(2) */
        errno = EINVAL;
        return -1;
    }
    rc = LIBC(pread)(from, buf, n < sizeof(buf) ? n : sizeof(buf), pos);
    if (rc > 0) {
        size_t have = (size_t)rc;

        rc = sock_write_one(fd, buf, have, 0);
        if (rc == SOCK_NOT_OURS)
            rc = net_send(fd, buf, have, 0);
    }
    if (rc > 0 && at)
        *at += rc;
    else if (rc > 0)
        (void)LIBC(lseek)(from, pos + rc, SEEK_SET);
    return rc;
}
