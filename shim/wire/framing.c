#include "wire/framing.h"

#include "wire/field.h"

/*
 * Everything that decides where a message ends is looked at in one pass over
 * the fields. Two of a kind, two kinds, and names that another reader could
 * take for a framing field are refused; then there is one answer left.
 */

struct framing_fields {
    size_t lengths, encodings, hosts; /* how many fields                */
    struct str length, encoding, host;
    bool expect, close, keep_alive, upgrade_member, upgrade;
};

static enum err refuse(struct http_head *h, enum err e, const char *why,
                       bool severe)
{
    h->why = why;
    h->severe = severe;
    return e;
}

/* Most names differ in length: that is asked first. */
static bool is_name(struct str name, struct str lower)
{
    return name.len == lower.len && str_eq_nocase(name, lower);
}

/*
 * Whether a name is `plain` when everything but letters and digits is left out
 * ("Transfer_Encoding", "Content-.Length"). Servers that turn names into
 * variables read such names as the real one.
 */
static bool looks_like(struct str name, struct str plain)
{
    size_t k = 0;

    for (size_t i = 0; i < name.len; i++) {
        char c = to_lower(name.ptr[i]);

        if (!is_digit(c) && (c < 'a' || c > 'z'))
            continue;
        if (k == plain.len || c != plain.ptr[k])
            return false;
        k++;
    }
    return k == plain.len;
}

static void connection_options(struct str value, struct framing_fields *f)
{
    f->close = f->close || http_list_has(value, STR("close"));
    f->keep_alive = f->keep_alive || http_list_has(value, STR("keep-alive"));
    f->upgrade_member =
        f->upgrade_member || http_list_has(value, STR("upgrade"));
}

/* One field into f; E_AMBIGUOUS for a name that looks like a framing field. */
static enum err fields_note(struct http_head *h, struct str name,
                            struct str value, struct framing_fields *f)
{
    switch (to_lower(name.ptr[0])) {
    case 'c':
        if (is_name(name, STR("connection")))
            connection_options(value, f);
        break;
    case 'e':
        if (is_name(name, STR("expect")))
            f->expect = f->expect || str_eq_nocase(value, STR("100-continue"));
        break;
    case 'h':
        if (!is_name(name, STR("host")))
            break;
        f->hosts++;
        f->host = value;
        break;
    case 'u':
        if (is_name(name, STR("upgrade")))
            f->upgrade = true;
        break;
    default:
        break;
    }
    if (is_name(name, STR("content-length"))) {
        f->lengths++;
        f->length = value;
    } else if (is_name(name, STR("transfer-encoding"))) {
        f->encodings++;
        f->encoding = value;
    } else if (looks_like(name, STR("contentlength")) ||
               looks_like(name, STR("transferencoding"))) {
        return refuse(h, E_AMBIGUOUS, "field name like a framing field's",
                      true);
    }
    return OK;
}

static enum err fields_read(struct http_head *h, struct framing_fields *ret)
{
    struct framing_fields f = {0};
    enum err e;

    for (size_t i = 0; i < h->field_count; i++)
        if ((e = fields_note(h, http_head_str(h, h->fields[i].name),
                             http_head_str(h, h->fields[i].value), &f)))
            return e;
    *ret = f;
    return OK;
}

static enum err length_parse(struct http_head *h, struct str value,
                             uint64_t *ret_length)
{
    enum err e = str_u64(value, ret_length);

    if (e == OK)
        return OK;
    if (str_find_byte(value, ',') < value.len)
        return refuse(h, E_AMBIGUOUS, "Content-Length is a list", true);
    return refuse(h, E_SYNTAX, "Content-Length is no number of 64 bits", true);
}

/*
 * What the framing fields say (RFC 9112, 6.1 to 6.3). FRAMING_NONE where there
 * are none of them.
 *
 *                       no Content-Length     one          two
 *   no encoding         FRAMING_NONE          LENGTH       refused
 *   "chunked"           FRAMING_CHUNKED       refused      refused
 *   anything else       refused               refused      refused
 */
static enum err framing_read(struct http_head *h,
                             const struct framing_fields *f,
                             struct http_message *m)
{
    m->framing = FRAMING_NONE;
    m->length = 0;
    if (f->encodings > 0 && f->lengths > 0)
        return refuse(h, E_AMBIGUOUS,
                      "Transfer-Encoding together with Content-Length", true);
    if (f->encodings > 1)
        return refuse(h, E_AMBIGUOUS, "several Transfer-Encoding fields", true);
    if (f->lengths > 1)
        return refuse(h, E_AMBIGUOUS, "several Content-Length fields", true);
    if (f->encodings == 1) {
        if (h->minor == 0)
            return refuse(h, E_AMBIGUOUS, "Transfer-Encoding in HTTP/1.0",
                          false);
        if (!str_eq_nocase(f->encoding, STR("chunked")))
            return refuse(h, E_AMBIGUOUS,
                          "Transfer-Encoding is not exactly chunked", true);
        m->framing = FRAMING_CHUNKED;
    } else if (f->lengths == 1) {
        m->framing = FRAMING_LENGTH;
        return length_parse(h, f->length, &m->length);
    }
    return OK;
}

static bool is_persistent(const struct http_head *h,
                          const struct framing_fields *f)
{
    return !f->close && (h->minor == 1 || f->keep_alive);
}

static bool has_scheme(struct str target)
{
    size_t n = str_find(target, STR("://"));

    if (n == 0 || n == target.len)
        return false;
    for (size_t i = 0; i < n; i++) {
        char c = to_lower(target.ptr[i]);

        if ((c < 'a' || c > 'z') &&
            (i == 0 || (!is_digit(c) && c != '+' && c != '-' && c != '.')))
            return false;
    }
    return true;
}

/* The authority of an absolute-form target, and what follows it. */
static struct str authority_of(struct str target, struct str *ret_rest)
{
    struct str s = str_skip(target, str_find(target, STR("://")) + 3);
    size_t n = 0;

    while (n < s.len && s.ptr[n] != '/' && s.ptr[n] != '?' && s.ptr[n] != '#')
        n++;
    *ret_rest = str_skip(s, n);
    return str_head(s, n);
}

/* The four forms of RFC 9112, section 3.2. */
static bool target_is_valid(struct str method, struct str target)
{
    struct str host, port, rest;

    if (str_eq(method, STR("CONNECT")))
        return http_host_split(target, &host, &port) && host.len > 0 &&
               port.len > 0;
    if (target.ptr[0] == '/')
        return true;
    if (str_eq(target, STR("*")))
        return str_eq(method, STR("OPTIONS"));
    return has_scheme(target) &&
           http_host_split(authority_of(target, &rest), &host, &port) &&
           host.len > 0;
}

static enum err host_check(struct http_head *h, const struct framing_fields *f)
{
    struct str host, port;

    if (f->hosts > 1)
        return refuse(h, E_AMBIGUOUS, "several Host fields", true);
    if (f->hosts == 0 && h->minor == 1)
        return refuse(h, E_SYNTAX, "no Host field", false);
    if (f->hosts == 1 && !http_host_split(f->host, &host, &port))
        return refuse(h, E_SYNTAX, "Host is not a host", true);
    return OK;
}

/* A body whose meaning is undefined (RFC 9110, section 9.3). */
static bool has_no_content(struct str method)
{
    return str_eq(method, STR("GET")) || str_eq(method, STR("HEAD")) ||
           str_eq(method, STR("CONNECT")) || str_eq(method, STR("TRACE"));
}

enum err http_request_framing(struct http_head *h, struct http_message *ret)
{
    struct str method = http_head_str(h, h->method);
    struct str target = http_head_str(h, h->target);
    struct framing_fields f;
    struct http_message m = {0};
    enum err e;

    if ((e = fields_read(h, &f)) || (e = framing_read(h, &f, &m)) ||
        (e = host_check(h, &f)))
        return e;
    if (!target_is_valid(method, target))
        return refuse(h, E_SYNTAX, "request target of no known form", false);
    if (has_no_content(method) &&
        (m.framing == FRAMING_CHUNKED || m.length > 0))
        return refuse(h, E_AMBIGUOUS, "a body with a method that has none",
                      false);
    m.keep_alive = is_persistent(h, &f);
    m.expect_continue = f.expect && h->minor == 1;
    m.upgrade = str_eq(method, STR("CONNECT")) ||
                (h->minor == 1 && f.upgrade && f.upgrade_member);
    *ret = m;
    return OK;
}

struct http_asked http_asked_of(const struct http_head *h,
                                const struct http_message *m)
{
    struct str method = http_head_str(h, h->method);
    bool connect = str_eq(method, STR("CONNECT"));

    return (struct http_asked){.head = str_eq(method, STR("HEAD")),
                               .connect = connect,
                               .upgrade = m->upgrade && !connect};
}

/*
 * The first rules of RFC 9112, section 6.3: some responses end with their head.
 * *ret_tunnel: HTTP ends there too.
 */
static bool ends_with_head(const struct http_head *h, struct http_asked asked,
                           bool *ret_tunnel)
{
    *ret_tunnel = h->status == 101 ||
                  (asked.connect && h->status >= 200 && h->status < 300);
    return *ret_tunnel || asked.head || h->status < 200 || h->status == 204 ||
           h->status == 304;
}

enum err http_response_framing(struct http_head *h, struct http_asked asked,
                               struct http_message *ret)
{
    struct framing_fields f;
    struct http_message m = {0};
    enum err e;

    if (h->status == 101 && !asked.upgrade)
        return refuse(h, E_AMBIGUOUS, "101 without a request for an upgrade",
                      true);
    if ((e = fields_read(h, &f)))
        return e;
    m.keep_alive = is_persistent(h, &f);
    if (!ends_with_head(h, asked, &m.upgrade)) {
        if ((e = framing_read(h, &f, &m)))
            return e;
        if (m.framing == FRAMING_NONE) {
            m.framing = FRAMING_CLOSE;
            m.keep_alive = false;
        }
    }
    *ret = m;
    return OK;
}

bool http_request_host(const struct http_head *h, struct str *ret_authority)
{
    struct str target = http_head_str(h, h->target);
    struct str rest;

    if (str_eq(http_head_str(h, h->method), STR("CONNECT"))) {
        *ret_authority = target;
        return true;
    }
    if (has_scheme(target)) {
        *ret_authority = authority_of(target, &rest);
        return true;
    }
    return http_field_get(h, STR("host"), ret_authority);
}

/* Bytes of a registered name or IPv4 address; lenient about "_" and "%". */
static bool is_host_byte(char c)
{
    char l = to_lower(c);

    return (l >= 'a' && l <= 'z') || is_digit(c) ||
           (c != '\0' && strchr("-._~%!$&'()*+;=", c) != NULL);
}

static bool is_port(struct str port)
{
    uint64_t n;

    return port.len == 0 || (str_u64(port, &n) == OK && n <= 65535);
}

static bool bracketed_split(struct str value, struct str *ret_host,
                            struct str *ret_rest)
{
    size_t end = str_find_byte(value, ']');
    struct str host;

    if (end == value.len)
        return false;
    host = str_skip(str_head(value, end), 1);
    for (size_t i = 0; i < host.len; i++)
        if (hex_value(host.ptr[i]) < 0 && host.ptr[i] != ':' &&
            host.ptr[i] != '.')
            return false;
    *ret_host = host;
    *ret_rest = str_skip(value, end + 1);
    return host.len > 0;
}

bool http_host_split(struct str value, struct str *ret_host,
                     struct str *ret_port)
{
    struct str host = value, rest = {NULL, 0};

    if (value.len > 0 && value.ptr[0] == '[') {
        if (!bracketed_split(value, &host, &rest))
            return false;
    } else {
        size_t colon = str_find_byte(value, ':');

        host = str_head(value, colon);
        if (colon < value.len)
            rest = str_skip(value, colon);
        for (size_t i = 0; i < host.len; i++)
            if (!is_host_byte(host.ptr[i]))
                return false;
        if (host.len > 1 && host.ptr[host.len - 1] == '.')
            host.len--;
    }
    if (rest.len > 0) {
        if (rest.ptr[0] != ':' || !is_port(str_skip(rest, 1)))
            return false;
        rest = str_skip(rest, 1);
    }
    *ret_host = host;
    *ret_port = rest;
    return true;
}
