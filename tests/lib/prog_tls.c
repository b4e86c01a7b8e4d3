/*
 * TLS client and server in one process, for tests of the OpenSSL door: each
 * case is one word of the command line, with the protocol version as a second
 * (1.2 or 1.3, default 1.3). Run under the shim with the toy engine; the
 * server's objects are not inspected, so what it got is the truth. Exit 0 if
 * all is as it should be, else 1 with the line that was not.
 */
/* link: -lssl -lcrypto */
#include <errno.h>
#include <fcntl.h>
#include <openssl/bio.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "tlspair.h"

/* --- cases ------------------------------------------------------------------
 */

static void case_plain(void)
{
    struct client c = {0};

    connect_tls(&c, "llm.test");
    send_request(&c, "one LONGWORD two");
    read_until(&c, "one a-much-longer-word two\n");
    NEED(strstr(c.server.got, "Content-Length: 26\r\n"));
    NEED(!strstr(c.server.got, "LONGWORD"));
    send_request(&c, "three SHORTWORD");
    read_until(&c, "three s\n");
    NEED(marker()->guarded == 1 && marker()->handshakes == 1);
    finish(&c);
}

static void case_pass(void)
{
    struct client c = {0};

    connect_tls(&c, "pass.test");
    send_request(&c, "LONGWORD BLOCKME");
    read_until(&c, "LONGWORD BLOCKME\n");
    NEED(marker()->guarded == 0 && marker()->passed == 2);
    finish(&c);
}

/* The engine lets go: from then on the real functions. */
static void case_to_pass(void)
{
    static const char first[] =
        "GET / HTTP/1.1\r\nHost: other\r\nx-pass: 1\r\n\r\n";
    struct client c = {0};

    connect_tls(&c, NULL);
    NEED(SSL_write(c.ssl, first, sizeof(first) - 1) > 0);
    read_until(&c, "\r\n\r\n\n");
    send_request(&c, "LONGWORD BLOCKME");
    read_until(&c, "LONGWORD BLOCKME\n");
    finish(&c);
}

static void case_block(void)
{
    struct client c = {0};
    size_t n;
    char buf[100];

    connect_tls(&c, "llm.test");
    send_request(&c, "fine");
    read_until(&c, "fine\n");
    NEED(SSL_pending(c.ssl) == 0);
    send_request(&c, "BLOCKME");
    NEED(readable(c.fd));
    NEED(SSL_pending(c.ssl) > 0 && SSL_has_pending(c.ssl) == 1);
    NEED(strstr(read_until(&c, "policy_block"), "403 Forbidden"));
    while (SSL_pending(c.ssl) > 0)
        NEED(SSL_read(c.ssl, buf, 1) == 1);
    send_request(&c, "swallowed");
    NEED(SSL_write_ex(c.ssl, "x", 1, &n) == 1 && n == 1);
    for (int i = 0; i < 3; i++) {
        int rc = SSL_read(c.ssl, buf, sizeof(buf));

        NEED(rc == 0 && SSL_get_error(c.ssl, rc) == SSL_ERROR_ZERO_RETURN);
    }
    NEED(SSL_read_ex(c.ssl, buf, sizeof(buf), &n) == 0);
    NEED(SSL_get_error(c.ssl, 0) == SSL_ERROR_ZERO_RETURN);
    NEED(SSL_shutdown(c.ssl) == 1);
    NEED(marker()->blocked == 1 && marker()->unwoken == 0);
    SSL_free(c.ssl);
    close(c.fd);
    NEED(!pthread_join(c.thread, NULL));
    NEED(!strstr(c.server.got, "BLOCKME") && !strstr(c.server.got, "swallow"));
}

static void case_fail(void)
{
    struct client c = {0};
    char buf[1000];
    int n = (int)request(buf, sizeof(buf), "FAILME");

    connect_tls(&c, "llm.test");
    for (int i = 0; i < 2; i++) {
        ERR_clear_error();
        NEED(SSL_write(c.ssl, buf, n) == -1);
        NEED(SSL_get_error(c.ssl, -1) == SSL_ERROR_SSL);
        NEED(strstr(ERR_reason_error_string(ERR_get_error()), "toy engine"));
        NEED(SSL_read(c.ssl, buf + 500, 10) == -1);
    }
    ERR_clear_error();
    finish(&c);
}

/* Blocked in the middle of an answer. */
static void case_cut(void)
{
    struct client c = {.server.answer = "HTTP/1.1 200 OK\r\n\r\na CUTHERE b\n"};
    char buf[100];

    connect_tls(&c, "llm.test");
    send_request(&c, "x");
    NEED(!strstr(read_until(&c, "[cut]"), "b\n"));
    NEED(SSL_read(c.ssl, buf, sizeof(buf)) == 0);
    NEED(SSL_get_error(c.ssl, 0) == SSL_ERROR_ZERO_RETURN);
    finish(&c);
}

/* The end of the stream lets out what was held; the error comes after. */
static void case_tail(void)
{
    struct client c = {.server = {.answer = "HTTP/1.1 200 OK\r\n\r\nTOYECHO",
                                  .raw_close = true}};
    char buf[100];
    int rc;

    connect_tls(&c, "llm.test");
    send_request(&c, "x");
    NEED(strstr(read_until(&c, "toyecho"), "200 OK"));
    for (int i = 0; i < 2; i++) {
        rc = SSL_read(c.ssl, buf, sizeof(buf));
        NEED(rc <= 0 && SSL_get_error(c.ssl, rc) == SSL_ERROR_SSL);
        NEED(ERR_GET_REASON(ERR_get_error()) ==
             SSL_R_UNEXPECTED_EOF_WHILE_READING);
        ERR_clear_error();
    }
    finish(&c);
}

static void case_peek(void)
{
    struct client c = {0};
    char peeked[4000], got[4000];
    size_t n = 0, m;

    connect_tls(&c, "llm.test");
    send_request(&c, "some LONGWORD text");
    NEED(readable(c.fd));
    while (n == 0 || got[n - 1] != '\n' || n < 60) {
        int a = SSL_peek(c.ssl, peeked, 5), b;

        NEED(a > 0);
        NEED(SSL_peek_ex(c.ssl, peeked, 5, &m) == 1 && m >= (size_t)a);
        NEED(SSL_pending(c.ssl) >= a);
        b = SSL_read(c.ssl, got + n, a);
        NEED(a == b && !memcmp(peeked, got + n, (size_t)a));
        n += (size_t)b;
        NEED(n < sizeof(got) - 5);
    }
    got[n] = '\0';
    NEED(strstr(got, "some a-much-longer-word text\n"));
    finish(&c);
}

/* Pending counts what is ready, and pulls what the library has buffered. */
static void case_pending(void)
{
    struct client c = {0};
    char buf[20];

    connect_tls(&c, "llm.test");
    send_request(&c, "0123456789012345678901234567890123456789");
    NEED(SSL_read(c.ssl, buf, 10) == 10);
    NEED(SSL_pending(c.ssl) > 0 && SSL_has_pending(c.ssl) == 1);
    read_until(&c, "789\n");
    NEED(SSL_pending(c.ssl) == 0);
    finish(&c);
}

static void case_clear(void)
{
    struct client c = {0}, d = {0};

    connect_tls(&c, "llm.test");
    send_request(&c, "BLOCKME");
    read_until(&c, "policy_block");
    SSL_shutdown(c.ssl);
    close(c.fd);
    NEED(!pthread_join(c.thread, NULL));
    NEED(SSL_clear(c.ssl) == 1);
    d.ssl = c.ssl;
    connect_tls(&d, "llm.test");
    send_request(&d, "LONGWORD");
    read_until(&d, "a-much-longer-word\n");
    finish(&d);
}

static void case_key_update(void)
{
    struct client c = {.server.key_update = true};

    if (version != TLS1_3_VERSION)
        return;
    connect_tls(&c, "llm.test");
    for (int i = 0; i < 3; i++) {
        NEED(SSL_key_update(c.ssl, SSL_KEY_UPDATE_REQUESTED) == 1);
        NEED(SSL_do_handshake(c.ssl) == 1);
        send_request(&c, "round LONGWORD");
        read_until(&c, "round a-much-longer-word\n");
    }
    finish(&c);
}

/*
 * TLS 1.2: new handshakes on the connection, of the client's wish and of the
 * server's, before a request, in the middle of one, and before a block.
 */
static void renegotiate(bool server)
{
    struct client c = {.server.asks_anew = server};
    char buf[1000];
    int n = (int)request(buf, sizeof(buf), "cut LONGWORD"), half = n - 6;

    connect_tls(&c, "llm.test");
    for (int i = 0; i < 3; i++) {
        if (!server)
            NEED(SSL_renegotiate(c.ssl) == 1 && SSL_do_handshake(c.ssl) == 1);
        send_request(&c, "round LONGWORD");
        read_until(&c, "round a-much-longer-word\n");
        NEED(SSL_write(c.ssl, buf, half) == half);
        if (!server)
            NEED(SSL_renegotiate(c.ssl) == 1); /* the write shakes hands */
        NEED(SSL_write(c.ssl, buf + half, n - half) == n - half);
        read_until(&c, "cut a-much-longer-word\n");
    }
    NEED(SSL_num_renegotiations(c.ssl) >= 5);
    if (!server)
        NEED(SSL_renegotiate(c.ssl) == 1);
    send_request(&c, "BLOCKME");
    NEED(readable(c.fd));
    NEED(strstr(read_until(&c, "policy_block"), "403 Forbidden"));
    NEED(!strstr(c.server.got, "BLOCKME"));
    NEED(marker()->blocked == 1 && marker()->unwoken == 0);
    finish(&c);
}

static void case_renegotiate(void)
{
    if (version == TLS1_2_VERSION)
        renegotiate(/* server */ false);
}

static void case_renegotiated(void)
{
    if (version == TLS1_2_VERSION)
        renegotiate(/* server */ true);
}

/* A byte at a time, in and out, on both sides. */
static void case_bytes(void)
{
    struct client c = {.server.bytes = true};
    char buf[300], in[300];
    int n = (int)request(buf, sizeof(buf), "a LONGWORD b"), got = 0;

    connect_tls(&c, "llm.test");
    for (int i = 0; i < n; i++)
        NEED(SSL_write(c.ssl, buf + i, 1) == 1);
    while (got < 5 || memcmp(in + got - 3, " b\n", 3) != 0) {
        NEED(got < (int)sizeof(in) && SSL_read(c.ssl, in + got, 1) == 1);
        got++;
    }
    NEED(strstr(c.server.got, "a a-much-longer-word b"));
    n = (int)request(buf, sizeof(buf), "BLOCKME");
    for (int i = 0; i < n; i++)
        NEED(SSL_write(c.ssl, buf + i, 1) == 1);
    for (got = 0; SSL_read(c.ssl, in + got, 1) == 1; got++)
        NEED(got < (int)sizeof(in) - 1);
    in[got] = '\0';
    NEED(strstr(in, "policy_block") && !strstr(c.server.got, "BLOCKME"));
    finish(&c);
}

/* The client closes its side and still gets the rest. */
static void case_half_close(void)
{
    struct client c = {.server.linger = true};
    char buf[10];

    connect_tls(&c, "llm.test");
    send_request(&c, "x");
    read_until(&c, "x\n");
    NEED(SSL_shutdown(c.ssl) == 0);
    NEED(SSL_read(c.ssl, buf, sizeof(buf)) == 5 && !memcmp(buf, "late\n", 5));
    NEED(SSL_read(c.ssl, buf, sizeof(buf)) == 0);
    NEED(SSL_get_error(c.ssl, 0) == SSL_ERROR_ZERO_RETURN);
    finish(&c);
}

/* Early data with a session that allows it: what the call says. */
static int early_to(const char *host, SSL_SESSION *session, const char *data)
{
    struct client c = {0};
    size_t n = 0;
    int rc;

    start_server(&c);
    c.ssl = SSL_new(client_ctx);
    SSL_set_fd(c.ssl, c.fd);
    SSL_set_tlsext_host_name(c.ssl, host);
    NEED(SSL_set_session(c.ssl, session) == 1);
    SSL_set_connect_state(c.ssl);
    rc = SSL_write_early_data(c.ssl, data, strlen(data), &n);
    NEED(rc == 0 || n == strlen(data));
    if (rc == 0)
        NEED(strstr(ERR_reason_error_string(ERR_get_error()), "early data"));
    NEED(SSL_connect(c.ssl) == 1); /* this server takes none */
    send_request(&c, "again");
    read_until(&c, "again\n");
    finish(&c);
    return rc;
}

static void case_early(void)
{
    struct client c = {0};
    SSL_SESSION *session;
    size_t n = 77;

    SSL_CTX_set_num_tickets(server_ctx, 1);
    SSL_CTX_set_max_early_data(server_ctx, 1000);
    start_server(&c);
    c.ssl = SSL_new(client_ctx);
    SSL_set_fd(c.ssl, c.fd);
    SSL_set_tlsext_host_name(c.ssl, "llm.test");
    SSL_set_connect_state(c.ssl);
    NEED(SSL_write_early_data(c.ssl, "x", 1, &n) == 0 && n == 77);
    NEED(strstr(ERR_reason_error_string(ERR_get_error()), "early data"));
    NEED(SSL_connect(c.ssl) == 1);
    NEED(SSL_sendfile(c.ssl, 0, 0, 1, 0) == -1);
    NEED(strstr(ERR_reason_error_string(ERR_get_error()), "file"));
    send_request(&c, "x");
    read_until(&c, "x\n");
    session = SSL_get1_session(c.ssl);
    finish(&c);
    if (version == TLS1_3_VERSION) {
        static const char other[] = "GET / HTTP/1.1\r\nHost: pass.test\r\n";
        static const char ours[] = "GET / HTTP/1.1\r\nHost: llm.test\r\n\r\n";

        NEED(early_to("llm.test", session, ours) == 0);
        NEED(early_to("pass.test", session, other) == 1);
        NEED(early_to("pass.test", session, ours) == 0);
    }
    SSL_SESSION_free(session);
}

static void alpn_is(const char *host, const char *on_ctx, const char *on_ssl,
                    const char *want)
{
    struct client c = {0};

    NEED(SSL_CTX_set_alpn_protos(client_ctx, (const unsigned char *)on_ctx,
                                 (unsigned)strlen(on_ctx)) == 0);
    c.ssl = SSL_new(client_ctx);
    if (on_ssl)
        NEED(SSL_set_alpn_protos(c.ssl, (const unsigned char *)on_ssl,
                                 (unsigned)strlen(on_ssl)) == 0);
    connect_tls(&c, host);
    send_request(&c, "x");
    read_until(&c, "x\n");
    NEED(!strcmp(c.server.alpn, want));
    finish(&c);
}

static void case_alpn(void)
{
    static const char both[] = "\x02h2\x08http/1.1", h2[] = "\x02h2";

    alpn_is("llm.test", both, NULL, "http/1.1");
    alpn_is("llm.test", "", both, "http/1.1");
    alpn_is("llm.test", "", NULL, "");
    alpn_is("llm.test", both, h2, "h2");
    alpn_is("llm.test", h2, NULL, "h2");
    alpn_is("pass.test", both, NULL, "h2");
    alpn_is("pass.test", "", both, "h2");
}

/* BIO_write and BIO_read on an SSL BIO. */
static void case_bio(void)
{
    struct client c = {0};
    BIO *bio = BIO_new_ssl(client_ctx, 1), *sock;
    char buf[1000];
    int n, len = 0;

    start_server(&c);
    sock = BIO_new_socket(c.fd, BIO_NOCLOSE);
    NEED(bio && sock && BIO_get_ssl(bio, &c.ssl) == 1 && c.ssl);
    SSL_set_tlsext_host_name(c.ssl, "llm.test");
    BIO_push(bio, sock);
    n = (int)request(buf, sizeof(buf), "bio LONGWORD");
    NEED(BIO_write(bio, buf, n) == n);
    do {
        n = BIO_read(bio, buf + len, (int)sizeof(buf) - 1 - len);
        NEED(n > 0);
        len += n;
        buf[len] = '\0';
    } while (!strstr(buf, "longer-word\n"));
    NEED(BIO_puts(bio, "POST / HTTP/1.1\r\nContent-Length: 7\r\n\r\nBLOCKME") >
         0);
    n = BIO_read(bio, buf, sizeof(buf) - 1);
    NEED(n > 0 && !memcmp(buf, "HTTP/1.1 403", 12));
    NEED(marker()->guarded == 1 && marker()->blocked == 1);
    BIO_free_all(bio);
    c.ssl = NULL;
    finish(&c);
}

/*
 * A body that grows on its way to a slow peer, non-blocking. With `shorter`
 * calls are repeated in pieces, as the library allows in partial mode.
 */
static void slow_peer(long mode, bool moving, bool shorter)
{
    enum {
        BODY = 600000
    };
    struct client c = {
        .server = {.pause_us = 500, .answer = "HTTP/1.1 200 OK\r\n\r\n\n"}};
    char *body = malloc(BODY + 1), *buf = malloc(BODY + 1000), *copy = NULL;
    int n, rc, at = 0, waits = 0, small = 8192;
    struct pollfd p;

    NEED(body && buf);
    for (int i = 0; i < BODY; i++)
        body[i] = (char)('a' + i * 7 % 26);
    memcpy(body + 100, "LONGWORD", 8);
    memcpy(body + BODY - 8, "LONGWORD", 8);
    body[BODY] = '\0';
    n = (int)request(buf, BODY + 1000, body);
    connect_tls(&c, "llm.test");
    setsockopt(c.fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
    fcntl(c.fd, F_SETFL, O_NONBLOCK);
    SSL_clear_mode(c.ssl, SSL_MODE_ENABLE_PARTIAL_WRITE);
    SSL_set_mode(c.ssl, mode);
    p = (struct pollfd){.fd = c.fd, .events = POLLOUT};
    while (at < n) {
        int len = shorter && waits && n - at > 65536 ? 65536 : n - at;

        if (moving) {
            free(copy);
            NEED((copy = malloc((size_t)len)));
            memcpy(copy, buf + at, (size_t)len);
        }
        rc = SSL_write(c.ssl, moving ? copy : buf + at, len);
        if (rc > 0) {
            NEED(rc == len);
            at += rc;
            continue;
        }
        NEED(SSL_get_error(c.ssl, rc) == SSL_ERROR_WANT_WRITE);
        rc = SSL_read(c.ssl, body, 1);
        NEED(rc < 0 && SSL_get_error(c.ssl, rc) == SSL_ERROR_WANT_READ);
        waits++;
        NEED(poll(&p, 1, 5000) == 1);
    }
    NEED(at == n && waits > 0);
    fcntl(c.fd, F_SETFL, 0);
    NEED(SSL_read(c.ssl, body, 12) == 12 && !memcmp(body, "HTTP/1.1 200", 12));
    memcpy(body, buf + n - BODY, 12);
    /* the server's copy: 20 bytes longer, all else the same */
    {
        const char *got = strstr(c.server.got, "\r\n\r\n") + 4;
        const char *word = "a-much-longer-word";

        NEED(strlen(got) == BODY + 20);
        NEED(!memcmp(got, body, 100) && !memcmp(got + 100, word, 18));
        NEED(!memcmp(got + 118, buf + n - BODY + 108, BODY - 116));
        NEED(!memcmp(got + BODY + 2, word, 18));
    }
    finish(&c);
    free(body);
    free(buf);
    free(copy);
}

static void case_slow(void)
{
    slow_peer(0, false, false);
    slow_peer(SSL_MODE_ENABLE_PARTIAL_WRITE, false, false);
    slow_peer(SSL_MODE_ENABLE_PARTIAL_WRITE |
                  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER,
              true, false);
    slow_peer(SSL_MODE_ENABLE_PARTIAL_WRITE |
                  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER,
              true, true);
}

/* --- memory BIOs: the application carries the bytes --------------------------
 */

struct carrier {
    struct client c;
    BIO *in, *out;
};

static void carry_out(struct carrier *m)
{
    char buf[20000];
    struct iovec iov[2];
    int n;

    while ((n = BIO_read(m->out, buf, sizeof(buf))) > 0) {
        /* in two pieces, the first one short: a hello is gathered */
        iov[0] = (struct iovec){buf, n > 9 ? 9 : (size_t)n};
        iov[1] =
            (struct iovec){buf + iov[0].iov_len, (size_t)n - iov[0].iov_len};
        NEED(writev(m->c.fd, iov, 2) == n);
    }
}

/* One read of the socket; the count. */
static int carry_in(struct carrier *m)
{
    char buf[20000];
    int n;

    NEED(readable(m->c.fd));
    n = (int)recv(m->c.fd, buf, sizeof(buf), 0);
    if (n > 0)
        NEED(BIO_write(m->in, buf, n) == n);
    return n;
}

static void memory_shake(struct carrier *m)
{
    int rc;

    while ((rc = SSL_do_handshake(m->c.ssl)) != 1) {
        NEED(SSL_get_error(m->c.ssl, rc) == SSL_ERROR_WANT_READ);
        carry_out(m);
        NEED(carry_in(m) > 0);
    }
    carry_out(m);
}

static void memory_connect(struct carrier *m)
{
    start_server(&m->c);
    m->c.ssl = SSL_new(client_ctx);
    m->in = BIO_new(BIO_s_mem());
    m->out = BIO_new(BIO_s_mem());
    SSL_set_bio(m->c.ssl, m->in, m->out);
    SSL_set_tlsext_host_name(m->c.ssl, "llm.test");
    SSL_set_connect_state(m->c.ssl);
    memory_shake(m);
}

static void case_memory(void)
{
    struct carrier m = {0};
    char buf[1000];
    int rc;

    memory_connect(&m);
    if (version == TLS1_2_VERSION) { /* whose hello nobody can read */
        NEED(SSL_renegotiate(m.c.ssl) == 1);
        memory_shake(&m);
    }
    send_request(&m.c, "BLOCKME");
    carry_out(&m);
    NEED(carry_in(&m) == 6); /* the record without meaning */
    NEED(strstr(read_until(&m.c, "policy_block"), "403"));
    while ((rc = SSL_read(m.c.ssl, buf, sizeof(buf))) > 0)
        ;
    NEED(rc == 0 && SSL_get_error(m.c.ssl, rc) == SSL_ERROR_ZERO_RETURN);
    NEED(carry_in(&m) == 0); /* and the end, once */
    NEED(marker()->unwoken == 0);
    finish(&m.c);
}

/* The woken descriptor is closed past every hook and comes back. */
static void case_reuse(void)
{
    struct carrier m = {0};
    char buf[10];
    int fd[2];

    memory_connect(&m);
    send_request(&m.c, "BLOCKME");
    sockets(fd);
    NEED(syscall(SYS_dup3, fd[0], m.c.fd, 0) == m.c.fd);
    NEED(send(fd[1], "abc", 3, 0) == 3);
    NEED(read(m.c.fd, buf, sizeof(buf)) == 3 && !memcmp(buf, "abc", 3));
    close(fd[0]);
    close(fd[1]);
    SSL_free(m.c.ssl);
    m.c.ssl = NULL;
    finish(&m.c);
}

/* An object that nobody can wake fails with an error instead. */
static void case_unwoken(void)
{
    struct carrier m = {0};
    char buf[1000];
    int n = (int)request(buf, sizeof(buf), "BLOCKME"), rc;

    memory_connect(&m);
    NEED(syscall(SYS_close, m.c.fd) == 0);
    rc = SSL_write(m.c.ssl, buf, n);
    NEED(rc == -1 && SSL_get_error(m.c.ssl, rc) == SSL_ERROR_SSL);
    NEED(strstr(ERR_reason_error_string(ERR_get_error()), "toy engine"));
    NEED(marker()->unwoken == 1 && marker()->failed == 1);
    SSL_free(m.c.ssl);
    m.c.ssl = NULL;
    finish(&m.c);
}

/* --- threads and fork
 * --------------------------------------------------------- */

static void *many(void *arg)
{
    for (int i = 0; i < 20; i++) {
        struct client c = {0};

        connect_tls(&c, i % 3 ? "llm.test" : "pass.test");
        send_request(&c, i % 3 == 2 ? "BLOCKME" : "LONGWORD");
        read_until(&c, i % 3 == 0   ? "LONGWORD\n"
                       : i % 3 == 1 ? "longer-word\n"
                                    : "policy_block");
        finish(&c);
    }
    return arg;
}

/*
 * Children are made while other threads are in the hooks. A child only uses a
 * session that stands already: libcrypto's own locks do not survive a fork.
 */
static void case_fork(void)
{
    pthread_t t[2];
    int status;

    for (size_t i = 0; i < 2; i++)
        NEED(!pthread_create(&t[i], NULL, many, NULL));
    for (int i = 0; i < 20; i++) {
        struct client c = {0};
        pid_t pid;

        connect_tls(&c, "llm.test");
        pid = fork();
        NEED(pid >= 0);
        if (pid == 0) {
            alarm(20);
            send_request(&c, "BLOCKME");
            NEED(SSL_pending(c.ssl) > 0);
            read_until(&c, "policy_block");
            _exit(0);
        }
        NEED(waitpid(pid, &status, 0) == pid && status == 0);
        finish(&c);
    }
    for (size_t i = 0; i < 2; i++)
        NEED(!pthread_join(t[i], NULL));
}

/* The free callback fires only with the last reference; copies start anew. */
static void case_objects(void)
{
    struct client c = {0};
    SSL *copy;

    connect_tls(&c, "llm.test");
    SSL_up_ref(c.ssl);
    SSL_free(c.ssl);
    send_request(&c, "BLOCKME");
    read_until(&c, "policy_block");
    finish(&c);
    c = (struct client){.ssl = SSL_new(client_ctx)};
    SSL_set_tlsext_host_name(c.ssl, "llm.test");
    NEED(SSL_set_alpn_protos(c.ssl, (const unsigned char *)"\x02h2", 3) == 0);
    copy = SSL_dup(c.ssl);
    NEED(copy != NULL);
    SSL_free(c.ssl);
    c.ssl = copy;
    connect_tls(&c, "llm.test");
    send_request(&c, "LONGWORD");
    read_until(&c, "longer-word\n");
    finish(&c);
}

static const struct {
    const char *name;
    void (*run)(void);
} cases[] = {
    {"plain", case_plain},
    {"pass", case_pass},
    {"to-pass", case_to_pass},
    {"block", case_block},
    {"fail", case_fail},
    {"cut", case_cut},
    {"tail", case_tail},
    {"peek", case_peek},
    {"pending", case_pending},
    {"clear", case_clear},
    {"key-update", case_key_update},
    {"renegotiate", case_renegotiate},
    {"renegotiated", case_renegotiated},
    {"bytes", case_bytes},
    {"half-close", case_half_close},
    {"early", case_early},
    {"alpn", case_alpn},
    {"bio", case_bio},
    {"slow", case_slow},
    {"memory", case_memory},
    {"reuse", case_reuse},
    {"unwoken", case_unwoken},
    {"fork", case_fork},
    {"objects", case_objects},
};

int main(int argc, char **argv)
{
    if (argc > 2 && !strcmp(argv[2], "1.2"))
        version = TLS1_2_VERSION;
    signal(SIGPIPE, SIG_IGN);
    alarm(60);
    make_contexts();
    for (size_t i = 0; argc > 1 && i < sizeof(cases) / sizeof(*cases); i++) {
        if (!strcmp(cases[i].name, argv[1])) {
            cases[i].run();
            SSL_CTX_free(server_ctx);
            SSL_CTX_free(client_ctx);
            return 0;
        }
    }
    fprintf(stderr, "usage: prog_tls CASE [1.2|1.3]\n");
    return 2;
}
