/*
 * A library whose constructor calls hooks before the shim's own constructor
 * has run (preload it after the shim: later ones start first). Its exported
 * function tells how that went; its constructor prints what was wrong.
 */
/* link: -lssl -lcrypto */
#include <arpa/inet.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <openssl/bio.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#define NEED(x)                                                                \
    do {                                                                       \
        if (!(x)) {                                                            \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #x);    \
            _exit(1);                                                          \
        }                                                                      \
    } while (0)

int early_done(void);

static int done;

__attribute__((visibility("default"))) int early_done(void)
{
    return done;
}

static void sockets(void)
{
    char buf[4] = "abc";
    struct iovec iov = {buf, 3};
    struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1};
    struct mmsghdr mm = {.msg_hdr = m};
    int fd[2];

    NEED(!socketpair(AF_UNIX, SOCK_STREAM, 0, fd));
    NEED(write(fd[0], buf, 3) == 3 && read(fd[1], buf, 3) == 3);
    NEED(writev(fd[0], &iov, 1) == 3 && readv(fd[1], &iov, 1) == 3);
    NEED(send(fd[0], buf, 3, 0) == 3 && recv(fd[1], buf, 3, 0) == 3);
    NEED(sendto(fd[0], buf, 3, 0, NULL, 0) == 3);
    NEED(recvfrom(fd[1], buf, 3, 0, NULL, NULL) == 3);
    NEED(sendmsg(fd[0], &m, 0) == 3 && recvmsg(fd[1], &m, 0) == 3);
    NEED(sendmmsg(fd[0], &mm, 1, 0) == 1 && recv(fd[1], buf, 3, 0) == 3);
    close(fd[0]);
    close(fd[1]);
}

static void descriptors(void)
{
    struct sockaddr_in a = {.sin_family = AF_INET};
    struct addrinfo hints = {.ai_flags = AI_NUMERICHOST}, *list;
    int fd = socket(AF_INET, SOCK_STREAM, 0), other;

    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    NEED(fd >= 0 && connect(fd, (struct sockaddr *)&a, sizeof(a)) == -1);
    NEED((other = dup(fd)) >= 0 && dup2(fd, other) == other);
    NEED(fcntl(other, F_SETFD, FD_CLOEXEC) == 0 && close(other) == 0);
    NEED((other = fcntl(fd, F_DUPFD, 10)) >= 10 && close(other) == 0);
    NEED(shutdown(fd, SHUT_RDWR) == -1 && close(fd) == 0);
    NEED(!getaddrinfo("127.0.0.1", NULL, &hints, &list));
    freeaddrinfo(list);
}

/* A declared port, if there is one: what is forbidden does not leave. */
static void declared(void)
{
    static const char request[] = "POST / HTTP/1.1\r\nHost: localhost\r\n"
                                  "Content-Length: 7\r\n\r\nBLOCKME";
    const char *port = getenv("EARLY_PORT");
    struct sockaddr_in a = {.sin_family = AF_INET};
    int listener = socket(AF_INET, SOCK_STREAM, 0), on = 1, fd;
    char buf[1000];

    if (!port)
        return;
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    a.sin_port = htons((uint16_t)atoi(port));
    NEED(!setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)));
    NEED(!bind(listener, (struct sockaddr *)&a, sizeof(a)));
    NEED(!listen(listener, 1));
    fd = socket(AF_INET, SOCK_STREAM, 0);
    NEED(!connect(fd, (struct sockaddr *)&a, sizeof(a)));
    NEED(write(fd, request, sizeof(request) - 1) == sizeof(request) - 1);
    NEED(read(fd, buf, sizeof(buf)) > 12 && !memcmp(buf + 9, "403", 3));
    close(fd);
    fd = accept(listener, NULL, NULL);
    NEED(fd >= 0 && recv(fd, buf, 1, 0) == 0);
    close(fd);
    close(listener);
}

static void objects(void)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    SSL *ssl = ctx ? SSL_new(ctx) : NULL;
    char buf[10];
    size_t n;

    NEED(ssl && BIO_f_ssl());
    NEED(SSL_CTX_set_alpn_protos(ctx, (const unsigned char *)"\x02h2", 3) == 0);
    NEED(SSL_set_alpn_protos(ssl, (const unsigned char *)"\x02h2", 3) == 0);
    SSL_set_bio(ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_tlsext_host_name(ssl, "pass.test");
    NEED(SSL_pending(ssl) == 0 && SSL_has_pending(ssl) == 0);
    SSL_set_connect_state(ssl);
    NEED(SSL_do_handshake(ssl) == -1 && SSL_connect(ssl) == -1);
    NEED(SSL_write(ssl, "x", 1) == -1 && SSL_read(ssl, buf, 1) == -1);
    NEED(SSL_write_ex(ssl, "x", 1, &n) == 0 &&
         SSL_read_ex(ssl, buf, 1, &n) == 0);
    NEED(SSL_peek(ssl, buf, 1) == -1 && SSL_peek_ex(ssl, buf, 1, &n) == 0);
    NEED(SSL_get_error(ssl, -1) == SSL_ERROR_WANT_READ);
    NEED(SSL_shutdown(ssl) == -1);
    NEED(SSL_clear(ssl) == 1);
    SSL_free(ssl);
    SSL_CTX_free(ctx);
}

__attribute__((constructor)) static void early(void)
{
    void *self = dlopen(NULL, RTLD_NOW);
    void *crypto = dlopen("libcrypto.so.3", RTLD_NOW | RTLD_NOLOAD);

    NEED(self && crypto);
    NEED(dlsym(RTLD_DEFAULT, "SSL_write") && dlsym(self, "SSL_write"));
    NEED(dlsym(crypto, "BIO_new"));
    NEED(dlvsym(crypto, "BIO_new", "OPENSSL_3.0.0"));
    sockets();
    descriptors();
    declared();
    objects();
    done = 1;
}
