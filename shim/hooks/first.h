#ifndef SP_HOOKS_FIRST_H
#define SP_HOOKS_FIRST_H

#include "base/str.h"

/*
 * The first bytes that are written to a socket: whether a request of HTTP
 * begins there, and to whom. As much as the door of plain sockets must know to
 * choose; what is chosen is parsed by the engine.
 */
enum first_kind {
    FIRST_OTHER,   /* another protocol                                     */
    FIRST_TLS,     /* a TLS record (RFC 8446, 5.1): of the handshake, or
                      later where another process has begun it             */
    FIRST_SOCKS,   /* a word to a SOCKS proxy (RFC 1928, RFC 1929, SOCKS4) */
    FIRST_REQUEST, /* HTTP/1 with a path, HTTP/2's preface, or the front of
                      either                                               */
    FIRST_PROXIED, /* HTTP/1 to a proxy, in the absolute form (RFC 9112,
                      3.2.2)                                               */
    FIRST_TUNNEL   /* CONNECT                                              */
};

struct first {
    enum first_kind kind;
    struct str host; /* of the target, else of the Host field; borrowed;
                        empty where it does not stand in these bytes       */
    uint16_t port;   /* given with it, else http's; 0: no host, or CONNECT */
};

/* first_read - what s, of at least one byte, begins with. */
struct first first_read(struct str s);

/* first_is_tls - whether s is, or may be, the front of a TLS record. */
bool first_is_tls(struct str s);

/*
 * first_is_settings - whether s, which a server says before it was asked, is
 * the front of HTTP/2's SETTINGS (RFC 9113, 3.4 and 6.5).
 */
#define FIRST_SETTINGS 9 /* bytes that are looked at */
bool first_is_settings(struct str s);

#endif
