/*
 * GnuTLS as a session sees it. Results are codes; there is no queue of errors
 * that could carry a text.
 *
 * A write that was stopped (GNUTLS_E_AGAIN, GNUTLS_E_INTERRUPTED) is gone on
 * with by a call without bytes: the library has its own copy (manual, section
 * "Data transfer and termination").
 */
#include "hooks/tls.h"

#include <limits.h>

#include "hooks/record.h"

#define E_AGAIN_G       (-28) /* GNUTLS_E_AGAIN             */
#define E_INTERRUPTED_G (-52) /* GNUTLS_E_INTERRUPTED       */
#define E_PUSH_G        (-53) /* GNUTLS_E_PUSH_ERROR: fatal */
#define E_INVALID_G     (-50) /* GNUTLS_E_INVALID_REQUEST   */
#define VERSION_DTLS    200   /* GNUTLS_DTLS0_9, the first, to 254 */
#define VERSION_UNKNOWN 255   /* GNUTLS_VERSION_UNKNOWN     */

/*
 * There is no function that tells the side of a session; but a client is not
 * asked for the name that a server got, and says so.
 */
static bool is_client(const struct session *s)
{
    const struct lib *lib = s->lib;
    int version = lib->g_version ? lib->g_version(s->object) : 0;
    char name[1];
    size_t n = sizeof(name);
    unsigned type;

    return (version < VERSION_DTLS || version == VERSION_UNKNOWN) &&
           lib->g_server_name_get(s->object, name, &n, &type, 0) == E_INVALID_G;
}

static struct str host(const struct session *s)
{
    return buf_str(&s->sni);
}

/* What the transport pointer is, only the program knows. */
static int fd(const struct session *s)
{
    (void)s;
    return -1;
}

static bool random_of(const struct session *s, unsigned char *out)
{
    struct lib_datum client = {NULL, 0}, server = {NULL, 0};

    if (!s->lib->g_random)
        return false;
    s->lib->g_random(s->object, &client, &server);
    if (!client.data || client.size != 32)
        return false;
    memcpy(out, client.data, 32);
    return true;
}

static bool is_quic(const struct session *s)
{
    return s->alpn == ALPN_H3;
}

static void narrow(struct session *s)
{
    s->narrowed = true; /* see session_alpn_give */
}

/* A program does its handshake itself: nothing can be sent before. */
static int shake(struct session *s)
{
    (void)s;
    return 1;
}

static int result(ssize_t n)
{
    return n > INT_MAX ? INT_MAX : (int)n;
}

static int write_real(struct session *s, const void *p, size_t n)
{
    int rc = result(s->stopped ? s->lib->g_send(s->object, NULL, 0)
                               : s->lib->g_send(s->object, p, n));

    s->stopped = rc == E_AGAIN_G || rc == E_INTERRUPTED_G;
    return rc;
}

static int read_real(struct session *s, void *p, size_t n)
{
    return result(s->lib->g_recv(s->object, p, n));
}

static size_t pending(const struct session *s)
{
    return s->lib->g_check_pending(s->object);
}

static bool is_final(const struct session *s, int rc)
{
    return rc == 0 || s->lib->g_is_fatal(rc);
}

static void keep_end(struct session *s, int rc)
{
    s->end_code = rc;
}

/* After a fatal error the library only says that there was one. */
static int again_end(struct session *s, int rc)
{
    return s->end_code < 0 && rc < 0 ? (int)s->end_code : rc;
}

static int clean_end(struct session *s, void *p, size_t n)
{
    (void)s, (void)p, (void)n;
    return 0;
}

static void closing(struct session *s)
{
    (void)s; /* its hook sends the notice and does not wait */
}

static int fail(struct session *s, const char *text)
{
    (void)s, (void)text;
    return E_PUSH_G;
}

const struct tls tls_gnutls = {
    .door = "gnutls",
    .is_client = is_client,
    .host = host,
    .fd = fd,
    .random = random_of,
    .is_quic = is_quic,
    .narrow = narrow,
    .shake = shake,
    .write = write_real,
    .read = read_real,
    .pending = pending,
    .is_final = is_final,
    .keep_end = keep_end,
    .again_end = again_end,
    .clean_end = clean_end,
    .closing = closing,
    .fail = fail,
};
