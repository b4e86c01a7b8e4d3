#include "wire/ndjson.h"

void ndjson_init(struct ndjson *n, size_t max_line)
{
    *n = (struct ndjson){0};
    buf_init(&n->held, max_line);
}

void ndjson_free(struct ndjson *n)
{
    buf_free(&n->held);
}

static struct str without_end(struct str raw)
{
    if (raw.len > 0 && raw.ptr[raw.len - 1] == '\n')
        raw.len--;
    else
        return raw;
    if (raw.len > 0 && raw.ptr[raw.len - 1] == '\r')
        raw.len--;
    return raw;
}

static void forget_given(struct ndjson *n)
{
    if (n->given)
        buf_clear(&n->held);
    n->given = false;
}

enum err ndjson_next(struct ndjson *n, struct str *in, struct str *ret_raw,
                     struct str *ret_line)
{
    size_t room, at;
    bool whole;

    forget_given(n);
    if (n->failed)
        return n->failed;
    room = n->held.max - n->held.len;
    at = str_find_byte(str_head(*in, room), '\n');
    whole = at < in->len && at < room;
    if (!whole && in->len > room)
        return n->failed = E_LIMIT;
    at = whole ? at + 1 : at;
    if (whole && n->held.len == 0) {
        *ret_raw = str_head(*in, at);
    } else {
        if ((n->failed = buf_add(&n->held, str_head(*in, at))))
            return n->failed;
        *ret_raw = buf_str(&n->held);
    }
    if (at > 0)
        *in = str_skip(*in, at);
    if (!whole)
        return E_AGAIN;
    n->given = true;
    *ret_line = without_end(*ret_raw);
    return OK;
}

enum err ndjson_end(struct ndjson *n, struct str *ret_raw, struct str *ret_line)
{
    forget_given(n);
    if (n->failed)
        return n->failed;
    if (n->held.len == 0)
        return E_AGAIN;
    *ret_raw = *ret_line = buf_str(&n->held);
    n->given = true;
    return OK;
}
