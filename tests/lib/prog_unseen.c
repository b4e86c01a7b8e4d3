/*
 * A client whose TLS nobody sees: the whole of OpenSSL within it, and nothing
 * of it shown. It carries its ClientHello to the socket itself, in one of many
 * ways, and says what came of it.
 *
 *     prog_unseen HOW[:N] NAME ADDRESS PORT
 *
 * HOW: fd (the library writes), write, send, writev, sendmsg, sendmmsg (pieces
 * of N bytes), records (TLS records of N bytes), thread (another one writes).
 * NAME "-": no name in the hello.
 *
 * "refused ERRNO", "answered" or "closed"; after a refusal it tries to go on,
 * and what then happens is the second word.
 */
/* link: -l:libssl.a -l:libcrypto.a -ldl */
#include <arpa/inet.h>
#include <errno.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#define MAX 16384

static char hello[2 * MAX];
static size_t len;
static int fd;

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static int dial(const char *ip, int port)
{
    struct sockaddr_in a = {.sin_family = AF_INET,
                            .sin_port = htons((uint16_t)port)};
    int s = socket(AF_INET, SOCK_STREAM, 0);

    inet_pton(AF_INET, ip, &a.sin_addr);
    if (s < 0 || connect(s, (struct sockaddr *)&a, sizeof(a)))
        die("connect");
    return s;
}

static SSL *client(const char *name)
{
    SSL *ssl = SSL_new(SSL_CTX_new(TLS_client_method()));

    if (strcmp(name, "-") != 0)
        SSL_set_tlsext_host_name(ssl, name);
    SSL_set_connect_state(ssl);
    return ssl;
}

static void make(const char *name)
{
    SSL *ssl = client(name);
    BIO *out = BIO_new(BIO_s_mem());

    SSL_set_bio(ssl, BIO_new(BIO_s_mem()), out);
    (void)SSL_do_handshake(ssl);
    len = (size_t)BIO_read(out, hello, MAX);
}

/* The message anew, in records of n bytes. */
static void recut(size_t n)
{
    static char old[MAX];
    size_t size = len - 5, done = 0;

    memcpy(old, hello + 5, size);
    for (len = 0; done < size; done += n) {
        size_t part = size - done < n ? size - done : n;

        memcpy(hello + len, "\x16\x03\x01", 3);
        hello[len + 3] = (char)(part >> 8);
        hello[len + 4] = (char)part;
        memcpy(hello + len + 5, old + done, part);
        len += 5 + part;
    }
}

static int each(const char *how, size_t n)
{
    static struct iovec iov[MAX];
    static struct mmsghdr mm[MAX];
    unsigned count = 0;
    ssize_t rc = 0;

    for (size_t done = 0; done < len; done += n) {
        size_t part = len - done < n ? len - done : n;

        iov[count].iov_base = hello + done;
        iov[count].iov_len = part;
        mm[count].msg_hdr.msg_iov = &iov[count];
        mm[count].msg_hdr.msg_iovlen = 1;
        count++;
        if (strcmp(how, "write") == 0)
            rc = write(fd, hello + done, part);
        else if (strcmp(how, "send") == 0)
            rc = send(fd, hello + done, part, MSG_NOSIGNAL);
        if (rc < 0)
            return -1;
    }
    if (strcmp(how, "writev") == 0)
        return writev(fd, iov, (int)count) < 0 ? -1 : 0;
    if (strcmp(how, "sendmsg") == 0)
        return sendmsg(fd,
                       &(struct msghdr){.msg_iov = iov, .msg_iovlen = count},
                       0) < 0
                   ? -1
                   : 0;
    if (strcmp(how, "sendmmsg") == 0)
        for (unsigned done = 0; done < count; done += (unsigned)rc)
            if ((rc = sendmmsg(fd, mm + done, count - done, 0)) < 0)
                return -1;
    return 0;
}

static void *other_thread(void *arg)
{
    return send(fd, hello, len, 0) < 0 ? arg : NULL;
}

static int go(const char *how, size_t n, const char *name)
{
    pthread_t t;
    void *bad = NULL;

    if (strcmp(how, "fd") == 0) {
        SSL *ssl = client(name);

        SSL_set_fd(ssl, fd);
        errno = 0;
        return SSL_connect(ssl) == 1 ? 1 : -1;
    }
    make(name);
    if (strcmp(how, "records") == 0) {
        recut(n);
        return each("send", MAX);
    }
    if (strcmp(how, "thread") == 0) {
        pthread_create(&t, NULL, other_thread, hello);
        pthread_join(t, &bad);
        return bad ? -1 : 0;
    }
    return each(how, n);
}

int main(int argc, char **argv)
{
    char how[32], c;
    size_t n = MAX;

    if (argc != 5 || sscanf(argv[1], "%31[a-z]:%zu", how, &n) < 1 || n == 0)
        return 2;
    signal(SIGPIPE, SIG_DFL);
    fd = dial(argv[3], atoi(argv[4]));
    switch (go(how, n, argv[2])) {
    case -1:
        printf("refused %s", errno == EPERM ? "EPERM" : strerror(errno));
        printf(" %s\n", write(fd, "\x15\x03\x01\0\x02\x02P", 7) < 0
                            ? strerror(errno)
                            : "goes on");
        return 3;
    case 1:
        puts("answered");
        return 0;
    }
    puts(read(fd, &c, 1) == 1 ? "answered" : "closed");
    return 0;
}
