/*
 * A toy of libssl: what the shim needs of one, and no more. What is written
 * comes back. It takes only objects that it made itself; copies of its file
 * are other libraries.
 */
#include <stdlib.h>
#include <string.h>

#define API __attribute__((visibility("default")))

/* As a TLS object of OpenSSL begins. */
struct ssl {
    int version;
    const char *method;
    int shut;
    int len;
    char text[1000];
};

static const char method[16];

static int mine(const struct ssl *s)
{
    return s->method == method;
}

API struct ssl *SSL_new(void *ctx);
API int SSL_write(struct ssl *s, const void *p, int n);
API int SSL_read(struct ssl *s, void *p, int n);
API int SSL_peek(struct ssl *s, void *p, int n);
API int SSL_pending(const struct ssl *s);
API int SSL_do_handshake(struct ssl *s);
API int SSL_connect(struct ssl *s);
API int SSL_get_error(const struct ssl *s, int rc);
API int SSL_get_shutdown(const struct ssl *s);
API void SSL_set_shutdown(struct ssl *s, int how);
API int SSL_shutdown(struct ssl *s);
API int SSL_clear(struct ssl *s);
API int SSL_in_before(const struct ssl *s);
API void SSL_free(struct ssl *s);
API void SSL_set_connect_state(struct ssl *s);
API const char *SSL_get_servername(const struct ssl *s, int type);
API int SSL_get_rfd(const struct ssl *s);

struct ssl *SSL_new(void *ctx)
{
    struct ssl *s = calloc(1, sizeof(*s));

    (void)ctx;
    if (s)
        s->method = method;
    return s;
}

int SSL_write(struct ssl *s, const void *p, int n)
{
    if (!mine(s) || n > (int)sizeof(s->text) - s->len)
        return -1;
    memcpy(s->text + s->len, p, (size_t)n);
    s->len += n;
    return n;
}

int SSL_peek(struct ssl *s, void *p, int n)
{
    if (!mine(s))
        return -1;
    n = n < s->len ? n : s->len;
    memcpy(p, s->text, (size_t)n);
    return n;
}

int SSL_read(struct ssl *s, void *p, int n)
{
    n = SSL_peek(s, p, n);
    if (n > 0)
        memmove(s->text, s->text + n, (size_t)(s->len -= n));
    return n;
}

int SSL_pending(const struct ssl *s)
{
    return mine(s) ? s->len : 0;
}

int SSL_do_handshake(struct ssl *s)
{
    return mine(s) ? 1 : -1;
}

int SSL_connect(struct ssl *s)
{
    return SSL_do_handshake(s);
}

int SSL_get_error(const struct ssl *s, int rc)
{
    return rc > 0 && mine(s) ? 0 : 1;
}

int SSL_get_shutdown(const struct ssl *s)
{
    return s->shut;
}

void SSL_set_shutdown(struct ssl *s, int how)
{
    s->shut = how;
}

int SSL_shutdown(struct ssl *s)
{
    return mine(s) ? 1 : -1;
}

int SSL_clear(struct ssl *s)
{
    return mine(s);
}

int SSL_in_before(const struct ssl *s)
{
    return !mine(s);
}

void SSL_free(struct ssl *s)
{
    if (mine(s))
        free(s);
}

void SSL_set_connect_state(struct ssl *s)
{
    (void)s;
}

const char *SSL_get_servername(const struct ssl *s, int type)
{
    return mine(s) && type == 0 ? "pass.test" : NULL;
}

int SSL_get_rfd(const struct ssl *s)
{
    (void)s;
    return -1;
}
