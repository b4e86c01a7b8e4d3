/*
 * HTTP client and server without TLS in one process, for tests of the door of
 * plain sockets:
 *
 *     prog_sock CASE PORT
 *
 * under the shim with the toy engine and SALLYPORT_HOSTS=localhost:PORT. The
 * server listens on PORT; what it accepts is not inspected, so what it got is
 * the truth. Exit 0 if all is as it should be, else 1 with the line that was
 * not.
 */
#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hooks/marker.h"

#define NEED(x)                                                                \
    do {                                                                       \
        if (!(x)) {                                                            \
            fprintf(stderr, "%s:%d: not so: %s (errno %d)\n", __FILE__,        \
                    __LINE__, #x, errno);                                      \
            _exit(1);                                                          \
        }                                                                      \
    } while (0)

static int port;

/* --- the server ------------------------------------------------------------
 */

struct server {
    int family, fd;
    pthread_t thread;
    pthread_mutex_t lock;
    char *got; /* all that was received */
    size_t got_len;
    _Atomic int pause_us; /* between reads of 4 KB                       */
    int small;            /* SO_RCVBUF                                   */
    const char *answer;   /* NULL: the body comes back, and a line end   */
    int piece;            /* an answer in pieces of so many bytes        */
    bool end;             /* close after an answer                       */
    bool reset;           /* by RST, once `got` has a full stop          */
    bool once;            /* read nothing more after the first answer    */
    bool late;            /* an answer after the client's end            */
    int after_us;         /* so long after an answer: more, and the end */
    const char *greeting; /* before anything was asked */
};

static void got(struct server *s, const char *p, size_t n)
{
    pthread_mutex_lock(&s->lock);
    s->got = realloc(s->got, s->got_len + n + 1);
    NEED(s->got != NULL);
    memcpy(s->got + s->got_len, p, n);
    s->got_len += n;
    s->got[s->got_len] = '\0';
    pthread_mutex_unlock(&s->lock);
}

static void put(struct server *s, const char *p, size_t n)
{
    size_t step = s->piece ? (size_t)s->piece : n;

    for (size_t at = 0; at < n; at += step) {
        size_t k = step < n - at ? step : n - at;

        if (at > 0)
            usleep(1000);
        if (send(s->fd, p + at, k, MSG_NOSIGNAL) != (ssize_t)k)
            return;
    }
}

static size_t request_len(const struct server *s, size_t at, size_t *ret_body)
{
    const char *p = s->got ? s->got + at : "";
    const char *end = strstr(p, "\r\n\r\n");
    const char *field = end ? strstr(p, "Content-Length:") : NULL;
    size_t body = field && field < end ? strtoul(field + 15, NULL, 10) : 0;
    size_t head = end ? (size_t)(end + 4 - p) : 0;

    *ret_body = body;
    return end && s->got_len - at >= head + body ? head + body : 0;
}

static void answer(struct server *s, const char *body, size_t n)
{
    char *all = malloc(n + 100);
    int head;

    NEED(all != NULL);
    if (s->answer) {
        put(s, s->answer, strlen(s->answer));
    } else {
        head = sprintf(all, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n",
                       n + 1);
        memcpy(all + head, body, n);
        all[(size_t)head + n] = '\n';
        put(s, all, (size_t)head + n + 1);
    }
    free(all);
}

static void *serve(void *arg)
{
    struct server *s = arg;
    struct linger hard = {1, 0};
    int listener = s->fd;
    size_t at = 0, n, body;
    char buf[4096];
    ssize_t rc;

    s->fd = accept(listener, NULL, NULL);
    NEED(s->fd >= 0);
    close(listener);
    if (s->greeting)
        put(s, s->greeting, strlen(s->greeting));
    while ((rc = recv(s->fd, buf, sizeof(buf), 0)) > 0) {
        got(s, buf, (size_t)rc);
        if (s->pause_us)
            usleep((useconds_t)s->pause_us);
        while (at < s->got_len && (n = request_len(s, at, &body))) {
            answer(s, s->got + at + n - body, body);
            at += n;
            if (s->reset)
                setsockopt(s->fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
            if (s->reset)
                usleep(100000); /* so that the answer is read first */
            if (s->after_us) {
                usleep((useconds_t)s->after_us);
                put(s, "late", 4);
            }
            if (s->end || s->reset || s->after_us)
                goto out;
        }
    }
    if (s->late)
        put(s, "late\n", 5);
out:
    close(s->fd);
    return NULL;
}

static socklen_t address(int family, struct sockaddr_storage *a)
{
    struct sockaddr_in *four = (void *)a;
    struct sockaddr_in6 *six = (void *)a;

    memset(a, 0, sizeof(*a));
    a->ss_family = (sa_family_t)family;
    if (family == AF_INET) {
        four->sin_port = htons((uint16_t)port);
        four->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        return sizeof(*four);
    }
    six->sin6_port = htons((uint16_t)port);
    six->sin6_addr = in6addr_loopback;
    return sizeof(*six);
}

static void listen_at(struct server *s)
{
    struct sockaddr_storage a;
    socklen_t len;
    int on = 1;

    if (!s->family)
        s->family = AF_INET;
    len = address(s->family, &a);
    pthread_mutex_init(&s->lock, NULL);
    s->fd = socket(s->family, SOCK_STREAM, 0);
    setsockopt(s->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (s->small)
        setsockopt(s->fd, SOL_SOCKET, SO_RCVBUF, &s->small, sizeof(s->small));
    NEED(!bind(s->fd, (struct sockaddr *)&a, len) && !listen(s->fd, 8));
    NEED(!pthread_create(&s->thread, NULL, serve, s));
}

/* --- the client ------------------------------------------------------------
 */

static int connect_to(const struct server *s, int type)
{
    struct sockaddr_storage a;
    socklen_t len = address(s->family, &a);
    int fd = socket(s->family, SOCK_STREAM | type, 0), on = 1;
    struct pollfd p = {.fd = fd, .events = POLLOUT};

    NEED(fd >= 0);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    if (connect(fd, (struct sockaddr *)&a, len))
        NEED(type & SOCK_NONBLOCK && errno == EINPROGRESS);
    if (type & SOCK_NONBLOCK)
        NEED(poll(&p, 1, 5000) == 1);
    return fd;
}

static int start(struct server *s)
{
    listen_at(s);
    return connect_to(s, 0);
}

static void finish(struct server *s, int fd)
{
    if (fd >= 0)
        NEED(!close(fd));
    NEED(!pthread_join(s->thread, NULL));
}

/* What has come so far; what was received stays after `finish`. */
static bool came(struct server *s, const char *text)
{
    bool has;

    pthread_mutex_lock(&s->lock);
    has = s->got && strstr(s->got, text);
    pthread_mutex_unlock(&s->lock);
    return has;
}

static size_t request(char *out, size_t size, const char *body)
{
    return (size_t)snprintf(out, size,
                            "POST / HTTP/1.1\r\nHost: localhost\r\n"
                            "Content-Length: %zu\r\n\r\n%s",
                            strlen(body), body);
}

static void ask(int fd, const char *body)
{
    char buf[1000];
    size_t n = request(buf, sizeof(buf), body);

    NEED(write(fd, buf, n) == (ssize_t)n);
}

static void say(int fd, const char *text)
{
    NEED(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
}

/* Reads on until the text is there; the whole is kept in a static buffer. */
static const char *read_until(int fd, const char *text)
{
    static __thread char buf[4000];
    size_t n = 0;

    buf[0] = '\0';
    while (!strstr(buf, text)) {
        ssize_t rc = read(fd, buf + n, sizeof(buf) - 1 - n);

        NEED(rc > 0);
        n += (size_t)rc;
        buf[n] = '\0';
    }
    return buf;
}

static bool readable(int fd, int ms)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};

    return poll(&p, 1, ms) == 1;
}

static void unblock(int fd)
{
    NEED(!fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK));
}

static const struct shim_marker *marker(void)
{
    const struct shim_marker *m = dlsym(RTLD_DEFAULT, "sallyport_marker");

    NEED(m && m->version == SHIM_MARKER_VERSION);
    return m;
}

/* --- cases: calls -----------------------------------------------------------
 */

/* Every call that sends, in pieces of `step` bytes. */
static ssize_t put_by(int how, int fd, char *p, size_t n)
{
    struct iovec iov[3] = {{p, n / 3}, {NULL, 0}, {p + n / 3, n - n / 3}};
    struct msghdr m = {.msg_iov = iov, .msg_iovlen = 3};
    struct mmsghdr mm[2] = {{.msg_hdr = {.msg_iov = iov, .msg_iovlen = 1}},
                            {.msg_hdr = {.msg_iov = iov + 1, .msg_iovlen = 2}}};

    switch (how) {
    case 0:
        return write(fd, p, n);
    case 1:
        return writev(fd, iov, 3);
    case 2:
        return send(fd, p, n, MSG_NOSIGNAL);
    case 3:
        return sendto(fd, p, n, 0, NULL, 0);
    case 4:
        return sendmsg(fd, &m, 0);
    default:
        NEED(sendmmsg(fd, mm, 2, 0) == 2);
        return (ssize_t)(mm[0].msg_len + mm[1].msg_len);
    }
}

static ssize_t get_by(int how, int fd, char *p, size_t n)
{
    static ssize_t (*read_chk)(int, void *, size_t, size_t);
    static ssize_t (*recv_chk)(int, void *, size_t, size_t, int);
    struct iovec iov[3] = {{p, n / 3}, {NULL, 0}, {p + n / 3, n - n / 3}};
    struct sockaddr_storage from;
    socklen_t len = sizeof(from);
    struct msghdr m = {.msg_iov = iov,
                       .msg_iovlen = 3,
                       .msg_name = &from,
                       .msg_namelen = sizeof(from)};
    struct mmsghdr mm = {.msg_hdr = m};
    ssize_t rc;

    *(void **)&read_chk = dlsym(RTLD_DEFAULT, "__read_chk");
    *(void **)&recv_chk = dlsym(RTLD_DEFAULT, "__recv_chk");
    switch (how) {
    case 0:
        return read(fd, p, n);
    case 1:
        return readv(fd, iov, 3);
    case 2:
        return recv(fd, p, n, 0);
    case 3:
        rc = recvfrom(fd, p, n, 0, (struct sockaddr *)&from, &len);
        NEED(len == 0);
        return rc;
    case 4:
        rc = recvmsg(fd, &m, 0);
        NEED(m.msg_namelen == 0 && m.msg_flags == 0);
        return rc;
    case 5:
        return recvmmsg(fd, &mm, 1, 0, NULL) == 1 ? (ssize_t)mm.msg_len : -1;
    case 6:
        return read_chk(fd, p, n, n);
    default:
        return recv_chk(fd, p, n, n, 0);
    }
}

static void forms(size_t out_step, size_t in_step)
{
    struct server s = {0};
    int fd = start(&s);

    for (int i = 0; i < 8; i++) {
        char buf[1000], back[1000] = "";
        size_t n = request(buf, sizeof(buf), "one LONGWORD two"), have = 0;

        for (size_t at = 0; at < n; at += out_step) {
            size_t k = out_step < n - at ? out_step : n - at;

            NEED(put_by(i % 6, fd, buf + at, k) == (ssize_t)k);
        }
        while (!strstr(back, "longer-word two\n")) {
            ssize_t rc = get_by(i, fd, back + have,
                                in_step ? in_step : sizeof(back) - 1 - have);

            NEED(rc > 0);
            have += (size_t)rc;
            NEED(have < sizeof(back) - 1);
            back[have] = '\0';
        }
        NEED(!readable(fd, 0));
    }
    NEED(!came(&s, "LONGWORD") && came(&s, "a-much-longer-word"));
    NEED(marker()->guarded >= 1);
    finish(&s, fd);
}

static void case_forms(void)
{
    forms(1000, 0);
    forms(7, 5);
    forms(1, 1);
}

static void case_six(void)
{
    struct server s = {.family = AF_INET6};
    int fd = start(&s);

    ask(fd, "one LONGWORD two");
    read_until(fd, "one a-much-longer-word two\n");
    finish(&s, fd);
}

static void case_block(void)
{
    for (int how = 0; how < 8; how++) {
        struct server s = {0};
        int fd = start(&s);
        char buf[1000];
        const char *text;

        if (how % 2)
            unblock(fd);
        ask(fd, "a BLOCKME");
        NEED(readable(fd, 2000));
        text = read_until(fd, "policy_block\"}}\r\n");
        NEED(strstr(text, "HTTP/1.1 403") == text);
        NEED(readable(fd, 0));
        NEED(get_by(how, fd, buf, sizeof(buf)) == 0);
        NEED(write(fd, "more", 4) == 4);
        NEED(get_by(how, fd, buf, sizeof(buf)) == 0);
        NEED(marker()->blocked == (uint64_t)how + 1);
        NEED(!shutdown(fd, SHUT_WR));
        finish(&s, fd);
        NEED(s.got_len == 0);
    }
}

static void *read_answer(void *arg)
{
    read_until(*(int *)arg, "policy_block");
    return NULL;
}

/* A thread waits in a blocking read while another one is blocked. */
static void case_wake(void)
{
    struct server s = {0};
    int fd = start(&s);
    pthread_t reader;

    ask(fd, "x");
    read_until(fd, "x\n");
    NEED(!pthread_create(&reader, NULL, read_answer, &fd));
    usleep(50000);
    ask(fd, "a BLOCKME");
    NEED(!pthread_join(reader, NULL));
    finish(&s, fd);
}

static void case_fail(void)
{
    struct server s = {0};
    int fd = start(&s);
    char buf[1000];
    size_t n = request(buf, sizeof(buf), "a FAILME");

    NEED(write(fd, buf, n) == -1 && errno == EPERM);
    NEED(read(fd, buf, sizeof(buf)) == -1 && errno == EPERM);
    NEED(send(fd, "x", 1, 0) == -1 && errno == EPERM);
    finish(&s, fd);
    NEED(s.got_len == 0);
}

static void case_cut(void)
{
    struct server s = {.answer = "some words CUTHERE and more\n"};
    int fd = start(&s);
    char buf[100];
    const char *text;

    ask(fd, "x");
    text = read_until(fd, "[cut]");
    NEED(!strcmp(text, "some words [cut]"));
    NEED(readable(fd, 2000) && read(fd, buf, sizeof(buf)) == 0);
    finish(&s, fd);
}

/* What was held comes before the end, whatever the end is. */
static void case_tail(void)
{
    struct server s = {.answer = "no end of line", .end = true};
    int fd = start(&s);
    char buf[100] = "";
    size_t n = 0;

    ask(fd, "x");
    while (n < 14) {
        NEED(readable(fd, 2000));
        n += (size_t)read(fd, buf + n, 3);
    }
    NEED(!strcmp(buf, "no end of line"));
    NEED(readable(fd, 2000) && read(fd, buf, 1) == 0 && read(fd, buf, 1) == 0);
    finish(&s, fd);
    s = (struct server){.answer = "no end of line", .reset = true};
    fd = start(&s);
    ask(fd, "x");
    for (n = 0; n < 14; n += 2)
        NEED(readable(fd, 2000) && recv(fd, buf + n, 2, MSG_WAITALL) == 2);
    NEED(!strcmp(buf, "no end of line"));
    NEED(readable(fd, 2000));
    NEED(read(fd, buf, 1) == -1 && errno == ECONNRESET);
    NEED(read(fd, buf, 1) == 0);
    finish(&s, fd);
}

static void case_peek(void)
{
    struct server s = {.answer = "0123456789 TOYECHO\n"};
    int fd = start(&s);
    char buf[100] = "";
    struct iovec iov[2] = {{buf, 4}, {buf + 4, 90}};
    struct msghdr m = {.msg_iov = iov, .msg_iovlen = 2};
    int n;

    NEED(recv(fd, buf, 1, MSG_PEEK | MSG_DONTWAIT) == -1 && errno == EAGAIN);
    ask(fd, "x");
    NEED(recv(fd, buf, 1, MSG_PEEK) == 1 && buf[0] == '0');
    NEED(recv(fd, buf, sizeof(buf), MSG_PEEK) == 19);
    NEED(!memcmp(buf, "0123456789 toyecho\n", 19));
    NEED(recvmsg(fd, &m, MSG_PEEK) >= 4 && !memcmp(buf, "0123", 4));
    NEED(!ioctl(fd, FIONREAD, &n) && n == 19);
    NEED(recv(fd, buf, 5, 0) == 5);
    NEED(!ioctl(fd, FIONREAD, &n) && n == 14);
    NEED(recv(fd, buf, 3, MSG_PEEK) == 3 && !memcmp(buf, "567", 3));
    NEED(readable(fd, 0));
    NEED(recv(fd, NULL, 6, MSG_TRUNC) == 6);
    NEED(recv(fd, buf, sizeof(buf), 0) == 8 && !memcmp(buf, "toyecho\n", 8));
    NEED(!readable(fd, 0) && !ioctl(fd, FIONREAD, &n) && n == 0);
    NEED(recv(fd, buf, 1, MSG_DONTWAIT) == -1 && errno == EAGAIN);
    NEED(recv(fd, buf, 0, MSG_DONTWAIT) == 0 || errno == EAGAIN);
    finish(&s, fd);
}

static void case_waitall(void)
{
    struct server s = {.answer = "0123456789abcdef\n", .piece = 3};
    int fd = start(&s);
    char buf[100] = "";

    ask(fd, "x");
    NEED(recv(fd, buf, 17, MSG_WAITALL) == 17);
    NEED(!strcmp(buf, "0123456789abcdef\n"));
    finish(&s, fd);
    s = (struct server){.answer = "0123456789", .end = true};
    fd = start(&s);
    ask(fd, "x");
    NEED(recv(fd, buf, 17, MSG_WAITALL) == 10);
    NEED(recv(fd, buf, 17, MSG_WAITALL) == 0);
    finish(&s, fd);
}

/* A timeout of the socket's own, as without us. */
static void case_timeout(void)
{
    struct server s = {.answer = "abc"}; /* held: no line end */
    int fd = start(&s);
    struct timeval tv = {.tv_usec = 100000};
    char buf[10];

    NEED(!setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)));
    ask(fd, "x");
    NEED(read(fd, buf, sizeof(buf)) == -1 && errno == EAGAIN);
    finish(&s, fd);
}

/* --- cases: waiting --------------------------------------------------------
 */

#define LONG 3000

static char *long_answer(void)
{
    char *p = malloc(LONG + 1);

    NEED(p != NULL);
    for (int i = 0; i < LONG; i++)
        p[i] = i % 50 == 49 ? '\n' : (char)('a' + i % 50 % 26);
    p[LONG] = '\0';
    return p;
}

/* Byte by byte, and never read but when it is said that there is something. */
static void case_visible(void)
{
    char *want = long_answer(), *have = calloc(1, LONG + 1);
    struct server s = {.answer = want, .piece = 101};
    int fd = start(&s);
    size_t n = 0;

    unblock(fd);
    ask(fd, "x");
    while (n < LONG) {
        fd_set set;
        struct timeval tv = {2, 0};

        FD_ZERO(&set);
        FD_SET(fd, &set);
        if (n % 2)
            NEED(select(fd + 1, &set, NULL, NULL, &tv) == 1);
        else
            NEED(readable(fd, 2000));
        ssize_t rc = read(fd, have + n, n % 3 + 1);

        NEED(rc > 0 || (rc == -1 && errno == EAGAIN));
        n += rc > 0 ? (size_t)rc : 0;
    }
    NEED(!memcmp(want, have, LONG) && !readable(fd, 20));
    finish(&s, fd);
    free(want);
    free(have);
}

/* `until`: a short read is taken for the last; else EAGAIN is waited for. */
static void edges(uint32_t events, bool until_short, size_t step, int piece)
{
    char *want = long_answer(), *have = calloc(1, LONG + 1);
    struct server s = {.answer = want, .piece = piece};
    int fd = start(&s), ep = epoll_create1(0);
    struct epoll_event e = {.events = EPOLLIN | events, .data.fd = fd};
    size_t n = 0;

    unblock(fd);
    NEED(!epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e));
    ask(fd, "x");
    while (n < LONG) {
        ssize_t rc;

        NEED(epoll_wait(ep, &e, 1, 2000) == 1);
        do {
            size_t k = step < LONG - n ? step : LONG - n;

            rc = read(fd, have + n, k);
            NEED(rc > 0 || (rc == -1 && errno == EAGAIN));
            n += rc > 0 ? (size_t)rc : 0;
            if (until_short && rc < (ssize_t)k)
                break;
        } while (events && rc > 0 && n < LONG);
    }
    NEED(!memcmp(want, have, LONG));
    ask(fd, "BLOCKME");
    NEED(epoll_wait(ep, &e, 1, 2000) == 1);
    read_until(fd, "policy_block");
    close(ep);
    finish(&s, fd);
    free(want);
    free(have);
}

static void case_epoll(void)
{
    static const size_t steps[] = {1, 64, 1000, 16384};

    for (size_t i = 0; i < 4; i++)
        for (int piece = 17; piece < 5000; piece *= 17) {
            edges(0, false, steps[i], piece);
            edges(EPOLLET, false, steps[i], piece);
            edges(EPOLLET, true, steps[i], piece);
        }
}

/* Nothing is said to be there while all that came is held. */
static void case_held(void)
{
    struct server s = {.answer = "abcdef"};
    int fd = start(&s);
    char buf[10];

    unblock(fd);
    ask(fd, "x");
    usleep(50000);
    NEED(read(fd, buf, 1) == -1 && errno == EAGAIN);
    NEED(!readable(fd, 0));
    finish(&s, fd);
}

/* --- cases: writing --------------------------------------------------------
 */

#define LARGE 2000000

static char *large_request(size_t *ret_len)
{
    char *p = malloc(LARGE + 200);
    int head;

    NEED(p != NULL);
    head = sprintf(p,
                   "POST / HTTP/1.1\r\nHost: localhost\r\n"
                   "Content-Length: %d\r\n\r\n",
                   LARGE);
    for (int i = 0; i < LARGE; i++)
        p[head + i] = (char)('a' + i % 17);
    memcpy(p + head + LARGE / 2, "LONGWORD", 8);
    *ret_len = (size_t)head + LARGE;
    return p;
}

/* A slow peer and small buffers: in what pieces the application may write. */
static void slow(size_t step, bool blocking)
{
    struct server s = {.pause_us = 200, .small = 8192, .answer = "done\n"};
    int fd, small = 8192;
    size_t n, at = 0, again = 0;
    char *p = large_request(&n);

    listen_at(&s);
    fd = connect_to(&s, blocking ? 0 : SOCK_NONBLOCK);
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
    while (at < n) {
        size_t k = step < n - at ? step : n - at;
        struct pollfd w = {.fd = fd, .events = POLLOUT};
        ssize_t rc = send(fd, p + at, k, MSG_NOSIGNAL);

        if (rc < 0) {
            NEED(!blocking && errno == EAGAIN);
            again++;
            NEED(poll(&w, 1, 10000) == 1);
        } else {
            NEED(rc > 0 && (!blocking || rc == (ssize_t)k));
            at += (size_t)rc;
        }
    }
    NEED(blocking || again > 0);
    NEED(readable(fd, 20000));
    read_until(fd, "done\n");
    finish(&s, fd);
    NEED(s.got_len == n + 10 && !came(&s, "LONGWORD"));
    NEED(came(&s, "a-much-longer-word"));
    free(p);
}

static void case_slow(void)
{
    slow(LARGE + 200, false);
    slow(10000, false);
    slow(LARGE + 200, true);
    slow(9999, true);
}

/* Who gives other bytes than those that were not taken is stopped. */
static void case_changed(void)
{
    struct server s = {.pause_us = 100000, .small = 8192};
    int fd, small = 8192;
    size_t n;
    char *p = large_request(&n);

    listen_at(&s);
    fd = connect_to(&s, SOCK_NONBLOCK);
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
    NEED(send(fd, p, n, MSG_NOSIGNAL) == (ssize_t)n - 1);
    NEED(send(fd, "#", 1, MSG_NOSIGNAL) == -1 && errno == EPERM);
    s.pause_us = 0;
    finish(&s, fd);
    free(p);
}

static void case_half_close(void)
{
    struct server s = {.late = true};
    int fd = start(&s);
    char buf[10];

    ask(fd, "LONGWORD");
    read_until(fd, "longer-word\n");
    NEED(!shutdown(fd, SHUT_WR));
    read_until(fd, "late\n");
    NEED(read(fd, buf, sizeof(buf)) == 0);
    finish(&s, fd);
}

static void *write_many(void *arg)
{
    for (int i = 0; i < 200; i++)
        ask(*(int *)arg, "LONGWORD");
    return NULL;
}

/* One thread sends, another receives. */
static void case_threads(void)
{
    struct server s = {0};
    int fd = start(&s);
    pthread_t writer;
    size_t n = 0, lines = 0;
    char buf[100];

    NEED(!pthread_create(&writer, NULL, write_many, &fd));
    while (lines < 200) {
        ssize_t rc = read(fd, buf, sizeof(buf));

        NEED(rc > 0);
        n += (size_t)rc;
        for (ssize_t i = 0; i < rc; i++) /* CR LF in the head */
            lines += buf[i] == '\n' && (i == 0 || buf[i - 1] == 'd');
        if (n > 100000)
            break;
    }
    NEED(!pthread_join(writer, NULL));
    finish(&s, fd);
    NEED(!came(&s, "LONGWORD"));
}

static int apart[2]; /* of nobody's business */
static _Atomic int signals;

/* What a handler may do, wherever it interrupts: errno stays as well. */
static void on_signal(int sig)
{
    int saved = errno;
    char buf[4];

    (void)sig;
    if (write(apart[0], "GET ", 4) != 4 || read(apart[1], buf, 4) != 4 ||
        close(dup(apart[0])))
        _exit(1);
    signals++;
    errno = saved;
}

static void case_signals(void)
{
    struct sigaction act = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    struct itimerval often = {{0, 200}, {0, 200}}, never = {{0, 0}, {0, 0}};

    NEED(!socketpair(AF_UNIX, SOCK_STREAM, 0, apart));
    NEED(!sigaction(SIGALRM, &act, NULL));
    NEED(!setitimer(ITIMER_REAL, &often, NULL));
    for (int i = 0; i < 50 || signals < 20; i++) {
        struct server s = {0};
        int fd = start(&s);

        ask(fd, "LONGWORD");
        read_until(fd, "longer-word\n");
        NEED(!came(&s, "LONGWORD"));
        finish(&s, fd);
    }
    NEED(!setitimer(ITIMER_REAL, &never, NULL));
}

static void *read_closed(void *arg)
{
    char buf[100];
    ssize_t rc = read(*(int *)arg, buf, sizeof(buf));

    NEED(rc <= 0 || !memchr(buf, '#', (size_t)rc));
    return NULL;
}

/* A descriptor is closed while a thread waits on it, and comes again as
 * another socket: the thread takes nothing from that. */
static void case_closed(void)
{
    struct server s = {.after_us = 200000};
    int fd = start(&s), pair[2];
    pthread_t reader;
    char buf[2];

    ask(fd, "x");
    read_until(fd, "x\n");
    NEED(dup2(fd, 90) == 90 && !close(fd));
    fd = 90;
    NEED(!pthread_create(&reader, NULL, read_closed, &fd));
    usleep(50000);
    NEED(!socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
    NEED(dup2(pair[0], 90) == 90);
    NEED(write(pair[1], "##", 2) == 2);
    NEED(!pthread_join(reader, NULL));
    NEED(read(90, buf, 2) == 2);
    close(90);
    finish(&s, -1);
}

/* --- cases: descriptors -----------------------------------------------------
 */

/* Above the table there is no guard, and so no copy. Not every user may. */
static void dup_high(void)
{
    struct rlimit old, many = {70000, 70000};
    struct server s = {0};
    int fd = start(&s);

    NEED(!getrlimit(RLIMIT_NOFILE, &old));
    if (!setrlimit(RLIMIT_NOFILE, &many)) {
        NEED(fcntl(fd, F_DUPFD, 65536) == -1 && errno == EMFILE);
        NEED(dup2(fd, 65536) == -1 && errno == EMFILE);
        NEED(fcntl(65536, F_GETFD) == -1 && errno == EBADF);
        NEED(dup2(2, 65536) == 65536 && !close(65536));
        NEED(!setrlimit(RLIMIT_NOFILE, &old));
    }
    ask(fd, "LONGWORD");
    read_until(fd, "longer-word\n");
    finish(&s, fd);
}

static void case_dup(void)
{
    dup_high();
    for (int how = 0; how < 5; how++) {
        struct server s = {0};
        int fd = start(&s), other;

        switch (how) {
        case 0:
            other = dup(fd);
            break;
        case 1:
            other = dup2(fd, 100);
            break;
        case 2:
            other = dup3(fd, 100, O_CLOEXEC);
            break;
        case 3:
            other = fcntl(fd, F_DUPFD, 50);
            break;
        default:
            other = fcntl(fd, F_DUPFD_CLOEXEC, 50);
        }
        NEED(other >= 0);
        ask(other, "LONGWORD");
        read_until(fd, "longer-word\n");
        NEED(dup2(fd, fd) == fd);
        NEED(!close(fd));
        ask(other, "LONGWORD");
        read_until(other, "longer-word\n");
        ask(other, "BLOCKME");
        NEED(readable(other, 2000));
        read_until(other, "policy_block");
        NEED(!came(&s, "LONGWORD") && !came(&s, "BLOCKME"));
        finish(&s, other);
    }
}

/* A server that speaks first on a declared port is not passed by. */
static void case_greeting(void)
{
    struct server s = {.greeting = "220 TOYECHO\n"};
    int fd = start(&s);
    char buf[10];

    read_until(fd, "220 toyecho\n");
    ask(fd, "LONGWORD");
    read_until(fd, "longer-word\n");
    finish(&s, fd);
    s = (struct server){0};
    fd = start(&s);
    unblock(fd);
    NEED(read(fd, buf, 1) == -1 && errno == EAGAIN);
    NEED(write(fd, "\x16\x03\x01 TLS\r\n\r\n", 11) == 11);
    NEED(readable(fd, 2000) && marker()->guarded == 1);
    finish(&s, fd);
}

/* A connection on a descriptor that nothing else gets by chance. */
static int start_high(struct server *s)
{
    int fd;

    *s = (struct server){0};
    fd = start(s);
    NEED(dup2(fd, 90) == 90 && !close(fd));
    ask(90, "x");
    read_until(90, "x\n");
    return 90;
}

/* Closed behind our back, and the number comes again. */
static void case_reuse(void)
{
    struct server s;
    char name[] = "/tmp/reuse-XXXXXX", buf[10] = "";
    int fd = start_high(&s), file, pair[2];

    NEED(!syscall(SYS_close, fd));
    file = mkstemp(name);
    NEED(syscall(SYS_dup3, file, fd, 0) == fd);
    NEED(write(fd, "POST BLOCKME", 12) == 12 && !lseek(fd, 0, SEEK_SET));
    NEED(read(fd, buf, 4) == 4 && !strcmp(buf, "POST"));
    NEED(!close(file) && !unlink(name));
    finish(&s, fd);
    NEED(!socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
    fd = start_high(&s);
    NEED(syscall(SYS_dup3, pair[0], fd, 0) == fd);
    NEED(write(fd, "BLOCKME", 7) == 7 && read(pair[1], buf, 7) == 7);
    finish(&s, fd);
    /* What dup2 closes is gone as well. */
    fd = start_high(&s);
    NEED(dup2(pair[0], fd) == fd);
    NEED(write(fd, "BLOCKME", 7) == 7 && read(pair[1], buf, 7) == 7);
    close(pair[0]);
    close(pair[1]);
    finish(&s, fd);
}

static void *many(void *arg)
{
    for (int i = 0; i < 30; i++) {
        struct sockaddr_storage a;
        socklen_t len = address(AF_INET, &a);
        int fd = socket(AF_INET, SOCK_STREAM, 0);

        (void)!connect(fd, (struct sockaddr *)&a, len);
        close(dup(fd));
        close(fd);
        usleep(500);
    }
    return arg;
}

/* A child's own connection, where the parent had none that is declared. */
static void fork_first(void)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(1)};
    int fd = socket(AF_INET, SOCK_STREAM, 0), status;
    struct server s = {0};
    pid_t pid;

    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    NEED(connect(fd, (struct sockaddr *)&a, sizeof(a)) == -1);
    close(fd);
    listen_at(&s);
    pid = fork();
    NEED(pid >= 0);
    if (pid == 0) {
        fd = connect_to(&s, 0);
        ask(fd, "LONGWORD");
        read_until(fd, "longer-word\n");
        _exit(0);
    }
    NEED(waitpid(pid, &status, 0) == pid && status == 0);
    finish(&s, -1);
}

/* A sandbox whose kernel knows no MADV_WIPEONFORK, and says EINVAL. */
static void case_sandbox(void)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_madvise, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
                 offsetof(struct seccomp_data, args[2])),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, MADV_WIPEONFORK, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EINVAL),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog filter = {sizeof(code) / sizeof(*code), code};

    NEED(!prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
    NEED(!prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter));
    fork_first();
    fork_first();
}

static void case_fork(void)
{
    pthread_t t[2];
    int status;

    fork_first();

    for (size_t i = 0; i < 2; i++)
        NEED(!pthread_create(&t[i], NULL, many, NULL));
    for (int i = 0; i < 2; i++)
        NEED(!pthread_join(t[i], NULL));
    for (int i = 0; i < 10; i++) {
        struct server s = {0};
        int fd = start(&s);
        pid_t pid = fork();

        NEED(pid >= 0);
        if (pid == 0) {
            alarm(20);
            ask(fd, "LONGWORD");
            read_until(fd, "longer-word\n");
            ask(fd, "BLOCKME");
            read_until(fd, "policy_block");
            close(fd);
            _exit(0);
        }
        NEED(waitpid(pid, &status, 0) == pid && status == 0);
        NEED(!came(&s, "LONGWORD") && !came(&s, "BLOCKME"));
        finish(&s, fd);
    }
}

/* What a child of vfork does to its descriptors, it does not do to ours. */
static void case_vfork(void)
{
    struct server s = {0};
    int fd = start(&s), other = open("/dev/null", O_WRONLY), status;
    pid_t pid = vfork();

    NEED(pid >= 0);
    if (pid == 0) {
        dup2(fd, 77);
        close(fd);
        if (other != fd) /* another file of its number, behind our back */
            syscall(SYS_dup3, other, fd, 0);
        if (write(fd, "x", 1) != 1)
            _exit(1);
        _exit(0);
    }
    NEED(waitpid(pid, &status, 0) == pid && status == 0);
    ask(fd, "LONGWORD");
    read_until(fd, "longer-word\n");
    NEED(!came(&s, "LONGWORD"));
    finish(&s, fd);
    close(other);
}

/* --- cases: connecting ------------------------------------------------------
 */

/* What the kernel refuses to connect anew stays what it is. */
static void connect_in_vain(void)
{
    struct server s = {0};
    struct sockaddr_storage a;
    struct sockaddr_in other = {.sin_family = AF_INET, .sin_port = htons(1)};
    struct sockaddr local = {.sa_family = AF_UNIX};
    int fd = start(&s);

    other.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address(AF_INET, &a);
    NEED(connect(fd, (struct sockaddr *)&other, sizeof(other)) == -1);
    NEED(connect(fd, &local, sizeof(local)) == -1 && errno == EISCONN);
    NEED(connect(fd, (struct sockaddr *)&a, 1) == -1 && errno == EINVAL);
    NEED(connect(fd, NULL, sizeof(a)) == -1 && errno == EFAULT);
    say(fd, "POST / HTTP/1.1\r\nContent-Length: 7\r\n\r\nBLOCKME");
    read_until(fd, "policy_block");
    NEED(!came(&s, "BLOCKME"));
    finish(&s, fd);
}

static void case_connect(void)
{
    struct server s = {0};
    struct sockaddr_storage a;
    struct sockaddr none = {.sa_family = AF_UNSPEC};
    socklen_t len = address(AF_INET, &a);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), error;
    struct pollfd w = {.fd = fd, .events = POLLOUT};
    socklen_t size = sizeof(error);

    /* Refused, told by SO_ERROR; the same socket again. */
    NEED(connect(fd, (struct sockaddr *)&a, len) == -1);
    if (errno == EINPROGRESS) {
        NEED(poll(&w, 1, 2000) == 1);
        NEED(!getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size));
        NEED(error == ECONNREFUSED);
    }
    listen_at(&s);
    while (connect(fd, (struct sockaddr *)&a, len) && errno != EINPROGRESS)
        NEED(errno == ECONNABORTED); /* Linux says once that there was one */
    NEED(poll(&w, 1, 2000) == 1);
    NEED(!connect(fd, (struct sockaddr *)&a, len) || errno == EISCONN);
    ask(fd, "LONGWORD");
    NEED(connect(fd, (struct sockaddr *)&a, len) == -1 && errno == EISCONN);
    NEED(readable(fd, 2000));
    read_until(fd, "longer-word\n");
    NEED(!connect(fd, &none, sizeof(none)));
    NEED(send(fd, "POST BLOCKME", 12, MSG_NOSIGNAL) == -1);
    finish(&s, fd);
    connect_in_vain();
}

static void case_fast_open(void)
{
    struct server s = {0};
    struct sockaddr_storage a;
    struct iovec iov = {(char *)(uintptr_t) "POST", 4};
    struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1, .msg_name = &a};
    struct mmsghdr each = {.msg_hdr = m};
    int fd, on = 1;

    each.msg_hdr.msg_namelen = m.msg_namelen = address(AF_INET, &a);
    listen_at(&s);
    fd = socket(AF_INET, SOCK_STREAM, 0);
    NEED(sendto(fd, "POST", 4, MSG_FASTOPEN, (struct sockaddr *)&a,
                m.msg_namelen) == -1 &&
         errno == EOPNOTSUPP);
    NEED(sendmsg(fd, &m, MSG_FASTOPEN) == -1 && errno == EOPNOTSUPP);
    NEED(sendmmsg(fd, &each, 1, MSG_FASTOPEN) == -1 && errno == EOPNOTSUPP);
    setsockopt(fd, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, &on, sizeof(on));
    NEED(!connect(fd, (struct sockaddr *)&a, m.msg_namelen));
    ask(fd, "LONGWORD");
    read_until(fd, "longer-word\n");
    finish(&s, fd);
}

/* --- cases: what is not ours ------------------------------------------------
 */

static void case_refused(void)
{
    struct server s = {0};
    struct iovec iov[] = {{(char *)(uintptr_t) "POST", 4}, {NULL, 1}};
    void *volatile nothing = NULL; /* of which the compiler must not know */
    int fd = start(&s), pipes[2];
    char buf[8];

    NEED(!pipe(pipes) && write(pipes[1], "x", 1) == 1);
    NEED(splice(pipes[0], NULL, fd, NULL, 1, 0) == -1 && errno == EINVAL);
    NEED(splice(fd, NULL, pipes[1], NULL, 1, 0) == -1 && errno == EINVAL);
    NEED(send(fd, "x", 1, MSG_OOB) == -1 && errno == EOPNOTSUPP);
    NEED(!fdopen(fd, "r+") && errno == EOPNOTSUPP);
    NEED(pwritev2(fd, iov, 1, -1, 0) == -1 && errno == EOPNOTSUPP);
    NEED(preadv2(fd, iov, 1, -1, 0) == -1 && errno == EOPNOTSUPP);
    NEED(dprintf(fd, "x%d", 1) == -1 && errno == EOPNOTSUPP);
    NEED(dprintf(pipes[1], "%s-%d", "y", 12) == 4);
    NEED(read(pipes[0], buf, sizeof(buf)) == 5 && !memcmp(buf, "xy-12", 5));
    NEED(write(pipes[1], "x", 1) == 1);
    NEED(write(fd, nothing, 1) == -1 && errno == EFAULT);
    NEED(writev(fd, iov, 2) == -1 && errno == EFAULT);
    NEED(writev(fd, nothing, 1) == -1 && errno == EFAULT);
    NEED(dup2(fd, 1) == -1 && errno == EOPNOTSUPP);
    NEED(dup3(fd, 0, O_CLOEXEC) == -1 && errno == EOPNOTSUPP);
    NEED(splice(pipes[0], NULL, pipes[1], NULL, 1, 0) == -1 &&
         errno == EINVAL); /* the same pipe: the kernel's own word */
    ask(fd, "LONGWORD");
    read_until(fd, "longer-word\n");
    NEED(recv(fd, nothing, 1, MSG_DONTWAIT) == -1 && errno == EFAULT);
    NEED(readv(fd, iov + 1, 1) == -1 && errno == EFAULT);
    finish(&s, fd);
    NEED(came(&s, "a-much-longer-word") && !came(&s, "xPOST"));
}

/* A request that lies in a file, its position told or not. */
static void case_sendfile(void)
{
    for (int how = 0; how < 2; how++) {
        struct server s = {0};
        char name[] = "/tmp/sendfile-XXXXXX", buf[1000];
        int fd = start(&s), file = mkstemp(name);
        size_t n = request(buf, sizeof(buf), "LONGWORD");
        off_t at = 3;

        NEED(file >= 0 && !unlink(name));
        NEED(write(file, "...", 3) == 3 && write(file, buf, n) == (ssize_t)n);
        NEED(lseek(file, how ? 0 : 3, SEEK_SET) == (how ? 0 : 3));
        NEED(sendfile(fd, file, how ? &at : NULL, 20) == 20);
        NEED(sendfile(fd, file, how ? &at : NULL, 5000) == (ssize_t)n - 20);
        NEED(sendfile(fd, file, how ? &at : NULL, 5000) == 0);
        NEED(!how || at == (off_t)n + 3);
        NEED(lseek(file, 0, SEEK_CUR) == (how ? 0 : (off_t)n + 3));
        read_until(fd, "longer-word\n");
        NEED(!came(&s, "LONGWORD"));
        close(file);
        finish(&s, fd);
    }
}

/* TLS is another door's. */
static void case_tls(void)
{
    struct server s = {0};
    int fd = start(&s);
    static const char hello[] = "\x16\x03\x01 BLOCKME \r\n\r\n";

    NEED(write(fd, hello, sizeof(hello) - 1) == sizeof(hello) - 1);
    read_until(fd, "200 OK");
    NEED(came(&s, "BLOCKME") && marker()->guarded == 0);
    finish(&s, fd);
}

/* The engine lets the connection pass: from then on the real functions. */
static void case_to_pass(void)
{
    static const char first[] =
        "GET / HTTP/1.1\r\nHost: other\r\nx-pass: 1\r\n\r\n";
    struct server s = {0};
    int fd = start(&s);

    NEED(write(fd, first, sizeof(first) - 1) == sizeof(first) - 1);
    read_until(fd, "\r\n\r\n\n");
    ask(fd, "LONGWORD BLOCKME");
    read_until(fd, "LONGWORD BLOCKME\n");
    NEED(marker()->passed == 1);
    finish(&s, fd);
}

/* Another port than the declared one: nothing of it is looked at... */
static void case_other(void)
{
    struct server s = {0};
    int fd = start(&s);

    ask(fd, "LONGWORD BLOCKME");
    read_until(fd, "LONGWORD BLOCKME\n");
    NEED(marker()->guarded == 0 && marker()->state == SHIM_IDLE);
    finish(&s, fd);
}

/* ... but what is said to a declared host through a proxy, or by another way
 * than its address. Run with PORT and SALLYPORT_HOSTS=llm.test:81. */
static void case_proxy(void)
{
    struct server s = {0};
    int fd = start(&s);

    say(fd, "GET / HTTP/1.1\r\nHost: llm.test:82\r\nContent-Length: 7\r\n\r\n"
            "BLOCKME");
    read_until(fd, "BLOCKME\n");
    finish(&s, fd);
    s = (struct server){0};
    fd = start(&s);
    say(fd, "GET http://pass.test/ HTTP/1.1\r\nHost: pass.test\r\n"
            "Content-Length: 7\r\n\r\nBLOCKME");
    read_until(fd, "BLOCKME\n");
    say(fd, "POST http://pass.test/ HTTP/1.1\r\nHost: pass.test\r\n"
            "Content-Length: 7\r\n\r\n");
    say(fd, "BLOCKME"); /* a body that is written by itself */
    read_until(fd, "BLOCKME\n");
    NEED(marker()->state == SHIM_IDLE);
    say(fd, "POST http://llm.test:81/ HTTP/1.1\r\nHost: llm.test:81\r\n"
            "Content-Length: 7\r\n\r\nBLOCKME");
    read_until(fd, "policy_block");
    finish(&s, fd);
    s = (struct server){0};
    fd = start(&s);
    say(fd, "CONNECT llm.test:81 HTTP/1.1\r\n");
    say(fd, "\r\n");
    read_until(fd, "200 OK\r\nContent-Length: 1\r\n\r\n\n");
    ask(fd, "BLOCKME");
    read_until(fd, "policy_block");
    finish(&s, fd);
    s = (struct server){0};
    fd = start(&s);
    say(fd, "CONNECT llm.test:81 HTTP/1.1\r\n\r\n");
    read_until(fd, "200 OK\r\nContent-Length: 1\r\n\r\n\n");
    say(fd, "\x16\x03\x01 BLOCKME\r\n\r\n");
    read_until(fd, "200 OK");
    NEED(came(&s, "BLOCKME"));
    finish(&s, fd);
    s = (struct server){0};
    fd = start(&s);
    say(fd, "\x05\x01");
    say(fd, "\x05\x01\x01\x03");
    say(fd, "GET / HTTP/1.1\r\nHost: llm.test:81\r\nContent-Length: 7\r\n\r\n"
            "BLOCKME");
    read_until(fd, "policy_block");
    finish(&s, fd);
}

/* A host without a port: any port, but other protocols are let through. Run
 * with SALLYPORT_HOSTS=localhost. */
static void case_any_port(void)
{
    struct server s = {0};
    int fd = start(&s);

    say(fd, "P");
    say(fd, "OST / HTTP/1.1\r\nContent-Length: 7\r\n\r\nBLOCKME");
    read_until(fd, "policy_block");
    finish(&s, fd);
    s = (struct server){0};
    fd = start(&s);
    say(fd, "EHLO BLOCKME\r\n\r\n");
    read_until(fd, "200 OK");
    finish(&s, fd);
    s = (struct server){0};
    fd = start(&s);
    say(fd, "GET http://pass.test/ HTTP/1.1\r\nContent-Length: 7\r\n\r\n"
            "BLOCKME");
    read_until(fd, "BLOCKME\n");
    finish(&s, fd);
    s = (struct server){.greeting = "220 TOYECHO\n"};
    fd = start(&s);
    read_until(fd, "220 TOYECHO\n");
    say(fd, "EHLO BLOCKME\r\n\r\n");
    read_until(fd, "200 OK");
    finish(&s, fd);
}

static const struct {
    const char *name;
    void (*run)(void);
} cases[] = {
    {"forms", case_forms},       {"six", case_six},
    {"block", case_block},       {"wake", case_wake},
    {"fail", case_fail},         {"cut", case_cut},
    {"tail", case_tail},         {"peek", case_peek},
    {"waitall", case_waitall},   {"timeout", case_timeout},
    {"visible", case_visible},   {"epoll", case_epoll},
    {"held", case_held},         {"slow", case_slow},
    {"changed", case_changed},   {"half-close", case_half_close},
    {"threads", case_threads},   {"signals", case_signals},
    {"closed", case_closed},     {"dup", case_dup},
    {"reuse", case_reuse},       {"fork", case_fork},
    {"sandbox", case_sandbox},   {"vfork", case_vfork},
    {"connect", case_connect},   {"fast-open", case_fast_open},
    {"refused", case_refused},   {"greeting", case_greeting},
    {"sendfile", case_sendfile}, {"tls", case_tls},
    {"to-pass", case_to_pass},   {"other", case_other},
    {"proxy", case_proxy},       {"any-port", case_any_port},
};

int main(int argc, char **argv)
{
    signal(SIGPIPE, SIG_IGN);
    alarm(120);
    port = argc > 2 ? atoi(argv[2]) : 0;
    for (size_t i = 0; port && i < sizeof(cases) / sizeof(*cases); i++) {
        if (!strcmp(cases[i].name, argv[1])) {
            cases[i].run();
            return 0;
        }
    }
    fprintf(stderr, "usage: prog_sock CASE PORT\n");
    return 2;
}
