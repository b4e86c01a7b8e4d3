#include "hooks/first.h"

#include "hooks/hosts.h"

#define USUAL_PORT 80 /* of http: RFC 9110, 4.2.1 */

/* RFC 9110, 9.3, and RFC 5789: methods that a model's server knows. */
static const struct str methods[] = {
    STR_INIT("GET "),   STR_INIT("POST "),    STR_INIT("PUT "),
    STR_INIT("HEAD "),  STR_INIT("PATCH "),   STR_INIT("DELETE "),
    STR_INIT("TRACE "), STR_INIT("CONNECT "), STR_INIT("OPTIONS "),
};

/* Whether s and its like begin in the same way, as far as both go. */
static bool agrees(struct str s, struct str with)
{
    size_t n = s.len < with.len ? s.len : with.len;

    return str_eq_nocase(str_head(s, n), str_head(with, n));
}

/* RFC 9112, 2.2: an empty line in front of a request is passed over. */
static struct str past_empty_line(struct str s)
{
    if (str_starts(s, STR("\r")))
        s = str_skip(s, 1);
    return str_starts(s, STR("\n")) ? str_skip(s, 1) : s;
}

/* "user@host:port" without what stands before the host. */
static void read_authority(struct first *f, struct str authority,
                           uint16_t usual)
{
    struct str rest = authority;
    struct str user = str_split(&rest, '@');

    if (rest.ptr)
        authority = rest;
    else
        authority = user;
    f->port = hosts_cut_port(&authority);
    if (!f->port)
        f->port = usual;
    f->host = authority;
}

static size_t authority_len(struct str s)
{
    size_t n = 0;

    while (n < s.len && s.ptr[n] != '/' && s.ptr[n] != '?' && s.ptr[n] != ' ' &&
           s.ptr[n] != '\r' && s.ptr[n] != '\n')
        n++;
    return n;
}

/* What follows a method. */
static void read_target(struct first *f, struct str whole, struct str target)
{
    static const struct str scheme = STR_INIT("http://");

    if (target.len == 0 || target.ptr[0] == '/' || target.ptr[0] == '*') {
        f->kind = FIRST_REQUEST;
        f->host = hosts_of_request(whole, &f->port);
        if (f->host.len > 0 && !f->port)
            f->port = USUAL_PORT;
    } else if (target.len >= scheme.len && agrees(target, scheme)) {
        f->kind = FIRST_PROXIED;
        target = str_skip(target, scheme.len);
        read_authority(f, str_head(target, authority_len(target)), USUAL_PORT);
    } else if (agrees(target, scheme)) {
        f->kind = FIRST_REQUEST; /* cut in the scheme */
    }
}

static bool is_socks(struct str s)
{
    return (s.ptr[0] == 5 || s.ptr[0] == 4 || s.ptr[0] == 1) && s.len <= 600;
}

bool first_is_tls(struct str s)
{
    return s.len > 0 && s.ptr[0] >= 0x14 && s.ptr[0] <= 0x17 &&
           (s.len == 1 || s.ptr[1] == 3);
}

struct first first_read(struct str s)
{
    static const struct str preface = STR_INIT("PRI * HTTP/2.0\r\n");
    struct first f = {.kind = FIRST_OTHER};
    struct str line = past_empty_line(s);

    if (first_is_tls(s))
        f.kind = FIRST_TLS;
    else if (is_socks(s))
        f.kind = FIRST_SOCKS;
    else if (line.len == 0 || agrees(line, preface))
        f.kind = FIRST_REQUEST;
    for (size_t i = 0; f.kind == FIRST_OTHER && i < ARRAY_LEN(methods); i++) {
        struct str target = str_skip(line, methods[i].len);

        if (!agrees(line, methods[i]))
            continue;
        if (str_eq(methods[i], STR("CONNECT "))) {
            f.kind = FIRST_TUNNEL;
            read_authority(&f, str_head(target, authority_len(target)), 0);
        } else {
            read_target(&f, line, target);
        }
    }
    return f;
}

bool first_is_settings(struct str s)
{
    static const char rest[FIRST_SETTINGS - 3] = {4}; /* type, flags, stream */

    for (size_t i = 3; i < FIRST_SETTINGS && i < s.len; i++)
        if (s.ptr[i] != rest[i - 3])
            return false;
    return s.len > 0 && s.ptr[0] == 0;
}
