/* link: -lssl -lcrypto */
/*
 * A plain client on OpenSSL: COUNT exchanges over one kept connection to
 * 127.0.0.1:PORT. Prints the median of one exchange and the total, both in
 * microseconds.
 *
 *     client PORT SERVER-NAME COUNT BODY-BYTES
 */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/str.h"

static double now_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static SSL *dial(unsigned port, const char *name)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port)};
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;
    SSL *ssl;

    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    if (ctx == NULL || connect(fd, (struct sockaddr *)&to, sizeof(to)) != 0)
        return NULL;
    ssl = SSL_new(ctx);
    SSL_set_fd(ssl, fd);
    SSL_set_tlsext_host_name(ssl, name);
    return SSL_connect(ssl) == 1 ? ssl : NULL;
}

/* A prompt of about n bytes of prose. */
static char *prompt(size_t n)
{
    static const char words[] =
        "please summarise the following notes about the harbour and its "
        "ships, and say which of them arrived late last week. ";
    char *text = malloc(n + 1);

    for (size_t i = 0; text != NULL && i < n; i++)
        text[i] = words[i % (sizeof(words) - 1)];
    if (text != NULL)
        text[n] = '\0';
    return text;
}

/* Reads one response with Content-Length; false if there is none. */
static bool answer(SSL *ssl)
{
    static char in[65536];
    size_t have = 0, want = 0;

    do {
        struct str got, length;
        int n = SSL_read(ssl, in + have, (int)(sizeof(in) - have));
        uint64_t body;

        if (n <= 0)
            return false;
        have += (size_t)n;
        got = (struct str){in, have};
        if (want == 0 && str_find(got, STR("\r\n\r\n")) < have) {
            size_t head = str_find(got, STR("\r\n\r\n")) + 4;

            length = str_skip(got, str_find(got, STR("Content-Length: ")) + 16);
            if (str_u64(str_head(length, str_find_byte(length, '\r')), &body))
                return false;
            want = head + (size_t)body;
        }
    } while (want == 0 || have < want);
    return str_starts((struct str){in, have}, STR("HTTP/1.1 200"));
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static int measure(SSL *ssl, const char *name, uint64_t count, size_t size)
{
    double *took = calloc(count, sizeof(*took)), total = 0;
    char *text = prompt(size), *body = NULL, *request = NULL;
    int length = asprintf(&body,
                          "{\"model\":\"m\",\"messages\":[{\"role\":"
                          "\"user\",\"content\":\"%s\"}]}",
                          text);
    int n = asprintf(&request,
                     "POST /v1/chat/completions HTTP/1.1\r\nHost: %s\r\n"
                     "Content-Type: application/json\r\n"
                     "Content-Length: %d\r\n\r\n%s",
                     name, length, body);

    for (uint64_t i = 0; i < count; i++) {
        double begun = now_us();

        if (SSL_write(ssl, request, n) != n || !answer(ssl)) {
            fprintf(stderr, "client: exchange %ju failed\n", (uintmax_t)i);
            return 1;
        }
        took[i] = now_us() - begun;
        total += took[i];
    }
    qsort(took, count, sizeof(*took), compare);
    printf("%.2f %.0f\n", took[count / 2], total);
    free(took);
    free(text);
    free(body);
    free(request);
    return 0;
}

int main(int argc, char **argv)
{
    uint64_t port, count, size;
    SSL *ssl;

    if (argc != 5 || str_u64(str_of(argv[1]), &port) ||
        str_u64(str_of(argv[3]), &count) || str_u64(str_of(argv[4]), &size) ||
        count == 0)
        return 2;
    ssl = dial((unsigned)port, argv[2]);
    if (ssl == NULL) {
        fprintf(stderr, "client: no connection\n");
        return 1;
    }
    return measure(ssl, argv[2], count, (size_t)size);
}
