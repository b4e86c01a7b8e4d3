/*
 * What a program pays that copies through sockets which are nobody's business:
 *
 *     copy MIB PORT
 *
 * copies so much over a TCP connection of 127.0.0.1, in writes of 64 KB, and
 * then sends a hundred thousand messages of 64 bytes there and back. Prints the
 * seconds of both. A connection to PORT, which a policy may declare, is open
 * all the while, so that the shim has a descriptor to tell the others from.
 */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define PIECE    65536
#define MESSAGES 100000
#define MESSAGE  64

struct end {
    int fd;
    size_t mib;
};

static void need(int good, const char *what)
{
    if (!good) {
        perror(what);
        exit(1);
    }
}

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void read_all(int fd, char *p, size_t n)
{
    while (n > 0) {
        ssize_t rc = read(fd, p, n);

        need(rc > 0, "read");
        p += rc;
        n -= (size_t)rc;
    }
}

static void write_all(int fd, const char *p, size_t n)
{
    while (n > 0) {
        ssize_t rc = write(fd, p, n);

        need(rc > 0, "write");
        p += rc;
        n -= (size_t)rc;
    }
}

static void *far_end(void *arg)
{
    const struct end *e = arg;
    static char buf[PIECE];

    for (size_t i = 0; i < e->mib * 16; i++)
        read_all(e->fd, buf, PIECE);
    for (int i = 0; i < MESSAGES; i++) {
        read_all(e->fd, buf, MESSAGE);
        write_all(e->fd, buf, MESSAGE);
    }
    return NULL;
}

/* Connected to a port of 127.0.0.1, 0: any; *ret_far is the other end. */
static int connected(uint16_t port, int *ret_far)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};
    socklen_t len = sizeof(a);
    int listener = socket(AF_INET, SOCK_STREAM, 0), on = 1, fd;

    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    need(!bind(listener, (struct sockaddr *)&a, sizeof(a)), "bind");
    need(!listen(listener, 1), "listen");
    need(!getsockname(listener, (struct sockaddr *)&a, &len), "getsockname");
    fd = socket(AF_INET, SOCK_STREAM, 0);
    need(!connect(fd, (struct sockaddr *)&a, sizeof(a)), "connect");
    *ret_far = accept(listener, NULL, NULL);
    need(*ret_far >= 0, "accept");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    setsockopt(*ret_far, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    close(listener);
    return fd;
}

int main(int argc, char **argv)
{
    static char buf[PIECE];
    struct end far = {.mib = argc > 2 ? (size_t)atoi(argv[1]) : 0};
    pthread_t thread;
    int declared_far, fd;
    double start, middle, end;

    if (argc != 3) {
        fprintf(stderr, "usage: copy MIB PORT\n");
        return 2;
    }
    (void)connected((uint16_t)atoi(argv[2]), &declared_far);
    fd = connected(0, &far.fd);
    need(!pthread_create(&thread, NULL, far_end, &far), "pthread_create");
    start = now();
    for (size_t i = 0; i < far.mib * 16; i++)
        write_all(fd, buf, PIECE);
    middle = now();
    for (int i = 0; i < MESSAGES; i++) {
        write_all(fd, buf, MESSAGE);
        read_all(fd, buf, MESSAGE);
    }
    end = now();
    need(!pthread_join(thread, NULL), "pthread_join");
    printf("%.4f %.4f\n", middle - start, end - middle);
    return 0;
}
