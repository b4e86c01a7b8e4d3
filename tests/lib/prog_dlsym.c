/*
 * A client that opens libssl by hand and fetches each function by name, as
 * .NET and JNA do. Arguments: the server's port, how to look names up ("dlsym"
 * or "dlvsym"), flags of dlopen ("local" or "deep"), the request's body. Prints
 * what comes back.
 */
#include <arpa/inet.h>
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void *lib;
static int versioned;

static void *get(const char *name)
{
    void *fn =
        versioned ? dlvsym(lib, name, "OPENSSL_3.0.0") : dlsym(lib, name);

    if (!fn) {
        fprintf(stderr, "%s: %s\n", name, dlerror());
        exit(1);
    }
    return fn;
}

static int dial(const char *port)
{
    struct sockaddr_in a = {.sin_family = AF_INET};
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    a.sin_port = htons((unsigned short)strtoul(port, NULL, 10));
    if (connect(fd, (struct sockaddr *)&a, sizeof(a))) {
        perror("connect");
        exit(1);
    }
    return fd;
}

int main(int argc, char **argv)
{
    void *(*method)(void), *(*ctx_new)(void *), *(*ssl_new)(void *);
    int (*set_fd)(void *, int), (*handshake)(void *);
    int (*put)(void *, const void *, int), (*take)(void *, void *, int);
    long (*ctrl)(void *, int, long, void *);
    char buf[4096];
    void *ssl;
    int n;

    if (argc != 5)
        return 2;
    versioned = !strcmp(argv[2], "dlvsym");
    lib = dlopen("libssl.so.3",
                 RTLD_NOW | (strcmp(argv[3], "deep") ? 0 : RTLD_DEEPBIND));
    if (!lib)
        return 1;
    *(void **)&method = get("TLS_client_method");
    *(void **)&ctx_new = get("SSL_CTX_new");
    *(void **)&ssl_new = get("SSL_new");
    *(void **)&set_fd = get("SSL_set_fd");
    *(void **)&ctrl = get("SSL_ctrl");
    *(void **)&handshake = get("SSL_connect");
    *(void **)&put = get("SSL_write");
    *(void **)&take = get("SSL_read");
    if (dlsym(lib, "no_such_function") || !dlerror())
        return 1;
    ssl = ssl_new(ctx_new(method()));
    ctrl(ssl, 55, 0, (void *)(size_t) "localhost"); /* the server's name */
    if (set_fd(ssl, dial(argv[1])) != 1 || handshake(ssl) != 1)
        return 1;
    n = snprintf(
        buf, sizeof(buf),
        "POST /echo HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        "Content-Length: %zu\r\n\r\n%s",
        strlen(argv[4]), argv[4]);
    if (put(ssl, buf, n) != n)
        return 1;
    while ((n = take(ssl, buf, sizeof(buf))) > 0)
        fwrite(buf, 1, (size_t)n, stdout);
    return 0;
}
