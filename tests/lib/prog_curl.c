/*
 * A client of libcurl that uses whichever libcurl it is told to:
 *
 *   prog_curl LIBRARY CA URL WORD...
 *
 * Words set something or do something, from left to right; each transfer
 * prints "DONE result http-code" and the answer's body. Functions are fetched
 * by name; `prog_curl` itself needs no libcurl.
 */
/* link: -ldl */
#include <dlfcn.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>

#define NEED(x)                                                                \
    do {                                                                       \
        if (!(x)) {                                                            \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #x);    \
            exit(1);                                                           \
        }                                                                      \
    } while (0)

#undef curl_easy_setopt
#undef curl_easy_getinfo
#undef curl_multi_setopt

#define FUNCTIONS(X)                                                           \
    X(easy_init)                                                               \
    X(easy_setopt)                                                             \
    X(easy_getinfo)                                                            \
    X(easy_perform)                                                            \
    X(easy_duphandle)                                                          \
    X(easy_reset)                                                              \
    X(easy_cleanup)                                                            \
    X(easy_strerror)                                                           \
    X(easy_pause)                                                              \
    X(easy_send)                                                               \
    X(easy_recv)                                                               \
    X(multi_init)                                                              \
    X(multi_add_handle)                                                        \
    X(multi_remove_handle)                                                     \
    X(multi_perform)                                                           \
    X(multi_wait)                                                              \
    X(multi_setopt)                                                            \
    X(multi_socket_action)                                                     \
    X(multi_info_read)                                                         \
    X(multi_cleanup)                                                           \
    X(slist_append)                                                            \
    X(mime_init)                                                               \
    X(mime_addpart)                                                            \
    X(mime_name)                                                               \
    X(mime_data)                                                               \
    X(mime_type)                                                               \
    X(mime_free)                                                               \
    X(url)                                                                     \
    X(url_set)                                                                 \
    X(url_cleanup)                                                             \
    X(version_info)

#define MEMBER(fn) __typeof__(&curl_##fn) fn;
static struct {
    FUNCTIONS(MEMBER)
} c;

static void fetch(const char *library)
{
    void *handle = dlopen(library, RTLD_NOW | RTLD_LOCAL), *fn;

    if (!handle)
        exit(77);
#define FETCH(name)                                                            \
    fn = dlsym(handle, "curl_" #name);                                         \
    NEED(fn);                                                                  \
    memcpy(&c.name, &fn, sizeof(fn));
    FUNCTIONS(FETCH)
}

/* --- a transfer ---------------------------------------------------------- */

struct transfer {
    CURL *easy;
    char error[CURL_ERROR_SIZE];
    char *body;
    size_t len;
    const char *left; /* of what a read function gives */
    bool pauses, paused;
};

static const char *ca, *url;
static struct transfer one;
static struct curl_slist *fields;
static long limit; /* of connections at once */

static size_t take(char *p, size_t size, size_t n, void *arg)
{
    struct transfer *t = arg;

    if (t->pauses && !t->paused) {
        t->paused = true;
        return CURL_WRITEFUNC_PAUSE;
    }
    t->body = realloc(t->body, t->len + size * n + 1);
    memcpy(t->body + t->len, p, size * n);
    t->len += size * n;
    t->body[t->len] = '\0';
    return size * n;
}

/* A few bytes a call. */
static size_t give(char *p, size_t size, size_t n, void *arg)
{
    struct transfer *t = arg;
    size_t len = strlen(t->left);

    len = len < 700 ? len : 700;
    len = len < size * n ? len : size * n;
    memcpy(p, t->left, len);
    t->left += len;
    return len;
}

static void begin(CURL *easy)
{
    struct transfer *t = &one;

    t->easy = easy;
    fields = c.slist_append(NULL, "Content-Type: application/json");
    c.easy_setopt(easy, CURLOPT_URL, url);
    c.easy_setopt(easy, CURLOPT_CAINFO, ca);
    c.easy_setopt(easy, CURLOPT_ERRORBUFFER, t->error);
    c.easy_setopt(easy, CURLOPT_WRITEFUNCTION, take);
    c.easy_setopt(easy, CURLOPT_WRITEDATA, t);
    c.easy_setopt(easy, CURLOPT_HTTPHEADER, fields);
    c.easy_setopt(easy, CURLOPT_TIMEOUT, 20L);
}

static void tell(struct transfer *t, CURLcode result)
{
    long code = 0;

    c.easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &code);
    printf("DONE %d %ld %s\n%s\n", (int)result, code, result ? t->error : "",
           t->body ? t->body : "");
    fflush(stdout);
    t->len = 0;
    if (t->body)
        t->body[0] = '\0';
}

/* --- ways to run it ------------------------------------------------------ */

static void easy(void)
{
    tell(&one, c.easy_perform(one.easy));
}

static bool ended(CURLM *multi, struct transfer *all, size_t n, size_t *done)
{
    CURLMsg *msg;
    int left;

    while ((msg = c.multi_info_read(multi, &left))) {
        struct transfer *t = NULL;

        for (size_t i = 0; i < n; i++)
            if (all[i].easy == msg->easy_handle)
                t = &all[i];
        NEED(t && msg->msg == CURLMSG_DONE); /* no handle that is not ours */
        tell(t, msg->data.result);
        c.multi_remove_handle(multi, t->easy);
        ++*done;
    }
    return *done == n;
}

static void multi(struct transfer *all, size_t n)
{
    CURLM *m = c.multi_init();
    int running = 0;
    size_t done = 0;

    if (limit) {
        c.multi_setopt(m, CURLMOPT_MAX_HOST_CONNECTIONS, limit);
        c.multi_setopt(m, CURLMOPT_MAX_TOTAL_CONNECTIONS, limit);
    }
    for (size_t i = 0; i < n; i++)
        NEED(!c.multi_add_handle(m, all[i].easy));
    do {
        NEED(!c.multi_perform(m, &running));
        NEED(running >= 0 && (size_t)running <= n);
        for (size_t i = 0; i < n; i++)
            if (all[i].paused) {
                all[i].pauses = all[i].paused = false;
                c.easy_pause(all[i].easy, CURLPAUSE_CONT);
            }
        if (running)
            NEED(!c.multi_wait(m, NULL, 0, 1000, NULL));
    } while (!ended(m, all, n, &done) && running);
    NEED(done == n); /* none runs, so all have told their end */
    c.multi_cleanup(m);
}

/* The other way to drive one: sockets and a timer, as an event loop has it. */
static struct pollfd polled[32];
static size_t polled_count;
static long timer_ms;

static int on_socket(CURL *e, curl_socket_t fd, int what, void *arg, void *own)
{
    size_t i = 0;

    (void)e, (void)arg, (void)own;
    while (i < polled_count && polled[i].fd != fd)
        i++;
    if (i == polled_count)
        polled[polled_count++].fd = fd;
    NEED(polled_count < 32);
    if (what == CURL_POLL_REMOVE)
        polled[i] = polled[--polled_count];
    else
        polled[i].events = (short)((what & CURL_POLL_IN ? POLLIN : 0) |
                                   (what & CURL_POLL_OUT ? POLLOUT : 0));
    return 0;
}

static int on_timer(CURLM *m, long ms, void *arg)
{
    (void)m, (void)arg;
    timer_ms = ms;
    return 0;
}

static void sockets(void)
{
    CURLM *m = c.multi_init();
    int running = 1;
    size_t done = 0;

    c.multi_setopt(m, CURLMOPT_SOCKETFUNCTION, on_socket);
    c.multi_setopt(m, CURLMOPT_TIMERFUNCTION, on_timer);
    NEED(!c.multi_add_handle(m, one.easy));
    while (!ended(m, &one, 1, &done)) {
        int wait = timer_ms < 0 ? 20000 : (int)timer_ms;
        int n = poll(polled, polled_count, wait);

        NEED(n > 0 || timer_ms >= 0);
        if (n == 0)
            c.multi_socket_action(m, CURL_SOCKET_TIMEOUT, 0, &running);
        for (size_t i = polled_count; n > 0 && i-- > 0;) {
            short got = polled[i].revents;

            if (i < polled_count && got)
                c.multi_socket_action(
                    m, polled[i].fd,
                    (got & (POLLIN | POLLHUP | POLLERR) ? CURL_CSELECT_IN : 0) |
                        (got & POLLOUT ? CURL_CSELECT_OUT : 0),
                    &running);
        }
    }
    c.multi_cleanup(m);
}

/* n copies, the handle's own transfer among them. */
static void parallel(size_t n)
{
    struct transfer all[16];

    NEED(n <= 16);
    memset(all, 0, sizeof(all));
    for (size_t i = 0; i < n; i++) {
        all[i].easy = c.easy_duphandle(one.easy);
        c.easy_setopt(all[i].easy, CURLOPT_ERRORBUFFER, all[i].error);
        c.easy_setopt(all[i].easy, CURLOPT_WRITEDATA, &all[i]);
    }
    multi(all, n);
    for (size_t i = 0; i < n; i++) {
        c.easy_cleanup(all[i].easy);
        free(all[i].body);
    }
}

/* The same, each in a thread of its own, one after another in turn. */
static void *thread(void *arg)
{
    struct transfer *t = arg;

    for (int i = 0; i < 5; i++) {
        long code = 0;

        t->len = 0;
        t->paused = c.easy_perform(t->easy) != CURLE_OK;
        c.easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &code);
        if (t->paused ||
            !strstr(t->body, code == 403 ? "policy_block" : "Hello from"))
            return t;
    }
    return NULL;
}

static void threads(size_t n)
{
    struct transfer all[16];
    pthread_t id[16];
    void *bad;

    NEED(n <= 16);
    memset(all, 0, sizeof(all));
    for (size_t i = 0; i < n; i++) {
        all[i].easy = c.easy_duphandle(one.easy);
        c.easy_setopt(all[i].easy, CURLOPT_ERRORBUFFER, all[i].error);
        c.easy_setopt(all[i].easy, CURLOPT_WRITEDATA, &all[i]);
    }
    for (size_t i = 0; i < n; i++)
        NEED(!pthread_create(&id[i], NULL, thread, &all[i]));
    for (size_t i = 0; i < n; i++) {
        NEED(!pthread_join(id[i], &bad));
        NEED(!bad);
        c.easy_cleanup(all[i].easy);
        free(all[i].body);
    }
}

/* A child goes on with handles of its own, and its parent as before. */
static void forked(void)
{
    pid_t pid = fork();
    int status;

    if (pid == 0) {
        CURL *easy = c.easy_duphandle(one.easy);

        one.easy = easy;
        tell(&one, c.easy_perform(easy));
        c.easy_cleanup(easy);
        _exit(0);
    }
    NEED(waitpid(pid, &status, 0) == pid && status == 0);
    tell(&one, c.easy_perform(one.easy));
}

/* A local socket of this process at which somebody listens. */
static socklen_t listener(struct sockaddr_un *ret)
{
    for (int fd = 3; fd < 256; fd++) {
        int listens = 0;
        socklen_t n = sizeof(listens), len = sizeof(*ret);

        if (!getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &n) &&
            listens && !getsockname(fd, (struct sockaddr *)ret, &len) &&
            ret->sun_family == AF_UNIX)
            return len;
    }
    return 0;
}

/* Another process calls there: it is sent away, and the transfer goes on. */
static void intruder(void)
{
    static const char ask[] = "GET /evil HTTP/1.1\r\nHost: localhost\r\n\r\n";
    CURLM *m = c.multi_init();
    struct sockaddr_un a;
    int running, status;
    socklen_t len;
    size_t done = 0;
    pid_t pid;

    NEED(!c.multi_add_handle(m, one.easy));
    NEED(!c.multi_perform(m, &running)); /* ours is there */
    len = listener(&a);
    NEED(len > 0);
    pid = fork();
    if (pid == 0) {
        int fd = socket(AF_UNIX, SOCK_STREAM, 0);
        char byte;

        if (connect(fd, (struct sockaddr *)&a, len))
            _exit(1);
        (void)!write(fd, ask, sizeof(ask) - 1);
        _exit(read(fd, &byte, 1) > 0);
    }
    usleep(200000);
    while (!ended(m, &one, 1, &done)) {
        NEED(!c.multi_perform(m, &running));
        NEED(!c.multi_wait(m, NULL, 0, 100, NULL));
    }
    NEED(waitpid(pid, &status, 0) == pid && status == 0);
    c.multi_cleanup(m);
}

/* Left before it has ended. */
static void abandon(void)
{
    CURLM *m = c.multi_init();
    int running;

    NEED(!c.multi_add_handle(m, one.easy));
    for (int i = 0; i < 3; i++)
        NEED(!c.multi_perform(m, &running));
    NEED(!c.multi_remove_handle(m, one.easy));
    c.multi_cleanup(m);
}

/* --- what the program sends ---------------------------------------------- */

static char *file(const char *path)
{
    FILE *f = fopen(path, "r");
    char *text = calloc(1, 1 << 24);

    NEED(f && text);
    NEED(fread(text, 1, (1 << 24) - 1, f) > 0);
    fclose(f);
    return text;
}

static void form(const char *text)
{
    curl_mime *mime = c.mime_init(one.easy);
    curl_mimepart *part = c.mime_addpart(mime);

    c.mime_name(part, "text");
    c.mime_data(part, text, CURL_ZERO_TERMINATED);
    c.easy_setopt(one.easy, CURLOPT_MIMEPOST, mime);
}

/* A connection that the program itself speaks on. */
static void raw(const char *text)
{
    char request[4096], answer[4096];
    CURLcode rc;
    size_t n;

    c.easy_setopt(one.easy, CURLOPT_CONNECT_ONLY, 1L);
    rc = c.easy_perform(one.easy);
    if (rc) {
        printf("DONE %d 0 %s\n", (int)rc, one.error);
        return;
    }
    snprintf(request, sizeof(request),
             "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\n"
             "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
             strlen(text), text);
    NEED(!c.easy_send(one.easy, request, strlen(request), &n));
    NEED(n == strlen(request));
    for (int i = 0; i < 200; i++) {
        rc = c.easy_recv(one.easy, answer, sizeof(answer) - 1, &n);
        if (rc != CURLE_AGAIN)
            break;
        usleep(20000);
    }
    answer[rc ? 0 : n] = '\0';
    printf("DONE %d 0 \n%s\n", (int)rc, answer);
}

static long number(const char *word)
{
    return strtol(word, NULL, 10);
}

static bool set(const char *word, const char *value)
{
    CURL *e = one.easy;
    static CURLU *u;

    if (!strcmp(word, "post")) {
        c.easy_setopt(e, CURLOPT_POSTFIELDSIZE, -1L);
        c.easy_setopt(e, CURLOPT_POSTFIELDS, file(value));
    } else if (!strcmp(word, "copy"))
        c.easy_setopt(e, CURLOPT_COPYPOSTFIELDS, file(value));
    else if (!strcmp(word, "url"))
        c.easy_setopt(e, CURLOPT_URL, value);
    else if (!strcmp(word, "curlu")) {
        NEED((u = c.url()) && !c.url_set(u, CURLUPART_URL, value, 0));
        c.easy_setopt(e, CURLOPT_CURLU, u);
    } else if (!strcmp(word, "form"))
        form(value);
    else if (!strcmp(word, "limit"))
        limit = number(value);
    else if (!strcmp(word, "parallel"))
        parallel((size_t)number(value));
    else if (!strcmp(word, "threads"))
        threads((size_t)number(value));
    else if (!strcmp(word, "raw"))
        raw(file(value));
    else if (!strcmp(word, "method"))
        c.easy_setopt(e, CURLOPT_CUSTOMREQUEST, value);
    else if (!strcmp(word, "proxy"))
        c.easy_setopt(e, CURLOPT_PROXY, value);
    else if (!strcmp(word, "proxy-ca"))
        c.easy_setopt(e, CURLOPT_PROXY_CAINFO, value);
    else if (!strcmp(word, "protocols"))
        c.easy_setopt(e, CURLOPT_PROTOCOLS_STR, value);
    else if (!strcmp(word, "field")) {
        fields = c.slist_append(fields, value);
        c.easy_setopt(e, CURLOPT_HTTPHEADER, fields);
    } else if (!strcmp(word, "read") || !strcmp(word, "read-sized")) {
        one.left = file(value);
        c.easy_setopt(e, CURLOPT_POSTFIELDS, NULL);
        c.easy_setopt(e, CURLOPT_POST, 1L);
        c.easy_setopt(e, CURLOPT_READFUNCTION, give);
        c.easy_setopt(e, CURLOPT_READDATA, &one);
        c.easy_setopt(e, CURLOPT_POSTFIELDSIZE,
                      word[4] ? (long)strlen(one.left) : -1L);
        if (!word[4])
            set("field", "Transfer-Encoding: chunked");
    } else
        return false;
    return true;
}

/* What libcurl tells of the last transfer's connection. */
static void where(CURL *e)
{
    static const CURLINFO texts[] = {CURLINFO_EFFECTIVE_URL,
                                     CURLINFO_REDIRECT_URL, CURLINFO_SCHEME,
                                     CURLINFO_PRIMARY_IP};
    static const CURLINFO numbers[] = {CURLINFO_PRIMARY_PORT,
                                       CURLINFO_SSL_VERIFYRESULT};
    struct curl_certinfo *certs = NULL;
    double connected = 0;

    printf("WHERE");
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        char *text = NULL;

        NEED(!c.easy_getinfo(e, texts[i], &text));
        printf(" %s", text ? text : "-");
    }
    for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
        long n = -1;

        NEED(!c.easy_getinfo(e, numbers[i], &n));
        printf(" %ld", n);
    }
    NEED(!c.easy_getinfo(e, CURLINFO_CERTINFO, &certs));
    NEED(!c.easy_getinfo(e, CURLINFO_APPCONNECT_TIME, &connected));
    printf(" %d %s\n", certs ? certs->num_of_certs : -1,
           connected > 0 ? "handshake" : "none");
}

static void act(const char *word)
{
    CURL *e = one.easy;

    if (!strcmp(word, "easy"))
        easy();
    else if (!strcmp(word, "multi"))
        multi(&one, 1);
    else if (!strcmp(word, "sockets"))
        sockets();
    else if (!strcmp(word, "abandon"))
        abandon();
    else if (!strcmp(word, "intruder"))
        intruder();
    else if (!strcmp(word, "fork"))
        forked();
    else if (!strcmp(word, "pause"))
        one.pauses = true;
    else if (!strcmp(word, "dup")) {
        e = c.easy_duphandle(e);
        c.easy_cleanup(one.easy);
        one.easy = e;
    } else if (!strcmp(word, "reset")) {
        c.easy_reset(e);
        begin(e);
    } else if (!strcmp(word, "get"))
        c.easy_setopt(e, CURLOPT_HTTPGET, 1L);
    else if (!strcmp(word, "head"))
        c.easy_setopt(e, CURLOPT_NOBODY, 1L);
    else if (!strcmp(word, "follow"))
        c.easy_setopt(e, CURLOPT_FOLLOWLOCATION, 1L);
    else if (!strcmp(word, "unverified"))
        c.easy_setopt(e, CURLOPT_SSL_VERIFYPEER, 0L);
    else if (!strcmp(word, "any-host"))
        c.easy_setopt(e, CURLOPT_SSL_VERIFYHOST, 0L);
    else if (!strcmp(word, "verified")) {
        c.easy_setopt(e, CURLOPT_SSL_VERIFYPEER, 1L);
        c.easy_setopt(e, CURLOPT_SSL_VERIFYHOST, 2L);
    } else if (!strcmp(word, "certinfo"))
        c.easy_setopt(e, CURLOPT_CERTINFO, 1L);
    else if (!strcmp(word, "gzip"))
        c.easy_setopt(e, CURLOPT_ACCEPT_ENCODING, "");
    else if (!strcmp(word, "where")) {
        where(e);
    } else if (!strcmp(word, "version"))
        printf("TLS %s\n", c.version_info(CURLVERSION_NOW)->ssl_version);
    else
        NEED(!"a word that is known");
}

int main(int argc, char **argv)
{
    NEED(argc > 3);
    fetch(argv[1]);
    ca = argv[2];
    url = argv[3];
    begin(c.easy_init());
    for (int i = 4; i < argc; i++) {
        char *value = strchr(argv[i], '=');

        if (value)
            *value++ = '\0';
        if (!value)
            act(argv[i]);
        else
            NEED(set(argv[i], value));
    }
    c.easy_cleanup(one.easy);
    return 0;
}
