#ifndef SP_TEST_TLSPAIR_H
#define SP_TEST_TLSPAIR_H

/*
 * A TLS client and its server in one process, for the programs that try the
 * OpenSSL door. The server's objects are not inspected, so what it got is the
 * truth. NEED(x) ends the program with the line that was not so.
 */
#include <dlfcn.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "hooks/marker.h"

#define NEED(x)                                                                \
    do {                                                                       \
        if (!(x)) {                                                            \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #x);    \
            ERR_print_errors_fp(stderr);                                       \
            _exit(1);                                                          \
        }                                                                      \
    } while (0)

static int version = TLS1_3_VERSION;
static SSL_CTX *server_ctx, *client_ctx;

/* --- the server ------------------------------------------------------------
 */

struct server {
    int fd;
    SSL *ssl;
    int pause_us;    /* between reads of 16 KB              */
    bool key_update; /* before each answer                  */
    bool asks_anew;  /* before each answer, a HelloRequest (TLS 1.2)  */
    bool bytes;      /* reads and answers a byte at a time  */
    bool raw_close;  /* after an answer, without notice     */
    bool linger;     /* after the client's close, one more answer */
    char *got;       /* all that was received               */
    size_t got_len;
    const char *answer; /* NULL: the body comes back           */
    char alpn[16];
};

static void server_add(struct server *s, const char *p, size_t n)
{
    s->got = realloc(s->got, s->got_len + n + 1);
    NEED(s->got != NULL);
    memcpy(s->got + s->got_len, p, n);
    s->got_len += n;
    s->got[s->got_len] = '\0';
}

/* Bytes of the complete request at `at`, 0 if it is not complete. */
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

static void server_put(struct server *s, const char *p, size_t n)
{
    size_t step = s->bytes ? 1 : n;

    for (size_t i = 0; i < n; i += step)
        NEED(SSL_write(s->ssl, p + i, (int)step) == (int)step);
}

static void server_answer(struct server *s, const char *body, size_t n)
{
    char head[100];

    if (s->key_update)
        NEED(SSL_key_update(s->ssl, SSL_KEY_UPDATE_REQUESTED) == 1);
    if (s->asks_anew)
        NEED(SSL_renegotiate(s->ssl) == 1 && SSL_do_handshake(s->ssl) == 1);
    if (s->answer) {
        server_put(s, s->answer, strlen(s->answer));
        return;
    }
    snprintf(head, sizeof(head),
             "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", n + 1);
    server_put(s, head, strlen(head));
    server_put(s, body, n);
    server_put(s, "\n", 1);
}

static void *serve(void *arg)
{
    struct server *s = arg;
    const unsigned char *alpn;
    unsigned alpn_len;
    size_t at = 0, n, body;
    char buf[16384];
    int rc;

    s->ssl = SSL_new(server_ctx);
    NEED(s->ssl && SSL_set_fd(s->ssl, s->fd));
    if (SSL_accept(s->ssl) != 1)
        goto out;
    SSL_get0_alpn_selected(s->ssl, &alpn, &alpn_len);
    memcpy(s->alpn, alpn_len ? (const char *)alpn : "", alpn_len);
    while ((rc = SSL_read(s->ssl, buf, s->bytes ? 1 : sizeof(buf))) > 0) {
        server_add(s, buf, (size_t)rc);
        if (s->pause_us)
            usleep((useconds_t)s->pause_us);
        while (at < s->got_len && (n = request_len(s, at, &body))) {
            server_answer(s, s->got + at + n - body, body);
            at += n;
            if (s->raw_close)
                goto out;
        }
    }
    if (s->linger)
        NEED(SSL_write(s->ssl, "late\n", 5) == 5);
    SSL_shutdown(s->ssl);
out:
    close(s->fd);
    SSL_free(s->ssl);
    return NULL;
}

/* Takes what the client prefers of its list: h2 first, as real servers do. */
static int choose_alpn(SSL *ssl, const unsigned char **out,
                       unsigned char *out_len, const unsigned char *in,
                       unsigned in_len, void *arg)
{
    static const unsigned char mine[] = "\x02h2\x08http/1.1";

    (void)ssl, (void)arg;
    return SSL_select_next_proto((unsigned char **)(uintptr_t)out, out_len,
                                 mine, sizeof(mine) - 1, in,
                                 in_len) == OPENSSL_NPN_NEGOTIATED
               ? SSL_TLSEXT_ERR_OK
               : SSL_TLSEXT_ERR_NOACK;
}

static void make_contexts(void)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *cert = X509_new();

    NEED(key && cert);
    ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
    X509_gmtime_adj(X509_getm_notBefore(cert), -3600);
    X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
    X509_set_pubkey(cert, key);
    NEED(X509_sign(cert, key, EVP_sha256()));
    server_ctx = SSL_CTX_new(TLS_server_method());
    client_ctx = SSL_CTX_new(TLS_client_method());
    NEED(server_ctx && client_ctx);
    NEED(SSL_CTX_use_certificate(server_ctx, cert) == 1);
    NEED(SSL_CTX_use_PrivateKey(server_ctx, key) == 1);
    SSL_CTX_set_num_tickets(server_ctx, 0);
    SSL_CTX_set_options(server_ctx, SSL_OP_ALLOW_CLIENT_RENEGOTIATION);
    SSL_CTX_set_alpn_select_cb(server_ctx, choose_alpn, NULL);
    SSL_CTX_set_max_proto_version(server_ctx, version);
    SSL_CTX_set_mode(client_ctx, SSL_MODE_AUTO_RETRY);
    X509_free(cert);
    EVP_PKEY_free(key);
}

/* --- the client ------------------------------------------------------------
 */

struct client {
    int fd;
    SSL *ssl;
    struct server server;
    pthread_t thread;
};

/* A connected pair of TCP sockets. */
static void sockets(int ret_fd[2])
{
    struct sockaddr_in a = {.sin_family = AF_INET};
    socklen_t len = sizeof(a);
    int l = socket(AF_INET, SOCK_STREAM, 0);

    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    NEED(!bind(l, (struct sockaddr *)&a, sizeof(a)) && !listen(l, 1));
    NEED(!getsockname(l, (struct sockaddr *)&a, &len));
    ret_fd[0] = socket(AF_INET, SOCK_STREAM, 0);
    NEED(!connect(ret_fd[0], (struct sockaddr *)&a, sizeof(a)));
    ret_fd[1] = accept(l, NULL, NULL);
    NEED(ret_fd[1] >= 0);
    close(l);
}

static void start_server(struct client *c)
{
    int fd[2];

    sockets(fd);
    c->fd = fd[0];
    c->server.fd = fd[1];
    NEED(!pthread_create(&c->thread, NULL, serve, &c->server));
}

static void connect_tls(struct client *c, const char *host)
{
    start_server(c);
    if (!c->ssl)
        c->ssl = SSL_new(client_ctx);
    NEED(c->ssl && SSL_set_fd(c->ssl, c->fd));
    if (host)
        SSL_set_tlsext_host_name(c->ssl, host);
    NEED(SSL_connect(c->ssl) == 1);
}

static void finish(struct client *c)
{
    if (c->ssl) {
        SSL_shutdown(c->ssl);
        SSL_free(c->ssl);
    }
    close(c->fd);
    NEED(!pthread_join(c->thread, NULL));
    free(c->server.got);
}

static size_t request(char *out, size_t size, const char *body)
{
    return (size_t)snprintf(out, size,
                            "POST / HTTP/1.1\r\nHost: llm.test\r\n"
                            "Content-Length: %zu\r\n\r\n%s",
                            strlen(body), body);
}

static void send_request(struct client *c, const char *body)
{
    char buf[1000];
    int n = (int)request(buf, sizeof(buf), body);

    NEED(SSL_write(c->ssl, buf, n) == n);
}

/* Reads on until the text is there; the whole is kept in a static buffer. */
static const char *read_until(struct client *c, const char *text)
{
    static __thread char buf[4000];
    size_t n = 0;

    buf[0] = '\0';
    while (!strstr(buf, text)) {
        int rc = SSL_read(c->ssl, buf + n, (int)(sizeof(buf) - 1 - n));

        NEED(rc > 0);
        n += (size_t)rc;
        buf[n] = '\0';
    }
    return buf;
}

static inline bool readable(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};

    return poll(&p, 1, 2000) == 1;
}

static const struct shim_marker *marker(void)
{
    const struct shim_marker *m = dlsym(RTLD_DEFAULT, "sallyport_marker");

    NEED(m && m->version == SHIM_MARKER_VERSION);
    return m;
}

#endif
