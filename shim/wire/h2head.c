#include "wire/h2head.h"

#include "wire/field.h"

/* What is over the limits of HTTP/1.1 is refused there, with an answer. */
#define MOST_BYTES  (2 * (size_t)LIM_HEAD)
#define MOST_FIELDS (2 * (size_t)LIM_HEAD_FIELDS)

void h2head_init(struct h2head *h, enum h2_kind kind)
{
    *h = (struct h2head){.kind = kind};
    buf_init(&h->pseudo, MOST_BYTES);
    buf_init(&h->lines, MOST_BYTES);
}

void h2head_free(struct h2head *h)
{
    buf_wipe_free(&h->pseudo);
    buf_wipe_free(&h->lines);
}

void h2head_reset(struct h2head *h, enum h2_kind kind)
{
    struct buf pseudo = h->pseudo, lines = h->lines;

    buf_clear(&pseudo);
    buf_clear(&lines);
    *h = (struct h2head){.kind = kind, .pseudo = pseudo, .lines = lines};
}

bool h2head_is(const struct h2head *h, struct str method)
{
    return str_eq(h2head_str(h, h->method), method);
}

/* A value that cannot end its line. */
static bool is_value(struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];

        if ((c < 0x20 && c != '\t') || c == 0x7f)
            return false;
    }
    return true;
}

static bool is_small_token(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] != to_lower(s.ptr[i]))
            return false;
    return http_is_token(s);
}

static struct span *pseudo_of(struct h2head *h, struct str name)
{
    if (h->kind == H2_RESPONSE)
        return str_eq(name, STR(":status")) ? &h->status : NULL;
    if (h->kind != H2_REQUEST)
        return NULL;
    if (str_eq(name, STR(":method")))
        return &h->method;
    if (str_eq(name, STR(":scheme")))
        return &h->scheme;
    if (str_eq(name, STR(":authority")))
        return &h->authority;
    return str_eq(name, STR(":path")) ? &h->path : NULL;
}

static enum err add_pseudo(struct h2head *h, struct str name, struct str value)
{
    struct span *at = pseudo_of(h, name);

    if (at == NULL || at->len > 0)
        return E_SYNTAX;
    *at = (struct span){(uint32_t)h->pseudo.len, (uint32_t)value.len};
    return buf_add(&h->pseudo, value);
}

enum err h2head_add(struct h2head *h, struct str name, struct str value)
{
    struct str authority = h2head_str(h, h->authority);
    enum err e;

    if (!is_value(value))
        return E_SYNTAX;
    if (str_starts(name, STR(":")))
        return add_pseudo(h, name, value);
    if (!is_small_token(name))
        return E_SYNTAX;
    if (h->fields == MOST_FIELDS)
        return E_LIMIT;
    if (h->kind == H2_REQUEST && str_eq(name, STR("host"))) {
        h->host_too = authority.len > 0 && str_eq_nocase(authority, value);
        h->host_alone = authority.len == 0;
        if (h->host_too)
            return OK;
    }
    h->length |= str_eq(name, STR("content-length"));
    h->fields++;
    if ((e = buf_add(&h->lines, name)) || (e = buf_add(&h->lines, STR(": "))) ||
        (e = buf_add(&h->lines, value)))
        return e;
    return buf_add(&h->lines, STR("\r\n"));
}

static bool is_target(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.ptr[i] <= ' ' || s.ptr[i] == 0x7f)
            return false;
    return s.len > 0;
}

static enum err request_line(const struct h2head *h, struct buf *out)
{
    struct str method = h2head_str(h, h->method);
    struct str authority = h2head_str(h, h->authority);
    struct str target =
        h2head_is(h, STR("CONNECT")) ? authority : h2head_str(h, h->path);
    enum err e;

    if (!http_is_token(method) || !is_target(target))
        return E_SYNTAX;
    if ((e = buf_add(out, method)) || (e = buf_add(out, STR(" "))) ||
        (e = buf_add(out, target)) || (e = buf_add(out, STR(" HTTP/1.1\r\n"))))
        return e;
    if (authority.len == 0)
        return OK;
    if ((e = buf_add(out, STR("host: "))) || (e = buf_add(out, authority)))
        return e;
    return buf_add(out, STR("\r\n"));
}

static enum err status_line(const struct h2head *h, struct buf *out)
{
    struct str status = h2head_str(h, h->status);
    enum err e;

    if (status.len != 3 || !is_digit(status.ptr[0]) ||
        !is_digit(status.ptr[1]) || !is_digit(status.ptr[2]))
        return E_SYNTAX;
    if ((e = buf_add(out, STR("HTTP/1.1 "))) || (e = buf_add(out, status)))
        return e;
    return buf_add(out, STR(" \r\n"));
}

enum err h2head_write(const struct h2head *h, bool chunked, struct buf *out)
{
    enum err e =
        h->kind == H2_REQUEST ? request_line(h, out) : status_line(h, out);

    if (e || (e = buf_add(out, buf_str(&h->lines))))
        return e;
    if (chunked && (e = buf_add(out, STR("transfer-encoding: chunked\r\n"))))
        return e;
    return buf_add(out, STR("\r\n"));
}

/* ---- Back --------------------------------------------------------------- */

static nghttp2_nv field(struct str name, struct str value)
{
    return (nghttp2_nv){
        .name = (uint8_t *)(uintptr_t)name.ptr,
        .namelen = name.len,
        .value = (uint8_t *)(uintptr_t)value.ptr,
        .valuelen = value.len,
        .flags = NGHTTP2_NV_FLAG_NONE,
    };
}

static void lower(char *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        p[i] = to_lower(p[i]);
}

/* RFC 9113, section 8.2.2. */
static bool of_connection(struct str name)
{
    return str_eq(name, STR("connection")) ||
           str_eq(name, STR("transfer-encoding")) ||
           str_eq(name, STR("keep-alive")) ||
           str_eq(name, STR("proxy-connection")) ||
           str_eq(name, STR("upgrade"));
}

static size_t pseudo_back(const struct http_head *h,
                          const struct h2_origin *from, nghttp2_nv *list)
{
    size_t n = 0;
    struct str host;

    if (h->kind == HTTP_RESPONSE) { /* behind "HTTP/1.1 " */
        list[0] = field(STR(":status"), (struct str){h->raw.ptr + 9, 3});
        return 1;
    }
    list[n++] = field(STR(":method"), http_head_str(h, h->method));
    list[n++] = field(STR(":scheme"), from->scheme);
    if (!from->host_alone && http_field_get(h, STR("host"), &host))
        list[n++] = field(STR(":authority"), host);
    list[n++] = field(STR(":path"), http_head_str(h, h->target));
    return n;
}

size_t h2head_back(struct http_head *h, const struct h2_origin *from,
                   nghttp2_nv *list)
{
    size_t n = pseudo_back(h, from, list);
    bool host_done =
        h->kind == HTTP_RESPONSE || from->host_alone || from->host_too;

    for (size_t i = 0; i < h->field_count; i++) {
        struct http_field *f = &h->fields[i];
        struct str name = http_head_str(h, f->name);

        lower(h->raw.ptr + f->name.off, f->name.len);
        if (of_connection(name))
            continue;
        if (!host_done && str_eq(name, STR("host"))) {
            host_done = true; /* it is :authority */
            continue;
        }
        list[n++] = field(name, http_head_str(h, f->value));
    }
    return n;
}

size_t h2head_trailers(struct buf *lines, nghttp2_nv *list)
{
    struct str rest = buf_str(lines), name, value;
    struct http_fault fault;
    size_t n = 0;

    while (rest.len > 0 && n < LIM_HEAD_FIELDS) {
        struct str line = str_split(&rest, '\n');

        if (str_ends(line, STR("\r")))
            line.len--;
        if (line.len == 0 || http_field_parse(line, &name, &value, &fault))
            continue;
        lower(lines->ptr + (name.ptr - lines->ptr), name.len);
        list[n++] = field(name, value);
    }
    return n;
}
