/*
 * Many sessions, forks in the middle of a request, and signals, at the OpenSSL
 * door: a case is one word of the command line, the protocol version a second
 * one, as of prog_tls. Run under the shim with the toy engine, and with both
 * under the sanitizers.
 */
/* link: -lssl -lcrypto */
#include <errno.h>
#include <signal.h>
#include <sys/time.h>
#include <sys/wait.h>

#include "tlspair.h"

/* --- 1,000 sessions ------------------------------------------------------ */

enum {
    THREADS = 50,
    EACH = 20, /* sessions that a thread holds at the same time */
    ROUNDS = 3 /* requests on each                              */
};

/* A thread's client and, in a thread of its own, the server of all EACH. */
struct lot {
    pthread_t client, server;
    int fd[EACH][2];
};

/* Of each three sessions one is not watched, and one ends by a block. */
static bool passes(int i)
{
    return i % 3 == 0;
}

static bool ends(int i)
{
    return i % 3 == 2;
}

/* One request, with what it must not or must hold; false: the end. */
static bool take_request(SSL *ssl, bool as_it_was)
{
    char buf[1000];
    int n = 0, rc;

    do {
        rc = SSL_read(ssl, buf + n, (int)sizeof(buf) - 1 - n);
        if (rc <= 0)
            return n > 0;
        n += rc;
        buf[n] = '\0';
    } while (!strstr(buf, "WORD\n") && !strstr(buf, "word\n"));
    NEED(!strstr(buf, "BLOCKME"));
    NEED((strstr(buf, "LONGWORD") != NULL) == as_it_was);
    return true;
}

static void *lot_serve(void *arg)
{
    static const char answer[] =
        "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nyes\n";
    struct lot *lot = arg;
    SSL *ssl[EACH];

    for (int i = 0; i < EACH; i++) {
        NEED((ssl[i] = SSL_new(server_ctx)) &&
             SSL_set_fd(ssl[i], lot->fd[i][1]));
        NEED(SSL_accept(ssl[i]) == 1);
    }
    for (int round = 0; round < ROUNDS; round++)
        for (int i = 0; i < EACH; i++) {
            bool last = ends(i) && round == ROUNDS - 1;

            NEED(take_request(ssl[i], passes(i)) == !last);
            if (!last)
                NEED(SSL_write(ssl[i], answer, sizeof(answer) - 1) > 0);
        }
    for (int i = 0; i < EACH; i++) {
        SSL_free(ssl[i]);
        close(lot->fd[i][1]);
    }
    return NULL;
}

static void *lot_ask(void *arg)
{
    struct lot *lot = arg;
    struct client c[EACH] = {{0}};

    for (int i = 0; i < EACH; i++) {
        c[i].fd = lot->fd[i][0];
        NEED((c[i].ssl = SSL_new(client_ctx)) && SSL_set_fd(c[i].ssl, c[i].fd));
        SSL_set_tlsext_host_name(c[i].ssl,
                                 passes(i) ? "pass.test" : "llm.test");
        NEED(SSL_connect(c[i].ssl) == 1);
    }
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < EACH; i++)
            send_request(&c[i], ends(i) && round == ROUNDS - 1
                                    ? "BLOCKME LONGWORD\n"
                                    : "one LONGWORD\n");
        for (int i = 0; i < EACH; i++) {
            bool last = ends(i) && round == ROUNDS - 1;

            read_until(&c[i], last ? "policy_block" : "yes\n");
            if (last)
                SSL_shutdown(c[i].ssl);
        }
    }
    for (int i = 0; i < EACH; i++) {
        SSL_free(c[i].ssl);
        close(c[i].fd);
    }
    return NULL;
}

static void case_sessions(void)
{
    static struct lot lots[THREADS];

    for (int t = 0; t < THREADS; t++) {
        for (int i = 0; i < EACH; i++)
            sockets(lots[t].fd[i]);
        NEED(!pthread_create(&lots[t].server, NULL, lot_serve, &lots[t]));
    }
    for (int t = 0; t < THREADS; t++)
        NEED(!pthread_create(&lots[t].client, NULL, lot_ask, &lots[t]));
    for (int t = 0; t < THREADS; t++) {
        NEED(!pthread_join(lots[t].client, NULL));
        NEED(!pthread_join(lots[t].server, NULL));
    }
    NEED(marker()->handshakes == THREADS * EACH);
    NEED(marker()->guarded == THREADS * 13 && marker()->blocked == THREADS * 6);
}

/* --- a fork in the middle of a request ----------------------------------- */

/* Sends the first half; the other goes out by whoever is to have it. */
static int first_half(struct client *c, char *buf, size_t size,
                      const char *body, int *ret_half)
{
    int n = (int)request(buf, size, body);

    connect_tls(c, "llm.test");
    *ret_half = n - 4; /* cut within the word */
    NEED(SSL_write(c->ssl, buf, *ret_half) == *ret_half);
    return n;
}

static void ended_well(pid_t pid)
{
    int status;

    NEED(waitpid(pid, &status, 0) == pid && status == 0);
}

/* The child goes on, the parent only closes its descriptor. */
static void forked(const char *body, const char *want)
{
    struct client c = {0};
    char buf[1000];
    int half, n = first_half(&c, buf, sizeof(buf), body, &half);
    pid_t pid = fork();

    NEED(pid >= 0);
    if (pid == 0) {
        alarm(20);
        NEED(SSL_write(c.ssl, buf + half, n - half) == n - half);
        read_until(&c, want);
        _exit(0);
    }
    ended_well(pid);
    SSL_set_quiet_shutdown(c.ssl, 1);
    shutdown(c.fd, SHUT_RDWR);
    finish(&c);
}

/* The parent goes on, the child frees what it has of the session. */
static void kept(const char *body, const char *want)
{
    struct client c = {0};
    char buf[1000];
    int half, n = first_half(&c, buf, sizeof(buf), body, &half);
    pid_t pid = fork();

    NEED(pid >= 0);
    if (pid == 0) {
        alarm(20);
        SSL_free(c.ssl);
        _exit(0);
    }
    ended_well(pid);
    NEED(c.server.got == NULL); /* the child let nothing out */
    NEED(SSL_write(c.ssl, buf + half, n - half) == n - half);
    read_until(&c, want);
    finish(&c);
}

static void case_fork_within(void)
{
    for (int i = 0; i < 5; i++) {
        forked("a LONGWORD", "a-much-longer-word\n");
        forked("a BLOCKME", "policy_block");
        kept("a LONGWORD", "a-much-longer-word\n");
        kept("a BLOCKME", "policy_block");
    }
}

/* --- signals ------------------------------------------------------------- */

static int pipe_fd[2], pair_fd[2];
static _Atomic int signals;

/* Every call that the shim hooks and that a handler may make. */
static void on_signal(int sig)
{
    int saved = errno;
    char buf[64] = "\x16\x03\x01\x02\x00\x01"; /* as a ClientHello begins */

    (void)sig;
    NEED(write(pipe_fd[1], "x", 1) == 1 && read(pipe_fd[0], buf + 9, 1) == 1);
    NEED(send(pair_fd[0], buf, sizeof(buf), 0) == sizeof(buf));
    NEED(recv(pair_fd[1], buf, sizeof(buf), MSG_PEEK) == sizeof(buf));
    NEED(recv(pair_fd[1], buf, sizeof(buf), 0) == sizeof(buf));
    signals++;
    errno = saved;
}

/* A timer's signals, as often as can be, while sessions come and go. */
static void case_signal(void)
{
    struct itimerval often = {{0, 300}, {0, 300}}, never = {{0, 0}, {0, 0}};
    struct sigaction act = {.sa_handler = on_signal, .sa_flags = SA_RESTART};

    NEED(!pipe(pipe_fd) && !socketpair(AF_UNIX, SOCK_STREAM, 0, pair_fd));
    NEED(!sigaction(SIGALRM, &act, NULL));
    NEED(!setitimer(ITIMER_REAL, &often, NULL));
    for (int i = 0; i < 60; i++) {
        struct client c = {0};

        connect_tls(&c, i % 3 ? "llm.test" : "pass.test");
        send_request(&c, i % 3 == 2 ? "BLOCKME" : "LONGWORD");
        read_until(&c, i % 3 == 0   ? "LONGWORD\n"
                       : i % 3 == 1 ? "longer-word\n"
                                    : "policy_block");
        finish(&c);
    }
    NEED(!setitimer(ITIMER_REAL, &never, NULL));
    NEED(signals > 100);
}

static const struct {
    const char *name;
    void (*run)(void);
} cases[] = {
    {"sessions", case_sessions},
    {"fork-within", case_fork_within},
    {"signal", case_signal},
};

int main(int argc, char **argv)
{
    if (argc > 2 && !strcmp(argv[2], "1.2"))
        version = TLS1_2_VERSION;
    signal(SIGPIPE, SIG_IGN);
    alarm(120);
    make_contexts();
    for (size_t i = 0; argc > 1 && i < sizeof(cases) / sizeof(*cases); i++)
        if (!strcmp(cases[i].name, argv[1])) {
            cases[i].run();
            return 0;
        }
    fprintf(stderr, "usage: prog_many CASE [1.2|1.3]\n");
    return 2;
}
