/*
 * The GnuTLS door: as openssl.c, with the other library's names. A few of them
 * go to the next by a jump through the linker's table (send to send2): that
 * second call comes from within the shim or finds the session passed, and goes
 * on to the real function.
 */
#include "hooks/gnutls.h"

#include "hooks/export.h"
#include "hooks/names.h"
#include "hooks/real.h"
#include "hooks/session.h"
#include "hooks/tls.h"

#define CALL(fn) (&(struct call){g, NAME(fn), CALLER, false})
/* The real function, or the value with which this one fails. */
#define REAL(member, absent, ...)                                              \
    (lib && lib->member ? lib->member(__VA_ARGS__) : (absent))

#define UNIMPLEMENTED (-1250) /* GNUTLS_E_UNIMPLEMENTED_FEATURE: fatal */
#define NAME_DNS      1       /* GNUTLS_NAME_DNS                      */
#define SHUT_WR_G     1       /* GNUTLS_SHUT_WR: does not wait        */

/* Without bytes: a write that was stopped goes on. */
static ssize_t send_on(struct session *s, const void *p, size_t n)
{
    size_t taken = 0;
    int rc;

    if (n == 0 && (n = session_owed(s)) == 0)
        return 0;
    rc = session_write(s, p, n, &taken);
    return rc > 0 ? (ssize_t)taken : rc;
}

EXPORT ssize_t gnutls_record_send(struct gnutls_session_int *g, const void *p,
                                  size_t n)
{
    struct lib *lib;
    struct session *s = session_enter(CALL(gnutls_record_send), &lib);

    if (!s)
        return REAL(g_send, UNIMPLEMENTED, g, p, n);
    return send_on(s, p, n);
}

EXPORT ssize_t gnutls_record_send2(struct gnutls_session_int *g, const void *p,
                                   size_t n, size_t pad, unsigned flags)
{
    struct lib *lib;
    struct session *s = session_enter(CALL(gnutls_record_send2), &lib);

    if (!s)
        return REAL(g_send2, UNIMPLEMENTED, g, p, n, pad, flags);
    return send_on(s, p, n);
}

EXPORT ssize_t gnutls_record_send_range(struct gnutls_session_int *g,
                                        const void *p, size_t n,
                                        const struct gnutls_range_st *range)
{
    struct lib *lib;
    struct session *s = session_enter(CALL(gnutls_record_send_range), &lib);

    if (!s)
        return REAL(g_send_range, UNIMPLEMENTED, g, p, n, range);
    return send_on(s, p, n);
}

EXPORT ssize_t gnutls_record_send_file(struct gnutls_session_int *g, int fd,
                                       off_t *offset, size_t n)
{
    struct lib *lib;
    struct session *s = session_enter(CALL(gnutls_record_send_file), &lib);

    if (!s || !session_refuses(s, STR(""), REFUSED_FILE))
        return REAL(g_send_file, UNIMPLEMENTED, g, fd, offset, n);
    return session_refuse(s, REFUSED_FILE);
}

EXPORT ssize_t gnutls_record_send_early_data(struct gnutls_session_int *g,
                                             const void *p, size_t n)
{
    struct lib *lib;
    struct session *s =
        session_enter(CALL(gnutls_record_send_early_data), &lib);

    if (!s || !session_refuses(s, (struct str){p, n}, REFUSED_EARLY))
        return REAL(g_send_early, UNIMPLEMENTED, g, p, n);
    return session_refuse(s, REFUSED_EARLY);
}

EXPORT ssize_t gnutls_record_recv(struct gnutls_session_int *g, void *p,
                                  size_t n)
{
    struct lib *lib;
    struct session *s = session_enter(CALL(gnutls_record_recv), &lib);

    if (!s || n == 0)
        return REAL(g_recv, UNIMPLEMENTED, g, p, n);
    return session_read(s, p, n, /* peek */ false);
}

/* The number of a record says nothing where its bytes are not delivered. */
EXPORT ssize_t gnutls_record_recv_seq(struct gnutls_session_int *g, void *p,
                                      size_t n, unsigned char *seq)
{
    struct lib *lib;
    struct session *s = session_enter(CALL(gnutls_record_recv_seq), &lib);

    if (!s || n == 0)
        return REAL(g_recv_seq, UNIMPLEMENTED, g, p, n, seq);
    if (seq)
        memset(seq, 0, 8);
    return session_read(s, p, n, /* peek */ false);
}

EXPORT ssize_t gnutls_record_recv_packet(struct gnutls_session_int *g,
                                         struct mbuffer_st **packet)
{
    struct lib *lib;
    struct session *s = session_enter(CALL(gnutls_record_recv_packet), &lib);

    if (!session_guards(s) || !session_refuses(s, STR(""), REFUSED_PACKET))
        return REAL(g_recv_packet, UNIMPLEMENTED, g, packet);
    return session_refuse(s, REFUSED_PACKET);
}

EXPORT size_t gnutls_record_check_pending(struct gnutls_session_int *g)
{
    struct lib *lib;
    struct session *s = session_find(CALL(gnutls_record_check_pending), &lib);

    if (!session_guards(s))
        return REAL(g_check_pending, 0, g);
    return session_pending(s);
}

EXPORT int gnutls_handshake(struct gnutls_session_int *g)
{
    struct lib *lib;
    struct session *s = session_enter(CALL(gnutls_handshake), &lib);
    int rc;

    session_alpn_give(session_find(CALL(gnutls_handshake), &lib));
    if (!s)
        return REAL(g_handshake, UNIMPLEMENTED, g);
    if (session_has_failed(s))
        return session_fail(s);
    session_shaking();
    rc = lib->g_handshake(g);
    session_shook(s, rc == 0);
    return rc;
}

EXPORT int gnutls_server_name_set(struct gnutls_session_int *g, int type,
                                  const void *name, size_t n)
{
    struct lib *lib;
    struct session *s = session_make(CALL(gnutls_server_name_set), &lib);

    if (s && type == NAME_DNS && name)
        session_name(s, (struct str){name, n});
    return REAL(g_server_name_set, UNIMPLEMENTED, g, type, name, n);
}

EXPORT int gnutls_alpn_set_protocols(struct gnutls_session_int *g,
                                     const struct lib_datum *list,
                                     unsigned count, unsigned flags)
{
    struct lib *lib;
    struct session *s = session_make(CALL(gnutls_alpn_set_protocols), &lib);

    if (s && list && lib->g_alpn_set &&
        session_alpn_keep(s, list, count, flags))
        return 0;
    return REAL(g_alpn_set, UNIMPLEMENTED, g, list, count, flags);
}

EXPORT int gnutls_bye(struct gnutls_session_int *g, int how)
{
    struct lib *lib;
    struct session *s = session_find(CALL(gnutls_bye), &lib);
    int rc = session_guards(s) ? session_close(s) : 1;

    if (rc <= 0)
        return rc;
    return REAL(g_bye, UNIMPLEMENTED, g, session_is_over(s) ? SHUT_WR_G : how);
}

EXPORT void gnutls_deinit(struct gnutls_session_int *g)
{
    struct lib *lib;
    struct session *s = g ? session_find(CALL(gnutls_deinit), &lib) : NULL;

    if (!g || !lib)
        return;
    if (s)
        session_drop(s);
    lib->g_deinit(g);
}
