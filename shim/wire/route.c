#include "wire/framing.h"

/*
 * One form for all the ways to write a path, so that a route cannot be missed
 * by spelling it in another way. The result is built segment by segment; ".."
 * takes the last one away again:
 *
 *   /V1//x/../%63hat;v=2/completions/?q  ->  /v1 /x  ->  /v1  ->  /v1/chat ...
 */

/* A byte of the path, its escape decoded if that is one of printable ASCII. */
static char path_byte(struct str path, size_t *at)
{
    char c = path.ptr[*at];
    int hi, lo, v;

    if (c == '%' && path.len - *at > 2) {
        hi = hex_value(path.ptr[*at + 1]);
        lo = hex_value(path.ptr[*at + 2]);
        v = hi < 0 || lo < 0 ? 0 : hi << 4 | lo;
        if (v > 0x20 && v < 0x7f && strchr("%;?#", v) == NULL) {
            c = (char)v;
            *at += 2;
        }
    }
    (*at)++;
    return to_lower(c);
}

/* The path part of a target; NULL if the target has none. */
static struct str path_of(struct str target)
{
    size_t n = str_find(target, STR("://"));
    struct str path = target;

    if (target.len == 0)
        return (struct str){NULL, 0};
    if (target.ptr[0] != '/') {
        if (n == target.len)
            return (struct str){NULL, 0};
        path = str_skip(target, n + 3);
        for (n = 0; n < path.len && strchr("/?#", path.ptr[n]) == NULL;)
            n++;
        path = str_skip(path, n);
    }
    path = str_head(path, str_find_byte(path, '?'));
    return str_head(path, str_find_byte(path, '#'));
}

/* The last segment, from `slash` on, is complete: keep it or undo it. */
static void segment_done(struct buf *out, size_t start, size_t slash)
{
    struct str seg = str_skip(buf_str(out), slash + 1);

    if (seg.len > 0 && !str_eq(seg, STR(".")) && !str_eq(seg, STR("..")))
        return;
    out->len = slash;
    if (!str_eq(seg, STR("..")))
        return;
    while (out->len > start && out->ptr[out->len - 1] != '/')
        out->len--;
    if (out->len > start)
        out->len--;
}

static enum err path_write(struct str path, struct buf *out)
{
    size_t start = out->len, slash = start, at = 0;
    bool params = false;
    enum err e;

    if ((e = buf_add_byte(out, '/')))
        return e;
    while (at < path.len) {
        bool escaped = path.ptr[at] == '%';
        char c = path_byte(path, &at);

        if (c == '/') {
            segment_done(out, start, slash);
            slash = out->len;
            params = false;
        } else if (c == ';' && !escaped) {
            params = true;
        }
        if (!params && (e = buf_add_byte(out, c)))
            return e;
    }
    segment_done(out, start, slash);
    return out->len > start ? OK : buf_add_byte(out, '/');
}

enum err http_route_path(struct str target, struct buf *out)
{
    struct str path = path_of(target);
    size_t before = out->len;
    enum err e;

    if (str_eq(target, STR("*")))
        return buf_add(out, target);
    if (path.ptr == NULL)
        return E_SYNTAX;
    if ((e = path_write(path, out)))
        out->len = before;
    return e;
}
