#ifndef SP_HOOKS_TLS_H
#define SP_HOOKS_TLS_H

#include "base/str.h"

/*
 * What a session needs of the library that made its object: one table for each
 * kind of library (tls_openssl.c, tls_gnutls.c). A result of at most 0 is the
 * library's own, to be returned to the application as it is.
 */
struct session;
struct lib;

struct tls {
    const char *door; /* in audit lines */

    /* A client's object, of a protocol over a stream. */
    bool (*is_client)(const struct session *s);

    /* The name of the server that the program gave; empty if none. Borrowed. */
    struct str (*host)(const struct session *s);

    /* The socket that the library reads from, -1 where it does not know. */
    int (*fd)(const struct session *s);

    /* The 32 bytes of random of its ClientHello; false before there is one. */
    bool (*random)(const struct session *s, unsigned char *out);

    /* The protocol it offers is HTTP/3, of a stack that has the library shake
     * hands only and carries the data itself (RFC 9001). */
    bool (*is_quic)(const struct session *s);

    /* Of a list that has both, http/1.1 alone is offered. Before the handshake.
     */
    void (*narrow)(struct session *s);

    /* The rest of a handshake that is not finished: 1 if there is none. */
    int (*shake)(struct session *s);

    /* The real calls, for 0 < n <= INT_MAX. A write that was stopped is gone on
     * with by the same bytes. peek is NULL where the library has none. */
    int (*write)(struct session *s, const void *p, size_t n);
    int (*read)(struct session *s, void *p, size_t n);
    int (*peek)(struct session *s, void *p, size_t n);

    /* Bytes that a read would bring without the network. */
    size_t (*pending)(const struct session *s);

    /* Whether after this result of a read nothing more will come. */
    bool (*is_final)(const struct session *s, int rc);

    /* keep_end - bytes are delivered in place of the end that came with rc;
     * again_end - the end came again: it is told with the first one's cause. */
    void (*keep_end)(struct session *s, int rc);
    int (*again_end)(struct session *s, int rc);

    /* A clean end, as if the peer had closed: the result of a read. */
    int (*clean_end)(struct session *s, void *p, size_t n);

    /* Before the real close of a blocked session: it must not wait for the
     * peer's. */
    void (*closing)(struct session *s);

    /* An error of ours with this text, as far as the library can carry one: the
     * result of a call. */
    int (*fail)(struct session *s, const char *text);
};

extern const struct tls tls_openssl, tls_gnutls;

#endif
