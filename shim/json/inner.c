#include "json/inner.h"

#include "base/utf8.h"
#include "json/scan.h"

enum state {
    OUTSIDE,
    INSIDE,
    ESCAPE,
    BROKEN
};

/* Bytes of JSON outside of strings: section 2, and those of words, numbers. */
static bool is_structure(char c)
{
    return c != '\0' && strchr("{}[]:, \t\n\r0123456789+-.eEtrufalsn", c);
}

static enum err broken(struct json_inner *inner)
{
    inner->state = BROKEN;
    return E_SYNTAX;
}

static struct str take(struct str *in, size_t n)
{
    struct str head = str_head(*in, n);

    *in = str_skip(*in, n);
    return head;
}

/* Up to and with the next opening quote. */
static enum err structure(struct json_inner *inner, struct str *in,
                          struct inner_run *ret_run)
{
    size_t n = 0;

    while (n < in->len && is_structure(in->ptr[n]))
        n++;
    if (n < in->len && in->ptr[n] == '"') {
        n++;
        inner->state = INSIDE;
    } else if (n == 0) {
        return broken(inner);
    }
    (void)take(in, n);
    *ret_run = (struct inner_run){.kind = INNER_STRUCTURE, .src_len = n};
    return OK;
}

/*
 * Bytes go into `held` one by one until they are an escape: the piece may end
 * anywhere, and an escape is 12 bytes at most.
 */
static enum err escape(struct json_inner *inner, struct str *in,
                       struct inner_run *ret_run)
{
    while (in->len > 0) {
        size_t len;
        uint32_t cp;
        enum err e;

        inner->held[inner->held_len++] = take(in, 1).ptr[0];
        e = scan_escape((struct str){inner->held, inner->held_len}, &len, &cp);
        if (e == E_AGAIN)
            continue;
        if (e)
            return broken(inner);
        *ret_run = (struct inner_run){
            .kind = INNER_TEXT,
            .src_len = len,
            .text = {inner->out, utf8_put(cp, inner->out)},
        };
        inner->state = INSIDE;
        inner->held_len = 0;
        return OK;
    }
    return E_AGAIN;
}

/* The inside of a string, *in not empty. */
static enum err inside(struct json_inner *inner, struct str *in,
                       struct inner_run *ret_run)
{
    bool high = false;
    const char *stop = scan_plain(in->ptr, in->ptr + in->len, &high);
    size_t n = (size_t)(stop - in->ptr);

    if (n > 0) {
        *ret_run = (struct inner_run){
            .kind = INNER_TEXT, .src_len = n, .text = take(in, n)};
        return OK;
    }
    if (*stop == '"') {
        (void)take(in, 1);
        inner->state = OUTSIDE;
        *ret_run = (struct inner_run){.kind = INNER_STRING_END, .src_len = 1};
        return OK;
    }
    if (*stop != '\\')
        return broken(inner);
    inner->state = ESCAPE;
    return escape(inner, in, ret_run);
}

enum err inner_next(struct json_inner *inner, struct str *in,
                    struct inner_run *ret_run)
{
    if (inner->state == BROKEN)
        return E_SYNTAX;
    if (in->len == 0)
        return E_AGAIN;
    if (inner->state == OUTSIDE)
        return structure(inner, in, ret_run);
    if (inner->state == ESCAPE)
        return escape(inner, in, ret_run);
    return inside(inner, in, ret_run);
}

bool inner_pending(const struct json_inner *inner)
{
    return inner->state == ESCAPE;
}
