/*
 * As prog_tls, for the GnuTLS door: client and server in one process, each case
 * a word of the command line, with the protocol version as a second (1.2 or
 * 1.3, default 1.3). Run under the shim with the toy engine; the server's
 * sessions are not inspected, so what it got is the truth. The server sends no
 * tickets, and both know a key in advance: no certificates.
 */
/* link: -lgnutls */
#include <dlfcn.h>
#include <fcntl.h>
#include <gnutls/gnutls.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hooks/marker.h"

#define NEED(x)                                                                \
    do {                                                                       \
        if (!(x)) {                                                            \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #x);    \
            _exit(1);                                                          \
        }                                                                      \
    } while (0)

static const char *priority;
static gnutls_psk_client_credentials_t client_cred;
static gnutls_psk_server_credentials_t server_cred;
static const gnutls_datum_t key = {(unsigned char *)"0123456789abcdef", 16};

/* --- the server ---------------------------------------------------------- */

struct server {
    int fd;
    gnutls_session_t g;
    bool slow;          /* nothing is read for a while          */
    bool bytes;         /* reads and answers a byte at a time   */
    bool anew;          /* before each answer, a HelloRequest   */
    bool update;        /* a new key before each answer         */
    bool linger;        /* one more line after the client's end */
    bool raw_close;     /* after an answer, without notice      */
    const char *answer; /* NULL: the body comes back            */
    char *got;
    size_t len;
};

static void put(const struct server *s, const char *p, size_t n)
{
    while (n > 0) {
        ssize_t rc = gnutls_record_send(s->g, p, s->bytes ? 1 : n);

        NEED(rc > 0);
        p += rc;
        n -= (size_t)rc;
    }
}

static void answer(struct server *s, const char *body, size_t n)
{
    char head[100];

    if (s->update)
        NEED(gnutls_session_key_update(s->g, GNUTLS_KU_PEER) == 0);
    if (s->anew)
        NEED(!gnutls_rehandshake(s->g) && !gnutls_handshake(s->g));
    if (s->answer) {
        put(s, s->answer, strlen(s->answer));
        return;
    }
    snprintf(head, sizeof(head),
             "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", n + 1);
    put(s, head, strlen(head));
    put(s, body, n);
    put(s, "\n", 1);
}

/* Bytes of the complete request at p, 0 if it is not complete. */
static size_t request_len(const char *p, size_t n, size_t *ret_body)
{
    const char *end = n ? memmem(p, n, "\r\n\r\n", 4) : NULL;
    const char *field = end ? strstr(p, "Content-Length:") : NULL;
    size_t head = end ? (size_t)(end + 4 - p) : 0;

    *ret_body = field && field < end ? strtoul(field + 15, NULL, 10) : 0;
    return end && n >= head + *ret_body ? head + *ret_body : 0;
}

static int knows(gnutls_session_t g, const char *name, gnutls_datum_t *ret_key)
{
    (void)g, (void)name;
    ret_key->data = gnutls_malloc(key.size);
    memcpy(ret_key->data, key.data, key.size);
    ret_key->size = key.size;
    return 0;
}

static void *serve(void *arg)
{
    struct server *s = arg;
    size_t at = 0, n, body;
    char buf[16384];
    ssize_t rc;

    NEED(!gnutls_init(&s->g, GNUTLS_SERVER | GNUTLS_NO_TICKETS));
    NEED(!gnutls_priority_set_direct(s->g, priority, NULL));
    gnutls_credentials_set(s->g, GNUTLS_CRD_PSK, server_cred);
    gnutls_transport_set_int(s->g, s->fd);
    if (gnutls_handshake(s->g) != 0)
        goto out;
    if (s->slow)
        usleep(200000);
    while ((rc = gnutls_record_recv(s->g, buf, s->bytes ? 1 : sizeof(buf))) >
               0 ||
           rc == GNUTLS_E_AGAIN || /* a new key */
           rc == GNUTLS_E_REHANDSHAKE) {
        if (rc == GNUTLS_E_REHANDSHAKE)
            NEED(!gnutls_handshake(s->g));
        if (rc < 0)
            continue;
        s->got = realloc(s->got, s->len + (size_t)rc + 1);
        NEED(s->got);
        memcpy(s->got + s->len, buf, (size_t)rc);
        s->len += (size_t)rc;
        s->got[s->len] = '\0';
        while ((n = request_len(s->got + at, s->len - at, &body))) {
            answer(s, s->got + at + n - body, body);
            at += n;
            if (s->raw_close)
                goto out;
        }
    }
    if (s->linger)
        put(s, "late\n", 5);
    (void)gnutls_bye(s->g, GNUTLS_SHUT_WR);
out:
    close(s->fd);
    gnutls_deinit(s->g);
    return NULL;
}

/* --- the client ---------------------------------------------------------- */

struct client {
    int fd;
    bool early; /* early data is tried */
    gnutls_session_t g;
    struct server server;
    pthread_t thread;
};

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

static void connect_tls(struct client *c, const char *host, unsigned flags)
{
    int fd[2], rc;

    sockets(fd);
    c->fd = fd[0];
    c->server.fd = fd[1];
    NEED(!pthread_create(&c->thread, NULL, serve, &c->server));
    NEED(!gnutls_init(&c->g, GNUTLS_CLIENT | flags));
    NEED(!gnutls_priority_set_direct(c->g, priority, NULL));
    gnutls_credentials_set(c->g, GNUTLS_CRD_PSK, client_cred);
    if (host)
        NEED(
            !gnutls_server_name_set(c->g, GNUTLS_NAME_DNS, host, strlen(host)));
    gnutls_transport_set_int(c->g, c->fd);
    if (flags & GNUTLS_NONBLOCK) {
        int size = 4096;

        NEED(!setsockopt(c->fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size)));
        NEED(!fcntl(c->fd, F_SETFL, O_NONBLOCK));
    }
    if (c->early)
        NEED(gnutls_record_send_early_data(c->g, "BLOCKME", 7) ==
             GNUTLS_E_PUSH_ERROR);
    while ((rc = gnutls_handshake(c->g)) == GNUTLS_E_AGAIN)
        usleep(1000);
    NEED(rc == 0);
}

static void finish(struct client *c)
{
    (void)gnutls_bye(c->g, GNUTLS_SHUT_WR);
    gnutls_deinit(c->g);
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
    size_t n = request(buf, sizeof(buf), body);

    NEED(gnutls_record_send(c->g, buf, n) == (ssize_t)n);
}

static const char *read_until(struct client *c, const char *text)
{
    static __thread char buf[4000];
    size_t n = 0;

    buf[0] = '\0';
    while (!strstr(buf, text)) {
        ssize_t rc = gnutls_record_recv(c->g, buf + n, sizeof(buf) - 1 - n);

        if (rc == GNUTLS_E_REHANDSHAKE) { /* the server asks for one */
            NEED(!gnutls_handshake(c->g));
            continue;
        }
        if (rc == GNUTLS_E_AGAIN && usleep(1000) == 0)
            continue;
        NEED(rc > 0);
        n += (size_t)rc;
        buf[n] = '\0';
    }
    return buf;
}

static bool readable(int fd)
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

/* --- cases --------------------------------------------------------------- */

static void case_plain(void)
{
    struct client c = {0};

    connect_tls(&c, "llm.test", 0);
    send_request(&c, "one LONGWORD two");
    read_until(&c, "one a-much-longer-word two\n");
    NEED(strstr(c.server.got, "Content-Length: 26\r\n"));
    NEED(!strstr(c.server.got, "LONGWORD"));
    send_request(&c, "three SHORTWORD");
    read_until(&c, "three s\n");
    NEED(marker()->guarded == 1);
    finish(&c);
}

static void case_pass(void)
{
    struct client c = {0};

    connect_tls(&c, "pass.test", 0);
    send_request(&c, "LONGWORD BLOCKME");
    read_until(&c, "LONGWORD BLOCKME\n");
    NEED(marker()->guarded == 0);
    finish(&c);
}

static void case_block(void)
{
    struct client c = {0};
    char buf[100];

    connect_tls(&c, "llm.test", 0);
    send_request(&c, "fine");
    read_until(&c, "fine\n");
    NEED(gnutls_record_check_pending(c.g) == 0);
    send_request(&c, "BLOCKME");
    NEED(readable(c.fd));
    NEED(gnutls_record_check_pending(c.g) > 0);
    NEED(strstr(read_until(&c, "policy_block"), "403 Forbidden"));
    while (gnutls_record_check_pending(c.g) > 0)
        NEED(gnutls_record_recv(c.g, buf, 1) == 1);
    send_request(&c, "swallowed");
    for (int i = 0; i < 3; i++)
        NEED(gnutls_record_recv(c.g, buf, sizeof(buf)) == 0);
    NEED(gnutls_bye(c.g, GNUTLS_SHUT_RDWR) == 0);
    NEED(marker()->blocked == 1);
    gnutls_deinit(c.g);
    close(c.fd);
    NEED(!pthread_join(c.thread, NULL));
    NEED(!strstr(c.server.got, "BLOCKME") && !strstr(c.server.got, "swallow"));
}

static void case_fail(void)
{
    struct client c = {0};
    char buf[1000];
    size_t n = request(buf, sizeof(buf), "FAILME");

    connect_tls(&c, "llm.test", 0);
    for (int i = 0; i < 2; i++) {
        ssize_t rc = gnutls_record_send(c.g, buf, n);

        NEED(rc < 0 && gnutls_error_is_fatal((int)rc));
        rc = gnutls_record_recv(c.g, buf + 500, 10);
        NEED(rc < 0 && gnutls_error_is_fatal((int)rc));
    }
    finish(&c);
}

static void case_cut(void)
{
    struct client c = {.server.answer = "HTTP/1.1 200 OK\r\n\r\na CUTHERE b\n"};
    char buf[100];

    connect_tls(&c, "llm.test", 0);
    send_request(&c, "x");
    NEED(!strstr(read_until(&c, "[cut]"), "b\n"));
    NEED(gnutls_record_recv(c.g, buf, sizeof(buf)) == 0);
    finish(&c);
}

/* The end lets out what was held; the error comes after. */
static void case_tail(void)
{
    struct client c = {.server = {.answer = "HTTP/1.1 200 OK\r\n\r\nTOYECHO",
                                  .raw_close = true}};
    char buf[100];

    connect_tls(&c, "llm.test", 0);
    send_request(&c, "x");
    NEED(strstr(read_until(&c, "toyecho"), "200 OK"));
    for (int i = 0; i < 2; i++)
        NEED(gnutls_record_recv(c.g, buf, sizeof(buf)) ==
             GNUTLS_E_PREMATURE_TERMINATION);
    finish(&c);
}

/* A byte in, a byte out, on both sides. */
static void case_bytes(void)
{
    struct client c = {.server.bytes = true};
    char buf[200], in[200];
    size_t n = request(buf, sizeof(buf), "a LONGWORD b"), got = 0;

    connect_tls(&c, "llm.test", 0);
    for (size_t i = 0; i < n; i++)
        NEED(gnutls_record_send(c.g, buf + i, 1) == 1);
    while (got < 5 || memcmp(in + got - 3, " b\n", 3) != 0) {
        NEED(got < sizeof(in));
        NEED(gnutls_record_recv(c.g, in + got, 1) == 1);
        got++;
    }
    NEED(strstr(c.server.got, "a a-much-longer-word b"));
    finish(&c);
}

/*
 * A peer that does not read: E_AGAIN; the same call again, and the form
 * without bytes that GnuTLS has for it. All arrives once.
 */
static void case_again(void)
{
    enum {
        SIZE = 8 << 20
    };
    struct client c = {.server.slow = true};
    char *body = malloc(SIZE + 1), *all = malloc(SIZE + 200);
    size_t n, sent = 0, stopped = 0;

    NEED(body && all);
    memset(body, 'x', SIZE);
    memcpy(body + SIZE / 2, "LONGWORD", 8);
    body[SIZE] = '\0';
    n = request(all, SIZE + 200, body);
    connect_tls(&c, "llm.test", GNUTLS_NONBLOCK);
    while (sent < n) {
        bool bare = stopped % 2 == 1;
        ssize_t rc = gnutls_record_send(c.g, bare ? NULL : all + sent,
                                        bare ? 0 : n - sent);

        if (rc == GNUTLS_E_AGAIN || rc == GNUTLS_E_INTERRUPTED) {
            struct pollfd p = {.fd = c.fd, .events = POLLOUT};

            stopped++;
            NEED(poll(&p, 1, 10000) == 1);
            continue;
        }
        NEED(rc > 0);
        sent += (size_t)rc;
        if (bare)
            stopped++;
    }
    NEED(stopped > 0 && sent == n);
    free(body);
    free(all);
    while (gnutls_record_recv(c.g, (char[1000]){0}, 1000) == GNUTLS_E_AGAIN)
        usleep(1000);
    NEED(c.server.len == n + 10 + 0);
    NEED(strstr(c.server.got, "xa-much-longer-wordx"));
    _exit(0); /* the rest of the answer is not waited for */
}

/* Corked: the library gathers what goes out; uncorked, it goes. */
static void case_cork(void)
{
    struct client c = {0};

    connect_tls(&c, "llm.test", 0);
    gnutls_record_cork(c.g);
    send_request(&c, "one LONGWORD");
    usleep(20000);
    NEED(c.server.len == 0);
    NEED(gnutls_record_uncork(c.g, GNUTLS_RECORD_WAIT) > 0);
    read_until(&c, "one a-much-longer-word\n");
    finish(&c);
}

/* The client's end, and yet an answer. */
static void case_half_close(void)
{
    struct client c = {.server.linger = true};

    connect_tls(&c, "llm.test", 0);
    send_request(&c, "x");
    read_until(&c, "x\n");
    NEED(gnutls_bye(c.g, GNUTLS_SHUT_WR) == 0);
    (void)gnutls_record_recv(c.g, (char[100]){0}, 100);
    gnutls_deinit(c.g);
    close(c.fd);
    NEED(!pthread_join(c.thread, NULL));
    free(c.server.got);
}

/* New keys, asked of the server, then of the client: TLS 1.3 only. */
static void case_update(void)
{
    for (int server = 0; server < 2; server++) {
        struct client c = {.server.update = server};

        connect_tls(&c, "llm.test", 0);
        for (int i = 0; i < 5; i++) {
            if (!server)
                NEED(!gnutls_session_key_update(c.g, GNUTLS_KU_PEER));
            send_request(&c, "LONGWORD");
            read_until(&c, "a-much-longer-word\n");
        }
        finish(&c);
    }
}

/*
 * New handshakes on the connection, wished by the client or by the server, and
 * then a block: TLS 1.2 only.
 */
static void anew(bool server)
{
    struct client c = {.server.anew = server};

    connect_tls(&c, "llm.test", 0);
    for (int i = 0; i < 3; i++) {
        if (!server)
            NEED(!gnutls_handshake(c.g));
        send_request(&c, "LONGWORD");
        read_until(&c, "a-much-longer-word\n");
    }
    if (!server)
        NEED(!gnutls_handshake(c.g));
    send_request(&c, "BLOCKME");
    NEED(readable(c.fd));
    read_until(&c, "policy_block");
    NEED(!strstr(c.server.got, "BLOCKME"));
    finish(&c);
}

static void case_anew(void)
{
    anew(/* server */ false);
}

static void case_anew_asked(void)
{
    anew(/* server */ true);
}

/* What a thread does; see case_sessions. */
static void *some(void *arg)
{
    for (int i = 0; i < 4; i++) {
        struct client c = {0};

        connect_tls(&c, i == 0 ? "pass.test" : "llm.test", 0);
        send_request(&c, i == 3 ? "BLOCKME" : "LONGWORD");
        read_until(&c, i == 0   ? "LONGWORD\n"
                       : i == 3 ? "policy_block"
                                : "longer-word\n");
        finish(&c);
    }
    return arg;
}

static void case_sessions(void)
{
    pthread_t t[50];

    for (size_t i = 0; i < 50; i++)
        NEED(!pthread_create(&t[i], NULL, some, NULL));
    for (size_t i = 0; i < 50; i++)
        NEED(!pthread_join(t[i], NULL));
    NEED(marker()->guarded == 150 && marker()->blocked == 50);
}

/* A fork in the middle of a request: the child, or the parent, goes on. */
static void forked(bool child, const char *body, const char *want)
{
    struct client c = {0};
    char buf[1000];
    size_t n = request(buf, sizeof(buf), body), half = n - 4;
    int status;
    pid_t pid;

    connect_tls(&c, "llm.test", 0);
    NEED(gnutls_record_send(c.g, buf, half) == (ssize_t)half);
    NEED((pid = fork()) >= 0);
    if (pid == 0 && !child) {
        gnutls_deinit(c.g);
        _exit(0);
    }
    if (pid > 0) {
        NEED(waitpid(pid, &status, 0) == pid && status == 0);
        NEED(child || !c.server.got); /* the other let nothing out */
    }
    if ((pid == 0) == child) {
        alarm(20);
        NEED(gnutls_record_send(c.g, buf + half, n - half) ==
             (ssize_t)(n - half));
        read_until(&c, want);
        if (pid == 0)
            _exit(0);
    }
    if (child)
        shutdown(c.fd, SHUT_RDWR);
    finish(&c);
}

static void case_fork_within(void)
{
    for (int child = 0; child < 2; child++) {
        forked(child, "a LONGWORD", "a-much-longer-word\n");
        forked(child, "a BLOCKME", "policy_block");
    }
}

/* Refused before the handshake, which then goes on. */
static void case_early(void)
{
    struct client c = {.early = true};

    connect_tls(&c, "llm.test", GNUTLS_ENABLE_EARLY_START);
    send_request(&c, "LONGWORD");
    read_until(&c, "a-much-longer-word\n");
    NEED(!strstr(c.server.got, "BLOCKME"));
    finish(&c);
}

/* What cannot be looked at is refused, not passed. */
static void case_refused(void)
{
    struct client c = {0};
    gnutls_packet_t packet = NULL;
    FILE *file = tmpfile();

    NEED(file && fputs("BLOCKME", file) >= 0 && fflush(file) == 0);
    connect_tls(&c, "llm.test", 0);
    NEED(gnutls_record_send_file(c.g, fileno(file), NULL, 7) < 0);
    NEED(gnutls_record_recv_packet(c.g, &packet) < 0 && packet == NULL);
    fclose(file);
    send_request(&c, "LONGWORD"); /* those calls alone were refused */
    read_until(&c, "a-much-longer-word\n");
    NEED(!strstr(c.server.got, "BLOCKME"));
    finish(&c);
}

/* The other names of sending and receiving. */
static void case_forms(void)
{
    struct client c = {0};
    char buf[200];
    unsigned char seq[8];
    size_t n = request(buf, sizeof(buf), "LONGWORD"), got = 0;
    gnutls_range_st range = {.low = 1, .high = 1000};

    connect_tls(&c, "llm.test", 0);
    NEED(gnutls_record_send2(c.g, buf, n, 0, 0) == (ssize_t)n);
    read_until(&c, "a-much-longer-word\n");
    NEED(gnutls_record_send_range(c.g, buf, n, &range) == (ssize_t)n);
    while (!memmem(buf, got, "word\n", 5)) {
        ssize_t rc =
            gnutls_record_recv_seq(c.g, buf + got, sizeof(buf) - got, seq);

        NEED(rc > 0);
        got += (size_t)rc;
    }
    NEED(!strstr(c.server.got, "LONGWORD"));
    finish(&c);
}

static const struct {
    const char *name;
    void (*run)(void);
} cases[] = {
    {"plain", case_plain},
    {"pass", case_pass},
    {"block", case_block},
    {"fail", case_fail},
    {"cut", case_cut},
    {"tail", case_tail},
    {"bytes", case_bytes},
    {"again", case_again},
    {"cork", case_cork},
    {"half-close", case_half_close},
    {"update", case_update},
    {"refused", case_refused},
    {"forms", case_forms},
    {"anew", case_anew},
    {"anew-asked", case_anew_asked},
    {"sessions", case_sessions},
    {"fork-within", case_fork_within},
    {"early", case_early},
};

int main(int argc, char **argv)
{
    priority = argc > 2 && strcmp(argv[2], "1.2") == 0
                   ? "NORMAL:-KX-ALL:+ECDHE-PSK:-VERS-ALL:+VERS-TLS1.2"
                   : "NORMAL:-KX-ALL:+ECDHE-PSK:-VERS-ALL:+VERS-TLS1.3";
    signal(SIGPIPE, SIG_IGN);
    alarm(120);
    NEED(!gnutls_psk_allocate_client_credentials(&client_cred));
    NEED(!gnutls_psk_allocate_server_credentials(&server_cred));
    NEED(!gnutls_psk_set_client_credentials(client_cred, "test", &key,
                                            GNUTLS_PSK_KEY_RAW));
    gnutls_psk_set_server_credentials_function(server_cred, knows);
    for (size_t i = 0; argc > 1 && i < sizeof(cases) / sizeof(cases[0]); i++)
        if (strcmp(argv[1], cases[i].name) == 0) {
            cases[i].run();
            return 0;
        }
    fprintf(stderr, "prog_gnutls: no such case\n");
    return 2;
}
