/*
 * The OpenSSL door. A hook asks for the session; without one the call goes to
 * the real function with the application's own arguments. A function that
 * cannot be found anywhere fails as that function would.
 */
#include "hooks/openssl.h"

#include <limits.h>

#include "hooks/bio.h"
#include "hooks/export.h"
#include "hooks/names.h"
#include "hooks/real.h"
#include "hooks/session.h"

#define CALL(fn) (&(struct call){ssl, NAME(fn), CALLER, false})
/* The real function, or the value with which this one fails. */
#define REAL(member, absent, ...)                                              \
    (lib && lib->member ? lib->member(__VA_ARGS__) : (absent))

EXPORT int SSL_write(struct ssl_st *ssl, const void *p, int n)
{
    struct lib *lib;
    struct session *s = session_enter(CALL(SSL_write), &lib);
    size_t taken;
    int rc;

    if (!s || n <= 0)
        return REAL(write, -1, ssl, p, n);
    rc = session_write(s, p, (size_t)n, &taken);
    return rc > 0 ? (int)taken : rc;
}

EXPORT int SSL_write_ex(struct ssl_st *ssl, const void *p, size_t n,
                        size_t *written)
{
    struct lib *lib;
    struct session *s = session_enter(CALL(SSL_write_ex), &lib);

    if (!s || n == 0)
        return REAL(write_ex, 0, ssl, p, n, written);
    return session_write(s, p, n, written) > 0;
}

EXPORT int SSL_write_ex2(struct ssl_st *ssl, const void *p, size_t n,
                         uint64_t flags, size_t *written)
{
    struct lib *lib;
    struct session *s = session_enter(CALL(SSL_write_ex2), &lib);

    if (!s || n == 0)
        return REAL(write_ex2, 0, ssl, p, n, flags, written);
    return session_write(s, p, n, written) > 0;
}

EXPORT int SSL_read(struct ssl_st *ssl, void *p, int n)
{
    struct lib *lib;
    struct session *s = session_enter(CALL(SSL_read), &lib);

    if (!s || n <= 0)
        return REAL(read, -1, ssl, p, n);
    return session_read(s, p, (size_t)n, /* peek */ false);
}

static int read_ex(struct session *s, void *p, size_t n, size_t *got, bool peek)
{
    int rc = session_read(s, p, n, peek);

    if (rc > 0)
        *got = (size_t)rc;
    return rc > 0;
}

EXPORT int SSL_read_ex(struct ssl_st *ssl, void *p, size_t n, size_t *got)
{
    struct lib *lib;
    struct session *s = session_enter(CALL(SSL_read_ex), &lib);

    if (!s || n == 0)
        return REAL(read_ex, 0, ssl, p, n, got);
    return read_ex(s, p, n, got, /* peek */ false);
}

EXPORT int SSL_peek(struct ssl_st *ssl, void *p, int n)
{
    struct lib *lib;
    struct session *s = session_enter(CALL(SSL_peek), &lib);

    if (!s || n <= 0)
        return REAL(peek, -1, ssl, p, n);
    return session_read(s, p, (size_t)n, /* peek */ true);
}

EXPORT int SSL_peek_ex(struct ssl_st *ssl, void *p, size_t n, size_t *got)
{
    struct lib *lib;
    struct session *s = session_enter(CALL(SSL_peek_ex), &lib);

    if (!s || n == 0)
        return REAL(peek_ex, 0, ssl, p, n, got);
    return read_ex(s, p, n, got, /* peek */ true);
}

EXPORT int SSL_pending(const struct ssl_st *cssl)
{
    struct ssl_st *ssl = (struct ssl_st *)(uintptr_t)cssl;
    struct lib *lib;
    struct session *s = session_find(CALL(SSL_pending), &lib);
    size_t n;

    if (!session_guards(s))
        return REAL(pending, 0, ssl);
    n = session_pending(s);
    return n > INT_MAX ? INT_MAX : (int)n;
}

EXPORT int SSL_has_pending(const struct ssl_st *cssl)
{
    struct ssl_st *ssl = (struct ssl_st *)(uintptr_t)cssl;
    struct lib *lib;
    struct session *s = session_find(CALL(SSL_has_pending), &lib);

    if (session_guards(s) && session_pending(s) > 0)
        return 1;
    return REAL(has_pending, 0, ssl);
}

static int shaken(struct session *s, int (*real)(struct ssl_st *),
                  struct ssl_st *ssl)
{
    int rc;

    if (session_has_failed(s))
        return session_fail(s);
    session_shaking();
    rc = real(ssl);
    session_shook(s, rc == 1);
    return rc;
}

EXPORT int SSL_do_handshake(struct ssl_st *ssl)
{
    struct lib *lib;
    struct session *s = session_enter(CALL(SSL_do_handshake), &lib);

    if (!s)
        return REAL(do_handshake, -1, ssl);
    return shaken(s, lib->do_handshake, ssl);
}

EXPORT int SSL_connect(struct ssl_st *ssl)
{
    struct call call = {ssl, NAME(SSL_connect), CALLER, .connects = true};
    struct lib *lib;
    struct session *s = session_enter(&call, &lib);

    if (!s)
        return REAL(connect, -1, ssl);
    return shaken(s, lib->connect, ssl);
}

EXPORT int SSL_write_early_data(struct ssl_st *ssl, const void *p, size_t n,
                                size_t *written)
{
    struct lib *lib;
    struct session *s = session_enter(CALL(SSL_write_early_data), &lib);

    if (!s || !session_refuses(s, (struct str){p, n}, REFUSED_EARLY))
        return REAL(write_early_data, 0, ssl, p, n, written);
    (void)session_refuse(s, REFUSED_EARLY);
    return 0;
}

EXPORT ssize_t SSL_sendfile(struct ssl_st *ssl, int fd, off_t offset, size_t n,
                            int flags)
{
    struct lib *lib;
    struct session *s = session_enter(CALL(SSL_sendfile), &lib);

    if (!s || !session_refuses(s, STR(""), REFUSED_FILE))
        return REAL(sendfile, -1, ssl, fd, offset, n, flags);
    return session_refuse(s, REFUSED_FILE);
}

EXPORT void SSL_free(struct ssl_st *ssl)
{
    struct lib *lib;
    struct session *s = ssl ? session_find(CALL(SSL_free), &lib) : NULL;

    if (!ssl || !lib)
        return;
    if (s)
        session_drop(s);
    lib->free(ssl);
}

/* Before its handshake an object has nothing to forget; the library itself
 * clears it then. */
static bool has_begun(const struct lib *lib, const struct ssl_st *ssl)
{
    return !lib || !lib->in_before || !lib->in_before(ssl);
}

EXPORT int SSL_clear(struct ssl_st *ssl)
{
    struct lib *lib;
    struct session *s = session_find(CALL(SSL_clear), &lib);

    if (s && has_begun(lib, ssl))
        session_reset(s);
    return REAL(clear, 0, ssl);
}

EXPORT void SSL_set_connect_state(struct ssl_st *ssl)
{
    struct lib *lib;
    struct session *s = session_find(CALL(SSL_set_connect_state), &lib);

    if (s && has_begun(lib, ssl))
        session_reset(s);
    if (lib)
        lib->set_connect_state(ssl);
}

EXPORT int SSL_shutdown(struct ssl_st *ssl)
{
    struct lib *lib;
    struct session *s = session_find(CALL(SSL_shutdown), &lib);
    int rc = session_guards(s) ? session_close(s) : 1;

    return rc > 0 ? REAL(shutdown, -1, ssl) : rc;
}

EXPORT int SSL_CTX_set_alpn_protos(struct ssl_ctx_st *ctx,
                                   const unsigned char *list, unsigned n)
{
    struct lib *lib = lib_of(NAME(SSL_CTX_set_alpn_protos), CALLER, ctx);

    if (lib && ctx)
        session_ctx_alpn(lib, ctx, (struct str){(const char *)list, n});
    return REAL(ctx_set_alpn, 1, ctx, list, n);
}

EXPORT int SSL_set_alpn_protos(struct ssl_st *ssl, const unsigned char *list,
                               unsigned n)
{
    struct lib *lib;
    struct session *s = session_make(CALL(SSL_set_alpn_protos), &lib);

    if (s)
        session_alpn(s, (struct str){(const char *)list, n});
    return REAL(set_alpn, 1, ssl, list, n);
}

EXPORT const struct bio_method_st *BIO_f_ssl(void)
{
    struct lib *lib = lib_of(NAME(BIO_f_ssl), CALLER, NULL);

    return lib ? bio_method(lib) : NULL;
}
