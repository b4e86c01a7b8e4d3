#ifndef SP_WIRE_FRAMING_H
#define SP_WIRE_FRAMING_H

#include "wire/head.h"

/*
 * Where a message ends: RFC 9112, section 6, as strict as it allows and in
 * places stricter. Both functions look at a complete head.
 */

enum framing {
    FRAMING_NONE,    /* no body                             */
    FRAMING_LENGTH,  /* Content-Length bytes                */
    FRAMING_CHUNKED, /* chunks (section 7.1)                */
    FRAMING_CLOSE,   /* a response that ends with the connection */
};

struct http_message {
    enum framing framing;
    uint64_t length;      /* of FRAMING_LENGTH, else 0                    */
    bool keep_alive;      /* the connection may carry another message     */
    bool expect_continue; /* a request with Expect: 100-continue          */
    bool upgrade;         /* request: asks for another protocol (or CONNECT).
                             response: 101 or CONNECT's 2xx, HTTP ends here       */
};

/*
 * http_request_framing - how a request ends, and whether its host is clear.
 *
 * E_AMBIGUOUS  Transfer-Encoding with Content-Length (severe); either of them
 *              repeated, or Content-Length a list; Transfer-Encoding in
 *              HTTP/1.0; a coding that is not exactly "chunked"; a body with
 *              GET, HEAD, CONNECT or TRACE; several Host fields; a field name
 *              that differs from a framing field's in punctuation alone
 * E_SYNTAX     Content-Length empty, not all digits or over 64 bits (severe);
 *              no Host in HTTP/1.1, or one that is no host; a target of no
 *              known form
 *
 * h->why and h->severe are set with each.
 */
MUST_USE enum err http_request_framing(struct http_head *h,
                                       struct http_message *ret);

/* What the request was, as far as its response's end depends on it. */
struct http_asked {
    bool head;    /* HEAD: no body follows                   */
    bool connect; /* CONNECT: a 2xx makes a tunnel           */
    bool upgrade; /* an upgrade was asked for: a 101 counts  */
};

/* http_asked_of - the same, from a request's head and framing. */
struct http_asked http_asked_of(const struct http_head *h,
                                const struct http_message *m);

/*
 * http_response_framing - how a response ends. Responses to HEAD, 1xx, 204 and
 * 304 have no body whatever their fields say. A 1xx (but 101) is followed by
 * another response to the same request.
 *
 * Errors for the fields as above, and
 * E_AMBIGUOUS  101 though the request asked for no upgrade
 */
MUST_USE enum err http_response_framing(struct http_head *h,
                                        struct http_asked asked,
                                        struct http_message *ret);

/*
 * http_route_path - a request target's path in a form for *choosing a route*,
 * appended to out; the message is sent as it came. Scheme and authority, query
 * and fragment are dropped, escapes of printable ASCII decoded (but those of
 * "%;?#"), letters lowered, ";params" of each segment, "//", "/./", "/../" and
 * a slash at the end removed. "*" stays "*".
 *
 * E_SYNTAX  neither a path nor an absolute form nor "*"
 * Errors of out.
 */
MUST_USE enum err http_route_path(struct str target, struct buf *out);

/*
 * http_host_split - the host and port of a Host value or of an authority (RFC
 * 3986, 3.2.2), both borrowed; userinfo is refused. The host is without one
 * trailing dot, an IPv6 address without its brackets; the port is empty if
 * there is none. Letters keep their case. False for what is no host: a space,
 * a control byte, a byte above 127, a delimiter, a port that is not 0-65535.
 * An empty value gives an empty host.
 */
bool http_host_split(struct str value, struct str *ret_host,
                     struct str *ret_port);

/*
 * http_request_host - the authority a request is for: that of an absolute-form
 * or CONNECT target, else the Host field (section 3.2). False if there is none.
 * Borrowed; still with port: see http_host_split.
 */
bool http_request_host(const struct http_head *h, struct str *ret_authority);

#endif
