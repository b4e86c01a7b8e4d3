#include "wire/head.h"

#include "wire/field.h"

/*
 * Reading a head is copying it, line by line. Each line is judged when its LF
 * has come, so what is refused does not depend on how the bytes were cut; only
 * the start line is also looked at before, because another protocol may never
 * send an LF.
 *
 *   raw: [ line ][ line ][ unfinished li          <- next bytes go here
 *                         ^ h->line
 */

void http_head_init(struct http_head *h, enum http_kind kind)
{
    h->kind = kind;
    buf_init(&h->raw, LIM_HEAD);
    http_head_reset(h);
}

void http_head_free(struct http_head *h)
{
    buf_free(&h->raw);
    http_head_reset(h);
}

void http_head_reset(struct http_head *h)
{
    buf_clear(&h->raw);
    h->method = h->target = h->reason = (struct span){0, 0};
    h->status = h->minor = 0;
    h->why = NULL;
    h->severe = h->started = h->done = h->dropped = h->cr = false;
    h->failed = OK;
    h->line = 0;
    h->field_count = 0;
}

static enum err refuse(struct http_head *h, enum err e, const char *why)
{
    h->why = why;
    return e;
}

/* A place in raw; part lies in it. */
static struct span place(const struct http_head *h, struct str part)
{
    return (struct span){(uint32_t)(part.ptr - h->raw.ptr), (uint32_t)part.len};
}

/* "HTTP/1.0" or "HTTP/1.1" to the letter. */
static bool version_parse(struct str s, unsigned *ret_minor)
{
    if (s.len != 8 || memcmp(s.ptr, "HTTP/1.", 7) != 0)
        return false;
    if (s.ptr[7] != '0' && s.ptr[7] != '1')
        return false;
    *ret_minor = (unsigned)(s.ptr[7] - '0');
    return true;
}

/* method SP target SP version (RFC 9112, section 3) */
static enum err request_line(struct http_head *h, struct str line)
{
    struct str rest = line;
    struct str method = str_split(&rest, ' ');
    struct str target = str_split(&rest, ' ');

    if (!http_is_token(method))
        return refuse(h, E_SYNTAX, "method is no token");
    if (target.len == 0)
        return refuse(h, E_SYNTAX, "request line without a target");
    if (str_find_byte(target, '\t') < target.len)
        return refuse(h, E_AMBIGUOUS, "white space in the request target");
    if (rest.ptr == NULL || !version_parse(rest, &h->minor))
        return refuse(h, E_SYNTAX, "request line does not end in HTTP/1.x");
    h->method = place(h, method);
    h->target = place(h, target);
    return OK;
}

/*
 * version SP 3DIGIT SP reason (section 4). The SP before an empty reason may be
 * missing: many servers leave it out, and there is one reading only.
 */
static enum err status_line(struct http_head *h, struct str line)
{
    struct str rest = line;
    struct str version = str_split(&rest, ' ');
    const char *p = rest.ptr;

    if (!version_parse(version, &h->minor))
        return refuse(h, E_SYNTAX, "status line does not begin with HTTP/1.x");
    if (rest.len < 3 || p[0] < '1' || p[0] > '9' || !is_digit(p[1]) ||
        !is_digit(p[2]) || (rest.len > 3 && p[3] != ' '))
        return refuse(h, E_SYNTAX, "status code is not three digits");
    h->status =
        (unsigned)((p[0] - '0') * 100 + (p[1] - '0') * 10 + (p[2] - '0'));
    h->reason = place(h, str_skip(rest, rest.len > 3 ? 4 : 3));
    return OK;
}

static enum err field_line(struct http_head *h, struct str line)
{
    struct http_fault fault;
    struct str name, value;
    enum err e;

    if ((e = http_field_parse(line, &name, &value, &fault)))
        return refuse(h, e, fault.why);
    if (h->field_count == LIM_HEAD_FIELDS)
        return refuse(h, E_LIMIT, "too many fields");
    h->fields[h->field_count++] =
        (struct http_field){place(h, name), place(h, value)};
    return OK;
}

/* Judge the line that has just been completed at the end of raw. */
static enum err line_done(struct http_head *h)
{
    struct http_fault fault;
    struct str line;
    enum err e;

    if ((e = http_line_end(str_skip(buf_str(&h->raw), h->line), &line,
                           &fault))) {
        h->severe = fault.severe;
        return refuse(h, e, fault.why);
    }
    if (h->line == 0)
        e = h->kind == HTTP_REQUEST ? request_line(h, line)
                                    : status_line(h, line);
    else if (line.len == 0)
        h->done = true;
    else
        e = field_line(h, line);
    h->line = (uint32_t)h->raw.len;
    return e;
}

/*
 * The method of a request, as far as it is there. A CR or LF where a line may
 * end is left to the judgement of the whole line.
 */
static enum err method_front(struct http_head *h, struct str s)
{
    for (size_t i = 0; i < s.len && s.ptr[i] != ' '; i++) {
        char c = s.ptr[i];

        if (i == LIM_METHOD)
            return refuse(h, E_LIMIT, "method too long");
        if (http_is_token((struct str){&c, 1}))
            continue;
        if (c == '\n' ||
            (c == '\r' && (i + 1 == s.len || s.ptr[i + 1] == '\n')))
            return OK;
        h->severe = (unsigned char)c < 0x20 || c == 0x7f;
        return refuse(h, E_SYNTAX, "method is no token");
    }
    return OK;
}

/*
 * Refuse a start line that cannot become one. Looks at its front alone, whole
 * line or not, so the answer does not depend on how much came.
 */
static enum err start_line_front(struct http_head *h)
{
    static const char version[] = "HTTP/1.";
    struct str s = str_head(buf_str(&h->raw), LIM_METHOD + 1);
    size_t n = sizeof(version) - 1;

    if (h->kind == HTTP_REQUEST)
        return method_front(h, s);
    if (memcmp(s.ptr, version, s.len < n ? s.len : n) != 0)
        return refuse(h, E_SYNTAX, "status line does not begin with HTTP/1.x");
    return OK;
}

/* One empty line before a request is dropped (section 2.2). */
static enum err drop_empty_line(struct http_head *h, struct str *in)
{
    while (!h->started && in->len > 0) {
        char c = *in->ptr;

        if (h->kind == HTTP_RESPONSE || (c != '\r' && c != '\n' && !h->cr)) {
            h->started = true;
        } else if (c == '\n' && !h->cr) {
            return refuse(h, E_AMBIGUOUS, "line ends in LF without CR");
        } else if (c == '\r' && !h->cr && h->dropped) {
            return refuse(h, E_SYNTAX, "empty lines before the request line");
        } else if (c == '\r' && !h->cr) {
            h->cr = true;
            *in = str_skip(*in, 1);
        } else if (c == '\n') {
            h->cr = false;
            h->dropped = true;
            *in = str_skip(*in, 1);
        } else {
            h->severe = true;
            return refuse(h, E_SYNTAX, "CR without LF");
        }
    }
    return OK;
}

/* buf_add, without a call for each line while there is room. */
static inline enum err keep(struct buf *raw, struct str s)
{
    if (s.len > raw->cap - raw->len)
        return buf_add(raw, s);
    memcpy(raw->ptr + raw->len, s.ptr, s.len);
    raw->len += s.len;
    return OK;
}

/* Take bytes up to and including the next LF, or all there are. */
static enum err take_line(struct http_head *h, struct str *in)
{
    size_t len = h->raw.len - h->line;
    size_t window = LIM_HEAD_LINE - len;
    size_t n = str_find_byte(str_head(*in, window), '\n');
    bool whole = n < in->len && n < window;
    enum err e;

    if (in->len == 0)
        return E_AGAIN;
    n = whole ? n + 1 : n;
    if ((e = keep(&h->raw, str_head(*in, n)))) {
        if (e == E_LIMIT)
            h->why = "head too long";
        return e;
    }
    *in = str_skip(*in, n);
    if (h->line == 0 && len <= LIM_METHOD && (e = start_line_front(h)))
        return e;
    if (whole)
        return line_done(h);
    if (len + n == LIM_HEAD_LINE)
        return refuse(h, E_LIMIT, "line too long");
    return E_AGAIN;
}

enum err http_head_feed(struct http_head *h, struct str *in)
{
    enum err e;

    if (h->failed)
        return h->failed;
    e = drop_empty_line(h, in);
    while (e == OK && !h->done)
        e = take_line(h, in);
    if (e != OK && e != E_AGAIN)
        h->failed = e;
    return e;
}

bool http_field_get(const struct http_head *h, struct str name,
                    struct str *ret_value)
{
    for (size_t i = 0; i < h->field_count; i++) {
        if (h->fields[i].name.len != name.len ||
            !str_eq_nocase(http_head_str(h, h->fields[i].name), name))
            continue;
        *ret_value = http_head_str(h, h->fields[i].value);
        return true;
    }
    return false;
}

size_t http_field_count(const struct http_head *h, struct str name)
{
    size_t n = 0;

    for (size_t i = 0; i < h->field_count; i++)
        if (h->fields[i].name.len == name.len &&
            str_eq_nocase(http_head_str(h, h->fields[i].name), name))
            n++;
    return n;
}
