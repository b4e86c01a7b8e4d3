#include "wire/multipart.h"

#include "base/limits.h"
#include "base/utf8.h"
#include "wire/field.h"

static enum err refuse(struct multipart *m, enum err e, const char *why)
{
    m->why = why;
    m->ended = false;
    m->at = m->body.len; /* nothing comes any more */
    return e;
}

/* ---- Parameters --------------------------------------------------------- */

/* Up to the closing quote; an escape is read by some and not by others. */
static enum err quoted_take(struct str *rest, struct str *ret)
{
    struct str in = str_skip(*rest, 1);

    for (size_t i = 0; i < in.len; i++) {
        if (in.ptr[i] == '\\' && i + 1 < in.len &&
            (in.ptr[i + 1] == '"' || in.ptr[i + 1] == '\\'))
            return E_AMBIGUOUS;
        if (in.ptr[i] == '"') {
            *ret = str_head(in, i);
            *rest = str_skip(in, i + 1);
            return OK;
        }
    }
    return E_SYNTAX;
}

/*
 * The next "; name=value" (RFC 9110, 5.6.6) in front of *rest. E_AGAIN: there
 * are no more.
 */
static enum err parameter_take(struct str *rest, struct str *ret_name,
                               struct str *ret_value)
{
    struct str in = str_trim(*rest);
    size_t n;
    enum err e;

    if (in.len == 0)
        return E_AGAIN;
    if (in.ptr[0] != ';')
        return E_SYNTAX;
    in = str_trim(str_skip(in, 1));
    if (in.len == 0)
        return E_AGAIN;
    n = str_find_byte(in, '=');
    *ret_name = str_head(in, n);
    in = str_skip(in, n + 1);
    if (!http_is_token(*ret_name) || in.len == 0)
        return E_SYNTAX;
    if (in.ptr[0] == '"') {
        if ((e = quoted_take(&in, ret_value)))
            return e;
    } else {
        n = str_find_byte(in, ';');
        *ret_value = str_trim(str_head(in, n));
        in = str_skip(in, n);
        if (!http_is_token(*ret_value))
            return E_SYNTAX;
    }
    *rest = in;
    return OK;
}

/* ---- The boundary ------------------------------------------------------- */

/* bchars of RFC 2046, 5.1.1. */
static bool boundary_ok(struct str s)
{
    if (s.len == 0 || s.len > MULTIPART_BOUNDARY || s.ptr[s.len - 1] == ' ')
        return false;
    for (size_t i = 0; i < s.len; i++) {
        char l = (char)(s.ptr[i] | 0x20);

        if (!(l >= 'a' && l <= 'z') && !is_digit(s.ptr[i]) &&
            (s.ptr[i] == '\0' || memchr("'()+_,-./:=? ", s.ptr[i], 13) == NULL))
            return false;
    }
    return true;
}

enum err multipart_boundary(struct str type, struct str *ret_boundary)
{
    size_t n = str_find_byte(type, ';');
    struct str rest = str_skip(type, n), name, value, found = {0};
    enum err e;

    if (!str_eq_nocase(str_trim(str_head(type, n)), STR("multipart/form-data")))
        return E_UNSUPPORTED;
    while ((e = parameter_take(&rest, &name, &value)) == OK) {
        bool is = str_eq_nocase(name, STR("boundary"));

        if ((is && found.ptr != NULL) ||
            str_eq_nocase(str_head(name, 9), STR("boundary*")))
            return E_AMBIGUOUS;
        if (is)
            found = value;
    }
    if (e != E_AGAIN)
        return e;
    if (!boundary_ok(found))
        return E_SYNTAX;
    *ret_boundary = found;
    return OK;
}

void multipart_init(struct multipart *m, struct str boundary, struct str body)
{
    *m = (struct multipart){.body = body};
    boundary = str_head(boundary, MULTIPART_BOUNDARY);
    memcpy(m->delimiter, "\r\n--", 4);
    memcpy(m->delimiter + 4, boundary.ptr, boundary.len);
    m->delimiter_len = 4 + boundary.len;
}

/* ---- Borders ------------------------------------------------------------ */

/* The boundary as it begins a line. */
static struct str boundary_line(const struct multipart *m)
{
    return (struct str){m->delimiter + 2, m->delimiter_len - 2};
}

/* What stands behind a boundary: another part, or the end. */
static enum err border(struct multipart *m, size_t at)
{
    struct str rest = str_skip(m->body, at);

    if (str_starts(rest, STR("\r\n"))) {
        m->at = at + 2;
        return OK;
    }
    if (!str_starts(rest, STR("--")))
        return refuse(m, E_AMBIGUOUS, "a line that begins as the boundary");
    rest = str_skip(rest, 2);
    if (rest.len > 0 && !str_eq(rest, STR("\r\n")))
        return refuse(m, E_AMBIGUOUS, "text behind the last boundary");
    m->ended = true;
    return OK;
}

/* The first boundary: nothing stands before it, an empty line at most. */
static enum err begin(struct multipart *m)
{
    struct str line = boundary_line(m);
    size_t at = str_starts(m->body, STR("\r\n")) ? 2 : 0;

    if (!str_starts(str_skip(m->body, at), line))
        return refuse(m, E_AMBIGUOUS, "text before the first boundary");
    return border(m, at + line.len);
}

/* From `from`, the end of the content: at the line end before a boundary. */
static enum err content_end(struct multipart *m, size_t from, size_t *ret_end)
{
    struct str line = boundary_line(m);

    for (size_t at = from;;) {
        struct str rest = str_skip(m->body, at);
        size_t n = str_find(rest, line);
        char before;

        if (n == rest.len)
            return refuse(m, E_SYNTAX, "the last boundary is missing");
        at += n;
        before = m->body.ptr[at - 1]; /* a head stands before it */
        if (at >= from + 2 && before == '\n' && m->body.ptr[at - 2] == '\r') {
            *ret_end = at - 2;
            return border(m, at + line.len);
        }
        if (before == '\n' || before == '\r')
            return refuse(m, E_AMBIGUOUS, "a line that begins as the boundary");
        at++;
    }
}

/* ---- Heads -------------------------------------------------------------- */

static enum err once(struct multipart *m, struct str *to, struct str value)
{
    if (to->ptr != NULL)
        return refuse(m, E_AMBIGUOUS, "a parameter or field given twice");
    *to = value;
    return OK;
}

static enum err disposition(struct multipart *m, struct str value,
                            struct part_at *ret)
{
    size_t n = str_find_byte(value, ';');
    struct str rest = str_skip(value, n), name, text;
    enum err e;

    if (ret->name.ptr != NULL)
        return refuse(m, E_AMBIGUOUS, "two Content-Disposition fields");
    if (!str_eq_nocase(str_trim(str_head(value, n)), STR("form-data")))
        return refuse(m, E_SYNTAX, "a part that is no form-data");
    while ((e = parameter_take(&rest, &name, &text)) == OK) {
        if (str_eq_nocase(name, STR("name")))
            e = once(m, &ret->name, text);
        else if (str_eq_nocase(name, STR("filename")))
            e = once(m, &ret->filename, text);
        else if (str_eq_nocase(name, STR("filename*")))
            e = once(m, &ret->extended, text);
        else if (str_find_byte(name, '*') < name.len)
            e = refuse(m, E_AMBIGUOUS, "a parameter in pieces");
        if (e)
            return e;
    }
    if (e != E_AGAIN)
        return refuse(m, e, "a Content-Disposition that can be misread");
    if (ret->name.ptr == NULL)
        return refuse(m, E_SYNTAX, "a part without a name");
    return OK;
}

static enum err field(struct multipart *m, struct str name, struct str value,
                      struct part_at *ret)
{
    static const struct str plain[] = {STR_INIT("7bit"), STR_INIT("8bit"),
                                       STR_INIT("binary")};
    bool known = false;

    if (str_eq_nocase(name, STR("content-disposition")))
        return disposition(m, value, ret);
    if (str_eq_nocase(name, STR("content-type"))) {
        if (str_eq_nocase(str_head(value, 10), STR("multipart/")))
            return refuse(m, E_UNSUPPORTED, "parts within a part");
        return once(m, &ret->type, value);
    }
    if (str_eq_nocase(name, STR("content-length")))
        return once(m, &ret->length, value);
    if (str_eq_nocase(name, STR("content-encoding")))
        return refuse(m, E_UNSUPPORTED, "a part with a coding of its own");
    if (!str_eq_nocase(name, STR("content-transfer-encoding")))
        return OK;
    for (size_t i = 0; i < ARRAY_LEN(plain); i++)
        known |= str_eq_nocase(value, plain[i]);
    return known ? OK
                 : refuse(m, E_UNSUPPORTED, "a part with a coding of its own");
}

static enum err head(struct multipart *m, struct part_at *ret)
{
    struct str all = str_skip(m->body, m->at);
    struct str room = str_head(all, LIM_PART_HEAD);
    size_t n = str_find(room, STR("\r\n\r\n"));
    struct http_fault fault = {0};
    struct str rest, line, name, value;
    enum err e = OK;

    if (str_starts(all, STR("\r\n")))
        return refuse(m, E_SYNTAX, "a part without Content-Disposition");
    if (n == room.len)
        return room.len < all.len
                   ? refuse(m, E_LIMIT, "the head of a part is too long")
                   : refuse(m, E_SYNTAX, "the head of a part has no end");
    ret->head = str_head(all, n + 2);
    for (rest = ret->head; !e && rest.len > 0;) {
        size_t end = str_find_byte(rest, '\n') + 1;

        if (str_starts(rest, boundary_line(m)))
            return refuse(m, E_AMBIGUOUS, "a line that begins as the boundary");
        line = str_head(rest, end);
        rest = str_skip(rest, end);
        if ((e = http_line_end(line, &line, &fault)) || line.len == 0 ||
            (e = http_field_parse(line, &name, &value, &fault)))
            return refuse(m, e ? e : E_SYNTAX,
                          "the head of a part can be misread");
        e = field(m, name, value, ret);
    }
    if (e)
        return e;
    if (ret->name.ptr == NULL)
        return refuse(m, E_SYNTAX, "a part without Content-Disposition");
    if (!utf8_valid(ret->head))
        return refuse(m, E_SYNTAX, "the head of a part is not UTF-8");
    m->at += n + 4;
    return OK;
}

enum err multipart_next(struct multipart *m, struct part_at *ret)
{
    size_t from, end;
    uint64_t length;
    enum err e;

    *ret = (struct part_at){0};
    if (m->why != NULL)
        return E_SYNTAX;
    if (m->parts == 0 && !m->ended && m->at == 0 && (e = begin(m)))
        return e;
    if (m->ended)
        return m->parts > 0 ? E_AGAIN
                            : refuse(m, E_SYNTAX, "a form without a part");
    if (m->parts++ == LIM_PARTS)
        return refuse(m, E_LIMIT, "too many parts");
    if ((e = head(m, ret)))
        return e;
    from = m->at;
    if ((e = content_end(m, from, &end)))
        return e;
    ret->content = str_head(str_skip(m->body, from), end - from);
    if (ret->length.ptr != NULL &&
        (str_u64(ret->length, &length) != OK || length != ret->content.len))
        return refuse(m, E_AMBIGUOUS, "a Content-Length that is not true");
    return OK;
}
