#include "hooks/curlcall.h"

#include <errno.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/limits.h"
#include "hooks/curltwin.h"
#include "hooks/load.h"
#include "hooks/marker.h"

#define PIECE (16 * KIB) /* read from the program at once */

/* --- the local socket ---------------------------------------------------- */

static void close_fd(int *fd)
{
    if (*fd >= 0)
        (void)syscall(SYS_close, *fd);
    *fd = -1;
}

/* The kernel gives it a name that nobody has (unix(7), autobind). */
bool call_open(struct guard *g, char *ret_name)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    socklen_t len = sizeof(a);
    size_t n;

    g->listener = (int)syscall(SYS_socket, AF_UNIX,
                               SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (g->listener < 0 ||
        syscall(SYS_bind, g->listener, &a, sizeof(sa_family_t)) ||
        syscall(SYS_getsockname, g->listener, &a, &len) ||
        (!g->shut && syscall(SYS_listen, g->listener, 4)))
        return false;
    n = len - offsetof(struct sockaddr_un, sun_path);
    if (n < 2 || n > CALL_NAME)
        return false;
    memcpy(ret_name, a.sun_path + 1, n - 1); /* behind the NUL of such names */
    ret_name[n - 1] = '\0';
    return true;
}

/* Such a name can be called by anybody. */
static bool is_own(int fd)
{
    struct ucred peer;
    socklen_t len = sizeof(peer);

    return !syscall(SYS_getsockopt, fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) &&
           peer.pid == (pid_t)syscall(SYS_getpid);
}

/* --- the connection ------------------------------------------------------ */

static struct str queued(const struct guard *g)
{
    return g->conn ? g->api->conn_ready(g->conn, DIR_RECV) : g->answer;
}

size_t call_queued(const struct guard *g)
{
    return queued(g).len;
}

static void taken(struct guard *g, size_t n)
{
    if (g->conn)
        g->api->conn_taken(g->conn, DIR_RECV, n);
    else
        g->answer = str_skip(g->answer, n);
}

static bool is_refused(const struct guard *g)
{
    enum conn_state st = g->conn ? g->api->conn_state(g->conn) : CONN_OPEN;

    return st == CONN_BLOCKED || st == CONN_FAILED;
}

/* All that may go to the program goes, and behind the last of it the end. */
static void flush(struct guard *g)
{
    struct str q;
    long n;

    while (g->fd >= 0 && (q = queued(g)).len > 0) {
        n = syscall(SYS_sendto, g->fd, q.ptr, q.len,
                    MSG_DONTWAIT | MSG_NOSIGNAL, NULL, 0);
        if (n <= 0)
            return;
        taken(g, (size_t)n);
    }
    if (g->fd >= 0 && (g->ending || is_refused(g)) && !g->ended) {
        g->ended = true;
        (void)syscall(SYS_shutdown, g->fd, SHUT_WR);
    }
}

/* The connection alone: its request and answer are over. */
static void hang_up(struct guard *g)
{
    twin_stop(g->twin);
    if (g->conn)
        g->api->conn_free(g->conn);
    g->conn = NULL;
    g->answer = (struct str){NULL, 0};
    g->ending = g->ended = false;
    close_fd(&g->fd);
}

void call_close(struct guard *g)
{
    hang_up(g);
    close_fd(&g->listener);
}

void call_fail(struct guard *g, const char *why)
{
    if (!g->why)
        g->why = why;
    g->ending = true;
    flush(g);
}

/* libcurl has connected, for the first request or after a redirect. */
static void begin(struct guard *g, int fd)
{
    struct peer peer = {
        .host = str_of(g->target.host),
        .port = g->target.port,
        .door = "curl",
        .unverified = g->unverified,
    };

    hang_up(g);
    g->fd = fd;
    marker_add(&sallyport_marker.guarded);
    if (g->api && !(g->conn = g->api->conn_new(g->engine, &peer)))
        call_fail(g, "Blocked by sallyport: out of memory");
}

static void take_calls(struct guard *g)
{
    int fd;

    while ((fd = (int)syscall(SYS_accept4, g->listener, NULL, NULL,
                              SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0)
        if (is_own(fd))
            begin(g, fd);
        else
            close_fd(&fd);
}

static void feed(struct guard *g, enum dir d, struct str bytes)
{
    bool refused = is_refused(g);

    if (d == DIR_SEND)
        g->api->conn_send(g->conn, bytes);
    else
        g->api->conn_recv(g->conn, bytes);
    if (!refused && g->api->conn_state(g->conn) == CONN_BLOCKED)
        marker_add(&sallyport_marker.blocked);
}

static void judge(struct guard *g, struct str bytes)
{
    if (g->conn) {
        feed(g, DIR_SEND, bytes);
    } else if (!g->api && !g->ending) { /* no engine: refused */
        marker_add(&sallyport_marker.blocked);
        g->answer = load_answer();
        g->ending = true;
    }
}

/* What the program's handle says. It hangs up when its transfer is over. */
static void hear_program(struct guard *g)
{
    char piece[PIECE];
    long n;

    while (g->fd >= 0) {
        n = syscall(SYS_recvfrom, g->fd, piece, sizeof(piece), MSG_DONTWAIT,
                    NULL, NULL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            break;
        if (n <= 0)
            hang_up(g);
        else
            judge(g, (struct str){piece, (size_t)n});
    }
    explicit_bzero(piece, sizeof(piece));
}

void call_heard(struct guard *g, struct str bytes)
{
    if (g->conn)
        feed(g, DIR_RECV, bytes);
    flush(g);
}

void call_heard_end(struct guard *g, bool some)
{
    if (g->conn && some)
        g->api->conn_end(g->conn, DIR_RECV);
    g->ending = true;
    flush(g);
}

bool call_pump(struct guard *g)
{
    if (g->shut)
        return false;
    take_calls(g);
    hear_program(g);
    flush(g);
    return g->conn && g->twin && !g->ending && !is_refused(g) &&
           twin_pump(g->twin);
}
