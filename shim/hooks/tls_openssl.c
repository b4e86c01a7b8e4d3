/* OpenSSL as a session sees it. */
#include "hooks/tls.h"

#include "hooks/record.h"

#define RECEIVED_SHUTDOWN 2 /* SSL_RECEIVED_SHUTDOWN */
#define NAME_HOST         0 /* TLSEXT_NAMETYPE_host_name */

/* An object without a method for one side counts as a server until it is told
 * otherwise: SSL_connect does so inside. */
static bool is_client(const struct session *s)
{
    const struct lib *lib = s->lib;

    return !(lib->is_dtls && lib->is_dtls(s->object)) &&
           (s->connects || !(lib->is_server && lib->is_server(s->object)));
}

static struct str host(const struct session *s)
{
    return str_of(s->lib->get_servername(s->object, NAME_HOST));
}

static int fd(const struct session *s)
{
    return s->lib->get_rfd(s->object);
}

static bool random_of(const struct session *s, unsigned char *out)
{
    return s->lib->client_random &&
           s->lib->client_random(s->object, out, 32) == 32;
}

/* An object with no list of its own uses that of its context. */
static enum alpn alpn_of(const struct session *s)
{
    const struct lib *lib = s->lib;

    if (s->alpn != ALPN_UNSET || !lib->get_ctx || lib->alpn_slot < 0)
        return s->alpn;
    return (enum alpn)(uintptr_t)lib->ctx_get_ex(lib->get_ctx(s->object),
                                                 lib->alpn_slot);
}

static bool is_quic(const struct session *s)
{
    return alpn_of(s) == ALPN_H3;
}

static void narrow(struct session *s)
{
    static const unsigned char http1[] = "\x08http/1.1";
    struct lib *lib = s->lib;

    if (alpn_of(s) == ALPN_H2 && lib->set_alpn)
        (void)lib->set_alpn(s->object, http1, sizeof(http1) - 1);
}

static int shake(struct session *s)
{
    const struct lib *lib = s->lib;

    if (!lib->is_init_finished || lib->is_init_finished(s->object))
        return 1;
    return lib->do_handshake(s->object);
}

static int write_real(struct session *s, const void *p, size_t n)
{
    return s->lib->write(s->object, p, (int)n);
}

static int read_real(struct session *s, void *p, size_t n)
{
    return s->lib->read(s->object, p, (int)n);
}

static int peek_real(struct session *s, void *p, size_t n)
{
    return s->lib->peek(s->object, p, (int)n);
}

static size_t pending(const struct session *s)
{
    int n = s->lib->pending(s->object);

    return n > 0 ? (size_t)n : 0;
}

static bool is_final(const struct session *s, int rc)
{
    int error = s->lib->get_error(s->object, rc);

    return error == 1 /* SSL */ || error == 5 /* SYSCALL */ ||
           error == 6 /* ZERO_RETURN */;
}

/* The entry that came with the end is put aside. */
static void keep_end(struct session *s, int rc)
{
    const struct lib *lib = s->lib;

    (void)rc;
    if (lib->err_last && lib->err_clear) {
        s->end_code = (long)lib->err_last();
        lib->err_clear();
    }
}

static int again_end(struct session *s, int rc)
{
    const struct lib *lib = s->lib;

    if (s->end_code && lib->err_peek && !lib->err_peek())
        lib_raise_code(lib, (unsigned long)s->end_code);
    return rc;
}

static void closing(struct session *s)
{
    s->lib->set_shutdown(s->object,
                         s->lib->get_shutdown(s->object) | RECEIVED_SHUTDOWN);
}

/* The real library says that the peer has closed. */
static int clean_end(struct session *s, void *p, size_t n)
{
    closing(s);
    return s->lib->read(s->object, p, (int)n);
}

static int fail(struct session *s, const char *text)
{
    lib_raise(s->lib, text);
    return -1;
}

const struct tls tls_openssl = {
    .door = "openssl",
    .is_client = is_client,
    .host = host,
    .fd = fd,
    .random = random_of,
    .is_quic = is_quic,
    .narrow = narrow,
    .shake = shake,
    .write = write_real,
    .read = read_real,
    .peek = peek_real,
    .pending = pending,
    .is_final = is_final,
    .keep_end = keep_end,
    .again_end = again_end,
    .clean_end = clean_end,
    .closing = closing,
    .fail = fail,
};
