#include "cli/lines.h"

#include <errno.h>
#include <unistd.h>

#include "base/limits.h"

#define LINES_READ (64 * KIB)

void lines_init(struct lines *l, int fd, size_t max)
{
    *l = (struct lines){.fd = fd};
    buf_init(&l->buf, max);
}

void lines_free(struct lines *l)
{
    buf_free(&l->buf);
}

static struct str rest_of(const struct lines *l)
{
    return str_skip(buf_str(&l->buf), l->from);
}

bool lines_ready(const struct lines *l)
{
    struct str rest = rest_of(l);

    return !l->skip && str_find_byte(rest, '\n') < rest.len;
}

/* More bytes behind those that are there; E_AGAIN: the end. */
static enum err fill(struct lines *l)
{
    size_t room;
    ssize_t n;
    enum err e;

    buf_drop(&l->buf, l->from);
    l->from = 0;
    room = l->buf.max - l->buf.len;
    if ((e = buf_reserve(&l->buf, room < LINES_READ ? room : LINES_READ)))
        return e;
    if (room == 0)
        return E_LIMIT;
    do
        n = read(l->fd, l->buf.ptr + l->buf.len, l->buf.cap - l->buf.len);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return E_UNSUPPORTED;
    l->ended = n == 0;
    l->buf.len += (size_t)n;
    return n == 0 ? E_AGAIN : OK;
}

/* Drop what is there up to and with the next LF; true if it was found. */
static bool skip_line(struct lines *l)
{
    struct str rest = rest_of(l);
    size_t end = str_find_byte(rest, '\n');

    l->skip = end == rest.len;
    l->from += l->skip ? end : end + 1;
    return !l->skip;
}

enum err lines_next(struct lines *l, struct str *ret_line)
{
    size_t seen = 0; /* bytes of this line known to hold no LF */
    enum err e;

    for (;;) {
        struct str rest;
        size_t end;

        if (!l->skip || skip_line(l)) {
            rest = rest_of(l);
            end = seen + str_find_byte(str_skip(rest, seen), '\n');
            if (end < rest.len || (l->ended && rest.len > 0)) {
                *ret_line = str_head(rest, end);
                l->from += end < rest.len ? end + 1 : end;
                return OK;
            }
            seen = rest.len;
        }
        if (l->ended)
            return E_AGAIN;
        if ((e = fill(l)) == E_LIMIT) {
            l->skip = true;
            skip_line(l);
        }
        if (e && e != E_AGAIN)
            return e;
    }
}
